"""A terminal's screen as an SVG that loads nothing: the same bytes for the same screen.

Cells are 10 by 20 units. Block characters are drawn as rectangles, so that a QR code on the screen
is one in the picture; all else is text in whatever monospaced font is at hand, held to its cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

WIDE, HIGH = 10, 20
_FONT = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
_EIGHTHS_UP = "▁▂▃▄▅▆▇"
_EIGHTHS_ACROSS = "▏▎▍▌▋▊▉"
_BLOCKS: dict[str, tuple[float, float, float, float]] = {
    "█": (0, 0, 1, 1),
    "▀": (0, 0, 1, 0.5),
    "▔": (0, 0, 1, 0.125),
    "▐": (0.5, 0, 0.5, 1),
    "▕": (0.875, 0, 0.125, 1),
    **{c: (0, 1 - n / 8, 1, n / 8) for n, c in enumerate(_EIGHTHS_UP, 1)},
    **{c: (0, 0, n / 8, 1) for n, c in enumerate(_EIGHTHS_ACROSS, 1)},
}
"""Characters that are a rectangle: x, y, width and height in a cell."""


class Run(NamedTuple):
    """Characters of one look beside each other. `x` and `width` count cells."""

    x: int
    width: int
    text: str
    colour: str
    background: str
    bold: bool
    underline: bool


def screen_svg(rows: Iterable[Iterable[Segment]], width: int, height: int) -> str:
    """The picture of a screen of `width` by `height` cells."""
    lines = [list(_runs(row)) for row in rows]
    ground = _ground(lines)
    shapes = [f'<rect width="{width * WIDE}" height="{height * HIGH}" fill="{ground}"/>']
    texts = []
    for y, line in enumerate(lines):
        shapes += _rectangles(line, y, ground)
        texts += [_text(part, y) for run in line for part in _written(run)]
    box = f'viewBox="0 0 {width * WIDE} {height * HIGH}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
            '<g shape-rendering="crispEdges">',
            *shapes,
            "</g>",
            f'<g font-family="{_FONT}" font-size="16.5" xml:space="preserve">',
            *texts,
            "</g>",
            "</svg>\n",
        ]
    )


def _runs(row: Iterable[Segment]) -> Iterator[Run]:
    x = 0
    for segment in row:
        if segment.control or not segment.text:
            continue
        width = cell_len(segment.text)
        yield Run(x, width, segment.text, *_look(segment.style or Style.null()))
        x += width


def _look(style: Style) -> tuple[str, str, bool, bool]:
    colour = style.color.get_truecolor().hex if style.color else "#000000"
    background = style.bgcolor.get_truecolor().hex if style.bgcolor else "#ffffff"
    if style.reverse:
        colour, background = background, colour
    return colour, background, bool(style.bold), bool(style.underline)


def _ground(lines: list[list[Run]]) -> str:
    """The background that most cells have."""
    counts: Counter[str] = Counter()
    for line in lines:
        for run in line:
            counts[run.background] += run.width
    return counts.most_common(1)[0][0] if counts else "#ffffff"


def _rectangles(line: list[Run], y: int, ground: str) -> Iterator[str]:
    """Backgrounds, neighbours joined, and block characters, likewise."""
    start, end, fill = 0, 0, ground
    for run in line:
        if run.background != fill:
            yield from _rectangle(start, end, y, fill, ground)
            start, fill = run.x, run.background
        end = run.x + run.width
    yield from _rectangle(start, end, y, fill, ground)
    for run in line:
        yield from _blocks(run, y)


def _rectangle(start: int, end: int, y: int, fill: str, ground: str) -> Iterator[str]:
    if end > start and fill != ground:
        size = f'width="{(end - start) * WIDE}" height="{HIGH}"'
        yield f'<rect x="{start * WIDE}" y="{y * HIGH}" {size} fill="{fill}"/>'


def _blocks(run: Run, y: int) -> Iterator[str]:
    x = run.x
    for character, count in _same(run.text):
        width = cell_len(character) * count
        if character in _BLOCKS:
            left, top, wide, high = _BLOCKS[character]
            times = count if wide == 1 else 1
            for n in range(0, count, times):
                place = f'x="{(x + n + left) * WIDE:g}" y="{(y + top) * HIGH:g}"'
                size = f'width="{wide * times * WIDE:g}" height="{high * HIGH:g}"'
                yield f'<rect {place} {size} fill="{run.colour}"/>'
        x += width


def _same(text: str) -> Iterator[tuple[str, int]]:
    """Each character with how often it stands in a row."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or text[end] != text[start]:
            yield text[start], end - start
            start = end


def _written(run: Run) -> Iterator[Run]:
    """What of a run is text: without blocks, and without the blanks around it."""
    text = "".join(" " * cell_len(c) if c in _BLOCKS else c for c in run.text)
    for part in _parts(text):
        x = run.x + cell_len(text[: part.start])
        yield run._replace(x=x, width=cell_len(part.text), text=part.text)


class _Part(NamedTuple):
    start: int
    text: str


def _parts(text: str) -> Iterator[_Part]:
    """Pieces without two blanks in a row in them, so that no renderer folds any."""
    start = 0
    for piece in text.split("  "):
        words = piece.strip(" ")
        if words:
            yield _Part(start + piece.index(words), words)
        start += len(piece) + 2


def _text(run: Run, y: int) -> str:
    place = f'x="{run.x * WIDE}" y="{y * HIGH + 15}" textLength="{run.width * WIDE}"'
    look = f'fill="{run.colour}"'
    look += ' font-weight="bold"' if run.bold else ""
    look += ' text-decoration="underline"' if run.underline else ""
    return f'<text {place} lengthAdjust="spacingAndGlyphs" {look}>{escape(run.text)}</text>'
