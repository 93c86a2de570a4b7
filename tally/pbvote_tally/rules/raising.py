"""Add-one: raise everybody's share step by step, until the purchases cost too much.

Raising the share does not always buy more, so no share may be left out; but whole ranges of shares
are tried at once (`levels`): none of them ends the search if all that may be bought with them fits
into the money. Otherwise a smaller range is tried, and at last a single share is counted. So the
work depends on how often something changes near the end, not on how small a step is.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from pbvote_tally.rules.buying import buy
from pbvote_tally.rules.levels import reach
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.offers import Market, Offer
from pbvote_tally.rules.purses import Paid, Purses
from pbvote_tally.rules.ties import Ties

_FIRST = 8  # the first range is the first share's 8th part
_PATIENCE = 16  # at most so many single shares are counted before a range is tried again


class _Stride:
    """How many shares to try at once: as far as it goes, else half as many."""

    def __init__(self, second: int) -> None:
        self.shares = 1  # the first share, then
        self._next = max(2, second)
        self._singly = 0  # so many shares are counted one by one before two are tried at once
        self._patience = 1

    def lengthen(self) -> None:
        """These went well."""
        if self._singly:
            self._singly -= 1
            self._next = 1 if self._singly else 2
        elif self.shares > 1:
            self._patience = 1
        self.shares, self._next = self._next, 2 * self._next

    def shorten(self) -> None:
        """They didn't: whoever is back at single shares had better be patient."""
        self.shares, self._next = self.shares // 2, self.shares // 2
        if self.shares == 1:
            self._singly = self._patience
            self._patience = min(2 * self._patience, _PATIENCE)


class Search(NamedTuple):
    """The shares to try: `first`, then `base` + k·`step`; and what ends the search.

    `exhaustive` ends it also where nothing that isn't bought would fit into the money.
    """

    market: Market
    ties: Ties
    room: Room
    money: int
    first: Fraction
    base: Fraction
    step: int
    exhaustive: bool

    def share(self) -> Fraction:
        """The last share whose purchases are within the money, or the first that is enough."""
        low, stride = 0, _Stride(int(self.first / self.step) // _FIRST)
        last: list[Paid] = []
        is_steady = False
        while True:
            high = low + stride.shares - 1
            if low == high:
                purses = self._count(low, high)
                assert purses is not None  # noqa: S101  # one share leaves nothing open
                end = self._end(low, purses)
                if end is not None:
                    return self._at(end)
                is_steady, last = purses.paid == last, purses.paid
            elif not self._goes_on(low, high) and not (is_steady and self._is_same(low, high)):
                stride.shorten()
                continue
            low = high + 1
            stride.lengthen()

    def _at(self, raised: int) -> Fraction:
        return self.base + raised * self.step if raised else self.first

    def _count(self, low: int, high: int) -> Purses | None:
        """What is bought with each of these shares; None if that isn't known to be the same."""
        bits = self.market.bits(self._at(high))
        poor = rich = Purses(self.market, self._at(high), bits)
        if low != high:
            poor = Purses(self.market, self._at(low), bits)
        is_known = buy(poor, rich, self.ties, self.room.copy(), record=False)
        return rich if is_known else None

    def _end(self, raised: int, purses: Purses) -> int | None:
        """Where the search ends if this share ends it."""
        bought = [paid.offer for paid in purses.paid]
        left = self.money - sum(offer.cost for offer in bought)
        if left < 0:
            return raised - 1
        missing = self._missing(bought)
        enough = not missing
        if self.exhaustive:
            enough = all(offer.cost > left for offer in missing)
        return raised if enough else None

    def _is_same(self, low: int, high: int) -> bool:
        """Whether none of these shares ends the search, because the same is bought with each."""
        purses = self._count(low, high)
        return purses is not None and self._end(low, purses) is None

    def _goes_on(self, low: int, high: int) -> bool:
        """Whether surely none of these shares ends the search."""
        surely, maybe, most = reach(self.market, self._at(low), self._at(high), self.room.copy())
        left = self.money - most
        if left < 0:
            return False
        missing = self._missing([*surely, *maybe])
        return any(offer.cost <= left for offer in missing) if self.exhaustive else bool(missing)

    def _missing(self, bought: Sequence[Offer]) -> list[Offer]:
        """What has supporters, isn't bought, and isn't refused by the limits."""
        got, room = {offer.project for offer in bought}, self.room.copy()
        for offer in bought:
            room.take(offer.project)
        return [
            offer
            for offer in self.market.offers
            if offer.by.total and offer.project not in got and not room.refusal(offer.project)
        ]
