"""`pbvote`: everything up to the closing, and what a voter or an official looks at."""

from __future__ import annotations

from typing import NoReturn

import typer

from pbvote.cli import (
    addendum,
    box,
    cards,
    check,
    demo,
    import_,
    inspect,
    new,
    receipt,
    registry,
    rehearse,
    roll,
    sign,
    trustee,
    tryout,
    vote,
)
from pbvote.terminal import run

app = typer.Typer(
    name="pbvote",
    help="Participatory budgets: make an election, keep the ballot boxes, check a receipt.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for name, command in (
    ("new", new.new),
    ("check", check.check),
    ("import", import_.import_),
    ("sign", sign.sign),
    ("addendum", addendum.addendum),
    ("vote", vote.vote),
    ("inspect", inspect.inspect),
    ("demo", demo.demo),
):
    app.command(name)(command)
for name, group in (
    ("trustee", trustee.app),
    ("registry", registry.app),
    ("roll", roll.app),
    ("cards", cards.app),
    ("box", box.app),
    ("receipt", receipt.app),
    ("rehearse", rehearse.app),
    ("tryout", tryout.app),
):
    app.add_typer(group, name=name)


def main() -> NoReturn:
    """The entry point."""
    run(app)
