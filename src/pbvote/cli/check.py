"""`pbvote check`: what is right, wrong or missing in an election's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import say, say_json
from pbvote.words import plural

if TYPE_CHECKING:
    from pbvote.draft import Draft
    from pbvote.draft.signing import Waiting


class Findings:
    """What was found, in four lists of lines."""

    def __init__(self) -> None:
        self.right: list[str] = []
        self.wrong: list[str] = []
        self.missing: list[str] = []
        self.warnings: list[str] = []

    def say(self) -> None:
        """A line each, what is right first."""
        for word, lines in vars(self).items():
            for line in lines:
                say(f"{word.removesuffix('s'):8} {line}")


def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")],
    json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Say what is right, wrong and missing: in the draft, or in the signed documents.

    All problems are listed with their place. The exit code is 1 if anything is wrong; what is
    only missing yet, or worth a thought (`warning`), isn't.

    \b
    Example: pbvote check DIR
    """
    from pbvote.core.errors import InputError
    from pbvote.draft import DRAFT
    from pbvote.files import MANIFEST

    findings = Findings()
    if (folder / MANIFEST).exists():
        _check_signed(folder, findings)
    elif (folder / DRAFT).exists():
        _check_draft(folder, findings)
    else:
        raise InputError(
            "no election is here", where=str(folder), hint="`pbvote new DIR` begins one"
        )
    if json:
        say_json(vars(findings))
    else:
        findings.say()
    if findings.wrong:
        raise typer.Exit(1)


def _check_draft(folder: Path, findings: Findings) -> None:
    from pbvote.cli.describe import draft_lines
    from pbvote.core.errors import PbvoteError, RefusedError
    from pbvote.draft import examine
    from pbvote.draft.signing import draft_roll, missing, small_groups

    draft, errors, findings.warnings = examine(folder)
    findings.wrong = [str(error) for error in errors]
    if draft is None:
        return
    findings.wrong += rule_errors(draft)
    findings.right = draft_lines(draft)
    for part in missing(folder, draft):
        where = findings.missing if isinstance(part, RefusedError) else findings.wrong
        where.append(str(part))
    try:
        findings.warnings += small_groups(draft, draft_roll(folder, draft))
    except PbvoteError:
        return  # said above
    if not (findings.wrong or findings.missing):
        findings.missing.append(f"the commission's signature: pbvote sign {folder}")


def rule_errors(draft: Draft) -> list[str]:
    """What is wrong with the contests' counting rules and limits."""
    from pbvote.core.errors import InputError
    from pbvote.core.limits import counting_order
    from pbvote_tally.count import rule_of

    found = []
    try:
        counting_order(draft.contests)  # reads every limit
    except InputError as error:
        found.append(str(error))
    for contest in draft.contests:
        try:
            rule_of(contest)
        except InputError as error:
            found.append(str(error.at(f"contests.{contest.id}.rule")))
    return found


def _check_signed(folder: Path, findings: Findings) -> None:
    """The signatures, whose are missing, the public roll, and the closing."""
    from pbvote.cli.describe import fingerprint, short, to_sign, trustees_line
    from pbvote.core.closing import open_closing
    from pbvote.core.errors import PbvoteError
    from pbvote.core.roll import read_roll
    from pbvote.draft.signing import CLOSING, waiting
    from pbvote.files import ROLL, load_election, read_bytes

    document = None
    try:
        document = waiting(folder)
        if document is not None and document.unsigned:
            where = findings.warnings if document.is_enough else findings.missing
            unsigned = ", ".join(map(short, document.unsigned))
            where.append(f"{document.path}: not signed by {unsigned}")
        if document is not None and document.kind == "manifest":
            findings.right += to_sign(document)
            return
        election = load_election(folder)
        manifest = election.manifest
        names = [trustee.name for trustee in manifest.trustees]
        findings.right += [
            f"election id {election.id.hex()}",
            f"manifest.note, signed by the commission and {plural(len(names), 'trustee')}",
            trustees_line(manifest.threshold, names, manifest.quorum),
            *(f"addenda/{i}.note" for i in range(1, len(election.addenda) + 1)),
        ]
        if (folder / ROLL).exists():
            people = read_roll(read_bytes(folder / ROLL), manifest)
            findings.right.append(f"{ROLL}, {plural(len(people), 'person')}")
        else:
            findings.missing.append(f"{folder / ROLL}: needed where ballots are taken or counted")
        if (folder / CLOSING).exists() and not _waits(document):
            signed = open_closing(read_bytes(folder / CLOSING), election)
            findings.right.append(f"{CLOSING}, signed; its SHA-256: {fingerprint(signed.hash)}")
    except PbvoteError as error:
        findings.wrong.append(str(error))


def _waits(document: Waiting | None) -> bool:
    """Whether it is a closing that too few trustees have signed."""
    return document is not None and document.kind == "closing" and not document.is_enough
