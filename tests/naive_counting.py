"""Counting as docs/rules.md says it, word by word, with fractions and no cleverness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Vector = tuple[int, ...]


@dataclass(frozen=True)
class Town:
    """A small election: a cost a project, a vector a ballot (points, or ticks)."""

    costs: Sequence[int]
    budget: int
    ballots: Sequence[Vector]

    def votes(self, p: int) -> int:
        return sum(1 for ballot in self.ballots if ballot[p])

    def tie(self, p: int) -> tuple[int, int, str]:
        """lower-cost, more-votes, id; the project's id is p0, p1, …"""
        return self.costs[p], -self.votes(p), f"p{p}"

    def utility(self, ballot: Vector, p: int, satisfaction: str) -> int:
        return ballot[p] if satisfaction == "points" else int(ballot[p] > 0)


def naive_greedy(town: Town, stop: bool, among: Sequence[int] | None = None) -> list[int]:
    """Most points first; for ticks these are votes."""
    return _greedy(town, stop, range(len(town.costs)) if among is None else among, town.budget)


def _greedy(town: Town, stop: bool, among: Sequence[int], left: int) -> list[int]:
    chosen = []
    for p in sorted(among, key=lambda p: (-sum(b[p] for b in town.ballots), town.tie(p))):
        if town.votes(p) == 0:
            continue
        if town.costs[p] <= left:
            chosen.append(p)
            left -= town.costs[p]
        elif stop:
            break
    return chosen


def price(town: Town, purses: Sequence[Fraction], p: int, satisfaction: str) -> Fraction | None:
    """The lowest q with Σ min(left, q·u) = cost, tried at every cut into poor and rich."""
    money = [
        (purse, town.utility(ballot, p, satisfaction))
        for purse, ballot in zip(purses, town.ballots, strict=True)
        if town.utility(ballot, p, satisfaction)
    ]
    if sum(left for left, _ in money) < town.costs[p]:
        return None
    money.sort(key=lambda pair: pair[0] / pair[1])
    candidates = []
    for cut in range(len(money)):
        rest = town.costs[p] - sum(left for left, _ in money[:cut])
        candidates.append(Fraction(rest) / sum(u for _, u in money[cut:]))
    paying = [q for q in candidates if sum(min(left, q * u) for left, u in money) == town.costs[p]]
    return min(paying)


def purchases(town: Town, share: Fraction, satisfaction: str) -> list[int]:
    """What is bought if every ballot has this share."""
    purses = [share] * len(town.ballots)
    supported = [p for p in range(len(town.costs)) if town.votes(p)]
    chosen = sorted((p for p in supported if town.costs[p] == 0), key=town.tie)
    while True:
        best: list[tuple[Fraction, tuple[int, int, str], int, Fraction]] = []
        for p in supported:
            q = None if p in chosen else price(town, purses, p, satisfaction)
            if q is not None:
                worth = town.costs[p] if satisfaction == "cost" else 1
                best.append((q / worth, town.tie(p), p, q))
        if not best:
            return chosen
        _, _, p, q = min(best)
        chosen.append(p)
        purses = [
            left - min(left, q * town.utility(ballot, p, satisfaction))
            for left, ballot in zip(purses, town.ballots, strict=True)
        ]


def naive_equal_shares(
    town: Town,
    satisfaction: str = "cost",
    completion: str = "add-one",
    step: int = 1,
    stop: str = "overspending",
    endowment: str = "exact",
) -> list[int]:
    """The Method of Equal Shares, one share after the other."""
    first = Fraction(town.budget, max(1, len(town.ballots)))
    chosen = purchases(town, first, satisfaction)
    if completion.startswith("add-one"):
        base = first if endowment == "exact" else Fraction(first // step * step)
        raised = 0
        while not _enough(town, chosen, stop):
            raised += 1
            more = purchases(town, base + raised * step, satisfaction)
            if sum(town.costs[p] for p in more) > town.budget:
                break
            chosen = more
    if completion.endswith("greedy"):
        rest = [p for p in range(len(town.costs)) if p not in chosen]
        left = town.budget - sum(town.costs[p] for p in chosen)
        chosen = chosen + _greedy(town, False, rest, left)
    return chosen


def _enough(town: Town, chosen: Sequence[int], stop: str) -> bool:
    missing = [p for p in range(len(town.costs)) if town.votes(p) and p not in chosen]
    left = town.budget - sum(town.costs[p] for p in chosen)
    return not missing or (stop == "exhaustive" and all(town.costs[p] > left for p in missing))
