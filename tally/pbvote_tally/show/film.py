"""A contest's count as a film: what has been decided up to each step, and where the player is.

Nothing of Textual here. A picture is numbered by how many steps were taken: 0 is before the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from msgspec import Struct, structs

from pbvote.core.encoding import Texts
from pbvote.core.manifest import Contest, Correction
from pbvote_tally.rules.profile import Number, Step, TieBreak
from pbvote_tally.verify import Counted

Mark = Literal["waiting", "now", "won", "lost"]
SECONDS = (8.0, 5.0, 3.0, 1.5, 0.5)
"""How long a picture stands, from slow to fast."""


class Row(Struct, frozen=True):
    """A project in the film, as the addenda corrected it. `score` is what its bar shows."""

    id: str
    number: str
    title: Texts
    cost: int
    score: Number


class Film:
    """The pictures of one contest."""

    def __init__(self, counted: Counted, corrections: Sequence[Correction] = ()) -> None:
        self.contest: Contest = counted.contest
        self.counted = counted
        self.steps: tuple[Step, ...] = counted.outcome.steps
        self.budget = counted.outcome.budget
        rows = {p.id: Row(p.id, p.number, p.title, p.cost, 0) for p in self.contest.projects}
        for one in corrections:
            if one.contest == self.contest.id:
                rows[one.project] = _corrected(rows[one.project], one)
        for step in reversed(self.steps):
            rows[step.project] = structs.replace(rows[step.project], score=_score(step))
        order = dict.fromkeys([*(step.project for step in self.steps), *rows])
        self.rows = [rows[name] for name in order]
        self._by_id = rows

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def received(self) -> int:
        """What other contests left to this one."""
        return self.budget - self.contest.budget

    def spent(self, taken: int) -> int:
        """The money of the projects funded in the first `taken` steps."""
        won = {step.project for step in self.steps[:taken] if step.chosen}
        return sum(self._by_id[name].cost for name in won)

    def row(self, project: str) -> Row:
        """The project of this id."""
        return self._by_id[project]

    def step(self, taken: int) -> Step | None:
        """The step that this picture shows."""
        return self.steps[taken - 1] if taken else None

    def mark(self, taken: int, project: str) -> Mark:
        """How a project stands after `taken` steps."""
        step = self.step(taken)
        seen = [s for s in self.steps[:taken] if s.project == project]
        if any(s.chosen for s in seen):
            return "won"
        if step is not None and step.project == project and not step.chosen:
            return "lost"
        return "lost" if seen else "waiting"

    def tie(self, taken: int) -> TieBreak | None:
        """The tie in which this step's project was put in order."""
        step = self.step(taken)
        if step is None:
            return None
        ties = self.counted.outcome.ties
        return next((t for t in ties if step.project in t.projects and t.phase == step.phase), None)


def _corrected(row: Row, correction: Correction) -> Row:
    if correction.field == "cost" and isinstance(correction.value, int):
        return structs.replace(row, cost=correction.value)
    if correction.field == "title" and isinstance(correction.value, dict):
        return structs.replace(row, title=correction.value)
    return row


def _score(step: Step) -> Number:
    return step.numbers.get("score", step.numbers.get("votes", 0))


def decided(counted: Counted) -> list[TieBreak]:
    """The ties in which some won and others didn't."""
    won = set(counted.result.winners)
    ties = counted.outcome.ties
    return [t for t in ties if won & set(t.projects) and not won >= set(t.projects)]


class Player:
    """Where the films are: which contest, how many steps; playing or paused, and how fast."""

    def __init__(self, lengths: Sequence[int]) -> None:
        """`lengths`: how many steps each contest has."""
        self.lengths = list(lengths)
        self.contest = 0
        self.taken = 0
        self.is_playing = False
        self.speed = 2

    @property
    def seconds(self) -> float:
        """How long a picture stands now."""
        return SECONDS[self.speed]

    @property
    def is_at_end(self) -> bool:
        """Whether every step of every contest was shown."""
        last = len(self.lengths) - 1
        return (self.contest, self.taken) == (last, self.lengths[last])

    @property
    def is_at_start(self) -> bool:
        """Whether nothing was shown yet."""
        return (self.contest, self.taken) == (0, 0)

    def forward(self) -> None:
        """The next picture; after a contest's last one the next contest."""
        if self.taken < self.lengths[self.contest]:
            self.taken += 1
        elif not self.is_at_end:
            self.contest, self.taken = self.contest + 1, 0
        if self.is_at_end:
            self.is_playing = False

    def back(self) -> None:
        """The picture before."""
        self.is_playing = False
        if self.taken:
            self.taken -= 1
        elif self.contest:
            self.contest -= 1
            self.taken = self.lengths[self.contest]

    def to_end(self) -> None:
        """The end of this contest; from there the end of the next."""
        self.is_playing = False
        if self.taken == self.lengths[self.contest] and not self.is_at_end:
            self.contest += 1
        self.taken = self.lengths[self.contest]

    def to_start(self) -> None:
        """The beginning of this contest; from there that of the one before."""
        self.is_playing = False
        if self.taken == 0 and self.contest:
            self.contest -= 1
        self.taken = 0

    def toggle(self) -> None:
        """Go on, or pause."""
        self.is_playing = not self.is_playing and not self.is_at_end

    def faster(self, by: int) -> None:
        """So many speeds faster; slower below 0."""
        self.speed = min(max(self.speed + by, 0), len(SECONDS) - 1)


def share(part: Number, whole: Number) -> float:
    """A bar's length between 0 and 1."""
    return float(min(Fraction(1), Fraction(part) / Fraction(whole))) if whole else 0.0
