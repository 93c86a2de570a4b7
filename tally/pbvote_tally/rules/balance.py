"""How low the highest load can be when supporters share the costs of some projects as they like.

For a set W of projects with costs c, let z(W) be the least number such that the voters can carry
all costs, each only for projects it supports, none more than z. By the theorem of maximum flow and
minimum cut (Hall's condition for shares)

    z(W) = max over S ⊆ W, S ≠ ∅, of c(S) / n(N(S)),

N(S) being the voters who support any of S, n their number. So z is found from below, as in
Dinkelbach's method for ratios: try to carry everything at z = a/b; if it doesn't go, the projects
that got stuck are a set S with a higher ratio, which is tried next. All in integers, in units
of 1/b: a project has c·b to be carried, a voter carries up to a.

A `Balance` is one such distribution. What a project's supporters have no room for, they pay instead
of another project that is nearer to supporters with room, which passes it on; layer by layer, as in
Dinitz's and Karzanov's methods for maximum flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbvote_tally.rules.profile import Integers, Profile

Amounts = NDArray[Any]
"""64-bit integers, or Python's where these are too short."""
_LARGEST = 1 << 62


class Crowd(NamedTuple):
    """Who supports what: each project's (position) groups; costs, votes, and the groups' weights.

    `weights` has the type that all amounts have.
    """

    groups: Mapping[int, Integers]
    costs: list[int]
    votes: list[int]
    weights: Amounts

    def ratio(self, projects: set[int]) -> Fraction:
        """c(S) / n(N(S))."""
        having = np.zeros(len(self.weights), np.bool_)
        for p in projects:
            having[self.groups[p]] = True
        return Fraction(sum(self.costs[p] for p in projects), int(self.weights[having].sum()))


def crowd(profile: Profile, money: int) -> Crowd:
    """The crowd of a profile, for sets of projects that cost at most `money`."""
    fits = money * max(1, profile.ballots) * 4 < _LARGEST
    return Crowd(
        {p: np.flatnonzero(column) for p, column in enumerate(profile.matrix.T)},
        profile.costs,
        profile.votes,
        profile.weights if fits else profile.weights.astype(object),
    )


class Balance:
    """Loads of at most `top` that carry the costs of some projects."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self._place: Integers = np.full(len(crowd.weights), -1, np.int64)  # scratch
        self.top = Fraction(0)
        self.paid: dict[int, Amounts] = {}  # project → what each of its groups pays together
        self.free: Amounts = crowd.weights * 0  # what each group can still carry

    def with_project(self, p: int, least: Fraction, ceiling: Fraction | None) -> Balance | Fraction:
        """The balance with this project too, at the lowest top.

        A Fraction is a lower bound on that top, above the ceiling. `least` is a lower bound known
        before.
        """
        top = max(self.top, least)
        while ceiling is None or top <= ceiling:
            made = self._raised(top)
            stuck = made._carry(p)
            if stuck is None:
                return made
            top = self.crowd.ratio(stuck)
        return top

    def has_room(self, projects: list[int]) -> list[bool]:
        """Which of these could be carried without a higher top and without moving any other."""
        unit = self.top.denominator
        return [
            int(self.free[self.crowd.groups[p]].sum()) >= self.crowd.costs[p] * unit
            for p in projects
        ]

    def _raised(self, top: Fraction) -> Balance:
        """A copy with a higher top, in its units: what each pays is rounded down."""
        made = Balance(self.crowd)
        made.top = top
        if top.denominator == self.top.denominator:
            made.paid = dict(self.paid)
            more = top.numerator - self.top.numerator
            made.free = self.free + self.crowd.weights * more if more else self.free.copy()
            return made
        made.free = self.crowd.weights * top.numerator
        for p, paid in self.paid.items():
            made.paid[p] = _in_units(paid, self.top.denominator, top.denominator)
            made.free[self.crowd.groups[p]] -= made.paid[p]
        return made

    def _carry(self, new: int) -> set[int] | None:
        """Carry this project, and what rounding left of others; a stuck set if it can't be."""
        self.paid[new] = self.crowd.weights[self.crowd.groups[new]] * 0
        unit = self.top.denominator
        rests = {p: self.crowd.costs[p] * unit - int(paid.sum()) for p, paid in self.paid.items()}
        for p, rest in rests.items():
            rests[p] -= self._fill(p, rest)
        while any(rests.values()):
            layers = self._layers()
            reached = {p for layer in layers for p in layer}
            if any(rest for p, rest in rests.items() if p not in reached):
                return set(self.paid) - reached
            for nearer, layer in reversed(list(pairwise([[], *layers]))):
                for p in layer:
                    if rests[p]:
                        self._pass_on(p, nearer, rests)
        return None

    def _fill(self, p: int, amount: int) -> int:
        """Let its groups pay as much of the amount as they have room for; how much that was."""
        if not amount:
            return 0
        groups = self.crowd.groups[p]
        more = _spread(self.free[groups], amount)
        self.free[groups] -= more
        self.paid[p] = self.paid[p] + more
        return int(more.sum())

    def _layers(self) -> list[list[int]]:
        """The projects with supporters that have room, then those that can use it through them.

        A project can take over what a project of the layer before is paid by who supports both. No
        supporter of the projects in no layer has room, nor pays for one in a layer.
        """
        waiting = list(self.paid)
        layers: list[list[int]] = []
        useful = self.free > 0
        while True:
            layer = [p for p in waiting if bool(useful[self.crowd.groups[p]].any())]
            if not layer:
                return layers
            layers.append(layer)
            waiting = [p for p in waiting if p not in layer]
            useful = np.zeros(len(self.free), np.bool_)
            for p in layer:
                useful[self.crowd.groups[p][self.paid[p] > 0]] = True

    def _pass_on(self, p: int, nearer: list[int], rests: dict[int, int]) -> None:
        """Let its supporters pay its rest instead of nearer projects, or from their room."""
        if not nearer:
            rests[p] -= self._fill(p, rests[p])
            return
        groups = self.crowd.groups[p]
        self._place[groups] = np.arange(len(groups))
        paid = self.paid[p].copy()
        for q in nearer:
            place = self._place[self.crowd.groups[q]]
            less = _spread(np.where(place >= 0, self.paid[q], 0), rests[p])
            moved = np.flatnonzero(less)
            if not len(moved):
                continue
            self.paid[q] = self.paid[q] - less
            paid[place[moved]] += less[moved]
            amount = int(less.sum())
            rests[q] += amount
            rests[p] -= amount
            if not rests[p]:
                break
        self.paid[p] = paid
        self._place[groups] = -1


def _spread(room: Amounts, amount: int) -> Amounts:
    """As much of the amount as there is room for, each giving its part; what is over, the first."""
    total = int(room.sum())
    if total <= amount:
        return room
    if room.dtype == object:
        spread: Amounts = room * amount // total
    else:
        spread = np.floor(room * (amount / total * (1 - 2.0**-50))).astype(np.int64)
    room = room - spread
    before = np.cumsum(room) - room
    rest = amount - int(spread.sum())
    return np.asarray(spread + np.minimum(room, np.maximum(rest - before, 0)))


def _in_units(paid: Amounts, old: int, new: int) -> Amounts:
    """The same amounts in other units, rounded down (by floats: or a little lower)."""
    if paid.dtype == object:
        return np.asarray(paid * new // old)
    return np.floor(paid * (new / old * (1 - 2.0**-50))).astype(np.int64)
