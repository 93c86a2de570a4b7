"""Checking a receipt at the kiosk: what can be said from the logs at hand, and never more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from pbvote.at_hand import BOXES, LogAtHand, log_at
from pbvote.core.ballot import BoxEntry, Close
from pbvote.core.election import Election
from pbvote.core.encoding import decode
from pbvote.core.errors import InputError, PbvoteError, VerificationError
from pbvote.core.note import parse_checkpoint, parse_note
from pbvote.core.receipt import RECEIPT_PREFIX, Receipt, SignedReceipt, read_receipt_text
from pbvote.receipts import signed_receipt, verdict_of_log

What = Literal[
    "no receipt",
    "cut",
    "other election",
    "unknown box",
    "forged",
    "cast",
    "challenged",
    "missing",
    "no log",
]


class Checked(Struct, frozen=True):
    """The answer. `receipt` is there once its signature was right."""

    what: What
    receipt: Receipt | None = None


def check_receipt(
    text: str, election: Election, here: str, folder: Path, sticks: Sequence[Path] = ()
) -> Checked:
    """What is known of a receipt's text on this machine. Reads whole logs: call it from a worker.

    `here` is the box of this machine, `folder` the election's, `sticks` those mounted.
    """
    if RECEIPT_PREFIX not in text:
        return Checked("no receipt")
    try:
        read = read_receipt_text(text)
    except InputError:
        return Checked("cut")
    if read.election != election.id[:8]:
        return Checked("other election")
    if read.box >= len(election.boxes):
        return Checked("unknown box")
    try:
        signed = signed_receipt(read, election)
    except VerificationError:
        return Checked("forged")
    answers = [
        _in_log(log, election, signed, is_live=signed.receipt.box == here)
        for log in _logs_of(signed.receipt.box, folder, sticks)
    ]
    # If two logs differ, the worst is said: it is evidence.
    best: What = next((what for what in _WORST_FIRST if what in answers), "no log")
    return Checked(best, signed.receipt)


_WORST_FIRST: tuple[What, ...] = ("missing", "challenged", "cast", "no log")


def _in_log(
    log: LogAtHand, election: Election, signed: SignedReceipt, *, is_live: bool
) -> What | None:
    """What one log says; None if it can't: unreadable, or an older copy than the receipt."""
    receipt, last = signed.receipt, [b""]

    def entries() -> Iterator[bytes]:
        for data in log.checked(election.box_keys[receipt.box]):
            last[0] = data
            yield data

    try:
        verdict = verdict_of_log(entries(), election, signed)
        size = parse_checkpoint(parse_note(log.checkpoint).text).size
        is_whole = is_live or isinstance(decode(last[0], BoxEntry), Close)
    except PbvoteError:
        return None
    if verdict.what == "in the box":
        return "challenged" if verdict.reason else "cast"
    return "missing" if is_whole or size > receipt.index else None


def _logs_of(box: str, folder: Path, sticks: Sequence[Path]) -> Iterator[LogAtHand]:
    """The logs of a box that are on this machine and its sticks."""
    places = (
        folder / BOXES / box,
        folder / "bundle" / "logs" / "box" / box,
        *(stick / "box" / box for stick in sticks),
    )
    for place in places:
        try:
            yield log_at(place)
        except PbvoteError:
            continue
