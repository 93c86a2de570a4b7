"""A QR code on the screen, black on white whatever the theme, as large and sturdy as fits."""

from __future__ import annotations

from typing import NamedTuple, cast

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from pbvote.core.errors import InputError
from pbvote.qr import Level, full_blocks, half_blocks, modules
from pbvote_kiosk.look.base import PeopleApp

_INK = Style(color="#000000", bgcolor="#ffffff")
_GROUP = 4


class Drawing(NamedTuple):
    """A way to draw a code, the best first in `_drawings`."""

    border: int
    level: Level
    full: bool
    columns: int
    rows: int

    def fits(self, columns: int, rows: int) -> bool:
        return self.columns <= columns and self.rows <= rows


def _drawings(text: str) -> list[Drawing]:
    sizes: dict[Level, int] = {"M": modules(text, "M"), "L": modules(text, "L")}
    ways = []
    for full in (True, False):
        for border in (4, 1):
            if full and border != 4:
                continue
            for level, size in sizes.items():
                side = size + 2 * border
                columns, rows = (2 * side, side) if full else (side, (side + 1) // 2)
                ways.append(Drawing(border, level, full, columns, rows))
    return ways


class QrView(Widget):
    """Draws a text's QR code in the middle of its place.

    With `width` and `height` auto (as it comes) it takes what the code needs: half blocks with
    the full quiet zone if its parent has room for it, else with a border of one; full blocks,
    two columns a module, if they leave half the width. Given a size, it draws the largest that
    fits in. Where no code fits, it says so and shows the text in groups.
    """

    DEFAULT_CSS = "QrView { width: auto; height: auto; content-align: center middle; }"

    def __init__(self, text: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._text = text
        self._lines: dict[Drawing, list[str]] = {}  # drawn once: it takes some 20 ms
        try:
            self._ways = _drawings(text)
        except InputError:
            self._ways = []

    def get_content_width(self, container: Size, viewport: Size) -> int:
        way = self._way_in(container, viewport)
        return min(container.width, viewport.width) if way is None else way.columns

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        way = self._way_in(container, viewport)
        if way is not None:
            return way.rows
        return len(self._in_words().wrap(self.app.console, max(width, 1)))

    def _way_in(self, container: Size, viewport: Size) -> Drawing | None:
        """The best that fits the parent, without crowding out what stands beside it."""
        columns = min(container.width, viewport.width)
        rows = min(container.height or viewport.height, viewport.height)
        fitting = [way for way in self._ways if way.fits(columns, rows)]
        return next((way for way in fitting if not way.full or 2 * way.columns <= columns), None)

    def render(self) -> Text:
        size = self.content_size
        way = next((way for way in self._ways if way.fits(size.width, size.height)), None)
        if way is None:
            return self._in_words()
        if way not in self._lines:
            draw = full_blocks if way.full else half_blocks
            self._lines = {way: draw(self._text, border=way.border, level=way.level)}
        return Text("\n".join(self._lines[way]), _INK, no_wrap=True)

    def _in_words(self) -> Text:
        words = cast("PeopleApp", self.app).words
        said = words("The screen is too small for the square code. This is what it says:")
        groups = [self._text[i : i + _GROUP] for i in range(0, len(self._text), _GROUP)]
        return Text(f"{said}\n{' '.join(groups)}")
