"""Greedy and Equal Shares against a naive reference."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naive_counting import Town, naive_equal_shares, naive_greedy, purchases
from pbvote.core.selection import Approval, BallotFormat, Points
from pbvote_tally.rules.equal_shares import EqualSharesParameters, equal_shares, offers
from pbvote_tally.rules.greedy import GreedyParameters, greedy
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.linear import buy_throughout
from pbvote_tally.rules.market import BoundPurses, buy
from pbvote_tally.rules.profile import Entry, Profile, profile
from pbvote_tally.rules.ties import Ties


def draw(rng: random.Random, points: bool = False) -> Town:
    """A small town, rich in ties: few different costs, few different ballots."""
    projects = rng.randint(1, 6)
    scale = rng.choice((1, 1, 7, 30))
    costs = [rng.randint(0 if rng.random() < 0.1 else 1, 6) * scale for _ in range(projects)]
    chance, most = rng.random(), 4 if points else 1
    ballots = [
        tuple(rng.randint(1, most) if rng.random() < chance else 0 for _ in range(projects))
        for _ in range(rng.randint(0, 9))
    ]
    return Town(costs, rng.randint(0, 15) * scale, ballots)


def profile_of(town: Town, points: bool = False, scale: int = 1) -> Profile:
    form: BallotFormat = Points(total=1000, max_each=4) if points else Approval(min=0, max=9)
    entries = [Entry(f"p{p}", cost * scale) for p, cost in enumerate(town.costs)]
    return profile(entries, town.budget * scale, form, Counter(town.ballots))


def ids(chosen: list[int]) -> tuple[str, ...]:
    return tuple(f"p{p}" for p in chosen)


@pytest.fixture
def elections(soak: bool) -> int:
    """How many random elections a test counts."""
    return 20_000 if soak else 400


def test_greedy_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        points = rng.random() < 0.3
        town = draw(rng, points)
        for word in ("skip", "stop"):
            outcome = greedy(profile_of(town, points), GreedyParameters(unaffordable=word))
            assert outcome.winners == ids(naive_greedy(town, word == "stop")), town


def test_equal_shares_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        points = rng.random() < 0.3
        town = draw(rng, points)
        chosen: dict[str, Any] = {
            "satisfaction": rng.choice(("cost", "cardinality", "points")),
            "completion": rng.choice(("none", "add-one", "add-one", "greedy", "add-one-greedy")),
            "step": rng.choice((1, 1, 2, 5)),
            "stop": rng.choice(("overspending", "exhaustive")),
            "endowment": rng.choice(("exact", "whole")),
        }
        outcome = equal_shares(profile_of(town, points), EqualSharesParameters(**chosen))
        assert outcome.winners == ids(naive_equal_shares(town, **chosen)), (town, chosen)


def test_a_range_of_shares_is_what_every_share_in_it_is(elections: int, rng: random.Random) -> None:
    """Bounds may answer "open", but never wrongly."""
    answered = {"bounds": 0, "linear": 0}
    for _ in range(elections):
        points = rng.random() < 0.3
        town = draw(rng, points)
        made = profile_of(town, points)
        satisfaction: Any = rng.choice(("cost", "cardinality", "points"))
        low = Fraction(rng.randint(0, 60), rng.randint(1, 7))
        high = low + rng.choice((Fraction(0), Fraction(rng.randint(1, 9), rng.randint(1, 9))))
        purses = BoundPurses(low, high, len(made.weights), max(1, made.ballots))
        supported = [p for p, cost in enumerate(town.costs) if cost and town.votes(p)]
        parameters = EqualSharesParameters(satisfaction=satisfaction)
        for_sale = offers(made, supported, parameters)
        bounds = buy(for_sale, purses, Ties(made), Room(made))
        linear = buy_throughout(for_sale, (low, high), len(made.weights), Ties(made), Room(made))
        assert linear is not None or low < high
        between = [low + (high - low) * k / 12 for k in (0, 1, 3, 4, 6, 9, 12)]
        expected = [
            [p for p in purchases(town, share, satisfaction) if town.costs[p]] for share in between
        ]
        if bounds is not None:
            answered["bounds"] += 1
            assert expected == [[b.offer.project for b in bounds]] * 7, (town, low, high)
        if linear is not None:
            answered["linear"] += 1
            assert expected == [[offer.project for offer in linear]] * 7, (town, low, high)
    assert min(answered.values()) > elections / 2


@given(st.integers(0, 2**32), st.sampled_from((100, 10**6, 10**9)))
@settings(max_examples=60, deadline=None)
def test_the_unit_of_money_does_not_matter(seed: int, scale: int) -> None:
    """Cents instead of euros give the same winners; with one step a euro, or none at all."""
    town = draw(random.Random(seed))
    for completion in ("none", "add-one"):
        coarse = EqualSharesParameters(completion=completion)
        fine = EqualSharesParameters(completion=completion, step=scale)
        outcome = equal_shares(profile_of(town, scale=scale), fine)
        assert outcome.winners == equal_shares(profile_of(town), coarse).winners


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_small_steps_of_large_money_are_no_slower(seed: int) -> None:
    """10^12 a project and steps of 1: ranges are skipped, the result stays in the budget."""
    town = draw(random.Random(seed))
    made = profile_of(town, scale=10**12)
    outcome = equal_shares(made, EqualSharesParameters())
    assert outcome.spent <= made.budget
