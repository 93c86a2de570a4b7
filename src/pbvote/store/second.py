"""The second copy of a log: a database on another medium, with a mark of its own beside it.

Most of it lies in its `-wal` while it is written. Whoever copies the database alone gets an older
log, validly signed: the mark tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pbvote.core.note import parse_checkpoint, parse_note
from pbvote.store import LogStore
from pbvote.store.mark import Mark, mark_path
from pbvote.store.sqlite import SqliteStore


class SecondCopy(LogStore):
    """A LogStore that keeps its mark by itself; made by `open`."""

    def __init__(self, store: SqliteStore, mark: Mark) -> None:
        self._store, self._mark = store, mark

    @classmethod
    def open(cls, path: Path) -> SecondCopy:
        """Open a copy to write, or make it. StorageError as SqliteStore.open and Mark say.

        Whatever its mark says: the log that it is a copy of knows better, and sets it anew.
        """
        store = SqliteStore.open(path)
        try:
            return cls(store, Mark(mark_path(path), adopt=True))
        except BaseException:
            store.close()
            raise

    @property
    def size(self) -> int:
        return self._store.size

    @property
    def checkpoint(self) -> bytes | None:
        return self._store.checkpoint

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        return self._store.entries(start, stop)

    def get(self, key: bytes) -> bytes | None:
        return self._store.get(key)

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return self._store.items(prefix)

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        self._store.commit(entries, checkpoint, private)
        signed = parse_checkpoint(parse_note(checkpoint).text)
        self._mark.write(signed.size, signed.root)

    def close(self) -> None:
        with suppress(OSError):  # a stick that is gone
            self._mark.close()
        self._store.close()
