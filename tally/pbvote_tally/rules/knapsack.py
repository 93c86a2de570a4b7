"""The best choice of projects under a budget and other sums, exactly, and of equal ones the first.

Floats, among them those of HiGHS, only say where not to look, with room for their error: what
can't reach a total that is known to be possible is left out. What remains is looked through whole,
in integers.

From the last item to the first, all choices of the items so far are kept that no other one beats
in every sum and the value (Nemhauser and Ullmann, *Discrete Dynamic Programming and Capital
Allocation*, 1969) and that might still reach the known total. Then from the first item to the last,
an item is taken whenever the best total can be reached with it and what was taken before.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbvote.core.errors import InputError

Ints = NDArray[Any]
"""32- or 64-bit integers, or Python's where these are too short."""
Floats = NDArray[np.float64]
_MOST = 1 << 30  # bytes of the choices kept, of all items together
_SECONDS = 20.0  # that HiGHS may look for a good total; the result doesn't depend on it


class Problem(NamedTuple):
    """Items with a value each, and the sums (a weight an item, a bound) that a choice must keep.

    All are integers ≥ 0. There is at least one sum.
    """

    values: list[int]
    weights: list[list[int]]
    bounds: list[int]

    def total(self, chosen: Sequence[int]) -> int | None:
        """The value of a choice; None if it breaks a bound."""
        for weights, bound in zip(self.weights, self.bounds, strict=True):
            if sum(weights[i] for i in chosen) > bound:
                return None
        return sum(self.values[i] for i in chosen)


class Best(NamedTuple):
    """The best choice, its value, and the items that other best choices have instead of some."""

    chosen: list[int]
    total: int
    open: set[int]


def best(problem: Problem) -> Best:
    """The best choice; of equally good ones the one that takes the earliest items.

    InputError if there are too many choices to look through.
    """
    found = _Search(_reduced(problem))
    chosen = found.first()
    total = problem.total(chosen)
    if total is None:
        raise TypeError("what was found breaks a bound")
    return Best(chosen, total, found.others(chosen))


