"""What a `.pb` file holds, and its amounts of money."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple

from pbvote.core.errors import InputError
from pbvote.pabulib.grouping import Grouped, Vector

VoteType = Literal["approval", "choose-1", "ordinal", "cumulative", "scoring"]
VOTE_TYPES: tuple[VoteType, ...] = ("approval", "choose-1", "ordinal", "cumulative", "scoring")
WITH_POINTS = ("cumulative", "scoring")
WHOLE = re.compile(r"([0-9]{1,18})(?:\.0*)?", re.ASCII)
_AMOUNT = re.compile(r"([0-9]{1,18})(?:\.([0-9]*)|,([0-9]{1,2}))?", re.ASCII)
_MAX_PLACES = 9
_WHOLE_HINT = "Write it like 12, or leave it empty"
_WITHDRAWN = 999_999_999  # what files give as the cost of a project that was withdrawn


@dataclass(frozen=True, slots=True)
class PbProject:
    """A line of PROJECTS. `cost` is in the file's unit; `raw` has every column as published.

    `withdrawn`: it costs 999999999 and more than the budget, by which files say so.
    """

    id: str
    cost: int
    name: str = ""
    votes: int | None = None
    score: str | None = None
    categories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    district: str | None = None
    selected: int | None = None
    withdrawn: bool = False
    raw: dict[str, str] = field(default_factory=dict)


class PbVote(NamedTuple):
    """A line of VOTES. `vector`: one number a project, 0 for nothing.

    approval, choose-1: 1 for approved; ordinal: rank, 1 is best; cumulative, scoring: points.
    `raw` are the cells as published, in the order of `Election.vote_columns`.
    """

    voter_id: str
    vector: Vector
    voting_method: str | None
    district: str | None
    neighborhood: str | None
    raw: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ballots:
    """The votes of a file: `grouped` for counting, `single` line by line, read when asked for."""

    grouped: Grouped
    load: Callable[[], tuple[PbVote, ...]] = field(repr=False)

    @cached_property
    def single(self) -> tuple[PbVote, ...]:
        """Each vote with its other columns, in the file's order."""
        return self.load()

    def __len__(self) -> int:
        return int(self.grouped.weights.sum())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ballots) and self.single == other.single

    def __hash__(self) -> int:
        return hash(self.single)


@dataclass(frozen=True, slots=True)
class Election:
    """A `.pb` file. `notes` say what was odd in it and how it was read."""

    meta: dict[str, str]
    projects: tuple[PbProject, ...]
    ballots: Ballots
    budget: int
    vote_type: VoteType
    rule: str
    unit: int = 1
    vote_columns: tuple[str, ...] = ("voter_id", "vote")
    notes: tuple[str, ...] = ()
    name: str = ""

    @property
    def grouped(self) -> Grouped:
        """The selections, equal ones once, with their weights: quick, for counting."""
        return self.ballots.grouped

    @property
    def votes(self) -> tuple[PbVote, ...]:
        """Each vote with its other columns, in the file's order: read when first asked for."""
        return self.ballots.single

    @property
    def vectors(self) -> list[Vector]:
        """The selections, equal ones being the same object."""
        return [vote.vector for vote in self.votes]

    @property
    def official(self) -> tuple[str, ...] | None:
        """The ids of the officially selected projects; None if the file doesn't say."""
        if all(project.selected is None for project in self.projects):
            return None
        return tuple(project.id for project in self.projects if project.selected)

    def number(self, key: str) -> int | None:
        """A whole number of META (`min_length`, `max_points`, …); None if absent or empty."""
        text = self.meta.get(key, "")
        if not text:
            return None
        match = WHOLE.fullmatch(text)
        if match is None:
            raise InputError(
                f"{key} is {text!r}, not a whole number",
                where=f"{self.name} META",
                hint=_WHOLE_HINT,
            )
        return int(match[1])

    def decimal(self, key: str) -> Fraction | None:
        """A number of META with or without decimals, exactly; None if absent or empty."""
        text = self.meta.get(key, "")
        if not text:
            return None
        if re.fullmatch(r"[0-9]{1,15}([.,][0-9]{1,15})?", text) is None:
            hint = "Write a number, like 150 or 1.5"
            where = f"{self.name} META"
            raise InputError(f"{key} is {text!r}, not a number", where=where, hint=hint)
        return Fraction(text.replace(",", "."))

    def amount(self, key: str) -> int | None:
        """An amount of money in META (`max_sum_cost`) in the file's unit; None if absent."""
        text = self.meta.get(key, "")
        return in_unit(digits(text, key, f"{self.name} META"), self.unit) if text else None


def whole(text: str, what: str, where: str) -> int | None:
    if not text:
        return None
    match = WHOLE.fullmatch(text)
    if match is None:
        raise InputError(f"{what} is {text!r}, not a whole number", where=where, hint=_WHOLE_HINT)
    return int(match[1])


class Digits(NamedTuple):
    """The digits before and after an amount's point, without zeros at the end."""

    whole: str
    decimals: str


def digits(text: str, what: str, where: str) -> Digits:
    """The amount of money in a cell; InputError if it is none."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InputError(
            f"{what} is {text!r}, not an amount of money",
            where=where,
            hint="Write it like 5000 or 1794579.57",
        )
    decimals = (match[2] or match[3] or "").rstrip("0")
    if len(decimals) > _MAX_PLACES:
        raise InputError(f"{what} has over {_MAX_PLACES} decimals", where=where, hint="Round it")
    return Digits(match[1], decimals)


def unit_of(amounts: Iterable[Digits]) -> int:
    """How many of a file's unit make one of its amounts: 1 if all are whole, else 100 or more."""
    places = max(len(decimals) for _, decimals in amounts)
    return int("1" + "0" * max(2, places)) if places else 1


def withdrawn_cost(unit: int) -> int:
    """The cost that says that a project was withdrawn, if it is more than the budget."""
    return _WITHDRAWN * unit


def in_unit(amount: Digits, unit: int) -> int:
    """The amount in the file's unit."""
    whole, decimals = amount
    part, rest = divmod(int(decimals or "0") * unit, int("1" + "0" * len(decimals)))
    if rest:
        raise InputError(
            f"{whole}.{decimals} has more decimals than the budget and costs",
            hint="Round it to the same number of decimals",
        )
    return int(whole) * unit + part


def amount_text(amount: int, unit: int) -> str:
    """An amount as the file writes it.

    >>> amount_text(179457957, 100), amount_text(500000, 100), amount_text(5000, 1)
    ('1794579.57', '5000.00', '5000')
    """
    if unit == 1:
        return str(amount)
    whole, part = divmod(amount, unit)
    return f"{whole}.{part:0{len(str(unit)) - 1}}"
