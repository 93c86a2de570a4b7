"""`pbvote-kiosk official`, and how `vote` refuses where it can't run."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from typer.testing import CliRunner

from kiosk_folder import BOX, ROLES, KioskFolder, make_kiosk
from officials_builder import poll_of
from pbvote.core.errors import InputError, RefusedError, StorageError
from pbvote_kiosk.cli import app
from pbvote_kiosk.officials.keepers import Keepers, Right

PIN = "161803"
_SCALE = 4


@pytest.fixture
def kiosk(tmp_path: Path) -> KioskFolder:
    return make_kiosk(tmp_path / "demo")


@pytest.fixture
def pin_file(tmp_path: Path) -> Path:
    path = tmp_path / "pin"
    path.write_text(f"{PIN}\n")
    return path


def call(*words: str | Path) -> str:
    """A command of pbvote-kiosk; what it said. Its errors are raised."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None:
        raise result.exception
    return result.output


def decoded(drawing: str) -> str:
    """What a phone reads off a terminal that shows these lines."""
    rows = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in drawing.splitlines()]
    rows = [row for row in rows if row and set(row) <= set("█▀▄ ")]
    dark = np.array([[[c in "█▀" for c in row], [c in "█▄" for c in row]] for row in rows])
    image = np.where(dark.reshape(-1, dark.shape[2]), 0, 255).astype(np.uint8)
    image = np.pad(image.repeat(_SCALE, 0).repeat(_SCALE, 1), 40, constant_values=255)
    return zxingcpp.read_barcodes(image)[0].text


def test_a_card_is_shown_once_and_opens_with_its_pin(kiosk: KioskFolder, pin_file: Path) -> None:
    said = call("official", "add", kiosk.path, "--role", "mayor", "--pin-file", pin_file)
    card = decoded(said)
    keepers = Keepers(kiosk.path / "kiosk" / BOX, monotonic=lambda: 0.0)
    assert keepers.check(card, PIN) == Right("mayor")
    assert call("official", "list", kiosk.path).split() == [*ROLES, "mayor"]
    assert call("official", "remove", kiosk.path, "--role", "mayor") == "mayor removed\n"
    assert call("official", "list", kiosk.path).split() == [*ROLES]
    with poll_of(kiosk) as poll:
        events = [(event.what, event.detail["role"]) for event in poll.events.all()]
        assert events == [("official-added", "mayor"), ("official-removed", "mayor")]


def test_a_card_as_pdf_is_private_and_overwrites_nothing(
    kiosk: KioskFolder, pin_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mayor.pdf"
    words: list[str | Path] = ["--pin-file", pin_file, "--out", out]
    said = call("official", "add", kiosk.path, "--role", "mayor", *words)
    assert "print it, then destroy" in said and "PBVOTE1" not in said
    assert out.read_bytes().startswith(b"%PDF")
    assert out.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RefusedError, match="file already"):
        call("official", "add", kiosk.path, "--role", "other", *words)
    assert call("official", "list", kiosk.path).split() == [*ROLES, "mayor"]


def test_a_pin_that_is_none_makes_no_official(kiosk: KioskFolder, tmp_path: Path) -> None:
    path = tmp_path / "easy"
    path.write_text("123456\n")
    with pytest.raises(InputError, match="tried first"):
        call("official", "add", kiosk.path, "--role", "mayor", "--pin-file", path)
    with pytest.raises(InputError, match="can't be asked"):
        call("official", "add", kiosk.path, "--role", "mayor")
    assert call("official", "list", kiosk.path).split() == [*ROLES]


def test_nobody_is_added_while_the_kiosk_runs(kiosk: KioskFolder, pin_file: Path) -> None:
    with poll_of(kiosk), pytest.raises(StorageError, match="in use"):
        call("official", "add", kiosk.path, "--role", "mayor", "--pin-file", pin_file)


def test_a_kiosk_needs_a_terminal(kiosk: KioskFolder) -> None:
    with pytest.raises(InputError, match="a screen and a keyboard"):
        call("vote", kiosk.path)
