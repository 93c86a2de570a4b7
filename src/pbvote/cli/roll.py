"""`pbvote roll`: the private list of who may vote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, hint, say

if TYPE_CHECKING:
    from pbvote.registry import Listed

app = typer.Typer(
    help="The roll: who may vote. Private, kept by registrars, never exported.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")]
Registrar = Annotated[
    str | None, typer.Option(help="Whose registry; needed if this machine has several.")
]
Officials = Annotated[
    list[str], typer.Option("--official", help="The role of an official who agrees; give two.")
]
Note = Annotated[str, typer.Option(help="Why, for the private roll.")]
Person = Annotated[str, typer.Argument(metavar="ID", help="The person's id on the roll.")]


@app.command()
def load(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="The roll as CSV or XLSX.")],
    registrar: Registrar = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="field=Header, for each field that is to be read: id, name, birth_date, address,"
            " document, district, email. id and name are read from headers of that name unless"
            " others are given; without any, all headers named like the fields are."
        ),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the roll that was loaded before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be loaded.")
    ] = False,
) -> None:
    """Load the roll, draw a pseudonym for everybody, and write the public DIR/roll.csv.

    All of the file or nothing: wrong lines are named with their number. Once the manifest is
    signed the roll is fixed; change single people then.

    \b
    Example: pbvote roll load DIR voters.xlsx --column id=Numéro --column name=Nom --dry-run
    """
    from collections import Counter

    from pbvote.cli.desk import progress
    from pbvote.core.errors import RefusedError
    from pbvote.core.roll import write_roll
    from pbvote.draft import DRAFT
    from pbvote.draft.tables import read_toml
    from pbvote.files import MANIFEST, write_bytes
    from pbvote.files import ROLL as PUBLIC
    from pbvote.registry import ROLL, Roll
    from pbvote.registry.at_desk import registry_folder
    from pbvote.registry.rollfile import read_roll_file

    own, name = registry_folder(folder, registrar)
    if (folder / MANIFEST).exists():
        raise RefusedError(
            "the manifest is signed, so the roll is fixed",
            where=str(folder / MANIFEST),
            hint="Change single people with `pbvote roll change`, add them with `pbvote cards"
            " enrol`; another desk gets it with `pbvote roll copy`",
        )
    districts = read_toml(folder / DRAFT).get("districts")
    with Steps() as steps:
        steps.step(f"{file}: every line")
        known = districts if isinstance(districts, list) else []
        people = read_roll_file(file, _columns(column), known, sheet)
        for district, number in Counter(p.district or "no district" for p in people).items():
            say(f"{number:>8}  {district}")
        word = "person" if len(people) == 1 else "people"
        say(f"{len(people):>8}  {word}, from {people[0].name} to {people[-1].name}")
        if dry_run:
            hint("Nothing was loaded: --dry-run.")
            return
        steps.step("A pseudonym for each", len(people))
        with Roll.create(own / ROLL, people, replace=replace, progress=progress(steps)) as roll:
            write_bytes(folder / PUBLIC, write_roll(roll.public_roll()))
    say(f"Loaded for {name}; {folder / PUBLIC} is public, {own / ROLL} is private.")


@app.command()
def copy(
    folder: Folder,
    to: Annotated[
        Path, typer.Option(help="The other registry's folder, here or on a stick, or a file.")
    ],
    registrar: Registrar = None,
) -> None:
    """Copy the private roll to another desk: the same people under the same pseudonyms.

    \b
    Example: pbvote roll copy DIR --registrar mairie --to DIR/registries/desk-1
    """
    from pbvote.cli.desk import open_roll
    from pbvote.registry import ROLL

    target = to / ROLL if to.is_dir() else to
    with open_roll(folder, registrar) as roll:
        roll.copy_to(target)
    say(f"Copied to {target}. It is as private as the roll itself.")


@app.command()
def find(
    folder: Folder,
    text: Annotated[str, typer.Argument(help="Words of a name, address, id …; accents aside.")],
    registrar: Registrar = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
) -> None:
    """Find people on the roll.

    \b
    Example: pbvote roll find DIR "zoe dupont"
    """
    from pbvote.cli.desk import open_roll

    with open_roll(folder, registrar) as roll:
        found = roll.find(text, limit)
    for listed in found:
        say(line(listed))
    hint(f"{len(found)} found" + (", and perhaps more" if len(found) == limit else ""))


@app.command()
def change(
    folder: Folder,
    person: Person,
    status: Annotated[
        str, typer.Argument(metavar="STATUS", help="moved, died, struck, or active (a mistake).")
    ],
    officials: Officials,
    registrar: Registrar = None,
    note: Note = "",
) -> None:
    """Somebody moved away, died, or is struck: their cards of this registrar are revoked.

    \b
    Example: pbvote roll change DIR 0471 died --official mayor --official clerk
    """
    from pbvote.core.errors import InputError
    from pbvote.registry import STATUSES
    from pbvote.registry.at_desk import opened

    for known in STATUSES:
        if status == known:
            with opened(folder, registrar) as registry:
                others = registry.change(person, known, officials, note)
                say(line(registry.roll.get(person)))
            if others:
                hint(f"Cards of {', '.join(others)} are active still: revoke them there, too.")
            return
    raise InputError(f"{status!r} isn't a status", hint=f"There are: {', '.join(STATUSES)}")


@app.command()
def correct(
    folder: Folder,
    person: Person,
    values: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE", help="name, birth_date, address, document, email."),
    ],
    officials: Officials,
    registrar: Registrar = None,
    note: Note = "",
) -> None:
    """Correct private data of a person; the public roll doesn't change.

    \b
    Example: pbvote roll correct DIR 0471 name="Zoé Dupont" --official mayor --official clerk
    """
    from pbvote.registry.at_desk import opened

    given = _pairs(values, "FIELD=VALUE")
    with opened(folder, registrar) as registry:
        say(line(registry.correct(person, officials, note, **given)))


@app.command()
def purge(
    folder: Folder,
    registrar: Registrar = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Destroy the roll, the registrar's key and what was kept of the cards, for good.

    After the appeal period. The public log stays. Copies elsewhere (sticks, backups, printers,
    other desks) have to be destroyed there; trustees destroy their shares themselves.

    \b
    Example: pbvote roll purge DIR --registrar mairie
    """
    from pbvote.cli.slug import slug_of
    from pbvote.core.errors import InputError
    from pbvote.registry import purge as destroy
    from pbvote.registry.at_desk import registry_folder

    own, name = registry_folder(folder, registrar)
    slug = slug_of(folder)
    if not yes and typer.prompt(f"Destroy the roll in {own}? Type {slug}", default="") != slug:
        raise InputError("nothing was destroyed", hint=f"To do it, type {slug}")
    destroy(own)
    say(f"{name}: the roll, the key and the cards' leftovers are destroyed; the log stays.")


def line(listed: Listed) -> str:
    """A person on one line."""
    person = listed.person
    parts = (person.id, person.name, person.birth_date, person.address, person.district)
    status = listed.status if listed.added == "roll" else f"{listed.status}, enrolled"
    return "  ".join(part for part in (*parts, status) if part)


def _columns(given: list[str] | None) -> dict[str, str] | None:
    return {"id": "id", "name": "name", **_pairs(given, "field=Header")} if given else None


def _pairs(given: list[str], form: str) -> dict[str, str]:
    from pbvote.core.errors import InputError

    pairs: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name in pairs:
            raise InputError(f"{text!r} isn't {form}, or stands twice", hint=f"Write {form}")
        pairs[name] = value
    return pairs
