"""Greedy by score per cost: what gives most for its money first, while the money lasts.

Talmon and Faliszewski, *A Framework for Approval-Based Budgeting Methods* (AAAI 2019): their
greedy rule that orders by the score a unit of cost. docs/rules.md, `greedy-per-cost`.

>>> from pbvote.core.selection import Approval
>>> from pbvote_tally.rules.profile import Entry, profile
>>> school = profile(
...     [Entry("park", 60), Entry("path", 30), Entry("sign", 0)],
...     80,
...     Approval(min=1, max=3),
...     {(1, 0, 0): 5, (0, 1, 0): 3, (0, 0, 1): 1},
... )
>>> outcome = greedy_per_cost(school, GreedyPerCostParameters())
>>> outcome.winners  # free, then 3/30, then 5/60: the park doesn't fit any more
('sign', 'path')
>>> [str(step.numbers["per_cost"]) for step in outcome.steps[1:]]
['1/10', '1/12']
"""

from __future__ import annotations

from fractions import Fraction

from pbvote_tally.rules.frame import outcome, start
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile
from pbvote_tally.rules.taking import Order, Unaffordable, while_money_lasts
from pbvote_tally.rules.ties import Ties

NAME = "greedy-per-cost"


class GreedyPerCostParameters(Parameters, frozen=True, kw_only=True):
    """`unaffordable`: go on after a project that doesn't fit (`skip`), or end there (`stop`)."""

    unaffordable: Unaffordable = "skip"


def greedy_per_cost(profile: Profile, parameters: GreedyPerCostParameters) -> Outcome:
    """The outcome of greedy by score per cost."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    merit = [_merit(profile, p) for p in range(len(profile.projects))]

    def numbers(p: int) -> dict[str, Number]:
        return {"per_cost": merit[p][1]} if profile.projects[p].cost else {}

    order = Order(NAME, merit, numbers)
    steps = while_money_lasts(profile, begun, ties, order, parameters.unaffordable)
    return outcome(NAME, parameters, profile, [*begun.steps, *steps, *begun.out], ties)


def _merit(profile: Profile, p: int) -> tuple[bool, Number]:
    """Score / cost; what costs nothing is before all that costs something, by its score."""
    cost, score = profile.projects[p].cost, profile.scores[p]
    return (False, Fraction(score) / cost) if cost else (True, score)
