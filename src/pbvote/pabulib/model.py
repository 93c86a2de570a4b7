"""What a `.pb` file holds, and its amounts of money."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pbvote.core.errors import InputError

Vector = tuple[int, ...]
VoteType = Literal["approval", "choose-1", "ordinal", "cumulative", "scoring"]
VOTE_TYPES: tuple[VoteType, ...] = ("approval", "choose-1", "ordinal", "cumulative", "scoring")
WITH_POINTS = ("cumulative", "scoring")
WHOLE = re.compile(r"([0-9]{1,18})(?:\.0*)?", re.ASCII)
_AMOUNT = re.compile(r"([0-9]{1,18})(?:\.([0-9]*)|,([0-9]{1,2}))?", re.ASCII)
_MAX_PLACES = 9


@dataclass(frozen=True, slots=True)
class PbProject:
    """A line of PROJECTS. `cost` is in the file's unit; `raw` has every column as published."""

    id: str
    cost: int
    name: str = ""
    votes: int | None = None
    score: str | None = None
    categories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    district: str | None = None
    selected: int | None = None
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


@dataclass(frozen=True, slots=True)
class Election:
    """A `.pb` file. `notes` say what was odd in it and how it was read."""

    meta: dict[str, str]
    projects: tuple[PbProject, ...]
    votes: tuple[PbVote, ...]
    budget: int
    vote_type: VoteType
    rule: str
    unit: int = 1
    vote_columns: tuple[str, ...] = ("voter_id", "vote")
    notes: tuple[str, ...] = ()
    name: str = ""

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
            raise InputError(f"{key} is {text!r}, not a whole number", where=f"{self.name} META")
        return int(match[1])

    def amount(self, key: str) -> int | None:
        """An amount of money in META (`max_sum_cost`) in the file's unit; None if absent."""
        text = self.meta.get(key, "")
        return in_unit(digits(text, key, f"{self.name} META"), self.unit) if text else None


def whole(text: str, what: str, where: str) -> int | None:
    if not text:
        return None
    match = WHOLE.fullmatch(text)
    if match is None:
        raise InputError(f"{what} is {text!r}, not a whole number", where=where)
    return int(match[1])


def digits(text: str, what: str, where: str) -> tuple[str, str]:
    """The digits before and after the point, without zeros at the end."""
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
    return match[1], decimals


def in_unit(digits: tuple[str, str], unit: int) -> int:
    whole, decimals = digits
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
