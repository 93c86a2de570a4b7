"""A voter's choice in a contest while it is made: acts that can't break the ballot's format.

An act returns None, or a `Refusal` that says why not; a refused act changes nothing. The vector is
valid after every act (docs/protocol.md, section 4), but for the least number of an approval ballot
which is only reached step by step: `missing()` says so. Amounts are in the currency's smallest
unit, places count the contest's projects from 0 in manifest order.
"""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from pbvote.core.manifest import Contest
from pbvote.core.selection import Approval, Grades, Knapsack, Points, Ranking, Vector


class Refusal(Struct, frozen=True):
    """Why an act isn't possible now."""


class TooMany(Refusal, frozen=True):
    """`most` projects are chosen or ranked already."""

    most: int


class TooFew(Refusal, frozen=True):
    """More than nothing is chosen, but fewer than `least`."""

    least: int
    chosen: int


class TooDear(Refusal, frozen=True):
    """The project costs `missing` more than what is left of the budget."""

    missing: int


class NeverFits(Refusal, frozen=True):
    """The project alone costs more than the whole budget."""

    budget: int


class NoPointsLeft(Refusal, frozen=True):
    """It would take more points than the `left` ones of `total`."""

    total: int
    left: int


class TooMuchForOne(Refusal, frozen=True):
    """A project gets `most` points, or grade `most`, at most."""

    most: int


class AtTheEnd(Refusal, frozen=True):
    """It can't go lower: it has nothing, or is last."""


class AtTheTop(Refusal, frozen=True):
    """It can't go higher: it is first."""


class NotRanked(Refusal, frozen=True):
    """Only a ranked project can be moved."""


class Choice:
    """The editor of a contest's choice; it starts blank."""

    def __init__(self, contest: Contest) -> None:
        self.contest = contest
        self._values = [0] * len(contest.projects)

    @property
    def vector(self) -> Vector:
        """A number a project, in manifest order."""
        return tuple(self._values)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is chosen."""
        return not any(self._values)

    @property
    def places(self) -> list[int]:
        """The projects that something was given to, in manifest order."""
        return [place for place, value in enumerate(self._values) if value]

    @property
    def cost(self) -> int:
        """What the projects of `places` cost together."""
        return sum(self.contest.projects[place].cost for place in self.places)

    def value(self, place: int) -> int:
        """The project's number in the vector."""
        return self._values[place]

    def clear(self) -> None:
        """Blank again."""
        self._values = [0] * len(self._values)

    def take(self, vector: Vector) -> None:
        """A whole choice at once; SelectionError if it breaks the format."""
        self.contest.check_selection(vector)
        self._values = list(vector)

    def missing(self) -> Refusal | None:
        """What stands against going on. Never anything against a blank choice."""
        return None

    @property
    def spent(self) -> int:
        """How much of `most` is used."""
        raise NotImplementedError

    @property
    def most(self) -> int:
        """How much can be used at all, of projects, points or money."""
        raise NotImplementedError

    @property
    def left(self) -> int:
        """How much can still be used."""
        return self.most - self.spent

    def more(self, place: int) -> Refusal | None:
        """A step in favour of the project."""
        raise NotImplementedError

    def less(self, place: int) -> Refusal | None:
        """A step back."""
        raise NotImplementedError


class _Ticks(Choice):
    """A project is chosen or not."""

    def toggle(self, place: int) -> Refusal | None:
        """Choose, or take back."""
        return self.less(place) if self._values[place] else self.more(place)

    def more(self, place: int) -> Refusal | None:
        if self._values[place]:
            return AtTheTop()
        refusal = self.fits(place)
        if refusal is None:
            self._values[place] = 1
        return refusal

    def less(self, place: int) -> Refusal | None:
        if not self._values[place]:
            return AtTheEnd()
        self._values[place] = 0
        return None

    def fits(self, place: int) -> Refusal | None:
        """Why a project not yet chosen can't be, if so."""
        raise NotImplementedError


class ApprovalChoice(_Ticks):
    """At most `most` projects; if that is one, choosing another moves the mark."""

    def __init__(self, contest: Contest, form: Approval) -> None:
        super().__init__(contest)
        self.form = form

    @property
    def spent(self) -> int:
        return sum(self._values)

    @property
    def most(self) -> int:
        count = len(self._values)
        return min(self.form.max, count) if self.form.min <= count else 0

    @property
    def is_single(self) -> bool:
        """Whether it is choose-one."""
        return self.most == 1

    def more(self, place: int) -> Refusal | None:
        if self.is_single and not self._values[place]:
            self.clear()
        return super().more(place)

    def fits(self, place: int) -> Refusal | None:
        return TooMany(self.most) if self.left < 1 and not self.is_single else None

    def missing(self) -> Refusal | None:
        return TooFew(self.form.min, self.spent) if 0 < self.spent < self.form.min else None


