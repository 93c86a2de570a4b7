"""A program in a real terminal: tmux, talked to in its control mode, so a key costs no process.

``with Terminal([command, "vote", folder], size=(80, 24)) as terminal:`` starts it;
`type`, `scan`, `wait_for`, `lines` and `cells` are what a person at it does and sees. The tmux
server is this terminal's own and ends with it.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import pytest
from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style

PATIENCE = 90.0
"""Seconds until a screen that doesn't come is a failure; the machine may be busy."""
_POLL = 0.05
_CONFIG = """
set -g status off
set -g default-terminal tmux-256color
set -ga terminal-overrides ",*:Tc"
set -g remain-on-exit on
set -g remain-on-exit-format ''
set -g escape-time 0
set -g history-limit 0
set -g destroy-unattached on
"""
RGB = tuple[int, int, int]
_DARK, _LIGHT = (0, 0, 0), (255, 255, 255)


class Cell(NamedTuple):
    """A character of the screen and its two colours; the second half of a wide one is ""."""

    text: str
    colour: RGB
    background: RGB


class Terminal:
    """A terminal of its own with a program in it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """`size`: columns and rows. `rng`: the jitter of the scanner. Skips where tmux isn't."""
        if shutil.which("tmux") is None:
            pytest.skip("needs tmux, a terminal for tests, which isn't installed")
        self._rng = rng or random.Random(1)
        self._home = Path(tempfile.mkdtemp(prefix="pbvote-tmux-"))
        config = self._home / "tmux.conf"
        config.write_text(_CONFIG, "utf-8")
        kept = {name: value for name, value in os.environ.items() if name != "TMUX"}
        self._env = kept | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TMUX_TMPDIR": str(self._home),
            **(env or {}),
        }
        self._tmux = ["tmux", "-u", "-L", "pbvote", "-f", str(config)]
        columns, rows = size
        shell = "exec " + shlex.join(str(word) for word in command)
        started = ["new-session", "-x", str(columns), "-y", str(rows), "-s", "main", shell]
        self._control = subprocess.Popen(
            [*self._tmux, "-C", *started],
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._reply()
            self._say("refresh-client -f no-output")
            self.pid = int(self._say("display-message -p '#{pane_pid}'")[0])
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the program and the terminal."""
        subprocess.run(
            [*self._tmux, "kill-server"], env=self._env, capture_output=True, check=False
        )
        self._control.kill()
        self._control.communicate()
        shutil.rmtree(self._home, ignore_errors=True)

    # --- the person -------------------------------------------------------------------------------

    def type(self, *keys: str) -> None:
        """Press keys by tmux's names ("Enter", "F2", "C-c", "a"), one after the other."""
        for key in keys:
            self._say(f"send-keys -t main {shlex.quote(key)}")

    def write(self, text: str) -> None:
        """Type a text by hand: slower than any scanner."""
        for character in text:
            self._say(f"send-keys -t main -l {shlex.quote(character)}")
            time.sleep(self._rng.uniform(0.09, 0.12))

    def scan(self, text: str, *, enter: bool = True) -> None:
        """Type as a scanner does: 2 to 20 ms a character, then Enter."""
        for character in text:
            self._say(f"send-keys -t main -l {shlex.quote(character)}")
            time.sleep(self._rng.uniform(0.002, 0.02))
        if enter:
            self.type("Enter")

    def scan_for(self, card: str, *texts: str, times: int = 6) -> str:
        """Scan until these stand on the screen: who holds a card does it again if nothing came.

        A machine that is busy with other tests stops for longer than a scanner ever does.
        """
        for _ in range(times - 1):
            self.scan(card)
            with suppress(AssertionError):
                return self.wait_for(*texts, patience=15)
            if "This isn't a voting card" in self.text:  # the scan was cut
                self.type("Enter")
        self.scan(card)
        return self.wait_for(*texts)

    def resize(self, columns: int, rows: int) -> None:
        """As when a window is dragged."""
        self._say(f"resize-window -t main -x {columns} -y {rows}")

    # --- the screen -------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """The screen's rows, without the blanks at their ends."""
        return [line.rstrip() for line in self._say("capture-pane -p -t main")]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines())

    def cells(self) -> list[list[Cell]]:
        """The screen's rows with colours; black on white where the program set none."""
        decoder, console = AnsiDecoder(), Console(color_system="truecolor", width=1000)
        rows = []
        for line in self._say("capture-pane -p -e -N -t main"):
            row: list[Cell] = []
            for segment in decoder.decode_line(line).render(console):
                colour, background = colours_of(segment.style or Style.null())
                for character in segment.text:
                    row.append(Cell(character, colour, background))
                    row += [Cell("", colour, background)] * (cell_len(character) - 1)
            rows.append(row)
        return rows

    def wait_for(self, *texts: str, patience: float = PATIENCE) -> str:
        """Wait until all these stand on the screen; the screen."""
        return self.wait_until(
            lambda screen: all(text in screen for text in texts),
            f"{' and '.join(map(repr, texts))} on the screen",
            patience=patience,
        )

    def wait_gone(self, text: str, *, patience: float = PATIENCE) -> str:
        """Wait until this isn't on the screen any more; the screen."""
        return self.wait_until(
            lambda screen: text not in screen, f"{text!r} to be gone", patience=patience
        )

    def wait_until(
        self, holds: Callable[[str], bool], what: str, *, patience: float = PATIENCE
    ) -> str:
        """Wait for something about the screen; AssertionError with the screen if it doesn't come.

        Wrapped lines are judged as they stand: ask for short texts.
        """
        end = time.monotonic() + patience
        while True:
            screen = self.text
            if holds(screen):
                return screen
            if time.monotonic() > end:
                raise AssertionError(
                    f"waited {patience:.0f} s for {what}; the screen was:\n{screen}"
                )
            time.sleep(_POLL)

    # --- the program ------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether the program hasn't ended; its last screen stays either way."""
        return self._say("display-message -p -t main '#{pane_dead}'") == ["0"]

    def wait_end(self, *, patience: float = PATIENCE) -> int:
        """Wait until the program ends; its exit status."""
        end = time.monotonic() + patience
        while self.is_running:
            if time.monotonic() > end:
                raise AssertionError(f"still running; the screen is:\n{self.text}")
            time.sleep(_POLL)
        return int(self._say("display-message -p -t main '#{pane_dead_status}'")[0] or -1)

    def kill(self) -> None:
        """A power cut for the program; the terminal lives on."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while self.is_running:
            assert time.monotonic() < end, "a killed program runs on"
            time.sleep(0.01)

    # --- tmux -------------------------------------------------------------------------------------

    def _say(self, command: str) -> list[str]:
        """A command of tmux, and the lines it answered."""
        assert self._control.stdin is not None
        self._control.stdin.write(f"{command}\n".encode())
        self._control.stdin.flush()
        return self._reply()

    def _reply(self) -> list[str]:
        """The next answer; what tmux tells of its own accord is passed over."""
        assert self._control.stdout is not None
        lines: list[str] | None = None
        for data in self._control.stdout:
            line = data.decode().removesuffix("\n")
            if line.startswith("%begin "):
                lines = []
            elif line.startswith("%end ") and lines is not None:
                return lines
            elif line.startswith("%error "):
                raise AssertionError(f"tmux refused: {lines}")
            elif lines is not None:
                lines.append(line)
        raise AssertionError("tmux has ended")


def colours_of(style: Style) -> tuple[RGB, RGB]:
    """A style's colour and background; black on white where it has none."""
    colour, background = _rgb(style.color, _DARK), _rgb(style.bgcolor, _LIGHT)
    return (background, colour) if style.reverse else (colour, background)


def _rgb(colour: Color | None, default: RGB) -> RGB:
    if colour is None or colour.is_default:
        return default
    red, green, blue = colour.get_truecolor()
    return red, green, blue
