"""QR codes as what a terminal can draw: modules, and blocks of them as characters.

Error correction is M where that makes the code no larger, else L; who has room asks for M. The
quiet zone (`border`) is 4 modules; a phone reads a code with 1 as well.
"""

from __future__ import annotations

from typing import Literal

import qrcode
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from pbvote.core.errors import InputError

Level = Literal["L", "M"]
_LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def modules(text: str, level: Level = "L") -> int:
    """How many modules wide and high, without border; InputError if no code holds the text."""
    code = qrcode.QRCode(error_correction=_LEVELS[level])
    code.add_data(text)
    try:
        return 17 + 4 * int(code.best_fit(start=1))
    except (DataOverflowError, ValueError):  # qrcode says either
        raise InputError(
            f"a text of {len(text)} characters is too long for a QR code", hint="Shorten it"
        ) from None


def level_for(text: str) -> Level:
    """M where that makes the code no larger."""
    return "M" if modules(text, "M") == modules(text, "L") else "L"


def matrix(text: str, border: int = 4, *, level: Level | None = None) -> list[list[bool]]:
    """The rows of a code with its border, True for dark; InputError if the text is too long."""
    code = qrcode.QRCode(error_correction=_LEVELS[level or level_for(text)], border=border)
    code.add_data(text)
    return [[bool(dark) for dark in row] for row in code.get_matrix()]


def half_blocks(text: str, *, border: int = 4, level: Level | None = None) -> list[str]:
    """A code as lines of `█▀▄` and blank, to be drawn black on white; a column a module."""
    rows = matrix(text, border, level=level)
    if len(rows) % 2:
        rows.append([False] * len(rows))
    return [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def full_blocks(text: str, *, border: int = 4, level: Level | None = None) -> list[str]:
    """A code twice as large: a line a row, two columns a module."""
    rows = matrix(text, border, level=level)
    return ["".join("██" if dark else "  " for dark in row) for row in rows]


def rows_needed(text: str, border: int) -> int:
    """How many lines `half_blocks` has at the least."""
    return (modules(text) + 2 * border + 1) // 2
