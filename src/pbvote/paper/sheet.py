"""Pages that fill from the top, as a PDF: the same bytes for the same input.

Lengths are points (`MM` of them a millimetre); `top` and `x` count from the page's top left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

import zxingcpp
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from pbvote.core.errors import InputError
from pbvote.language import N_
from pbvote.paper.fonts import font_name, one_line, shown, width_of, wrapped

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
LEADING = 1.35
"""A line's height, in sizes of its letters."""
TEST_NOTE = N_("TEST: this counts for nothing")
_TEST = "TEST"
_TOTAL = "total"
_HEAD_LINES = 4  # a table's head may take so many of a page
_BLACK, _GREY, _PALE = 0.0, 0.35, 0.86


class Sheet:
    """A PDF under way; `top` is where the next thing goes. `finish` writes it."""

    def __init__(
        self,
        out: IO[bytes],
        *,
        title: str,
        language: str,
        size: tuple[float, float] = A4,
        margins: tuple[float, float] = (20 * MM, 20 * MM),
        test: bool = False,
        numbered: bool = True,
        begin: Callable[[Sheet], None] | None = None,
        end: Callable[[Sheet], None] | None = None,
        foot: float = 0,
    ) -> None:
        """`margins` are left and right, top and bottom; `foot` is kept free above the bottom.

        `begin` and `end` draw each page's head (and moves `top` below it) and foot.
        """
        self.page_width, self.page_height = size
        self.left = margins[0]
        self.width = size[0] - 2 * margins[0]
        self.top = self._first = margins[1]
        self.bottom = size[1] - margins[1] - foot
        self.number = 0
        self._test, self._numbered, self._begin, self._end = test, numbered, begin, end
        self._title = shown(title)
        self._canvas = Canvas(
            out,
            pagesize=size,
            pageCompression=1,
            invariant=1,
            lang=language,
            initialFontName=font_name(),
        )
        self._canvas.setTitle(self._title)
        for fact in (self._canvas.setAuthor, self._canvas.setCreator, self._canvas.setSubject):
            fact("pbvote")
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._start()

    # --- pages ------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.number += 1
        self.top = self._first
        if self._test:
            self._draw_test()
        if self._begin is not None:
            self._begin(self)

    def new_page(self) -> None:
        """End this page and begin another."""
        self._finish_page()
        self._start()

    def _finish_page(self) -> None:
        if self._end is not None:
            self._end(self)
        if self._numbered:
            self._draw_number()
        self._canvas.showPage()

    def finish(self) -> None:
        """End the last page; write all of it."""
        self._finish_page()
        if self._numbered:
            self._draw_total()
        self._canvas.save()

    @property
    def room(self) -> float:
        """What is left of this page."""
        return self.bottom - self.top

    def need(self, height: float) -> None:
        """Begin a page unless this much is left of it, or nothing is on it yet."""
        if height > self.room and self.top > self._first:
            self.new_page()

    @contextmanager
    def shared(self, name: str) -> Iterator[None]:
        """What is drawn within stands in the file once; `draw_shared` shows it on a page."""
        self._canvas.beginForm(name)
        yield
        self._canvas.endForm()

    def draw_shared(self, name: str) -> None:
        """Show on this page what was drawn under this name, or will be."""
        self._canvas.doForm(name)

    # --- what stands at a place -------------------------------------------------------------------

    def text(
        self,
        x: float,
        top: float,
        text: str,
        size: float = 10,
        *,
        bold: bool = False,
        grey: bool = False,
        align: str = "left",
    ) -> None:
        """One line of text whose letters hang from `top`; `x` is its left, centre or right."""
        line = shown(text)
        if align != "left":
            wide = width_of(line, size, bold)
            x -= wide if align == "right" else wide / 2
        self._canvas.setFillGray(_GREY if grey else _BLACK)
        self._canvas.setFont(font_name(bold), size)
        self._canvas.drawString(x, self.page_height - top - size, line)

    def box(
        self, x: float, top: float, width: float, height: float, *, filled: bool = False
    ) -> None:
        """A frame, or a pale area."""
        if filled:
            self._canvas.setFillGray(0.93)
        self._canvas.setLineWidth(0.6)
        self._canvas.setStrokeGray(_GREY)
        y = self.page_height - top - height
        self._canvas.rect(x, y, width, height, stroke=int(not filled), fill=int(filled))

    def line(self, x: float, top: float, width: float, weight: float = 0.6) -> None:
        """A line across."""
        self._canvas.setLineWidth(weight)
        self._canvas.setStrokeGray(_GREY)
        y = self.page_height - top
        self._canvas.line(x, y, x + width, y)

    def code(self, x: float, top: float, side: float, text: str) -> None:
        """A QR code in a square; around it four white modules, over what was drawn before."""
        image = code_image(text)
        y, quiet = self.page_height - top - side, 4 * side / image.width
        self._canvas.setFillGray(1)
        self._canvas.rect(
            x - quiet, y - quiet, side + 2 * quiet, side + 2 * quiet, stroke=0, fill=1
        )
        self._canvas.drawInlineImage(image, x, y, side, side)

    # --- what flows -------------------------------------------------------------------------------

    def paragraph(
        self,
        text: str,
        size: float = 10,
        *,
        bold: bool = False,
        grey: bool = False,
        centred: bool = False,
    ) -> None:
        """Text in as many lines and pages as it takes."""
        for line in wrapped(text, self.width, size, bold):
            self.need(size * LEADING)
            x = self.left + (self.width / 2 if centred else 0)
            align = "centre" if centred else "left"
            self.text(x, self.top, line, size, bold=bold, grey=grey, align=align)
            self.top += size * LEADING

    def row(
        self,
        cells: Sequence[Sequence[str]],
        places: Sequence[tuple[float, float, str]],
        size: float = 10,
        *,
        bold: Sequence[bool],
        again: Callable[[], None] | None = None,
    ) -> None:
        """Cells beside each other: their wrapped lines, and left, width and alignment of each.

        A row that doesn't fit goes to the next page (after `again`, the table's head); one that is
        longer than a page is cut between two lines.
        """
        leading = size * LEADING
        lines, done = max(map(len, cells), default=0), 0
        while done < lines:
            fitting = int(self.room / leading)
            whole = int((self.bottom - self._first) / leading) - _HEAD_LINES
            if fitting < 1 or (fitting < lines - done <= whole):
                self.new_page()
                if again is not None:
                    again()
                fitting = max(1, int(self.room / leading))
            end = min(lines, done + fitting)
            for cell, (x, width, align), strong in zip(cells, places, bold, strict=True):
                at = x + {"left": 0, "centre": width / 2, "right": width}[align]
                for number, line in enumerate(cell[done:end]):
                    top = self.top + number * leading
                    self.text(at, top, line, size, bold=strong, align=align)
            self.top += (end - done) * leading
            done = end

    # --- every page -------------------------------------------------------------------------------

    def _draw_test(self) -> None:
        """TEST across the page, behind what is written on it."""
        canvas = self._canvas
        size = min(self.page_width / 3.4, self.page_height / 4)
        canvas.saveState()
        canvas.setFillGray(_PALE)
        canvas.setFont(font_name(bold=True), size)
        canvas.translate(self.page_width / 2, self.page_height / 2)
        canvas.rotate(45)
        canvas.drawCentredString(0, -size / 3, _TEST)
        canvas.restoreState()

    def _draw_number(self) -> None:
        """The title and "1/3"; how many there are is drawn when that is known."""
        top = self.page_height - 12 * MM
        right = self.left + self.width - 8 * MM
        title = one_line(self._title, self.width - 30 * MM, 8)
        self.text(self.left, top, title, 8, grey=True)
        self.text(right, top, f"{self.number}/", 8, grey=True, align="right")
        self._canvas.saveState()
        self._canvas.translate(right, self.page_height - top - 8)
        self.draw_shared(_TOTAL)
        self._canvas.restoreState()

    def _draw_total(self) -> None:
        with self.shared(_TOTAL):
            self.text(0, self.page_height - 8, str(self.number), 8, grey=True)


