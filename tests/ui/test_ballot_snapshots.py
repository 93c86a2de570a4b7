"""How the ballot looks, held still. `pytest --snapshot-update` takes new pictures: look at them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ballot_host import FORMATS, BallotHost, ballot_of


@pytest.mark.parametrize(
    ("form", "size", "keys"),
    [
        ("knapsack", (80, 24), ["enter", "3", "enter"]),
        ("ranking", (120, 40), ["enter", "down", "enter", "down", "enter", "+"]),
        ("points", (80, 24), ["f3", "f3", "f4", "+", "+"]),
    ],
    ids=["knapsack", "ranking", "points"],
)
def test_the_ballot_looks_as_before(
    snap_compare: Callable[..., bool], form: str, size: tuple[int, int], keys: list[str]
) -> None:
    app = BallotHost(lambda: ballot_of(FORMATS[form], 12))
    assert snap_compare(app, press=keys, terminal_size=size)
