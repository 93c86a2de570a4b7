"""Receipt printers that speak ESC/POS, whatever wire they are at.

python-escpos knows the commands, code pages and profiles of printers; what it makes of a slip is
handed over by our own wires, which never wait for long. Status is asked with DLE EOT (Epson's
real-time status) where the printer answers; one that doesn't is taken to be ready.
"""

from __future__ import annotations

import textwrap
import threading
import unicodedata
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from PIL import Image

from pbvote.core.errors import InputError
from pbvote.qr import matrix, modules
from pbvote_kiosk.devices.wires import WAIT, Wire
from pbvote_kiosk.ports import Code, Line, PrinterState, Slip

if TYPE_CHECKING:
    from escpos.printer import Dummy

DEFAULT = "default"
"""The profile of a printer that nobody named: 42 columns, QR codes as pictures."""
NARROW = "ZJ-5870"
"""The same for paper of 58 mm: 32 columns."""

STATE_SECONDS, PRINT_SECONDS = 3.0, 20.0
_ANSWER = 0.4
_PRINTER_STATUS, _PAPER_STATUS = b"\x10\x04\x01", b"\x10\x04\x04"
_PAPER_AFTER_ALL = b"\x1dr\x01"  # answered in its turn: when everything before is printed
_NO_CHINESE = b"\x1c."
_RASTER_DOUBLED = b"\x1dv0\x03"
"""A picture, each dot twice as wide and high: a quarter of the data, on a slow serial port."""
_OFFLINE, _PAPER_END, _PAPER_NEAR_END = 0x08, 0x60, 0x0C

_CODE_PAGES = ("CP437", "CP1252", "CP858", "CP850")
"""Those that Western Europe needs; of others printers have different ideas."""
_PLAIN = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "→": "->"}
)
_MARGIN = 2
_LARGEST = 5
"""Half dots a module; at 203 dots an inch, 10 dots are 1.25 mm."""


class EscposPrinter:
    """A receipt printer at a wire. `state` takes 3 s at most, `print` 20 s, and 3 s if it fails."""

    def __init__(self, wire: Wire, *, profile: str = DEFAULT) -> None:
        """`profile` is one of python-escpos; it says the columns, and if QR codes are native."""
        self._wire, self._profile = wire, profile
        self._one_at_a_time = threading.Lock()
        self._last = PrinterState.NOT_THERE

    def state(self) -> PrinterState:
        if not self._one_at_a_time.acquire(timeout=1):
            return self._last  # it prints just now, or hangs
        self._last = self._within(STATE_SECONDS, self._ask)
        return self._last

    def print(self, slip: Slip) -> PrinterState:
        if not self._one_at_a_time.acquire(timeout=STATE_SECONDS):
            return PrinterState.NOT_THERE
        self._last = self._within(PRINT_SECONDS, partial(self._print, slip))
        return self._last

    def _within(self, seconds: float, work: Callable[[], PrinterState]) -> PrinterState:
        """The work's result, or NOT_THERE if it takes longer; a driver that hangs is left."""
        results: SimpleQueue[PrinterState | BaseException] = SimpleQueue()

        def run() -> None:
            try:
                results.put(self._at_the_wire(work))
            except BaseException as fault:  # ours: to be raised where it is noticed
                results.put(fault)
            finally:
                self._one_at_a_time.release()

        threading.Thread(target=run, daemon=True).start()
        try:
            result = results.get(timeout=seconds)
        except Empty:
            return PrinterState.NOT_THERE
        if isinstance(result, BaseException):
            raise result
        return result

    def _at_the_wire(self, work: Callable[[], PrinterState]) -> PrinterState:
        try:
            self._wire.open()
            return work()
        except OSError:
            return PrinterState.NOT_THERE
        finally:
            self._wire.close()

    def _ask(self) -> PrinterState:
        return self._answered() or PrinterState.READY

    def _print(self, slip: Slip) -> PrinterState:
        before = self._answered()
        if before is not None and not before.prints:
            return before
        self._wire.write(slip_bytes(slip, self._profile))
        if before is None:
            return PrinterState.READY
        self._wire.write(_PAPER_AFTER_ALL)
        after: PrinterState | None = None
        for _ in range(4):
            done = self._wire.read(WAIT / 4)
            after = self._answered()
            if done or after is None or not after.prints:
                break
        return after or PrinterState.NOT_THERE

    def _answered(self) -> PrinterState | None:
        """The state as the printer tells it; None if it doesn't answer."""
        paper = self._status(_PAPER_STATUS)
        if paper is None:
            return None
        if paper & _PAPER_END:
            return PrinterState.NO_PAPER
        if (self._status(_PRINTER_STATUS) or 0) & _OFFLINE:
            return PrinterState.NOT_THERE  # its cover is open, or it is switched off line
        return PrinterState.PAPER_LOW if paper & _PAPER_NEAR_END else PrinterState.READY

    def _status(self, question: bytes) -> int | None:
        self._wire.write(question)
        answers = [byte for byte in self._wire.read(_ANSWER) if byte & 0x93 == 0x12]
        return answers[-1] if answers else None


