"""What would have been enough is true when the rule is run again, and one less isn't enough."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote_tally.explain.enough import SEARCHES, TALLIED, enough
from pbvote_tally.explain.search import least
from pbvote_tally.rules import RULES, Rule
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Profile
from small_town import some_parameters, some_town


def counted(rule: Rule, made: Profile, parameters: Parameters) -> tuple[str, ...]:
    return rule.run(made, parameters).winners


@given(st.integers(0, 2**32), st.sampled_from(sorted(set(RULES) & set(SEARCHES))))
@settings(max_examples=400)
def test_enough_is_enough_and_one_less_is_not(seed: int, name: str) -> None:
    rng = random.Random(seed)
    town, rule = some_town(rng, name)
    made = town.profile()
    parameters = some_parameters(rng, rule, made)
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
@settings(max_examples=250)
def test_where_projects_are_taken_in_order_it_is_the_least_of_all(seed: int, name: str) -> None:
    """Every price and every number of ballots is tried."""
    rng = random.Random(seed)
    town, rule = some_town(rng, name)
    made = town.profile()
    parameters = some_parameters(rng, rule, made)
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


@pytest.mark.parametrize("name", sorted(set(RULES) - set(SEARCHES)))
def test_a_rule_without_a_search_says_so(name: str, rng: random.Random) -> None:
    town, rule = some_town(rng, name)
    made = town.profile()
    outcome = rule.run(made, rule.decode({}))
    found = enough(made, rule, rule.decode({}), outcome)
    assert all(
        (e.votes, e.no_votes, e.no_price) == (None, "no-search", "no-search")
        for e in found.values()
    )
