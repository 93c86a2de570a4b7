"""`pbvote-kiosk desk`: a person is checked against the roll and handed a card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def desk(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    registrar: Annotated[
        str | None, typer.Option(help="Whose registry; needed if this machine has several.")
    ] = None,
    copy: Annotated[
        Path | None,
        typer.Option(
            metavar="PLACE",
            help="A box's stick or the commission's folder: gets each checkpoint before a card"
            " is handed out. By default a box on this machine, else the first folder of --place.",
        ),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACE",
            help="Where other desks' logs are: a folder, a stick, or http://HOST:PORT. Repeat it"
            " for several.",
        ),
    ] = None,
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT", help="Offer this desk's public log to other desks, read-only."
        ),
    ] = None,
) -> None:
    """Show the desk, full screen: search people, check them in, hand out cards.

    Desks without a network sync through a stick; a person who was handed two cards shows at once
    then. DIR/kiosk.toml says which printer this machine has. A kiosk may run beside it in the
    same folder.

    \b
    Example: pbvote-kiosk desk DIR --registrar salle --copy /media/stick
    Example: pbvote-kiosk desk DIR --place http://10.0.0.2:8080 --serve 8080 --copy /media/stick
    """
    import os
    import resource
    import time
    from contextlib import nullcontext

    from pbvote.at_hand import now
    from pbvote.core.errors import PbvoteError
    from pbvote.registry import CheckpointCopy
    from pbvote.registry.at_desk import opened
    from pbvote.registry.exchange import PUBLISHED, place_of, publish
    from pbvote.registry.serve import address_of, serving
    from pbvote_kiosk.commands.vote import check_terminal, settle
    from pbvote_kiosk.desk.app import DeskApp
    from pbvote_kiosk.desk.work import DeskWork, copy_place
    from pbvote_kiosk.devices.speech import find_speaker
    from pbvote_kiosk.officials.settings import printer_of, read_settings

    address = None if serve is None else address_of(serve)
    places = [place_of(text) for text in place or ()]
    settings = read_settings(folder)
    printer = printer_of(settings, folder)
    copies = copy_place(folder, copy, places)
    check_terminal()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold cards
    os.umask(0o077)
    wrong: list[PbvoteError] = []
    with opened(folder, registrar or settings.registrar or None, wrong=wrong) as registry:
        publish(registry, folder)
        work = DeskWork(
            registry,
            folder,
            copy=CheckpointCopy(copies),
            places=places,
            printer=printer,
            now=now,
            monotonic=time.monotonic,
            helpers=settings.helpers,
            stranded=wrong,
        )
        offer = (
            nullcontext()
            if address is None
            else serving(registry.folder / PUBLISHED, registry.name, address)
        )
        with offer:
            app = DeskApp(
                work,
                monotonic=time.monotonic,
                speaker=find_speaker(),
                speaks=settings.speech,
                offered=settings.languages,
            )
            settle()
            app.run()
    raise typer.Exit(app.return_code or 0)
