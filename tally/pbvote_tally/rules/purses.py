"""What every voter has left, with one first share: quick bounds, and fractions where they matter.

A purse is kept as an integer in units of 2^-bits of the smallest unit of money, rounded down; the
true one is at most `slack` more. That orders nearly all projects. What it leaves open is decided by
fractions, which need no voter's purse: the price of the k-th purchase is

    q_k = (c_k − Σ w·(s − Σ_j u_j·q_j)) / Σ w·u

with the first sum over those who give all they have, the last over those who pay in full, and u_j
what the j-th purchase was worth to a voter. So it is a linear function, with integer coefficients,
of the share s and the earlier prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbvote_tally.rules.loads import Payment
from pbvote_tally.rules.offers import Groups, Market, Mask, Offer, Supporters, floor
from pbvote_tally.rules.profile import Integers

_DRIFT = 16  # bounds so many times further apart than need be are tightened before fractions decide


class Price(NamedTuple):
    """Bounds on the price q, in 2^-bits; `dear` is None if it wasn't worth knowing."""

    cheap: int
    dear: int | None


class Paid(NamedTuple):
    """A purchase: how many voters gave all they had, and the units of those who paid in full."""

    offer: Offer
    drained: int
    units: int


class Settled(NamedTuple):
    """A price found: the `rich` pay in full the `rest` of the cost, at most `dear` a unit.

    Where `dear` is None it wasn't worth knowing: rest / units is already too much.
    """

    rest: int
    units: int
    dear: int | None
    rich: Mask


