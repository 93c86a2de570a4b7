"""At 80 × 24, in every language and size, no answer lies out of sight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Button

from election_builder import make_contest
from kiosk_host import Host, RecordingPrinter, make_host
from pbvote.core.encoding import encode
from pbvote.core.receipt import receipt_text
from pbvote.voting import prepare, voter_of_card
from pbvote_kiosk.language import LANGUAGES
from pbvote_kiosk.look.qr_view import QrView
from pbvote_kiosk.ports import PrinterState
from pbvote_kiosk.voter.receipt import Paper, ReceiptScreen
from pbvote_kiosk.voter.seal import Seal
from pbvote_kiosk.voter.standing import Standing
from pbvote_kiosk.voter.typed import TypedCard
from pbvote_kiosk.voter.welcome import Welcome


def receipt(host: Host) -> ReceiptScreen:
    """Of a ballot that is cast for it; the printer has no paper, which takes most words."""
    election, box = host.poll.election, host.poll.box
    voter = voter_of_card(election, host.folder.card(1))
    signed = box.cast(encode(prepare(election, host.poll.name, voter, {}).cast()))
    printer = RecordingPrinter(PrinterState.NO_PAPER)
    return ReceiptScreen(
        signed,
        receipt_text(signed, election.box_position(host.poll.name)),
        use="cast",
        url="",
        zone=host.poll.zone,
        seconds=30,
        paper=Paper(printer, lambda words: [], at_once=True),
    )


SCREENS: dict[str, Callable[[Host], Screen[Any]]] = {
    "welcome": lambda host: Welcome(host.poll),
    "typed": lambda host: TypedCard(),
    "seal": lambda host: Seal(bytes(32), mock=False),
    "receipt": receipt,
    "standing": lambda host: Standing(
        ["2026-11-22T10:00:00Z"], may_replace=True, is_open=True, zone=host.poll.zone
    ),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_every_answer_is_in_sight(tmp_path: Path, name: str) -> None:
    with make_host(tmp_path / "t", contests=[make_contest()]) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            screen = SCREENS[name](host)
            await host.app.push_screen(screen)
            for _ in range(3):
                for language in LANGUAGES:
                    await host.app.set_language(language)
                    await pilot.pause(0.05)
                    assert hidden(screen) == [], (language, host.app.size_step)
                await pilot.press("f3")


def hidden(screen: Screen[Any]) -> list[str]:
    """Buttons and codes that aren't whole on the screen."""
    shown = [widget for kind in (Button, QrView) for widget in screen.query(kind) if widget.display]
    assert shown
    return [
        str(widget.id)
        for widget in shown
        if screen.find_widget(widget).visible_region != screen.find_widget(widget).region
    ]
