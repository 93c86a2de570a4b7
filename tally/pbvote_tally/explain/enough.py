"""What would have been enough: so many votes more, or so low a price (docs/rules.md).

Nothing is deduced: the rule is run again with the project's cost changed or with ballots added,
and a number is given only if the project wins with it and doesn't with one less (one unit more).
"""

from __future__ import annotations

from collections.abc import Collection

from pbvote_tally.explain.by_order import ByOrder
from pbvote_tally.explain.by_shares import ByShares
from pbvote_tally.explain.report import Enough
from pbvote_tally.explain.trials import Trials
from pbvote_tally.rules import Rule
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Outcome, Profile

TALLIED = frozenset({"greedy", "greedy-per-cost", "most-votes"})
"""Rules that look at votes, scores and costs only, and take projects in an order of those."""
SEARCHES: dict[str, type[Trials]] = {
    **dict.fromkeys(sorted(TALLIED), ByOrder),
    "borda": Trials,
    "majority-judgment": Trials,
    "equal-shares": ByShares,
}


def enough(
    profile: Profile,
    rule: Rule,
    parameters: Parameters,
    outcome: Outcome,
    asked: Collection[str] | None = None,
) -> dict[str, Enough]:
    """Project id → what would have been enough, for each that didn't win and wasn't withdrawn.

    Of those `asked` for only, if they are given. Those with most votes come first: if the work is
    capped, their answers are there.
    """
    lost = [
        p
        for p, entry in enumerate(profile.projects)
        if entry.id not in set(outcome.winners)
        and not entry.withdrawn
        and (asked is None or entry.id in asked)
    ]
    if rule.name not in SEARCHES:
        none = Enough(votes=None, price=None, no_votes="no-search", no_price="no-search")
        return {profile.projects[p].id: none for p in lost}
    trials = SEARCHES[rule.name](profile, rule, parameters, outcome)
    lost.sort(key=lambda p: -profile.votes[p])
    return {profile.projects[p].id: trials.answer(p) for p in lost}
