"""QR codes on the voter's screens, read off a picture of the screen as a phone does."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from election_builder import make_contest
from kiosk_folder import make_kiosk
from kiosk_host import Host, make_host
from pbvote.core.receipt import read_receipt_text, receipt_text
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.voter.receipt import ReceiptScreen, code_that_fits
from pbvote_kiosk.voter.seal import Seal
from screen_image import cells_of_app, codes_on
from terminal import Cell

URL = "HTTPS://VOTE.EXAMPLE.BE/R"
WHITE = (255, 255, 255)


async def to_seal(host: Host, pilot: Pilot[None]) -> None:
    await host.scan(pilot, host.folder.card(1))
    await host.until(pilot, BallotScreen)
    await pilot.press("enter", "f10")
    await host.until(pilot, ReviewScreen)
    await pilot.press("f10")
    await host.until(pilot, Seal)


def quiet_zone(cells: list[list[Cell]]) -> int:
    """How many white columns stand left of the code's first column."""
    for row in cells[1:-1]:
        for column, cell in enumerate(row):
            if cell.text in "█▀▄" and cell.text:
                left = column
                while left and row[left - 1] == Cell(" ", cell.colour, WHITE):
                    left -= 1
                return column - left
    raise AssertionError("no code")


@pytest.mark.parametrize(
    ("look", "url"), [("plain", None), ("plain", URL), ("contrast", URL), ("large", None)]
)
@pytest.mark.parametrize("size", [(80, 24), (80, 30), (120, 40)])
async def test_a_receipt_can_be_photographed(
    tmp_path: Path, size: tuple[int, int], look: str, url: str | None
) -> None:
    kiosk = make_kiosk(tmp_path / "t", contests=[make_contest()], receipt_url=url)
    with make_host(tmp_path / "t", folder=kiosk) as host:
        async with host.app.run_test(size=size) as pilot:
            await to_seal(host, pilot)
            keys = {"plain": [], "contrast": ["f4"], "large": ["f3", "f3"]}[look]
            await pilot.press(*keys)
            await pilot.pause()
            assert isinstance(host.screen, Seal)
            assert codes_on(cells_of_app(host.app)) == [host.screen._tracker.hex().upper()]
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert isinstance(host.screen, ReceiptScreen)
            signed = host.screen._signed
            cells = cells_of_app(host.app)
            (code,) = codes_on(cells)
            text = receipt_text(signed, host.poll.election.box_position(host.poll.name))
            assert code == (f"{URL}/{text}" if url and size[1] >= 30 else text)
            assert read_receipt_text(code).tracker == signed.receipt.tracker
            assert quiet_zone(cells) >= (4 if size[1] >= 30 else 1)


def test_the_quiet_zone_comes_before_the_address() -> None:
    text = "PBVOTE1/R/" + "A" * 183
    assert code_that_fits(text, "", 22) == text
    assert code_that_fits(text, URL, 22) == text
    assert code_that_fits(text, URL, 25) == text
    assert code_that_fits(text, URL, 27) == f"{URL}/{text}"
    assert code_that_fits(text, URL, 5) == text
