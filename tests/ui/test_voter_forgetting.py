"""When a voter has gone, nothing of the person is left: in objects, in texts, in files."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from election_builder import make_contest
from kiosk_host import Host, RecordingSpeaker, make_host
from pbvote.core.ballot import Cast, Challenge, PreparedBallot
from pbvote.core.receipt import SignedReceipt
from pbvote.voting import Voter
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.choice import Choice
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.look.dialogs import Question
from pbvote_kiosk.voter.opened import OpenedBallot
from pbvote_kiosk.voter.receipt import ReceiptScreen
from pbvote_kiosk.voter.seal import Seal
from pbvote_kiosk.voter.session import Session
from pbvote_kiosk.voter.waiting import Countdown
from pbvote_kiosk.voter.welcome import Welcome

KINDS = (
    Session,
    Voter,
    Choice,
    PreparedBallot,
    SignedReceipt,
    Cast,
    Challenge,
    BallotScreen,
    ReviewScreen,
    Seal,
    ReceiptScreen,
    OpenedBallot,
)
TELLING: list[str] = []
"""The card's text, a line of the review, the tracker; nothing else may hold one at the end."""


def objects_left() -> list[object]:
    """Everything of a voter that something still refers to."""
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, KINDS)]


def texts_left() -> set[str]:
    """What is telling and still in a text that something refers to: painted ones too."""
    gc.collect()
    found: set[str] = set()
    parts = [p for holder in gc.get_objects() if holder is not TELLING for p in holding(holder)]
    while parts:
        part = parts.pop()
        if isinstance(part, str):
            found.update(text for text in TELLING if text in part)
        elif not gc.is_tracked(part):
            parts += holding(part)  # a tuple or dict of nothing but texts
    return found


def holding(holder: object) -> list[object]:
    return gc.get_referents(holder)


async def choose(host: Host, pilot: Pilot[None]) -> None:
    host.app.take_scan(TELLING[0])
    await host.until(pilot, BallotScreen)
    await pilot.press("enter")


async def seal(host: Host, pilot: Pilot[None]) -> None:
    await choose(host, pilot)
    await pilot.press("f10")
    await host.until(pilot, ReviewScreen)
    assert TELLING[1] in host.text
    await pilot.press("f10")
    await host.until(pilot, Seal)
    TELLING.append(host.part("short"))


async def cast(host: Host, pilot: Pilot[None]) -> None:
    await seal(host, pilot)
    assert {type(thing) for thing in objects_left()} >= {Session, Voter, PreparedBallot, Seal}
    await pilot.press("down", "enter")
    await host.until(pilot, ReceiptScreen)
    assert texts_left() >= set(TELLING[1:])
    await pilot.press("enter")


async def challenge(host: Host, pilot: Pilot[None]) -> None:
    await seal(host, pilot)
    await pilot.press("down", "down", "enter")
    await host.until(pilot, Question)
    await pilot.press("down", "down", "enter")
    await host.until(pilot, OpenedBallot)
    await pilot.press("enter")
    await host.until(pilot, BallotScreen)
    await pilot.press("escape")


async def walk_away(host: Host, pilot: Pilot[None]) -> None:
    await seal(host, pilot)
    await host.wait(pilot, 90)
    await host.until(pilot, Countdown)
    await host.wait(pilot, 20)


@pytest.mark.parametrize("visit", [cast, challenge, walk_away])
async def test_nothing_of_a_voter_stays(
    tmp_path: Path, visit: Callable[[Host, Pilot[None]], object]
) -> None:
    speaker = RecordingSpeaker()
    with make_host(tmp_path / "t", contests=[make_contest()], speaker=speaker) as host:
        first = 1  # in this card's order
        TELLING[:] = [host.folder.card(1), f"[X] {first} · Project {first}"]
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            gc.freeze()  # as the program does
            try:
                await visit(host, pilot)  # type: ignore[misc]  # a coroutine function
                await host.until(pilot, Welcome)
                await pilot.press("f2")
                await pilot.pause(0.1)
            finally:
                gc.unfreeze()
            assert objects_left() == []
            assert texts_left() == set()
            assert host.app.said == "" or "PBVOTE1" not in host.app.said
            for path, data in files_of(host):
                assert TELLING[0].encode() not in data, path


def files_of(host: Host) -> Iterator[tuple[Path, bytes]]:
    """Every file under the kiosk's folder."""
    for path in host.folder.path.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()
