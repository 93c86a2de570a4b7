"""A Pabulib file explained as a contest is: amounts in the file's unit, ties without a lot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from babel.numbers import get_currency_precision
from msgspec import UNSET

from pbvote.core.manifest import Contest, Project
from pbvote.pabulib import Election, PbProject
from pbvote_tally.count import in_unit, pb_profile, pb_rule
from pbvote_tally.explain.contest import Sources
from pbvote_tally.explain.sentences import Money
from pbvote_tally.explain.wording import spoken


def sources_of_file(
    election: Election,
    language: str | None = None,
    rule_name: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Sources:
    """The plain votes of a file under its own rule or `rule_name`, ready to be explained.

    `settings` as after `--set`. InputError for a wrong rule, or one that can't count the ballots.
    """
    rule, parameters = pb_rule(election, election.unit, rule_name, settings)
    made = pb_profile(election)
    rule.require(made.ballot)
    own = election.meta.get("language", "").lower() or "en"
    return Sources(
        contest=Contest(
            id="pb",
            title={own: election.meta.get("description", "") or election.name},
            budget=made.budget,
            ballot=made.ballot,
            rule={"name": rule.name},
            projects=[_project(project, own) for project in election.projects],
        ),
        profile=made,
        rule=rule,
        parameters=parameters,
        outcome=rule.run(made, parameters),
        languages=[language] if language else spoken([own]),
        money=_money(election),
        in_unit=lambda defaults: in_unit(defaults, election.unit),
    )


def _project(project: PbProject, language: str) -> Project:
    return Project(
        id=project.id,
        number=project.id,
        title={language: project.name or project.id},
        cost=project.cost,
        category=", ".join(project.categories) or UNSET,
        district=project.district or UNSET,
    )


def _money(election: Election) -> Money:
    """An amount of the file in its currency; a bare number if it names none."""
    currency = election.meta.get("currency", "").upper()
    if not re.fullmatch("[A-Z]{3}", currency, re.ASCII):
        digits = len(str(election.unit)) - 1
        return lambda _, amount: _.decimal(Fraction(amount, election.unit), digits)
    smallest = 10 ** get_currency_precision(currency)
    return lambda _, amount: _.amount(round(Fraction(amount * smallest, election.unit)), currency)
