"""The ballot's screens, driven as voters do: keys, mouse, ears, in every size and language."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Static

from ballot_host import FORMATS, BallotHost, RecordingSpeaker, ballot_of, sample_contest
from pbvote.core.manifest import Correction
from pbvote.core.selection import Approval, Grades, Points
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.choice import Choice, make_choice
from pbvote_kiosk.ballot.manners import manner_of
from pbvote_kiosk.ballot.only import OnlyScreen
from pbvote_kiosk.ballot.panels import Detail, Meter
from pbvote_kiosk.ballot.project_list import ProjectList
from pbvote_kiosk.ballot.project_screen import ProjectScreen
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.look.dialogs import Question
from screen_image import text_of_screen

SMALL, LARGE = (80, 24), (120, 40)


def text(pilot: Pilot[None]) -> str:
    return "\n".join(text_of_screen(pilot.app))


def ballot(pilot: Pilot[None]) -> BallotScreen:
    screen = pilot.app.screen
    assert isinstance(screen, BallotScreen)
    return screen


def message(pilot: Pilot[None]) -> str:
    return str(ballot(pilot).query_one("#message", Static).content)


def vector(pilot: Pilot[None]) -> Sequence[int]:
    return ballot(pilot).choice.vector


def answer(pilot: Pilot[None]) -> str | None:
    assert isinstance(pilot.app, BallotHost)
    return pilot.app.answer


# Every size in every language, one key at a time; where there is room, every size.
WALKS = [
    (SMALL, ["f3", "f3", "f2", "f3", "f3", "f2", "f3", "f3", "f2", "f3", "f3"]),
    (LARGE, ["f3", "f3"]),
]


@pytest.mark.parametrize(("size", "walk"), WALKS)
@pytest.mark.parametrize("form", FORMATS)
async def test_everything_is_on_the_screen(
    form: str, size: tuple[int, int], walk: Sequence[str]
) -> None:
    screen = ballot_of(FORMATS[form], 30)
    app = BallotHost(lambda: screen, language="fr")
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "down", "+")
        chosen = vector(pilot)
        assert sum(chosen) == 1 and chosen[2] == 1
        seen = set()
        for key in [*walk, ""]:
            whole_screen(pilot)
            assert vector(pilot) == chosen and screen.place == 2
            seen.add((app.words.language, app.size_step))
            await pilot.press(*[key] if key else [])
        assert len(seen) == len(walk) + 1


def whole_screen(pilot: Pilot[None]) -> None:
    """List, meter, buttons and keys are there, and nothing is cut."""
    screen, shown = ballot(pilot), text(pilot)
    whole = screen.region
    for button in screen.query(".bar Button").results(Button):
        assert whole.contains_region(button.region) and str(button.label) in shown
    assert whole.contains_region(screen.query_one("#keys").region)
    assert screen.words("Contrast") in shown and "►" in shown
    projects = screen.query_one(ProjectList)
    assert whole.contains_region(projects.region) and projects.region.height >= 8
    assert screen.focused is projects
    step = screen.people.size_step
    assert screen.query_one(Meter).region.height in ((1, 1), (1, 2), (3, 4))[step]
    manner = manner_of(screen.choice, screen.words, "EUR")
    assert manner.how() in shown and (manner.meter() if step < 2 else manner.big_about()) in shown


async def test_approval_counts_and_refuses() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["approval"])).run_test(size=SMALL) as pilot:
        await pilot.press("enter", "down", "space", "down", "enter")
        assert vector(pilot) == (1, 1, 1, 0, 0, 0, 0, 0)
        assert "3 projects chosen, that is the most." in text(pilot)
        await pilot.press("down", "enter")
        assert vector(pilot) == (1, 1, 1, 0, 0, 0, 0, 0)
        assert message(pilot) == "! You have chosen all 3 projects you may. Take one back first."
        assert "[X]" in text(pilot) and "chosen · Rue du Moulin" in text(pilot)
        await pilot.press("up", "-", "f10")
        await pilot.pause()
        assert answer(pilot) == "next"


async def test_choose_one_moves_the_mark() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["one"])).run_test(size=SMALL) as pilot:
        await pilot.press("enter", "down", "down", "enter")
        assert vector(pilot) == (0, 0, 1, 0, 0, 0, 0, 0)
        assert text(pilot).count("(X)") == 1


async def test_knapsack_fills_a_bar_and_says_what_is_missing() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["knapsack"])).run_test(size=SMALL) as pilot:
        assert "[-]  8" not in text(pilot)
        await pilot.press("enter")
        assert "€3,200 of €20,000 used, €16,800 left." in text(pilot)
        assert "██████░" in text(pilot) and "doesn't fit · Chemin des Ardoises" in text(pilot)
        await pilot.press("3", "enter")
        assert message(pilot) == "! It doesn't fit: €1,700 missing. Take another back first."
        await pilot.press("8", "enter")
        assert message(pilot) == "! It doesn't fit: alone it costs more than €20,000."
        await pilot.press("7", "enter")
        assert vector(pilot) == (1, 0, 0, 0, 0, 0, 1, 0), "what is free always fits"


async def test_points_are_given_by_signs_arrows_and_digits() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["points"])).run_test(size=SMALL) as pilot:
        await pilot.press("+", "right", "left", "+")
        assert vector(pilot)[0] == 2
        await pilot.press("down", "enter", "6", "enter")
        assert vector(pilot)[1] == 6 and "2 points left of 10." in text(pilot)
        await pilot.press("enter", "7", "enter")
        assert message(pilot) == "! A project gets 6 points at most."
        await pilot.press("down", "enter", "4", "enter")
        assert message(pilot) == "! Only 2 points are left."
        await pilot.press("enter", "x", "enter")
        assert message(pilot) == "! Type digits only."
        await pilot.press("enter", "2", "escape", "-")
        assert message(pilot) == "! It has no points."
        assert vector(pilot) == (2, 6, 0, 0, 0, 0, 0, 0)
        await pilot.press("enter", "down")
        assert not ballot(pilot).query_one("#asked").display, "leaving the field withdraws it"


async def test_ranking_ranks_moves_and_takes_out() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["ranking"])).run_test(size=SMALL) as pilot:
        await pilot.press("enter", "down", "enter", "down", "enter")
        assert vector(pilot)[:3] == (1, 2, 3)
        await pilot.press("+", "shift+up")
        assert vector(pilot)[:3] == (2, 3, 1)
        assert "1. A pump track for the young" in text(pilot)
        await pilot.press("+")
        assert message(pilot) == "! It is first already."
        await pilot.press("-", "enter")
        assert vector(pilot)[:3] == (1, 2, 0)
        await pilot.press("-")
        assert message(pilot) == "! Rank it first, with Enter."


async def test_grades_have_words() -> None:
    async with BallotHost(lambda: ballot_of(Grades(levels=3))).run_test(size=SMALL) as pilot:
        await pilot.press("+", "+", "+", "+")
        assert vector(pilot)[0] == 3
        assert message(pilot) == "! 3 is the best grade."
        assert "grade 3 of 3 (good)" in text(pilot) and "1 of 8 projects graded." in text(pilot)
        await pilot.press("enter", "0", "enter")
        assert ballot(pilot).choice.is_blank


async def test_a_number_jumps_and_letters_search() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["approval"], 40)).run_test(size=SMALL) as pilot:
        await pilot.press("3", "7")
        assert ballot(pilot).place == 36
        assert message(pilot).startswith("Project 37. A repair café (5). €2,100. not chosen")
        await pilot.press("up", "9", "9")
        assert message(pilot) == "! No project has the number 99."
        await pilot.press("l", "a", "v")
        assert "Search: lav" in text(pilot), "the letter that opened the field stays in it"
        assert "No project is shown. Esc shows all of them again." in text(pilot)
        await pilot.press("backspace", "backspace", "backspace", *"wash")
        assert ballot(pilot).places == [3, 11, 19, 27, 35]
        assert "5 of 40 projects. Esc shows all." in text(pilot)
        await pilot.press("enter", "enter")
        assert vector(pilot)[3] == 1, "Enter leaves the field, and then chooses"
        await pilot.press("f2", "f2", "f2", "f2")
        assert ballot(pilot).places == [3, 11, 19, 27, 35]
        await pilot.press("2")
        assert ballot(pilot).place == 1 and len(ballot(pilot).places) == 40
        await pilot.press("/")
        await pilot.press("f", "escape")
        assert len(ballot(pilot).places) == 40 and ballot(pilot).focused is not None
        await pilot.press("escape")
        await pilot.pause()
        assert answer(pilot) == "back"


async def test_a_change_of_language_or_size_keeps_the_field() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["points"], 40)).run_test(size=SMALL) as pilot:
        await pilot.press("/", *"wash")
        await pilot.pause(0.1)  # an h may begin a scan: it waits
        await pilot.press("f3", "f2", "f2", "f2", "f2")
        assert "Search: wash" in text(pilot) and ballot(pilot).places == [3, 11, 19, 27, 35]
        await pilot.press(*["backspace"] * 4, "enter", "f3", "f3", "enter", "4")
        assert "Project 4: how many points, 0 to 6? 4" in text(pilot)
        await pilot.press("f2", "f2", "f2", "f2", "f3", "enter")
        assert vector(pilot)[3] == 4
        await pilot.press("enter", "5", "f2", "down")
        await pilot.pause()
        assert vector(pilot)[3] == 4 and not ballot(pilot).query_one("#asked").display


async def test_signs_act_where_the_cursor_is_seen() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["approval"])).run_test(size=SMALL) as pilot:
        await pilot.press("space", "tab", "+", "down")
        assert vector(pilot) == (1, 0, 0, 0, 0, 0, 0, 0)
        ballot(pilot).query_one("#next").focus()
        await pilot.press("space")
        await pilot.pause()
        assert answer(pilot) == "next"


async def test_numbers_with_letters_are_typed_too() -> None:
    contest = sample_contest(FORMATS["one"], 5)
    numbered = [f"B{place}" for place in range(4)] + ["C7"]
    projects = [
        replace(project, number=number)
        for project, number in zip(contest.projects, numbered, strict=True)
    ]
    choice = make_choice(replace(contest, projects=projects))
    screen = BallotScreen(choice, range(5), currency="EUR")
    async with BallotHost(lambda: screen).run_test(size=SMALL) as pilot:
        await pilot.press("c", "7")
        assert screen.place == 4
        await pilot.press("b", "2")
        assert screen.place == 2
        await pilot.press("b", "1", "b", "e")
        assert screen.places == [0, 1, 3], "no number goes on so: a search"
        assert "Search: be" in text(pilot)


async def test_only_some_are_shown() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["approval"], 12)).run_test(size=SMALL) as pilot:
        await pilot.press("down", "enter", "*")
        assert isinstance(pilot.app.screen, OnlyScreen)
        assert "Those you chose (1)" in text(pilot) and "Kind: Sport (4)" in text(pilot)
        await pilot.press("down", "enter")
        assert ballot(pilot).places == [1]
        assert "1 of 12 projects (Those you chose). Esc shows all." in text(pilot)
        await pilot.press("*", "escape")
        assert ballot(pilot).places == [1]
        await pilot.press("escape")
        assert len(ballot(pilot).places) == 12 and ballot(pilot).place == 1


async def test_nothing_chosen_is_called_blank() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["approval"])).run_test(size=SMALL) as pilot:
        await pilot.press("f10")
        assert isinstance(pilot.app.screen, Question)
        assert "this is a blank ballot. It counts as blank." in text(pilot)
        await pilot.press("enter")
        assert answer(pilot) is None and ballot(pilot).choice.is_blank
        await pilot.press("f10", "down", "enter")
        await pilot.pause()
        assert answer(pilot) == "next"


async def test_clear_all_asks_first() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["approval"])).run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        await pilot.click("#clear")
        await pilot.press("escape")
        assert not ballot(pilot).choice.is_blank
        await pilot.click("#clear")
        await pilot.press("down", "enter")
        assert ballot(pilot).choice.is_blank and "blank ballot" in message(pilot)
        assert "[X]" not in text(pilot)


async def test_too_few_can_t_go_on_but_blank_can() -> None:
    screen = ballot_of(Approval(min=2, max=3))
    async with BallotHost(lambda: screen).run_test(size=SMALL) as pilot:
        await pilot.press("enter", "f10")
        assert "Choose 1 more project, or none at all" in message(pilot)
        await pilot.press("down", "enter", "f10")
        await pilot.pause()
        assert answer(pilot) == "next"


async def test_the_mouse_is_enough() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["points"], 30)).run_test(size=SMALL) as pilot:
        await pilot.click(ProjectList, offset=(11, 2))  # [+] of the second row
        await pilot.click(ProjectList, offset=(11, 3))
        assert vector(pilot)[:2] == (0, 2) and ballot(pilot).place == 1
        await pilot.click(ProjectList, offset=(3, 2))
        assert vector(pilot)[:2] == (0, 1)
        await pilot.click(ProjectList, offset=(30, 4))
        assert ballot(pilot).place == 2 and vector(pilot)[2] == 0
        projects = ballot(pilot).query_one(ProjectList)
        await pilot._post_mouse_events([events.MouseScrollDown], ProjectList, (10, 3))
        await pilot.pause()
        assert projects.scroll_offset.y > 0


async def test_a_click_on_a_row_looks_and_the_next_chooses() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["approval"])).run_test(size=SMALL) as pilot:
        await pilot.click(ProjectList, offset=(30, 5))
        assert ballot(pilot).place == 2 and ballot(pilot).choice.is_blank
        await pilot.click(ProjectList, offset=(30, 5))
        assert vector(pilot)[2] == 1
        await pilot.click(ProjectList, offset=(3, 0))
        assert vector(pilot)[0] == 1
        await pilot.click("#details")
        assert isinstance(pilot.app.screen, ProjectScreen)
        await pilot.click("#back")
        await pilot.click("#next")
        await pilot.pause()
        assert answer(pilot) == "next"


async def test_the_ranking_s_arrows_can_be_clicked() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["ranking"])).run_test(size=SMALL) as pilot:
        await pilot.click(ProjectList, offset=(7, 0))
        await pilot.click(ProjectList, offset=(7, 2))
        await pilot.click(ProjectList, offset=(3, 2))
        assert vector(pilot)[:2] == (2, 1)
        await pilot.click(ProjectList, offset=(11, 2))
        assert vector(pilot)[:2] == (1, 2)
        await pilot.click(ProjectList, offset=(7, 0))
        assert vector(pilot)[:2] == (0, 1)


async def test_what_is_heard() -> None:
    speaker = RecordingSpeaker()
    app = BallotHost(lambda: ballot_of(FORMATS["knapsack"]), speaker=speaker)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert speaker.heard[-1] == (
            "The town's envelope (1 of 2). Choose projects for €20,000 at most, together."
            " €0 of €20,000 used, €20,000 left. "
            "Project 1. A shared orchard behind the school. €3,200. not chosen"
        )
        await pilot.press("down")
        await pilot.pause()
        assert speaker.heard[-1] == "Project 2. Benches along the river. €2,400. not chosen"
        await pilot.press("enter")
        await pilot.pause()
        assert speaker.heard[-1] == ("Project 2: chosen. €2,400 of €20,000 used, €17,600 left.")
        await pilot.press("3", "enter")
        await pilot.pause()
        assert speaker.heard[-1] == "It doesn't fit: €900 missing. Take another back first."


async def test_corrections_are_told() -> None:
    def correction(field: str, value: object) -> Correction:
        return Correction(
            contest="city",
            project="p1",
            field=field,  # type: ignore[arg-type]  # the test names what a Literal lists
            value=value,  # type: ignore[arg-type]  # checked by the record itself
            reason="A misprint",
        )

    corrections = [correction("cost", 400_000), correction("withdrawn", True)]
    screen = ballot_of(FORMATS["knapsack"], corrections=corrections)
    async with BallotHost(lambda: screen).run_test(size=LARGE) as pilot:
        shown = text(pilot)
        assert "withdrawn: can't win" in shown and "Corrected: A misprint" in shown
        assert "€4,000" in shown and "On this ballot it counts as €3,200." in shown


async def test_a_long_text_has_a_screen_of_its_own() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["points"])).run_test(size=SMALL) as pilot:
        await pilot.press("4")
        assert "… F9 shows all of it" in text(pilot)
        await pilot.press("f9")
        assert "with a new roof and a" in text(pilot)
        await pilot.press("f2", "down", "enter")
        assert ballot(pilot).place == 3


async def test_the_order_is_the_voter_s() -> None:
    screen = ballot_of(FORMATS["approval"], order=[4, 2, 0, 1, 3, 5, 6, 7])
    async with BallotHost(lambda: screen).run_test(size=SMALL) as pilot:
        assert screen.place == 4
        await pilot.press("enter", "down", "enter")
        assert vector(pilot) == (0, 0, 1, 0, 1, 0, 0, 0)


async def test_contrast_and_a_small_panel_keep_the_detail() -> None:
    async with BallotHost(lambda: ballot_of(FORMATS["points"])).run_test(size=LARGE) as pilot:
        await pilot.press("f4")
        assert ballot(pilot).has_class("-contrast") and ballot(pilot).has_class("-wide")
        assert ballot(pilot).query_one(Detail).region.x > 60


# --- review ---------------------------------------------------------------------------------------


def filled() -> list[Choice]:
    """A choice in each format; choose-one is left blank."""
    choices = []
    for name, form in FORMATS.items():
        choice = make_choice(sample_contest(form, name=name))
        if name != "one":
            for place in (5, 0, 4, 0):
                choice.more(place)
        choices.append(choice)
    return choices


@pytest.mark.parametrize(("size", "walk"), WALKS)
async def test_the_review_reads_out_everything(size: tuple[int, int], walk: Sequence[str]) -> None:
    screen = ReviewScreen(filled(), currency="EUR", mock=False)
    async with BallotHost(lambda: screen).run_test(size=size) as pilot:
        assert "You have not voted yet." in text(pilot)
        for words in (
            "Together they cost €5,950; the envelope has €20,000.",
            "You have chosen nothing here: this is a blank ballot.",
            "1 · A shared orchard behind the school (€3,200): 2 points",
            "2. 6 · Nest boxes for swallows (€650)",
            "grade 2 of 5 (poor)",
        ):
            assert words in screen.spoken()
        seen = text(pilot)
        for _ in range(3):
            await pilot.press("pagedown")
            seen += text(pilot)
        assert "grade 2 of 5 (poor)" in seen
        for key in walk:
            await pilot.press(key)
            assert screen.region.contains_region(screen.query_one("#next").region)
        await pilot.press("enter")
        await pilot.pause()
        assert answer(pilot) == "next"


async def test_a_part_can_be_changed() -> None:
    screen = ReviewScreen(filled(), currency="EUR", mock=True)
    async with BallotHost(lambda: screen).run_test(size=LARGE) as pilot:
        assert "This is only a try" in text(pilot)
        await pilot.click("#change-1")
        await pilot.pause()
        assert answer(pilot) == "change:one"


async def test_a_thousand_projects_are_no_trouble() -> None:
    screen = ballot_of(Points(total=100, max_each=100), 1000)
    async with BallotHost(lambda: screen).run_test(size=SMALL) as pilot:
        await pilot.press("end", "+")
        assert vector(pilot)[999] == 1 and "1000" in text(pilot)
        await pilot.press("5", "0", "0")
        assert screen.place == 499
