"""`pbvote rehearse`: the whole day on all machines, with test keys and made-up people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, hint, passphrase, say

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pbvote.cli.rehearse_count import Rehearsed

app = typer.Typer(
    help="Rehearse the day: test keys, made-up people, TEST on every screen and paper.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The real election's folder.")]
Kit = Annotated[
    Path, typer.Argument(metavar="KIT", help="The folder test-…, or the commission's kit in it.")
]
People = Annotated[int, typer.Option(min=1, max=20_000, help="How many people are made up.")]
Workers = Annotated[int, typer.Option(min=1, help="How many processes share the work.")]
MARKS = {"done": "✓", "failed": "✗", "open": "○"}


@app.command()
def prepare(
    folder: Folder,
    to: Annotated[Path, typer.Option(help="The stick or folder that the kits go to.")],
    people: People = 100,
) -> None:
    """Make a test election of the real one, and a kit for each machine.

    The same contests, places, names and hours, from what was signed or else from the draft. Keys
    and people are new: the real roll isn't touched. The kits are in TO/test-…; copy each to its
    machine, and play the day as it will be.

    \b
    Example: pbvote rehearse prepare DIR --to /media/stick
    """
    from pbvote.cli.rehearse_kits import prepare

    with Steps() as steps:
        kits = prepare(folder, to, people, steps)
    for kit in kits:
        say(str(kit))
    hint("Copy each to its machine: `pbvote-kiosk vote KIT`, `pbvote-kiosk desk KIT --copy STICK`.")
    hint(f"Afterwards: pbvote rehearse count {kits[0].parent} --logs STICK")


@app.command()
def opening(
    kit: Kit,
    own: Annotated[
        Path, typer.Argument(metavar="TRUSTEE-FOLDER", help="The trustee's own, real folder.")
    ],
    folder: Folder,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
    ] = None,
) -> None:
    """A trustee's test opening with its real share, written down in the rehearsal.

    As `pbvote trustee test`, on the trustee's own laptop, with the rehearsal's stick in it.

    \b
    Example: pbvote rehearse opening KIT trustees/anne DIR
    """
    from pbvote.cli.rehearse_kits import keep_opening, read_rehearsal
    from pbvote.core.errors import InputError
    from pbvote.files import load_election
    from pbvote.keyfile import owner
    from pbvote.trustee import KEY, try_opening

    read_rehearsal(kit)
    election = load_election(folder)
    if not (own / KEY).exists():
        raise InputError("no trustee's folder", where=str(own), hint="Name the trustee's own")
    name = owner(own / KEY).rpartition("/")[2]
    try_opening(own, election, passphrase(f"the trustee in {own}", passphrase_file))
    keep_opening(kit, name, election)
    say(f"{name} can open what is sealed to the election's key. It is written down in {kit}.")


@app.command()
def count(
    kit: Kit,
    logs: Annotated[
        list[Path] | None,
        typer.Option(help="A stick with exported logs, or a kit brought back; repeat."),
    ] = None,
    workers: Workers = 1,
) -> None:
    """Count the rehearsal with its test trustees' keys, and say what went well and what didn't.

    Closing, merge, mixes, openings, count and verification, then a list: ✓ done, ✗ went wrong,
    ○ not done yet. Leaves with 1 if anything went wrong. May be done again with more logs.

    \b
    Example: pbvote rehearse count /media/stick/test-bertrix-2026 --logs /media/stick/logs
    """
    _finish(kit, logs or [], workers)


@app.command()
def run(
    folder: Folder,
    to: Annotated[Path, typer.Option(help="The folder that the kits and logs go to.")],
    people: People = 60,
    workers: Workers = 1,
) -> None:
    """The whole rehearsal by itself, on this machine: for a town with no time for one.

    Made-up people come to the desks, vote at the kiosks and online, check a machine, lose a card,
    vote again; then everything is closed and counted. It tries the election and the programs, not
    the people and the machines of the day.

    \b
    Example: pbvote rehearse run DIR --to out/rehearsal
    """
    from pbvote.cli.rehearse_kits import prepare
    from pbvote.cli.rehearse_play import Day

    with Steps() as steps:
        commission, *kits = prepare(folder, to, people, steps)
        logs = Day(kits, commission.parent / "logs", steps).play()
    _finish(commission, [logs], workers)


def _finish(kit: Path, logs: list[Path], workers: int) -> None:
    from contextlib import ExitStack

    from pbvote.cli.rehearse_count import count

    with ExitStack() as stack:
        pool: Executor | None = None
        if workers > 1:
            from concurrent.futures import ProcessPoolExecutor

            pool = stack.enter_context(ProcessPoolExecutor(workers))
        rehearsed = count(kit, logs, stack.enter_context(Steps()), pool)
    _say(rehearsed)
    if not rehearsed.is_passed:
        raise typer.Exit(1)


def _say(rehearsed: Rehearsed) -> None:
    from pbvote_tally.words import result_lines

    election = rehearsed.verified.rebuilt.election
    say(f"TEST {election.slug}")
    for counted in rehearsed.verified.counted:
        for line in result_lines(counted, election.manifest.languages[0]):
            say(line)
    say()
    for finding in rehearsed.findings:
        say(f"{MARKS[finding.mark]} {finding.text}")
    if any(finding.mark == "open" for finding in rehearsed.findings):
        hint("○ not done yet. Test openings: pbvote rehearse opening KIT TRUSTEE-FOLDER DIR")
