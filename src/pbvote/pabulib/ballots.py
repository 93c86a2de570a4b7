"""From a `.pb` file to one of our ballot formats (docs/protocol.md, section 4)."""

from __future__ import annotations

from pbvote.core.errors import InputError
from pbvote.core.selection import MAX_VMAX, Approval, BallotFormat, Knapsack, Points, Ranking, vmax
from pbvote.pabulib.model import Election, Vector


def ballot_format(election: Election) -> BallotFormat:
    """The ballot format (docs/protocol.md, section 4) under which every vote of the file is valid.

    Taken from META (`min_length`, `max_length`, `max_sum_cost`, `max_points`, `max_sum_points`)
    and widened where real votes break it. A ranking without `max_length` has the longest one's.
    """
    vectors = set(election.vectors)
    lengths = [sum(map(bool, vector)) for vector in vectors if any(vector)]
    longest, shortest = max(lengths, default=1), min(lengths, default=1)
    form: BallotFormat
    match election.vote_type:
        case "approval" if _is_knapsack(election, vectors):
            form = Knapsack()
        case "approval":
            most = election.number("max_length") or len(election.projects)
            least = min(election.number("min_length") or 1, shortest)
            form = Approval(min=least, max=max(least, most, longest))
        case "choose-1":
            form = Approval(min=1, max=longest)
        case "ordinal":
            form = Ranking(max=max(election.number("max_length") or 1, longest))
        case "cumulative" | "scoring":
            form = _points(election, vectors)
    if vmax(form) > MAX_VMAX:
        raise InputError(
            f"a vote gives up to {vmax(form)} to one project, a ballot holds {MAX_VMAX}",
            where=election.name,
            hint="Divide the points by a common factor",
        )
    return form


def _points(election: Election, vectors: set[Vector]) -> Points:
    """At most `max_points` each (all of them, where the file doesn't say) and the sum in all."""
    each = max((max(vector) for vector in vectors), default=1)
    given = max(map(sum, vectors), default=1)
    limit, total = election.number("max_points"), election.number("max_sum_points")
    if election.vote_type == "scoring":
        most = max(1, limit or 1, each)
        return Points(total=max(total or most * len(election.projects), given), max_each=most)
    total = max(1, total or 1, given)
    return Points(total=total, max_each=max(limit or min(total, MAX_VMAX), each))


def _is_knapsack(election: Election, vectors: set[Vector]) -> bool:
    """The file limits the cost of a vote to the budget, and every vote keeps to it."""
    if election.amount("max_sum_cost") != election.budget:
        return False
    costs = [project.cost for project in election.projects]
    return all(
        sum(cost for v, cost in zip(vector, costs, strict=True) if v) <= election.budget
        for vector in vectors
    )
