"""Effective votes in Equal Shares: how many supporters' worth each project has at each purchase.

A project's effective votes are its cost / its price: as many as its supporters if all can pay the
same, fewer once some have spent their share. Whole numbers, from purses in 2^-bits of the unit, so
one may be missing where the exact number is whole.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from pbvote_tally.rules.equal_shares import EqualSharesParameters, offers
from pbvote_tally.rules.market import PHASE, Offer
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Integers, Outcome, Profile

WORK = 100_000_000  # marks looked at; more and nothing is said
_ROOM = 61  # bits that all money together may take


def effective_votes(
    profile: Profile, parameters: Parameters, outcome: Outcome
) -> dict[str, list[int]]:
    """Project id → its effective votes at each purchase up to its own; empty for other rules."""
    share = Fraction(outcome.figures.get("share", 0))
    bought = [s for s in outcome.steps if s.phase == PHASE and s.chosen]
    marks = int(np.count_nonzero(profile.matrix)) * len(bought)
    if not isinstance(parameters, EqualSharesParameters) or not share or marks > WORK:
        return {}
    money = ceil_bits(share * profile.ballots)
    bits = _ROOM - money
    if bits < 0:
        return {}
    left = np.full(len(profile.weights), (share.numerator << bits) // share.denominator, np.int64)
    costly = [p for p, entry in enumerate(profile.projects) if entry.cost and not entry.withdrawn]
    waiting = {profile.projects[o.project].id: o for o in offers(profile, costly, parameters)}
    found: dict[str, list[int]] = {project: [] for project in waiting}
    for step in bought:
        for project, offer in waiting.items():
            found[project].append(_effective(offer, left[offer.groups], bits))
        offer = waiting.pop(step.project)
        price = Fraction(step.numbers["price"])
        paid = offer.utilities * ((price.numerator << bits) // price.denominator)
        left[offer.groups] = np.maximum(0, left[offer.groups] - paid)
    return found


def ceil_bits(amount: Fraction) -> int:
    """How many bits its whole part takes, rounded up."""
    return int(-(-amount.numerator // amount.denominator)).bit_length()


def _effective(offer: Offer, left: Integers, bits: int) -> int:
    """cost / price, rounded down; the price is the highest of all cuts into poor and rich."""
    need = offer.cost << bits
    money = offer.weights * left
    if int(money.sum()) < need:
        return 0
    order = np.argsort(left // offer.utilities, kind="stable")
    money, units = money[order], (offer.weights * offer.utilities)[order]
    rests = need - np.cumsum(money) + money
    shares = offer.total - np.cumsum(units) + units
    price = int((rests // shares).max())
    return need // max(1, price) if price else offer.total
