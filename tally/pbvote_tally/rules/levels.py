"""What may be bought with any share of a range: bounds, whatever the order of the purchases.

Equal Shares buys in the order of ρ, which only rises. So for a level r all purchases with ρ ≤ r
come first, and nobody pays more than r·worth·u for any of them. Given bounds on all purses after
those of the last level, for every share of the range:

- What is above the next level r even with the fullest purses isn't among the next purchases.
- Of the others none costs a voter more than r·worth·u: that gives the emptiest purses.
- If these are enough to buy one of them at r or less, it is surely bought by then; and it costs
  each supporter at least its price with the fullest purses: that gives the fullest after it.
- Else it may be bought by then, or later: it is looked at again at the next level, when it has to
  be paid only once.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.offers import KEY, Market, Offer, Supporters, floor
from pbvote_tally.rules.purses import settle

_OPEN = 12  # so many undecided projects drag all others along: no level decides anything any more
_BEYOND = 3  # where nothing was decided, the next level is so many times further up
_ABOVE = _BEYOND + 2  # so many times its cost, and no more, is charged for a project to anybody
_SUMS = 4096


class Reach(NamedTuple):
    """What is bought with every share; what may be with some; the most that all of it costs."""

    surely: list[Offer]
    maybe: list[Offer]
    most: int


def reach(market: Market, low: Fraction, high: Fraction, room: Room) -> Reach:
    """What may be bought with the shares from `low` to `high`; `room` is used up."""
    return _Levels(market, low, high, room).reach()


class _Levels:
    """Below 0 in a purse means that nothing is left."""

    def __init__(self, market: Market, low: Fraction, high: Fraction, room: Room) -> None:
        self.market = market
        self.room = room  # for what surely is bought
        self.bits = market.bits(high, _ABOVE * len(market.offers))
        self._level = 0
        self._is_stuck = False
        self._emptiest = market.purses(floor(low, self.bits), self.bits)
        self._fullest = market.purses(floor(high, self.bits) + 1, self.bits)
        self._live = market.purses(0, self.bits)  # what voters have for what may be bought
        self._by = [offer.by for offer in market.offers]  # those who may have something left
        self._surely: list[Offer] = []
        self._least = market.least(self.bits)  # prices with the fullest purses
        self._first: dict[int, int] = {}  # the same when the project first might be bought
        self._charged: dict[int, int] = {}  # what may be bought → the most it can have cost
        self._waiting = market.waiting(self._least)
        heapq.heapify(self._waiting)

    def reach(self) -> Reach:
        """Rise from level to level while something is decided."""
        while len(self._charged) <= _OPEN:
            before, near = self._level, self._next()
            fresh = [i for i in near if i not in self._charged]
            if not near or (self._is_stuck and self._level == before and not fresh):
                break
            for i in near:
                self._charge(i, self._price(i, self._level) or 0)
                self._first.setdefault(i, self._least[i])
            sure = {i: dear for i in near if (dear := self._sure(i)) is not None}
            for i in near:
                if i not in sure:
                    heapq.heappush(self._waiting, (self._key(i, self._least[i]), i))
            self._keep_live(i for i in fresh if i not in sure)
            for i, dear in sure.items():
                self._take(i, dear)
            self._is_stuck = not sure
        return self._reach()

    def _next(self) -> list[int]:
        """Rise to the next level where something may surely be bought: what isn't above it.

        Nothing if there is none.
        """
        level: int | None = None
        near: list[tuple[int, int]] = []
        while self._waiting and (level is None or self._waiting[0][0] <= level):
            _, i = heapq.heappop(self._waiting)
            if not self._is_able(i, level):
                continue
            key = self._key(i, self._least[i])
            near.append((key, i))
            dear = self._dear(i, level) if level is None or key <= level else None
            if dear is not None:
                most = max(self._level, -self._key(i, -dear))
                level = most if level is None else min(level, most)
        if level is not None:
            level += (level - self._level) * _BEYOND * self._is_stuck
            self._level = level
        for key, i in near:
            if level is None or key > level:
                heapq.heappush(self._waiting, (key, i))
        return [] if level is None else [i for key, i in near if key <= level]

    def _key(self, i: int, price: int) -> int:
        return (price << KEY) // self.market.offers[i].worth

    def _is_able(self, i: int, level: int | None = None) -> bool:
        """Whether it can be bought (from now on) with the fullest purses; its least price then.

        Above the level it needn't be known.
        """
        offer, by = self.market.offers[i], self._by[i]
        if self.room.refusal(offer.project):
            return False
        left = self._fullest[by.groups]
        some = left > 0
        if 2 * np.count_nonzero(some) < len(some):
            by, left = by.only(some), left[some]
            self._by[i] = by
        left, need, top = np.maximum(left, 0), offer.cost << self.bits, self._price(i, level)
        found = settle(by, left, self._u(by), need, self._least[i], top)
        if found is not None:
            self._least[i] = max(self._least[i], found.rest // found.units)
        return found is not None

    def _price(self, i: int, level: int | None) -> int | None:
        """The price at a level, rounded up."""
        return None if level is None else -(-level * self.market.offers[i].worth >> KEY)

    def _dear(self, i: int, level: int | None) -> int | None:
        """Its price with the emptiest purses, not counting what it may have cost itself.

        None if that isn't sure to be enough at this level.
        """
        by, u, need = self._by[i], self._u(self._by[i]), self.market.offers[i].cost << self.bits
        left = np.maximum(self._emptiest[by.groups] + self._charged.get(i, 0) * u, 0)
        found = settle(by, left, u, need, self._least[i], self._price(i, level))
        return None if found is None else found.dear

    def _charge(self, i: int, price: int) -> None:
        """It may be bought, at this price at most."""
        offer = self.market.offers[i]
        more = price - self._charged.get(i, 0)
        self._emptiest[offer.by.groups] -= more * self._u(offer.by)
        self._charged[i] = price

    def _sure(self, i: int) -> int | None:
        """The most it costs if it is surely bought by this level, whatever else is before it."""
        if self._may_be_refused(i):
            return None
        dear = self._dear(i, self._level)
        return dear if dear is not None and dear <= self._charged[i] else None

    def _may_be_refused(self, i: int) -> bool:
        """Whether limits refuse it if all that may be bought is bought before it."""
        if self.room.is_unlimited:
            return False
        room = self.room.copy()
        for j in self._charged:
            if j != i:
                room.take(self.market.offers[j].project)
        return room.refusal(self.market.offers[i].project) is not None

    def _take(self, i: int, dear: int) -> None:
        """It is surely bought by this level."""
        offer = self.market.offers[i]
        self._charge(i, dear)
        del self._charged[i]
        self._fullest[offer.by.groups] -= self._first[i] * self._u(offer.by)
        self._surely.append(offer)
        self.room.take(offer.project)

    def _keep_live(self, some: Iterable[int]) -> None:
        """They may be bought from now on, with what their supporters have now."""
        for i in some:
            groups = self.market.offers[i].by.groups
            self._live[groups] = np.maximum(self._live[groups], self._fullest[groups])

    def _reach(self) -> Reach:
        able = {i for _, i in self._waiting if self._is_able(i)}
        self._keep_live(able - set(self._charged))
        maybe = [self.market.offers[i] for i in sorted(able | set(self._charged))]
        money = int(self.market.weights @ self._live) >> self.bits
        most = _most([offer.cost for offer in maybe], money)
        return Reach(self._surely, maybe, sum(offer.cost for offer in self._surely) + most)

    def _u(self, by: Supporters) -> NDArray[Any]:
        return by.utilities.astype(self._live.dtype, copy=False)


def _most(costs: Sequence[int], money: int) -> int:
    """The most that some of these cost together within the money (or more, if there are many)."""
    sums = {0}
    for cost, number in Counter(costs).items():
        several = range(cost, cost * number + 1, cost)
        sums |= {before + more for before in sums for more in several if before + more <= money}
        if len(sums) > _SUMS:
            return min(sum(costs), money)
    return max(sums)
