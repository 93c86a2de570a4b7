"""The roll as a town has it: a CSV or XLSX file, read line by line and never half.

Spreadsheets write CSV with any of `,` `;` tab `|`, in UTF-8, UTF-16 or a Windows code page; which
one is found out from the file. Columns are chosen by name. Every wrong line is reported with its
number, and no caller gets a roll before all lines are right.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from pbvote.core.encoding import NAME_PATTERN, nfc
from pbvote.core.errors import InputError
from pbvote.sheet import read_sheet

FIELDS = ("id", "name", "birth_date", "address", "document", "district", "email")
REQUIRED = ("id", "name")
MAX_WRONG = 20  # lines named in one message
MAX_TEXT = 1000  # characters of a cell

Row = tuple[int, list[str]]
"""The number of a line and its cells."""

_DELIMITERS = (";", ",", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_SHEET_ERRORS = {"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"}
_LOST = re.compile("[\x00-\x1f\x7f-\x9f]")


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
    with closing(_rows(path, columns or {}, sheet)) as rows:
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


# --- which file, which columns --------------------------------------------------------------------


def _rows(path: Path, columns: Mapping[str, str], sheet: str | None) -> Generator[Row]:
    """Each line's number and cells, cleaned, the header first."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise InputError(
            f"can't be read ({error.strerror})", where=str(path), hint="Check the name and place"
        ) from None
    if head.startswith(b"PK"):
        yield from ((number, [_clean(c) for c in row]) for number, row in read_sheet(path, sheet))
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            "an old or password-protected workbook",
            where=str(path),
            hint="Open it, and save it as .xlsx or CSV without a password",
        )
    else:
        yield from _csv_rows(path, columns)


def _places(
    header: Sequence[str], columns: Mapping[str, str] | None, where: str
) -> list[tuple[str, int]]:
    """Which cell of a line has which field."""
    there = ", ".join(repr(name) for name in header if name)
    folded = [_fold(name) for name in header]
    wanted = columns if columns is not None else {f: f for f in FIELDS if f in folded}
    for field in wanted:
        if field not in FIELDS:
            raise InputError(f"a roll has no field {field!r}", hint=f"Fields: {', '.join(FIELDS)}")
    for field in REQUIRED:
        if field not in wanted:
            raise InputError(
                f"no column was chosen for {field}", where=where, hint=f"There are: {there}"
            )
    for name in wanted.values():
        if (found := folded.count(_fold(name))) != 1:
            raise InputError(
                f"{found} columns are called {name!r}" if found else f"no column {name!r}",
                where=where,
                hint=f"The first line must name each column once; there are: {there}",
            )
    return [(field, folded.index(_fold(name))) for field, name in wanted.items()]


def _fold(name: str) -> str:
    return _clean(name).casefold()


def _clean(text: str) -> str:
    """NFC, one space between words."""
    return nfc(" ".join(text.split()))


# --- CSV ------------------------------------------------------------------------------------------


def _csv_rows(path: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    encoding = _encoding(path)
    delimiter, skip = _delimiter(path, encoding, columns)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        end = 0
        try:
            for cells in reader:
                number, end = end + 1, reader.line_num
                if number > skip:
                    yield number, [_clean(cell) for cell in cells]
        except csv.Error as error:
            raise InputError(
                f"a line whose quotes don't fit ({error})",
                where=f"{path}:{end + 1}",
                hint="Save the spreadsheet as CSV again, or correct that line",
            ) from None


def _encoding(path: Path) -> str:
    """What its first bytes say, else UTF-8 if all of it is, else Western Windows."""
    with path.open("rb") as file:
        head = file.read(4)
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return _checked(path, encoding)
    for encoding in ("utf-8", "cp1252"):
        if _fits(path, encoding):
            return encoding
    return "latin-1"


def _checked(path: Path, encoding: str) -> str:
    if not _fits(path, encoding):
        raise InputError(
            f"it begins as {encoding}, but not all of it is",
            where=str(path),
            hint="Was it cut, or put together from two files? Save it again",
        )
    return encoding


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _delimiter(path: Path, encoding: str, columns: Mapping[str, str]) -> tuple[str, int]:
    """What parts the cells, and how many lines stand before the header.

    The one with which the header has most of the columns asked for, then most cells.
    """
    with path.open(encoding=encoding, newline="") as file:
        lines = [file.readline(_CHUNK), file.readline(_CHUNK)]
    skip = 0
    if match := re.fullmatch(r'"?sep=(.)"?\s*', lines[0]):  # Excel's own first line
        if match[1] in _DELIMITERS:
            return match[1], 1
        skip = 1
    wanted = {_fold(name) for name in columns.values()} or set(FIELDS)

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([lines[skip]], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return len(wanted & {_fold(cell) for cell in cells}), len(cells)

    return max(_DELIMITERS, key=fit), skip


# --- a line ---------------------------------------------------------------------------------------


class _Wrong(Exception):
    """What is wrong with one line."""


class _Checker:
    """What was seen so far, and what was wrong."""

    def __init__(self, districts: Collection[str] | None) -> None:
        self._districts = None if districts is None else {_fold(d): d for d in districts}
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
            person = self._check(values)
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

    def _check(self, values: dict[str, str]) -> Person:
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
        if _fold(text) not in self._districts:
            known = ", ".join(self._districts.values()) or "none"
            raise _Wrong(f"the district {text!r} isn't in the list ({known})")
        return self._districts[_fold(text)]

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
    re.compile(
        r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?"
    ),
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
