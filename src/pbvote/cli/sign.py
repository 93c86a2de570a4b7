"""`pbvote sign`: the commission signs the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pbvote.terminal import hint, passphrase, say


def sign(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
    ] = None,
) -> None:
    """Put the manifest together and sign it for the commission; the trustees sign next.

    It needs the whole draft, the ended ceremony, the vkey of every registrar and box, and
    roll.csv; `pbvote check` says what is missing. Once signed, the draft doesn't count any more.

    \b
    Example: pbvote sign DIR
    """
    from pbvote.cli.check import rule_errors
    from pbvote.cli.describe import manifest_lines, short, to_sign
    from pbvote.core.errors import InputError
    from pbvote.draft import read_draft, warnings
    from pbvote.draft.signing import assemble, draft_roll, sign_by_commission, small_groups, waiting
    from pbvote.files import COMMISSION_KEY
    from pbvote.keyfile import is_sealed, load_signer

    draft = read_draft(folder)
    for error in rule_errors(draft):
        raise InputError(error, hint="Correct the rule")
    manifest = assemble(folder, draft)
    for line in manifest_lines(manifest):
        say(line)
    for warning in (*warnings(draft), *small_groups(draft, draft_roll(folder, draft))):
        hint(f"Warning: {warning}")
    key = folder / COMMISSION_KEY
    secret = passphrase("the commission", passphrase_file) if is_sealed(key) else None
    sign_by_commission(folder, manifest, load_signer(key, secret))
    document = waiting(folder)
    if document is not None:
        say(to_sign(document)[0])
        say(f"Next: {', '.join(map(short, document.unsigned))}, each with `pbvote trustee sign`.")
