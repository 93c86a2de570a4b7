"""How low the highest load can be when supporters share the costs of some projects as they like.

For a set W of projects with costs c, let z(W) be the least number such that the voters can carry
all costs, each only for projects it supports, none more than z. By the theorem of maximum flow and
minimum cut (Hall's condition for shares)

    z(W) = max over S ⊆ W, S ≠ ∅, of c(S) / n(N(S)),

N(S) being the voters who support any of S, n their number. So z is found from below, as in
Dinkelbach's method for ratios: try to carry everything at z = a/b; if it doesn't go, the projects
that got stuck are a set S with a higher ratio, which is tried next. All in integers, in units
of 1/b: a project has c·b to be carried, a voter carries up to a.

A `Balance` is one such distribution. To find room for what is left of a project, others are moved
between their supporters, along a shortest chain of projects.
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
        for p in self.paid:
            rest = self.crowd.costs[p] * unit - int(self.paid[p].sum())
            rest -= self._fill(p, rest)
            while rest:
                chain = self._chain(p)
                if isinstance(chain, set):
                    return chain
                rest -= self._push(chain, rest)
        return None

    def _fill(self, p: int, amount: int) -> int:
        """Let its groups pay as much of the amount as they have room for; how much that was."""
        if not amount:
            return 0
        groups = self.crowd.groups[p]
        more = _first(self.free[groups], amount)
        self.free[groups] -= more
        self.paid[p] = self.paid[p] + more
        return int(more.sum())

    def _chain(self, p: int) -> list[int] | set[int]:
        """A shortest chain of projects from p to one whose supporters have room.

        Each can take over what the next one's supporters pay, as they support both. Without any:
        the set of all projects that were reached.
        """
        layers, found = [[p]], {p}
        while layers[-1]:
            here = self._members(layers[-1])
            layer = [q for q in self.paid if q not in found and self._is_paid(q, here)]
            for q in layer:
                if bool((self.free[self.crowd.groups[q]] > 0).any()):
                    return self._back(layers, q)
            layers.append(layer)
            found.update(layer)
        return found

    def _back(self, layers: list[list[int]], last: int) -> list[int]:
        chain = [last]
        for layer in reversed(layers):
            chain.append(next(q for q in layer if self._is_paid(chain[-1], self._members([q]))))
        return chain[::-1]

    def _is_paid(self, p: int, by: NDArray[np.bool_]) -> bool:
        """Whether any of these groups pays for it."""
        return bool((self.paid[p][by[self.crowd.groups[p]]] > 0).any())

    def _members(self, projects: list[int]) -> NDArray[np.bool_]:
        """The groups that support any of them."""
        here = np.zeros(len(self.free), np.bool_)
        for p in projects:
            here[self.crowd.groups[p]] = True
        return here

    def _push(self, chain: list[int], amount: int) -> int:
        """Move up to that amount along the chain; how much it was."""
        last = self.crowd.groups[chain[-1]]
        amount = min(amount, int(self.free[last].sum()))
        for p, q in pairwise(chain):
            shared = self._members([p])[self.crowd.groups[q]]
            amount = min(amount, int(self.paid[q][shared].sum()))
        for p, q in pairwise(chain):
            self._take_over(p, q, amount)
        self._fill(chain[-1], amount)
        return amount

    def _take_over(self, p: int, q: int, amount: int) -> None:
        """Who supports both pays so much less for q and as much more for p."""
        groups = self.crowd.groups[q]
        less = np.where(self._members([p])[groups], self.paid[q], 0)
        less = _first(less, amount)
        self.paid[q] = self.paid[q] - less
        moved = self.free * 0
        moved[groups] = less
        self.paid[p] = self.paid[p] + moved[self.crowd.groups[p]]


def _first(room: Amounts, amount: int) -> Amounts:
    """As much of the amount as there is room for, from the first on."""
    before = np.cumsum(room) - room
    taken: Amounts = np.minimum(room, np.maximum(amount - before, 0))
    return taken


def _in_units(paid: Amounts, old: int, new: int) -> Amounts:
    """The same amounts in other units, rounded down (by floats: or a little lower)."""
    if paid.dtype == object:
        return np.asarray(paid * new // old)
    return np.floor(paid * (new / old * (1 - 2.0**-50))).astype(np.int64)
