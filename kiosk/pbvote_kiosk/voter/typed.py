"""Typing a card's code by hand: seven groups of four, grouped while they are typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from pbvote.core.card import read_typed_code
from pbvote.core.errors import CardError
from pbvote_kiosk.language import N_
from pbvote_kiosk.voter.screen import VoterScreen
from pbvote_kiosk.voter.trouble import Trouble

LENGTH, GROUP = 28, 4
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_LOOKALIKES = str.maketrans("018", "OIB")


def letters_of(text: str) -> str:
    """What of a text can stand in a code, as it is printed: lookalikes put right.

    >>> letters_of("abc0-18 9é")
    'ABCOIB'
    """
    upper = text.upper().translate(_LOOKALIKES)
    return "".join(letter for letter in upper if letter in _LETTERS)[:LENGTH]


def grouped(letters: str) -> str:
    """In groups of four.

    >>> grouped("ABCDEFGHI")
    'ABCD EFGH I'
    """
    return " ".join(letters[i : i + GROUP] for i in range(0, len(letters), GROUP))


class TypedCard(VoterScreen[str]):
    """The code that was typed, without a typing error; "" if nobody wants to any more."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]
    help_text = N_(
        "The code stands under the square on your card: seven groups of four letters and digits."
        " Spaces come by themselves, capitals don't matter. 0 and O, 1 and I, 8 and B are the"
        " same here."
    )

    def __init__(self, letters: str = "") -> None:
        super().__init__()
        self._letters = letters
        self._wrong = ""

    def heading(self) -> str:
        return self.words("Type the card's code")

    def spoken(self) -> str:
        return f"{self.heading()}. {self._how()}"

    def _how(self) -> str:
        return self.words("Please type the seven groups of four from your card. Then press Enter.")

    def keys(self) -> list[tuple[str, str]]:
        return [("Esc", self.words("Back"))]

    def body(self) -> ComposeResult:
        _ = self.words
        yield Static(self._how(), classes="text", markup=False)
        yield Input(grouped(self._letters), id="code", select_on_focus=False)
        yield Static(self._progress(), id="progress", classes="text", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(_("Go on"), id="go-on")
            yield Button(_("Back"), id="back")

    def _progress(self) -> str:
        _ = self.words
        if self._wrong:
            return f"▲ {_(self._wrong)}"
        missing = LENGTH - len(self._letters)
        if missing == 0:
            return _("All there. Please press Enter.")
        return _.many(
            "{n} letter or digit is missing", "{n} letters and digits are missing", missing
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Group what stands in the field now: more may have been typed since the event."""
        field = event.input
        before = len(letters_of(field.value[: field.cursor_position]))
        letters = letters_of(field.value)
        if letters != self._letters:
            self._wrong = ""
        self._letters = letters
        if field.value != grouped(letters):
            field.value = grouped(letters)
            field.cursor_position = before + before // GROUP
        self.put("progress", self._progress())

    def on_input_submitted(self) -> None:
        self._go_on()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "back":
            self.dismiss("")
        else:
            self._go_on()

    def _go_on(self) -> None:
        try:
            read_typed_code(self._letters)
        except CardError:
            whole = len(self._letters) == LENGTH
            self._wrong = Trouble.MISTYPED.title if whole else N_("The code isn't complete yet")
            advice = self.words(Trouble.MISTYPED.advice) if whole else ""
            self.put("progress", f"{self._progress()}. {advice}".strip())
            self.people.announce(self._progress())
            for field in self.query("#code"):
                field.focus()
        else:
            self.dismiss(self._letters)
