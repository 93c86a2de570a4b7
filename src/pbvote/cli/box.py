"""`pbvote box`: make, open, watch, close and export a ballot box."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, hint, say, say_json
from pbvote.words import plural

if TYPE_CHECKING:
    from pbvote.box import Box, BoxStatus

app = typer.Typer(
    help="Ballot boxes: make, open, watch, close and export them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")]
Name = Annotated[str, typer.Argument(help="The box's name, as in election.toml.")]
Second = Annotated[
    Path | None,
    typer.Option(help="A second durable copy: a folder or file on another disk, like a stick."),
]
Adopt = Annotated[
    bool,
    typer.Option(
        "--adopt", help="Take the log as it is, after it was restored from its second copy."
    ),
]


@app.command()
def create(folder: Folder, name: Name) -> None:
    """Make a box on this machine: its key and its empty log.

    Bring DIR/boxes/NAME/box.vkey to the commission, which puts it in the manifest. The key stays
    here, and has no passphrase: a box must start by itself after a power cut.

    \b
    Example: pbvote box create DIR online
    """
    from pbvote.at_hand import BOXES, check_name
    from pbvote.box import Box
    from pbvote.cli.slug import slug_of
    from pbvote.files import write_bytes

    own = folder / BOXES / check_name(name)
    vkey = Box.create(own, slug_of(folder), name)
    write_bytes(own / "box.vkey", vkey.encode() + b"\n")
    say(vkey)
    hint(f"Bring {own / 'box.vkey'} to the commission; keep {own / 'box.key'} on this machine.")


@app.command("open")
def open_(folder: Folder, name: Name, second: Second = None, adopt: Adopt = False) -> None:
    """Open the poll. Officials do, at the hour; the clock doesn't.

    With --adopt, a box that was open before goes on as it is.

    \b
    Example: pbvote box open DIR kiosk-1 --second /media/stick
    """
    with opened(folder, name, second=second, adopt=adopt) as box:
        if not adopt or box.status().opened is None:
            box.open_poll()
        _say_status(box, _written(folder, box, second))


@app.command()
def status(
    folder: Folder,
    name: Name,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """How the box stands: opened, closed, how many ballots, its checkpoint, and warnings.

    Also while another process keeps the box, as a kiosk does. Warns if the second copy isn't
    there or fell behind, and if the log's mark is missing. Times are local, in JSON UTC.

    \b
    Example: pbvote box status DIR online --json
    """
    import dataclasses

    from pbvote.at_hand import BOXES, own_folder
    from pbvote.box.watch import with_findings

    with read(folder, name) as box:
        found = with_findings(box.status(), own_folder(folder, BOXES, name))
    if json:
        say_json(dataclasses.asdict(found))
    else:
        _say_status(box, found)


@app.command()
def close(folder: Folder, name: Name, second: Second = None, adopt: Adopt = False) -> None:
    """Close the poll, for good: nothing goes in any more.

    \b
    Example: pbvote box close DIR online
    """
    with opened(folder, name, second=second, adopt=adopt) as box:
        box.close_poll()
        _say_status(box, _written(folder, box, second))
    hint(f"Next: pbvote box export {folder} {name} --to STICK, for `pbvote-tally close`.")


@app.command()
def export(
    folder: Folder,
    name: Name,
    to: Annotated[Path, typer.Option(help="A folder or stick; the log goes to box/NAME in it.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="The database of a box that died: its own, or its copy."),
    ] = None,
) -> None:
    """Write the box's public log. Again and again: only what is new is written.

    A box in the hall exports only once it is closed: its order is that of the people in the queue.
    A box whose machine died can't be closed: after the poll, --from takes what its database or
    second copy holds, without its key; the closing then says `cut`.

    \b
    Example: pbvote box export DIR kiosk-1 --to /media/stick
    Example: pbvote box export DIR kiosk-1 --from /media/copy/demo-kiosk-1.db --to /media/stick
    """
    if source is not None:
        from pbvote.box.rescue import export_dead

        size = export_dead(folder, name, source, to / "box" / name)
        say(f"{plural(size, 'entry')} in {to / 'box' / name}")
        hint(f"Unless it was closed, count it with: pbvote-tally close --cut box/{name}=REASON")
        return
    with read(folder, name) as box, Steps() as steps:
        steps.step(f"The log of {name}, in tiles")
        size = box.export(to / "box" / name)
    say(f"{plural(size, 'entry')} in {to / 'box' / name}")


def opened(folder: Path, name: str, *, second: Path | None = None, adopt: bool = False) -> Box:
    """The box, to write: no other process may have it. It knows the registries at hand."""
    from pbvote.at_hand import BOXES, RegistriesAtHand, now, own_folder
    from pbvote.box import Box
    from pbvote.box.watch import remember
    from pbvote.files import load_election

    election = load_election(folder)
    election.box(name)
    own = own_folder(folder, BOXES, name)
    register = RegistriesAtHand(folder, election)
    if register.wrong:
        raise register.wrong[0]
    if second is not None and second.is_dir():
        second = second / f"{election.slug}-{name}.db"
    box = Box.in_folder(
        own,
        election,
        name,
        now=now,
        register=register,
        second=second,
        adopt=adopt,
    )
    if second is not None:
        remember(own, second)
    return box


def read(folder: Path, name: str) -> Box:
    """The box as it stands now, to read: also while another process writes to it."""
    from pbvote.at_hand import BOXES, Snapshot, now, own_folder
    from pbvote.box import KEY, LOG, Box
    from pbvote.files import load_election
    from pbvote.keyfile import load_signer
    from pbvote.store.log import SignedLog

    election = load_election(folder)
    election.box(name)
    own = own_folder(folder, BOXES, name)
    signer = load_signer(own / KEY)
    return Box(SignedLog(Snapshot(own / LOG), signer), signer, election, name, now=now)


def _written(folder: Path, box: Box, second: Path | None) -> BoxStatus:
    """The status of a box that a command just wrote to."""
    from pbvote.at_hand import BOXES, own_folder
    from pbvote.box.watch import with_warnings

    return with_warnings(box.status(), own_folder(folder, BOXES, box.name), second=second)


def _say_status(box: Box, status: BoxStatus) -> None:
    from pbvote.draft.values import local_times, time_zone

    zone = box.election.manifest.time_zone
    if status.opened is None:
        state = "not open yet"
    elif status.closed is None:
        state = f"open since {status.opened}"
    else:
        state = f"closed at {status.closed}, opened at {status.opened}"
    say(local_times(f"{status.name}: {state}", time_zone(zone)))
    entries = plural(status.size, "entry")
    say(f"{status.cast} cast, {status.challenged} challenged, {entries} in the log")
    say(f"root {status.root}")
    for warning in status.warnings:
        hint(shown(warning, zone))


def shown(warning: str, zone_name: str) -> str:
    """A warning with its times as people there read them."""
    from pbvote.draft.values import local_times, time_zone

    return f"Warning: {local_times(warning, time_zone(zone_name))}"
