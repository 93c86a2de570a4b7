"""A screen as a picture, and the QR codes that a phone would find on it.

A screen is rows of cells (`terminal.Cell`: character, colour, background). They come from an app
under Pilot (`cells_of_app`), or from a real terminal (`Terminal.cells`).
"""

from __future__ import annotations

from collections.abc import Sequence

import zxingcpp
from PIL import Image, ImageDraw
from rich.cells import cell_len
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from terminal import Cell, colours_of

WIDE, HIGH = 8, 16
"""Pixels of a character: twice as high as wide, like most terminals."""
_BLOCKS = {
    "█": (0, 0, WIDE, HIGH),
    "▀": (0, 0, WIDE, HIGH // 2),
    "▄": (0, HIGH // 2, WIDE, HIGH),
    "▌": (0, 0, WIDE // 2, HIGH),
    "▐": (WIDE // 2, 0, WIDE, HIGH),
}


def strips_of(app: App[None]) -> list[Strip]:
    """What an app shows now, a strip a row."""
    return app.screen._compositor.render_strips()


def cells_of_app(app: App[None]) -> list[list[Cell]]:
    """What an app shows now."""
    rows = []
    for strip in strips_of(app):
        row: list[Cell] = []
        for segment in strip:
            colour, background = colours_of(segment.style or Style.null())
            for character in segment.text:
                row.append(Cell(character, colour, background))
                row += [Cell("", colour, background)] * (cell_len(character) - 1)
        rows.append(row)
    return rows


def text_of_screen(app: App[None]) -> list[str]:
    """The characters alone, a text a row."""
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips_of(app)]


def image_of(cells: Sequence[Sequence[Cell]]) -> Image.Image:
    """The screen as a photo would have it; letters as what they are: something in the way."""
    width = max(len(row) for row in cells)
    image = Image.new("RGB", (width * WIDE, len(cells) * HIGH))
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            left, top = x * WIDE, y * HIGH
            draw.rectangle((left, top, left + WIDE - 1, top + HIGH - 1), fill=cell.background)
            if cell.text in _BLOCKS:
                x0, y0, x1, y1 = _BLOCKS[cell.text]
                box = (left + x0, top + y0, left + x1 - 1, top + y1 - 1)
                draw.rectangle(box, fill=cell.colour)
            elif cell.text.strip():
                draw.text((left, top + 2), cell.text, fill=cell.colour)
    return image


def codes_on(cells: Sequence[Sequence[Cell]]) -> list[str]:
    """The texts of all QR codes on a screen."""
    found = zxingcpp.read_barcodes(
        image_of(cells), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    return [code.text for code in found]
