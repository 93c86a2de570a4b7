"""Whoever hammers on the kiosk's keys, screen and scanner votes only by casting, and gets nowhere.

Keys and scans arrive as the terminal sends them. The clock is the test's, so that scans are as fast
and people as slow as they are, without anybody waiting.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakSet

import pytest
from textual import events
from textual._context import active_message_pump
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button

from kiosk_folder import KioskFolder, five_contests, make_kiosk
from pbvote.core.ballot import Cast
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.look.dialogs import Question
from pbvote_kiosk.officials.menu import OfficialsMenu
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.voter.app import KioskApp
from pbvote_kiosk.voter.seal import Seal
from pbvote_kiosk.voter.session import Session
from pbvote_kiosk.voter.welcome import Welcome

PEOPLE = 12
KEYS = (
    *"abcdefghijklmnopqrstuvwxyzABCPH0123456789+-*/ .,;:!?éà§²µ^'\"<>\\|€",
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"),
    *("enter", "enter", "escape", "escape", "tab", "shift+tab", "backspace", "space"),
    *(f"f{number}" for number in range(1, 25)),
    *(f"ctrl+{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
    *("ctrl+backslash", "ctrl+@", "ctrl+right_square_bracket", "ctrl+underscore", "ctrl+up"),
    *("ctrl+f4", "alt+f4", "alt+q", "alt+x", "alt+enter", "shift+f10", "ctrl+shift+c", "ctrl+end"),
)
SHARES = {"key": 60, "walk": 25, "scan": 7, "click": 5, "paste": 1, "resize": 1, "wait": 1}
"""How often each kind of act comes."""
SIZES = ((80, 24), (80, 24), (120, 40), (100, 30), (40, 12), (20, 5), (200, 60))


class Steady:
    """A steady clock that only the test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Hand:
    """Somebody at the kiosk."""

    def __init__(
        self, app: KioskApp, pilot: Pilot[None], clock: Steady, rng: random.Random
    ) -> None:
        self.app, self.pilot, self.clock, self.rng = app, pilot, clock, rng
        self.scans: list[str] = []
        self.cards: list[str] = []
        self.strokes = 0
        """How many keys, scans, clicks and the like there were."""

    async def act(self) -> None:
        """Anything, often before the last thing was dealt with."""
        (kind,) = self.rng.choices(list(SHARES), list(SHARES.values()))
        if kind in ("walk", "click") or self.rng.random() < 0.2:
            await self.pilot.pause()
        await getattr(self, kind)()

    def stroke(self, key: str, after: float) -> None:
        self.strokes += 1
        self.press(key, after)

    def press(self, key: str, after: float) -> None:
        self.clock.at += after
        named = {"enter": "\r", "space": " ", "tab": "\t", "escape": "\x1b", "backspace": "\x7f"}
        character = key if len(key) == 1 else named.get(key)
        self.app.post_message(events.Key(key, character))

    async def key(self) -> None:
        """A key, or a fistful of them."""
        fast = self.rng.random() < 0.3
        for _ in range(self.rng.randint(4, 12) if fast else 1):
            self.stroke(self.rng.choice(KEYS), self.rng.uniform(0.0, 0.1) if fast else 0.3)

    async def scan(self) -> None:
        """A scan, whole or cut, now and then with another one or keys in the middle."""
        self.strokes += 1
        text = self.rng.choice(self.scans)
        cut = self.rng.randrange(len(text)) if self.rng.random() < 0.2 else len(text)
        for character in text[:cut]:
            self.press(character, self.rng.uniform(0.002, 0.02))
        if cut < len(text) and self.rng.random() < 0.5:
            await self.key()
            await self.scan()
        elif self.rng.random() < 0.9:
            self.press("enter", 0.01)

    async def walk(self) -> None:
        """What a voter would do next, so that the hammering reaches every screen."""
        match self.app.screen:
            case Welcome() if not self.app.is_visited:
                keys: tuple[str, ...] = (*self.rng.choice(self.cards), "enter")
                self.strokes += 1
                for key in keys:
                    self.press(key, 0.01)
                return
            case BallotScreen():
                keys = self.rng.choice((("down", "+"), ("down", "enter"), ("f10",), ("f10",)))
            case Seal():
                keys = self.rng.choice((("down", "enter"), ("down", "down", "enter")))
            case Question():
                keys = self.rng.choice((("enter",), ("right", "enter")))
            case _:
                keys = self.rng.choice((("f10",), ("enter",), ("escape",)))
        for key in keys:
            self.stroke(key, 0.3)

    async def click(self) -> None:
        """A click or two, anywhere, on a button more often than not."""
        self.strokes += 1
        width, height = self.app.size
        x, y = self.rng.randrange(width), self.rng.randrange(height)
        buttons = list(self.app.screen.query(Button))
        if buttons and self.rng.random() < 0.6:
            x, y = self.rng.choice(buttons).region.offset
        offset = min(max(x + 1, 0), width - 1), min(max(y + 1, 0), height - 1)
        await self.pilot.click(offset=offset, times=self.rng.choice((1, 1, 2)))

    async def paste(self) -> None:
        """Pasted text, as some terminals hand on a fast scanner."""
        self.strokes += 1
        self.clock.at += 0.3
        text = self.rng.choice((*self.scans, "\n\r\t\x1b[31m", "x" * 5000, ""))
        self.app.post_message(events.Paste(text))

    async def resize(self) -> None:
        """Another size of the terminal."""
        await self.pilot.resize_terminal(*self.rng.choice(SIZES))

    async def wait(self) -> None:
        """Nobody there for a while."""
        self.clock.at += self.rng.choice((3, 40, 95))
        self.app.tick()

    async def leave(self) -> None:
        """Go away, until the first screen is back."""
        for _ in range(2000):
            self.clock.at += 30
            self.app.tick()
            await self.pilot.pause()
            if isinstance(self.app.screen, Welcome) and not self.app.is_visited:
                return
        raise AssertionError(f"never back: {self.app.screen_stack}")


