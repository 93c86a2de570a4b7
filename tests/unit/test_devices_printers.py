"""Receipt printers on every wire, from the printer's side; and all that can be wrong with one."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pbvote.core.errors import InputError
from pbvote_kiosk.devices.cups import CupsPrinter
from pbvote_kiosk.devices.escpos import NARROW, EscposPrinter, slip_bytes
from pbvote_kiosk.devices.printers import open_printer
from pbvote_kiosk.devices.wires import FileWire, NetworkWire, SerialWire, UsbWire, Wire
from pbvote_kiosk.ports import Code, Line, NoPrinter, PrinterState, Rule, Slip
from receipt_printer import Paper, ReceiptPrinter, Row, UsbBus, at_network, at_terminal

RECEIPT = "PBVOTE1/R/" + ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 6)[:183]
SLIP: Slip = [
    Line("Ville de Liège", size=2, bold=True, centred=True),
    Rule(),
    Line("À l’œuvre : « Ça coûte 1 250,00 € » – Größe, één, naïef"),
    Line(),
    Code(RECEIPT),
    Line("Łukasz Dvořák"),
]
READY, LOW, NO_PAPER, NOT_THERE = (
    PrinterState.READY,
    PrinterState.PAPER_LOW,
    PrinterState.NO_PAPER,
    PrinterState.NOT_THERE,
)


def no_pdf(slip: Slip) -> bytes:
    raise AssertionError("only CUPS takes PDF")


# --- what comes out -------------------------------------------------------------------------------


def test_accents_sizes_and_codes_come_out() -> None:
    paper = Paper(slip_bytes(SLIP))
    assert paper.rows[0] == Row("Ville de Liège", 2, bold=True, centred=True)
    assert paper.rows[1] == Row("-" * 42)
    assert "À l’œuvre : « Ça coûte 1 250,00 € » – Größe, één, naïef" in " ".join(
        row.text for row in paper.rows
    )
    assert paper.rows[-1] == Row("Lukasz Dvorák")
    assert paper.codes == [RECEIPT]
    assert paper.native_codes == 0
    assert paper.cuts == 1


@pytest.mark.parametrize(
    ("profile", "columns", "native"),
    [("default", 42, 0), ("TM-T20II", 48, 1), ("TM-T88IV", 42, 1), (NARROW, 32, 0)],
)
@pytest.mark.parametrize("text", [RECEIPT, "HTTPS://VOTE.EXAMPLE.BE/R/" + RECEIPT, "A"])
def test_lines_and_codes_fit_the_paper(profile: str, columns: int, native: int, text: str) -> None:
    words = "Une ligne bien trop longue pour du papier étroit, " * 3 + "x" * 100
    paper = Paper(slip_bytes([Rule(), Line(words), Line(words, size=2), Code(text)], profile))
    assert len(paper.rows[0].text) == columns
    for row in paper.rows:
        assert len(row.text) * row.size <= columns
    assert "".join(paper.text.split()).count("x" * 100) == 2
    assert paper.codes == [text]
    assert paper.native_codes == native


def test_no_text_sends_the_printer_a_command() -> None:
    """A title that cuts the paper, opens the drawer or asks for the status."""
    plain, harmful = "A B", "A\x1b@\x1dV\x00\x1bp\x00\x10\x04\x01\x07\u202e\x9b B\n\tC"
    printed = slip_bytes([Line(harmful)])
    assert b"V\x00" not in printed.removesuffix(b"\x1dV\x00")
    assert Paper(printed).rows[0].text == "A@ Vp B  C"
    assert printed.count(b"\x1b") == slip_bytes([Line(plain)]).count(b"\x1b")


def test_a_text_too_long_for_a_code_is_printed_as_text() -> None:
    paper = Paper(slip_bytes([Code("A" * 5000)]))
    assert "".join(row.text for row in paper.rows) == "A" * 5000
    assert not paper.codes


# --- every wire -----------------------------------------------------------------------------------


@pytest.fixture
def machine() -> ReceiptPrinter:
    return ReceiptPrinter()


@pytest.fixture(params=["network", "serial", "device", "usb", "usb-named"])
def printer(request: pytest.FixtureRequest, machine: ReceiptPrinter) -> Iterator[EscposPrinter]:
    with ExitStack() as stack:
        wire: Wire
        if request.param == "network":
            wire = NetworkWire("localhost", stack.enter_context(at_network(machine)))
        elif request.param == "serial":
            wire = SerialWire(stack.enter_context(at_terminal(machine)), 115200)
        elif request.param == "device":
            wire = FileWire(Path(stack.enter_context(at_terminal(machine))))
        elif request.param == "usb":
            wire = UsbWire(backend=UsbBus(machine))
        else:
            wire = UsbWire(0x04B8, 0x0E15, backend=UsbBus(machine))
        yield EscposPrinter(wire)


def test_a_slip_comes_out_of_every_wire(machine: ReceiptPrinter, printer: EscposPrinter) -> None:
    assert printer.state() == READY
    assert printer.print(SLIP) == READY
    assert printer.print([Line("second")]) == READY
    assert machine.paper.codes == [RECEIPT]
    assert machine.paper.rows[-1].text == "second"
    assert machine.paper.cuts == 2


def test_paper_is_told_on_every_wire(machine: ReceiptPrinter, printer: EscposPrinter) -> None:
    machine.paper_low = True
    assert printer.state() == LOW
    assert printer.print([Line("hello")]) == LOW
    machine.no_paper = machine.offline = True
    assert printer.state() == NO_PAPER
    assert printer.print([Line("never")]) == NO_PAPER
    assert machine.paper.text == "hello"
    machine.paper_low = machine.no_paper = False
    assert printer.state() == NOT_THERE  # its cover is still open
    machine.offline = False
    assert printer.print(SLIP) == READY


def test_paper_that_ends_in_the_middle(machine: ReceiptPrinter, printer: EscposPrinter) -> None:
    machine.runs_out_after = 100
    assert printer.print(SLIP) == NO_PAPER


def test_a_printer_that_never_answers_prints(
    machine: ReceiptPrinter, printer: EscposPrinter
) -> None:
    machine.mute = True
    assert printer.state() == READY
    assert printer.print(SLIP) == READY
    end = time.monotonic() + 10
    while not machine.taken.endswith(b"\x1dV\0"):  # the cut, which nobody waited for
        assert time.monotonic() < end
        time.sleep(0.01)
    assert machine.paper.codes == [RECEIPT]


# --- what goes wrong ------------------------------------------------------------------------------


def quickly(printer: EscposPrinter | CupsPrinter) -> None:
    """A printer that doesn't print says so, soon and without an exception."""
    for act in (printer.state, lambda: printer.print(SLIP)):
        start = time.monotonic()
        assert act() == NOT_THERE
        assert time.monotonic() - start < 4


