"""What must hold of every count, by every rule in every ballot format that it counts."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from drawn import FORMATS, draw_in, profile_in
from naive_counting import Town
from pbvote.core.limits import AnyLimit, AtMost, Exclusive, MinVotes, Required
from pbvote.core.selection import BallotFormat
from pbvote_tally.rules import RULES, Rule

SET: dict[str, dict[str, Any]] = {
    "borda": {"winners": 2},
    "majority-judgment": {"winners": 2},
    "most-votes": {"winners": 3},
}
"""Some rules once more, with other parameters than the defaults."""

Case = tuple[Rule, BallotFormat, dict[str, Any]]
CASES: list[Case] = [
    (rule, form, given)
    for rule in RULES.values()
    for form in FORMATS
    for given in ({}, SET.get(rule.name))
    if given is not None and rule.counts(form)
]


def looks_at_money(case: Case) -> bool:
    rule, _, given = case
    return not getattr(rule.decode(given), "winners", 0)


@given(st.integers(0, 2**32), st.sampled_from(CASES))
@settings(max_examples=300)
def test_what_holds_of_every_count(seed: int, case: Case) -> None:
    rule, form, given = case
    rng = random.Random(seed)
    town = draw_in(rng, form)
    outcome = rule.run(profile_in(town, form), rule.decode(given))
    costs = {f"p{p}": cost for p, cost in enumerate(town.costs)}
    assert len(set(outcome.winners)) == len(outcome.winners)
    assert outcome.spent == sum(costs[winner] for winner in outcome.winners)
    assert outcome.spent <= town.budget or not looks_at_money(case)
    assert sorted(step.project for step in outcome.steps) == sorted(costs)
    assert tuple(step.project for step in outcome.steps if step.chosen) == outcome.winners
    shuffled = list(town.ballots)
    rng.shuffle(shuffled)
    again = Town(town.costs, town.budget, shuffled)
    assert rule.run(profile_in(again, form), rule.decode(given)) == outcome


def some_limits(rng: random.Random, town: Town) -> tuple[AnyLimit, ...]:
    """Up to three limits over the projects, which are of the categories x and y."""
    names = [f"p{p}" for p in range(len(town.costs))]
    made: list[AnyLimit] = []
    for _ in range(rng.randint(0, 3)):
        some = rng.sample(names, rng.randint(1, len(names)))
        made.append(
            rng.choice(
                (
                    MinVotes(votes=rng.randint(0, 3)),
                    MinVotes(share=f"1/{rng.randint(1, 5)}"),
                    AtMost(category="x", projects=rng.randint(0, 2)),
                    AtMost(district="y", amount=rng.randint(0, town.budget)),
                    Exclusive(projects=some) if len(some) > 1 else AtMost(projects=2),
                    Required(projects=some[:1]),
                )
            )
        )
    return tuple(made)


@given(st.integers(0, 2**32), st.sampled_from(CASES))
@settings(max_examples=500)
def test_every_rule_obeys_every_limit(seed: int, case: Case) -> None:
    rule, form, given = case
    rng = random.Random(seed)
    town = draw_in(rng, form)
    kinds = [rng.choice("xy") for _ in town.costs]
    limits = some_limits(rng, town)
    made = profile_in(town, form, kinds, limits)
    entries = made.projects
    outcome = rule.run(made, rule.decode(given))
    must = {name for limit in limits if isinstance(limit, Required) for name in limit.projects}
    won = {entry.id: entry for entry in entries if entry.id in outcome.winners}
    free = [entry for entry in won.values() if entry.id not in must]
    assert must <= set(won)
    places = getattr(outcome.parameters, "winners", 0)
    assert not places or len(won) <= max(places, len(must))
    if looks_at_money(case):
        assert outcome.spent <= town.budget or not sum(entry.cost for entry in free)
    assert sorted({step.project for step in outcome.steps}) == [entry.id for entry in entries]
    for limit in limits:
        if isinstance(limit, AtMost):
            kind = [e for e in won.values() if limit.concerns(e.categories, e.district)]
            others = [entry for entry in kind if entry in free]
            assert not others or limit.projects is UNSET or len(kind) <= limit.projects
            cost = sum(entry.cost for entry in kind)
            assert not sum(e.cost for e in others) or limit.amount is UNSET or cost <= limit.amount
        elif isinstance(limit, Exclusive):
            kind = [won[name] for name in limit.projects if name in won]
            assert len(kind) <= 1 or not set(kind) & set(free)
        elif isinstance(limit, MinVotes):
            votes = [town.votes(int(entry.id[1:])) for entry in free]
            costs = [entry.cost for entry in free]
            for vote, cost in zip(votes, costs, strict=True):
                assert limit.holds(vote, len(town.ballots), cost, town.budget)
