"""What every rule does at the edges, in every ballot format that it counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from pbvote.core.errors import InputError
from pbvote.core.limits import AnyLimit, AtMost, Exclusive
from pbvote.core.manifest import Contest
from pbvote.core.selection import (
    Approval,
    BallotFormat,
    Grades,
    Knapsack,
    Points,
    Ranking,
    Vector,
)
from pbvote_tally.count import contest_profile, count
from pbvote_tally.rules import RULES, Rule
from pbvote_tally.rules.profile import Entry, Profile, profile

FORMATS: dict[str, BallotFormat] = {
    "approval": Approval(min=0, max=1000),
    "knapsack": Knapsack(),
    "points": Points(total=1000, max_each=3),
    "ranking": Ranking(max=3),
    "grades": Grades(levels=4),
}
PAIRS = [
    pytest.param(rule, form, id=f"{rule.name}-{name}")
    for rule in RULES.values()
    for name, form in FORMATS.items()
    if rule.counts(form)
]
ORDERED = {"greedy": 500, "greedy-per-cost": 500, "borda": 500, "most-votes": 1}
"""Rules that go by the score alone if all cost the same, and how many of 1,000 they fund here."""

each_rule = pytest.mark.parametrize(("rule", "form"), PAIRS)


def cast(form: BallotFormat, ticks: Vector) -> Iterator[Vector]:
    """A ballot that gives the ticked ones all it can; as many rankings as make them equal."""
    chosen = [p for p, tick in enumerate(ticks) if tick]
    if isinstance(form, Ranking):
        for turn in range(max(1, len(chosen))):
            ranks = {p: (i + turn) % len(chosen) + 1 for i, p in enumerate(chosen)}
            yield tuple(ranks.get(p, 0) for p in range(len(ticks)))
    else:
        best = {Points: 3, Grades: 4}.get(type(form), 1)
        yield tuple(best * tick for tick in ticks)


def town(
    form: BallotFormat, costs: Sequence[int], ballots: Sequence[Vector], budget: int, **more: Any
) -> Profile:
    entries = [Entry(f"p{i:03}"[-4:], cost) for i, cost in enumerate(costs)]
    given = [vector for ticks in ballots for vector in cast(form, ticks)]
    return profile(entries, budget, form, given, **more)


@each_rule
@pytest.mark.parametrize(
    ("costs", "ballots", "budget", "by_money", "first"),
    [
        ([], [], 100, [], []),  # a contest of nothing
        ([], [()] * 3, 100, [], []),
        ([10], [], 100, [], []),  # nobody came
        ([10, 0], [(0, 0)] * 3, 100, [], []),  # all blank
        ([10], [(1,)], 10, [0], [0]),  # one voter, one project
        ([10, 10], [(0, 1)], 10, [1], [1]),  # one voter
        ([10], [(1,)] * 5, 9, [], [0]),  # dearer than the envelope
        ([10], [(1,)] * 5, 0, [], [0]),  # an empty envelope
        ([0, 0], [(1, 0), (1, 1)], 0, [0, 1], [0]),  # nothing costs anything
        ([0, 5], [(0, 1)], 5, [1], [1]),  # free, but nobody wants it
        ([10**12, 10**12 + 1], [(1, 1)] * 7, 2 * 10**12, [0], [0]),
        ([5, 5, 5], [(1, 1, 1)] * 4, 10, [0, 1], [0]),  # everything tied
        ([5, 5, 5], [(1, 1, 1)] * 4, 15, [0, 1, 2], [0]),
    ],
)
def test_edges(
    rule: Rule,
    form: BallotFormat,
    costs: list[int],
    ballots: list[Vector],
    budget: int,
    by_money: list[int],
    first: list[int],
) -> None:
    made = town(form, costs, ballots, budget)
    outcome = rule.run(made, rule.decode({}))
    winners = first if rule.name == "most-votes" else by_money
    assert outcome.winners == tuple(f"p{p:03}" for p in winners)
    assert sorted(step.project for step in outcome.steps) == sorted(e.id for e in made.projects)
    assert outcome.spent == sum(costs[p] for p in winners)


@each_rule
def test_a_withdrawn_project_and_one_below_the_minimum_cannot_win(
    rule: Rule, form: BallotFormat
) -> None:
    made = town(form, [1, 1, 1], [(1, 1, 1), (1, 1, 0), (1, 1, 0)], 10)
    entries = list(made.projects)
    entries[1] = entries[1]._replace(withdrawn=True)
    made = msgspec.structs.replace(made, projects=tuple(entries))
    most = made.votes[0]
    outcome = rule.run(made, rule.decode({"min_votes": most}))
    reasons = {step.project: step.reason for step in outcome.steps}
    assert reasons == {"p000": "chosen", "p001": "withdrawn", "p002": "too-few-votes"}
    assert rule.run(made, rule.decode({"min_votes": most + 1})).winners == ()
    assert rule.run(made, rule.decode({"min_score": 10**6})).winners == ()
    assert "score-too-low" in {
        step.reason for step in rule.run(made, rule.decode({"min_score": 10**6})).steps
    }


@each_rule
def test_a_thousand_projects_and_amounts_of_a_million_millions(
    rule: Rule, form: BallotFormat
) -> None:
    """Project p is wanted by 1,000 − p voters and by nobody who wants another."""
    costs = [10**12] * 1000
    alone = [tuple(int(q == p) for q in range(1000)) for p in range(1000)]
    entries = [Entry(f"p{p:03}", cost) for p, cost in enumerate(costs)]
    votes = {next(cast(form, ticks)): 1000 - p for p, ticks in enumerate(alone)}
    made = profile(entries, 500 * 10**12, form, votes)
    settings = {"completion": "greedy"} if rule.name == "equal-shares" else {}
    outcome = rule.run(made, rule.decode(settings))
    assert sorted(step.project for step in outcome.steps) == [entry.id for entry in entries]
    assert outcome.spent == 10**12 * len(outcome.winners) <= made.budget
    if rule.name == "majority-judgment" or (rule.name in ORDERED and isinstance(form, Grades)):
        assert outcome.ties  # all have the best grade from everybody who has an opinion
    elif rule.name in ORDERED:
        assert outcome.winners == tuple(entry.id for entry in entries[: ORDERED[rule.name]])


@pytest.mark.parametrize("name", ["equal-shares", "phragmen"])
def test_a_thousand_projects_that_are_all_tied(name: str) -> None:
    """The only voter wants all of them, and all cost a million millions."""
    made = town(FORMATS["approval"], [10**12] * 1000, [(1,) * 1000], 300 * 10**12)
    settings = {"completion": "none"} if name == "equal-shares" else {}
    outcome = RULES[name].run(made, RULES[name].decode(settings))
    assert outcome.winners == tuple(f"p{p:03}" for p in range(300))
    assert [len(tie.projects) for tie in outcome.ties] == list(range(1000, 700, -1))


def test_equal_offers_are_not_the_same_to_limits() -> None:
    """Of four that are tied, one is excluded by the first and two fit in their district."""
    entries = [Entry(f"p{p}", 10, district="" if p < 2 else "north") for p in range(5)]
    limits: list[AnyLimit] = [
        Exclusive(projects=["p0", "p1"]),
        AtMost(district="north", projects=2),
    ]
    made = profile(entries, 100, FORMATS["approval"], [(1,) * 5], limits=limits)
    for completion in ("none", "add-one"):
        outcome = RULES["equal-shares"].run(
            made, RULES["equal-shares"].decode({"completion": completion})
        )
        assert outcome.winners == ("p0", "p2", "p3")
        assert [tie.projects for tie in outcome.ties] == [
            ("p0", "p1", "p2", "p3", "p4"),
            ("p2", "p3", "p4"),
            ("p3", "p4"),
        ]


WRONG: dict[str, list[Vector]] = {
    "approval": [(1, 1, 1), (2, 0, 0)],
    "knapsack": [(1, 1, 1), (2, 0, 0)],
    "points": [(3, 3, 3), (4, 0, 0)],
    "ranking": [(0, 2, 0), (1, 1, 0), (3, 1, 2)],
    "grades": [(5, 0, 0)],
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("name", FORMATS)
def test_selections_outside_the_format_take_no_part(rule: Rule, name: str) -> None:
    limits = {
        "approval": {"min": 1, "max": 2},
        "knapsack": {},
        "points": {"total": 6, "max_each": 3},
        "ranking": {"max": 2},
        "grades": {"levels": 4},
    }
    costs = [40, 40, 40]
    plain = {
        "id": "town",
        "title": {"en": "Town"},
        "budget": 100,
        "ballot": {"format": name, **limits[name]},
        "rule": {"name": rule.name},
        "projects": [
            {"id": f"p{p}", "number": f"{p}", "title": {"en": "P"}, "cost": cost}
            for p, cost in enumerate(costs)
        ],
    }
    contest = msgspec.convert(plain, Contest)
    if not rule.counts(contest.ballot):
        with pytest.raises(InputError, match=rf"can't count {name} ballots"):
            count(contest, [])
        return
    right = [(1, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0)]
    wrong = [*WRONG[name], (1, 0), (0, 0, 0, 1), (-1, 0, 0), None]
    made = contest_profile(contest, [*wrong, *right, *wrong])
    assert (made.ballots, made.blank, made.invalid) == (4, 1, 2 * len(wrong))
    assert count(contest, [*right, *wrong]) == count(contest, right)
    assert count(contest, wrong).winners == ()
