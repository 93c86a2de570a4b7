"""What lies in an election's folder on this machine: its name, its logs, and what they say.

Logs are read next to the process that writes them, as they stand at that moment: in their
database, exported (`checkpoint` and `tile/`), or in the bundle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from pbvote.core.admission import RegistryLogs, SignedCertificates
from pbvote.core.card import Certificate, RegistryEntry
from pbvote.core.election import Election
from pbvote.core.encoding import NAME_HINT, decode, is_name
from pbvote.core.errors import EncodingError, InputError, PbvoteError, StorageError
from pbvote.core.merkle import Tree
from pbvote.core.note import (
    VerifyKey,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
)
from pbvote.core.roll import PublicRoll, read_roll
from pbvote.core.tiles import CHECKPOINT, iter_entries
from pbvote.files import ROLL, read_bytes
from pbvote.store import LogStore
from pbvote.store.mark import Mark, mark_path
from pbvote.store.sqlite import SqliteStore

BOXES = "boxes"
REGISTRIES = "registries"
DATABASES = ("box.db", "log.db")


def now() -> int:
    """Seconds since 1970, as boxes and registries want it."""
    return int(time.time())


def check_name(name: str) -> str:
    """`name`, if it can be that of a box or a registrar."""
    if not is_name(name):
        raise InputError(f"{name!r} can't be a name", hint=NAME_HINT)
    return name


def own_folder(folder: Path, kind: str, name: str) -> Path:
    """The folder of a box or registry on this machine; InputError if it isn't here."""
    own = folder / kind / check_name(name)
    if not own.is_dir():
        here = sorted(p.name for p in own.parent.glob("*")) if own.parent.is_dir() else []
        word = "box" if kind == BOXES else "registry"
        raise InputError(
            f"there is no {word} {name} on this machine",
            where=str(own),
            hint=f"Here are: {', '.join(here)}"
            if here
            else f"`pbvote {word} create` makes one, on the machine that will keep it",
        )
    return own


class Snapshot(LogStore):
    """A log's database as it stands now, to be read only, also while its keeper writes.

    StorageError if it is behind its mark, as when it is opened to write.
    """

    def __init__(self, path: Path) -> None:
        mark = Mark(mark_path(path)) if mark_path(path).exists() else None
        try:
            self._store = SqliteStore.open(path, read_only=True)
            try:
                self._note = self._store.checkpoint
                self._size = self._pinned()
                if mark is not None:
                    mark.check(self._size, self._root_at(mark.value.size if mark.value else 0))
            except BaseException:
                self._store.close()
                raise
        finally:
            if mark is not None:
                mark.close()

    def _pinned(self) -> int:
        if self._note is None:
            return 0
        return parse_checkpoint(parse_note(self._note).text).size

    def _root_at(self, size: int) -> bytes:
        tree = Tree()
        for entry in self.entries(0, size):
            tree.append(entry)
        return tree.root()

    @property
    def size(self) -> int:
        return self._size

    @property
    def checkpoint(self) -> bytes | None:
        return self._note

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        return self._store.entries(start, self._size if stop is None else min(stop, self._size))

    def get(self, key: bytes) -> bytes | None:
        return self._store.get(key)

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return self._store.items(prefix)

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        raise StorageError("opened to read only")

    def close(self) -> None:
        self._store.close()


@dataclass(frozen=True)
class LogAtHand:
    """A log wherever it lies: its checkpoint's note, and a fresh stream of its entries."""

    where: Path
    checkpoint: bytes
    entries: Callable[[], Iterator[bytes]]

    def checked(self, key: VerifyKey) -> Iterator[bytes]:
        """The entries that the checkpoint signed; proven only when the iterator has ended.

        VerificationError if the checkpoint isn't this key's, or the entries are others.
        """
        where = str(self.where)
        signed = open_checkpoint(self.checkpoint, key, where)
        tree = Tree()
        for entry in self.entries():
            tree.append(entry)
            yield entry
        if (tree.size, tree.root()) != (signed.size, signed.root):
            raise StorageError("the entries aren't those its checkpoint signed", where=where)


def log_at(path: Path) -> LogAtHand:
    """The log in a box's or registry's folder, its database, or an exported folder."""
    if (path / CHECKPOINT).is_file():
        return _published(path)
    for database in (path, *(path / name for name in DATABASES)):
        if database.is_file():
            return _stored(database)
    raise InputError(
        "no log is here",
        where=str(path),
        hint="Name a box's folder, or the folder that `pbvote box export` wrote",
    )


