"""The roll as a town has it: a CSV or XLSX file, read line by line and never half.

Columns are chosen by name. Every wrong line is reported with its number, and nobody is loaded
before all lines are right. `sheet` finds out how the file is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from pbvote.core.encoding import NAME_PATTERN
from pbvote.core.errors import InputError
from pbvote.sheet import clean, fold, read_rows

FIELDS = ("id", "name", "birth_date", "address", "document", "district", "email")
REQUIRED = ("id", "name")
MAX_WRONG = 20  # lines named in one message
MAX_TEXT = 1000  # characters of a cell

_SHEET_ERRORS = {"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"}
_LOST = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SAME_NAMES = {field: field for field in FIELDS}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the roll; only `id` (the town's own number) and `name` must be there.

    Text is NFC without needless spaces, `birth_date` is YYYY-MM-DD, "" is what isn't known.
    """

    id: str
    name: str
    birth_date: str = ""
    address: str = ""
    document: str = ""
    district: str = ""
    email: str = ""


def read_roll_file(
    path: Path,
    columns: Mapping[str, str] | None = None,
    districts: Collection[str] | None = None,
    sheet: str | None = None,
) -> list[Person]:
    """Everybody in a CSV or XLSX file.

    `columns` says which header names each of `FIELDS`; without it, headers named like the fields
    are taken. `districts` are the election's; without them a district only needs the form of a
    name. `sheet` names a sheet of a workbook (the first otherwise). InputError names up to 20
    wrong lines: an empty id or name, an id that stands twice, the same name, birth date and
    address twice, a district that isn't there, a date that is none, letters that were lost.
    """
    return list(stream_roll_file(path, columns, districts, sheet))


def stream_roll_file(
    path: Path,
    columns: Mapping[str, str] | None = None,
    districts: Collection[str] | None = None,
    sheet: str | None = None,
) -> Iterator[Person]:
    """As `read_roll_file`, one by one, for a roll that is larger than memory should hold.

    The error comes at the end, after every line was read: keep nothing before that.
    """
    where = str(path)
    with closing(read_rows(path, columns or _SAME_NAMES, sheet)) as rows:
        header = next((row for row in rows if any(row[1])), None)
        if header is None:
            raise InputError("the file is empty", where=where, hint="Is it the right file or sheet")
        places = _places(header[1], columns, where)
        checker = _Checker(districts)
        for number, cells in rows:
            if any(cells):
                person = checker.person(number, cells, places, len(header[1]))
                if person is not None:
                    yield person
    checker.finish(where)


def check_person(person: Person, districts: Collection[str]) -> Person:
    """One person who doesn't come from a file, cleaned as there; InputError if it's wrong."""
    try:
        values = {field: clean(getattr(person, field)) for field in FIELDS}
        return _Checker(districts).check(values)
    except _Wrong as wrong:
        raise InputError(str(wrong), where=person.id, hint="Correct it, then try again") from None


def _places(
    header: Sequence[str], columns: Mapping[str, str] | None, where: str
) -> list[tuple[str, int]]:
    """Which cell of a line has which field."""
    there = ", ".join(repr(name) for name in header if name)
    folded = [fold(name) for name in header]
    wanted = columns if columns is not None else {f: f for f in FIELDS if f in folded}
    for field in wanted:
        if field not in FIELDS:
            raise InputError(f"a roll has no field {field!r}", hint=f"Fields: {', '.join(FIELDS)}")
    example = next(filter(None, header), "Header")
    for field in REQUIRED:
        if field not in wanted:
            raise InputError(
                f"no column was chosen for {field}",
                where=where,
                hint=f"Name it, like --column {field}={example}. There are: {there}",
            )
    for name in wanted.values():
        if (found := folded.count(fold(name))) != 1:
            raise InputError(
                f"{found} columns are called {name!r}" if found else f"no column {name!r}",
                where=where,
                hint=f"The first line must name each column once; there are: {there}",
            )
    return [(field, folded.index(fold(name))) for field, name in wanted.items()]


class _Wrong(Exception):
    """What is wrong with one line."""


