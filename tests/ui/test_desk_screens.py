"""The desk's screens, driven as officials do: keys, scans, another desk, a printer that fails."""

from __future__ import annotations

import asyncio
import csv
import gc
import random
import sqlite3
import time
import weakref
from io import StringIO
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, OptionList

from desk_builder import Desks, copy_desks, make_desks
from desk_host import PATIENCE, SIZE, DeskHost, desk_host
from kiosk_host import RecordingPrinter, RecordingSpeaker
from pbvote.core.ballot import short_tracker
from pbvote.core.encoding import decode
from pbvote.core.errors import StorageError
from pbvote.core.group import system_random
from pbvote.core.receipt import receipt_text
from pbvote.keyfile import Cost
from pbvote.registry import IssuedCard
from pbvote.registry.exchange import FolderPlace, sync
from pbvote.registry.opened import OpenRegistry
from pbvote.registry.reconciliation import DeskPage
from pbvote.voting import voter_of_card
from pbvote_kiosk.desk.asked import Confirm
from pbvote_kiosk.desk.card_screen import SECONDS, CardScreen
from pbvote_kiosk.desk.pages import DeskMenu, Page
from pbvote_kiosk.desk.person_screen import PersonScreen
from pbvote_kiosk.desk.search_screen import SearchScreen
from pbvote_kiosk.desk.walk_in_screen import WalkInScreen
from pbvote_kiosk.language import LANGUAGES
from pbvote_kiosk.look.base import SIZES
from pbvote_kiosk.look.dialogs import Notice, Question
from pbvote_kiosk.officials.keepers import Keepers
from pbvote_kiosk.ports import Code, Line, PrinterState
from screen_image import cells_of_app, codes_on

CHEAP = Cost(1, 8192)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    return make_desks(tmp_path_factory.mktemp("desks"), count=120)


@pytest.fixture
def desks(template: Desks, tmp_path: Path) -> Desks:
    return copy_desks(template, tmp_path)


async def open_person(host: DeskHost, pilot: Pilot[None], number: str, says: str) -> None:
    """Find somebody by a document's number; their page says something."""
    await host.search(pilot, number, "1 person ")
    await pilot.press("enter")
    await host.until(pilot, PersonScreen, says)


async def hand_out(host: DeskHost, pilot: Pilot[None], text: str, name: str) -> None:
    """Until the card is there."""
    await open_person(host, pilot, text, name)
    await pilot.press("enter")
    await host.until(pilot, CardScreen)


async def agree(host: DeskHost, pilot: Pilot[None], why: str = "") -> None:
    """Two roles, and the reason if one is asked."""
    await host.until(pilot, Confirm)
    if why:
        await host.type(pilot, why)
        await pilot.press("enter")
    await host.type(pilot, "mayor")
    await pilot.press("enter")
    await host.type(pilot, "clerk")
    await pilot.press("enter")


async def press(host: DeskHost, pilot: Pilot[None], button: str) -> None:
    """Focus a button as the arrows would, and Enter."""
    host.screen.query_one(f"#{button}", Button).focus()
    await pilot.pause()
    await pilot.press("enter")


def whole(host: DeskHost) -> None:
    """Every button's words can be read whole."""
    for button in host.screen.query(Button):
        assert str(button.label) in host.text, (button.id, host.text)


async def gone(pilot: Pilot[None], thing: weakref.ref[IssuedCard]) -> None:
    """Wait until nothing refers to it: a screen that was left is taken apart in turns."""
    for _ in range(PATIENCE):
        gc.collect()
        if thing() is None:
            return
        await pilot.pause(0.01)
    raise AssertionError("something still refers to it")


def is_painted(text: str) -> bool:
    """Whether a cache of the painters' functions or strips has it."""
    gc.collect()
    return any(
        isinstance(part, str) and text in part
        for holder in gc.get_objects()
        if type(holder).__module__ in ("functools", "rich.segment")
        for part in pieces(holder)
    )


