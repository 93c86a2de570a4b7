"""Desks learn of each other's cards: through a folder, a stick, or another machine's public log.

In a place lies `registry/<name>/checkpoint` and `tile/…`, as sticks for the closing have it. All
that comes from there is checked against the manifest's keys before anything of it is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from pathlib import Path
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from pbvote.at_hand import REGISTRIES
from pbvote.core.errors import InputError, PbvoteError, StorageError, VerificationError
from pbvote.core.merkle import Tree
from pbvote.core.note import Checkpoint, VerifyKey, open_checkpoint, parse_checkpoint, parse_note
from pbvote.core.tiles import CHECKPOINT, iter_entries
from pbvote.files import read_bytes
from pbvote.registry.log import CheckpointCopy
from pbvote.registry.opened import OpenRegistry
from pbvote.store.export import export

PUBLISHED = "public"
"""In our own folder: our exported log, as others read it; a kiosk beside us reads the database."""
KEPT = "log"
"""In another registrar's folder: the copy of its log."""
MAX_FILE = 256 * (2 + 65535)  # the largest tile of entries
MAX_NOTE = 1 << 16
MAX_ENTRIES = 4_000_000
TIMEOUT = 5.0  # seconds without a byte
PATIENCE = 60.0  # seconds for one log, whoever drips it
MAX_LOG = 1 << 30  # bytes for one log


class Place(Protocol):
    """Where other desks' logs are found. `name` is what officials call it."""

    name: str

    def begin(self) -> None:
        """A log is read from here on: what may be spent on it, time and bytes, begins anew."""

    def read(self, path: str, most: int) -> bytes | None:
        """A file of at most so many bytes; None if there is none. StorageError if it can't be."""

    def write(self, registry: OpenRegistry) -> bool:
        """Bring our own log there; False if this place takes none."""


class FolderPlace:
    """A folder that others reach too, or a stick."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, str(folder)

    def begin(self) -> None:
        """A folder is read as it is."""

    def read(self, path: str, most: int) -> bytes | None:
        file = self.folder / path
        try:
            if not self.folder.is_dir():
                raise _not_there(self.name)
            if not file.is_file():
                return None
            if file.stat().st_size > most:
                raise InputError("larger than such a file can be", where=str(file))
            return file.read_bytes()
        except OSError as error:
            raise StorageError(f"can't be read ({error.strerror})", where=str(file)) from None

    def write(self, registry: OpenRegistry) -> bool:
        try:
            if not self.folder.is_dir():
                raise _not_there(self.name)
        except OSError as error:
            raise StorageError(f"can't be read ({error.strerror})", where=self.name) from None
        registry.export(self.folder / "registry" / registry.name)
        CheckpointCopy(self.folder)(registry.checkpoint)
        return True


class HttpPlace:
    """Another machine that offers its public log (`serve`); nothing is ever written there."""

    def __init__(
        self, url: str, *, timeout: float = TIMEOUT, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """InputError unless the address is http://HOST:PORT or https://…, without anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise InputError(
                f"{url!r} isn't the address of a desk", hint="Write it like http://10.0.0.2:8080"
            )
        self.name = f"{parts.scheme}://{parts.netloc}"
        self._timeout, self._monotonic = timeout, monotonic
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._netloc = parts.netloc
        self.begin()

    def begin(self) -> None:
        self._end, self._left = self._monotonic() + PATIENCE, MAX_LOG

    def read(self, path: str, most: int) -> bytes | None:
        seconds = self._end - self._monotonic()
        if seconds <= 0:
            raise self._too_slow()
        try:
            with closing(self._kind(self._netloc, timeout=self._timeout)) as connection:
                connection.connect()
                with _cut_after(seconds, connection.sock):
                    connection.request("GET", f"/{path}")
                    answer = connection.getresponse()
                    if answer.status == 404:
                        return None
                    if answer.status != 200:  # who sends us elsewhere isn't a desk
                        raise StorageError(f"it answers {answer.status}", where=self.name)
                    most = min(most, self._left)
                    data = answer.read(most + 1)
        except (OSError, HTTPException, ValueError) as error:
            raise StorageError(
                f"no answer ({getattr(error, 'reason', None) or error})",
                where=self.name,
                hint="Look at the cable, and whether the other desk is on",
            ) from None
        if self._monotonic() >= self._end:
            raise self._too_slow()
        if len(data) > most:
            raise InputError("more than such a file can be", where=f"{self.name}/{path}")
        self._left -= len(data)
        return data

    def _too_slow(self) -> StorageError:
        return StorageError("too slow", where=self.name, hint="Try again later")

    def write(self, registry: OpenRegistry) -> bool:
        return False


