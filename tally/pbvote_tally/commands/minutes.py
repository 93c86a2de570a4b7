"""`pbvote-tally minutes`: the official record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, hint, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbvote.core.election import Election


def minutes(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    language: Annotated[
        list[str] | None,
        typer.Option(help="fr, nl, de or en; repeat. Without it, each of the manifest's."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the PDFs go; DIR/minutes without it.")
    ] = None,
    incident: Annotated[
        list[str] | None, typer.Option(help="Something that happened, in a sentence; repeat.")
    ] = None,
    incidents: Annotated[
        Path | None,
        typer.Option(help="A text file of incidents, an empty line between one and the next."),
    ] = None,
    desk: Annotated[
        list[Path] | None,
        typer.Option(help="A desk's …-reconciliation.json; repeat. Those in DIR are found."),
    ] = None,
    sign: Annotated[
        list[str] | None, typer.Option(help='Who signs: "Anne Dupont, chair"; repeat.')
    ] = None,
) -> None:
    """Write the official record (procès-verbal) of a published result, a PDF a language.

    It says who held which role, when each box opened and closed, what was set aside and why,
    incidents, turnout, results, ties and how the lot fell, corrected results, and the bundle's
    fingerprint, with places to sign. The same result gives the same file.

    \b
    Example: pbvote-tally minutes DIR
    Example: pbvote-tally minutes DIR --language fr --incident "No power from 14:10 to 14:25"
    """
    from pbvote.files import COMMISSION, read_vkey, write_bytes
    from pbvote_tally.bundle import FolderBundle
    from pbvote_tally.correction import notes_in
    from pbvote_tally.language import Words
    from pbvote_tally.minutes.facts import pages_in, read_incidents, read_minutes, read_page
    from pbvote_tally.minutes.paper import minutes_pdf

    told = [" ".join(text.split()) for text in incident or []]
    with Steps() as steps:
        found = read_minutes(
            FolderBundle(folder / "bundle"),
            read_vkey(folder / COMMISSION),
            pages=[*pages_in(folder), *(read_page(path) for path in desk or [])],
            corrections=notes_in(folder),
            incidents=[*told, *(read_incidents(incidents) if incidents else [])],
            signers=sign or [],
            report=steps,
        )
    election = found.published.election
    for code in _languages(language, election):
        path = (out or folder / "minutes") / f"minutes-{code}.pdf"
        write_bytes(path, minutes_pdf(found, Words(code, election.manifest.languages[0])))
        say(str(path))
    for wrong in found.day.mismatches:
        hint(
            f"The page of the desk {wrong.desk} says {wrong.said} ({wrong.what}), the logs say"
            f" {wrong.found}: the minutes name it"
        )


def _languages(asked: Sequence[str] | None, election: Election) -> list[str]:
    """Those that were asked for, else those of the manifest that there are words for."""
    from pbvote.core.errors import InputError
    from pbvote_tally.language import LANGUAGES

    for code in asked or []:
        if code not in LANGUAGES:
            there = ", ".join(LANGUAGES)
            raise InputError(f"no minutes in {code!r}", hint=f"There are: {there}")
    own = [code for code in election.manifest.languages if code in LANGUAGES]
    return list(dict.fromkeys(asked or own or ["en"]))
