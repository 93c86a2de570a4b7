"""`pbvote registry`: make, watch, close and export a registrar's log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pbvote.terminal import Steps, hint, say, say_json
from pbvote.words import plural

app = typer.Typer(
    help="Registrars' logs: who was handed a card, under pseudonyms.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")]
Name = Annotated[str, typer.Argument(help="The registrar's name, as in election.toml.")]
Adopt = Annotated[
    bool, typer.Option("--adopt", help="Take the log as it is, after it was restored.")
]


@app.command()
def create(folder: Folder, name: Name) -> None:
    """Make a registry on this machine: its key and its empty log.

    Bring DIR/registries/NAME/registry.vkey to the commission, which puts it in the manifest.

    \b
    Example: pbvote registry create DIR mairie
    """
    from pbvote.at_hand import REGISTRIES, check_name
    from pbvote.cli.slug import slug_of
    from pbvote.files import write_bytes
    from pbvote.registry import KEY, Registry

    own = folder / REGISTRIES / check_name(name)
    vkey = Registry.create(own, slug_of(folder), name)
    write_bytes(own / "registry.vkey", vkey.encode() + b"\n")
    say(vkey)
    hint(f"Bring {own / 'registry.vkey'} to the commission; keep {own / KEY} on this machine.")


@app.command()
def status(
    folder: Folder,
    name: Name,
    adopt: Adopt = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """How the registry stands: people, cards handed out and revoked, whether it is closed.

    \b
    Example: pbvote registry status DIR mairie --json
    """
    import dataclasses

    from pbvote.registry.at_desk import opened

    with opened(folder, name, adopt=adopt) as registry:
        found, zone = registry.status(), registry.election.manifest.time_zone
    if json:
        say_json(dataclasses.asdict(found))
        return
    say(f"{found.name}: {f'closed at {_local(found.closed, zone)}' if found.closed else 'open'}")
    say(", ".join(f"{number} {what}" for what, number in found.people.items()))
    cards = ", ".join(f"{number} {channel}" for channel, number in found.cards.items())
    say(f"cards: {cards}; {found.revoked} revoked; {plural(found.size, 'entry')} in the log")


@app.command()
def close(folder: Folder, name: Name) -> None:
    """Close the registry, for good: nobody gets or loses a card after that.

    \b
    Example: pbvote registry close DIR mairie
    """
    from pbvote.registry.at_desk import opened

    with opened(folder, name) as registry:
        registry.close()
        at = _local(registry.closed or "", registry.election.manifest.time_zone)
        say(f"{name}: closed at {at}")
    hint(f"Next: pbvote registry export {folder} {name} --to STICK, for `pbvote-tally close`.")


@app.command()
def export(
    folder: Folder,
    name: Name,
    to: Annotated[
        Path, typer.Option(help="A folder or stick; the log goes to registry/NAME in it.")
    ],
) -> None:
    """Write the public log, never the roll. Again and again: only what is new is written.

    \b
    Example: pbvote registry export DIR desk-1 --to /media/stick
    """
    from pbvote.at_hand import REGISTRIES, own_folder
    from pbvote.registry import export_log

    own = own_folder(folder, REGISTRIES, name)
    with Steps() as steps:
        steps.step(f"The log of {name}, in tiles")
        size = export_log(own, to / "registry" / name)
    say(f"{plural(size, 'entry')} in {to / 'registry' / name}")


def _local(text: str, zone: str) -> str:
    from pbvote.draft.values import local_times, time_zone

    return local_times(text, time_zone(zone))
