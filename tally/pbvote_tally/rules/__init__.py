"""Counting rules, one module a rule, registered by name (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from pbvote.core.errors import InputError
from pbvote.core.selection import (
    Approval,
    BallotFormat,
    Format,
    Grades,
    Knapsack,
    Points,
    Ranking,
)
from pbvote_tally.rules import (
    best_total,
    borda,
    equal_shares,
    greedy,
    greedy_per_cost,
    majority_judgment,
    maximin_support,
    most_votes,
    phragmen,
)
from pbvote_tally.rules.parameters import Parameters, decode
from pbvote_tally.rules.profile import Outcome, Profile

ALL: tuple[type[Format], ...] = (Approval, Knapsack, Points, Ranking, Grades)


class Rule(Struct, frozen=True):
    """A name, its parameters' Struct, and the function (profile, parameters) → outcome.

    `formats` are the ballot formats that it counts.
    """

    name: str
    parameters: type[Parameters]
    run: Callable[[Profile, Any], Outcome]
    formats: tuple[type[Format], ...] = ALL

    def counts(self, ballot: BallotFormat) -> bool:
        """Whether it can count ballots of that format."""
        return isinstance(ballot, self.formats)

    def require(self, ballot: BallotFormat) -> None:
        """InputError unless it can count ballots of that format."""
        if not self.counts(ballot):
            words = " and ".join(_word(form) for form in self.formats)
            raise InputError(
                f"the rule {self.name} can't count {_word(type(ballot))} ballots",
                hint=f"It counts {words} ballots; name another rule or ballot format",
            )

    def decode(self, given: Mapping[str, Any], *, texts: bool = False) -> Parameters:
        """Its parameters, read strictly; InputError that lists the valid ones otherwise."""
        return decode(self.parameters, given, self.name, texts=texts)


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("greedy", greedy.GreedyParameters, greedy.greedy),
        Rule(
            greedy_per_cost.NAME,
            greedy_per_cost.GreedyPerCostParameters,
            greedy_per_cost.greedy_per_cost,
        ),
        Rule("equal-shares", equal_shares.EqualSharesParameters, equal_shares.equal_shares),
        Rule(phragmen.NAME, phragmen.PhragmenParameters, phragmen.phragmen),
        Rule(
            maximin_support.NAME,
            maximin_support.MaximinSupportParameters,
            maximin_support.maximin_support,
        ),
        Rule(best_total.NAME, best_total.BestTotalParameters, best_total.best_total),
        Rule(
            majority_judgment.NAME,
            majority_judgment.MajorityJudgmentParameters,
            majority_judgment.majority_judgment,
            formats=(Grades, Points),
        ),
        Rule(borda.NAME, borda.BordaParameters, borda.borda, formats=(Ranking,)),
        Rule(most_votes.NAME, most_votes.MostVotesParameters, most_votes.most_votes),
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


def _word(form: type[Format]) -> str:
    """The format's name in a manifest."""
    return str(form.__struct_config__.tag)
