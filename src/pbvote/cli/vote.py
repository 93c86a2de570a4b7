"""`pbvote vote`: cast or challenge from the command line, for tests, demos and small polls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pbvote.terminal import Steps, hint, say, say_json
from pbvote.words import plural

if TYPE_CHECKING:
    from pbvote.box import Box
    from pbvote.cli.vote_file import Line
    from pbvote.core.ballot import PreparedBallot
    from pbvote.voting import Voter


def vote(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    choices: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONTEST=CHOICE", help="See above; contests left out are blank."),
    ] = None,
    box: Annotated[str, typer.Option(help="The box on this machine that takes the ballot.")] = "",
    card: Annotated[
        str | None, typer.Option(help="The card's text (PBVOTE1/C/…), or its code as typed.")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="Many ballots: a CSV file with a column card and one a contest."),
    ] = None,
    challenge: Annotated[
        bool,
        typer.Option(
            "--challenge", help="Have the ballot opened to check this device; it never counts."
        ),
    ] = False,
    second: Annotated[
        Path | None, typer.Option(help="A second durable copy, on another disk.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Cast a ballot: prints its tracker before it goes in, then the receipt.

    \b
    CHOICE is, by the contest's ballot format:
      approval, knapsack   p1,p2       the projects' ids
      points               p1:5,p2:3   points for each
      ranking              p2,p1       best first
      grades               p1:3,p2:1   a grade for each
      any                  blank       nothing chosen

    A card's code can be read by others on this machine while the command runs, and stays in the
    shell's history: real voters vote on a kiosk or in the browser.

    \b
    Example: pbvote vote DIR --box online --card "ABCD EFGH …" city=p1,p4
    Example: pbvote vote DIR --box kiosk-1 --card PBVOTE1/C/… city=blank --challenge
    Example: pbvote vote DIR --box online --csv votes.csv --json
    """
    from pbvote.at_hand import BOXES, own_folder
    from pbvote.box.watch import with_warnings
    from pbvote.cli.box import opened, shown
    from pbvote.core.errors import InputError

    if not box:
        raise InputError("no box is named", hint="Say which one: --box NAME")
    if (card is None) == (csv is None) or (csv is not None and choices):
        raise InputError(
            "a ballot needs a card and its choices, or a file with both",
            hint="Give --card TEXT CONTEST=CHOICE …, or --csv FILE",
        )
    with opened(folder, box, second=second) as taking:
        if csv is not None:
            _vote_file(taking, csv, challenge, json)
        else:
            _vote_one(taking, card or "", choices or [], challenge, json)
        status = with_warnings(taking.status(), own_folder(folder, BOXES, box), second=second)
        for warning in status.warnings:
            hint(shown(warning, taking.election.manifest.time_zone))


def _vote_one(box: Box, card: str, given: list[str], challenge: bool, json: bool) -> None:
    from pbvote.cli.choices import read_choices
    from pbvote.voting import prepare

    voter = _voter(box, card)
    prepared = prepare(box.election, box.name, voter, read_choices(box.election, given))
    if not json:
        say(f"tracker {prepared.tracker.hex()}")
    taken = _send(box, prepared, challenge)
    if json:
        say_json(taken)
        return
    say(taken["receipt"])
    if challenge:
        hint("Opened: see what it said with `pbvote receipt challenge`, then begin again.")


def _vote_file(box: Box, path: Path, challenge: bool, json: bool) -> None:
    from pbvote.cli.vote_file import read_votes
    from pbvote.core.errors import CardError, RefusedError, SelectionError
    from pbvote.voting import prepare

    lines = read_votes(path, box.election)
    done: list[dict[str, Any]] = []
    with Steps(quiet=json) as steps:
        steps.step(f"{path.name}: {plural(len(lines), 'ballot')} to {box.name}", len(lines))
        for line in lines:
            try:
                prepared = prepare(box.election, box.name, _voter(box, line.card), line.choices)
                taken = _send(box, prepared, challenge)
            except (CardError, SelectionError, RefusedError) as error:
                if isinstance(error, RefusedError) and not hasattr(error, "reason"):
                    raise  # the box isn't open: no line can go in
                taken = {"refused": getattr(error, "reason", "card"), "error": str(error)}
            done.append({"line": line.number, **taken})
            steps.advance(1)
            if not json:
                say(_words(line, taken))
    if json:
        say_json(done)
    refused = sum("refused" in taken for taken in done)
    if refused:
        raise RefusedError(
            f"{refused} of {plural(len(done), 'ballot')} refused; the others are in the box",
            where=str(path),
            hint="The lines above say why",
        )


def _words(line: Line, taken: Mapping[str, Any]) -> str:
    return f"line {line.number}: {taken.get('receipt') or 'refused: ' + taken['error']}"


def _voter(box: Box, card: str) -> Voter:
    """Who holds the card: scanned, or typed if the registries' logs are at hand."""
    from pbvote.at_hand import RegistriesAtHand
    from pbvote.core.card import PREFIX, Certificate
    from pbvote.core.errors import CardError, InputError
    from pbvote.voting import voter_of_card, voter_of_code

    if PREFIX in card:
        return voter_of_card(box.election, card)
    known = box.register
    if not isinstance(known, RegistriesAtHand) or not known.here:
        raise InputError(
            "a code that is typed needs the registrar's log, and none is here",
            hint="Scan the card's square code, or put an exported log in DIR/registries/NAME/log",
        )
    absent = [name for name in box.election.registrar_keys if name not in known.here]

    def find(key: bytes) -> Certificate | None:
        found = known.find(key)
        if found is None and absent:
            raise CardError(
                f"no log here has this code, and that of {', '.join(absent)} isn't on this machine",
                hint="Scan the card's square code, or put the exported log in"
                " DIR/registries/NAME/log",
            )
        return found

    return voter_of_code(box.election, card, find)


def _send(box: Box, prepared: PreparedBallot, challenge: bool) -> dict[str, Any]:
    """Give the box the answered ballot; what is told of it."""
    from pbvote.core.encoding import encode
    from pbvote.core.receipt import receipt_text

    if challenge:
        signed = box.challenge(encode(prepared.challenge()))
    else:
        signed = box.cast(encode(prepared.cast()))
    receipt = signed.receipt
    return {
        "use": "challenge" if challenge else "cast",
        "tracker": receipt.tracker.hex(),
        "box": receipt.box,
        "index": receipt.index,
        "at": receipt.at,
        "receipt": receipt_text(signed, box.election.box_position(box.name)),
    }
