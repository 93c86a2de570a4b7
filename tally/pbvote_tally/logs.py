"""Closed logs as they are counted: syntax, and where open and close stand (section 8, rule 1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pbvote.core.ballot import BoxEntry, Cast, Challenge, Close, Open
from pbvote.core.card import RegistryClose, RegistryEntry
from pbvote.core.closing import ClosedLog
from pbvote.core.election import Election
from pbvote.core.encoding import decode
from pbvote.core.errors import EncodingError, VerificationError
from pbvote.core.manifest import Box


def registry_entries(
    name: str, log: ClosedLog, entries: Iterator[bytes]
) -> Iterator[RegistryEntry | None]:
    """A registry's entries in order, None for a malformed one.

    VerificationError if a `closed` log isn't closed once and last.
    """
    where = f"logs/registry/{name}"
    closes, last = 0, None
    for data in entries:
        last = _read(data, RegistryEntry)
        closes += isinstance(last, RegistryClose)
        yield last
    if log.status == "closed" and (closes != 1 or not isinstance(last, RegistryClose)):
        raise VerificationError("the closed log isn't closed once and last", where=where)


def box_entries(
    election: Election, box: Box, log: ClosedLog, entries: Iterator[bytes]
) -> Iterator[Open | Cast | Challenge | Close | None]:
    """A box's entries in order, None for a malformed one.

    VerificationError if the log doesn't begin with this box's open, or a `closed` one isn't
    opened once and first and closed once and last with true counts.
    """
    where = f"logs/box/{box.name}"
    cast = challenged = 0
    closed: Close | None = None
    for index, data in enumerate(entries):
        entry = _read(data, BoxEntry)
        if closed is not None:
            raise VerificationError(f"entry {index} stands after the close", where=where)
        if index == 0:
            if not isinstance(entry, Open) or (entry.election, entry.box) != (
                election.id,
                box.name,
            ):
                raise VerificationError("it doesn't begin with this box's open", where=where)
        elif isinstance(entry, Open | Close) and log.status == "cut":
            entry = None
        elif isinstance(entry, Open):
            raise VerificationError(f"entry {index} opens the box again", where=where)
        elif isinstance(entry, Close):
            closed = entry
        cast += isinstance(entry, Cast)
        challenged += isinstance(entry, Challenge)
        yield entry
    if log.status != "closed":
        return
    if closed is None:
        raise VerificationError("the closed log has no close at its end", where=where)
    if (closed.cast, closed.challenged) != (cast, challenged):
        raise VerificationError("its close doesn't count what the log holds", where=where)


def _read(data: bytes, kind: Any) -> Any:
    """The record, or None where it is malformed."""
    try:
        return decode(data, kind)
    except EncodingError:
        return None
