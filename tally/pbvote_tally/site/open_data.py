"""What can be downloaded: the audit bundle as a zip, results.json, tables, and `.pb` files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pbvote.core.encoding import Texts
from pbvote.language import N_
from pbvote.pabulib import Published, export, to_text
from pbvote_tally.bundle import Bundle
from pbvote_tally.explain.schema import results_schema
from pbvote_tally.language import Words
from pbvote_tally.selections import selections_csv
from pbvote_tally.site.folder import Folder
from pbvote_tally.site.results import coordinates, in_order
from pbvote_tally.site.source import Source, projects_of

FOLDER = "downloads/"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

RESULTS = N_("The results and what explains them, for programs")
EARLIER = N_("The result before a correction, for programs")
SCHEMA = N_("What stands in results.json, field by field (JSON Schema)")
PROJECTS = N_("Every project: votes, cost and result, for spreadsheets")
TURNOUT = N_("Turnout by groups, for spreadsheets")
SELECTIONS = N_("The opened ballots, a line each: {contest}")
PABULIB = N_("The opened ballots for researchers, in the Pabulib format: {contest}")
NOTE = N_("A correction of the result, as the commission signed it")


def zip_bundle(bundle: Bundle, path: Path) -> None:
    """The bundle as a zip, the same bytes on every machine.

    Nothing is compressed: nearly all of it is sealed, and a compressor's bytes differ by version.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in bundle.names():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, bundle.read(name))


class Download(NamedTuple):
    """A file, and what is in it, to be translated; `contest` if it is of one."""

    name: str
    what: str
    contest: Texts = {}  # noqa: RUF012 - nobody changes it


def write_downloads(source: Source, folder: Folder) -> list[Download]:
    """Write every download; all but the bundle and its key, to be listed."""
    folder.make(f"{FOLDER}bundle.zip", lambda path: zip_bundle(source.bundle, path))
    key = source.election.commission.text
    folder.write(f"{FOLDER}bundle.vkey", f"{key}\n".encode("ascii"))
    listed = []
    for download, data in _files(source):
        folder.write(FOLDER + download.name, data)
        listed.append(download)
    return listed


def _files(source: Source) -> Iterator[tuple[Download, bytes]]:
    yield Download("results.json", RESULTS), source.report.encode()
    for report in source.reports[:-1]:
        yield Download(f"results-{report.number}.json", EARLIER), report.encode()
    for corrected, note in zip(source.corrected, source.notes, strict=True):
        yield Download(f"corrections/{corrected.record.number}.note", NOTE), note
    yield Download("results.schema.json", SCHEMA), results_schema()
    yield Download("projects.csv", PROJECTS), _table(_project_rows(source))
    yield Download("turnout.csv", TURNOUT), _table(_turnout_rows(source))
    for (number, contest), counted, reported in zip(
        source.contests, source.counted, source.report.contests, strict=True
    ):
        data = selections_csv(contest, counted.selections)
        yield Download(f"{number}-{contest.id}.csv", SELECTIONS, contest.title), data
        said = Published(
            winners=counted.outcome.winners,
            costs={project.id: project.cost for project in reported.projects},
            withdrawn={p.id for p in reported.projects if p.status == "withdrawn"},
            budget=counted.outcome.budget,
        )
        pb = to_text(export(source.election.manifest, contest, counted.selections, said))
        yield Download(f"{number}-{contest.id}.pb", PABULIB, contest.title), pb.encode("utf-8")


def _project_rows(source: Source) -> Iterator[Sequence[str]]:
    election, report = source.election, source.report
    words = Words("en", election.manifest.languages[0])
    titles = [f"title_{language}" for language in election.manifest.languages]
    numbers = ("votes", "score", "cost", "status", "position", "reason", "category", "district")
    yield ["contest", "id", "number", *titles, *numbers, "place", "latitude", "longitude"]
    for contest, reported in zip(election.manifest.contests, report.contests, strict=True):
        known = projects_of(contest)
        for project in in_order(reported):
            place = coordinates(known[project.id].latitude, known[project.id].longitude)
            yield [
                contest.id,
                project.id,
                project.number,
                *(project.title.get(language, "") for language in election.manifest.languages),
                str(project.votes),
                project.score,
                str(project.cost),
                project.status,
                str(project.position or ""),
                project.reason,
                words.text(project.category or ""),
                project.district or "",
                words.text(project.place or ""),
                *([f"{place[0]:g}", f"{place[1]:g}"] if place else ["", ""]),
            ]


def _turnout_rows(source: Source) -> Iterator[Sequence[str]]:
    yield ["by", "group", "ballots", "people"]
    turnout = source.report.turnout
    yield ["all", "", str(turnout.ballots), str(turnout.roll + turnout.enrolled)]
    for table in turnout.tables:
        for group in table.groups:
            people = "" if group.roll is None else str(group.roll)
            yield [table.by, " + ".join(group.names), str(group.ballots), people]


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file for spreadsheets (UTF-8 with its mark, or some read it as another encoding)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _inert(cell: str) -> str:
    """A text that no spreadsheet runs as a formula; numbers stay as they are."""
    is_number = cell.lstrip("-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_number else cell
