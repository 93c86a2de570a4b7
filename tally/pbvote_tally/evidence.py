"""evidence/: checkpoints and receipts that others kept, held against the closing (section 8).

They are checked and reported without refusing the bundle: what they prove is that a log's keeper
broke its word, and the count stays what the closing says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from msgspec import Struct

from pbvote.core.closing import SignedClosing
from pbvote.core.election import Election, box_origin
from pbvote.core.encoding import decode
from pbvote.core.errors import PbvoteError
from pbvote.core.merkle import root_of
from pbvote.core.note import open_checkpoint, parse_note
from pbvote.core.receipt import SignedReceipt, check_receipt
from pbvote.receipts import place_of, tracker_of
from pbvote.words import plural
from pbvote_tally.bundle import Bundle
from pbvote_tally.rebuild import log_streams

NAME = re.compile(r"evidence/[1-9][0-9]{0,5}\.(note|json)")


class Documents(Protocol):
    """What evidence is held against: the signed documents of a bundle."""

    @property
    def election(self) -> Election:
        """Manifest and addenda."""

    @property
    def closing(self) -> SignedClosing:
        """The closing."""


class Finding(Struct, frozen=True):
    """What a piece of evidence shows: `log shortened`, `log forked`, `receipt contradicted`,
    `consistent`, or `unusable` with the reason."""

    file: str
    finding: str
    detail: str


def findings(bundle: Bundle, documents: Documents) -> Iterator[Finding]:
    """One for each file in evidence/."""
    for name in bundle.names():
        if NAME.fullmatch(name):
            try:
                yield from _judge(bundle, documents, name)
            except PbvoteError as error:
                yield Finding(name, "unusable", str(error))


def _judge(bundle: Bundle, documents: Documents, name: str) -> Iterator[Finding]:
    if name.endswith(".note"):
        yield _checkpoint(bundle, documents, name)
    else:
        signed = decode(bundle.read(name), SignedReceipt, name)
        yield Finding(name, *receipt_finding(bundle, documents, signed))


def _checkpoint(bundle: Bundle, documents: Documents, name: str) -> Finding:
    data = bundle.read(name)
    origin = parse_note(data, name).text.split("\n", 1)[0]
    key = documents.election.log_keys.get(origin)
    if key is None:
        return Finding(name, "unusable", f"{origin} is no log of this election")
    checkpoint = open_checkpoint(data, key, name)
    log = documents.closing.log(origin)
    if checkpoint.size > log.size:
        detail = f"{origin} had {plural(checkpoint.size, 'entry')}, the closing has {log.size}"
        return Finding(name, "log shortened", detail)
    entries = log_streams(bundle, documents.closing).get(origin, lambda: iter(()))()
    if root_of(islice(entries, checkpoint.size)) != checkpoint.root:
        return Finding(name, "log forked", f"{origin} had another entry among {checkpoint.size}")
    return Finding(name, "consistent", f"{origin} at {plural(checkpoint.size, 'entry')}")


def receipt_finding(bundle: Bundle, documents: Documents, signed: SignedReceipt) -> tuple[str, str]:
    """What a receipt and the closed log of its box say of each other; raises if it isn't one."""
    receipt, election = signed.receipt, documents.election
    place = place_of(receipt)
    if receipt.election != election.id:
        return "unusable", "a receipt of another election"
    election.box(receipt.box)
    check_receipt(signed, election.box_keys[receipt.box])
    origin = box_origin(election.slug, receipt.box)
    entries = log_streams(bundle, documents.closing).get(origin, lambda: iter(()))()
    data = next(islice(entries, receipt.index, None), None)
    if data is None:
        return "receipt contradicted", f"{place} isn't in the log"
    if tracker_of(data) != receipt.tracker:
        return "receipt contradicted", f"{place} is another entry"
    return "consistent", place
