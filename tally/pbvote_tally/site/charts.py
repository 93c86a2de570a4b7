"""Charts as SVG, drawn when the site is made (svg.py): shapes here, words in the page around them.

svg.py writes texts and attributes as they are. What comes from an election goes through `_plain`
first, so that a title can't end an element. Colours are classes of the style sheet, as a strict
content policy allows no styles in a page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import svg
from markupsafe import Markup, escape

_WIDE, _HIGH = 1000, 10
_MAP = 400  # width of the map's own units; fonts are in them too
_MARGIN = 24
_DOT = 11
_DEGREE = 111_195  # metres of a degree of latitude


class Part(NamedTuple):
    """A part of a bar: how much, its class, and the step of the count that adds it (0: none)."""

    value: int
    kind: str
    step: int = 0


class Dot(NamedTuple):
    """A project on the map, in degrees."""

    latitude: float
    longitude: float
    number: str
    title: str
    href: str
    winner: bool


def bar(value: int, most: int, kind: str = "") -> Markup:
    """A bar from the left, as long as `value` is of `most`; its number stands beside it."""
    return stacked([Part(value, kind)], most, "bar")


def stacked(parts: Sequence[Part], whole: int, kind: str = "stack", label: str = "") -> Markup:
    """Parts one after the other; `whole` is the full width, or their sum if that is more.

    Without a label it is for the eyes only: a table says the same.
    """
    total = max(1, whole, sum(part.value for part in parts))
    shapes: list[svg.Element] = []
    start = 0
    for part in parts:
        left, right = _share(start, total), _share(start + part.value, total)
        shapes.append(
            svg.Rect(
                x=left,
                y=0,
                width=max(right - left, 1 if part.value else 0),
                height=_HIGH,
                class_=[part.kind or "plain"],
                data={"step": part.step} if part.step else None,
            )
        )
        start += part.value
    if start > whole > 0:  # a town that overspends: where its money ends
        shapes.append(svg.Rect(x=_share(whole, total), y=0, width=3, height=_HIGH, class_=["end"]))
    return _drawn(shapes, svg.ViewBoxSpec(0, 0, _WIDE, _HIGH), kind, label, stretch=True)


def series(values: Sequence[int], kinds: Sequence[str]) -> Markup:
    """A column a value, side by side; their numbers stand in a table."""
    most, wide = max(1, *values), _WIDE / max(8, len(values))
    columns: list[svg.Element] = []
    for at, (value, kind) in enumerate(zip(values, kinds, strict=True)):
        high = round(100 * value / most, 1)
        columns.append(
            svg.Rect(
                x=round(at * wide + wide * 0.1, 1),
                y=round(100 - high, 1),
                width=round(wide * 0.8, 1),
                height=high,
                class_=[kind],
            )
        )
    return _drawn(columns, svg.ViewBoxSpec(0, 0, _WIDE, 100), "series", "", stretch=True)


def plan(dots: Sequence[Dot], label: str) -> Markup:
    """Where projects are: north up, one scale in both directions, a bar of a round length.

    There is no ground map, as that would come from somebody's server.
    """
    middle = math.radians(sum(dot.latitude for dot in dots) / len(dots))
    xs = [dot.longitude * math.cos(middle) for dot in dots]
    ys = [-dot.latitude for dot in dots]
    span = max(max(xs) - min(xs), max(ys) - min(ys), 0.002)
    scale = (_MAP - 2 * _MARGIN) / span
    high = max(120.0, (max(ys) - min(ys)) * scale + 2 * _MARGIN) + 28
    shift = (_MAP - (max(xs) - min(xs)) * scale) / 2
    order = sorted(range(len(dots)), key=lambda i: (dots[i].winner, -i))  # winners on top
    length, step = _round_length(scale)
    shapes: list[svg.Element] = [_ground(high), *_grid(step, high)]
    for i in order:
        x, y = shift + (xs[i] - min(xs)) * scale, _MARGIN + (ys[i] - min(ys)) * scale
        shapes.append(_dot(dots[i], round(x, 1), round(y, 1)))
    shapes += _scale_bar(length, step, high)
    return _drawn(shapes, svg.ViewBoxSpec(0, 0, _MAP, round(high, 1)), "map", label)


def _ground(high: float) -> svg.Element:
    return svg.Rect(x=0, y=0, width=_MAP, height=round(high, 1), rx=6, class_=["ground"])


def _dot(dot: Dot, x: float, y: float) -> svg.Element:
    kind = "winner" if dot.winner else "other"
    return svg.A(
        href=_plain(dot.href),
        class_=[kind],
        extra={"aria-label": _plain(f"{dot.number} {dot.title}")},
        elements=[
            svg.Title(text=_plain(f"{dot.number} {dot.title}")),
            svg.Circle(cx=x, cy=y, r=_DOT),
            svg.Text(x=x, y=y, dy=3.5, text_anchor="middle", text=_plain(dot.number[:3])),
        ],
    )


def _round_length(scale: float) -> tuple[float, float]:
    """1, 2 or 5 times a power of ten metres, at most a third of the map: in metres, and drawn."""
    most = (_MAP / 3) / scale * _DEGREE
    power = 10 ** math.floor(math.log10(most))
    length = max(m * power for m in (1, 2, 5) if m * power <= most)
    return length, length / _DEGREE * scale


def _grid(step: float, high: float) -> list[svg.Element]:
    """Lines as far apart as the scale's bar is long."""
    rows = [_MARGIN + i * step for i in range(int((high - _MARGIN) / step) + 1)]
    columns = [_MARGIN + i * step for i in range(int((_MAP - _MARGIN) / step) + 1)]
    lines = [(0.0, y, float(_MAP), y) for y in rows] + [(x, 0.0, x, high) for x in columns]
    return [
        svg.Line(x1=round(a, 1), y1=round(b, 1), x2=round(c, 1), y2=round(d, 1), class_=["grid"])
        for a, b, c, d in lines
    ]


def _scale_bar(length: float, step: float, high: float) -> list[svg.Element]:
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    y = round(high - 10, 1)
    return [
        svg.Rect(x=_MARGIN, y=y, width=round(step, 1), height=2, class_=["scale"]),
        svg.Text(x=_MARGIN, y=y - 4, class_=["scale"], text=text),
        svg.Path(d=[svg.M(_MAP - 20, y), svg.l(5, -14), svg.l(5, 14), svg.l(-5, -4), svg.Z()]),
        svg.Text(x=_MAP - 15, y=y - 17, text_anchor="middle", class_=["scale"], text="N"),
    ]


def _share(value: int, total: int) -> float:
    return round(value * _WIDE / total, 1)


def _drawn(
    shapes: list[svg.Element], box: svg.ViewBoxSpec, kind: str, label: str, *, stretch: bool = False
) -> Markup:
    extra = {"role": "group", "aria-label": _plain(label)} if kind == "map" else {}
    if not extra:
        extra = {"role": "img", "aria-label": _plain(label)} if label else {"aria-hidden": "true"}
    ratio = svg.PreserveAspectRatio("none") if stretch else None
    drawing = svg.SVG(
        xmlns=None,
        viewBox=box,
        preserveAspectRatio=ratio,
        class_=[kind],
        elements=shapes,
        extra={**extra, "focusable": "false"},
    )
    return Markup(drawing.as_str())  # noqa: S704 - its texts went through `_plain`


def _plain(text: str) -> str:
    """A text as it may stand in XML: nothing in it opens or ends an element or attribute."""
    return str(escape(text))
