"""What the pages are made from: the published result, what explains it, its corrections."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from msgspec import Struct

from pbvote.core.election import Election
from pbvote.core.errors import InputError
from pbvote.core.manifest import Contest, Project
from pbvote.files import read_bytes
from pbvote_tally.bundle import Bundle
from pbvote_tally.correction import Corrected
from pbvote_tally.evidence import Finding
from pbvote_tally.explain.report import ResultsReport
from pbvote_tally.published import Published
from pbvote_tally.verify import Counted

AGES = "turnout-ages.csv"
_HEAD = ["group", "people", "ballots"]


class AgeGroup(Struct, frozen=True):
    """An age group as the registrar counted it in the private roll."""

    name: str
    people: int
    ballots: int


class Source(Struct, frozen=True):
    """`reports` are the first result's and each correction's, in order; the last one holds.

    `notes` are the corrections' notes, as signed.
    """

    bundle: Bundle
    published: Published
    corrected: list[Corrected]
    notes: list[bytes]
    reports: list[ResultsReport]
    ages: list[AgeGroup]
    evidence: list[Finding]

    @property
    def election(self) -> Election:
        """The election."""
        return self.published.election

    @property
    def report(self) -> ResultsReport:
        """The result that holds."""
        return self.reports[-1]

    @property
    def counted(self) -> list[Counted]:
        """Every contest as the result that holds counted it."""
        return self.corrected[-1].counted if self.corrected else self.published.counted

    @property
    def contests(self) -> list[tuple[int, Contest]]:
        """The manifest's contests, numbered from 1."""
        return list(enumerate(self.election.manifest.contests, 1))


def project_href(contest: int, project: int) -> str:
    """The page of a project by its contest's and its own place in the manifest, from 1.

    Not its id: two ids may differ in capitals only, which a stick's file system ignores.
    """
    return f"project-{contest}-{project}.html"


def hrefs(number: int, contest: Contest) -> dict[str, str]:
    """Project id → its page."""
    return {p.id: project_href(number, at) for at, p in enumerate(contest.projects, 1)}


def projects_of(contest: Contest) -> dict[str, Project]:
    """Project id → the manifest's project."""
    return {project.id: project for project in contest.projects}


def read_ages(folder: Path) -> list[AgeGroup]:
    """`DIR/turnout-ages.csv` of the registrar: `group,people,ballots`; none without the file.

    Only the private roll knows ages, so only its keeper can count them, before it is destroyed.
    """
    path = folder / AGES
    if not path.exists():
        return []
    try:
        rows = list(csv.reader(io.StringIO(read_bytes(path).decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise _wrong(path, 0) from None
    if not rows or rows[0] != _HEAD:
        raise _wrong(path, 1)
    return [_age_group(path, line, row) for line, row in enumerate(rows[1:], 2) if row]


def _age_group(path: Path, line: int, row: list[str]) -> AgeGroup:
    name, *numbers = row
    if len(numbers) != 2 or not name or not all(n.isascii() and n.isdigit() for n in numbers):
        raise _wrong(path, line)
    people, ballots = map(int, numbers)
    if ballots > people:
        raise InputError(f"{name}: more ballots than people", where=f"{path}:{line}")
    return AgeGroup(name, people, ballots)


def _wrong(path: Path, line: int) -> InputError:
    return InputError(
        "not a table of age groups",
        where=f"{path}:{line}" if line else str(path),
        hint=f"UTF-8, the first line {','.join(_HEAD)}, then one line a group: 16-25,1200,310",
    )
