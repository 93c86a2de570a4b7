"""Money from whom, in shares: what each supporter of a project paid in Equal Shares.

The purchases are repeated from the outcome's own share and prices. Amounts are in the smallest
unit: the full price exactly, what those gave who hadn't so much left rounded to whole units.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from pbvote_tally.explain.report import Payment
from pbvote_tally.rules.equal_shares import EqualSharesParameters, offers
from pbvote_tally.rules.market import PHASE, ExactPurses, Offer
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Outcome, Profile

MOST = 12  # lines a project: more are joined


def payments(
    profile: Profile, parameters: Parameters, outcome: Outcome
) -> dict[str, list[Payment]]:
    """Project id → its supporters by what they paid, most first; only what was bought so."""
    if not isinstance(parameters, EqualSharesParameters) or "share" not in outcome.figures:
        return {}
    position = {entry.id: p for p, entry in enumerate(profile.projects)}
    purses = ExactPurses(Fraction(outcome.figures["share"]), len(profile.weights))
    found: dict[str, list[Payment]] = {}
    for step in outcome.steps:
        if step.phase == PHASE and step.chosen:
            [offer] = offers(profile, [position[step.project]], parameters)
            paid = _paid(purses, offer, Fraction(step.numbers["price"]))
            found[step.project] = _joined(paid)
    return found


def _paid(purses: ExactPurses, offer: Offer, price: Fraction) -> Counter[Fraction]:
    """Take the price from its supporters: how many paid each amount."""
    before, unit = purses.left, purses.denominator
    purses.take(offer, price)
    now, common = purses.left, purses.denominator
    full = price.numerator * (common // price.denominator)
    paid: Counter[Fraction] = Counter()
    rows = offer.groups.tolist(), offer.utilities.tolist(), offer.weights.tolist()
    for group, utility, voters in zip(*rows, strict=True):
        amount = before[group] * (common // unit) - now[group]
        if amount == full * utility:
            paid[price * utility] += voters
        else:
            paid[Fraction((2 * amount + common) // (2 * common))] += voters
    return paid


def _joined(paid: Counter[Fraction]) -> list[Payment]:
    """At most so many lines; neighbours are joined, their average rounded."""
    amounts = sorted(paid, reverse=True)
    size = -(-len(amounts) // MOST) or 1
    lines = []
    for i in range(0, len(amounts), size):
        part = amounts[i : i + size]
        voters = sum(paid[amount] for amount in part)
        average = (
            part[0]
            if len(part) == 1
            else Fraction(round(sum(amount * paid[amount] for amount in part) / voters))
        )
        lines.append(Payment(amount=str(average), voters=voters))
    return lines
