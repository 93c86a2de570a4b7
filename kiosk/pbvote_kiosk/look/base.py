"""The app and the screen that kiosk and desk build on.

A screen composes itself from its state, so that composing it again in another language or size
loses nothing. Keys go through the scan reader first: what a scanner types never reaches a button.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from textual import events
from textual._time import get_time
from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.keys import _character_to_key
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Static

from pbvote.screens import CONTRAST as CONTRAST_THEME
from pbvote.screens import KeysLine
from pbvote.unbroken import hold_together
from pbvote_kiosk.devices.scan import ENTER, Fed, ScanReader
from pbvote_kiosk.language import LANGUAGES, N_, Words
from pbvote_kiosk.ports import NoSpeaker, Speaker

SIZES = 3
PLAIN, CONTRAST = "plain", CONTRAST_THEME.name
LOW_AND_HIGH = [(0, "-low"), (34, "-high")]
"""Vertical breakpoints: classes by which a style sheet tells 24 rows from many."""
_RATES = (100, 130, 160, 190, 220)
_RATE = 2  # where it begins
_THEMES = (
    Theme(
        PLAIN,
        primary="#1d4e89",
        secondary="#375e97",
        warning="#8a4b00",
        error="#a4161a",
        success="#1b6e3c",
        accent="#1d4e89",
        foreground="#111111",
        background="#f7f7f2",
        surface="#ffffff",
        panel="#e4e7ec",
        dark=False,
    ),
    CONTRAST_THEME,
)


Result = TypeVar("Result")


class Scanned(Message):
    """A scanner read a text, put right; it goes to the screen that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def __repr__(self) -> str:
        return "Scanned()"  # the text may be a card: a secret


class Scrolled(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Holds what may not fit. Arrow keys go through it to the next thing; its screen pages it."""


class PeopleScreen(Screen[Result]):
    """A screen with a frame. Subclasses give `heading`, `body`, and what is read aloud."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,left", "app.focus_previous", show=False),
        Binding("down,right", "app.focus_next", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]
    help_text = N_("Use the arrow keys, Enter, and the keys shown at the bottom.")
    _refocused: str | None = None

    @property
    def words(self) -> Words:
        """The words of the language now chosen."""
        return self.people.words

    @property
    def people(self) -> PeopleApp:
        """The app, as what it is."""
        return cast("PeopleApp", self.app)

    def heading(self) -> str:
        """The screen's title, in words."""
        return ""

    def body(self) -> ComposeResult:
        """The widgets between title and keys."""
        yield from ()

    def spoken(self) -> str:
        """What is read aloud when the screen comes up, before the focused item."""
        return self.heading()

    def keys(self) -> Sequence[tuple[str, str]]:
        """The screen's own keys and what they do, shown before those of every screen."""
        return ()

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static(self.heading(), id="heading", markup=False)
            yield Static(self.people.banner(), id="banner", markup=False)
        with Scrolled(id="body"):
            yield from self.body()
        yield KeysLine(self._all_keys(), id="keys")

    def _all_keys(self) -> list[str]:
        keys = (*self.keys(), *self.people.common_keys())
        return [f"{key} {what}" for key, what in keys]

    async def recompose(self) -> None:
        """Compose again, with the same widget focused; also twice before the focus is back."""
        focused = self._refocused if self.focused is None else self.focused.id
        self._refocused = focused
        await super().recompose()
        if focused is not None and (found := self.query(f"#{focused}")):
            self.set_focus(found.first())  # `focus()` comes later, perhaps to what is gone by then

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Give the result, once, and go, with whatever lies above.

        Textual takes the topmost screen away instead, whichever it is: the second of two quick
        keys would end the next screen without an answer.
        """
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.pop_screen()
        return super().dismiss(result)

    def action_page(self, step: int) -> None:
        """Show what of the body doesn't fit."""
        for body in self.query("#body").results(VerticalScroll):  # none while it is composed again
            body.scroll_relative(y=step * max(1, body.size.height - 1), animate=False)

    async def on_key(self, event: events.Key) -> None:
        """Run bindings here and not, as Textual does, once the key has got to the app.

        A "+" that a screen takes itself would overtake the arrow key before it, and a key meant
        for one screen could act on the next.
        """
        event.stop()
        if self.is_current:
            await self.app._check_bindings(event.key)

    def on_mount(self) -> None:
        self.people.dress(self)

    def on_screen_resume(self) -> None:
        self.people.dress(self)
        if self.is_current:  # else it only came up while those above it went
            self.people.announce(self.spoken())
            if self.focused is not None:  # coming back, nothing gets the focus anew
                self.people.announce(spoken_of(self.focused))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.people.announce(spoken_of(event.widget))


