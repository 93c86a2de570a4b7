"""A folder that is written whole: beside its place first, then put there in one move.

Killed anywhere, the folder that was there before is there still. Only a folder that was made here
is ever replaced: it has a list of its files with their SHA-256, for `sha256sum --check`.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pbvote.core.errors import RefusedError, StorageError
from pbvote.files import TEMPORARY
from pbvote.store.files import sync_folder

SUMS = "SHA256SUMS"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


class Made(NamedTuple):
    """A file that was written: its size in bytes, and SHA-256 in hex."""

    size: int
    sha256: str


class Folder:
    """A folder that is being written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.made: dict[str, Made] = {}

    def write(self, name: str, data: bytes) -> Made:
        """A file of these bytes; its name has `/` between folders."""
        return self.make(name, lambda path: path.write_bytes(data))

    def make(self, name: str, write: Callable[[Path], object]) -> Made:
        """A file that `write` makes at the path it is given."""
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.made[name] = Made(path.stat().st_size, digest)
        return self.made[name]

    def write_sums(self) -> None:
        """The list of all files written so far."""
        lines = [f"{made.sha256}  {name}\n" for name, made in sorted(self.made.items())]
        (self._path / SUMS).write_text("".join(lines), "utf-8")


@contextmanager
def whole_folder(place: Path) -> Iterator[Folder]:
    """A folder to be filled, which comes to `place` with its list when everything went well.

    RefusedError if something else lies there, StorageError if the disk refuses.
    """
    _check_place(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _clear_left(place)
        path = Path(tempfile.mkdtemp(dir=place.parent, prefix=_prefix(place)))
        try:
            path.chmod(0o755)
            folder = Folder(path)
            yield folder
            folder.write_sums()
            _put(path, place)
        finally:
            shutil.rmtree(path, ignore_errors=True)  # the old one, or one that failed
        sync_folder(place.parent)
    except OSError as error:
        raise StorageError(
            f"can't be written ({error.strerror})",
            where=str(place),
            hint="Make room or give rights there, then do it again; nothing was changed",
        ) from None


def _prefix(place: Path) -> str:
    return f"{TEMPORARY}{place.name}-"


def _check_place(place: Path) -> None:
    if not place.exists():
        return
    if place.is_dir() and ((place / SUMS).is_file() or not any(place.iterdir())):
        return
    raise RefusedError(
        "there is something that publish didn't make",
        where=str(place),
        hint="Name another folder with --out",
    )


def _clear_left(place: Path) -> None:
    """What a killed process left; if it was killed between two renames, the old folder is back."""
    for left in sorted(place.parent.glob(f"{_prefix(place)}*")):
        if not place.exists() and left.name == _aside(place).name:
            left.rename(place)
        else:
            shutil.rmtree(left)


def _put(made: Path, place: Path) -> None:
    """Move it to its place; where the system can, both change places at once."""
    if not place.exists():
        made.rename(place)
    elif not _exchange(made, place):
        place.rename(_aside(place))
        made.rename(place)
        shutil.rmtree(_aside(place))


def _aside(place: Path) -> Path:
    return place.with_name(f"{_prefix(place)}old")


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux); False where it can't be done."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.EINVAL, errno.ENOSYS):  # this file system, or this kernel, can't
        return False
    raise OSError(error, os.strerror(error))
