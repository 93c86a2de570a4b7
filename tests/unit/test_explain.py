"""Why a project won or not: every rule and reason in four languages, real elections, results.json.

That "enough" is enough is in tests/property/test_enough_properties.py.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from typer.testing import CliRunner

from bundle_builder import MemoryBundle, write_files
from bundle_changes import town
from conftest import PROJECT
from pbvote.core.errors import InputError
from pbvote.core.selection import Approval, BallotFormat, Grades, Points, Ranking
from pbvote.pabulib import read
from pbvote_tally.cli import app
from pbvote_tally.explain.changed import with_ballots, with_cost
from pbvote_tally.explain.contest import contest_report
from pbvote_tally.explain.enough import enough
from pbvote_tally.explain.plain_file import sources_of_file
from pbvote_tally.explain.report import ContestReport, Enough, Payment, ResultsReport
from pbvote_tally.explain.results import results_report
from pbvote_tally.explain.schema import results_schema
from pbvote_tally.explain.sentences import CRITERIA, RULE_TITLES, Fate, Told, explanation
from pbvote_tally.explain.turnout import LEAST, Part, merged
from pbvote_tally.explain.voters import voter_numbers
from pbvote_tally.language import LANGUAGES, Words
from pbvote_tally.published import Published, read_published
from pbvote_tally.rules import RULES
from pbvote_tally.rules.equal_shares import EqualSharesParameters
from pbvote_tally.rules.greedy import GreedyParameters, greedy
from pbvote_tally.rules.profile import Entry, Number, Reason, Step, TieBreak, profile
from pbvote_tally.rules.ties import WITHOUT_LOT
from small_town import FORMS, some_parameters, some_town, sources

ENGLISH = re.compile(r"\b(the|its|would|have|and|ballots?|votes?|each|left|cost|supporters)\b")


def told(ballot: BallotFormat, *, by_points: bool = False) -> Told:
    titles = {name: {"fr": "Parc", "nl": "Park", "de": "Park", "en": "Park"} for name in "abcd"}
    return Told(
        ballot=ballot,
        ballots=1200,
        titles=titles,
        needed=dict.fromkeys("abcd", 9),
        money=lambda _, amount: _.amount(amount, "EUR"),
        by_points=by_points,
    )


def fates() -> Iterator[Fate]:
    """A fate for each reason and each way to win, with and without what would have been enough."""
    numbers: dict[str, Number] = {
        "votes": 7,
        "score": Fraction(7, 2),
        "cost": 500_000,
        "left": 20_050,
        "money": Fraction(100, 3),
        "room": 300,
        "limit": 2,
        "winners": 1,
    }
    answers = [
        None,
        Enough(votes=1, price=0),
        Enough(votes=12, price=77_700),
        Enough(votes=None, price=None, no_votes="impossible", no_price="impossible"),
        Enough(votes=None, price=5, no_votes="impossible"),
        Enough(votes=3, price=None, no_price="impossible"),
        Enough(votes=None, price=None, no_votes="not-found", no_price="not-found"),
    ]
    ties = [None, TieBreak("x", ("a", "b"), ("lower-cost", "lot"))]
    ties += [TieBreak("x", tuple("abcd"), (name,)) for name in CRITERIA]
    for reason in (r for r in get_args(Reason) if r != "chosen"):
        for because in ("", "b"):
            step = Step("a", reason, "greedy", numbers, because)
            yield from (Fate(step, None, enough=answer) for answer in answers)
            yield from (Fate(step, None, tie=tie) for tie in ties)
    yield Fate(Step("a", "too-dear", "best-total", numbers), None)
    for extra in ({}, {"price": Fraction(125, 2)}, {"overspent": 100}):
        for phase in ("greedy", "required"):
            won = Step("a", "chosen", phase, {**numbers, **extra})
            yield Fate(won, 3, [Payment(amount="125/2", voters=7)])


@pytest.mark.parametrize("ballot", FORMS, ids=lambda form: type(form).__name__)
@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_every_sentence_is_in_the_language(ballot: BallotFormat, language: str) -> None:
    for by_points in (False, True):
        for fate in fates():
            text = explanation(Words(language), told(ballot, by_points=by_points), fate)
            english = explanation(Words("en"), told(ballot, by_points=by_points), fate)
            assert "{" not in text + english
            assert text != english
            assert not ENGLISH.search(text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_and_criteria_have_names(language: str) -> None:
    words = Words(language)
    assert set(RULE_TITLES) >= set(RULES)
    names = [words(title) for title in [*RULE_TITLES.values(), *CRITERIA.values()]]
    assert len(set(names)) == len(names)
    assert WITHOUT_LOT in CRITERIA


def test_what_is_said_in_english() -> None:
    step = Step("a", "too-dear", "greedy", {"votes": 70, "cost": 420_000, "left": 315_000})
    fate = Fate(step, None, enough=Enough(votes=6, price=315_000))
    assert explanation(Words("en"), told(Approval(min=1, max=5)), fate) == (
        "70 of 1,200 ballots support it. When its turn came, €3,150 was left; it costs €4,200. "
        "6 votes more would have been enough. At a cost of €3,150 it would have won."
    )
    fate = Fate(step, None, tie=TieBreak("greedy", ("b", "a"), ("lower-cost",)))
    assert explanation(Words("fr"), told(Approval(min=1, max=5)), fate).endswith(
        "Il était à égalité avec «\xa0Parc\xa0»\xa0; ce qui a décidé\xa0: le coût le plus bas."
    )


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_is_explained(name: str, rng: random.Random) -> None:
    """Any election, any parameters: a report that is read back, and sentences for all."""
    for _ in range(40):
        own, rule = some_town(rng, name)
        given = sources(own.profile(), rule, some_parameters(rng, rule, own.profile()))
        report = contest_report(given)
        data = msgspec.json.encode(report)
        assert msgspec.json.decode(data, type=ContestReport) == report
        assert report.received == 0
        assert report.left == report.budget - report.spent
        assert [p.id for p in report.projects] == [entry.id for entry in own.entries]
        winners = sorted((p.position, p.id) for p in report.projects if p.position)
        assert [project for _, project in winners] == list(given.outcome.winners)
        for project in report.projects:
            assert all(project.explanation[language] for language in LANGUAGES)
            assert (project.status == "winner") == (project.position is not None)
            assert (project.enough is not None) == (project.status == "not-funded")
        others = [other.rule for other in report.comparison]
        assert others == [r.name for r in RULES.values() if r.counts(own.form) and r is not rule]
        assert not any(other.official for other in report.comparison)


# --- Equal Shares: who paid what ------------------------------------------------------------------


def test_effective_votes_and_payments() -> None:
    """Each has 100/6. The park's four pay 12.5, so that two have 25/6 left for the pond."""
    made = profile(
        [Entry("park", 50), Entry("path", 40), Entry("pond", 20)],
        100,
        Approval(min=0, max=3),
        {(1, 0, 1): 2, (1, 0, 0): 2, (0, 1, 1): 1, (0, 1, 0): 1},
    )
    given = sources(made, RULES["equal-shares"], EqualSharesParameters(completion="none"))
    assert given.outcome.winners == ("park", "pond")
    park, path, pond = contest_report(given).projects
    assert park.effective_votes == [4]
    assert path.effective_votes == [0, 0]
    assert pond.effective_votes == [3, 1]  # 20 / (35/3)
    assert park.payments == [Payment(amount="25/2", voters=4)]
    assert pond.payments == [Payment(amount="35/3", voters=1), Payment(amount="4", voters=2)]
    assert park.explanation["en"].endswith(
        "It won as number 1: its supporters paid €0.12 each, or what they had left."
    )
    assert path.payments == []


