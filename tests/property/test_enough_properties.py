"""What would have been enough is true when the rule is run again, and one less isn't enough."""

from __future__ import annotations

import random
from collections import Counter
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.limits import AnyLimit, AtMost, Exclusive, MinVotes, Required
from pbvote.core.manifest import Tie
from pbvote.core.selection import Approval, BallotFormat, Grades, Points, Ranking
from pbvote_tally.explain.changed import full_marks
from pbvote_tally.explain.enough import SEARCHED, TALLIED, enough, least
from pbvote_tally.rules import RULES, Rule
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Entry, Profile, Vector, profile

FORMS: tuple[BallotFormat, ...] = (
    Approval(min=0, max=9),
    Points(total=6, max_each=3),
    Ranking(max=3),
    Grades(levels=4),
)
TIES: tuple[tuple[Tie, ...], ...] = (
    ("lower-cost", "lot"),
    ("higher-cost", "lot"),
    ("more-votes", "higher-cost"),
)


class Town:
    """A small election whose every part can be changed and counted again from its ballots."""

    def __init__(self, rng: random.Random, form: BallotFormat) -> None:
        self.form, self.ties = form, rng.choice(TIES)
        count = rng.randint(1, 6)
        kinds = [rng.choice("xy") for _ in range(count)]
        self.entries = [
            Entry(f"p{p}", rng.randint(0, 9), rng.random() < 0.05, (k,), k)
            for p, k in enumerate(kinds)
        ]
        self.budget = rng.randint(0, 25)
        self.ballots = [self._ballot(rng, count) for _ in range(rng.randint(0, 9))]
        self.limits = self._limits(rng)

    def _ballot(self, rng: random.Random, count: int) -> Vector:
        match self.form:
            case Ranking(max=most):
                ranked = rng.sample(range(count), rng.randint(0, min(most, count)))
                return tuple(ranked.index(p) + 1 if p in ranked else 0 for p in range(count))
            case Approval():
                return tuple(rng.randint(0, 1) for _ in range(count))
            case _:
                return tuple(rng.choice((0, 0, 1, 2, 3)) for _ in range(count))

    def _limits(self, rng: random.Random) -> tuple[AnyLimit, ...]:
        names = [entry.id for entry in self.entries]
        made: list[AnyLimit] = []
        for _ in range(rng.choice((0, 0, 1, 2))):
            some = rng.sample(names, rng.randint(1, len(names)))
            made.append(
                rng.choice(
                    (
                        MinVotes(votes=rng.randint(0, 4)),
                        MinVotes(share=f"1/{rng.randint(1, 5)}"),
                        MinVotes(cost_share=f"1/{rng.randint(1, 3)}"),
                        AtMost(category="x", projects=rng.randint(0, 2)),
                        AtMost(district="y", amount=rng.randint(0, self.budget)),
                        Exclusive(projects=some) if len(some) > 1 else AtMost(projects=2),
                        Required(projects=some[:1]),
                    )
                )
            )
        return tuple(made)

    def profile(self, project: str = "", cost: int = 0, more: int = 0) -> Profile:
        """With this project at another cost, or with ballots more for it."""
        entries = [
            e._replace(cost=cost) if e.id == project and not more else e for e in self.entries
        ]
        ballots = Counter(self.ballots)
        made = profile(entries, self.budget, self.form, ballots, self.ties, limits=self.limits)
        if more:
            mark = full_marks(made)[0]
            ballots[tuple(mark if entry.id == project else 0 for entry in entries)] += more
            made = profile(entries, self.budget, self.form, ballots, self.ties, limits=self.limits)
        return made


def some(rng: random.Random, rule: Rule) -> Parameters:
    """Some parameters of a rule: any word where it takes one of several."""
    hints = get_type_hints(rule.parameters)
    words = {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}
    chosen = {name: rng.choice(allowed) for name, allowed in words.items() if rng.random() < 0.5}
    return rule.decode(chosen)


def counted(rule: Rule, made: Profile, parameters: Parameters) -> tuple[str, ...]:
    return rule.run(made, parameters).winners


@given(st.integers(0, 2**32), st.sampled_from(sorted(set(RULES) & SEARCHED)))
@settings(max_examples=400, deadline=None)
def test_enough_is_enough_and_one_less_is_not(seed: int, name: str) -> None:
    rng = random.Random(seed)
    town, rule = Town(rng, rng.choice(FORMS)), RULES[name]
    parameters = some(rng, rule)
    made = town.profile()
    outcome = rule.run(made, parameters)
    for project, found in enough(made, rule, parameters, outcome).items():
        assert (found.votes is None) == (found.no_votes is not None)
        assert (found.price is None) == (found.no_price is not None)
        if found.votes is not None:
            assert project in counted(rule, town.profile(project, more=found.votes), parameters)
            fewer = town.profile(project, more=found.votes - 1) if found.votes > 1 else made
            assert project not in counted(rule, fewer, parameters)
        if found.price is not None:
            cost = next(entry.cost for entry in made.projects if entry.id == project)
            assert found.price < cost
            assert project in counted(rule, town.profile(project, found.price), parameters)
            assert project not in counted(rule, town.profile(project, found.price + 1), parameters)


@given(st.integers(0, 2**32), st.sampled_from(sorted(set(RULES) & TALLIED)))
@settings(max_examples=250, deadline=None)
def test_where_projects_are_taken_in_order_it_is_the_least_of_all(seed: int, name: str) -> None:
    """Every price and every number of ballots is tried."""
    rng = random.Random(seed)
    town, rule = Town(rng, rng.choice(FORMS)), RULES[name]
    parameters = some(rng, rule)
    made = town.profile()
    outcome = rule.run(made, parameters)
    for project, found in enough(made, rule, parameters, outcome).items():
        cost = next(entry.cost for entry in made.projects if entry.id == project)
        prices = [
            price
            for price in range(cost)
            if project in counted(rule, town.profile(project, price), parameters)
        ]
        assert found.price == max(prices, default=None)
        assert found.no_price == (None if prices else "impossible")
        tried = range(1, 120) if found.votes is None else range(1, found.votes)
        for more in tried:
            assert project not in counted(rule, town.profile(project, more=more), parameters)
        assert found.no_votes in (None, "impossible")


def test_the_least_number_is_found_from_any_guess() -> None:
    for answer in range(1, 40):
        for guess in range(-3, 60):
            tried: list[int] = []

            def wins(more: int, answer: int = answer, tried: list[int] = tried) -> bool:
                tried.append(more)
                return more >= answer

            assert least(wins, [3, 17, 40], guess) == answer
            assert len(set(tried)) == len(tried) <= 3 + 2 * 6
    assert least(lambda more: False, [5, 9], 2) is None
    assert least(lambda more: more in (4, 5), [5, 9], 2) == 4


@pytest.mark.parametrize("name", sorted(set(RULES) - SEARCHED))
def test_a_rule_without_a_search_says_so(name: str, rng: random.Random) -> None:
    town, rule = Town(rng, FORMS[0]), RULES[name]
    made = town.profile()
    outcome = rule.run(made, rule.decode({}))
    found = enough(made, rule, rule.decode({}), outcome)
    assert all(
        (e.votes, e.no_votes, e.no_price) == (None, "no-search", "no-search")
        for e in found.values()
    )
