"""What the screens of kiosk, desk and wall share: the line of keys, and the theme of contrast."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Size
from textual.theme import Theme
from textual.widget import Widget

CONTRAST = Theme(
    "contrast",
    primary="#ffff00",
    secondary="#ffff00",
    warning="#ffff00",
    error="#ffffff",
    success="#ffffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    dark=True,
)


class KeysLine(Widget):
    """Keys and what they do; a line ends between them, never within one."""

    def __init__(self, keys: Sequence[str], *, id: str) -> None:
        super().__init__(id=id)
        self._keys = keys

    def _lines(self, width: int) -> list[str]:
        lines = [""]
        for key in self._keys:
            line = f"{lines[-1]}  {key}" if lines[-1] else key
            if cell_len(line) <= width:
                lines[-1] = line
            else:
                lines.append(key)
        return lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Text:
        return Text("\n".join(self._lines(self.content_size.width)), no_wrap=True)
