"""Every rule that pabutools or abcvoting has too, on thousands of small elections.

Where they differ, docs/decisions/0019-where-peers-differ.md says who is right; those elections are
told apart here by what the decision says, not left out by hand.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from drawn import APPROVAL, POINTS, draw_in, profile_in
from naive_counting import Town
from naive_sharing import top, worth
from pbvote_tally.rules import RULES
from pbvote_tally.rules.profile import Entry, Outcome, Profile, profile
from peers import Abcvoting, Pabutools


@pytest.fixture
def elections(soak: bool) -> int:
    """How many random elections a test counts."""
    return 20_000 if soak else 400


def draw(rng: random.Random, points: bool = False) -> Town:
    """A town whose projects cost something and have a supporter each: peers fund others too."""
    while True:
        town = draw_in(rng, POINTS if points else APPROVAL)
        wanted = [p for p, cost in enumerate(town.costs) if cost and town.votes(p)]
        if wanted:
            ballots = [tuple(ballot[p] for p in wanted) for ballot in town.ballots]
            return Town([town.costs[p] for p in wanted], town.budget, ballots)


def run(name: str, made: Profile, **parameters: Any) -> Outcome:
    rule = RULES[name]
    return rule.run(made, rule.decode(parameters))


def positions(outcome: Outcome) -> list[int]:
    return [int(name[1:]) for name in outcome.winners]


def test_greedy_is_pabutools(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town = draw(rng)
        made, peer = profile_in(town, APPROVAL), Pabutools(town)
        assert positions(run("greedy", made)) == peer.greedy("cost"), town
        assert positions(run("greedy-per-cost", made)) == peer.greedy("cardinality"), town


def test_greedy_by_points_per_cost_is_pabutools(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town = draw(rng, points=True)
        made, peer = profile_in(town, POINTS), Pabutools(town, points=True)
        assert positions(run("greedy-per-cost", made)) == peer.greedy("points"), town


def test_equal_shares_is_pabutools(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        points = rng.random() < 0.3
        town = draw(rng, points)
        made, peer = profile_in(town, POINTS if points else APPROVAL), Pabutools(town, points)
        satisfaction = "points" if points else rng.choice(("cost", "cardinality"))
        given = {"completion": "none", "satisfaction": satisfaction}
        assert positions(run("equal-shares", made, **given)) == peer.equal_shares(satisfaction)


def test_equal_shares_with_add_one_is_pabutools(elections: int, rng: random.Random) -> None:
    for _ in range(elections // 4):
        points = rng.random() < 0.3
        town = draw(rng, points)
        made, peer = profile_in(town, POINTS if points else APPROVAL), Pabutools(town, points)
        satisfaction = "points" if points else rng.choice(("cost", "cardinality"))
        stop, step = rng.choice(("exhaustive", "overspending")), rng.choice((5, 7, 30))
        given = {"satisfaction": satisfaction, "stop": stop, "step": step}
        found = peer.add_one(satisfaction, step, stop == "exhaustive")
        ours = positions(run("equal-shares", made, **given))
        assert set(ours) == set(found), (town, given)
        assert ours == found or len(ours) == len(town.costs)  # then it goes on raising the share


def test_phragmen_is_pabutools(elections: int, rng: random.Random) -> None:
    """It also stops where only another of several equal projects doesn't fit."""
    further = 0
    for _ in range(elections):
        town = draw(rng)
        outcome = run("phragmen", profile_in(town, APPROVAL), unaffordable="stop")
        ours, theirs = positions(outcome), Pabutools(town).phragmen()
        assert set(ours[: len(theirs)]) == theirs, town
        if len(ours) > len(theirs):
            further += 1
            left = town.budget - sum(town.costs[p] for p in theirs)
            equal = next(t for t in outcome.ties if t.projects[0] == f"p{ours[len(theirs)]}")
            assert any(town.costs[int(name[1:])] > left for name in equal.projects)
    assert further < elections / 4


def test_maximin_support_is_pabutools(elections: int, rng: random.Random) -> None:
    """Where it takes another project, both are exactly equal: it compares floats."""
    for _ in range(elections // 20):
        town = draw(rng)
        ours = positions(run("maximin-support", profile_in(town, APPROVAL)))
        theirs = Pabutools(town).maximin_support()
        assert_same_or_equal(town, ours, theirs)


def assert_same_or_equal(town: Town, ours: Sequence[int], theirs: Sequence[int]) -> None:
    for k, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if a != b:
            before = list(ours[:k])
            assert top(town, [*before, a]) == top(town, [*before, b]), town
            assert town.tie(a) < town.tie(b)
            return
    assert len(ours) == len(theirs)


def test_best_total_is_pabutools(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        points = rng.random() < 0.3
        town = draw(rng, points)
        made, peer = profile_in(town, POINTS if points else APPROVAL), Pabutools(town, points)
        satisfaction = "points" if points else rng.choice(("cost", "cardinality"))
        total = run("best-total", made, satisfaction=satisfaction).figures["total"]
        theirs = sum(worth(town, p, satisfaction) for p in peer.best_total(satisfaction))
        assert total == theirs, town


def seats(rng: random.Random) -> tuple[Town, Profile]:
    """A town of projects that cost 1 each; among equal ones the first is first."""
    town = draw(rng)
    count = len(town.costs)
    town = Town([1] * count, rng.randint(1, count), town.ballots)
    entries = [Entry(f"p{p}", 1) for p in range(count)]
    votes = Counter(town.ballots)
    made = profile(entries, town.budget, APPROVAL, votes, ties=("lot",), lot=str.encode)
    return town, made


@pytest.mark.parametrize(
    ("ours", "given", "theirs", "algorithm", "more"),
    [
        ("phragmen", {}, "seqphragmen", "standard-fractions", {}),
        (
            "equal-shares",
            {"completion": "none"},
            "equal-shares",
            "standard-fractions",
            {"completion": None},
        ),
        ("maximin-support", {}, "maximin-support", "nx-max-flow", {}),
        ("greedy", {}, "av", "standard", {}),
    ],
)
def test_unit_costs_are_abcvoting(
    ours: str,
    given: dict[str, Any],
    theirs: str,
    algorithm: str,
    more: dict[str, Any],
    elections: int,
    rng: random.Random,
) -> None:
    for _ in range(elections // 4 if ours == "maximin-support" else elections):
        town, made = seats(rng)
        found = Abcvoting(town).winners(theirs, algorithm, **more)
        assert set(positions(run(ours, made, **given))) == found, town
