"""Greedy against a naive reference."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from naive_counting import Town, naive_greedy
from pbvote.core.selection import Approval, BallotFormat, Points
from pbvote_tally.rules.greedy import GreedyParameters, greedy
from pbvote_tally.rules.profile import Entry, Profile, profile


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


def profile_of(town: Town, points: bool = False) -> Profile:
    form: BallotFormat = Points(total=1000, max_each=4) if points else Approval(min=0, max=9)
    entries = [Entry(f"p{p}", cost) for p, cost in enumerate(town.costs)]
    return profile(entries, town.budget, form, Counter(town.ballots))


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
