"""`pbvote-tally show` and `pre-check`: the public count on the wall, and what is checked ahead."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="The election's folder; the bundle is in it.")]
Workers = Annotated[int, typer.Option(min=1, help="How many processes share the work.")]


def show(
    folder: Folder,
    media: Annotated[Path, typer.Option(help="Where sticks are mounted.")] = Path("/media"),
    workers: Workers = 1,
) -> None:
    """The public count, full screen, for the projector: from the boxes to the signed result.

    Killed or left at any moment, it goes on where it stood.

    \b
    Example: pbvote-tally show DIR
    """
    import os

    for name in ("TEXTUAL", "TEXTUAL_LOG"):  # a log of keys would hold passphrases
        os.environ.pop(name, None)

    import time

    from pbvote.sticks import sticks
    from pbvote_tally.show.app import ShowApp
    from pbvote_tally.show.posting import PostedReport
    from pbvote_tally.show.work import Work
    from pbvote_tally.workers import executor

    report, pool = PostedReport(time.monotonic), executor(workers)
    with Work(folder, report, pool) as work:
        app = ShowApp(work, report, found_sticks=lambda: sticks(media))
        app.run()
    if pool is not None:
        pool.shutdown(wait=False, cancel_futures=True)
    if app.return_code:
        raise typer.Exit(app.return_code)


def pre_check(
    folder: Folder,
    logs: Annotated[
        list[Path] | None, typer.Option(help="A stick or folder with exported logs; repeat.")
    ] = None,
    workers: Workers = 1,
) -> None:
    """Check the ballots of the logs at hand while other boxes are open; `show` checks the rest.

    \b
    Example: pbvote-tally pre-check DIR --logs /media/stick
    """
    from pbvote.terminal import Steps, say
    from pbvote.words import plural
    from pbvote_tally.show.work import Work
    from pbvote_tally.workers import executor

    with Steps() as steps, Work(folder, steps, executor(workers)) as work:
        for source in logs or []:
            work.collect(source)
        checked = work.check_ahead()
    say(f"{plural(checked, 'ballot')} checked now")
