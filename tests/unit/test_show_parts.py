"""What stands behind the wall: films, the player, where a count stands, what is said."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest

from bundle_builder import Polling, make_bundle, write_files
from election_builder import build_election, make_contest
from pbvote.core.errors import InputError
from pbvote.core.manifest import Correction
from pbvote.core.selection import Grades, Ranking
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.count import count
from pbvote_tally.language import Words
from pbvote_tally.rules import RULES
from pbvote_tally.rules.profile import Reason
from pbvote_tally.show.film import Film, Player, decided, share
from pbvote_tally.show.frame import bar, low_bar
from pbvote_tally.show.posting import PostedReport, Progress
from pbvote_tally.show.said import NOT_CHOSEN, minutes, number, step_sentence, tie_sentence
from pbvote_tally.show.standing import is_mixed, is_opened, parts, trustees
from pbvote_tally.verify import Counted


def film(ballots: Sequence[tuple[int, ...]], **given: Any) -> Film:
    """The film of a contest of these ballots."""
    contest = make_contest(**given)
    return Film(Counted(contest, list(ballots), count(contest, ballots)))


BALLOTS = [(1, 1, 0, 0, 0), (1, 0, 1, 0, 0), (1, 1, 1, 0, 0)]


# --- films ----------------------------------------------------------------------------------------


def test_money_and_marks_follow_the_steps() -> None:
    shown = film(BALLOTS, budget=1_300_000)
    assert [row.id for row in shown.rows][:3] == ["p1", "p2", "p3"]
    assert [shown.spent(n) for n in range(4)] == [0, 500_000, 1_100_000, 1_100_000]
    assert shown.mark(0, "p1") == "waiting"
    assert shown.mark(1, "p1") == "won"
    assert shown.mark(1, "p2") == "waiting"
    assert shown.mark(3, "p3") == "lost"
    assert {shown.mark(len(shown), row.id) for row in shown.rows} == {"won", "lost"}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_step_of_every_rule_has_a_sentence(rule: str) -> None:
    election = build_election().election
    ballots, form = BALLOTS, None
    if rule in ("majority-judgment", "borda"):
        ballots = [(3, 1, 0, 2, 0), (1, 2, 3, 0, 0), (2, 1, 0, 0, 0)]
        form = Grades(levels=4) if rule == "majority-judgment" else Ranking(max=3)
        ballots = ballots if rule == "majority-judgment" else ballots[:2]
    shown = film(ballots, ballot=form, budget=1_300_000, rule={"name": rule})
    assert len(shown.rows) == 5
    for language in ("fr", "nl", "de", "en"):
        for taken in range(1, len(shown) + 1):
            said = step_sentence(Words(language), shown, taken, election)
            assert said and "{" not in said


def test_every_reason_has_its_sentence() -> None:
    assert set(get_args(Reason)) == {"chosen", *NOT_CHOSEN}


def test_a_tie_that_decided_is_told() -> None:
    shown = film([(0, 1, 1, 0, 0)], budget=700_000)
    (tie,) = decided(shown.counted)
    assert set(tie.projects) == {"p2", "p3"}
    assert shown.tie(1) == tie
    assert "Equal: 2, 3" in tie_sentence(Words("en"), shown, tie)


def test_corrections_are_in_the_film() -> None:
    contest = make_contest()
    changes = [
        Correction(contest="city", project="p1", field="cost", value=123, reason="an offer"),
        Correction(contest="city", project="p1", field="title", value={"en": "New"}, reason="a"),
        Correction(contest="other", project="p1", field="cost", value=9, reason="elsewhere"),
    ]
    shown = Film(Counted(contest, list(BALLOTS), count(contest, BALLOTS, changes)), changes)
    assert (shown.row("p1").cost, shown.row("p1").title) == (123, {"en": "New"})
    assert shown.spent(len(shown)) == shown.counted.outcome.spent


# --- the player -----------------------------------------------------------------------------------


def test_forward_then_back_is_where_it_was(rng: random.Random) -> None:
    for _ in range(200):
        player = Player([rng.randrange(0, 4) for _ in range(rng.randrange(1, 4))])
        steps = rng.randrange(0, 12)
        places = []
        for _ in range(steps):
            if player.is_at_end:
                break
            places.append((player.contest, player.taken))
            player.forward()
        for place in reversed(places):
            player.back()
            assert (player.contest, player.taken) == place


def test_to_the_end_and_to_the_start() -> None:
    player = Player([3, 0, 2])
    player.to_end()
    assert (player.contest, player.taken) == (0, 3)
    for _ in range(3):
        player.to_end()
    assert player.is_at_end
    player.to_end()
    assert player.is_at_end
    for _ in range(4):
        player.to_start()
    assert player.is_at_start


def test_it_plays_to_the_end_and_stops() -> None:
    player = Player([2])
    player.toggle()
    assert player.is_playing
    player.forward()
    player.forward()
    assert player.is_at_end and not player.is_playing
    player.toggle()
    assert not player.is_playing


def test_speeds_have_ends() -> None:
    player = Player([1])
    for _ in range(9):
        player.faster(-1)
    slowest = player.seconds
    for _ in range(9):
        player.faster(1)
    assert player.seconds < slowest


# --- where a count stands -------------------------------------------------------------------------


def test_what_a_kill_left_half_written_isnt_there(tmp_path: Path) -> None:
    built = build_election()
    poll = Polling(built)
    poll.cast(poll.card(0), "online")
    files = make_bundle(built, poll.finished())
    election, contests = built.election, ["city", "quarter"]
    write_files(files, tmp_path)
    done = parts(FolderBundle(tmp_path))
    assert is_mixed(election, contests, done) and is_opened(election, contests, done)
    stands = trustees(election, contests, done)
    assert [(t.mixed, t.opened) for t in stands] == [(True, True), (False, False), (True, True)]
    (tmp_path / "contests/city/mix-3/statement.note").unlink()
    (tmp_path / "lot/opening-1/proof.bin").unlink()
    done = parts(FolderBundle(tmp_path))
    assert not is_mixed(election, contests, done) and not is_opened(election, contests, done)
    assert [t.mixed for t in trustees(election, contests, done)] == [True, False, False]


def test_who_is_late_may_not_mix(tmp_path: Path) -> None:
    election = build_election().election
    for part in ("output.bin", "proof.bin", "statement.note"):
        write_files({f"contests/city/mix-2/{part}": b""}, tmp_path)
    done = parts(FolderBundle(tmp_path))
    assert [t.can_mix for t in trustees(election, ["city"], done)] == [False, False, True]
    begun = parts(FolderBundle(tmp_path), is_begun=True)
    assert not any(t.can_mix for t in trustees(election, ["city"], begun))


# --- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.9, "0:07"), (750, "12:30"), (3723, "1:02:03")]
)
def test_times(seconds: float, text: str) -> None:
    assert minutes(seconds) == text


def test_numbers_as_each_language_writes_them() -> None:
    assert number(Words("en"), Fraction(7, 2)) == "3.50"
    assert number(Words("fr"), Fraction(7, 2)) == "3,50"
    assert number(Words("en"), Fraction(4, 2)) == "2"


def test_bars_are_as_wide_as_told() -> None:
    assert [len(bar(part, 10)) for part in (0, 0.04, 0.5, 1)] == [10] * 4
    assert bar(1, 4) == "████" and bar(0, 4) == "    "
    assert low_bar(0.5, 4) == "▄▄  "
    assert share(1, 0) == 0 and share(5, 4) == 1


# --- the report -----------------------------------------------------------------------------------


def test_the_report_posts_each_step_and_not_every_ballot() -> None:
    now = [0.0]
    posted: list[Progress] = []
    report = PostedReport(lambda: now[0])
    report.begin(posted.append)
    report.step("{box}: every ballot's proof", 100_000, box="kiosk-1")
    for _ in range(100_000):
        now[0] += 0.00001
        report.advance(1)
    report.note("one more thing")
    report.end(failed=False)
    assert len(posted) < 20
    first, second = posted[-1].lines
    assert (first.mark, first.done, first.total) == ("done", 100_000, 100_000)
    assert second.mark == "note"
    assert round(first.seconds(99.0), 3) == 1.0


def test_a_failed_act_ends_in_a_failed_step() -> None:
    posted: list[Progress] = []
    report = PostedReport(lambda: 1.0)
    report.begin(posted.append)
    report.step("a")
    report.step("b")
    report.end(failed=True)
    assert [line.mark for line in posted[-1].lines] == ["done", "failed"]


def test_faults_are_said_in_the_language_of_the_wall() -> None:
    error = InputError("the passphrase is wrong", hint="Try again")
    assert Words("nl").error(error) == "de wachtzin is fout. Probeer opnieuw."


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
@pytest.mark.parametrize(
    ("what", "hint"),
    [
        (
            "a ballot was counted as checked ahead, but its proof doesn't hold",
            "Nothing was signed. Ask who wrote in the folder `ahead`",
        ),
        ("a link, not a file or folder", "Take another stick"),
        ("it has no place in a bundle", "Remove it, then go on"),
        ("this isn't the commission's key", "Bring back the one that signed the manifest"),
        ("the passphrase is wrong", "If it is a stick, put it in again"),
    ],
)
def test_a_fault_of_the_evening_has_its_words(language: str, what: str, hint: str) -> None:
    words = Words(language)
    assert words(what) != what and words(hint) != hint