def pieces(holder: object) -> list[object]:
    """Texts that it refers to, also in tuples and dicts of nothing but texts."""
    found: list[object] = []
    parts = gc.get_referents(holder)
    while parts:
        part = parts.pop()
        found.append(part)
        if isinstance(part, tuple | list):
            parts += part
    return found


# --- search ---------------------------------------------------------------------------------------


async def test_somebody_is_found_while_typing(desks: Desks) -> None:
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen, "0 people checked in")
            await host.search(pilot, "vandenbroek 02.11.1961", "1 person ")
            assert "Jean-Pierre van den Broeck · 02.11.1961" in host.text
            await pilot.press("enter")
            await host.until(pilot, PersonScreen, "✓ May vote")
            await pilot.press("escape")
            await host.search(pilot, "dupont", "Anna Dupont")
            assert host.screen.query_one(OptionList).option_count == 24
            await host.search(pilot, "gare", "Many are found")
            await host.search(pilot, "xyzzy", "Nobody is found")
            await pilot.press("escape")
            assert host.screen.query_one(OptionList).option_count == 0


async def test_another_language_while_typing_loses_nothing(desks: Desks) -> None:
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await host.search(pilot, "592-000000", "10 people")
            await pilot.press("f2", "f2", "f2", "f2")
            await host.until(pilot, SearchScreen, "10 people")
            await pilot.press("2", "minus", "1", "1")
            await host.until(pilot, SearchScreen, "1 person ")
            assert "Anna Dupont · 03.11.1962" in host.text


async def test_who_may_not_vote_says_so(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.desk.change("2", "moved", ("a", "b"))
        async with host.app.run_test(size=SIZE) as pilot:
            await host.search(pilot, "592-0000002-11", "✗ Anna Dupont")
            await pilot.press("enter")
            await host.until(pilot, PersonScreen, "✗ May not vote: moved away")
            assert [b.id for b in host.screen.query(Button)] == ["back"]


# --- a card ---------------------------------------------------------------------------------------


async def test_a_card_is_shown_once_and_is_nowhere_afterwards(desks: Desks) -> None:
    made: list[weakref.ref[IssuedCard]] = []
    with desk_host(desks) as host:
        original = host.work.hand_out

        def watched(person: str) -> IssuedCard:
            card = original(person)
            made.append(weakref.ref(card))
            return card

        host.work.hand_out = watched  # type: ignore[method-assign]  # to see the card's end
        async with host.app.run_test(size=SIZE) as pilot:
            await hand_out(host, pilot, "592-0000002-11", "Anna Dupont")
            await host.until(pilot, CardScreen, "Let the person photograph")
            (text,) = codes_on(cells_of_app(host.app))
            card = made[0]()
            assert card is not None and text == card.text
            assert all(group in host.text for group in card.typed.split())
            assert voter_of_card(host.work.election, text).certificate == card.certificate
            secret, groups = card.text, card.typed.split()
            assert is_painted(groups[0])
            del card, text
            await pilot.press("enter")
            await host.until(pilot, Question, "Has Anna Dupont signed the list?")
            await gone(pilot, made[0])
            await pilot.press("enter")
            await host.until(pilot, SearchScreen, "1 person checked in")
            for told in (secret, *groups):
                assert not is_painted(told)
            gc.collect()
            holders = [o for o in gc.get_objects() if isinstance(o, dict)]
            held = [o for o in holders if secret in (v for v in o.values() if type(v) is str)]
            assert [o for o in held if o is not locals()] == []
        (line,) = host.desk.roll.attendance.all()
        assert line.signed and line.person == "2"
    for path in desks.folders["mairie"].rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()


async def test_a_card_disappears_after_a_minute(desks: Desks) -> None:
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await hand_out(host, pilot, "592-0000002-11", "Anna Dupont")
            await host.until(pilot, CardScreen, "It closes in 60 seconds")
            screen = host.screen
            assert isinstance(screen, CardScreen)
            host.clock.forward(SECONDS - 1)
            screen._tick()
            await host.until(pilot, CardScreen, "It closes in 1 second")
            host.clock.forward(1)
            screen._tick()
            await host.until(pilot, Question)
            assert screen._card is None
            await pilot.press("right", "enter")
            await host.until(pilot, SearchScreen)
        assert not host.desk.roll.attendance.all()[0].signed


async def test_a_card_is_printed(desks: Desks) -> None:
    printer = RecordingPrinter()
    with desk_host(desks, printer=printer) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await hand_out(host, pilot, "592-0000002-11", "Anna Dupont")
            await host.until(pilot, CardScreen, "The card was printed")
            assert codes_on(cells_of_app(host.app)) == []
            (slip,) = printer.slips
            (code,) = (part for part in slip if isinstance(part, Code))
            voter = voter_of_card(host.work.election, code.text)
            assert voter.certificate.pseudonym == host.desk.roll.get("2").pseudonym
            text = " ".join(part.text for part in slip if isinstance(part, Line))
            assert "For another kiosk, get a new card at the desk" in text
            assert "Anna" not in text and "Dupont" not in text
            await pilot.press("enter")
            await host.until(pilot, Question)


@pytest.mark.parametrize("state", [PrinterState.NO_PAPER, PrinterState.NOT_THERE])
async def test_a_printer_that_can_not_print_stops_nothing(
    desks: Desks, state: PrinterState
) -> None:
    with desk_host(desks, printer=RecordingPrinter(stands=state)) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await hand_out(host, pilot, "592-0000002-11", "Anna Dupont")
            says = "has no paper" if state is PrinterState.NO_PAPER else "isn't there"
            await host.until(pilot, CardScreen, says)
            assert len(codes_on(cells_of_app(host.app))) == 1


async def test_a_place_that_is_gone_is_said_and_nobody_is_checked_in(desks: Desks) -> None:
    desks.copy.rmdir()
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "Anna Dupont")
            await pilot.press("enter")
            await host.until(pilot, Notice, "That didn't work")
            assert "isn't there" in host.text
            await pilot.press("enter")
            await host.until(pilot, SearchScreen, "0 people checked in")
        assert host.desk.status().size == 0


