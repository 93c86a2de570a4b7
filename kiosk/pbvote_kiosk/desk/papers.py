"""The desk's lists (private) and its reconciliation, as PDF and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from pbvote.core.encoding import encode, time_text, unix_time
from pbvote.paper.report import Report, Table
from pbvote.registry.reconciliation import DeskPage
from pbvote.registry.roll import Listed, Roll
from pbvote_kiosk.desk.said import difference_line, double_lines
from pbvote_kiosk.desk.work import Day, DeskWork
from pbvote_kiosk.language import Words
from pbvote_kiosk.paper.signing_list import Signer, signing_list_pdf

HEAD = ("id", "name", "birth_date", "address", "district", "at", "desk", "card", "signed", "struck")


def reconciliation(work: DeskWork, read: Day, words: Words) -> Report:
    """The day in numbers, and every difference with the place to look."""
    day = read.numbers
    rows = (
        (words("People checked in at this desk"), day.people),
        (words("Cards handed out by all desks on hand"), day.handed_out),
        (words("of them used"), day.used),
        (words("of them taken back or replaced, unused"), day.taken_back),
        (words("of them not used"), day.not_used),
        (words("Ballots cast in the boxes on hand"), day.cast),
        (words("of them cast again with the same card"), day.again),
        (words("Ballots opened to check the machine"), day.challenged),
        (words("Check-ins undone"), day.struck),
        (words("People who were helped"), day.helped),
    )
    differences = tuple((difference_line(d, words),) for d in day.differences)
    doubles = tuple((line,) for double in read.doubles for line in double_lines(double, words))
    fits = words("Nothing differs: all of it fits together.")
    return Report(
        title=words("Reconciliation of the desk {desk}", desk=work.desk.name),
        place=words.text(work.election.manifest.title),
        rows=(
            (words("Time"), words.moment(read.at, work.election.manifest.time_zone)),
            *((label, words.number(number)) for label, number in rows),
        ),
        tables=(
            *_table(words("Where to look"), differences),
            *_table(words("Handed out twice"), doubles),
        ),
        notes=() if differences else (fits,),
        signatures=(words("First official"), words("Second official")),
        test=work.election.is_test,
    )


def desk_page(work: DeskWork, read: Day) -> bytes:
    """The same numbers as a file, which `pbvote-tally minutes` holds against the logs."""
    page = DeskPage(
        election=work.election.id,
        desk=work.desk.name,
        at=time_text(read.at),
        numbers=read.numbers,
    )
    return encode(page)


def _table(title: str, rows: tuple[tuple[str, ...], ...]) -> tuple[Table, ...]:
    return (Table(title, ("",), rows),) if rows else ()


def signing_list(work: DeskWork, words: Words, *, only_checked_in: bool) -> bytes:
    """The list to sign of everybody who may vote, or of those checked in here, as PDF."""
    return signing_list_pdf(
        _signers(work, words, only_checked_in=only_checked_in),
        words,
        election=words.text(work.election.manifest.title),
        desk=work.desk.name,
        only_checked_in=only_checked_in,
        test=work.election.is_test,
    )


def _signers(work: DeskWork, words: Words, *, only_checked_in: bool) -> Iterator[Signer]:
    zone = work.election.manifest.time_zone
    roll = work.desk.roll
    came = {line.person: line.at for line in roll.attendance.all() if line.stands}
    people = map(roll.get, came) if only_checked_in else iter(roll.people("active"))
    for listed in people:
        at = came.get(listed.id)
        yield Signer(
            name=listed.person.name,
            birth_date=listed.person.birth_date,
            address=listed.person.address,
            id=listed.id,
            district=listed.person.district,
            checked_in="" if at is None else words.moment(unix_time(at), zone),
        )


def attendance_csv(roll: Roll) -> bytes:
    """Every line of this desk, also those struck."""
    rows = []
    for line in roll.attendance.all():
        person = roll.get(line.person).person
        rows.append(
            (
                *(person.id, person.name, person.birth_date, person.address, person.district),
                *(line.at, line.desk, line.serial, "yes" if line.signed else "no", line.struck),
            )
        )
    return _csv(HEAD, rows)


def invite_csv(people: Iterable[Listed]) -> bytes:
    """Whom to invite again when a box is lost or cut."""
    rows = [(p.id, p.person.name, p.person.address, p.person.email) for p in people]
    return _csv(("id", "name", "address", "email"), rows)


def _csv(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # spreadsheets take it for UTF-8 then


def _harmless(cell: object) -> object:
    """A name like =1+2 is text to a spreadsheet, too."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell
