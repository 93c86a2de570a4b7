"""Officials' cards and PINs, and the wait after wrong ones."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.errors import InputError, RefusedError
from pbvote.keyfile import Cost
from pbvote_kiosk.officials.keepers import (
    FILE,
    FREE_TRIES,
    LONGEST_WAIT,
    PREFIX,
    TRIES,
    Keepers,
    Right,
    Wait,
    Wrong,
    is_official_card,
    wait_after,
)
from support import seeded

QUICK = Cost(1, 8192)
PIN = "271828"


class Steady:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def made(folder: Path, steady: Steady) -> tuple[Keepers, str]:
    keepers = Keepers(folder, monotonic=steady)
    return keepers, keepers.add("mayor", PIN, seeded(1), cost=QUICK)


def test_card_and_pin_open(tmp_path: Path) -> None:
    keepers, card = made(tmp_path, Steady())
    assert card.startswith(PREFIX) and len(card) == len(PREFIX) + 26
    assert is_official_card(card)
    assert keepers.role_of(card) == "mayor"
    assert keepers.check(card, PIN) == Right("mayor")
    assert Keepers(tmp_path, monotonic=Steady()).check(card, PIN) == Right("mayor")


def test_the_file_is_private_and_holds_neither_card_nor_pin(tmp_path: Path) -> None:
    _, card = made(tmp_path, Steady())
    path = tmp_path / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert card.removeprefix(PREFIX) not in text
    assert PIN not in text
    assert json.loads(text)["officials"][0]["role"] == "mayor"


def test_the_same_pin_with_another_card_is_nothing(tmp_path: Path) -> None:
    keepers, mayor = made(tmp_path, Steady())
    clerk = keepers.add("clerk", "161803", seeded(2), cost=QUICK)
    assert keepers.check(clerk, PIN) == Wrong(FREE_TRIES - 1)
    assert keepers.check(mayor, "161803") == Wrong(FREE_TRIES - 1)
    with pytest.raises(RefusedError, match="isn't of an official"):
        keepers.check(PREFIX + "A" * 26, PIN)


@pytest.mark.parametrize("text", ["", PREFIX, PREFIX + "A1", PREFIX + "A" * 25, "PBVOTE1/C/AAAA"])
def test_what_is_no_card_is_nobodys(tmp_path: Path, text: str) -> None:
    keepers, _ = made(tmp_path, Steady())
    assert keepers.role_of(text) is None


def test_five_wrong_pins_bring_a_wait_in_which_even_the_right_one_is_not_looked_at(
    tmp_path: Path,
) -> None:
    steady = Steady()
    keepers, card = made(tmp_path, steady)
    for left in (4, 3, 2, 1):
        assert keepers.check(card, "000001") == Wrong(left)
    assert keepers.check(card, "000001") == Wait(30)
    assert keepers.check(card, PIN) == Wait(30)
    steady.at = 29.5
    assert keepers.check(card, PIN) == Wait(1)
    steady.at = 30
    assert keepers.check(card, "000001") == Wait(60)
    steady.at = 90
    assert keepers.check(card, PIN) == Right("mayor")
    assert keepers.check(card, "000001") == Wrong(4), "the count begins anew"


def test_a_wait_is_one_cards_not_everybodys(tmp_path: Path) -> None:
    keepers, mayor = made(tmp_path, Steady())
    clerk = keepers.add("clerk", "161803", seeded(2), cost=QUICK)
    for _ in range(5):
        keepers.check(mayor, "000001")
    assert keepers.check(clerk, "161803") == Right("clerk")


def test_a_restart_begins_the_wait_anew(tmp_path: Path) -> None:
    steady = Steady()
    keepers, card = made(tmp_path, steady)
    for _ in range(5):
        keepers.check(card, "000001")
    steady.at = 29
    again = Keepers(tmp_path, monotonic=steady)
    assert again.check(card, PIN) == Wait(30)
    steady.at = 59
    assert again.check(card, PIN) == Right("mayor")


def test_a_wrong_pin_counts_before_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who pulls the plug while a PIN is checked has used up a try."""
    keepers, card = made(tmp_path, Steady())

    def cut(*args: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("pbvote_kiosk.officials.keepers._derived", cut)
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            keepers.check(card, PIN)
        keepers = Keepers(tmp_path, monotonic=Steady())
    assert keepers.waiting("mayor") == 30


def test_guesses_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    """Esc while a PIN is looked at, and the card scanned again, buys no guess."""
    keepers, card = made(tmp_path, Steady())
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: keepers.check(card, "000001"), range(12)))
    assert json.loads((tmp_path / TRIES).read_text())["wrong"] == {"mayor": FREE_TRIES}


