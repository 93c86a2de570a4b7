"""The letters on paper: DejaVu Sans, embedded, so that every name in Europe prints the same.

What the fonts lack (Arabic, Chinese, emoji, control characters) prints as �: seen, never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

LACKING = "\ufffd"
_FOLDER = Path(__file__).parent / "fonts"
_FILES = {"pbvote": "DejaVuSans.ttf", "pbvote-bold": "DejaVuSans-Bold.ttf"}
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_ENDS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BREAKABLE = re.compile("[\t \u1680\u2000-\u2006\u2008-\u200a\u205f\u3000]+")


def _widths(name: str) -> dict[int, float]:
    """Register a font; code point → width in thousandths, of every letter that it has."""
    font = TTFont(name, str(_FOLDER / _FILES[name]), shapable=False)
    registerFont(font)
    widths: dict[int, float] = font.face.charWidths
    return {code: width for code, width in widths.items() if code in font.face.charToGlyph}


_WIDTHS = {name: _widths(name) for name in _FILES}  # once, as two threads may print


def font_name(bold: bool = False) -> str:
    """What a canvas calls the font."""
    return "pbvote-bold" if bold else "pbvote"


def shown(text: str) -> str:
    """A line as it prints: composed, what ends a line or doesn't print made visible.

    >>> shown("Łukasz\\tS\\u0327ahin 🗳")
    'Łukasz Şahin \ufffd'
    """
    line = _ENDS.sub(" ", _UNSEEN.sub("", unicodedata.normalize("NFC", text)))
    line = _BREAKABLE.sub(lambda match: " " * len(match[0]), line)
    there = _WIDTHS["pbvote"]
    if all(ord(letter) in there for letter in line):
        return line
    return "".join(letter if ord(letter) in there else LACKING for letter in line)


def width_of(text: str, size: float, bold: bool = False) -> float:
    """How wide a shown text is, in the unit of `size`."""
    widths = _WIDTHS[font_name(bold)]
    return sum(widths[ord(letter)] for letter in text) * size / 1000


def one_line(text: str, width: float, size: float, bold: bool = False) -> str:
    """A text in one line; what is too long ends with "…"."""
    first, *more = wrapped(text, width, size, bold)
    if not more:
        return first
    return wrapped(shown(text), width - width_of("…", size, bold), size, bold)[0] + "…"


def wrapped(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """The lines of a text, none wider than `width`; a word that is wider is cut.

    At least one line, and at least one letter a line.
    """

    def fits(line: str) -> bool:
        return width_of(line, size, bold) <= width

    return [line for part in _ENDS.split(text) for line in _filled(shown(part), fits)]


def _filled(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if fits(longer):
            line = longer
            continue
        if line:
            yield line
        line = word
        while not fits(line):
            end = _fitting(line, fits)
            if end == len(line):
                break
            yield line[:end]
            line = line[end:]
    yield line


def _fitting(word: str, fits: Callable[[str], bool]) -> int:
    """How many letters of a word fit, one at least; marks stay with their letter."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(word[:middle]) else (low, middle - 1)
    while 1 < low < len(word) and unicodedata.combining(word[low]):
        low -= 1
    while low < len(word) and unicodedata.combining(word[low]):
        low += 1
    return low
