"""Made-up elections of a town's size, the same again with the same seed.

Voters have a field of interest; they tick what is popular, and what is of their field more than the
rest. So nearly all ballots differ, as in Warszawa, and groups of voters want different things.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pbvote.core.selection import Approval
from pbvote_tally.rules.profile import Entry, Profile

_CHUNK = 1 << 14
_FIELDS = 12


class Size(NamedTuple):
    """Ballots, projects, ticks on a ballot (on average, and at most), and the budget's size.

    `share` is the part of all projects' cost that the budget is.
    """

    voters: int
    projects: int
    ticks: float = 8.7
    most: int = 15
    share: float = 0.35


WARSZAWA = Size(75_255, 118)
LODZ = Size(90_494, 160, ticks=4.1, most=5)
WROCLAW = Size(131_778, 197, ticks=1, most=1)
MILLION = Size(1_000_000, 200)


def election(size: Size, seed: int = 1) -> Profile:
    """A profile of approvals, its costs in whole currency units."""
    rng = np.random.default_rng(seed)
    costs = np.clip(np.exp(rng.normal(12.9, 0.9, size.projects)), 20_000, 5_000_000)
    popular = rng.normal(0, 0.8, size.projects) + 0.2 * np.log(costs / costs.mean())
    field = rng.integers(0, _FIELDS, size.projects)
    matrix = np.zeros((size.voters, size.projects), np.uint8)
    for start in range(0, size.voters, _CHUNK):
        rows = matrix[start : start + _CHUNK]
        own = rng.integers(0, _FIELDS, len(rows))
        liking = popular + 1.5 * (own[:, np.newaxis] == field)
        liking = liking + rng.gumbel(size=rows.shape)
        most = min(size.most, size.projects)
        ticks = np.clip(rng.poisson(size.ticks, len(rows)), 1, most)
        best = np.argpartition(-liking, most - 1, axis=1)[:, :most]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(liking, best, 1)), 1)
        rank = np.arange(most)[np.newaxis, :] < ticks[:, np.newaxis]
        np.put_along_axis(rows, best, rank.astype(np.uint8), axis=1)
    return _grouped(size, costs, matrix)


def _grouped(size: Size, costs: np.ndarray, matrix: np.ndarray) -> Profile:
    packed = np.ascontiguousarray(np.packbits(matrix, axis=1))
    kinds = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, weights = np.unique(kinds, return_index=True, return_counts=True)
    entries = [Entry(f"p{p}", round(cost)) for p, cost in enumerate(costs.tolist(), 1)]
    return Profile(
        projects=tuple(entries),
        budget=round(size.share * float(costs.sum())),
        ballot=Approval(min=1, max=size.most),
        matrix=matrix[first],
        weights=weights.astype(np.int64),
    )
