"""Small random towns in every ballot format, rich in ties."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from naive_counting import Town, Vector
from pbvote.core.limits import AnyLimit
from pbvote.core.selection import Approval, BallotFormat, Grades, Points, Ranking
from pbvote_tally.rules.profile import Entry, Profile, profile

APPROVAL = Approval(min=0, max=9)
POINTS = Points(total=1000, max_each=4)
RANKING = Ranking(max=3)
GRADES = Grades(levels=4)
FORMATS: tuple[BallotFormat, ...] = (APPROVAL, POINTS, RANKING, GRADES)


def draw_in(rng: random.Random, form: BallotFormat) -> Town:
    """Few different costs, few different ballots; up to 6 projects and 9 ballots."""
    projects = rng.randint(1, 6)
    scale = rng.choice((1, 1, 7, 30))
    costs = [rng.randint(0 if rng.random() < 0.1 else 1, 6) * scale for _ in range(projects)]
    chance = rng.random()
    ballots = [_ballot(rng, form, projects, chance) for _ in range(rng.randint(0, 9))]
    return Town(costs, rng.randint(0, 15) * scale, ballots)


def _ballot(rng: random.Random, form: BallotFormat, projects: int, chance: float) -> Vector:
    if isinstance(form, Ranking):
        ranked = rng.sample(range(projects), min(projects, rng.randint(0, form.max)))
        return tuple(ranked.index(p) + 1 if p in ranked else 0 for p in range(projects))
    most = 1 if isinstance(form, Approval) else 4
    return tuple(rng.randint(1, most) if rng.random() < chance else 0 for _ in range(projects))


def profile_in(
    town: Town,
    form: BallotFormat,
    kinds: Sequence[str] = (),
    limits: Sequence[AnyLimit] = (),
) -> Profile:
    """The town as our rules count it; `kinds` are the projects' categories, and districts too."""
    entries = [Entry(f"p{p}", cost) for p, cost in enumerate(town.costs)]
    if kinds:
        entries = [
            entry._replace(categories=(kind,), district=kind)
            for entry, kind in zip(entries, kinds, strict=True)
        ]
    return profile(entries, town.budget, form, Counter(town.ballots), limits=limits)
