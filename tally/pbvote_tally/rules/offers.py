"""What Equal Shares sells and to whom: projects as their supporters see them, prepared once.

A project with cost c is bought at the lowest price q at which its supporters can pay it, each
giving min(what it has left, q·u), u being what the project is worth to it (1 for a tick). The next
project bought is the one with the lowest ρ = q / worth (worth: the cost for satisfaction by cost,
else 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pbvote.core.selection import Ranking
from pbvote_tally.rules.profile import Integers, Profile

PHASE = "equal-shares"
KEY = 40  # bits behind the point of a bound on ρ
_ROOM = 62  # bits that 64-bit integers may take
_FINE = 8  # bits behind the point; with fewer, integers of any size are used instead
_WIDE = 64
_ROWS = 1 << 14  # groups looked at together, so that their numbers stay in the processor's cache
Satisfaction = Literal["cost", "cardinality", "points", "borda"]
Groups = NDArray[np.intp]
Mask = NDArray[np.bool_]


class Supporters(Struct, frozen=True, eq=False):
    """A project's supporting groups, what it is worth to each, and their weights.

    `utilities` has one element, 1, where all are 1. `units` are weight · utility.
    """

    groups: Groups
    utilities: Integers
    weights: Integers
    units: Integers
    voters: int  # Σ weight
    total: int  # Σ weight · utility

    def only(self, some: Mask) -> Supporters:
        """Some of them."""
        weights = self.weights[some]
        u, units = self.utilities, weights
        if len(u) > 1:
            u, units = u[some], self.units[some]
        return Supporters(
            self.groups[some], u, weights, units, int(weights.sum()), int(units.sum())
        )


class Offer(Struct, frozen=True, eq=False):
    """A project (position) for sale."""

    project: int
    cost: int
    worth: int
    by: Supporters


class Market:
    """The offers of a profile, and what each project is worth to each group."""

    def __init__(
        self, profile: Profile, projects: Sequence[int], satisfaction: Satisfaction
    ) -> None:
        self.weights = profile.weights
        self.voters = profile.ballots
        self._matrix = profile.matrix
        self._worth = utility(profile, satisfaction)
        known = supporters(profile, satisfaction)
        costs = [profile.projects[p].cost for p in projects]
        self.offers = [
            Offer(p, cost, cost if satisfaction == "cost" else 1, known[p])
            for p, cost in zip(projects, costs, strict=True)
        ]
        largest = [int(np.max(offer.by.utilities)) for offer in self.offers if offer.by.total]
        self.largest: int = max(largest, default=1)
        self.dearest = max(costs, default=0)
        self.alike = _alike(self.offers)

    def bits(self, share: Fraction, together: int = 1) -> int:
        """How fine purses can be for shares up to this one: in 2^-bits of the smallest unit.

        All voters' money fits in 62 bits, and so does what so many offers `together` can cost one.
        """
        money = max((self.voters + 1) * (int(share) + 2), self.dearest * self.largest * together)
        bits = _ROOM - money.bit_length()
        return bits if bits >= _FINE else _WIDE

    def purses(self, money: int, bits: int) -> NDArray[Any]:
        """An array with so much money, in 2^-bits, for each group."""
        kind: Any = np.int64 if bits < _WIDE else object
        return np.full(len(self.weights), money, kind)

    def least(self, bits: int) -> list[int]:
        """The least prices, in 2^-bits: everybody pays in full."""
        return [(offer.cost << bits) // max(1, offer.by.total) for offer in self.offers]

    def waiting(self, least: Sequence[int]) -> list[tuple[int, int]]:
        """Bounds on ρ from prices, and the offers' positions; none without supporters."""
        return [
            ((price << KEY) // offer.worth, i)
            for i, (offer, price) in enumerate(zip(self.offers, least, strict=True))
            if offer.by.total
        ]

    def tally(self, labels: NDArray[Any], units: Integers) -> list[int]:
        """Σ units with each label, from 0; doubles hold whole numbers below 2^53 exactly."""
        if self.voters * self.largest < 2**53:
            return [int(total) for total in np.bincount(labels, units).tolist()]
        sums = np.zeros(int(np.max(labels)) + 1, np.int64)
        np.add.at(sums, labels, units)
        return [int(total) for total in sums.tolist()]

    def row(self, groups: Groups, projects: Sequence[int]) -> list[int]:
        """Σ weight · utility of these groups, one number a project."""
        if not len(groups) or not projects:
            return [0] * len(projects)
        sums: list[int] = (self.weights[groups] @ self.utilities(groups, projects)).tolist()
        return sums

    def utilities(self, groups: Groups, projects: Sequence[int]) -> Integers:
        """What each of these projects (columns) is worth to each of these groups (rows)."""
        return self._worth(self._matrix[groups][:, list(projects)])


def _alike(offers: Sequence[Offer]) -> list[list[int]]:
    """The offers (positions) with supporters, those together that differ in nothing."""
    near: dict[tuple[int, int, int], list[int]] = {}
    for i, offer in enumerate(offers):
        if offer.by.total:
            key = offer.cost, offer.by.total, len(offer.by.groups)
            near.setdefault(key, []).append(i)
    found: list[list[int]] = []
    for some in near.values():
        same: dict[tuple[bytes, bytes], list[int]] = {}
        for i in some if len(some) > 1 else ():
            by = offers[i].by
            same.setdefault((by.groups.tobytes(), by.utilities.tobytes()), []).append(i)
        found += same.values() or [some]
    return found


def utility(profile: Profile, satisfaction: Satisfaction) -> Callable[[NDArray[Any]], Integers]:
    """What a selection's number for a project is worth to the ballot; 0 is always worth 0."""
    if satisfaction in ("cost", "cardinality"):
        return lambda column: (column != 0).astype(np.int64)
    if not isinstance(profile.ballot, Ranking):
        return lambda column: column.astype(np.int64)
    best = len(profile.projects) if satisfaction == "borda" else profile.ballot.max + 1
    return lambda ranks: np.where(ranks != 0, best - ranks.astype(np.int64), 0)


def supporters(profile: Profile, satisfaction: Satisfaction) -> list[Supporters]:
    """The supporters of each project, worked out once a profile: they don't depend on costs."""
    is_tick = satisfaction in ("cost", "cardinality")
    known: dict[str, list[Supporters]] = vars(profile).setdefault("supporters", {})
    kind = "tick" if is_tick else satisfaction
    if kind not in known:
        worth = None if is_tick else utility(profile, satisfaction)
        marked = enumerate(_marked(profile.matrix))
        known[kind] = [_found(profile, p, groups, worth) for p, groups in marked]
    return known[kind]


def _marked(matrix: NDArray[Any]) -> list[Groups]:
    """The groups that give each project anything."""
    projects = matrix.shape[1]
    parts: list[list[Groups]] = [[] for _ in range(projects)]
    for start in range(0, len(matrix), _ROWS):
        block = np.ascontiguousarray((matrix[start : start + _ROWS] != 0).T)
        flat = np.flatnonzero(block)
        size = block.shape[1]
        ends = np.searchsorted(flat, np.arange(projects + 1) * size)
        for part, begin, end in zip(parts, ends[:-1], ends[1:], strict=True):
            part.append(flat[begin:end] % size + start)
    return [np.concatenate(part) if part else np.zeros(0, np.intp) for part in parts]


def _found(
    profile: Profile, p: int, groups: Groups, worth: Callable[[NDArray[Any]], Integers] | None
) -> Supporters:
    if worth is None:
        weights = units = profile.weights[groups]
        utilities = np.ones(1, np.int64)
    else:
        groups = groups[worth(profile.matrix[groups, p]) > 0]
        weights, utilities = profile.weights[groups], worth(profile.matrix[groups, p])
        units = weights * utilities
    return Supporters(groups, utilities, weights, units, int(weights.sum()), int(units.sum()))


def floor(number: Fraction, bits: int) -> int:
    """A fraction in units of 2^-bits, rounded down."""
    return (number.numerator << bits) // number.denominator
