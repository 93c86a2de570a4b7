"""What came out for the voters: who has a winner, and where the money goes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pbvote.core.selection import Grades
from pbvote_tally.explain.report import DistrictNumbers, VoterNumbers
from pbvote_tally.rules.profile import Outcome, Profile


def voter_numbers(profile: Profile, outcome: Outcome) -> VoterNumbers:
    """The numbers of a contest's valid ballots."""
    won = np.array([entry.id in set(outcome.winners) for entry in profile.projects], dtype=bool)
    winners = (wanted(profile) & won).sum(axis=1)
    total = int(profile.weights @ winners)
    return VoterNumbers(
        with_a_winner=int(profile.weights[winners > 0].sum()),
        ballots=profile.ballots,
        average_winners=str(Fraction(total, max(1, profile.ballots))),
        districts=_districts(profile, outcome),
    )


def wanted(profile: Profile) -> NDArray[np.bool_]:
    """For each group and project, whether the ballot wants it.

    Ticks, points and ranks: any. Grades: those above the middle (of four the two best, of five
    too), or the best.
    """
    if not isinstance(profile.ballot, Grades):
        return np.asarray(profile.matrix != 0)
    levels, grades = profile.ballot.levels, profile.matrix.astype(np.int64)
    return np.asarray((2 * grades > levels + 1) | ((grades == levels) & (grades > 0)))


def _districts(profile: Profile, outcome: Outcome) -> list[DistrictNumbers]:
    """In the order in which projects name them."""
    money: dict[str, int] = {}
    votes: dict[str, int] = {}
    won = set(outcome.winners)
    for entry, given in zip(profile.projects, profile.votes, strict=True):
        paid = entry.cost if entry.id in won else 0
        money[entry.district] = money.get(entry.district, 0) + paid
        votes[entry.district] = votes.get(entry.district, 0) + given
    return [DistrictNumbers(district=d, money=money[d], votes=votes[d]) for d in money]
