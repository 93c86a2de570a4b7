"""Reports that officials print and sign, like the zero report, on A4."""

from __future__ import annotations

from io import BytesIO

from msgspec import Struct

from pbvote.language import Words
from pbvote.paper.fonts import shown, width_of, wrapped
from pbvote.paper.sheet import LEADING, MM, TEST_NOTE, Sheet, share_width

_GAP = 4 * MM
_SIZE = 10.0


class Table(Struct, frozen=True):
    """A table with a head; each row has a text a column."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Report(Struct, frozen=True):
    """What officials print and sign, in the words of their language.

    `place` is the town and the election's title, `rows` are labels and values, `code` is a QR
    code's text, `signatures` are the roles of those who sign.
    """

    title: str
    place: str
    rows: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    code: str = ""
    signatures: tuple[str, ...] = ()
    test: bool = False


def report_pdf(report: Report, words: Words) -> bytes:
    """The report as a PDF of A4 pages, each with its number and how many there are."""
    out = BytesIO()
    title = f"{report.title}, {report.place}" if report.place else report.title
    sheet = Sheet(out, title=title, language=words.language, test=report.test)
    sheet.paragraph(report.title, 18, bold=True)
    sheet.paragraph(report.place, 11, grey=True)
    if report.test:
        sheet.paragraph(words(TEST_NOTE), 11, bold=True)
    sheet.top += _GAP / 2
    sheet.line(sheet.left, sheet.top, sheet.width, 1.2)
    sheet.top += _GAP
    draw_rows(sheet, report.rows)
    for table in report.tables:
        draw_table(sheet, table)
    for note in report.notes:
        sheet.top += _GAP / 2
        sheet.paragraph(note)
    if report.code:
        draw_code(sheet, report.code)
    draw_signatures(sheet, report.signatures, words)
    sheet.finish()
    return out.getvalue()


def draw_rows(sheet: Sheet, rows: tuple[tuple[str, str], ...]) -> None:
    """Labels at the left, values in bold beside them."""
    if not rows:
        return
    widest = max(width_of(shown(label), _SIZE) for label, _ in rows)
    split = min(max(widest, 40 * MM), sheet.width * 0.55)
    value = sheet.width - split - _GAP
    places = [(sheet.left, split, "left"), (sheet.left + split + _GAP, value, "left")]
    for label, text in rows:
        cells = [wrapped(label, split, _SIZE), wrapped(text, value, _SIZE, bold=True)]
        sheet.row(cells, places, _SIZE, bold=(False, True))
        sheet.top += 1.2 * MM


def draw_table(sheet: Sheet, table: Table) -> None:
    """Its head again on each page; columns of numbers at the right."""
    columns = max([len(table.head), *map(len, table.rows)])
    rows = [(*row, *[""] * (columns - len(row))) for row in (table.head, *table.rows)]
    head, body, size, pad = rows[0], rows[1:], 9.0, 1.5 * MM
    wanted = [
        max(width_of(shown(row[place]), size, row is head) for row in rows) + 2 * pad + 1
        for place in range(columns)
    ]
    numbers = [
        bool(body) and all(_is_number(row[place]) for row in body) for place in range(columns)
    ]
    widths = share_width(wanted, sheet.width, [not number for number in numbers])
    places, x = [], sheet.left
    for width, number in zip(widths, numbers, strict=True):
        places.append((x + pad, max(width - 2 * pad, 1), "right" if number else "left"))
        x += width

    def lines(row: tuple[str, ...], bold: bool) -> list[list[str]]:
        return [wrapped(cell, p[1], size, bold) for cell, p in zip(row, places, strict=True)]

    def draw_head() -> None:
        cells = lines(head, True)
        height = max(map(len, cells), default=0) * size * LEADING + 2 * MM
        if height < sheet.room:
            sheet.box(sheet.left, sheet.top, sheet.width, height, filled=True)
        sheet.top += 1 * MM
        sheet.row(cells, places, size, bold=[True] * columns)
        sheet.top += 2 * MM

    sheet.top += _GAP
    sheet.need(40 * MM)
    sheet.paragraph(table.title, 12, bold=True)
    sheet.top += 1 * MM
    if any(head):
        draw_head()
    for row in body:
        again = draw_head if any(head) else None
        sheet.row(lines(row, False), places, size, bold=[False] * columns, again=again)
        sheet.top += 0.6 * MM
        sheet.line(sheet.left, sheet.top, sheet.width, 0.25)
        sheet.top += 0.8 * MM


def _is_number(text: str) -> bool:
    """An amount or a count, also an empty cell."""
    bare = text.strip(" -–+%€$£.,\u00a0\u202f")
    return not text or (bare[:1].isdecimal() and bare[-1:].isdecimal() and not _has_letters(bare))


def _has_letters(text: str) -> bool:
    return any(letter.isalpha() or letter in ":/-" for letter in text)


def draw_code(sheet: Sheet, text: str) -> None:
    """A QR code at the left, 45 mm wide."""
    side, quiet = 45 * MM, 6 * MM
    sheet.need(side + 2 * quiet)
    sheet.code(sheet.left + quiet, sheet.top + quiet, side, text)
    sheet.top += side + 2 * quiet


def draw_signatures(sheet: Sheet, roles: tuple[str, ...], words: Words) -> None:
    """A line to sign for each role, two beside each other."""
    width, height = sheet.width / 2 - _GAP, 26 * MM
    for place in range(0, len(roles), 2):
        pair = roles[place : place + 2]
        texts = [wrapped(signed(role, words), width, 9) for role in pair]
        sheet.need(height + max(map(len, texts)) * 9 * LEADING)
        sheet.top += height
        columns = [sheet.left, sheet.left + width + 2 * _GAP][: len(pair)]
        for x in columns:
            sheet.line(x, sheet.top, width)
        sheet.top += 1 * MM
        places = [(x, width, "left") for x in columns]
        sheet.row(texts, places, 9, bold=[False] * len(pair))


def signed(role: str, words: Words) -> str:
    """What stands under the line that somebody signs on."""
    return words("Signature: {role}", role=role)
