"""`pbvote trustee`: the ceremony that makes the election's key, and what trustees sign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import hint, passphrase, say

if TYPE_CHECKING:
    from pbvote.draft.signing import Waiting

app = typer.Typer(
    help="The trustees' ceremony, and what trustees sign.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")]
Shared = Annotated[
    Path, typer.Argument(metavar="CEREMONY", help="DIR/ceremony, or a copy of it on a stick.")
]
Own = Annotated[Path, typer.Option("--folder", help="The trustee's own folder, kept private.")]
OwnArgument = Annotated[
    Path, typer.Argument(metavar="TRUSTEE-FOLDER", help="The trustee's own folder.")
]
Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
]


@app.command()
def ceremony(folder: Folder) -> None:
    """Begin the ceremony: fix the trustees, their order and the threshold from election.toml.

    The commission does it once. Then each trustee enrols; when all have, each deals; when all
    have, each accepts. DIR/ceremony goes around (a shared folder, or a stick).

    \b
    Example: pbvote trustee ceremony DIR
    """
    from pbvote.draft import read_draft
    from pbvote.draft.signing import CEREMONY
    from pbvote.trustee.ceremony import start_ceremony

    draft = read_draft(folder)
    plan = start_ceremony(folder / CEREMONY, draft.slug, draft.threshold, draft.trustees)
    for number, name in enumerate(plan.trustees, 1):
        say(f"{number}. {name}")
    say(f"Any {plan.threshold} of them will open the ballots. Next, each of them:")
    say(f"pbvote trustee enrol {folder / CEREMONY} NAME --folder trustees/NAME")


@app.command()
def enrol(
    shared: Shared,
    name: Annotated[str, typer.Argument(help="The trustee's name, as in election.toml.")],
    folder: Own,
    passphrase_file: Passphrase = None,
) -> None:
    """Make a trustee's folder and keys, and hand in the public ones.

    On the trustee's own machine. The folder and its passphrase together are the trustee's part
    of the key: keep them apart from each other, and give them to nobody.

    \b
    Example: pbvote trustee enrol CEREMONY anne --folder trustees/anne
    """
    from pbvote.trustee import KEY
    from pbvote.trustee.ceremony import enrol, read_plan

    read_plan(shared, name)
    new = not (folder / KEY).exists()
    enrol(folder, shared, name, passphrase(_who(folder), passphrase_file, new=new))
    say(f"{name} has enrolled: {shared / f'{name}.trustee.note'}")
    hint("When all have: pbvote trustee deal")


@app.command()
def deal(shared: Shared, folder: Own, passphrase_file: Passphrase = None) -> None:
    """Deal a share of this trustee's part of the key to each trustee, sealed for each.

    \b
    Example: pbvote trustee deal CEREMONY --folder trustees/anne
    """
    from pbvote.trustee.ceremony import deal

    deal(folder, shared, _secret(folder, passphrase_file, shared))
    say(f"Dealt, into {shared}.")
    hint("When all have: pbvote trustee accept")


@app.command()
def accept(shared: Shared, folder: Own, passphrase_file: Passphrase = None) -> None:
    """Check every deal, take this trustee's share, and destroy what made it.

    Prints a fingerprint of all that was dealt: compare it with the other trustees, by voice. If
    one differs, somebody handed different files to different trustees.

    \b
    Example: pbvote trustee accept CEREMONY --folder trustees/anne
    """
    from pbvote.cli.describe import fingerprint
    from pbvote.core.encoding import decode
    from pbvote.core.note import parse_note
    from pbvote.trustee.ceremony import Accepted, accept

    note = accept(folder, shared, _secret(folder, passphrase_file, shared))
    accepted = decode(parse_note(note).text.encode().removesuffix(b"\n"), Accepted)
    say(f"The share fits. Compare with the others: {fingerprint(accepted.deals)}")


@app.command()
def sign(own: OwnArgument, folder: Folder, passphrase_file: Passphrase = None) -> None:
    """Sign what comes next in the election's folder: the manifest, an addendum, or the closing.

    Says in words what it is, with its fingerprint, before the passphrase is asked for. A trustee
    signs a manifest only if its share fits it, and one closing an election, ever.

    \b
    Example: pbvote trustee sign trustees/anne DIR
    """
    from pbvote.cli.describe import short, to_sign
    from pbvote.core.errors import RefusedError
    from pbvote.draft.signing import keep, waiting

    document = waiting(folder)
    if document is None:
        raise RefusedError(
            "nothing waits for a trustee's signature here",
            where=str(folder),
            hint="All trustees signed what there is",
        )
    for line in to_sign(document):
        say(line)
    if signs := _has_signed(own, document):
        say(f"{signs} has signed it already.")
        hint(f"Not yet by {', '.join(map(short, document.unsigned))}.")
        return
    note = _sign(own, folder, document, _secret(own, passphrase_file))
    kept = keep(folder, document, note)
    say(f"{kept.path}: signed by {', '.join(map(short, kept.signed))}")
    if kept.is_enough:
        say("That is as many as it takes.")
    if kept.unsigned and not (kept.kind == "addendum" and kept.is_enough):
        hint(f"Not yet by {', '.join(map(short, kept.unsigned))}.")


def _has_signed(own: Path, document: Waiting) -> str:
    """The name of this folder's trustee if its signature is there; nothing if it isn't.

    VerificationError if it is there and false.
    """
    from pbvote.core.note import VerifyKey, parse_note
    from pbvote.keyfile import owner
    from pbvote.trustee import KEY

    _check_own(own)
    name = owner(own / KEY)
    for trustee in document.manifest.trustees:
        key = VerifyKey.parse(trustee.vkey)
        if key.name == name in document.signed:
            parse_note(document.note).verify(key, str(document.path))
            return trustee.name
    return ""


def _sign(own: Path, folder: Path, document: Waiting, secret: str) -> bytes:
    """The document with the trustee's signature."""
    from pbvote.files import COMMISSION, load_election, read_vkey
    from pbvote.trustee import sign_addendum, sign_manifest

    if document.kind == "manifest":
        return sign_manifest(own, document.note, read_vkey(folder / COMMISSION), secret)
    election = load_election(folder)
    if document.kind == "addendum":
        return sign_addendum(own, document.note, election, secret)
    from pbvote_tally.custody import Trustee

    with Trustee(own, secret) as trustee:
        return trustee.sign_closing(document.note, election)


