"""From a contest and its selections, or from a `.pb` file, to an outcome (section 11)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import msgspec
from msgspec import UNSET

from pbvote.core.errors import InputError, SelectionError
from pbvote.core.group import Element, hash_parts
from pbvote.core.limits import categories, counting_order, read_limits, receivers
from pbvote.core.manifest import DEFAULT_TIES, Contest, Correction, Tie
from pbvote.core.selection import Vector
from pbvote.pabulib import Election, ballot_format
from pbvote_tally.rules import Rule, rule_named
from pbvote_tally.rules.parameters import Parameters, is_money
from pbvote_tally.rules.profile import Entry, Lot, Number, Outcome, Profile, profile

_POZNAN = re.compile(r"enough to fund at least ([0-9]{1,2}) ?% of that project")
"""In the comment of Pabulib's files of Poznań, which tells its rule (docs/rules.md, greedy)."""


def lot_order(value: Element, contest: str) -> Lot:
    """The lot of section 11: project id → H("pbvote/v1/lot/order", V, contest id, project id)."""

    def order(project: str) -> bytes:
        return hash_parts("pbvote/v1/lot/order", value, contest.encode(), project.encode())

    return order


def count(
    contest: Contest,
    selections: Iterable[Vector | None],
    corrections: Iterable[Correction] = (),
    lot: Lot | None = None,
    received: int = 0,
) -> Outcome:
    """The outcome of a contest of a manifest.

    `selections` are the opened vectors, None for an invalid ballot; a vector that breaks
    its format is one too (section 4, by the manifest's cost). `corrections` are the addenda's, in
    order; the rule goes by the corrected costs (section 3). `lot` as `lot_order` gives it.
    `received` is what other contests left to this one.
    """
    rule, parameters = rule_of(contest)
    made = contest_profile(contest, selections, corrections, lot, received)
    return rule.run(made, parameters)


def count_contests(
    contests: Sequence[Contest],
    selections: Mapping[str, Iterable[Vector | None]],
    corrections: Sequence[Correction] = (),
    lot: Element | None = None,
) -> dict[str, Outcome]:
    """Contest id → outcome, of all contests of a manifest, in its order.

    What a contest with the limit `leftover` doesn't spend goes to another before that is counted.
    `lot` is the opened lot (section 10).
    """
    to, received = receivers(contests), Counter[str]()
    found: dict[str, Outcome] = {}
    for contest in counting_order(contests):
        order = None if lot is None else lot_order(lot, contest.id)
        found[contest.id] = outcome = count(
            contest, selections[contest.id], corrections, order, received[contest.id]
        )
        if contest.id in to:
            received[to[contest.id]] += max(0, outcome.budget - outcome.spent)
    return {contest.id: found[contest.id] for contest in contests}


def rule_of(contest: Contest) -> tuple[Rule, Parameters]:
    """The contest's rule and its parameters.

    InputError if they aren't in docs/rules.md, or the rule can't count the contest's ballots.
    """
    rule = rule_named(contest.rule["name"])
    rule.require(contest.ballot)
    return rule, rule.decode({k: v for k, v in contest.rule.items() if k != "name"})


def contest_profile(
    contest: Contest,
    selections: Iterable[Vector | None],
    corrections: Iterable[Correction] = (),
    lot: Lot | None = None,
    received: int = 0,
) -> Profile:
    """The profile of a contest of a manifest, ready for a rule."""
    counted = Counter(selections)
    invalid = counted.pop(None, 0)
    valid: dict[Vector, int] = {}
    for vector, weight in counted.items():
        if vector is None or not _is_valid(contest, vector):
            invalid += weight
        else:
            valid[vector] = weight
    made = profile(
        _entries(contest, corrections),
        contest.budget + received,
        contest.ballot,
        valid,
        DEFAULT_TIES if contest.ties is UNSET else contest.ties,
        lot,
        read_limits(contest),
    )
    return made.with_invalid(invalid)


def _is_valid(contest: Contest, vector: Vector) -> bool:
    try:
        contest.check_selection(vector)
    except SelectionError:
        return False
    return True


def _entries(contest: Contest, corrections: Iterable[Correction]) -> list[Entry]:
    """The projects with their corrected costs; the last correction of a field holds."""
    entries = {
        project.id: Entry(
            project.id,
            project.cost,
            categories=categories(project),
            district=project.district or "",
        )
        for project in contest.projects
    }
    for correction in corrections:
        if correction.contest != contest.id:
            continue
        entry = entries.get(correction.project)
        if entry is None:
            raise InputError(
                f"a correction of {correction.project!r}, which is no project",
                where=f"contest {contest.id}",
            )
        if correction.field == "withdrawn":
            entry = entry._replace(withdrawn=True)
        elif correction.field == "cost" and isinstance(correction.value, int):
            entry = entry._replace(cost=correction.value)
        entries[entry.id] = entry
    return list(entries.values())


