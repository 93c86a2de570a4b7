"""Ballots' proofs checked ahead: before the closing, or before the program was stopped.

Whether a proof holds depends on its entry alone. The SHA-256 of each entry whose proof held is
kept in a file beside the bundle, so that after the closing only the rest is to be checked. Only
who made the file may trust it: a trustee on its own machine, and whoever verifies, checks all.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from itertools import islice
from pathlib import Path

from pbvote.core.admission import SignedCertificates, reason_against
from pbvote.core.ballot import BoxEntry, Cast, Challenge
from pbvote.core.election import Election
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import EncodingError, StorageError
from pbvote.core.manifest import Box
from pbvote.files import read_bytes, write_bytes
from pbvote_tally.merge import BATCH, prove

FILE = "ahead/proofs"
"""In the election's folder: 32 bytes for each entry."""
_SIZE = hashlib.sha256().digest_size


class Ahead:
    """The proofs that this machine found to hold; one process at a time writes the file."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the election's. A digest that a kill cut short is left out."""
        self._path = folder / FILE
        data = read_bytes(self._path) if self._path.exists() else b""
        whole = len(data) - len(data) % _SIZE
        if whole != len(data):
            write_bytes(self._path, data[:whole], private=True)
        self._known = {data[start : start + _SIZE] for start in range(0, whole, _SIZE)}

    def holds(self, entry: bytes) -> bool:
        """Whether the proof of this encoded cast or challenge was found to hold."""
        return hashlib.sha256(entry).digest() in self._known

    def check(
        self,
        election: Election,
        box: Box,
        entries: Iterable[bytes],
        executor: Executor | None = None,
        progress: Callable[[int], None] = lambda done: None,
    ) -> int:
        """Check what of a box's log isn't known yet, and keep it; how many proofs that were.

        `entries` are the log's, as they lie in it; `progress` takes how many were gone through.
        """
        checked = 0
        for batch in _batches(entries):
            to_prove = [data for data in _provable(election, box, batch) if not self.holds(data)]
            held = prove(to_prove, executor)
            self._keep([data for data, holds in zip(to_prove, held, strict=True) if holds])
            checked += len(to_prove)
            progress(len(batch))
        return checked

    def _keep(self, entries: list[bytes]) -> None:
        digests = [hashlib.sha256(entry).digest() for entry in entries]
        if not digests:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with os.fdopen(os.open(self._path, flags, 0o600), "ab") as file:
                file.write(b"".join(digests))
        except OSError as error:
            raise StorageError(
                f"can't be written ({error.strerror})",
                where=str(self._path),
                hint="Make room or give rights there, then go on",
            ) from None
        self._known.update(digests)


def _batches(entries: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(entries)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _provable(election: Election, box: Box, batch: list[bytes]) -> Iterator[bytes]:
    """The encoded casts and challenges whose form a proof can be checked of."""
    register = SignedCertificates(election)
    for data in batch:
        try:
            entry = decode(data, BoxEntry)
        except EncodingError:
            continue
        if isinstance(entry, Cast | Challenge) and not reason_against(
            election, box, entry.ballot, register
        ):
            yield encode(entry)
