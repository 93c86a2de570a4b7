"""QR codes in block characters, read back as a phone reads a screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from pbvote.core.errors import InputError
from pbvote.qr import (
    Level,
    full_blocks,
    half_blocks,
    level_for,
    matrix,
    modules,
    rows_needed,
)
from pbvote_kiosk.look.base import PeopleApp, PeopleScreen
from pbvote_kiosk.look.qr_view import QrView
from screen_image import cells_of_app, codes_on
from terminal import Cell

RECEIPT = "PBVOTE1/R/" + ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 6)[:183]
URL = "HTTPS://VOTE.EXAMPLE.BE/R/"
INK = ((0, 0, 0), (255, 255, 255))
TRACKER = "0123456789ABCDEF" * 4


@pytest.mark.parametrize("draw", [half_blocks, full_blocks])
@pytest.mark.parametrize("border", [1, 4])
@pytest.mark.parametrize("level", ["L", "M", None])
@pytest.mark.parametrize("text", [RECEIPT, URL + RECEIPT, TRACKER])
def test_a_phone_reads_the_blocks(
    draw: Callable[..., list[str]], border: int, level: Level | None, text: str
) -> None:
    lines = draw(text, border=border, level=level)
    assert codes_on([[Cell(character, *INK) for character in line] for line in lines]) == [text]


def test_a_receipt_fits_24_rows_and_with_the_full_quiet_zone_30() -> None:
    assert modules(RECEIPT) == 41
    assert rows_needed(RECEIPT, 1) == 22
    assert rows_needed(URL + RECEIPT, 1) == 24
    assert rows_needed(URL + RECEIPT, 4) == 27
    assert len(half_blocks(RECEIPT, border=1, level="L")) == 22


def test_error_correction_is_m_where_it_costs_nothing() -> None:
    assert level_for(RECEIPT) == "L"
    assert level_for("A" * 130) in ("L", "M")
    for text in (RECEIPT, TRACKER, "A", "A" * 60):
        assert len(matrix(text, 0)) == modules(text)


def test_a_border_is_light_all_around() -> None:
    for border in (1, 4):
        rows = matrix(TRACKER, border)
        assert not any(rows[border - 1]) and not any(rows[-border])
        assert not any(row[border - 1] or row[-border] for row in rows)
        assert rows[border][border]


def test_a_text_too_long_for_any_code_is_said() -> None:
    with pytest.raises(InputError, match="5000 characters is too long for a QR code"):
        modules("A" * 5000)


class Codes(PeopleScreen[None]):
    def __init__(self, text: str, css: str) -> None:
        super().__init__()
        self._text, self._css = text, css

    def body(self) -> ComposeResult:
        view = QrView(self._text, id="qr")
        beside = Static("beside")
        beside.styles.width = 10
        box = Container(view, beside, id="box")
        for name, value in (rule.split(":") for rule in self._css.split(";") if rule):
            setattr(view.styles, name.strip(), value.strip())
        box.styles.layout = "horizontal"
        yield box


class CodeApp(PeopleApp):
    def __init__(self, text: str, css: str = "") -> None:
        super().__init__(languages=["en"])
        self._first = Codes(text, css)

    def on_mount(self) -> None:
        self.push_screen(self._first)


@pytest.mark.parametrize("css", ["", "width:1fr;height:1fr"], ids=["auto", "given"])
@pytest.mark.parametrize("contrast", [False, True])
@pytest.mark.parametrize(
    ("text", "size", "rows"),
    [
        (TRACKER, (80, 24), 21),
        (TRACKER, (80, 22), 19),  # error correction L
        (TRACKER, (80, 21), 18),  # M again, with a border of 1
        (RECEIPT, (80, 26), 22),  # a border of 1
        (RECEIPT, (80, 30), 25),
        (RECEIPT, (120, 40), 29),  # error correction M
        (URL + RECEIPT, (80, 31), 27),
    ],
)
async def test_the_view_is_read_on_every_theme(
    css: str, contrast: bool, text: str, size: tuple[int, int], rows: int
) -> None:
    app = CodeApp(text, css)
    async with app.run_test(size=size) as pilot:
        if contrast:
            await pilot.press("f4")
        await pilot.pause()
        cells = cells_of_app(app)
        assert codes_on(cells) == [text]
        white = [row for row in cells if any(cell[1:] == INK for cell in row)]
        assert len(white) == rows
        if not css:
            assert app.screen.query_one(QrView).size.height == rows


async def test_a_large_screen_gets_full_blocks() -> None:
    app = CodeApp(RECEIPT)
    async with app.run_test(size=(220, 56)) as pilot:
        await pilot.pause()
        assert app.screen.query_one(QrView).size.width == 2 * (41 + 8)
        assert codes_on(cells_of_app(app)) == [RECEIPT]


async def test_where_no_code_fits_the_text_is_shown_in_groups() -> None:
    app = CodeApp(RECEIPT)
    async with app.run_test(size=(80, 16)) as pilot:
        await pilot.pause()
        view = app.screen.query_one(QrView)
        shown = str(view.render())
        assert "too small for the square code" in shown
        assert "PBVO TE1/ R/AB" in shown
        assert view.size.height >= 4
        await pilot.resize_terminal(80, 40)
        await pilot.pause()
        assert codes_on(cells_of_app(app)) == [RECEIPT]


async def test_a_text_too_long_is_shown_in_groups() -> None:
    app = CodeApp("A" * 4400)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "AAAA AAAA" in str(app.screen.query_one(QrView).render())
