"""Equal Shares: what one count says of the next, so that few are needed.

A whole count with add-one tries many shares, the purchases with one share are quick. So after a
count that the project won, its number is improved with that count's share held; after one that it
lost, by what its supporters had left. These are only hints: each number is counted in whole.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from msgspec import structs

from pbvote_tally.explain.changed import with_budget, with_cost
from pbvote_tally.explain.report import NoAnswer
from pbvote_tally.explain.search import least
from pbvote_tally.explain.trials import Trials
from pbvote_tally.rules.profile import Outcome


class ByShares(Trials):
    """Trials of `equal-shares`."""

    def no_votes(self, p: int) -> NoAnswer:
        """It never overspends: what costs more than the budget can't win."""
        return "impossible" if self.entry(p).cost > self.profile.budget else self.never

    def vote_ends(self, p: int) -> list[int]:
        """With so many its new supporters alone can pay it."""
        cost, money, ballots = self.entry(p).cost, self.profile.budget, self.profile.ballots
        return [] if cost >= money else [-(-cost * ballots // (money - cost)) + 1]

    def likely_votes(self, p: int) -> int:
        """As many shares as its supporters lack."""
        return self._shares_missing(p, 0, self.outcome) or 1

    def next_votes(self, p: int, more: int, won: bool, outcome: Outcome) -> int | None:
        """As many more as they lack still."""
        return None if won else self._shares_missing(p, more, outcome)

    def _shares_missing(self, p: int, more: int, outcome: Outcome) -> int | None:
        money, share = _money(outcome, self.entry(p).id), Fraction(outcome.figures.get("share", 0))
        if money is None or not share:
            return None
        return more + max(1, ceil((self.entry(p).cost - money) / share))

    def next_price(self, p: int, price: int, won: bool, outcome: Outcome) -> int | None:
        """What its supporters had, or the most that they can pay with the same share."""
        if not won:
            money = _money(outcome, self.entry(p).id)
            return None if money is None else int(money)
        figures, cost = outcome.figures, self.entry(p).cost
        ballots = self.profile.ballots
        added = int((Fraction(figures["share"]) - Fraction(figures["first_share"])) * ballots)
        held = with_budget(self.profile, self.profile.budget + added)
        once = structs.replace(self.parameters, completion="none", comparison="none")

        def fails(more: int) -> bool:
            dearer = with_cost(held, p, price + more)
            return self.entry(p).id not in self.run(dearer, once).winners

        too_much = least(fails, [cost - price], 1)
        return None if too_much is None else price + too_much - 1


def _money(outcome: Outcome, project: str) -> Fraction | None:
    """What its supporters had left together in the end, if they couldn't pay it."""
    found = [
        step.numbers["money"]
        for step in outcome.steps
        if step.project == project and "money" in step.numbers
    ]
    return Fraction(found[-1]) if found else None
