"""`pbvote import`: an election and its real votes from a Pabulib file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pbvote.terminal import hint, say
from pbvote.words import plural

if TYPE_CHECKING:
    from pbvote.draft.imported import Imported
    from pbvote.pabulib import Election


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.pb", help="A Pabulib file.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new election's folder.")],
) -> None:
    """Make an election of a Pabulib file: election.toml, projects.csv, and votes.csv.

    votes.csv has who voted (id), the channel if the file names it, and the choice in the contest
    `pb`. It is a roll too, and with a column of cards what `pbvote vote --csv` reads. A project's
    id that can't be a name becomes one (M/01/X is M-01-X); its old one stays its number.

    \b
    Example: pbvote import Poland_Warszawa_2018_Las.pb DIR
    Example: pbvote new DIR; pbvote roll load DIR DIR/votes.csv --registrar town --column name=id
    """
    from pbvote.cli.describe import contest_lines
    from pbvote.core.errors import RefusedError
    from pbvote.draft.imported import days, draft_files
    from pbvote.files import write_bytes
    from pbvote.pabulib import read

    pb = read(file)
    imported = imported_election(pb)
    files = draft_files(imported, *days(pb))
    for name in files:
        if (folder / name).exists():
            raise RefusedError(
                "an election is there already", where=str(folder / name), hint="Take another folder"
            )
    for name, text in files.items():
        write_bytes(folder / name, text.encode())
    for line in contest_lines(imported.contest, imported.currency):
        say(line)
    say(plural(len(imported.votes), "vote"))
    for note in pb.notes:
        hint(note)
    hint(f"Next: pbvote new {folder}, then pbvote check {folder}")


def import_file(path: Path) -> Imported:
    """The contest and votes of a Pabulib file, to be counted by the rule it names."""
    from pbvote.pabulib import read

    return imported_election(read(path))


def imported_election(pb: Election) -> Imported:
    """The same of a file that was read."""
    from pbvote.draft.imported import draft_from_pabulib, scale

    return draft_from_pabulib(pb, rule_of_file(pb, scale(pb) * pb.unit))


def rule_of_file(pb: Election, unit: int) -> dict[str, Any]:
    """A manifest's `rule` that counts as `pbvote-tally count FILE.pb` does.

    `unit`: how many smallest units of money make one of the file's amounts, which parameters that
    are money count in, the default ones too.
    """
    import msgspec

    from pbvote_tally.count import file_rule
    from pbvote_tally.rules import rule_named
    from pbvote_tally.rules.parameters import is_money

    name, given = file_rule(pb)
    rule = rule_named(name)
    parameters = rule.decode(given, texts=True)
    found: dict[str, Any] = {"name": name}
    for field in msgspec.structs.fields(rule.parameters):
        value = getattr(parameters, field.name)
        if is_money(rule.parameters, field.name):
            found[field.encode_name] = value * unit
        elif field.encode_name in given:
            found[field.encode_name] = value
    return found
