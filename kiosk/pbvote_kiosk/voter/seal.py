"""A ballot is sealed and not yet cast: its tracker, and the question what to do with it."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from pbvote.core.ballot import short_tracker
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.qr_view import QrView
from pbvote_kiosk.voter.screen import VoterScreen

Answer = Literal["cast", "challenge", "change"]
_HOW = N_("Choose an answer with the arrow keys, then press Enter.")


def spelled(tracker: bytes) -> str:
    """A tracker's short form as it is read aloud.

    >>> spelled(bytes.fromhex("de46e016cf5d"))
    'd e 4 6, e 0 1 6, c f 5 d'
    """
    return ", ".join(" ".join(group) for group in short_tracker(tracker).split("-"))


class AnswerButton(Button):
    """One of the two answers. The second half of a double click isn't one: it was meant before."""

    def __init__(self, label: str, sentence: str, name: str) -> None:
        super().__init__(label, id=name)
        self._sentence = sentence

    def spoken(self) -> str:
        """The answer and what it does."""
        return f"{self.label}. {self._sentence}"

    async def _on_click(self, event: events.Click) -> None:
        if event.chain > 1:
            event.prevent_default()
            event.stop()


class Seal(VoterScreen[Answer]):
    """Nothing has the focus at first: an Enter that is held down answers nothing."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('change')", show=False),
        Binding("enter", "remind", show=False),
    ]
    help_text = N_(
        "Your choice is locked in a sealed ballot, but it isn't in the box yet. “Cast my ballot”"
        " puts it there: that is your vote. “Check this machine” opens this ballot instead, so you"
        " can see whether the machine sealed what you chose; it then doesn't count, and you begin"
        " again. The number belongs to this ballot alone: you can write it down or photograph it"
        " before you answer."
    )

    def __init__(self, tracker: bytes, *, mock: bool) -> None:
        super().__init__()
        self._tracker, self._mock = tracker, mock

    def heading(self) -> str:
        return self.words("Sealed, but not yet in the box")

    def _not_yet(self) -> str:
        _ = self.words
        return _("This is only a try-out.") if self._mock else _("This is not yet a vote.")

    def _question(self) -> str:
        return self.words("What should happen to this ballot?")

    def _answers(self) -> list[tuple[Literal["cast", "challenge"], str, str]]:
        _ = self.words
        return [
            ("cast", _("Cast my ballot"), _("It goes into the box: that is your vote.")),
            (
                "challenge",
                _("Check this machine"),
                _("It is opened to show what was sealed. It won't count, and you begin again."),
            ),
        ]

    def spoken(self) -> str:
        _ = self.words
        number = _("The ballot's number is {number}.", number=spelled(self._tracker))
        how = _(_HOW)
        return " ".join((f"{self.heading()}.", self._not_yet(), number, self._question(), how))

    def _short(self) -> str:
        return short_tracker(self._tracker)

    def keys(self) -> list[tuple[str, str]]:
        _ = self.words
        return [("Esc", _("Change")), ("↑↓", _("Choose")), (_("Enter"), _("Answer"))]

    def body(self) -> ComposeResult:
        _ = self.words
        with Horizontal(id="sealed"):
            with Vertical(id="tracker"):
                yield Static(_("Ballot's number:"), markup=False)
                yield Static(self._short(), id="short", classes="strong", markup=False)
                yield QrView(self._tracker.hex().upper(), id="qr")
            with Vertical(id="answers"):
                yield Static(f"▲ {self._not_yet()}", id="not-yet", markup=False)
                yield Static(self._question(), id="question", markup=False)
                for name, label, sentence in self._answers():
                    yield AnswerButton(label, sentence, name)
                    yield Static(sentence, classes="text sentence", markup=False)

    def action_remind(self) -> None:
        """Enter with no answer chosen."""
        text = self.words("Please choose an answer with ↓ first, then press Enter.")
        self.put("not-yet", f"▲ {text}")
        self.people.announce(self.words(_HOW))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss("cast" if event.button.id == "cast" else "challenge")
