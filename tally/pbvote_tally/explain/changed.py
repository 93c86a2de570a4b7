"""The same election with one thing changed: a project's cost, or ballots more for it.

Votes and scores are carried over instead of being added up again from all ballots: a search counts
hundreds of such elections.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
from msgspec import structs

from pbvote.core.selection import Approval, Grades, Knapsack, Points, Ranking
from pbvote_tally.rules.profile import Entry, Number, Profile


def searchable(profile: Profile, *, tallied: bool) -> Profile:
    """A profile to change many times. `tallied`: the rule looks at votes and scores only.

    Then the ballots themselves are left out: as many blank ones stand for them.
    """
    lot = None if profile.lot is None else cache(profile.lot)
    if not tallied:
        return _carry(structs.replace(profile, lot=lot), profile)
    made = structs.replace(
        profile,
        matrix=np.zeros((1, len(profile.projects)), profile.matrix.dtype),
        weights=np.array([profile.ballots], np.int64),
        lot=lot,
    )
    return _filled(made, profile.votes, profile.scores)


def with_cost(profile: Profile, p: int, cost: int) -> Profile:
    """This project (position) at another cost."""
    return _with_entry(profile, p, profile.projects[p]._replace(cost=cost))


def with_budget(profile: Profile, budget: int) -> Profile:
    """Another budget."""
    return _carry(structs.replace(profile, budget=budget), profile)


def without(profile: Profile, p: int) -> Profile:
    """This project withdrawn."""
    return _with_entry(profile, p, profile.projects[p]._replace(withdrawn=True))


def _with_entry(profile: Profile, p: int, entry: Entry) -> Profile:
    entries = (*profile.projects[:p], entry, *profile.projects[p + 1 :])
    return _carry(structs.replace(profile, projects=entries), profile)


def with_ballots(profile: Profile, p: int, more: int) -> Profile:
    """So many ballots more that mark this project alone, as highly as the format lets."""
    mark, worth = full_marks(profile)
    row = np.zeros((1, len(profile.projects)), np.min_scalar_type(mark))
    row[0, p] = mark
    made = structs.replace(
        profile,
        matrix=np.vstack([profile.matrix, row]),
        weights=np.append(profile.weights, np.int64(more)),
    )
    votes, scores = list(profile.votes), list(profile.scores)
    scores[p] = _more(scores[p], votes[p], worth, more, isinstance(profile.ballot, Grades))
    votes[p] += more if mark else 0
    return _filled(made, votes, scores)


def full_marks(profile: Profile) -> tuple[int, int]:
    """The best mark a ballot can give to one project, and the points it is worth."""
    match profile.ballot:
        case Approval() | Knapsack():
            return 1, 1
        case Points(total=total, max_each=most):
            return min(total, most), min(total, most)
        case Ranking(max=most):
            return min(1, most), most
        case Grades(levels=levels):
            return levels, levels


def _more(score: Number, votes: int, worth: int, more: int, average: bool) -> Number:
    if not average:
        return score + more * worth
    return Fraction(score * votes + more * worth, max(1, votes + more))


def _carry(profile: Profile, before: Profile) -> Profile:
    """The same ballots: all that was worked out of them is known already."""
    vars(profile).update(vars(before))
    return _filled(profile, before.votes, before.scores)


def _filled(profile: Profile, votes: list[int], scores: list[Number]) -> Profile:
    """With what the profile would work out itself, and keep."""
    vars(profile).update(votes=votes, scores=scores)
    return profile
