"""The report of a running act, posted to the screen from the thread that does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct, structs
from textual.message import Message

PAUSE = 0.1
"""Seconds between two posts of an advancing step."""
Mark = Literal["running", "done", "failed", "note"]


class Line(Struct, frozen=True):
    """A step: its message and values, how far it is, when it began and ended (steady clock)."""

    text: str
    values: Mapping[str, Any] = {}
    mark: Mark = "running"
    total: int = 0
    done: int = 0
    began: float = 0.0
    ended: float = 0.0

    def seconds(self, now: float) -> float:
        """How long it has taken."""
        return (self.ended or now) - self.began


class Progress(Message):
    """What an act has done so far."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        super().__init__()
        self.lines = lines


class PostedReport:
    """A Report whose lines are posted whenever they change. One thread at a time writes it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._post: Callable[[Progress], object] = lambda message: None
        self._lines: list[Line] = []
        self._posted = 0.0

    def begin(self, post: Callable[[Progress], object]) -> None:
        """An act begins; `post` may be called from its thread."""
        self._post, self._lines = post, []
        self._say()

    def end(self, *, failed: bool) -> None:
        """The act is over."""
        self._finish("failed" if failed else "done")
        self._say()

    def step(self, text: str, total: int = 0, **values: object) -> None:
        """A step begins; the one before is done."""
        self._finish("done")
        self._lines.append(Line(text, values, total=total, began=self._clock()))
        self._say()

    def advance(self, parts: int) -> None:
        """So many parts of it are done."""
        if self._lines:
            last = self._lines[-1]
            self._lines[-1] = structs.replace(last, done=last.done + parts)
            if self._clock() - self._posted >= PAUSE:
                self._say()

    def note(self, text: str) -> None:
        """Something that a reader should know."""
        self._finish("done")
        now = self._clock()
        self._lines.append(Line(text, mark="note", began=now, ended=now))
        self._say()

    def _finish(self, mark: Mark) -> None:
        if self._lines and self._lines[-1].mark == "running":
            self._lines[-1] = structs.replace(self._lines[-1], mark=mark, ended=self._clock())

    def _say(self) -> None:
        self._posted = self._clock()
        self._post(Progress(tuple(self._lines)))
