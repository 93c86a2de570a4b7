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
from collections.abc import Iterable
from pathlib import Path

from pbvote.core.errors import RefusedError, StorageError
from pbvote.files import TEMPORARY
from pbvote.store.files import sync_folder

SUMS = "SHA256SUMS"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def write_folder(place: Path, files: Iterable[tuple[str, bytes | Path]]) -> int:
    """Write these files (names with `/`; bytes, or a file to copy) and SUMS; how many there are.

    RefusedError if something else lies at `place`, StorageError if the disk refuses.
    """
    _check_place(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _clear_left(place)
        made = Path(tempfile.mkdtemp(dir=place.parent, prefix=_prefix(place)))
        try:
            made.chmod(0o755)
            number = _fill(made, files)
            _put(made, place)
        finally:
            shutil.rmtree(made, ignore_errors=True)  # the old one, or one that failed
        sync_folder(place.parent)
    except OSError as error:
        raise StorageError(
            f"can't be written ({error.strerror})",
            where=str(place),
            hint="Make room or give rights there, then do it again; nothing was changed",
        ) from None
    return number


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


def _fill(folder: Path, files: Iterable[tuple[str, bytes | Path]]) -> int:
    sums = []
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
        with path.open("rb") as file:
            sums.append((name, hashlib.file_digest(file, "sha256").hexdigest()))
    lines = [f"{digest}  {name}\n" for name, digest in sorted(sums)]
    (folder / SUMS).write_text("".join(lines), "utf-8")
    return len(sums) + 1


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
