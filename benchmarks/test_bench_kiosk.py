"""The kiosk's speed and memory as a voter and a queue of voters meet them.

The first two run the installed program on a pseudo-terminal; the others run the app without a
terminal, in this process or one of its own, with a script as the voter.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from textual import events

from election_builder import make_contest
from kiosk_child import serve
from kiosk_folder import BOX, ROLES, KioskFolder, five_contests, make_kiosk
from pbvote.at_hand import RegistriesAtHand, now
from pbvote.box import KEY, LOG, Box
from pbvote.core.selection import Approval
from pbvote.files import load_election
from pbvote.keyfile import load_signer
from pbvote.store.log import SignedLog
from pbvote.store.mark import Mark, mark_path
from pbvote.store.sqlite import SqliteStore
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.commands.vote import settle
from pbvote_kiosk.officials.events import Events
from pbvote_kiosk.officials.keepers import Keepers
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.voter.app import KioskApp
from pbvote_kiosk.voter.receipt import ReceiptScreen
from pbvote_kiosk.voter.seal import Seal
from pbvote_kiosk.voter.welcome import Welcome
from raw_terminal import RawTerminal

WELCOME = "Please scan your voting card"
STARTS, KEYS, CASTS, VOTERS = 15, 600, 200, 1000
SYNC = 0.005
"""Seconds that a sync of the slow disk takes."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """On the disk that the project lies on: the system's temporary folder may be memory."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        yield Path(name) / "town"


def table(benchmark: BenchmarkFixture, title: str, rows: Mapping[str, str]) -> None:
    benchmark.extra_info.update(rows)
    width = max(map(len, rows))
    print(f"\n\n  {title}")
    for name, value in rows.items():
        print(f"    {name.ljust(width)}  {value}")


def percentiles(times: Sequence[float]) -> dict[str, str]:
    """In milliseconds, of times in seconds."""
    ranked = sorted(times)
    shares = {"median": 0.5, "p95": 0.95, "p99": 0.99}
    at = {
        name: ranked[min(int(share * len(ranked)), len(ranked) - 1)]
        for name, share in shares.items()
    }
    return {name: f"{1000 * value:.1f} ms" for name, value in (*at.items(), ("worst", ranked[-1]))}


def program(kiosk: KioskFolder) -> list[str | Path]:
    return [Path(sys.executable).with_name("pbvote-kiosk"), "vote", kiosk.path]


def test_start_to_welcome(benchmark: BenchmarkFixture, folder: Path) -> None:
    """From the start of the process to the paint with "scan your card"; aim: under 1.5 s."""
    kiosk = make_kiosk(folder)
    kiosk.open_box()
    times: list[float] = []

    def start() -> None:
        with RawTerminal(program(kiosk)) as terminal:
            times.append(terminal.wait_for(WELCOME) - terminal.started)

    benchmark.pedantic(start, rounds=STARTS, warmup_rounds=1)  # type: ignore[no-untyped-call]  # no types
    rows = {"best": f"{min(times):.2f} s", "median": f"{median(times):.2f} s"}
    table(benchmark, f"Start to welcome, {STARTS} starts", rows)


ESCAPE = b"\x1b"


def keys() -> Iterator[bytes]:
    """What somebody does in a list: walk, page, jump to a number, choose, search, go back."""
    down, up, page, back = b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[5~"
    while True:
        yield from (down, down, b"\r", down, page, up, b"\r", back, b"1", b"5", b"7", b"\r")
        yield from (b"/", b"9", b"9", b"\x7f", ESCAPE, b"\x1b[H", b"\x1b[F", up, up, up)


def test_key_to_paint(benchmark: BenchmarkFixture, folder: Path) -> None:
    """With 200 projects at 80×24 and 120×40; aim: p99 under 50 ms.

    To the first paint, which shows what the key did, and to the last: while a search is typed the
    list comes one paint after the letter. A lone Escape is apart: Textual waits 0.1 s whether more
    bytes make another key of it.
    """
    contest = make_contest("city", 200, Approval(min=0, max=200))
    kiosk = make_kiosk(folder, contests=[contest])
    kiosk.open_box()
    for person, size in enumerate([(80, 24), (120, 40)]):
        first: list[float] = []
        last: list[float] = []
        escape: list[float] = []
        with RawTerminal(program(kiosk), size=size) as terminal:
            terminal.wait_for(WELCOME)
            terminal.write(f"{kiosk.card(person)}\r".encode())
            terminal.wait_for("Project 1")
            for key in islice(keys(), KEYS):
                paints = terminal.paints(key)
                if paints and key == ESCAPE:
                    escape.append(paints[0])
                elif paints:
                    first.append(paints[0])
                    last.append(paints[-1])
        columns, rows = size
        title = f"Key to paint at {columns}×{rows}, 200 projects"
        table(benchmark, f"{title}: to the first paint, {len(first)} keys", percentiles(first))
        table(benchmark, f"{title}: to the last paint", percentiles(last))
        table(benchmark, f"{title}: a lone Escape", percentiles(escape))
    benchmark.pedantic(lambda: None)  # type: ignore[no-untyped-call]  # no types; measured above


class SlowDisk(SqliteStore):
    """A store on a disk whose syncs take 5 ms more than those of the disk it is on."""

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        time.sleep(SYNC)  # one commit is one sync of the write-ahead log
        super().commit(entries, checkpoint, private)


def slow_poll(kiosk: KioskFolder) -> Poll:
    """As `Poll.open_in`, with box and second copy on slow disks."""
    election, home = load_election(kiosk.path), kiosk.path / "boxes" / BOX
    signer, path = load_signer(home / KEY), home / LOG
    store, stick = SlowDisk.open(path, create=False), kiosk.path / "stick.db"
    log = SignedLog(store, signer, Mark(mark_path(path)), lambda: SlowDisk.open(stick))
    register = RegistriesAtHand(kiosk.path, election)
    own = kiosk.path / "kiosk" / BOX
    return Poll(
        kiosk.path,
        Settings(second=str(stick)),
        Box(log, signer, election, BOX, now=now, register=register),
        Events.open_in(own, election.slug, BOX, now=now),
        Keepers(own, monotonic=time.monotonic),
        now=now,
    )


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.0005)


