"""The rows of an XLSX sheet as text, streamed (openpyxl); projects and rolls come so."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pbvote.core.errors import InputError

MAX_UNPACKED = 2**31  # bytes: a million lines are about 500 MB; a zip bomb is more
MAX_ROWS = 2**20


def read_sheet(path: Path, sheet: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Each row's number, from 1, and its cells as the text they mean; the first sheet if None.

    Whole numbers have no point, dates are YYYY-MM-DD. InputError if it isn't a workbook or has
    no such sheet.
    """
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


def _read(path: Path, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
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
            yield number, [_text(cell) for cell in cells]
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