def test_payments_add_up(rng: random.Random) -> None:
    """To the cost, within a unit a voter; and the full price is the highest."""
    for _ in range(60):
        own, rule = some_town(rng, "equal-shares")
        given = sources(own.profile(), rule, some_parameters(rng, rule, own.profile()))
        report = contest_report(given)
        for project in report.projects:
            if project.payments:
                voters = sum(line.voters for line in project.payments)
                paid = Fraction(0)
                for line in project.payments:
                    paid += Fraction(line.amount) * line.voters
                assert voters <= project.votes
                assert abs(paid - project.cost) <= voters
                amounts = [Fraction(line.amount) for line in project.payments]
                assert amounts == sorted(amounts, reverse=True)


# --- real elections -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Poland_Wieliczka_2023_Green_Budget.pb", "Poland_Wroclaw_2015_150_-_500.pb"]
)
def test_enough_in_real_elections(pabulib: Path, name: str) -> None:
    """Greedy: what the five best losers lacked, checked on the whole election."""
    given = sources_of_file(read(pabulib / name), "en", "greedy")
    made, outcome = given.profile, given.outcome
    found = enough(made, given.rule, given.parameters, outcome)
    position = {entry.id: p for p, entry in enumerate(made.projects)}
    best = sorted(found, key=lambda project: -made.votes[position[project]])[:5]
    for project in best:
        p, answer = position[project], found[project]
        assert answer.votes is not None
        for more, wins in ((answer.votes, True), (answer.votes - 1, False)):
            again = given.rule.run(with_ballots(made, p, more), given.parameters)
            assert (project in again.winners) == wins
        if answer.price is not None:
            for price, wins in ((answer.price, True), (answer.price + 1, False)):
                again = given.rule.run(with_cost(made, p, price), given.parameters)
                assert (project in again.winners) == wins


