"""A scanner is a keyboard that types fast and ends with Enter: keys apart into scans and typing.

Characters less than GAP apart are one run. What comes of it:

- It holds `PBVOTE1/`, or what another layout or Caps Lock makes of that: a scan of ours, put
  right (`layouts`); two without an Enter between them are two. From SURE characters on the run
  holds through pauses up to STALL, as of a machine that is busy. It needs no Enter: the scan is
  given out STALL after its last character. Its Enter, or its last characters and Enter, are
  swallowed if they come within LATE.
- It ends with FOREIGN or more characters and Enter, each within FAST of the one before, and not
  all the same (a key held down): a scan of something else, a price tag or another QR code. It is
  given out as a scan, as it came, and its Enter presses nothing. Its first FOREIGN - 1
  characters were let through before anybody could know.
- All else was typed. It comes out once, in order. Only P and H (`PBVOTE1/`, `HTTPS://`) wait for
  the next character, and whatever comes as fast as a scanner from the FOREIGNth character on.

A test that types FOREIGN or more characters and Enter without pauses is taken for a scanner.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from pbvote_kiosk.devices.layouts import may_begin, split

ENTER = "\r"


class Fed(NamedTuple):
    """What came of a key: what a person typed after all, in order, and whole scans, put right."""

    typed: str = ""
    scans: tuple[str, ...] = ()

    def then(self, more: Fed) -> Fed:
        """Both, this first."""
        return Fed(self.typed + more.typed, self.scans + more.scans)


class ScanReader:
    """Tells a scanner from a person by its speed. `at` is in seconds on a steady clock.

    A character that may begin a scan is held back until the next key, or until `flush`.
    """

    GAP = 0.05
    """Seconds; a scanner leaves less between two characters, a person more."""
    STALL = 0.25
    """Seconds; as GAP, once a scan is known to be ours: a busy machine mustn't cut it in two."""
    SURE = 3
    """Characters; nobody types so many of PBVOTE1 so fast."""
    FAST = 0.03
    """Seconds; at most so much between two characters of a scan that isn't ours."""
    FOREIGN = 8
    """Characters; an EAN-8 has so many. A PIN has fewer."""
    LATE = 0.5
    """Seconds; after a scan without its Enter nobody has pressed Enter so soon."""

    def __init__(self) -> None:
        self._run = ""
        self._given = 0  # so many characters of the run were given out as typed
        self._fast = 0  # where in the run every character has been FAST since
        self._last = -inf
        self._cut = -inf  # when a scan ended that hasn't had its Enter

    def feed(self, character: str, at: float) -> Fed:
        """Take one character; Enter is a carriage return, "" any key without a character."""
        gap = at - self._last
        before = Fed() if gap < self.patience else self.flush(at)
        if not character:
            return before
        self._last = at
        if character == ENTER:
            return before.then(self._enter(gap))
        if gap > self.FAST:
            self._fast = len(self._run)
        self._run += character
        return before.then(Fed(self._let_through()))

    def flush(self, at: float) -> Fed:
        """Give out what waited: typed by a person, or a scan that lost its Enter.

        To be called `patience` after the last `feed`; what it gives out doesn't hang on `at`.
        """
        held = self._run[self._given :]
        fed = self._scanned()
        if held:
            self._cut = self._last if fed.scans else -inf
        self._forget()
        return fed if fed.scans else Fed(held)

    @property
    def waiting(self) -> bool:
        """Whether something is held back, so that `flush` must be called after `patience`."""
        return self._given < len(self._run)

    @property
    def patience(self) -> float:
        """How long to wait for the next character of what is held back, in seconds."""
        held = self._run[self._given :]
        starts = range(len(held) - self.SURE + 1)
        is_ours = split(held)[1] or any(may_begin(held[start:]) for start in starts)
        return self.STALL if is_ours else self.GAP

    def _let_through(self) -> str:
        """What of the run can't be of a scan."""
        if self._is_foreign() or self._is_late():
            return ""
        first = self._given
        while self._given < len(self._run) and not may_begin(self._run[self._given :]):
            self._given += 1
        return self._run[first : self._given]

    def _enter(self, gap: float) -> Fed:
        held = self._run[self._given :]
        if (scanned := self._scanned()).scans:
            fed = scanned
        elif self._is_late():
            fed = Fed()
        elif self._is_foreign() and gap <= self.FAST:
            fed = Fed(self._run[self._given : self._fast], (self._run[self._fast :],))
        else:
            fed = Fed(held + ENTER)
        self._cut = -inf
        self._forget()
        return fed

    def _scanned(self) -> Fed:
        """The scans of ours in what is held back, and a key pressed just before them."""
        front, scans = split(self._run[self._given :])
        return Fed(front if len(front) < self.FOREIGN else "", scans)

    def _is_foreign(self) -> bool:
        fast = self._run[self._fast :]
        return len(fast) >= self.FOREIGN and bool(fast.strip(fast[0]))

    def _is_late(self) -> bool:
        return self._last - self._cut <= self.LATE

    def _forget(self) -> None:
        self._run, self._given, self._fast = "", 0, 0