def slip_bytes(slip: Slip, profile: str = DEFAULT) -> bytes:
    """The commands that print a slip and cut the paper."""
    from escpos.magicencode import Encoder, MagicEncode
    from escpos.printer import Dummy

    printer = Dummy(profile=profile)
    pages = printer.profile.get_code_pages()
    encoder = Encoder({name: pages[name] for name in _CODE_PAGES if name in pages})
    printer.magic = MagicEncode(printer, encoder=encoder)
    fonts = printer.profile.profile_data["fonts"]
    columns = int(fonts["0"]["columns"])
    columns = columns if columns > 24 else 42  # some profiles have dots there
    printer._raw(b"\x1b@" + _NO_CHINESE)
    for part in slip:
        if isinstance(part, Line):
            _print_line(printer, part, columns)
        elif isinstance(part, Code):
            _print_code(printer, part.text, profile, columns)
        else:
            printer.set(align="left", bold=False, normal_textsize=True)
            printer.textln("-" * columns)
    printer.set(align="left", bold=False, normal_textsize=True)
    printer.cut()
    return bytes(printer.output)


def _print_line(printer: Dummy, line: Line, columns: int) -> None:
    printer.set(
        align="center" if line.centred else "left",
        bold=line.bold,
        normal_textsize=line.size == 1,
        double_width=line.size > 1,
        double_height=line.size > 1,
    )
    text = "".join(_writable(printer, character) for character in _plain(line.text))
    for row in textwrap.wrap(text, columns // line.size) or [""]:
        printer.textln(row)


def _plain(text: str) -> str:
    """What can be printed of a text: no control character gets to the printer, as a command."""
    line = " ".join(unicodedata.normalize("NFC", text).translate(_PLAIN).splitlines())
    return "".join(c for c in line.replace("\t", " ") if c.isprintable())


def _writable(printer: Dummy, character: str) -> str:
    """The character, or what of it the printer's code pages have."""
    if printer.magic.encoder.find_suitable_encoding(character):
        return character
    bare = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return bare or "?"


def _print_code(printer: Dummy, text: str, profile: str, columns: int) -> None:
    try:
        side = modules(text) + 2 * _MARGIN
    except InputError:  # no code holds it: its text is better than nothing
        _print_line(printer, Line(text), columns)
        return
    printer.set(align="center", bold=False, normal_textsize=True)
    dots = printer.profile.profile_data["media"].get("width", {}).get("pixels")
    dots = dots if isinstance(dots, int) and dots > 300 else 12 * columns
    half = max(1, min(dots // side // 2, _LARGEST))
    if profile != DEFAULT and printer.profile.supports("qrCode"):
        printer.qr(text, size=2 * half, native=True)
        printer.ln()
        return
    rows = matrix(text, _MARGIN, level="L")
    picture = Image.new("1", (side, side))
    picture.putdata([dark for row in rows for dark in row])
    picture = picture.resize((side * half, side * half), Image.Resampling.NEAREST)
    wide = (picture.width + 7) // 8
    size = wide.to_bytes(2, "little") + picture.height.to_bytes(2, "little")
    printer._raw(_RASTER_DOUBLED + size + picture.tobytes() + b"\n")
