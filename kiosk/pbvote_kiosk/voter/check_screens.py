"""The screens of "check my receipt"."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from pbvote.core.ballot import short_tracker
from pbvote.core.encoding import unix_time
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.voter.check import Checked, What
from pbvote_kiosk.voter.screen import VoterScreen

_SAID: dict[What, tuple[str, str]] = {
    "no receipt": (
        N_("This isn't a receipt"),
        N_("Please hold the square code of your receipt in front of the scanner."),
    ),
    "cut": (
        N_("The code was read only in part"),
        N_("Please hold the receipt or phone still, and scan it again."),
    ),
    "other election": (
        N_("This receipt is from another vote"),
        N_("It can't be checked here."),
    ),
    "unknown box": (
        N_("This receipt is from a box that isn't known here"),
        N_("Please show it to an official."),
    ),
    "forged": (
        N_("This receipt isn't right"),
        N_(
            "It wasn't signed by the ballot box that it names, so it proves nothing. Was the whole"
            " code read? Please scan it again, or show it to an official."
        ),
    ),
    "cast": (
        N_("Your ballot is in the box"),
        N_(
            "The receipt is right, and the ballot was found at its place in the box. Whether it"
            " counts is known when all boxes are closed: another ballot of the same person may"
            " count instead."
        ),
    ),
    "challenged": (
        N_("This ballot was opened to check the machine"),
        N_("The receipt is right, and the ballot was found at its place. It never counts."),
    ),
    "missing": (
        N_("The ballot isn't at its place in the box"),
        N_(
            "The receipt is right: the box signed that it took this ballot. Please keep the"
            " receipt, it is evidence, and show it to an official now."
        ),
    ),
    "no log": (
        N_("The receipt is right"),
        N_(
            "The ballot box signed it. Whether the ballot is at its place couldn't be looked up"
            " here: this machine doesn't have that box. Look it up on the page of the results, or"
            " at the machine where you voted."
        ),
    ),
}


class ScanReceipt(VoterScreen[None]):
    """Asks for a receipt; the app takes what is scanned."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]
    help_text = N_(
        "Hold the square code of your receipt, on paper or on your phone, in front of the scanner."
        " Make the phone's screen bright. The machine says whether the ballot is in its box, and"
        " nothing about what it says."
    )

    def heading(self) -> str:
        return self.words("Check my receipt")

    def _how(self) -> str:
        return self.words(
            "Please hold the square code of your receipt, on paper or on your phone, in front of"
            " the scanner."
        )

    def spoken(self) -> str:
        return f"{self.heading()}. {self._how()}"

    def keys(self) -> list[tuple[str, str]]:
        return [("Esc", self.words("Back"))]

    def body(self) -> ComposeResult:
        yield Static(self._how(), classes="strong text", markup=False)
        yield Button(self.words("Back"), id="back")

    def on_button_pressed(self) -> None:
        self.dismiss()


class CheckedReceipt(VoterScreen[bool]):
    """The answer; True to check another one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", show=False)]
    help_text = ScanReceipt.help_text

    def __init__(self, checked: Checked, zone: str) -> None:
        super().__init__(classes="-loud" if checked.what in ("missing", "forged") else "")
        self.checked, self._zone = checked, zone

    def heading(self) -> str:
        return self.words("Check my receipt")

    def lines(self) -> list[str]:
        """What is to be read, a paragraph each."""
        words = self.words
        title, text = _SAID[self.checked.what]
        return [words(title), words(text), *self._which(words)]

    def _which(self, _: Words) -> list[str]:
        receipt = self.checked.receipt
        if receipt is None:
            return []
        return [
            _(
                "Ballot {number}, box {box}, {time}",
                number=short_tracker(receipt.tracker),
                box=receipt.box,
                time=_.moment(unix_time(receipt.at), self._zone),
            )
        ]

    def spoken(self) -> str:
        return ". ".join(line.rstrip(".") for line in self.lines())

    def body(self) -> ComposeResult:
        title, *lines = self.lines()
        yield Static(title, id="answer", classes="strong text", markup=False)
        for line in lines:
            yield Static(line, classes="text", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(self.words("Finish"), id="finish", variant="primary")
            yield Button(self.words("Check another one"), id="another")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "another")
