"""`pbvote-tally publish`: the signed result, and the site that shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, say

if TYPE_CHECKING:
    from pbvote.core.note import VerifyKey


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the results site goes; DIR/site without it.")
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes share the work.")] = 1,
) -> None:
    """Count, sign results.note, which finishes the audit bundle, and write the results site.

    What is signed already isn't signed again, unless evidence was added: the site is made anew,
    after `correct` too, without the commission's key. It is a folder of plain files for any web
    host or a stick; index.html is its first page.

    \b
    Example: pbvote-tally publish DIR
    Example: pbvote-tally publish DIR --out /srv/www/results
    """
    from pbvote.files import COMMISSION, read_vkey
    from pbvote_tally.site.publish import must_be_signed, read_source, write_site
    from pbvote_tally.words import result_lines

    commission = read_vkey(folder / COMMISSION)
    place = out or folder / "site"
    if must_be_signed(folder, commission):
        _sign(folder, commission, passphrase_file, workers)
    with Steps() as steps:
        source = read_source(folder, commission, steps)
        number = write_site(source, place, steps)
    for counted in source.counted:
        for line in result_lines(counted, source.election.manifest.languages[0]):
            say(line)
    say(f"Published in {folder / 'bundle'}")
    say(f"The site, {number} files: {place / 'index.html'}")


def _sign(folder: Path, commission: VerifyKey, passphrase_file: Path | None, workers: int) -> None:
    """Count, and sign results.note over every file."""
    from pbvote.files import COMMISSION_KEY
    from pbvote.keyfile import is_sealed, load_signer
    from pbvote.terminal import passphrase
    from pbvote_tally.bundle import FolderBundle
    from pbvote_tally.tally import Tally
    from pbvote_tally.workers import executor

    key = folder / COMMISSION_KEY
    asked = passphrase("the commission", passphrase_file) if is_sealed(key) else None
    signer = load_signer(key, asked)
    bundle = folder / "bundle"
    with Steps() as steps:
        Tally(FolderBundle(bundle), bundle, commission, executor(workers), steps).publish(signer)
