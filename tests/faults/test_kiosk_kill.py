"""The kiosk dies at any moment of a visit: then the vote is in the box, or the voter can vote."""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from election_builder import make_contest
from kiosk_child import PATIENCE, serve
from kiosk_folder import BOX, KioskFolder, make_kiosk
from pbvote.core.ballot import Cast
from pbvote.core.encoding import encode
from pbvote.core.receipt import check_receipt, read_receipt_text
from pbvote.receipts import tracker_of
from terminal import Terminal

PEOPLE = 400
MOMENTS = {"choosing": 1, "review": 1, "sealed": 3, "cast": 8}
"""How often a kill falls into each stage: mostly around sealing and casting."""


class Kiosk:
    """A kiosk on a folder, killed and started again, and what its voters saw."""

    def __init__(self, folder: KioskFolder, rng: random.Random) -> None:
        self.folder, self.rng = folder, rng
        self.receipts: dict[str, str] = {}
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["__main__", "kiosk_child"])

    @contextmanager
    def running(self) -> Iterator[tuple[BaseProcess, Connection]]:
        """The kiosk, up and on its first screen; killed at the end."""
        ours, theirs = self.context.Pipe()
        arguments = (self.folder.path, self.rng.getrandbits(32), theirs)
        process = self.context.Process(target=serve, args=arguments, daemon=True)
        process.start()
        theirs.close()
        try:
            assert hear(ours) == ("ready", "")
            yield process, ours
        finally:
            process.kill()
            process.join()
            ours.close()

    def visit(self, line: Connection, card: str, until: str = "welcome") -> list[str]:
        """What the kiosk says on a card's way to this stage, or to its end; receipts are kept."""
        line.send(card)
        said: list[str] = []
        while not said or said[-1] not in (until, "welcome"):
            said.append(self.note(card, hear(line)))
        return said

    def rest(self, line: Connection, card: str) -> list[str]:
        """What a kiosk had said before it died, and nobody had heard yet."""
        said: list[str] = []
        while line.poll():
            try:
                said.append(self.note(card, line.recv()))
            except EOFError:
                break
        return said

    def note(self, card: str, message: tuple[str, str]) -> str:
        """Keep a receipt; what was said."""
        what, text = message
        if what in ("receipt", "standing"):
            self.keep(card, what, text)
        return what

    def keep(self, card: str, what: str, text: str) -> None:
        """A card has one receipt, whenever it is shown; one that has it can't vote again."""
        known = self.receipts.get(card)
        assert known is None if what == "receipt" else known in (None, text)
        self.receipts[card] = text

    def check(self) -> None:
        """What voters saw is what is in the box: one entry for each vote, and nothing else."""
        election = self.folder.built.election
        casts = [(n, e) for n, e in enumerate(self.folder.entries()) if isinstance(e, Cast)]
        assert max(Counter(cast.ballot.certificate.key for _, cast in casts).values()) == 1
        logged = {index: tracker_of(encode(cast)) for index, cast in casts}
        for text in self.receipts.values():
            signed = read_receipt_text(text).signed(election.id, BOX)
            check_receipt(signed, election.box_keys[BOX])
            assert logged.pop(signed.receipt.index) == signed.receipt.tracker
        assert not logged, "a vote is in the box that its voter wasn't told of"


def hear(line: Connection) -> tuple[str, str]:
    assert line.poll(PATIENCE), "the kiosk says nothing any more"
    what, text = line.recv()
    return what, text


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> KioskFolder:
    folder = tmp_path_factory.mktemp("kill") / "town"
    kiosk = make_kiosk(folder, contests=[make_contest()], people=PEOPLE)
    kiosk.open_box()
    return kiosk


def test_a_killed_kiosk_has_the_vote_or_takes_it(
    made: KioskFolder, rng: random.Random, soak: bool
) -> None:
    kiosk = Kiosk(made, rng)
    cards = map(made.card, range(PEOPLE))
    card, said = next(cards), ["choosing"]
    ends: Counter[str] = Counter()
    for _ in range(200 if soak else 5):
        stage = rng.choices(list(MOMENTS), list(MOMENTS.values()))[0]
        with kiosk.running() as (process, line):
            before, said = said, kiosk.visit(line, card, stage)
            if "standing" in said:
                assert "cast" in before, "a vote that nobody cast"
                ends["in the box"] += 1
                card = next(cards)
                said = kiosk.visit(line, card, stage)
            else:
                assert "receipt" not in before, "a vote that is gone"
                ends["could vote"] += 1
            time.sleep(rng.uniform(0, 0.06))
            process.kill()
            process.join()
            said += kiosk.rest(line, card)
    with kiosk.running() as (_, line):
        kiosk.visit(line, card)
    kiosk.check()
    if soak:
        assert min(ends["in the box"], ends["could vote"]) > 10, ends


def test_a_power_cut_in_a_real_terminal(tmp_path: Path, rng: random.Random, soak: bool) -> None:
    """The whole program, killed just after Enter was pressed on "Cast my ballot"."""
    folder = make_kiosk(tmp_path / "town", contests=[make_contest()])
    folder.open_box()
    program = (Path(sys.executable).with_name("pbvote-kiosk"), "vote", folder.path)
    for person in range(10 if soak else 1):
        card = folder.card(person)
        before = folder.counts()[0]
        with Terminal(program, rng=rng) as terminal:
            terminal.wait_for("Please scan your voting card")
            terminal.scan_for(card, "Choose up to 3 projects")
            terminal.type("Enter", "F10")
            terminal.wait_for("Your choice")
            terminal.type("F10")
            terminal.wait_for("Sealed, but not yet in the box")
            terminal.type("Down", "Enter")
            time.sleep(rng.uniform(0, 0.1))
            terminal.kill()
        is_in = folder.counts()[0] - before
        assert is_in in (0, 1)
        with Terminal(program, rng=rng) as terminal:
            terminal.wait_for("Please scan your voting card")
            terminal.scan_for(
                card, "Your vote is in the box" if is_in else "Choose up to 3 projects"
            )
