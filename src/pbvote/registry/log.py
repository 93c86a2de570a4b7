"""A registrar's log, and what registry logs say: which cards were issued and revoked.

docs/protocol.md, sections 7 and 8 (rules 1 and 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pbvote.core.card import (
    Certificate,
    Channel,
    Enrol,
    Reason,
    RegistryClose,
    RegistryEntry,
    Revocation,
)
from pbvote.core.encoding import decode
from pbvote.core.errors import EncodingError, InputError, StorageError
from pbvote.core.note import parse_checkpoint, parse_note
from pbvote.files import read_bytes, write_bytes


class Issued(NamedTuple):
    """A card of which a certificate is logged."""

    serial: int
    channel: Channel
    key: bytes
    registrar: str


class Cards:
    """The cards of one election, from the registry logs at hand."""

    def __init__(self, election: bytes) -> None:
        self._election = election
        self._issued: dict[bytes, list[Issued]] = {}
        self._revoked: dict[str, dict[bytes, Reason]] = {}  # registrar → key → why, at first
        self._in_person: dict[bytes, list[Issued]] = {}
        self._several: set[bytes] = set()  # pseudonyms that have more than one of those
        self.enrolled: dict[str, set[bytes]] = {}
        """Registrar → pseudonyms that its log enrolled."""
        self.closed: dict[str, str] = {}
        """Registrar → when its log was closed."""

    def read(self, registrar: str, entries: Iterable[bytes]) -> None:
        """Take entries of this registrar's log; those read before change nothing.

        What isn't an entry, or is of another election or registrar, is ignored (rules 1 and 2).
        """
        for data in entries:
            try:
                entry: RegistryEntry = decode(data, RegistryEntry)
            except EncodingError:
                continue
            self._take(registrar, entry)

    def _take(self, registrar: str, entry: RegistryEntry) -> None:
        if isinstance(entry, RegistryClose):
            self.closed[registrar] = entry.at
        elif entry.election != self._election:
            return
        elif isinstance(entry, Revocation):
            self._revoked.setdefault(registrar, {}).setdefault(entry.key, entry.reason)
        elif isinstance(entry, Enrol):
            self.enrolled.setdefault(registrar, set()).add(entry.pseudonym)
        elif isinstance(entry, Certificate) and entry.registrar == registrar:
            issued = Issued(entry.serial, entry.channel, entry.key, registrar)
            known = self._issued.setdefault(entry.pseudonym, [])
            if issued not in known:
                known.append(issued)
                if issued.channel == "in-person":
                    self._take_in_person(entry.pseudonym, issued)

    def _take_in_person(self, pseudonym: bytes, issued: Issued) -> None:
        cards = self._in_person.setdefault(pseudonym, [])
        cards.append(issued)
        if len(cards) > 1:
            self._several.add(pseudonym)

    def of(self, pseudonym: bytes, registrar: str | None = None) -> list[Issued]:
        """A person's cards, of this registrar or of all."""
        cards = self._issued.get(pseudonym, [])
        return [c for c in cards if registrar is None or c.registrar == registrar]

    def active(self, pseudonym: bytes, registrar: str | None = None) -> list[Issued]:
        """Those that aren't revoked in the log that issued them."""
        return [card for card in self.of(pseudonym, registrar) if not self.is_revoked(card)]

    def is_revoked(self, card: Issued) -> bool:
        """Whether the log that issued it revoked its key."""
        return card.key in self._revoked.get(card.registrar, ())

    def is_ineligible(self, pseudonym: bytes, registrar: str) -> bool:
        """Whether all cards of this log are revoked, the last because its holder may not vote."""
        why = self._revoked.get(registrar, {})
        cards = self.of(pseudonym, registrar)
        revoked = bool(cards) and all(card.key in why for card in cards)
        return revoked and why[max(cards).key] == "ineligible"

    def ineligible(self, registrar: str) -> list[bytes]:
        """Every such pseudonym."""
        return [key for key in self._issued if self.is_ineligible(key, registrar)]

    def all(self, registrar: str) -> Iterable[Issued]:
        """Every card of this registrar."""
        return (c for cards in self._issued.values() for c in cards if c.registrar == registrar)

    def twice(self) -> dict[bytes, list[Issued]]:
        """Pseudonym → active cards from a desk, where there are several: all but one are too many.

        Two desks without a network between them can't know of each other's (section 8, rule 5).
        """
        found: dict[bytes, list[Issued]] = {}
        for pseudonym in self._several:
            active = [c for c in self._in_person[pseudonym] if not self.is_revoked(c)]
            if len(active) > 1:
                found[pseudonym] = sorted(active, key=lambda c: (c.registrar, c.serial))
        return found

    @property
    def in_person(self) -> Mapping[bytes, Sequence[Issued]]:
        """Pseudonym → all cards from a desk, revoked ones too."""
        return self._in_person

    def highest(self, pseudonym: bytes) -> int:
        """The highest serial known, 0 if there is no card."""
        return max((card.serial for card in self.of(pseudonym)), default=0)


class CheckpointCopy:
    """Keeps a log's latest checkpoint in a folder on another medium (section 7).

    A box's stick or the commission's folder: a closing never goes below such a copy.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, note: bytes) -> None:
        """Copy a checkpoint. StorageError if it can't be, or a later one is there already."""
        try:
            self._copy(note)
        except OSError as error:  # a stick that was pulled out
            raise _not_there(self.folder, error.strerror) from None

    def _copy(self, note: bytes) -> None:
        if not self.folder.is_dir():
            raise _not_there(self.folder)
        checkpoint = parse_checkpoint(parse_note(note).text)
        path = self.folder / (checkpoint.origin.replace("/", "_") + ".note")
        if path.exists():
            try:
                there = parse_checkpoint(parse_note(read_bytes(path)).text).size
            except InputError:
                there = 0  # cut off while it was written; this one takes its place
            if there > checkpoint.size:
                raise StorageError(
                    f"the copy has {there} entries, this log only {checkpoint.size}:"
                    " somebody put back an older log",
                    where=str(path),
                    hint="Put back the newest log; hand out nothing before that",
                )
        write_bytes(path, note)


def _not_there(folder: Path, why: str | None = None) -> StorageError:
    return StorageError(
        "the place for the checkpoint's copy isn't there" + (f" ({why})" if why else ""),
        where=str(folder),
        hint="Put in the stick, or connect to the box",
    )