def test_a_network_printer_that_refuses_or_hangs_up(machine: ReceiptPrinter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    quickly(EscposPrinter(NetworkWire("127.0.0.1", port)))
    quickly(EscposPrinter(NetworkWire("printer.invalid", port)))
    with at_network(machine, hangs_up=True) as port:
        quickly(EscposPrinter(NetworkWire("127.0.0.1", port)))


def test_a_network_printer_that_doesn_t_accept() -> None:
    with socket.socket() as server, ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):  # fill the queue: further connections wait for ever
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        printer = EscposPrinter(NetworkWire("127.0.0.1", server.getsockname()[1]))
        start = time.monotonic()
        assert printer.print(SLIP) == NOT_THERE
        assert 1 < time.monotonic() - start < 4


def test_a_network_printer_that_takes_nothing() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        server.bind(("127.0.0.1", 0))
        server.listen()
        wire = NetworkWire("127.0.0.1", server.getsockname()[1])
        wire.open()
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.write(bytes(50_000_000))
        wire.close()
        assert time.monotonic() - start < 4


def test_a_serial_adapter_that_is_pulled_amid_a_slip() -> None:
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    os.close(theirs)
    wire = SerialWire(name)
    wire.open()
    pull = threading.Timer(0.2, os.close, (ours,))
    pull.start()
    with pytest.raises(OSError, match=r"Input/output error|takes no more"):
        wire.write(bytes(1 << 20))
    pull.join()
    wire.close()


