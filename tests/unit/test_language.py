"""Words in four languages: catalogues complete and compiled, amounts and times as people write."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import PROJECT
from pbvote.core.errors import RefusedError, StorageError
from pbvote.language import Words as SharedWords
from pbvote_kiosk.language import LANGUAGES, Words
from pbvote_tally.language import Words as TallyWords


def test_every_message_is_translated_and_compiled() -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "kiosk" / "catalogues.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "harm", ["\x1b]0;x\x07", "\x1b[2J", "\x9b2J", "\x00", "\r", "\u202e", "\u2066"]
)
def test_no_text_from_outside_commands_a_terminal(harm: str) -> None:
    """Neither a title, nor what another machine answered and an error repeats."""
    words = Words("fr")
    shown = (
        words.text(f"Une{harm} place\nverte"),
        words.text({"fr": f"Une{harm} place"}),
        words.text({"xx": f"Une{harm} place"}),
        words.error(StorageError(f"no answer ({harm})", hint=f"Look{harm} at it")),
    )
    for text in shown:
        assert text.replace("\n", "").isprintable()
    assert "place\nverte" in shown[0]


@pytest.mark.parametrize(
    ("language", "whole", "broken"),
    [
        ("fr", "20 000 €", "1 250,50 €"),
        ("nl", "€ 20.000", "€ 1.250,50"),
        ("de", "20.000 €", "1.250,50 €"),
        ("en", "€20,000", "€1,250.50"),
    ],
)
def test_amounts(language: str, whole: str, broken: str) -> None:
    words = Words(language)
    assert words.amount(2_000_000, "EUR").replace("\u00a0", " ") == whole
    assert words.amount(125_050, "EUR").replace("\u00a0", " ") == broken


def test_a_currency_without_small_coins() -> None:
    assert Words("en").amount(1500, "JPY").endswith("1,500")


@given(st.sampled_from(sorted(LANGUAGES)), st.integers(0, 2**53 - 1))
def test_an_amount_keeps_every_digit(language: str, amount: int) -> None:
    text = Words(language).amount(amount, "EUR")
    digits = "".join(c for c in text if c.isdigit())
    assert int(digits) == (amount // 100 if amount % 100 == 0 else amount)
    assert "\u202f" not in text


def test_times_are_those_of_the_place() -> None:
    assert Words("en").hour(1_763_802_000, "Europe/Brussels") == "10:00"
    assert Words("de").date(1_763_802_000, "Europe/Brussels") == "Samstag, 22. November 2025"


def test_a_text_of_the_election_in_the_nearest_language() -> None:
    texts = {"fr": "Le lavoir", "nl": "Het washok"}
    assert Words("nl", "fr").text(texts) == "Het washok"
    assert Words("de", "fr").text(texts) == "Le lavoir"
    assert Words("de", "en").text({"nl": "Het washok"}) == "Het washok"
    assert Words("de").text("Bertrix") == "Bertrix"


@pytest.mark.parametrize("own", [Words, TallyWords])
def test_each_package_says_its_own_and_what_both_print(own: type[SharedWords]) -> None:
    words = own("fr")
    assert words("TEST: this counts for nothing") == "TEST\u00a0: ceci ne compte pas"
    assert words("Signature: {role}", role="Anne") == "Signature\u00a0: Anne"
    theirs = {Words: "Émargements annulés", TallyWords: "Procès-verbal du vote et du dépouillement"}
    said = words("Check-ins undone"), words("Minutes of the vote and of the count")
    assert theirs[own] in said


def test_shares_and_decimals() -> None:
    assert SharedWords("en").percent(800, 8000) == "10.0%"
    assert SharedWords("nl").percent(1, 1600) == "0,1%"
    assert SharedWords("fr").decimal(Fraction(25, 8), 2) == "3,13"
    assert SharedWords("de").decimal(Fraction(12345), 1) == "12.345,0"


def test_an_error_is_said_with_what_to_do() -> None:
    error = RefusedError("the box isn't open yet", where="kiosk-1", hint="Officials open it first")
    assert Words("en").error(error) == "the box isn't open yet. Officials open it first."
