"""`pbvote demo`: a whole election on one machine, from the key ceremony to a verified bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pbvote.terminal import Steps, say


def demo(
    out: Annotated[Path, typer.Option(help="Where the election's folder is made.")] = Path(
        "out/demo"
    ),
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A Pabulib .pb file: run its real ballots instead."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="What the made-up town and its choices start from.")
    ] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier demo there.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 2,
) -> None:
    """Run a complete election: 8,000 on the roll, 45 projects, three trustees, three boxes.

    Keys, logs, ballots and proofs are real; only the people are made up. It leaves OUT/bundle and
    OUT/commission.vkey, with which anybody can verify the count: pbvote-tally verify OUT/bundle

    \b
    Example: pbvote demo
    Example: pbvote demo --from Poland_Warszawa_2018_Las.pb --out out/las
    """
    from concurrent.futures import ProcessPoolExecutor

    from pbvote.cli.demo_day import Day, clear
    from pbvote.cli.demo_plan import plan_of_file, plan_of_town

    plan = plan_of_town(seed) if source is None else plan_of_file(source, seed)
    clear(out, force=force)
    with Steps() as steps, ProcessPoolExecutor(workers) as pool:
        lines = Day(out, plan, steps, pool).run()
    for line in lines:
        say(line)