# --- voters ---------------------------------------------------------------------------------------


def test_voter_numbers() -> None:
    made = profile(
        [Entry("park", 60, district="north"), Entry("pool", 50), Entry("path", 30, False, (), "n")],
        100,
        Approval(min=0, max=3),
        [(1, 1, 0), (1, 0, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0), None],
    )
    found = voter_numbers(made, greedy(made, GreedyParameters()))
    assert (found.with_a_winner, found.ballots, found.average_winners) == (3, 5, "4/5")
    assert [(d.district, d.money, d.votes) for d in found.districts] == [
        ("north", 60, 3),
        ("", 0, 2),
        ("n", 30, 1),
    ]


@pytest.mark.parametrize(
    ("form", "vector", "wanted"),
    [
        (Grades(levels=4), (1, 2, 3, 4, 0), 2),
        (Grades(levels=5), (1, 3, 4, 5, 0), 2),
        (Points(total=9, max_each=3), (1, 0, 2, 3, 0), 3),
        (Ranking(max=3), (3, 2, 1, 0, 0), 3),
    ],
)
def test_what_a_ballot_wants(form: BallotFormat, vector: tuple[int, ...], wanted: int) -> None:
    made = profile([Entry(f"p{p}", 1) for p in range(5)], 9, form, [vector])
    found = voter_numbers(made, greedy(made, GreedyParameters(min_votes=0)))
    assert found.average_winners == str(wanted)


# --- turnout --------------------------------------------------------------------------------------


def title(name: str) -> Callable[[Words], str]:
    return lambda _: name


def parts(*sizes: int) -> list[Part]:
    return [Part(f"g{i}", title(f"group {i}"), size) for i, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        ((50, 40), [50, 40]),
        ((50, 4, 40, 9), [50, 40, 13]),
        ((50, 9, 40), [50, 49]),
        ((50, 4, 40, 3), [50, 47]),
        ((3, 4), [7]),
        ((10,), [10]),
        ((), []),
    ],
)
def test_small_groups_are_merged(sizes: tuple[int, ...], left: list[int]) -> None:
    groups = merged(parts(*sizes), ["fr"])
    assert [group.ballots for group in groups] == left
    assert sum(group.ballots for group in groups) == sum(sizes)
    assert all(group.ballots >= LEAST for group in groups) or len(groups) == 1


