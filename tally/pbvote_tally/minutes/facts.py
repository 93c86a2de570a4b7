"""All that the minutes say, as values: read from the bundle, the corrections, and the officials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import UNSET, Struct

from pbvote.core.encoding import Texts, decode
from pbvote.core.errors import InputError
from pbvote.core.manifest import Contest, Correction
from pbvote.core.note import VerifyKey, parse_note
from pbvote.files import read_bytes
from pbvote.registry.reconciliation import DeskPage
from pbvote_tally import bundle as names
from pbvote_tally import chain
from pbvote_tally.bundle import Bundle
from pbvote_tally.correction import Corrected, corrected
from pbvote_tally.count import contest_profile, lot_order
from pbvote_tally.evidence import Finding, findings
from pbvote_tally.minutes.day import Day, read_day
from pbvote_tally.published import Published, read_published
from pbvote_tally.rebuild import log_streams
from pbvote_tally.report import SILENT, Report
from pbvote_tally.rules.profile import Number, TieBreak
from pbvote_tally.verify import Counted

PAGES = "registries/*/lists/*-reconciliation.json"


class Part(Struct, frozen=True):
    """What a trustee did: signed the closing, mixed and opened so many contests."""

    name: str
    signed: bool
    mixed: int
    opened: int


class ProjectResult(Struct, frozen=True):
    """A project as it was counted. `reason` is "" for a winner; `cost` the corrected one."""

    id: str
    number: str
    title: Texts
    votes: int
    score: Number
    cost: int
    reason: str


class Fallen(Struct, frozen=True):
    """A tie: the projects in their order, with each one's lot if it took one (32 bytes)."""

    projects: tuple[str, ...]
    by: tuple[str, ...]
    lots: tuple[bytes, ...]


class ContestMinutes(Struct, frozen=True):
    """A contest's result. Money in the smallest unit; `received` is other contests' leftover."""

    contest: Contest
    ballots: int
    blank: int
    invalid: int
    received: int
    spent: int
    winners: list[ProjectResult]
    others: list[ProjectResult]
    ties: list[Fallen]

    @property
    def left(self) -> int:
        """What nobody got; negative where a town accepts to overspend."""
        return self.contest.budget + self.received - self.spent


class CorrectedMinutes(Struct, frozen=True):
    """A corrected result."""

    corrected: Corrected
    contests: list[ContestMinutes]


class Minutes(Struct, frozen=True):
    """Everything in the official record; `incidents` and `signers` are the officials' own words."""

    published: Published
    trustees: list[Part]
    day: Day
    evidence: list[Finding]
    contests: list[ContestMinutes]
    corrections: list[CorrectedMinutes]
    incidents: list[str]
    signers: list[str]


def read_minutes(
    bundle: Bundle,
    commission: VerifyKey,
    *,
    pages: Sequence[DeskPage] = (),
    corrections: Sequence[tuple[str, bytes]] = (),
    incidents: Sequence[str] = (),
    signers: Sequence[str] = (),
    report: Report = SILENT,
) -> Minutes:
    """The minutes of a published result; RefusedError before results.note is signed.

    `corrections` are the notes beside the bundle, names and bytes, number 2 first.
    """
    published = read_published(bundle, commission, report)
    report.step("Logs: when each box was opened and closed, and what it took")
    day = read_day(published, log_streams(bundle, published.closing), pages)
    return Minutes(
        published=published,
        trustees=_parts(bundle, published),
        day=day,
        evidence=list(findings(bundle, published)),
        contests=contest_minutes(published, published.counted),
        corrections=[
            CorrectedMinutes(one, contest_minutes(published, one.counted, one.record.corrections))
            for one in corrected(published, corrections)
        ],
        incidents=list(incidents),
        signers=list(signers),
    )


def _parts(bundle: Bundle, published: Published) -> list[Part]:
    """Each trustee's part; signatures were checked, names suffice here."""
    election = published.election
    note = parse_note(bundle.read(names.CLOSING), names.CLOSING)
    signed = {signature.name for signature in note.signatures}
    contests = [contest.id for contest in election.manifest.contests]
    return [
        Part(
            name=trustee.name,
            signed=election.trustee_keys[number - 1].name in signed,
            mixed=sum(number in chain.mixers(bundle, contest) for contest in contests),
            opened=sum(number in chain.openers(bundle, contest) for contest in contests),
        )
        for number, trustee in enumerate(election.manifest.trustees, 1)
    ]


def contest_minutes(
    published: Published, counted: Iterable[Counted], corrections: Sequence[Correction] = ()
) -> list[ContestMinutes]:
    """Each contest's result in figures; `corrections` as the count had them after the addenda."""
    every = [*published.election.corrections, *corrections]
    return [_contest(published, one, every) for one in counted]


def _contest(
    published: Published, counted: Counted, corrections: Sequence[Correction]
) -> ContestMinutes:
    contest, outcome, result = counted.contest, counted.outcome, counted.result
    received = outcome.budget - contest.budget
    made = contest_profile(contest, counted.selections, corrections, None, received)
    texts = {(c.contest, c.project): c.value for c in corrections if c.field == "title"}
    why = {step.project: step.reason for step in outcome.steps if not step.chosen}
    projects = {
        project.id: ProjectResult(
            id=project.id,
            number=project.number,
            title=title if isinstance(title, dict) else project.title,
            votes=votes,
            score=score,
            cost=entry.cost,
            reason="" if project.id in outcome.winners else why.get(project.id, "other"),
        )
        for project, entry, votes, score in zip(
            contest.projects, made.projects, made.votes, made.scores, strict=True
        )
        for title in (texts.get((contest.id, project.id)),)
    }
    losers = [project for project in projects.values() if project.reason]
    return ContestMinutes(
        contest=contest,
        ballots=result.ballots,
        blank=result.blank,
        invalid=result.invalid,
        received=received,
        spent=outcome.spent,
        winners=[projects[name] for name in outcome.winners],
        others=sorted(losers, key=lambda project: -project.score),
        ties=[_fallen(published, contest, tie) for tie in outcome.ties],
    )


def _fallen(published: Published, contest: Contest, tie: TieBreak) -> Fallen:
    lot = lot_order(published.lot, contest.id)
    lots = tuple(lot(name) for name in tie.projects) if "lot" in tie.by else ()
    return Fallen(tie.projects, tie.by, lots)


def closing_times(published: Published) -> tuple[str, str]:
    """When each channel closed at last: online, in the hall; with the addenda's changes."""
    election = published.election
    online, hall = election.manifest.closes.online, election.manifest.closes.in_person
    for addendum in election.addenda:
        if addendum.closes is not UNSET:
            online = addendum.closes.online or online
            hall = addendum.closes.in_person or hall
    return online, hall


# --- what officials bring -------------------------------------------------------------------------


def read_page(path: Path) -> DeskPage:
    """A desk's page, the file that it saves beside its PDF; EncodingError if it is none."""
    return decode(read_bytes(path), DeskPage, str(path))


def pages_in(folder: Path) -> list[DeskPage]:
    """The desks' pages of the registries that are at hand in an election's folder."""
    return [read_page(path) for path in sorted(folder.glob(PAGES))]


def read_incidents(path: Path) -> list[str]:
    """Incidents in a text file: one a paragraph, with an empty line between. InputError if not."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "not a text file in UTF-8", where=str(path), hint="Save it as plain text, UTF-8"
        ) from None
    paragraphs = "\n".join(line.strip() for line in text.splitlines()).split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip()]