def test_a_desk_beside_a_kiosk_shares_its_tries(tmp_path: Path) -> None:
    kiosk, card = made(tmp_path, Steady())
    desk = Keepers(tmp_path, monotonic=Steady())
    for _ in range(2):
        assert isinstance(kiosk.check(card, "000001"), Wrong)
        assert isinstance(desk.check(card, "000001"), Wrong)
    assert desk.check(card, "000001") == Wait(30)
    assert kiosk.check(card, PIN) == Wait(30)
    assert Keepers(tmp_path, monotonic=Steady()).waiting("mayor") == 30


@given(st.integers(0, 10_000))
def test_the_wait_doubles_up_to_an_hour(wrong: int) -> None:
    wait = wait_after(wrong)
    if wrong < FREE_TRIES:
        assert wait == 0
    else:
        assert wait_after(wrong + 1) == min(2 * wait, LONGEST_WAIT)
        assert 30 <= wait <= LONGEST_WAIT


@given(st.lists(st.tuples(st.floats(0, 4000), st.booleans()), max_size=60))
def test_no_order_of_tries_and_restarts_gives_more_guesses_than_the_waits_allow(
    tries: list[tuple[float, bool]],
) -> None:
    """Whoever guesses, waits and pulls the plug in any order: each guess beyond the fifth costs
    its whole wait since the guess before."""
    steady = Steady()
    with tempfile.TemporaryDirectory() as name:
        keepers, card = made(Path(name), steady)
        guesses, last = 0, 0.0
        for pause, restart in tries:
            steady.at += pause
            if restart:
                keepers = Keepers(Path(name), monotonic=steady)
            before = guesses
            if not keepers.waiting("mayor"):
                assert keepers.check(card, "000001") != Right("mayor")
                guesses += 1
            else:
                assert isinstance(keepers.check(card, PIN), Wait)
            if guesses > before:
                assert steady.at - last >= wait_after(before) or before < FREE_TRIES
                last = steady.at


@pytest.mark.parametrize("pin", ["", "12345", "12a456", "123456", "654321", "111111", "٣١٤١٥٩"])
def test_pins_that_are_none_or_too_easy(tmp_path: Path, pin: str) -> None:
    with pytest.raises(InputError):
        Keepers(tmp_path, monotonic=Steady()).add("mayor", pin, seeded(1), cost=QUICK)


@pytest.mark.parametrize("role", ["", " mayor", "a" * 41, "may\nor"])
def test_roles_that_no_event_could_name(tmp_path: Path, role: str) -> None:
    with pytest.raises(InputError, match="a role has"):
        Keepers(tmp_path, monotonic=Steady()).add(role, PIN, seeded(1), cost=QUICK)


def test_a_role_is_one_officials_until_it_is_removed(tmp_path: Path) -> None:
    keepers, card = made(tmp_path, Steady())
    with pytest.raises(RefusedError, match="already"):
        keepers.add("mayor", "161803", seeded(3), cost=QUICK)
    keepers.remove("mayor")
    assert keepers.roles == ()
    assert keepers.role_of(card) is None
    with pytest.raises(InputError, match="no official"):
        keepers.remove("mayor")
    assert keepers.add("mayor", "161803", seeded(3), cost=QUICK) != card
