"""The wall for tests: the real app on a town's folder, driven by keys.

``async with wall(town) as hand:``; `choose` moves to a choice with the arrow keys and presses
Enter, `until` waits for words on the screen.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button, Input

from pbvote_tally.show.app import ShowApp
from pbvote_tally.show.posting import PostedReport
from pbvote_tally.show.work import Work
from screen_image import text_of_screen
from show_folder import Town
from trustee_builder import PASSPHRASE

PATIENCE = 60.0
"""Seconds; an act runs in a thread, and the machine may be busy."""


@dataclass
class Hand:
    """Who stands at the keyboard of the wall."""

    app: ShowApp
    pilot: Pilot[None]
    town: Town

    @property
    def work(self) -> Work:
        return self.app.work

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        return text_of_screen(self.app)

    @property
    def text(self) -> str:
        """What can be read now, its rows joined."""
        joined = " ".join(line.strip() for line in self.lines if line.strip())
        return joined.replace("\u00a0", " ")

    async def until(self, *texts: str) -> str:
        """Wait until all these stand on the screen and nothing is being done; the screen."""
        end = time.monotonic() + PATIENCE
        while self.app.is_busy or not all(text in self.text for text in texts):
            assert time.monotonic() < end, f"waited for {texts}; the screen was {self.text}"
            await self.pilot.pause(0.01)
        return self.text

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def choose(self, choice: str) -> None:
        """Go to a choice by its id and press Enter."""
        end = time.monotonic() + PATIENCE
        while not self.app.screen.query(f"#{choice}"):
            assert time.monotonic() < end, f"no choice {choice}; the screen was {self.text}"
            await self.pilot.pause(0.01)
        for _ in range(30):
            if isinstance(self.app.focused, Button) and self.app.focused.id == choice:
                break
            await self.pilot.press("down")
        else:
            raise AssertionError(f"{choice} can't be reached")
        await self.pilot.press("enter")

    async def type(self, text: str) -> None:
        """Put a text into the field of a dialog, and press Enter."""
        end = time.monotonic() + PATIENCE
        while not self.app.screen.query("#field"):
            assert time.monotonic() < end, f"no field; the screen was {self.text}"
            await self.pilot.pause(0.01)
        while not isinstance(self.app.focused, Input):
            await self.pilot.press("down")
        self.app.focused.value = text  # a key at a time takes long; the real terminal does that
        await self.pilot.press("enter")

    async def bring(self, stick: Path) -> None:
        """Bring in a stick with logs, and read what it held."""
        await self.choose("collect")
        await self.type(str(stick))
        await self.until("The stick was read")
        await self.press("enter")

    async def step_up(self, choice: str, number: int, passphrase: str = PASSPHRASE) -> None:
        """A trustee steps up and gives the passphrase."""
        await self.choose(choice)
        await self.until("own folder")
        await self.type(str(self.town.trustee(number)))
        await self.until("types the passphrase")
        await self.type(passphrase)

    async def draw_up(self) -> None:
        """The commission, whose key has no passphrase, signs the closing."""
        await self.choose("draw")
        await self.choose("yes")
        await self.until("Signed by 0 trustees")

    async def close(self) -> None:
        """All logs in, drawn up, signed by all trustees."""
        await self.bring(self.town.stick())
        await self.until("Every log that is expected is in")
        await self.choose("closing")
        await self.draw_up()
        for number in (1, 2, 3):
            await self.step_up(f"sign-{number}", number)
            await self.until(f"Signed by {number} trustees")

    async def mix_and_open(self, numbers: Sequence[int] = (1, 3)) -> None:
        """From the closing to the ballots opened."""
        await self.choose("merge")
        await self.until("ballots count")
        await self.choose("trustees")
        for number in numbers:
            await self.step_up(f"mix-{number}", number)
            await self.until("The trustees mix")
        first, *others = numbers
        await self.choose("begin")
        await self.step_up(f"open-{first}", first)
        for number in others:
            await self.until("The trustees open")
            await self.step_up(f"open-{number}", number)
        await self.until("Enough have opened")


@asynccontextmanager
async def wall(
    town: Town,
    *,
    size: tuple[int, int] = (80, 24),
    language: str = "en",
    sticks: Sequence[Path] = (),
) -> AsyncIterator[Hand]:
    """The wall, up and on its first page."""
    report = PostedReport(time.monotonic)
    with Work(town.path, report) as work:
        app = ShowApp(work, report, found_sticks=lambda: list(sticks))
        async with app.run_test(size=size) as pilot:
            hand = Hand(app, pilot, town)
            await app.set_language(language)
            yield hand
