"""What every rule begins and ends with: who can win at all, what must be funded, the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pbvote_tally.rules.limits import Room, enough_votes, required
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Reason, Step
from pbvote_tally.rules.ties import Ties

REQUIRED = "required"


class Start(NamedTuple):
    """Where a rule begins.

    `steps` are those that must be funded, `left` (positions) what the rule chooses among, `money`
    what it has for that, `out` a step for each project that can't win.
    """

    room: Room
    steps: list[Step]
    left: list[int]
    money: int
    out: list[Step]


def start(
    profile: Profile,
    parameters: Parameters,
    ties: Ties,
    scores: Sequence[Number] | None = None,
) -> Start:
    """Fund what must be, and leave out what can't win whatever the money.

    `scores` are what this rule calls a project's score, where it isn't the profile's.
    """
    scores = profile.scores if scores is None else scores
    room, money = Room(profile), profile.budget
    steps = []
    first = ties.order(room.required(), REQUIRED, record=False)
    for p in first:
        numbers = {"score": scores[p], "left": money}
        steps.append(step(profile, p, "chosen", REQUIRED, numbers))
        money = max(0, money - profile.projects[p].cost)
        room.take(p)
    out = excluded(profile, parameters, scores)
    gone = {s.project for s in (*steps, *out)}
    left = [p for p, entry in enumerate(profile.projects) if entry.id not in gone]
    return Start(room, steps, left, money, out)


def excluded(profile: Profile, parameters: Parameters, scores: Sequence[Number]) -> list[Step]:
    """A step for each project that can't win whatever the money: withdrawn or below a minimum."""
    steps, must, enough = [], required(profile), enough_votes(profile)
    for p, entry in enumerate(profile.projects):
        reason: Reason | None = None
        if entry.withdrawn:
            reason = "withdrawn"
        elif entry.id in must:
            continue
        elif profile.votes[p] < parameters.min_votes or not enough(p):
            reason = "too-few-votes"
        elif scores[p] < parameters.min_score:
            reason = "score-too-low"
        if reason:
            steps.append(step(profile, p, reason, "minimum", {"score": scores[p]}))
    return steps


def step(
    profile: Profile,
    p: int,
    reason: Reason,
    phase: str,
    numbers: Mapping[str, Number] | None = None,
    because: str = "",
) -> Step:
    """A decision about a project (position), with its votes, cost and score.

    The score is the profile's, if the rule has none of its own among `numbers`.
    """
    entry, more = profile.projects[p], dict(numbers or {})
    score = more["score"] if "score" in more else profile.scores[p]
    known: dict[str, Number] = {"votes": profile.votes[p], "score": score, "cost": entry.cost}
    return Step(entry.id, reason, phase, known | more, because)


def outcome(
    rule: str,
    parameters: Parameters,
    profile: Profile,
    steps: Iterable[Step],
    ties: Ties,
    figures: Mapping[str, Number] | None = None,
) -> Outcome:
    """The outcome of these steps; the winners are those chosen, in their order."""
    taken = tuple(steps)
    winners = tuple(s.project for s in taken if s.chosen)
    costs = {entry.id: entry.cost for entry in profile.projects}
    return Outcome(
        rule=rule,
        parameters=parameters,
        winners=winners,
        budget=profile.budget,
        spent=sum(costs[name] for name in winners),
        steps=taken,
        ties=tuple(ties.broken),
        figures=dict(figures or {}),
    )
