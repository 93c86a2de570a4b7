"""The printer's side of ESC/POS: what comes out on paper, and what it answers.

`ReceiptPrinter` is the machine; `at_network`, `at_terminal` and `UsbBus` put it at the end of a
real TCP connection, pseudo-terminal or pyusb.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import tty
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any, NamedTuple

import usb.core
import zxingcpp
from PIL import Image
from usb.backend import IBackend

PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 19: "cp858"}


class Row(NamedTuple):
    """A line of text on the paper."""

    text: str
    size: int = 1
    bold: bool = False
    centred: bool = False


class Paper:
    """What a printer made of the commands it got: rows, QR codes, and cuts."""

    def __init__(self, data: bytes) -> None:
        self.rows: list[Row] = []
        self.codes: list[str] = []
        self.native_codes = 0
        self.cuts = 0
        self._data, self._at = data, 0
        self._page, self._size, self._bold, self._centred = "", 1, False, False
        self._text, self._code = "", b""
        while self._at < len(data):
            self._step()

    @property
    def text(self) -> str:
        return "\n".join(row.text for row in self.rows)

    def _take(self, count: int = 1) -> bytes:
        taken = self._data[self._at : self._at + count]
        assert len(taken) == count, "the commands end in the middle of one"
        self._at += count
        return taken

    def _step(self) -> None:
        byte = self._take()
        if byte == b"\x1b":
            self._escape(self._take())
        elif byte == b"\x1d":
            self._group(self._take())
        elif byte == b"\x1c":
            assert self._take() == b"."
        elif byte == b"\x10":
            self._take(2)
        elif byte == b"\n":
            self.rows.append(Row(self._text, self._size, self._bold, self._centred))
            self._text = ""
        else:
            assert byte >= b" ", f"an unknown command {byte!r}"
            self._text += byte.decode(self._page if byte > b"\x7f" else "ascii")

    def _escape(self, command: bytes) -> None:
        if command == b"@":
            self._page, self._size, self._bold, self._centred = "", 1, False, False
            return
        (value,) = self._take()
        if command == b"t":
            self._page = PAGES[value]
        elif command == b"!":
            self._size, self._bold = (2 if value & 0x30 == 0x30 else 1), bool(value & 8)
        elif command == b"E":
            self._bold = bool(value)
        elif command == b"a":
            self._centred = value == 1
        else:
            assert command == b"d", f"an unknown command ESC {command!r}"

    def _group(self, command: bytes) -> None:
        if command == b"V":
            self._take()
            self.cuts += 1
        elif command == b"v":
            _, mode, wide, high = self._take(), *self._take(1), self._number(), self._number()
            self._picture(self._take(wide * high), wide, 2 if mode == 3 else 1)
        elif command == b"(":
            assert self._take() == b"k"
            self._two_dimensional(self._take(self._number()))
        else:
            assert command == b"r", f"an unknown command GS {command!r}"
            self._take()

    def _number(self) -> int:
        return int.from_bytes(self._take(2), "little")

    def _picture(self, data: bytes, wide: int, scale: int) -> None:
        picture = Image.frombytes("1", (8 * wide, len(data) // wide), bytes(b ^ 255 for b in data))
        assert picture.width * scale <= 576, "wider than the paper"
        paper = Image.new("L", (picture.width + 80, picture.height + 80), 255)
        paper.paste(picture, (40, 40))
        paper = paper.resize((paper.width * scale, paper.height * scale))
        self.codes += [code.text for code in zxingcpp.read_barcodes(paper)]

    def _two_dimensional(self, command: bytes) -> None:
        if command.startswith(b"1P0"):
            self._code = command[3:]
        elif command.startswith(b"1Q0"):
            self.codes.append(self._code.decode())
            self.native_codes += 1


class ReceiptPrinter:
    """A printer with paper, an off line switch, and moods."""

    def __init__(self) -> None:
        self.taken = bytearray()
        self.paper_low = self.no_paper = self.offline = False
        self.mute = False
        """Takes data and answers nothing."""
        self.runs_out_after: int | None = None
        """So many bytes, then the paper ends."""

    def take(self, data: bytes) -> bytes:
        """Take data, and answer what it asks."""
        self.taken += data
        if self.runs_out_after is not None and len(self.taken) > self.runs_out_after:
            self.no_paper = self.offline = True
        if self.mute:
            return b""
        if data.endswith(b"\x10\x04\x04"):
            return bytes([0x12 | 0x60 * self.no_paper | 0x0C * self.paper_low])
        if data.endswith(b"\x10\x04\x01"):
            return bytes([0x12 | 0x08 * self.offline])
        if data.endswith(b"\x1dr\x01") and not self.offline:
            return bytes([0x03 * self.paper_low])
        return b""

    @property
    def paper(self) -> Paper:
        return Paper(bytes(self.taken))


@contextmanager
def at_network(printer: ReceiptPrinter, *, hangs_up: bool = False) -> Iterator[int]:
    """The printer behind a port of this machine; it may close each connection at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                if not select.select([server], [], [], 0.05)[0]:
                    continue
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    while not hangs_up and (data := connection.recv(65536)):
                        if answer := printer.take(data):
                            connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


