"""Majority judgment: the project with the best median grade first.

Balinski and Laraki, *A theory of measuring, electing, and ranking* (PNAS 2007) and *Majority
Judgment* (MIT Press 2010); Paris votes so on its budget, with four grades. docs/rules.md,
`majority-judgment`.

All three have the median grade 3. Take one median grade away from each: the lawn's next one is 2,
the others' 3 again; then the park has a 4, the pool a 3:

>>> from pbvote.core.selection import Grades
>>> from pbvote_tally.rules.profile import Entry, profile
>>> town = profile(
...     [Entry("lawn", 60), Entry("pool", 50), Entry("park", 40)],
...     100,
...     Grades(levels=4),
...     [(1, 1, 1), (2, 3, 3), (3, 3, 3), (4, 3, 4), (4, 4, 4)],
... )
>>> outcome = majority_judgment(town, MajorityJudgmentParameters())
>>> outcome.winners
('park', 'pool')
>>> [(s.numbers["grade"], s.numbers["better"], s.numbers["worse"]) for s in outcome.steps]
[(3, 2, 1), (3, 1, 1), (3, 2, 2)]
>>> majority_judgment(town, MajorityJudgmentParameters(winners=1)).winners
('park',)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np

from pbvote.core.encoding import Count
from pbvote.core.selection import vmax
from pbvote_tally.rules.frame import outcome, start
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile
from pbvote_tally.rules.taking import Order, Unaffordable, the_first, while_money_lasts
from pbvote_tally.rules.ties import Ties

NAME = "majority-judgment"
Merit = tuple[Fraction | int, ...]


class MajorityJudgmentParameters(Parameters, frozen=True, kw_only=True):
    """`no_opinion`: a ballot without a grade is left out of the project's, or grades it worst.

    `winners`: how many, whatever they cost, or 0: by budget; then `unaffordable`: go on after a
    project that doesn't fit (`skip`), or end there (`stop`).
    """

    no_opinion: Literal["left-out", "worst"] = "left-out"
    winners: Count = 0
    unaffordable: Unaffordable = "skip"


def majority_judgment(profile: Profile, parameters: MajorityJudgmentParameters) -> Outcome:
    """The outcome of majority judgment; the ballots are grades, or points taken as grades."""
    ties = Ties(profile)
    counts = _counts(profile, parameters.no_opinion)
    grades = [_median(count) for count in counts]
    begun = start(profile, parameters, ties, grades)

    def numbers(p: int) -> dict[str, Number]:
        grade, count = grades[p], counts[p]
        gauge = {"better": sum(count[grade:]), "worse": sum(count[: max(0, grade - 1)])}
        return {"score": grade, "grade": grade, **gauge}

    order = Order(NAME, [majority_value(count) for count in counts], numbers)
    if parameters.winners:
        steps = the_first(profile, begun, ties, order, parameters.winners)
    else:
        steps = while_money_lasts(profile, begun, ties, order, parameters.unaffordable)
    return outcome(NAME, parameters, profile, [*begun.steps, *steps, *begun.out], ties)


def _counts(profile: Profile, no_opinion: str) -> list[list[int]]:
    """For each project how many ballots give it each grade, the worst first.

    Doubles hold whole numbers below 2^53 exactly.
    """
    kinds = vmax(profile.ballot) + 1
    counts = [
        [int(ballots) for ballots in np.bincount(column, profile.weights, kinds)[1:].tolist()]
        for column in profile.matrix.T
    ]
    if no_opinion == "worst":
        for count in counts:
            count[0] += profile.ballots - sum(count)
    return counts


def _median(count: Sequence[int]) -> int:
    """The lower median, from 1 (worst); 0 if nobody gave a grade."""
    below, total = 0, sum(count)
    for grade, number in enumerate(count, 1):
        below += number
        if total and 2 * below >= total:
            return grade
    return 0


def majority_value(count: Sequence[int]) -> Merit:
    """What orders projects as taking away one (lower) median grade after the other does.

    With all grades in a row, that takes grades from the middle outwards: the next to the left, the
    next to the right, and so on. What is taken changes where one of the two reaches another grade:
    to the left for the worse, to the right for the better. Among projects alike up to there, the
    sooner a change for the worse the worse, the sooner one for the better the better. So the value
    has the two grades around the middle, then for each change how far it is from the end (below 0
    if for the worse), and the two grades after it, then 0. Distances are shares of the grades
    given, twice, so that projects graded by different numbers of ballots compare as if each
    ballot had been copied until the numbers are equal.

    >>> majority_value([1, 0, 3, 1]) < majority_value([1, 0, 2, 2])
    True
    >>> majority_value([1, 2]) == majority_value([10, 20])
    True
    """
    total = sum(count)
    if not total:
        return ()
    left: list[tuple[int, int]] = []  # (2 · distance from the middle, the grade from there on)
    right: list[tuple[int, int]] = []
    below = 0
    for grade, number in enumerate(count, 1):
        start, below = below, below + number
        if number and 2 * start < total:
            left.insert(0, (max(0, total - 2 * below), grade))
        if number and 2 * below > total:
            right.append((max(0, 2 * start - total), grade))
    worst, best = left[0][1], right[0][1]
    value: list[Fraction | int] = [worst, best]
    worse, better = dict(left[1:]), dict(right[1:])
    for distance in sorted({*worse, *better}):
        rest = 1 - Fraction(distance, total)
        value.append(-rest if distance in worse else rest)
        worst, best = worse.get(distance, worst), better.get(distance, best)
        value += [worst, best]
    return (*value, 0)