def _published(folder: Path) -> LogAtHand:
    note = read_bytes(folder / CHECKPOINT)
    checkpoint = parse_checkpoint(parse_note(note, str(folder / CHECKPOINT)).text)
    return LogAtHand(
        folder, note, lambda: iter_entries(lambda path: read_bytes(folder / path), checkpoint)
    )


def _stored(path: Path) -> LogAtHand:
    with closing(Snapshot(path)) as snapshot:
        note, size = snapshot.checkpoint, snapshot.size
    if note is None:
        raise InputError("the log is empty", where=str(path), hint="Open it first")

    def entries() -> Iterator[bytes]:
        with closing(Snapshot(path)) as log:
            yield from log.entries(0, size)

    return LogAtHand(path, note, entries)


class RegistriesAtHand:
    """What the registries' logs on this machine say: the Register of a box beside them.

    Refuses only what it knows to be wrong: a log that isn't here, or is older than a card, says
    nothing against it. The merge knows all (docs/protocol.md, section 8). So a copy that is damaged
    is left out, and named in `wrong`: a kiosk must start all the same.
    """

    def __init__(self, folder: Path, election: Election) -> None:
        self._signed = SignedCertificates(election)
        self._roll = _roll(folder, election)
        self._logs = RegistryLogs(election, self._roll)
        self._by_key: dict[bytes, Certificate] = {}
        self.here: set[str] = set()
        """The registrars of whom a log is here."""
        self.read: set[Path] = set()
        """Where the logs that were read lie."""
        self.wrong: list[PbvoteError] = []
        """What is wrong with copies that were left out."""
        for name, key in election.registrar_keys.items():
            for place in _copies_of(folder, name):
                try:
                    entries = _entries_in(place, key)
                except PbvoteError as error:
                    self.wrong.append(error.at(name))
                    continue
                if entries is not None:
                    self.here.add(name)
                    self.read.add(place)
                    for data in entries:
                        self._add(name, data)

    def _add(self, registrar: str, data: bytes) -> None:
        try:
            entry = decode(data, RegistryEntry)
        except EncodingError:
            return  # malformed entries say nothing (rule 1)
        if self._logs.add(registrar, entry) and isinstance(entry, Certificate):
            self._by_key[entry.key] = entry

    def find(self, key: bytes) -> Certificate | None:
        """The certificate of a card's key, for cards that are typed."""
        return self._by_key.get(key)

    def is_logged(self, certificate: Certificate) -> bool:
        """Signed by its registrar, who logs what it signs."""
        return self._signed.is_logged(certificate)

    def is_revoked(self, certificate: Certificate) -> bool:
        """Revoked in a log that is here."""
        return self._logs.is_revoked(certificate)

    def is_on_roll(self, certificate: Certificate) -> bool:
        """In roll.csv with this district; of somebody enrolled on the day, what the desk says."""
        return certificate.pseudonym not in self._roll or self._logs.is_on_roll(certificate)


def registries_stamp(folder: Path, election: Election) -> tuple[tuple[str, int, int], ...]:
    """What changes whenever a registry's log here does: cheap, nothing of a log is read."""
    found = []
    for name in election.registrar_keys:
        for place in _copies_of(folder, name):
            for file in (CHECKPOINT, *DATABASES, *(f"{database}-wal" for database in DATABASES)):
                with suppress(OSError):  # mostly there is none
                    status = (place / file).stat()
                    if status.st_size:  # a reader makes an empty -wal
                        found.append((str(place / file), status.st_mtime_ns, status.st_size))
    return tuple(found)


def _roll(folder: Path, election: Election) -> PublicRoll:
    if not (folder / ROLL).exists():
        return {}
    return read_roll(read_bytes(folder / ROLL), election.manifest)


def _copies_of(folder: Path, registrar: str) -> Iterable[Path]:
    """Where copies of a registry's log may lie in an election's folder."""
    return (
        folder / REGISTRIES / registrar,
        folder / REGISTRIES / registrar / "log",
        folder / "bundle" / "logs" / "registry" / registrar,
    )


def _entries_in(place: Path, key: VerifyKey) -> list[bytes] | None:
    """All entries of the log there, checked to the last before any is believed; None if none is."""
    try:
        if (place / CHECKPOINT).is_file() or any((place / name).is_file() for name in DATABASES):
            return list(log_at(place).checked(key))
    except OSError as error:
        raise StorageError(f"can't be read ({error.strerror})", where=str(place)) from None
    return None
