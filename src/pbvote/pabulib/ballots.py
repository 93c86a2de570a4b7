"""From a `.pb` file to one of our ballot formats (docs/protocol.md, section 4)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbvote.core.errors import InputError
from pbvote.core.selection import MAX_VMAX, Approval, BallotFormat, Knapsack, Points, Ranking, vmax
from pbvote.pabulib.grouping import Grouped
from pbvote.pabulib.model import Election


def ballot_format(election: Election) -> BallotFormat:
    """The ballot format (docs/protocol.md, section 4) under which every vote of the file is valid.

    Taken from META (`min_length`, `max_length`, `max_sum_cost`, `max_points`, `max_sum_points`)
    and widened where real votes break it. A ranking without `max_length` has the longest one's.
    """
    lengths = _lengths(election.grouped)
    longest = int(lengths.max(initial=1))
    shortest = int(lengths[lengths > 0].min(initial=longest))
    form: BallotFormat
    match election.vote_type:
        case "approval" if _is_knapsack(election):
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
            form = _points(election)
    if vmax(form) > MAX_VMAX:
        raise InputError(
            f"a vote gives up to {vmax(form)} to one project, a ballot holds {MAX_VMAX}",
            where=election.name,
            hint="Divide the points by a common factor",
        )
    return form


def _lengths(grouped: Grouped) -> NDArray[np.int32]:
    """How many projects each group names; column by column, as they lie."""
    lengths = np.zeros(len(grouped.weights), dtype=np.int32)
    for column in grouped.matrix.T:
        lengths += column != 0
    return lengths


def _points(election: Election) -> Points:
    """At most `max_points` each (all of them, where the file doesn't say) and the sum in all."""
    matrix = election.grouped.matrix
    each = int(matrix.max(initial=0))
    given = int(matrix.sum(axis=1, dtype=np.int64).max(initial=0))
    limit, total = election.number("max_points"), election.number("max_sum_points")
    if election.vote_type == "scoring":
        most = max(1, limit or 1, each)
        return Points(total=max(total or most * len(election.projects), given), max_each=most)
    total = max(1, total or 1, given)
    return Points(total=total, max_each=max(limit or min(total, MAX_VMAX), each))


def _is_knapsack(election: Election) -> bool:
    """The file limits the cost of a vote to the budget, and every vote keeps to it."""
    if election.amount("max_sum_cost") != election.budget:
        return False
    costs = [project.cost for project in election.projects]
    spent: NDArray[Any] = np.zeros(
        len(election.grouped.weights), dtype=np.int64 if sum(costs) < 1 << 63 else object
    )
    for column, cost in zip(election.grouped.matrix.T, costs, strict=True):
        spent[column != 0] += cost
    return bool((spent <= election.budget).all())
