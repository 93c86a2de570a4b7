"""The same ballots under the other rules, with their defaults: never the official result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import structs

from pbvote.core.errors import InputError
from pbvote_tally.explain.report import Comparison
from pbvote_tally.rules import RULES
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Profile

MOST = {"maximin-support": (300_000, 120)}
"""Rule → the marks on different ballots and the projects that it is still quick with."""
Defaults = Callable[[Parameters], Parameters]


def comparison(
    profile: Profile, official: str, in_unit: Defaults = lambda parameters: parameters
) -> list[Comparison]:
    """Every other rule that counts this ballot format, in the order of their registration.

    A rule that an election is too large for is left out: it can't count it, or not in a minute.
    `in_unit` turns default amounts into the file's unit, for a `.pb` file.
    """
    found = []
    size = (int(np.count_nonzero(profile.matrix)), len(profile.projects))
    for rule in RULES.values():
        if rule.name == official or not rule.counts(profile.ballot):
            continue
        if any(here > most for here, most in zip(size, MOST.get(rule.name, size), strict=True)):
            continue
        parameters = in_unit(rule.decode({}))
        try:
            outcome = rule.run(profile, parameters)
        except InputError:  # it says that this election is too large for it
            continue
        found.append(
            Comparison(
                rule=rule.name,
                parameters=structs.asdict(parameters),
                winners=list(outcome.winners),
                spent=outcome.spent,
            )
        )
    return found
