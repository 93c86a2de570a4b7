"""`pbvote addendum`: what changes after the manifest is signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pbvote.terminal import passphrase, say


def addendum(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    box: Annotated[
        list[str] | None, typer.Option(help="A box to add; its box.vkey is in DIR/boxes/NAME.")
    ] = None,
    channel: Annotated[
        Literal["online", "in-person"], typer.Option(help="The added boxes' channel.")
    ] = "in-person",
    place: Annotated[str, typer.Option(help="Where the added boxes stand.")] = "",
    registrar: Annotated[
        list[str] | None,
        typer.Option(help="A registrar to add; its registry.vkey is in DIR/registries/NAME."),
    ] = None,
    closes: Annotated[
        list[str] | None, typer.Option(help='A new closing time: online="2026-11-14 18:00".')
    ] = None,
    correct: Annotated[
        list[str] | None,
        typer.Option(help="contest/project/field=value: title.fr, description.fr, cost, …"),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for every correction; published.")] = "",
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
    ] = None,
) -> None:
    """Add boxes or registrars, move the closing, or correct projects, in one addendum.

    The commission signs it here; trustees follow with `pbvote trustee sign` (the quorum if it
    adds a box or registrar, else one), and only then it is in force. Ballots stay valid by the
    manifest's costs; the count goes by the corrected ones. Anything else is a new election.

    \b
    Example: pbvote addendum DIR --box kiosk-3 --place "Salle de Jéhonville"
    Example: pbvote addendum DIR --closes in-person="2026-11-14 19:00"
    Example: pbvote addendum DIR --correct commune/velos/cost=9100 --reason "a new offer"
    """
    from time import time

    from pbvote.cli.describe import addendum_lines, short, to_sign
    from pbvote.core.encoding import nfc, time_text
    from pbvote.core.manifest import Box, Registrar
    from pbvote.draft.addendum import make_addendum, propose, read_closes, read_corrections
    from pbvote.draft.signing import box_vkey, registrar_vkey, waiting
    from pbvote.files import COMMISSION_KEY, load_election
    from pbvote.keyfile import is_sealed, load_signer

    election = load_election(folder)
    boxes = [
        Box(
            name=name,
            channel=channel,
            vkey=box_vkey(folder, election.slug, name),
            place=nfc(place.strip()) or name,
        )
        for name in box or []
    ]
    registrars = [
        Registrar(name=name, vkey=registrar_vkey(folder, election.slug, name))
        for name in registrar or []
    ]
    made = make_addendum(
        election,
        time_text(int(time())),
        boxes=boxes,
        registrars=registrars,
        closes=read_closes(closes or [], election),
        corrections=read_corrections(correct or [], reason, election),
    )
    for line in addendum_lines(made, election.manifest):
        say(line)
    key = folder / COMMISSION_KEY
    secret = passphrase("the commission", passphrase_file) if is_sealed(key) else None
    path = propose(folder, election, made, load_signer(key, secret))
    document = waiting(folder)
    if document is not None:
        names = ", ".join(map(short, document.unsigned))
        say(to_sign(document)[0])
        say(f"{path}: next, {document.needed} of {names}, with `pbvote trustee sign`.")
