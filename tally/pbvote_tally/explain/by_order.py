"""Rules that take projects in an order of votes and costs: trials that need no ballots, and exact.

Whatever is done to a project, the others stay in their order: the earlier it comes, the more money
and room there is. So more votes and a lower price do no harm, but for two exceptions: a lower price
puts it after its equals where ties go by the higher cost, and more ballots put others below a share
of the ballots. The searches go from one such point to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from msgspec import UNSET

from pbvote.core.limits import MinVotes
from pbvote.core.selection import Grades
from pbvote_tally.explain.changed import full_marks, searchable, without
from pbvote_tally.explain.report import Enough, NoAnswer
from pbvote_tally.explain.search import least
from pbvote_tally.explain.trials import FAR, Trials
from pbvote_tally.rules import Rule
from pbvote_tally.rules.frame import REQUIRED
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Step


class ByOrder(Trials):
    """Trials of `greedy`, `greedy-per-cost`, `most-votes`."""

    never: NoAnswer = "impossible"

    def __init__(
        self, profile: Profile, rule: Rule, parameters: Parameters, outcome: Outcome
    ) -> None:
        super().__init__(profile, rule, parameters, outcome)
        self._drops = _drops(profile)
        self._others: Sequence[Step] = ()  # the steps without the project that is looked at

    def to_search(self, profile: Profile) -> Profile:
        """Votes and scores alone."""
        return searchable(profile, tallied=True)

    def answer(self, p: int) -> Enough:
        """Both questions about a project (position)."""
        self._others = self.run(without(self.profile, p)).steps
        return super().answer(p)

    def run(self, changed: Profile, parameters: Parameters | None = None) -> Outcome:
        """Quick, so that its work isn't limited."""
        return self.rule.run(changed, parameters or self.parameters)

    def vote_ends(self, p: int) -> list[int]:
        """Where others drop below a share of the ballots."""
        return [*(more for q, more in self._drops if q != p), FAR]

    def price_ends(self, p: int) -> list[int]:
        """Where others come before it in a tie that goes by the higher cost."""
        cost, score = self.entry(p).cost, self.profile.scores[p]
        if "higher-cost" not in self.profile.ties:
            return [cost]
        equal = [
            cost - entry.cost
            for entry, other in zip(self.profile.projects, self.profile.scores, strict=True)
            if other == score and entry.cost < cost
        ]
        return [*sorted({less for gap in equal for less in (gap - 1, gap)}), cost]

    def likely_price(self, p: int) -> int:
        """What was left when its turn came, or would have been at the best place for its price."""
        if self.rule.name == "greedy-per-cost":
            return _best_place(self.profile.scores[p], self._others)
        return super().likely_price(p)

    def likely_votes(self, p: int) -> int:
        """So many that its score is that of the last one before which it would get in."""
        return _lacking(self.profile, p, _last_chance(self._others, self.entry(p).cost))


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

    first = None if drops(0) else least(drops, [FAR], profile.ballots)
    return first - 1 if first else 0


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