def count_pb(
    election: Election,
    rule_name: str | None = None,
    settings: Mapping[str, str] | None = None,
    ties: Sequence[Tie] = DEFAULT_TIES,
) -> Outcome:
    """The outcome of a `.pb` file's votes, no cryptography, no lot.

    Without `rule_name`, the rule the file names; with it, that rule and its defaults. `settings`
    are parameters as after `--set`. Amounts among them are in the file's amounts; `step` is one of
    them by default.
    """
    rule, parameters = pb_rule(election, election.unit, rule_name, settings)
    made = pb_profile(election, ties)
    rule.require(made.ballot)
    return rule.run(made, parameters)


def pb_rule(
    election: Election,
    unit: int,
    rule_name: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> tuple[Rule, Parameters]:
    """The same rule and parameters; `unit`: how much money one of the file's amounts is."""
    name, given = file_rule(election)
    if rule_name is not None and rule_name != name:
        name, given = rule_name, {}
    elif rule_name is not None:
        given = {key: value for key, value in given.items() if key == "min_score"}
    rule = rule_named(name)
    parameters = rule.decode(given | dict(settings or {}), texts=True)
    return rule, in_unit(parameters, unit)


def pb_profile(election: Election, ties: Sequence[Tie] = DEFAULT_TIES) -> Profile:
    """The profile of a `.pb` file, ready for a rule."""
    entries = [
        Entry(p.id, p.cost, p.withdrawn, p.categories, p.district or "") for p in election.projects
    ]
    return Profile(
        projects=tuple(entries),
        budget=election.budget,
        ballot=ballot_format(election),
        matrix=election.grouped.matrix,
        weights=election.grouped.weights,
        ties=tuple(ties),
    )


def file_rule(election: Election) -> tuple[str, dict[str, str]]:
    """The rule a `.pb` file names, with its parameters; greedy if it names none we know.

    `greedy`, `greedy-threshold` (with `min_project_score_threshold`), `greedy-no-skip`,
    `equalshares`, `equalshares/add1`, `equalshares/add1-comparison`; and greedy as in Poznań, where
    the file's comment says that a share of the first project that doesn't fit is enough.
    """
    name = election.rule.lower()
    if name.startswith("equalshares"):
        return "equal-shares", {"completion": "add-one" if "add1" in name else "none"}
    given: dict[str, str] = {}
    threshold = election.decimal("min_project_score_threshold")
    if threshold is not None:  # scores are whole: 1.5 asks for 2
        given["min_score"] = str(ceil(threshold))
    if "no-skip" in name:
        given["unaffordable"] = "stop"
    share = _POZNAN.search(election.meta.get("comment", ""))
    if share is not None:
        given |= {"unaffordable": "stop", "overspend": f"{share[1]}/100"}
    return "greedy", given


def in_unit(parameters: Parameters, unit: int) -> Parameters:
    """Parameters whose amounts of money count a unit that is so much smaller."""
    changed = {
        name: getattr(parameters, name) * unit
        for name in parameters.__struct_fields__
        if is_money(type(parameters), name)
    }
    return msgspec.structs.replace(parameters, **changed)


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain JSON; fractions are texts `a/b`, `winners` in the order chosen."""
    return {
        "rule": outcome.rule,
        "parameters": msgspec.structs.asdict(outcome.parameters),
        "winners": list(outcome.winners),
        "budget": outcome.budget,
        "spent": outcome.spent,
        "figures": _plain(outcome.figures),
        "steps": [
            {
                "project": s.project,
                "reason": s.reason,
                "phase": s.phase,
                **({"because": s.because} if s.because else {}),
                **_plain(s.numbers),
            }
            for s in outcome.steps
        ],
        "ties": [
            {"phase": t.phase, "projects": list(t.projects), "by": list(t.by)} for t in outcome.ties
        ],
    }


def _plain(numbers: Mapping[str, Number]) -> dict[str, int | str]:
    return {name: _number(number) for name, number in numbers.items()}


def _number(number: Number) -> int | str:
    if isinstance(number, Fraction) and number.denominator != 1:
        return str(number)
    return int(number)
