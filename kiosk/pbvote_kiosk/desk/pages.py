"""The desk's menu, and pages of text that can be saved or printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen


class DeskMenu(PeopleScreen[str]):
    """What the desk does besides handing out cards; gives the id of what was chosen, or ""."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('')", show=False),
        Binding("f9", "dismiss('')", show=False),
    ]
    help_text = N_("The arrows choose, Enter opens. What can't be taken back asks first.")

    def __init__(
        self,
        entries: Callable[[Words], Sequence[tuple[str, str]]],
        title: Callable[[Words], str] = lambda _: _("Menu"),
    ) -> None:
        """`entries`: id and words of each."""
        super().__init__()
        self._entries, self._title = entries, title

    def heading(self) -> str:
        return self._title(self.words)

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Esc"), self.words("Back")),)

    def body(self) -> ComposeResult:
        options = [Option(text, id=name) for name, text in self._entries(self.words)]
        yield OptionList(*options, id="entries", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#entries").focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.people.announce(str(event.option.prompt))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id or "")


class Page(PeopleScreen[str]):
    """A text to read, with things to do with it; gives the id of what was chosen, or ""."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]
    help_text = N_("Page up and Page down show what doesn't fit.")

    def __init__(
        self,
        title: Callable[[Words], str],
        lines: Callable[[Words], Sequence[str]],
        acts: Callable[[Words], Sequence[tuple[str, str]]] = lambda _: (),
    ) -> None:
        super().__init__()
        self._title, self._lines, self._acts = title, lines, acts

    def heading(self) -> str:
        return self._title(self.words)

    def spoken(self) -> str:
        return ". ".join((self.heading(), *self._lines(self.words)))

    def keys(self) -> Sequence[tuple[str, str]]:
        return (
            (self.words("Page up/Page down"), self.words("Read on")),
            (self.words("Esc"), self.words("Back")),
        )

    def body(self) -> ComposeResult:
        with Horizontal(classes="buttons"):
            yield Button(self.words("Back"), id="back", variant="primary")
            for name, text in self._acts(self.words):
                yield Button(text, id=name)
        yield Static("\n".join(self._lines(self.words)), id="text", markup=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss("" if event.button.id == "back" else event.button.id or "")
