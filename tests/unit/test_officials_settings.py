"""kiosk.toml: what stands in it, and what a town is told if something else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbvote.core.errors import InputError
from pbvote_kiosk.officials.settings import SETTINGS, Settings, printer_of, read_settings, with_box


def write(folder: Path, text: str) -> Path:
    (folder / SETTINGS).write_text(text, "utf-8")
    return folder


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert settings == Settings()
    assert (settings.idle, settings.countdown, settings.done) == (90, 20, 30)
    assert settings.printer == "none"
    assert settings.languages == ["fr", "nl", "de", "en"]


def test_every_setting_can_be_set(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        'box = "kiosk-1"\nregistrar = "salle"\nsecond = "/media/copy"\nprinter = "usb:04b8:0e28"\n'
        'speech = true\nhelpers = true\nidle = 120\ncountdown = 10\ndone = 45\nsticks = "/mnt"\n'
        'languages = ["de", "fr"]\ndesk = { fr = "À l\'entrée", de = "Am Eingang" }\n',
    )
    settings = read_settings(folder)
    assert settings.box == "kiosk-1"
    assert settings.desk == {"fr": "À l'entrée", "de": "Am Eingang"}
    assert settings.languages == ["de", "fr"]
    assert with_box(settings, "kiosk-2").box == "kiosk-2"
    assert with_box(settings, None) is settings


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "usb",
        "usb:04b8:0E28",
        "serial:/dev/ttyS0",
        "network:10.0.0.9",
        "network:p:9100",
        "file:/tmp/paper",
        "cups",
        "cups:Receipts",
    ],
)
def test_printers(tmp_path: Path, text: str) -> None:
    assert read_settings(write(tmp_path, f'printer = "{text}"')).printer == text


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ("idle = 5", "idle", "15 to 900"),
        ('idle = "90"', "idle", "15 to 900"),
        ("countdown = 2", "countdown", "5 to 120"),
        ("done = 1000", "done", "5 to 300"),
        ('speech = "yes"', "speech", "true or false"),
        ("helpers = 1", "helpers", "true or false"),
        ("languages = []", "languages", "a list"),
        ('languages = ["fr", "es"]', "languages", "a list"),
        ('languages = ["fr", "fr"]', "languages", "each once"),
        ('box = "../box"', "box", "name of a box"),
        ("desk = 3", "desk", "a text"),
        ("desk = { fr = 3 }", "desk", "a text"),
    ],
)
def test_a_wrong_value_names_file_field_and_what_is_allowed(
    tmp_path: Path, text: str, field: str, allowed: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_settings(write(tmp_path, text))
    assert caught.value.where == f"{tmp_path / SETTINGS}: {field}"
    assert allowed in caught.value.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [('printer = "laser"', "network:HOST"), ('printer = "usb"\nprofile = "x"', "POS-5890")],
)
def test_a_printer_that_there_is_none_like_names_the_file(
    tmp_path: Path, text: str, hint: str
) -> None:
    settings = read_settings(write(tmp_path, text))
    with pytest.raises(InputError) as caught:
        printer_of(settings, tmp_path)
    assert caught.value.where == f"{tmp_path / SETTINGS}: printer"
    assert hint in caught.value.hint


def test_an_unknown_setting_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no setting 'printr'") as caught:
        read_settings(write(tmp_path, 'printr = "usb"'))
    assert "printer" in caught.value.hint


@pytest.mark.parametrize("data", [b"printer = usb", b"\xff\xfe", b"[[["])
def test_what_is_no_toml_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / SETTINGS).write_bytes(data)
    with pytest.raises(InputError, match="not a TOML file"):
        read_settings(tmp_path)
