"""A log on a disk: entries in order, a signed checkpoint, and private values beside them.

docs/protocol.md, section 7. `LogStore` is all that a box or registry needs of a disk; `memory`
and `sqlite` keep it, `log` signs on top of it, `mark` notices when an older file was put back,
`second` keeps a copy on another disk, `export` writes the public tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol


class Readable(Protocol):
    """What can be exported: a store, read-only or not, or a signed log."""

    @property
    def checkpoint(self) -> bytes | None:
        """The latest checkpoint, a signed note; None only in a store nobody has written to."""

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The entries from index `start` up to but not with `stop`, streamed."""


class LogStore(Readable, Protocol):
    """An append-only log with private key-values that are never exported.

    Usable from several threads. Every method raises StorageError when the disk fails it.
    """

    @property
    def size(self) -> int:
        """How many entries there are."""

    def get(self, key: bytes) -> bytes | None:
        """The private value of a key."""

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The private values whose key begins with `prefix`, sorted by key, streamed."""

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        """Append entries, replace the checkpoint, set private values: all durable, or none."""

    def close(self) -> None:
        """Let go of the file; closing twice does nothing."""
