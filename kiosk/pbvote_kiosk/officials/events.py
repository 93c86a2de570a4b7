"""What officials and the machine did, in an append-only log of its own: no voter is in it.

A log as docs/protocol.md, section 7, has it, under a key of the kiosk, origin
``pbvote/<slug>/events/<box>``. Its size and root stand on every report that officials sign. An
entry::

    {"at":"2026-11-22T07:58:04Z","by":["mayor","clerk"],"detail":{"cast":"0"},
     "type":"pbvote/event/1","what":"opened"}

Names of what happened and of details are fixed, so that nobody notes a voter by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

from msgspec import Meta

from pbvote.at_hand import log_at
from pbvote.core.encoding import Record, Time, decode, encode, time_text
from pbvote.core.errors import StorageError
from pbvote.core.merkle import Tree
from pbvote.core.note import VerifyKey
from pbvote.keyfile import load_signer, new_signer
from pbvote.store.export import export
from pbvote.store.log import SignedLog, open_log

KEY, LOG = "events.key", "events.db"

What = Literal[
    "started",
    "stopped",
    "opened",
    "paused",
    "resumed",
    "closed",
    "exported",
    "compared",
    "menu",
    "wrong-pin",
    "unknown-card",
    "official-added",
    "official-removed",
    "paper",
    "test-print",
    "test-scan",
    "readiness",
    "second-copy",
    "printer",
    "clock",
    "spare-key",
    "takeover",
    "cut-session",
]
Detail = Literal[
    "cast",
    "challenged",
    "size",
    "root",
    "state",
    "role",
    "reason",
    "report",
    "version",
    "files",
    "ok",
    "seconds",
    "helped",
]
WHATS: tuple[What, ...] = get_args(What)


class Event(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/event/1"):
    """One thing that happened. `by`: the officials' roles, none if the machine did it."""

    at: Time
    what: What
    by: list[Annotated[str, Meta(max_length=40)]]
    detail: dict[Detail, Annotated[str, Meta(max_length=200)]]


class Prefix(NamedTuple):
    """An event log as it was: its size and its root in hex."""

    size: int
    root: str


def events_origin(slug: str, box: str) -> str:
    """The event log's origin and its key's name."""
    return f"pbvote/{slug}/events/{box}"


class Events:
    """The event log of a kiosk. All methods may be called from any thread."""

    def __init__(self, log: SignedLog, key: VerifyKey, now: Callable[[], int]) -> None:
        self._log, self._key, self._now = log, key, now

    @classmethod
    def open_in(cls, folder: Path, slug: str, box: str, *, now: Callable[[], int]) -> Events:
        """The log in a kiosk's own folder; made if this is the first time.

        StorageError if another process has it, or anything in it was changed.
        """
        key, path = folder / KEY, folder / LOG
        if path.exists() and not key.exists():
            raise StorageError(
                "the event log has lost its key",
                where=str(key),
                hint=f"Put it back, or move {LOG} and what belongs to it aside and keep them",
            )
        signer = load_signer(key) if key.exists() else new_signer(key, events_origin(slug, box))
        # A log that was taken away leaves its mark: then none begins anew unseen.
        log = open_log(path, signer, create=not any(folder.glob(f"{LOG}*")))
        return cls(log, signer.verify_key, now)

    def note(
        self, what: What, by: Sequence[str] = (), detail: Mapping[Detail, str] | None = None
    ) -> None:
        """Write down an event, durable when this returns; StorageError if the disk fails.

        EncodingError, and nothing is written, for one that couldn't be read back: no kiosk would
        start on such a log.
        """
        event = Event(at=time_text(self._now()), what=what, by=list(by), detail=dict(detail or {}))
        data = encode(event)
        decode(data, Event, what)
        self._log.append(data)

    def last(self, number: int) -> list[Event]:
        """The latest events, the earliest of them first."""
        return list(self._read(max(0, self._log.size - number)))

    def all(self) -> Iterator[Event]:
        """Every event, in order."""
        return self._read(0)

    def latest(self, *whats: What) -> Event | None:
        """The last event of one of these kinds."""
        found = None
        for event in self.all():
            if event.what in whats:
                found = event
        return found

    def up_to(self, event: Event) -> Prefix:
        """The log as it was when this event had just been written down."""
        tree, found = Tree(), Prefix(0, "")
        for data in self._log.entries():
            tree.append(data)
            if decode(data, Event) == event:
                found = Prefix(tree.size, tree.root().hex())
        return found

    def count(self, what: What) -> int:
        """How many events of a kind there are."""
        return sum(event.what == what for event in self.all())

    @property
    def size(self) -> int:
        """How many events there are."""
        return self._log.size

    @property
    def root(self) -> str:
        """The root over them, in hex."""
        return self._log.root.hex()

    def export(self, folder: Path) -> int:
        """Bring the log's tiles in `folder` up to date; the size exported."""
        return export(self._log, folder)

    def check_exported(self, folder: Path, size: int) -> None:
        """VerificationError or StorageError unless `folder` holds `size` entries of this log."""
        found = sum(1 for _ in log_at(folder).checked(self._key))
        if found != size:
            raise StorageError(
                f"{size} events were written, and {found} read back",
                where=str(folder),
                hint="Export again, to another stick",
            )

    def close(self) -> None:
        """Let go of the file; closing twice does nothing."""
        self._log.close()

    def _read(self, start: int) -> Iterator[Event]:
        for number, data in enumerate(self._log.entries(start), start):
            yield decode(data, Event, f"event {number}")
