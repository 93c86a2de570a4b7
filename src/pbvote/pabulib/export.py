"""A contest's selections as open data: a `.pb` file as pabulib.org wants it (docs/pabulib.md)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import UNSET, UnsetType

from pbvote.core.currency import minor_digits
from pbvote.core.errors import SelectionError
from pbvote.core.manifest import Contest, Manifest, Project
from pbvote.core.selection import Approval, Grades, Knapsack, Points, Ranking, Vector
from pbvote.pabulib.grouping import of_vectors
from pbvote.pabulib.model import Election, PbProject, VoteType, amount_text, withdrawn_cost
from pbvote.pabulib.writing import from_vectors, write


@dataclass(frozen=True)
class Published:
    """What the file says and the manifest doesn't.

    `winners`: the project ids, None before the count. `costs`: corrected ones by project id.
    `budget`: with the money that other contests left to this one; without it the manifest's.
    `country`: its English name; without it that of the time zone. `unit`: the town's name; without
    it the election's title.
    """

    winners: Collection[str] | None = None
    costs: Mapping[str, int] = field(default_factory=dict)
    withdrawn: Collection[str] = ()
    budget: int | None = None
    country: str = ""
    unit: str = ""


def write_pb(
    path: Path,
    manifest: Manifest,
    contest: Contest,
    selections: Iterable[Vector | None],
    published: Published | None = None,
) -> None:
    """Write the opened selections of a contest; None, or one that breaks its format, is invalid."""
    write(path, export(manifest, contest, selections, published or Published()))


def export(
    manifest: Manifest,
    contest: Contest,
    selections: Iterable[Vector | None],
    published: Published,
) -> Election:
    """The same as an election. Blank and invalid ballots are left out, and a comment counts them.

    Projects come by score, winners first among equal ones, so that a reader who keeps to the
    file's order where projects are equal finds the same winners.
    """
    cast = _cast(contest, selections)
    tally = _tally(contest, cast.vectors)
    winners = set(published.winners or ())
    order = sorted(
        range(len(contest.projects)),
        key=lambda i: (-tally.scores[i], contest.projects[i].id not in winners, i),
    )
    exporter = _Exporter(manifest, contest, published, cast, tally)
    return from_vectors(
        exporter.kind,
        exporter.budget,
        [exporter.project(i) for i in order],
        [tuple(vector[i] for i in order) for vector in cast.vectors],
        exporter.meta(),
        exporter.factor,
        contest.ballot.max if isinstance(contest.ballot, Ranking) else 0,
    )


class _Cast(NamedTuple):
    """Valid selections that aren't blank, in the order given; how many others there were."""

    vectors: list[Vector]
    blank: int
    invalid: int


class _Tally(NamedTuple):
    """Votes and points of each project, as docs/rules.md says, but grades added up."""

    votes: list[int]
    scores: list[int]


def _cast(contest: Contest, selections: Iterable[Vector | None]) -> _Cast:
    vectors: list[Vector] = []
    others: Counter[str] = Counter()
    valid: dict[Vector | None, bool] = {None: False}
    for vector in selections:
        if vector not in valid:
            valid[vector] = _is_valid(contest, vector)
        if vector is None or not valid[vector]:
            others["invalid"] += 1
        elif any(vector):
            vectors.append(vector)
        else:
            others["blank"] += 1
    return _Cast(vectors, others["blank"], others["invalid"])


def _is_valid(contest: Contest, vector: Vector | None) -> bool:
    try:
        contest.check_selection(vector or ())
    except SelectionError:
        return False
    return True


def _tally(contest: Contest, vectors: list[Vector]) -> _Tally:
    matrix, weights = of_vectors(Counter(vectors), len(contest.projects))
    votes, scores = [], []
    for column in matrix.T:
        named = column != 0
        worth = column.astype(np.int64)
        if isinstance(contest.ballot, Ranking):
            worth = (contest.ballot.max + 1 - worth) * named
        votes.append(int(weights[named].sum()))
        scores.append(int(worth @ weights))
    return _Tally(votes, scores)


