"""The receipt on a screen of its own: its QR code as large as it can be, and its number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from pbvote.core.ballot import short_tracker
from pbvote.core.encoding import unix_time
from pbvote.core.receipt import SignedReceipt
from pbvote.qr import rows_needed
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.qr_view import QrView
from pbvote_kiosk.ports import NoPrinter, Printer, PrinterState, Slip
from pbvote_kiosk.voter.screen import VoterScreen
from pbvote_kiosk.voter.seal import spelled

FRAME = 2
"""The rows of heading and keys."""
Use = Literal["cast", "challenge"]
SlipIn = Callable[[Words], Slip]


@dataclass(frozen=True)
class Paper:
    """What can be printed, and on what; `at_once`: without being asked."""

    printer: Printer
    slip: SlipIn
    at_once: bool


def code_that_fits(text: str, url: str, rows: int) -> str:
    """The receipt's text, behind the page's address if that fits too; the quiet zone comes first.

    `rows` are what a code may take on the screen.
    """
    with_url = f"{url}/{text}" if url else text
    for border in (4, 1):
        for code in (with_url, text):
            if rows_needed(code, border) <= rows:
                return code
    return text


class ReceiptScreen(VoterScreen[None]):
    """What somebody takes home. Leaves by itself: the app counts `seconds` down."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]
    help_text = N_(
        "This square is your receipt. Photograph it with your phone, or write the number down:"
        " with it you can look up after the vote that your ballot was counted. It doesn't show how"
        " you voted, so you may show it to anybody."
    )

    def __init__(
        self,
        signed: SignedReceipt,
        text: str,
        *,
        use: Use,
        url: str,
        zone: str,
        seconds: int,
        paper: Paper,
    ) -> None:
        """`text`: `PBVOTE1/R/…`; `url`: the manifest's receipt_url or ""."""
        super().__init__()
        self._signed, self._text, self._use = signed, text, use
        self._url, self._zone = url, zone
        self.seconds = seconds
        self._paper = paper
        self._printer: PrinterState | None = PrinterState.NONE  # None: at work
        self._printed = False
        self._drawn = ""

    def heading(self) -> str:
        _ = self.words
        return (
            _("Your vote is in the box") if self._use == "cast" else _("Opened: it doesn't count")
        )

    def _what(self) -> str:
        _ = self.words
        if self._use == "cast":
            return _("Your vote is in the box.")
        return _("This ballot was opened. It doesn't count.")

    def _lines(self) -> list[str]:
        _ = self.words
        lines = [_("This square is your receipt. Photograph it, or write down its number:")]
        if self._use == "challenge":
            lines = [_("This square proves it. Photograph it, or write down the number:")]
        return lines

    def _after(self) -> str:
        _ = self.words
        if self._use == "cast":
            return _("Your receipt doesn't show how you voted.")
        return _("You haven't voted yet.")

    def _on_paper(self) -> str:
        _ = self.words
        if self._printer is None:
            return _("It is being printed …")
        if self._printer is PrinterState.NONE:
            return ""
        if not self._printer.prints:
            return _("The printer can't print now. Your receipt stays on this screen.")
        return _("It was printed, too.") if self._printed else ""

    def _back_in(self) -> str:
        _ = self.words
        return _.many("This closes in {n} second", "This closes in {n} seconds", self.seconds)

    def spoken(self) -> str:
        number = f"{spelled(self._signed.receipt.tracker)}."
        parts = (self._what(), *self._lines(), number, self._after(), self._on_paper())
        return " ".join(part for part in parts if part)

    def keys(self) -> list[tuple[str, str]]:
        return [(self.words("Enter"), self.words("Finish"))]

    def body(self) -> ComposeResult:
        _ = self.words
        receipt = self._signed.receipt
        with Horizontal(id="receipt"):
            self._drawn = self._code()
            yield QrView(self._drawn, id="qr")
            with Vertical(id="beside"):
                yield Static(self._what(), classes="strong gap", markup=False)
                for line in self._lines():
                    yield Static(line, markup=False)
                yield Static(short_tracker(receipt.tracker), id="short", markup=False)
                yield Static(_.moment(unix_time(receipt.at), self._zone), classes="gap")
                yield Static(self._after(), classes="strong gap", markup=False)
                yield Static(self._on_paper(), id="paper", markup=False)
                yield Static(self._back_in(), id="back-in", markup=False)
                with Horizontal(id="do"):
                    yield Button(_("Finish"), id="finish", variant="primary")
                    yield Button(_("Print"), id="print", classes=self._away())

    def _away(self) -> str:
        return "-away" if self._printer in (None, PrinterState.NONE) else ""

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._print() if self._paper.at_once else self._look())

    async def on_resize(self) -> None:
        if self._code() != self._drawn:
            await self.recompose()

    def _code(self) -> str:
        return code_that_fits(self._text, self._url, self.app.size.height - FRAME)

    def count(self, seconds: int) -> None:
        """So many seconds are left."""
        if seconds != self.seconds:
            self.seconds = seconds
            self.put("back-in", self._back_in())

    async def _look(self) -> None:
        self._came_out(await asyncio.to_thread(self._paper.printer.state))

    async def _print(self) -> None:
        """On paper too, if it can be; a printer's trouble only shows."""
        if not isinstance(self._paper.printer, NoPrinter):
            self._came_out(None)
        state = await asyncio.to_thread(self._paper.printer.print, self._paper.slip(self.words))
        self._printed = state.prints
        self._came_out(state)
        self.people.announce(self._on_paper())

    def _came_out(self, state: PrinterState | None) -> None:
        self._printer = state
        self.put("paper", self._on_paper())
        for button in self.query("#print"):
            button.set_class(bool(self._away()), "-away")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "print":
            for finish in self.query("#finish"):
                finish.focus()
            self.run_worker(self._print())
        else:
            self.dismiss()


class TryOutDone(VoterScreen[None]):
    """The end of a try-out."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def heading(self) -> str:
        return self.words("The try-out is over")

    def lines(self) -> list[str]:
        """What is to be read, a paragraph each."""
        _ = self.words
        return [
            _("Nothing was cast, and nothing was kept."),
            _(
                "When you vote, your receipt stands here: a square to photograph, and a number to"
                " write down. It doesn't show how you voted."
            ),
            _("To vote, scan your voting card."),
        ]

    def spoken(self) -> str:
        return " ".join((f"{self.heading()}.", *self.lines()))

    def body(self) -> ComposeResult:
        for line in self.lines():
            yield Static(line, classes="text", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(self.words("Finish"), id="finish", variant="primary")

    def on_button_pressed(self) -> None:
        self.dismiss()
