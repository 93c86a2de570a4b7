"""Real elections: what the towns published, and what pabutools finds (shared/data/pabulib)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from pbvote.core import selection
from pbvote.pabulib import Election, ballot_format, read, to_text
from pbvote.pabulib import parse as parse_pb
from pbvote_tally.count import count_pb

# pabutools 1.2.3's names (oracle/*.json) → ours
PEER = {
    "greedy_votes": ("greedy", {"min_score": "0"}),
    "greedy_votes_per_cost": ("greedy-per-cost", {"min_score": "0"}),
    "greedy_points_per_cost": ("greedy-per-cost", {"min_score": "0"}),
    "phragmen": ("phragmen", {"unaffordable": "stop"}),
    "maximin_support": ("maximin-support", {}),
    "ilp_welfare_card": ("best-total", {}),
    "ilp_welfare_cost": ("best-total", {"satisfaction": "cost"}),
    "ilp_welfare_points": ("best-total", {"satisfaction": "points"}),
    "mes_cost": ("equal-shares", {"completion": "none"}),
    "mes_card": ("equal-shares", {"completion": "none", "satisfaction": "cardinality"}),
    "mes_points": ("equal-shares", {"completion": "none", "satisfaction": "points"}),
    "mes_cost_add1": ("equal-shares", {"stop": "exhaustive"}),
    "mes_card_add1": ("equal-shares", {"stop": "exhaustive", "satisfaction": "cardinality"}),
    "mes_points_add1": ("equal-shares", {"stop": "exhaustive", "satisfaction": "points"}),
}
COMPARED = {
    "greedy": 13,
    "greedy-per-cost": 19,
    "equal-shares": 56,
    "phragmen": 13,
    "maximin-support": 4,
    "best-total": 32,
}
"""How many results of pabutools there are for each rule."""


load = cache(read)


def find(pabulib: Path, name: str) -> Election:
    (path,) = pabulib.glob(f"*{name}*.pb")
    return load(path)


@pytest.mark.parametrize(
    "name",
    [
        "Warszawa_2019_Ursynow",  # greedy
        "Wroclaw_2018",  # greedy, choose-1, stop
        "Wroclaw_2015",  # 131,778 votes, stop
        "Krakow_2024",  # greedy by 3, 2, 1 points; decimal budget
        "Czestochowa_2025",  # greedy by points with a threshold
        "Katowice_2020",
        "Katowice_2023",
        "Wieliczka",  # Equal Shares, add-one
        "Assen",
    ],
)
def test_the_official_winners(pabulib: Path, name: str) -> None:
    election = find(pabulib, name)
    assert election.official is not None
    assert set(count_pb(election).winners) == set(election.official)


def test_every_official_result_whose_rule_is_named(pabulib: Path) -> None:
    """All but one, of which the next test tells."""
    named = [path for path in sorted(pabulib.glob("*.pb")) if _is_named(load(path))]
    differs = [
        path.stem
        for path in named
        if set(count_pb(load(path)).winners) != set(load(path).official or ())
    ]
    assert differs == ["Poland_Warszawa_2018_Las"]
    assert len(named) == 10


def _is_named(election: Election) -> bool:
    return election.official is not None and election.rule != "unknown"


@pytest.mark.parametrize("unaffordable", ["skip", "stop"])
def test_warszawa_las_left_out_a_project_that_no_reading_of_greedy_does(
    pabulib: Path, unaffordable: str
) -> None:
    """All 12 fit together and pass the threshold of 39 votes; 1649 (93 votes) wasn't selected."""
    election = find(pabulib, "Warszawa_2018_Las")
    assert sum(project.cost for project in election.projects) <= election.budget
    assert min(project.votes or 0 for project in election.projects) > 39
    outcome = count_pb(election, "greedy", {"unaffordable": unaffordable})
    assert set(outcome.winners) - set(election.official or ()) == {"1649"}


@pytest.mark.parametrize("name", ["Wieliczka", "Assen"])
def test_equal_shares_by_its_defaults(pabulib: Path, name: str) -> None:
    election = find(pabulib, name)
    assert set(count_pb(election, "equal-shares").winners) == set(election.official or ())


def test_wieliczka_goes_wrong_when_the_search_stops_at_exhaustive(pabulib: Path) -> None:
    election = find(pabulib, "Wieliczka")
    winners = set(count_pb(election, "equal-shares", {"stop": "exhaustive"}).winners)
    assert winners ^ set(election.official or ()) == {"46", "66", "67"}


def test_pabutools_winners(pabulib: Path) -> None:
    """Every result of pabutools for a rule we have, in its order, with a plain count's ties."""
    compared: dict[str, int] = {}
    for path in sorted(pabulib.glob("oracle/*.json")):
        results = json.loads(path.read_text("utf-8"))["rules"]
        election = load(pabulib / f"{path.stem}.pb")
        for name, (rule, settings) in PEER.items():
            ties = results.get(name, {})
            same_ties = ties.get("mincost_maxvotes_lexico", {})
            found = count_pb(election, rule, settings) if _has_result(ties) else None
            if found is None:
                continue
            compared[rule] = compared.get(rule, 0) + 1
            if "order" in same_ties and rule != "phragmen":  # whose order pabutools doesn't tell
                assert list(found.winners) == same_ties["order"], (path.stem, name)
            elif set(found.winners) != set(ties["lexico"]["winners"]):
                assert (path.stem, name) == ("France_Toulouse_2022", "ilp_welfare_card")
                assert found.ties  # another set is as good: the ties decide, pabutools asks none
    assert compared == COMPARED


def _has_result(ties: dict[str, dict[str, object]]) -> bool:
    return any("winners" in result for result in ties.values())


def test_every_real_vote_is_valid_in_the_format_found(pabulib: Path) -> None:
    for path in sorted(pabulib.glob("*.pb")):
        election = load(path)
        form = ballot_format(election)
        costs = [project.cost for project in election.projects]
        for vector in set(election.vectors):
            selection.check(vector, form, costs, election.budget)


def test_real_files_survive_writing_and_reading(pabulib: Path) -> None:
    for path in sorted(pabulib.glob("*.pb")):
        election = load(path)
        again = parse_pb(to_text(election))
        assert again.vectors == election.vectors, path.name
        assert again.budget == election.budget
        assert [p.raw for p in again.projects] == [
            p.raw | {"cost": again.projects[i].raw["cost"]} for i, p in enumerate(election.projects)
        ]
        assert [p.cost for p in again.projects] == [p.cost for p in election.projects]
        assert again.official == election.official


def test_published_votes_are_the_votes(pabulib: Path) -> None:
    """Where a file publishes votes a project, they are what we read."""
    for path in sorted(pabulib.glob("*.pb")):
        election = load(path)
        counted = [sum(map(bool, column)) for column in zip(*election.vectors, strict=True)]
        published = [project.votes for project in election.projects]
        assert counted == published, path.name
