"""The list to sign (émargement), and the list of those who were checked in, on A4."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby

from msgspec import Struct

from pbvote.paper.fonts import one_line, shown, wrapped
from pbvote.paper.sheet import LEADING, MM, Sheet
from pbvote_kiosk.language import N_, Words

_SIZE = 9.0
_LEADING = _SIZE * LEADING
_LOWEST = 11 * MM  # a row that a person can sign in
_PAD = 1.5 * MM
_WIDTHS = (20 * MM, 50 * MM, 22 * MM, 44 * MM, 38 * MM)
_HEADS = (N_("Number"), N_("Name"), N_("Born"), N_("Address"))
_BOLD = (False, True, False, False, False)
_HEAD, _FOOT, _COUNT = 27 * MM, 14 * MM, 8 * MM


class Signer(Struct, frozen=True):
    """Somebody on the list. `id` is the town's number, `checked_in` when they came, as text."""

    name: str
    birth_date: str
    address: str
    id: str
    district: str
    checked_in: str = ""


class _Page(Struct, frozen=True):
    district: str
    first: str
    last: str
    rows: list[tuple[list[list[str]], float]]


def signing_list_pdf(
    signers: Iterable[Signer],
    words: Words,
    *,
    election: str,
    desk: str,
    only_checked_in: bool = False,
    test: bool = False,
) -> bytes:
    """A row with a box to sign for each person, sorted by name, each district on its own pages.

    In the box of who was checked in stands when. With `only_checked_in` the others are left out.
    """
    people = [one for one in signers if one.checked_in or not only_checked_in]
    pages = list(_pages(people)) or [_Page("", "", "", [])]
    title = words("People checked in") if only_checked_in else words("List to sign")
    heads = (*_HEADS, N_("Checked in") if only_checked_in else N_("Signature"))
    number = 0

    def head(sheet: Sheet) -> None:
        _draw_head(sheet, pages[number], words, (title, election, desk))
        _draw_columns(sheet, [words(text) for text in heads])

    out = BytesIO()
    sheet = Sheet(
        out,
        title=f"{title}, {election}, {desk}",
        language=words.language,
        margins=(18 * MM, 15 * MM),
        test=test,
        begin=head,
        end=lambda sheet: _draw_initials(sheet, words),
        foot=_FOOT,
    )
    for number, page in enumerate(pages):
        if number:
            sheet.new_page()
        for cells, height in page.rows:
            _draw_row(sheet, cells, height)
    sheet.need(_COUNT)
    sheet.top += 2 * MM
    sheet.paragraph(words.many("{n} person", "{n} people", len(people)), 10, bold=True)
    sheet.finish()
    return out.getvalue()


def by_name(signer: Signer) -> tuple[str, str, str]:
    """Names in the order of a directory: accents, capitals and signs aside."""
    text = signer.name.casefold().translate(_LETTERS)
    bare = unicodedata.normalize("NFKD", text)
    return "".join(c for c in bare if c.isalnum() or c == " "), signer.name, signer.id


_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "-": " "}
)


def _pages(people: Sequence[Signer]) -> Iterator[_Page]:
    """Rows with their wrapped lines, as many a page as fit."""
    space = 297 * MM - 2 * 15 * MM - _HEAD - _FOOT - _COUNT
    ordered = sorted(people, key=lambda one: (one.district, by_name(one)))
    for district, group in groupby(ordered, key=lambda one: one.district):
        rows: list[tuple[list[list[str]], float]] = []
        first = last = ""
        used = 0.0
        for signer in group:
            cells = _cells(signer)
            height = max(_LOWEST, max(map(len, cells)) * _LEADING + 2 * _PAD)
            if rows and used + height > space:
                yield _Page(district, first, last, rows)
                rows, used = [], 0.0
            first, last = (first if rows else signer.name), signer.name
            rows.append((cells, height))
            used += height
        yield _Page(district, first, last, rows)


def _cells(signer: Signer) -> list[list[str]]:
    texts = (signer.id, signer.name, signer.birth_date, signer.address, signer.checked_in)
    return [
        wrapped(text, width - 2 * _PAD, _SIZE, bold)
        for text, width, bold in zip(texts, _WIDTHS, _BOLD, strict=True)
    ]


def _lefts(sheet: Sheet) -> list[float]:
    return [sheet.left + sum(_WIDTHS[:place]) for place in range(len(_WIDTHS))]


def _draw_row(sheet: Sheet, cells: list[list[str]], height: float) -> None:
    """A row that is longer than a page goes on, without a frame, on the next."""
    top, page = sheet.top, sheet.number
    places = [(x + _PAD, width, "left") for x, width in zip(_lefts(sheet), _WIDTHS, strict=True)]
    if height <= sheet.room:
        for x, width, _ in places:
            sheet.box(x - _PAD, top, width, height)
    sheet.top += _PAD
    sheet.row(cells, places, _SIZE, bold=_BOLD)
    if sheet.number == page:
        sheet.top = top + height


def _draw_head(sheet: Sheet, page: _Page, words: Words, texts: tuple[str, str, str]) -> None:
    """What list it is, of which desk and district, and from whom to whom this page goes."""
    title, election, desk = texts
    right, half = sheet.left + sheet.width, sheet.width - 60 * MM
    sheet.text(sheet.left, sheet.top, one_line(title, half, 14, bold=True), 14, bold=True)
    letters = f"{_initials(page.first)} – {_initials(page.last)}" if page.rows else ""
    sheet.text(right, sheet.top, letters, 14, bold=True, align="right")
    sheet.text(sheet.left, sheet.top + 7 * MM, one_line(election, half, 9), 9)
    sheet.text(right, sheet.top + 7 * MM, one_line(desk, 58 * MM, 9), 9, align="right")
    if page.district:
        district = words("District {name}", name=page.district)
        sheet.text(
            sheet.left, sheet.top + 12 * MM, one_line(district, half, 9, bold=True), 9, bold=True
        )
    sheet.top += _HEAD - 7 * MM


def _draw_columns(sheet: Sheet, heads: Sequence[str]) -> None:
    sheet.box(sheet.left, sheet.top, sheet.width, 6 * MM, filled=True)
    for x, text in zip(_lefts(sheet), heads, strict=True):
        sheet.text(x + _PAD, sheet.top + 1.5 * MM, text, 8, bold=True)
    sheet.top += 7 * MM


def _initials(name: str) -> str:
    """The first letters of a name, to leaf through the list."""
    return shown(name.strip())[:3].title()


def _draw_initials(sheet: Sheet, words: Words) -> None:
    """Where the officials initial each page."""
    top = sheet.bottom + 4 * MM
    sheet.text(sheet.left, top + 2 * MM, words("Initials of the officials:"), 8, grey=True)
    sheet.line(sheet.left + 60 * MM, top + 6 * MM, sheet.width - 60 * MM)
