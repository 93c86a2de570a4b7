"""Purchases that are the same for every share of a range, proved with fractions at its two ends.

`BoundPurses` can't tell two offers apart that are exactly equal for every share, if some of their
supporters are poor. Fractions at the two ends can: as long as the same supporters of what is bought
are poor at both ends, each purse is a linear function of the share in between, and what linear
functions do at both ends (≤, =) they do everywhere between.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.market import PHASE, ExactPurses, Offer
from pbvote_tally.rules.ties import Ties

Signs = list[int]
"""For each supporter: 1 rich (something stays), −1 poor (gives all, owes more), 0 both."""


class _Seen(NamedTuple):
    """An offer at both ends: its exact price, and who is rich or poor."""

    offer: Offer
    prices: tuple[Fraction, Fraction]
    signs: tuple[Signs, Signs]

    @property
    def is_linear(self) -> bool:
        """Nobody is rich at one end and poor at the other: the price is linear in between."""
        return all(a * b >= 0 for a, b in zip(*self.signs, strict=True))

    def ratios(self) -> tuple[Fraction, Fraction]:
        low, high = self.prices
        return low / self.offer.worth, high / self.offer.worth


def buy_throughout(
    offers: Sequence[Offer], shares: tuple[Fraction, Fraction], groups: int, ties: Ties, room: Room
) -> list[Offer] | None:
    """What is bought with every share from the first to the last, in order; None if not proved."""
    ends = ExactPurses(shares[0], groups), ExactPurses(shares[1], groups)
    waiting = [offer for offer in offers if not room.refusal(offer.project)]
    bought: list[Offer] = []
    while True:
        seen = _look(waiting, ends)
        if seen is None:
            return None
        if not seen:
            return bought
        best = _best(seen, ends, ties)
        if best is None:
            return None
        for purses, price in zip(ends, best.prices, strict=True):
            purses.take(best.offer, price)
        bought.append(best.offer)
        room.take(best.offer.project)
        rest = [s.offer for s in seen if s is not best]
        waiting = [offer for offer in rest if not room.refusal(offer.project)]


def _look(waiting: list[Offer], ends: tuple[ExactPurses, ExactPurses]) -> list[_Seen] | None:
    """The offers that can be paid throughout; None if one can at one end only."""
    seen = []
    for offer in waiting:
        low, high = (purses.price(offer) for purses in ends)
        if (low is None) != (high is None):
            return None
        if low is not None and high is not None:
            prices = low.exact or Fraction(0), high.exact or Fraction(0)
            signs = ends[0].signs(offer, prices[0]), ends[1].signs(offer, prices[1])
            seen.append(_Seen(offer, prices, signs))
    return seen


def _best(seen: list[_Seen], ends: tuple[ExactPurses, ExactPurses], ties: Ties) -> _Seen | None:
    """The one that is bought throughout; None if that isn't proved.

    If ρ is the lowest at both ends it is so between. If it is equal to another's between, both
    being linear, it is so at both ends too, and there the ties decided.
    """
    firsts = []
    for end in (0, 1):
        lowest = min(s.ratios()[end] for s in seen)
        tied = {s.offer.project: s for s in seen if s.ratios()[end] == lowest}
        firsts.append(tied[ties.order(tied, PHASE)[0]])
    best = firsts[0]
    if best is not firsts[1] or not best.is_linear:
        return None
    for other in seen:
        if not other.is_linear and not _stays_above(other, best, ends):
            return None
    return best


def _stays_above(other: _Seen, best: _Seen, ends: tuple[ExactPurses, ExactPurses]) -> bool:
    """A price is the largest of the lines for every cut into poor and rich: one is enough."""
    limits = best.ratios()
    for signs in other.signs:
        lines = [purses.line(other.offer, signs) for purses in ends]
        if all(line / other.offer.worth > limit for line, limit in zip(lines, limits, strict=True)):
            return True
    return False
