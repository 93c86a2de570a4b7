"""What would have been enough: so many votes more, or so low a price (docs/rules.md).

Nothing is deduced: the rule is run again with the project's cost changed or with ballots added,
and a number is given only if the project wins with it and doesn't with one less (one unit more).
Guesses taken from the steps make the search short.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor

import numpy as np
from msgspec import UNSET

from pbvote.core.limits import MinVotes
from pbvote.core.selection import Grades
from pbvote_tally.explain.changed import full_marks, searchable, with_ballots, with_cost, without
from pbvote_tally.explain.report import Enough, NoAnswer
from pbvote_tally.rules import Rule
from pbvote_tally.rules.frame import REQUIRED
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Step

TALLIED = frozenset({"greedy", "greedy-per-cost", "most-votes"})
"""Rules that look at votes, scores and costs only, and take projects in an order of those."""
SEARCHED = TALLIED | {"borda", "majority-judgment", "equal-shares"}
FAR = 10**12  # ballots: more than a project can ever lack
WORK = 200_000_000  # marks on ballots looked at by all runs for a contest that count ballots anew

Wins = Callable[[int], bool]
"""Whether a project wins with so many ballots more, or for so much less."""


def enough(
    profile: Profile, rule: Rule, parameters: Parameters, outcome: Outcome
) -> dict[str, Enough]:
    """Project id → what would have been enough, for each that didn't win and wasn't withdrawn.

    Those with most votes come first: if the work is capped, their answers are there.
    """
    lost = [
        p
        for p, entry in enumerate(profile.projects)
        if entry.id not in set(outcome.winners) and not entry.withdrawn
    ]
    if rule.name not in SEARCHED:
        none = Enough(votes=None, price=None, no_votes="no-search", no_price="no-search")
        return {profile.projects[p].id: none for p in lost}
    search = _Search(profile, rule, parameters, outcome)
    lost.sort(key=lambda p: -profile.votes[p])
    return {profile.projects[p].id: search.answer(p) for p in lost}


def least(wins: Wins, ends: Sequence[int], guess: int) -> int | None:
    """The least number that wins, 0 not winning; None if there is none up to the last end.

    From each of the ascending `ends` (exclusive) to the next, whoever wins with some wins with
    more.

    >>> least(lambda more: more >= 37, [100], 30), least(lambda more: 5 <= more < 9, [8, 100], 7)
    (37, 5)
    """
    begin = 0
    for end in ends:
        low, high, won = begin, end, False
        if begin < guess < end:
            won = wins(guess)
            low, high = (begin, guess) if won else (guess, end)
        if begin < end and (won or wins(end)):
            return _narrowed(wins, low, high, guess - 1 if won else guess + 1)
        begin = max(begin, end)
    return None


def _narrowed(wins: Wins, low: int, high: int, guess: int) -> int:
    """The least that wins, `low` not winning and `high` winning: from the guess in longer strides.

    Where winning isn't monotone, one that wins while one less doesn't.
    """
    stride, turned, first = 1, False, None
    while high - low > 1:
        probe = (low + high) // 2 if turned else min(max(guess, low + 1), high - 1)
        won = wins(probe)
        low, high = (low, probe) if won else (probe, high)
        turned = turned or (first is not None and won is not first)
        first = won if first is None else first
        guess = probe - stride if won else probe + stride
        stride *= 2
    return high


class _Search:
    """The searches of one contest; a rule that counts the ballots anew has a limited work."""

    def __init__(
        self, profile: Profile, rule: Rule, parameters: Parameters, outcome: Outcome
    ) -> None:
        self._rule, self._parameters = rule, parameters
        self._is_tallied = rule.name in TALLIED
        self._profile = searchable(profile, tallied=self._is_tallied)
        self._steps = {step.project: step for step in outcome.steps}
        self._share = Fraction(outcome.figures.get("share", 0))
        self._drops = _drops(profile) if self._is_tallied else []
        self._marks = int(np.count_nonzero(profile.matrix)) + len(profile.projects)
        self._left = WORK

    def answer(self, p: int) -> Enough:
        """Both questions about a project (position)."""
        if self._left <= 0:
            return Enough(votes=None, price=None, no_votes="not-found", no_price="not-found")
        others = self._run(without(self._profile, p)).steps if self._is_tallied else ()
        price, votes = self._price(p, others), self._votes(p, others)
        gone: NoAnswer = "impossible" if self._is_tallied else "not-found"
        never = gone if self._affordable(p) else "impossible"
        return Enough(
            votes=votes,
            price=price,
            no_votes=never if votes is None else None,
            no_price=gone if price is None else None,
        )

    def _run(self, changed: Profile) -> Outcome:
        if not self._is_tallied:
            self._left -= self._marks
        return self._rule.run(changed, self._parameters)

    def _affordable(self, p: int) -> bool:
        """Whether any number of votes could do: only Equal Shares is sure never to overspend."""
        entry = self._profile.projects[p]
        return self._rule.name != "equal-shares" or entry.cost <= self._profile.budget

    def _price(self, p: int, others: Sequence[Step]) -> int | None:
        """The price at which it wins while one unit more is too much."""
        entry = self._profile.projects[p]

        def wins(less: int) -> bool:
            cheaper = with_cost(self._profile, p, entry.cost - less)
            return entry.id in self._run(cheaper).winners

        guess = entry.cost - self._likely_price(p, others)
        found = least(wins, [*self._passed(p), entry.cost], guess)
        return None if found is None else entry.cost - found

    def _likely_price(self, p: int, others: Sequence[Step]) -> int:
        """What was left for it when its turn came."""
        numbers = self._steps[self._profile.projects[p].id].numbers
        known = [numbers[name] for name in ("left", "money", "room") if name in numbers]
        if self._rule.name == "greedy-per-cost":
            known = [_best_place(self._profile.scores[p], others)]
        return floor(min(known, default=0))

    def _passed(self, p: int) -> list[int]:
        """How much less it must cost until others are before it in a tie: dear ones come first."""
        profile = self._profile
        if not self._is_tallied or "higher-cost" not in profile.ties:
            return []
        cost, score = profile.projects[p].cost, profile.scores[p]
        equal = [
            cost - entry.cost
            for entry, other in zip(profile.projects, profile.scores, strict=True)
            if other == score and entry.cost < cost
        ]
        return sorted({less for gap in equal for less in (gap - 1, gap)} | {0})

    def _votes(self, p: int, others: Sequence[Step]) -> int | None:
        """So many ballots for it alone with which it wins, while one less isn't enough."""
        project = self._profile.projects[p].id

        def wins(more: int) -> bool:
            return project in self._run(with_ballots(self._profile, p, more)).winners

        most = self._most_ballots(p)
        if not most:
            return None
        drops = [more for q, more in self._drops if q != p and more < most]
        return least(wins, [*drops, most], self._likely_votes(p, others))

    def _most_ballots(self, p: int) -> int:
        """With so many more it wins, or else with no number."""
        if self._rule.name != "equal-shares":
            return FAR
        cost, money = self._profile.projects[p].cost, self._profile.budget
        if cost >= money:
            return 0
        return -(-cost * self._profile.ballots // (money - cost)) + 1

    def _likely_votes(self, p: int, others: Sequence[Step]) -> int:
        entry, numbers = (
            self._profile.projects[p],
            self._steps[self._profile.projects[p].id].numbers,
        )
        if "money" in numbers and self._share:
            return ceil((entry.cost - numbers["money"]) / self._share)
        return _lacking(self._profile, p, _last_chance(others, entry.cost))


def _drops(profile: Profile) -> list[tuple[int, int]]:
    """(project, the most ballots more with which it has votes enough) by shares of the ballots."""
    found = []
    for limit in profile.limits:
        if isinstance(limit, MinVotes) and limit.votes is UNSET:
            found += [(q, _outlasted(profile, q, limit)) for q in range(len(profile.projects))]
    return sorted(found, key=lambda pair: pair[1])


def _outlasted(profile: Profile, q: int, limit: MinVotes) -> int:
    def drops(more: int) -> bool:
        ballots, cost = profile.ballots + more, profile.projects[q].cost
        return not limit.holds(profile.votes[q], ballots, cost, profile.budget)

    if drops(0) or not drops(FAR):
        return 0
    return _narrowed(drops, 0, FAR, profile.ballots) - 1


def _last_chance(others: Sequence[Step], cost: int) -> Number:
    """The score to have, at least: that of the last step before which it would still get in."""
    target: Number = 0
    for step in others:
        numbers = step.numbers
        is_open = numbers["left"] >= cost if "left" in numbers else step.chosen
        if is_open and step.reason != "stopped" and step.phase != REQUIRED:
            target = numbers["per_cost"] * cost if "per_cost" in numbers else numbers["score"]
    return target


def _best_place(score: Number, others: Sequence[Step]) -> int:
    """The highest price at which its score per cost is before a step that leaves the money."""
    best = 0
    for step in others:
        left, merit = step.numbers.get("left", 0), step.numbers.get("per_cost", 0)
        best = max(best, min(floor(left), floor(score / Fraction(merit)) if merit else 0))
    return best


def _lacking(profile: Profile, p: int, target: Number) -> int:
    """How many ballots for it alone bring its score there."""
    score, votes, worth = profile.scores[p], profile.votes[p], full_marks(profile)[1]
    if not isinstance(profile.ballot, Grades):
        return max(1, ceil((target - score) / Fraction(worth))) if worth else 1
    if target >= worth:
        return 1
    return max(1, ceil((target - score) * votes / Fraction(worth - target)))
