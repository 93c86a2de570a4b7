"""All contests again before the ballot is sealed: what was chosen, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from pbvote.core.manifest import Correction
from pbvote.core.selection import Approval, Knapsack
from pbvote_kiosk.ballot.ballot_screen import BLANK
from pbvote_kiosk.ballot.choice import Choice
from pbvote_kiosk.ballot.manners import manner_of
from pbvote_kiosk.ballot.shown import shown_projects
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen


class ReviewScreen(PeopleScreen[str]):
    """Dismisses with "next", "back", or "change:" and a contest's id."""

    CSS_PATH = "ballot.tcss"
    AUTO_FOCUS = "#next"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('back')", show=False),
        Binding("f10", "dismiss('next')", show=False),
    ]
    help_text = N_(
        "This is what you chose.\n“Change” opens one part again.\n"
        "Page up and Page down show the rest of a long list.\n"
        "“Next” goes on: only then do you cast your ballot, or check this machine."
    )

    def __init__(
        self,
        choices: Sequence[Choice],
        *,
        currency: str,
        mock: bool,
        corrections: Sequence[Correction] = (),
    ) -> None:
        super().__init__()
        self._choices, self._currency = choices, currency
        self._mock, self._corrections = mock, corrections

    def heading(self) -> str:
        return self.words("Your choice")

    def spoken(self) -> str:
        parts = [self.heading(), self._not_yet()]
        for choice in self._choices:
            parts.append(self.words.text(choice.contest.title))
            parts += choice_lines(choice, self.words, self._currency, self._corrections)
        return " ".join(part if part.endswith((".", ":")) else f"{part}." for part in parts)

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Page up/Page down"), self.words("Read on")),)

    def _not_yet(self) -> str:
        if self._mock:
            return self.words("This is only a try-out: nothing of it is kept or counted.")
        return self.words("You have not voted yet. Look at your choice, then go on.")

    def body(self) -> ComposeResult:
        _ = self.words
        yield Static(self._not_yet(), classes="text strong", markup=False)
        with VerticalScroll(id="choices", can_focus=False):
            for number, choice in enumerate(self._choices):
                yield Static(_.text(choice.contest.title), classes="contest", markup=False)
                lines = choice_lines(choice, _, self._currency, self._corrections)
                yield Static("\n".join(lines), classes="chosen", markup=False)
                yield Button(_("Change"), id=f"change-{number}")
        with Horizontal(classes="bar"):
            back, on = _("Back"), _("Next")
            yield Button(f"Esc {back}", id="back")
            yield Button(f"F10 {on}", id="next")

    def action_page(self, step: int) -> None:
        for choices in self.query("#choices").results(VerticalScroll):
            choices.scroll_relative(y=step * max(1, choices.size.height - 1), animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = event.button.id or ""
        if name in ("next", "back"):
            self.dismiss(name)
        else:
            choice = self._choices[int(name.removeprefix("change-"))]
            self.dismiss(f"change:{choice.contest.id}")


def choice_lines(
    choice: Choice, words: Words, currency: str, corrections: Sequence[Correction]
) -> list[str]:
    """A choice in plain words, a line a project; of a blank one, that it is blank."""
    if choice.is_blank:
        return [words(BLANK)]
    shown = shown_projects(choice.contest, corrections, currency, words)
    manner = manner_of(choice, words, currency)
    counted = isinstance(choice.contest.ballot, Knapsack)
    lines = []
    for place in manner.reading_order():
        project = shown[place]
        cost = project.counted if counted else project.cost
        lines.append(manner.review(place, f"{project.name} ({cost})"))
    return [*lines, *_totals(choice, words, currency)]


def _totals(choice: Choice, words: Words, currency: str) -> Iterator[str]:
    """What they cost together, where a voter chose projects and not an order."""
    match choice.contest.ballot:
        case Knapsack():
            yield words(
                "Together {cost} of {budget}, {left} left.",
                cost=words.amount(choice.spent, currency),
                budget=words.amount(choice.most, currency),
                left=words.amount(choice.left, currency),
            )
        case Approval(max=most) if most > 1:
            yield words(
                "Together they cost {cost}; the envelope has {budget}.",
                cost=words.amount(choice.cost, currency),
                budget=words.amount(choice.contest.budget, currency),
            )