async def test_a_ballot_that_counts_already_is_asked_about(tmp_path: Path) -> None:
    desks = make_desks(tmp_path, supersede="first")
    with desk_host(desks) as host:
        (letter,) = host.desk.issue(["2"], "online")
        desks.vote(letter, "online")
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "and it counts")
            await pilot.press("enter")
            await host.until(pilot, Question, "Hand out a card all the same?")
            await pilot.press("enter")
            await host.until(pilot, SearchScreen)
            assert host.desk.roll.attendance.all() == []


# --- undo, another card, walk-in ------------------------------------------------------------------


async def test_a_check_in_is_undone(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "has a card already")
            assert host.app.focused is not None and host.app.focused.id == "back"
            await press(host, pilot, "undo")
            await agree(host, pilot, "wrong person")
            await host.until(pilot, SearchScreen, "0 people checked in")
        (line,) = host.desk.roll.attendance.all()
        assert line.struck.endswith("undone by mayor, clerk: wrong person")


async def test_officials_are_two_and_have_a_reason(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "has a card already")
            await press(host, pilot, "undo")
            await host.until(pilot, Confirm)
            await press(host, pilot, "agree")
            await host.until(pilot, Confirm, "Please give the reason.")
            await host.type(pilot, "wrong person")
            await pilot.press("f2", "f2", "f2", "f2")
            await host.until(pilot, Confirm, "wrong person")
            await pilot.press("enter")
            await host.type(pilot, "Mayor")
            await pilot.press("enter")
            await host.type(pilot, " mayor ")
            await pilot.press("enter")
            await host.until(pilot, Confirm, "It takes two different roles.")
            await pilot.press("escape")
            await host.until(pilot, SearchScreen, "1 person checked in")


