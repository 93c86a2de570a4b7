"""Writing `.pb` files, of elections read or of selections."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pbvote.pabulib.grouping import Vector, of_vectors
from pbvote.pabulib.model import (
    WITH_POINTS,
    Ballots,
    Election,
    PbProject,
    PbVote,
    VoteType,
    amount_text,
)


def write(path: Path, election: Election) -> None:
    """Write a `.pb` file (UTF-8, LF)."""
    path.write_bytes(to_text(election).encode("utf-8"))


def to_text(election: Election) -> str:
    """The text of a `.pb` file; reading it gives the election again."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    meta = election.meta | {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.ballots)),
        "budget": amount_text(election.budget, election.unit),
        "vote_type": election.vote_type,
        "rule": election.rule,
    }
    writer.writerows([["META"], ["key", "value"], *meta.items(), ["PROJECTS"]])
    columns = list(dict.fromkeys(key for p in election.projects for key in _raw(p, election.unit)))
    writer.writerow(columns)
    for project in election.projects:
        raw = _raw(project, election.unit)
        writer.writerow([raw.get(column, "") for column in columns])
    writer.writerow(["VOTES"])
    writer.writerow(election.vote_columns)
    writer.writerows(_vote_cells(election))
    return out.getvalue()


def _raw(project: PbProject, unit: int) -> dict[str, str]:
    """The published columns, or those that the fields give."""
    known = {"project_id": project.id, "cost": amount_text(project.cost, unit)}
    if project.raw:
        return project.raw | known
    optional = {
        "votes": project.votes,
        "score": project.score,
        "name": project.name or None,
        "category": ",".join(project.categories) or None,
        "target": ",".join(project.targets) or None,
        "district": project.district,
        "selected": project.selected,
    }
    return known | {key: str(value) for key, value in optional.items() if value is not None}


def _vote_cells(election: Election) -> Iterator[list[str]]:
    """The cells of each vote, its choice written from the vector."""
    ids = [project.id for project in election.projects]
    columns = election.vote_columns
    choice = columns.index("vote")
    points = columns.index("points") if "points" in columns else None
    for vote in election.votes:
        cells = list(vote.raw)
        chosen = [i for i, value in enumerate(vote.vector) if value]
        if election.vote_type == "ordinal":
            chosen.sort(key=vote.vector.__getitem__)
        cells[choice] = ",".join(ids[i] for i in chosen)
        if points is not None:
            cells[points] = ",".join(str(vote.vector[i]) for i in chosen)
        yield cells


def from_vectors(
    vote_type: VoteType,
    budget: int,
    projects: Sequence[PbProject],
    vectors: Sequence[Vector],
    meta: dict[str, str] | None = None,
    unit: int = 1,
) -> Election:
    """An election to write, voters being numbered from 1 (selections have no names)."""
    with_points = vote_type in WITH_POINTS
    columns = ("voter_id", "vote", "points") if with_points else ("voter_id", "vote")
    votes = tuple(
        PbVote(str(i), vector, None, None, None, (str(i), *[""] * (len(columns) - 1)))
        for i, vector in enumerate(vectors, 1)
    )
    return Election(
        meta=dict(meta or {}),
        projects=tuple(projects),
        ballots=Ballots(of_vectors(Counter(vectors), len(projects)), lambda: votes),
        budget=budget,
        vote_type=vote_type,
        rule=(meta or {}).get("rule", ""),
        unit=unit,
        vote_columns=columns,
    )
