"""`pbvote-kiosk vote`: the voter's screens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

COLUMNS, LINES = 80, 24


def vote(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    box: Annotated[
        str | None, typer.Option(help="The box; needed if this machine has several.")
    ] = None,
) -> None:
    """Show the voter's kiosk, full screen, until officials stop it from their menu.

    DIR/kiosk.toml says which printer, second copy and languages this machine has. Leaves with 0
    when officials stop it, with 3 when they restart it: systemd then starts it again.

    \b
    Example: pbvote-kiosk vote DIR --box kiosk-1
    """
    import os
    import resource

    from pbvote.at_hand import now
    from pbvote_kiosk.devices.speech import find_speaker
    from pbvote_kiosk.officials.poll import Poll
    from pbvote_kiosk.officials.settings import printer_of, read_settings, with_box
    from pbvote_kiosk.voter.app import KioskApp

    check_terminal()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the voter's choice
    os.umask(0o077)
    settings = with_box(read_settings(folder), box)
    printer = printer_of(settings, folder)
    with Poll.open_in(folder, settings, now=now) as poll:
        poll.start()
        app = KioskApp(poll, printer=printer, speaker=find_speaker())
        settle()
        app.run()
    raise typer.Exit(app.return_code or 0)


def settle() -> None:
    """Leave all that was loaded out of the collections of garbage to come.

    A full one would stop the program for 0.1 s, long enough to cut a scan in two.
    """
    import gc

    gc.collect()
    gc.freeze()


def check_terminal() -> None:
    """InputError unless there is a terminal of 80 × 24 or more."""
    import os
    import sys

    from pbvote.core.errors import InputError

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(
            "the kiosk needs a screen and a keyboard", hint="Start it in a terminal, full screen"
        )
    columns, lines = os.get_terminal_size(sys.stdout.fileno())
    if columns < COLUMNS or lines < LINES:
        raise InputError(
            f"this terminal has {columns} columns and {lines} lines",
            hint=f"The kiosk needs {COLUMNS} × {LINES}: a larger window, or a smaller font",
        )
