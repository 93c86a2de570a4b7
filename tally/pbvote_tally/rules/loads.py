"""What voters carry when projects are bought one after the other from money that all earn alike.

Each supporter of a project that is bought carries the same load afterwards; so a group's load is
that of the last project bought which it supports, and a project's next load

    L(p) = (c(p) + Σ_j n(p, j) · L_j) / n(p)

needs only the numbers n(p, j) of its supporters who carry the load L_j. They are integers; the
loads are integers over one denominator, which grows with each purchase. Floats with a bound on
their error leave out who surely isn't next; if more than one is left, fractions decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbvote_tally.rules.profile import Integers, Profile

_CHUNK = 1 << 16  # groups that are moved at once, to bound memory


class Payment(NamedTuple):
    """So many voters paid this amount each."""

    amount: Fraction
    voters: int


class Loads:
    """The loads of all groups, and of the projects (positions) that wait to be bought.

    Each project must have a supporter. At the start nobody carries anything.
    """

    def __init__(self, profile: Profile, projects: Sequence[int]) -> None:
        self.projects = list(projects)
        self._place = {p: i for i, p in enumerate(self.projects)}
        self._costs = [profile.projects[p].cost for p in self.projects]
        self._votes = [profile.votes[p] for p in self.projects]
        self._weights = profile.weights
        self._index(profile)
        self._denominator, self._loads = 1, [0]
        # which of the loads each group carries, and how many of a project's supporters carry each:
        # whole numbers below 2^53, as floats for the bounds
        self._labels: Integers = np.zeros(len(self._weights), np.int64)
        self._counts = np.zeros((len(self.projects), 1 + len(self.projects)))
        self._counts[:, 0] = self._votes
        self._float_costs = np.array(self._costs, np.float64)
        self._float_votes = np.array(self._votes, np.float64)
        self._is_waiting = np.ones(len(self.projects), np.bool_)

    def _index(self, profile: Profile) -> None:
        """Who supports what: by group (rows), and by project (`_supporters`)."""
        marked = profile.matrix[:, self.projects]
        rows, columns = np.nonzero(marked)
        self._columns = columns.astype(np.int32)
        self._row_starts = np.searchsorted(rows, np.arange(len(marked) + 1))
        by_project = np.argsort(columns.astype(np.uint16), kind="stable")
        ends = np.cumsum(np.bincount(columns, minlength=len(self.projects)))
        self._supporters = np.split(rows[by_project], ends[:-1])[: len(self.projects)]

    @property
    def waiting(self) -> list[int]:
        """The projects that weren't bought nor dropped."""
        return [self.projects[i] for i in np.flatnonzero(self._is_waiting)]

    def lowest(self) -> list[int]:
        """The waiting projects whose load would be lowest: several only if exactly equal."""
        places = np.flatnonzero(self._is_waiting)
        near = places[self._may_be_lowest(places)].tolist()
        if len(near) == 1:
            return [self.projects[near[0]]]
        exact: dict[Fraction, list[int]] = {}
        for alike in self._alike(near):
            load = Fraction(self._sum(alike[0]), self._votes[alike[0]])
            exact.setdefault(load, []).extend(alike)
        return [self.projects[i] for i in sorted(exact[min(exact)])]

    def _alike(self, places: list[int]) -> list[list[int]]:
        """Those together that cost the same and have as many supporters with each load."""
        rows = self._counts[:, : len(self._loads)]
        found: dict[tuple[int, bytes], list[int]] = {}
        for i in places:
            found.setdefault((self._costs[i], rows[i].tobytes()), []).append(i)
        return list(found.values())

    def _may_be_lowest(self, places: Integers) -> NDArray[np.bool_]:
        """A bound: K + 3 sums and products of non-negative floats, each within 2^-53."""
        known = len(self._loads)
        floats = np.array([load / self._denominator for load in self._loads])
        sums = self._float_costs[places] + self._counts[places, :known] @ floats
        loads = sums / self._float_votes[places]
        error = (known + 10) * 2.0**-52
        return np.asarray(loads * (1 - error) <= loads.min() * (1 + error))

    def _sum(self, place: int) -> int:
        """c(p) + Σ_j n(p, j) · L_j, over the denominator."""
        counts = self._counts[place, : len(self._loads)]
        carried = (int(counts[j]) * self._loads[j] for j in np.flatnonzero(counts))
        return self._costs[place] * self._denominator + sum(carried)

    def load(self, p: int) -> Fraction:
        """What each supporter of this project would carry if it were bought now."""
        place = self._place[p]
        return Fraction(self._sum(place), self._votes[place] * self._denominator)

    def payments(self, p: int) -> list[Payment]:
        """What its supporters would pay for it now, the highest amount first."""
        load, counts = self.load(p), self._counts[self._place[p]]
        paid = (
            Payment(load - Fraction(self._loads[j], self._denominator), int(counts[j]))
            for j in np.flatnonzero(counts)
        )
        return sorted(paid, reverse=True)

    def drop(self, p: int) -> None:
        """This project can't be bought any more."""
        self._is_waiting[self._place[p]] = False

    def buy(self, p: int) -> None:
        """Its supporters carry its load from now on."""
        place = self._place[p]
        total = self._sum(place)
        common = gcd(total, self._votes[place])
        factor = self._votes[place] // common
        self._loads = [load * factor for load in self._loads]
        self._denominator *= factor
        self._loads.append(total // common)
        self._is_waiting[place] = False
        for start in range(0, len(self._supporters[place]), _CHUNK):
            self._move(self._supporters[place][start : start + _CHUNK], len(self._loads) - 1)

    def _move(self, groups: Integers, label: int) -> None:
        """These groups carry the load with this label now."""
        starts = self._row_starts[groups]
        marks = self._row_starts[groups + 1] - starts
        before = np.cumsum(marks) - marks
        columns = self._columns[np.repeat(starts - before, marks) + np.arange(marks.sum())]
        keys = np.repeat(self._labels[groups] * len(self.projects), marks) + columns
        size = label * len(self.projects)
        moved = np.bincount(keys, np.repeat(self._weights[groups], marks), size)
        by_label = moved.reshape(label, len(self.projects))
        self._counts[:, :label] -= by_label.T
        self._counts[:, label] += by_label.sum(axis=0)
        self._labels[groups] = label


def thousandths(value: Fraction) -> Fraction:
    """The value rounded down to a thousandth, for a step's numbers; it decides nothing."""
    return Fraction(value.numerator * 1000 // value.denominator, 1000)
