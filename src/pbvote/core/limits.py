"""A contest's limits: what every counting rule obeys, whatever it prefers (docs/rules.md, Limits).

The manifest holds them as plain objects (docs/protocol.md, section 3), which are read strictly
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from pbvote.core.encoding import Count, Name, Record
from pbvote.core.errors import InputError
from pbvote.core.manifest import Contest, Project, Text

Share = Annotated[str, Meta(pattern=r"^[0-9]{1,9}(/[1-9][0-9]{0,8})?\Z")]
"""A fraction as a text, like `1/10`; JSON here has no decimals."""


class Limit(Record, frozen=True, kw_only=True, tag_field="limit"):
    """The base of the five limits; `limit` is the tag."""


class MinVotes(Limit, frozen=True, kw_only=True, tag="min-votes"):
    """A project needs `votes`, or a `share` of the valid ballots, or votes by its cost.

    With `cost_share` s: votes / valid ballots ≥ s · cost / budget, as in Świecie with 1/3.
    """

    votes: Count | UnsetType = UNSET
    share: Share | UnsetType = UNSET
    cost_share: Share | UnsetType = UNSET

    def __post_init__(self) -> None:
        _exactly_one(self, "votes", "share", "cost_share")
        if self.share is not UNSET and Fraction(self.share) > 1:
            raise ValueError('a share is at most 1: "1/10" are 10 %')

    def holds(self, votes: int, ballots: int, cost: int, budget: int) -> bool:
        """Whether that many votes are enough."""
        if self.votes is not UNSET:
            return votes >= self.votes
        if self.share is not UNSET:
            return votes >= Fraction(self.share) * ballots
        assert self.cost_share is not UNSET  # noqa: S101  # __post_init__
        return votes * budget >= Fraction(self.cost_share) * cost * ballots


class AtMost(Limit, frozen=True, kw_only=True, tag="at-most"):
    """At most so many `projects`, or projects for `amount`, of a category or district, or of all.

    The amount is in the smallest unit.
    """

    category: Text | UnsetType = UNSET
    district: Text | UnsetType = UNSET
    projects: Count | UnsetType = UNSET
    amount: Count | UnsetType = UNSET

    def __post_init__(self) -> None:
        _exactly_one(self, "projects", "amount")
        if self.category is not UNSET and self.district is not UNSET:
            raise ValueError("a category or a district, not both")

    @property
    def scope(self) -> str:
        """The category's or district's name; empty for the whole contest."""
        return self.category or self.district or ""

    def concerns(self, categories: Iterable[str], district: str) -> bool:
        """Whether a project counts towards it."""
        if self.category is not UNSET:
            return self.category in categories
        return self.district is UNSET or self.district == district


class Exclusive(Limit, frozen=True, kw_only=True, tag="exclusive"):
    """Of these projects at most one is funded."""

    projects: Annotated[list[Name], Meta(min_length=2)]


class Required(Limit, frozen=True, kw_only=True, tag="required"):
    """These projects are funded first, whatever their votes."""

    projects: Annotated[list[Name], Meta(min_length=1)]


class Leftover(Limit, frozen=True, kw_only=True, tag="leftover"):
    """What this contest doesn't spend goes to the contest `to` before that one is counted."""

    to: Name


AnyLimit = MinVotes | AtMost | Exclusive | Required | Leftover
_NAMES = ("min-votes", "at-most", "exclusive", "required", "leftover")


def categories(project: Project) -> tuple[str, ...]:
    """What a project's category is called, in each language that it is written in."""
    if project.category is UNSET:
        return ()
    if isinstance(project.category, str):
        return (project.category,)
    return tuple(project.category.values())


def read_limits(contest: Contest) -> tuple[AnyLimit, ...]:
    """A contest's limits; InputError names the one that can't be obeyed, and why."""
    given = [] if contest.limits is UNSET else contest.limits
    return tuple(_read(contest, number, limit) for number, limit in enumerate(given, 1))


def _read(contest: Contest, number: int, given: dict[str, object]) -> AnyLimit:
    where = f"contest {contest.id}, limit {number}"
    try:
        limit: AnyLimit = msgspec.convert(given, AnyLimit)
    except msgspec.ValidationError as error:
        known = f"Limits: {', '.join(_NAMES)} (docs/rules.md)"
        raise InputError(f"not a limit we know ({error})", where=where, hint=known) from None
    fault = _fault(contest, limit)
    if fault:
        raise InputError(fault, where=where, hint="Correct the limit or the projects")
    return limit


def _fault(contest: Contest, limit: AnyLimit) -> str:
    """What doesn't fit the contest's projects; empty if all does."""
    if isinstance(limit, Exclusive | Required):
        known = {project.id for project in contest.projects}
        unknown = [name for name in limit.projects if name not in known]
        if unknown:
            return f"there is no project {', '.join(unknown)}"
        if len(set(limit.projects)) < len(limit.projects):
            return "a project is in it twice"
    if isinstance(limit, AtMost) and limit.scope:
        places = [(categories(p), p.district or "") for p in contest.projects]
        if not any(limit.concerns(*place) for place in places):
            return f"no project is of {limit.scope!r}"
    if isinstance(limit, Leftover) and limit.to == contest.id:
        return "a contest can't give to itself"
    return ""


def receivers(contests: Sequence[Contest]) -> dict[str, str]:
    """Contest → the contest that what it doesn't spend goes to; InputError if that can't be."""
    known = {contest.id for contest in contests}
    found: dict[str, str] = {}
    for contest in contests:
        to = [limit.to for limit in read_limits(contest) if isinstance(limit, Leftover)]
        where = f"contest {contest.id}, limits"
        if len(to) > 1:
            raise InputError("its leftover goes to two contests", where=where, hint="Name one")
        if to and to[0] not in known:
            raise InputError(
                f"its leftover goes to {to[0]!r}, which is no contest",
                where=where,
                hint=f"Contests: {', '.join(sorted(known))}",
            )
        if to:
            found[contest.id] = to[0]
    return found


def counting_order(contests: Sequence[Contest]) -> list[Contest]:
    """Those that give before those that receive, else as in the manifest."""
    to = receivers(contests)
    waiting = list(contests)
    ordered: list[Contest] = []
    while waiting:
        receiving = {to[contest.id] for contest in waiting if contest.id in to}
        first = next((contest for contest in waiting if contest.id not in receiving), None)
        if first is None:
            names = ", ".join(contest.id for contest in waiting)
            raise InputError(
                f"leftovers go round in a circle: {names}",
                where="limits",
                hint="Let one of them keep what it doesn't spend",
            )
        waiting.remove(first)
        ordered.append(first)
    return ordered


def _exactly_one(limit: Limit, *fields: str) -> None:
    if sum(getattr(limit, field) is not UNSET for field in fields) != 1:
        raise ValueError(f"exactly one of {', '.join(fields)}")
