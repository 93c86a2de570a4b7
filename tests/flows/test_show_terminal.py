"""The wall in a real terminal, killed at random moments: it goes on, and no byte changes.

A robot reads the screen and presses what an official would. What lay in the bundle when the
program was killed lies there unchanged in the end; only the closing gained signatures.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from bundle_builder import Files, read_files
from pbvote.core.note import parse_note
from pbvote.files import TEMPORARY
from pbvote_tally import bundle as names
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.fingerprint import code, note_hash
from pbvote_tally.verify import verify
from screen_image import codes_on
from show_folder import Town, make_town
from terminal import PATIENCE, Terminal
from trustee_builder import PASSPHRASE

COMMISSION = "salt river paper nine"
ACTIONS = 40
"""About how many times the robot acts in an evening."""
DONE = "has this fingerprint"
LANGUAGES = ("NL/DE/EN", "FR/DE/EN", "FR/NL/EN", "FR/NL/DE")
"""What F2 offers in French, Dutch, German and English."""
PRESSES: dict[str, tuple[str, ...]] = {
    "Which stick is it copied to?": ("Escape", "Up"),  # nobody wants that tonight
    "This can't be done": (),
    "Everything holds": ("Enter",),
    "Who opens first?": ("Down", "Enter"),
    "Draw up the closing?": ("Down", "Enter"),
    "Sign the result?": ("Down", "Enter"),
    "own folder?": ("Enter",),
    "The stick was read": ("Enter",),
    "Go on to the result": ("Enter",),
    "Space Play": ("End",),
    "Bring in a stick": ("Enter",),
    "Draw up the closing": ("Enter",),
    "steps up and": ("Enter",),
    "Enough have": ("Enter",),
    "Go on to": ("Enter",),
    "begin to open": ("Enter",),
    "Sign the result for": ("Enter",),
    "Show the bundle": ("Enter",),
    "Check everything once more": ("Enter",),  # killed before it was: first that
}
"""Words on the screen → keys; the first that stand there count. Enter takes the first choice."""


class Robot:
    """Who counts tonight."""

    def __init__(self, town: Town, rng: random.Random) -> None:
        self.town, self.rng = town, rng
        self.stick = town.stick()

    def count(self, terminal: Terminal, actions: int) -> bool:
        """Act so many times, or until the result's fingerprint is shown: then True."""
        terminal.wait_for(LANGUAGES[0])
        for others in LANGUAGES[1:]:
            terminal.type("F2")
            terminal.wait_for(others)
        for _ in range(actions):
            screen = self.settled(terminal)
            if DONE in screen:
                return True
            self.act(terminal, screen)
            end = time.monotonic() + PATIENCE
            while terminal.text == screen and time.monotonic() < end:
                time.sleep(0.05)
        return False

    def settled(self, terminal: Terminal) -> str:
        """The screen once it waits for somebody and stays so: a person doesn't press sooner."""
        screen = ""
        while terminal.text != screen:
            screen = terminal.wait_until(self.is_ready, "something to do")
            time.sleep(0.4)
        return screen

    def is_ready(self, screen: str) -> bool:
        """Whether the screen waits for somebody."""
        is_working = "▶ " in screen.partition("────")[2]
        return DONE in screen or (not is_working and bool(self.keys(screen)))

    def act(self, terminal: Terminal, screen: str) -> None:
        """Do what the screen asks for."""
        for asked, answer in (
            ("folder are the logs on?", str(self.stick)),
            ("The commission types", COMMISSION),
            ("types the passphrase", PASSPHRASE),
        ):
            if asked in screen:
                terminal._say(f"send-keys -t main -l '{answer}'")
                terminal.type("Enter")
                return
        terminal.type(*self.keys(screen))

    def keys(self, screen: str) -> tuple[str, ...]:
        """The keys for this screen."""
        if any(asked in screen for asked in ("are the logs on?", "types")):
            return ("typed",)
        return next((keys for words, keys in PRESSES.items() if words in screen), ())


def lying(town: Town) -> Files:
    """What lies in the bundle whole."""
    files = read_files(town.bundle) if town.bundle.exists() else {}
    return {name: data for name, data in files.items() if TEMPORARY not in name}


def signed(note: bytes) -> set[str]:
    """Who signed."""
    return {signature.name for signature in parse_note(note).signatures}


def test_killed_at_random_it_goes_on_with_the_same_bytes(
    tmp_path: Path, rng: random.Random, soak: bool
) -> None:
    for evening in range(10 if soak else 1):
        killed_twice(make_town(tmp_path / str(evening), commission=COMMISSION), rng)


def killed_twice(town: Town, rng: random.Random) -> None:
    """An evening with two power cuts."""
    robot = Robot(town, rng)
    program: list[str | Path] = [Path(sys.executable).with_name("pbvote-tally"), "show", town.path]
    kept: list[Files] = []
    for workers in ("1", "2"):
        with Terminal([*program, "--workers", workers], rng=rng) as terminal:
            robot.count(terminal, rng.randrange(1, ACTIONS // 2))
            time.sleep(rng.uniform(0, 0.6))
            terminal.kill()
        kept.append(lying(town))
    with Terminal(program, rng=rng) as terminal:
        assert robot.count(terminal, 3 * ACTIONS)
        results = (town.bundle / names.RESULTS).read_bytes()
        assert codes_on(terminal.cells()) == [code(note_hash(results))]
    final = read_files(town.bundle)
    for before in kept:
        for name, data in before.items():
            if name == names.CLOSING:
                assert parse_note(data).text == parse_note(final[name]).text
                assert signed(data) <= signed(final[name])
            else:
                assert final[name] == data, name
    verify(FolderBundle(town.bundle), town.built.commission.verify_key)
    with Terminal(program, rng=rng) as terminal:  # the next morning nothing is done again
        assert robot.count(terminal, ACTIONS)
    assert read_files(town.bundle) == final
