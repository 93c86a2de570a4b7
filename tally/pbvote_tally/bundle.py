"""The audit bundle, a folder or a zip of it, and what its files are called (section 12)."""

from __future__ import annotations

import hashlib
import lzma
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from pbvote.core.errors import InputError, VerificationError
from pbvote.files import paths_below

MANIFEST = "manifest.note"
CLOSING = "closing.note"
ROLL = "roll.csv"
MERGE = "merge.json"
RESULTS = "results.note"

# RuntimeError: NotImplementedError among them; ValueError: names that aren't text
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
)


def addendum(number: int) -> str:
    """`addenda/<number>.note`."""
    return f"addenda/{number}.note"


def log_folder(origin: str) -> str:
    """`logs/registry/<name>` or `logs/box/<name>`, the end of a log's origin."""
    return "logs/" + origin.split("/", 2)[2]


def input_file(contest: str) -> str:
    """`contests/<id>/input.bin`, N × w × 64 bytes."""
    return f"contests/{contest}/input.bin"


def mix_file(contest: str, trustee: int, name: str) -> str:
    """`contests/<id>/mix-<i>/` output.bin, proof.bin or statement.note."""
    return f"contests/{contest}/mix-{trustee}/{name}"


def opening_file(contest: str, trustee: int, name: str) -> str:
    """`contests/<id>/opening-<i>/` shares.bin or proof.bin; of the lot if the contest is empty."""
    folder = f"contests/{contest}" if contest else "lot"
    return f"{folder}/opening-{trustee}/{name}"


def selections_file(contest: str) -> str:
    """`contests/<id>/selections.csv`."""
    return f"contests/{contest}/selections.csv"


class Bundle(Protocol):
    """The files of a bundle by their names, with `/` between folders."""

    def names(self) -> list[str]:
        """Every file, sorted."""

    def read(self, name: str) -> bytes:
        """A file's bytes; VerificationError naming it if it isn't there."""

    def sha256(self, name: str) -> bytes:
        """A file's SHA-256, read as a stream."""


class FolderBundle:
    """A bundle in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Every file, sorted; VerificationError for a link or anything that is no file."""
        found = []
        for path in paths_below(self.folder):
            name = path.relative_to(self.folder).as_posix()
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                found.append(name)
            elif not stat.S_ISDIR(mode):
                raise VerificationError("a link or device, not a file", where=name)
        return sorted(found)

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        try:
            return (self.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise _missing(name) from None
        except OSError as error:
            raise InputError(f"can't be read ({error.strerror})", where=name) from None

    def sha256(self, name: str) -> bytes:
        """A file's SHA-256."""
        try:
            with (self.folder / name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()
        except (FileNotFoundError, NotADirectoryError):
            raise _missing(name) from None
        except OSError as error:
            raise InputError(f"can't be read ({error.strerror})", where=name) from None


class ZipBundle:
    """A bundle in a .zip: no repeated, absolute, `..` or backslash names, no links."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except ZIP_ERRORS as error:
            raise InputError(f"not a readable zip ({error})", where=str(path)) from None
        self._names: set[str] = set()
        for info in self._zip.infolist():
            self._check(info)
        tops = {name.partition("/")[0] for name in self._names}
        if len(tops) == 1 and f"{next(iter(tops))}/{MANIFEST}" in self._names:
            raise InputError(
                f"everything is in one folder, {tops.pop()}",
                where=str(path),
                hint="Zip what is in it, not the folder: cd into it, then zip -r ../bundle.zip .",
            )

    def _check(self, info: zipfile.ZipInfo) -> None:
        name = info.orig_filename  # as written: zipfile itself turns backslashes round
        parts = PurePosixPath(name).parts
        bad = "\\" in name or "\0" in name or name.startswith("/") or ".." in parts
        if bad or str(PurePosixPath(name)) != name.removesuffix("/"):
            raise VerificationError("a name that a bundle doesn't have", where=repr(name))
        if stat.S_ISLNK(info.external_attr >> 16):
            raise VerificationError("a link, not a file", where=name)
        if info.is_dir():
            return
        if name in self._names:
            raise VerificationError("it is in the zip twice", where=name)
        self._names.add(name)

    def names(self) -> list[str]:
        """Every file, sorted."""
        return sorted(self._names)

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        if name not in self._names:
            raise _missing(name)
        try:
            return self._zip.read(name)
        except ZIP_ERRORS as error:
            raise VerificationError(f"damaged in the zip ({error})", where=name) from None

    def sha256(self, name: str) -> bytes:
        """A file's SHA-256."""
        if name not in self._names:
            raise _missing(name)
        try:
            with self._zip.open(name) as file:
                return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # it has readinto
        except ZIP_ERRORS as error:
            raise VerificationError(f"damaged in the zip ({error})", where=name) from None


class Held:
    """Files in memory, read once from a stick: what was checked is what is taken."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def names(self) -> list[str]:
        """Every file, sorted."""
        return sorted(self._files)

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        if name not in self._files:
            raise _missing(name)
        return self._files[name]

    def sha256(self, name: str) -> bytes:
        """A file's SHA-256."""
        return hashlib.sha256(self.read(name)).digest()


class Over:
    """A bundle with files in memory over it: what it will be once they are written."""

    def __init__(self, below: Bundle, files: Mapping[str, bytes]) -> None:
        self._below, self._held = below, Held(files)

    def names(self) -> list[str]:
        """Every file, sorted."""
        return sorted({*self._below.names(), *self._held.names()})

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        return self._of(name).read(name)

    def sha256(self, name: str) -> bytes:
        """A file's SHA-256."""
        return self._of(name).sha256(name)

    def _of(self, name: str) -> Bundle:
        return self._held if name in self._held.names() else self._below


def open_bundle(path: Path) -> FolderBundle | ZipBundle:
    """The bundle at this path; InputError if there is none."""
    if path.is_dir():
        return FolderBundle(path)
    if not path.exists():
        raise InputError("there is nothing here", where=str(path), hint="Check the name")
    return ZipBundle(path)


def _missing(name: str) -> VerificationError:
    return VerificationError(
        "it is missing from the bundle", where=name, hint="Take the whole bundle again"
    )
