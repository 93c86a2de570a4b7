"""A notice to be read, and a question with a few answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from pbvote_kiosk.look.base import PeopleScreen


class Notice(PeopleScreen[None]):
    """Something to read; any way out leads back. The texts are translated already."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, title: str, text: str, *, loud: bool = False) -> None:
        super().__init__(classes="-loud" if loud else "")
        self._title, self._text = title, text

    def heading(self) -> str:
        return self._title

    def spoken(self) -> str:
        return f"{self._title}. {self._text}"

    def body(self) -> ComposeResult:
        yield Static(self._text, classes="text", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(self.words("Go on"), id="go-on", variant="primary")

    def on_button_pressed(self) -> None:
        self.dismiss()


class Question(PeopleScreen[str]):
    """A question; the id of the answer chosen, "" for Escape. The first answer is focused."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]

    def __init__(
        self, title: str, text: str, answers: Sequence[tuple[str, str]], *, loud: bool = False
    ) -> None:
        """`answers`: id and words of each; the safest first, as Enter chooses it."""
        super().__init__(classes="-loud" if loud else "")
        self._title, self._text, self._answers = title, text, answers

    def heading(self) -> str:
        return self._title

    def spoken(self) -> str:
        return f"{self._title}. {self._text}"

    def body(self) -> ComposeResult:
        yield Static(self._text, classes="text", markup=False)
        with Horizontal(classes="buttons"):
            for number, (name, answer) in enumerate(self._answers):
                yield Button(answer, id=name, variant="default" if number else "primary")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")
