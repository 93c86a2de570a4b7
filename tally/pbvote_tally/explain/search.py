"""The least number that is enough, found by trying few."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Wins = Callable[[int], bool]
"""Whether it is enough."""
Hint = Callable[[int, bool], int | None]
"""What to try next after a number that was or wasn't enough, if that can be told."""

_STRETCH = 16  # a guess is right, or nearly, or says little
_HINTS = 12  # followed in one search: a chain of hints that hardly move ends


def no_hint(tried: int, won: bool) -> int | None:
    """Nothing is known."""
    return None


def least(wins: Wins, ends: Sequence[int], guess: int, hint: Hint = no_hint) -> int | None:
    """The least number that wins, 0 not winning; None if there is none up to the last end.

    From each of the ascending `ends` (exclusive) to the next, whoever wins with some wins with
    more. Where that isn't so, a number that wins while one less doesn't.

    >>> least(lambda more: more >= 37, [100], 30), least(lambda more: 5 <= more < 9, [8, 100], 7)
    (37, 5)
    """
    begin = 0
    for end in ends:
        low, high, won = begin, end, False
        if begin < guess < end:
            won = wins(guess)
            low, high = (begin, guess) if won else (guess, end)
        if begin < end and (won or wins(end)):
            told = hint(guess if won else end, True)
            if told is None:
                told = guess - 1 if won else guess + 1
            return _narrowed(wins, low, high, told, hint)
        begin = max(begin, end)
    return None


def _narrowed(wins: Wins, low: int, high: int, guess: int, hint: Hint) -> int:
    """The least that wins, `low` not winning and `high` winning: from the guess in longer strides.

    Once a stride went over it, halves.
    """
    stride, hints = 1, _HINTS
    before: bool | None = None
    is_halving = False
    while high - low > 1:
        probe = (low + high) // 2 if is_halving else min(max(guess, low + 1), high - 1)
        won = wins(probe)
        low, high = (low, probe) if won else (probe, high)
        told = hint(probe, won) if hints else None
        if told is not None and low < told < high:
            guess, stride, hints, before, is_halving = told, 1, hints - 1, None, False
            continue
        is_halving = is_halving or before is (not won)
        before = won
        guess = probe - stride if won else probe + stride
        stride *= _STRETCH
    return high