async def test_another_card(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "has a card already")
            await press(host, pilot, "replace")
            await host.until(pilot, Question, "Why does this person")
            await press(host, pilot, "lost")
            await agree(host, pilot)
            await host.until(pilot, CardScreen, "photograph")
            await pilot.press("enter")
            await host.until(pilot, Question, "signed the list")
            await pilot.press("enter")
            await host.until(pilot, SearchScreen, "1 person checked in")
        assert [c.active for c in host.desk.known("2").cards] == [False, True]


async def test_a_walk_in(desks: Desks) -> None:
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await host.menu(pilot, "walk-in")
            await host.until(pilot, WalkInScreen)
            for text in ("Sol Ana", "31/02/1990", "Rue Neuve 1", "592-X", "W1", "sud"):
                await host.type(pilot, text)
                await pilot.press("enter")
            await pilot.press("enter")
            await host.until(pilot, WalkInScreen, "isn't a date")
            host.screen.query_one("#birth_date").focus()
            await pilot.pause()
            await host.type(pilot, "1/2/1990")
            await press(host, pilot, "go-on")
            await agree(host, pilot, "moved in last week")
            await host.until(pilot, CardScreen, "photograph")
            await pilot.press("enter")
            await host.until(pilot, Question)
            await pilot.press("enter")
            await host.search(pilot, "sol", "✓ Sol Ana")
        assert host.desk.known("W1").listed.person.birth_date == "1990-02-01"


async def test_officials_show_cards_and_pins_where_there_are_some(desks: Desks) -> None:
    with desk_host(desks) as host:
        own = desks.folders["mairie"] / "kiosk" / "kiosk-1"
        own.mkdir(parents=True)
        keepers = Keepers(own, monotonic=time.monotonic)
        cards = {
            role: keepers.add(role, pin, system_random, cost=CHEAP)
            for role, pin in (("mayor", "481516"), ("clerk", "234297"))
        }
        host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "has a card already")
            await press(host, pilot, "undo")
            await host.until(pilot, Confirm, "Please scan the card of an official.")
            await host.type(pilot, "wrong person")
            host.scan(cards["mayor"])
            await host.until(pilot, Confirm, "mayor: please type your PIN")
            await host.type(pilot, "111111")
            await pilot.press("enter")
            await host.until(pilot, Confirm, "Wrong PIN")
            await host.type(pilot, "481516")
            await pilot.press("enter")
            await host.until(pilot, Confirm, "mayor is here")
            host.scan(cards["mayor"])
            await host.until(pilot, Confirm, "the same official again")
            host.scan(cards["clerk"])
            await host.until(pilot, Confirm, "clerk: please type your PIN")
            await host.type(pilot, "234297")
            await pilot.press("enter")
            await host.until(pilot, Confirm, "mayor and clerk are here.")
            await pilot.press("enter")
            await host.until(pilot, SearchScreen, "0 people checked in")


# --- scans ----------------------------------------------------------------------------------------


async def test_a_scanned_card_says_nothing_of_its_holder(desks: Desks) -> None:
    with desk_host(desks) as host:
        card = host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen)
            host.scan(card.text)
            await host.until(pilot, Question, "This card is valid")
            assert "Dupont" not in host.text
            await press(host, pilot, "take")
            await agree(host, pilot)
            await host.until(pilot, SearchScreen)
            host.scan(card.text)
            await host.until(pilot, Question, "This card is revoked")
            assert [b.id for b in host.screen.query(Button)] == ["back"]
            await pilot.press("enter")
            await host.until(pilot, SearchScreen)
            host.scan("PBVOTE1/C/AAAA")
            await host.until(pilot, Notice, "read only in part")
            await pilot.press("enter")
            await host.until(pilot, SearchScreen)
            host.scan("3 014 645 210 231")
            await host.until(pilot, Notice, "neither a voting card nor a receipt")


