"""What a document says, in words, for who is about to sign it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, to_builtins

from pbvote.cli.choices import text_in
from pbvote.core.closing import Closing
from pbvote.core.manifest import Addendum, Box, Contest, Hours, Manifest
from pbvote.draft import Draft
from pbvote.draft.signing import Waiting
from pbvote.draft.values import amount_text, local_text, time_zone
from pbvote.words import plural


def fingerprint(digest: bytes) -> str:
    """A SHA-256 in groups that can be read aloud.

    >>> fingerprint(bytes(8))
    '00000000 00000000'
    """
    text = digest.hex()
    return " ".join(text[i : i + 8] for i in range(0, len(text), 8))


def short(vkey_name: str) -> str:
    """`anne` of `pbvote/<slug>/trustee/anne`."""
    return vkey_name.rpartition("/")[2]


def to_sign(document: Waiting) -> list[str]:
    """The fingerprint of what is signed, then what it says, then who signed."""
    match document.record:
        case Manifest() as manifest:
            what, lines = "manifest; its election id", manifest_lines(manifest)
        case Addendum() as addendum:
            what, lines = "addendum; its SHA-256", addendum_lines(addendum, document.manifest)
        case Closing() as closing:
            what, lines = "closing; its SHA-256", closing_lines(closing, document.manifest)
    return [
        f"{what}: {fingerprint(document.text_sha256)}",
        *map(printable, lines),
        f"signed by trustees: {', '.join(map(short, document.signed)) or 'none'}",
    ]


def printable(line: str) -> str:
    """Without what would move a terminal's cursor: the document isn't the reader's own."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def draft_lines(draft: Draft) -> list[str]:
    """What a draft says."""
    lines = [
        f"{draft.slug}: {text_in(draft.title, draft.languages[0])}",
        *_hours_lines(draft.opens, draft.closes, draft.time_zone),
    ]
    for contest in draft.contests:
        lines += contest_lines(contest, draft.currency)
    return [
        *lines,
        trustees_line(draft.threshold, draft.trustees, draft.quorum),
        f"registrars: {', '.join(draft.registrars)}",
        *(f"box {box.name}, {box.channel}" for box in draft.boxes),
    ]


def manifest_lines(manifest: Manifest) -> list[str]:
    """What a manifest says."""
    lines = [
        f"{manifest.slug}: {text_in(manifest.title, manifest.languages[0])}",
        *_hours_lines(manifest.opens, manifest.closes, manifest.time_zone),
    ]
    for contest in manifest.contests:
        lines += contest_lines(contest, manifest.currency)
    names = [trustee.name for trustee in manifest.trustees]
    return [
        *lines,
        trustees_line(manifest.threshold, names, manifest.quorum),
        f"registrars: {', '.join(registrar.name for registrar in manifest.registrars)}",
        *(f"box {box.name}, {box.channel}" for box in manifest.boxes),
        f"roll: {plural(manifest.roll.count, 'person')}",
    ]


def trustees_line(threshold: int, names: Sequence[str], quorum: int) -> str:
    """Who opens, and how many sign the closing.

    >>> trustees_line(2, ["anne", "bruno", "chloe"], 3)
    'trustees: any 2 of anne, bruno, chloe open, 3 sign the closing'
    """
    return f"trustees: any {threshold} of {', '.join(names)} open, {quorum} sign the closing"


def _hours_lines(opens: Hours, closes: Hours, zone_name: str) -> list[str]:
    zone = time_zone(zone_name)
    return [
        f"{channel}: {local_text(start, zone)} to {local_text(end, zone)}"
        for channel, start, end in (
            ("online", opens.online, closes.online),
            ("in person", opens.in_person, closes.in_person),
        )
    ]


def contest_lines(contest: Contest, currency: str) -> list[str]:
    """A contest's money, ballot and rule."""
    budget = amount_text(contest.budget, currency)
    ballot, rule = _settings(to_builtins(contest.ballot), "format"), _settings(contest.rule, "name")
    return [
        f"contest {contest.id}: {budget} {currency}, {plural(len(contest.projects), 'project')}",
        f"  ballot {ballot}; rule {rule}",
    ]


def _settings(table: dict[str, object], name: str) -> str:
    """`approval (min 1, max 3)`."""
    rest = ", ".join(f"{key} {value}" for key, value in table.items() if key != name)
    return f"{table[name]} ({rest})" if rest else str(table[name])


def addendum_lines(addendum: Addendum, manifest: Manifest) -> list[str]:
    """What an addendum changes."""
    zone = time_zone(manifest.time_zone)
    lines = [f"addendum {addendum.number}, of {local_text(addendum.at, zone)}"]
    if addendum.registrars is not UNSET:
        lines += [f"adds the registrar {r.name} ({r.vkey})" for r in addendum.registrars]
    if addendum.boxes is not UNSET:
        lines += [
            f"adds the box {b.name}, {b.channel}, at: {_place(b, manifest)} ({b.vkey})"
            for b in addendum.boxes
        ]
    if addendum.closes is not UNSET:
        hours = to_builtins(addendum.closes)
        lines += [f"closes {channel} at {local_text(at, zone)}" for channel, at in hours.items()]
    for c in [] if addendum.corrections is UNSET else addendum.corrections:
        value: object = c.value
        if c.field == "cost" and isinstance(c.value, int):
            value = f"{amount_text(c.value, manifest.currency)} {manifest.currency}"
        if isinstance(value, dict):
            value = ", ".join(f"{language}: {text}" for language, text in value.items())
        reason = text_in(c.reason, manifest.languages[0])
        lines.append(f"{c.contest}/{c.project}: {c.field} becomes {value} ({reason})")
    return lines


def _place(box: Box, manifest: Manifest) -> str:
    return box.place if isinstance(box.place, str) else text_in(box.place, manifest.languages[0])


def closing_lines(closing: Closing, manifest: Manifest) -> list[str]:
    """Every log as it is counted."""
    at = local_text(closing.at, time_zone(manifest.time_zone))
    lines = [f"closing of {at}; nothing is added after it"]
    for log in closing.logs:
        reason = "" if log.reason is UNSET else f", {log.reason}"
        entries = plural(log.size, "entry")
        lines.append(f"{log.status:7}{entries:>16}  {log.origin}{reason}")
        lines.append(f"{'root':>15} {log.root.hex()}")
    return lines
