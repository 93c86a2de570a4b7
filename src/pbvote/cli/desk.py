"""What the commands of a registrar's desk share: the roll opened, cards written for people."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from pbvote.at_hand import now
from pbvote.core.errors import InputError, RefusedError
from pbvote.files import read_bytes, write_bytes
from pbvote.registry import CARDS, CheckpointCopy, IssuedCard, Registry, Roll
from pbvote.registry.at_desk import registry_folder
from pbvote.registry.registrar import Copy
from pbvote.registry.roll import Progress
from pbvote.terminal import Steps, hint

if TYPE_CHECKING:
    from pbvote.core.card import Channel

COLUMNS = ("id", "name", "channel", "serial", "card", "code")


def open_roll(folder: Path, registrar: str | None) -> Roll:
    """The private roll of a registrar on this machine."""
    from pbvote.registry import ROLL

    own, _ = registry_folder(folder, registrar)
    return Roll.open(own / ROLL)


def copier(to: Path | None) -> CheckpointCopy | None:
    """Takes each checkpoint to another medium before a card is handed out (section 7)."""
    return None if to is None else CheckpointCopy(to)


def tell_checkpoint(registry: Registry, to: Path | None) -> None:
    """Write the checkpoint that covers what was just handed out, if nobody took it away yet."""
    if to is not None:
        return
    path = registry.folder / "checkpoint.note"
    write_bytes(path, registry.checkpoint)
    hint(f"Before a card leaves this desk, bring {path} to a box or the commission (or --copy).")


def prepare_file(registry: Registry, out: Path | None, channel: Channel) -> Path:
    """A new private file for cards; it is there before any card is made, so none gets lost."""
    path = out or registry.folder / CARDS / f"{channel}-{now()}.csv"
    if path.exists():
        raise RefusedError(
            "there is a file already", where=str(path), hint="Choose another name, or move it away"
        )
    write_bytes(path, b"", private=True)
    return path


def issue_into(
    path: Path,
    registry: Registry,
    people: Sequence[str],
    channel: Channel,
    copy: Copy | None,
    progress: Progress,
) -> int:
    """Cards for these ids into the file of `prepare_file`, then their checkpoint to `copy`.

    The file comes first: a stick that is pulled out meanwhile costs no code. StorageError then,
    with the cards in the file; before the commit nothing is made, and the file goes.
    """
    try:
        if copy is not None:
            copy(registry.checkpoint)  # no medium, no card made
        cards = registry.issue(people, channel, progress=progress)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    names = {listed.id: listed.person.name for listed in registry.roll.people()}
    write_bytes(path, cards_csv(cards, names.__getitem__), private=True)
    if copy is not None:
        try:
            copy(registry.checkpoint)
        except BaseException:
            hint(f"The cards are made and kept in {path}; their checkpoint isn't copied yet.")
            tell_checkpoint(registry, None)
            raise
    return len(cards)


def cards_csv(cards: Sequence[IssuedCard], names: Callable[[str], str]) -> bytes:
    """Cards as a table: whoever reads it can vote in everybody's name."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for card in cards:
        certificate = card.certificate
        row = (certificate.channel, certificate.serial, card.text, card.typed)
        writer.writerow((card.person, names(card.person), *row))
    return text.getvalue().encode()


def read_ids(path: Path) -> list[str | tuple[str, int]]:
    """A line a card: an id, or an id and a serial; a header `id` is left out."""
    try:
        rows = list(csv.reader(StringIO(read_bytes(path).decode("utf-8-sig").replace(";", ","))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"not a list of ids ({error})", where=str(path)) from None
    lines: list[str | tuple[str, int]] = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].casefold() == "id"):
            continue
        if len(cells) == 1 or not cells[1]:
            lines.append(cells[0])
        elif len(cells) == 2 and cells[1].isascii() and cells[1].isdigit() and len(cells[1]) < 6:
            lines.append((cells[0], int(cells[1])))
        else:
            raise InputError(
                "neither an id nor an id and a card's serial",
                where=f"{path}:{number}",
                hint="Nothing was revoked. Write `id` or `id,serial`",
            )
    return lines


def progress(steps: Steps) -> Callable[[int, int], None]:
    """Draws "so many are done, of so many" as parts of a step."""
    last = 0

    def advance(done: int, total: int) -> None:
        nonlocal last
        steps.advance(done - last)
        last = done

    return advance