async def test_a_receipt_is_looked_up(desks: Desks) -> None:
    with desk_host(desks) as host:
        card = host.work.hand_out("2")
        desks.vote(card)
        with desks.box() as box:
            (receipt,) = box.standing(card.certificate.key)
        text = receipt_text(receipt, host.work.election.box_position("kiosk-1"))
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen)
            host.scan(text)
            await host.until(pilot, Notice, "is in the box kiosk-1")
            await pilot.press("enter")
            await host.search(pilot, short_tracker(receipt.receipt.tracker).upper(), "Nobody")
            await pilot.press("enter")
            await host.until(pilot, Notice, "is in the box kiosk-1")
            await pilot.press("enter")
            await host.search(pilot, "0123-4567-89ab", "Nobody")
            await pilot.press("enter")
            await host.until(pilot, Notice, "isn't in the logs on hand")
            await pilot.press("enter")
            await host.until(pilot, SearchScreen)
            host.scan(text[:-1] + ("A" if text[-1] != "A" else "B"))
            await host.until(pilot, Notice)
            assert "isn't a true receipt" in host.text or "only in part" in host.text


# --- other desks, lists, the end ------------------------------------------------------------------


async def test_a_double_shows_at_once_on_the_next_sync(desks: Desks, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with desks.open("desk-1") as other:
        other.hand_out("2", copy=desks.copier())
        sync(other, desks.folders["desk-1"], FolderPlace(stick))
    stick.rename(tmp_path / "away")
    with desk_host(desks, places=[FolderPlace(stick)]) as host:
        host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen, "! not reachable")
            (tmp_path / "away").rename(stick)
            host.app.run_worker(host.app.sync_quietly())
            await host.until(pilot, Page, "! Anna Dupont (2): card 1 from desk desk-1")
            assert "undoes its check-in" in host.text
            await pilot.press("escape")
            await host.until(pilot, SearchScreen, "! 1 handed out twice")
            assert "synced just now" in host.text
            await open_person(host, pilot, "592-0000002-11", "Desk desk-1 has given out a card")


async def test_sync_says_what_is_wrong(desks: Desks, tmp_path: Path) -> None:
    with desk_host(desks, places=[FolderPlace(tmp_path / "gone")]) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await host.menu(pilot, "sync")
            await host.until(pilot, Page, "the place isn't there")


class Hanging:
    """A place that answers when a test says so."""

    name = "http://10.0.0.9:8080"

    def __init__(self) -> None:
        self.answers = Event()
        self.asked = 0

    def begin(self) -> None:
        pass

    def read(self, path: str, most: int) -> bytes | None:
        self.asked += 1
        self.answers.wait(30)
        raise StorageError("no answer", where=self.name)

    def write(self, registry: OpenRegistry) -> bool:
        return False


async def test_a_place_that_hangs_keeps_nobody_waiting(desks: Desks) -> None:
    place = Hanging()
    with desk_host(desks, places=[place]) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            for _ in range(40):
                host.app.run_worker(host.app.sync_quietly())
            await hand_out(host, pilot, "592-0000003-11", "Bert Schmidt")
            assert host.work.is_syncing and place.asked == 1
            place.answers.set()


async def test_a_roll_that_can_not_be_written_is_told_and_the_desk_goes_on(desks: Desks) -> None:
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await hand_out(host, pilot, "592-0000003-11", "Bert Schmidt")
            other = sqlite3.connect(host.desk.roll.path, timeout=0)
            other.execute("BEGIN IMMEDIATE")
            host.desk.roll._connection.execute("PRAGMA busy_timeout = 0")
            await pilot.press("enter")
            await host.until(pilot, Question, "signed the list?")
            await pilot.press("enter")
            await host.until(pilot, Notice, "can't be read or written")
            other.close()


