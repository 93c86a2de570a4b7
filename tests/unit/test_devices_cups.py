"""CUPS printers: with stand-ins for lp and lpstat, and with the real ones where no CUPS runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from pbvote_kiosk.devices.cups import CupsPrinter
from pbvote_kiosk.ports import Line, PrinterState, Slip

STAND_IN = f"""#!{sys.executable}
import json, os, pathlib, sys, time
home = pathlib.Path(os.environ["CUPS_HOME"])
name = pathlib.Path(sys.argv[0]).name
says = json.loads((home / "says").read_text()).get(" ".join([name, *sys.argv[1:]][:2]))
with (home / "log").open("a") as log:
    log.write(json.dumps([name, *sys.argv[1:]]) + chr(10))
if name == "lp":
    (home / "printed").write_bytes(sys.stdin.buffer.read())
if says == "hangs":
    time.sleep(60)
if says is None:
    sys.exit(f"{{name}}: error")
print(says)
"""
IDLE = "printer hall is idle.  enabled since Sun Nov 22 09:00:00 2026"


class Cups:
    """A folder with lp and lpstat, what they say, and what they were told."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name in ("lp", "lpstat"):
            (home / name).write_text(STAND_IN)
            (home / name).chmod(0o755)
        self.says(state=IDLE)

    def says(
        self, *, state: str | None, takes: str | None = "", default: str | None = None
    ) -> None:
        said = {"lpstat -l": state, "lpstat -d": default, "lp -d": takes, "lp -t": takes}
        said = {words: text for words, text in said.items() if text is not None}
        (self.home / "says").write_text(json.dumps(said))

    @property
    def told(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.home / "log").read_text().splitlines()]

    @property
    def printed(self) -> bytes:
        path = self.home / "printed"
        return path.read_bytes() if path.exists() else b""


@pytest.fixture
def cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cups:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CUPS_HOME", str(tmp_path))
    return Cups(tmp_path)


def pdf(slip: Slip) -> bytes:
    return b"%PDF " + "".join(part.text for part in slip if isinstance(part, Line)).encode()


def test_a_slip_goes_to_its_queue_as_pdf_and_on_no_disk(cups: Cups) -> None:
    assert CupsPrinter("hall", pdf).print([Line("a secret")]) == PrinterState.READY
    assert cups.printed == b"%PDF a secret"
    assert ["lp", "-d", "hall", "-t", "pbvote", "-s"] in cups.told
    assert "a secret" not in repr(cups.told)


def test_the_default_queue(cups: Cups) -> None:
    cups.says(state=IDLE, default="system default destination: hall")
    assert CupsPrinter("", pdf).print([Line("hello")]) == PrinterState.READY
    assert cups.printed == b"%PDF hello"
    cups.says(state=IDLE, default="no system default destination")
    assert CupsPrinter("", pdf).state() == PrinterState.NOT_THERE


@pytest.mark.parametrize(
    ("says", "state"),
    [
        (IDLE, PrinterState.READY),
        ("printer hall now printing hall-7.  enabled since Sun", PrinterState.READY),
        (f"{IDLE}\n\tAlerts: media-low-warning", PrinterState.PAPER_LOW),
        (f"{IDLE}\n\tAlerts: media-empty-error", PrinterState.NO_PAPER),
        (f"{IDLE}\n\tAlerts: media-jam-error", PrinterState.NO_PAPER),
        (f"{IDLE}\n\tAlerts: offline-report", PrinterState.NOT_THERE),
        ("printer hall disabled since Sun -\n\tPaused", PrinterState.NOT_THERE),
        (None, PrinterState.NOT_THERE),
    ],
)
def test_what_cups_says_is_the_state(cups: Cups, says: str | None, state: PrinterState) -> None:
    cups.says(state=says)
    printer = CupsPrinter("hall", pdf)
    assert printer.state() == state
    assert printer.print([Line("hello")]) == state
    assert bool(cups.printed) == state.prints


def test_cups_that_hangs_or_refuses(cups: Cups) -> None:
    cups.says(state="hangs")
    start = time.monotonic()
    assert CupsPrinter("hall", pdf).print([Line("hello")]) == PrinterState.NOT_THERE
    assert time.monotonic() - start < 4
    cups.says(state=IDLE, takes=None)
    assert CupsPrinter("hall", pdf).print([Line("hello")]) == PrinterState.NOT_THERE


def test_the_real_lpstat_where_no_cups_runs() -> None:
    if shutil.which("lpstat") is None:
        pytest.skip("needs lpstat, which isn't here")
    start = time.monotonic()
    assert CupsPrinter("no-such-queue", pdf).print([Line("hello")]) == PrinterState.NOT_THERE
    assert time.monotonic() - start < 4


def test_without_cups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert CupsPrinter("", pdf).state() == PrinterState.NOT_THERE
    assert CupsPrinter("hall", pdf).print([Line("hello")]) == PrinterState.NOT_THERE
