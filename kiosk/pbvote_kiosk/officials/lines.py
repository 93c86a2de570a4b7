"""What the officials' pages say: status, fingerprint, events, the comparison after a pause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pbvote.core.encoding import unix_time
from pbvote.paper.report import Report
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.officials.events import Event, What
from pbvote_kiosk.officials.fingerprint import Fingerprint, grouped
from pbvote_kiosk.officials.poll import Numbers, Poll, State
from pbvote_kiosk.officials.readiness import PRINTER_SAYS, Check
from pbvote_kiosk.officials.reports import labelled
from pbvote_kiosk.ports import PrinterState

STATE_SAYS: Mapping[State, str] = {
    "new": N_("not opened yet"),
    "open": N_("open"),
    "paused": N_("paused"),
    "closed": N_("closed"),
}
EVENT_SAYS: Mapping[What, str] = {
    "started": N_("Program started"),
    "stopped": N_("Program stopped by officials"),
    "opened": N_("Poll opened"),
    "paused": N_("Poll paused"),
    "resumed": N_("Voting went on"),
    "closed": N_("Poll closed"),
    "exported": N_("Log written to a stick and read back"),
    "compared": N_("Compared with the pause"),
    "menu": N_("Officials' menu opened"),
    "wrong-pin": N_("Wrong PIN"),
    "unknown-card": N_("Unknown official's card"),
    "official-added": N_("Official added"),
    "official-removed": N_("Official removed"),
    "paper": N_("Printer looked at"),
    "test-print": N_("Test print"),
    "test-scan": N_("Test scan"),
    "readiness": N_("Readiness report"),
    "second-copy": N_("Second copy"),
    "printer": N_("Printer"),
    "clock": N_("Clock"),
    "spare-key": N_("Spare key made"),
    "takeover": N_("Box taken over from another machine"),
    "cut-session": N_("Program started after a power cut or a fault"),
}
NUMBER_SAYS: Mapping[str, str] = {
    "cast": N_("Ballots in the box"),
    "challenged": N_("Ballots opened to check the machine"),
    "size": N_("Entries in the log"),
    "root": N_("Root of the log"),
}


def mark(ok: bool) -> str:
    """A sign that is told apart without colour."""
    return "✓" if ok else "✗"


def status_lines(poll: Poll, printer: PrinterState, _: Words) -> Iterator[str]:
    """How poll and machine are, a line each; what is not well stands first."""
    for warning in poll.warnings():
        yield f"! {warning.said(_, poll.zone)}"
    numbers = poll.numbers
    yield _("Poll: {state}", state=_(STATE_SAYS[poll.state]))
    for name, value in (("cast", numbers.cast), ("challenged", numbers.challenged)):
        yield labelled(_(NUMBER_SAYS[name]), _.number(value), _)
    if poll.settings.helpers:
        yield _("Voters with a helper: {n}", n=_.number(poll.helpers))
    yield _("Clock: {time}", time=_.moment(poll.now(), poll.zone))
    yield _("Disk: {n} MB free", n=_.number(poll.free_space // 1_000_000))
    yield _("Printer: {state}", state=_(PRINTER_SAYS[printer]))
    yield _("Scanner: {state}", state=_scanner(poll, _))
    if poll.settings.second:
        when = _.moment(poll.caught_up, poll.zone) if poll.caught_up else "–"
        yield _("Second copy: {place}, complete at {time}", place=poll.settings.second, time=when)
    yield _("Logs of the desks here: {names}", names=", ".join(poll.registries) or "–")
    yield _("Events: {n}", n=_.number(poll.events.size))


def _scanner(poll: Poll, _: Words) -> str:
    test = poll.events.latest("test-scan")
    if test is None:
        return _("not tested")
    return _("tested at {time}", time=_.moment(unix_time(test.at), poll.zone))


def fingerprint_lines(found: Fingerprint, _: Words) -> Iterator[str]:
    """What must be the same on every machine."""
    yield _("Version: {version}", version=found.version)
    yield _("Installed files:")
    yield grouped(found.files)
    yield _("Election:")
    yield grouped(found.election)
    if found.addendum:
        yield _("Last addendum:")
        yield grouped(found.addendum)
    yield ""
    yield _("On every machine they must be the same. Scan the code of another machine to compare.")


def compared(ours: Fingerprint, scanned: str, _: Words) -> str:
    """What a scanned fingerprint says next to this machine's."""
    theirs = scanned.split("/")
    mine = ours.code.split("/")
    if theirs == mine:
        return _("✓ The same as on the other machine.")
    if theirs[:2] != mine[:2] or len(theirs) != len(mine):
        return _("✗ This isn't another machine's fingerprint.")
    names = (_("Version"), _("Installed files"), _("Election"), _("Last addendum"))
    wrong = [n for n, a, b in zip(names, theirs[2:], mine[2:], strict=True) if a != b]
    return _("✗ Not the same: {names}.", names=", ".join(wrong))


