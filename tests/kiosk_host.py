"""A voter's kiosk for tests: the real app on a real box, with recorders for hardware.

``with make_host(tmp_path) as host: async with host.app.run_test(size=(80, 24)) as pilot``. Its
clocks stand still until a test moves them; `scan` gives the app what a scanner read; `text` is
what can be read on the screen now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from kiosk_folder import KioskFolder, make_kiosk
from pbvote.core.encoding import unix_time
from pbvote.core.manifest import Contest, Supersede
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.ports import PrinterState, Slip
from pbvote_kiosk.voter.app import KioskApp
from screen_image import text_of_screen

START = unix_time("2026-11-22T10:00:00Z")
PATIENCE = 200


@dataclass
class Clock:
    """Seconds since 1970, and seconds on a steady clock; both stand still until moved."""

    at: int = START
    steady: float = 1000.0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.steady

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.steady += seconds
        self.at += round(seconds)


@dataclass
class RecordingPrinter:
    """Keeps what came out of it."""

    stands: PrinterState = PrinterState.READY
    slips: list[Slip] = field(default_factory=list)

    def state(self) -> PrinterState:
        return self.stands

    def print(self, slip: Slip) -> PrinterState:
        if self.stands.prints:
            self.slips.append(slip)
        return self.stands


@dataclass
class RecordingSpeaker:
    """Keeps what was said, and in which language."""

    said: list[tuple[str, str]] = field(default_factory=list)
    rate: int = 0

    def say(self, text: str, language: str) -> None:
        self.said.append((language, text))

    def stop(self) -> None:
        self.said.append(("", ""))

    def set_rate(self, words: int) -> None:
        self.rate = words


@dataclass
class Host:
    """A kiosk and all that stands around it."""

    folder: KioskFolder
    poll: Poll
    app: KioskApp
    clock: Clock
    printer: RecordingPrinter | None
    speaker: RecordingSpeaker | None

    @property
    def screen(self) -> Screen[Any]:
        """What is on top."""
        return self.app.screen

    @property
    def text(self) -> str:
        """What can be read on the screen now, its rows joined."""
        return " ".join(line.strip() for line in self.lines if line.strip())

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        return text_of_screen(self.app)

    @property
    def entries(self) -> list[str]:
        """What is in the box: "Open", "Cast", "Challenge", "Close"."""
        return [type(entry).__name__ for entry in self.folder.entries()]

    async def until(self, pilot: Pilot[None], screen: type[Screen[Any]]) -> None:
        """Wait for a screen, and for it to be painted; AssertionError if it doesn't come."""
        for _ in range(PATIENCE):
            await pilot.pause()
            if type(self.app.screen) is screen and self.app.screen.query("#body"):
                await pilot.pause()
                return
            await pilot.pause(0.01)
        raise AssertionError(f"{screen.__name__} didn't come: {self.screen}\n{self.text}")

    async def until_said(self, pilot: Pilot[None], *texts: str) -> None:
        """Wait until the screen shows all these texts, however its lines end."""
        for _ in range(PATIENCE):
            await pilot.pause()
            if all(text in self.text for text in texts):
                return
            await pilot.pause(0.01)
        raise AssertionError(f"{texts} didn't come: {self.screen}\n{self.text}")

    def part(self, name: str) -> str:
        """The text of the `Static` with this id."""
        return str(self.screen.query_one(f"#{name}", Static).content)

    async def scan(self, pilot: Pilot[None], text: str) -> None:
        """As the scan reader gives it, after the keys it was made of."""
        self.app.last_input = self.clock.monotonic()
        self.app.take_scan(text)
        await pilot.pause()

    async def wait(self, pilot: Pilot[None], seconds: float) -> None:
        """Let so much time pass without a key."""
        self.clock.forward(seconds)
        self.app.tick()
        await pilot.pause()
        await pilot.pause()


@contextmanager
def make_host(
    path: Path,
    *,
    contests: Sequence[Contest] | None = None,
    supersede: Supersede = "latest",
    slug: str = "demo",
    settings: Settings | None = None,
    opened: bool = True,
    printer: RecordingPrinter | None = None,
    speaker: RecordingSpeaker | None = None,
    folder: KioskFolder | None = None,
) -> Iterator[Host]:
    """A kiosk in `path`, its poll open; `folder`: one that was made before, as after a restart.

    The registries are read when this is called: a card to be typed must be handed out before.
    """
    kiosk = folder or make_kiosk(path, contests=contests, supersede=supersede, slug=slug)
    clock = Clock()
    chosen = settings or Settings(languages=["en", "fr", "nl", "de"], sticks=str(path / "sticks"))
    with Poll.open_in(kiosk.path, chosen, now=clock.now, monotonic=clock.monotonic) as poll:
        if opened and poll.state == "new":
            poll.open(["president", "clerk"])
        app = KioskApp(
            poll, printer=printer, speaker=speaker, now=clock.now, monotonic=clock.monotonic
        )
        yield Host(kiosk, poll, app, clock, printer, speaker)