@contextmanager
def at_terminal(printer: ReceiptPrinter) -> Iterator[str]:
    """The printer behind a serial port, which is a pseudo-terminal; its path."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            if select.select([ours], [], [], 0.05)[0] and (answer := printer.take(_read(ours))):
                os.write(ours, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        over.set()
        thread.join()
        os.close(ours)
        os.close(theirs)


def _read(file: int) -> bytes:
    try:
        return os.read(file, 65536)
    except OSError:  # nobody has the other end open
        return b""


class UsbBus(IBackend):
    """A bus with a printer on it, as pyusb sees libusb; the kernel's own driver holds it first."""

    def __init__(self, printer: ReceiptPrinter, *, vendor: int = 0x04B8, product: int = 0x0E15):
        self.printer, self.vendor, self.product = printer, vendor, product
        self.plugged_in = self.allowed = True
        self.kernel_driver, self.claimed = True, False
        self.interface_class = 7
        self._answers = bytearray()

    def enumerate_devices(self) -> Iterator[str]:
        yield from ["printer"] if self.plugged_in else []

    def get_parent(self, dev: str) -> None:
        return None

    def get_device_descriptor(self, dev: str) -> Any:
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=64,
            idVendor=self.vendor,
            idProduct=self.product,
            bcdDevice=0x100,
            iManufacturer=0,
            iProduct=0,
            iSerialNumber=0,
            bNumConfigurations=1,
            address=1,
            bus=1,
            port_number=1,
            port_numbers=(1,),
            speed=2,
        )

    def get_configuration_descriptor(self, dev: str, config: int) -> Any:
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=32,
            bNumInterfaces=1,
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0xC0,
            bMaxPower=1,
            extra_descriptors=[],
        )

    def get_interface_descriptor(self, dev: str, intf: int, alt: int, config: int) -> Any:
        if intf or alt:
            raise IndexError
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=4,
            bInterfaceNumber=0,
            bAlternateSetting=0,
            bNumEndpoints=2,
            bInterfaceClass=self.interface_class,
            bInterfaceSubClass=1,
            bInterfaceProtocol=2,
            iInterface=0,
            extra_descriptors=[],
        )

    def get_endpoint_descriptor(self, dev: str, ep: int, intf: int, alt: int, config: int) -> Any:
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=(0x03, 0x84)[ep],  # not those that python-escpos guesses
            bmAttributes=2,
            wMaxPacketSize=64,
            bInterval=0,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=[],
        )

    def open_device(self, dev: str) -> str:
        if not self.allowed:
            raise usb.core.USBError("Access denied (insufficient permissions)", -3, 13)
        return dev

    def close_device(self, dev_handle: str) -> None:
        """Nothing."""

    def get_configuration(self, dev_handle: str) -> int:
        return 1

    def set_interface_altsetting(self, dev_handle: str, intf: int, altsetting: int) -> None:
        """Nothing."""

    def is_kernel_driver_active(self, dev_handle: str, intf: int) -> bool:
        return self.kernel_driver

    def detach_kernel_driver(self, dev_handle: str, intf: int) -> None:
        self.kernel_driver = False

    def attach_kernel_driver(self, dev_handle: str, intf: int) -> None:
        assert not self.claimed
        self.kernel_driver = True

    def claim_interface(self, dev_handle: str, intf: int) -> None:
        assert not self.kernel_driver
        self.claimed = True

    def release_interface(self, dev_handle: str, intf: int) -> None:
        self.claimed = False

    def bulk_write(self, dev_handle: str, ep: int, intf: int, data: Any, timeout: int) -> int:
        assert self.claimed and ep == 0x03
        if not self.plugged_in:
            raise usb.core.USBError("No such device (it may have been disconnected)", -4, 19)
        self._answers += self.printer.take(bytes(data))
        return len(data)

    def bulk_read(self, dev_handle: str, ep: int, intf: int, buff: Any, timeout: int) -> int:
        assert ep == 0x84
        if not self._answers:
            raise usb.core.USBTimeoutError("Operation timed out", -7, 110)
        answer, self._answers = self._answers[: len(buff)], self._answers[len(buff) :]
        buff[: len(answer)] = array("B", answer)
        return len(answer)
