"""A card on its way to a person: printed, or shown once as a square code; then it is nowhere."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from pbvote.core.election import Election
from pbvote.registry import IssuedCard
from pbvote_kiosk.desk.slips import card_slip
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.base import PeopleScreen
from pbvote_kiosk.look.qr_view import QrView
from pbvote_kiosk.ports import Printer, PrinterState

SECONDS = 60
"""How long a card stays on the screen."""


class CardScreen(PeopleScreen[None]):
    """Prints the card if it can, and else shows it. Leaves by key, or after SECONDS if shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "finish", show=False)]
    help_text = N_(
        "Give the printed card to the person. Without a printer the person photographs the square"
        " with a phone, or writes the code down. It disappears after a minute and can't be shown"
        " again: a lost card is replaced."
    )

    def __init__(self, card: IssuedCard, name: str, election: Election, printer: Printer) -> None:
        super().__init__()
        self._card: IssuedCard | None = card
        self._name, self._election, self._printer = name, election, printer
        self._state: PrinterState | None = None
        """None while it prints."""
        self._on_screen = False
        self.until = 0.0

    def heading(self) -> str:
        return self.words("Card for {name}", name=self._name)

    def spoken(self) -> str:
        return f"{self.heading()}. {self._said()}"

    def keys(self) -> list[tuple[str, str]]:
        return [(self.words("Enter"), self.words("Done"))]

    def _said(self) -> str:
        _ = self.words
        if self._on_screen:
            return _("Let the person photograph this square, or write the code down.")
        if self._state is None:
            return _("The card is being printed …")
        return _("The card was printed. Give it to {name}.", name=self._name)

    def body(self) -> ComposeResult:
        _ = self.words
        if self._on_screen and self._card is not None:
            with Horizontal(id="shown"):
                yield QrView(self._card.text, id="qr")
                with Vertical(id="beside"):
                    yield Static(self._trouble(), classes="strong", markup=False)
                    yield Static(self._said(), classes="text", markup=False)
                    yield Static(self._groups(), id="code", classes="strong", markup=False)
                    yield Static(
                        _("For one kiosk. For another kiosk, a new card at the desk."), markup=False
                    )
                    yield Static(self._left(), id="left", markup=False)
                    yield Button(_("The person has it"), id="done", variant="primary")
            return
        yield Static(self._said(), classes="text strong", markup=False)
        if self._state is not None:
            with Horizontal(classes="buttons"):
                yield Button(_("The person has it"), id="done", variant="primary")
                yield Button(_("Print again"), id="again")
                yield Button(_("Show it here"), id="show")

    def _groups(self) -> str:
        groups = [] if self._card is None else self._card.typed.split()
        return "\n".join(" ".join(groups[at : at + 4]) for at in (0, 4))

    def _trouble(self) -> str:
        _ = self.words
        trouble = {
            PrinterState.NO_PAPER: _("The printer has no paper."),
            PrinterState.NOT_THERE: _("The printer isn't there."),
        }
        return "" if self._state is None else trouble.get(self._state, "")

    def _left(self) -> str:
        seconds = max(0, round(self.until - self.people.monotonic()))
        return self.words.many("It closes in {n} second", "It closes in {n} seconds", seconds)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1, self._tick)
        self.run_worker(self._print())

    async def _print(self) -> None:
        card = self._card
        if card is None:
            return
        self._state = None
        slip = card_slip(card, self._election, self.words)
        self._state = await asyncio.to_thread(self._printer.print, slip)
        if self._card is None:  # given up meanwhile
            return
        if self._state.prints:
            await self._compose()
        else:
            await self._show()

    async def _show(self) -> None:
        self._on_screen = True
        self.add_class("-shown")
        self.until = self.people.monotonic() + SECONDS
        await self._compose()

    async def _compose(self) -> None:
        await self.recompose()
        if found := self.query("#done"):
            found.first().focus()
        self.people.announce(self._said())

    def _tick(self) -> None:
        if not self._on_screen:
            return
        if self.people.monotonic() >= self.until:
            self.action_finish()
        elif found := self.query("#left"):
            found.first(Static).update(self._left())

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "done":
            self.action_finish()
        elif event.button.id == "again":
            self.run_worker(self._print())
        else:
            await self._show()

    def action_finish(self) -> None:
        """Let go of the card."""
        if self._state is None and not self._on_screen:
            return  # it is being printed: wait for what comes out
        self._card = None
        self.dismiss()
