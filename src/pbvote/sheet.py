"""The rows of a spreadsheet's file, CSV or XLSX, as text: rolls and projects come so.

Spreadsheets write CSV with any of `,` `;` tab `|`, in UTF-8, UTF-16 or a Windows code page; which
one is found out from the file. XLSX is streamed with openpyxl.
"""

from __future__ import annotations

import codecs
import csv
import re
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pbvote.core.encoding import nfc
from pbvote.core.errors import InputError

Row = tuple[int, list[str]]
"""The number of a line, from 1, and its cells."""

MAX_UNPACKED = 2**31  # bytes: a million lines are about 500 MB; a zip bomb is more
MAX_ROWS = 2**20
_DELIMITERS = (";", ",", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20


def read_rows(path: Path, columns: Mapping[str, str], sheet: str | None = None) -> Generator[Row]:
    """Each line's number and its cells, the header first; cells are `clean`.

    `columns` has as values the names that the header probably has: they tell the delimiter.
    `sheet` names a sheet of a workbook (the first otherwise). In a workbook whole numbers come
    without a point, dates as YYYY-MM-DD. InputError if it can't be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise InputError(
            f"can't be read ({error.strerror})", where=str(path), hint="Check the name and place"
        ) from None
    if head.startswith(b"PK"):
        yield from _sheet_rows(path, sheet)
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            "an old or password-protected workbook",
            where=str(path),
            hint="Open it, and save it as .xlsx or CSV without a password",
        )
    else:
        yield from _csv_rows(path, columns)


def fold(name: str) -> str:
    """A header's name as it is compared."""
    return clean(name).casefold()


def clean(text: str) -> str:
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
                    yield number, [clean(cell) for cell in cells]
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
    wanted = {fold(name) for name in columns.values()}

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([lines[skip]], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return len(wanted & {fold(cell) for cell in cells}), len(cells)

    return max(_DELIMITERS, key=fit), skip


# --- XLSX -----------------------------------------------------------------------------------------


def _sheet_rows(path: Path, sheet: str | None) -> Iterator[Row]:
    # Slow to import, and only needed here.
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_size(path)
        yield from _read(path, sheet)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        zlib.error,
        SyntaxError,  # XML's ParseError is one
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        OSError,
        RuntimeError,
    ) as error:  # what openpyxl raises on files that are damaged in one way or another
        raise InputError(
            f"not a workbook that can be read ({error})",
            where=str(path),
            hint="Open it in a spreadsheet and save it as .xlsx, or as CSV",
        ) from None


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            raise InputError(
                "larger than 2 GB unpacked", where=str(path), hint="Save the one sheet as CSV"
            )


def _read(path: Path, sheet: str | None) -> Iterator[Row]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and filters that we don't read
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        names = [page.title for page in book.worksheets]
        if not names or (sheet is not None and sheet not in names):
            raise InputError(
                f"no sheet {sheet!r}" if names else "no sheet with cells",
                where=str(path),
                hint=f"There are: {', '.join(names)}",
            )
        page = book[sheet or names[0]]
        page.reset_dimensions()  # some programs write wrong ones
        rows = page.iter_rows(values_only=True)
        for number, cells in enumerate(rows, 1):
            if number > MAX_ROWS:  # a false row number is a gap of empty rows without end
                raise InputError("more rows than a sheet can have", where=str(path))
            yield number, [clean(_text(cell)) for cell in cells]
    finally:
        book.close()


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)
