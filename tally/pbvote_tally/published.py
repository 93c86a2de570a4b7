"""A published result as its bundle has it: what minutes, pages and corrections are made from.

results.note names every file with its SHA-256, so what it signs is taken as it stands: mixes and
proofs aren't repeated, that is for `verify`. The count is, as its steps lie in no file.
"""

from __future__ import annotations

from msgspec import Struct

from pbvote.core.closing import SignedClosing, open_closing
from pbvote.core.election import Election
from pbvote.core.encoding import decode
from pbvote.core.errors import RefusedError, VerificationError
from pbvote.core.group import Element
from pbvote.core.note import VerifyKey
from pbvote_tally import bundle as names
from pbvote_tally import chain
from pbvote_tally.bundle import Bundle
from pbvote_tally.fingerprint import note_hash
from pbvote_tally.rebuild import read_election
from pbvote_tally.records import MergeRecord, Results
from pbvote_tally.report import SILENT, Report
from pbvote_tally.selections import parse_selections
from pbvote_tally.verify import Counted, Selections, check_hashes, count_again, read_results


class Published(Struct, frozen=True):
    """A signed result and what it was counted from. `lot` is V, `fingerprint` of 32 bytes."""

    election: Election
    closing: SignedClosing
    merge: MergeRecord
    results: Results
    lot: Element
    counted: list[Counted]
    fingerprint: bytes

    @property
    def selections(self) -> Selections:
        """Every contest's opened ballots."""
        return {one.contest.id: one.selections for one in self.counted}


def read_published(bundle: Bundle, commission: VerifyKey, report: Report = SILENT) -> Published:
    """The published result in a bundle; RefusedError if results.note isn't there yet.

    VerificationError names a file that isn't as results.note signed it.
    """
    if names.RESULTS not in bundle.names():
        raise RefusedError(
            "the result isn't published yet",
            where=names.RESULTS,
            hint="The commission signs it with `pbvote-tally publish`",
        )
    report.step("Results: the commission's signature, and every file as it was signed")
    results = read_results(bundle, commission)
    check_hashes(bundle, results)
    election = read_election(bundle, commission)
    closing = open_closing(bundle.read(names.CLOSING), election)
    if (results.election, results.closing) != (election.id, closing.hash):
        raise VerificationError("it is of another election or closing", where=names.RESULTS)
    report.step("The count, by each contest's rule")
    lot = chain.open_lot(bundle, election, closing.hash)
    selections = {
        contest.id: parse_selections(contest, bundle.read(where), where)
        for contest in election.manifest.contests
        for where in (names.selections_file(contest.id),)
    }
    counted = count_again(election, selections, lot)
    if results.contests != [one.result for one in counted]:
        raise VerificationError("other numbers or winners than counted", where=names.RESULTS)
    return Published(
        election=election,
        closing=closing,
        merge=decode(bundle.read(names.MERGE), MergeRecord, names.MERGE),
        results=results,
        lot=lot,
        counted=counted,
        fingerprint=note_hash(bundle.read(names.RESULTS), names.RESULTS),
    )
