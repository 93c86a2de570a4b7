"""What the rules that go by an order say of each project, and where they end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from pbvote.core.limits import AtMost, Required
from pbvote.core.selection import Approval, BallotFormat, Grades, Ranking
from pbvote_tally.rules import RULES
from pbvote_tally.rules.majority_judgment import majority_value
from pbvote_tally.rules.profile import Entry, Outcome, Profile, profile

TICKS = Approval(min=0, max=9)


def run(name: str, made: Profile, **settings: Any) -> Outcome:
    rule = RULES[name]
    return rule.run(made, rule.decode(settings))


def town(
    costs: dict[str, int], votes: list[int], budget: int, form: BallotFormat = TICKS, **more: Any
) -> Profile:
    """Each project has so many ballots of its own."""
    alone = {tuple(int(q == p) for q in range(len(costs))): n for p, n in enumerate(votes)}
    return profile([Entry(*item) for item in costs.items()], budget, form, alone, **more)


def reasons(outcome: Outcome) -> dict[str, str]:
    return {step.project: step.reason for step in outcome.steps}


def test_after_overspending_nothing_is_funded_not_even_what_is_free() -> None:
    made = town({"a": 70, "b": 50, "c": 20, "d": 0}, [4, 3, 2, 1], 100)
    for word in ("skip", "stop"):
        outcome = run("greedy", made, unaffordable=word, overspend="3/5")
        assert reasons(outcome) == {"a": "chosen", "b": "chosen", "c": "too-dear", "d": "stopped"}
        assert [step.numbers["left"] for step in outcome.steps] == [100, 30, 0, 0]
        assert outcome.steps[1].numbers["overspent"] == 20
        assert outcome.spent == 120


def test_with_skip_a_later_project_may_overspend() -> None:
    made = town({"a": 70, "b": 90, "c": 35, "d": 5}, [4, 3, 2, 1], 100)
    skipped = run("greedy", made, overspend="4/5")
    assert reasons(skipped) == {"a": "chosen", "b": "too-dear", "c": "chosen", "d": "too-dear"}
    stopped = run("greedy", made, overspend="4/5", unaffordable="stop")
    assert stopped.winners == ("a",)


def test_overspending_exceeds_no_limit() -> None:
    limits = [AtMost(amount=100)]
    made = town({"a": 70, "b": 35}, [4, 3], 100, limits=limits)
    assert run("greedy", made, overspend="4/5").winners == ("a",)


def test_what_must_be_funded_takes_a_place() -> None:
    costs = {"a": 70, "b": 50, "c": 20}
    made = town(costs, [3, 2, 1], 0, limits=[Required(projects=["c"])])
    assert run("most-votes", made).winners == ("c",)
    outcome = run("most-votes", made, winners=2)
    assert outcome.winners == ("c", "a")
    assert outcome.steps[-1].reason == "outranked"
    assert outcome.steps[-1].numbers["winners"] == 2
    assert run("most-votes", made, winners=9).winners == ("c", "a", "b")


def test_score_per_cost_is_exact() -> None:
    """1/3 and 333333333333/10^12 are told apart."""
    made = town({"a": 10**12, "b": 3}, [333333333333, 1], 10**12 + 3)
    outcome = run("greedy-per-cost", made)
    assert outcome.winners == ("b", "a")
    assert outcome.steps[1].numbers["per_cost"] == Fraction(333333333333, 10**12)


def test_a_minimum_score_is_of_the_rules_own_score() -> None:
    entries = [Entry("a", 1), Entry("b", 1), Entry("c", 1)]
    ranked = profile(entries, 9, Ranking(max=3), [(1, 2, 3), (1, 2, 0)])
    assert run("borda", ranked, min_score=2).winners == ("a", "b")  # 4, 2, 0 points
    graded = profile(entries, 9, Grades(levels=4), [(4, 3, 1), (1, 3, 2), (4, 3, 2)])
    outcome = run("majority-judgment", graded, min_score=3)
    assert outcome.winners == ("a", "b")
    assert outcome.steps[-1].numbers["score"] == 2


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ([0, 0, 1], [9, 9, 0]),  # the median counts first
        ([1, 0, 2], [1, 1, 1]),
        ([2, 0, 0, 2], [3, 0, 0, 1]),  # an even number: the lower one
        ([1, 1, 0, 2], [0, 2, 2, 0]),  # 2 and 4 around the middle, 2 and 3
        ([1, 3, 1], [2, 2, 1]),  # the same around the middle; the worse side comes first
        ([0, 1, 0], [1, 1, 1]),
        ([0, 3, 1], [0, 9, 1]),  # a larger share is better
        ([1], [0]),  # anything is better than no grade at all
    ],
)
def test_majority_values(better: list[int], worse: list[int]) -> None:
    assert majority_value(better) > majority_value(worse)


def test_no_opinion_is_left_out_or_the_worst() -> None:
    entries = [Entry("known", 60), Entry("new", 60)]
    made = profile(entries, 60, Grades(levels=4), [(3, 0), (3, 0), (3, 4), (0, 0)])
    left_out = run("majority-judgment", made)
    assert left_out.winners == ("new",)
    assert left_out.steps[0].numbers["grade"] == 4
    worst = run("majority-judgment", made, no_opinion="worst")
    assert worst.winners == ("known",)
    assert [(s.numbers["grade"], s.numbers["better"]) for s in worst.steps] == [(3, 0), (1, 1)]
    assert run("majority-judgment", made, min_votes=2).winners == ("known",)
