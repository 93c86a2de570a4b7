"""Verify an audit bundle: repeat the count from the bundle alone (section 12).

Everything is rebuilt from manifest.note, closing.note and logs/ on, and compared with what the
bundle says. results.note comes first, as it names every file's SHA-256: a changed byte is
reported with the name of its file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from msgspec import Struct

from pbvote.core.election import Election
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import VerificationError
from pbvote.core.group import Element
from pbvote.core.manifest import Contest, Correction
from pbvote.core.note import VerifyKey, open_note
from pbvote.core.selection import Vector
from pbvote_tally import bundle as names
from pbvote_tally import chain
from pbvote_tally.bundle import Bundle
from pbvote_tally.count import count_contests
from pbvote_tally.evidence import NAME as EVIDENCE
from pbvote_tally.evidence import Finding, findings
from pbvote_tally.rebuild import Rebuilt, log_files, rebuild
from pbvote_tally.records import ContestResult, Results
from pbvote_tally.report import SILENT, Report
from pbvote_tally.rules.profile import Outcome
from pbvote_tally.selections import read_selections, selections_csv

Selections = Mapping[str, list[Vector | None]]
"""Contest id → its opened ballots, None for an invalid one."""


class Counted(Struct, frozen=True):
    """A contest's selections, in the last mix's order, and what its rule made of them."""

    contest: Contest
    selections: list[Vector | None]
    outcome: Outcome

    @property
    def result(self) -> ContestResult:
        """What results.note says of it."""
        return ContestResult(
            id=self.contest.id,
            ballots=len(self.selections),
            blank=sum(v is not None and not any(v) for v in self.selections),
            invalid=self.selections.count(None),
            winners=list(self.outcome.winners),
        )


class Verified(Struct, frozen=True):
    """A bundle that holds."""

    rebuilt: Rebuilt
    results: Results
    counted: list[Counted]
    evidence: list[Finding]


def verify(
    bundle: Bundle,
    commission: VerifyKey,
    *,
    executor: Executor | None = None,
    report: Report = SILENT,
) -> Verified:
    """Check everything; raises the PbvoteError that names the file and the check that failed."""
    report.step("Results: the commission's signature, and every file as it was signed")
    results = read_results(bundle, commission)
    check_hashes(bundle, results)
    rebuilt = rebuild(bundle, commission, executor, report)
    election = rebuilt.election
    _same(results.election, election.id, "it is of another election")
    _same(results.closing, rebuilt.closing.hash, "it is of another closing")
    check_layout(bundle, rebuilt)
    if bundle.read(names.MERGE) != encode(rebuilt.merge.record):
        raise VerificationError("it isn't what the logs merge to", where=names.MERGE)
    report.step("The lot: drawn after the closing, by the trustees together")
    lot = chain.open_lot(bundle, election, rebuilt.closing.hash)
    selections = {
        contest.id: verify_contest(bundle, rebuilt, contest, executor, report)
        for contest in election.manifest.contests
    }
    report.step("The count, by each contest's rule")
    repeated = count_again(election, selections, lot)
    _same(results.contests, [c.result for c in repeated], "other numbers or winners than counted")
    return Verified(rebuilt, results, repeated, list(findings(bundle, rebuilt)))


def read_results(bundle: Bundle, commission: VerifyKey) -> Results:
    """results.note, signed by the commission."""
    text = open_note(bundle.read(names.RESULTS), [commission], names.RESULTS)
    return decode(text.encode("utf-8").removesuffix(b"\n"), Results, names.RESULTS)


def check_hashes(bundle: Bundle, results: Results) -> None:
    """Every file but results.note is named there with its SHA-256, and nothing else lies here."""
    present = set(bundle.names()) - {names.RESULTS}
    for name in sorted(present - set(results.files)):
        raise VerificationError("a file that results.note doesn't name", where=name)
    for name in sorted(set(results.files) - present):
        raise VerificationError("results.note names it, but it isn't here", where=name)
    for name in sorted(results.files):
        if bundle.sha256(name) != results.files[name]:
            raise VerificationError(
                "not the file that results.note names (other SHA-256)",
                where=name,
                hint="It was changed or damaged; take the bundle from its source again",
            )


def check_layout(bundle: Bundle, rebuilt: Rebuilt) -> None:
    """Nothing lies in the bundle but what section 12 names."""
    expected = {names.MANIFEST, names.ROLL, names.CLOSING, names.MERGE, names.RESULTS}
    expected |= {names.addendum(i) for i, _ in enumerate(rebuilt.election.addenda, 1)}
    for log in rebuilt.closing.closing.logs:
        expected |= set(log_files(log))
    for contest in (c.id for c in rebuilt.election.manifest.contests):
        expected |= {names.input_file(contest), names.selections_file(contest)}
        for i in chain.mixers(bundle, contest):
            parts = ("output.bin", "proof.bin", "statement.note")
            expected |= {names.mix_file(contest, i, part) for part in parts}
        for i in chain.openers(bundle, contest):
            expected |= {names.opening_file(contest, i, p) for p in ("shares.bin", "proof.bin")}
    for i in chain.openers(bundle, ""):
        expected |= {names.opening_file("", i, part) for part in ("shares.bin", "proof.bin")}
    for name in bundle.names():
        if name not in expected and not EVIDENCE.fullmatch(name):
            raise VerificationError("it has no place in a bundle", where=name)


def verify_contest(
    bundle: Bundle,
    rebuilt: Rebuilt,
    contest: Contest,
    executor: Executor | None = None,
    report: Report = SILENT,
) -> list[Vector | None]:
    """One contest from its input column to its selections."""
    election = rebuilt.election
    column = rebuilt.merge.column(contest.id)
    if bundle.read(names.input_file(contest.id)) != column:
        where = names.input_file(contest.id)
        raise VerificationError("it isn't what the accepted ballots hold", where=where)
    column = chain.verify_mixes(bundle, election, contest, column, executor, report)
    elements = chain.open_column(bundle, election, contest, column, executor, report)
    selections = read_selections(contest, elements)
    where = names.selections_file(contest.id)
    if bundle.read(where) != selections_csv(contest, selections):
        raise VerificationError("it isn't what the opened ballots hold", where=where)
    return selections


def count_again(
    election: Election,
    selections: Selections,
    lot: Element,
    corrections: Sequence[Correction] = (),
) -> list[Counted]:
    """Every contest counted, with these corrections after the addenda's."""
    contests = election.manifest.contests
    outcomes = count_contests(contests, selections, [*election.corrections, *corrections], lot)
    return [Counted(c, selections[c.id], outcomes[c.id]) for c in contests]


def _same(said: object, counted: object, what: str) -> None:
    if said != counted:
        raise VerificationError(what, where=names.RESULTS)
