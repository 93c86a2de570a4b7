"""The frame of every page on the wall: title, where the count is, what is being done, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from pbvote.screens import KeysLine
from pbvote_tally.language import N_, Words
from pbvote_tally.show.posting import Line
from pbvote_tally.show.said import minutes

if TYPE_CHECKING:
    from pbvote_tally.show.app import ShowApp
    from pbvote_tally.show.work import Work

Result = TypeVar("Result")
Said = str | Callable[[Words], str]
"""A text as it stands, or how to say it in the language that is chosen when it is shown."""
ACTS = (
    ("boxes", N_("Boxes")),
    ("closing", N_("Closing")),
    ("merge", N_("Check")),
    ("trustees", N_("Mixing")),
    ("count", N_("Count")),
    ("result", N_("Result")),
)
"""The acts in order, by the names of their pages."""
MARKS = {"running": "▶", "done": "✓", "failed": "✗", "note": "!"}
BAR = 20


def said(text: Said, words: Words) -> str:
    """The text in these words."""
    return text if isinstance(text, str) else text(words)


def bar(part: float, width: int) -> str:
    """A bar of blocks; its whole length is `width` columns."""
    full = round(part * width * 2)
    return ("█" * (full // 2) + "▌" * (full % 2)).ljust(width)


def low_bar(part: float, width: int) -> str:
    """The same half as high, so that bars beneath each other stay apart."""
    return ("▄" * round(part * width)).ljust(width)


class Scrolled(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Holds what may not fit. Arrow keys go through it to the next thing; its screen pages it."""


class ShowScreen(Screen[Result]):
    """A screen with a frame. Subclasses give `heading` and `body`, composed from their state."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]
    AUTO_FOCUS = ""  # that and `focus()` come later, perhaps to what was taken away: keys get lost
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012 - as Textual declares it

    @property
    def show(self) -> ShowApp:
        """The app, as what it is."""
        return cast("ShowApp", self.app)

    @property
    def words(self) -> Words:
        """The words of the language now chosen."""
        return self.show.words

    def heading(self) -> str:
        """The screen's title, in words."""
        return ""

    def body(self) -> ComposeResult:
        """The widgets between title and keys."""
        yield from ()

    def choices(self) -> Sequence[tuple[str, str]]:
        """Id and words of what can be chosen now, the usual first; they stay in sight."""
        return ()

    def keys(self) -> Sequence[tuple[str, str]]:
        """The screen's own keys and what they do."""
        return ()

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static(self.heading(), id="heading", markup=False)
            if banner := self.show.banner():
                yield Static(banner, id="banner", markup=False)
        yield Static(self.show.acts_line(), id="acts", markup=False)
        with Scrolled(id="body"):
            yield from self.body()
        with Scrolled(id="choices"):
            for name, text in self.choices():
                yield Button(text, id=name, disabled=self.show.is_busy)
        yield JobView(id="job")
        keys = (*self.keys(), *self.show.common_keys())
        yield KeysLine([f"{key} {what}" for key, what in keys], id="keys")

    _is_composing = False
    _is_stale = False

    async def recompose(self) -> None:
        """Compose again from what is so now.

        Asked for meanwhile, by a key or an act that ends, it is done once more after that: two at
        a time would leave the older of them on the screen.
        """
        self._is_stale = True
        if self._is_composing:
            return
        self._is_composing = True
        try:
            while self._is_stale:
                self._is_stale = False
                await self._compose_again()
        finally:
            self._is_composing = False

    async def _compose_again(self) -> None:
        """With the same widget focused, or else the first that can be."""
        focused = None if self.focused is None else self.focused.id
        self.set_focus(None)  # or keys would go to the widget that is taken away
        await super().recompose()
        found = self.query(f"#{focused}") if focused is not None else None
        if found:
            self.set_focus(found.first())
        else:
            self.focus_first()
        self.refresh_job()

    def focus_first(self) -> None:
        """Focus the first button."""
        for button in self.query(Button):
            if button.focusable:
                self.set_focus(button)
                return

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Give the result once, and go: of two quick keys the second finds the screen gone."""
        if self.app.screen is not self:
            return AwaitComplete()
        return super().dismiss(result)

    def action_page(self, step: int) -> None:
        """Show what of the body doesn't fit."""
        for body in self.query("#body").results(VerticalScroll):
            body.scroll_relative(y=step * max(1, body.size.height - 1), animate=False)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        self.refresh_job()

    def refresh_job(self) -> None:
        """Show how far the running act is."""
        for view in self.query(JobView):
            view.show(self.show.lines)


class Page(ShowScreen[None]):
    """An act of the count: something to read, and what can be done now."""

    name_of_act: ClassVar[str] = ""

    @classmethod
    def is_ready(cls, work: Work) -> bool:
        """Whether there is something to show on it now."""
        raise NotImplementedError

    async def chosen(self, choice: str) -> None:
        """Do it; runs in a worker and may wait for dialogs and acts."""

    async def on_shown(self) -> None:
        """What is done by itself when the page comes up."""

    def keys(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        return [("↑↓", _("Choose")), (_("Enter"), _("Do it")), (_("PgUp/PgDn"), _("Read on"))]

    def on_mount(self) -> None:
        self.focus_first()
        self.show.run_flow(self.on_shown, waits=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = event.button.id or ""
        self.show.run_flow(lambda: self.chosen(name))


class JobView(Widget):
    """The steps of the running act: what is done, what is being done, and for how long."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="-empty")
        self._lines: tuple[Line, ...] = ()

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these steps."""
        self._lines = lines
        self.set_class(not lines, "-empty")
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return min(len(self._lines), self._most(viewport.height))

    def _most(self, rows: int) -> int:
        """How many lines there is room for: more while something is being done."""
        is_running = any(line.mark == "running" for line in self._lines)
        return (5 if is_running else 2) + (3 if rows >= 30 else 0)

    def render(self) -> Text:
        width = self.content_size.width
        lines = self._lines[-self._most(self.app.size.height) :]
        return Text("\n".join(self._drawn(line, width) for line in lines), no_wrap=True)

    def _drawn(self, line: Line, width: int) -> str:
        app = cast("ShowApp", self.app)
        text = f"{MARKS[line.mark]} {app.said_of(line)}"
        spent = minutes(line.seconds(app.monotonic()))
        if line.mark == "running" and line.total:
            part = min(1.0, line.done / line.total)
            spent = f"[{bar(part, BAR)}] {int(100 * part):>3} %  {spent}"
        room = max(0, width - cell_len(spent) - 1)
        shown = Text(text)
        shown.truncate(room, overflow="ellipsis", pad=True)
        return f"{shown.plain} {spent}"
