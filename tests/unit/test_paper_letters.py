"""Letters: what stands on the page, where, and what a phone reads from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from io import BytesIO

import pytest
from msgspec import UNSET, structs

from election_builder import BOXES, BuiltElection, build_election, pseudonym
from pbvote.core.card import card_text, typed_code
from pbvote.core.election import Election
from pbvote.core.errors import InputError, RefusedError
from pbvote.core.manifest import Addendum, NewHours, Supersede
from pbvote_kiosk.language import LANGUAGES
from pbvote_kiosk.paper.letters import Letter, Stationery, Style, Window, letter_style
from pdf_pages import codes, facts, pages, pale, words

MM = 72 / 25.4
URL = "HTTPS://VOTE.BERTRIX.BE/2026"
PLAIN = Style(language="fr", window="right")
LONG_NAME = "Maria " * 150


@cache
def built(slug: str = "demo") -> BuiltElection:
    return build_election(slug)


def election(slug: str = "demo", **changes: object) -> Election:
    """The election with other fields in its manifest."""
    whole = built(slug).election
    return dataclasses.replace(whole, manifest=structs.replace(whole.manifest, **changes))


def letter(number: int = 0, name: str = "Łukasz Şahin", address: str | None = None) -> Letter:
    secret = bytes([number % 256] * 16)
    certificate = built().certificate(secret, pseudonym(number % 20))
    return Letter(
        id=f"{number:04}",
        name=name,
        address="Rue de la Gare 12, 6880 Bertrix" if address is None else address,
        serial=1,
        card=card_text(secret, certificate, 0, 0),
        code=typed_code(secret),
    )


def printed(letters: Sequence[Letter], whole: Election, style: Style = PLAIN) -> bytes:
    out = BytesIO()
    assert Stationery(whole, style).write(out, letters) == []
    return out.getvalue()


def test_a_phone_reads_the_card() -> None:
    one = letter()
    assert codes(printed([one], election(vote_url=URL))) == [f"{URL}#{one.card}"]
    assert codes(printed([one], election())) == [one.card]
    assert codes(printed([one], election(vote_url=URL)), dpi=300) == [f"{URL}#{one.card}"]


def test_each_has_a_page_with_their_own_card() -> None:
    letters = [letter(number, f"Name {number}") for number in range(5)]
    pdf = printed(letters, election())
    texts = pages(pdf)
    assert len(texts) == 5
    for number, (one, text) in enumerate(zip(letters, texts, strict=True), 1):
        assert one.name in text
        assert one.code.split() == [word for word in text.split() if word in one.code.split()]
        assert codes(pdf, number) == [one.card]
        assert sum(other.name in text for other in letters) == 1


@pytest.mark.parametrize(
    ("window", "left", "right"), [("left", 20, 105), ("right", 100, 192)], ids=["DIN", "French"]
)
def test_the_address_and_nothing_else_shows_in_the_window(
    window: Window, left: float, right: float
) -> None:
    """However the letter slips in its envelope; neither number nor code can be seen."""
    style = Style(language="nl", window=window, sender="Gemeente Bertrix, 6880 Bertrix")
    pdf = printed([letter()], election(vote_url=URL), style)
    window_words = [word for word in words(pdf) if word.top > 54.5 * MM and word.bottom < 84 * MM]
    assert " ".join(word.text for word in window_words) == (
        "Łukasz Şahin Rue de la Gare 12 6880 Bertrix"
    )
    assert all(word.left >= left * MM and word.right <= right * MM for word in window_words)
    secret = [word for word in words(pdf) if word.text in [*letter().code.split(), "0000"]]
    assert len(secret) == 8
    assert all(word.top > 210 * MM for word in secret)


def test_the_code_is_in_seven_groups_beside_the_qr_code() -> None:
    groups = letter().code.split()
    found = [word for word in words(printed([letter()], election())) if word.text in groups]
    assert [word.text for word in found] == groups
    assert all(word.left > 75 * MM and word.right < 190 * MM for word in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_to_do_in_each_language(language: str) -> None:
    style = Style(language=language, window="left", contact="+32 61 41 11 11")
    pdf = printed([letter()], election(vote_url=URL), style)
    (page,) = pages(pdf)
    text = " ".join(page.split())
    title = "Participatory budget" if language == "en" else "Budget participatif"
    code = {"fr": "Votre", "nl": "Uw", "de": "Ihr", "en": "Your"}[language]
    for part in (title, "vote.bertrix.be/2026", "09:00", "21:00", "17:00", "+32 61 41 11 11"):
        assert part in text
    assert f"{code} code".casefold() in text.casefold()
    assert facts(pdf)["Title"] == title
    assert f"/Lang ({language})".encode() in pdf


def test_only_a_rehearsal_says_test() -> None:
    real, test = (printed([letter(), letter(1)], election(slug)) for slug in ("demo", "test-demo"))
    assert "TEST : ceci ne compte pas" not in pages(real)[0]
    for page, text in enumerate(pages(test), 1):
        assert "TEST : ceci ne compte pas" in text
        assert pale(test, page) > pale(real, page) + 3000
        assert codes(test, page) == codes(real, page) == [letter(page - 1).card]


def test_the_times_are_the_last_addendum_s() -> None:
    addendum = Addendum(
        election=built().election.id,
        number=1,
        previous=built().election.id,
        at="2026-11-20T08:00:00Z",
        closes=NewHours(online="2026-11-21T22:30:00Z"),
    )
    whole = built().with_addendum(addendum).election
    text = " ".join(pages(printed([letter()], whole))[0].split())
    assert "23:30" in text
    assert "21:00" not in text


@pytest.mark.parametrize(
    ("supersede", "says"), [("first", "reste valable"), ("latest", "remplace"), (UNSET, "remplace")]
)
def test_it_says_which_ballot_counts(supersede: Supersede, says: str) -> None:
    text = pages(printed([letter()], election(supersede=supersede)))[0]
    assert says in " ".join(text.split())


def test_without_a_hall_there_is_only_home() -> None:
    boxes = [box for box in election().manifest.boxes if box.channel == "online"]
    text = pages(printed([letter()], election(boxes=boxes)))[0]
    assert "maison communale, le" not in " ".join(text.split())


def test_without_an_online_box_there_are_no_letters() -> None:
    boxes = [box for box in election().manifest.boxes if box.channel != "online"]
    assert len(boxes) == len(BOXES) - 1
    with pytest.raises(RefusedError, match="no box that takes posted cards"):
        Stationery(election(boxes=boxes), PLAIN)


def test_a_long_address_is_smaller_then_cut_and_named() -> None:
    parts = ", ".join(f"Gebouw {number}" for number in range(6))
    pdf = printed([letter(address=parts)], election())
    assert all(f"Gebouw {number}" in pages(pdf)[0] for number in range(6))
    out = BytesIO()
    cut = Stationery(election(), PLAIN).write(out, [letter(3, name=LONG_NAME), letter(4)])
    assert cut == ["0003"]
    assert "…" in pages(out.getvalue())[0]
    assert max(w.bottom for w in words(out.getvalue()) if w.text == "Maria") < 84 * MM


def test_texts_that_do_not_fit_are_refused_before_anything_is_printed() -> None:
    with pytest.raises(InputError, match="don't fit"):
        Stationery(election(), structs.replace(PLAIN, contact="Guichet. " * 500))
    with pytest.raises(InputError, match="sender"):
        Stationery(election(), structs.replace(PLAIN, sender="Commune de Bertrix " * 9))


def test_style_comes_of_the_election_unless_asked() -> None:
    plain = letter_style(election(), None, None, "", "")
    assert (plain.language, plain.window) == ("fr", "right")
    asked = letter_style(election(), "de", None, "", "")
    assert (asked.language, asked.window) == ("de", "left")
    other = letter_style(election(languages=["pl", "nl"]), None, "right", "", "")
    assert (other.language, other.window) == ("nl", "right")
    for language, window in (("pl", None), (None, "top")):
        with pytest.raises(InputError, match="There are"):
            letter_style(election(), language, window, "", "")


def test_the_same_letters_are_the_same_file() -> None:
    letters = [letter(number) for number in range(3)]
    assert printed(letters, election()) == printed(letters, election())


def test_a_letter_s_secrets_are_not_in_its_repr() -> None:
    one = letter()
    assert one.card not in repr(one)
    assert one.code not in repr(one)


def test_a_page_takes_two_kilobytes() -> None:
    sizes = [len(printed([letter(n) for n in range(count)], election())) for count in (10, 60)]
    assert (sizes[1] - sizes[0]) / 50 < 2500
