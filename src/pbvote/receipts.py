"""What a receipt proves, and what a challenged ballot said (docs/protocol.md, 7 and 8).

From a box or its published log alone, where nobody can know yet which ballot of a person will
count. What the closing made of it is in `pbvote_tally.receipts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pbvote.core import group
from pbvote.core.ballot import (
    BoxEntry,
    Cast,
    Challenge,
    Opened,
    Sealed,
    ballot_digest,
    check_opening,
    check_proof,
    tracker,
)
from pbvote.core.election import Election
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import InputError, PbvoteError, SelectionError, VerificationError
from pbvote.core.manifest import Contest
from pbvote.core.receipt import Receipt, ReceiptText, SignedReceipt, check_receipt
from pbvote.core.selection import Vector, from_elements

What = Literal["counted", "superseded", "set aside", "missing", "in the box"]
KEEP = (
    "Keep this receipt: it is evidence against the box. Bring it to the commission, which puts it"
    " in evidence/<n>.json of the audit bundle"
)


@dataclass(frozen=True)
class Verdict:
    """The answer of section 7; `str` gives its words.

    `place` is where it was looked for, "online, entry 5". `by` is the place of the ballot that
    counts instead (`superseded`), `reason` a word of section 8 (`set aside`) or what is wrong
    (`missing`). "in the box" is the answer of a box alone.
    """

    what: What
    place: str
    by: str = ""
    reason: str = ""

    def __str__(self) -> str:
        match self.what:
            case "superseded":
                return f"superseded by {self.by}"
            case "set aside":
                return f"set aside: {self.reason}"
            case "in the box" if self.reason:
                return f"in the box at its place ({self.place}) as a challenge: it never counts"
            case "in the box":
                return (
                    f"in the box at its place ({self.place}); whether it counts is known after"
                    " the closing"
                )
            case _:
                return self.what


def signed_receipt(text: ReceiptText, election: Election) -> SignedReceipt:
    """The receipt of a receipt's text, its signature checked.

    InputError if it is of another election or a box that isn't there; VerificationError if this
    box didn't sign it.
    """
    if text.election != election.id[:8]:
        text.signed(election.id, "")  # says so
    if text.box >= len(election.boxes):
        raise InputError(
            f"a receipt of box number {text.box + 1}, and there are {len(election.boxes)}",
            hint="Check it against all addenda of the election",
        )
    signed = text.signed(election.id, election.boxes[text.box].name)
    check_signature(signed, election)
    return signed


def check_signature(signed: SignedReceipt, election: Election) -> None:
    """VerificationError unless the named box signed it; EncodingError if there is no such box."""
    name = election.box(signed.receipt.box).name
    try:
        check_receipt(signed, election.box_keys[name])
    except VerificationError:
        raise VerificationError(
            "not a receipt of this box: its signature is wrong",
            where=name,
            hint="Was it read from the whole code? Without the signature it proves nothing",
        ) from None


def verdict_of_log(entries: Iterator[bytes], election: Election, signed: SignedReceipt) -> Verdict:
    """What the box alone can say, from its checked log: in the box, or missing.

    The log is read to its end, so that whoever checks it has compared its root. Errors as
    `check_signature`.
    """
    receipt = signed.receipt
    check_signature(signed, election)
    found: bytes | None = None
    for index, data in enumerate(entries):
        if index == receipt.index:
            found = data
    place = place_of(receipt)
    if found is None:
        return Verdict("missing", place, reason=f"{place} isn't in the log")
    if tracker_of(found) != receipt.tracker:
        return Verdict("missing", place, reason=f"{place} is another entry")
    is_challenge = isinstance(decode(found, BoxEntry), Challenge)
    return Verdict("in the box", place, reason="challenged" if is_challenge else "")


@dataclass(frozen=True)
class OpenedContest:
    """What a challenged ballot held in a contest; None if no choice can look so."""

    contest: Contest
    selection: Vector | None


def opened(challenge: Challenge, election: Election) -> list[OpenedContest]:
    """What the device had sealed: M = c2 - r·Y, unpacked (sections 4, 6, 7).

    VerificationError if the ballot isn't of this election, or proof or opening don't hold.
    """
    ballot = challenge.ballot
    if ballot.election != election.id:
        raise VerificationError("the ballot is of another election")
    check_proof(ballot, encode(ballot), challenge.proof, "challenge")
    check_opening(challenge)
    parts = zip(ballot.sealed, challenge.opening, strict=True)
    return [_opened(election, sealed, opening) for sealed, opening in parts]


def _opened(election: Election, sealed: Sealed, opening: Opened) -> OpenedContest:
    contest = election.contest(sealed.contest)
    elements = [
        group.subtract(c2, group.multiply(r, election.key))
        for c2, r in zip(
            group.rows(sealed.ciphertext)[1::2], group.rows(opening.randomness), strict=True
        )
    ]
    try:
        selection = from_elements(elements, contest.vmax, len(contest.projects))
        contest.check_selection(selection)
    except SelectionError:
        return OpenedContest(contest, None)
    return OpenedContest(contest, selection)


def find_tracker(entries: Iterator[bytes], begins: str) -> tuple[int, Cast | Challenge] | None:
    """Where the tracker whose hex begins so stands in a log, as a challenge if there is one.

    The whole log is read, as in `verdict_of_log`.
    """
    found: tuple[int, Cast | Challenge] | None = None
    for index, data in enumerate(entries):
        here = tracker_of(data)
        if here is not None and here.hex().startswith(begins):
            entry: Cast | Challenge = decode(data, Cast | Challenge)
            if found is None or isinstance(entry, Challenge):
                found = index, entry
    return found


def tracker_of(data: bytes) -> bytes | None:
    """The tracker of an encoded cast or challenge; None of anything else."""
    try:
        entry = decode(data, BoxEntry)
    except PbvoteError:
        return None
    if not isinstance(entry, Cast | Challenge):
        return None
    return tracker(ballot_digest(encode(entry.ballot)), entry.proof.commitment)


def place_of(receipt: Receipt) -> str:
    """Where a receipt says its entry is: "online, entry 5"."""
    return f"{receipt.box}, entry {receipt.index}"
