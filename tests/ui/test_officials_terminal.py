"""The officials' way in and out in a real terminal; and one that is too small."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from kiosk_folder import PIN, make_kiosk
from pbvote_kiosk.officials.events import Events
from terminal import Terminal

PROGRAM = Path(sys.executable).with_name("pbvote-kiosk")


def test_an_official_scans_types_and_ends_the_program(tmp_path: Path) -> None:
    kiosk = make_kiosk(tmp_path / "demo")
    kiosk.open_box()
    shell = f"{shlex.join([str(PROGRAM), 'vote', str(kiosk.path)])}; echo ended with $?; cat"
    with Terminal(["sh", "-c", shell]) as terminal:
        terminal.wait_for("Please scan your voting card")
        terminal.scan_for(kiosk.officials[0], "president: please type your PIN")
        terminal.write(PIN)
        assert PIN not in terminal.text
        terminal.type("Enter")
        terminal.wait_for("Signed in: president")
        terminal.type("Up", "Up", "Enter")  # from the first entry round to "Stop"
        terminal.wait_for("Stop the program?")
        terminal.type("Right", "Enter")
        terminal.wait_for("ended with 0")
    events = Events.open_in(kiosk.path / "kiosk" / "kiosk-1", "demo", "kiosk-1", now=lambda: 0)
    assert [event.what for event in events.all()] == ["started", "opened", "menu", "stopped"]
    events.close()


def test_a_small_terminal_is_told_how_small_it_is(tmp_path: Path) -> None:
    kiosk = make_kiosk(tmp_path / "demo")
    with Terminal([PROGRAM, "vote", kiosk.path], size=(76, 20)) as terminal:
        terminal.wait_for("this terminal has 76 columns and 20 lines")
        assert "80 × 24" in terminal.text
