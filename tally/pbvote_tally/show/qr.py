"""A QR code on the wall: black on white whatever the theme, with its quiet zone."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from pbvote.qr import full_blocks, half_blocks

_INK = Style(color="#000000", bgcolor="#ffffff")
_ROOM = 3
"""How many times as wide as the code the screen must be for a code of twice the size."""


class QrCode(Widget):
    """A short text's code: in half blocks, or twice as large where the screen has room."""

    def __init__(self, text: str, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._small, self._large = half_blocks(text, border=2), full_blocks(text, border=4)

    def _lines(self, viewport: Size) -> list[str]:
        fits = viewport.height >= 2 * len(self._large) // 2 + 20
        wide = viewport.width >= len(self._large[0]) * _ROOM // 2
        return self._large if fits and wide else self._small

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return len(self._lines(viewport)[0])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(viewport))

    def render(self) -> Text:
        return Text("\n".join(self._lines(self.app.size)), _INK, no_wrap=True)