def spoken_of(widget: Widget) -> str:
    """What is read aloud of a widget: its `spoken()`, or else its label."""
    spoken = getattr(widget, "spoken", None)
    if callable(spoken):
        return str(spoken())
    label = getattr(widget, "label", None)
    return str(label) if label else (widget.tooltip if isinstance(widget.tooltip, str) else "")


class PeopleApp(App[None], inherit_bindings=False):
    """A full-screen app for people, with nothing to escape to."""

    CSS_PATH: ClassVar[CSSPathType | None] = Path(__file__).with_name("people.tcss")
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", priority=True),
        Binding("f2", "language", priority=True),
        Binding("f3", "size", priority=True),
        Binding("f4", "contrast", priority=True),
        Binding("f5", "speech", priority=True),
        Binding("f6", "repeat", priority=True),
        Binding("f7", "rate(-1)", priority=True),
        Binding("f8", "rate(1)", priority=True),
    ]

    def __init__(
        self,
        *,
        languages: Sequence[str],
        offered: Sequence[str] = tuple(LANGUAGES),
        speaker: Speaker | None = None,
        speaks: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        test: bool = False,
    ) -> None:
        """`languages`: the election's, its own first; `offered`: those of the screens, in order.

        `test` marks every screen with TEST.
        """
        super().__init__()
        hold_together()
        self.election_language = languages[0]
        self.offered = tuple(offered)
        first = next((code for code in languages if code in offered), offered[0])
        self.words = Words(first, languages[0])
        self.home_words = self.words
        self.speaker: Speaker = speaker or NoSpeaker()
        self.can_speak = not isinstance(self.speaker, NoSpeaker)
        self.speaks = self.home_speaks = speaks and self.can_speak
        self.monotonic = monotonic
        self.test = test
        self.size_step = 0
        """0, 1 or 2: how large everything is."""
        self.last_input = monotonic()
        self.said = ""
        self._rate = _RATE
        self._announced: list[tuple[str, str]] = []
        self._scan = ScanReader()
        self._takes = 0
        for theme in _THEMES:
            self.register_theme(theme)
        self.theme = PLAIN

    def banner(self) -> str:
        """What stands at the top right of every screen."""
        return "TEST" if self.test else ""

    def common_keys(self) -> Sequence[tuple[str, str]]:
        """The keys of every screen."""
        _ = self.words
        keys = [("F1", _("Help"))]
        if others := [code.upper() for code in self.offered if code != self.words.language]:
            keys.append(("F2", "/".join(others)))
        keys += [("F3", _("Larger")), ("F4", _("Contrast"))]
        if self.can_speak:
            keys.append(("F5", _("Sound")))
            if self.speaks:
                keys += [("F6", _("Again")), ("F7/F8", _("Slower/Faster"))]
        return keys

    # --- language, size, contrast, speech ---------------------------------------------------------

    async def set_language(self, language: str) -> None:
        """Say everything in this language from now on."""
        self.words = Words(language, self.election_language)
        await self.compose_again()
        self.say_screen()

    async def action_language(self) -> None:
        """The next language."""
        place = self.offered.index(self.words.language) + 1
        await self.set_language(self.offered[place % len(self.offered)])

    async def compose_again(self) -> None:
        """Every screen anew, from its state."""
        for screen in self.screen_stack:
            if isinstance(screen, PeopleScreen):
                await screen.recompose()

    async def action_size(self) -> None:
        """The next of three text sizes."""
        self.size_step = (self.size_step + 1) % SIZES
        self._dress_all()
        await self.compose_again()

    def dress(self, screen: PeopleScreen[Any]) -> None:
        """Give a screen the classes of size and contrast; style sheets say what they look like."""
        for size in range(SIZES):
            screen.set_class(size == self.size_step, f"-size-{size}")
        screen.set_class(self.theme == CONTRAST, "-contrast")

    def action_contrast(self) -> None:
        """High contrast, and back."""
        self.theme = PLAIN if self.theme == CONTRAST else CONTRAST
        self._dress_all()

    def _dress_all(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, PeopleScreen):
                self.dress(screen)

    @property
    def looks_plain(self) -> bool:
        """Whether language, size and contrast are as they were at the start."""
        looks = (self.words.language, self.size_step, self.theme, self.speaks, self._rate)
        return looks == (self.home_words.language, 0, PLAIN, self.home_speaks, _RATE)

    def look_plain(self) -> None:
        """Language, size, contrast and speech as they were at the start: for the next person."""
        self.words = self.home_words
        self.size_step = 0
        self.theme = PLAIN
        self._dress_all()
        self.speaks = self.home_speaks
        if self._rate != _RATE:
            self._rate = _RATE
            self.speaker.set_rate(_RATES[_RATE])
        self.speaker.stop()
        self.said = ""

    async def action_speech(self) -> None:
        """Sound on, and off."""
        self.speaks = self.can_speak and not self.speaks
        if not self.speaks:
            self.speaker.stop()
        await self.compose_again()
        self.say_screen()

    def action_repeat(self) -> None:
        """The last thing said, again."""
        if self.speaks:
            self.speaker.say(self.said, self.words.language)

    def action_rate(self, step: int) -> None:
        """Slower or faster, and the last thing again."""
        self._rate = min(max(self._rate + step, 0), len(_RATES) - 1)
        self.speaker.set_rate(_RATES[self._rate])
        self.action_repeat()

    def announce(self, text: str) -> None:
        """Read this aloud; what is announced together is said together."""
        if self.speaks and text:
            self._announced.append((text, self.words.language))
            if len(self._announced) == 1:
                self.call_after_refresh(self._say_announced)

    def say_screen(self) -> None:
        """Read the screen that is shown from its beginning."""
        if isinstance(self.screen, PeopleScreen):
            self.announce(self.screen.spoken())
            if self.focused is not None:
                self.announce(spoken_of(self.focused))

    def _say_announced(self) -> None:
        language = self.words.language  # what was to be said in another one is of before
        texts = list(dict.fromkeys(text for text, of in self._announced if of == language))
        self._announced = []
        if self.speaks and texts:
            *before, last = texts
            self.said = ". ".join([*(part.rstrip(".") for part in before), last])
            self.speaker.say(self.said, language)

    def action_help(self) -> None:
        """What can be done on this screen."""
        from pbvote_kiosk.look.dialogs import Notice

        screen = self.screen
        if isinstance(screen, PeopleScreen) and not isinstance(screen, Notice):
            text = screen.help_text
            self.push_screen(Notice(lambda _: _("Help"), lambda _: _(text)))

    # --- keys -------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent) and not event.is_forwarded:
            self.last_input = self.monotonic()
        if isinstance(event, events.Paste) and not event.is_forwarded:
            for character in filter(str.isprintable, event.text):
                await self._take(self._scan.feed(character, self.monotonic()))
            await self._take(self._scan.flush(self.monotonic()))
        elif isinstance(event, events.Key) and not event.is_forwarded:
            await self._read(event)
        else:
            await super().on_event(event)

    async def _read(self, event: events.Key) -> None:
        # When the key was pressed, not when a busy loop came to it.
        at = self.monotonic() - (get_time() - event.time)
        character = event.character if event.is_printable and event.character else ""
        character = ENTER if event.key == "enter" else character
        fed = self._scan.feed(character, at)
        if fed != Fed(character):
            await self._take(fed)
        if fed == Fed(character) or not character:
            await super().on_event(event)

    def take_scan(self, text: str) -> None:
        """Give a scan to the screen that is shown; an app may look at it first."""
        self.screen.post_message(Scanned(text))

    async def _take(self, fed: Fed) -> None:
        """Hand on what the scan reader gave out, at once: before the keys that come next."""
        for text in fed.scans:
            self.take_scan(text)
        for character in fed.typed:
            key = "enter" if character == ENTER else _character_to_key(character)
            await super().on_event(events.Key(key, character))
        self._takes += 1
        if self._scan.waiting:
            self.set_timer(self._scan.patience, partial(self._flush_scan, self._takes))

    async def _flush_scan(self, takes: int) -> None:
        if takes == self._takes:  # no key came meanwhile
            await self._take(self._scan.flush(self.monotonic()))

    # --- the worst --------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """A fault of ours: one line without values, as Textual's own page shows locals."""
        error = self._exception
        trace = None if error is None else error.__traceback__
        place = ""
        while trace is not None:
            place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            trace = trace.tb_next
        self.bell()
        self.panic(f"pbvote-kiosk stopped by a fault of its own: {type(error).__name__} at {place}")
