"""Whether a machine is ready for the day: each point, with what was found."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pbvote.core.encoding import unix_time
from pbvote.paper.report import Report, Table
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.officials.fingerprint import fingerprint, grouped
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.reports import place_of
from pbvote_kiosk.officials.warnings import (
    ClockOdd,
    DiskLow,
    NoSecondCopy,
    SecondCopyForgotten,
    SecondCopyMissing,
    Warned,
)
from pbvote_kiosk.ports import PrinterState

DAY = 24 * 3600

PRINTER_SAYS = {
    PrinterState.READY: N_("ready"),
    PrinterState.NONE: N_("no printer here"),
    PrinterState.PAPER_LOW: N_("paper is running low"),
    PrinterState.NO_PAPER: N_("no paper"),
    PrinterState.NOT_THERE: N_("doesn't answer"),
}


class Check(Struct, frozen=True):
    """A point of the list: what it is about, whether it is well, and what was found."""

    name: str
    ok: bool
    found: str


def checks(poll: Poll, printer: PrinterState, words: Words) -> list[Check]:
    """Every point, in the words of a language."""
    return [*_of_box(poll, words), *_of_machine(poll, printer, words), *_of_people(poll, words)]


def _of_box(poll: Poll, _: Words) -> Iterator[Check]:
    entries = _.many("{n} entry in the log", "{n} entries in the log", poll.numbers.size)
    yield Check(_("The box's key is the one in the manifest"), True, place_of(poll, _))
    yield Check(_("Every entry of the box was read and is right"), True, entries)
    place = poll.settings.second or "–"
    yield _warned(
        poll,
        _("Second copy"),
        (SecondCopyMissing, SecondCopyForgotten, NoSecondCopy),
        _("written to {place}", place=place),
        _,
    )


def _of_machine(poll: Poll, printer: PrinterState, _: Words) -> Iterator[Check]:
    free = _("{n} MB free", n=_.number(poll.free_space // 1_000_000))
    yield _warned(poll, _("Disk"), (DiskLow,), free, _)
    well = printer.prints or printer is PrinterState.NONE
    yield Check(_("Printer"), well, _(PRINTER_SAYS[printer]))
    yield _warned(poll, _("Clock"), (ClockOdd,), _.moment(poll.now(), poll.zone), _)
    test = poll.events.latest("test-scan")
    recent = test is not None and unix_time(test.at) > poll.now() - DAY
    found = _("not tested") if test is None else _.moment(unix_time(test.at), poll.zone)
    yield Check(_("Scanner tested within a day"), recent, found)


def _of_people(poll: Poll, _: Words) -> Iterator[Check]:
    roles = poll.keepers.roles
    yield Check(_("Two officials have a card and a PIN"), len(roles) >= 2, ", ".join(roles) or "–")
    here = ", ".join(poll.registries) or _("none: cards can be scanned, but not typed")
    yield Check(_("Logs of the desks here"), bool(poll.registries), here)


def _warned(
    poll: Poll, name: str, kinds: tuple[type[Warned], ...], well: str, words: Words
) -> Check:
    for warning in poll.warnings():
        if isinstance(warning, kinds):
            return Check(name, False, warning.said(words, poll.zone))
    return Check(name, True, well)


def readiness_report(poll: Poll, found: list[Check], by: tuple[str, ...], words: Words) -> Report:
    """The list on paper, with the machine's fingerprint."""
    _, print_ = words, fingerprint(poll.election)
    rows = (
        (_("Box"), place_of(poll, _)),
        (_("Time"), _.moment(poll.now(), poll.zone)),
        (_("Officials"), ", ".join(by)),
        (_("Version"), print_.version),
        (_("Installed files"), grouped(print_.files)),
        (_("Election"), grouped(print_.election)),
        (_("Event log"), f"{_.number(poll.events.size)} – {grouped(poll.events.root)}"),
    )
    table = Table(
        title=_("Points"),
        head=(_("Point"), _("In order?"), _("Found")),
        rows=tuple((check.name, _("yes") if check.ok else _("NO"), check.found) for check in found),
    )
    return Report(
        title=_("Readiness report"),
        place=_.text(poll.election.manifest.title),
        rows=rows,
        tables=(table,),
        notes=(_("The code holds the fingerprint: it must be the same on every machine."),),
        code=print_.code,
        signatures=by,
        test=poll.election.is_test,
    )