async def test_a_slow_stick_keeps_the_screen_alive(desks: Desks) -> None:
    """What was read last is shown while a card is handed out and its checkpoint written."""
    begun, goes_on = Event(), Event()
    with desk_host(desks) as host:
        written = host.work._copy

        def slow(note: bytes) -> None:
            begun.set()
            goes_on.wait(30)
            written(note)

        host.work._copy = slow
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen, "0 people checked in")
            host.app.run_worker(lambda: host.work.hand_out("2"), thread=True)
            assert await asyncio.to_thread(begun.wait, 10)
            host.app._look_anew()
            for _ in LANGUAGES:
                await pilot.press("f2")
            await host.until(pilot, SearchScreen, "0 people checked in")
            await pilot.press("f9")
            await host.until(pilot, DeskMenu, "Handed out twice: 0")
            await pilot.press("escape")
            goes_on.set()
            await host.until(pilot, SearchScreen, "1 person checked in")


async def test_a_roll_that_can_not_be_read_is_said_in_the_status_line(desks: Desks) -> None:
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen, "0 people checked in")
            host.desk.roll._connection.execute("ALTER TABLE attendance RENAME TO away")
            host.app._look_anew()
            await host.until(pilot, SearchScreen, "! the roll can't be read or written")
            host.desk.roll._connection.execute("ALTER TABLE away RENAME TO attendance")
            host.app._look_anew()
            await host.until(pilot, SearchScreen, "0 people checked in")


async def test_lists_are_saved_privately(desks: Desks) -> None:
    with desk_host(desks, helpers=True) as host:
        host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            for entry in ("list", "present", "csv"):
                await host.menu(pilot, entry)
                await host.until(pilot, Notice, "destroyed with the roll")
                await pilot.press("enter")
            await host.menu(pilot, "helped")
            await host.until(pilot, Notice, "1 person was helped so far")
            await pilot.press("enter")
            await host.menu(pilot, "invite")
            await host.until(pilot, DeskMenu, "Which box is lost?")
            await pilot.press("escape")
            await host.menu(pilot, "invite")
            await host.until(pilot, DeskMenu, "Which box is lost?")
            await pilot.press("enter")
            await agree(host, pilot)
            await host.until(pilot, Page, "Anna Dupont")
            await press(host, pilot, "save")
            await host.until(pilot, Notice)
        files = {path.suffix: path for path in (host.desk.folder / "lists").iterdir()}
        assert len(list((host.desk.folder / "lists").iterdir())) == 4
        assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
        assert files[".pdf"].read_bytes().startswith(b"%PDF")
        came = next((host.desk.folder / "lists").glob("*checked-in.csv"))
        (row,) = csv.DictReader(StringIO(came.read_text("utf-8-sig")))
        assert (row["id"], row["name"], row["signed"]) == ("2", "Anna Dupont", "no")


