"""A program on a pseudo-terminal, with nothing between it and the clock: how long a paint takes.

The terminal says that it can hold back half-painted screens (mode 2026), so the program marks the
end of every paint, and the time of each is the time at which its last byte was read.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_ASKED, _ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_PAINTED = b"\x1b[?2026l"
_CONTROL = re.compile(rb"\x1b(?:\[[0-9;?<>=!$' ]*[A-Za-z@`]|[\]P][^\x07\x1b]*(?:\x07|\x1b\\)|.)")


class RawTerminal:
    """A program's own terminal."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
    ) -> None:
        """`size`: columns and rows."""
        columns, rows = size
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        look = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        self.started = time.perf_counter()
        self._program = subprocess.Popen(
            [str(word) for word in command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, **look, **(env or {})},
        )
        os.close(theirs)
        self._seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._program.kill()
        self._program.wait()
        os.close(self._ours)

    @property
    def pid(self) -> int:
        """The program's."""
        return self._program.pid

    def write(self, data: bytes) -> None:
        """As keys arrive."""
        os.write(self._ours, data)

    def wait_for(self, text: str, patience: float = 30.0) -> float:
        """Wait until a paint since the last call has this text; its time (perf_counter)."""
        end = time.perf_counter() + patience
        while time.perf_counter() < end:
            at = self._read(0.1)
            shown = _CONTROL.sub(b"", self._seen).decode("utf-8", "replace")
            if text in shown:
                self._seen = b""
                return at
        shown = _CONTROL.sub(b"", self._seen).decode("utf-8", "replace")
        raise AssertionError(f"waited {patience:.0f} s for {text!r}, got:\n{shown}")

    def paints(self, keys: bytes, quiet: float = 0.15) -> list[float]:
        """Seconds from the write of these keys to the end of each paint after it.

        The last paint is the one that `quiet` seconds without any follow.
        """
        self._seen = b""
        start = last = time.perf_counter()
        self.write(keys)
        times: list[float] = []
        while True:
            at = self._read(quiet)
            if at - last >= quiet:
                return times
            times += [at - start] * self._seen.count(_PAINTED)
            if _PAINTED in self._seen:
                self._seen = self._seen[self._seen.rindex(_PAINTED) + len(_PAINTED) :]
            last = at

    def _read(self, patience: float) -> float:
        """Take what is there within `patience`; the time."""
        if select.select([self._ours], [], [], patience)[0]:
            data = os.read(self._ours, 65536)
            if _ASKED in data:
                self.write(_ANSWER)
            self._seen += data
        return time.perf_counter()
