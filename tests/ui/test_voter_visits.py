"""A voter's way through the kiosk, from the card to the receipt and everywhere beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from election_builder import make_contest
from kiosk_host import Host, RecordingPrinter, make_host
from pbvote.core.ballot import short_tracker
from pbvote.core.card import Revocation
from pbvote.core.encoding import encode
from pbvote.core.errors import BallotRefused, StorageError
from pbvote.core.manifest import Contest
from pbvote.core.receipt import SignedReceipt, receipt_text
from pbvote.core.selection import Points
from pbvote.voting import voter_of_card
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.look.dialogs import Notice, Question
from pbvote_kiosk.officials.menu import OfficialsMenu
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.officials.warnings import Warned
from pbvote_kiosk.ports import Code, Line, PrinterState
from pbvote_kiosk.voter.check_screens import CheckedReceipt, ScanReceipt
from pbvote_kiosk.voter.opened import OpenedBallot
from pbvote_kiosk.voter.receipt import ReceiptScreen, TryOutDone
from pbvote_kiosk.voter.seal import Seal
from pbvote_kiosk.voter.standing import Standing
from pbvote_kiosk.voter.typed import TypedCard
from pbvote_kiosk.voter.waiting import Countdown
from pbvote_kiosk.voter.welcome import Welcome

SIZES = [(80, 24), (120, 40)]
ONE: list[Contest] = [make_contest()]
TWO: list[Contest] = [make_contest(), make_contest("youth", 3, Points(total=10, max_each=6))]


async def to_seal(host: Host, pilot: Pilot[None], card: str) -> bytes:
    """Scan, choose the first project shown, go on; the tracker that is shown."""
    await host.scan(pilot, card)
    await host.until(pilot, BallotScreen)
    await pilot.press("enter", "f10")
    return await on_to_seal(host, pilot)


async def on_to_seal(host: Host, pilot: Pilot[None]) -> bytes:
    """From the review to the question."""
    await host.until(pilot, ReviewScreen)
    await pilot.press("f10")
    await host.until(pilot, Seal)
    assert isinstance(host.screen, Seal)
    return host.screen._tracker


async def cast(host: Host, pilot: Pilot[None], card: str) -> SignedReceipt:
    """A whole vote, up to its receipt."""
    tracker = await to_seal(host, pilot, card)
    await pilot.press("down", "enter")
    await host.until(pilot, ReceiptScreen)
    assert isinstance(host.screen, ReceiptScreen)
    signed = host.screen._signed
    assert signed.receipt.tracker == tracker
    return signed


async def home(host: Host, pilot: Pilot[None]) -> None:
    """From the receipt back to the first screen."""
    await pilot.press("enter")
    await host.until(pilot, Welcome)


@pytest.mark.parametrize("size", SIZES)
async def test_a_vote(tmp_path: Path, size: tuple[int, int]) -> None:
    printer = RecordingPrinter()
    with make_host(tmp_path / "t", contests=TWO, printer=printer) as host:
        async with host.app.run_test(size=size) as pilot:
            await host.until(pilot, Welcome)
            assert "Please scan your voting card" in host.text
            await host.scan(pilot, host.folder.card(1))
            await host.until(pilot, BallotScreen)
            assert "(1 of 2)" in host.text
            await pilot.press("enter", "f10")
            await pilot.pause()
            await host.until(pilot, BallotScreen)
            assert "(2 of 2)" in host.text
            await pilot.press("plus", "plus", "f10")
            tracker = await on_to_seal(host, pilot)
            assert "This is not yet a vote." in host.text
            assert short_tracker(tracker) in host.text
            assert host.entries == ["Open"]
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert host.entries == ["Open", "Cast"]
            assert "Your vote is in the box" in host.text
            assert short_tracker(tracker) in host.text
            assert "doesn't show how" in host.text
            await home(host, pilot)
            assert short_tracker(tracker) not in host.text
    (slip,) = printer.slips
    lines = [part.text for part in slip if isinstance(part, Line)]
    assert short_tracker(tracker) in lines
    assert any(isinstance(part, Code) and "PBVOTE1/R/" in part.text for part in slip)
    assert not any("Project" in line for line in lines)


async def test_back_and_change_over_several_contests(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=TWO) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.scan(pilot, host.folder.card(1))
            await host.until(pilot, BallotScreen)
            await pilot.press("enter", "f10")
            await pilot.pause()
            await pilot.press("escape")
            await pilot.pause()
            assert "(1 of 2)" in host.text
            assert "[X]" in host.text
            await pilot.press("f10")
            await pilot.pause()
            await pilot.press("plus", "f10")
            first = await on_to_seal(host, pilot)
            await pilot.press("escape")
            await host.until(pilot, ReviewScreen)
            await pilot.click("#change-1")
            await host.until(pilot, BallotScreen)
            assert "(2 of 2)" in host.text
            await pilot.press("plus", "f10")
            second = await on_to_seal(host, pilot)
            assert first != second
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            (signed,) = host.poll.box.standing(
                next(
                    e for e in host.folder.entries() if hasattr(e, "ballot")
                ).ballot.certificate.key
            )
            assert signed.receipt.tracker == second


async def test_going_without_voting(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.scan(pilot, host.folder.card(1))
            await host.until(pilot, BallotScreen)
            await pilot.press("escape")
            await host.until(pilot, Welcome)
            await host.scan(pilot, host.folder.card(1))
            await host.until(pilot, BallotScreen)
            await pilot.press("enter", "escape")
            await host.until(pilot, Question)
            await pilot.press("enter")
            await host.until(pilot, BallotScreen)
            assert "[X]" in host.text
            await pilot.press("escape")
            await host.until(pilot, Question)
            await pilot.press("down", "enter")
            await host.until(pilot, Welcome)
            assert host.entries == ["Open"]


async def test_a_key_held_down_casts_nothing(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await to_seal(host, pilot, host.folder.card(1))
            await pilot.press(*["enter"] * 20)
            assert type(host.screen) is Seal
            assert "Please choose an answer with ↓ first" in host.part("not-yet")
            assert host.entries == ["Open"]


async def test_a_double_click_casts_nothing(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await to_seal(host, pilot, host.folder.card(1))
            host.app._chained_clicks = 1
            await pilot.double_click("#cast")
            await host.until(pilot, ReceiptScreen)  # its first half was meant for the answer
            assert host.entries == ["Open", "Cast"]


async def test_checking_the_machine(tmp_path: Path) -> None:
    printer = RecordingPrinter()
    with make_host(tmp_path / "t", contests=TWO, printer=printer) as host:
        async with host.app.run_test(size=(120, 40)) as pilot:
            await host.scan(pilot, host.folder.card(1))
            await host.until(pilot, BallotScreen)
            await pilot.press("enter", "f10")
            await pilot.pause()
            await pilot.press("f10")
            await host.until(pilot, Question)
            await pilot.press("down", "enter")
            tracker = await on_to_seal(host, pilot)
            await pilot.press("down", "down", "enter")
            await host.until(pilot, Question)
            assert host.entries == ["Open"]
            await pilot.press("enter")
            await host.until(pilot, Seal)
            await pilot.press("down", "down", "enter")
            await host.until(pilot, Question)
            await pilot.press("down", "down", "enter")
            await host.until(pilot, OpenedBallot)
            assert host.entries == ["Open", "Challenge"]
            assert "Project" in host.text
            assert "Blank: nothing was chosen." in host.text
            assert f"pbvote receipt challenge {short_tracker(tracker)}" in host.text
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert "It doesn't count" in host.text
            await pilot.press("enter")
            await host.until(pilot, OpenedBallot)
            await pilot.press("enter")
            await host.until(pilot, BallotScreen)
            assert "(1 of 2)" in host.text
            assert "[X]" not in host.text
            await pilot.press("f10")
            await host.until(pilot, Question)
            await pilot.press("down", "enter")
            await pilot.pause()
            await pilot.press("plus", "f10")
            await on_to_seal(host, pilot)
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert host.entries == ["Open", "Challenge", "Cast"]
    opening, _receipt = printer.slips
    lines = [part.text for part in opening if isinstance(part, Line)]
    assert any("Project" in line for line in lines)
    assert any("pbvote receipt challenge" in line for line in lines)


async def test_a_card_that_voted_here(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            card = host.folder.card(1)
            signed = await cast(host, pilot, card)
            await home(host, pilot)
            await host.scan(pilot, card)
            await host.until(pilot, Standing)
            assert "Your vote is in the box" in host.text
            assert "new card from a desk" in " ".join(host.text.split())
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert short_tracker(signed.receipt.tracker) in host.text
            await pilot.press("enter")
            await host.until(pilot, Standing)
            await pilot.press("down", "down", "enter")
            await host.until(pilot, BallotScreen)
            await pilot.press("enter", "f10")
            await on_to_seal(host, pilot)
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert host.entries == ["Open", "Cast", "Cast"]
            await home(host, pilot)
            await host.scan(pilot, card)
            await host.until(pilot, Standing)
            await pilot.press("enter")
            await host.until(pilot, Welcome)


async def test_where_the_first_ballot_counts(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE, supersede="first") as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            card = host.folder.card(1)
            await cast(host, pilot, card)
            await home(host, pilot)
            await host.scan(pilot, card)
            await host.until(pilot, Standing)
            assert "22/11/2026, 11:00" in host.text
            assert "the first ballot counts" in host.text
            assert "Vote again" not in host.text


async def test_after_a_restart_the_receipt_is_there_again(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        card = host.folder.card(1)
        async with host.app.run_test(size=(80, 24)) as pilot:
            signed = await cast(host, pilot, card)
    with make_host(tmp_path / "t", folder=host.folder) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.scan(pilot, card)
            await host.until(pilot, Standing)
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert isinstance(host.screen, ReceiptScreen)
            assert host.screen._signed == signed


async def test_a_scanner_types_the_card(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            for character in host.folder.card(1):
                key = {"/": "slash"}.get(character, character)
                host.app.post_message(events.Key(key, character))
            host.app.post_message(events.Key("enter", "\r"))
            await host.until(pilot, BallotScreen)


# --- cards that can't vote here -------------------------------------------------------------------


async def test_cards_that_cannot_vote_here(tmp_path: Path) -> None:
    settings = Settings(
        languages=["en"], desk={"en": "The desk is in room 2.", "fr": "Au bureau."}, sticks="/none"
    )
    with make_host(tmp_path / "t", contests=ONE, settings=settings) as host:
        right = host.folder.card(1)
        cases = (
            (host.folder.issue(2), "for voting online", "The desk is in room 2."),
            (right[:60], "read only in part", ""),
            ("4006381333931", "isn't a voting card", ""),
        )
        async with host.app.run_test(size=(80, 24)) as pilot:
            for text, said, desk in cases:
                await host.scan(pilot, text)
                await host.until_said(pilot, said, desk)
            await host.scan(pilot, right)
            await host.until(pilot, BallotScreen)


async def test_a_revoked_card(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        election, card = host.folder.built.election, host.folder.card(1)
        revoked = Revocation(
            election=election.id,
            key=voter_of_card(election, card).certificate.key,
            reason="lost",
            officials=["mayor", "clerk"],
        )
        async with host.app.run_test(size=(80, 24)) as pilot:
            host.folder.log("mairie", encode(revoked))
            await asyncio.to_thread(host.poll.catch_up)
            await host.scan(pilot, card)
            await host.until(pilot, Notice)
            assert "no longer votes" in host.text


async def test_before_the_poll_and_after(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE, opened=False) as host:
        by = ["president", "clerk"]
        card, other = host.folder.card(1), host.folder.card(2)
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            assert "Voting hasn't begun yet" in host.text
            await host.scan(pilot, card)
            await host.until(pilot, Notice)
            await pilot.press("enter")
            host.poll.open(by)
            await host.until(pilot, Welcome)
            await cast(host, pilot, card)
            host.poll.pause(by)
            await home(host, pilot)
            assert "Voting is paused" in host.text
            await host.scan(pilot, other)
            await host.until(pilot, Notice)
            await pilot.press("enter")
            await host.until(pilot, Welcome)
            host.poll.resume(by)
            host.poll.close(by)
            await host.scan(pilot, card)
            await host.until(pilot, Standing)
            assert "Vote again" not in host.text
            await pilot.press("enter")
            await host.until(pilot, Welcome)
            assert "Voting is closed" in host.text


# --- typing a card --------------------------------------------------------------------------------


async def test_a_typed_card(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        host.folder.card(1)
        code = host.folder.typed(1)
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await pilot.click("#type")
            await host.until(pilot, TypedCard)
            assert "28 letters and digits are missing" in host.text
            for letter in code.replace(" ", "").lower().replace("o", "0").replace("i", "1"):
                host.clock.forward(0.2)
                await pilot.press(letter)
                await pilot.pause(0.06)
            assert host.screen.query_one(Input).value == code
            await pilot.press("enter")
            await host.until(pilot, BallotScreen)


async def test_letters_that_come_while_the_groups_are_made_keep_their_order(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        code = host.folder.typed(1)
        letters = code.replace(" ", "").lower()
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await pilot.click("#type")
            await host.until(pilot, TypedCard)
            field = host.screen.query_one(Input)
            for at in range(0, len(letters), 7):
                for letter in letters[at : at + 7]:
                    field.insert_text_at_cursor(letter)
                await pilot.pause()
            assert field.value == code


async def test_mistyped_and_unknown_codes(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        unknown = host.folder.typed(5)
        wrong = unknown[:-1] + ("A" if unknown[-1] != "A" else "B")
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await pilot.click("#type")
            await host.until(pilot, TypedCard)
            await pilot.press("enter")
            await pilot.pause()
            assert "isn't complete" in host.text
            host.screen.query_one(Input).value = wrong
            await pilot.press("enter")
            await pilot.pause()
            assert "typing error" in host.text
            host.screen.query_one(Input).value = unknown
            await pilot.press("enter")
            await host.until(pilot, Notice)
            assert "doesn't know this code" in host.text
            await pilot.press("enter")
            await host.until(pilot, TypedCard)
            assert host.screen.query_one(Input).value == unknown
            await pilot.press("escape")
            await host.until(pilot, Welcome)


# --- trying it ------------------------------------------------------------------------------------


async def test_a_try_out_is_marked_everywhere_and_goes_nowhere(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=TWO, opened=False) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await pilot.click("#try")
            await host.until(pilot, BallotScreen)
            mark = "TRY-OUT – does not count"
            assert mark in host.text
            await pilot.press("enter", "f10")
            await pilot.pause()
            assert mark in host.text
            await pilot.press("plus", "f10")
            await on_to_seal(host, pilot)
            assert mark in host.text
            await pilot.press("down", "down", "enter")
            await host.until(pilot, Question)
            assert mark in host.text
            await pilot.press("down", "down", "enter")
            await host.until(pilot, OpenedBallot)
            assert mark in host.text
            await pilot.press("enter")
            await host.until(pilot, BallotScreen)
            await pilot.press("enter", "f10")
            await pilot.pause()
            await pilot.press("plus", "f10")
            await on_to_seal(host, pilot)
            await pilot.press("down", "enter")
            await host.until(pilot, TryOutDone)
            assert mark in host.text
            assert "Nothing was cast" in host.text
            await pilot.press("enter")
            await host.until(pilot, Welcome)
            assert mark not in host.text
            assert host.poll.box.status().size == 0


async def test_a_card_ends_a_try_out(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await pilot.click("#try")
            await host.until(pilot, BallotScreen)
            await host.scan(pilot, host.folder.card(1))
            await pilot.pause()
            await host.until(pilot, BallotScreen)
            assert "TRY-OUT" not in host.text
            await pilot.press("enter", "f10")
            await on_to_seal(host, pilot)


# --- walking away ---------------------------------------------------------------------------------

Way = Callable[[Host, Pilot[None]], object]


async def test_who_walks_away_casts_nothing(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        card = host.folder.card(1)
        async with host.app.run_test(size=(80, 24)) as pilot:
            await to_seal(host, pilot, card)
            await host.wait(pilot, 89)
            assert type(host.screen) is Seal
            await host.wait(pilot, 1)
            await host.until(pilot, Countdown)
            assert "In 20 seconds" in host.text
            await host.wait(pilot, 5)
            assert "In 15 seconds" in host.text
            await pilot.press("x")
            await host.until(pilot, Seal)
            await host.wait(pilot, 90)
            await host.until(pilot, Countdown)
            await host.wait(pilot, 20)
            await host.until(pilot, Welcome)
            assert host.entries == ["Open"]
            await cast(host, pilot, card)
            assert host.entries == ["Open", "Cast"]


async def test_a_receipt_goes_away_by_itself(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await cast(host, pilot, host.folder.card(1))
            await host.wait(pilot, 10)
            assert "closes in 20 seconds" in host.text
            await pilot.press("down")
            await host.wait(pilot, 29)
            assert type(host.screen) is ReceiptScreen
            await host.wait(pilot, 1)
            await host.until(pilot, Welcome)


async def test_the_next_person_finds_it_as_the_first(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await pilot.press("f2", "f3", "f4")
            await pilot.pause()
            assert "carte de vote" in host.text
            await host.wait(pilot, 90)
            await host.until(pilot, Welcome)
            await pilot.pause()
            assert "Please scan your voting card" in host.text
            assert host.app.size_step == 0
            assert host.app.theme == "plain"


# --- scans in the middle --------------------------------------------------------------------------


async def test_scans_in_the_middle_of_a_vote(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        card, other = host.folder.card(1), host.folder.card(2)
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            host.app.take_scan(card)
            host.app.take_scan(card)
            await host.until(pilot, BallotScreen)
            await pilot.press("enter")
            for text in (card, "4006381333931", card[:50]):
                await host.scan(pilot, text)
                assert type(host.screen) is BallotScreen
            await host.scan(pilot, other)
            await host.until(pilot, Notice)
            assert "One card at a time" in host.text
            await host.scan(pilot, other)
            await pilot.press("enter")
            await host.until(pilot, BallotScreen)
            assert "[X]" in host.text


async def test_an_official_in_the_middle_of_a_vote(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await to_seal(host, pilot, host.folder.card(1))
            await host.scan(pilot, host.folder.officials[0])
            await host.until(pilot, Question)
            await pilot.press("enter")
            await host.until(pilot, Seal)
            await host.scan(pilot, host.folder.officials[0])
            await host.until(pilot, Question)
            await pilot.press("down", "enter")
            await pilot.pause(0.1)
            assert any(isinstance(screen, OfficialsMenu) for screen in host.app.screen_stack)
            assert not any(isinstance(screen, Seal) for screen in host.app.screen_stack)
            assert host.entries == ["Open"]


async def test_an_official_at_the_welcome(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await host.scan(pilot, host.folder.officials[0])
            await pilot.pause(0.1)
            assert any(isinstance(screen, OfficialsMenu) for screen in host.app.screen_stack)


# --- receipts -------------------------------------------------------------------------------------


async def test_check_my_receipt(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            signed = await cast(host, pilot, host.folder.card(1))
            text = receipt_text(signed, host.poll.election.box_position(host.poll.name))
            await home(host, pilot)
            await pilot.click("#check")
            await host.until(pilot, ScanReceipt)
            await host.scan(pilot, "https://example.org")
            await host.until(pilot, CheckedReceipt)
            assert "This isn't a receipt" in host.text
            await host.scan(pilot, text)
            await pilot.pause(0.1)
            await host.until(pilot, CheckedReceipt)
            assert "Your ballot is in the box" in host.text
            assert "Project" not in host.text
            await pilot.press("down", "enter")
            await host.until(pilot, ScanReceipt)
            await pilot.press("escape")
            await host.until(pilot, Welcome)
            await host.scan(pilot, text)
            await host.until(pilot, CheckedReceipt)


# --- what goes wrong ------------------------------------------------------------------------------


async def test_a_failing_disk_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        calls: list[bytes] = []
        real: Callable[[bytes], SignedReceipt] = host.poll.box.cast

        def failing(data: bytes) -> SignedReceipt:
            calls.append(data)
            if len(calls) == 1:
                real(data)
                raise StorageError("the disk didn't answer")
            return real(data)

        monkeypatch.setattr(host.poll.box, "cast", failing)
        async with host.app.run_test(size=(80, 24)) as pilot:
            await to_seal(host, pilot, host.folder.card(1))
            await pilot.press("down", "enter")
            await host.until(pilot, Question)
            assert "couldn't save your ballot" in host.text
            assert "the disk" not in host.text
            await pilot.press("enter")
            await host.until(pilot, ReceiptScreen)
            assert host.entries == ["Open", "Cast"]
            assert calls[0] == calls[1]


async def test_a_disk_that_fails_at_the_first_look_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(key: bytes) -> list[SignedReceipt]:
        raise StorageError("the disk didn't answer")

    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            with monkeypatch.context() as disk:
                disk.setattr(host.poll.box, "standing", failing)
                await host.scan(pilot, host.folder.card(1))
                await host.until(pilot, Notice)
                assert "the disk" not in host.text
                await pilot.press("enter")
                await host.until(pilot, Welcome)
            await cast(host, pilot, host.folder.card(1))


async def test_a_refusal_is_said_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:

        def refusing(data: bytes) -> SignedReceipt:
            raise BallotRefused("revoked", "this card no longer votes", where="kiosk-1")

        monkeypatch.setattr(host.poll.box, "cast", refusing)
        async with host.app.run_test(size=(80, 24)) as pilot:
            await to_seal(host, pilot, host.folder.card(1))
            await pilot.press("f2", "down", "enter")
            await host.until(pilot, Notice)
            assert "Cette carte ne permet plus de voter" in host.text
            await pilot.press("enter")
            await host.until(pilot, Welcome)
            assert host.entries == ["Open"]


async def test_a_poll_paused_meanwhile_takes_nothing(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await to_seal(host, pilot, host.folder.card(1))
            host.poll.pause(["president", "clerk"])
            await pilot.press("down", "enter")
            await host.until(pilot, Notice)
            assert "Voting is paused" in host.text
            assert host.entries == ["Open"]


@pytest.mark.parametrize("state", [PrinterState.NO_PAPER, PrinterState.NOT_THERE])
async def test_a_printer_never_stands_in_the_way(tmp_path: Path, state: PrinterState) -> None:
    printer = RecordingPrinter(state)
    with make_host(tmp_path / "t", contests=ONE, printer=printer) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await cast(host, pilot, host.folder.card(1))
            await pilot.pause(0.1)
            assert "printer can't print now" in " ".join(host.text.split())
            printer.stands = PrinterState.READY
            await pilot.click("#print")
            await pilot.pause(0.1)
            assert len(printer.slips) == 1
            await home(host, pilot)


async def test_a_missing_second_copy_is_said_on_every_screen(tmp_path: Path) -> None:
    settings = Settings(languages=["en", "fr"], second=str(tmp_path / "same-disk.db"))
    with make_host(tmp_path / "t", contests=ONE, settings=settings) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until_said(pilot, "Please call an official")
            await to_seal(host, pilot, host.folder.card(1))
            assert "Please call an official" in host.text
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert "Please call an official" in host.text


async def test_a_stick_that_hangs_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other threads stay free: a ballot is sealed meanwhile."""
    with make_host(tmp_path / "t", contests=ONE) as host:
        hangs, looks = Event(), list[int]()

        def catch_up() -> list[Warned]:
            looks.append(1)
            hangs.wait(30)
            return []

        monkeypatch.setattr(host.poll, "catch_up", catch_up)
        async with host.app.run_test(size=SIZES[0]) as pilot:
            await host.until(pilot, Welcome)
            for _ in range(40):
                host.app._watch()
                await pilot.pause()
            await to_seal(host, pilot, host.folder.card(0))
            assert len(looks) == 1
            hangs.set()


async def test_rehearsals_say_test_everywhere(tmp_path: Path) -> None:
    with make_host(tmp_path / "t", contests=ONE, slug="test-demo") as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            assert "TEST" in host.text
            await to_seal(host, pilot, host.folder.card(1))
            assert "TEST" in host.text
            await pilot.press("down", "enter")
            await host.until(pilot, ReceiptScreen)
            assert "TEST" in host.text
