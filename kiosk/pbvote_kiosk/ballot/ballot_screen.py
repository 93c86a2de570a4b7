"""A contest's ballot on the screen: all that is done with it by key, mouse or touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input, Static

from pbvote.words import folded
from pbvote_kiosk.ballot.ballot_frame import BallotFrame
from pbvote_kiosk.ballot.choice import Refusal
from pbvote_kiosk.ballot.manner import Act
from pbvote_kiosk.ballot.only import ALL, Only, OnlyScreen
from pbvote_kiosk.ballot.panels import Meter, OrderSoFar
from pbvote_kiosk.ballot.project_list import ProjectList
from pbvote_kiosk.ballot.project_screen import ProjectScreen
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.dialogs import Question

_SIGNS: Mapping[str, Act] = {"+": "more", "-": "less", " ": "press"}
BLANK = N_("You have chosen nothing here: this is a blank ballot. It counts as blank.")


class BallotScreen(BallotFrame):
    """One contest. Dismisses with "next" only if the choice is valid; blank after a question."""

    CSS_PATH = "ballot.tcss"
    AUTO_FOCUS = "#projects"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "details", show=False),
        Binding("f10", "next", show=False),
        Binding("escape", "back", show=False),
    ]
    help_text = N_(
        "Arrow keys: move through the projects.\nEnter: choose, or take back.\n"
        "+ and −: more or less, or up and down in your order.\n"
        "Digits: go to the project with this printed number.\nLetters, or /: search.\n"
        "*: show only some projects.\nF9: all of a project's text.\nF10: go on.\n"
        "You can come back and change everything before you cast your ballot."
    )

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
