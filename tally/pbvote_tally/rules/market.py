"""The heart of Equal Shares: supporters buy projects from their shares, best value first.

A project with cost c is bought at the lowest price q at which its supporters can pay it, each
giving min(what it has left, q·u), u being what the project is worth to it (1 for a tick). The next
project bought is the one with the lowest ρ = q / worth (worth: the cost for satisfaction by cost,
else 1). Prices only rise, because purses only empty; so a project whose last known ρ is above the
best one found needn't be looked at again.

The loop is one; the purses are two. `ExactPurses` hold integers over a common denominator.
`BoundPurses` hold, in 64-bit integers, a lower and an upper bound of what each group has, for a
whole range of first shares at once; where the bounds leave the next purchase open, they say so.
No floating point number decides anything: floats only guess where to cut poor from rich supporters,
and any cut gives a true lower bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple, Protocol

import numpy as np
from msgspec import Struct

from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.profile import Integers, Number
from pbvote_tally.rules.ties import Ties

PHASE = "equal-shares"
_ROOM = 62  # bits that all money together may take
_KEY = 40  # bits behind the point of a bound on ρ


class Offer(Struct, frozen=True, eq=False):
    """A project (position), its supporting groups, what it is worth to each, and their weights."""

    project: int
    cost: int
    worth: int
    groups: Integers
    utilities: Integers
    weights: Integers
    total: int  # Σ weight · utility

    @property
    def lowest(self) -> Fraction:
        """ρ if everybody can pay the full price."""
        return Fraction(self.cost, self.total * self.worth)


class Price(NamedTuple):
    """Bounds on ρ and on the price q; `exact` is q where it is known.

    `high` is None if it isn't sure that the supporters can pay. The numbers of one kind of purse
    can only be compared with each other.
    """

    low: Number
    high: Number | None
    exact: Fraction | None
    cheap: int = 0
    dear: int = 0


class Purses(Protocol):
    """What the voters have left."""

    def lowest(self, offer: Offer) -> Number:
        """A lower bound on ρ, whatever was bought."""

    def price(self, offer: Offer) -> Price | None:
        """Its price now; None if its supporters surely can't pay it, now or later."""

    def pay(self, offer: Offer, price: Price) -> None:
        """Take the money from its supporters."""


class Purchase(NamedTuple):
    """An offer that was bought, and at what price."""

    offer: Offer
    price: Price


def buy(offers: Sequence[Offer], purses: Purses, ties: Ties, room: Room) -> list[Purchase] | None:
    """All purchases, in order; None if the purses' bounds leave one open.

    `ties` breaks ties and records them; what the limits leave no `room` for isn't bought.
    """
    waiting = [(purses.lowest(offer), i) for i, offer in enumerate(offers)]
    heapq.heapify(waiting)
    bought: list[Purchase] = []
    while True:
        found = _look(waiting, offers, purses, room)
        if not found:
            return bought
        chosen = _choose(found, offers, ties)
        if chosen is None:
            return None
        for i, price in found.items():
            if i == chosen:
                purses.pay(offers[i], price)
                room.take(offers[i].project)
                bought.append(Purchase(offers[i], price))
            else:
                heapq.heappush(waiting, (price.low, i))


def _look(
    waiting: list[tuple[Number, int]], offers: Sequence[Offer], purses: Purses, room: Room
) -> dict[int, Price]:
    """The prices of all offers that may be the best; those that can't be bought are dropped."""
    found: dict[int, Price] = {}
    ceiling: Number | None = None
    while waiting and (ceiling is None or waiting[0][0] <= ceiling):
        _, i = heapq.heappop(waiting)
        price = None if room.refusal(offers[i].project) else purses.price(offers[i])
        if price is None:
            continue
        found[i] = price
        if price.high is not None and (ceiling is None or price.high < ceiling):
            ceiling = price.high
    return found


def _choose(found: dict[int, Price], offers: Sequence[Offer], ties: Ties) -> int | None:
    """The best offer, by the ties if several are; None if the bounds leave it open."""
    highs = [price.high for price in found.values() if price.high is not None]
    if not highs:
        return None
    ceiling = min(highs)
    best = {i: price for i, price in found.items() if price.low <= ceiling}
    if len(best) == 1:
        return next((i for i, price in best.items() if price.high is not None), None)
    ratios: dict[int, Fraction] = {}
    for i, price in best.items():
        if price.exact is None:
            return None
        ratios[i] = price.exact / offers[i].worth
    lowest = min(ratios.values())
    tied = {offers[i].project: i for i, ratio in ratios.items() if ratio == lowest}
    return tied[ties.order(tied, PHASE)[0]]


