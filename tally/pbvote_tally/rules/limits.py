"""What a contest's limits still let in while a rule takes projects (docs/rules.md, Limits).

What was refused once stays refused: taking a project never makes room for another.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import NamedTuple

from msgspec import UNSET

from pbvote.core.limits import AtMost, Exclusive, MinVotes, Required
from pbvote_tally.rules.profile import Number, Profile, Reason


class Refusal(NamedTuple):
    """Why a limit keeps a project out; `because` names the category, district or project."""

    reason: Reason
    because: str
    numbers: dict[str, Number]


class Sum(NamedTuple):
    """The weights of some projects (position), and the most that those taken may weigh."""

    weights: dict[int, int]
    most: int


class Room:
    """The room that the limits leave; told of each project (position) that is taken."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._position = {entry.id: p for p, entry in enumerate(profile.projects)}
        self._caps = [_Cap(profile, limit) for limit in profile.limits if isinstance(limit, AtMost)]
        self._rivals: dict[int, list[int]] = {}
        self._exclusive: list[list[int]] = []
        for limit in profile.limits:
            if isinstance(limit, Exclusive):
                group = [self._position[name] for name in limit.projects]
                self._exclusive.append(group)
                for p in group:
                    self._rivals.setdefault(p, []).extend(q for q in group if q != p)
        self._taken: set[int] = set()

    @property
    def is_unlimited(self) -> bool:
        """Whether nothing is ever refused."""
        return not self._caps and not self._rivals

    def copy(self) -> Room:
        """The same room, to be told of other projects."""
        other = copy(self)
        other._caps = [copy(cap) for cap in self._caps]
        other._taken = set(self._taken)
        return other

    def refusal(self, p: int) -> Refusal | None:
        """Why this project can't be taken any more; None if it can."""
        for rival in self._rivals.get(p, ()):
            if rival in self._taken:
                return Refusal("excluded-by", self._profile.projects[rival].id, {})
        return next((refusal for cap in self._caps if (refusal := cap.refusal(p))), None)

    def take(self, p: int) -> None:
        """This project is funded."""
        self._taken.add(p)
        for cap in self._caps:
            cap.take(p)

    def sums(self) -> list[Sum]:
        """The same as sums, for the projects that aren't refused now."""
        exclusive = [Sum(dict.fromkeys(group, 1), 1) for group in self._exclusive]
        return [*exclusive, *(cap.sum() for cap in self._caps)]

    def required(self) -> list[int]:
        """The projects that must be funded and weren't withdrawn, in the contest's order."""
        names = required(profile=self._profile)
        return [p for p, entry in enumerate(self._profile.projects) if entry.id in names]


class _Cap:
    """An at-most limit and what was taken of it."""

    def __init__(self, profile: Profile, limit: AtMost) -> None:
        self._limit = limit
        self._costs = {
            p: entry.cost
            for p, entry in enumerate(profile.projects)
            if limit.concerns(entry.categories, entry.district)
        }
        self._projects = self._amount = 0

    def refusal(self, p: int) -> Refusal | None:
        limit = self._limit
        if p not in self._costs:
            return None
        if limit.projects is not UNSET and self._projects >= limit.projects:
            return Refusal("limit-reached", limit.scope, {"limit": limit.projects})
        if limit.amount is not UNSET and self._amount + self._costs[p] > limit.amount:
            room = max(0, limit.amount - self._amount)
            return Refusal("limit-amount", limit.scope, {"limit": limit.amount, "room": room})
        return None

    def sum(self) -> Sum:
        limit = self._limit
        if limit.projects is not UNSET:
            return Sum(dict.fromkeys(self._costs, 1), max(0, limit.projects - self._projects))
        assert limit.amount is not UNSET  # noqa: S101  # its __post_init__
        return Sum(dict(self._costs), max(0, limit.amount - self._amount))

    def take(self, p: int) -> None:
        if p in self._costs:
            self._projects += 1
            self._amount += self._costs[p]


def required(profile: Profile) -> frozenset[str]:
    """The ids of the projects that must be funded; a withdrawn one can't be."""
    withdrawn = {entry.id for entry in profile.projects if entry.withdrawn}
    named = (limit.projects for limit in profile.limits if isinstance(limit, Required))
    return frozenset(name for names in named for name in names) - withdrawn


def enough_votes(profile: Profile) -> Callable[[int], bool]:
    """Whether a project (position) has the votes that the limits ask for."""
    minima = [limit for limit in profile.limits if isinstance(limit, MinVotes)]
    ballots, budget = profile.ballots, profile.budget

    def holds(p: int) -> bool:
        votes, cost = profile.votes[p], profile.projects[p].cost
        return all(limit.holds(votes, ballots, cost, budget) for limit in minima)

    return holds
