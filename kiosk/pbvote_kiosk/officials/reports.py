"""What is printed and kept of opening, pausing and closing: each report comes of its event.

So one that a power cut kept from being written is made later, with the same numbers. Kept in
DIR/kiosk/<box>/reports/ as PDF and text, never overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from pbvote.core.encoding import unix_time
from pbvote.core.note import Checkpoint, parse_checkpoint, parse_note
from pbvote.files import write_bytes
from pbvote.paper.report import Report, report_pdf
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.officials.events import Event, What
from pbvote_kiosk.officials.fingerprint import fingerprint, grouped
from pbvote_kiosk.officials.poll import Numbers, Poll

REPORTS = "reports"


class _Kind(Struct, frozen=True):
    title: str
    notes: tuple[str, ...]


_KINDS: Mapping[What, _Kind] = {
    "opened": _Kind(
        N_("Zero report: the poll is opened"),
        (
            N_("The box is empty: nobody has voted. The one entry in its log is the opening."),
            N_("Keep this paper with the minutes."),
        ),
    ),
    "paused": _Kind(
        N_("Overnight report: the poll is paused"),
        (
            N_(
                "Nothing goes into the box until voting goes on. Take this paper with you, and"
                " compare it with the screen before."
            ),
        ),
    ),
    "closed": _Kind(
        N_("Closing report: the poll is closed"),
        (
            N_("Nothing goes into this box any more. The counts are those of its last entry."),
            N_(
                "The code holds the box's signed checkpoint: whoever keeps a photo of it can show"
                " later whether this log was changed."
            ),
            N_("Compare these numbers with the desk's, and sign."),
        ),
    ),
}


def report_of(poll: Poll, event: Event, words: Words) -> Report:
    """The report of an opening, a pause or a closing. KeyError for any other event."""
    _, kind = words, _KINDS[event.what]
    numbers, then = Numbers.of(event), poll.events.up_to(event)
    found = fingerprint(poll.election)
    rows = [
        (_("Box"), place_of(poll, _)),
        (_("Time"), _.moment(unix_time(event.at), poll.zone)),
        (_("Officials"), ", ".join(event.by)),
        (_("Ballots in the box"), _.number(numbers.cast)),
        (_("Ballots opened to check the machine"), _.number(numbers.challenged)),
        (_("Entries in the log"), _.number(numbers.size)),
        (_("Root of the log"), grouped(numbers.root)),
        (_("Event log"), f"{_.number(then.size)} – {grouped(then.root)}"),
        (_("Version"), found.version),
        (_("Installed files"), grouped(found.files)),
        (_("Election"), grouped(found.election)),
    ]
    if poll.settings.helpers:
        rows.insert(5, (_("Voters with a helper"), _.number(int(event.detail.get("helped", "0")))))
    return Report(
        title=_(kind.title),
        place=_.text(poll.election.manifest.title),
        rows=tuple(rows),
        notes=tuple(_(note) for note in kind.notes),
        code=_checkpoint(poll, numbers),
        signatures=tuple(event.by) or (_("Official"), _("Official")),
        test=poll.election.is_test,
    )


def place_of(poll: Poll, words: Words) -> str:
    """The box's name and where it stands."""
    place = words.text(poll.election.box(poll.name).place)
    return poll.name if place in ("", poll.name) else f"{poll.name} ({place})"


def _checkpoint(poll: Poll, numbers: Numbers) -> str:
    """The box's signed checkpoint while it is of these numbers; later only what it says."""
    note = poll.box.checkpoint
    signed = parse_checkpoint(parse_note(note).text)
    if (signed.size, signed.root.hex()) == (numbers.size, numbers.root):
        return note.decode()
    return Checkpoint(signed.origin, numbers.size, bytes.fromhex(numbers.root)).text


def screen_code(poll: Poll, event: Event) -> str:
    """The checkpoint as three lines: short enough for a code on a screen of 24 lines."""
    numbers = Numbers.of(event)
    origin = poll.election.box_keys[poll.name].name
    return Checkpoint(origin, numbers.size, bytes.fromhex(numbers.root)).text


def keep_missing(poll: Poll, words: Words) -> None:
    """Write every report that isn't kept yet."""
    for event in poll.events.all():
        if event.what in _KINDS and not report_path(poll, event).exists():
            keep(report_path(poll, event), report_of(poll, event, words), words)


def report_path(poll: Poll, event: Event) -> Path:
    """Where the report of an event is kept, as PDF; its text stands beside it."""
    return named(poll, event.at, event.what)


def named(poll: Poll, at: str, kind: str) -> Path:
    """Where a report of this moment and kind is kept."""
    return poll.own / REPORTS / f"{at.replace(':', '-')}-{kind}.pdf"


def keep(path: Path, report: Report, words: Words) -> None:
    """Write a report as PDF, and as text beside it, unless they are there already."""
    text = path.with_suffix(".txt")
    if not text.exists():
        write_bytes(text, report_text(report, words).encode(), private=True)
    if not path.exists():
        write_bytes(path, report_pdf(report, words), private=True)


def latest(poll: Poll) -> Event | None:
    """The last event that has a report."""
    return poll.events.latest("opened", "paused", "closed")


def labelled(label: str, value: str, _: Words) -> str:
    """A label and its value, as the language puts the colon."""
    return _("{label}: {value}", label=label, value=value)


def report_text(report: Report, words: Words) -> str:
    """A report as plain lines."""
    lines = [report.title, report.place, ""]
    if report.test:
        lines.insert(0, "TEST")
    lines += [labelled(label, value, words) for label, value in report.rows]
    for table in report.tables:
        lines += ["", table.title, " | ".join(table.head)]
        lines += [" | ".join(row) for row in table.rows]
    lines += ["", *report.notes] if report.notes else []
    lines += ["", report.code.rstrip("\n")] if report.code else []
    for role in report.signatures:
        lines += ["", words("Signature of {role}: ______________________", role=role)]
    return "\n".join(lines) + "\n"
