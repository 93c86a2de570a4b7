"""The same ballots under the other rules, with their defaults: never the official result."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from pbvote_tally.explain.report import Comparison
from pbvote_tally.rules import RULES
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Profile

Defaults = Callable[[Parameters], Parameters]


def comparison(
    profile: Profile, official: str, in_unit: Defaults = lambda parameters: parameters
) -> list[Comparison]:
    """Every other rule that counts this ballot format, in the order of their registration.

    `in_unit` turns default amounts into the file's unit, for a `.pb` file.
    """
    found = []
    for rule in RULES.values():
        if rule.name == official or not rule.counts(profile.ballot):
            continue
        parameters = in_unit(rule.decode({}))
        outcome = rule.run(profile, parameters)
        found.append(
            Comparison(
                rule=rule.name,
                parameters=structs.asdict(parameters),
                winners=list(outcome.winners),
                spent=outcome.spent,
            )
        )
    return found
