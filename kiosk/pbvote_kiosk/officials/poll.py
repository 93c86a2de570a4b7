"""The poll on one machine: the box with what stands around it, for every screen of the kiosk.

The box holds the rules; here are the second copy, the pause, the event log, the officials, and
what is kept of opening and closing. A machine's own folder is DIR/kiosk/<box>/.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Literal, Self

from msgspec import Struct

from pbvote.at_hand import BOXES, RegistriesAtHand, own_folder, registries_stamp
from pbvote.box import Box, hours
from pbvote.box.watch import known_second, remember
from pbvote.core.card import Certificate
from pbvote.core.election import Election
from pbvote.core.encoding import unix_time
from pbvote.core.errors import InputError, PbvoteError, RefusedError, StorageError
from pbvote.files import load_election, read_bytes, write_bytes
from pbvote_kiosk.officials.events import Detail, Event, Events, What
from pbvote_kiosk.officials.fingerprint import fingerprint
from pbvote_kiosk.officials.keepers import Keepers
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.officials.warnings import (
    ClockOdd,
    DiskLow,
    EventsNotKept,
    HoursOver,
    NoSecondCopy,
    NotOpened,
    OpenEarly,
    RegistryUnread,
    SecondCopyForgotten,
    SecondCopyMissing,
    Warned,
)

State = Literal["new", "open", "paused", "closed"]
KIOSK = "kiosk"
HELPED = "helped"
MIN_FREE = 200_000_000
"""Bytes; a ballot takes some thousand of them."""
MAX_JUMP = 120
"""Seconds by which the clock may run apart from the steady one before officials hear of it."""


class Numbers(Struct, frozen=True):
    """How a box stands, to be compared: nothing goes in while the poll is paused."""

    cast: int
    challenged: int
    size: int
    root: str

    @property
    def detail(self) -> dict[Detail, str]:
        """As an event keeps it."""
        return {
            "cast": str(self.cast),
            "challenged": str(self.challenged),
            "size": str(self.size),
            "root": self.root,
        }

    @classmethod
    def of(cls, event: Event) -> Numbers:
        """The numbers in the detail of an opening, a pause or a closing."""
        detail = event.detail
        return cls(
            int(detail["cast"]), int(detail["challenged"]), int(detail["size"]), detail["root"]
        )

    def differences(self, other: Numbers) -> tuple[str, ...]:
        """The names of what isn't the same."""
        fields = self.__struct_fields__
        return tuple(name for name in fields if getattr(self, name) != getattr(other, name))


def kiosk_folder(folder: Path, box: str) -> Path:
    """What belongs to this machine's kiosk and to nobody else."""
    return folder / KIOSK / box


def box_here(folder: Path, settings: Settings, election: Election) -> str:
    """The box of this machine: the one set, or the only one for a hall here.

    InputError if there is none, or several.
    """
    if settings.box:
        if election.box(settings.box).channel != "in-person":
            raise InputError(
                f"the box {settings.box} is for voting online, not in a hall",
                hint="Name the box of this kiosk: --box, or `box` in kiosk.toml",
            )
        return settings.box
    here = [
        box.name
        for box in election.boxes
        if box.channel == "in-person" and (folder / BOXES / box.name).is_dir()
    ]
    if len(here) == 1:
        return here[0]
    raise InputError(
        f"{len(here)} boxes of this hall are on this machine",
        where=str(folder / BOXES),
        hint=f"Name one, --box or `box` in kiosk.toml: {', '.join(here)}"
        if here
        else "`pbvote box create` makes one, before the election is signed",
    )


def second_path(settings: Settings, election: Election, box: str) -> Path | None:
    """The second copy's file; in a folder it is `<slug>-<box>.db`."""
    if not settings.second:
        return None
    place = Path(settings.second)
    return place if place.suffix == ".db" else place / f"{election.slug}-{box}.db"


