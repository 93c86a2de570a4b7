"""The rules that take projects in an order, against naive references."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from drawn import FORMATS, GRADES, RANKING, draw_in, profile_in
from naive_counting import Town
from naive_ordering import (
    borda_score,
    by_budget,
    by_merit,
    judged,
    per_cost,
    score,
)
from pbvote_tally.rules import RULES
from pbvote_tally.rules.majority_judgment import majority_value
from pbvote_tally.rules.profile import Outcome, Profile

KINDS = ("approval", "points", "ranking", "grades")
STOP = {"stop": True, "skip": False}


@pytest.fixture
def elections(soak: bool) -> int:
    """How many random elections a test counts."""
    return 20_000 if soak else 300


def run(name: str, made: Profile, **settings: object) -> Outcome:
    rule = RULES[name]
    return rule.run(made, rule.decode(settings))


def ids(chosen: list[int]) -> tuple[str, ...]:
    return tuple(f"p{p}" for p in chosen)


def drawn(rng: random.Random) -> tuple[Town, Profile, Callable[[int], Fraction]]:
    """A town in any format, and its projects' score."""
    kind = rng.randrange(4)
    town = draw_in(rng, FORMATS[kind])
    return town, profile_in(town, FORMATS[kind]), lambda p: score(town, KINDS[kind], 3, p)


def test_greedy_with_overspending_is_the_reference(elections: int, rng: random.Random) -> None:
    overspent = 0
    for _ in range(elections):
        town, made, merit = drawn(rng)
        share = rng.choice(("1", "4/5", "1/2", "1/3", "0"))
        word = rng.choice(("skip", "stop"))
        outcome = run("greedy", made, unaffordable=word, overspend=share)
        expected = by_budget(town, by_merit(town, merit), STOP[word], Fraction(share))
        assert outcome.winners == ids(expected), (town, word, share)
        last = [step for step in outcome.steps if "overspent" in step.numbers]
        assert sum(int(s.numbers["overspent"]) for s in last) == max(0, outcome.spent - town.budget)
        overspent += len(last)
    assert overspent > elections / 20


def test_greedy_per_cost_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town, made, merit = drawn(rng)
        for word in ("skip", "stop"):
            outcome = run("greedy-per-cost", made, unaffordable=word)
            expected = by_budget(town, per_cost(town, merit), STOP[word])
            assert outcome.winners == ids(expected), (town, word)


def test_most_votes_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town, made, merit = drawn(rng)
        winners = rng.randint(1, 4)
        outcome = run("most-votes", made, winners=winners)
        assert outcome.winners == ids(by_merit(town, merit)[:winners]), town


@pytest.mark.parametrize("points", ["projects", "max", "ballot"])
def test_borda_is_the_reference(points: str, elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town = draw_in(rng, RANKING)
        made = profile_in(town, RANKING)
        order = by_merit(town, lambda p: borda_score(town, points, 3, p))  # noqa: B023  # used here
        first = run("borda", made, points=points, winners=2)
        assert first.winners == ids(order[:2]), town
        for word in ("skip", "stop"):
            outcome = run("borda", made, points=points, unaffordable=word)
            assert outcome.winners == ids(by_budget(town, order, STOP[word])), town
        scores = {step.project: step.numbers["score"] for step in first.steps}
        for p in range(len(town.costs)):
            assert scores[f"p{p}"] == borda_score(town, points, 3, p)


@pytest.mark.parametrize("no_opinion", ["left-out", "worst"])
def test_majority_judgment_is_the_reference(
    no_opinion: str, elections: int, rng: random.Random
) -> None:
    for _ in range(elections):
        town = draw_in(rng, GRADES)
        made = profile_in(town, GRADES)
        order = judged(town, no_opinion == "worst")
        first = run("majority-judgment", made, no_opinion=no_opinion, winners=9)
        assert first.winners == ids(order), town
        for word in ("skip", "stop"):
            outcome = run("majority-judgment", made, no_opinion=no_opinion, unaffordable=word)
            assert outcome.winners == ids(by_budget(town, order, STOP[word])), town


def test_the_majority_value_depends_on_shares_alone(elections: int, rng: random.Random) -> None:
    """And a ballot that grades better never makes it worse."""
    for _ in range(elections):
        count = [rng.randint(0, 3) for _ in range(rng.randint(1, 6))]
        factor = rng.randint(1, 5)
        assert majority_value(count) == majority_value([number * factor for number in count])
        grade = rng.randrange(len(count))
        if count[grade]:
            better = list(count)
            better[grade] -= 1
            better[rng.randrange(grade, len(count))] += 1
            assert majority_value(better) >= majority_value(count)
