"""Writing `.pb` files, of elections read or of selections."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pbvote.pabulib.grouping import Vector
from pbvote.pabulib.model import (
    WITH_POINTS,
    Election,
    PbProject,
    VoteType,
    amount_text,
    digits,
    in_unit,
    unit_of,
)
from pbvote.pabulib.reading import parse


def write(path: Path, election: Election) -> None:
    """Write a `.pb` file (UTF-8, LF)."""
    path.write_bytes(to_text(election).encode("utf-8"))


def to_text(election: Election) -> str:
    """The text of a `.pb` file; reading it gives the election again.

    A blank vote whose voter has no id gets the number of its line: empty cells alone are no vote.
    """
    ids = [project.id for project in election.projects]
    columns = election.vote_columns
    choice = columns.index("vote")
    points = columns.index("points") if election.vote_type in WITH_POINTS else None
    voter = columns.index("voter_id")

    def lines() -> Iterator[list[str]]:
        for number, vote in enumerate(election.votes, 1):
            cells = list(vote.raw)
            chosen = _in_order(vote.vector, election.vote_type)
            cells[choice] = ",".join(ids[i] for i in chosen)
            if points is not None:
                cells[points] = ",".join(str(vote.vector[i]) for i in chosen)
            if not any(cell.strip() for cell in cells):
                cells[voter] = str(number)
            yield cells

    meta = election.meta | {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.ballots)),
        "budget": amount_text(election.budget, election.unit),
        "vote_type": election.vote_type,
        "rule": election.rule,
    }
    return _text(meta, [_raw(p, election.unit) for p in election.projects], columns, lines())


def from_vectors(
    vote_type: VoteType,
    budget: int,
    projects: Sequence[PbProject],
    vectors: Sequence[Vector],
    meta: Mapping[str, str] | None = None,
    unit: int = 1,
    best: int = 0,
) -> Election:
    """An election to write, voters being numbered from 1 (selections have no names).

    Amounts are given in 1/`unit`; the election's own unit may be larger. `best`: beside rankings,
    the points of the project ranked first, each after it having one less; 0 writes none.
    """
    ids = [project.id for project in projects]
    amounts = [budget, *(project.cost for project in projects)]
    exact = [digits(amount_text(amount, unit), "an amount", "") for amount in amounts]
    common = unit_of(exact)
    budget, *costs = (in_unit(amount, common) for amount in exact)
    raws = [_raw(replace(p, cost=cost), common) for p, cost in zip(projects, costs, strict=True)]
    with_points = vote_type in WITH_POINTS

    def lines() -> Iterator[list[str]]:
        for number, vector in enumerate(vectors, 1):
            chosen = _in_order(vector, vote_type)
            cells = [str(number), ",".join(ids[i] for i in chosen)]
            if with_points or best:
                given = (vector[i] if with_points else best + 1 - vector[i] for i in chosen)
                cells.append(",".join(map(str, given)))
            yield cells

    columns = ["voter_id", "vote", *(["points"] if with_points or best else [])]
    whole = dict(meta or {}) | {
        "num_projects": str(len(projects)),
        "num_votes": str(len(vectors)),
        "budget": amount_text(budget, common),
        "vote_type": vote_type,
    }
    return parse(_text(whole, raws, columns, lines()))


def _in_order(vector: Vector, kind: VoteType) -> list[int]:
    """The projects chosen, as the format lists them: by rank, or most points first."""
    chosen = [i for i, value in enumerate(vector) if value]
    if kind == "ordinal" or kind in WITH_POINTS:
        chosen.sort(key=vector.__getitem__, reverse=kind != "ordinal")
    return chosen


def _text(
    meta: Mapping[str, str],
    projects: Sequence[Mapping[str, str]],
    columns: Sequence[str],
    lines: Iterable[Sequence[str]],
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerows([["META"], ["key", "value"], *meta.items(), ["PROJECTS"]])
    names = list(dict.fromkeys(name for raw in projects for name in raw))
    writer.writerow(names)
    writer.writerows([raw.get(name, "") for name in names] for raw in projects)
    writer.writerow(["VOTES"])
    writer.writerow(columns)
    writer.writerows(lines)
    return out.getvalue()


def _raw(project: PbProject, unit: int) -> dict[str, str]:
    """The published columns, or those that the fields give."""
    known = {"project_id": project.id, "cost": amount_text(project.cost, unit)}
    if project.raw:
        return known | project.raw | known
    optional = {
        "votes": project.votes,
        "score": project.score,
        "name": project.name or None,
        "category": ",".join(project.categories) or None,
        "beneficiaries": ",".join(project.targets) or None,
        "selected": project.selected,
        "district": project.district,
    }
    return known | {key: str(value) for key, value in optional.items() if value is not None}
