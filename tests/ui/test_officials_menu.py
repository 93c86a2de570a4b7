"""The officials' menu at the kiosk, driven as officials do: card, PIN, keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from box_builder import START, Clock
from kiosk_folder import BOX, PIN, KioskFolder, make_kiosk
from officials_builder import RecordingPrinter, Steady, poll_of, vote
from pbvote.box import Box, BoxStatus
from pbvote.core.errors import StorageError
from pbvote_kiosk.language import LANGUAGES, Words
from pbvote_kiosk.look.base import SIZES, PeopleScreen
from pbvote_kiosk.look.dialogs import Notice, Question
from pbvote_kiosk.officials.events import What
from pbvote_kiosk.officials.fingerprint import fingerprint
from pbvote_kiosk.officials.keepers import PREFIX, TRIES, Answer
from pbvote_kiosk.officials.machine_acts import RESTART, STOPPED, TEST_SCAN
from pbvote_kiosk.officials.menu import OfficialsMenu
from pbvote_kiosk.officials.pages import Menu, Page
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.officials.signin import SignIn
from pbvote_kiosk.ports import Code, Line, PrinterState, Speaker
from pbvote_kiosk.voter.app import KioskApp
from pbvote_kiosk.voter.welcome import Welcome

WRONG = "271828"
PATIENCE = 20.0
HEADINGS = {"status": "Status", "readiness": "Readiness report", "fingerprint": "Fingerprint"}


class RecordingSpeaker:
    """Keeps what it is to say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, language: str) -> None:
        self.said.append(text)

    def stop(self) -> None:
        """Nothing is said."""

    def set_rate(self, words: int) -> None:
        """Nothing is said."""


class Hand:
    """An official's hand: cards, keys, and what the eyes read."""

    def __init__(self, app: KioskApp, pilot: Pilot[None], kiosk: KioskFolder, poll: Poll) -> None:
        self.app, self.pilot, self.kiosk, self.poll = app, pilot, kiosk, poll

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await self.pilot.pause(0.005)
        await self.pilot.pause()

    async def until_shown(self, kind: type[PeopleScreen[str]] | type[PeopleScreen[None]]) -> None:
        await self.until(lambda: type(self.app.screen) is kind)

    async def scan(self, text: str) -> None:
        self.app.take_scan(text)
        await self.pilot.pause()

    async def pin(self, digits: str) -> None:
        await self.until(lambda: bool(self.app.screen.query("#pin")))
        await self.until(lambda: isinstance(self.app.focused, Input))
        await self.pilot.press(*digits, "enter")

    async def sign_in(self) -> None:
        """The first official, to the menu."""
        await self.scan(self.kiosk.officials[0])
        await self.until_shown(SignIn)
        await self.pin(PIN)
        await self.until_menu()

    async def second(self) -> None:
        """The second official, where one is asked for."""
        await self.until_shown(SignIn)
        await self.scan(self.kiosk.officials[1])
        await self.pin(PIN)

    async def until_menu(self) -> None:
        await self.until(
            lambda: isinstance(self.app.screen, OfficialsMenu) and bool(self.app.screen.query(Menu))
        )
        await self.until(lambda: isinstance(self.app.focused, Menu))

    async def choose(self, name: str) -> None:
        """An entry of the menu, with arrow keys."""
        await self.until_menu()
        menu = self.app.screen.query_one(Menu)
        wanted = menu.get_option_index(name)
        await self.pilot.press("home", *["down"] * wanted, "enter")
        await self.until(lambda: not isinstance(self.app.screen, OfficialsMenu))

    async def yes(self) -> None:
        """The answer that isn't marked at first."""
        await self.until_shown(Question)
        await self.pilot.press("right", "enter")

    async def page(self) -> str:
        """What the page says, once there is one."""
        await self.until_shown(Page)
        return self.text()

    async def back(self) -> None:
        await self.pilot.press("escape")
        await self.until_menu()

    def text(self) -> str:
        """All that the screen has, also what must be scrolled to."""
        widgets = self.app.screen.query("Static").results()
        return "\n".join(str(widget.render()) for widget in widgets)

    def names(self) -> list[str]:
        menu = self.app.screen.query_one(Menu)
        return [option.id or "" for option in menu.options]

    def events(self, what: What) -> int:
        return self.poll.events.count(what)


def state(poll: Poll) -> str:
    """Asked anew: mypy takes a property for settled."""
    return poll.state


