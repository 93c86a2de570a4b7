"""What this machine runs, in three values that are compared between machines."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from pbvote.core.election import Election
from pbvote.core.encoding import to_base32

PREFIX = "PBVOTE1/F"
PACKAGES = ("pbvote", "pbvote_kiosk", "pbvote_tally")


class Fingerprint(Struct, frozen=True):
    """Version, hash of the installed files, election's id, and its last addendum ("" if none)."""

    version: str
    files: str
    election: str
    addendum: str

    @property
    def code(self) -> str:
        """What the QR code holds, short enough for a screen of 24 lines: 160 bits of each hash.

        The same on every machine that has the same.
        """
        hashes = (self.files, self.election, self.addendum)
        short = [to_base32(bytes.fromhex(text)[:20]) or "NONE" for text in hashes]
        version = re.sub("[^A-Z0-9]", "V", self.version.upper())  # what any layout can scan
        return "/".join((PREFIX, version, *short))


def fingerprint(election: Election) -> Fingerprint:
    """The fingerprint of this machine and election."""
    hashes = election.addenda_hashes
    return Fingerprint(
        version=version("pbvote"),
        files=installed_files(),
        election=election.id.hex(),
        addendum=hashes[-1].hex() if hashes else "",
    )


@cache
def installed_files() -> str:
    """SHA-256 in hex over names and bytes of all our installed files, as they were when asked."""
    folders = {}
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations:
            folders[name] = Path(next(iter(spec.submodule_search_locations)))
    return hash_of(folders)


def hash_of(folders: dict[str, Path]) -> str:
    """SHA-256 over folders under their names; byte code, which each machine makes, left out."""
    total = hashlib.sha256(b"pbvote/v1/files")
    for name in sorted(folders):
        for path in _files(folders[name]):
            relative = f"{name}/{path.relative_to(folders[name]).as_posix()}".encode()
            total.update(len(relative).to_bytes(4, "big") + relative)
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    for path in sorted(found, key=lambda path: path.relative_to(folder).as_posix()):
        if "__pycache__" not in path.parts:
            yield path


def grouped(text: str, size: int = 8) -> str:
    """Hex in groups, to be read aloud.

    >>> grouped("00112233445566778899")
    '00112233 44556677 8899'
    """
    return " ".join(text[start : start + size] for start in range(0, len(text), size))