@contextmanager
def _cut_after(seconds: float, connection: socket) -> Iterator[None]:
    """Ends a connection then, also one that gives a byte now and then."""

    def cut() -> None:
        with suppress(OSError):
            connection.shutdown(SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def place_of(text: str) -> Place:
    """The place that a person named: an address, or a folder."""
    return HttpPlace(text) if "://" in text else FolderPlace(Path(text))


class Synced(Struct, frozen=True):
    """What came of a sync. `new`: registrar → how many of its entries weren't known before."""

    place: str
    wrote: bool
    new: dict[str, int]
    wrong: tuple[PbvoteError, ...]

    @property
    def reached(self) -> bool:
        """Whether the place was there, whatever was found in it."""
        return self.wrote or bool(self.new) or not self.wrong


def publish(registry: OpenRegistry, folder: Path) -> None:
    """Export our own log into the election's folder, for `serve`."""
    registry.export(folder / REGISTRIES / registry.name / PUBLISHED)


def sync(registry: OpenRegistry, folder: Path, place: Place) -> Synced:
    """Write our log to the place, and learn the others found there; never raises for the place.

    `folder` is the election's: copies of the others' logs are kept in it, so that they are known
    again after a restart, to a kiosk on this machine too. Doing it again does no harm.
    """
    wrong: list[PbvoteError] = []
    wrote = False
    try:
        publish(registry, folder)
        wrote = place.write(registry)
    except PbvoteError as error:
        wrong.append(error)
    new: dict[str, int] = {}
    for name, key in registry.election.registrar_keys.items():
        if name == registry.name:
            continue
        try:
            kept = folder / REGISTRIES / name / KEPT
            if _fetch(place, name, key, kept):
                new[name] = registry.learn(name, kept)
        except PbvoteError as error:
            wrong.append(error if name in error.where else error.at(f"registry/{name}"))
            if isinstance(error, StorageError) and not wrote and not new:
                break  # not reachable: the others' logs neither
    return Synced(place.name, wrote, new, tuple(wrong))


def _fetch(place: Place, name: str, key: VerifyKey, kept: Path) -> bool:
    """Bring the copy in `kept` up to what the place has; whether the place has anything."""
    where = f"registry/{name}"
    place.begin()
    note = place.read(f"{where}/{CHECKPOINT}", MAX_NOTE)
    if note is None:
        return False
    checkpoint = open_checkpoint(note, key, f"{place.name}/{where}")
    here = _checkpoint_in(kept)
    if here is not None and here.size >= checkpoint.size:
        if _root_at(kept, here, checkpoint.size) != checkpoint.root:
            raise _forked(name, place.name)
        return True
    if checkpoint.size > MAX_ENTRIES:
        raise InputError(f"a log of {checkpoint.size} entries", where=f"{place.name}/{where}")

    def read(path: str) -> bytes:
        data = place.read(f"{where}/{path}", MAX_FILE)
        if data is None:
            raise StorageError(
                f"{path} isn't there",
                where=f"{place.name}/{where}",
                hint="It was being written, or it was cut off. Sync again",
            )
        return data

    entries = list(iter_entries(read, checkpoint))
    if here is not None:
        kept_note = read_bytes(kept / CHECKPOINT)
        old = iter_entries(lambda path: read_bytes(kept / path), here)
        if list(old) != entries[: here.size]:
            raise _forked(name, place.name)
        open_checkpoint(kept_note, key, str(kept))
    export(_Fetched(note, entries), kept)
    return True


class _Fetched:
    """A log that was read whole and checked, to be exported again."""

    def __init__(self, note: bytes, entries: list[bytes]) -> None:
        self.checkpoint, self._entries = note, entries

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        return iter(self._entries[start:stop])


def _checkpoint_in(folder: Path) -> Checkpoint | None:
    if not (folder / CHECKPOINT).is_file():
        return None
    return parse_checkpoint(parse_note(read_bytes(folder / CHECKPOINT), str(folder)).text)


def _root_at(kept: Path, here: Checkpoint, size: int) -> bytes:
    """The root that our copy of a log had at a size: an older copy elsewhere must have it too."""
    if size == here.size:
        return here.root
    tree = Tree()
    for entry in islice(iter_entries(lambda path: read_bytes(kept / path), here), size):
        tree.append(entry)
    return tree.root()


def _forked(name: str, place: str) -> VerificationError:
    return VerificationError(
        f"the log of registrar {name} there isn't the one that was read before",
        where=place,
        hint="Keep both copies as they are, and show them to the commission",
    )


def _not_there(place: str) -> StorageError:
    return StorageError("the place isn't there", where=place, hint="Put in the stick, or connect")
