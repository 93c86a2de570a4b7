"""The projects with most votes win, whatever they cost.

Block voting; with one winner, plurality. For towns that fill one envelope with one project, like
Bertrix, or elect so many projects a district. docs/rules.md, `most-votes`.

>>> from pbvote.core.selection import Approval
>>> from pbvote_tally.rules.profile import Entry, profile
>>> bertrix = profile(
...     [Entry("slide", 40_000), Entry("hall", 90_000), Entry("trees", 20_000)],
...     50_000,
...     Approval(min=1, max=1),
...     {(1, 0, 0): 3, (0, 1, 0): 5, (0, 0, 1): 4},
... )
>>> most_votes(bertrix, MostVotesParameters()).winners  # the budget isn't looked at
('hall',)
>>> most_votes(bertrix, MostVotesParameters(winners=2)).winners
('hall', 'trees')
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pbvote.core.encoding import MAX_INT
from pbvote_tally.rules.frame import outcome, start
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Outcome, Profile
from pbvote_tally.rules.taking import Order, the_first
from pbvote_tally.rules.ties import Ties

NAME = "most-votes"


class MostVotesParameters(Parameters, frozen=True, kw_only=True):
    """`winners`: how many projects win."""

    winners: Annotated[int, Meta(ge=1, le=MAX_INT)] = 1


def most_votes(profile: Profile, parameters: MostVotesParameters) -> Outcome:
    """The outcome of the rule: the first so many by score."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    order = Order(NAME, profile.scores, lambda _: {})
    steps = the_first(profile, begun, ties, order, parameters.winners)
    return outcome(NAME, parameters, profile, [*begun.steps, *steps, *begun.out], ties)