class ExactPurses:
    """What each group's voter has left: integers over one denominator."""

    def __init__(self, share: Fraction, groups: int) -> None:
        self.denominator = share.denominator
        self.left = [share.numerator] * groups

    def lowest(self, offer: Offer) -> Number:
        """ρ if all supporters can pay the full price."""
        return offer.lowest

    def money(self, offer: Offer) -> Fraction:
        """What its supporters have left together."""
        pairs = zip(offer.groups.tolist(), offer.weights.tolist(), strict=True)
        return Fraction(sum(w * self.left[g] for g, w in pairs), self.denominator)

    def price(self, offer: Offer) -> Price | None:
        """Its exact price: those who can't pay it in full give all, the others share the rest."""
        columns = offer.groups.tolist(), offer.utilities.tolist(), offer.weights.tolist()
        rich = [(self.left[g], u, w) for g, u, w in zip(*columns, strict=True)]
        need, units = offer.cost * self.denominator, offer.total
        if sum(w * left for left, _, w in rich) < need:
            return None
        while True:
            poor = [(left, u, w) for left, u, w in rich if left * units < need * u]
            if not poor:
                break
            rich = [(left, u, w) for left, u, w in rich if left * units >= need * u]
            need -= sum(w * left for left, _, w in poor)
            units -= sum(w * u for _, u, w in poor)
        exact = Fraction(need, units * self.denominator)
        ratio = exact / offer.worth
        return Price(ratio, ratio, exact)

    def pay(self, offer: Offer, price: Price) -> None:
        """Take the exact price, or all there is, from each supporter."""
        if price.exact is None:
            raise TypeError("an exact purse pays exact prices")
        self.take(offer, price.exact)

    def take(self, offer: Offer, price: Fraction) -> None:
        """The same with a price alone."""
        common = lcm(self.denominator, price.denominator)
        factor = common // self.denominator
        if factor != 1:
            self.left = [left * factor for left in self.left]
            self.denominator = common
        unit = price.numerator * (common // price.denominator)
        for g, u in zip(offer.groups.tolist(), offer.utilities.tolist(), strict=True):
            self.left[g] = max(0, self.left[g] - unit * u)

    def signs(self, offer: Offer, price: Fraction) -> list[int]:
        """For each supporter, the sign of what it has − what it owes at this price."""
        owed = price.numerator * self.denominator
        pairs = zip(offer.groups.tolist(), offer.utilities.tolist(), strict=True)
        rests = (self.left[g] * price.denominator - owed * u for g, u in pairs)
        return [(rest > 0) - (rest < 0) for rest in rests]

    def line(self, offer: Offer, signs: list[int]) -> Fraction:
        """The price if those with the sign −1 give all and the others share the rest."""
        columns = offer.groups.tolist(), offer.utilities.tolist(), offer.weights.tolist(), signs
        rest, units = offer.cost * self.denominator, 0
        for g, u, w, sign in zip(*columns, strict=True):
            if sign < 0:
                rest -= w * self.left[g]
            else:
                units += w * u
        return Fraction(rest, units * self.denominator)


class BoundPurses:
    """Bounds, in 2^-bits of the unit, of what each group's voter has, for shares from low to high.

    Raises OverflowError if the money doesn't fit in 64-bit integers.
    """

    def __init__(self, low: Fraction, high: Fraction, groups: int, voters: int) -> None:
        bits = _ROOM - (-(-high.numerator // high.denominator) * voters).bit_length()
        if bits < 0:
            raise OverflowError
        self.bits = bits
        self.low = np.full(groups, (low.numerator << bits) // low.denominator, np.int64)
        self.high = np.full(groups, -((-high.numerator << bits) // high.denominator), np.int64)

    def lowest(self, offer: Offer) -> Number:
        """A lower bound on ρ from everybody paying the full price."""
        return (offer.cost << self.bits + _KEY) // (offer.total * offer.worth)

    def price(self, offer: Offer) -> Price | None:
        """Bounds on its price."""
        need = offer.cost << self.bits
        high = self.high[offer.groups]
        if int(offer.weights @ high) < need:
            return None
        low = self.low[offer.groups]
        having = high > 0
        total = int((offer.weights * offer.utilities)[having].sum())
        if int((low // offer.utilities)[having].min()) >= -(-need // total):
            exact = Fraction(offer.cost, total)
            return self._bounds(offer, need // total, -(-need // total), exact)
        cheap = _cut(offer, high, need)[0]
        if int(offer.weights @ low) < need:
            return Price((cheap << _KEY) // offer.worth, None, None)
        dear = _cut(offer, low, need)[1]
        paid = np.where(low // offer.utilities >= dear, offer.utilities * dear, low)
        if int(offer.weights @ paid) < need:  # the guessed cut wasn't the best one
            return Price((cheap << _KEY) // offer.worth, None, None)
        return self._bounds(offer, cheap, dear, None)

    @staticmethod
    def _bounds(offer: Offer, cheap: int, dear: int, exact: Fraction | None) -> Price:
        low, high = (cheap << _KEY) // offer.worth, -((-dear << _KEY) // offer.worth)
        return Price(low, high, exact, cheap, dear)

    def pay(self, offer: Offer, price: Price) -> None:
        """Keep the bounds true: the poorest pays the dearest price, the richest the cheapest."""
        for purse, q in ((self.low, price.dear), (self.high, price.cheap)):
            left = purse[offer.groups]
            enough = left // offer.utilities >= q
            purse[offer.groups] = np.where(enough, left - offer.utilities * q, 0)


def _cut(offer: Offer, left: Integers, need: int) -> tuple[int, int]:
    """A lower bound on the price if supporters have `left`, rounded down, and rounded up.

    For any cut into poor (who give all) and rich (who share the rest), the price is at least
    (need − Σ poor) / Σ rich, and equal for the best cut. Floats guess the best one.
    """
    order = np.argsort(left / offer.utilities)
    money = (offer.weights * left)[order]
    units = (offer.weights * offer.utilities)[order]
    rests = need - np.cumsum(money) + money
    shares = offer.total - np.cumsum(units) + units
    k = int(np.argmax(rests / shares))
    rest, share = int(rests[k]), int(shares[k])
    return max(0, rest // share), max(0, -(-rest // share))