class Poll:
    """What the kiosk's screens are built on. Methods may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        box: Box,
        events: Events,
        keepers: Keepers,
        *,
        now: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
        is_stick: Callable[[Path], bool] = Path.is_mount,
    ) -> None:
        """Takes over box and events, and lets go of them in `stop`.

        `free` gives the bytes free on a folder's disk, `is_stick` whether a folder is a disk.
        """
        self.is_stick = is_stick
        self.folder, self.settings = folder, settings
        self.box, self.events, self.keepers = box, events, keepers
        self.election = box.election
        self.name = box.name
        self.now, self._monotonic, self._free = now, monotonic, free
        self._started = (now(), monotonic())
        self._changing, self._reading = Lock(), Lock()
        self._stamp: tuple[tuple[str, int, int], ...] = ()  # of the registries' logs when read
        register = box.register
        self._unread = register.wrong if isinstance(register, RegistriesAtHand) else []
        self._unkept = ""  # why the event log couldn't be written
        self.caught_up = 0
        """When the second copy was last known to have everything, in seconds since 1970."""
        self._known: set[str] = set()  # signs of warnings that the event log has
        last = events.latest("paused", "resumed", "opened", "closed", "takeover")
        # What was taken over may have been paused: officials look at it before anybody votes.
        self._paused = last is not None and last.what in ("paused", "takeover")
        self._last_event = max((unix_time(event.at) for event in events.last(1)), default=0)

    @classmethod
    def open_in(
        cls,
        folder: Path,
        settings: Settings,
        *,
        now: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """The poll of the machine's box, with its second copy if one is set.

        InputError if box or election aren't here; StorageError if another process has the box,
        or entries are missing or changed.
        """
        election = load_election(folder)
        name = box_here(folder, settings, election)
        own, second = own_folder(folder, BOXES, name), second_path(settings, election, name)
        register = RegistriesAtHand(folder, election)
        box = Box.in_folder(own, election, name, now=now, register=register, second=second)
        try:
            if second is not None:
                remember(own, second)
            kiosk = kiosk_folder(folder, name)
            kiosk.mkdir(parents=True, exist_ok=True, mode=0o700)
            keepers = Keepers(kiosk, monotonic=monotonic)
            events = Events.open_in(kiosk, election.slug, name, now=now)
        except BaseException:
            box.stop()
            raise
        return cls(folder, settings, box, events, keepers, now=now, monotonic=monotonic)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go of box and event log; the poll stays as it is. Twice does nothing."""
        self.box.stop()
        self.events.close()

    @property
    def own(self) -> Path:
        """The kiosk's own folder."""
        return kiosk_folder(self.folder, self.name)

    @property
    def zone(self) -> str:
        """The time zone of the town's clocks."""
        return self.election.manifest.time_zone

    @property
    def closes(self) -> int:
        """When the hours in the hall end, in seconds since 1970."""
        return unix_time(hours(self.election, self.election.box(self.name))[1])

    @property
    def state(self) -> State:
        """Whether voters can vote: only while it is "open"."""
        state = self.box.state
        return "paused" if state == "open" and self._paused else state

    @property
    def free_space(self) -> int:
        """How many bytes are free on the box's disk."""
        return self._free(self.folder)

    @property
    def registries(self) -> list[str]:
        """The registrars of whom a log is at hand: only their cards can be typed."""
        register = self.box.register
        return sorted(register.here) if isinstance(register, RegistriesAtHand) else []

    @property
    def numbers(self) -> Numbers:
        """How the box stands now."""
        status = self.box.status()
        return Numbers(status.cast, status.challenged, status.size, status.root)

    # --- what officials do ------------------------------------------------------------------------

    def open(self, by: Sequence[str]) -> None:
        """Open the poll; RefusedError unless two officials do, or if it was opened already."""
        with self._changing:
            check_two(by)
            self.box.open_poll()
            self._paused = False
            self.events.note("opened", by, self.numbers.detail)

    def pause(self, by: Sequence[str]) -> Numbers:
        """Take no votes until `resume`, also after a restart; the numbers to compare then."""
        with self._changing:
            self._check_state("open")
            self._paused = True  # before the numbers: nobody begins any more
            numbers = self.numbers
            try:
                self.events.note("paused", by, self._with_helped(numbers))
            except StorageError:
                self._paused = False
                raise
            return numbers

    def resume(self, by: Sequence[str]) -> None:
        """Take votes again; what differs from the pause is written down too."""
        with self._changing:
            self._check_state("paused")
            changed = self.changed_overnight()
            state = "changed " + " ".join(changed) if changed else "unchanged"
            self.events.note("resumed", by, {**self.numbers.detail, "state": state})
            self._paused = False

    def close(self, by: Sequence[str]) -> None:
        """Close the poll for good; RefusedError unless two officials do, or if it isn't open."""
        with self._changing:
            check_two(by)
            self.box.close_poll()
            self.events.note("closed", by, self._with_helped(self.numbers))

    def at_pause(self) -> tuple[Numbers, Event] | None:
        """The numbers of the last pause, and who wrote them down when."""
        event = self.events.latest("paused")
        return None if event is None else (Numbers.of(event), event)

    def changed_overnight(self) -> tuple[str, ...]:
        """What of the box isn't as it was at the pause; nothing, unless somebody meddled."""
        before = self.at_pause()
        return () if before is None else before[0].differences(self.numbers)

    def helped(self) -> int:
        """One more voter came with a helper; how many so far.

        Nothing else is written, the moment neither: next to the receipts' times it would say whose
        ballot it was.
        """
        with self._changing:
            count = self.helpers + 1
            write_bytes(self.own / HELPED, b"%d\n" % count, private=True)
            return count

    @property
    def helpers(self) -> int:
        """How many voters came with a helper; StorageError if the file of it is damaged."""
        path = self.own / HELPED
        text = read_bytes(path).strip() if path.exists() else b"0"
        if not text.isdigit():
            raise StorageError(
                "the count of voters with a helper is damaged",
                where=str(path),
                hint="Write the number in it as you know it, or delete the file to begin at 0",
            )
        return int(text)

    def _with_helped(self, numbers: Numbers) -> dict[Detail, str]:
        """What an event keeps, with the helpers' count if it can be read: it never stops a poll."""
        try:
            return {**numbers.detail, "helped": str(self.helpers)}
        except (InputError, StorageError):
            return numbers.detail

    def _check_state(self, wanted: State) -> None:
        if self.state != wanted:
            raise RefusedError(f"the poll is {self.state}, not {wanted}", where=self.name)

    # --- what the machine does --------------------------------------------------------------------

    def start(self) -> None:
        """Write down that the program started, with what it runs, and whether it was cut off."""
        last = self.events.last(1)
        was_cut = bool(last) and last[0].what not in ("stopped", *_BETWEEN)
        found = fingerprint(self.election)
        detail: dict[Detail, str] = {"version": found.version, "files": found.files}
        self.note("cut-session" if was_cut else "started", {**detail, **self.numbers.detail})
        self._note_unwritten()

    def _note_unwritten(self) -> None:
        """An opening or closing parted from its event by a power cut, so that its report is made.

        Nobody's role stands beside it: who did it was not yet written down.
        """
        state, numbers = self.box.state, self.numbers
        known = {event.what for event in self.events.all()}
        if numbers.size == 1 and state == "open" and not known & {"opened", "takeover"}:
            self.note("opened", numbers.detail)
        if state == "closed" and "closed" not in known:
            self.note("closed", self._with_helped(numbers))

    def catch_up(self) -> list[Warned]:
        """Take in the second copy and the desks' logs, write down new warnings; the warnings.

        Every few seconds, from a worker: a copy that was away is read whole.
        """
        if registries_stamp(self.folder, self.election) != self._stamp:
            self._read_registries()
        if self.box.catch_up() is None and self.settings.second:
            self.caught_up = self.now()
        found = self.warnings()
        signs = {warning.sign for warning in found}
        for sign in sorted(signs - self._known):
            if (what := _NOTED.get(sign)) is not None:
                self.note(what, {"state": "bad"})
        for sign in sorted(self._known - signs):
            if (what := _NOTED.get(sign)) is not None:
                self.note(what, {"state": "good"})
        self._known = signs
        return found

    def note(
        self, what: What, detail: dict[Detail, str] | None = None, by: Sequence[str] = ()
    ) -> None:
        """Write down what the machine did; if the disk fails, `warnings` says so."""
        try:
            self.events.note(what, by, detail)
            self._unkept = ""
        except StorageError as error:
            self._unkept = str(error)

    def find(self, key: bytes) -> Certificate | None:
        """The certificate of a typed card's key, in the registries' logs at hand.

        One that isn't known is looked for once more in the logs as they stand now: a desk on
        this machine may have handed the card out a moment ago.
        """
        register = self.box.register
        if isinstance(register, RegistriesAtHand) and (found := register.find(key)) is not None:
            return found
        self._read_registries()
        register = self.box.register
        return register.find(key) if isinstance(register, RegistriesAtHand) else None

    def _read_registries(self) -> None:
        """Read the desks' logs anew: cards may have been revoked.

        What was known stays known if a log can't be read that could before: a desk may be just
        bringing it in, and it is tried again when it has changed.
        """
        with self._reading:
            self._stamp = registries_stamp(self.folder, self.election)  # before the logs
            try:
                fresh = RegistriesAtHand(self.folder, self.election)
            except PbvoteError as error:
                self._unread = [error]
                return
            self._unread = fresh.wrong
            known = self.box.register
            if not isinstance(known, RegistriesAtHand) or known.read <= fresh.read:
                self.box.register = fresh

    def warnings(self) -> list[Warned]:
        """What officials should look at now."""
        return [
            *self._of_copy(),
            *(RegistryUnread(error.what, error.where) for error in self._unread),
            *self._of_clock(),
            *self._of_disk(),
            *self._of_hours(),
        ]

    def _of_copy(self) -> Iterator[Warned]:
        place = second_path(self.settings, self.election, self.name)
        if place is not None:
            if (why := self.box.copy_warning) is not None:
                yield SecondCopyMissing(str(place), why)
        elif (known := known_second(own_folder(self.folder, BOXES, self.name))) is not None:
            yield SecondCopyForgotten(str(known))
        else:
            yield NoSecondCopy()

    def _of_clock(self) -> Iterator[Warned]:
        at, steady = self.now(), self._monotonic()
        last = max(self.box.last_receipt, self._last_event)
        jump = (at - self._started[0]) - round(steady - self._started[1])
        if at < last:
            yield ClockOdd(at, last=last)
        elif abs(jump) > MAX_JUMP:
            yield ClockOdd(at, jump=jump)

    def _of_disk(self) -> Iterator[Warned]:
        if (free := self.free_space) < MIN_FREE:
            yield DiskLow(free)
        if self._unkept:
            yield EventsNotKept(self._unkept)

    def _of_hours(self) -> Iterator[Warned]:
        opens, closes = map(unix_time, hours(self.election, self.election.box(self.name)))
        now, state = self.now(), self.state
        if state == "new" and opens <= now < closes:
            yield NotOpened(opens)
        elif state in ("open", "paused") and now < opens:
            yield OpenEarly(opens)
        elif state in ("open", "paused") and now >= closes:
            yield HoursOver(closes)


_BETWEEN: tuple[What, ...] = ("official-added", "official-removed", "spare-key", "takeover")
"""What is done while the program doesn't run."""
_NOTED: dict[str, What] = {
    "SecondCopyMissing": "second-copy",
    "SecondCopyForgotten": "second-copy",
    "ClockOdd": "clock",
}


def check_two(by: Sequence[str]) -> None:
    """RefusedError unless two different officials act together."""
    if len(set(by)) < 2:
        raise RefusedError(
            "two officials open and close the poll together", hint="Scan the second one's card too"
        )
