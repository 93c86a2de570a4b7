"""From a contest, or a plain file, to an outcome: the rules' edges, ties, corrections, JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conftest import Vectors
from pbvote.core import group
from pbvote.core.encoding import from_base64
from pbvote.core.errors import InputError
from pbvote.core.manifest import Contest, Correction
from pbvote.core.selection import Approval, BallotFormat, Grades, Points, Ranking
from pbvote.pabulib import ballot_format, parse
from pbvote_tally.count import (
    contest_profile,
    count,
    count_pb,
    file_rule,
    lot_order,
    outcome_json,
)
from pbvote_tally.plain import count_file
from pbvote_tally.rules import RULES, rule_named
from pbvote_tally.rules.profile import Entry, Outcome, Profile, profile

ANY = Approval(min=0, max=99)


def contest(rule: dict[str, Any], costs: dict[str, int], budget: int = 100, **more: Any) -> Contest:
    projects = [
        {"id": name, "number": name, "title": {"en": name}, "cost": cost}
        for name, cost in costs.items()
    ]
    ballot = {"format": "approval", "min": 1, "max": 2}
    plain = {"id": "town", "title": {"en": "Town"}, "budget": budget, "ballot": ballot}
    return msgspec.convert(plain | {"rule": rule, "projects": projects} | more, Contest)


def run(name: str, made: Profile, **settings: Any) -> Outcome:
    rule = RULES[name]
    return rule.run(made, rule.decode(settings))


def town(
    costs: Iterable[int],
    ballots: Iterable[tuple[int, ...] | None],
    budget: int,
    form: BallotFormat = ANY,
    **more: Any,
) -> Profile:
    entries = [Entry("abcdefgh"[i], cost) for i, cost in enumerate(costs)]
    return profile(entries, budget, form, ballots, **more)


# Greedy


def test_greedy_skips_or_stops() -> None:
    made = town([60, 50, 30], [(1, 1, 1), (1, 1, 0), (1, 0, 0)], 100)
    skipped = run("greedy", made)
    assert [(s.project, s.reason) for s in skipped.steps] == [
        ("a", "chosen"),
        ("b", "too-dear"),
        ("c", "chosen"),
    ]
    stopped = run("greedy", made, unaffordable="stop")
    assert [s.reason for s in stopped.steps] == ["chosen", "too-dear", "stopped"]
    assert skipped.steps[1].numbers == {"votes": 2, "score": 2, "cost": 50, "left": 40}


def test_greedy_without_votes_only_if_told_so() -> None:
    made = town([1], [], 1)
    assert run("greedy", made).winners == ()
    assert run("greedy", made, min_votes=0).winners == ("a",)


@pytest.mark.parametrize(
    ("form", "ballots", "scores"),
    [
        (ANY, [(1, 0), (1, 1)], [2, 1]),
        (Points(total=9, max_each=9), [(5, 0), (1, 3)], [6, 3]),
        (Ranking(max=3), [(1, 2), (0, 1)], [3, 5]),
        (Grades(levels=4), [(4, 1), (0, 2), (3, 0)], [Fraction(7, 2), Fraction(3, 2)]),
        (Grades(levels=4), [(0, 0)], [0, 0]),
    ],
)
def test_scores(form: BallotFormat, ballots: list[tuple[int, ...]], scores: list[int]) -> None:
    assert town([1, 1], ballots, 1, form).scores == scores


# Ties


def lot(order: str) -> Any:
    return lambda name: bytes([order.index(name)])


TIED = [(1, 1, 1, 0), (1, 1, 1, 0), (0, 0, 0, 1)]


@pytest.mark.parametrize(
    ("ties", "order", "by"),
    [
        (["lower-cost", "lot"], "cba", ("lower-cost", "lot")),
        (["higher-cost", "lot"], "bac", ("higher-cost", "lot")),
        (["lot"], "bac", ("lot",)),
        (["lot", "lower-cost"], "bac", ("lot",)),
        (["lower-cost"], "cba", ("lower-cost", "lot")),  # the lot comes last by itself
        ([], "bac", ("lot",)),
    ],
)
def test_ties_with_a_lot(ties: list[Any], order: str, by: tuple[str, ...]) -> None:
    made = town([20, 20, 10, 1], TIED, 100, ties=ties, lot=lot("bacd"))
    outcome = run("greedy", made)
    assert outcome.winners[:3] == tuple(order)
    (tie,) = outcome.ties
    assert tie.projects == tuple(order)
    assert tie.by == by


def test_ties_without_a_lot_say_so() -> None:
    outcome = run("greedy", town([20, 20, 10, 1], TIED, 100))
    assert outcome.winners == ("c", "a", "b", "d")
    assert outcome.ties[0].by == ("lower-cost", "more-votes", "without-lot")


def test_more_votes_breaks_ties_of_points() -> None:
    made = town([5, 5], [(4, 2), (0, 2)], 5, Points(total=9, max_each=9), ties=["more-votes"])
    outcome = run("greedy", made)
    assert outcome.winners == ("b",)
    assert outcome.ties[0].by == ("more-votes",)


def test_the_lot_is_a_hash(vectors: Vectors) -> None:
    order = lot_order(bytes(32), "town")
    expected = group.hash_parts("pbvote/v1/lot/order", bytes(32), b"town", b"a")
    assert order("a") == expected


# Equal Shares


def test_prices_and_money_left_are_told() -> None:
    made = town([12, 6, 9], [(1, 0, 0), (1, 1, 0), (0, 0, 1)], 18)
    outcome = run("equal-shares", made, completion="none")
    a, b, c = outcome.steps
    assert (a.project, a.numbers["price"], a.numbers["effective_votes"]) == ("a", 6, 2)
    assert (b.project, b.reason, b.numbers["money"]) == ("b", "supporters-cannot-pay", 0)
    assert (c.project, c.reason, c.numbers["money"]) == ("c", "supporters-cannot-pay", 6)
    assert outcome.figures == {"first_share": 6, "share": 6}


def test_completion_by_greedy_spends_what_is_left_of_the_budget() -> None:
    made = town([12, 6, 9], [(1, 0, 0), (1, 1, 0), (0, 0, 1)], 18)
    assert run("equal-shares", made, completion="none").winners == ("a",)
    greedy = run("equal-shares", made, completion="greedy")
    assert greedy.winners == ("a", "b")
    assert [step.phase for step in greedy.steps] == ["equal-shares", "completion", "completion"]


def test_a_blank_ballot_has_a_share_and_an_invalid_one_has_not() -> None:
    made = town([10], [(1,), (1,), None, None], 10)
    assert made.invalid == 2
    assert run("equal-shares", made, completion="none").winners == ("a",)
    blank = town([10], [(1,), (1,), (0,)], 10)
    assert run("equal-shares", blank, completion="none").winners == ()
    assert run("equal-shares", blank).winners == ("a",)


# Parameters


def test_unknown_rules_parameters_and_values_are_refused_with_the_right_ones() -> None:
    with pytest.raises(InputError, match=r"no rule 'best'.*greedy, .*equal-shares"):
        rule_named("best")
    with pytest.raises(InputError, match=r"no parameter 'skip'.*min_votes, min_score, unaffor"):
        RULES["greedy"].decode({"skip": True})
    with pytest.raises(InputError, match="unaffordable=skip/stop"):
        RULES["greedy"].decode({"unaffordable": "wait"})
    with pytest.raises(InputError, match="is wrong"):
        RULES["greedy"].decode({"min_votes": "3"})  # a manifest has numbers
    with pytest.raises(InputError, match="is wrong"):
        RULES["equal-shares"].decode({"step": "0"}, texts=True)
    assert RULES["greedy"].decode({"min_votes": "3"}, texts=True).min_votes == 3


# A contest of a manifest


def test_a_contest_with_corrections() -> None:
    made = contest({"name": "greedy"}, {"a": 60, "b": 50, "c": 30})
    selections = [(1, 1, 0), (1, 0, 0), (0, 1, 1), (0, 1, 0), (0, 0, 0)]
    assert count(made, selections).winners == ("b", "c")
    at = {"contest": "town", "reason": "a mistake"}
    corrections = [
        Correction(project="b", field="cost", value=70, **at),
        Correction(project="b", field="cost", value=40, **at),
        Correction(project="c", field="withdrawn", value=True, **at),
        Correction(project="zzz", field="cost", value=1, contest="other", reason="x"),
    ]
    assert count(made, selections, corrections).winners == ("b", "a")
    with pytest.raises(InputError, match="no project"):
        count(made, selections, [Correction(project="z", field="cost", value=1, **at)])


def test_what_breaks_the_format_is_invalid() -> None:
    made = contest({"name": "greedy"}, {"a": 60, "b": 50, "c": 30})
    found = contest_profile(made, [(1, 1, 1), (2, 0, 0), None, (1, 0, 0), (0, 0, 0)])
    assert (found.ballots, found.blank, found.invalid) == (2, 1, 3)


def test_the_bundle_of_the_vectors(vectors: Vectors) -> None:
    """Made by an independent implementation: three contests, with the lot as it fell."""
    folder = vectors.folder / "bundle"
    if not folder.is_dir():
        pytest.skip("the vectors have no bundle")
    note = (folder / "manifest.note").read_text("utf-8").split("\n")[0]
    results = json.loads((folder / "results.note").read_text("utf-8").split("\n")[0])
    manifest = json.loads(note)
    for plain, result in zip(manifest["contests"], results["contests"], strict=True):
        made = msgspec.convert(plain, Contest)
        text = (folder / "contests" / made.id / "selections.csv").read_text("utf-8")
        rows = list(csv.reader(text.splitlines()))[1:]
        selections = [None if row == ["invalid"] else tuple(map(int, row)) for row in rows]
        value = opened_lot(vectors)
        found = contest_profile(made, selections)
        counts = (found.ballots + found.invalid, found.blank, found.invalid)
        assert counts == (result["ballots"], result["blank"], result["invalid"])
        outcome = count(made, selections, lot=lot_order(value, made.id))
        assert list(outcome.winners) == result["winners"]
    assert from_base64(results["election"], 32)


def opened_lot(vectors: Vectors) -> bytes:
    """V = Σ λ_i·D_i of the trustees whose shares lie in the bundle (section 10)."""
    shares = {
        int(path.parent.name.split("-")[1]): path.read_bytes()
        for path in (vectors.folder / "bundle" / "lot").glob("opening-*/shares.bin")
    }
    value = group.IDENTITY
    for i, share in shares.items():
        weight = group.ONE
        for j in shares:
            if j != i:
                quotient = group.scalar_invert(group.scalar(j - i))
                weight = group.scalar_multiply(
                    weight, group.scalar_multiply(group.scalar(j), quotient)
                )
        value = group.add(value, group.multiply(weight, share))
    return value


# Plain files

PB = """META
key;value
budget;{budget}
vote_type;approval
{more}PROJECTS
project_id;cost
a;60
b;50
c;30
VOTES
voter_id;vote
1;a,b,c
2;a,b
3;a
"""


def test_a_file_is_counted_by_its_own_rule_or_by_the_one_named() -> None:
    stop = parse(PB.format(budget=100, more="rule;greedy-no-skip\n"))
    assert count_pb(stop).winners == ("a",)
    assert count_pb(stop, "greedy").winners == ("a", "c")
    assert count_pb(stop, "greedy", {"unaffordable": "stop"}).winners == ("a",)
    least = parse(PB.format(budget=200, more="min_project_score_threshold;2\n"))
    assert count_pb(least).winners == count_pb(least, "greedy").winners == ("a", "b")
    for text, winners in (("1.5", ("a", "b")), ("2.0", ("a", "b")), ("0,5", ("a", "b", "c"))):
        file = parse(PB.format(budget=200, more=f"min_project_score_threshold;{text}\n"))
        assert count_pb(file).winners == winners
    with pytest.raises(InputError, match="not a number"):
        count_pb(parse(PB.format(budget=200, more="min_project_score_threshold;many\n")))
    assert count_pb(least, "greedy", {"min_score": "0"}).winners == ("a", "b", "c")
    assert count_pb(least, "equal-shares").winners == ("a", "b", "c")
    shares = parse(PB.format(budget=100, more="rule;equalshares/add1\n"))
    assert file_rule(shares) == ("equal-shares", {"completion": "add-one"})
    with pytest.raises(InputError, match="no rule"):
        count_pb(shares, "best")


@pytest.mark.parametrize(
    ("budget", "winners"),
    [
        (110, ("a", "b")),
        (100, ("a", "b")),  # 40 is left, 80 % of the 50 that b costs
        (99, ("a",)),  # 39 isn't, and it ends there
    ],
)
def test_a_file_of_poznan_overspends_as_it_says(budget: int, winners: tuple[str, ...]) -> None:
    comment = "comment;#1: … is enough to fund at least 80% of that project, we fund it as well\n"
    election = parse(PB.format(budget=budget, more=f"rule;greedy-custom\n{comment}"))
    assert count_pb(election).winners == winners


VOTES = {
    "approval": "voter_id;vote\n1;a,b\n2;a\n",
    "ordinal": "voter_id;vote\n1;a,b\n2;a\n",
    "scoring": "voter_id;vote;points\n1;a,b;3,1\n2;a;3\n",
}


@pytest.mark.parametrize("kind", VOTES)
@pytest.mark.parametrize("name", RULES)
def test_every_rule_counts_the_files_that_it_can(name: str, kind: str) -> None:
    head = PB.format(budget=100, more="").replace("approval", kind)
    election = parse(head[: head.index("voter_id")] + VOTES[kind])
    if RULES[name].counts(ballot_format(election)):
        assert count_pb(election, name).winners[0] == "a"
    else:
        with pytest.raises(InputError, match=rf"{name} can't count"):
            count_pb(election, name)


def test_a_step_is_one_of_the_files_amounts() -> None:
    cents = parse(PB.format(budget="100.50", more=""))
    parameters = count_pb(cents, "equal-shares").parameters
    assert msgspec.structs.asdict(parameters)["step"] == 100
    assert msgspec.structs.asdict(parameters)["min_votes"] == 1


def test_amounts_with_many_digits_are_compared_exactly() -> None:
    """2 vote for c, 3 for a: with shares c wins, and more prefer the result of greedy."""
    sizes = {"budget": 9 * 10**17, "a": 9 * 10**17, "c": 1}
    more = "META\nkey;value\nbudget;{budget}.25\nvote_type;approval\nPROJECTS\nproject_id;cost\n"
    votes = "".join(f"{i};{'a' if i < 3 else 'c'}\n" for i in range(5))
    text = (more + "a;{a}\nc;{c}\nVOTES\nvoter_id;vote\n").format(**sizes) + votes
    shares = {"completion": "none"}
    assert count_pb(parse(text), "equal-shares", shares).winners == ("c",)
    outcome = count_pb(parse(text), "equal-shares", shares | {"comparison": "greedy"})
    assert outcome.winners == ("a",)
    assert (outcome.figures["prefer_equal_shares"], outcome.figures["prefer_greedy"]) == (2, 3)


def test_a_counted_file_says_its_unit_and_what_was_odd(tmp_path: Path) -> None:
    path = tmp_path / "town.pb"
    path.write_text(PB.format(budget="100.50", more="").replace("3;a", "3;a,a"))
    plain = count_file(path, "greedy", ["unaffordable=stop"], "lower-cost,lot")
    assert (plain["unit"], plain["budget"], plain["winners"]) == (100, 10050, ["a"])
    assert plain["notes"] == ["line 14: a project twice in a vote"]


def test_the_outcome_is_json() -> None:
    election = parse(PB.format(budget=100, more=""))
    plain = outcome_json(count_pb(election, "equal-shares"))
    assert json.loads(json.dumps(plain)) == plain
    assert plain["winners"] == ["a"]
    assert plain["spent"] == 60
    assert plain["figures"]["first_share"] == "100/3"
    assert plain["parameters"]["completion"] == "add-one"
    assert {step["project"] for step in plain["steps"]} == {"a", "b", "c"}
