"""A log that is gone when the process ends: for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from pbvote.core.errors import StorageError


class MemoryStore:
    """A LogStore in memory."""

    def __init__(self) -> None:
        self._entries: list[bytes] = []
        self._private: dict[bytes, bytes] = {}
        self._checkpoint: bytes | None = None
        self._lock = Lock()
        self._closed = False

    @property
    def size(self) -> int:
        return len(self._entries)

    @property
    def checkpoint(self) -> bytes | None:
        return self._checkpoint

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        with self._lock:
            return iter(self._entries[start:stop])

    def get(self, key: bytes) -> bytes | None:
        return self._private.get(key)

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        with self._lock:
            return iter(sorted(i for i in self._private.items() if i[0].startswith(prefix)))

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        new = list(entries)
        with self._lock:
            if self._closed:
                raise StorageError("the log is closed")
            self._entries += new
            self._private.update(private)
            self._checkpoint = checkpoint

    def close(self) -> None:
        self._closed = True