@app.command()
def test(own: OwnArgument, folder: Folder, passphrase_file: Passphrase = None) -> None:
    """Show before opening day that this trustee, with its passphrase, can open a ballot.

    \b
    Example: pbvote trustee test trustees/anne DIR
    """
    from pbvote.files import load_election
    from pbvote.trustee import try_opening

    try_opening(own, load_election(folder), _secret(own, passphrase_file))
    say("This trustee can open what is sealed to the election's key.")


@app.command()
def purge(
    own: OwnArgument,
    passphrase_file: Passphrase = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask again.")] = False,
) -> None:
    """Destroy this trustee's share after the appeal period: it opens nothing any more.

    Fewer than the threshold of shares left means that no sealed ballot can ever be opened.

    \b
    Example: pbvote trustee purge trustees/anne
    """
    from pbvote.trustee import destroy_share

    secret = _secret(own, passphrase_file)
    if not yes:
        typer.confirm("Destroy the share for ever?", abort=True)
    destroy_share(own, secret)
    say("The share is destroyed. Destroy backups of this folder, too.")


def _secret(own: Path, file: Path | None, shared: Path | None = None) -> str:
    """The passphrase, asked for only if the folders that are needed are there."""
    from pbvote.trustee.ceremony import read_ceremony

    _check_own(own)
    if shared is not None:
        read_ceremony(shared)
    return passphrase(_who(own), file)


def _check_own(own: Path) -> None:
    from pbvote.core.errors import InputError
    from pbvote.trustee import KEY

    if not (own / KEY).exists():
        raise InputError(
            "no trustee's folder", where=str(own), hint="Name the one that `trustee enrol` made"
        )


def _who(folder: Path) -> str:
    return f"the trustee in {folder}"