class KnapsackChoice(_Ticks):
    """Projects whose cost together is within the budget."""

    @property
    def spent(self) -> int:
        return self.cost

    @property
    def most(self) -> int:
        return self.contest.budget

    def fits(self, place: int) -> Refusal | None:
        cost = self.contest.projects[place].cost
        if cost > self.most:
            return NeverFits(self.most)
        return TooDear(cost - self.left) if cost > self.left else None


class PointsChoice(Choice):
    """At most `most_each` points to a project, `most` in all."""

    def __init__(self, contest: Contest, form: Points) -> None:
        super().__init__(contest)
        self.form = form

    @property
    def spent(self) -> int:
        return sum(self._values)

    @property
    def most(self) -> int:
        return min(self.form.total, self.form.max_each * len(self._values))

    @property
    def most_each(self) -> int:
        """How many points a project can get."""
        return min(self.form.max_each, self.form.total)

    def give(self, place: int, points: int) -> Refusal | None:
        """So many points to the project, in place of those it has."""
        if points < 0:
            return AtTheEnd()
        if points > self.most_each:
            return TooMuchForOne(self.most_each)
        if points - self._values[place] > self.left:
            return NoPointsLeft(self.most, self.left)
        self._values[place] = points
        return None

    def more(self, place: int) -> Refusal | None:
        return self.give(place, self._values[place] + 1)

    def less(self, place: int) -> Refusal | None:
        return self.give(place, self._values[place] - 1)


class RankingChoice(Choice):
    """Ranks 1, 2, 3, … without a gap."""

    def __init__(self, contest: Contest, form: Ranking) -> None:
        super().__init__(contest)
        self.form = form

    @property
    def places(self) -> list[int]:
        """The ranked projects, the best first."""
        return sorted(super().places, key=self.value)

    @property
    def spent(self) -> int:
        return len(self.places)

    @property
    def most(self) -> int:
        return min(self.form.max, len(self._values))

    def toggle(self, place: int) -> Refusal | None:
        """Rank it after those ranked, or take it out; those behind it move up."""
        rank = self._values[place]
        if rank:
            self._values = [v - 1 if v > rank else v for v in self._values]
            self._values[place] = 0
            return None
        if self.left < 1:
            return TooMany(self.most)
        self._values[place] = self.spent + 1
        return None

    def up(self, place: int) -> Refusal | None:
        """A rank better: change places with the one before."""
        return self._swap(place, -1)

    def down(self, place: int) -> Refusal | None:
        """A rank worse."""
        return self._swap(place, 1)

    def more(self, place: int) -> Refusal | None:
        return self.up(place) if self._values[place] else self.toggle(place)

    def less(self, place: int) -> Refusal | None:
        return self.down(place)

    def _swap(self, place: int, step: int) -> Refusal | None:
        rank = self._values[place]
        if not rank:
            return NotRanked()
        if rank + step < 1:
            return AtTheTop()
        if rank + step > self.spent:
            return AtTheEnd()
        other = self._values.index(rank + step)
        self._values[place], self._values[other] = rank + step, rank
        return None


class GradesChoice(Choice):
    """A grade 1 … levels a project, or 0: no opinion."""

    def __init__(self, contest: Contest, form: Grades) -> None:
        super().__init__(contest)
        self.form = form

    @property
    def spent(self) -> int:
        return len(self.places)

    @property
    def most(self) -> int:
        return len(self._values) if self.form.levels else 0

    def grade(self, place: int, grade: int) -> Refusal | None:
        """This grade; 0 is no opinion."""
        if grade < 0:
            return AtTheEnd()
        if grade > self.form.levels:
            return TooMuchForOne(self.form.levels)
        self._values[place] = grade
        return None

    def more(self, place: int) -> Refusal | None:
        return self.grade(place, self._values[place] + 1)

    def less(self, place: int) -> Refusal | None:
        return self.grade(place, self._values[place] - 1)


def make_choice(contest: Contest) -> Choice:
    """The editor of the contest's format."""
    match contest.ballot:
        case Approval() as form:
            return ApprovalChoice(contest, form)
        case Knapsack():
            return KnapsackChoice(contest)
        case Points() as form:
            return PointsChoice(contest, form)
        case Ranking() as form:
            return RankingChoice(contest, form)
        case Grades() as form:
            return GradesChoice(contest, form)
    assert_never(contest.ballot)
