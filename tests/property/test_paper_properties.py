"""Any text makes a PDF, and no letter of it is lost without a sign."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from election_builder import build_election
from pbvote.core.card import card_text, typed_code
from pbvote.paper.fonts import LACKING, one_line, shown, width_of, wrapped
from pbvote.paper.report import Report, Table, report_pdf
from pbvote_kiosk.language import Words
from pbvote_kiosk.paper.letters import Letter, Stationery, Style
from pbvote_kiosk.paper.report import report_slip
from pbvote_kiosk.paper.signing_list import Signer, signing_list_pdf
from pbvote_kiosk.paper.slip import slip_pdf
from pdf_pages import codes, pages

ANY = st.text(max_size=60)
LONG = st.text(st.characters(codec=None), max_size=400)
EUROPE = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x4FF, categories=("Lu", "Ll", "Nd", "Po")),
    min_size=1,
    max_size=40,
)
UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
EN = Words("en")
BUILT = build_election()
CODE = bytes(range(16))
CERTIFICATE = BUILT.certificate(CODE, next(iter(BUILT.roll)))
FEW = settings(max_examples=25)


def letters_of(text: str) -> Counter[str]:
    """Each letter with its marks taken apart, spaces aside."""
    return Counter("".join(unicodedata.normalize("NFKD", text).split()))


@given(LONG)
def test_each_character_is_there_or_is_seen_to_lack(text: str) -> None:
    whole = UNSEEN.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n")
    line = shown(text)
    assert len(line) == len(whole)
    for before, after in zip(whole, line, strict=True):
        assert after in (before, LACKING) or before.isspace() or ord(before) in range(0x1C, 0x20)
    assert shown(line) == line
    width_of(line, 10)


@given(LONG, st.floats(1, 300), st.booleans())
def test_wrapping_loses_nothing(text: str, width: float, bold: bool) -> None:
    lines = wrapped(text, width, 10, bold)
    assert letters_of("".join(lines)) == letters_of(shown(text))
    for line in lines:
        letters = [letter for letter in line if not unicodedata.combining(letter)]
        assert width_of(line, 10, bold) <= width or len(letters) <= 1


@given(LONG, st.floats(20, 300))
def test_one_line_is_one_and_says_if_it_is_cut(text: str, width: float) -> None:
    line = one_line(text, width, 10)
    assert line.endswith("…") or letters_of(line) == letters_of(shown(text))


@FEW
@given(st.lists(EUROPE, min_size=1, max_size=6))
def test_a_reader_finds_every_letter_of_a_report(texts: list[str]) -> None:
    report = Report(
        title="",
        place="",
        rows=tuple((text, "") for text in texts),
        tables=(Table("", (), tuple((text,) for text in texts)),),
    )
    expected = letters_of("".join(shown(text) for text in texts) * 2 + "1/1")
    found = letters_of("".join(pages(report_pdf(report, EN))))
    assert not expected - found


@FEW
@given(st.lists(LONG, max_size=4), st.lists(st.lists(ANY, max_size=5), max_size=5), st.booleans())
def test_any_text_makes_a_report_and_a_slip(
    texts: list[str], rows: list[list[str]], test: bool
) -> None:
    table = Table("".join(texts[:1]), tuple(texts), tuple(tuple(row) for row in rows))
    report = Report(
        title="".join(texts[:2]),
        place="".join(texts[2:]),
        rows=tuple((text, text) for text in texts),
        tables=(table,),
        notes=tuple(texts),
        signatures=tuple(texts),
        test=test,
    )
    assert report_pdf(report, EN) == report_pdf(report, EN)
    assert slip_pdf(report_slip(report, EN)).startswith(b"%PDF")


@FEW
@given(st.lists(st.builds(Signer, LONG, ANY, LONG, ANY, ANY, ANY), max_size=4), ANY, ANY)
def test_any_text_makes_a_list(signers: list[Signer], election: str, desk: str) -> None:
    pdf = signing_list_pdf(signers, EN, election=election, desk=desk)
    assert pdf.startswith(b"%PDF")


@settings(max_examples=8)
@given(LONG, LONG, ANY)
def test_any_person_gets_a_letter_that_scans(name: str, address: str, number: str) -> None:
    card = card_text(CODE, CERTIFICATE, 0, 0)
    letter = Letter(number, name, address, 1, card, typed_code(CODE))
    out = BytesIO()
    cut = Stationery(BUILT.election, Style("en", "left")).write(out, [letter])
    assert codes(out.getvalue()) == [card]
    assert cut in ([], [number])
    assert cut == [] or "…" in pages(out.getvalue())[0]
