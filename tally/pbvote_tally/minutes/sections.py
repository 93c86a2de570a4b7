"""The minutes in words, part by part; `results` has those about money and winners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from pbvote.core.manifest import Addendum, Correction
from pbvote.paper.report import Table
from pbvote.registry.reconciliation import Difference
from pbvote_tally.fingerprint import code, in_hex, in_words
from pbvote_tally.language import N_, Words
from pbvote_tally.minutes.day import BoxDay, accepted_by_channel, roll_size
from pbvote_tally.minutes.facts import Minutes, closing_times
from pbvote_tally.minutes.results import correction_lines, corrections, results
from pbvote_tally.minutes.said import (
    CHANNEL,
    DIFFERENCE,
    FINDING,
    NUMBER,
    SET_ASIDE,
    STATUS,
)
from pbvote_tally.minutes.section import NONE, Section, moment_of

ROLES = (N_("Chair of the commission"), N_("Secretary of the commission"))
YES = "✓"


def sections(minutes: Minutes, words: Words) -> list[Section]:
    """Every part, in the order of the record."""
    return [
        _election(minutes, words),
        _roles(minutes, words),
        _boxes(minutes, words),
        _closing(minutes, words),
        _set_aside(minutes, words),
        _incidents(minutes, words),
        _turnout(minutes, words),
        _reconciliation(minutes, words),
        *results(minutes, words),
        *corrections(minutes, words),
        _bundle(minutes, words),
        Section(
            words("Signatures"), (words("Place and date: {line}", line="_" * 40),), signed=True
        ),
    ]


def signature_lines(minutes: Minutes, words: Words) -> tuple[str, ...]:
    """Who signs: whom the officials named, else the commission; and the trustees who took part."""
    own = minutes.signers or [words(role) for role in ROLES]
    took_part = (t.name for t in minutes.trustees if t.signed or t.mixed or t.opened)
    return (*own, *(words("{name}, trustee", name=name) for name in took_part))


def _election(minutes: Minutes, words: Words) -> Section:
    _, election = words, minutes.published.election
    manifest, at = election.manifest, moment_of(minutes, words)
    until = dict(zip(("online", "in-person"), closing_times(minutes.published), strict=True))
    opens = {"online": manifest.opens.online, "in-person": manifest.opens.in_person}
    channels = sorted({box.channel for box in election.boxes}, reverse=True)
    rows = [
        (_("Election"), f"{_.text(manifest.title)} ({election.slug})"),
        (_("Fingerprint of the manifest"), in_hex(election.id)),
        (_("in words"), in_words(election.id)),
        *(
            (
                _("Vote {channel}", channel=_(CHANNEL[channel])),
                _("{start} to {end}", start=at(opens[channel]), end=at(until[channel])),
            )
            for channel in channels
        ),
        (_("People on the roll"), _.number(manifest.roll.count)),
        (_("Envelopes"), _.number(len(manifest.contests))),
    ]
    addenda = tuple(
        (str(addendum.number), at(addendum.at), line)
        for addendum in election.addenda
        for line in _addendum_lines(minutes, addendum, words)
    )
    return Section(
        _("The election"),
        rows=tuple(rows),
        tables=_table(
            _("Addenda to the manifest"), (_("No."), _("Signed at"), _("Content")), addenda
        ),
    )


def _addendum_lines(minutes: Minutes, addendum: Addendum, words: Words) -> Iterator[str]:
    _ = words
    for box in addendum.boxes or ():
        yield _("Box added: {name}", name=box.name)
    for registrar in addendum.registrars or ():
        yield _("Registrar added: {name}", name=registrar.name)
    if addendum.closes:
        yield _("Other closing times")
    found: list[Correction] = list(addendum.corrections or ())
    yield from correction_lines(minutes, found, words)


def _roles(minutes: Minutes, words: Words) -> Section:
    _, manifest = words, minutes.published.election.manifest
    text = _.many(
        "{n} trustee is needed to open the ballots, and {quorum} to sign the closing.",
        "{n} trustees are needed to open the ballots, and {quorum} to sign the closing.",
        manifest.threshold,
        quorum=_.number(manifest.quorum),
    )
    return Section(
        _("Who did what"),
        before=(
            _("The commission signed the manifest, the closing and the result."),
            text,
        ),
        tables=(_trustees(minutes, words), _registrars(minutes, words)),
    )


def _trustees(minutes: Minutes, words: Words) -> Table:
    _ = words
    rows = tuple(
        (
            str(number),
            part.name,
            YES if part.signed else NONE,
            YES if part.mixed else NONE,
            YES if part.opened else NONE,
        )
        for number, part in enumerate(minutes.trustees, 1)
    )
    acts = (_("Signed the closing"), _("Mixed the ballots"), _("Opened the ballots"))
    return Table(_("Trustees"), ("", _("Name"), *acts), rows)


def _registrars(minutes: Minutes, words: Words) -> Table:
    _, at = words, moment_of(minutes, words)
    rows = tuple(
        (
            one.name,
            *map(_.number, (one.online, one.in_person, one.revoked, one.enrolled)),
            at(one.closed) if one.log.status == "closed" else _(STATUS[one.log.status]),
        )
        for one in minutes.day.registrars
    )
    head = (
        _("Name"),
        _("Cards for online"),
        _("Cards for the hall"),
        _("Cards revoked"),
        _("People added"),
        _("Closed at"),
    )
    return Table(_("Registrars"), head, rows)


def _boxes(minutes: Minutes, words: Words) -> Section:
    _, at = words, moment_of(minutes, words)
    boxes = minutes.day.boxes
    totals = [sum(numbers) for numbers in zip(*map(_counts, boxes), strict=True)]
    hours = tuple((_box_name(box, _), at(box.opened), _box_end(box, at, _)) for box in boxes)
    counts = (
        *((box.name, *map(_.number, _counts(box))) for box in boxes),
        (_("Total"), *map(_.number, totals)),
    )
    return Section(
        _("Boxes"),
        tables=(
            Table(_("Opening and closing"), (_("Box"), _("Opened at"), _("Closed at")), hours),
            Table(
                _("Ballots"),
                (
                    _("Box"),
                    _("Ballots cast"),
                    _("Opened to check the machine"),
                    _("Entries set aside"),
                    _("Ballots counted"),
                ),
                counts,
            ),
        ),
    )


def _box_name(box: BoxDay, words: Words) -> str:
    place = words.text(box.place)
    return box.name if place in ("", box.name) else f"{box.name}, {place}"


def _box_end(box: BoxDay, at: Callable[[str], str], words: Words) -> str:
    return at(box.closed) if box.log.status == "closed" else words(STATUS[box.log.status])


def _counts(box: BoxDay) -> tuple[int, int, int, int]:
    return box.cast, box.challenged, box.set_aside, box.counted


def _closing(minutes: Minutes, words: Words) -> Section:
    _, signed = words, minutes.published.closing
    logs = tuple(
        (log.origin.split("/", 2)[2], _.number(log.size), in_hex(log.root))
        for log in signed.closing.logs
    )
    return Section(
        _("The closing"),
        before=(_("Nothing was added to the count after it."),),
        rows=(
            (_("Drawn up"), moment_of(minutes, words)(signed.closing.at)),
            (_("SHA-256 of the closing"), in_hex(signed.hash)),
            (_("Signed by"), ", ".join(part.name for part in minutes.trustees if part.signed)),
        ),
        tables=(Table(_("Logs as they are counted"), (_("Log"), _("Entries"), _("Root")), logs),),
    )


def _set_aside(minutes: Minutes, words: Words) -> Section:
    _, merge = words, minutes.published.merge
    reasons = Counter(entry.reason for entry in merge.set_aside)
    rows = tuple((_(SET_ASIDE[reason]), _.number(n)) for reason, n in reasons.most_common())
    total = (_("Total"), _.number(len(merge.set_aside)))
    conflicts = tuple(
        (
            str(number),
            ", ".join(_("{box}, entry {index}", box=p.box, index=p.index) for p in one.entries),
        )
        for number, one in enumerate(merge.conflicts, 1)
    )
    return Section(
        _("Entries set aside"),
        before=() if rows else (_("No entry was set aside."),),
        tables=(
            *_table(
                _("Entries that don't count, by reason"),
                (_("Reason"), _("How many")),
                (*rows, total) if rows else (),
            ),
            *_table(
                _("One person with equal cards from two desks: one ballot counts"),
                ("", _("Entries")),
                conflicts,
            ),
        ),
    )


def _incidents(minutes: Minutes, words: Words) -> Section:
    _, logs = words, minutes.published.closing.closing.logs
    not_whole = tuple(
        (log.origin.split("/", 2)[2], _(STATUS[log.status]), log.reason or NONE)
        for log in logs
        if log.status != "closed"
    )
    evidence = tuple((f.file, _(FINDING[f.finding]), f.detail) for f in minutes.evidence)
    told = tuple((str(n), text) for n, text in enumerate(minutes.incidents, 1))
    return Section(
        _("Incidents"),
        before=() if not_whole or evidence or told else (_("No incident was reported."),),
        tables=(
            *_table(_("Logs that were not closed"), (_("Log"), _("State"), _("Reason")), not_whole),
            *_table(_("Evidence in the bundle"), (_("File"), _("Finding"), _("Detail")), evidence),
            *_table(_("Noted by the officials"), ("", ""), told),
        ),
    )


def _turnout(minutes: Minutes, words: Words) -> Section:
    _, voted = words, minutes.published.merge.accepted
    on_roll, added = roll_size(minutes.published)
    by_channel = accepted_by_channel(minutes.day)
    people = on_roll + added
    return Section(
        _("Turnout"),
        rows=(
            (_("People on the roll"), _.number(on_roll)),
            (_("People added on the day"), _.number(added)),
            (
                _("People who voted"),
                f"{_.number(voted)} ({_.percent(voted, people)})",
            ),
            *(
                (_("of them {channel}", channel=_(CHANNEL[channel])), _.number(number))
                for channel, number in by_channel.items()
                if number
            ),
        ),
    )


def _reconciliation(minutes: Minutes, words: Words) -> Section:
    _, day, at = words, minutes.day, moment_of(minutes, words)
    numbers = tuple((_(label), _.number(getattr(day.numbers, k))) for k, label in NUMBER.items())
    pages = tuple(
        (
            page.desk,
            at(page.at),
            *map(_.number, (page.numbers.people, page.numbers.struck, page.numbers.helped)),
        )
        for page in day.pages
    )
    wrong = tuple(
        (m.desk, at(m.at), _(NUMBER[m.what]), _.number(m.said), _.number(m.found))
        for m in day.mismatches
    )
    differences = (
        *((_("all logs"), *_difference(d, _)) for d in day.numbers.differences),
        *((page.desk, *_difference(d, _)) for page in day.pages for d in page.numbers.differences),
    )
    return Section(
        _("The hall: cards and ballots"),
        before=(() if pages else (_("No desk's page was at hand; the numbers are the logs'."),)),
        rows=numbers,
        tables=(
            *_table(
                _("The desks' pages"),
                (
                    _("Desk"),
                    _("Time"),
                    _("People checked in"),
                    _("Check-ins undone"),
                    _("People helped"),
                ),
                pages,
            ),
            *_table(
                _("Where a desk's page and the logs differ"),
                (_("Desk"), _("Time"), _("What"), _("The page says"), _("The logs say")),
                wrong,
            ),
            *_table(
                _("What doesn't fit"),
                (_("Said by"), _("How many"), _("What"), _("Where")),
                differences,
            ),
        ),
        after=() if wrong or differences else (_("Nothing differs: all of it fits together."),),
    )


def _difference(difference: Difference, words: Words) -> tuple[str, str, str]:
    where = ", ".join(difference.where)
    return words.number(difference.number), words(DIFFERENCE[difference.what]), where


def _bundle(minutes: Minutes, words: Words) -> Section:
    _, mark = words, minutes.published.fingerprint
    last = minutes.corrections[-1].corrected if minutes.corrections else None
    rows = [
        (_("Fingerprint of the audit bundle"), in_hex(mark)),
        (_("in words"), in_words(mark)),
    ]
    if last is not None:
        label = _("Fingerprint of result {n}", n=last.record.number)
        rows += [(label, in_hex(last.hash)), (_("in words"), in_words(last.hash))]
    return Section(
        _("The audit bundle"),
        before=(
            _(
                "This hash stands for every file of the audit bundle. Anybody can repeat the count"
                " from the bundle alone, with `pbvote-tally verify`, and compare the fingerprint."
            ),
        ),
        rows=tuple(rows),
        code=code(mark),
    )


def _table(
    title: str, head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]
) -> tuple[Table, ...]:
    """A table, unless it has no rows."""
    return (Table(title, head, rows),) if rows else ()
