"""A page of lines to read, with a code beside them and a few buttons below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen, Scanned
from pbvote_kiosk.look.dialogs import Said, said
from pbvote_kiosk.look.qr_view import QrView

Lines = Callable[[Words], Sequence[str]]


class Page(PeopleScreen[str]):
    """Lines in the language chosen; dismisses with the id of the button, "" for back."""

    DEFAULT_CSS = """
    Page #beside { height: 1fr; }
    Page #left { width: 1fr; height: 1fr; }
    Page #lines { height: 1fr; scrollbar-size-vertical: 1; }
    Page .line { height: auto; }
    Page .buttons { margin-top: 1; }
    Page .buttons Button { margin: 0 2 0 0; min-width: 12; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]
    help_text = N_("Read with Page up and Page down. Enter presses the marked button.")

    def __init__(
        self,
        title: Said,
        lines: Lines,
        *,
        code: str = "",
        buttons: Sequence[tuple[str, Said]] = (),
        loud: bool = False,
        on_scan: Callable[[str], Said] | None = None,
    ) -> None:
        """`buttons` stand before "Back"; `on_scan` says what a scan on this page means."""
        super().__init__(classes="-loud" if loud else "")
        self._title, self._lines, self._code = title, lines, code
        self._buttons, self._on_scan = buttons, on_scan
        self._scan_said: Said = ""

    def heading(self) -> str:
        return said(self._title, self.words)

    def spoken(self) -> str:
        return ". ".join((self.heading(), *self._lines(self.words)))

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Esc"), self.words("Back")),)

    def body(self) -> ComposeResult:
        with Horizontal(id="beside"):
            with Vertical(id="left"):
                with VerticalScroll(id="lines", can_focus=False):
                    if scanned := said(self._scan_said, self.words):
                        yield Static(scanned, classes="text strong", markup=False)
                    for line in self._lines(self.words):
                        yield Static(line, classes="line", markup=False)
                with Horizontal(classes="buttons"):
                    for name, label in self._buttons:
                        # A stick may be called [/].
                        yield Button(Content(said(label, self.words)), id=name)
                    yield Button(self.words("Back"), id="back", variant="primary")
            if self._code:
                yield QrView(self._code)

    def action_page(self, step: int) -> None:
        """Show what of the lines doesn't fit."""
        for lines in self.query("#lines").results(VerticalScroll):  # none while composed again
            lines.scroll_relative(y=step * max(1, lines.size.height - 1), animate=False)

    async def on_scanned(self, event: Scanned) -> None:
        """Say what was read, if this page is about that."""
        if self._on_scan is not None:
            self._scan_said = self._on_scan(event.text)
            await self.recompose()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss("" if event.button.id == "back" else event.button.id)


class Busy(PeopleScreen[None]):
    """Something takes a while; it goes away by itself."""

    def __init__(self, title: Said) -> None:
        super().__init__()
        self._title = title

    def heading(self) -> str:
        return said(self._title, self.words)

    def body(self) -> ComposeResult:
        yield Static(self.words("One moment …"), classes="text strong", markup=False)


class Menu(OptionList):
    """Things to do, one a line; the marked one is read aloud."""

    DEFAULT_CSS = """
    Menu { height: auto; max-height: 100%; border: none; padding: 0; }
    Menu:focus { border: none; }
    Menu > .option-list--option-highlighted { text-style: bold reverse; }
    """

    def __init__(self, entries: Sequence[tuple[str, str]], *, at: str = "") -> None:
        """`entries`: id and words of each; `at` is marked first."""
        super().__init__(*(Option(f" {words}", id=name) for name, words in entries), id="menu")
        names = [name for name, _ in entries]
        self.highlighted = names.index(at) if at in names else 0 if names else None

    @property
    def marked(self) -> str:
        """The id of the marked entry."""
        if self.highlighted is None:
            return ""
        return self.get_option_at_index(self.highlighted).id or ""

    def spoken(self) -> str:
        """What is read aloud when it is focused."""
        if self.highlighted is None:
            return ""
        return str(self.get_option_at_index(self.highlighted).prompt).strip()
