"""The minutes as a PDF of A4 pages: the same bytes for the same minutes."""

from __future__ import annotations

from io import BytesIO

from pbvote.paper.report import draw_code, draw_rows, draw_signatures, draw_table
from pbvote.paper.sheet import MM, TEST_NOTE, Sheet
from pbvote_tally.language import Words
from pbvote_tally.minutes.facts import Minutes
from pbvote_tally.minutes.section import Section
from pbvote_tally.minutes.sections import sections, signature_lines

_HEADING = 13.0
_KEPT, _KEPT_LONG = 30 * MM, 60 * MM  # no heading stands alone at a page's end


def minutes_pdf(minutes: Minutes, words: Words) -> bytes:
    """The official record in one language."""
    _, election = words, minutes.published.election
    title, town = _("Minutes of the vote and of the count"), _.text(election.manifest.title)
    out = BytesIO()
    sheet = Sheet(out, title=f"{title}, {town}", language=_.language, test=election.is_test)
    sheet.paragraph(title, 18, bold=True)
    sheet.paragraph(town, 12, grey=True)
    if election.is_test:
        sheet.paragraph(_(TEST_NOTE), 11, bold=True)
    sheet.top += 2 * MM
    sheet.line(sheet.left, sheet.top, sheet.width, 1.2)
    for number, section in enumerate(sections(minutes, _), 1):
        _draw(sheet, section, number)
    draw_signatures(sheet, signature_lines(minutes, _), _)
    sheet.finish()
    return out.getvalue()


def _draw(sheet: Sheet, section: Section, number: int) -> None:
    begins_long = section.signed or (section.tables and not section.rows)
    sheet.top += 6 * MM
    sheet.need(_KEPT_LONG if begins_long else _KEPT)
    sheet.paragraph(f"{number}. {section.title}", _HEADING, bold=True)
    sheet.top += 2 * MM
    _draw_sentences(sheet, section.before)
    draw_rows(sheet, section.rows)
    for table in section.tables:
        draw_table(sheet, table)
    if section.code:
        draw_code(sheet, section.code)
    _draw_sentences(sheet, section.after)


def _draw_sentences(sheet: Sheet, sentences: tuple[str, ...]) -> None:
    for sentence in sentences:
        sheet.paragraph(sentence)
        sheet.top += 1 * MM
