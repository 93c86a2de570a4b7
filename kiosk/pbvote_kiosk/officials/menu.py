"""The officials' menu: what they do to the poll and to the machine, each after card and PIN."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList, Static

from pbvote.core.errors import PbvoteError, StorageError
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen
from pbvote_kiosk.officials import machine_acts, poll_acts
from pbvote_kiosk.officials.flow import Flow
from pbvote_kiosk.officials.lines import STATE_SAYS
from pbvote_kiosk.officials.pages import Busy, Menu
from pbvote_kiosk.officials.poll import Poll, State
from pbvote_kiosk.officials.reports import keep_missing
from pbvote_kiosk.officials.signin import SignIn
from pbvote_kiosk.ports import Printer

IDLE = 60
"""Seconds without a key, after which the menu leaves by itself."""
BACK = "back"


class _Entry(Struct, frozen=True):
    """A line of the menu; `states` in which it is there, none for always."""

    label: str
    act: Callable[[Flow], Awaitable[None]]
    states: tuple[State, ...] = ()


_ENTRIES: dict[str, _Entry] = {
    "open": _Entry(N_("Open the poll"), poll_acts.open_poll, ("new",)),
    "pause": _Entry(N_("Pause: nobody votes for a while"), poll_acts.pause, ("open",)),
    "resume": _Entry(N_("Go on with voting"), poll_acts.resume, ("paused",)),
    "compare": _Entry(N_("Compare the box with the pause"), poll_acts.compare, ("paused",)),
    "close": _Entry(N_("Close the poll for good"), poll_acts.close, ("open", "paused")),
    "export": _Entry(N_("Write the log to a stick"), poll_acts.export, ("closed",)),
    "helped": _Entry(N_("Count a voter who comes with a helper"), poll_acts.helped, ("open",)),
    "status": _Entry(N_("Status"), machine_acts.status),
    "report": _Entry(
        N_("Last report: show and print"), poll_acts.show_report, ("open", "paused", "closed")
    ),
    "paper": _Entry(N_("Printer and paper"), machine_acts.paper),
    "scan": _Entry(N_("Test the scanner"), machine_acts.scan),
    "readiness": _Entry(N_("Readiness: is everything in order?"), machine_acts.readiness),
    "fingerprint": _Entry(N_("Fingerprint: compare machines"), machine_acts.show_fingerprint),
    "events": _Entry(N_("Events"), machine_acts.events),
    "restart": _Entry(N_("Restart the program"), machine_acts.restart),
    "stop": _Entry(N_("Stop the program"), machine_acts.stop),
}


class OfficialsMenu(PeopleScreen[None]):
    """Pushed with an official's card; asks the PIN, and leaves by itself when nobody is there."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    help_text = N_(
        "Choose with the arrow keys and Enter. Two officials open and close the poll together. The"
        " menu closes by itself after a minute without a key."
    )

    def __init__(self, poll: Poll, printer: Printer, card: str) -> None:
        """`card` is the text that was scanned; it is given to the sign-in and forgotten."""
        super().__init__()
        self._poll, self._printer, self._card = poll, printer, card
        self._flow: Flow | None = None  # once somebody has signed in
        self._at = ""
        self._acting = self._leaving = False

    def heading(self) -> str:
        return self.words("Officials")

    def spoken(self) -> str:
        return "" if self._flow is None else f"{self.heading()}. {self._standing(self._flow)}"

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Esc"), self.words("Back to the voters")),)

    def _standing(self, flow: Flow) -> str:
        _ = self.words
        try:
            cast = self._poll.numbers.cast
        except StorageError as problem:  # officials must get in, then most of all
            return f"! {_told(problem, _)}"
        return _(
            "{box}: {state}. Ballots: {cast}. Signed in: {role}",
            box=self._poll.name,
            state=_(STATE_SAYS[self._poll.state]),
            cast=_.number(cast),
            role=flow.role,
        )

    def body(self) -> ComposeResult:
        if self._flow is None:
            return
        _ = self.words
        yield Static(self._standing(self._flow), classes="text strong", markup=False)
        for warning in self._poll.warnings():
            yield Static(f"! {warning.said(_, self._poll.zone)}", classes="text", markup=False)
        yield Menu(
            [
                *((name, _(entry.label)) for name, entry in self._offered()),
                (BACK, _("Back to the voters")),
            ],
            at=self._at,
        )

    def _offered(self) -> list[tuple[str, _Entry]]:
        state, helpers = self._poll.state, self._poll.settings.helpers
        return [
            (name, entry)
            for name, entry in _ENTRIES.items()
            if (not entry.states or state in entry.states) and (name != "helped" or helpers)
        ]

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1, self._leave_if_idle)
        self.run_worker(self._sign_in())

    async def _sign_in(self) -> None:
        card, self._card = self._card, ""
        role = await self.app.push_screen_wait(SignIn(self._poll, card))
        if not role:
            self._leave()
            return
        self._flow = Flow(self, self._poll, self._printer, role)
        self._poll.note("menu", by=[role])
        self.people.announce(self.spoken())
        await self._act(self._look)

    async def _look(self, flow: Flow) -> None:
        """What a power cut kept from being done: the second copy, reports."""
        await flow.thread(flow.poll.catch_up)
        await flow.thread(lambda: keep_missing(flow.poll, flow.home))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Read the marked entry aloud; remember it for the next composing."""
        if event.option.id and event.option.id != self._at:
            self._at = event.option.id
            self.people.announce(str(event.option.prompt).strip())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Do what was chosen."""
        name = event.option.id or ""
        if name == BACK:
            self._leave()
        elif name in _ENTRIES and not self._acting:
            self._acting = True  # now: a second Enter comes before the worker begins
            self.run_worker(self._act(_ENTRIES[name].act))

    async def _act(self, act: Callable[[Flow], Awaitable[None]]) -> None:
        flow = self._flow
        if flow is None:
            self._acting = False
            return
        self._acting = True
        try:
            await act(flow)
        except PbvoteError as problem:
            await flow.tell(N_("It didn't work"), partial(_told, problem), loud=True)
        finally:
            self._acting = False
        if not self._leaving:
            await self.recompose()
            self.query(Menu).focus()  # none while the screen is composed once more

    # --- leaving ----------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Back to the voters."""
        self._leave()

    def _leave(self) -> None:
        if self._leaving:
            return
        self._leaving = True
        if self._flow is not None:
            self._flow.ended = True
        self.app.call_later(self._close_all)

    async def _close_all(self) -> None:
        """This screen and those above it; what waits on them gets no answer, and ends."""
        while self in self.app.screen_stack:
            await self.app.screen.dismiss()

    def _leave_if_idle(self) -> None:
        at_work = isinstance(self.app.screen, Busy)
        if not at_work and self.people.monotonic() - self.people.last_input > IDLE:
            self._leave()


ERRORS = (
    N_("two officials open and close the poll together"),
    N_("Scan the second one's card too"),
    N_("the count of voters with a helper is damaged"),
    N_("Write the number in it as you know it, or delete the file to begin at 0"),
    N_("Put it in again, or take another; then export again"),
    N_("Export again, to an empty stick"),
    N_("Export again, to another stick"),
    N_("the folder holds another log, or more of this one than is here"),
    N_("Export to an empty folder"),
    N_("Make room or choose another folder, then export again"),
    N_("the disk failed while it was told to keep an entry"),
    N_("Stop, look at the disk, then start again"),
    N_("Look at the disk"),
    N_("the table of receipts is damaged"),
    N_("Copy the box's folder away as it is, then restore the second copy"),
)
"""What our errors say here, so that `Words.error` finds it translated."""


def _told(error: PbvoteError, words: Words) -> str:
    return words.error(error)
