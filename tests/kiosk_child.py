"""The voter's app in a process of its own, with a voter in it, for the test that kills it.

The process serves cards one after the other: it scans what it is sent, votes as a person does, and
says on the way how far it is. What it said before it was killed can be trusted: each message is
written before the next key is pressed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from pbvote.at_hand import now
from pbvote.core.receipt import receipt_text
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.look.dialogs import Question
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.settings import read_settings
from pbvote_kiosk.voter.app import KioskApp
from pbvote_kiosk.voter.receipt import ReceiptScreen
from pbvote_kiosk.voter.seal import Seal
from pbvote_kiosk.voter.standing import Standing
from pbvote_kiosk.voter.welcome import Welcome

PATIENCE = 30.0
_NAMES = {BallotScreen: "choosing", ReviewScreen: "review", Seal: "sealed"}


def serve(folder: Path, seed: int, line: Connection) -> None:
    """Serve the cards that come on the line, until it ends. Messages are (what, text).

    What is said, in order: `ready`, then of each card `scanned`, `choosing`, `review`, `sealed`,
    `cast` (just before the answer is given), `receipt` with its text, `welcome`; of a card that
    voted already `scanned`, `standing` with the receipt's text, `welcome`.
    """
    asyncio.run(_serve(folder, random.Random(seed), line))


async def _serve(folder: Path, rng: random.Random, line: Connection) -> None:
    with Poll.open_in(folder, read_settings(folder), now=now) as poll:
        app = KioskApp(poll)
        async with app.run_test(size=(80, 24)) as pilot:
            line.send(("ready", ""))
            while card := await asyncio.to_thread(line.recv):
                await _Visit(app, pilot, rng, line).run(card)


class _Visit:
    """One voter, from scan to welcome."""

    def __init__(
        self, app: KioskApp, pilot: Pilot[None], rng: random.Random, line: Connection
    ) -> None:
        self.app, self.pilot, self.rng, self.line = app, pilot, rng, line

    async def run(self, card: str) -> None:
        """A card's whole visit; looks at what is in the box, if its vote is there already."""
        self.line.send(("scanned", ""))
        self.app.take_scan(card)
        screen = await self.next_of(BallotScreen, Standing)
        if isinstance(screen, Standing):
            await self.pilot.press("right", "enter")
            self.line.send(("standing", await self.receipt()))
            await self.pilot.press("escape")
            await self.next_of(Standing)
        else:
            await self.vote()
            self.line.send(("receipt", await self.receipt()))
        await self.pilot.press("escape")
        await self.next_of(Welcome)
        self.line.send(("welcome", ""))

    async def vote(self) -> None:
        """From the first contest to "Cast my ballot"."""
        while not isinstance(screen := self.app.screen, Seal):
            self.line.send((_NAMES.get(type(screen), "choosing"), ""))
            if isinstance(screen, BallotScreen):
                for _ in range(self.rng.randint(0, 2)):
                    await self.pilot.press("down", "plus")
            if isinstance(screen, Question):  # whether blank was meant
                await self.pilot.press("right", "enter")
            else:
                await self.pilot.press("f10")
            await self.gone(screen)
            await self.next_of(BallotScreen, ReviewScreen, Question, Seal)
        self.line.send(("sealed", ""))
        await self.pilot.press("down")
        self.line.send(("cast", ""))
        await self.pilot.press("enter")

    async def receipt(self) -> str:
        """The text of the receipt that is shown."""
        screen = await self.next_of(ReceiptScreen)
        assert isinstance(screen, ReceiptScreen)
        signed = screen._signed
        return receipt_text(signed, self.app.poll.election.box_position(signed.receipt.box))

    async def next_of(self, *kinds: type[Screen[Any]]) -> Screen[Any]:
        """Wait for a screen of one of these kinds."""
        await self.until(lambda: isinstance(self.app.screen, kinds))
        await self.pilot.pause()
        return self.app.screen

    async def gone(self, screen: Screen[Any]) -> None:
        """Wait until another screen is shown."""
        await self.until(lambda: self.app.screen is not screen)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.001)
