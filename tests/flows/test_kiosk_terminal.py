"""The real program in a real terminal: whole visits by keys and scanner, and what the screen shows.

What is asserted is what stands on the terminal, what the box's log holds, and what `pbvote` says of
a receipt that was read off the screen as a phone reads it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk_folder import BOX, PIN, KioskFolder, five_contests, make_kiosk
from pbvote.core.ballot import Close, Open
from pbvote.core.receipt import RECEIPT_PREFIX
from poll_folder import call
from screen_image import codes_on
from terminal import Terminal

WELCOME, NOT_OPEN = "Please scan your voting card", "Voting hasn't begun yet"
SEALED, IN_THE_BOX = "Sealed, but not yet in the box", "Your vote is in the box"
WAYS_OUT = ("C-c", "C-d", "C-z", "C-q", "C-\\", "C-p", "M-F4", "F11", "F12", "Escape", "Escape")


@pytest.fixture
def kiosk(tmp_path: Path) -> KioskFolder:
    return make_kiosk(tmp_path / "town", contests=five_contests())


@contextmanager
def started(
    kiosk: KioskFolder, rng: random.Random, size: tuple[int, int] = (80, 24)
) -> Iterator[Terminal]:
    """`pbvote-kiosk vote`, with whatever stands on its first screen."""
    program = Path(sys.executable).with_name("pbvote-kiosk")
    with Terminal([program, "vote", kiosk.path], size=size, rng=rng) as terminal:
        terminal.wait_for("Type the card's code")
        yield terminal
        assert terminal.is_running


def fill_in(terminal: Terminal) -> None:
    """Something in each of the five contests, up to the review."""
    terminal.wait_for("(1 of 5)")
    terminal.type("Enter", "Down", "Enter")  # approval
    terminal.wait_for("2 projects chosen")
    terminal.type("F10")
    terminal.wait_for("(2 of 5)")
    terminal.type("5", "Enter")  # knapsack, by the printed number
    terminal.wait_for("€9,000 of €15,000 used")
    terminal.type("4", "Enter")
    terminal.wait_for("missing")  # it doesn't fit
    terminal.type("F10")
    terminal.wait_for("(3 of 5)")
    terminal.type("+", "+", "Down", "+")  # points
    terminal.wait_for("7 points left")
    terminal.type("F10")
    terminal.wait_for("(4 of 5)")
    terminal.type("Enter", "Down", "Enter", "+")  # ranking
    terminal.wait_for("2 projects ranked")
    terminal.type("F10")
    terminal.wait_for("(5 of 5)")
    terminal.type("+", "+", "+")  # grades
    terminal.type("F10")
    terminal.wait_for("Your choice")


def receipt_on(terminal: Terminal) -> str:
    """The receipt on the screen, as a phone reads it."""
    (code,) = codes_on(terminal.cells())
    assert code.startswith(RECEIPT_PREFIX)
    return code


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_whole_vote(kiosk: KioskFolder, rng: random.Random, size: tuple[int, int]) -> None:
    kiosk.open_box()
    card = kiosk.card(3)
    with started(kiosk, rng, size) as terminal:
        terminal.scan_for(card, "(1 of 5)")
        fill_in(terminal)
        terminal.type("F10")
        terminal.wait_for(SEALED, "This is not yet a vote.")
        (tracker,) = codes_on(terminal.cells())
        assert kiosk.counts() == (0, 0)
        terminal.type("Down", "Enter")
        terminal.wait_for(IN_THE_BOX, "receipt doesn't show how")
        receipt = receipt_on(terminal)
        terminal.type("Enter")
        terminal.wait_for(WELCOME)
        terminal.scan_for(card, IN_THE_BOX, "Vote again")
        terminal.type("Right", "Enter")
        terminal.wait_for("receipt doesn't show how")
        assert receipt_on(terminal) == receipt
        terminal.type(*WAYS_OUT)
        terminal.wait_for(WELCOME)
    assert kiosk.counts() == (1, 0)
    said = call("receipt", "check", receipt, kiosk.path, "--box", kiosk.path / "boxes" / BOX)
    assert "in the box at its place" in said.out
    assert tracker.lower() in call("inspect", receipt).out.lower()


def test_a_challenge_and_then_the_vote(kiosk: KioskFolder, rng: random.Random) -> None:
    kiosk.open_box()
    card = kiosk.card(4)
    with started(kiosk, rng) as terminal:
        terminal.scan_for(card, "(1 of 5)")
        fill_in(terminal)
        terminal.type("F10")
        terminal.wait_for(SEALED)
        terminal.type("Down", "Down", "Enter")
        terminal.wait_for("Check this machine?")
        terminal.type("Right", "Right", "Enter")
        terminal.wait_for("The machine had sealed this", "Envelope approval")
        assert kiosk.counts() == (0, 1)
        terminal.type("Enter")
        fill_in(terminal)
        terminal.type("F10")
        terminal.wait_for(SEALED)
        terminal.type("Down", "Enter")
        terminal.wait_for(IN_THE_BOX)
    assert kiosk.counts() == (1, 1)


def test_a_card_typed_by_hand(kiosk: KioskFolder, rng: random.Random) -> None:
    kiosk.open_box()
    kiosk.card(5)
    with started(kiosk, rng) as terminal:
        terminal.type("Down", "Down", "Down", "Down", "Down", "Enter")
        terminal.wait_for("28 letters and digits are missing")
        terminal.write(kiosk.typed(5).replace(" ", "").lower())
        terminal.type("Enter")
        terminal.wait_for("(1 of 5)")


def test_officials_open_and_close(kiosk: KioskFolder, rng: random.Random) -> None:
    first, second = kiosk.officials
    with started(kiosk, rng) as terminal:
        terminal.wait_for(NOT_OPEN)
        sign_in(terminal, first, "president")
        terminal.wait_for("Open the poll")
        terminal.type("Enter")
        terminal.wait_for("Open the poll?")
        terminal.type("Right", "Enter")
        sign_in(terminal, second, "clerk")
        terminal.wait_for("Zero report", "Ballots in the box: 0")
        terminal.type("Escape")
        terminal.wait_for("Pause: nobody votes for a while")
        terminal.type("Escape")
        terminal.wait_for(WELCOME)
        sign_in(terminal, second, "clerk")
        terminal.wait_for("Close the poll for good")
        terminal.type("Down", "Enter")
        terminal.wait_for("Close the poll for good?")
        terminal.type("Right", "Enter")
        sign_in(terminal, first, "president")
        terminal.wait_for("Really close?")
        terminal.type("Right", "Enter")
        terminal.wait_for("Closing report")
        terminal.type("Escape", "Escape")
        terminal.wait_for("Voting is closed")
    assert [type(entry) for entry in kiosk.entries()] == [Open, Close]


def sign_in(terminal: Terminal, card: str, role: str) -> None:
    """An official's card and PIN."""
    terminal.scan_for(card, f"{role}: please type your PIN")
    terminal.write(PIN)
    terminal.type("Enter")
