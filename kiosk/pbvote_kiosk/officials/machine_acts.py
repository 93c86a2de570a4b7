"""What officials look at on the machine: status, paper, scanner, readiness, fingerprint, events."""

from __future__ import annotations

from pbvote.core.encoding import time_text
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.dialogs import Said
from pbvote_kiosk.officials.fingerprint import fingerprint
from pbvote_kiosk.officials.flow import Flow, say
from pbvote_kiosk.officials.lines import (
    check_lines,
    compared,
    event_lines,
    fingerprint_lines,
    status_lines,
)
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.poll_acts import print_report
from pbvote_kiosk.officials.readiness import PRINTER_SAYS, checks, readiness_report
from pbvote_kiosk.officials.reports import keep, named
from pbvote_kiosk.ports import Code, Line, PrinterState, Slip

STOPPED, RESTART = 0, 3
"""What the program leaves with: systemd starts it again only after the second."""
TEST_SCAN = "PBVOTE1/T/TEST234567"
_EVENTS = 100


async def status(flow: Flow) -> None:
    """How everything stands."""
    printer = await flow.thread(flow.printer.state)
    await flow.thread(flow.poll.catch_up)
    await flow.page(say(N_("Status")), lambda _: list(status_lines(flow.poll, printer, _)))


async def paper(flow: Flow) -> None:
    """The printer, asked again after paper was put in, and a test print."""
    asked = "again"
    while asked:
        state = await (_print_test(flow) if asked == "print" else _ask_printer(flow))
        asked = await _show_printer(flow, state)


async def _ask_printer(flow: Flow) -> PrinterState:
    state = await flow.thread(flow.printer.state)
    flow.poll.note("paper", {"state": _good(state.prints)}, [flow.role])
    return state


async def _print_test(flow: Flow) -> PrinterState:
    slip = _test_slip(flow.poll, flow.home)
    state = await flow.thread(lambda: flow.printer.print(slip))
    flow.poll.note("test-print", {"state": _good(state.prints)}, [flow.role])
    return state


async def _show_printer(flow: Flow, state: PrinterState) -> str:
    return await flow.page(
        say(N_("Printer and paper")),
        lambda _: [
            _("Printer: {state}", state=_(PRINTER_SAYS[state])),
            _(
                "Put in a new roll, close the lid, then ask again. Without paper voting goes on:"
                " receipts stay on the screen."
            ),
        ],
        buttons=[("again", say(N_("Ask again"))), ("print", say(N_("Print a test")))],
    )


def _test_slip(poll: Poll, _: Words) -> Slip:
    test = [Line("TEST", size=2, bold=True, centred=True)] if poll.election.is_test else []
    return (
        *test,
        Line(_("Test print"), size=2, bold=True, centred=True),
        Line(poll.name),
        Line(_.moment(poll.now(), poll.zone)),
        Line("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 éèêçàüöäßë €"),
        Code(fingerprint(poll.election).code),
    )


async def scan(flow: Flow) -> None:
    """Read a code and say whether it came whole."""

    def scanned(text: str) -> Said:
        is_ours, length = text.startswith("PBVOTE1/"), len(text)
        flow.poll.note("test-scan", {"state": _good(is_ours)}, [flow.role])
        if text == TEST_SCAN:
            return lambda _: _("✓ Read without a fault: the scanner works.")
        if is_ours:
            return lambda _: _("✓ A code of pbvote with {n} characters was read.", n=length)
        return lambda _: _(
            "✗ {n} characters were read, but not a code of pbvote. Is the scanner set to another"
            " keyboard?",
            n=length,
        )

    await flow.page(
        say(N_("Test the scanner")),
        lambda _: [
            _("Scan the code on this screen, or any card."),
            _("Of a voter's card, nothing but that it was read is shown."),
        ],
        code=TEST_SCAN,
        on_scan=scanned,
    )


async def readiness(flow: Flow) -> None:
    """Every point that must be well, kept as PDF and printed."""
    poll, home, by = flow.poll, flow.home, (flow.role,)
    printer = await flow.thread(flow.printer.state)
    await flow.thread(poll.catch_up)
    found = checks(poll, printer, home)
    report = readiness_report(poll, found, by, home)
    path = named(poll, time_text(poll.now()), "readiness")
    await flow.thread(lambda: keep(path, report, home))
    is_well = all(check.ok for check in found)
    poll.note("readiness", {"state": _good(is_well), "report": path.name}, by)
    answer = await flow.page(
        say(N_("Readiness report")),
        lambda _: [
            *check_lines(checks(poll, printer, _), _),
            "",
            _("Kept as {path}", path=path),
        ],
        buttons=[("print", say(N_("Print")))],
    )
    if answer == "print":
        await print_report(flow, report)


async def show_fingerprint(flow: Flow) -> None:
    """What must be the same on every machine; another one's code can be scanned."""
    found = fingerprint(flow.poll.election)
    await flow.page(
        say(N_("Fingerprint")),
        lambda _: list(fingerprint_lines(found, _)),
        code=found.code,
        on_scan=lambda text: lambda _: compared(found, text, _),
    )


async def events(flow: Flow) -> None:
    """The last events."""
    last, zone = flow.poll.events.last(_EVENTS), flow.poll.zone
    await flow.page(say(N_("Events")), lambda _: list(event_lines(last, zone, _)))


async def restart(flow: Flow) -> None:
    """Start the program anew."""
    await _end(flow, N_("Restart the program?"), N_("Restart"), RESTART)


async def stop(flow: Flow) -> None:
    """End the program, until somebody starts it."""
    await _end(flow, N_("Stop the program?"), N_("Stop"), STOPPED)


async def _end(flow: Flow, title: str, yes: str, code: int) -> None:
    sure = await flow.ask(
        title, lambda _: _("The poll stays as it is; nothing that was cast is lost."), yes
    )
    if sure:
        flow.poll.note("stopped", {"reason": "restart" if code else "stop"}, [flow.role])
        flow.screen.app.exit(return_code=code)


def _good(ok: bool) -> str:
    return "good" if ok else "bad"
