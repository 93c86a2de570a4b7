"""What a kiosk or desk needs of the hardware: small protocols, and the values that go through them.

What hardware does (paper out, a cable pulled) is a value here, never an exception: it must not
stop a vote. Real devices are in `devices`; a recording one beside each is enough for a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from msgspec import Struct


class Line(Struct, frozen=True):
    """A line of a slip. `size` 2 is twice as high and wide; long lines are wrapped."""

    text: str = ""
    size: int = 1
    bold: bool = False
    centred: bool = False


class Code(Struct, frozen=True):
    """A QR code of a slip, as large as the paper allows."""

    text: str


class Rule(Struct, frozen=True):
    """A line across a slip."""


Slip = Sequence[Line | Code | Rule]
"""What a receipt printer prints; the paper is cut after it."""


class PrinterState(Enum):
    """How a printer is. NONE: this machine has no printer, and none is missed."""

    READY = "ready"
    NONE = "none"
    PAPER_LOW = "paper-low"
    NO_PAPER = "no-paper"
    NOT_THERE = "not-there"

    @property
    def prints(self) -> bool:
        """Whether a slip comes out now."""
        return self in (PrinterState.READY, PrinterState.PAPER_LOW)


class Printer(Protocol):
    """A receipt printer. Both methods may take a second or two: call them from a worker."""

    def state(self) -> PrinterState:
        """How it is now."""

    def print(self, slip: Slip) -> PrinterState:
        """Print and cut; the state after it. Unless that `prints`, nothing readable came out."""


class NoPrinter:
    """A machine without a printer."""

    def state(self) -> PrinterState:
        return PrinterState.NONE

    def print(self, slip: Slip) -> PrinterState:
        return PrinterState.NONE


class Speaker(Protocol):
    """Reads aloud. No method waits for the end of what is said."""

    def say(self, text: str, language: str) -> None:
        """Say this instead of what is being said."""

    def stop(self) -> None:
        """Be quiet now."""

    def set_rate(self, words: int) -> None:
        """How fast, in words a minute."""


class NoSpeaker:
    """A machine that can't speak, or was told not to."""

    def say(self, text: str, language: str) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""

    def set_rate(self, words: int) -> None:
        """Nothing."""
