"""A report, like the zero report, as a slip of a receipt printer."""

from __future__ import annotations

from pbvote.language import Words
from pbvote.paper.report import Report, Table, signed
from pbvote.paper.sheet import TEST_NOTE
from pbvote_kiosk.ports import Code, Line, Rule, Slip


def report_slip(report: Report, words: Words) -> Slip:
    """The same for a receipt printer; a table's row is a line, or one for each of its cells."""
    test = [Line(words(TEST_NOTE), size=2, bold=True, centred=True)] if report.test else []
    slip: list[Line | Code | Rule] = [*test, Line(report.title, size=2, bold=True)]
    slip += [Line(report.place), Rule()]
    slip += [Line(_pair(label, value, words)) for label, value in report.rows]
    for table in report.tables:
        slip += [Rule(), Line(table.title, bold=True), *_slip_rows(table, words)]
    slip += [Rule(), *(Line(note) for note in report.notes)] if report.notes else []
    slip += [Code(report.code)] if report.code else []
    for role in report.signatures:
        slip += [Line(), Line(), Line(), Rule(), Line(signed(role, words))]
    return [*slip, *test]


def _slip_rows(table: Table, words: Words) -> list[Line]:
    lines = []
    for row in table.rows:
        if len(row) <= 2:
            lines.append(Line(_pair(*row, words) if len(row) == 2 else "".join(row)))
            continue
        first, *others = row
        lines.append(Line(first, bold=True))
        for number, cell in enumerate(others, 1):
            head = table.head[number] if number < len(table.head) else ""
            lines.append(Line(f"  {_pair(head, cell, words) if head else cell}"))
    return lines


def _pair(label: str, value: str, words: Words) -> str:
    return words("{label}: {value}", label=label, value=value)
