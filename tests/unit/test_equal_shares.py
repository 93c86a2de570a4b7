"""Equal Shares: what the random elections don't look at, or say less plainly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pbvote.core.errors import InputError
from pbvote.core.selection import Approval, Ranking
from pbvote_tally.rules.equal_shares import EqualSharesParameters, equal_shares
from pbvote_tally.rules.profile import Entry, profile

TICKS = Approval(min=0, max=9)


def test_a_project_that_nobody_supports_has_its_step_too() -> None:
    town = profile([Entry("a", 5), Entry("b", 5)], 10, TICKS, {(1, 0): 2})
    for completion in ("none", "add-one", "add-one-phragmen"):
        parameters = EqualSharesParameters(min_votes=0, completion=completion)
        last = equal_shares(town, parameters).steps[-1]
        assert (last.project, last.reason) == ("b", "supporters-cannot-pay")
        assert last.numbers["money"] == 0


def test_no_ballots_at_all() -> None:
    town = profile([Entry("a", 5)], 10, TICKS, {})
    for completion in ("add-one", "phragmen"):
        parameters = EqualSharesParameters(min_votes=0, completion=completion)
        outcome = equal_shares(town, parameters)
        assert outcome.winners == ()
        assert [step.project for step in outcome.steps] == ["a"]


def test_borda_satisfaction_needs_rankings() -> None:
    town = profile([Entry("a", 5)], 10, TICKS, {(1,): 2})
    with pytest.raises(InputError, match="rankings"):
        equal_shares(town, EqualSharesParameters(satisfaction="borda"))


def test_the_last_of_all_ranked_is_worth_nothing() -> None:
    """Of two projects the first is worth 1 and the last 0, who then doesn't pay for it."""
    town = profile([Entry("a", 4), Entry("b", 4)], 8, Ranking(max=2), {(1, 2): 2})
    parameters = EqualSharesParameters(satisfaction="borda", completion="none")
    outcome = equal_shares(town, parameters)
    assert outcome.winners == ("a",)
    assert outcome.steps[1].numbers["money"] == 0


def test_phragmen_starts_from_what_is_left() -> None:
    """30 each: the park takes 20 of three. Then the pool's two lack 60 together, and the path's 50.

    Who earns 30 has the pool; who earns 25, of two, the path.
    """
    town = profile(
        [Entry("park", 60), Entry("pool", 80), Entry("path", 110)],
        150,
        TICKS,
        {(1, 1, 0): 2, (1, 0, 0): 1, (0, 0, 1): 2},
    )
    found = equal_shares(town, EqualSharesParameters(completion="phragmen"))
    times = [(s.project, s.reason, s.numbers.get("earned")) for s in found.steps]
    assert times == [
        ("park", "chosen", None),
        ("path", "too-dear", Fraction(25)),
        ("pool", "chosen", Fraction(30)),
    ]


def test_who_has_nothing_on_one_side_counts_in_the_comparison() -> None:
    """Greedy takes the dear one that three like; their two others then have nothing."""
    town = profile(
        [Entry("dear", 100), Entry("one", 50), Entry("two", 50)],
        100,
        TICKS,
        {(1, 0, 0): 3, (0, 1, 0): 2, (0, 0, 1): 2},
    )
    shares = EqualSharesParameters(completion="add-one", comparison="greedy")
    outcome = equal_shares(town, shares)
    figures = outcome.figures
    assert (figures["prefer_equal_shares"], figures["prefer_greedy"]) == (4, 3)
    assert outcome.winners == ("one", "two")


def test_greedy_replaces_equal_shares_and_is_told_so() -> None:
    town = profile(
        [Entry("dear", 100), Entry("cheap", 10)],
        100,
        TICKS,
        {(1, 0): 5, (0, 1): 3, (0, 0): 2},
    )
    outcome = equal_shares(town, EqualSharesParameters(comparison="greedy"))
    assert (outcome.rule, outcome.winners, outcome.spent) == ("equal-shares", ("dear",), 100)
    assert outcome.figures["prefer_greedy"] == 5
    assert [step.phase for step in outcome.steps] == ["greedy", "greedy"]