def code_image(text: str) -> Image.Image:
    """A QR code, a pixel a module, without quiet zone; error correction M if it fits, else L.

    InputError if no code holds the text. By zxing-cpp, not qrcode as on screens: 20 times as fast
    (docs/decisions/0014-letters-on-paper.md).
    """
    for level in ("M", "L"):
        try:
            code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
        except ValueError:
            continue
        return Image.fromarray(code.to_image(scale=1, add_quiet_zones=False)).convert("1")
    raise InputError(
        f"a text of {len(text)} characters is too long for a QR code", hint="Shorten it"
    )


def share_width(
    widths: Sequence[float], width: float, stretched: Sequence[bool] = ()
) -> list[float]:
    """Columns that want these widths in a table of `width`: what is short is wrapped fairly.

    What is over goes to the `stretched` ones, to all if none is.
    """
    if sum(widths) <= width:
        which = stretched if any(stretched) else [True] * len(widths)
        spare = (width - sum(widths)) / max(1, sum(which))
        return [wide + spare * more for wide, more in zip(widths, which, strict=True)]
    return list(_fair(widths, width))


def _fair(widths: Sequence[float], width: float) -> Iterator[float]:
    """Narrow columns keep their width; wide ones have the rest in equal parts."""
    left, most = width, 0.0
    for place, wide in enumerate(sorted(widths)):
        most = left / (len(widths) - place)
        if wide > most:
            break
        left -= wide
    return (min(wide, most) for wide in widths)
