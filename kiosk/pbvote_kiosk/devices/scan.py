"""A scanner is a keyboard that types fast and ends with Enter: keys apart into scans and typing."""

from __future__ import annotations

from typing import NamedTuple


class Fed(NamedTuple):
    """What came of a key: what a person typed after all, in order, and whole scans, put right."""

    typed: str = ""
    scans: tuple[str, ...] = ()


class ScanReader:
    """Tells a scanner from a person by its speed. `at` is in seconds on a steady clock.

    A character that may begin a scan is held back until the next key, or until `flush`.
    """

    GAP = 0.05
    """Seconds; a scanner leaves less between two characters, a person more."""

    def feed(self, character: str, at: float) -> Fed:
        """Take one character; Enter is a carriage return."""
        raise NotImplementedError

    def flush(self, at: float) -> Fed:
        """Give out what waited for GAP: typed by a person, or a scan that lost its Enter."""
        raise NotImplementedError

    @property
    def waiting(self) -> bool:
        """Whether something is held back, so that `flush` must be called after GAP."""
        raise NotImplementedError
