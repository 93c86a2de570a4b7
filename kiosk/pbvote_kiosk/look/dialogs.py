"""A notice to be read, and a question with a few answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from pbvote_kiosk.language import Words
from pbvote_kiosk.look.base import PeopleScreen

Said = str | Callable[[Words], str]
"""A text as it stands, or how to say it in the language that is chosen when it is shown."""


def said(text: Said, words: Words) -> str:
    """The text in these words."""
    return text if isinstance(text, str) else text(words)


class Notice(PeopleScreen[None]):
    """Something to read; any way out leads back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, title: Said, text: Said, *, loud: bool = False) -> None:
        super().__init__(classes="-loud" if loud else "")
        self._title, self._text = title, text

    def heading(self) -> str:
        return said(self._title, self.words)

    def spoken(self) -> str:
        return f"{self.heading()}. {said(self._text, self.words)}"

    def body(self) -> ComposeResult:
        yield Static(said(self._text, self.words), classes="text", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(self.words("Go on"), id="go-on", variant="primary")

    def on_button_pressed(self) -> None:
        self.dismiss()


class Question(PeopleScreen[str]):
    """A question; the id of the answer chosen, "" for Escape. The first answer is focused."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]

    def __init__(
        self, title: Said, text: Said, answers: Sequence[tuple[str, Said]], *, loud: bool = False
    ) -> None:
        """`answers`: id and words of each; the safest first, as Enter chooses it."""
        super().__init__(classes="-loud" if loud else "")
        self._title, self._text, self._answers = title, text, answers

    def heading(self) -> str:
        return said(self._title, self.words)

    def spoken(self) -> str:
        return f"{self.heading()}. {said(self._text, self.words)}"

    def body(self) -> ComposeResult:
        yield Static(said(self._text, self.words), classes="text", markup=False)
        with Horizontal(classes="buttons"):
            for number, (name, answer) in enumerate(self._answers):
                yield Button(
                    said(answer, self.words), id=name, variant="default" if number else "primary"
                )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")