class _Exporter:
    """Fills in the format's fields."""

    def __init__(
        self, manifest: Manifest, contest: Contest, published: Published, cast: _Cast, tally: _Tally
    ) -> None:
        self.manifest, self.contest, self.published = manifest, contest, published
        self.cast, self.tally = cast, tally
        self.factor: int = 10 ** minor_digits(manifest.currency)
        self.kind = _kind(contest)
        self.budget = contest.budget if published.budget is None else published.budget
        self.filled = {
            column
            for column in ("district", "description", "proposer", "number")
            if all(self._text(getattr(project, column)) for project in contest.projects)
        }

    def _text(self, texts: str | Mapping[str, str] | UnsetType) -> str:
        """In the election's first language, in one line."""
        if texts is UNSET:
            return ""
        if not isinstance(texts, str):
            texts = texts.get(self.manifest.languages[0]) or next(iter(texts.values()), "")
        return " ".join(texts.split())

    def project(self, i: int) -> PbProject:
        """A line of PROJECTS. Columns that may not be empty are there if all projects have them."""
        project = self.contest.projects[i]
        columns: dict[str, str | UnsetType | Mapping[str, str]] = {
            "votes": str(self.tally.votes[i]),
            "score": UNSET if self.kind in ("approval", "choose-1") else str(self.tally.scores[i]),
            "name": self._text(project.title) or project.id,
            "category": self._category(project),
            "selected": self._selected(project),
            "district": project.district,
            "description": project.description,
            "proposer": project.proposer,
            "number": project.number,
            "latitude": project.latitude,
            "longitude": project.longitude,
        }
        optional = {"district", "description", "proposer", "number"} - self.filled
        raw = {
            "public_id" if name == "number" else name: self._text(value)
            for name, value in columns.items()
            if name not in optional and not (name in ("score", "selected") and value is UNSET)
        }
        cost = self.cost(project)
        return PbProject(id=project.id, cost=cost, raw={"project_id": project.id, "cost": ""} | raw)

    def _category(self, project: Project) -> str:
        return ",".join(part.strip() for part in self._text(project.category).split(","))

    def _selected(self, project: Project) -> str | UnsetType:
        if self.published.winners is None:
            return UNSET
        return str(int(project.id in self.published.winners))

    def cost(self, project: Project) -> int:
        """In the smallest unit; of a project that was withdrawn, what files give as such."""
        sign = withdrawn_cost(self.factor)
        if project.id in self.published.withdrawn and sign > self.budget:
            return sign
        return self.published.costs.get(project.id, project.cost)

    def meta(self) -> dict[str, str]:
        """META in the format's order."""
        manifest, contest = self.manifest, self.contest
        zone = ZoneInfo(manifest.time_zone)
        opens, closes = (
            [datetime.fromisoformat(at).astimezone(zone) for at in (hours.online, hours.in_person)]
            for hours in (manifest.opens, manifest.closes)
        )
        rule = _rule(contest, self.kind, self.tally, self.cast.blank)
        several = len(manifest.contests) > 1
        costs = sum(self.cost(project) for project in contest.projects)
        meta = {
            "description": self._text(manifest.title),
            "country": self.published.country or _country(manifest.time_zone),
            "unit": self.published.unit or self._text(manifest.title),
            "subunit": self._text(contest.title) if several else "",
            "instance": str(max(closes).year),
            "num_projects": "",
            "num_votes": "",
            "budget": "",
            "vote_type": "",
            "rule": rule.name,
            "date_begin": f"{min(opens):%d.%m.%Y}",
            "date_end": f"{max(closes):%d.%m.%Y}",
            **_limits(contest, self.factor),
            "min_project_score_threshold": str(rule.threshold or ""),
            "language": _language(manifest.languages[0]),
            "currency": manifest.currency,
            "fully_funded": "1" if costs <= self.budget else "",
            "comment": self._comment(rule),
        }
        to_come = ("num_projects", "num_votes", "budget", "vote_type")
        return {key: value for key, value in meta.items() if value or key in to_come}

    def _comment(self, rule: _Rule) -> str:
        said = []
        if rule.name in ("unknown", "greedy-custom"):
            said.append(f"Counted by {json.dumps(self.contest.rule, sort_keys=True)}")
        if self.contest.limits is not UNSET and self.contest.limits:
            said.append(f"Limits {json.dumps(self.contest.limits, sort_keys=True)}")
        if isinstance(self.contest.ballot, Grades):
            said.append("Points are grades, 1 is worst; a score is their sum, not their average")
        for count, what in ((self.cast.blank, "blank"), (self.cast.invalid, "invalid")):
            if count:
                said.append(f"Left out as {what}: {count}")
        for project in self.contest.projects:
            if project.id in self.published.withdrawn:
                said.append(f"{project.id} was withdrawn")
        return " ".join(f"#{number}: {text}." for number, text in enumerate(said, 1))


