"""A log in one SQLite file: the store that boxes and registries use.

WAL with synchronous=FULL: a commit is on the disk before it returns, and one cut off in the
middle never was. One writer, kept by an flock on `<file>.lock`: the kernel lets go of it when the
process dies, however it dies. Readers (status, export, inspection) don't need it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from threading import RLock
from urllib.parse import quote
from weakref import WeakSet

from pbvote.core.errors import StorageError
from pbvote.store.files import sync_folder

VERSION = 1
APPLICATION = 0x70627674  # "pbvt", so that another program's file isn't taken for a log
_CHUNK = 256  # rows a query, so that a reader never holds up a writer for long

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE entry (position INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE private (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (id INTEGER PRIMARY KEY CHECK (id = 0), note BLOB NOT NULL) STRICT;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""


class SqliteStore:
    """A LogStore in an SQLite file; made by `open`."""

    def __init__(self, path: Path, db: sqlite3.Connection, writer: FileIO | None) -> None:
        self.path = path
        self._db = db
        self._writer = writer
        self._lock = RLock()
        self._broken = False

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, create: bool = True) -> SqliteStore:
        """Open a log's file, or make it (mode 0600) if there is none and `create` says so.

        `read_only` works while another process writes. StorageError if the file is in use,
        damaged, not a log, or from a newer version.
        """
        with _explained(path):
            create = create and not read_only
            if not create and not path.exists():
                raise StorageError(
                    "there is no such log", where=str(path), hint="Check the path, or create it"
                )
            writer = None if read_only else _lock_for_writing(path)
            try:
                if not path.exists():
                    _make_private_file(path)
                store = cls(path, _connect(path, read_only), writer)
                store._prepare()
            except BaseException:
                if writer is not None:
                    writer.close()
                raise
            return store

    def _prepare(self) -> None:
        try:
            if self._writer is not None and self._is_new():
                self._db.executescript(_SCHEMA)
            self._check_version()
            if self._writer is not None:
                self._prepare_to_write()
        except BaseException:
            self._db.close()
            raise

    def _is_new(self) -> bool:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return not (tables or self._number("user_version") or self._number("application_id"))

    def _check_version(self) -> None:
        where = str(self.path)
        if self._number("application_id") != APPLICATION:
            raise StorageError("not a log of pbvote", where=where, hint="Check the path")
        if self._number("user_version") > VERSION:
            raise StorageError("written by a newer version", where=where, hint="Update pbvote")

    def _prepare_to_write(self) -> None:
        if self._pragma("journal_mode = WAL") != "wal":
            raise StorageError(
                "this disk can't keep a log safely (no WAL)",
                where=str(self.path),
                hint="Use a local disk, not a network folder",
            )
        self._db.execute("PRAGMA synchronous = FULL")
        if (problem := self._pragma("quick_check(1)")) != "ok":
            raise sqlite3.DatabaseError(problem)

    def _pragma(self, text: str) -> str:
        return str(self._db.execute(f"PRAGMA {text}").fetchone()[0])

    def _number(self, pragma: str) -> int:
        return int(self._pragma(pragma))

    @property
    def size(self) -> int:
        row = self._one("SELECT coalesce(max(position) + 1, 0) FROM entry")
        with _explained(self.path):
            return int(row[0]) if row else 0

    @property
    def checkpoint(self) -> bytes | None:
        row = self._one("SELECT note FROM checkpoint")
        return self._bytes(row)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        stop = self.size if stop is None else min(stop, self.size)
        while start < stop:
            rows = self._all(
                "SELECT data FROM entry WHERE position >= ? AND position < ? ORDER BY position",
                (start, min(start + _CHUNK, stop)),
            )
            with _explained(self.path):
                data = [_bytes(row[0]) for row in rows]
            yield from data
            start += _CHUNK

    def get(self, key: bytes) -> bytes | None:
        return self._bytes(self._one("SELECT value FROM private WHERE key = ?", (key,)))

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        start = prefix
        while rows := self._all(
            "SELECT key, value FROM private WHERE key >= ? ORDER BY key LIMIT ?", (start, _CHUNK)
        ):
            for key, value in rows:
                with _explained(self.path):
                    pair = _bytes(key), _bytes(value)
                if not key.startswith(prefix):
                    return
                yield pair
            start = rows[-1][0] + b"\x00"

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        with self._lock, _explained(self.path):
            self._check_writable()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(
                    "INSERT INTO entry VALUES (?, ?)", enumerate(entries, self.size)
                )
                self._db.executemany("REPLACE INTO private VALUES (?, ?)", private.items())
                self._db.execute("REPLACE INTO checkpoint VALUES (0, ?)", (checkpoint,))
                self._db.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):  # often SQLite has rolled back by itself
                    self._db.execute("ROLLBACK")
                self._broken = _is_failed_sync(error)
                raise

    def _check_writable(self) -> None:
        if self._writer is None:
            raise StorageError("opened to read only", where=str(self.path))
        if self._broken:  # what the kernel still holds may not be what the disk holds
            raise StorageError(
                "the disk failed while it was told to keep an entry",
                where=str(self.path),
                hint="Stop, look at the disk, then start again",
            )

    def close(self) -> None:
        with self._lock, _explained(self.path):
            self._db.close()
            if self._writer is not None:
                self._writer.close()

    def _bytes(self, row: tuple[object, ...] | None) -> bytes | None:
        with _explained(self.path):
            return _bytes(row[0]) if row else None

    def _one(self, query: str, values: tuple[object, ...] = ()) -> tuple[bytes, ...] | None:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[bytes, ...]]:
        with self._lock, _explained(self.path):
            return self._db.execute(query, values).fetchall()


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rw"
    return sqlite3.connect(
        f"file:{quote(str(path.resolve()))}?mode={mode}",
        uri=True,
        isolation_level=None,  # transactions are written out
        check_same_thread=False,  # our own lock
        timeout=10,
    )


def _make_private_file(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    sync_folder(path.parent)


_held: WeakSet[FileIO] = WeakSet()


def _lock_for_writing(path: Path) -> FileIO:
    lock = FileIO(f"{path}.lock", "a", opener=lambda name, flags: os.open(name, flags, 0o600))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StorageError(
            "in use by another process",
            where=str(path),
            hint="Close the other pbvote that has it open (its window, service or terminal)",
        ) from None
    except OSError:
        lock.close()
        raise
    _held.add(lock)
    return lock


def _let_go() -> None:
    for lock in list(_held):
        lock.close()


# A forked worker would hold the lock on after its parent was killed.
os.register_at_fork(after_in_child=_let_go)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the system as StorageError."""
    try:
        yield
    except sqlite3.Error as error:
        what, hint = _explain(error)
        raise StorageError(what, where=str(path), hint=hint) from error
    except OSError as error:
        raise StorageError(
            f"can't be used ({error.strerror})", where=str(path), hint="Look at the disk"
        ) from error
    except (TypeError, ValueError, OverflowError) as error:  # what isn't bytes where bytes were
        raise StorageError(
            "damaged: it holds what no log of pbvote holds", where=str(path), hint=_DAMAGED
        ) from error


_DAMAGED = "Copy it away as it is, with the files beside it, then restore the second copy"


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return value


def _code(error: BaseException) -> int:
    """SQLite's extended result code."""
    code = getattr(error, "sqlite_errorcode", None)
    return code if isinstance(code, int) else sqlite3.SQLITE_ERROR


def _is_failed_sync(error: BaseException) -> bool:
    return _code(error) in (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)


def _explain(error: sqlite3.Error) -> tuple[str, str]:
    code = _code(error)
    if code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return f"the disk is full or failing ({error})", "Make room on it, then try again"
    if code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"can't be opened or written ({error})", "Look at the rights of file and folder"
    if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "held by another program", "Close it and try again"
    if isinstance(error, sqlite3.ProgrammingError):
        return f"the log is closed ({error})", "Open it again"
    return (
        f"damaged, or not a log of pbvote ({error})",
        _DAMAGED,
    )