async def cast_times(app: KioskApp, cards: Sequence[str]) -> list[float]:
    """Of each card's vote: from the Enter on "Cast my ballot" to its receipt on the screen."""
    times = []
    settle()  # as the program does when it starts
    async with app.run_test(size=(80, 24)) as pilot:
        for card in cards:
            app.take_scan(card)
            for screen in (
                *[BallotScreen] * len(app.poll.election.manifest.contests),
                ReviewScreen,
            ):
                await until(lambda screen=screen: type(app.screen) is screen)  # type: ignore[misc]
                await pilot.press("plus", "f10")
            await until(lambda: type(app.screen) is Seal)
            await pilot.press("down")
            start = time.perf_counter()
            app.post_message(events.Key("enter", "\r"))
            await until(lambda: type(app.screen) is ReceiptScreen and painted(app))
            times.append(time.perf_counter() - start)
            await pilot.press("escape")
            await until(lambda: type(app.screen) is Welcome)
    return times


def painted(app: KioskApp) -> bool:
    codes = app.screen.query("#qr")
    return bool(codes) and codes.first().size.height > 0 and not app.screen._layout_required


def test_cast_to_receipt(benchmark: BenchmarkFixture, folder: Path) -> None:
    """Box and second copy on disks that sync in 5 ms; aim: p99 under 300 ms."""
    kiosk = make_kiosk(folder, contests=five_contests(), people=CASTS)
    cards = [kiosk.unlogged_card(person) for person in range(CASTS)]
    with slow_poll(kiosk) as poll:
        poll.open(ROLES)
        times = asyncio.run(cast_times(KioskApp(poll), cards))
    title = f"Cast to receipt, five contests, {CASTS} votes, syncs of 5 ms on two disks"
    table(benchmark, title, percentiles(times))
    benchmark.pedantic(lambda: None)  # type: ignore[no-untyped-call]  # no types; measured above


def test_a_thousand_voters(benchmark: BenchmarkFixture, folder: Path) -> None:
    """One kiosk after the other's voter; aim: memory flat within 5 MB from the 100th on."""
    kiosk = make_kiosk(folder, contests=[make_contest()], people=VOTERS)
    kiosk.open_box()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(kiosk.path, 1, theirs), daemon=True)
    process.start()
    memory: dict[int, float] = {}
    try:
        assert ours.recv() == ("ready", "")
        start = time.perf_counter()
        for person in range(VOTERS):
            ours.send(kiosk.unlogged_card(person))
            while ours.recv() != ("welcome", ""):
                pass
            if (person + 1) % 100 == 0:
                memory[person + 1] = resident(process.pid)
        took = time.perf_counter() - start
    finally:
        process.kill()
        process.join()
    rows = {f"after {count:,} voters": f"{size:.1f} MB" for count, size in memory.items()}
    grown = memory[VOTERS] - memory[100]
    rows |= {"from 100 to 1,000": f"{grown:+.1f} MB", "a visit": f"{took / VOTERS:.2f} s"}
    table(benchmark, f"{VOTERS:,} voters through one kiosk", rows)
    assert kiosk.counts() == (VOTERS, 0)
    benchmark.pedantic(lambda: None)  # type: ignore[no-untyped-call]  # no types; measured above


def resident(pid: int | None) -> float:
    """A process's resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
