"""`pbvote-kiosk`: the polling place's screens, and what officials set up for them."""

from __future__ import annotations

from typing import NoReturn

import typer

from pbvote.terminal import run
from pbvote_kiosk.commands import desk, official, takeover, vote

app = typer.Typer(
    name="pbvote-kiosk",
    help="The town hall: the voter's kiosk and the desk, with or without a network.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(vote.vote)
app.command()(desk.desk)
app.add_typer(official.app, name="official")
app.command("spare-key")(takeover.spare_key)
app.command()(takeover.takeover)


def main() -> NoReturn:
    """The entry point."""
    run(app)
