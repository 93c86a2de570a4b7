"""Scans and typing through the app's keys: in order, to the right screen, pressing nothing."""

from __future__ import annotations

import asyncio

from textual import events
from textual.app import ComposeResult
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Button, Input

from pbvote_kiosk.devices.scan import ENTER, ScanReader
from pbvote_kiosk.look.base import PeopleApp, PeopleScreen, Scanned

CARD = "PBVOTE1/C/ABCDEFG234567"


class Typing(PeopleScreen[None]):
    """A field and a button."""

    def __init__(self) -> None:
        super().__init__()
        self.scans: list[str] = []
        self.pressed: list[str] = []

    def body(self) -> ComposeResult:
        yield Input(id="field")
        yield Button("Go", id="go")

    def on_scanned(self, event: Scanned) -> None:
        self.scans.append(event.text)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.pressed.append(event.button.id or "")

    @property
    def value(self) -> str:
        return self.query_one(Input).value


class App(PeopleApp):
    def __init__(self) -> None:
        super().__init__(languages=["en"])
        self.typing = Typing()

    def on_mount(self) -> None:
        self.push_screen(self.typing)


async def at_once(app: App, pilot: Pilot[None], text: str) -> None:
    """Characters that a terminal delivers in one piece, and the time the reader takes."""
    for character in text:
        key = "enter" if character == ENTER else _character_to_key(character)
        app.post_message(events.Key(key, character))
    await pilot.pause(ScanReader.STALL + ScanReader.GAP)


async def test_keys_that_come_at_once_keep_their_order() -> None:
    app = App()
    async with app.run_test(size=(80, 24)) as pilot:
        app.typing.query_one("#field").focus()
        await at_once(app, pilot, "pab hp")
        await at_once(app, pilot, "Paul-Henri de la Haye")
        assert app.typing.value == "pab hpPaul-Henri de la Haye"
        await pilot.press("p")
        await asyncio.sleep(ScanReader.GAP)
        await pilot.press("backspace")
        assert app.typing.value == "pab hpPaul-Henri de la Haye"
        assert not app.typing.scans


async def test_a_scan_presses_no_button_and_types_nothing() -> None:
    app = App()
    async with app.run_test(size=(80, 24)) as pilot:
        for widget in ("#go", "#field"):
            app.typing.query_one(widget).focus()
            await at_once(app, pilot, CARD + ENTER)
            await at_once(app, pilot, CARD)
        assert app.typing.scans == [CARD] * 4
        assert not app.typing.pressed
        assert app.typing.value == ""
        await pilot.pause(ScanReader.LATE)
        app.typing.query_one("#go").focus()
        await pilot.press("enter")
        assert app.typing.pressed == ["go"]


async def test_a_pasted_scan_is_a_scan_and_pasted_words_are_typed() -> None:
    app = App()
    async with app.run_test(size=(80, 24)) as pilot:
        app.typing.query_one("#field").focus()
        app.post_message(events.Paste(f"{CARD}\n"))
        app.post_message(events.Paste("two words\n"))
        await pilot.pause()
        assert app.typing.scans == [CARD]
        assert app.typing.value == "two words"


async def test_a_scan_s_text_is_not_in_its_repr() -> None:
    assert CARD not in repr(Scanned(CARD))
