"""The same small election as pabutools and abcvoting see it, and what they find.

Both are asked with fractions, and with our order among equals: lower cost, more votes, id.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

from abcvoting import abcrules
from abcvoting.preferences import Profile as AbcProfile
from pabutools.election import (
    Additive_Cardinal_Sat,
    ApprovalBallot,
    ApprovalProfile,
    CardinalBallot,
    Cardinality_Sat,
    CardinalProfile,
    Cost_Sat,
    Instance,
    Project,
)
from pabutools.rules import (
    MaxAddUtilWelfareAlgo,
    exhaustion_by_budget_increase,
    greedy_utilitarian_welfare,
    max_additive_utilitarian_welfare,
    maximin_support,
    method_of_equal_shares,
    sequential_phragmen,
)
from pabutools.tiebreaking import TieBreakingRule

from naive_counting import Town

SATISFACTION = {
    "cost": Cost_Sat,
    "cardinality": Cardinality_Sat,
    "points": Additive_Cardinal_Sat,
}


class Pabutools:
    """A town's election in pabutools; answers are project positions in the order chosen."""

    def __init__(self, town: Town, points: bool = False) -> None:
        self.town = town
        self.projects = [Project(f"p{p}", cost) for p, cost in enumerate(town.costs)]
        self.instance = Instance(self.projects, budget_limit=town.budget)
        if points:
            self.profile = CardinalProfile(
                [
                    CardinalBallot({self.projects[p]: n for p, n in enumerate(ballot) if n})
                    for ballot in town.ballots
                ],
                instance=self.instance,
            )
        else:
            self.profile = ApprovalProfile(
                [
                    ApprovalBallot(self.projects[p] for p, tick in enumerate(ballot) if tick)
                    for ballot in town.ballots
                ],
                instance=self.instance,
            )
        self.ties = TieBreakingRule(lambda _, __, project: town.tie(int(project.name[1:])))

    def greedy(self, satisfaction: str) -> list[int]:
        """By votes with `cost`, by votes per cost with `cardinality`, by points per cost."""
        return self._positions(
            greedy_utilitarian_welfare(
                self.instance,
                self.profile,
                sat_class=SATISFACTION[satisfaction],
                tie_breaking=self.ties,
            )
        )

    def equal_shares(self, satisfaction: str) -> list[int]:
        """Without completion."""
        return self._positions(
            method_of_equal_shares(
                self.instance,
                self.profile,
                sat_class=SATISFACTION[satisfaction],
                tie_breaking=self.ties,
            )
        )

    def add_one(self, satisfaction: str, step: int, exhaustive: bool) -> list[int]:
        """Completed by add-one, `step` a voter."""
        return self._positions(
            exhaustion_by_budget_increase(
                self.instance,
                self.profile,
                method_of_equal_shares,
                {"sat_class": SATISFACTION[satisfaction], "tie_breaking": self.ties},
                exhaustive_stop=exhaustive,
                budget_step=step * len(self.town.ballots),
                budget_bound=self.town.budget
                + (sum(self.town.costs) + step) * len(self.town.ballots),
            )
        )

    def phragmen(self) -> set[int]:
        """Stops at the first one that doesn't fit. The order isn't told."""
        found = sequential_phragmen(self.instance, self.profile, tie_breaking=self.ties)
        return set(self._positions(found))

    def maximin_support(self) -> list[int]:
        """By a linear program in floats a project and round."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it uses PuLP's old names
            found = maximin_support(self.instance, self.profile, tie_breaking=self.ties)
        return self._positions(found)

    def best_total(self, satisfaction: str) -> set[int]:
        """Some best set; the ties aren't asked."""
        found = max_additive_utilitarian_welfare(
            self.instance,
            self.profile,
            sat_class=SATISFACTION[satisfaction],
            inner_algo=MaxAddUtilWelfareAlgo.PRIMAL_DUAL,
        )
        return set(self._positions(found))

    @staticmethod
    def _positions(found: Any) -> list[int]:
        return [int(project.name[1:]) for project in found]


class Abcvoting:
    """A town whose projects cost 1 each in abcvoting; the first of equal ones is the first."""

    def __init__(self, town: Town) -> None:
        self.seats = min(town.budget, len(town.costs))
        self.profile = AbcProfile(len(town.costs))
        for ballot in town.ballots:
            self.profile.add_voter([p for p, tick in enumerate(ballot) if tick])

    def winners(self, rule: str, algorithm: str, **more: Any) -> set[int]:
        """The committee of a rule."""
        with _quiet():
            found = abcrules.compute(
                rule, self.profile, self.seats, resolute=True, algorithm=algorithm, **more
            )
        return {int(candidate) for candidate in found[0]}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()):
        yield
