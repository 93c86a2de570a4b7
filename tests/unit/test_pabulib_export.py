"""Selections as open data: accepted by Pabulib's own checker, and read again as they were."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from pabulib.checker import Checker

from election_builder import build_election, make_contest
from pbvote.core.manifest import Contest, Manifest
from pbvote.core.selection import (
    Approval,
    BallotFormat,
    Grades,
    Knapsack,
    Points,
    Ranking,
    Vector,
)
from pbvote.pabulib import Published, ballot_format, export, parse, read, to_text, write_pb
from pbvote_tally.count import count, count_pb

GREEDY = {"name": "greedy"}


def ballots(form: BallotFormat, rng: random.Random) -> list[Vector]:
    """Forty valid ones on five projects, the first of them blank."""
    make: Callable[[], Sequence[int]]
    match form:
        case Approval():
            marks = [1] * form.max + [0] * (5 - form.max)
            make = lambda: rng.sample(marks, 5)  # noqa: E731
        case Knapsack():
            make = lambda: rng.sample([1, 1, 0, 0, 0], 5)  # noqa: E731
        case Points():
            make = lambda: rng.sample([3, 2, 0, 0, 0], 5)  # noqa: E731
        case Ranking():
            make = lambda: rng.sample([1, 2, rng.choice([0, 3]), 0, 0], 5)  # noqa: E731
        case Grades():
            make = lambda: [rng.randint(0, form.levels) for _ in range(5)]  # noqa: E731
    return [(0,) * 5, *(tuple(make()) for _ in range(39))]


def election(form: BallotFormat, rule: Mapping[str, object]) -> tuple[Manifest, Contest]:
    contest = make_contest(ballot=form, rule=rule)
    return build_election(contests=[contest]).election.manifest, contest


def problems(path: Path) -> dict[str, Any]:
    """What the checker finds wrong."""
    result = Checker().process_files([str(path)])
    found: dict[str, Any] = result[path.stem]["results"]["errors"]
    return found


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        (Approval(min=1, max=3), GREEDY),
        (Approval(min=1, max=3), {"name": "greedy", "unaffordable": "stop"}),
        (Approval(min=1, max=3), {"name": "greedy", "min_score": 12}),
        (Approval(min=1, max=3), {"name": "equal-shares", "completion": "none"}),
        (Approval(min=0, max=1), GREEDY),
        (Knapsack(), GREEDY),
        (Points(total=5, max_each=3), GREEDY),
        (Ranking(max=3), GREEDY),
        (Grades(levels=4), GREEDY),
        (Grades(levels=4), {"name": "phragmen"}),
    ],
    ids=str,
)
def test_pabulibs_checker_accepts_it(
    form: BallotFormat, rule: Mapping[str, object], tmp_path: Path, rng: random.Random
) -> None:
    manifest, contest = election(form, rule)
    selections = ballots(form, rng)
    winners = count(contest, selections).winners if rule["name"] != "phragmen" else ("p1",)
    path = tmp_path / "town.pb"
    write_pb(path, manifest, contest, selections, Published(winners))
    assert problems(path) == {}
    again = read(path)
    place = {project.id: i for i, project in enumerate(contest.projects)}
    order = [place[project.id] for project in again.projects]
    assert again.vectors == [tuple(v[i] for i in order) for v in selections if any(v)]
    assert set(again.official or ()) == set(winners)
    assert (again.budget, again.unit) == (20_000, 1)
    assert again.meta["currency"] == "EUR"
    assert "Left out as blank: 1" in again.meta["comment"]
    if rule == GREEDY and not isinstance(form, Grades):
        assert set(count_pb(again).winners) == set(winners)


def test_a_file_of_ours_read_and_written_is_the_same(rng: random.Random) -> None:
    manifest, contest = election(Ranking(max=3), GREEDY)
    made = export(manifest, contest, ballots(Ranking(max=3), rng), Published(["p2"]))
    again = parse(to_text(made))
    assert again == made
    assert ballot_format(again) == Ranking(max=3)
    assert made.vote_columns == ("voter_id", "vote", "points")


def test_cents_corrections_withdrawn_projects_and_money_received(tmp_path: Path) -> None:
    manifest, contest = election(Approval(min=1, max=5), GREEDY)
    published = Published(
        winners=["p1"],
        costs={"p1": 500_001},
        withdrawn=["p5"],
        budget=2_500_000,
        country="Belgium",
        unit="Écaussinnes",
    )
    write_pb(tmp_path / "x.pb", manifest, contest, [(1, 0, 0, 0, 1), (1, 1, 1, 1, 1)], published)
    again = read(tmp_path / "x.pb")
    assert (again.unit, again.budget) == (100, 2_500_000)
    costs = {project.id: project.cost for project in again.projects}
    assert (costs["p1"], costs["p5"]) == (500_001, 99_999_999_900)
    assert [project.id for project in again.projects if project.withdrawn] == ["p5"]
    assert again.meta["unit"] == "Écaussinnes"
    assert "p5 was withdrawn" in again.meta["comment"]


def test_invalid_ballots_and_limits_are_told() -> None:
    manifest, contest = election(Approval(min=1, max=2), GREEDY)
    limited = structs.replace(contest, limits=[{"limit": "exclusive", "projects": ["p1", "p2"]}])
    made = export(manifest, limited, [None, (1, 1, 1, 0, 0), (1, 0, 0, 0, 0)], Published())
    assert len(made.ballots) == 1
    assert made.rule == "greedy-custom"
    assert "Left out as invalid: 2" in made.meta["comment"]
    assert '"exclusive"' in made.meta["comment"]
    assert made.official is None


def test_everybody_votes_blank() -> None:
    manifest, contest = election(Points(total=5, max_each=3), GREEDY)
    made = export(manifest, contest, [(0,) * 5] * 3, Published([]))
    assert made.vectors == []
    assert "Left out as blank: 3" in made.meta["comment"]