def _reduced(problem: Problem) -> Problem:
    """The same problem in smaller numbers, without the sums that always hold (but the first)."""
    weights, bounds = [], []
    for k, (row, bound) in enumerate(zip(problem.weights, problem.bounds, strict=True)):
        if k == 0 or sum(row) > bound:
            unit = gcd(*row) or 1
            bounds.append(bound // unit)
            weights.append([min(weight // unit, bounds[-1] + 1) for weight in row])
    unit = gcd(*problem.values) or 1
    return Problem([value // unit for value in problem.values], weights, bounds)


class _Choices(NamedTuple):
    """Choices among the last items: a row of sums and a value each.

    Sorted by all sums but the first, then by the first; among those equal in the others, the value
    rises with the first.
    """

    sums: Ints
    values: Ints

    def reach(self, room: Ints) -> int:
        """The best value within the room; −1 if there is none."""
        if self.sums.shape[1] == 1:
            within = int(np.searchsorted(self.sums[:, 0], room[0], "right"))
            return int(self.values[within - 1]) if within else -1
        fitting = self.values[(self.sums <= room).all(axis=1)]
        return int(fitting.max()) if len(fitting) else -1


class _Search:
    """All choices that matter, from the last item to the first."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.count = len(problem.values)
        self.weights: Ints = np.array(problem.weights, _type(problem.bounds)).T
        self.bounds: Ints = np.array(problem.bounds, self.weights.dtype)
        self.ceilings = _Ceilings(problem)
        wide = _type([sum(problem.values)])
        last = _Choices(self.bounds[None, :] * 0, np.zeros(1, wide))
        self.kept = 0
        self.after = [last]  # in the end: after[i] has the choices among the items from i on
        for i in reversed(range(self.count)):
            self.after.append(self._with_item(i, self.after[-1]))
        self.after.reverse()
        self.total = self.after[0].reach(self.bounds)

    def _with_item(self, i: int, choices: _Choices) -> _Choices:
        """These choices, and each with the item i too; without those that don't matter."""
        sums = np.concatenate([choices.sums, choices.sums + self.weights[i]])
        values = np.concatenate([choices.values, choices.values + self.problem.values[i]])
        keep = (sums <= self.bounds).all(axis=1)
        keep &= self.ceilings.may_be_best(i, sums, values)
        sums, values = sums[keep], values[keep]
        self.kept += sums.nbytes + values.nbytes
        if self.kept > _MOST:
            raise InputError(
                "so many sets of projects are almost equally good that the best can't be found",
                hint="Count with another satisfaction (cardinality), or with another rule",
            )
        return _unbeaten(sums, values)

    def first(self) -> list[int]:
        """The best choice that takes the earliest items."""
        return self._complete(0, self.bounds.copy(), self.total)

    def _complete(self, start: int, room: Ints, missing: int) -> list[int]:
        """The earliest items from `start` on that are worth what is missing."""
        chosen = []
        for i in range(start, self.count):
            less = room - self.weights[i]
            value = self.problem.values[i]
            if (less >= 0).all() and self.after[i + 1].reach(less) >= missing - value:
                chosen.append(i)
                room, missing = less, missing - value
        return chosen

    def others(self, chosen: list[int]) -> set[int]:
        """The items that differ between this choice, the first, and other best ones.

        For each item taken: if the best could be reached without it too, then what the first such
        choice has differently.
        """
        found: set[int] = set()
        room, missing = self.bounds.copy(), self.total
        for k, i in enumerate(chosen):
            if self.after[i + 1].reach(room) >= missing:
                instead = self._complete(i + 1, room, missing)
                found |= set(chosen[k:]) ^ set(instead)
            room, missing = room - self.weights[i], missing - self.problem.values[i]
        return found


def _type(numbers: Sequence[int]) -> type:
    """The shortest integers that hold twice the largest of these."""
    largest = max(numbers, default=0)
    if largest < 1 << 30:
        return np.int32
    return np.int64 if largest < 1 << 62 else object


def _unbeaten(sums: Ints, values: Ints) -> _Choices:
    """Without those that another one equal in all sums but the first beats."""
    order = np.arange(len(values))
    for key in sums.T:  # the first sum before the others, which part the choices
        order = order[np.argsort(key[order], kind="stable")]
    sums, values = sums[order], values[order]
    is_new = (sums[1:] != sums[:-1]).any(axis=1)
    starts = np.flatnonzero(np.concatenate([[True], is_new]))
    sums, values = sums[starts], np.maximum.reduceat(values, starts)
    keep = np.ones(len(values), np.bool_)
    edges = np.flatnonzero((sums[1:, 1:] != sums[:-1, 1:]).any(axis=1)) + 1
    for part in np.split(np.arange(len(values)), edges):
        keep[part[1:]] = values[part[1:]] > np.maximum.accumulate(values[part])[:-1]
    return _Choices(sums[keep], values[keep])


class _Ceilings:
    """What a choice among the last items can reach at most, by Lagrange's multipliers.

    For any λ ≥ 0 and room r, no choice of items with values v and weights w is worth more than
    Σ max(0, v − λ·w) + λ·r. HiGHS gives good multipliers and a good total.
    """

    def __init__(self, problem: Problem) -> None:
        scale = [max(1, bound) for bound in problem.bounds]
        self.scale = np.array([1 / bound for bound in scale])
        weights = np.array(
            [[w / s for w in row] for row, s in zip(problem.weights, scale, strict=True)]
        )
        self.unit = max(problem.values, default=0) or 1
        values = np.array([value / self.unit for value in problem.values])
        room = np.array([bound / s for bound, s in zip(problem.bounds, scale, strict=True)])
        self.multipliers, self.known = _highs(problem, values, weights, room)
        gains = np.maximum(0, values - self.multipliers @ weights)
        self.before = np.concatenate([[0.0], np.cumsum(gains)])  # of the items before i
        self.room = float(self.multipliers @ room)
        self.error = (self.before[-1] + self.room + 1 + values.sum()) * 2.0**-30

    def may_be_best(self, i: int, sums: Ints, values: Ints) -> NDArray[np.bool_]:
        """Whether these choices among the items from i on may reach the known total."""
        used = (sums.astype(np.float64) * self.scale) @ self.multipliers
        reach = values.astype(np.float64) / self.unit + self.before[i] + self.room - used
        return np.asarray(reach >= self.known / self.unit - self.error)


def _highs(problem: Problem, values: Floats, weights: Floats, room: Floats) -> tuple[Floats, int]:
    """Multipliers from the relaxed problem, and a total that is possible, checked in integers."""
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp

    if not len(values):
        return np.zeros(len(room)), 0
    relaxed = linprog(-values, A_ub=weights, b_ub=room, bounds=(0, 1), method="highs")
    multipliers = np.zeros(len(room))
    if relaxed.status == 0:
        multipliers = np.maximum(0, -np.asarray(relaxed.ineqlin.marginals))
    whole = milp(
        -values,
        integrality=np.ones(len(values)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(weights, ub=room),
        options={"mip_rel_gap": 0, "time_limit": _SECONDS},
    )
    chosen = [] if whole.x is None else np.flatnonzero(np.asarray(whole.x) > 0.5).tolist()
    return multipliers, max(problem.total(chosen) or 0, _by_ratio(problem))


def _by_ratio(problem: Problem) -> int:
    """A total that is possible: best value for the first sum first, while everything fits."""
    first = problem.weights[0]
    chosen: list[int] = []
    for i in sorted(range(len(first)), key=lambda i: -problem.values[i] / max(1, first[i])):
        if problem.total([*chosen, i]) is not None:
            chosen.append(i)
    return problem.total(chosen) or 0
