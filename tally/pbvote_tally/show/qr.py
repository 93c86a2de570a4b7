"""A QR code on the wall: black on white whatever the theme, with its quiet zone."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from pbvote.qr import full_blocks, half_blocks

_INK = Style(color="#000000", bgcolor="#ffffff")
_FRAME, _BESIDE = 8, 46
"""Rows of the frame around a code, and columns of what stands beside it."""


class QrCode(Widget):
    """A short text's code: in half blocks, or twice as large where the screen has room."""

    DEFAULT_CSS = "QrCode { width: auto; height: auto; }"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._small, self._large = half_blocks(text, border=2), full_blocks(text, border=4)

    def _lines(self, viewport: Size) -> list[str]:
        fits = viewport.height >= len(self._large) + _FRAME
        wide = viewport.width >= len(self._large[0]) + _BESIDE
        return self._large if fits and wide else self._small

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return len(self._lines(viewport)[0])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(viewport))

    def render(self) -> Text:
        return Text("\n".join(self._lines(self.app.size)), _INK, no_wrap=True)
