"""What a town sets for one machine: DIR/kiosk.toml, all of it optional.

::

    box = "kiosk-1"
    second = "/media/copy"
    printer = "usb"
    desk = { fr = "Le guichet est à l'entrée", en = "The desk is at the entrance" }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from pbvote.core.errors import InputError
from pbvote.files import read_bytes
from pbvote_kiosk.ports import Printer

SETTINGS = "kiosk.toml"
_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\Z"


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How this machine is set up. Times in seconds; an empty text means "none"."""

    box: Annotated[str, Meta(pattern=f"{_NAME}|^\\Z")] = ""
    """The box that votes go into here; needed if the machine has several."""
    registrar: Annotated[str, Meta(pattern=f"{_NAME}|^\\Z")] = ""
    """The registrar of the desk here; needed if the machine has several."""
    second: str = ""
    """The second copy: a stick's folder, or a file on it."""
    printer: str = "none"
    """The receipt printer; `open_printer` says what can stand here."""
    profile: str = "default"
    """The kind of receipt printer, as python-escpos calls it; "POS-5890" is one of 58 mm."""
    speech: bool = False
    """Whether screens are read aloud from the start; a key turns it on and off anyway."""
    helpers: bool = False
    """Whether a helper or interpreter may stand beside a voter; officials count how many."""
    idle: Annotated[int, Meta(ge=15, le=900)] = 90
    """How long nobody touches anything before the countdown."""
    countdown: Annotated[int, Meta(ge=5, le=120)] = 20
    """How long the countdown runs before the screen goes back to its beginning."""
    done: Annotated[int, Meta(ge=5, le=300)] = 30
    """How long a receipt stays on the screen."""
    desk: str | dict[str, str] = ""
    """Where the desk is, in one language or in each."""
    sticks: str = "/media"
    """Where officials' sticks are mounted."""
    languages: Annotated[list[Literal["fr", "nl", "de", "en"]], Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["fr", "nl", "de", "en"]
    )
    """The languages on the screens, in the order shown."""


_ALLOWED: Mapping[str, str] = {
    "box": 'the name of a box on this machine, like "kiosk-1"',
    "registrar": 'the name of a registrar on this machine, like "salle"',
    "second": 'a folder or file on a stick, like "/media/copy"',
    "printer": 'a printer, like "none", "usb" or "cups"',
    "profile": 'a kind of receipt printer, like "default" or "POS-5890"',
    "speech": "true or false",
    "helpers": "true or false",
    "idle": "15 to 900 seconds",
    "countdown": "5 to 120 seconds",
    "done": "5 to 300 seconds",
    "desk": 'a text, or one a language: { fr = "…", en = "…" }',
    "sticks": 'a folder, like "/media"',
    "languages": 'a list of "fr", "nl", "de" and "en", each once',
}


def read_settings(folder: Path) -> Settings:
    """The settings in an election's folder; all defaults if there are none.

    InputError naming file and field, with what is allowed there.
    """
    path = folder / SETTINGS
    if not path.exists():
        return Settings()
    try:
        table = tomllib.loads(read_bytes(path).decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"not a TOML file ({error})", where=str(path), hint='Write lines like: printer = "usb"'
        ) from None
    return settings_of(table, str(path))


def printer_of(settings: Settings, folder: Path) -> Printer:
    """The printer that is set; InputError naming the file for one that can't be read."""
    from pbvote_kiosk.devices.printers import open_printer
    from pbvote_kiosk.paper.slip import slip_pdf

    try:
        return open_printer(settings.printer, slip_pdf, profile=settings.profile)
    except InputError as error:
        raise error.at(f"{folder / SETTINGS}: printer") from None


def with_box(settings: Settings, box: str | None) -> Settings:
    """The settings with the box that a command line names, if it names one."""
    return settings if box is None else msgspec.structs.replace(settings, box=box)


def settings_of(table: Mapping[str, object], where: str) -> Settings:
    """The settings of a table; errors as in `read_settings`."""
    for name in table:
        if name not in _ALLOWED:
            raise InputError(
                f"there is no setting {name!r}",
                where=where,
                hint=f"Settings are: {', '.join(_ALLOWED)}",
            )
    try:
        settings = msgspec.convert(dict(table), Settings)
    except msgspec.ValidationError as error:
        raise _wrong(_field_of(str(error)), where) from None
    if len(set(settings.languages)) < len(settings.languages):
        raise _wrong("languages", where)
    return settings


def _field_of(message: str) -> str:
    """The field that msgspec's message ends with, like "… - at `$.idle`"."""
    match = re.search(r"`\$\.([a-z]+)", message)
    return match[1] if match else ""


def _wrong(field: str, where: str) -> InputError:
    return InputError(
        "a value that isn't allowed",
        where=f"{where}: {field}",
        hint=f"Write {_ALLOWED[field]}" if field in _ALLOWED else "",
    )
