"""A contest's ballot on the screen: the list of projects, and all that is done with it.

The choice lies in the `Choice` that the screen is given; the screen keeps only where the cursor
is, what is searched and which projects are listed, so that composing it again loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Button, Input, Static

from pbvote.core.manifest import Correction
from pbvote.core.selection import Knapsack, Ranking
from pbvote.registry.words import folded
from pbvote_kiosk.ballot.choice import Choice, Refusal
from pbvote_kiosk.ballot.manner import Act, Manner, manner_of
from pbvote_kiosk.ballot.numbers import NumberTyped
from pbvote_kiosk.ballot.only import ALL, Only, OnlyScreen, listed
from pbvote_kiosk.ballot.panels import Detail, Meter, OrderSoFar
from pbvote_kiosk.ballot.project_list import ProjectList
from pbvote_kiosk.ballot.project_screen import ProjectScreen
from pbvote_kiosk.ballot.shown import Shown, shown_projects
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen
from pbvote_kiosk.look.dialogs import Question

Step = Literal["next", "back"]
_SIGNS: Mapping[str, Act] = {"+": "more", "-": "less", " ": "press"}
BLANK = N_("You have chosen nothing: this is a blank ballot. It counts as blank.")


class BallotScreen(PeopleScreen[Step]):
    """One contest. Dismisses with "next" only if the choice is valid; blank after a question."""

    CSS_PATH = "ballot.tcss"
    AUTO_FOCUS = "#projects"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "details", show=False),
        Binding("f10", "next", show=False),
        Binding("escape", "back", show=False),
    ]
    help_text = N_(
        "Arrow keys: move through the projects. Enter: choose, or take back. + and −: more or"
        " less, or up and down in your order. Digits: go to the project with this printed number."
        " Letters, or /: search. *: show only some projects. F9: all of a project's text."
        " F10: go on. You can come back and change everything before you cast your ballot."
    )

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

    # --- what is shown ----------------------------------------------------------------------------

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
            yield Input(self._answer, compact=True, id="answer")
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
        n, count = _.number(listed), _.number(len(self._order))
        only = "" if self._only == ALL else f" ({self._only.named(self._shown, _)})"
        return _("{n} of {count} projects{only}. Esc shows all.", n=n, count=count, only=only)

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

    # --- acts -------------------------------------------------------------------------------------

    def _moved(self, place: int) -> None:
        self._place = place
        self._typed.forget()
        self._put("#message", "")
        self._show_project()
        self.people.announce(self._spoken_project())

    def _act(self, act: Act, place: int) -> None:
        self._typed.forget()
        if act == "press" and self._manner.asks:
            self._open("give")
        else:
            self._done(place, self._manner.act(act, place))

    def _done(self, place: int, refusal: Refusal | None) -> None:
        """Show and say what an act changed, or why it didn't."""
        manner = self._manner
        if refusal is not None:
            self._say(manner.refused(refusal), refused=True)
            return
        self._say(manner.changed(place, self._shown[place].number))
        self.people.announce(manner.meter())
        for changed in (ProjectList, Meter, OrderSoFar):
            self.query(changed).refresh()

    async def on_key(self, event: events.Key) -> None:
        """What is typed outside a field: signs act, digits find a number, letters search."""
        character = event.character
        if not event.is_printable or character is None or isinstance(self.focused, Input):
            return
        event.stop()
        event.prevent_default()
        if character == "/":
            self.action_find()
        elif character == "*":
            self.action_only()
        elif character in _SIGNS:
            self._sign(_SIGNS[character])
        elif character.isalnum():
            self._type(character)

    def _sign(self, act: Act) -> None:
        """Act on the project only where the cursor is seen to be; space presses a button."""
        if isinstance(self.focused, ProjectList):
            self.focused.action_act(act)
        elif isinstance(self.focused, Button) and act == "press":
            self.focused.press()

    def _type(self, character: str) -> None:
        numbers = {place: folded(self._shown[place].number) for place in self._order}
        place = self._typed.take(folded(character), numbers, self.people.monotonic())
        if place is not None:
            self._go(place)
            return
        text = self._typed.text
        self._typed.forget()
        if character.isdigit():
            self._say(self.words("No project has the number {number}.", number=text), refused=True)
        else:
            self._open("find", text if text.isalpha() else character)

    def _go(self, place: int) -> None:
        """Move to a project, whatever is listed."""
        self._place = place
        if place in (places := self.places):
            for projects in self.query(ProjectList):
                projects.show(places, place)
            self._show_project()
        else:
            self._only, self._query = ALL, ""
            self._ask_for("")
            self._list()
        self.query(ProjectList).focus()
        self._say(self._spoken_project())

    # --- the field --------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Search."""
        self._open("find")

    def _open(self, asking: Literal["find", "give"], text: str = "") -> None:
        self._asking = asking
        self._put("#message", "")
        self._ask_for(text or (self._query if asking == "find" else ""))
        self._list()
        self.query(Input).focus()
        for question in self.query("#question").results(Static):
            self.people.announce(str(question.content))

    def _ask_for(self, text: str) -> None:
        self._answer = text
        for field in self.query(Input):
            field.max_length = 4 if self._asking == "give" else 60
            field.value = text
            field.cursor_position = len(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._answer = event.value
        if self._asking == "find" and event.value != self._query:
            self._query = event.value
            self._list()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        asking, text = self._asking, event.value.strip()
        self._close()
        if asking == "give" and text:
            if text.isascii() and text.isdigit():
                self._done(self._place, self._manner.give(self._place, int(text)))
            else:
                self._say(self.words("Type digits only."), refused=True)
        elif asking == "find":
            found = len(self.places)
            self.people.announce(self.words.many("{n} project", "{n} projects", found))

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Left for something else: the question is withdrawn, a search holds."""
        gone = self._composing or event.input not in self.query(Input)
        if self._asking and not gone and not isinstance(self.focused, Input):
            self._asking = ""
            self._ask_for(self._query)
            self._list()

    def _close(self) -> None:
        """Back to the list; what was searched stays."""
        self._asking = ""
        self._ask_for(self._query)
        self._list()
        self.query(ProjectList).focus()

    # --- ways out ---------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Out of a field, then all projects again, then the screen before."""
        if self._asking == "give":
            self._close()
        elif self._asking or self._query or self._only != ALL:
            self._query, self._only = "", ALL
            self._close()
        else:
            self.dismiss("back")

    def action_next(self) -> None:
        """On, if the choice is whole; a blank one after a question."""
        missing = self.choice.missing()
        if missing is not None:
            self._say(self._manner.refused(missing), refused=True)
        elif self.choice.is_blank:
            answers = (
                ("stay", lambda _: _("Back to the projects")),
                ("blank", lambda _: _("Leave it blank and go on")),
            )
            question = Question(lambda _: _("Blank ballot"), lambda _: _(BLANK), answers)
            self.people.push_screen(question, self._blank)
        else:
            self.dismiss("next")

    def _blank(self, answer: str | None) -> None:
        if answer == "blank":
            self.dismiss("next")

    def action_clear(self) -> None:
        """Blank again, after a question."""
        if self.choice.is_blank:
            self._say(self.words(BLANK))
            return
        answers = (
            ("keep", lambda _: _("Keep my choice")),
            ("clear", lambda _: _("Clear all")),
        )
        text = N_("Take back all that you chose here? You can begin again at once.")
        question = Question(lambda _: _("Clear all"), lambda _: _(text), answers)
        self.people.push_screen(question, self._clear)

    def _clear(self, answer: str | None) -> None:
        if answer == "clear":
            self.choice.clear()
            self._list()
            self.query(Meter).refresh()
            self._say(self.words(BLANK))

    def action_only(self) -> None:
        """Choose which projects are listed."""
        self.people.push_screen(
            OnlyScreen(self._projects, self.choice, self._only), self._show_only
        )

    def _show_only(self, only: Only | None) -> None:
        self._only = only or ALL
        self._query = ""
        self._close()

    def action_details(self) -> None:
        """All of the project's text."""
        if not self.places:
            return
        place = self._place
        self.people.push_screen(
            ProjectScreen(lambda words: self._projects(words)[place], counted=self._counted)
        )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        ways = {
            "back": self.action_back,
            "clear": self.action_clear,
            "find": self.action_find,
            "only": self.action_only,
            "details": self.action_details,
            "next": self.action_next,
        }
        ways[event.button.id or ""]()
