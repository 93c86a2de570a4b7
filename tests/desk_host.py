"""A desk's app for tests: the real one on a real registry, with recorders for hardware."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, OptionList

from desk_builder import Desks
from kiosk_host import Clock, RecordingPrinter, RecordingSpeaker
from pbvote.registry import Desk
from pbvote.registry.exchange import Place
from pbvote_kiosk.desk.app import DeskApp
from pbvote_kiosk.desk.pages import DeskMenu
from pbvote_kiosk.desk.search_screen import SearchScreen
from pbvote_kiosk.desk.work import DeskWork
from pbvote_kiosk.language import Words
from pbvote_kiosk.look.base import Scanned
from pbvote_kiosk.ports import NoPrinter
from screen_image import text_of_screen

SIZE = (80, 24)
PATIENCE = 300


@dataclass
class DeskHost:
    """A desk and all that stands around it."""

    desks: Desks
    desk: Desk
    work: DeskWork
    app: DeskApp
    clock: Clock
    printer: RecordingPrinter | None
    speaker: RecordingSpeaker | None

    @property
    def screen(self) -> Screen[Any]:
        return self.app.screen

    @property
    def text(self) -> str:
        """What can be read on the screen now, its rows joined."""
        return " ".join(line.strip(" │┃") for line in text_of_screen(self.app) if line.strip())

    async def until(self, pilot: Pilot[None], screen: type[Screen[Any]], says: str = "") -> None:
        """Wait for a screen that says something; AssertionError if it doesn't come."""
        for _ in range(PATIENCE):
            await pilot.pause()
            if type(self.screen) is screen and self.screen.query("#body") and says in self.text:
                await pilot.pause()
                return
        raise AssertionError(f"{self.screen} isn't {screen.__name__} with {says!r}: {self.text}")

    async def type(self, pilot: Pilot[None], text: str) -> None:
        """Type as a person does, slower than a scanner; into the focused field."""
        focused = self.app.focused
        assert isinstance(focused, Input)
        focused.value = text
        await pilot.pause()

    def scan(self, text: str) -> None:
        """What a scanner read."""
        self.screen.post_message(Scanned(text))

    async def search(self, pilot: Pilot[None], text: str, finds: str) -> None:
        """Type a search and wait for somebody in the list."""
        await self.until(pilot, SearchScreen)
        await pilot.press("escape")
        await self.type(pilot, text)
        await self.until(pilot, SearchScreen, finds)

    async def menu(self, pilot: Pilot[None], entry: str) -> None:
        """Choose an entry of the menu by its id."""
        await self.until(pilot, SearchScreen)
        await pilot.press("f9")
        await self.until(pilot, DeskMenu)
        names = [name for name, _ in self.app._entries(self.app.words)]
        entries = self.screen.query_one("#entries", OptionList)
        entries.highlighted = names.index(entry)  # each arrow is a paint, and there are many
        await pilot.press("enter")


@contextmanager
def desk_host(
    desks: Desks,
    name: str = "mairie",
    *,
    places: Sequence[Place] = (),
    printer: RecordingPrinter | None = None,
    speaker: RecordingSpeaker | None = None,
    helpers: bool = False,
    language: str = "en",
) -> Iterator[DeskHost]:
    """A desk whose clocks stand still until a test moves them."""
    clock = Clock()
    with desks.open(name) as desk:
        work = DeskWork(
            desk,
            desks.folders[name],
            copy=desks.copier(),
            places=places,
            printer=printer or NoPrinter(),
            now=clock.now,
            monotonic=clock.monotonic,
            helpers=helpers,
        )
        app = DeskApp(
            work,
            monotonic=clock.monotonic,
            speaker=speaker,
            speaks=speaker is not None,
            offered=(language, *(c for c in ("fr", "nl", "de", "en") if c != language)),
            every=3600,
        )
        app.words = app.home_words = Words(language, language)
        yield DeskHost(desks, desk, work, app, clock, printer, speaker)
