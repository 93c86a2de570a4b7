"""`pbvote new`: an election's folder with a commented draft and the commission's key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pbvote.terminal import hint, passphrase, say


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    slug: Annotated[
        str, typer.Option(help="The election's short name; the folder's name otherwise.")
    ] = "",
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
    ] = None,
) -> None:
    """Begin an election: a commented election.toml, example projects, the commission's key.

    What is in the folder stays as it is: after `pbvote import`, only the key is made. A name that
    ends in a year dates the draft; next year is taken otherwise. Publish
    commission.vkey where voters trust it; whoever verifies the result needs it.

    \b
    Example: pbvote new elections/bertrix-2026
    """
    import re
    from datetime import date

    from pbvote.core.election import commission_name
    from pbvote.core.encoding import NAME_HINT, is_name
    from pbvote.core.errors import InputError, RefusedError
    from pbvote.draft import DRAFT, read_slug
    from pbvote.draft.template import EXAMPLE_PROJECTS, PROJECTS, election_toml
    from pbvote.files import COMMISSION, COMMISSION_KEY, write_bytes
    from pbvote.keyfile import new_signer

    if (folder / COMMISSION_KEY).exists():
        raise RefusedError(
            "the commission has a key already",
            where=str(folder / COMMISSION_KEY),
            hint="Go on with it, or name another folder",
        )
    if not (folder / DRAFT).exists():
        name = slug or folder.resolve().name
        if not is_name(name):
            raise InputError(f"{name!r} can't be a slug", hint=f"Give --slug. {NAME_HINT}")
    else:
        name = read_slug(folder)
        if slug and slug != name:
            where = str(folder / DRAFT)
            raise InputError(f"the slug is {name}", where=where, hint="Change it there")
    secret = passphrase("the commission", passphrase_file, new=True)
    if not (folder / DRAFT).exists():
        year = re.search("(?<![0-9])20[0-9]{2}$", name)
        draft = election_toml(name, int(year[0]) if year else date.today().year + 1)
        write_bytes(folder / DRAFT, draft.encode())
        if not (folder / PROJECTS).exists():
            write_bytes(folder / PROJECTS, EXAMPLE_PROJECTS.encode())
    signer = new_signer(folder / COMMISSION_KEY, commission_name(name), secret)
    write_bytes(folder / COMMISSION, signer.verify_key.text.encode() + b"\n")
    say(signer.verify_key.text)
    hint(f"Edit {folder / DRAFT} and the projects, then: pbvote check {folder}")
