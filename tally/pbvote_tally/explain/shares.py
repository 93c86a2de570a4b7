"""Money from whom in Equal Shares: effective votes at each purchase, and what supporters paid.

The purchases are repeated from the outcome's own share and prices, with purses in 2^-bits of the
smallest unit, rounded down: quick on a million ballots, and the same on every machine. The full
price is exact; what those paid who hadn't so much left is rounded down to the unit, and one
effective vote may be missing where their number is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from pbvote_tally.explain.report import Payment
from pbvote_tally.rules.equal_shares import EqualSharesParameters
from pbvote_tally.rules.offers import PHASE, Satisfaction, Supporters, supporters
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Outcome, Profile, Step

MOST = 12  # lines of payments a project: more are joined
WORK = 100_000_000  # supporters looked at for effective votes; with more, none are given
_ROOM = 61  # bits that all money together may take


class Shares(NamedTuple):
    """Project id → its effective votes at each purchase up to its own, and who paid what for it."""

    effective: Mapping[str, list[int]]
    payments: Mapping[str, list[Payment]]


def shares(profile: Profile, parameters: Parameters, outcome: Outcome) -> Shares:
    """What there is to say; nothing for a rule or a part of it that knows no shares."""
    share = Fraction(outcome.figures.get("share", 0))
    bought = [s for s in outcome.steps if s.phase == PHASE and s.chosen and "price" in s.numbers]
    bits = _ROOM - int(share * profile.ballots + 1).bit_length()
    if not bought or not share or bits < 0 or not isinstance(parameters, EqualSharesParameters):
        return Shares({}, {})
    return _Replay(profile, parameters.satisfaction, share, bits).run(bought)


class _Replay:
    """The purchases once more."""

    def __init__(
        self, profile: Profile, satisfaction: Satisfaction, share: Fraction, bits: int
    ) -> None:
        self._bits = bits
        self._left = np.full(len(profile.weights), _scaled(share, bits), np.int64)
        self._of = {
            entry.id: (entry.cost, by)
            for entry, by in zip(profile.projects, supporters(profile, satisfaction), strict=True)
            if entry.cost and not entry.withdrawn
        }

    def run(self, bought: Sequence[Step]) -> Shares:
        payments: dict[str, list[Payment]] = {}
        work = sum(len(by.groups) for _, by in self._of.values()) * len(bought)
        effective: dict[str, list[int]] = {name: [] for name in self._of} if work <= WORK else {}
        for number, step in enumerate(bought, 1):
            for name in effective:
                if name not in payments:
                    effective[name].append(self._effective(*self._of[name]))
            price = Fraction(step.numbers["price"])
            payments[step.project] = self._pay(self._of[step.project][1], price, number)
        return Shares(effective, payments)

    def _effective(self, cost: int, by: Supporters) -> int:
        """cost / price, rounded down; the price is the highest of all cuts into poor and rich."""
        need, left = cost << self._bits, self._left[by.groups]
        money, total = by.weights * left, by.total
        if int(money.sum()) < need or not total:
            return 0
        order = np.argsort(left // by.utilities, kind="stable")
        money, units = money[order], by.units[order]
        rests = need - np.cumsum(money) + money
        paying = total - np.cumsum(units) + units
        price = int((rests // paying).max())
        return min(total, need // price) if price else total

    def _pay(self, by: Supporters, price: Fraction, number: int) -> list[Payment]:
        """Take the price; `number` roundings may have made a purse so much smaller than it is."""
        left, unit = self._left[by.groups], _scaled(price, self._bits)
        full = (left + number) // by.utilities >= unit
        paid = np.where(full, np.minimum(left, by.utilities * unit), left)
        self._left[by.groups] = left - paid
        counted: dict[Fraction, int] = {}
        amounts = np.where(full, -by.utilities, paid >> self._bits)
        kinds, which = np.unique(amounts, return_inverse=True)
        voters = np.bincount(which.ravel(), weights=by.weights, minlength=len(kinds))
        for kind, many in zip(kinds.tolist(), voters.tolist(), strict=True):
            amount = price * -kind if kind < 0 else Fraction(kind)
            counted[amount] = counted.get(amount, 0) + round(many)
        return _joined(counted)


def _scaled(amount: Fraction, bits: int) -> int:
    return (amount.numerator << bits) // amount.denominator


def _joined(paid: Mapping[Fraction, int]) -> list[Payment]:
    """Most first, at most so many lines; neighbours are joined, their average rounded."""
    amounts = sorted(paid, reverse=True)
    size = -(-len(amounts) // MOST) or 1
    lines = []
    for i in range(0, len(amounts), size):
        part = amounts[i : i + size]
        voters = sum(paid[amount] for amount in part)
        average = part[0]
        if len(part) > 1:
            average = Fraction(round(sum(amount * paid[amount] for amount in part) / voters))
        lines.append(Payment(amount=str(average), voters=voters))
    return lines
