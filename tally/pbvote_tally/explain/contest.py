"""A contest's part of results.json: what its rule decided, and everything that explains it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction

from msgspec import UNSET, Struct, UnsetType, structs

from pbvote.core.encoding import Texts
from pbvote.core.limits import MinVotes
from pbvote.core.manifest import Contest, Correction
from pbvote_tally.count import contest_profile, rule_of
from pbvote_tally.explain.comparison import Defaults, comparison
from pbvote_tally.explain.enough import enough
from pbvote_tally.explain.report import (
    ContestReport,
    ProjectReport,
    Status,
    StepReport,
    TieReport,
)
from pbvote_tally.explain.sentences import Fate, Money, Told, explanation
from pbvote_tally.explain.shares import shares
from pbvote_tally.explain.voters import voter_numbers
from pbvote_tally.explain.wording import in_each
from pbvote_tally.rules import Rule
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Lot, Number, Outcome, Profile, Step, TieBreak
from pbvote_tally.verify import Counted


class Sources(Struct, frozen=True):
    """A contest, what was counted, and how: from a bundle or from a `.pb` file."""

    contest: Contest
    profile: Profile
    rule: Rule
    parameters: Parameters
    outcome: Outcome
    languages: Sequence[str]
    money: Money
    in_unit: Defaults = lambda parameters: parameters


def sources_of(
    counted: Counted,
    corrections: Sequence[Correction],
    lot: Lot | None,
    languages: Sequence[str],
    currency: str,
) -> Sources:
    """A counted contest; `corrections` are all that hold, those of the addenda first."""
    contest = _retitled(counted.contest, corrections)
    received = counted.outcome.budget - contest.budget
    rule, parameters = rule_of(contest)
    return Sources(
        contest=contest,
        profile=contest_profile(contest, counted.selections, corrections, lot, received),
        rule=rule,
        parameters=parameters,
        outcome=counted.outcome,
        languages=languages,
        money=lambda _, amount: _.amount(amount, currency),
    )


def _retitled(contest: Contest, corrections: Iterable[Correction]) -> Contest:
    titles = {
        c.project: c.value
        for c in corrections
        if c.contest == contest.id and c.field == "title" and isinstance(c.value, dict)
    }
    projects = [structs.replace(p, title=titles.get(p.id, p.title)) for p in contest.projects]
    return structs.replace(contest, projects=projects)


def contest_report(given: Sources, asked: Collection[str] | None = None) -> ContestReport:
    """Everything about a contest, the other rules' winners among it.

    `asked` are the projects that it is searched for what would have been enough; all if not given.
    """
    profile, outcome, contest = given.profile, given.outcome, given.contest
    return ContestReport(
        id=contest.id,
        title=contest.title,
        budget=contest.budget,
        received=outcome.budget - contest.budget,
        spent=outcome.spent,
        left=outcome.budget - outcome.spent,
        ballots=profile.ballots + profile.invalid,
        blank=profile.blank,
        invalid=profile.invalid,
        ballot=contest.ballot,
        rule=outcome.rule,
        parameters=structs.asdict(outcome.parameters),
        figures=_texts(outcome.figures),
        projects=_projects(given, asked),
        steps=[
            StepReport(
                project=step.project,
                reason=step.reason,
                phase=step.phase,
                because=step.because,
                numbers=_texts(step.numbers),
            )
            for step in outcome.steps
        ],
        ties=[
            TieReport(
                phase=tie.phase,
                projects=list(tie.projects),
                by=list(tie.by),
                decided=_decided(tie, outcome),
            )
            for tie in outcome.ties
        ],
        comparison=comparison(profile, outcome.rule, given.in_unit),
        voters=voter_numbers(profile, outcome),
    )


def _texts(numbers: Mapping[str, Number]) -> dict[str, str]:
    return {name: str(number) for name, number in numbers.items()}


def _decided(tie: TieBreak, outcome: Outcome) -> bool:
    """Whether some of them won and others didn't."""
    return 0 < len(set(tie.projects) & set(outcome.winners)) < len(tie.projects)


def _projects(given: Sources, asked: Collection[str] | None) -> list[ProjectReport]:
    """Every project in the manifest's order, its sentences in each language."""
    profile, outcome, parameters = given.profile, given.outcome, given.parameters
    shared = shares(profile, parameters, outcome)
    sufficient = enough(profile, given.rule, parameters, outcome, asked)
    decided = [tie for tie in outcome.ties if _decided(tie, outcome)]
    told = _told(given)
    reports = []
    for p, project in enumerate(given.contest.projects):
        won = project.id in outcome.winners
        fate = Fate(
            step=_deciding(outcome, project.id),
            position=outcome.winners.index(project.id) + 1 if won else None,
            payments=shared.payments.get(project.id, []),
            enough=sufficient.get(project.id),
            tie=next((tie for tie in decided if project.id in tie.projects), None),
        )
        reports.append(_report(given, p, fate, shared.effective.get(project.id, []), told))
    return reports


def _told(given: Sources) -> Told:
    return Told(
        ballot=given.contest.ballot,
        ballots=given.profile.ballots,
        titles={project.id: project.title for project in given.contest.projects},
        needed={
            entry.id: _needed(given.profile, given.parameters, p)
            for p, entry in enumerate(given.profile.projects)
        },
        money=given.money,
        by_points=structs.asdict(given.parameters).get("satisfaction") in ("points", "borda"),
    )


def _needed(profile: Profile, parameters: Parameters, p: int) -> int:
    """The votes that a project must have before the rule looks at it."""
    ballots, cost, least = profile.ballots, profile.projects[p].cost, [parameters.min_votes]
    for limit in profile.limits:
        if not isinstance(limit, MinVotes):
            continue
        if limit.votes is not UNSET:
            least.append(limit.votes)
        elif limit.share is not UNSET:
            least.append(_up(Fraction(limit.share) * ballots))
        elif limit.cost_share is not UNSET:
            share = Fraction(limit.cost_share) * cost * ballots
            least.append(_up(share / profile.budget) if profile.budget else 0)
    return max(least)


def _up(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)


def _deciding(outcome: Outcome, project: str) -> Step:
    """The step that took it, or the last one that didn't."""
    steps = [step for step in outcome.steps if step.project == project]
    return next((step for step in steps if step.chosen), steps[-1])


def _report(given: Sources, p: int, fate: Fate, effective: list[int], told: Told) -> ProjectReport:
    project, step = given.contest.projects[p], fate.step
    status: Status = "winner" if step.chosen else "not-funded"
    if step.reason == "withdrawn":
        status = "withdrawn"
    left = step.numbers.get("left")
    return ProjectReport(
        id=project.id,
        number=project.number,
        title=project.title,
        category=_given(project.category),
        district=None if project.district is UNSET else project.district,
        place=_given(project.place),
        cost=given.profile.projects[p].cost,
        votes=given.profile.votes[p],
        score=str(step.numbers.get("score", given.profile.scores[p])),
        status=status,
        position=fate.position,
        reason=step.reason,
        because=step.because,
        left=None if left is None else int(left),
        effective_votes=effective,
        payments=list(fate.payments),
        enough=fate.enough,
        explanation=in_each(given.languages, lambda _: explanation(_, told, fate)),
    )


def _given(value: str | Texts | UnsetType) -> str | Texts | None:
    return None if value is UNSET else value