class _Checker:
    """What was seen so far, and what was wrong."""

    def __init__(self, districts: Collection[str] | None) -> None:
        self._districts = None if districts is None else {fold(d): d for d in districts}
        self._ids: dict[bytes, int] = {}
        self._people: dict[bytes, int] = {}
        self._wrong: list[str] = []
        self._count = 0
        self._lines = 0

    def person(
        self, number: int, cells: Sequence[str], places: Iterable[tuple[str, int]], width: int
    ) -> Person | None:
        """The person of a line, or None if the line is wrong."""
        self._lines += 1
        try:
            if any(cells[width:]):
                raise _Wrong(f"more cells than the {width} columns of the header")
            values = {f: cells[place] if place < len(cells) else "" for f, place in places}
            person = self.check(values)
            self._check_new(self._ids, number, f"the id {person.id!r}", person.id)
            if person.birth_date:
                same = (person.name.casefold(), person.birth_date, person.address.casefold())
                self._check_new(self._people, number, "the same person", *same)
        except _Wrong as wrong:
            self._count += 1
            if self._count <= MAX_WRONG:
                self._wrong.append(f"line {number}: {wrong}")
            return None
        return person

    def check(self, values: dict[str, str]) -> Person:
        """The person of these cells, alone; _Wrong otherwise."""
        for field, value in values.items():
            if not value and field in REQUIRED:
                raise _Wrong(f"no {field}")
            if len(value) > MAX_TEXT:
                raise _Wrong(f"{field} is longer than {MAX_TEXT} characters")
            if value[:1] == "#" and value in _SHEET_ERRORS:
                raise _Wrong(f"{field} is an error of the spreadsheet, {value}")
            if (not value.isprintable() and _LOST.search(value)) or "\ufffd" in value:
                raise _Wrong(f"{field} has letters that were lost or can't be read")
        if "birth_date" in values:
            values["birth_date"] = _date(values["birth_date"])
        if "district" in values:
            values["district"] = self._district(values["district"])
        if "@" not in values.get("email", "") and values.get("email"):
            raise _Wrong(f"{values['email']!r} isn't an email address")
        return Person(**values)

    def _district(self, text: str) -> str:
        if not text:
            return ""
        if self._districts is None:
            if not re.match(NAME_PATTERN, text):
                raise _Wrong(f"the district {text!r} isn't a name of letters, digits and . _ -")
            return text
        if fold(text) not in self._districts:
            known = ", ".join(self._districts.values()) or "none"
            raise _Wrong(f"the district {text!r} isn't in the list ({known})")
        return self._districts[fold(text)]

    def _check_new(self, seen: dict[bytes, int], number: int, what: str, *values: str) -> None:
        """Hashes, as a million lines of text would be heavy."""
        key = blake2b("\0".join(values).encode(), digest_size=16).digest()
        if (first := seen.setdefault(key, number)) != number:
            raise _Wrong(f"{what} stands in line {first} already")

    def finish(self, where: str) -> None:
        """Raise InputError if a line was wrong, or there was none."""
        if not self._lines:
            raise InputError("nobody is in it", where=where, hint="Is it the right file or sheet?")
        if self._count:
            more = self._count - len(self._wrong)
            last = [f"and {more} more"] if more else []
            raise InputError(
                f"{self._count} wrong {'lines' if self._count > 1 else 'line'}: "
                + "; ".join([*self._wrong, *last]),
                where=where,
                hint="Nothing was loaded. Correct the file and load it again",
            )


_DATES = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})(?:[T ]00:00(?::00)?)?"),
    re.compile(r"(?P<d>[0-9]{1,2})([./-])(?P<m>[0-9]{1,2})\2(?P<y>[0-9]{4})"),
)


@lru_cache(2**16)  # there are fewer birthdays than people
def _date(text: str) -> str:
    """YYYY-MM-DD of that, or of a day first (22/11/1980, 22.11.1980, 22-11-1980)."""
    if not text:
        return ""
    for form in _DATES:
        if match := form.fullmatch(text):
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
            except ValueError:
                break
    raise _Wrong(f"{text!r} isn't a date (write 1980-11-22 or 22/11/1980)")
