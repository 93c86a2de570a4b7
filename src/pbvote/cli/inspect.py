"""`pbvote inspect`: any file or record of ours, readable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pbvote.terminal import say, say_json


def inspect(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|TEXT", help="A file, a folder, or a card's, receipt's or key's text."
        ),
    ],
    secret: Annotated[
        bool, typer.Option("--secret", help="Show a card's code too. Whoever sees it can vote.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON, nothing shortened.")] = False,
) -> None:
    """Show what a file of ours says: notes and who signed them, records, logs, keys, bundles.

    Reads only; says what stands there, and what is wrong with its form. Whether a signature or a
    proof holds needs the whole bundle: pbvote-tally verify. Of a key file it never shows the
    secret, of a log's database never the private part.

    \b
    Example: pbvote inspect bundle/closing.note
    Example: pbvote inspect PBVOTE1/R/…
    """
    from pbvote.cli.inspection import look, shortened

    found = look(what, secret=secret)
    if json:
        say_json(found)
    else:
        _say(shortened(found))


def _say(found: Mapping[str, Any], indent: str = "") -> None:
    for name, value in found.items():
        if isinstance(value, dict) and value:
            say(f"{indent}{name}:")
            _say(value, indent + "  ")
        elif isinstance(value, list) and value:
            say(f"{indent}{name}:")
            _say_list(value, indent + "  ")
        else:
            say(f"{indent}{name}: {_plain(value)}")


def _say_list(values: list[Any], indent: str) -> None:
    for number, value in enumerate(values, 1):
        if isinstance(value, dict):
            say(f"{indent}{number}.")
            _say(value, indent + "   ")
        elif isinstance(value, list):
            _say_list(value, indent + "  ")
        else:
            say(f"{indent}{_plain(value)}")


def _plain(value: Any) -> str:
    """A value on a line of its own: nothing in it can move the cursor or fake a line."""
    text = value if isinstance(value, str) else "none" if value in ([], {}, None) else str(value)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
