"""A registry opened: its roll, its log, and the cards known from it (docs/protocol.md, 7)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock
from typing import Self

from pbvote.core.card import CHANNELS, Channel, RegistryEntry
from pbvote.core.election import Election, registry_origin
from pbvote.core.encoding import decode, time_text
from pbvote.core.errors import InputError, RefusedError, VerificationError
from pbvote.core.group import Random, system_random
from pbvote.core.merkle import EMPTY_ROOT, Tree
from pbvote.core.note import Checkpoint, Signer, open_checkpoint
from pbvote.core.roll import write_roll
from pbvote.core.tiles import CHECKPOINT, iter_entries
from pbvote.files import read_bytes
from pbvote.keyfile import load_signer, new_signer
from pbvote.registry.folder import KEY, LOG, ROLL
from pbvote.registry.log import Cards, Issued
from pbvote.registry.roll import Listed, Roll
from pbvote.store.export import export
from pbvote.store.log import SignedLog, open_log

MAX_TIME = 2**32 - 1


@dataclass(frozen=True)
class RegistryStatus:
    """How a registry stands."""

    name: str
    people: dict[str, int]
    cards: dict[Channel, int]
    revoked: int
    size: int
    closed: str | None


class OpenRegistry:
    """A registrar's roll and log, to look at; `Registry` hands out cards.

    The cards of other registrars are known as far as `learn` was told: they raise serials, and a
    second card isn't handed out by mistake. All methods may be called from any thread.
    """

    def __init__(
        self,
        folder: Path,
        log: SignedLog,
        roll: Roll,
        signer: Signer,
        election: Election,
        name: str,
        *,
        now: Callable[[], int],
        random: Random = system_random,
    ) -> None:
        """`open` does this; RefusedError if key, log or roll aren't of this election."""
        self.name, self.election, self.roll = name, election, roll
        self.folder = folder
        self._log, self._signer, self._now, self._random = log, signer, now, random
        self._lock = RLock()
        self._exporting = Lock()
        self._cards = Cards(election.id)
        self._read = 0  # entries of our own log that `_cards` has
        self._learned: dict[str, Checkpoint] = {}  # of the others' logs, as far as they were read
        if name not in election.registrar_keys:
            names = ", ".join(election.registrar_keys)
            raise InputError(f"no registrar is called {name!r}", hint=f"There are: {names}")
        if signer.verify_key != election.registrar_keys[name]:
            raise RefusedError(
                f"the election's registrar {name} has another key than this folder",
                where=signer.name,
                hint="Use the folder that was made for this election's registrar",
            )
        self._check_roll()
        self._check_log()
        self._refresh()

    # --- the folder -------------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path, slug: str, name: str) -> str:
        """Make a registrar's folder, key and empty log; its vkey, for the manifest.

        RefusedError if there is one already. The roll comes with `Roll.create(folder / ROLL, …)`.
        """
        signer = new_signer(folder / KEY, registry_origin(slug, name))
        open_log(folder / LOG, signer, create=True).close()
        return signer.verify_key.text

    @classmethod
    def open(
        cls,
        folder: Path,
        election: Election,
        name: str,
        *,
        now: Callable[[], int],
        random: Random = system_random,
        adopt: bool = False,
    ) -> Self:
        """The registry in a folder that `create` made; its log and roll are checked.

        `now` gives seconds since 1970. `adopt` takes the log as it is after it was restored
        (store/mark.py). StorageError if another process has it, or entries are missing.
        """
        if not (folder / KEY).exists() and (folder / LOG).exists():
            raise RefusedError(
                "this registry was purged", where=str(folder), hint="Its log can be exported"
            )
        signer = load_signer(folder / KEY)
        roll = Roll.open(folder / ROLL)
        try:
            log = open_log(folder / LOG, signer, create=False, adopt=adopt)
            try:
                return cls(folder, log, roll, signer, election, name, now=now, random=random)
            except BaseException:
                log.close()
                raise
        except BaseException:
            roll.close()
            raise

    def stop(self) -> None:
        """Let go of log and roll; they stay as they are. Twice does nothing."""
        self._log.close()
        self.roll.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def checkpoint(self) -> bytes:
        """The log's latest checkpoint, a signed note."""
        return self._log.checkpoint

    @property
    def closed(self) -> str | None:
        """When the log was closed, if it was."""
        return self._cards.closed.get(self.name)

    def export(self, folder: Path) -> int:
        """Bring the tiles in `folder` to the log's state; the size exported. Never the roll."""
        with self._exporting:  # two at once would take each other's half-written files away
            return export(self._log, folder)

    def learn(self, registrar: str, folder: Path) -> int:
        """Read another registrar's exported log: its cards, so that serials go on.

        How many entries are new; an older copy than one read before has none. InputError or
        VerificationError if it isn't that registrar's log, damaged, or another than was read.
        """
        key = self.election.registrar_keys.get(registrar)
        if key is None or registrar == self.name:
            raise InputError(f"no other registrar is called {registrar!r}")
        checkpoint = open_checkpoint(read_bytes(folder / CHECKPOINT), key, str(folder))
        with self._lock:
            before = self._learned.get(registrar, Checkpoint(key.name, 0, EMPTY_ROOT))
            if checkpoint.size < before.size or checkpoint == before:
                return 0
            tree, entries = Tree(), list[bytes]()
            for entry in iter_entries(lambda path: read_bytes(folder / path), checkpoint):
                _check_goes_on(tree, before, str(folder))
                tree.append(entry)
                entries.append(entry)
            _check_goes_on(tree, before, str(folder))
            self._cards.read(registrar, entries[before.size :])
            self._learned[registrar] = checkpoint
            return checkpoint.size - before.size

    @property
    def learned(self) -> dict[str, int]:
        """How many entries were read of each other registrar's log."""
        with self._lock:
            return {name: checkpoint.size for name, checkpoint in self._learned.items()}

    def status(self) -> RegistryStatus:
        """How it stands."""
        with self._lock:
            issued = list(self._cards.all(self.name))
            cards: dict[Channel, int] = dict.fromkeys(CHANNELS, 0)
            for card in issued:
                cards[card.channel] += 1
            return RegistryStatus(
                name=self.name,
                people=self.roll.counts(),
                cards=cards,
                revoked=sum(self._cards.is_revoked(card) for card in issued),
                size=self._log.size,
                closed=self.closed,
            )

    def cards_of(self, person: str) -> list[tuple[Issued, bool]]:
        """A person's cards as far as known, and whether each is active; by serial."""
        with self._lock:
            cards = sorted(self._cards.of(self.roll.get(person).pseudonym))
            return [(card, not self._cards.is_revoked(card)) for card in cards]

    def without_card(self, channel: Channel) -> list[str]:
        """The ids of active people who have no active card of this channel."""
        with self._lock:
            return [p.id for p in self.roll.people("active") if not self._active(p, channel)]

    # --- inside -----------------------------------------------------------------------------------

    def _append_shuffled(self, entries: Sequence[bytes]) -> None:
        """Section 7: a batch is logged in random order, never in the roll's."""
        if not entries:
            return
        order = sorted(entries, key=lambda _: self._random(16))
        try:
            self._log.append_all(order)
        finally:
            self._refresh()  # also if this failed: the entries may stand (store/log.py)

    def _refresh(self) -> None:
        """Read what our own log has got since."""
        size = self._log.size
        self._cards.read(self.name, self._log.entries(self._read, size))
        self._read = size

    def _check_roll(self) -> None:
        """Section 3: roll.csv, and thereby pseudonyms and districts, are those signed for."""
        public = self.roll.public_roll()
        districts = {None, *self.election.manifest.district_names}
        digest = hashlib.sha256(write_roll(public)).digest()
        if digest != self.election.manifest.roll.sha256 or not districts.issuperset(
            public.values()
        ):
            raise RefusedError(
                "this roll isn't the one that the manifest names",
                where=str(self.roll.path),
                hint="Take the roll that roll.csv was written from; it never changes after that",
            )

    def _check_log(self) -> None:
        first = next(self._log.entries(0, 1), None)
        entry = None if first is None else decode(first, RegistryEntry, "entry 0")
        if entry is not None and getattr(entry, "election", self.election.id) != self.election.id:
            raise RefusedError(
                "the log in this folder is of another election",
                where=self._signer.name,
                hint="Make a new registry for a new election",
            )

    def _time(self) -> str:
        now = self._now()
        if not 0 <= now <= MAX_TIME:
            raise RefusedError("the clock is wrong", where=self.name, hint="Set it, then try again")
        return time_text(now)

    def _check_open(self) -> None:
        if self.closed is not None:
            raise RefusedError(
                f"the registry was closed at {self.closed}; nothing goes in any more",
                where=self.name,
                hint="Nobody can get or lose a card after that",
            )

    def _active(self, listed: Listed, channel: Channel) -> list[Issued]:
        return [c for c in self._cards.active(listed.pseudonym) if c.channel == channel]

    def _active_person(self, person: str) -> Listed:
        listed = self.roll.get(person)
        if listed.status != "active":
            raise RefusedError(
                f"{person} is {listed.status}", hint="Change the person to `active` if that's wrong"
            )
        return listed

    def _note(self, what: str, note: str, officials: Sequence[str]) -> str:
        """A line for the private roll: when, what, by whom, why."""
        why = f": {note}" if note else ""
        return f"{self._time()} {what} by {', '.join(officials)}{why}"


def _check_goes_on(tree: Tree, before: Checkpoint, where: str) -> None:
    """A log only grows: what was read of it once stays its beginning."""
    if tree.size == before.size and tree.root() != before.root:
        raise VerificationError(
            "this registrar's log isn't the one that was read before",
            where=where,
            hint="Keep both copies as they are, and show them to the commission",
        )
