"""The folder of an election on one machine: where things are, and how they are written.

::

    DIR/
      election.toml  projects.csv      the draft, until it is signed
      manifest.note  addenda/1.note    what was signed
      roll.csv  commission.vkey        public
      keys/commission.key              the commission's key
      ceremony/                        what trustees exchange to make the election's key
      trustees/<name>/                 a trustee's own folder
      registries/<name>/               a registrar's key, roll and log
      boxes/<name>/                    a box's key and log
      bundle/                          the audit bundle, growing from the closing on
      corrections/2.note               results corrected after a complaint
      minutes/                         the official record
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pbvote.core.election import Election, open_election
from pbvote.core.errors import InputError, StorageError
from pbvote.core.note import VerifyKey
from pbvote.store.files import sync_folder

MANIFEST = "manifest.note"
ROLL = "roll.csv"
COMMISSION = "commission.vkey"
COMMISSION_KEY = "keys/commission.key"
ADDENDA = "addenda"
TEMPORARY = ".new-"
"""How a file's name begins while it is written."""


def read_bytes(path: Path) -> bytes:
    """A file's bytes; InputError if it can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"can't be read ({error.strerror})", where=str(path), hint="Check the name and place"
        ) from None


def paths_below(folder: Path, pattern: str = "*") -> list[Path]:
    """What is called so at any depth, sorted; InputError if a stick is gone or can't be read."""
    try:
        return sorted(folder.rglob(pattern))
    except OSError as error:
        raise _gone(folder, error) from None


def is_folder(path: Path) -> bool:
    """Whether a folder is there; InputError if a stick can't be read or nothing can be so named."""
    try:
        return path.is_dir()
    except OSError as error:
        raise _gone(path, error) from None


def _gone(path: Path, error: OSError) -> InputError:
    return InputError(
        f"can't be read ({error.strerror})",
        where=str(path),
        hint="If it is a stick, put it in again",
    )


def remove(path: Path) -> None:
    """Remove a file, if it is there; StorageError if it can't be."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"can't be removed ({error.strerror})", where=str(path), hint="Remove it, then go on"
        ) from None


def write_bytes(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all, on disk before this returns; 0600 if private."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=TEMPORARY, delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                temporary.chmod(0o600 if private else 0o644)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"can't be written ({error.strerror})",
            where=str(path),
            hint="Make room or give rights there, then do it again; nothing was changed",
        ) from None


def read_vkey(path: Path) -> VerifyKey:
    """The vkey in a file of one line."""
    try:
        text = read_bytes(path).decode("ascii").strip()
    except UnicodeDecodeError:
        raise InputError("not a vkey", where=str(path)) from None
    return VerifyKey.parse(text, str(path))


def addenda_notes(folder: Path) -> list[bytes]:
    """The addenda of an election's folder, in order."""
    notes: list[bytes] = []
    while (path := folder / ADDENDA / f"{len(notes) + 1}.note").exists():
        notes.append(read_bytes(path))
    return notes


def load_election(folder: Path) -> Election:
    """The signed election in this folder, all its signatures checked."""
    if not (folder / MANIFEST).exists():
        raise InputError(
            "no signed manifest here",
            where=str(folder),
            hint=f"Name the folder that holds {MANIFEST}; `pbvote sign` makes it",
        )
    commission = read_vkey(folder / COMMISSION)
    return open_election(read_bytes(folder / MANIFEST), addenda_notes(folder), commission)
