"""The closing: what is counted, signed before any mix (docs/protocol.md, section 8)."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from pbvote.core.election import Election, open_by_quorum
from pbvote.core.encoding import Bytes32, Count, Record, Time, check_time, decode
from pbvote.core.errors import VerificationError
from pbvote.core.merkle import EMPTY_ROOT

Status = Literal["closed", "cut", "lost"]


class ClosedLog(Record, frozen=True, kw_only=True):
    """A log as it is counted: up to `size`, with this root."""

    origin: Annotated[str, Meta(min_length=1)]
    status: Status
    size: Count
    root: Bytes32
    reason: str | UnsetType = UNSET


class Closing(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/closing/1"):
    """Every log's final size and root; nothing is added after it.

    ``{"addenda":[],"at":"2026-11-20T18:30:00Z","election":"R1st…","logs":[{"origin":
    "pbvote/demo-2026/registry/mairie","root":"GNdF…","size":26,"status":"closed"},…],
    "type":"pbvote/closing/1"}``
    """

    election: Bytes32
    at: Time
    addenda: list[Bytes32]
    logs: list[ClosedLog]

    def __post_init__(self) -> None:
        check_time(self.at)


class SignedClosing(Struct, frozen=True):
    """A closing whose signatures were checked, and the SHA-256 of its text."""

    closing: Closing
    hash: bytes

    def log(self, origin: str) -> ClosedLog:
        """What the closing says of a log."""
        return next(log for log in self.closing.logs if log.origin == origin)


def open_closing(note: bytes, election: Election) -> SignedClosing:
    """The closing in a note, signed by the commission and at least q trustees; checked.

    Raises EncodingError or VerificationError.
    """
    where = "closing.note"
    text = open_by_quorum(
        note, election.commission, election.trustee_keys, election.manifest.quorum, where
    ).encode("utf-8")
    closing = decode(text.removesuffix(b"\n"), Closing, where)
    check_closing(closing, election)
    return SignedClosing(closing, hashlib.sha256(text).digest())


def check_closing(closing: Closing, election: Election) -> None:
    """Raise VerificationError unless it is of this election, with all addenda and all logs."""
    where = "closing.note"
    if closing.election != election.id:
        raise VerificationError("it is of another election", where=where)
    if closing.addenda != list(election.addenda_hashes):
        raise VerificationError(
            "it names other addenda than those at hand", where=where, hint="Bring all addenda"
        )
    if [log.origin for log in closing.logs] != list(election.log_keys):
        raise VerificationError(
            "it doesn't list every registry, then every box, in order", where=where
        )
    for log in closing.logs:
        if log.status == "lost" and (log.size, log.root) != (0, EMPTY_ROOT):
            raise VerificationError(f"{log.origin} is lost but not empty", where=where)
