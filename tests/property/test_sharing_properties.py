"""Phragmén, maximin support and best total against naive references."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction

import pytest

from drawn import APPROVAL, POINTS, draw_in, profile_in
from naive_counting import Town
from naive_sharing import (
    every_set,
    naive_best_total,
    naive_maximin_support,
    naive_phragmen,
    top,
    worth,
)
from pbvote.core.limits import AnyLimit, AtMost, Exclusive
from pbvote_tally.rules.balance import Balance, crowd
from pbvote_tally.rules.best_total import BestTotalParameters, Satisfaction, best_total
from pbvote_tally.rules.knapsack import Problem, best
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.loads import Loads
from pbvote_tally.rules.maximin_support import MaximinSupportParameters, maximin_support
from pbvote_tally.rules.phragmen import PhragmenParameters, payments, phragmen


def ids(chosen: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"p{p}" for p in chosen)


@pytest.fixture
def elections(soak: bool) -> int:
    """How many random elections a test counts."""
    return 20_000 if soak else 400


def test_the_rules_load_scipy_only_when_one_needs_it() -> None:
    code = "import sys, pbvote_tally.rules; sys.exit('scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_phragmen_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town = draw_in(rng, APPROVAL)
        for word in ("skip", "stop"):
            outcome = phragmen(profile_in(town, APPROVAL), PhragmenParameters(unaffordable=word))
            assert outcome.winners == ids(naive_phragmen(town, word == "stop")), town


def test_what_phragmens_voters_pay_is_the_cost(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town = draw_in(rng, APPROVAL)
        made = profile_in(town, APPROVAL)
        outcome = phragmen(made, PhragmenParameters())
        for name, paid in payments(made, outcome).items():
            p = int(name[1:])
            assert sum(payment.amount * payment.voters for payment in paid) == town.costs[p]
            assert sum(payment.voters for payment in paid) == town.votes(p)
            assert all(payment.amount >= 0 for payment in paid)


def test_loads_are_the_formula(elections: int, rng: random.Random) -> None:
    """Whatever is bought next, it needn't be the lowest."""
    for _ in range(elections):
        town = draw_in(rng, APPROVAL)
        made = profile_in(town, APPROVAL)
        carried = [Fraction(0) for _ in made.weights]
        loads = Loads(made, [p for p in range(len(town.costs)) if town.votes(p)])
        while loads.waiting:
            expected: dict[int, Fraction] = {}
            for p in loads.waiting:
                groups = made.matrix[:, p].nonzero()[0]
                total = sum((int(made.weights[g]) * carried[g] for g in groups), Fraction(0))
                expected[p] = (total + town.costs[p]) / town.votes(p)
                assert loads.load(p) == expected[p]
            least = min(expected.values())
            assert loads.lowest() == [p for p, load in expected.items() if load == least]
            chosen = rng.choice(loads.waiting)
            for g in made.matrix[:, chosen].nonzero()[0]:
                carried[g] = expected[chosen]
            loads.buy(chosen)


def test_maximin_support_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        town = draw_in(rng, APPROVAL)
        outcome = maximin_support(profile_in(town, APPROVAL), MaximinSupportParameters())
        assert outcome.winners == ids(naive_maximin_support(town)), town
        taken: list[int] = []
        for step in outcome.steps:
            if step.chosen:
                taken.append(int(step.project[1:]))
                assert step.numbers["load"] == top(town, taken)


@pytest.mark.parametrize("scale", [1, 10**12, 10**18])
def test_a_balance_carries_everything(scale: int, elections: int, rng: random.Random) -> None:
    """What is paid is the cost, nobody carries more than the top, also in Python's integers."""
    for _ in range(elections // 4):
        small = draw_in(rng, APPROVAL)
        town = Town([cost * scale for cost in small.costs], small.budget * scale, small.ballots)
        made = profile_in(town, APPROVAL)
        balance = Balance(crowd(made, sum(made.costs)))
        supported = [p for p in range(len(town.costs)) if town.votes(p)]
        for k, p in enumerate(supported, 1):
            more = balance.with_project(p, Fraction(0), None)
            assert isinstance(more, Balance)
            balance = more
            assert balance.top == top(town, supported[:k])
        unit = balance.top.denominator
        room = [int(w) * balance.top.numerator for w in made.weights]
        for p, paid in balance.paid.items():
            groups = balance.crowd.groups[p]
            assert (paid >= 0).all()
            assert sum(paid.tolist()) == town.costs[p] * unit
            for g, amount in zip(groups.tolist(), paid.tolist(), strict=True):
                room[g] -= amount
        assert room == balance.free.tolist()
        assert min(room, default=0) >= 0


SATISFACTIONS: list[Satisfaction] = ["cardinality", "cost", "points"]


def test_best_total_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        form = POINTS if rng.random() < 0.3 else APPROVAL
        town, satisfaction = draw_in(rng, form), rng.choice(SATISFACTIONS)
        parameters = BestTotalParameters(satisfaction=satisfaction)
        outcome = best_total(profile_in(town, form), parameters)
        chosen = naive_best_total(town, satisfaction)
        assert set(outcome.winners) == set(ids(sorted(chosen))), town
        assert outcome.figures["total"] == sum(worth(town, p, satisfaction) for p in chosen)


def test_the_best_total_within_limits(elections: int, rng: random.Random) -> None:
    """All sets that the limits let in, one project after the other, are looked through."""
    for _ in range(elections):
        town, satisfaction = draw_in(rng, APPROVAL), rng.choice(SATISFACTIONS)
        kinds = [rng.choice("xy") for _ in town.costs]
        names = [f"p{p}" for p in range(len(town.costs))]
        limits: list[AnyLimit] = [
            AtMost(category="x", projects=rng.randint(0, 2)),
            AtMost(district="y", amount=rng.randint(0, town.budget)),
        ]
        if len(names) > 1:
            limits.append(Exclusive(projects=rng.sample(names, 2)))
        made = profile_in(town, APPROVAL, kinds, rng.sample(limits, rng.randint(0, len(limits))))
        best_known = -1
        for some in every_set([p for p in range(len(names)) if town.votes(p)]):
            room, is_let_in = Room(made), sum(town.costs[p] for p in some) <= town.budget
            for p in some:
                is_let_in = is_let_in and room.refusal(p) is None
                room.take(p)
            if is_let_in:
                best_known = max(best_known, sum(worth(town, p, satisfaction) for p in some))
        outcome = best_total(made, BestTotalParameters(satisfaction=satisfaction))
        assert outcome.figures["total"] == best_known, (town, made.limits)


@pytest.mark.parametrize("scale", [1, 10**12, 10**18])
def test_the_best_choice_and_what_other_ones_have_instead(
    scale: int, elections: int, rng: random.Random
) -> None:
    for _ in range(elections // 2):
        items = range(rng.randint(0, 7))
        values = [rng.randint(0, 4) * scale for _ in items]
        weights = [[rng.randint(0, 4) * scale for _ in items] for _ in range(rng.randint(1, 3))]
        bounds = [rng.randint(0, 10) * scale for _ in weights]
        problem = Problem(values, weights, bounds)
        found = best(problem)
        totals = {some: problem.total(some) for some in every_set(items)}
        most = max(total for total in totals.values() if total is not None)
        equal = [some for some, total in totals.items() if total == most]
        first = max(equal, key=lambda some: [i in some for i in items])
        assert (tuple(found.chosen), found.total) == (first, most)
        assert found.open <= {i for some in equal for i in set(some) ^ set(first)}
        assert bool(found.open) == (len(equal) > 1)
