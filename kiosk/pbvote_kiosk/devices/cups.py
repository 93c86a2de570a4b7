"""Any printer that CUPS knows: a slip goes there as a PDF, through `lp`.

The PDF goes in by standard input and is on no disk of ours: it may hold a card. CUPS takes it and
prints when it can; what `lpstat` says then is the state.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import NamedTuple

from pbvote_kiosk.ports import PrinterState, Slip

_SECONDS = 2.5
_NOT_THERE = re.compile(r"disabled since|offline|not accepting|connecting-to-device", re.IGNORECASE)
_NO_PAPER = re.compile(r"media-(empty|needed|jam)")


class _Done(NamedTuple):
    ok: bool
    said: str = ""


class CupsPrinter:
    """A queue of CUPS, or with queue "" the machine's default one. `to_pdf` draws the slip."""

    def __init__(self, queue: str, to_pdf: Callable[[Slip], bytes]) -> None:
        self._queue, self._to_pdf = queue, to_pdf

    def state(self) -> PrinterState:
        queue = self._queue or self._default()
        done = _run("lpstat", "-l", "-p", queue) if queue else _Done(ok=False)
        if not done.ok or _NOT_THERE.search(done.said):
            return PrinterState.NOT_THERE
        if _NO_PAPER.search(done.said):
            return PrinterState.NO_PAPER
        return PrinterState.PAPER_LOW if "media-low" in done.said else PrinterState.READY

    def print(self, slip: Slip) -> PrinterState:
        before = self.state()
        if not before.prints:
            return before  # or it would come out hours later
        queue = ["-d", self._queue] if self._queue else []
        done = _run("lp", *queue, "-t", "pbvote", "-s", data=self._to_pdf(slip))
        return self.state() if done.ok else PrinterState.NOT_THERE

    def _default(self) -> str:
        found = re.search(r"destination: (\S+)", _run("lpstat", "-d").said)
        return found[1] if found else ""


def _run(program: str, *words: str, data: bytes = b"") -> _Done:
    path = shutil.which(program)
    if path is None:
        return _Done(ok=False)
    try:
        done = subprocess.run(  # noqa: S603 - no shell; a queue's name can't begin with "-"
            [path, *words],
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return _Done(ok=False)
    return _Done(done.returncode == 0, done.stdout.decode(errors="replace"))
