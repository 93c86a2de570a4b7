"""What became of a voter's receipt, from an audit bundle: the final answer (docs/protocol.md, 8).

Of a box or its log alone `pbvote.receipts` tells what can be known.
"""

from __future__ import annotations

from itertools import islice

from pbvote.core.ballot import BoxEntry, Cast
from pbvote.core.election import box_origin
from pbvote.core.encoding import decode
from pbvote.core.errors import InputError
from pbvote.core.receipt import Receipt, SignedReceipt
from pbvote.receipts import Verdict, check_signature, place_of
from pbvote_tally.bundle import Bundle
from pbvote_tally.evidence import receipt_finding
from pbvote_tally.rebuild import Rebuilt, log_streams


def verdict(bundle: Bundle, rebuilt: Rebuilt, signed: SignedReceipt) -> Verdict:
    """`counted`, `superseded by …`, `set aside: …` or `missing`, from a bundle.

    Errors as `check_signature`, and InputError for a receipt of another election.
    """
    receipt, election = signed.receipt, rebuilt.election
    if receipt.election != election.id:
        raise InputError(
            "this receipt is of another election", hint="Check it against that one's bundle"
        )
    check_signature(signed, election)
    place = place_of(receipt)
    finding, detail = receipt_finding(bundle, rebuilt, signed)
    if finding != "consistent":
        return Verdict("missing", place, reason=detail)
    stream = log_streams(bundle, rebuilt.closing)[box_origin(election.slug, receipt.box)]
    entry = decode(next(islice(stream(), receipt.index, None)), BoxEntry)
    return _judged(rebuilt, receipt, entry)


def _judged(rebuilt: Rebuilt, receipt: Receipt, entry: BoxEntry) -> Verdict:
    """What the merge did with the entry that a receipt is for."""
    record, place = rebuilt.merge.record, place_of(receipt)
    here = (receipt.box, receipt.index)
    reason = next((s.reason for s in record.set_aside if (s.box, s.index) == here), None)
    if reason is None:
        if isinstance(entry, Cast):
            return Verdict("counted", place)
        return Verdict("set aside", place, reason="challenged (opened to check the device)")
    if reason != "superseded" or not isinstance(entry, Cast):
        return Verdict("set aside", place, reason=reason)
    names = [box.name for box in rebuilt.election.boxes]
    pseudonym = entry.ballot.certificate.pseudonym
    chosen = next(b for b in rebuilt.merge.accepted if b.pseudonym == pseudonym)
    return Verdict("superseded", place, by=f"{names[chosen.box]}, entry {chosen.index}")