def test_a_district_with_few_who_may_vote_is_small() -> None:
    some = [("a", 20, 900), ("b", 30, 800), ("c", 9, 9)]
    made = merged([Part(name, title(name), *sizes) for name, *sizes in some], ["en"])
    assert [(group.names, group.ballots, group.roll) for group in made] == [
        (["b"], 30, 800),
        (["c", "a"], 29, 909),
    ]
    assert made[1].title == {"en": "c + a"}


# --- results.json ---------------------------------------------------------------------------------


def published_town() -> tuple[MemoryBundle, Published]:
    own = town()
    bundle = MemoryBundle(own.files)
    return bundle, read_published(bundle, own.built.commission.verify_key)


def test_results_json_is_read_back_and_always_the_same() -> None:
    bundle, published = published_town()
    report = results_report(bundle, published)
    data = report.encode()
    assert data == results_report(*published_town()).encode()
    assert msgspec.json.decode(data, type=ResultsReport) == report
    assert (report.number, report.election) == (1, published.election.id.hex())
    assert [contest.id for contest in report.contests] == ["city", "quarter", "islands"]
    for contest, counted in zip(report.contests, published.counted, strict=True):
        assert contest.ballots == counted.result.ballots
        winners = sorted((p.position, p.id) for p in contest.projects if p.position)
        assert [name for _, name in winners] == counted.result.winners
    changed = next(p for p in report.contests[0].projects if p.id == "p4")
    assert changed.cost == 1_400_000  # the addendum's
    turnout = report.turnout
    assert (turnout.roll, turnout.ballots) == (6, published.merge.accepted)
    assert [table.by for table in turnout.tables] == ["channel", "box", "district"]
    for table in turnout.tables:
        assert len(table.groups) == 1  # so few are never told apart
        assert table.groups[0].ballots == turnout.ballots
        assert set(table.source) == set(report.languages)
    assert turnout.tables[2].groups[0].roll == 6 + turnout.enrolled


def test_the_published_schema_is_current() -> None:
    """`docs/results.schema.json`; write it again from `results_schema()` if it isn't."""
    assert (PROJECT / "docs" / "results.schema.json").read_bytes() == results_schema()
    assert "\\Z" not in results_schema().decode()  # no pattern that only Python reads
    schema = json.loads(results_schema())
    fields = set(schema["$defs"]["ResultsReport"]["properties"])
    assert fields == {"type", *ResultsReport.__struct_fields__}


# --- the command ----------------------------------------------------------------------------------


def told_by(*words: str) -> str:
    done = CliRunner().invoke(app, ["explain", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_explain_a_file(pabulib: Path) -> None:
    file = str(pabulib / "Poland_Wroclaw_2018_Rejon_nr_5_250.pb")
    table = told_by(file, "--language", "de").splitlines()
    assert table[1].split() == ["Projekt", "Stimmen", "Kosten"]
    assert table[2].split()[0] == "1"
    everything = json.loads(told_by(file, "--json"))
    lost = next(p for p in everything[0]["projects"] if p["status"] == "not-funded")
    assert "would have won" in told_by(file, lost["id"], "--language", "en")
    assert json.loads(told_by(file, lost["id"], "--json"))["id"] == lost["id"]
    other = told_by(file, "--rule", "equal-shares", "--set", "completion=none")
    assert other.splitlines() != table
    with pytest.raises(InputError, match="no project 'nix'"):
        told_by(file, "nix")
    with pytest.raises(InputError, match="no words in 'it'"):
        told_by(file, "--language", "it")


def test_explain_a_published_election(tmp_path: Path) -> None:
    own = town()
    write_files(own.files, tmp_path / "bundle")
    (tmp_path / "commission.vkey").write_text(own.built.commission.verify_key.text + "\n")
    table = told_by(str(tmp_path), "--language", "en").splitlines()
    assert table[0] == "Envelope city"
    assert "ballots support it." in told_by(str(tmp_path), "city/p4", "--language", "en")
    with pytest.raises(InputError, match="several contests have a project 'p1'"):
        told_by(str(tmp_path), "p1")
