"""How the wall looks, held still. `pytest --snapshot-update` takes new pictures: look at them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from pbvote_tally.count import count
from pbvote_tally.show.app import ShowApp
from pbvote_tally.show.posting import PostedReport
from pbvote_tally.show.work import Work
from pbvote_tally.verify import Counted
from show_folder import CHOICES, make_town


@pytest.mark.parametrize(
    ("size", "language", "keys"),
    [((80, 24), "fr", ["right"] * 4), ((120, 40), "de", ["f4", "end"])],
    ids=["step", "end"],
)
def test_the_count_looks_as_before(
    snap_compare: Callable[..., bool],
    tmp_path: Path,
    size: tuple[int, int],
    language: str,
    keys: list[str],
) -> None:
    report = PostedReport(time.monotonic)
    with Work(make_town(tmp_path).path, report) as work:
        contest = work.election.contest("city")
        selections = [choice["city"] for choice in CHOICES]
        work.counted = [Counted(contest, [*selections], count(contest, selections))]
        app = ShowApp(work, report, found_sticks=list)

        async def to_the_film(pilot: Pilot[None]) -> None:
            await app.set_language(language)
            while app.is_busy or app._flowing:
                await pilot.pause(0.01)
            await app.go("count")
            while not app.screen.query("#film"):
                await pilot.pause(0.01)
            await pilot.press(*keys)
            await pilot.pause()

        assert snap_compare(app, run_before=to_the_film, terminal_size=size)
