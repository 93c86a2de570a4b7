"""Kiosk and desk in one terminal: a tmux server of the demo's own, which ends with it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pbvote.core.errors import RefusedError
from pbvote.files import write_bytes

COLUMNS, ROWS = 80, 24
"""What a kiosk and a desk need."""
_CONFIG = """\
set -g default-terminal tmux-256color
set -ga terminal-overrides ",*:Tc"
set -g escape-time 50
set -g mouse on
set -g remain-on-exit on
set -g status-left ""
set -g status-right "F11 scan a card, end  F12 other screen"
set -g status-right-length 50
bind -n F12 if -F "#{==:#{window_panes},1}" next-window "select-pane -t :.+"
"""


def is_here() -> bool:
    """Whether tmux can show something here."""
    return shutil.which("tmux") is not None and sys.stdin.isatty() and sys.stdout.isatty()


def program(name: str) -> Path:
    """A program of ours, beside this one."""
    return Path(sys.executable).with_name(name)


class Hall:
    """The tmux server of one demo folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        name = sha256(os.fsencode(self.folder)).hexdigest()[:12]
        self._tmux = ["tmux", "-u", "-L", f"pbvote-{name}"]
        self._env = {name: value for name, value in os.environ.items() if name != "TMUX"}

    def is_running(self) -> bool:
        """Whether kiosk and desk are up."""
        return self._call("has-session") == 0

    def start(
        self, kiosk: Sequence[str], desk: Sequence[str], menu: Mapping[str, Sequence[str]]
    ) -> None:
        """Both programs, side by side if the terminal is wide enough.

        `menu`: what F11 offers, and the command that each does.
        """
        columns, rows = os.get_terminal_size(sys.stdout.fileno())  # not $COLUMNS, which may be old
        config = self.folder / "tmux.conf"
        write_bytes(config, _CONFIG.encode())
        size = ["-x", str(columns), "-y", str(rows)]
        self._tell("-f", str(config), "new-session", "-d", "-n", "kiosk", *size, shlex.join(kiosk))
        entries: list[str] = []
        for key, (label, command) in zip("123456789abcdefghij", menu.items(), strict=False):
            entries += [label, key, f"run-shell -b {shlex.quote(shlex.join(command))}"]
        entries += ["", "End kiosk and desk", "q", "detach-client"]
        self._tell("bind-key", "-n", "F11", "display-menu", "-T", "Demo", *entries)
        if rows <= ROWS:
            self._tell("set", "-g", "status", "off")
        if columns > 2 * COLUMNS:
            self._tell("split-window", "-h", "-t", "kiosk", shlex.join(desk))
            self._tell("select-pane", "-t", "kiosk.0")
        else:
            self._tell("new-window", "-d", "-n", "desk", shlex.join(desk))

    def attach(self) -> None:
        """Show it until a key or the end of both programs ends it; then nothing runs on."""
        subprocess.run([*self._tmux, "attach"], env=self._env, check=False)  # noqa: S603
        self.stop()

    def type(self, screen: str, text: str) -> None:
        """Type a text and Enter at "kiosk" or "desk"; RefusedError if it isn't running."""
        pane = self._pane(screen)
        self._tell("send-keys", "-t", pane, "-l", text, ";", "send-keys", "-t", pane, "Enter")

    def shown(self, screen: str) -> list[str]:
        """The lines of "kiosk" or "desk"; RefusedError if it isn't running."""
        return self._ask("capture-pane", "-p", "-t", self._pane(screen)).splitlines()

    def _pane(self, screen: str) -> str:
        if not self.is_running():
            raise RefusedError(
                "the demo isn't running", where=str(self.folder), hint="`pbvote tryout start`"
            )
        windows = self._ask("list-windows", "-F", "#{window_name}").split()
        return f"{screen}.0" if screen in windows else "kiosk.1"

    def stop(self) -> None:
        """End both programs; nothing if they aren't running."""
        if not self.is_running():
            return
        programs = self._ask("list-panes", "-s", "-F", "#{pane_pid}").split()
        self._tell("set", "-g", "remain-on-exit", "off")
        self._call("kill-server")
        for pid in programs:  # a server that still shows a menu may forget a pane
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)

    def _call(self, *words: str) -> int:
        done = subprocess.run(  # noqa: S603
            [*self._tmux, *words], env=self._env, check=False, capture_output=True
        )
        return done.returncode

    def _ask(self, *words: str) -> str:
        done = subprocess.run(  # noqa: S603
            [*self._tmux, *words], env=self._env, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RefusedError("tmux refused", where=" ".join(words[:1]), hint=done.stderr.strip())
        return done.stdout

    def _tell(self, *words: str) -> None:
        self._ask(*words)
