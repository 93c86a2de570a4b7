"""Equal Shares, every option of it, against a naive reference."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import APPROVAL, POINTS, RANKING, draw_in, profile_in
from naive_counting import Town
from naive_shares import Poll, naive_equal_shares, naive_greedy, preferences, purchases
from pbvote.core.limits import Exclusive
from pbvote.core.selection import BallotFormat
from pbvote_tally.rules.buying import buy
from pbvote_tally.rules.equal_shares import EqualSharesParameters, equal_shares, payments
from pbvote_tally.rules.levels import reach
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.offers import Market
from pbvote_tally.rules.profile import Profile
from pbvote_tally.rules.purses import Purses
from pbvote_tally.rules.ties import Ties

COMPLETIONS = (
    "none",
    "add-one",
    "add-one",
    "greedy",
    "add-one-greedy",
    "phragmen",
    "add-one-phragmen",
)


@pytest.fixture
def elections(soak: bool) -> int:
    """How many random elections a test counts."""
    return 20_000 if soak else 400


def draw(rng: random.Random) -> tuple[Poll, Profile]:
    """A small town, rich in ties; sometimes some projects exclude each other."""
    form: BallotFormat = rng.choice((APPROVAL, APPROVAL, POINTS, RANKING))
    words = ["cost", "cost", "cardinality", "points"] + ["borda"] * (form is RANKING)
    town = draw_in(rng, form)
    rivals: list[int] = []
    if len(town.costs) > 1 and rng.random() < 0.2:
        rivals = rng.sample(range(len(town.costs)), rng.randint(2, len(town.costs)))
    limits = [Exclusive(projects=[f"p{p}" for p in rivals])] if rivals else []
    return Poll(town, form, rng.choice(words), rivals), profile_in(town, form, limits=limits)


def draw_options(rng: random.Random) -> dict[str, Any]:
    return {
        "completion": rng.choice(COMPLETIONS),
        "step": rng.choice((1, 1, 2, 5)),
        "stop": rng.choice(("overspending", "exhaustive")),
        "endowment": rng.choice(("exact", "whole")),
    }


def ids(chosen: list[int]) -> tuple[str, ...]:
    return tuple(f"p{p}" for p in chosen)


def test_every_option_is_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        poll, made = draw(rng)
        chosen = draw_options(rng)
        satisfaction: Any = poll.satisfaction
        parameters = EqualSharesParameters(satisfaction=satisfaction, **chosen)
        outcome = equal_shares(made, parameters)
        assert outcome.winners == ids(naive_equal_shares(poll, **chosen)), (poll, chosen)
        assert [outcome.figures["first_share"], outcome.figures["share"]] == poll.shares
        assert {step.project for step in outcome.steps} == {entry.id for entry in made.projects}


def test_prices_and_what_is_left_are_the_reference(elections: int, rng: random.Random) -> None:
    for _ in range(elections):
        poll, made = draw(rng)
        satisfaction: Any = poll.satisfaction
        parameters = EqualSharesParameters(satisfaction=satisfaction, completion="none")
        outcome = equal_shares(made, parameters)
        share = Fraction(poll.town.budget, max(1, len(poll.ballots)))
        chosen, prices, purses = purchases(poll, share)
        assert [s.numbers["price"] for s in outcome.steps if "price" in s.numbers] == prices
        paid = payments(made, outcome)
        assert tuple(paid) == ids([p for p in chosen if poll.costs[p]]), poll
        spent = Fraction(0)
        for name, lines in paid.items():
            amounts = [line.amount for line in lines]
            assert amounts == sorted(set(amounts), reverse=True)
            assert sum(line.voters for line in lines) <= len(poll.supporters(int(name[1:])))
            spent += sum(line.amount * line.voters for line in lines)
            assert sum(a * v for a, v in lines) == poll.costs[int(name[1:])], (poll, name)
        assert spent == share * len(poll.ballots) - sum(purses)
        for step in outcome.steps:
            if step.reason == "supporters-cannot-pay":
                by = poll.supporters(int(step.project[1:]))
                assert step.numbers["money"] == int(sum(purses[i] for i in by))


def test_greedy_replaces_it_if_strictly_more_prefer_that(
    elections: int, rng: random.Random
) -> None:
    replaced = 0
    for _ in range(elections):
        poll, made = draw(rng)
        satisfaction: Any = poll.satisfaction
        chosen = draw_options(rng)
        parameters = EqualSharesParameters(satisfaction=satisfaction, comparison="greedy", **chosen)
        outcome = equal_shares(made, parameters)
        shares, greedy = naive_equal_shares(poll, **chosen), naive_greedy(poll)
        keep, replace = preferences(poll, shares, greedy)
        assert outcome.figures["prefer_equal_shares"] == keep, (poll, chosen)
        assert outcome.figures["prefer_greedy"] == replace
        assert outcome.winners == ids(greedy if replace > keep else shares)
        replaced += replace > keep
    assert replaced


def test_what_is_bought_with_a_range_of_shares(elections: int, rng: random.Random) -> None:
    """Following both ends may leave it open, and levels may be wide; neither is ever wrong."""
    answered, decided = 0, 0
    for _ in range(elections):
        poll, made = draw(rng)
        satisfaction: Any = poll.satisfaction
        low = Fraction(rng.randint(0, 60), rng.randint(1, 7))
        high = low + rng.choice((Fraction(0), Fraction(rng.randint(1, 9), rng.randint(1, 9))))
        market = Market(made, [p for p in poll.projects if poll.costs[p]], satisfaction)
        between = [low + (high - low) * k / 12 for k in (0, 1, 3, 4, 6, 9, 12)]
        if any(poll.costs[p] == 0 for p in poll.projects):
            continue
        expected = [purchases(poll, share)[0] for share in between]
        bits = market.bits(high)
        rich = Purses(market, high, bits)
        poor = rich if low == high else Purses(market, low, bits)
        is_known = buy(poor, rich, Ties(made), Room(made))
        assert is_known or low < high
        if is_known:
            answered += 1
            assert expected == [rich.projects] * 7, (poll, low, high)
        surely, maybe, most = reach(market, low, high, Room(made))
        for bought in expected:
            assert {offer.project for offer in surely} <= set(bought), (poll, low, high)
            assert set(bought) <= {offer.project for offer in [*surely, *maybe]}, (poll, low, high)
            assert sum(poll.costs[p] for p in bought) <= most, (poll, low, high)
        decided += not maybe
    assert min(answered, decided) > elections / 3


def test_wide_purses_are_counted_with_integers_of_any_size(rng: random.Random) -> None:
    """Money that leaves no room for bits behind the point gives the same as in a smaller unit."""
    for _ in range(60):
        poll, made = draw(rng)
        satisfaction: Any = poll.satisfaction
        scale = 10**17
        town = Town([cost * scale for cost in poll.costs], poll.town.budget * scale, poll.ballots)
        limits = made.limits
        large = profile_in(town, poll.form, limits=limits)
        for completion in ("none", "add-one", "add-one-phragmen"):
            one: Any = {"satisfaction": satisfaction, "completion": completion}
            few = EqualSharesParameters(**one)
            many = EqualSharesParameters(**one, step=scale)
            outcome = equal_shares(large, many)
            assert outcome.winners == equal_shares(made, few).winners, (poll, completion)


@given(st.integers(0, 2**32), st.sampled_from((100, 10**6, 10**9)))
@settings(max_examples=60)
def test_the_unit_of_money_does_not_matter(seed: int, scale: int) -> None:
    """Cents instead of euros give the same winners; with one step a euro, or none at all."""
    poll, made = draw(random.Random(seed))
    town = Town([cost * scale for cost in poll.costs], poll.town.budget * scale, poll.ballots)
    large = profile_in(town, poll.form, limits=made.limits)
    completions: tuple[Literal["none", "add-one"], ...] = ("none", "add-one")
    for completion in completions:
        coarse = EqualSharesParameters(completion=completion)
        fine = EqualSharesParameters(completion=completion, step=scale)
        assert equal_shares(large, fine).winners == equal_shares(made, coarse).winners


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_small_steps_of_large_money_are_no_slower(seed: int) -> None:
    """10^12 a project and steps of 1: ranges are skipped, the result stays in the budget."""
    poll, made = draw(random.Random(seed))
    scale = 10**12
    town = Town([cost * scale for cost in poll.costs], poll.town.budget * scale, poll.ballots)
    large = profile_in(town, poll.form, limits=made.limits)
    outcome = equal_shares(large, EqualSharesParameters())
    assert outcome.spent <= large.budget


def test_the_order_of_ballots_does_not_matter(rng: random.Random) -> None:
    for _ in range(40):
        poll, made = draw(rng)
        shuffled = list(poll.ballots)
        rng.shuffle(shuffled)
        again = profile_in(
            Town(poll.costs, poll.town.budget, shuffled), poll.form, limits=made.limits
        )
        parameters = EqualSharesParameters(completion="add-one-phragmen", comparison="greedy")
        assert equal_shares(again, parameters) == equal_shares(made, parameters)
