"""The rules that take projects in an order, as docs/rules.md says them, word by word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm

from naive_counting import Town, Vector

Merit = Callable[[int], Fraction]
Ranks = Vector


def by_budget(
    town: Town,
    order: Sequence[int],
    stop: bool,
    overspend: Fraction = Fraction(1),
) -> list[int]:
    """What fits into the money left; a project that doesn't if that share of its cost is left."""
    chosen: list[int] = []
    left = town.budget
    for p in order:
        if town.costs[p] <= left:
            chosen.append(p)
            left -= town.costs[p]
        elif left >= overspend * town.costs[p]:
            return [*chosen, p]
        elif stop:
            return chosen
    return chosen


def wanted(town: Town) -> list[int]:
    return [p for p in range(len(town.costs)) if town.votes(p)]


def by_merit(town: Town, merit: Merit) -> list[int]:
    return sorted(wanted(town), key=lambda p: (-merit(p), town.tie(p)))


def score(town: Town, kind: str, most: int, p: int) -> Fraction:
    """Votes, points, or the average grade given; `most` is a ranking's max."""
    given = [ballot[p] for ballot in town.ballots if ballot[p]]
    if kind == "ranking":
        return Fraction(sum(most + 1 - rank for rank in given))
    if kind == "grades":
        return Fraction(sum(given), max(1, len(given)))
    return Fraction(sum(given))


def per_cost(town: Town, merit: Merit) -> list[int]:
    """What costs nothing by its score, then by score / cost."""
    free = [p for p in by_merit(town, merit) if town.costs[p] == 0]
    dear = [p for p in wanted(town) if town.costs[p]]
    return free + sorted(dear, key=lambda p: (-merit(p) / town.costs[p], town.tie(p)))


def borda_points(ballot: Ranks, p: int, points: str, most: int) -> int:
    if not ballot[p]:
        return 0
    ranked = sum(1 for rank in ballot if rank)
    best = {"projects": len(ballot), "max": most + 1, "ballot": ranked}[points]
    return best - ballot[p]


def borda_score(town: Town, points: str, most: int, p: int) -> Fraction:
    return Fraction(sum(borda_points(ballot, p, points, most) for ballot in town.ballots))


def majority_values(grades: Sequence[int]) -> list[int]:
    """The lower median, taken away, the lower median of the rest, taken away, …"""
    rest = sorted(grades)
    values = []
    while rest:
        values.append(rest.pop((len(rest) - 1) // 2))
    return values


def judged(town: Town, worst: bool) -> list[int]:
    """Projects by their majority values, each grade copied until all have as many."""
    given = {}
    for p in wanted(town):
        grades = [ballot[p] for ballot in town.ballots]
        given[p] = [grade or 1 for grade in grades] if worst else [g for g in grades if g]
    number = lcm(*(len(grades) for grades in given.values()))
    values = {p: majority_values(g * (number // len(g))) for p, g in given.items()}
    return sorted(given, key=lambda p: ([-value for value in values[p]], town.tie(p)))
