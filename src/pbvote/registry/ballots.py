"""Whether a card's ballot is in a box that is on hand: that alone, never when or what.

A box is on hand in its own folder on this machine, also while a kiosk writes to it, or as a log
that was exported (docs/protocol.md, section 7): in the election's folder, or on a stick.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from pbvote.at_hand import BOXES, DATABASES, LogAtHand, log_at
from pbvote.core.ballot import BoxEntry, Cast, Challenge, Close
from pbvote.core.card import Channel
from pbvote.core.election import Election
from pbvote.core.encoding import decode
from pbvote.core.errors import EncodingError, PbvoteError, StorageError
from pbvote.core.note import parse_checkpoint, parse_note
from pbvote.core.tiles import CHECKPOINT


class InBox(Struct, frozen=True):
    """That a ballot cast with this card is in this box."""

    box: str
    channel: Channel
    serial: int


class BoxAtHand(Struct, frozen=True):
    """A box's log as it was last read. `used`: how many cards cast something in it."""

    name: str
    channel: Channel
    cast: int
    challenged: int
    used: int
    closed: bool


class Ballots:
    """What the boxes on hand hold, by card and by pseudonym."""

    def __init__(self, election: Election) -> None:
        self._election = election
        self._read: dict[str, tuple[Path, bytes]] = {}  # of which checkpoint `_cards` is
        self._cards: dict[str, dict[bytes, Channel]] = {}  # box → key of a card that cast in it
        self._people: dict[str, dict[bytes, set[int]]] = {}  # box → pseudonym → cards' serials
        self._boxes: dict[str, BoxAtHand] = {}
        self._logs: dict[str, LogAtHand] = {}

    def refresh(self, folder: Path, places: Sequence[Path] = ()) -> list[PbvoteError]:
        """Read what has grown since; what is wrong with copies that couldn't be read.

        `folder` is the election's; `places` are sticks and folders that boxes were exported to.
        Of several copies the longest that is right counts: no bad stick hides a box.
        """
        wrong: list[PbvoteError] = []
        for box in self._election.boxes:
            logs: list[LogAtHand] = []
            for place in _places_of(folder, places, box.name):
                with _noted(wrong, box.name):
                    logs += _log_in(place)
            for log in sorted(logs, key=_size, reverse=True):
                with _noted(wrong, box.name):
                    self._read_box(box.name, box.channel, log)
                    break
        return wrong

    def read(self, name: str, channel: Channel, entries: Iterable[bytes]) -> None:
        """A box's entries, all of them; what was known of it before is replaced."""
        cards: dict[bytes, Channel] = {}
        people: dict[bytes, set[int]] = {}
        cast = challenged = 0
        closed = False
        for data in entries:
            try:
                entry = decode(data, BoxEntry)
            except EncodingError:
                continue  # section 8, rule 1: counted nowhere
            if isinstance(entry, Cast):
                card = entry.ballot.certificate
                cast += 1
                cards[card.key] = card.channel
                people.setdefault(card.pseudonym, set()).add(card.serial)
            challenged += isinstance(entry, Challenge)
            closed = isinstance(entry, Close)
        self._cards[name], self._people[name] = cards, people
        self._boxes[name] = BoxAtHand(name, channel, cast, challenged, len(cards), closed)

    def _read_box(self, name: str, channel: Channel, log: LogAtHand) -> None:
        known = self._logs.get(name)
        if known is not None and _size(log) < _size(known):
            return  # a longer copy was read before, from a stick that isn't here now
        if self._read.get(name) != (log.where, log.checkpoint):
            self.read(name, channel, log.checked(self._election.box_keys[name]))
            self._read[name] = (log.where, log.checkpoint)
            self._logs[name] = log

    @property
    def boxes(self) -> dict[str, BoxAtHand]:
        """The boxes on hand, by name."""
        return dict(self._boxes)

    def log_of(self, name: str) -> LogAtHand | None:
        """The log that was read of a box, for who looks up a receipt."""
        return self._logs.get(name)

    def of(self, pseudonym: bytes) -> list[InBox]:
        """A person's ballots in the boxes on hand, by serial."""
        found = [
            InBox(name, self._boxes[name].channel, serial)
            for name, people in self._people.items()
            for serial in people.get(pseudonym, ())
        ]
        return sorted(found, key=lambda ballot: (ballot.serial, ballot.box))

    def used(self) -> dict[bytes, list[str]]:
        """Card's key → the boxes in which it cast something, for all in-person cards."""
        found: dict[bytes, list[str]] = {}
        for name, cards in self._cards.items():
            for key, channel in cards.items():
                if channel == "in-person":
                    found.setdefault(key, []).append(name)
        return found

    def has(self, key: bytes) -> bool:
        """Whether this card cast something in a box on hand."""
        return any(key in cards for cards in self._cards.values())


def _size(log: LogAtHand) -> int:
    return parse_checkpoint(parse_note(log.checkpoint).text).size


def _places_of(folder: Path, places: Sequence[Path], name: str) -> Iterator[Path]:
    """Where copies of a box's log may be."""
    yield from (folder / BOXES / name, folder / BOXES / name / "log")
    yield folder / "bundle" / "logs" / "box" / name
    yield from (place / "box" / name for place in places)


def _log_in(path: Path) -> list[LogAtHand]:
    """The log there, if there is one and it isn't empty."""
    if not ((path / CHECKPOINT).is_file() or any((path / base).is_file() for base in DATABASES)):
        return []
    log = log_at(path)
    return [log] if _size(log) else []


@contextmanager
def _noted(wrong: list[PbvoteError], box: str) -> Iterator[None]:
    """What goes wrong with a copy is noted: also a stick that was pulled out."""
    try:
        yield
    except PbvoteError as error:
        wrong.append(error.at(box))
    except OSError as error:
        wrong.append(StorageError(f"can't be read ({error.strerror})", where=box))
