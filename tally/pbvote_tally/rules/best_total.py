"""Best total: of all sets of projects that fit, the one with the most votes together.

The maximum of utilitarian welfare under a budget: *Max rules* of Talmon and Faliszewski, *A
Framework for Approval-Based Budgeting Methods* (AAAI 2019). HiGHS (Huangfu and Hall, *Parallelizing
the dual revised simplex method*, 2018) finds a good set and a bound; integers prove what is best.
docs/rules.md, `best-total`.

>>> from pbvote.core.selection import Approval
>>> from pbvote_tally.rules.profile import Entry, profile
>>> town = profile(
...     [Entry("hall", 90), Entry("park", 50), Entry("path", 50)],
...     100,
...     Approval(min=1, max=3),
...     {(1, 0, 0): 2, (1, 1, 0): 4, (0, 0, 1): 3},
... )
>>> outcome = best_total(town, BestTotalParameters())
>>> outcome.winners, outcome.figures  # greedy takes the hall, with 6
(('park', 'path'), {'total': 7})
>>> best_total(town, BestTotalParameters(satisfaction="cost")).figures  # hall: 6 · 90
{'total': 540}
"""

from __future__ import annotations

from typing import Literal

from pbvote_tally.rules.frame import outcome, start, step
from pbvote_tally.rules.knapsack import Problem, best
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Step
from pbvote_tally.rules.ties import Ties

NAME = "best-total"
Satisfaction = Literal["cardinality", "cost", "points"]


class BestTotalParameters(Parameters, frozen=True, kw_only=True):
    """What a project adds to the total: its votes, its points, or its votes times its cost."""

    satisfaction: Satisfaction = "cardinality"


def best_total(profile: Profile, parameters: BestTotalParameters) -> Outcome:
    """The outcome of the best total."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    able = [p for p in begun.left if begun.room.refusal(p) is None]
    items = ties.order(able, NAME, record=False)
    values = [_worth(profile, p, parameters.satisfaction) for p in items]
    found = best(_problem(profile, items, values, begun.money, begun.room))
    ties.order((items[i] for i in found.open), NAME)
    taken = {items[i] for i in found.chosen}
    worth = dict(zip(items, values, strict=True))
    steps: list[Step] = []
    for p in sorted(items, key=lambda p: -worth[p]):
        if p in taken:
            begun.room.take(p)
            steps.append(step(profile, p, "chosen", NAME, {"worth": worth[p]}))
    money = begun.money - sum(profile.projects[p].cost for p in taken)
    lost = [p for p in ties.order(begun.left, NAME, record=False) if p not in taken]
    for p in sorted(lost, key=lambda p: -worth.get(p, 0)):
        worth_of = _worth(profile, p, parameters.satisfaction)
        steps.append(_lost(profile, p, begun.room, {"worth": worth_of, "left": money}))
    figures: dict[str, Number] = {"total": found.total}
    return outcome(NAME, parameters, profile, [*begun.steps, *steps, *begun.out], ties, figures)


def _worth(profile: Profile, p: int, satisfaction: str) -> int:
    """What the project adds to the total."""
    if satisfaction == "points":
        return int(profile.points(p) @ profile.weights)
    return profile.votes[p] * (profile.projects[p].cost if satisfaction == "cost" else 1)


def _problem(
    profile: Profile, items: list[int], values: list[int], money: int, room: Room
) -> Problem:
    """The budget and the limits as sums over the items."""
    weights, bounds = [[profile.projects[p].cost for p in items]], [money]
    for limit in room.sums():
        weights.append([limit.weights.get(p, 0) for p in items])
        bounds.append(limit.most)
    return Problem(values, weights, bounds)


def _lost(profile: Profile, p: int, room: Room, numbers: dict[str, Number]) -> Step:
    """Why it isn't in the best set: a limit leaves no room beside the others, or no money does."""
    refusal = room.refusal(p)
    if refusal is None:
        return step(profile, p, "too-dear", NAME, numbers)
    numbers |= refusal.numbers
    return step(profile, p, refusal.reason, NAME, numbers, refusal.because)