@asynccontextmanager
async def kiosk_app(
    tmp_path: Path,
    *,
    clock: Clock | None = None,
    steady: Steady | None = None,
    printer: RecordingPrinter | None = None,
    settings: Settings | None = None,
    speaker: Speaker | None = None,
    opened: bool = True,
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[Hand]:
    kiosk = make_kiosk(tmp_path / "demo")
    now, monotonic = clock or Clock(), steady or Steady()
    with poll_of(kiosk, clock=now, steady=monotonic, settings=settings) as poll:
        if opened:
            poll.open(["president", "clerk"])
        app = KioskApp(
            poll,
            printer=printer or RecordingPrinter(),
            speaker=speaker,
            now=now,
            monotonic=monotonic,
        )
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Hand(app, pilot, kiosk, poll)


# --- signing in -----------------------------------------------------------------------------------


async def test_card_and_pin_open_the_menu_and_escape_leaves_it(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        assert "Signed in: president" in hand.text()
        assert hand.events("menu") == 1
        await hand.pilot.press("escape")
        await hand.until_shown(Welcome)


async def test_the_digits_of_a_pin_are_hidden(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.scan(hand.kiosk.officials[0])
        await hand.until(lambda: bool(hand.app.screen.query("#pin")))
        await hand.pilot.press(*"314")
        field = hand.app.screen.query_one("#pin", Input)
        assert field.value == "314"
        shown = "".join(strip.text for strip in hand.app.screen._compositor.render_strips())
        assert "314" not in shown and "•••" in shown
        await hand.pilot.press("x")
        assert field.value == "314", "only digits"


async def test_wrong_pins_are_counted_and_then_wait(tmp_path: Path) -> None:
    steady = Steady()
    async with kiosk_app(tmp_path, steady=steady) as hand:
        await hand.scan(hand.kiosk.officials[0])
        await hand.pin(WRONG)
        await hand.until(lambda: "4 more tries" in hand.text())
        for _ in range(4):
            before = hand.events("wrong-pin")
            await hand.pin(WRONG)
            await hand.until(lambda before=before: hand.events("wrong-pin") > before)  # type: ignore[misc]  # a default binds this turn's count
        await hand.until(lambda: "Wait 30 seconds" in hand.text())
        await hand.pin(PIN)
        await hand.until(lambda: hand.events("wrong-pin") == 6)
        assert isinstance(hand.app.screen, SignIn)
        steady.at += 31
        hand.app.last_input = steady.at
        await hand.until(lambda: "try again now" in hand.text())
        await hand.pin(PIN)
        await hand.until_menu()


async def test_a_disk_that_takes_no_try_is_told_and_the_kiosk_goes_on(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.scan(hand.kiosk.officials[0])
        await hand.until_shown(SignIn)
        (hand.poll.own / TRIES).mkdir()
        await hand.pin(PIN)
        await hand.until(lambda: "can't be read" in hand.text())
        (hand.poll.own / TRIES).rmdir()
        await hand.pin(PIN)
        await hand.until_menu()


async def test_a_wrong_pin_is_written_down_though_somebody_escapes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kiosk_app(tmp_path) as hand:
        check, looked = hand.poll.keepers.check, Event()

        def slow(card: str, pin: str) -> Answer:
            looked.wait(PATIENCE)
            return check(card, pin)

        monkeypatch.setattr(hand.poll.keepers, "check", slow)
        await hand.scan(hand.kiosk.officials[0])
        await hand.until_shown(SignIn)
        await hand.pin(WRONG)
        await hand.pilot.press("escape")
        looked.set()
        await hand.until(lambda: hand.events("wrong-pin") == 1)


async def test_an_unknown_officials_card_opens_nothing(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.scan(PREFIX + "A" * 26)
        await hand.until(lambda: "isn't of an official of this machine" in hand.text())
        assert not hand.app.screen.query("#pin")
        assert hand.events("unknown-card") == 1
        await hand.pilot.press("escape")
        await hand.until_shown(Welcome)


async def test_the_menu_forgets_the_card(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        menu = hand.app.screen
        assert isinstance(menu, OfficialsMenu)
        assert menu._card == ""


# --- leaving --------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ["", "status", "pause", "close"])
async def test_an_idle_menu_leaves_by_itself_from_wherever_it_is(
    tmp_path: Path, entry: str
) -> None:
    steady = Steady()
    async with kiosk_app(tmp_path, steady=steady) as hand:
        await hand.sign_in()
        if entry:
            await hand.choose(entry)
        if entry == "close":
            await hand.yes()
            await hand.until_shown(SignIn)
        steady.at += 59
        await hand.pilot.pause(1.1)
        assert not isinstance(hand.app.screen, Welcome)
        steady.at += 2
        await hand.until_shown(Welcome)
        assert state(hand.poll) == "open"
        await hand.sign_in()


# --- the poll -------------------------------------------------------------------------------------


async def test_the_poll_is_opened_by_two_with_a_zero_report(tmp_path: Path) -> None:
    printer = RecordingPrinter()
    async with kiosk_app(tmp_path, opened=False, printer=printer) as hand:
        await hand.sign_in()
        assert "open" in hand.names() and "close" not in hand.names()
        await hand.choose("open")
        await hand.yes()
        await hand.until_shown(SignIn)
        assert state(hand.poll) == "new"
        await hand.scan(hand.kiosk.officials[0])
        await hand.until(lambda: "two are needed" in hand.text())
        await hand.second()
        page = await hand.page()
        assert "✓ Printed" in page and "Ballots in the box: 0" in page
        assert "nobody has voted" in page
        assert Line("Zero report: the poll is opened", size=2, bold=True) in printer.printed[0]
        assert any(isinstance(part, Code) for part in printer.printed[0])
        reports = hand.poll.own / "reports"
        assert len(list(reports.glob("*-opened.pdf"))) == len(list(reports.glob("*.txt"))) == 1
        await hand.back()
        assert "pause" in hand.names() and "open" not in hand.names()
        await hand.pilot.press("escape")
        await hand.until_shown(Welcome)
        assert "Please scan your voting card" in hand.text()


async def test_without_the_second_official_nothing_is_opened(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path, opened=False) as hand:
        await hand.sign_in()
        await hand.choose("open")
        await hand.pilot.press("enter")  # "Back" is marked
        await hand.until_menu()
        await hand.choose("open")
        await hand.yes()
        await hand.until_shown(SignIn)
        await hand.back()
        assert state(hand.poll) == "new"


async def test_a_printer_without_paper_stops_nothing(tmp_path: Path) -> None:
    printer = RecordingPrinter(PrinterState.NO_PAPER)
    async with kiosk_app(tmp_path, opened=False, printer=printer) as hand:
        await hand.sign_in()
        await hand.choose("open")
        await hand.yes()
        await hand.second()
        assert "Not printed. Printer: no paper" in await hand.page()
        assert state(hand.poll) == "open"
        await hand.pilot.press("enter")  # print again
        await hand.until_shown(Notice)
        assert "no paper" in hand.text()
        await hand.pilot.press("enter")
        await hand.until_menu()
        printer.how = PrinterState.READY
        await hand.choose("report")
        await hand.until_shown(Page)
        await hand.pilot.press("enter")
        await hand.until_shown(Notice)
        assert "✓ Printed" in hand.text()
        assert len(printer.printed) == 1


async def test_pause_compare_and_go_on(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        vote(hand.poll, hand.kiosk.card(1))
        await hand.sign_in()
        await hand.choose("pause")
        await hand.yes()
        page = await hand.page()
        assert "Overnight report" in hand.app.screen.query_one("#heading").render().__str__()
        assert "Ballots in the box: 1" in page
        assert state(hand.poll) == "paused"
        await hand.back()
        await hand.choose("compare")
        assert "✓ Ballots in the box: 1 → 1" in await hand.page()
        await hand.back()
        await hand.choose("resume")
        assert "The box is as it was" in await hand.page()
        await hand.pilot.press("enter")
        await hand.until_menu()
        assert state(hand.poll) == "open" and "pause" in hand.names()
        assert [hand.events("paused"), hand.events("compared"), hand.events("resumed")] == [1, 1, 1]


async def test_what_changed_over_night_is_named_loudly(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        hand.poll.pause(["clerk"])
        vote(hand.poll, hand.kiosk.card(1))  # past the kiosk, which takes none in a pause
        await hand.sign_in()
        await hand.choose("resume")
        page = await hand.page()
        assert "✗ Ballots in the box: 0 → 1" in page
        assert "The box was changed during the pause" in page
        assert hand.app.screen.has_class("-loud")
        await hand.back()
        assert state(hand.poll) == "paused"


async def test_closing_is_asked_twice_and_by_two(tmp_path: Path) -> None:
    printer = RecordingPrinter()
    async with kiosk_app(tmp_path, printer=printer) as hand:
        vote(hand.poll, hand.kiosk.card(1))
        await hand.sign_in()
        await hand.choose("close")
        await hand.until_shown(Question)
        assert "1 ballot is in the box" in hand.text()
        assert "the hours end at" in hand.text(), "it is early"
        await hand.yes()
        await hand.second()
        await hand.until_shown(Question)
        assert "queue" in hand.text()
        await hand.pilot.press("enter")  # "Back" is marked
        await hand.until_menu()
        assert state(hand.poll) == "open"
        await hand.choose("close")
        await hand.yes()
        await hand.second()
        await hand.until(lambda: "queue" in hand.text())
        await hand.yes()
        page = await hand.page()
        assert "Ballots in the box: 1" in page and "president, clerk" in page
        assert state(hand.poll) == "closed"
        assert Code(hand.poll.box.checkpoint.decode()) in printer.printed[0]


async def test_after_the_hours_the_queue_is_remembered(tmp_path: Path) -> None:
    clock = Clock(START + 8 * 3600)
    async with kiosk_app(tmp_path, clock=clock) as hand:
        await hand.sign_in()
        assert "Whoever is in the queue still votes" in hand.text()
        await hand.choose("close")
        await hand.until_shown(Question)
        assert "The hours are over" in hand.text()


async def test_the_log_goes_to_a_stick_and_is_read_back(tmp_path: Path) -> None:
    sticks = tmp_path / "media"
    settings = Settings(sticks=str(sticks))
    async with kiosk_app(tmp_path, settings=settings) as hand:
        hand.poll.close(["president", "clerk"])
        await hand.sign_in()
        await hand.choose("export")
        await hand.until_shown(Notice)
        assert "Put in a stick" in hand.text()
        await hand.pilot.press("enter")
        (sticks / "[red]").mkdir(parents=True)
        hand.poll.is_stick = (sticks / "[red]").__eq__
        await hand.choose("export")
        await hand.page()
        label = hand.app.screen.query_one("#stick-0", Button).label
        assert str(label) == str(sticks / "[red]"), "a stick's name is no markup"
        await hand.pilot.press("enter")
        await hand.until(lambda: "2 entries were read back" in hand.text())
        assert (sticks / "[red]" / "box" / BOX / "checkpoint").is_file()
        assert hand.events("exported") == 1


async def test_a_bad_stick_is_told_not_hidden(tmp_path: Path) -> None:
    sticks = tmp_path / "media"
    (sticks / "STICK" / "box").mkdir(parents=True)
    (sticks / "STICK" / "box" / BOX).write_bytes(b"a file in the way")
    async with kiosk_app(tmp_path, settings=Settings(sticks=str(sticks))) as hand:
        hand.poll.close(["president", "clerk"])
        hand.poll.is_stick = (sticks / "STICK").__eq__
        await hand.sign_in()
        await hand.choose("export")
        await hand.page()
        await hand.pilot.press("enter")
        await hand.until_shown(Notice)
        assert "can't be written" in hand.text()
        await hand.pilot.press("enter")
        await hand.until_menu()
        assert hand.events("exported") == 0


async def test_two_quick_keys_do_one_act(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        menu = hand.app.screen.query_one(Menu)
        menu.highlighted = menu.get_option_index("status")
        menu.action_select()
        menu.action_select()
        await hand.page()
        await hand.pilot.pause(0.1)
        assert [type(screen) for screen in hand.app.screen_stack].count(Page) == 1
        await hand.back()


async def test_a_box_that_cannot_be_read_lets_officials_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Box) -> BoxStatus:
        raise StorageError("the disk didn't answer", hint="Look at the disk")

    async with kiosk_app(tmp_path) as hand:
        monkeypatch.setattr(Box, "status", fail)
        await hand.sign_in()
        assert "the disk didn't answer" in hand.text()


async def test_helpers_are_counted_where_the_town_allows_them(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path, settings=Settings(helpers=True)) as hand:
        await hand.sign_in()
        for count in ("1 voter came", "2 voters came"):
            await hand.choose("helped")
            await hand.until_shown(Notice)
            assert count in hand.text()
            await hand.pilot.press("enter")
            await hand.until_menu()
    async with kiosk_app(tmp_path / "other") as hand:
        await hand.sign_in()
        assert "helped" not in hand.names()


# --- the machine ----------------------------------------------------------------------------------


async def test_paper_is_asked_for_anew_and_a_test_printed(tmp_path: Path) -> None:
    printer = RecordingPrinter(PrinterState.NO_PAPER)
    async with kiosk_app(tmp_path, printer=printer) as hand:
        await hand.sign_in()
        await hand.choose("paper")
        assert "Printer: no paper" in await hand.page()
        printer.how = PrinterState.READY
        await hand.pilot.press("enter")  # ask again
        await hand.until(lambda: "Printer: ready" in hand.text())
        await hand.pilot.press("right", "enter")  # print a test
        await hand.until(lambda: len(printer.printed) == 1)
        assert Line("Test print", size=2, bold=True, centred=True) in printer.printed[0]
        await hand.until_shown(Page)
        await hand.back()
        assert (hand.events("paper"), hand.events("test-print")) == (2, 1)


async def test_the_scanner_is_tested_and_shows_nothing_of_a_card(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        await hand.choose("scan")
        await hand.page()
        card = hand.kiosk.card(1)
        for text, said in (
            (TEST_SCAN, "Read without a fault"),
            (card, f"A code of pbvote with {len(card)} characters"),
            ("5410000000000", "not a code of pbvote"),
        ):
            await hand.scan(text)
            await hand.until(lambda said=said: said in hand.text())  # type: ignore[misc]  # a default binds this turn's text
            assert card not in hand.text()
        await hand.back()
        assert hand.events("test-scan") == 3


async def test_fingerprints_are_compared_by_scanning(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        await hand.choose("fingerprint")
        page = await hand.page()
        ours = fingerprint(hand.poll.election)
        assert ours.files[:8] in page and ours.election[:8] in page
        await hand.scan(ours.code)
        await hand.until(lambda: "The same as on the other machine" in hand.text())
        await hand.scan(ours.code.replace(ours.code.split("/")[3], "B" * 32))
        await hand.until(lambda: "Not the same: Installed files" in hand.text())


async def test_readiness_is_shown_kept_and_printed(tmp_path: Path) -> None:
    printer = RecordingPrinter()
    async with kiosk_app(tmp_path, printer=printer) as hand:
        await hand.sign_in()
        await hand.choose("readiness")
        page = await hand.page()
        assert "✗ Second copy" in page and "✓ Printer: ready" in page
        assert len(list((hand.poll.own / "reports").glob("*-readiness.pdf"))) == 1
        await hand.pilot.press("enter")
        await hand.until_shown(Notice)
        assert len(printer.printed) == 1


async def test_events_are_shown_the_latest_first(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        await hand.choose("events")
        page = await hand.page()
        assert page.index("Officials' menu opened") < page.index("Poll opened")


@pytest.mark.parametrize(("entry", "code"), [("restart", RESTART), ("stop", STOPPED)])
async def test_only_this_ends_the_program(tmp_path: Path, entry: str, code: int) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        await hand.choose(entry)
        await hand.pilot.press("right", "enter")
        async with asyncio.timeout(PATIENCE):
            while hand.app.return_code is None or not hand.app._exit:
                await asyncio.sleep(0.01)
        assert hand.app.return_code == code
        assert hand.poll.events.last(1)[0].what == "stopped"


async def test_the_menu_is_read_aloud_and_no_pin_is(tmp_path: Path) -> None:
    speaker = RecordingSpeaker()
    settings = Settings(speech=True)
    async with kiosk_app(tmp_path, settings=settings, speaker=speaker) as hand:
        await hand.sign_in()
        await hand.until(lambda: any("Signed in: president" in text for text in speaker.said))
        await hand.pilot.press("down")
        await hand.until(lambda: speaker.said[-1] == "Close the poll for good")
        assert any("please type your PIN" in text for text in speaker.said)
        assert not any(PIN in text for text in speaker.said)


# --- languages, sizes -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_are_there_in_every_language(tmp_path: Path, language: str) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        await hand.app.set_language(language)
        for entry in ("status", "readiness", "fingerprint"):
            await hand.choose(entry)
            await hand.page()
            heading = str(hand.app.screen.query_one("#heading").render())
            assert Words(language)(HEADINGS[entry]) == heading
            await hand.back()


async def test_a_report_is_whole_in_every_size(tmp_path: Path) -> None:
    async with kiosk_app(tmp_path) as hand:
        await hand.sign_in()
        await hand.choose("report")
        page = await hand.page()
        for _ in range(SIZES):
            await hand.pilot.press("f3")
            await hand.pilot.pause()
            assert hand.text().splitlines()[2:] == page.splitlines()[2:]
            buttons = hand.app.screen.query("Page Button")
            assert all(button.region.bottom <= 24 for button in buttons), "always in sight"