def test_a_serial_port_that_is_gone_or_takes_nothing(machine: ReceiptPrinter) -> None:
    quickly(EscposPrinter(SerialWire("/dev/ttyUSB99")))
    ours, theirs = os.openpty()
    os.set_blocking(theirs, False)
    try:
        printer = EscposPrinter(SerialWire(os.ttyname(theirs)))
        start = time.monotonic()
        assert printer.print([Line("x" * 100_000)]) == NOT_THERE
        assert time.monotonic() - start < 4
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_usb_printer_unplugged_forbidden_or_another(machine: ReceiptPrinter) -> None:
    bus = UsbBus(machine)
    printer = EscposPrinter(UsbWire(backend=bus))
    assert printer.print([Line("there")]) == READY
    assert bus.kernel_driver and not bus.claimed, "the kernel's driver has it again"
    bus.plugged_in = False
    quickly(printer)
    bus.plugged_in, bus.allowed = True, False
    quickly(printer)
    bus.allowed = True
    assert printer.state() == READY
    quickly(EscposPrinter(UsbWire(0x1234, 0x5678, backend=bus)))
    bus.interface_class = 3
    quickly(printer)  # a mouse is no printer
    named = EscposPrinter(UsbWire(0x04B8, 0x0E15, backend=bus))
    assert named.state() == READY  # but one that was named is, whatever it calls itself


def test_without_libusb_there_is_no_usb_printer() -> None:
    assert EscposPrinter(UsbWire()).state() == NOT_THERE


def test_a_device_file_that_isn_t_there_doesn_t_become_a_file(tmp_path: Path) -> None:
    path = Path("/dev/pbvote-no-such-printer")
    quickly(EscposPrinter(FileWire(path)))
    assert not path.exists()
    quickly(EscposPrinter(FileWire(tmp_path)))
    quickly(EscposPrinter(FileWire(tmp_path / "no" / "folder")))


def test_slips_are_added_to_a_file_that_others_can_t_read(tmp_path: Path) -> None:
    path = tmp_path / "slips"
    printer = EscposPrinter(FileWire(path))
    assert printer.state() == READY
    assert printer.print([Line("one")]) == READY
    assert printer.print([Line("two")]) == READY
    assert Paper(path.read_bytes()).text == "one\ntwo"
    assert path.stat().st_mode & 0o077 == 0


class Stuck:
    """A wire whose driver hangs until it is let go."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.opened = 0

    def open(self) -> None:
        self.opened += 1
        self.free.wait()

    def write(self, data: bytes) -> None:
        """Taken."""

    def read(self, seconds: float) -> bytes:
        return b""

    def close(self) -> None:
        """Gone."""


def test_a_driver_that_hangs_is_not_waited_for_nor_asked_again() -> None:
    wire = Stuck()
    printer = EscposPrinter(wire)
    start = time.monotonic()
    assert printer.state() == NOT_THERE
    assert printer.state() == NOT_THERE
    assert time.monotonic() - start < 5
    assert wire.opened == 1
    wire.free.set()
    assert printer.print(SLIP) == READY


# --- settings -------------------------------------------------------------------------------------


def test_settings_name_printers(tmp_path: Path) -> None:
    assert isinstance(open_printer("none", no_pdf), NoPrinter)
    for text in (
        "usb",
        "usb:04b8:0E15",
        "serial:/dev/ttyS0",
        "serial:/dev/ttyUSB0:115200",
        "network:192.168.1.50",
        "network:printer.local:9101",
        "network:[::1]:9100",
        "file:/dev/usb/lp0",
    ):
        assert isinstance(open_printer(text, no_pdf), EscposPrinter)
    assert isinstance(open_printer("cups", no_pdf), CupsPrinter)
    assert isinstance(open_printer("cups:Salle_A", no_pdf), CupsPrinter)
    printer = open_printer(f"file:{tmp_path / 'slips'}", no_pdf, profile="TM-T20II")
    assert printer.print([Code("A")]) == READY
    assert Paper((tmp_path / "slips").read_bytes()).native_codes == 1


@pytest.mark.parametrize(
    "text",
    ["", "laser", "usb:", "usb:04b8", "usb:xxxx:0000", "serial:ttyS0", "serial:/dev/ttyS0:fast",
     "network:", "network:host:0", "network:host:70000", "network:a b", "file:", "cups:-o",
     "cups:", "cups:a b", "None", "none:"],
)  # fmt: skip
def test_settings_that_name_no_printer(text: str) -> None:
    with pytest.raises(InputError, match="not a printer"):
        open_printer(text, no_pdf)


def test_a_kind_of_printer_that_nobody_knows() -> None:
    with pytest.raises(InputError, match="no receipt printer is called 'TM-X'"):
        open_printer("usb", no_pdf, profile="TM-X")
