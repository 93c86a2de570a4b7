"""Counting as docs/rules.md says it, word by word, with fractions and no cleverness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
