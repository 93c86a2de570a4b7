"""A slip as a PDF, for CUPS printers and for desks without a receipt printer."""

from __future__ import annotations

from io import BytesIO

from pbvote.paper.fonts import wrapped
from pbvote.paper.sheet import LEADING, MM, Sheet
from pbvote_kiosk.ports import Code, Line, Rule, Slip

_MARGIN = 4 * MM
_SIZE = 9.0
_QUIET = 5 * MM
_LONGEST = 5000 * MM  # a PDF's page has a largest size


def slip_pdf(slip: Slip, *, width_mm: int = 80, title: str = "", language: str = "en") -> bytes:
    """One page of this width, as long as the slip is (several if it is longer than 5 m).

    `title` is the document's; the slip's first text if there is none.
    """
    out = BytesIO()
    first = next((part.text for part in slip if isinstance(part, Line) and part.text), "")
    page = width_mm * MM
    height = 2 * _MARGIN + sum(_height(part, page - 2 * _MARGIN) for part in slip) + 1
    sheet = Sheet(
        out,
        title=title or first,
        language=language,
        size=(page, min(height, _LONGEST)),
        margins=(_MARGIN, _MARGIN),
        numbered=False,
    )
    for part in slip:
        _draw(sheet, part)
    sheet.finish()
    return out.getvalue()


def _height(part: Line | Code | Rule, width: float) -> float:
    if isinstance(part, Line):
        size = _SIZE * part.size
        return len(wrapped(part.text, width, size, part.bold)) * size * LEADING
    return width if isinstance(part, Code) else 3 * MM


def _draw(sheet: Sheet, part: Line | Code | Rule) -> None:
    if isinstance(part, Line):
        sheet.paragraph(part.text, _SIZE * part.size, bold=part.bold, centred=part.centred)
    elif isinstance(part, Code):
        sheet.need(sheet.width)
        side = sheet.width - 2 * _QUIET
        sheet.code(sheet.left + _QUIET, sheet.top + _QUIET, side, part.text)
        sheet.top += sheet.width
    else:
        sheet.need(3 * MM)
        sheet.line(sheet.left, sheet.top + 1.5 * MM, sheet.width)
        sheet.top += 3 * MM
