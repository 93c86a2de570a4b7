"""Ways to a receipt printer: network, serial port, USB, a device file or a plain file.

A wire is opened for one slip or question and closed again: a printer that was switched off and on
needs nothing. What goes wrong is an OSError. No write waits longer than WAIT for the printer to
take more, no read longer than it is told; looking up a host's name and the drivers of some
devices can, so `EscposPrinter` doesn't wait for them either.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import serial
    from usb.backend import IBackend
    from usb.core import Device, Endpoint, Interface

WAIT = 2.0
"""Seconds."""
_PIECE = 4096
_BULK, _PRINTER_CLASS = 2, 7  # USB's numbers


class Wire(Protocol):
    """A way to a printer. Every method raises OSError when it fails, TimeoutError included."""

    def open(self) -> None:
        """Get hold of the printer."""

    def write(self, data: bytes) -> None:
        """Hand over all of it."""

    def read(self, seconds: float) -> bytes:
        """What the printer answered, at most so late; b"" if nothing or if it can't."""

    def close(self) -> None:
        """Let go of the printer, whatever happened. Never fails."""


class NetworkWire:
    """A printer that takes its data over TCP, mostly at port 9100."""

    def __init__(self, host: str, port: int = 9100) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        self._socket = socket.create_connection(self._address, timeout=WAIT)

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            self._open_socket.settimeout(WAIT)
            self._open_socket.sendall(data[start : start + _PIECE])

    def read(self, seconds: float) -> bytes:
        self._open_socket.settimeout(seconds)
        try:
            answer = self._open_socket.recv(64)
        except TimeoutError:
            return b""
        if not answer:
            raise ConnectionResetError("the printer hung up")
        return answer

    def close(self) -> None:
        if self._socket is None:
            return
        with suppress(OSError):
            # Closed with an answer unread, the connection is reset and the printer may stop.
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(0.1)
            self._socket.recv(4096)
        self._socket.close()
        self._socket = None

    @property
    def _open_socket(self) -> socket.socket:
        assert self._socket is not None, "not opened"  # noqa: S101
        return self._socket


class SerialWire:
    """A printer at a serial port, without flow control."""

    def __init__(self, path: str, baud: int = 9600) -> None:
        self._path, self._baud = path, baud
        self._port: serial.Serial | None = None
        self._unsent = False

    def open(self) -> None:
        import serial

        self._port = serial.Serial(self._path, self._baud, timeout=WAIT, write_timeout=WAIT)

    def write(self, data: bytes) -> None:
        self._unsent = True
        for start in range(0, len(data), _PIECE):
            self._open_port.write(data[start : start + _PIECE])
            self._wait_until_sent()
        self._unsent = False

    def _wait_until_sent(self) -> None:
        left, since = self._open_port.out_waiting, time.monotonic()
        while left:
            time.sleep(0.01)
            if (now_left := self._open_port.out_waiting) < left:
                left, since = now_left, time.monotonic()
            elif time.monotonic() - since > WAIT:
                raise TimeoutError("the printer takes no more")

    def read(self, seconds: float) -> bytes:
        self._open_port.timeout = seconds
        first = bytes(self._open_port.read(1))
        return first + bytes(self._open_port.read(self._open_port.in_waiting)) if first else b""

    def close(self) -> None:
        if self._port is None:
            return
        with suppress(OSError, termios.error):  # an adapter that was pulled gives the second
            if self._unsent:
                self._port.reset_output_buffer()  # or closing waits for what can't be sent
        with suppress(OSError):
            self._port.close()
        self._port, self._unsent = None, False

    @property
    def _open_port(self) -> serial.Serial:
        assert self._port is not None, "not opened"  # noqa: S101
        return self._port


