"""What a ballot's screen shows and says, all of it from the state that it keeps.

The choice lies in the `Choice` that the screen is given; the screen keeps only where the cursor
is, what is searched and which projects are listed, so that composing it again loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.widgets import Button, Input, Static

from pbvote.core.manifest import Correction
from pbvote.core.selection import Knapsack, Ranking
from pbvote.words import folded
from pbvote_kiosk.ballot.choice import Choice
from pbvote_kiosk.ballot.manner import Act, Manner
from pbvote_kiosk.ballot.manners import manner_of
from pbvote_kiosk.ballot.numbers import NumberTyped
from pbvote_kiosk.ballot.only import ALL, Only, listed
from pbvote_kiosk.ballot.panels import Detail, Meter, OrderSoFar
from pbvote_kiosk.ballot.project_list import ProjectList
from pbvote_kiosk.ballot.shown import Shown, shown_projects
from pbvote_kiosk.language import Words
from pbvote_kiosk.look.base import PeopleScreen

Step = Literal["next", "back"]


class BallotFrame(PeopleScreen[Step]):
    """A contest's list of projects with all that stands around it; `BallotScreen` acts."""

    def __init__(
        self,
        choice: Choice,
        order: Sequence[int],
        *,
        currency: str,
        number: int = 1,
        count: int = 1,
        corrections: Sequence[Correction] = (),
    ) -> None:
        """`order`: the projects' places as this voter sees them. Contest `number` of `count`."""
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]
        self.choice, self._order, self._currency = choice, list(order), currency
        self._number, self._count, self._corrections = number, count, corrections
        self._counted = isinstance(choice.contest.ballot, Knapsack)
        self._place = self._order[0]
        self._only: Only = ALL
        self._query = ""
        self._asking: Literal["", "find", "give"] = ""
        self._answer = ""
        self._typed = NumberTyped()
        self._shown: list[Shown] = []
        self._composing = False

    @property
    def place(self) -> int:
        """The project that the cursor is at."""
        return self._place

    @property
    def places(self) -> list[int]:
        """The projects listed, in this voter's order."""
        return listed(self._order, self._shown, self.choice, self._only, folded(self._query))

    def heading(self) -> str:
        title = self.words.text(self.choice.contest.title)
        if self._count == 1:
            return title
        return self.words(
            "{title} ({number} of {count})", title=title, number=self._number, count=self._count
        )

    def spoken(self) -> str:
        parts = (self.heading(), self._manner.how(), self._manner.meter())
        return " ".join(part if part.endswith(".") else f"{part}." for part in parts)

    def keys(self) -> Sequence[tuple[str, str]]:
        keys = [(self.words("Enter"), self._manner.press_does())]
        steps = self._manner.steps_do()
        return [*keys, ("+ −", steps)] if steps else keys

    @property
    def _manner(self) -> Manner:
        return manner_of(self.choice, self.words, self._currency)

    def _projects(self, words: Words) -> list[Shown]:
        return shown_projects(self.choice.contest, self._corrections, self._currency, words)

    def body(self) -> ComposeResult:
        manner, size = self._manner, self.people.size_step
        self._shown = self._projects(self.words)
        ranks = isinstance(self.choice.contest.ballot, Ranking)
        yield Static(manner.how(), id="how", markup=False)
        yield Meter(manner, size, id="meter")
        with Horizontal(id="asked", classes="" if self._asking or self._query else "-away"):
            yield Static(id="question", markup=False)
            # Focused, it would select the letter that opened it, and the next would replace that.
            yield Input(self._answer, compact=True, select_on_focus=False, id="answer")
        yield Static(id="listed", classes="-away", markup=False)
        yield Static(id="message", markup=False)
        with Container(id="middle"):
            yield ProjectList(
                self._shown,
                manner,
                moved=self._moved,
                acted=self._act,
                spoken=self._spoken_project,
                counted=self._counted,
                size_step=size,
                id="projects",
            )
            with Container(id="side"):
                if ranks:
                    yield OrderSoFar(manner, self._shown, id="ranks")
                yield Detail(self.words, id="detail")
        yield self._bar()

    def _bar(self) -> Horizontal:
        _ = self.words
        buttons = (
            ("back", "Esc", _("Back")),
            ("clear", "", _("Clear all")),
            ("find", "/", _("Search")),
            ("only", "*", _("Show only")),
            ("details", "F9", _("Details")),
            ("next", "F10", _("Next")),
        )
        made = (Button(f"{key} {text}".strip(), id=name) for name, key, text in buttons)
        return Horizontal(*made, classes="bar")

    def on_mount(self) -> None:
        self._list()

    async def recompose(self) -> None:
        self._composing = True
        await super().recompose()
        self._composing = False
        self._list()

    def _list(self) -> None:
        """Put the list, and all that depends on it, in the state that is kept.

        Composing takes many turns, and a key or click may come between: what isn't there then is
        put right at its end. Nor is anything there once the screen was left meanwhile.
        """
        if self._composing:
            return
        places = self.places
        if places and self._place not in places:
            self._place = places[0]
        for projects in self.query(ProjectList):
            projects.show(places, self._place)
        shortened = len(places) < len(self._order) or self._only != ALL
        self._put("#listed", self._said_of(len(places)), away=not shortened)
        self.query("#asked").set_class(not (self._asking or self._query), "-away")
        question = self.words("Search:")
        if self._asking == "give":
            question = self._manner.ask(self._shown[self._place].number)
        self._put("#question", question)
        self._show_project()

    def _put(self, where: str, text: str, *, away: bool = False, refused: bool = False) -> None:
        """A text into its line; only where the text decides on the width things move."""
        for line in self.query(where).results(Static):
            line.set_class(away, "-away").set_class(refused, "-refused")
            if line.content != text:
                line.update(text, layout=where == "#question")

    def _said_of(self, listed: int) -> str:
        """How many projects are listed, and why no more."""
        _ = self.words
        count = _.number(len(self._order))
        only = "" if self._only == ALL else f" ({self._only.named(self._shown, _)})"
        return _.many(
            "{n} of {count} projects{only}. Esc shows all.",
            "{n} of {count} projects{only}. Esc shows all.",
            listed,
            count=count,
            only=only,
        )

    def _show_project(self) -> None:
        here = self._shown[self._place] if self.places else None
        for pane in self.query(Detail):
            pane.show(here, counted=self._counted)
        for ranks in self.query(OrderSoFar):
            ranks.show(self._place)

    def _spoken_project(self) -> str:
        if not self.places:
            return ""
        shown, state = self._shown[self._place], self._manner.state(self._place)
        parts = [
            self.words("Project {number}", number=shown.number),
            shown.title,
            shown.counted if self._counted else shown.cost,
            self.words("withdrawn: can't win") if shown.withdrawn else "",
            state or self._manner.nothing(),
            self._manner.hint(self._place),
        ]
        return ". ".join(part for part in parts if part)

    def _say(self, text: str, *, refused: bool = False) -> None:
        self._put("#message", f"! {text}" if refused else text, refused=refused)
        self.people.announce(text)

    def _moved(self, place: int) -> None:
        """The cursor went to this project."""
        raise NotImplementedError

    def _act(self, act: Act, place: int) -> None:
        """A button of this project was asked for."""
        raise NotImplementedError
