"""Ballots in a CSV file: a column `card`, and a column for each contest by its id."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from pbvote.cli.choices import read_choice
from pbvote.core.election import Election
from pbvote.core.errors import InputError, PbvoteError
from pbvote.core.selection import Vector
from pbvote.files import read_bytes

CARD = "card"
OTHERS = ("id", "name", "channel", "district", "serial", "code")
"""Columns of the files that `pbvote cards issue` and `pbvote import` write; not read here."""
MAX_WRONG = 20


@dataclass(frozen=True)
class Line:
    """One ballot of the file."""

    number: int
    card: str = field(repr=False)
    choices: dict[str, Vector]


def read_votes(path: Path, election: Election) -> list[Line]:
    """Every ballot of the file, all choices read; InputError naming the lines that are wrong.

    An empty cell is a blank ballot, as is a contest without a column.
    """
    rows = _rows(path)
    _, header = next(rows, (0, []))
    contests = {contest.id: contest for contest in election.manifest.contests}
    for name in header:
        if name not in contests and name != CARD and name not in OTHERS:
            raise InputError(
                f"the column {name!r} is no contest",
                where=str(path),
                hint=f"There are: {CARD}, {', '.join(contests)}",
            )
    if header.count(CARD) != 1 or len(set(header)) != len(header):
        raise InputError(
            f"the first line must name the columns, each once, and {CARD} among them",
            where=str(path),
            hint=f"Write {CARD},{','.join(contests)}",
        )
    lines, wrong = [], []
    for number, cells in rows:
        try:
            lines.append(_line(number, dict(zip(header, cells, strict=False)), election))
        except PbvoteError as error:
            wrong.append(f"line {number}: {error}")
    if wrong:
        more = [f"and {len(wrong) - MAX_WRONG} more"] if len(wrong) > MAX_WRONG else []
        raise InputError(
            "; ".join([*wrong[:MAX_WRONG], *more]),
            where=str(path),
            hint="Nothing was cast. Correct the file",
        )
    return lines


def _line(number: int, cells: dict[str, str], election: Election) -> Line:
    card = cells.pop(CARD, "").strip()
    if not card:
        raise InputError("no card")
    choices = {
        contest.id: read_choice(contest, cells[contest.id])
        for contest in election.manifest.contests
        if cells.get(contest.id, "").strip()
    }
    return Line(number, card, choices)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and cells; `,` or `;` between them."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=str(path), hint="Save it as CSV in UTF-8") from None
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise InputError(f"not CSV ({error})", where=f"{path}:{reader.line_num}") from None