class Casts:
    """How often "Cast my ballot" was answered to a real ballot: what the box may hold."""

    def __init__(self) -> None:
        self.count = 0
        self._answered: WeakSet[Seal] = WeakSet()

    def watch(self, message: Message) -> None:
        """Called with every message in the app, when it is handled."""
        if isinstance(message, Button.Pressed) and message.button.id == "cast":
            screen = active_message_pump.get()
            if isinstance(screen, Seal) and not screen._mock and screen not in self._answered:
                self._answered.add(screen)
                self.count += 1


@pytest.fixture
def kiosk(tmp_path: Path) -> KioskFolder:
    kiosk = make_kiosk(tmp_path / "town", contests=five_contests()[:2], people=PEOPLE)
    kiosk.open_box()
    return kiosk


def scans_of(kiosk: KioskFolder, cards: list[str], elsewhere: KioskFolder) -> Iterator[str]:
    """What is held in front of a scanner: cards, good and bad, and all sorts of codes."""
    yield from cards
    yield kiosk.issue(PEOPLE - 1)  # votes online
    yield elsewhere.card(0)
    yield cards[0][:60]
    yield cards[1].lower()
    yield f"HTTPS://VOTE.EXAMPLE/#{cards[2]}"
    yield from kiosk.officials
    yield "PBVOTE1/O/" + "A" * 26
    yield "PBVOTE1/R/" + "A7" * 90
    yield "PBVOTE1/"
    yield "5410188031072"
    yield "WIFI:T:WPA;S:salle;P:bonjour;;"
    yield "https://example.org/?a=1&b=%20"


async def test_hammering_never_casts_by_itself(
    kiosk: KioskFolder, tmp_path: Path, rng: random.Random, soak: bool
) -> None:
    clock, casts = Steady(), Casts()
    cards = [kiosk.card(person) for person in range(PEOPLE - 1)]
    elsewhere = make_kiosk(tmp_path / "other", contests=five_contests()[:1], slug="other")
    with Poll.open_in(kiosk.path, Settings(), now=lambda: 1_795_341_600) as poll:
        app = KioskApp(poll, now=lambda: 1_795_341_600, monotonic=clock)
        async with app.run_test(size=(80, 24), message_hook=casts.watch) as pilot:
            hand = Hand(app, pilot, clock, rng)
            hand.cards, hand.scans = cards, list(scans_of(kiosk, cards, elsewhere))
            while hand.strokes < (100_000 if soak else 2000):
                await hand.act()
                stopped = app._exit or app._exception is not None or not app.is_running
                assert not stopped, app._exception
                assert not is_open_to_anybody(app)
            await hand.leave()
            shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
            held = [text.removeprefix("PBVOTE1/C/")[:16] for text in cards]
            assert not [text for text in held if text in shown]
        assert poll.events.count("menu") == 0
        gc.collect()
        assert not [thing for thing in gc.get_objects() if isinstance(thing, Session)]
    in_box = sum(isinstance(entry, Cast) for entry in kiosk.entries())
    assert in_box == casts.count
    assert in_box > 1, "the hammering didn't get far"


def is_open_to_anybody(app: KioskApp) -> bool:
    """Whether somebody got behind the PIN of the officials' menu; nobody here knows one."""
    menus = [screen for screen in app.screen_stack if isinstance(screen, OfficialsMenu)]
    return any(menu._flow is not None for menu in menus)
