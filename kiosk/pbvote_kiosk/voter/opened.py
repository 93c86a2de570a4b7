"""What the machine had sealed: a challenged ballot, opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from pbvote.core.ballot import short_tracker
from pbvote.core.election import Election
from pbvote.receipts import OpenedContest
from pbvote_kiosk.ballot.choice import make_choice
from pbvote_kiosk.ballot.review_screen import choice_lines
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.voter.screen import VoterScreen

Step = Literal["again", "proof"]


def opened_lines(part: OpenedContest, election: Election, words: Words) -> list[str]:
    """What a contest of an opened ballot says, a line a project."""
    if part.selection is None:
        return [words("Nothing that can be read as a choice. Please call an official.")]
    if not any(part.selection):
        return [words("Blank: nothing was chosen.")]
    choice = make_choice(part.contest)
    choice.take(part.selection)
    return choice_lines(choice, words, election.manifest.currency, election.corrections)


class OpenedBallot(VoterScreen[Step]):
    """The opening, contest by contest, and how to check it elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('again')", show=False)]
    help_text = N_(
        "Compare what stands here with what you had chosen. If it differs, please call an official:"
        " the machine is at fault. This ballot never counts. Press “Begin again” to vote."
    )

    def __init__(
        self, parts: Sequence[OpenedContest], tracker: bytes, election: Election, *, mock: bool
    ) -> None:
        super().__init__()
        self._parts, self._tracker = list(parts), tracker
        self._election, self._mock = election, mock

    def heading(self) -> str:
        return self.words("The machine had sealed this")

    def _what_now(self) -> str:
        return self.words(
            "This ballot is opened and doesn't count. Now begin again and choose what you really"
            " want."
        )

    def _elsewhere(self) -> str:
        _ = self.words
        if self._mock:
            return _("This is a try-out: nothing was sealed.")
        return _(
            "Anybody can check this once the box is published: pbvote receipt challenge {number}",
            number=short_tracker(self._tracker),
        )

    def lines(self) -> list[tuple[str, list[str]]]:
        """Each contest's title and what it says."""
        words = self.words
        return [
            (words.text(part.contest.title), opened_lines(part, self._election, words))
            for part in self._parts
        ]

    def spoken(self) -> str:
        contests = [f"{title}: {', '.join(lines)}." for title, lines in self.lines()]
        return " ".join((f"{self.heading()}.", *contests, self._what_now()))

    def keys(self) -> list[tuple[str, str]]:
        return [(self.words("Page up/Page down"), self.words("Read on"))]

    def body(self) -> ComposeResult:
        _ = self.words
        with Horizontal(classes="buttons"):
            yield Button(_("Begin again"), id="again", variant="primary")
            if not self._mock:
                yield Button(_("Show the proof"), id="proof")
        yield Static(self._what_now(), classes="strong text", markup=False)
        for title, lines in self.lines():
            yield Static(title, classes="strong", markup=False)
            yield Static("\n".join(f"  {line}" for line in lines), classes="text", markup=False)
        yield Static(self._elsewhere(), classes="text", markup=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss("proof" if event.button.id == "proof" else "again")
