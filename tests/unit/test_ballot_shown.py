"""What is displayed of a project, and that every sentence of a ballot fits its line."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ballot_host import FORMATS, TITLES, sample_contest
from election_builder import make_contest
from pbvote.core.manifest import Correction
from pbvote.core.selection import Approval, Grades, Points, Ranking
from pbvote.words import folded
from pbvote_kiosk.ballot.ballot_screen import BLANK
from pbvote_kiosk.ballot.blocks import bar, large
from pbvote_kiosk.ballot.choice import (
    AtTheEnd,
    AtTheTop,
    NeverFits,
    NoPointsLeft,
    NotRanked,
    Refusal,
    TooDear,
    TooFew,
    TooMany,
    TooMuchForOne,
    make_choice,
)
from pbvote_kiosk.ballot.manners import GRADES, manner_of
from pbvote_kiosk.ballot.numbers import PAUSE, NumberTyped
from pbvote_kiosk.ballot.only import ALL, Only, filters, listed
from pbvote_kiosk.ballot.review_screen import choice_lines
from pbvote_kiosk.ballot.shown import found, shown_projects
from pbvote_kiosk.language import LANGUAGES, Words

LINE = 77
"""Cells of a line at 80 columns, one kept for the ! of a refusal."""
MUCH = 123_456_789
REFUSALS: list[Refusal] = [
    TooMany(0),
    TooMany(1),
    TooMany(20),
    TooFew(9, 1),
    TooFew(2, 1),
    TooDear(MUCH),
    NeverFits(MUCH),
    NoPointsLeft(1, 0),
    NoPointsLeft(100, 0),
    NoPointsLeft(100, 1),
    NoPointsLeft(100, 20),
    TooMuchForOne(1),
    TooMuchForOne(100),
    AtTheEnd(),
    AtTheTop(),
    NotRanked(),
]


def correct(field: str, value: object, project: str = "p1") -> Correction:
    return Correction(
        contest="city",
        project=project,
        field=field,  # type: ignore[arg-type]  # the test names what a Literal lists
        value=value,  # type: ignore[arg-type]  # checked by the record itself
        reason={"fr": "Erratum", "en": "A misprint"},
    )


def test_addenda_correct_what_is_shown() -> None:
    contest = sample_contest(FORMATS["knapsack"])
    corrections = [
        correct("title", {"fr": "Un verger", "en": "First"}),
        correct("title", {"fr": "Un verger", "en": "An orchard"}),
        correct("description", {"en": "Trees.\n\nMany of them."}),
        correct("cost", 350_000),
        correct("withdrawn", True, "p2"),
        replace(correct("cost", 1), contest="other"),
    ]
    shown = shown_projects(contest, corrections, "EUR", Words("en", "fr"))
    assert shown[0].title == "An orchard" and shown[0].description == "Trees.\n\nMany of them."
    assert (shown[0].cost, shown[0].counted) == ("€3,500", "€3,200")
    assert shown[0].reasons == ("A misprint",) * 4 and not shown[0].withdrawn
    assert shown[1].withdrawn and shown[1].cost == "€2,400"
    assert shown[2].reasons == ()


def test_what_a_town_left_out_is_empty_and_its_language_stands_in() -> None:
    contest = make_contest()
    (first, *_) = shown_projects(contest, [], "EUR", Words("de", "fr"))
    assert (first.title, first.about, first.description) == ("Projet 1", "", "")
    full = sample_contest(FORMATS["one"])
    assert shown_projects(full, [], "EUR", Words("nl", "fr"))[0].about == "Rue du Moulin · Natuur"


def test_no_text_steers_the_terminal() -> None:
    contest = make_contest(projects=1)
    evil = replace(
        contest.projects[0], title={"en": "A\x1b[2J\u202eB\tC\r\nD"}, description="x\x07"
    )
    (shown,) = shown_projects(replace(contest, projects=[evil]), [], "EUR", Words("en"))
    assert shown.title == "A[2JB C D" and shown.description == "x"


def test_search_forgives_accents_and_order() -> None:
    contest = sample_contest(FORMATS["approval"])
    shown = shown_projects(contest, [], "EUR", Words("fr"))
    choice = make_choice(contest)
    for query, numbers in (
        ("VERGER", [1]),
        ("foret rehabil", []),
        ("foret lavoir", [4]),
        ("place marche", [2, 6]),
        ("ecole", [1]),
        ("", [1, 2, 3, 4, 5, 6, 7, 8]),
    ):
        places = listed(range(8), shown, choice, ALL, folded(query))
        assert [place + 1 for place in places] == numbers, query
    assert found(shown[0], "1")


def test_filters_are_the_same_in_every_language() -> None:
    contest = sample_contest(FORMATS["approval"])
    choice = make_choice(contest)
    choice.more(6)
    french = shown_projects(contest, [], "EUR", Words("fr"))
    german = shown_projects(contest, [], "EUR", Words("de", "fr"))
    assert set(filters(french)) == set(filters(german))
    nature = next(x for x in filters(german) if x.named(german, Words("de")) == "Art: Natur")
    assert nature.named(french, Words("fr")) == "Genre\u00a0: Nature"
    assert listed(range(7, -1, -1), french, choice, nature, "") == [6, 3, 0]
    assert listed(range(8), french, choice, Only("chosen"), "") == [6]
    plain = shown_projects(make_contest(), [], "EUR", Words("en"))
    assert filters(plain) == [ALL, Only("chosen")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_fits_its_line(language: str) -> None:
    words = Words(language)
    forms = [
        *FORMATS.values(),
        Approval(min=5, max=20),
        Approval(min=3, max=3),
        Approval(min=9, max=9),
        Points(total=1000, max_each=1000),
        Ranking(max=1),
        *(Grades(levels=levels) for levels in range(1, 11)),
    ]
    lines = [words(BLANK), words("No project has the number {number}.", number="1234")]
    for form in forms:
        choice = make_choice(sample_contest(form, 250, budget=MUCH))
        manner = manner_of(choice, words, "EUR")
        manner.choice.more(3)
        lines += [manner.how(), manner.meter(), manner.ask("A123")]
        lines += [manner.refused(refusal) for refusal in REFUSALS]
        lines.append(manner.changed(3, "A123"))
        assert len(manner.big_about()) < 40, manner.big_about()
        assert all(len(manner.mark(place)) == manner.mark_width for place in range(5))
    assert [line for line in lines if len(line) > LINE] == []
    assert all("{" not in line for line in lines)


def test_every_grade_has_its_word() -> None:
    assert all(len(names) == levels for levels, names in GRADES.items())
    choice = make_choice(sample_contest(Grades(levels=7)))
    choice.more(0)
    assert manner_of(choice, Words("en"), "EUR").state(0) == "grade 1 of 7"


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (
            "approval",
            [
                "[X] 1 · A shared orchard behind the school (€3,200)",
                "[X] 3 · A pump track for the young (€18,500)",
                "Together they cost €21,700; the envelope has €20,000.",
            ],
        ),
        ("one", ["[X] 3 · A pump track for the young (€18,500)"]),
        (
            "knapsack",
            [
                "[X] 1 · A shared orchard behind the school (€3,200)",
                "Together €3,200 of €20,000, €16,800 left.",
            ],
        ),
        (
            "points",
            [
                "3 · A pump track for the young (€18,500): 2 points",
                "1 · A shared orchard behind the school (€3,200): 1 point",
            ],
        ),
        (
            "ranking",
            [
                " 1. 3 · A pump track for the young (€18,500)",
                " 2. 1 · A shared orchard behind the school (€3,200)",
            ],
        ),
        (
            "grades",
            [
                "3 · A pump track for the young (€18,500): grade 2 of 5 (poor)",
                "1 · A shared orchard behind the school (€3,200): grade 1 of 5 (very poor)",
            ],
        ),
    ],
)
def test_a_choice_in_plain_words(form: str, lines: list[str]) -> None:
    choice = make_choice(sample_contest(FORMATS[form]))
    assert choice_lines(choice, Words("en"), "EUR", []) == [BLANK]
    for place in (0, 2, 2):
        choice.more(place)
    assert choice_lines(choice, Words("en"), "EUR", []) == lines


def test_a_printed_number_is_typed_key_by_key() -> None:
    numbers = {7: "12", 3: "1", 5: "120", 8: "a7"}
    typed = NumberTyped()
    assert typed.take("1", numbers, 10.0) == 3, "the exact one before the first"
    assert typed.take("2", numbers, 11.0) == 7
    assert typed.take("0", numbers, 12.0) == 5
    assert typed.take("1", numbers, 13.0) is None and typed.text == "1201"
    assert typed.take("2", numbers, 14.0 + PAUSE) is None and typed.text == "2"
    assert typed.take("a", numbers, 20.0) == 8 and typed.take("7", numbers, 21.0) == 8
    typed.forget()
    assert typed.take("7", numbers, 21.5) is None


def test_a_bar_and_large_figures_have_their_width() -> None:
    for part in (0, 1, 50, 99, 100):
        assert len(bar(part, 100, 30)) == 30
    assert bar(100, 100, 5) == "█" * 5
    lines = large("€12,345.60 CHF")
    assert len(lines) == 3 and lines[2].endswith("C H F")


def test_titles_are_in_every_language() -> None:
    assert set(TITLES) == set(LANGUAGES)
