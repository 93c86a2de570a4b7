"""Counting rules, one module a rule, registered by name (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from pbvote.core.errors import InputError
from pbvote_tally.rules import equal_shares, greedy
from pbvote_tally.rules.parameters import Parameters, decode
from pbvote_tally.rules.profile import Outcome, Profile


class Rule(Struct, frozen=True):
    """A name, its parameters' Struct, and the function (profile, parameters) → outcome."""

    name: str
    parameters: type[Parameters]
    run: Callable[[Profile, Any], Outcome]

    def decode(self, given: Mapping[str, Any], *, texts: bool = False) -> Parameters:
        """Its parameters, read strictly; InputError that lists the valid ones otherwise."""
        return decode(self.parameters, given, self.name, texts=texts)


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("greedy", greedy.GreedyParameters, greedy.greedy),
        Rule("equal-shares", equal_shares.EqualSharesParameters, equal_shares.equal_shares),
    )
}


def rule_named(name: str) -> Rule:
    """The rule of that name; InputError that lists all names otherwise."""
    try:
        return RULES[name]
    except KeyError:
        raise InputError(
            f"there is no rule {name!r}", hint=f"Known rules: {', '.join(RULES)}"
        ) from None
