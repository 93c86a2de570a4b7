"""What the wall asks for: a place, a passphrase, a reason, a yes; and what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input, Static

from pbvote_tally.show.frame import Said, ShowScreen, said


class Notice(ShowScreen[None]):
    """Something to read; any way out leads back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, title: Said, text: Said, *, loud: bool = False) -> None:
        super().__init__(classes="-loud" if loud else "")
        self._title, self._text = title, text

    def heading(self) -> str:
        return said(self._title, self.words)

    def body(self) -> ComposeResult:
        yield Static(said(self._text, self.words), classes="text", markup=False)

    def choices(self) -> Sequence[tuple[str, str]]:
        return [("go-on", self.words("Go on"))]

    def keys(self) -> Sequence[tuple[str, str]]:
        return [(self.words("Enter"), self.words("Go on"))]

    def on_mount(self) -> None:
        self.focus_first()

    def on_button_pressed(self) -> None:
        self.dismiss()


class Question(ShowScreen[str]):
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

    def body(self) -> ComposeResult:
        yield Static(said(self._text, self.words), classes="text", markup=False)

    def choices(self) -> Sequence[tuple[str, str]]:
        return [(name, said(answer, self.words)) for name, answer in self._answers]

    def keys(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        return [("↑↓", _("Choose")), (_("Enter"), _("Do it")), ("Esc", _("Back"))]

    def on_mount(self) -> None:
        self.focus_first()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")


class Ask(ShowScreen[str]):
    """A text that is typed; "" for Escape or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]

    def __init__(self, title: Said, text: Said) -> None:
        super().__init__()
        self._title, self._text = title, text

    def heading(self) -> str:
        return said(self._title, self.words)

    def field(self) -> Input:
        """Where it is typed."""
        return Input(id="field")

    def body(self) -> ComposeResult:
        yield Static(said(self._text, self.words), classes="text", markup=False)
        yield self.field()

    def keys(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        return [(_("Enter"), _("Go on")), ("Esc", _("Back"))]

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#field", Input))

    async def _compose_again(self) -> None:
        """In another language what was typed stays."""
        typed = self.query_one("#field", Input).value
        await super()._compose_again()
        field = self.query_one("#field", Input)
        field.value = typed
        self.set_focus(field)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


class SecretInput(Input):
    """Hides what is typed, and posts it to nobody: its screen takes it out, once."""

    def __init__(self) -> None:
        super().__init__(password=True, id="field")

    def _watch_value(self, value: str) -> None:
        with self.prevent(Input.Changed):
            super()._watch_value(value)

    def action_copy(self) -> None:
        """It goes into no clipboard."""

    def action_cut(self) -> None:
        """Nor by this key."""

    async def action_submit(self) -> None:
        """Hand it to the screen, not to a message."""
        value, self.value = self.value, ""
        screen = self.screen
        if isinstance(screen, AskPassphrase):
            screen.dismiss(value)


class AskPassphrase(Ask):
    """A passphrase; it is shown as dots and stands in no message."""

    def field(self) -> Input:
        return SecretInput()


class AskPlace(ShowScreen[Path]):
    """A folder or stick: one of those found, or typed. None for Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, title: Said, text: Said, found: Sequence[Path]) -> None:
        super().__init__()
        self._title, self._text, self._found = title, text, list(dict.fromkeys(found))

    def heading(self) -> str:
        return said(self._title, self.words)

    def body(self) -> ComposeResult:
        _ = self.words
        yield Static(said(self._text, self.words), classes="text", markup=False)
        yield Static(
            _("Choose below, or type the folder:") if self._found else _("Type the folder:"),
            classes="label",
            markup=False,
        )
        yield Input(id="field")

    def choices(self) -> Sequence[tuple[str, str]]:
        return [(f"place-{number}", str(place)) for number, place in enumerate(self._found)]

    def keys(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        return [("↑↓", _("Choose")), (_("Enter"), _("Go on")), ("Esc", _("Back"))]

    def on_mount(self) -> None:
        if self._found:
            self.focus_first()
        else:
            self.set_focus(self.query_one("#field", Input))

    async def _compose_again(self) -> None:
        """In another language what was typed stays."""
        typed = self.query_one("#field", Input).value
        await super()._compose_again()
        self.query_one("#field", Input).value = typed

    def on_button_pressed(self, event: Button.Pressed) -> None:
        number = int((event.button.id or "place-0").removeprefix("place-"))
        self.dismiss(self._found[number])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(Path(event.value.strip()).expanduser())
