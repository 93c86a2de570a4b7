"""A box's private table: which ballots it took, when, with what receipt.

It stands beside the log and is written in the same commit, but is never published: times are
nobody's business. One value an entry, ``ballot/<index>`` → `Kept`; who looks for a digest or a
card finds the index in memory. Receipts are kept without their signature, as Ed25519 gives the
same one again (RFC 8032): so none exists before its entry is on disk.
"""

from __future__ import annotations

from pbvote.box.intake import Arrival
from pbvote.core.ballot import Use
from pbvote.core.encoding import Bytes32, Record, decode, encode, u64, unix_time
from pbvote.core.errors import EncodingError, StorageError
from pbvote.core.receipt import Receipt
from pbvote.store.log import SignedLog

_BALLOT = b"ballot/"
_CHALLENGE = b"challenge/"  # once more, to be counted


class Kept(Record, frozen=True, kw_only=True):
    """What a box keeps of a ballot it took: `ballot` is its digest, `card` its card's key."""

    ballot: Bytes32
    card: Bytes32
    use: Use
    receipt: Receipt

    def is_of(self, arrival: Arrival) -> bool:
        """Whether the same ballot was sent again: same use, same tracker."""
        return self.use == arrival.use and self.receipt.tracker == arrival.tracker


def damaged(where: str) -> StorageError:
    """The private table doesn't fit the log."""
    return StorageError(
        "the table of receipts is damaged",
        where=where,
        hint="Copy the box's folder away as it is, then restore the second copy",
    )


def _read(key: bytes, value: bytes) -> Kept:
    try:
        kept = decode(value, Kept)
    except EncodingError:
        raise damaged(repr(key)) from None
    if key != _BALLOT + u64(kept.receipt.index):
        raise damaged(repr(key))
    return kept


class Receipts:
    """The private table of a log, found by digest and by card. Usable from several threads."""

    def __init__(self, log: SignedLog) -> None:
        self._log = log
        self._indices: dict[bytes, int] = {}  # digest → where it is, or was about to be
        self._digests: dict[bytes, list[bytes]] = {}  # card's key → the digests cast with it
        self.last = 0
        """When the last receipt was given, in seconds since 1970."""
        self.count = 0
        """How many ballots there were when the log was opened, cast and challenged."""
        for key, value in log.items(_BALLOT):
            kept = _read(key, value)
            self._remember(kept)
            self.last = unix_time(kept.receipt.at)
            self.count += 1

    def keep(self, arrival: Arrival, receipt: Receipt) -> dict[bytes, bytes]:
        """The private values to append with a ballot's entry.

        Remembered at once: if the append fails, the entry may still stand.
        """
        kept = Kept(
            ballot=arrival.digest,
            card=arrival.ballot.certificate.key,
            use=arrival.use,
            receipt=receipt,
        )
        self._remember(kept)
        values = {_BALLOT + u64(receipt.index): encode(kept)}
        if kept.use == "challenge":
            values[_CHALLENGE + u64(receipt.index)] = b""
        return values

    def _remember(self, kept: Kept) -> None:
        self._indices[kept.ballot] = kept.receipt.index
        if kept.use == "cast":
            digests = self._digests.setdefault(kept.card, [])
            if kept.ballot not in digests:
                digests.append(kept.ballot)

    def find(self, digest: bytes) -> Kept | None:
        """What is kept of the ballot with this digest."""
        index = self._indices.get(digest)
        if index is None:
            return None
        key = _BALLOT + u64(index)
        value = self._log.get(key)
        kept = None if value is None else _read(key, value)
        return kept if kept is not None and kept.ballot == digest else None

    def of_card(self, key: bytes) -> list[Receipt]:
        """The receipts of what was cast with this card's key, the earliest first."""
        found = [self.find(digest) for digest in tuple(self._digests.get(key, ()))]
        receipts = [kept.receipt for kept in found if kept is not None]
        return sorted(receipts, key=lambda receipt: receipt.index)

    def challenged(self, size: int) -> int:
        """How many of the log's first `size` entries are challenges."""
        end = _CHALLENGE + u64(size)
        return sum(1 for key, _ in self._log.items(_CHALLENGE) if key < end)
