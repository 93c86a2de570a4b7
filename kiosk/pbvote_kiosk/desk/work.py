"""What the desk's screens are built on: the registry, the boxes on hand, places, printer, clock.

No Textual here. All methods may be called from a worker; what they raise are our own errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from msgspec import Struct

from pbvote.core.ballot import Challenge
from pbvote.core.card import CARD_PREFIX, Reason
from pbvote.core.encoding import time_text
from pbvote.core.errors import InputError, PbvoteError, StorageError, VerificationError
from pbvote.core.receipt import RECEIPT_PREFIX, read_receipt_text
from pbvote.files import write_bytes
from pbvote.receipts import find_tracker, signed_receipt, verdict_of_log
from pbvote.registry import Ballots, CheckIn, Desk, IssuedCard
from pbvote.registry.at_desk import learn_at_hand
from pbvote.registry.exchange import FolderPlace, Place, Synced, publish, sync
from pbvote.registry.folder import LISTS
from pbvote.registry.known import Double
from pbvote.registry.reconciliation import Reconciliation
from pbvote.registry.registrar import Copy, Officials
from pbvote.registry.roll import Listed
from pbvote.registry.rollfile import Person
from pbvote_kiosk.officials.keepers import FILE as OFFICIALS_FILE
from pbvote_kiosk.officials.keepers import Keepers
from pbvote_kiosk.ports import Printer

SHOWN = 50
"""How many people a search lists."""
_TRACKER = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}")


class Hit(Struct, frozen=True):
    """A person in the list of a search; `checked_in` at this desk."""

    listed: Listed
    checked_in: bool


class Places(Struct, frozen=True):
    """How the last sync went. `at`: seconds since 1970 of the last that reached every place."""

    at: int | None = None
    missing: tuple[str, ...] = ()
    wrong: tuple[PbvoteError, ...] = ()


class Figures(Struct, frozen=True):
    """What the status line says of the day so far."""

    present: int
    doubles: tuple[Double, ...]


class Day(Struct, frozen=True):
    """The reconciliation and whom two desks handed cards, as read at this second since 1970."""

    at: int
    numbers: Reconciliation
    doubles: tuple[Double, ...]


class Looked(Struct, frozen=True):
    """What the logs at hand say of a receipt or a tracker: `what`, and in which box, if known."""

    what: str
    box: str = ""


class DeskWork:
    """A desk at work in an election's folder."""

    def __init__(
        self,
        desk: Desk,
        folder: Path,
        *,
        copy: Copy,
        places: Sequence[Place] = (),
        printer: Printer,
        now: Callable[[], int],
        monotonic: Callable[[], float],
        helpers: bool = False,
        stranded: Sequence[PbvoteError] = (),
    ) -> None:
        """`copy` takes each checkpoint away before a card is handed out (section 7).

        `stranded`: copies of other registries' logs in the folder that were left out (`opened`).
        """
        self.desk, self.folder, self.printer, self.now = desk, folder, printer, now
        self.election = desk.election
        self.places, self.helpers = tuple(places), helpers
        self._stranded = list(stranded)
        self.synced = Places(wrong=tuple(self._stranded))
        self.ballots = Ballots(desk.election)
        desk.ballots = self.ballots
        self._copy, self._monotonic = copy, monotonic
        self._syncing, self._reading = Lock(), Lock()  # a slow place keeps nobody waiting

    # --- people -----------------------------------------------------------------------------------

    def find(self, text: str) -> list[Hit]:
        """Who is meant, the nearest first; who is checked in here is marked."""
        attendance = self.desk.roll.attendance
        return [
            Hit(listed, any(line.stands for line in attendance.of(listed.id)))
            for listed in self.desk.roll.find(text, SHOWN)
        ]

    def hand_out(self, person: str) -> IssuedCard:
        """Check in and make the card; our log goes to the places right after."""
        card = self.desk.hand_out(person, copy=self._copy)
        self._tell()
        return card

    def replace(self, person: str, officials: Officials, reason: Reason) -> IssuedCard:
        """Another card; the old one is revoked."""
        card = self.desk.replace_card(person, officials=officials, reason=reason, copy=self._copy)
        self._tell()
        return card

    def undo(self, person: str, officials: Officials, why: str) -> None:
        """Strike the check-in, revoke the card."""
        self.desk.undo(person, officials=officials, why=why)
        self._tell()

    def walk_in(self, person: Person, officials: Officials, why: str) -> IssuedCard:
        """Enrol, check in, make the card."""
        card = self.desk.walk_in(person, officials=officials, why=why, copy=self._copy)
        self._tell()
        return card

    def take_back(self, text: str, officials: Officials) -> None:
        """Revoke a card that came back."""
        self.desk.take_back(text, officials=officials)
        self._tell()

    def close(self) -> bool:
        """The registry's last entry; whether it is closed."""
        self.desk.close()
        self._tell()
        return self.desk.closed is not None

    def signed(self, line: CheckIn, signed: bool) -> None:
        """Whether the person signed the list."""
        self.desk.roll.attendance.sign(line.number, signed)

    def signed_now(self, person: str) -> None:
        """Who was handed a card just now has signed."""
        line = self.desk.known(person).checked_in
        if line is not None:
            self.signed(line, True)

    def help_given(self) -> int:
        """One more person was helped."""
        return self.desk.roll.attendance.help_given(self.desk.name)

    # --- other machines ---------------------------------------------------------------------------

    def _tell(self) -> None:
        """Publish our log; that a place isn't reachable stops nothing."""
        with suppress(PbvoteError):
            publish(self.desk, self.folder)

    def sync(self) -> Places:
        """Exchange logs with every place, and read the boxes on hand anew."""
        with self._syncing:
            done = [sync(self.desk, self.folder, place) for place in self.places]
            folders = [p.folder for p in self.places if isinstance(p, FolderPlace)]
            if self._stranded:
                self._stranded = learn_at_hand(self.desk, self.folder)
            wrong = [*self._stranded, *(error for result in done for error in result.wrong)]
            with self._reading:
                wrong += self.ballots.refresh(self.folder, folders)
            missing = tuple(result.place for result in done if not result.reached)
            reached = done and not missing
            at = self.now() if reached else self.synced.at
            self.synced = Places(at, missing, tuple(wrong))
            return self.synced

    def figures(self) -> Figures:
        """For the status line; waits while a card is handed out."""
        return Figures(self.desk.roll.attendance.present(), tuple(self.desk.doubles()))

    def day(self) -> Day:
        """Sync, then put the day together."""
        self.sync()
        return Day(self.now(), self.desk.reconcile(), tuple(self.desk.doubles()))

    @property
    def hall_is_over(self) -> bool:
        """Whether every box of the hall that is on hand is closed: nobody can vote there now."""
        boxes = [box for box in self.ballots.boxes.values() if box.channel == "in-person"]
        return bool(boxes) and all(box.closed for box in boxes)

    @property
    def is_syncing(self) -> bool:
        """Whether a sync is under way: another would only wait for it."""
        return self._syncing.locked()

    def look_at_boxes(self) -> None:
        """Read the boxes on this machine anew, before something is said of a person."""
        with self._reading:
            self.ballots.refresh(self.folder, [])

    # --- scans ------------------------------------------------------------------------------------

    @staticmethod
    def is_card(text: str) -> bool:
        """Whether a voter's card was scanned."""
        return CARD_PREFIX in text

    @staticmethod
    def is_receipt(text: str) -> bool:
        """Whether a receipt was scanned, or a tracker's short form typed."""
        return RECEIPT_PREFIX in text or bool(_TRACKER.fullmatch(text.strip().lower()))

    def look_up(self, text: str) -> Looked:
        """Whether what a receipt or a tracker stands for is in a box on hand; reads whole logs.

        `what`: "in the box", "challenged", "missing" (from a box that is closed), "not here",
        "not true" (no box signed it).
        """
        self.look_at_boxes()
        if RECEIPT_PREFIX not in text:
            return self._look_up_tracker(text.strip().lower().replace("-", ""))
        try:
            signed = signed_receipt(read_receipt_text(text), self.election)
        except VerificationError:
            return Looked("not true")
        name = signed.receipt.box
        log = self.ballots.log_of(name)
        if log is None:
            return Looked("not here", name)
        entries = log.checked(self.election.box_keys[name])
        verdict = verdict_of_log(entries, self.election, signed)
        if verdict.what == "missing":
            return Looked("missing" if self.ballots.boxes[name].closed else "not here", name)
        return Looked("challenged" if verdict.reason else "in the box", name)

    def _look_up_tracker(self, begins: str) -> Looked:
        for name, key in self.election.box_keys.items():
            log = self.ballots.log_of(name)
            found = None if log is None else find_tracker(log.checked(key), begins)
            if found is not None:
                is_challenge = isinstance(found[1], Challenge)
                return Looked("challenged" if is_challenge else "in the box", name)
        return Looked("not here")

    # --- officials --------------------------------------------------------------------------------

    def keepers(self) -> Keepers | None:
        """The officials' cards and PINs of a kiosk on this machine; None if there aren't two."""
        for path in sorted((self.folder / "kiosk").glob(f"*/{OFFICIALS_FILE}")):
            keepers = Keepers(path.parent, monotonic=self._monotonic)
            if len(keepers.roles) >= 2:
                return keepers
        return None

    # --- files ------------------------------------------------------------------------------------

    def save(self, name: str, data: bytes) -> Path:
        """A private file in the registry's folder, which `purge` destroys too."""
        stamp = time_text(self.now()).replace(":", "")
        path = self.desk.folder / LISTS / f"{stamp}-{name}"
        write_bytes(path, data, private=True)
        return path


def copy_place(folder: Path, copy: Path | None, places: Sequence[Place]) -> Path:
    """Where checkpoints go before a card is handed out: as told, else a box here, else a place.

    InputError if there is none: a card may not leave the desk without it (section 7).
    """
    if copy is not None:
        found = [copy]
    else:
        found = sorted(path.parent for path in (folder / "boxes").glob("*/box.key"))
        found += [place.folder for place in places if isinstance(place, FolderPlace)]
    if not found:
        raise InputError(
            "no place takes the checkpoints of this desk",
            where=str(folder),
            hint="Name a stick or the commission's folder: --copy PLACE",
        )
    if not found[0].is_dir():
        raise StorageError(
            "the place for the checkpoints isn't there",
            where=str(found[0]),
            hint="Put in the stick, or name another: --copy PLACE",
        )
    return found[0]


__all__ = ["SHOWN", "Day", "DeskWork", "Figures", "Hit", "Looked", "Places", "Synced", "copy_place"]
