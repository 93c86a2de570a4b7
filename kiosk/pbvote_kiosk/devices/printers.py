"""The printer that a setting names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pbvote.core.errors import InputError
from pbvote_kiosk.devices.cups import CupsPrinter
from pbvote_kiosk.devices.escpos import DEFAULT, EscposPrinter
from pbvote_kiosk.devices.wires import FileWire, NetworkWire, SerialWire, UsbWire, Wire
from pbvote_kiosk.ports import NoPrinter, Printer, Slip

_HINT = (
    "Write none, usb, usb:VID:PID, serial:/dev/…[:BAUD], network:HOST[:PORT], file:PATH, cups"
    " or cups:QUEUE"
)


def open_printer(text: str, to_pdf: Callable[[Slip], bytes], *, profile: str = DEFAULT) -> Printer:
    """The printer of a setting like "usb"; InputError for one that can't be read.

    `to_pdf` draws a slip for CUPS (`paper.slip.slip_pdf`), `profile` is how python-escpos names
    the kind of receipt printer. Nothing is opened yet: whether it is there, its `state` tells.
    """
    kind, _, where = text.partition(":")
    if text == "none":
        return NoPrinter()
    if text == "cups" or (kind == "cups" and re.fullmatch(r"[^\s/#-][^\s/#]*", where)):
        return CupsPrinter(where, to_pdf)
    wire = UsbWire() if text == "usb" else _wire(kind, where)
    if wire is None:
        raise InputError(f"not a printer: {text!r}", hint=_HINT)
    return EscposPrinter(wire, profile=_known(profile))


def _wire(kind: str, where: str) -> Wire | None:
    if kind == "usb" and (found := re.fullmatch("([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})", where)):
        return UsbWire(int(found[1], 16), int(found[2], 16))
    if kind == "serial" and (found := re.fullmatch("(/[^:]+)(?::([1-9][0-9]{2,6}))?", where)):
        return SerialWire(found[1], int(found[2] or 9600))
    if kind == "network" and (
        found := re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+)(?::([0-9]{1,5}))?", where)
    ):
        port = int(found[2] or 9100)
        return NetworkWire(found[1].strip("[]"), port) if 0 < port < 65536 else None
    if kind == "file" and where and "\0" not in where:
        return FileWire(Path(where))
    return None


def _known(profile: str) -> str:
    if profile == DEFAULT:
        return profile
    from escpos.capabilities import CAPABILITIES

    if profile not in CAPABILITIES["profiles"]:
        known = ", ".join(sorted(CAPABILITIES["profiles"]))
        raise InputError(f"no receipt printer is called {profile!r}", hint=f"Known are: {known}")
    return profile