def _kind(contest: Contest) -> VoteType:
    match contest.ballot:
        case Approval(max=1):
            return "choose-1"
        case Approval() | Knapsack():
            return "approval"
        case Ranking():
            return "ordinal"
        case Points():
            return "cumulative"
        case Grades():
            return "scoring"


def _limits(contest: Contest, factor: int) -> dict[str, str]:
    """The ballot format in META's words."""
    most, form = len(contest.projects), contest.ballot
    match form:
        case Approval():
            return _length(max(1, form.min), min(form.max, most))
        case Knapsack():
            return {"max_sum_cost": amount_text(contest.budget, factor)}
        case Ranking():
            return _length(1, min(form.max, most))
        case Points():
            each = min(form.max_each, form.total)
            return {"min_points": "1", "max_points": str(each), "max_sum_points": str(form.total)}
        case Grades():
            return {"min_points": "1", "max_points": str(form.levels)}


def _length(least: int, most: int) -> dict[str, str]:
    return {"min_length": str(least), "max_length": str(most)}


class _Rule(NamedTuple):
    """A name of the format, and the score that projects need."""

    name: str
    threshold: int = 0


def _rule(contest: Contest, kind: VoteType, tally: _Tally, blank: int) -> _Rule:
    """The format's rule by which the file's votes give the winners, `unknown` if none does."""
    given = {name: value for name, value in contest.rule.items() if name != "name"}
    limited = contest.limits is not UNSET and bool(contest.limits)
    match contest.rule["name"]:
        case "greedy" if limited or kind == "scoring" or given.get("overspend"):
            return _Rule("greedy-custom")
        case "greedy" if not set(given) - {"unaffordable", "min_votes", "min_score"}:
            return _greedy(given.get("unaffordable") == "stop", given, kind, tally)
        case "equal-shares" if not limited and not blank and kind in ("approval", "choose-1"):
            return _Rule(_equal_shares(given))
    return _Rule("unknown")


def _greedy(stop: bool, given: Mapping[str, int], kind: VoteType, tally: _Tally) -> _Rule:
    votes = given.get("min_votes", 1)
    if votes > 1 and kind not in ("approval", "choose-1"):
        return _Rule("greedy-custom")
    least = max(votes, given.get("min_score", 0))
    if all(score >= least for score in tally.scores):
        least = 0
    if stop:
        return _Rule("greedy-no-skip", least)
    return _Rule("greedy-threshold" if least else "greedy", least)


def _equal_shares(given: Mapping[str, object]) -> str:
    completion = given.get("completion", "add-one")
    plain = given.get("satisfaction", "cost") == "cost"
    if plain and not set(given) - {"satisfaction", "completion", "min_votes"}:
        if completion == "none":
            return "equalshares"
        if completion == "add-one":
            return "equalshares/add1"
    return "unknown"


def _country(time_zone: str) -> str:
    """The English name of the country of a time zone."""
    from babel import Locale
    from babel.core import get_global

    code = get_global("zone_territories").get(time_zone, "")
    return str(Locale("en").territories.get(code) or "Worldwide")


def _language(tag: str) -> str:
    """The language of a BCP 47 tag, if the format has a code for it."""
    language = tag.partition("-")[0].lower()
    return language if len(language) == 2 else ""
