"""One project to itself, with all of its text."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from pbvote_kiosk.ballot.panels import detail, facts
from pbvote_kiosk.ballot.shown import Shown
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen


class Reading(VerticalScroll, can_focus=True):
    """A text that the arrow keys scroll."""

    def __init__(self, text: Static, spoken: str, *, id: str) -> None:
        super().__init__(text, id=id)
        self._spoken = spoken

    def spoken(self) -> str:
        """The whole text."""
        return self._spoken


class ProjectScreen(PeopleScreen[None]):
    """A project's whole text, longer than a pane."""

    CSS_PATH = "ballot.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,f9", "dismiss", show=False),
    ]
    help_text = N_("All that is known of this project. The arrow keys scroll, Enter goes back.")

    def __init__(self, shown: Callable[[Words], Shown], *, counted: bool) -> None:
        """`shown`: the project in the language that is chosen now."""
        super().__init__()
        self._shown, self._counted = shown, counted

    def heading(self) -> str:
        return self.words("Project {number}", number=self._shown(self.words).number)

    def body(self) -> ComposeResult:
        shown = self._shown(self.words)
        text = detail(shown, self.words, counted=self._counted, spaced=True)
        spoken = ". ".join([shown.title, *facts(shown, self.words, self._counted)])
        yield Reading(Static(text, classes="text", markup=False), spoken, id="reading")
        with Horizontal(classes="bar"):
            yield Button(self.words("Enter Back to the list"), id="back")

    def on_button_pressed(self) -> None:
        self.dismiss()
