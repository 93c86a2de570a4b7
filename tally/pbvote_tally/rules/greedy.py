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
"""

from __future__ import annotations

from itertools import groupby
from typing import Literal

from pbvote_tally.rules.frame import Start, outcome, start, step
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Reason, Step
from pbvote_tally.rules.ties import Ties


class GreedyParameters(Parameters, frozen=True, kw_only=True):
    """`unaffordable`: go on after a project that doesn't fit (`skip`), or end there (`stop`)."""

    unaffordable: Literal["skip", "stop"] = "skip"


def greedy(profile: Profile, parameters: GreedyParameters) -> Outcome:
    """The outcome of the greedy rule."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    steps = take_best(profile, begun, ties, parameters.unaffordable)
    return outcome("greedy", parameters, profile, [*begun.steps, *steps, *begun.out], ties)


def take_best(
    profile: Profile,
    begun: Start,
    ties: Ties,
    unaffordable: Literal["skip", "stop"],
    phase: str = "greedy",
) -> list[Step]:
    """Go through what is left by score, highest first, and take what fits into the money left.

    What a limit refuses is skipped, also with `stop`.
    """
    steps = []
    room, money, stopped = begun.room, begun.money, False
    by_score = sorted(begun.left, key=lambda p: -profile.scores[p])
    for _, equal in groupby(by_score, key=profile.scores.__getitem__):
        for p in ties.order(equal, phase):
            cost = profile.projects[p].cost
            refusal = room.refusal(p)
            numbers: dict[str, Number] = {"left": money}
            if refusal:
                numbers |= refusal.numbers
                steps.append(step(profile, p, refusal.reason, phase, numbers, refusal.because))
                continue
            fits = cost <= money
            stopped = stopped or (not fits and unaffordable == "stop")
            reason: Reason = "chosen" if fits else "too-dear"
            if stopped and fits:
                reason = "stopped"
            steps.append(step(profile, p, reason, phase, numbers))
            if reason == "chosen":
                money -= cost
                room.take(p)
    return steps
