"""A contest's opened ballots as a Pabulib `.pb` file (pabulib.org/format)."""

from __future__ import annotations

from msgspec import UNSET

from pbvote.core.election import Election
from pbvote.core.manifest import Contest
from pbvote.core.selection import Approval, BallotFormat, Grades, Knapsack, Points, Ranking
from pbvote.pabulib import PbProject, from_vectors, to_text
from pbvote.pabulib.model import VoteType
from pbvote_tally.explain.report import ContestReport
from pbvote_tally.language import Words
from pbvote_tally.verify import Counted


def pb_file(election: Election, counted: Counted, reported: ContestReport) -> bytes:
    """The valid ballots that aren't blank: the format has no line for one that names nothing."""
    manifest, contest = election.manifest, counted.contest
    words = Words("en", manifest.languages[0])
    named = [v for v in counted.selections if v is not None and any(v)]
    vote_type, limits = _ballot(contest.ballot, contest)
    left_out = len(counted.selections) - len(named)
    meta = {
        "description": f"{words.text(manifest.title)}: {words.text(contest.title)}",
        "country": "",
        "unit": words.text(manifest.title),
        "instance": manifest.slug,
        "subunit": contest.id,
        "num_projects": "",
        "num_votes": "",
        "budget": "",
        "vote_type": vote_type,
        "rule": reported.rule,
        "date_begin": _day(manifest.opens.online),
        "date_end": _day(manifest.closes.online),
        **limits,
        "currency": manifest.currency,
        "language": manifest.languages[0],
        "comment": f"#1: {left_out} ballots that were blank or invalid are left out",
    }
    made = from_vectors(
        vote_type,
        reported.budget + reported.received,
        _projects(contest, reported, words),
        named,
        meta,
    )
    return to_text(made).encode("utf-8")


def _day(time: str) -> str:
    year, month, day = time[:10].split("-")
    return f"{day}.{month}.{year}"


def _projects(contest: Contest, reported: ContestReport, words: Words) -> list[PbProject]:
    """In the manifest's order, as the ballots have them."""
    by_id = {project.id: project for project in reported.projects}
    return [
        PbProject(
            id=project.id,
            cost=by_id[project.id].cost,
            name=words.text(by_id[project.id].title),
            votes=by_id[project.id].votes,
            categories=() if project.category is UNSET else (words.text(project.category),),
            district=None if project.district is UNSET else project.district,
            selected=int(by_id[project.id].status == "winner"),
        )
        for project in contest.projects
    ]


def _ballot(form: BallotFormat, contest: Contest) -> tuple[VoteType, dict[str, str]]:
    """The format's name for our ballots, and its limits."""
    match form:
        case Approval(max=1):
            return "choose-1", {}
        case Approval(min=least, max=most):
            return "approval", {"min_length": str(least), "max_length": str(most)}
        case Knapsack():
            return "approval", {"max_sum_cost": str(contest.budget)}
        case Ranking(max=most):
            return "ordinal", {"max_length": str(most)}
        case Points(total=total, max_each=each):
            return "cumulative", {"max_sum_points": str(total), "max_points": str(each)}
        case Grades(levels=levels):
            return "scoring", {"min_points": "0", "max_points": str(levels)}
