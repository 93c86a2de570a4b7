"""The high-water mark: how far a log had got when the last receipt was handed out.

A database that somebody put back from yesterday is perfectly valid, and lacks today's ballots.
So a small file beside it (`<file>.mark`) keeps the size and root of the last commit, written
after the commit and before anybody is told. It has two slots written in turn, in place: a write
that is cut off spoils only the older one.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from pbvote.core.errors import StorageError
from pbvote.store.files import sync_folder

_SLOT = 4096  # a slot in its own page and sector
_HEAD = "pbvote-mark/1"
_LENGTH = len(f"{_HEAD} {0:020} {0:020} {0:064} {0:064}\n")  # write's number, size, root, checksum


class NotTheLog(StorageError):
    """A database that isn't what its mark or checkpoint tells of: put back, cut or changed."""


class MarkValue(NamedTuple):
    """A log's size and its root (32 bytes) at that size."""

    size: int
    root: bytes


def mark_path(store: Path) -> Path:
    """Where the mark of a database lies."""
    return store.with_name(f"{store.name}.mark")


class Mark:
    """An open mark; `value` is None in a new one.

    `adopt` takes the database as it is, whatever the mark says or lacks. It is for a box that
    was restored from its second copy, and never a default: who puts an older database back could
    as well delete the mark, and only a person can say that this is what was meant.
    """

    def __init__(self, path: Path, *, adopt: bool = False) -> None:
        self.path = path
        self.adopt = adopt
        self.value: MarkValue | None = None
        self._number = 0  # of the write that made `value`; its parity is the slot
        try:
            self._file = _open(path)
            slots = [os.pread(self._file, _LENGTH, at) for at in (0, _SLOT)]
        except OSError as error:
            raise _failed(path, error) from error
        self._number, self.value = max((_parse(slot) for slot in slots), key=itemgetter(0))
        if adopt:
            self.value = None
        elif self.value is None and any(slot.strip(b"\x00") for slot in slots):
            self.close()
            raise NotTheLog(
                "the log's mark is damaged, so nobody can tell whether entries are missing",
                where=str(path),
                hint="Compare the log with its second copy, then open it with --adopt",
            )

    def check(self, size: int, root: bytes | None) -> None:
        """Compare with a database of `size`, whose root at the mark's size is `root`.

        StorageError if acknowledged entries are missing or others stand in their place.
        """
        if self.value is None:
            if size and not self.adopt:
                raise NotTheLog(
                    "the log's mark is missing, so nobody can tell whether entries are missing",
                    where=str(self.path),
                    hint="Put it back beside the database; if it is lost, compare the log with"
                    " its second copy, then open it with --adopt",
                )
        elif self.value.size > size:
            raise NotTheLog(
                f"acknowledged entries are missing: receipts were given for {self.value.size},"
                f" the database has {size}. Somebody put back an older file",
                where=str(self.path),
                hint="Put back the newest database with its -wal file, or restore the second copy",
            )
        elif self.value.root != root:
            raise NotTheLog(
                "the database holds other entries than those acknowledged",
                where=str(self.path),
                hint="Put back the right database, or restore the second copy",
            )

    def write(self, size: int, root: bytes) -> None:
        """Set the mark: a killed process leaves it set, a power cut may leave one of seconds ago.

        That is always one the database has passed, so it costs no sync a commit: what an older
        mark can't notice is a database put back from within those seconds.
        """
        number = self._number + 1
        text = f"{_HEAD} {number:020} {size:020} {root.hex()} "
        data = (text + hashlib.sha256(text.encode()).hexdigest() + "\n").encode()
        try:
            if os.pwrite(self._file, data, number % 2 * _SLOT) != len(data):
                raise OSError(0, "written in part")
        except OSError as error:
            raise _failed(self.path, error) from error
        self._number, self.value = number, MarkValue(size, root)

    def close(self) -> None:
        """Let go of the file; closing twice does nothing."""
        if self._file >= 0:
            with suppress(OSError):
                os.fdatasync(self._file)
            os.close(self._file)
            self._file = -1


def _open(path: Path) -> int:
    """The file, made at its full size if missing, so that a full disk can't stop a later write."""
    if not path.exists():
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            if os.write(descriptor, bytes(2 * _SLOT)) != 2 * _SLOT:
                raise OSError(0, "written in part")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        new.rename(path)
        sync_folder(path.parent)
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def _parse(slot: bytes) -> tuple[int, MarkValue | None]:
    """The number of the write and what it wrote; 0 and None of a slot that is new or torn."""
    text, checksum = slot[:-65], slot[-65:-1].decode("latin-1")
    if not text.startswith(_HEAD.encode()) or hashlib.sha256(text).hexdigest() != checksum:
        return 0, None
    _, number, size, root = text.decode("ascii").split()
    return int(number), MarkValue(int(size), bytes.fromhex(root))


def _failed(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"the log's mark can't be kept ({error.strerror})", where=str(path), hint="Look at the disk"
    )
