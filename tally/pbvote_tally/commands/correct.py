"""`pbvote-tally correct`: a corrected result after a complaint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, passphrase, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pbvote.core.election import Election
    from pbvote.core.manifest import Correction


def correct(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    reason: Annotated[str, typer.Option(help="Why; it is published.")],
    withdraw: Annotated[
        list[str] | None, typer.Option(help="CONTEST/PROJECT that can't win; repeat.")
    ] = None,
    cost: Annotated[
        list[str] | None, typer.Option(help="CONTEST/PROJECT=AMOUNT that it really costs; repeat.")
    ] = None,
    reinstate: Annotated[
        list[str] | None,
        typer.Option(help="CONTEST/PROJECT that an earlier correction withdrew; repeat."),
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file with the passphrase.")
    ] = None,
) -> None:
    """Count the opened ballots again with other costs or without a project, and sign that result.

    It is numbered and lies beside the first, in DIR/corrections: nothing in the bundle changes, and
    both stay published. Corrections of an earlier number hold on. Make the minutes and publish
    again afterwards.

    \b
    Example: pbvote-tally correct DIR --withdraw commune/velos --reason "Decision of 5 December"
    Example: pbvote-tally correct DIR --cost commune/velos=9100 --reason "A typing error"
    """
    from time import time

    from pbvote.core.encoding import time_text
    from pbvote.files import COMMISSION, COMMISSION_KEY, read_vkey
    from pbvote.keyfile import is_sealed, load_signer
    from pbvote_tally.bundle import FolderBundle
    from pbvote_tally.correction import correct as make
    from pbvote_tally.correction import corrected, joined, keep_note, notes_in
    from pbvote_tally.published import read_published
    from pbvote_tally.words import result_lines

    with Steps() as steps:
        published = read_published(
            FolderBundle(folder / "bundle"), read_vkey(folder / COMMISSION), steps
        )
        before = corrected(published, notes_in(folder))
    added = list(_corrections(published.election, withdraw or [], cost or [], reason))
    again = [_subject(published.election, text) for text in reinstate or []]
    key = folder / COMMISSION_KEY
    secret = passphrase("the commission", passphrase_file) if is_sealed(key) else None
    note, done = make(
        published,
        before,
        joined(before, added, again),
        at=time_text(int(time())),
        reason=reason,
        commission=load_signer(key, secret),
    )
    path = keep_note(folder, done.record.number, note)
    for counted in done.counted:
        for line in result_lines(counted, published.election.manifest.languages[0]):
            say(line)
    say(f"Corrected result {done.record.number}: {path}")


def _corrections(
    election: Election, withdraw: Iterable[str], cost: Iterable[str], reason: str
) -> Iterator[Correction]:
    from pbvote.core.encoding import nfc
    from pbvote.core.errors import InputError
    from pbvote.core.manifest import Correction
    from pbvote.draft.values import parse_amount

    why = nfc(reason.strip())
    for text in withdraw:
        contest, project = _subject(election, text)
        yield Correction(
            contest=contest, project=project, field="withdrawn", value=True, reason=why
        )
    for text in cost:
        place, equals, amount = text.partition("=")
        if not equals:
            raise InputError(
                f"{text!r} isn't a cost", hint="Write --cost CONTEST/PROJECT=AMOUNT, like 9100.50"
            )
        contest, project = _subject(election, place)
        value = parse_amount(amount, election.manifest.currency)
        yield Correction(contest=contest, project=project, field="cost", value=value, reason=why)


def _subject(election: Election, text: str) -> tuple[str, str]:
    """A contest and a project of it; InputError says which there are."""
    from pbvote.core.errors import InputError

    contest, slash, project = text.partition("/")
    if not slash:
        raise InputError(f"{text!r} names no project", hint="Write CONTEST/PROJECT")
    if project not in {p.id for p in election.contest(contest).projects}:
        raise InputError(f"no project is called {project!r}", where=contest, hint="Look its id up")
    return contest, project
