"""Counting a contest again with one project's cost changed, or with ballots more for it.

`Trials` is for any rule; what is known of a kind of rule makes its searches shorter, or exact.
"""

from __future__ import annotations

import numpy as np

from pbvote_tally.explain.changed import searchable, with_ballots, with_cost
from pbvote_tally.explain.report import Enough, NoAnswer
from pbvote_tally.explain.search import least
from pbvote_tally.rules import Rule
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Entry, Number, Outcome, Profile

FAR = 10**12  # ballots: more than a project can ever lack
WORK = 60_000_000  # marks on ballots that are looked at for a contest, one trial being BASE more
BASE = 80_000
PART = 16


class Trials:
    """The trials of one contest. `work` is how many marks may still be looked at."""

    never: NoAnswer = "not-found"
    """What it means if a search finds nothing."""

    def __init__(
        self, profile: Profile, rule: Rule, parameters: Parameters, outcome: Outcome
    ) -> None:
        self.rule, self.parameters = rule, parameters
        self.profile = self.to_search(profile)
        self.steps = {step.project: step for step in outcome.steps}
        self.work = WORK
        self._marks = int(np.count_nonzero(profile.matrix)) + BASE
        self.outcome = self._last = outcome

    def to_search(self, profile: Profile) -> Profile:
        """The profile that is changed."""
        return searchable(profile, tallied=False)

    def answer(self, p: int) -> Enough:
        """Both questions about a project (position)."""
        if self.work <= 0:
            return Enough(votes=None, price=None, no_votes="not-found", no_price="not-found")
        votes, price = self.votes(p), self.price(p)
        return Enough(
            votes=votes,
            price=price,
            no_votes=self.no_votes(p) if votes is None else None,
            no_price=self.never if price is None else None,
        )

    def votes(self, p: int) -> int | None:
        """So many ballots for it alone with which it wins, while one less isn't enough."""

        def wins(more: int) -> bool:
            return self._wins(p, with_ballots(self.profile, p, more))

        def hint(more: int, won: bool) -> int | None:
            return self.next_votes(p, more, won, self._last)

        ends = self.vote_ends(p)
        return least(wins, ends, self.likely_votes(p), hint) if ends else None

    def price(self, p: int) -> int | None:
        """The price at which it wins, while one unit more is too much."""
        cost = self.entry(p).cost

        def wins(less: int) -> bool:
            return self._wins(p, with_cost(self.profile, p, cost - less))

        def hint(less: int, won: bool) -> int | None:
            price = self.next_price(p, cost - less, won, self._last)
            return None if price is None else cost - price

        less = least(wins, self.price_ends(p), cost - self.likely_price(p), hint)
        return None if less is None else cost - less

    def run(self, changed: Profile, parameters: Parameters | None = None) -> Outcome:
        """The rule once more; with other parameters it is a small part of the work."""
        self.work -= self._marks if parameters is None else self._marks // PART
        return self.rule.run(changed, parameters or self.parameters)

    def _wins(self, p: int, changed: Profile) -> bool:
        self._last = self.run(changed)
        return self.entry(p).id in self._last.winners

    def entry(self, p: int) -> Entry:
        """The project as it was counted."""
        return self.profile.projects[p]

    def number(self, p: int, name: str) -> Number | None:
        """What the official step says of it."""
        return self.steps[self.entry(p).id].numbers.get(name)

    # --- what is known of a rule; numbers of votes and money to begin or to go on with -----------

    def no_votes(self, p: int) -> NoAnswer:
        """What it means if no number of votes is found."""
        return self.never

    def vote_ends(self, p: int) -> list[int]:
        """Up to the first of these, and from each to the next, more votes do no harm."""
        return [FAR]

    def price_ends(self, p: int) -> list[int]:
        """The same of how much less it costs."""
        return [self.entry(p).cost]

    def likely_votes(self, p: int) -> int:
        """A first guess."""
        return 1

    def likely_price(self, p: int) -> int:
        """A first guess: what was left for it when its turn came."""
        known = [self.number(p, name) for name in ("left", "money", "room")]
        return int(min((number for number in known if number is not None), default=0))

    def next_votes(self, p: int, more: int, won: bool, outcome: Outcome) -> int | None:
        """What to try after so many votes; `outcome` is that count's."""
        return None

    def next_price(self, p: int, price: int, won: bool, outcome: Outcome) -> int | None:
        """The same after a price."""
        return None
