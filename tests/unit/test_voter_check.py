"""Checking a receipt at a kiosk: as far as the logs at hand go, and no further."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from box_builder import Clock
from election_builder import build_election, make_contest
from kiosk_folder import BOX, KioskFolder, make_kiosk
from pbvote.box import Box
from pbvote.core.encoding import encode
from pbvote.core.receipt import receipt_text, sign_receipt
from pbvote.voting import prepare, voter_of_card
from pbvote_kiosk.voter.check import Checked, check_receipt


class Town:
    """A polling place with a box that has one ballot cast and one challenged."""

    def __init__(self, path: Path) -> None:
        self.kiosk: KioskFolder = make_kiosk(path, contests=[make_contest()])
        self.election = self.kiosk.built.election
        self.box = Box.in_folder(path / "boxes" / BOX, self.election, BOX, now=Clock())
        self.box.open_poll()
        first, second = (
            prepare(self.election, BOX, voter_of_card(self.election, self.kiosk.card(person)), {})
            for person in (1, 2)
        )
        self.cast = self.box.cast(encode(first.cast()))
        self.challenged = self.box.challenge(encode(second.challenge()))
        self.position = self.election.box_position(BOX)

    def check(self, text: str, *, here: str = BOX, sticks: tuple[Path, ...] = ()) -> Checked:
        return check_receipt(text, self.election, here, self.kiosk.path, sticks)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path / "town")
    yield made
    made.box.stop()


def test_a_receipt_of_this_box(town: Town) -> None:
    text = receipt_text(town.cast, town.position)
    assert town.check(text) == Checked("cast", town.cast.receipt)
    assert town.check(f"HTTPS://TOWN.EXAMPLE/R/{text}") == Checked("cast", town.cast.receipt)
    challenged = receipt_text(town.challenged, town.position)
    assert town.check(challenged) == Checked("challenged", town.challenged.receipt)


def test_what_is_no_receipt(town: Town) -> None:
    text = receipt_text(town.cast, town.position)
    assert town.check("PBVOTE1/C/ABCD").what == "no receipt"
    assert town.check(text[:-8]).what == "cut"
    assert town.check(receipt_text(town.cast, 99)).what == "unknown box"
    forged = sign_receipt(town.cast.receipt, town.kiosk.built.boxes["kiosk-2"])
    assert town.check(receipt_text(forged, town.position)) == Checked("forged")
    other = build_election("other", seed=3).election
    assert check_receipt(text, other, BOX, town.kiosk.path).what == "other election"


def test_what_a_box_signed_and_hasnt_is_missing(town: Town) -> None:
    signer = town.kiosk.built.boxes[BOX]
    receipt = town.cast.receipt
    later = sign_receipt(
        type(receipt)(
            election=receipt.election,
            box=BOX,
            index=9,
            tracker=bytes(32),
            at=receipt.at,
        ),
        signer,
    )
    assert town.check(receipt_text(later, town.position)).what == "missing"
    instead = sign_receipt(
        type(receipt)(
            election=receipt.election,
            box=BOX,
            index=receipt.index,
            tracker=bytes(32),
            at=receipt.at,
        ),
        signer,
    )
    assert town.check(receipt_text(instead, town.position)).what == "missing"


def test_another_box_is_looked_for_on_this_machine_and_on_sticks(
    town: Town, tmp_path: Path
) -> None:
    text = receipt_text(town.cast, town.position)
    early, stick = tmp_path / "early", tmp_path / "stick"
    town.box.close_poll()
    town.box.export(stick / "box" / BOX)
    town.box.stop()
    shutil.rmtree(town.kiosk.path / "boxes" / BOX)
    assert town.check(text, here="kiosk-2") == Checked("no log", town.cast.receipt)
    assert town.check(text, here="kiosk-2", sticks=(early, stick)).what == "cast"
    shutil.copytree(stick / "box" / BOX, town.kiosk.path / "bundle" / "logs" / "box" / BOX)
    assert town.check(text, here="kiosk-2").what == "cast"


def test_an_older_copy_of_another_box_says_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path / "town")
    copy = tmp_path / "copy"
    town.box.stop()
    shutil.copytree(town.kiosk.path, copy)
    box = Box.in_folder(town.kiosk.path / "boxes" / BOX, town.election, BOX, now=Clock())
    voter = voter_of_card(town.election, town.kiosk.card(3))
    later = box.cast(encode(prepare(town.election, BOX, voter, {}).cast()))
    box.stop()
    text = receipt_text(later, town.position)
    assert check_receipt(text, town.election, "kiosk-2", copy).what == "no log"
    assert check_receipt(text, town.election, BOX, copy).what == "missing"
    assert check_receipt(text, town.election, "kiosk-2", town.kiosk.path).what == "cast"


def test_a_log_that_was_meddled_with_says_nothing(town: Town, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    town.box.close_poll()
    town.box.export(stick / "box" / BOX)
    town.box.stop()
    shutil.rmtree(town.kiosk.path / "boxes" / BOX)
    for tile in (stick / "box" / BOX / "tile" / "entries").rglob("*"):
        if tile.is_file():
            data = bytearray(tile.read_bytes())
            data[40] ^= 1
            tile.write_bytes(data)
    text = receipt_text(town.cast, town.position)
    assert town.check(text, here="kiosk-2", sticks=(stick,)).what == "no log"
