"""What a rule counts, and what it answers: the interface that all rules share.

A rule is a function (Profile, its parameters) → Outcome. It knows nothing of manifests, files or
cryptography; `pbvote_tally.count` makes the profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from pbvote.core.limits import AnyLimit
from pbvote.core.manifest import DEFAULT_TIES, Tie
from pbvote.core.selection import MAX_VMAX, Approval, BallotFormat, Knapsack, Points, Ranking

Vector = tuple[int, ...]
Integers = NDArray[np.int64]
Number = int | Fraction
_ROWS = 512
Lot = Callable[[str], bytes]
"""A project's id → its bytes in the lot's order, lowest first (docs/protocol.md, section 11)."""


class Entry(NamedTuple):
    """A project as the rule sees it: its corrected cost, and whether it was withdrawn.

    `categories` are the names of its category in each language, for limits.
    """

    id: str
    cost: int
    withdrawn: bool = False
    categories: tuple[str, ...] = ()
    district: str = ""


class Profile(Struct, frozen=True, dict=True):
    """The valid selections of a contest, equal ones grouped, and the projects they are about.

    `matrix` has a row a group and a column a project, as in the selection's vector; `weights` says
    how many ballots each group has. Blank ballots are a group of zeros. `invalid` ballots are only
    counted. Money is in the smallest unit; the budget holds what other contests left to this one.
    """

    projects: tuple[Entry, ...]
    budget: int
    ballot: BallotFormat
    matrix: NDArray[np.unsignedinteger[Any]]
    weights: Integers
    invalid: int = 0
    ties: tuple[Tie, ...] = DEFAULT_TIES
    lot: Lot | None = None
    limits: tuple[AnyLimit, ...] = ()

    @property
    def ballots(self) -> int:
        """How many valid ballots there are, blank ones among them."""
        return int(self.weights.sum())

    @property
    def blank(self) -> int:
        """How many of them are blank."""
        return int(self.weights[~self.matrix.any(axis=1)].sum())

    @property
    def costs(self) -> list[int]:
        """The corrected cost of each project."""
        return [project.cost for project in self.projects]

    def with_invalid(self, invalid: int) -> Profile:
        """The same profile with so many invalid ballots more."""
        return structs.replace(self, invalid=self.invalid + invalid)

    @cached_property
    def votes(self) -> list[int]:
        """How many ballots give each project anything: tick it, rank it, give it points."""
        return self.totals(lambda rows: rows != 0)

    def points(self, project: int) -> Integers:
        """What each group's ballot is worth to a project, one integer a group.

        Ticks: 1. Points: the points. Rankings: max + 1 − rank (the first of three gets 3, as in
        Kraków), 0 if not ranked. Grades: the grade, 0 for no opinion.
        """
        column = self.matrix[:, project].astype(np.int64)
        if isinstance(self.ballot, Ranking):
            return np.where(column != 0, self.ballot.max + 1 - column, 0)
        return column

    @cached_property
    def scores(self) -> list[Number]:
        """What `greedy` orders by: votes, sum of points, or the average grade of those given."""
        if isinstance(self.ballot, Approval | Knapsack):
            return list(self.votes)
        sums = self.totals(lambda rows: rows)
        if isinstance(self.ballot, Ranking):
            first = self.ballot.max + 1
            return [first * v - s for s, v in zip(sums, self.votes, strict=True)]
        if isinstance(self.ballot, Points):
            return list(sums)
        return [Fraction(s, max(1, v)) for s, v in zip(sums, self.votes, strict=True)]

    def totals(self, worth: Callable[[NDArray[Any]], NDArray[Any]]) -> list[int]:
        """Σ over all ballots of what they are worth to each project, one number a project.

        `worth` gives that for some rows of the matrix, in the same shape: integers or booleans, up
        to MAX_VMAX or the number of projects. It sees few rows, which stay in the processor's
        cache; doubles, which are quicker, hold whole numbers below 2^53 exactly.
        """
        largest = max(MAX_VMAX, len(self.projects))
        kind = np.float64 if self.ballots * largest < 2**53 else np.int64
        sums: NDArray[Any] = np.zeros(len(self.projects), kind)
        for i in range(0, len(self.weights), _ROWS):
            rows = slice(i, i + _ROWS)
            sums += self.weights[rows].astype(kind) @ worth(self.matrix[rows]).astype(kind)
        return [int(total) for total in sums]


def profile(
    projects: Iterable[Entry],
    budget: int,
    ballot: BallotFormat,
    selections: Mapping[Vector, int] | Iterable[Vector | None],
    ties: Sequence[Tie] = DEFAULT_TIES,
    lot: Lot | None = None,
    limits: Sequence[AnyLimit] = (),
) -> Profile:
    """A profile of valid selections; None is an invalid ballot. A mapping gives the weights.

    >>> p = profile([Entry("a", 5)], 10, Approval(min=1, max=1), [(1,), (0,), (1,), None])
    >>> p.ballots, p.blank, p.invalid, p.votes, p.matrix.shape
    (3, 1, 1, [2], (2, 1))
    """
    entries = tuple(projects)
    groups, invalid = _grouped(selections)
    largest = max((max(vector, default=0) for vector in groups), default=0)
    matrix = np.array(list(groups), dtype=np.min_scalar_type(largest))
    return Profile(
        projects=entries,
        budget=budget,
        ballot=ballot,
        matrix=matrix.reshape(len(groups), len(entries)),
        weights=np.array(list(groups.values()), dtype=np.int64),
        invalid=invalid,
        ties=tuple(ties),
        lot=lot,
        limits=tuple(limits),
    )


def _grouped(
    selections: Mapping[Vector, int] | Iterable[Vector | None],
) -> tuple[dict[Vector, int], int]:
    """Equal selections with their number, in the order of their vectors; how many are invalid."""
    counted: dict[Vector, int] = {}
    invalid = 0
    if isinstance(selections, Mapping):
        counted.update(selections)
    else:
        for vector in selections:
            if vector is None:
                invalid += 1
            else:
                counted[vector] = counted.get(vector, 0) + 1
    return {vector: counted[vector] for vector in sorted(counted) if counted[vector]}, invalid


Reason = Literal[
    "chosen",
    "withdrawn",
    "too-few-votes",
    "score-too-low",
    "too-dear",
    "stopped",
    "supporters-cannot-pay",
    "excluded-by",
    "limit-reached",
    "limit-amount",
    "outranked",
]


class Step(Struct, frozen=True):
    """One decision. `phase` is the part of the rule that took it; `numbers` say why.

    Reasons: `too-dear` (costs more than is left), `stopped` (comes after the first that didn't
    fit), `supporters-cannot-pay` (what they have left together is below the cost), `excluded-by` (a
    project that excludes it won), `limit-reached`, `limit-amount` (so many projects, or projects
    for so much, of its category or district are funded), `outranked` (the rule has so many winners,
    and others come first). `because` names that project, category or district.
    """

    project: str
    reason: Reason
    phase: str
    numbers: Mapping[str, Number] = {}
    because: str = ""

    @property
    def chosen(self) -> bool:
        """Whether the project won in this step."""
        return self.reason == "chosen"


class TieBreak(Struct, frozen=True):
    """Where the rule left several equal: their order as broken, and the criteria it took.

    `by` lists the criteria needed, in order; `without-lot` among them means that no lot was drawn
    and the ids' text decided: a plain count, not an official result.
    """

    phase: str
    projects: tuple[str, ...]
    by: tuple[str, ...]


class Outcome(Struct, frozen=True):
    """A rule's answer: winners (ids in the order chosen), every decision, every tie.

    `budget` is the money there was, what other contests left among it. `figures` are numbers about
    the whole count (endowment of a voter, money left, …).
    """

    rule: str
    parameters: Struct
    winners: tuple[str, ...]
    budget: int
    spent: int
    steps: tuple[Step, ...]
    ties: tuple[TieBreak, ...]
    figures: Mapping[str, Number] = {}
