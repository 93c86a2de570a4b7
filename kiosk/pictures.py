"""Take the pictures of docs/kiosk and docs/count from the real program, in each language.

``python kiosk/pictures.py [FOLDER]``, by default into docs. The election is the demo's, clocks
stand still and randomness is fixed, so the same program gives the same bytes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests"))  # who sets up an election and a kiosk for tests

from desk_builder import DISTRICTS, make_desks  # noqa: E402
from desk_host import desk_host  # noqa: E402
from kiosk_folder import PIN, KioskFolder, make_kiosk  # noqa: E402
from kiosk_host import Host, make_host  # noqa: E402
from pbvote.cli.demo_plan import plan_of_town  # noqa: E402
from pbvote.cli.kiosk_demo import demo_draft, demo_people  # noqa: E402
from pbvote_kiosk.ballot.ballot_screen import BallotScreen  # noqa: E402
from pbvote_kiosk.ballot.review_screen import ReviewScreen  # noqa: E402
from pbvote_kiosk.desk.person_screen import PersonScreen  # noqa: E402
from pbvote_kiosk.language import LANGUAGES  # noqa: E402
from pbvote_kiosk.officials.menu import OfficialsMenu  # noqa: E402
from pbvote_kiosk.officials.settings import Settings  # noqa: E402
from pbvote_kiosk.officials.signin import SignIn  # noqa: E402
from pbvote_kiosk.voter.receipt import ReceiptScreen  # noqa: E402
from pbvote_kiosk.voter.seal import Seal  # noqa: E402
from pbvote_kiosk.voter.session import Session  # noqa: E402
from pbvote_kiosk.voter.welcome import Welcome  # noqa: E402
from pbvote_tally.count import count  # noqa: E402
from pbvote_tally.verify import Counted  # noqa: E402
from screen_image import strips_of  # noqa: E402
from screen_svg import screen_svg  # noqa: E402
from show_folder import make_town  # noqa: E402
from show_host import wall  # noqa: E402
from support import seeded  # noqa: E402

WIDTH, HEIGHT = 100, 30
OTHER_DISK = "/dev/shm"  # noqa: S108 - memory, for a second copy as it should be
KEYS = (
    ("9", "enter", "1", "2", "enter", "3", "0"),
    ("enter", "down", "enter"),
    ("plus", "plus", "plus", "down", "plus", "plus", "down", "plus"),
    ("enter", "down", "enter", "down", "enter"),
    ("plus", "plus", "plus", "plus", "down", "plus", "plus"),
)
"""What the voter presses in each contest."""


class Camera:
    """Writes what an app shows."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder, self.language = folder, language

    async def take(self, pilot: Pilot[None], app: App[None], name: str) -> None:
        """A picture of the screen, once everything on it is settled."""
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await pilot.pause()
        await pilot.pause(0.1)
        path = self.folder / f"{name}-{self.language}.svg"
        path.write_text(screen_svg(strips_of(app), WIDTH, HEIGHT), "utf-8")


async def vote(kiosk: KioskFolder, host: Host, camera: Camera) -> None:
    """From the first screen to the receipt, then the officials' menu."""
    app = host.app
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await host.until(pilot, Welcome)
        await app.set_language(camera.language)
        await camera.take(pilot, app, "welcome")
        await host.scan(pilot, kiosk.card(3))
        for number, keys in enumerate(KEYS):
            await host.until(pilot, BallotScreen)
            await pilot.press(*keys)
            if number == 0:
                await camera.take(pilot, app, "ballot")
            await left(pilot, app, "f10")
        await host.until(pilot, ReviewScreen)
        await camera.take(pilot, app, "review")
        cast(Session, app._kept)._random = seeded(1)
        await pilot.press("f10")
        await host.until(pilot, Seal)
        await camera.take(pilot, app, "seal")
        await pilot.press("down", "enter")
        await host.until(pilot, ReceiptScreen)
        await camera.take(pilot, app, "receipt")
        await pilot.press("escape")
        await host.until(pilot, Welcome)
        await host.scan(pilot, kiosk.officials[0])
        await host.until(pilot, SignIn)
        await app.set_language(camera.language)
        await pilot.press(*PIN, "enter")
        await host.until(pilot, OfficialsMenu)
        await host.until_said(pilot, "president")
        await camera.take(pilot, app, "officials")


async def left(pilot: Pilot[None], app: App[None], key: str) -> None:
    """Press a key, and wait until it led to another screen."""
    before: Any = app.screen
    await pilot.press(key)
    while app.screen is before:
        await pilot.pause(0.01)


async def search(folder: Path, camera: Camera) -> None:
    """Somebody is found at the desk."""
    residents = [replace(person, district=DISTRICTS[0]) for person in demo_people(1)]
    with desk_host(make_desks(folder, persons=residents), language=camera.language) as host:
        async with host.app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            await host.search(pilot, "lambert", "Lambert")
            await camera.take(pilot, host.app, "desk")
            await pilot.press("down", "enter")
            await host.until(pilot, PersonScreen)
            await camera.take(pilot, host.app, "person")


async def public_count(folder: Path, camera: Camera) -> None:
    """The count of the demo's ballots on the wall, after a few steps."""
    plan = plan_of_town(1)
    selections = list(filter(None, (person.vector for person in plan.people)))
    async with wall(make_town(folder), size=(WIDTH, HEIGHT), language=camera.language) as hand:
        hand.work.counted = [Counted(plan.contest, [*selections], count(plan.contest, selections))]
        await hand.app.go("count")
        while not hand.app.screen.query("#film"):
            await hand.pilot.pause(0.01)
        await hand.press(*["right"] * 8)
        await camera.take(hand.pilot, hand.app, "count")


def main() -> None:
    """All screens in all languages."""
    docs = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "docs"
    target, of_count = docs / "kiosk", docs / "count"
    for folder in (target, of_count):
        folder.mkdir(parents=True, exist_ok=True)
    draft = demo_draft()
    for language in LANGUAGES:
        camera = Camera(target, language)
        with (
            tempfile.TemporaryDirectory() as name,
            tempfile.TemporaryDirectory(dir=OTHER_DISK) as stick,
        ):
            folder = Path(name) / "town"
            kiosk = make_kiosk(folder, contests=draft.contests, title=draft.title)
            settings = Settings(second=stick)
            with make_host(folder, folder=kiosk, settings=settings) as host:
                asyncio.run(vote(kiosk, host, camera))
            asyncio.run(search(Path(name) / "desks", camera))
            asyncio.run(public_count(Path(name) / "wall", Camera(of_count, language)))


if __name__ == "__main__":
    main()