async def test_the_registry_is_closed_by_two_officials_asked_twice(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await host.menu(pilot, "close")
            await host.until(pilot, Question)
            await pilot.press("right", "enter")
            await agree(host, pilot)
            await host.until(pilot, Question, "mayor and clerk close it now")
            await pilot.press("enter")
            await host.until(pilot, SearchScreen)
            assert host.desk.closed is None
            await host.menu(pilot, "close")
            await host.until(pilot, Question)
            await pilot.press("right", "enter")
            await agree(host, pilot)
            await host.until(pilot, Question, "Really?")
            await pilot.press("right", "enter")
            await host.until(pilot, Page, "Reconciliation")
            assert host.desk.closed is not None
            assert "Cards handed out by all desks on hand: 1" in host.text
            await press(host, pilot, "save")
            await host.until(pilot, Notice)
            await pilot.press("enter")
            await host.until(pilot, SearchScreen, "the registry is closed")
            await open_person(host, pilot, "592-0000003-11", "Bert Schmidt")
            await pilot.press("enter")
            await host.until(pilot, Notice, "closed at")
        (saved,) = (host.desk.folder / "lists").glob("*-reconciliation.json")
        page = decode(saved.read_bytes(), DeskPage)  # what the minutes read
        assert (page.desk, page.numbers.handed_out) == (host.desk.name, 1)
        assert saved.with_suffix(".pdf").exists()


async def test_leaving_asks_first(desks: Desks) -> None:
    for key in ("f10", "ctrl+q"):
        with desk_host(desks) as host:
            async with host.app.run_test(size=SIZE) as pilot:
                await host.until(pilot, SearchScreen)
                await pilot.press(key)
                await host.until(pilot, Question, "Leave the desk?")
                await pilot.press("enter")
                await host.until(pilot, SearchScreen)
                await pilot.press(key)
                await host.until(pilot, Question)
                await pilot.press("right", "enter")
                await pilot.pause()
            assert host.app.return_code == 0


# --- everybody ------------------------------------------------------------------------------------


async def test_every_screen_in_every_language_and_size(desks: Desks) -> None:
    with desk_host(desks) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await host.search(pilot, "dupont", "Anna Dupont")
            for _ in LANGUAGES:
                await pilot.press("f2")
                for _ in range(SIZES):
                    await pilot.press("f3")
                    await host.until(pilot, SearchScreen, "Anna Dupont")
                    assert host.app.words("Menu") in host.text
            await host.search(pilot, "592-0000002-11", "Anna Dupont")
            await pilot.press("enter")
            await host.until(pilot, PersonScreen)
            for _ in LANGUAGES:
                await pilot.press("f2")
                await host.until(pilot, PersonScreen, host.app.words("Hand out a card"))
                assert host.app.words("A ballot cast today will count.") in host.text
                whole(host)
            await pilot.press("f4", "enter")
            await host.until(pilot, CardScreen, "photograph")
            for _ in LANGUAGES:
                await pilot.press("f2")
                await host.until(pilot, CardScreen, host.app.words("The person has it"))
                assert len(codes_on(cells_of_app(host.app))) == 1


async def test_every_button_can_be_read_in_every_language(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.work.hand_out("2")
        host.work.signed(host.desk.roll.attendance.all()[0], True)
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "has a card already")
            for _ in LANGUAGES:
                await pilot.press("f2")
                await host.until(pilot, PersonScreen, host.app.words("Another card"))
                whole(host)
            await press(host, pilot, "replace")
            await host.until(pilot, Question)
            for _ in LANGUAGES:
                await pilot.press("f2")
                await host.until(pilot, Question, host.app.words("Stolen"))
                whole(host)
            await press(host, pilot, "lost")
            await host.until(pilot, Confirm)
            for _ in LANGUAGES:
                await pilot.press("f2")
                await host.until(pilot, Confirm, host.app.words("We agree"))
                whole(host)


async def test_what_is_read_aloud(desks: Desks) -> None:
    speaker = RecordingSpeaker()
    with desk_host(desks, speaker=speaker) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await open_person(host, pilot, "592-0000002-11", "Anna Dupont")
            said = " ".join(text for _, text in speaker.said)
            assert "Desk mairie" in said and "✓ May vote" in said
            assert "A ballot cast today will count." in said


async def test_a_rehearsal_says_test_everywhere(tmp_path: Path) -> None:
    desks = make_desks(tmp_path, slug="test-demo")
    printer = RecordingPrinter()
    with desk_host(desks, printer=printer) as host:
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen, "TEST")
            await hand_out(host, pilot, "592-0000002-11", "TEST")
            await host.until(pilot, CardScreen, "TEST")
        assert [part for part in printer.slips[0] if part == Line("TEST", 2, True, True)] != []


async def test_random_keys_and_scans_hand_out_nothing_by_themselves(desks: Desks) -> None:
    rng = random.Random(3)
    keys = [*"abdens 1", "up", "left", "right", "tab", "backspace", "f1", "f2", "f3", "f4", "f9"]
    with desk_host(desks) as host:
        card = host.work.hand_out("2")
        async with host.app.run_test(size=SIZE) as pilot:
            await host.until(pilot, SearchScreen)
            for _ in range(60):
                if rng.random() < 0.1:
                    host.scan(rng.choice([card.text, "PBVOTE1/R/AAAA", "x" * 300, ""]))
                else:
                    await pilot.press(rng.choice([*keys, "escape", "enter"]))
        assert host.app.return_code in (0, None)
        assert all(line.person == "2" or line.stands for line in host.desk.roll.attendance.all())
