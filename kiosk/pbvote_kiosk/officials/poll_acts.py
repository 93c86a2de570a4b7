"""What officials do to the poll: open, pause, compare, go on, close, write it to a stick."""

from __future__ import annotations

from pathlib import Path

from pbvote.paper.report import Report
from pbvote.sticks import sticks
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.dialogs import Said, said
from pbvote_kiosk.officials import stick
from pbvote_kiosk.officials.events import Event
from pbvote_kiosk.officials.fingerprint import grouped
from pbvote_kiosk.officials.flow import Flow, say
from pbvote_kiosk.officials.lines import comparison_lines, report_lines
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.readiness import PRINTER_SAYS
from pbvote_kiosk.officials.reports import (
    keep_missing,
    latest,
    report_of,
    report_path,
    screen_code,
)
from pbvote_kiosk.paper.report import report_slip
from pbvote_kiosk.ports import PrinterState


async def open_poll(flow: Flow) -> None:
    """Open, with a second official; the zero report."""
    entries = flow.poll.numbers.size
    sure = await flow.ask(
        N_("Open the poll?"),
        lambda _: _.many(
            "The log of the box has {n} entry. It must have none: nobody has voted.",
            "The log of the box has {n} entries. It must have none: nobody has voted.",
            entries,
        ),
        N_("Open the poll"),
    )
    if sure and (by := await flow.two()):
        await flow.thread(lambda: flow.poll.open(by))
        await _print_new(flow)


async def pause(flow: Flow) -> None:
    """Let nobody vote for a while; the overnight report."""
    sure = await flow.ask(
        N_("Pause the poll?"),
        lambda _: _("Nobody can vote here until an official lets voting go on."),
        N_("Pause"),
    )
    if sure:
        await flow.thread(lambda: flow.poll.pause([flow.role]))
        await _print_new(flow)


async def compare(flow: Flow) -> None:
    """The box at the pause and now."""
    await flow.page(
        say(N_("Compare the box with the pause")), lambda _: list(comparison_lines(flow.poll, _))
    )
    flow.poll.note("compared", {"state": _same(flow.poll)}, [flow.role])


def _same(poll: Poll) -> str:
    return "bad" if poll.changed_overnight() else "good"


async def resume(flow: Flow) -> None:
    """Let people vote again, after a look at the comparison."""
    answer = await flow.page(
        say(N_("Go on with voting?")),
        lambda _: list(comparison_lines(flow.poll, _)),
        buttons=[("yes", say(N_("The same as on the paper: go on")))],
        loud=bool(flow.poll.changed_overnight()),
    )
    if answer == "yes":
        await flow.thread(lambda: flow.poll.resume([flow.role]))


async def close(flow: Flow) -> None:
    """Close for good: asked twice, with a second official; the closing report."""
    cast = flow.poll.numbers.cast
    sure = await flow.ask(
        N_("Close the poll for good?"),
        lambda _: f"{_counted(_, cast)} {_hours(flow.poll, _)}",
        N_("Close the poll"),
        loud=True,
    )
    if not sure or not (by := await flow.two()):
        return
    sure = await flow.ask(
        N_("Really close?"),
        lambda _: _(
            "Is nobody in the queue any more? A box that was closed can't be opened again by"
            " anybody."
        ),
        N_("Yes, close it for good"),
        loud=True,
    )
    if sure:
        await flow.thread(lambda: flow.poll.close(by))
        await _print_new(flow)


def _counted(_: Words, cast: int) -> str:
    return _.many("{n} ballot is in the box.", "{n} ballots are in the box.", cast)


def _hours(poll: Poll, _: Words) -> str:
    if poll.now() < poll.closes:
        end = _.moment(poll.closes, poll.zone)
        return _("It is early: the hours end at {time}.", time=end)
    return _("The hours are over. Whoever is still in the queue votes first.")


async def helped(flow: Flow) -> None:
    """Count one more voter who came with a helper."""
    count = await flow.thread(flow.poll.helped)
    await flow.tell(
        N_("Voters with a helper"),
        lambda _: _.many(
            "{n} voter came with a helper so far. Who it was is written nowhere.",
            "{n} voters came with a helper so far. Who they were is written nowhere.",
            count,
        ),
    )


async def export(flow: Flow) -> None:
    """Write the closed box's log to a stick, and read it back from there."""
    place = Path(flow.poll.settings.sticks)
    found = await flow.thread(lambda: sticks(place, flow.poll.is_stick))
    if not found:
        await flow.tell(
            N_("No stick"),
            lambda _: _("Put in a stick, wait a moment, then try again. ({place})", place=place),
        )
        return
    chosen = await flow.page(
        say(N_("Write the log to a stick")),
        lambda _: [_("The log, the event log and the reports are written and read back.")],
        buttons=[(f"stick-{number}", str(path)) for number, path in enumerate(found)],
    )
    if not chosen:
        return
    target = found[int(chosen.removeprefix("stick-"))]
    done = await flow.wait_for(
        N_("Writing to the stick and reading it back"),
        lambda: stick.export(flow.poll, target, (flow.role,)),
    )
    await flow.page(say(N_("The stick is right")), lambda _: _read_back(done, _))


def _read_back(done: stick.Exported, _: Words) -> list[str]:
    return [
        _.many(
            "✓ {n} entry was read back from the stick.",
            "✓ {n} entries were read back from the stick.",
            done.size,
        ),
        _("They are the same as in the box, to the last bit. Root of the log:"),
        grouped(done.root),
        "",
        str(done.folder),
        _("You can take the stick out now."),
    ]


async def _print_new(flow: Flow) -> None:
    """The report of what was just done: kept, printed, shown."""
    poll, event = flow.poll, latest(flow.poll)
    if event is None:
        return
    await flow.thread(lambda: keep_missing(poll, flow.home))
    slip = report_slip(report_of(poll, event, flow.home), flow.home)
    state = await flow.wait_for(N_("Printing"), lambda: flow.printer.print(slip))
    await _show(flow, event, lambda _: _printed(state, _))


def _printed(state: PrinterState, _: Words) -> str:
    if state.prints:
        return _("✓ Printed. Sign it, and keep it with the minutes.")
    return _(
        "! Not printed. Printer: {state}. Write the numbers down, or print the file later.",
        state=_(PRINTER_SAYS[state]),
    )


async def show_report(flow: Flow) -> None:
    """The last report once more."""
    event = latest(flow.poll)
    if event is None:
        await flow.tell(N_("No report"), lambda _: _("The poll was opened with another program."))
        return
    await flow.thread(lambda: keep_missing(flow.poll, flow.home))
    await _show(flow, event, lambda _: "")


async def _show(flow: Flow, event: Event, first: Said) -> None:
    poll = flow.poll

    def lines(_: Words) -> list[str]:
        said_first = said(first, _)
        kept = _("Kept as {path}", path=report_path(poll, event))
        top = [said_first, ""] if said_first else []
        return [*top, *report_lines(report_of(poll, event, _), _), "", kept]

    answer = await flow.page(
        lambda _: report_of(poll, event, _).title,
        lines,
        code=screen_code(poll, event),
        buttons=[("print", say(N_("Print")))],
    )
    if answer == "print":
        await print_report(flow, report_of(poll, event, flow.home))


async def print_report(flow: Flow, report: Report) -> None:
    """On the receipt printer; what to do if nothing came out."""
    slip = report_slip(report, flow.home)
    state = await flow.wait_for(N_("Printing"), lambda: flow.printer.print(slip))
    await flow.tell(N_("Print"), lambda _: _printed(state, _), loud=not state.prints)
