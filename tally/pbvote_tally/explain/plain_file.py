"""A Pabulib file explained as a contest is: money in the currency's smallest unit, no lot."""

from __future__ import annotations

from collections.abc import Mapping

from pbvote.core.manifest import Correction
from pbvote.draft.imported import draft_from_pabulib, scale
from pbvote.pabulib import Election
from pbvote_tally.count import contest_profile, in_unit, pb_rule
from pbvote_tally.explain.contest import Sources


def sources_of_file(
    election: Election,
    language: str | None = None,
    rule_name: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Sources:
    """The plain votes of a file under its own rule or `rule_name`, ready to be explained.

    `settings` as after `--set`. InputError if it can't be a contest of ours
    (`pbvote.draft.imported`), or for a wrong rule.
    """
    unit = scale(election) * election.unit
    rule, parameters = pb_rule(election, unit, rule_name, settings)
    drafted = draft_from_pabulib(election, {"name": rule.name})
    rule.require(drafted.contest.ballot)
    withdrawn = [
        Correction(
            contest=drafted.contest.id, project=ours.id, field="withdrawn", value=True, reason=""
        )
        for ours, project in zip(drafted.contest.projects, election.projects, strict=True)
        if project.withdrawn
    ]
    made = contest_profile(drafted.contest, election.vectors, withdrawn)
    return Sources(
        contest=drafted.contest,
        profile=made,
        rule=rule,
        parameters=parameters,
        outcome=rule.run(made, parameters),
        languages=[language or drafted.language],
        money=lambda _, amount: _.amount(amount, drafted.currency),
        in_unit=lambda defaults: in_unit(defaults, unit),
    )
