"""A contest's limits: read strictly, and obeyed by the count."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pbvote.core.errors import InputError
from pbvote.core.limits import counting_order, read_limits
from pbvote.core.manifest import Contest, Correction
from pbvote_tally.count import count, count_contests

PROJECTS: dict[str, dict[str, Any]] = {
    "pitch": {"cost": 40, "category": "sport"},
    "pool": {"cost": 30, "category": {"fr": "sport", "nl": "sporten"}},
    "trees": {"cost": 20, "category": "green", "district": "nord"},
    "bench": {"cost": 10, "district": "nord"},
}
VOTES = [(1, 1, 0, 0)] * 3 + [(1, 0, 1, 0)] * 2 + [(0, 0, 0, 1)] * 1
"""5 votes for the pitch, 3 for the pool, 2 for the trees, 1 for the bench, of 6."""


def contest(*limits: dict[str, Any], id: str = "town", **more: Any) -> Contest:
    projects = [
        {"id": name, "number": name, "title": {"fr": name}} | rest
        for name, rest in PROJECTS.items()
    ]
    ballot = {"format": "approval", "min": 0, "max": 4}
    plain = {"id": id, "title": {"fr": "V"}, "budget": 100, "ballot": ballot}
    plain |= {"rule": {"name": "greedy"}, "projects": projects, "limits": list(limits)}
    return msgspec.convert(plain | more, Contest)


@pytest.mark.parametrize(
    ("limit", "winners"),
    [
        ({"limit": "min-votes", "votes": 3}, "pitch pool"),
        ({"limit": "min-votes", "share": "1/3"}, "pitch pool trees"),
        ({"limit": "min-votes", "share": "1/2"}, "pitch pool"),
        ({"limit": "min-votes", "cost_share": "5/3"}, "pitch pool trees bench"),
        ({"limit": "min-votes", "cost_share": "17/10"}, "pitch"),
        ({"limit": "at-most", "category": "sport", "projects": 1}, "pitch trees bench"),
        ({"limit": "at-most", "category": "sporten", "projects": 0}, "pitch trees bench"),
        ({"limit": "at-most", "category": "sport", "amount": 69}, "pitch trees bench"),
        ({"limit": "at-most", "category": "sport", "amount": 70}, "pitch pool trees bench"),
        ({"limit": "at-most", "district": "nord", "amount": 15}, "pitch pool bench"),
        ({"limit": "at-most", "projects": 2}, "pitch pool"),
        ({"limit": "exclusive", "projects": ["pitch", "trees", "bench"]}, "pitch pool"),
        ({"limit": "required", "projects": ["bench", "trees"]}, "bench trees pitch pool"),
    ],
)
def test_what_a_limit_does(limit: dict[str, Any], winners: str) -> None:
    assert count(contest(limit), VOTES).winners == tuple(winners.split())


def test_limits_work_together() -> None:
    made = contest(
        {"limit": "required", "projects": ["bench"]},
        {"limit": "exclusive", "projects": ["bench", "pitch"]},
        {"limit": "at-most", "projects": 2},
    )
    outcome = count(made, VOTES)
    assert outcome.winners == ("bench", "pool")
    said = {step.project: (step.reason, step.because) for step in outcome.steps}
    assert said["pitch"] == ("excluded-by", "bench")
    assert said["trees"] == ("limit-reached", "")


def test_required_projects_dearer_than_the_budget_leave_nothing() -> None:
    made = contest({"limit": "required", "projects": ["pitch", "pool"]}, budget=50)
    outcome = count(made, VOTES)
    assert (outcome.winners, outcome.spent) == (("pool", "pitch"), 70)
    assert {step.reason for step in outcome.steps if not step.chosen} == {"too-dear"}


def test_a_withdrawn_project_is_not_required() -> None:
    made = contest({"limit": "required", "projects": ["bench"]})
    gone = Correction(contest="town", project="bench", field="withdrawn", value=True, reason="x")
    assert "bench" not in count(made, VOTES, [gone]).winners


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"limit": "at-least"}, "not a limit we know"),
        ({"limit": "min-votes"}, "exactly one of votes, share, cost_share"),
        ({"limit": "min-votes", "votes": 1, "share": "1/2"}, "exactly one"),
        ({"limit": "min-votes", "share": "0.5"}, "share"),
        ({"limit": "min-votes", "share": "1/0"}, "share"),
        ({"limit": "min-votes", "share": "10"}, "a share is at most 1"),
        ({"limit": "at-most", "category": "", "projects": 1}, "length >= 1"),
        ({"limit": "at-most", "district": "", "projects": 1}, "length >= 1"),
        ({"limit": "at-most", "category": "sport"}, "exactly one of projects, amount"),
        ({"limit": "at-most", "category": "sport", "district": "nord", "projects": 1}, "not both"),
        ({"limit": "at-most", "category": "music", "projects": 1}, "no project is of 'music'"),
        ({"limit": "at-most", "projects": 1, "amounts": 3}, "amounts"),
        ({"limit": "exclusive", "projects": ["pitch"]}, "length >= 2"),
        ({"limit": "exclusive", "projects": ["pitch", "pitch"]}, "in it twice"),
        ({"limit": "required", "projects": ["spa"]}, "no project spa"),
        ({"limit": "leftover", "to": "town"}, "to itself"),
    ],
)
def test_a_limit_that_cannot_be_obeyed_is_refused(limit: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match="contest town, limit 1") as caught:
        read_limits(contest(limit))
    assert said in str(caught.value)


def test_money_left_over_goes_where_the_manifest_says() -> None:
    nord = contest({"limit": "leftover", "to": "city"}, id="nord", budget=55)
    sud = contest({"limit": "leftover", "to": "city"}, id="sud", budget=25)
    city = contest(id="city", budget=20)
    votes = {"nord": VOTES, "sud": VOTES, "city": VOTES}
    outcomes = count_contests([city, nord, sud], votes)
    assert list(outcomes) == ["city", "nord", "sud"]
    assert outcomes["nord"].winners == ("pitch", "bench")  # 5 left
    assert outcomes["sud"].winners == ("trees",)  # 5 left
    assert (outcomes["city"].budget, outcomes["city"].winners) == (30, ("pool",))


def test_leftovers_that_go_nowhere_or_in_a_circle_are_refused() -> None:
    a = contest({"limit": "leftover", "to": "b"}, id="a")
    b = contest({"limit": "leftover", "to": "a"}, id="b")
    with pytest.raises(InputError, match="circle: a, b"):
        counting_order([a, b])
    with pytest.raises(InputError, match="'b', which is no contest"):
        counting_order([a])
    two = contest({"limit": "leftover", "to": "b"}, {"limit": "leftover", "to": "c"}, id="a")
    with pytest.raises(InputError, match="two contests"):
        counting_order([two, b])


def test_leftovers_go_through_several_contests() -> None:
    a = contest({"limit": "leftover", "to": "b"}, id="a", budget=9)
    b = contest({"limit": "leftover", "to": "c"}, id="b", budget=0)
    c = contest(id="c", budget=1)
    outcomes = count_contests([c, b, a], {"a": VOTES, "b": VOTES, "c": VOTES})
    assert {name: outcome.budget for name, outcome in outcomes.items()} == {"c": 10, "b": 9, "a": 9}
    assert outcomes["c"].winners == ("bench",)
