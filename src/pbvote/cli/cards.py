"""`pbvote cards`: hand out, replace and revoke cards, and enrol people on the day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, hint, say, say_json

if TYPE_CHECKING:
    from pbvote.core.card import Channel, Reason
    from pbvote.registry import IssuedCard, Registry

app = typer.Typer(
    help="Cards: hand out, replace, revoke; enrol who isn't on the roll.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")]
Person = Annotated[str, typer.Argument(metavar="ID", help="The person's id on the roll.")]
Registrar = Annotated[
    str | None, typer.Option(help="Whose registry; needed if this machine has several.")
]
ChannelName = Annotated[
    str, typer.Option("--channel", help="online (a posted card) or in-person (from a desk).")
]
ReasonName = Annotated[str, typer.Option(help="lost, stolen, returned, error, or ineligible.")]
Officials = Annotated[
    list[str], typer.Option("--official", help="The role of an official who agrees; give two.")
]
Copy = Annotated[
    Path | None,
    typer.Option(help="A box's stick or the commission's folder: gets the checkpoint first."),
]
Out = Annotated[Path | None, typer.Option(help="A new private file for the cards, as CSV.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command()
def issue(
    folder: Folder,
    people: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids on the roll.")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Everybody active without a card of this channel.")
    ] = False,
    channel: ChannelName = "online",
    out: Out = None,
    copy: Copy = None,
    registrar: Registrar = None,
    json: AsJson = False,
) -> None:
    """Hand out cards: printed for one person, as a private file for many.

    The file has columns id, name, channel, serial, card (the text of the QR code) and code (to
    type). Who has a code can vote with it: print the letters, then destroy the file. Without
    --out it lies in the registry's own folder, where `pbvote roll purge` destroys it.

    \b
    Example: pbvote cards issue DIR --all --channel online --out letters.csv --copy /media/stick
    Example: pbvote cards issue DIR 0471 --channel in-person
    """
    from pbvote.cli.desk import copier, issue_into, prepare_file, progress, tell_checkpoint
    from pbvote.core.errors import InputError
    from pbvote.registry.at_desk import opened
    from pbvote.words import plural

    if everybody == bool(people):
        raise InputError("nobody is named, or both", hint="Give ids, or --all")
    wanted = _channel(channel)
    with opened(folder, registrar) as registry:
        ids = registry.without_card(wanted) if everybody else people or []
        if not ids:
            say(f"Nobody lacks a card of the channel {wanted}: none was made.")
            return
        if out is None and not everybody:
            cards = registry.issue(ids, wanted, copy=copier(copy))
            _say_cards(registry, cards, json)
        else:
            path = prepare_file(registry, out, wanted)
            with Steps(quiet=json) as steps:
                steps.step(plural(len(ids), "card"), len(ids))
                made = issue_into(path, registry, ids, wanted, copier(copy), progress(steps))
            say(f"{plural(made, 'card')} in {path}: whoever reads it can vote with them.")
        tell_checkpoint(registry, copy)


@app.command()
def letters(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="A new private PDF file for the letters.")],
    people: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids on the roll; else everybody.")
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", help="Print cards that `issue` made, instead of making new ones."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="fr, nl, de or en; else the election's first.")
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(help="The envelope's: left or right; else right in French, left otherwise."),
    ] = None,
    sender: Annotated[str, typer.Option(help="The town and its address, above the window's.")] = "",
    contact: Annotated[str, typer.Option(help="Whom to ask, like a phone number and hours.")] = "",
    per_file: Annotated[
        int, typer.Option(min=1, help="Letters in one file; several files if there are more.")
    ] = 10000,
    copy: Copy = None,
    registrar: Registrar = None,
) -> None:
    """Make cards for the post and a PDF with a letter, one page, for each person.

    Without ids: everybody active who has no card of the channel online. Who has a letter can vote
    with it: print the file, then destroy it.

    \b
    Example: pbvote cards letters DIR --out letters.pdf --language fr --copy /media/stick
    Example: pbvote cards letters DIR --out again.pdf --from letters.csv
    """
    from pbvote.cli.desk import copier, tell_checkpoint
    from pbvote.cli.letters import (
        PrivateFiles,
        issue_letters,
        print_letters,
        read_cards,
        tell_printed,
    )
    from pbvote.core.errors import InputError
    from pbvote.registry.at_desk import opened
    from pbvote.words import plural
    from pbvote_kiosk.paper.letters import Stationery, letter_style

    if from_file is not None and people:
        raise InputError("ids and --from", hint="Give one of the two")
    with opened(folder, registrar) as registry:
        style = letter_style(registry.election, language, window, sender, contact)
        stationery = Stationery(registry.election, style)
        if from_file is not None:
            made = read_cards(from_file, registry)
            with PrivateFiles(out, len(made), per_file) as files:
                if (to := copier(copy)) is not None:
                    to(registry.checkpoint)  # perhaps it couldn't be copied when they were made
                printed = print_letters(made, stationery, files)
        else:
            ids = people or registry.without_card("online")
            if not ids:
                say("Nobody lacks a card of the channel online: no letter was made.")
                return
            with PrivateFiles(out, len(ids), per_file) as files:
                printed = issue_letters(registry, ids, stationery, files, copier(copy))
        for line in tell_printed(printed):
            hint(line)
        where = ", ".join(map(str, printed.files))
        say(f"{plural(printed.letters, 'letter')} in {where}: whoever reads it can vote with them.")
        if from_file is None:
            tell_checkpoint(registry, copy)


@app.command()
def replace(
    folder: Folder,
    person: Person,
    officials: Officials,
    channel: ChannelName = "online",
    reason: ReasonName = "lost",
    copy: Copy = None,
    registrar: Registrar = None,
    json: AsJson = False,
) -> None:
    """Revoke a person's card and hand out another. What was voted with the old one is set aside.

    \b
    Example: pbvote cards replace DIR 0471 --reason lost --official mayor --official clerk
    """
    from pbvote.cli.desk import copier, tell_checkpoint
    from pbvote.registry.at_desk import opened

    wanted, why = _channel(channel), _reason(reason)
    with opened(folder, registrar) as registry:
        card = registry.replace(
            person, officials=officials, reason=why, channel=wanted, copy=copier(copy)
        )
        _say_cards(registry, [card], json)
        tell_checkpoint(registry, copy)


@app.command()
def revoke(
    folder: Folder,
    officials: Officials,
    person: Annotated[
        str | None, typer.Argument(metavar="ID", help="The person's id on the roll.")
    ] = None,
    from_file: Annotated[
        Path | None, typer.Option(help="A line a card: its id, or id,serial.")
    ] = None,
    reason: ReasonName = "returned",
    channel: Annotated[
        str | None, typer.Option(help="Only the person's card of this channel.")
    ] = None,
    registrar: Registrar = None,
) -> None:
    """Revoke a person's cards, or many at once, like letters that came back.

    A revocation works back in time: what was voted with the card doesn't count. Each registrar
    revokes its own cards only.

    \b
    Example: pbvote cards revoke DIR 0471 --reason stolen --official mayor --official clerk
    Example: pbvote cards revoke DIR --from-file returned.txt --official mayor --official clerk
    """
    from pbvote.cli.desk import read_ids
    from pbvote.core.errors import InputError
    from pbvote.registry.at_desk import opened

    if (person is None) == (from_file is None):
        raise InputError("nobody is named, or both", hint="Give an id, or --from-file")
    why = _reason(reason)
    only = None if channel is None else _channel(channel)
    with opened(folder, registrar) as registry:
        if from_file is not None:
            number = registry.revoke_many(read_ids(from_file), why, officials)
        else:
            number = registry.revoke(person or "", why, officials, channel=only)
    say(f"{number} revoked ({why})")


@app.command()
def enrol(
    folder: Folder,
    officials: Officials,
    person: Annotated[str, typer.Option("--id", help="A new id of the town's own.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    district: Annotated[str, typer.Option(help="The district, if there are any.")] = "",
    birth_date: Annotated[str, typer.Option(help="Like 1980-11-22.")] = "",
    address: Annotated[str, typer.Option(help="The person's address.")] = "",
    document: Annotated[str, typer.Option(help="The paper that was shown.")] = "",
    note: Annotated[str, typer.Option(help="Why, for the private roll.")] = "",
    channel: Annotated[
        str | None, typer.Option(help="Hand out a card at once: in-person or online.")
    ] = None,
    copy: Copy = None,
    registrar: Registrar = None,
    json: AsJson = False,
) -> None:
    """Enrol somebody who isn't on the roll; public under a new pseudonym, which the merge counts.

    \b
    Example: pbvote cards enrol DIR --id W1 --name "Ana Sol" --channel in-person
        --official mayor --official clerk
    """
    from pbvote.cli.desk import copier, tell_checkpoint
    from pbvote.registry.at_desk import opened
    from pbvote.registry.rollfile import Person as Data

    wanted = None if channel is None else _channel(channel)
    data = Data(
        id=person,
        name=name,
        birth_date=birth_date,
        address=address,
        document=document,
        district=district,
    )
    with opened(folder, registrar) as registry:
        listed = registry.enrol(data, officials, note)
        if wanted is None:
            say(f"{listed.id} enrolled; next: pbvote cards issue {folder} {listed.id}")
            return
        cards = registry.issue([listed.id], wanted, copy=copier(copy))
        _say_cards(registry, cards, json)
        tell_checkpoint(registry, copy)


@app.command("list")
def list_(
    folder: Folder,
    person: Annotated[
        str | None, typer.Argument(metavar="ID", help="The person's id on the roll.")
    ] = None,
    pseudonym: Annotated[
        str | None, typer.Option(help="Instead of the id, as the logs have it: base64 or hex.")
    ] = None,
    registrar: Registrar = None,
    json: AsJson = False,
) -> None:
    """The cards of a person, by id or by the pseudonym in a log. Codes are kept nowhere.

    \b
    Example: pbvote cards list DIR 0471
    Example: pbvote cards list DIR --pseudonym Cn0ZkQ8p2mB1yWv7sTqDfA==
    """
    from pbvote.cli.roll import line
    from pbvote.core.errors import InputError
    from pbvote.registry.at_desk import opened

    if (person is None) == (pseudonym is None):
        raise InputError("nobody is named, or both", hint="Give an id, or --pseudonym")
    with opened(folder, registrar) as registry:
        if pseudonym is not None:
            found = registry.roll.of_pseudonym(_pseudonym(pseudonym))
            if found is None:
                raise InputError("this pseudonym is nobody's on this roll", where=pseudonym)
        else:
            found = registry.roll.get(person or "")
        cards = registry.cards_of(found.id)
    if json:
        say_json(
            {
                "id": found.id,
                "pseudonym": found.pseudonym.hex(),
                "cards": [
                    {
                        "serial": card.serial,
                        "channel": card.channel,
                        "registrar": card.registrar,
                        "active": active,
                    }
                    for card, active in cards
                ],
            }
        )
        return
    say(f"{line(found)}  pseudonym {found.pseudonym.hex()}")
    for card, active in cards:
        state = "active" if active else "revoked"
        say(f"  card {card.serial}, {card.channel}, of {card.registrar}: {state}")
    if not cards:
        hint("No card is known here.")


def _say_cards(registry: Registry, cards: list[IssuedCard], json: bool) -> None:
    """Cards for the person in front of the desk."""
    told = [
        {
            "id": card.person,
            "name": registry.roll.get(card.person).person.name,
            "channel": card.certificate.channel,
            "serial": card.certificate.serial,
            "card": card.text,
            "code": card.typed,
        }
        for card in cards
    ]
    if json:
        say_json(told)
        return
    for card in told:
        say(f"{card['id']}  {card['name']}, card {card['serial']}, {card['channel']}")
        say(f"code  {card['code']}")
        say(str(card["card"]))


def _channel(text: str) -> Channel:
    from pbvote.core.card import CHANNELS
    from pbvote.core.errors import InputError

    for channel in CHANNELS:
        if text == channel:
            return channel
    raise InputError(f"{text!r} isn't a channel", hint=f"There are: {', '.join(CHANNELS)}")


def _reason(text: str) -> Reason:
    from typing import get_args

    from pbvote.core.card import Reason
    from pbvote.core.errors import InputError

    for reason in get_args(Reason):
        if text == reason:
            return reason  # type: ignore[no-any-return]  # get_args has no types
    raise InputError(f"{text!r} isn't a reason", hint=f"There are: {', '.join(get_args(Reason))}")


def _pseudonym(text: str) -> bytes:
    from pbvote.core.encoding import from_base64
    from pbvote.core.errors import EncodingError, InputError

    try:
        return from_base64(text, 16)
    except EncodingError:
        pass
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 16:
        raise InputError(f"{text[:60]!r} is no pseudonym", hint="It has 16 bytes, base64 or hex")
    return data
