"""Borda's count of rankings: each place on a ballot is worth so many points.

Jean-Charles de Borda, *Mémoire sur les élections au scrutin* (1784); as a budgeting rule greedy by
these points, or a number of winners whatever they cost. docs/rules.md, `borda`.

Of four projects the first of a ballot gets 3 points, the second 2, those not ranked 0; where two
may be ranked, as many as Kraków gives are 2 and 1; pabutools gives the last of each ballot 0:

>>> from pbvote.core.selection import Ranking
>>> from pbvote_tally.rules.profile import Entry, profile
>>> town = profile(
...     [Entry("park", 60), Entry("pool", 60), Entry("path", 30), Entry("pond", 20)],
...     100,
...     Ranking(max=2),
...     {(1, 2, 0, 0): 3, (0, 1, 2, 0): 2, (0, 0, 1, 0): 2},
... )
>>> for points in ("projects", "max", "ballot"):
...     outcome = borda(town, BordaParameters(points=points, min_votes=0))
...     print(*((step.project, step.numbers["score"]) for step in outcome.steps))
('pool', 12) ('path', 10) ('park', 9) ('pond', 0)
('pool', 7) ('path', 6) ('park', 6) ('pond', 0)
('park', 3) ('pool', 2) ('pond', 0) ('path', 0)
>>> borda(town, BordaParameters()).winners  # 12, 10, 9: the park doesn't fit
('pool', 'path')
>>> borda(town, BordaParameters(winners=1)).winners
('pool',)
"""

from __future__ import annotations

from typing import Literal

from pbvote.core.encoding import Count
from pbvote.core.selection import Ranking
from pbvote_tally.rules.frame import outcome, start
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Outcome, Profile
from pbvote_tally.rules.taking import Order, Unaffordable, the_first, while_money_lasts
from pbvote_tally.rules.ties import Ties

NAME = "borda"


class BordaParameters(Parameters, frozen=True, kw_only=True):
    """`points`: what a rank is worth; `winners`: how many, whatever they cost, or 0: by budget.

    `unaffordable`, by budget: go on after a project that doesn't fit (`skip`), or end (`stop`).
    """

    points: Literal["projects", "max", "ballot"] = "projects"
    winners: Count = 0
    unaffordable: Unaffordable = "skip"


def borda(profile: Profile, parameters: BordaParameters) -> Outcome:
    """The outcome of Borda's count; the ballots are rankings."""
    ties = Ties(profile)
    scores = _scores(profile, parameters.points)
    begun = start(profile, parameters, ties, scores)
    order = Order(NAME, scores, lambda p: {"score": scores[p]})
    if parameters.winners:
        steps = the_first(profile, begun, ties, order, parameters.winners)
    else:
        steps = while_money_lasts(profile, begun, ties, order, parameters.unaffordable)
    return outcome(NAME, parameters, profile, [*begun.steps, *steps, *begun.out], ties)


def _scores(profile: Profile, points: str) -> list[int]:
    """Σ over the ballots that rank a project of `best` − rank."""
    if points == "ballot":
        best = profile.totals(lambda rows: (rows != 0) * (rows != 0).sum(axis=1, keepdims=True))
    elif points == "max":
        assert isinstance(profile.ballot, Ranking)  # noqa: S101  # `formats` of the rule
        best = [(profile.ballot.max + 1) * votes for votes in profile.votes]
    else:
        best = [len(profile.projects) * votes for votes in profile.votes]
    ranks = profile.totals(lambda rows: rows)
    return [b - r for b, r in zip(best, ranks, strict=True)]
