"""Reports, slips and lists as PDF: what is on which page, read back with poppler."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pbvote.core.errors import InputError
from pbvote.paper.fonts import LACKING, one_line, shown, width_of, wrapped
from pbvote.paper.report import Report, Table, report_pdf
from pbvote.paper.sheet import code_image
from pbvote_kiosk.language import Words
from pbvote_kiosk.paper.report import report_slip
from pbvote_kiosk.paper.signing_list import Signer, signing_list_pdf
from pbvote_kiosk.paper.slip import slip_pdf
from pbvote_kiosk.ports import Code, Line, Rule, Slip
from pdf_pages import codes, facts, pages, pale, run, words

NAMES = ("Łukasz Şahin", "Ő. Ödön", "Đặng Văn Lâm", "Γιώργος Παπαδόπουλος", "Ивана Петровић")
ROWS = (("Urne", "kiosk-1"), ("Bulletins", "1.234"))
LONG = Table("Personnes", ("Numéro", "Nom"), tuple((str(i), NAMES[i % 5]) for i in range(120)))
FR = Words("fr")


def report(**changes: object) -> Report:
    values: dict[str, object] = {"title": "Clôture", "place": "Bertrix, Budget", "rows": ROWS}
    return Report(**{**values, **changes})  # type: ignore[arg-type]  # a test's own values


def test_a_report_says_all_of_it_once() -> None:
    pdf = report_pdf(
        report(
            tables=(Table("Par enveloppe", ("Enveloppe", "Montant"), (("Ville", "20.000 €"),)),),
            notes=("Une remarque.",),
            code="PBVOTE1/K/ABC234",
            signatures=("présidente", "secrétaire"),
        ),
        FR,
    )
    (page,) = pages(pdf)
    for text in ("Clôture", "Bertrix, Budget", "kiosk-1", "1.234", "Par enveloppe", "20.000 €"):
        assert page.count(text) >= 1
    assert "Une remarque." in page
    assert "Signature : présidente" in page
    assert "Signature : secrétaire" in page
    assert "1/1" in page
    assert "TEST" not in page
    assert codes(pdf) == ["PBVOTE1/K/ABC234"]


def test_a_long_table_has_its_head_on_each_page() -> None:
    pdf = report_pdf(report(tables=(LONG,)), FR)
    texts = pages(pdf)
    assert len(texts) > 2
    for number, page in enumerate(texts, 1):
        assert page.count("Numéro") == 1
        assert f"{number}/{len(texts)}" in page
    assert sum(page.count("Ивана") for page in texts) == 24
    below = max(word.bottom for word in words(pdf) if "/" not in word.text)
    assert below < 842


def test_it_has_title_language_and_its_own_letters() -> None:
    pdf = report_pdf(report(tables=(LONG,)), FR)
    assert facts(pdf)["Title"] == "Clôture, Bertrix, Budget"
    assert b"/Lang (fr)" in pdf
    fonts = run("pdffonts", pdf).decode().splitlines()[2:]
    assert [line.split()[0][7:] for line in fonts] == ["DejaVuSans-Bold", "DejaVuSans"]
    assert all(" yes yes yes " in line for line in fonts)


def test_the_same_report_is_the_same_file() -> None:
    same = report(tables=(LONG,), code="ABC", test=True)
    assert report_pdf(same, FR) == report_pdf(same, FR)


def test_threads_print_at_once() -> None:
    reports = [report(title=name, tables=(LONG,)) for name in NAMES]
    alone = [report_pdf(one, FR) for one in reports]
    with ThreadPoolExecutor(5) as threads:
        assert list(threads.map(lambda one: report_pdf(one, FR), reports)) == alone


def test_every_page_of_a_rehearsal_says_so() -> None:
    real, test = (report_pdf(report(tables=(LONG,), test=test), FR) for test in (False, True))
    for page in range(1, 1 + len(pages(test))):
        assert pale(test, page) > pale(real, page) + 3000
    assert "TEST : ceci ne compte pas" in pages(test)[0]


def test_a_row_longer_than_a_page_goes_on() -> None:
    text = " ".join(f"mot{number}" for number in range(3000))
    pdf = report_pdf(report(rows=(("Tout", text),)), FR)
    found = " ".join(pages(pdf))
    assert all(f"mot{number}" in found for number in range(0, 3000, 7))


def test_an_empty_report_has_a_page() -> None:
    pdf = report_pdf(Report(title="", place="", rows=(), tables=(Table("", (), ()),)), FR)
    assert len(pages(pdf)) == 1


def test_a_report_as_a_slip() -> None:
    table = Table("Par enveloppe", ("Enveloppe", "Bulletins", "Montant"), (("Ville", "12", "9 €"),))
    slip = report_slip(
        report(tables=(table,), code="ABC", signatures=("présidente",), test=True), FR
    )
    texts = [part.text for part in slip if isinstance(part, Line)]
    assert texts[0] == texts[-1] == "TEST\u00a0: ceci ne compte pas"
    assert "Urne\u00a0: kiosk-1" in texts
    assert texts.index("Ville") + 1 == texts.index("  Bulletins\u00a0: 12")
    assert Code("ABC") in slip


def test_a_slip_as_a_pdf_is_as_long_as_it_is() -> None:
    slip: Slip = [
        Line("Reçu", size=2, centred=True),
        Rule(),
        Line("Łukasz " * 30),
        Code("PBVOTE1/R/ABC"),
    ]
    pdf = slip_pdf(slip, width_mm=58, language="fr")
    width, height = facts(pdf)["Page size"].split(" pts")[0].split(" x ")
    assert abs(float(width) - 58 * 72 / 25.4) < 0.1
    assert float(width) < float(height) < 2.5 * float(width)
    assert codes(pdf) == ["PBVOTE1/R/ABC"]
    assert pages(pdf)[0].count("Łukasz") == 30
    assert facts(pdf)["Title"] == "Reçu"


def test_a_slip_longer_than_a_pdf_can_be() -> None:
    pdf = slip_pdf([Line(str(number)) for number in range(1500)])
    assert len(pages(pdf)) == 2
    assert pages(pdf)[1].split()[-1] == "1499"


@pytest.mark.parametrize("only", [False, True])
def test_the_list_to_sign(only: bool) -> None:
    signers = [
        Signer(f"{NAMES[i % 5]} {i:03}", "22.11.1980", "Rue 1", f"A{i}", ("sud", "nord")[i % 2])
        for i in range(60)
    ]
    came = Signer("Éric d'Hondt", "1.1.1990", "Rue 2, 6880 Bertrix", "B1", "nord", "14:05")
    pdf = signing_list_pdf(
        [*signers, came], FR, election="Budget 2026", desk="Guichet 2", only_checked_in=only
    )
    texts = pages(pdf)
    joined = "\n".join(texts)
    assert joined.count("14:05") == 1
    assert all("Budget 2026" in page and "Guichet 2" in page for page in texts)
    if only:
        assert "A1" not in joined.split()
        assert "1 personne" in texts[-1]
        return
    assert all(f"A{i}" in joined.split() for i in range(60))
    assert "61 personnes" in texts[-1]
    north = [page for page in texts if "Quartier nord" in page]
    assert texts[: len(north)] == north
    assert "B1" in north[0].split()


def test_names_are_in_the_order_of_a_directory() -> None:
    people = ["Zoélie", "Éric", "Łukasz", "Erna", "d'Hondt", "Dhondt", "Œuvrard", "Odile", "Ödön"]
    signers = [Signer(name, "", "", str(n), "") for n, name in enumerate(people)]
    (page,) = pages(signing_list_pdf(signers, FR, election="E", desk="D"))
    printed = [word for word in page.split() if word in people]
    order = "Dhondt d'Hondt Éric Erna Łukasz Odile Ödön Œuvrard Zoélie"
    assert printed == order.split()


def test_a_list_of_nobody() -> None:
    (page,) = pages(signing_list_pdf([], Words("en"), election="E", desk="D"))
    assert "0 people" in page


def test_what_the_letters_lack_is_seen() -> None:
    assert shown("Ivana 🗳 مر\x07\ud800") == f"Ivana {LACKING} {LACKING * 4}"
    assert shown("a\u200bb\u00ad\ufeffc") == "abc"
    assert shown("a\tb\nc\u2003d") == "a b c d"


def test_lines_are_wrapped_at_spaces_and_long_words_cut() -> None:
    lines = wrapped("un deux " + "M" * 100, 100, 10)
    assert lines[0] == "un deux"
    assert "".join(lines[1:]) == "M" * 100
    assert all(width_of(line, 10) <= 100 for line in lines)
    assert wrapped("a\nb", 100, 10) == ["a", "b"]
    assert wrapped("", 100, 10) == [""]


def test_a_long_code_has_less_correction_and_too_long_ones_are_refused() -> None:
    long = "A" * 4000
    assert code_image("A" * 3000).width < code_image("A" * 3390).width == 177
    assert codes(slip_pdf([Code(long)], width_mm=200), dpi=200) == [long]
    for text in ("A" * 5000, ""):
        with pytest.raises(InputError, match="QR code"):
            code_image(text)


def test_a_cut_line_says_so() -> None:
    assert one_line("court", 100, 10) == "court"
    cut = one_line("un titre beaucoup trop long pour une ligne", 100, 10)
    assert cut.endswith("…")
    assert width_of(cut, 10) <= 100