class FileWire:
    """A device file such as /dev/usb/lp0, or a plain file, to whose end slips are added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._answers = False

    def open(self) -> None:
        flags = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            is_device = stat.S_ISCHR(self._path.stat().st_mode)
        except FileNotFoundError:
            if self._path.is_relative_to("/dev"):
                raise  # a printer's file that isn't there must not become a plain one
            is_device = False
        if is_device:
            with suppress(PermissionError):
                self._file = os.open(self._path, flags | os.O_RDWR)
                self._answers = True
                return
        plain = 0 if is_device else os.O_CREAT | os.O_APPEND
        self._file = os.open(self._path, flags | os.O_WRONLY | plain, 0o600)

    def write(self, data: bytes) -> None:
        while data:
            if not select.select([], [self._file], [], WAIT)[1]:
                raise TimeoutError("the printer takes no more")
            data = data[os.write(self._file, data[:_PIECE]) :]

    def read(self, seconds: float) -> bytes:
        if not self._answers or not select.select([self._file], [], [], seconds)[0]:
            return b""
        return os.read(self._file, 64)

    def close(self) -> None:
        if self._file >= 0:
            with suppress(OSError):
                os.close(self._file)
        self._file, self._answers = -1, False


class UsbWire:
    """A printer on USB: that of a vendor and product, or the first one that says it is a printer.

    `backend` is how pyusb reaches the bus; it looks for libusb by itself.
    """

    def __init__(
        self, vendor: int | None = None, product: int | None = None, backend: IBackend | None = None
    ) -> None:
        self._wanted = {"idVendor": vendor, "idProduct": product} if vendor is not None else {}
        self._backend = backend
        self._open: tuple[Device, Interface] | None = None
        self._detached = False

    def open(self) -> None:
        import usb.core
        import usb.util

        try:
            self._open = device, interface = self._found()
        except usb.core.NoBackendError:
            raise FileNotFoundError("libusb isn't installed") from None
        number = interface.bInterfaceNumber
        with suppress(NotImplementedError):
            if device.is_kernel_driver_active(number):
                device.detach_kernel_driver(number)
                self._detached = True
        usb.util.claim_interface(device, number)

    def _found(self) -> tuple[Device, Interface]:
        import usb.core

        for device in usb.core.find(find_all=True, backend=self._backend, **self._wanted):
            for configuration in device:
                for interface in configuration:
                    is_printer = interface.bInterfaceClass == _PRINTER_CLASS
                    if (is_printer or self._wanted) and _endpoint(interface, into=False):
                        return device, interface
        raise FileNotFoundError("no such USB printer")

    def write(self, data: bytes) -> None:
        out = self._endpoint(into=False)
        while out is not None and data:
            data = data[out.write(data[:_PIECE], int(WAIT * 1000)) :]

    def read(self, seconds: float) -> bytes:
        import usb.core

        into = self._endpoint(into=True)
        if into is None:
            return b""
        try:
            return bytes(into.read(into.wMaxPacketSize, int(seconds * 1000)))
        except usb.core.USBTimeoutError:
            return b""

    def _endpoint(self, *, into: bool) -> Endpoint | None:
        assert self._open is not None, "not opened"  # noqa: S101
        return _endpoint(self._open[1], into=into)

    def close(self) -> None:
        import usb.util

        if self._open is None:
            return
        device, interface = self._open
        with suppress(OSError, NotImplementedError):
            usb.util.release_interface(device, interface.bInterfaceNumber)
        with suppress(OSError, NotImplementedError):
            if self._detached:
                device.attach_kernel_driver(interface.bInterfaceNumber)
        with suppress(OSError):
            usb.util.dispose_resources(device)
        self._open, self._detached = None, False


def _endpoint(interface: Interface, *, into: bool) -> Endpoint | None:
    """The bulk endpoint into the computer or out of it; None if the interface has none."""
    for endpoint in interface:
        is_into = bool(endpoint.bEndpointAddress & 0x80)
        if endpoint.bmAttributes & 3 == _BULK and is_into == into:
            return endpoint
    return None
