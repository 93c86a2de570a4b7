"""Equal Shares as docs/rules.md says it, word by word, with fractions and no cleverness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from naive_counting import Town, Vector
from pbvote.core.selection import BallotFormat, Ranking


@dataclass
class Poll:
    """A town's ballots with their format, and limits: projects that exclude each other."""

    town: Town
    form: BallotFormat
    satisfaction: str = "cost"
    rivals: Sequence[int] = ()
    shares: list[Fraction] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.projects = range(len(self.town.costs))
        self.costs = self.town.costs
        self.ballots = self.town.ballots

    def utility(self, ballot: Vector, p: int) -> int:
        if not ballot[p]:
            return 0
        if self.satisfaction in ("cost", "cardinality"):
            return 1
        if isinstance(self.form, Ranking):
            best = self.form.max + 1 if self.satisfaction == "points" else len(self.costs)
            return best - ballot[p]
        return ballot[p]

    def supporters(self, p: int) -> list[int]:
        return [i for i, ballot in enumerate(self.ballots) if self.utility(ballot, p)]

    def may(self, p: int, chosen: Sequence[int]) -> bool:
        return p not in chosen and not (
            p in self.rivals and any(rival in chosen for rival in self.rivals)
        )


def price(poll: Poll, purses: Sequence[Fraction], p: int) -> Fraction | None:
    """The lowest q with Σ min(left, q·u) = cost, tried at every cut into poor and rich."""
    money = [(purses[i], poll.utility(poll.ballots[i], p)) for i in poll.supporters(p)]
    cost = poll.costs[p]
    if sum(left for left, _ in money) < cost:
        return None
    money.sort(key=lambda pair: pair[0] / pair[1])
    candidates = []
    for cut in range(len(money)):
        rest = cost - sum(left for left, _ in money[:cut])
        candidates.append(Fraction(rest) / sum(u for _, u in money[cut:]))
    return min(q for q in candidates if sum(min(left, q * u) for left, u in money) == cost)


def purchases(poll: Poll, share: Fraction) -> tuple[list[int], list[Fraction], list[Fraction]]:
    """What is bought if every ballot has this share, the prices, and what each has left."""
    purses = [share] * len(poll.ballots)
    prices: list[Fraction] = []
    free = [p for p in poll.projects if poll.costs[p] == 0 and poll.town.votes(p)]
    chosen: list[int] = []
    for p in sorted(free, key=poll.town.tie):
        if poll.may(p, chosen):
            chosen.append(p)
    for_sale = [p for p in poll.projects if poll.costs[p] and poll.supporters(p)]
    while True:
        best: list[tuple[Fraction, tuple[int, int, str], int, Fraction]] = []
        for p in for_sale:
            q = price(poll, purses, p) if poll.may(p, chosen) else None
            if q is not None:
                worth = poll.costs[p] if poll.satisfaction == "cost" else 1
                best.append((q / worth, poll.town.tie(p), p, q))
        if not best:
            return chosen, prices, purses
        _, _, p, q = min(best)
        chosen.append(p)
        prices.append(q)
        purses = [
            left - min(left, q * poll.utility(ballot, p))
            for left, ballot in zip(purses, poll.ballots, strict=True)
        ]


def naive_equal_shares(
    poll: Poll,
    completion: str = "add-one",
    step: int = 1,
    stop: str = "overspending",
    endowment: str = "exact",
) -> list[int]:
    """The Method of Equal Shares, one share after the other."""
    budget = poll.town.budget
    share = first = Fraction(budget, max(1, len(poll.ballots)))
    chosen, _, purses = purchases(poll, first)
    if completion.startswith("add-one") and poll.ballots:
        base = first if endowment == "exact" else Fraction(first // step * step)
        raised = 0
        while not _enough(poll, chosen, stop):
            raised += 1
            more, _, left = purchases(poll, base + raised * step)
            if sum(poll.costs[p] for p in more) > budget:
                break
            chosen, purses, share = more, left, base + raised * step
    poll.shares = [first, share]
    if completion.endswith("greedy"):
        return naive_greedy(poll, chosen)
    if completion.endswith("phragmen"):
        return _phragmen(poll, chosen, purses)
    return chosen


def _enough(poll: Poll, chosen: Sequence[int], stop: str) -> bool:
    missing = [
        p for p in poll.projects if poll.costs[p] and poll.supporters(p) and poll.may(p, chosen)
    ]
    left = poll.town.budget - sum(poll.costs[p] for p in chosen)
    return not missing or (stop == "exhaustive" and all(poll.costs[p] > left for p in missing))


def naive_greedy(poll: Poll, chosen: Sequence[int] = ()) -> list[int]:
    """Most points first; for ticks these are votes, for grades their average."""
    chosen = list(chosen)
    left = poll.town.budget - sum(poll.costs[p] for p in chosen)
    for p in sorted(poll.projects, key=lambda p: (-_score(poll, p), poll.town.tie(p))):
        if poll.town.votes(p) and poll.may(p, chosen) and poll.costs[p] <= left:
            chosen.append(p)
            left -= poll.costs[p]
    return chosen


def _score(poll: Poll, p: int) -> int:
    points = Poll(poll.town, poll.form, "points")
    return sum(points.utility(ballot, p) for ballot in poll.ballots)


def _phragmen(poll: Poll, chosen: Sequence[int], purses: Sequence[Fraction]) -> list[int]:
    """Everybody earns; whoever pays gives all; what doesn't fit is left out."""
    chosen, purses = list(chosen), list(purses)
    while True:
        left = poll.town.budget - sum(poll.costs[p] for p in chosen)
        best = []
        for p in poll.projects:
            by = poll.supporters(p)
            if poll.costs[p] and by and poll.may(p, chosen) and poll.costs[p] <= left:
                missing = poll.costs[p] - sum((purses[i] for i in by), Fraction(0))
                best.append((missing / len(by), poll.town.tie(p), p))
        if not best:
            return chosen
        time, _, p = min(best)
        chosen.append(p)
        by = poll.supporters(p)
        purses = [Fraction(0) if i in by else purse + time for i, purse in enumerate(purses)]


def preferences(poll: Poll, first: Sequence[int], second: Sequence[int]) -> tuple[int, int]:
    """How many voters are better served by the first, and by the second."""
    more = less = 0
    for ballot in poll.ballots:
        one, other = (
            sum(
                poll.utility(ballot, p) * (poll.costs[p] if poll.satisfaction == "cost" else 1)
                for p in winners
            )
            for winners in (first, second)
        )
        more, less = more + (one > other), less + (other > one)
    return more, less
