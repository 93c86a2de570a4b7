"""The scan reader: scans of ours under any layout, scans of other things, and typing."""

from __future__ import annotations

import random

import pytest

from pbvote_kiosk.devices.scan import ENTER, Fed, ScanReader
from scanner_keys import LAYOUTS, strokes, typed

GAP = ScanReader.GAP
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
CARD = "PBVOTE1/C/" + (ALPHABET * 6)[:165]
RECEIPT = "PBVOTE1/R/" + (ALPHABET[::-1] * 6)[:183]
OFFICIAL = "PBVOTE1/O/" + ALPHABET
URL = "HTTPS://VOTE-4.EXAMPLE.BE/R/"


def read(reader: ScanReader, text: str, rng: random.Random, at: float = 1.0) -> Fed:
    """What comes of a text typed by a scanner from a time on, without waiting after it."""
    fed = Fed()
    for character, when in strokes(text, at, rng):
        fed = fed.then(reader.feed(character, when))
    return fed


@pytest.mark.parametrize("caps", [False, True], ids=["plain", "caps"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("front", ["", URL, "HTTP://A.BE#"], ids=["bare", "url", "hash"])
def test_a_scan_is_put_right(layout: str, caps: bool, front: str, rng: random.Random) -> None:
    for text in (CARD, RECEIPT, OFFICIAL):
        reader = ScanReader()
        fed = read(reader, typed(front + text, layout, caps=caps) + ENTER, rng)
        assert fed == Fed("", (text,))
        assert not reader.waiting


def test_a_scan_that_comes_at_once() -> None:
    reader = ScanReader()
    fed = Fed()
    for character in CARD + ENTER + RECEIPT + ENTER:
        fed = fed.then(reader.feed(character, 1.0))
    assert fed == Fed("", (CARD, RECEIPT))


def test_a_scan_without_its_enter_comes_after_the_gap(rng: random.Random) -> None:
    reader = ScanReader()
    assert read(reader, CARD, rng, 1.0) == Fed()
    assert reader.waiting
    assert reader.flush(9.0) == Fed("", (CARD,))
    assert not reader.waiting
    assert reader.feed(ENTER, 9.5) == Fed(ENTER)


def test_the_next_key_brings_out_a_scan_without_its_enter(rng: random.Random) -> None:
    reader = ScanReader()
    read(reader, CARD, rng)
    assert reader.feed("7", 20.0) == Fed("7", (CARD,))


def test_a_late_enter_presses_nothing() -> None:
    reader = ScanReader()
    for character in CARD:
        reader.feed(character, 1.0)
    assert reader.flush(1.05) == Fed("", (CARD,))
    assert reader.feed(ENTER, 1.1) == Fed()
    assert reader.feed(ENTER, 1.2) == Fed(ENTER)


@pytest.mark.parametrize("place", [3, 8, 40, len(CARD)])
def test_a_busy_machine_cuts_no_scan_in_two(place: int) -> None:
    reader, fed = ScanReader(), Fed()
    for number, character in enumerate(CARD + ENTER):
        fed = fed.then(reader.feed(character, 1.0 + (0.2 if number >= place else 0)))
    assert fed == Fed("", (CARD,))


def test_the_late_rest_of_a_cut_scan_presses_nothing() -> None:
    reader = ScanReader()
    for character in CARD[:-3]:
        reader.feed(character, 1.0)
    assert reader.flush(1.05) == Fed("", (CARD[:-3],))
    fed = Fed()
    for character in CARD[-3:] + ENTER:
        fed = fed.then(reader.feed(character, 1.1))
    assert fed == Fed()


def test_typing_soon_after_a_scan_without_its_enter_is_kept() -> None:
    reader = ScanReader()
    for character in CARD:
        reader.feed(character, 1.0)
    reader.flush(1.05)
    assert reader.feed("7", 1.1) == Fed()
    assert reader.feed(ENTER, 1.2) == Fed("7" + ENTER)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("front", ["", URL])
def test_scans_glued_together_are_split(layout: str, front: str, rng: random.Random) -> None:
    both = typed(front + CARD + front + RECEIPT, layout)
    assert read(ScanReader(), both + ENTER, rng) == Fed("", (CARD, RECEIPT))
    reader = ScanReader()
    assert read(reader, both, rng) == Fed()
    assert reader.flush(9.0) == Fed("", (CARD, RECEIPT))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_scan_of_something_else_presses_nothing(layout: str, rng: random.Random) -> None:
    tag = typed("4006381333931", layout)
    fed = read(ScanReader(), tag + ENTER, rng)
    assert fed == Fed(tag[: ScanReader.FOREIGN - 1], (tag,))
    other = typed("HTTPS://WWW.EXAMPLE.COM/MENU", layout)
    assert read(ScanReader(), other + ENTER, rng) == Fed("", (other,))


def test_a_scan_whose_beginning_was_lost_presses_nothing(rng: random.Random) -> None:
    fed = read(ScanReader(), CARD[1:] + ENTER, rng)
    assert fed.scans == (CARD[1:],)
    assert ENTER not in fed.typed


def test_digits_and_letters_pass_at_once() -> None:
    reader = ScanReader()
    for number, character in enumerate("31aZ&é-/ x"):
        assert reader.feed(character, number * 0.06) == Fed(character)
        assert not reader.waiting


def test_a_pin_typed_without_pauses_passes_with_its_enter() -> None:
    reader = ScanReader()
    fed = [reader.feed(character, 1.0) for character in "472911" + ENTER]
    assert fed == [Fed(character) for character in "472911" + ENTER]


@pytest.mark.parametrize("character", ["+", "p", "7"])
def test_a_key_held_down_is_typing(character: str) -> None:
    reader = ScanReader()
    fed = Fed()
    for number in range(60):
        fed = fed.then(reader.feed(character, number * 0.02))
    fed = fed.then(reader.feed(ENTER, 1.3))
    assert fed == Fed(character * 60 + ENTER)


def test_only_p_and_h_wait_and_not_longer_than_needed() -> None:
    reader = ScanReader()
    assert reader.feed("p", 1.0) == Fed()
    assert reader.waiting
    assert reader.feed("a", 1.02) == Fed("pa")
    assert reader.feed("H", 2.0) == Fed()
    assert reader.flush(2.05) == Fed("H")
    assert reader.feed("h", 3.0) == Fed()
    assert reader.feed("p", 3.2) == Fed("h")
    assert reader.feed(ENTER, 3.22) == Fed("p" + ENTER)


def test_another_key_brings_out_what_waited_long_enough() -> None:
    reader = ScanReader()
    reader.feed("p", 1.0)
    assert reader.feed("", 1.02) == Fed()
    assert reader.waiting
    assert reader.feed("", 1.0 + GAP) == Fed("p")


def test_nothing_of_a_scan_is_kept(rng: random.Random) -> None:
    reader = ScanReader()
    read(reader, CARD + ENTER, rng)
    assert not any(isinstance(value, str) and value for value in vars(reader).values())
    read(reader, CARD, rng, 5.0)
    reader.flush(9.0)
    assert not any(isinstance(value, str) and value for value in vars(reader).values())