def event_lines(events: list[Event], zone: str, _: Words) -> Iterator[str]:
    """Events, the latest first."""
    for event in reversed(events):
        line = f"{_.moment(unix_time(event.at), zone)}  {_(EVENT_SAYS[event.what])}"
        more = [*event.by]
        more += [event.detail[name] for name in ("role", "reason") if name in event.detail]
        if "cast" in event.detail:
            more.append(_("ballots: {n}", n=_.number(int(event.detail["cast"]))))
        if (state := event.detail.get("state")) in ("good", "bad"):
            more.append(mark(state == "good"))
        yield f"{line} – {', '.join(more)}" if more else line


def comparison_lines(poll: Poll, _: Words) -> Iterator[str]:
    """The box at the last pause and now, number by number."""
    at_pause = poll.at_pause()
    if at_pause is None:
        yield from _unpaused(poll, _)
        return
    before, event = at_pause
    yield _(
        "Paused at {time} by {names}. Compare the numbers with the paper of that moment.",
        time=_.moment(unix_time(event.at), poll.zone),
        names=", ".join(event.by),
    )
    yield ""
    now = poll.numbers
    different = before.differences(now)
    for name in ("cast", "challenged", "size"):
        old, new = _.number(getattr(before, name)), _.number(getattr(now, name))
        label = f"{mark(name not in different)} {_(NUMBER_SAYS[name])}"
        yield labelled(label, f"{old} → {new}", _)
    yield labelled(f"{mark('root' not in different)} {_(NUMBER_SAYS['root'])}", "", _)
    yield f"  {grouped(before.root)}"
    yield f"→ {grouped(now.root)}"
    yield ""
    yield verdict(before, now, poll.state, _)


def _unpaused(poll: Poll, _: Words) -> Iterator[str]:
    """What is in a box that wasn't paused here, as after a takeover, for the last paper."""
    yield _("It wasn't paused on this machine. Compare with the last report on paper.")
    yield ""
    numbers = poll.numbers
    for name in ("cast", "challenged", "size"):
        yield labelled(_(NUMBER_SAYS[name]), _.number(getattr(numbers, name)), _)
    root = "root"
    yield labelled(_(NUMBER_SAYS[root]), grouped(numbers.root), _)


def verdict(before: Numbers, now: Numbers, state: State, _: Words) -> str:
    """Whether anything happened to the box during the pause."""
    if not before.differences(now):
        return _("✓ The box is as it was: nothing went in and nothing was changed.")
    if state != "paused":
        return _("Since that pause voting went on, so the numbers differ.")
    return _(
        "✗ The box was changed during the pause. Don't go on: keep the machine as it is, write down"
        " what you see, and call the commission."
    )


def check_lines(found: list[Check], _: Words) -> Iterator[str]:
    """The points of readiness."""
    bad = sum(not check.ok for check in found)
    yield (
        _.many("{n} point isn't in order yet.", "{n} points aren't in order yet.", bad)
        if bad
        else _("Everything is in order: this machine is ready.")
    )
    yield ""
    for check in found:
        yield labelled(f"{mark(check.ok)} {check.name}", check.found, _)


def report_lines(report: Report, _: Words) -> Iterator[str]:
    """A report as it is read on the screen, its code beside it."""
    yield from (labelled(label, value, _) for label, value in report.rows)
    yield ""
    yield from report.notes
