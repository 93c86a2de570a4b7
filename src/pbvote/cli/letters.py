"""Letters for `pbvote cards letters`: cards issued or read from a file, and private PDF files."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pbvote.cli.desk import COLUMNS, issue_into, prepare_file, progress
from pbvote.core.card import read_card_text, typed_code
from pbvote.core.errors import CardError, InputError, RefusedError, StorageError
from pbvote.files import TEMPORARY, read_bytes
from pbvote.registry import CheckpointCopy, Registry
from pbvote.registry.roll import overwrite_and_remove
from pbvote.registry.rollfile import MAX_WRONG
from pbvote.store.files import sync_folder
from pbvote.terminal import Steps, hint
from pbvote.words import plural
from pbvote_kiosk.paper.letters import Letter, Stationery

_EVERY = 50  # letters between two reports of progress


@dataclass(frozen=True)
class Printed:
    """The files with the letters, how many there are, and ids of whom the address is wanting."""

    files: list[Path]
    letters: int
    cut: list[str]
    without: list[str]


class PrivateFiles:
    """PDF files that only their owner reads, and that are all there when all are whole, or none.

    Entering makes the first, so that a place where nothing can be written is known before a card
    is made. Left by an error, nothing stays.
    """

    def __init__(self, out: Path, letters: int, per_file: int) -> None:
        """One file, or `-1`, `-2`, … with `per_file` letters each. RefusedError if one is there."""
        self._letters, self._per_file = letters, per_file
        count = -(-letters // self._per_file)
        digits = len(str(count))
        names = [out.with_stem(f"{out.stem}-{n:0{digits}}") for n in range(1, count + 1)]
        self._paths = [out] if count <= 1 else names
        self._hidden: list[Path] = []

    def __enter__(self) -> Self:
        for path in self._paths:
            if path.exists():
                raise RefusedError(
                    "there is a file already", where=str(path), hint="Choose another name"
                )
        try:
            self._paths[0].parent.mkdir(parents=True, exist_ok=True)
            self._hide().close()
        except OSError as error:
            raise _cant_be_written(self._paths[0], error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for path in self._hidden:
            overwrite_and_remove(path)
        if isinstance(error, OSError):
            raise _cant_be_written(self._paths[0], error) from None

    def _hide(self) -> IO[bytes]:
        """A new file for its owner, under a name that is looked for by nobody."""
        file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - it outlives this; 0600
            dir=self._paths[0].parent, prefix=TEMPORARY, delete=False
        )
        self._hidden.append(Path(file.name))
        return file

    def parts(self) -> Iterator[tuple[int, int, IO[bytes]]]:
        """From which letter to which each file has them."""
        for place in range(len(self._paths)):
            start = place * self._per_file
            with self._hidden[0].open("wb") if place == 0 else self._hide() as file:
                yield start, min(start + self._per_file, self._letters), file
                file.flush()
                os.fsync(file.fileno())

    def commit(self) -> list[Path]:
        """All of them under their names."""
        for path, hidden in zip(self._paths, self._hidden, strict=True):
            hidden.replace(path)
        sync_folder(self._paths[0].parent)
        return self._paths


def issue_letters(
    registry: Registry,
    people: Sequence[str],
    stationery: Stationery,
    files: PrivateFiles,
    copy: CheckpointCopy | None,
) -> Printed:
    """A card and a letter for each of these ids.

    The cards lie in a private file until their letters are whole on disk; if printing fails or is
    cut off, or the checkpoint can't be copied, they stay there, and `--from` prints them.
    """
    with Steps() as steps:
        kept = prepare_file(registry, None, "online")
        steps.step(plural(len(people), "card"), len(people))
        try:
            issue_into(kept, registry, people, "online", copy, progress(steps))
            steps.step("cards read back and checked")
            printed = _print(read_cards(kept, registry), stationery, files, steps)
        except BaseException:
            if kept.exists():
                hint(_what_is_left(kept, copy))
            raise
    overwrite_and_remove(kept)
    return printed


def _what_is_left(kept: Path, copy: CheckpointCopy | None) -> str:
    if kept.stat().st_size:
        to = "" if copy is None else f" --copy {copy.folder}"
        return f"The cards are made and kept: print their letters with --from {kept}{to}"
    return "The cards are made, but not kept: revoke them (--reason error), and make new ones"


def print_letters(
    letters: Sequence[Letter], stationery: Stationery, files: PrivateFiles
) -> Printed:
    """Letters for cards that `read_cards` read."""
    with Steps() as steps:
        return _print(letters, stationery, files, steps)


def _print(
    letters: Sequence[Letter], stationery: Stationery, files: PrivateFiles, steps: Steps
) -> Printed:
    steps.step(plural(len(letters), "letter"), len(letters))
    cut = []
    for start, end, out in files.parts():

        def report(count: int, start: int = start) -> None:
            if count % _EVERY == 0:
                steps.reach(start + count)

        cut += stationery.write(out, letters[start:end], report)
    return Printed(
        files=files.commit(),
        letters=len(letters),
        cut=cut,
        without=[letter.id for letter in letters if not letter.address],
    )


# --- cards from a file ----------------------------------------------------------------------------


def read_cards(path: Path, registry: Registry) -> list[Letter]:
    """Letters for the cards in a file of `cards issue`; name and address are the roll's.

    InputError naming lines whose card isn't this registry's, is revoked, is no posted one, or
    isn't the person's or the code's of that line.
    """
    try:
        rows = list(csv.DictReader(StringIO(read_bytes(path).decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"not a file of cards ({error})", where=str(path)) from None
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise InputError(
            "not a file of cards, or there are none in it",
            where=str(path),
            hint="Take the file as `pbvote cards issue` wrote it",
        )
    letters, wrong = [], []
    for number, row in enumerate(rows, 2):
        try:
            letters.append(_letter(row, registry))
        except (CardError, InputError) as error:
            wrong.append(f"line {number}: {error.what}")
    if wrong:
        more = [f"and {len(wrong) - MAX_WRONG} more"] if len(wrong) > MAX_WRONG else []
        raise InputError(
            "; ".join([*wrong[:MAX_WRONG], *more]), where=str(path), hint="Nothing was printed"
        )
    return letters


def _letter(row: dict[str, str], registry: Registry) -> Letter:
    """The letter of a line, its card checked; the card's text is in no message."""
    person, text, code = (row[name] or "" for name in ("id", "card", "code"))
    card = read_card_text(text)
    certificate = registry.election.certificate(card)
    known = {issued.key: active for issued, active in registry.cards_of(person)}
    if certificate.key not in known:
        raise InputError(f"this card isn't {person}'s")
    if not known[certificate.key]:
        raise InputError(f"this card of {person} is revoked")
    if certificate.channel != "online":
        raise InputError(f"this card of {person} isn't one to post")
    if code != typed_code(card.code):
        raise InputError(f"the code of {person} isn't the card's")
    data = registry.roll.get(person).person
    return Letter(
        id=person,
        name=data.name,
        address=data.address,
        serial=card.serial,
        card=text,
        code=code,
    )


def _cant_be_written(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"can't be written ({error.strerror})",
        where=str(path),
        hint="Make room or give rights there, then do it again",
    )


def tell_printed(printed: Printed) -> Iterable[str]:
    """What people should look at before they post the letters."""
    for ids, what in (
        (printed.cut, "an address that was cut with …, as it is too long for the window"),
        (printed.without, "no address on the roll"),
    ):
        if ids:
            more = f" and {len(ids) - MAX_WRONG} more" if len(ids) > MAX_WRONG else ""
            yield f"{plural(len(ids), 'letter')} with {what}: {', '.join(ids[:MAX_WRONG])}{more}"
