"""Taking projects in a fixed order, best first: while the money lasts, or a number of them.

What `greedy`, `greedy-per-cost`, `borda`, `majority-judgment` and `most-votes` have in common;
they differ in the order. What a limit refuses is left out, whatever the parameters say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, Literal, NamedTuple

from pbvote_tally.rules.frame import Start, step
from pbvote_tally.rules.profile import Number, Profile, Reason, Step
from pbvote_tally.rules.ties import Ties

Unaffordable = Literal["skip", "stop"]
"""After a project that doesn't fit into the money left: go on, or end there."""


class Order(NamedTuple):
    """An order of the projects.

    `merit` has something comparable for each project (position), the best is the highest;
    `numbers` are what a step says about a project, and `phase` is the steps' and the ties'.
    """

    phase: str
    merit: Sequence[Any]
    numbers: Callable[[int], Mapping[str, Number]]

    def best_first(self, projects: Sequence[int], ties: Ties) -> Iterator[int]:
        """The projects from the best to the worst, equal ones as the ties put them."""
        ordered = sorted(projects, key=self.merit.__getitem__, reverse=True)
        for _, equal in groupby(ordered, key=self.merit.__getitem__):
            yield from ties.order(equal, self.phase)


def while_money_lasts(
    profile: Profile,
    begun: Start,
    ties: Ties,
    order: Order,
    unaffordable: Unaffordable,
    overspend: Fraction = Fraction(1),
) -> list[Step]:
    """Take what fits into the money left.

    A project that doesn't fit is taken nevertheless if at least the share `overspend` of its cost
    is left; then the money is spent, and nothing else is taken.
    """
    steps = []
    room, money, ended = begun.room, begun.money, False
    for p in order.best_first(begun.left, ties):
        cost = profile.projects[p].cost
        numbers: dict[str, Number] = {**order.numbers(p), "left": money}
        refusal = room.refusal(p)
        if refusal:
            numbers |= refusal.numbers
            made = step(profile, p, refusal.reason, order.phase, numbers, refusal.because)
            steps.append(made)
            continue
        reason: Reason = "chosen" if cost <= money else "too-dear"
        if reason == "too-dear" and not ended and money >= overspend * cost:
            reason, ended = "chosen", True
            numbers["overspent"] = cost - money
        elif reason == "too-dear":
            ended = ended or unaffordable == "stop"
        elif ended:
            reason = "stopped"
        steps.append(step(profile, p, reason, order.phase, numbers))
        if reason == "chosen":
            money = max(0, money - cost)
            room.take(p)
    return steps


def the_first(profile: Profile, begun: Start, ties: Ties, order: Order, winners: int) -> list[Step]:
    """Take the first so many, whatever they cost; those that had to be funded are among them."""
    steps = []
    places = winners - len(begun.steps)
    for p in order.best_first(begun.left, ties):
        numbers = dict(order.numbers(p))
        refusal = begun.room.refusal(p)
        if refusal:
            numbers |= refusal.numbers
            made = step(profile, p, refusal.reason, order.phase, numbers, refusal.because)
        elif places <= 0:
            made = step(profile, p, "outranked", order.phase, numbers | {"winners": winners})
        else:
            made = step(profile, p, "chosen", order.phase, numbers)
            places -= 1
            begun.room.take(p)
        steps.append(made)
    return steps
