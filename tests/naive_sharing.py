"""Phragmén, maximin support and best total as docs/rules.md says them, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, combinations

from naive_counting import Town


def naive_phragmen(town: Town, stop: bool = False) -> list[int]:
    """Supporters buy what they can pay first, everybody earning alike."""
    loads = [Fraction(0)] * len(town.ballots)
    waiting = {p for p in range(len(town.costs)) if town.votes(p)}
    if stop:
        waiting = {p for p in waiting if town.costs[p] <= town.budget}
    left = town.budget
    chosen: list[int] = []
    while waiting:
        if not stop:
            waiting = {p for p in waiting if town.costs[p] <= left}
        found = []
        for p in waiting:
            carried = sum(load for load, b in zip(loads, town.ballots, strict=True) if b[p])
            found.append((Fraction(town.costs[p] + carried) / town.votes(p), town.tie(p), p))
        if not found:
            break
        load, _, p = min(found)
        if town.costs[p] > left:
            break
        chosen.append(p)
        waiting.remove(p)
        left -= town.costs[p]
        loads = [load if b[p] else old for old, b in zip(loads, town.ballots, strict=True)]
    return chosen


def every_set(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All sets of these, the empty one too; their items in the order given."""
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def top(town: Town, projects: Sequence[int]) -> Fraction:
    """The lowest highest load that carries these: the worst set of them decides."""
    return max(
        Fraction(
            sum(town.costs[p] for p in some),
            sum(1 for ballot in town.ballots if any(ballot[p] for p in some)),
        )
        for some in every_set(projects)
        if some
    )


def naive_maximin_support(town: Town) -> list[int]:
    """What keeps the highest load lowest, all costs shared anew."""
    left = town.budget
    chosen: list[int] = []
    while True:
        found = [
            (top(town, [*chosen, p]), town.tie(p), p)
            for p in range(len(town.costs))
            if p not in chosen and town.votes(p) and town.costs[p] <= left
        ]
        if not found:
            return chosen
        p = min(found)[2]
        chosen.append(p)
        left -= town.costs[p]


def naive_best_total(town: Town, satisfaction: str = "cardinality") -> set[int]:
    """Of all sets within the budget the best; of equal ones that with the first in the ties."""
    ordered = sorted((p for p in range(len(town.costs)) if town.votes(p)), key=town.tie)
    best: tuple[int, list[bool], set[int]] = (0, [], set())
    for some in every_set(ordered):
        if sum(town.costs[p] for p in some) <= town.budget:
            total = sum(worth(town, p, satisfaction) for p in some)
            best = max(best, (total, [p in some for p in ordered], set(some)))
    return best[2]


def worth(town: Town, p: int, satisfaction: str) -> int:
    """What a project adds to the total."""
    if satisfaction == "points":
        return sum(ballot[p] for ballot in town.ballots)
    return town.votes(p) * (town.costs[p] if satisfaction == "cost" else 1)