def settle(
    by: Supporters,
    left: NDArray[Any],
    u: NDArray[Any],
    need: int,
    least: int,
    worth_knowing: int | None = None,
) -> Settled | None:
    """The lowest price at which supporters who have `left` can pay `need`; None if they can't.

    It is known to be at least `least`; above `worth_knowing` it needn't be known. From below it
    rises: who is poor at a lower price is so at a higher one. Whoever is taken for poor, rest /
    units is never above the price.
    """
    money = by.weights * left
    total = int(money.sum())
    if total < need:
        return None
    rest, units, rich = need, max(1, by.total), None
    q = max(least, -(-rest // units))
    while True:
        now = left >= q * u
        paying = int(by.units @ now)
        if not paying:  # q was rounded up
            return Settled(rest, units, q, left >= 0 if rich is None else rich)
        rest, units, rich = need - total + int(money @ now), paying, now
        before, q = q, max(q, -(-rest // units))
        if q == before:
            return Settled(rest, units, q, rich)
        if worth_knowing is not None and q > worth_knowing:
            return Settled(rest, units, None, rich)


class Exact:
    """The share and the prices, as integers over one denominator."""

    def __init__(self, share: Fraction) -> None:
        self.share = share.numerator
        self.prices: list[int] = []
        self.denominator = share.denominator

    def money(self, voters: int, row: Sequence[int]) -> int:
        """What voters have left who bought by this row, never giving all; over the denominator."""
        spent: int = sum(map(mul, row, self.prices))
        return voters * self.share - spent

    def add(self, cost: int, drained: int, row: Sequence[int], units: int) -> None:
        """The price of a purchase where those who give all have bought by this row before."""
        rest = cost * self.denominator - self.money(drained, row)
        common = gcd(rest, units)
        factor = units // common
        self.share *= factor
        self.prices = [price * factor for price in self.prices]
        self.denominator *= factor
        self.prices.append(rest // common)


class Purses:
    """The purses of all groups, with one first share."""

    def __init__(self, market: Market, share: Fraction, bits: int) -> None:
        self.market = market
        self.share = share
        self.bits = bits
        self.paid: list[Paid] = []
        self._exact = Exact(share)
        self._near: dict[int, Supporters] = {}  # those who haven't given all, and some who have
        self._left = market.purses(floor(share, self.bits), self.bits)
        self._slack = 1
        self._empty = np.zeros(len(market.weights), np.int32)  # gave all with this purchase (1, …)
        self._faint = 0  # voters with 0 left, rounded down, who may have something

    def price(self, offer: Offer, least: int, worth_knowing: int | None = None) -> Price | None:
        """Bounds on its price, which is known to be at least `least`; None if they can't pay it.

        What is above `worth_knowing` need only be known to be so.
        """
        by, need = self._supporters(offer), offer.cost << self.bits
        left = self._left[by.groups]
        if 2 * np.count_nonzero(left) < len(left):
            some = self._empty[by.groups] == 0
            by = self._near[offer.project] = by.only(some)
            left = left[some]
        found = settle(by, left, self._utilities(by), need, least, worth_knowing)
        if found is None:
            short = need - int(by.weights @ left) > self._slack * (by.voters + self._faint)
            exact = None if short else self.exact(offer, least)
            return None if exact is None else Price(*self._bounds(exact[0]))
        unsure = by.voters - int(by.weights @ found.rich)
        cheap = (found.rest - self._slack * (max(0, unsure) + self._faint)) // found.units
        return Price(max(least, cheap), found.dear)

    def exact(self, offer: Offer, least: int = 0) -> tuple[Fraction, int] | None:
        """Its price, and the units of those who pay in full; None if they can't pay it.

        The price is known to be at least `least`, in 2^-bits.
        """
        found = self._settled(offer, least)
        return None if found is None else (found[0], int(self._supporters(offer).units @ ~found[1]))

    def _bounds(self, exact: Fraction) -> tuple[int, int]:
        cheap = floor(exact, self.bits)
        return cheap, cheap + 1

    def _settled(self, offer: Offer, least: int) -> tuple[Fraction, Mask] | None:
        """The exact price and who gives all; as `settle`, with fractions where bounds are open."""
        by = self._supporters(offer)
        u = self._utilities(by)
        left, empty = self._left[by.groups], self._empty[by.groups] > 0
        if int(by.weights @ left) < offer.cost << self.bits and self.money(by.groups) < offer.cost:
            return None
        poor = empty | (left + self._slack < least * u)
        while True:
            drained, units = by.groups[poor & ~empty], int(by.units[~poor].sum())
            q = (offer.cost - self._money(drained)) / units
            cheap, dear = self._bounds(q)
            more = ~poor & (left < dear * u)
            surely = more & (left + self._slack < cheap * u)
            unsure = np.flatnonzero(more & ~surely)
            if len(unsure):
                own = np.broadcast_to(by.utilities, len(poor))[unsure]
                surely[unsure[self._owe_more(by.groups[unsure], own, q)]] = True
            if not surely.any():
                return q, poor
            poor |= surely

    def _owe_more(self, groups: Groups, utilities: NDArray[Any], q: Fraction) -> Mask:
        """Which of these have less than q·u left; those who bought the same are asked once."""
        bought = self.market.utilities(groups, self.projects)
        rows = np.hstack([utilities[:, np.newaxis], bought])
        kinds, which = np.unique(rows, axis=0, return_inverse=True)
        less = [self.purse(row) < q * u for u, *row in kinds.tolist()]
        answer: Mask = np.array(less, np.bool_)[which.ravel()]
        return answer

    def purse(self, bought: Sequence[int]) -> Fraction:
        """What a voter has after purchases worth so much to it, if it never gave all."""
        self._settle_up()
        return Fraction(self._exact.money(1, bought), self._exact.denominator)

    def money(self, groups: Groups) -> Fraction:
        """What these groups have left together."""
        return self._money(groups[self._empty[groups] == 0])

    def whole_money(self, offer: Offer) -> int:
        """What its supporters have left together, in whole units, rounded down."""
        groups, bits = offer.by.groups, self.bits
        low = int(offer.by.weights @ self._left[groups])
        high = low + self._slack * offer.by.voters
        return low >> bits if low >> bits == high >> bits else int(self.money(groups))

    def _money(self, groups: Groups) -> Fraction:
        """The same for groups that never gave all."""
        if not len(groups):
            return Fraction(0)
        self._settle_up()
        row = self.market.row(groups, self.projects)
        money = self._exact.money(int(self.market.weights[groups].sum()), row)
        return Fraction(money, self._exact.denominator)

    @property
    def prices(self) -> list[Fraction]:
        """The exact prices of what was bought, in order."""
        self._settle_up()
        return [Fraction(price, self._exact.denominator) for price in self._exact.prices]

    def _settle_up(self) -> None:
        """Work out the exact prices of what was bought since the last time."""
        known = len(self._exact.prices)
        if known == len(self.paid):
            return
        rows = [
            self.market.tally(self._empty[paid.offer.by.groups], paid.offer.by.units)
            for paid in self.paid
        ]
        for k in range(known, len(self.paid)):
            offer, drained, units = self.paid[k]
            row = [before[k + 1] if k + 1 < len(before) else 0 for before in rows[:k]]
            self._exact.add(offer.cost, drained, row, units)

    def pay(self, offer: Offer, cheap: int, dear: int) -> None:
        """Take the price, known to be within these bounds, or all there is, from each supporter."""
        poor = self._poor(offer, cheap, dear)
        if poor is None and self._slack > _DRIFT * self._least_slack():
            self.refresh()
            price = self.price(offer, cheap)
            assert price is not None and price.dear is not None  # noqa: S101  # it can be bought
            cheap, dear = price.cheap, price.dear
            poor = self._poor(offer, cheap, dear)
        if poor is None:
            found = self._settled(offer, cheap)
            assert found is not None  # noqa: S101  # it can be bought
            (cheap, dear), poor = self._bounds(found[0]), found[1]
        by = self._supporters(offer)
        u = self._utilities(by)
        left, empty = self._left[by.groups], self._empty[by.groups] > 0
        rest = np.where(poor, 0, np.maximum(left - dear * u, 0))
        self._left[by.groups] = rest
        self._faint += int(by.weights @ ((rest == 0) & ~poor))
        drained = by.groups[poor & ~empty]
        self._empty[drained] = len(self.paid) + 1
        self._slack += (dear - cheap) * self.market.largest
        voters = int(self.market.weights[drained].sum())
        self.paid.append(Paid(offer, voters, int(by.units @ ~poor)))
        if self._slack.bit_length() > self.bits * 3 // 4:
            self.refresh()

    def _poor(self, offer: Offer, cheap: int, dear: int) -> Mask | None:
        """Who gives all at a price within these bounds; None if they leave it open."""
        by = self._supporters(offer)
        u, left = self._utilities(by), self._left[by.groups]
        poor = (self._empty[by.groups] > 0) | (left + self._slack < cheap * u)
        return poor if (poor | (left >= dear * u)).all() else None

    def payments(self, k: int) -> list[Payment]:
        """What supporters paid for the k-th purchase, the highest amount first."""
        by, q = self.paid[k].offer.by, self.prices[k]
        utilities = np.broadcast_to(by.utilities, len(by.groups))
        drained = self._empty[by.groups]
        paid: dict[Fraction, int] = {}
        full = (drained == 0) | (drained > k + 1)
        for u, voters in _kinds(utilities[full, np.newaxis], by.weights[full]):
            paid[q * u[0]] = voters
        all_they_had = drained == k + 1
        bought = self.market.utilities(by.groups[all_they_had], self.projects[:k])
        for row, voters in _kinds(bought, by.weights[all_they_had]):
            had = self.purse(row)
            paid[had] = paid.get(had, 0) + voters
        return [Payment(amount, paid[amount]) for amount in sorted(paid, reverse=True)]

    def refresh(self) -> None:
        """Round anew from the exact prices, where the bounds have drifted apart."""
        self._left[:] = floor(self.share, self.bits)
        self._settle_up()
        for bought, price in zip(self.paid, self._exact.prices, strict=True):
            dear = (price << self.bits) // self._exact.denominator + 1
            self._left[bought.offer.by.groups] -= dear * self._utilities(bought.offer.by)
        self._left[self._empty > 0] = 0
        np.maximum(self._left, 0, out=self._left)
        self._slack = self._least_slack()
        self._faint = int(self.market.weights @ ((self._left == 0) & (self._empty == 0)))

    def _least_slack(self) -> int:
        """What is lost by rounding each price once."""
        return 1 + len(self.paid) * self.market.largest

    @property
    def projects(self) -> list[int]:
        """What was bought, in order."""
        return [bought.offer.project for bought in self.paid]

    def _supporters(self, offer: Offer) -> Supporters:
        """At least all who haven't given all they had: the others don't matter any more."""
        return self._near.get(offer.project, offer.by)

    def _utilities(self, by: Supporters) -> NDArray[Any]:
        return by.utilities.astype(self._left.dtype, copy=False)


def _kinds(rows: NDArray[Any], weights: Integers) -> list[tuple[list[int], int]]:
    """The different rows, with the voters of each."""
    if not len(rows):
        return []
    kinds, which = np.unique(rows, axis=0, return_inverse=True)
    voters = np.zeros(len(kinds), np.int64)
    np.add.at(voters, which.ravel(), weights)
    return list(zip(kinds.tolist(), voters.tolist(), strict=True))
