"""Counting: each rule beside pabutools on real elections, and alone on large made-up ones.

`.venv/bin/pytest benchmarks/test_bench_count.py --benchmark-only -s`: half an hour, most of it
pabutools; `-k alone` leaves that out. Processor time, so that other work counts less; each count of
pabutools in a process of its own, which is ended after LIMIT seconds.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from elections import LODZ, MILLION, WARSZAWA, WROCLAW, Size, election
from pbvote.pabulib import read
from pbvote_tally.count import pb_profile
from pbvote_tally.rules import RULES
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Profile

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "pabulib"
LIMIT = 120  # seconds for one count of pabutools
REAL = [
    "France_Toulouse_2022",
    "Hungary_Veszprem_2025",
    "Netherlands_Amsterdam_489",
    "Poland_Warszawa_2019_Ursynow_Poludniowy",
    "Poland_Wieliczka_2023_Green_Budget",
    "Poland_Wroclaw_2015_150_-_500",
]
ADD_ONE = {"stop": "exhaustive"}  # as pabutools ends
COUNTS: dict[str, tuple[str, dict[str, Any]]] = {
    "greedy": ("greedy", {}),
    "greedy-per-cost": ("greedy-per-cost", {}),
    "mes": ("equal-shares", {"completion": "none"}),
    "mes-add-one": ("equal-shares", ADD_ONE),
    "phragmen": ("phragmen", {"unaffordable": "stop"}),
    "best-total": ("best-total", {}),
}
ALONE: dict[str, tuple[str, dict[str, Any]]] = {
    **COUNTS,
    "mes-add-one": ("equal-shares", {}),
    "maximin-support": ("maximin-support", {}),
}
SIZES = [WARSZAWA, LODZ, WROCLAW, MILLION]
CASES = [
    pytest.param(size, name, id=f"{size.voters}-{name}")
    for size in SIZES
    for name in ALONE
    if name != "maximin-support" or size == WARSZAWA
]
made_up = lru_cache(maxsize=1)(election)
PEER = """
import resource, sys
from time import process_time
from pabutools.election import Cardinality_Sat, Cost_Sat, parse_pabulib
from pabutools.rules import *
from pabutools.tiebreaking import TieBreakingRule
instance, profile = parse_pabulib(sys.argv[1])
ties = TieBreakingRule(lambda i, p, c: (c.cost, -p.approval_score(c), c.name))
cost, votes = {"sat_class": Cost_Sat}, {"sat_class": Cardinality_Sat}
tied = {"tie_breaking": ties}
begin = process_time()
match sys.argv[2]:
    case "greedy":
        found = greedy_utilitarian_welfare(instance, profile, **cost, **tied)
    case "greedy-per-cost":
        found = greedy_utilitarian_welfare(instance, profile, **votes, **tied)
    case "mes":
        found = method_of_equal_shares(instance, profile, **cost, **tied)
    case "mes-add-one":
        found = method_of_equal_shares(
            instance, profile, **cost, **tied, voter_budget_increment=1
        )
    case "phragmen":
        found = sequential_phragmen(instance, profile, **tied)
    case "best-total":
        found = max_additive_utilitarian_welfare(instance, profile, **votes)
print(process_time() - begin, len(found), sum(p.cost for p in found))
"""


def pabutools(path: Path, name: str) -> tuple[float, int, float] | None:
    """Seconds, winners and what they cost; None if it took longer than LIMIT."""
    command = [sys.executable, "-c", PEER, str(path), name]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None
    seconds, winners, spent = done.stdout.splitlines()[-1].split()
    return float(seconds), int(winners), float(spent)


def count(made: Profile, rule: str, parameters: Parameters) -> tuple[float, int, int]:
    """Seconds, winners and what they cost."""
    begin = process_time()
    outcome = RULES[rule].run(made, parameters)
    return process_time() - begin, len(outcome.winners), outcome.spent


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("real", REAL)
def test_count_beside_pabutools(real: str, name: str, benchmark: BenchmarkFixture) -> None:
    path = DATA / f"{real}.pb"
    if not path.exists():
        pytest.skip("needs ../shared (real elections), which isn't here")
    read_once = read(path)
    rule, given = COUNTS[name]
    parameters = RULES[rule].decode(
        given | {"step": read_once.unit} if "mes-add" in name else given
    )
    runs = []

    def once() -> None:
        runs.append(count(pb_profile(read_once), rule, parameters))

    benchmark.pedantic(once, rounds=3)  # type: ignore[no-untyped-call]  # no types
    seconds, winners, spent = min(runs)
    peer = pabutools(path, name)
    if peer is None:
        print(f"\n  {real}, {name}: {seconds:.3f} s; pabutools over {LIMIT} s")
        return
    ratio = peer[0] / seconds
    print(f"\n  {real}, {name}: {seconds:.3f} s; pabutools {peer[0]:.2f} s: {ratio:.0f} times")
    if name != "phragmen":  # which stops earlier where another of equal ones doesn't fit
        assert (winners, spent / read_once.unit) == peer[1:]


@pytest.mark.parametrize(("size", "name"), CASES)
def test_count_alone(size: Size, name: str, benchmark: BenchmarkFixture) -> None:
    """The peak is that of the whole process so far: run one alone with `-k` to know its own."""
    rule, given = ALONE[name]
    made = made_up(size)
    runs: list[tuple[float, int, int]] = []

    def once() -> None:
        runs.append(count(made, rule, RULES[rule].decode(given)))

    benchmark.pedantic(once, rounds=1)  # type: ignore[no-untyped-call]  # no types
    seconds, winners, _ = runs[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"\n  {size.voters:,} × {size.projects}, {name}: {seconds:.2f} s, {winners} winners")
    print(f"  peak {peak:.0f} MB")
