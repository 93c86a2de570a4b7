"""Supporters buy projects, best value first: with one first share, or all shares of a range.

Prices only rise, because purses only empty; so a project whose last known ρ is above the best one
found needn't be looked at again. Offers that differ in nothing are looked at once: the first of
them, by its position, stands for all.

As long as the same is bought, more money means fuller purses and lower prices. So what is bought
with every share of a range can be followed at its two ends, until they leave the next purchase
open. Where the same supporters give all they have at both ends, purses and prices are linear
functions of the share in between; and what linear functions do at both ends (≤, =) they do
everywhere between.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.offers import KEY, PHASE, Market
from pbvote_tally.rules.purses import Price, Purses
from pbvote_tally.rules.ties import Ties


class _Seen(NamedTuple):
    """Bounds on ρ, and the price at the poor end and at the rich one.

    `most` is None where it isn't sure that the supporters can pay, or too much.
    """

    least: int
    most: int | None
    poor: Price | None
    rich: Price


def buy(poor: Purses, rich: Purses, ties: Ties, room: Room, record: bool = True) -> bool:
    """All purchases, in order (the purses' `paid`), for all shares from the poor to the rich end.

    They are the same purses for one share. Of a range, False if the ends leave a purchase open, or
    if somebody gives all with one share and not with another. `ties` breaks ties, and may record
    them; what the limits leave no `room` for isn't bought.
    """
    return _Buying(poor, rich, ties, room, record).run()


class _Buying:
    def __init__(self, poor: Purses, rich: Purses, ties: Ties, room: Room, record: bool) -> None:
        self.market: Market = poor.market
        self.poor = poor
        self.rich = rich
        self.ties = ties
        self.room = room
        self._record = record
        self._least = self.market.least(rich.bits)  # bounds on the prices
        # which offers can be bought of those like this one, the first by the ties first
        self._alike = {some[0]: sorted(some, key=self._rank) for some in self.market.alike}
        waiting = self.market.waiting(self._least)
        self._waiting = [(key, i) for key, i in waiting if i in self._alike]
        heapq.heapify(self._waiting)

    def run(self) -> bool:
        while seen := self._look():
            ceiling = min((s.most for s in seen.values() if s.most is not None), default=None)
            if ceiling is None:
                return False
            near = [i for i, look in seen.items() if look.least <= ceiling]
            best = self._first(near)
            if best is None or not self._pay(best, seen[best]):
                return False
            for i, look in seen.items():
                heapq.heappush(self._waiting, (look.least, i))
        return True

    def _look(self) -> dict[int, _Seen]:
        """All offers that may be the next, and some more; who can't be bought is dropped."""
        seen: dict[int, _Seen] = {}
        ceiling: int | None = None
        while self._waiting and (ceiling is None or self._waiting[0][0] <= ceiling):
            _, i = heapq.heappop(self._waiting)
            offer = self.market.offers[i]
            if not self._is_left(i):
                continue
            top = None if ceiling is None else (ceiling * offer.worth >> KEY) + 1
            rich = self.rich.price(offer, self._least[i], top)
            if rich is None:
                continue
            self._least[i] = rich.cheap
            poor = rich if self.poor is self.rich else self.poor.price(offer, rich.cheap, top)
            dear = None if poor is None else poor.dear
            most = None if dear is None else -((-dear << KEY) // offer.worth)
            seen[i] = _Seen((rich.cheap << KEY) // offer.worth, most, poor, rich)
            if most is not None:
                ceiling = most if ceiling is None else min(ceiling, most)
        return seen

    def _is_left(self, i: int) -> bool:
        """Whether any of those like this one can still be bought; the others are dropped."""
        if not self.room.is_unlimited:
            offers = self.market.offers
            self._alike[i] = [j for j in self._alike[i] if not self.room.refusal(offers[j].project)]
        return bool(self._alike[i])

    def _first(self, near: list[int]) -> int | None:
        """The one with the lowest ρ exactly, by the ties if several are equal.

        Of a range, None if that isn't sure everywhere.
        """
        if len(near) == 1:
            return self._by_ties(near)
        if self.poor is self.rich:
            return self._first_at(self.rich, near)[0]
        (first, units), (last, others) = (
            self._first_at(purses, near) for purses in (self.poor, self.rich)
        )
        return first if first == last and units == others else None

    def _first_at(self, purses: Purses, near: list[int]) -> tuple[int | None, list[int]]:
        """The first, and for each the units of those who pay in full."""
        offers = self.market.offers
        found = {i: purses.exact(offers[i], self._least[i]) for i in near}
        exact = {i: price for i, price in found.items() if price is not None}
        if len(exact) < len(found):
            return None, []
        ratios = {i: price / offers[i].worth for i, (price, _) in exact.items()}
        lowest = min(ratios.values())
        tied = [i for i, ratio in ratios.items() if ratio == lowest]
        return self._by_ties(tied), [units for _, units in exact.values()]

    def _by_ties(self, tied: list[int]) -> int:
        """The one with the first of all that are like these."""
        if self._record:
            every = (self.market.offers[j].project for i in tied for j in self._alike[i])
            self.ties.order(every, PHASE)
        return min(tied, key=lambda i: self._rank(self._alike[i][0]))

    def _rank(self, i: int) -> int:
        return self.ties.rank[self.market.offers[i].project]

    def _pay(self, best: int, look: _Seen) -> bool:
        offer = self.market.offers[self._alike[best].pop(0)]
        for purses, price in {self.rich: look.rich, self.poor: look.poor}.items():
            if price is None or price.dear is None:
                price = purses.price(offer, self._least[best])
            assert price is not None and price.dear is not None  # noqa: S101  # it can be bought
            purses.pay(offer, price.cheap, price.dear)
        self.room.take(offer.project)
        return self.poor.paid[-1].units == self.rich.paid[-1].units
