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

from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Reason, Step
from pbvote_tally.rules.ties import Ties


class GreedyParameters(Parameters, frozen=True, kw_only=True):
    """`unaffordable`: go on after a project that doesn't fit (`skip`), or end there (`stop`)."""

    unaffordable: Literal["skip", "stop"] = "skip"


def greedy(profile: Profile, parameters: GreedyParameters) -> Outcome:
    """The outcome of the greedy rule."""
    ties = Ties(profile)
    steps = excluded(profile, parameters)
    out = {step.project for step in steps}
    left = [p for p, entry in enumerate(profile.projects) if entry.id not in out]
    steps = take_best(profile, left, profile.budget, ties, parameters.unaffordable) + steps
    winners = tuple(step.project for step in steps if step.chosen)
    costs = {entry.id: entry.cost for entry in profile.projects}
    return Outcome(
        rule="greedy",
        parameters=parameters,
        winners=winners,
        spent=sum(costs[name] for name in winners),
        steps=tuple(steps),
        ties=tuple(ties.broken),
    )


def excluded(profile: Profile, parameters: Parameters) -> list[Step]:
    """A step for each project that can't win whatever the money: withdrawn or below a minimum."""
    steps = []
    for entry, votes, score in zip(profile.projects, profile.votes, profile.scores, strict=True):
        reason: Reason | None = None
        if entry.withdrawn:
            reason = "withdrawn"
        elif votes < parameters.min_votes:
            reason = "too-few-votes"
        elif score < parameters.min_score:
            reason = "score-too-low"
        if reason:
            numbers: dict[str, Number] = {"votes": votes, "score": score, "cost": entry.cost}
            steps.append(Step(entry.id, reason, "minimum", numbers))
    return steps


def take_best(
    profile: Profile,
    projects: list[int],
    money: int,
    ties: Ties,
    unaffordable: Literal["skip", "stop"],
    phase: str = "greedy",
) -> list[Step]:
    """Go through `projects` by score, highest first, and take what fits into the money left."""
    steps = []
    stopped = False
    by_score = sorted(projects, key=lambda p: -profile.scores[p])
    for _, equal in groupby(by_score, key=profile.scores.__getitem__):
        for p in ties.order(equal, phase):
            entry = profile.projects[p]
            fits = entry.cost <= money
            stopped = stopped or (not fits and unaffordable == "stop")
            reason: Reason = "chosen" if fits and not stopped else "too-dear"
            if stopped and fits:
                reason = "stopped"
            numbers: dict[str, Number] = {
                "votes": profile.votes[p],
                "score": profile.scores[p],
                "cost": entry.cost,
                "left": money,
            }
            steps.append(Step(entry.id, reason, phase, numbers))
            money -= entry.cost if reason == "chosen" else 0
    return steps
