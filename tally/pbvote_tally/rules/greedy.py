"""Greedy by votes, points or average grade: the best first, while the money lasts.

The rule most towns use; in the literature the greedy approximation of utilitarian welfare
(Talmon and Faliszewski, *A Framework for Approval-Based Budgeting Methods*, AAAI 2019, with
cardinality scores). docs/rules.md, `greedy`.

>>> from pbvote.core.selection import Approval
>>> from pbvote_tally.rules.profile import Entry, profile
>>> school = profile(
...     [Entry("park", 60), Entry("pool", 50), Entry("path", 30)],
...     100,
...     Approval(min=1, max=3),
...     {(1, 1, 0): 3, (0, 1, 1): 1, (1, 0, 0): 2},
... )
>>> greedy(school, GreedyParameters()).winners  # 5, 4 and 1 votes; the pool doesn't fit, go on
('park', 'path')
>>> greedy(school, GreedyParameters(unaffordable="stop")).winners
('park',)

Poznań funds the first project that doesn't fit if 80 % of its cost is left, and ends there:

>>> poznan = GreedyParameters(unaffordable="stop", overspend="4/5")
>>> outcome = greedy(school, poznan)
>>> outcome.winners, outcome.spent, outcome.steps[1].numbers["overspent"]
(('park', 'pool'), 110, 10)
"""

from __future__ import annotations

from fractions import Fraction

from pbvote.core.limits import Share
from pbvote_tally.rules.frame import Start, outcome, start
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Outcome, Profile, Step
from pbvote_tally.rules.taking import Order, Unaffordable, while_money_lasts
from pbvote_tally.rules.ties import Ties


class GreedyParameters(Parameters, frozen=True, kw_only=True):
    """`unaffordable`: go on after a project that doesn't fit (`skip`), or end there (`stop`).

    `overspend`: the share of its cost that is enough for a project that doesn't fit, as a text like
    `4/5`; with 1 the budget is never overspent.
    """

    unaffordable: Unaffordable = "skip"
    overspend: Share = "1"

    def __post_init__(self) -> None:
        if Fraction(self.overspend) > 1:
            raise ValueError("overspend is a share of a cost, at most 1")


def greedy(profile: Profile, parameters: GreedyParameters) -> Outcome:
    """The outcome of the greedy rule."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    overspend = Fraction(parameters.overspend)
    steps = take_best(profile, begun, ties, parameters.unaffordable, "greedy", overspend)
    return outcome("greedy", parameters, profile, [*begun.steps, *steps, *begun.out], ties)


def take_best(
    profile: Profile,
    begun: Start,
    ties: Ties,
    unaffordable: Unaffordable,
    phase: str,
    overspend: Fraction = Fraction(1),
) -> list[Step]:
    """Go through what is left by score, highest first, and take what fits into the money left."""
    order = Order(phase, profile.scores, lambda _: {})
    return while_money_lasts(profile, begun, ties, order, unaffordable, overspend)
