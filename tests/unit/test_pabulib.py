"""`.pb` files as found in the wild: read right, or refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbvote.core.errors import InputError
from pbvote.core.selection import Approval, Knapsack, Points, Ranking
from pbvote.pabulib import PbProject, ballot_format, from_vectors, parse, read, to_text

META = "META\nkey;value\nbudget;{budget}\nvote_type;{type}\n{more}PROJECTS\n"
PROJECTS = "project_id;cost\na;10\nb;20\nc;30\n"


def pb(
    votes: str,
    type: str = "approval",
    more: str = "",
    projects: str = PROJECTS,
    budget: str = "40",
    columns: str = "voter_id;vote",
) -> str:
    return META.format(budget=budget, type=type, more=more) + f"{projects}VOTES\n{columns}\n{votes}"


def test_approval() -> None:
    election = parse(pb("1;a,b\n2;c\n3;\n"))
    assert election.vectors == [(1, 1, 0), (0, 0, 1), (0, 0, 0)]
    assert [project.cost for project in election.projects] == [10, 20, 30]
    assert (election.budget, election.unit) == (40, 1)


def test_ordinal_is_ranks() -> None:
    assert parse(pb("1;c,a\n", "ordinal")).vectors == [(2, 0, 1)]


def test_cumulative_is_points() -> None:
    election = parse(pb("1;c,a;2,5\n", "cumulative", columns="voter_id;vote;points"))
    assert election.vectors == [(5, 0, 2)]


def test_bom_crlf_spaces_quotes_blank_lines_and_short_lines() -> None:
    projects = 'project_id; cost ;name;target\n a ;10;"x; ""y""";kids\nb;20\n\nc;30;;;\n'
    text = pb(
        '1; a , b ;internet\n"2";c\n', projects=projects, columns="voter_id;vote;voting_method"
    )
    election = parse(text.replace("\n", "\r\n"))
    assert election.vectors == [(1, 1, 0), (0, 0, 1)]
    assert election.projects[0].name == 'x; "y"'
    assert election.projects[0].targets == ("kids",)
    assert [vote.voting_method for vote in election.votes] == ["internet", ""]


def test_a_file_with_a_bom(tmp_path: Path) -> None:
    path = tmp_path / "x.pb"
    path.write_bytes(b"\xef\xbb\xbf" + pb("1;a\n").encode())
    assert read(path).vectors == [(1, 0, 0)]


def test_a_quoted_cell_over_two_lines_keeps_line_numbers_right() -> None:
    projects = 'project_id;cost;name\na;10;"two\nlines"\nb;x;\n'
    with pytest.raises(InputError, match="line 9: the cost is 'x'"):
        parse(pb("1;a\n", projects=projects))


def test_a_blank_vote_of_nobody_is_written_as_a_vote() -> None:
    election = parse(pb("1;a;3\n;b;0\n", "scoring", columns="voter_id;vote;points"))
    assert election.vectors == [(3, 0, 0), (0, 0, 0)]
    assert parse(to_text(election)).vectors == election.vectors


@pytest.mark.parametrize("votes", ['1;a;"x\n2;b;y\n3;c;z\n', '1;a;"x\n2;b;"y"\n3;c;z\n'])
def test_a_quote_that_is_never_closed_swallows_no_vote(votes: str) -> None:
    with pytest.raises(InputError, match="a quote is never closed in a vote"):
        parse(pb(votes, columns="voter_id;vote;sex"))


@pytest.mark.parametrize(
    ("budget", "cost", "unit", "amounts"),
    [
        ("40", "10", 1, (40, 10)),
        ("40.0", "10.00", 1, (40, 10)),
        ("40.57", "10", 100, (4057, 1000)),
        ("40", "10,5", 100, (4000, 1050)),
        ("40", "10.125", 1000, (40000, 10125)),
        ("1000000000000", "999999999", 1, (10**12, 999999999)),
    ],
)
def test_money(budget: str, cost: str, unit: int, amounts: tuple[int, int]) -> None:
    projects = f"project_id;cost\na;{cost}\n"
    election = parse(pb("1;a\n", projects=projects, budget=budget))
    assert election.unit == unit
    assert (election.budget, election.projects[0].cost) == amounts


def test_a_project_twice_in_a_vote_is_read_and_noted() -> None:
    assert parse(pb("1;a,a,b\n")).vectors == [(1, 1, 0)]
    assert parse(pb("1;b,a,b,c\n", "ordinal")).vectors == [(2, 1, 3)]
    points = parse(pb("1;a,a;1,2\n", "cumulative", columns="voter_id;vote;points"))
    assert points.vectors == [(3, 0, 0)]
    assert "twice" in points.notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: META expected"),
        ("hello", "line 1: META expected"),
        ("META\nkey;value\nbudget;1\n", "PROJECTS is missing"),
        (META.format(budget=1, type="approval", more="") + PROJECTS, "VOTES is missing"),
        (pb("1;a\n", "guess"), "vote_type 'guess' is unknown"),
        (pb("1;a\n", budget="much"), "the budget is 'much', not an amount"),
        (pb("1;a\n", budget="-5"), "not an amount"),
        (pb("1;a\n").replace("budget;40\n", ""), "META has no budget"),
        (pb("1;a\n", more="budget;41\n"), "line 5: budget stands twice"),
        (pb("1;a\n", projects="project_id;price\na;1\n"), "the column cost is missing"),
        (pb("1;a\n", projects="project_id;cost\n"), "there is no project"),
        (pb("1;a\n", projects="project_id;cost\na;1\na;2\n"), "line 8: the project a stands"),
        (pb("1;a\n", projects="project_id;cost\n;1\n"), "line 7: the project id ''"),
        (pb("1;a\n", projects="project_id;cost;cost\na;1;1\n"), "'cost' stands twice"),
        (pb("1;a\n", projects="project_id;cost;selected\na;1;x\n"), "selected is 'x'"),
        (pb("1;a\n2;z\n"), "line 13: a vote for 'z'"),
        (pb("1;a;;b\n"), "line 12: 4 cells for 2 columns"),
        (pb("1;a\n", columns="voter;vote"), "line 11: the column voter_id is missing"),
        (pb("1;a\n", "cumulative"), "the column points is missing"),
        (pb("1;a,b;1\n", "cumulative", columns="voter_id;vote;points"), "1 points for 2"),
        (pb("1;a;-1\n", "scoring", columns="voter_id;vote;points"), "points '-1'"),
        (pb("1;a\n", more="num_votes;2\n"), "num_votes says 2, but there are 1"),
        (pb("1;a\n", more="num_projects;x\n"), "num_projects is 'x'"),
        (pb('1;"' + "a" * 200_000 + '"\n'), "not CSV"),
    ],
)
def test_broken_files(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "town.pb")
    assert message in str(caught.value)
    assert "town.pb" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "none.pb")
    (tmp_path / "latin.pb").write_bytes("META\nkey;value\nunit;Wrocław".encode("iso-8859-2"))
    with pytest.raises(InputError, match="not UTF-8"):
        read(tmp_path / "latin.pb")


def test_ballot_formats_are_as_wide_as_the_votes() -> None:
    assert ballot_format(parse(pb("1;a\n", more="max_length;2\n"))) == Approval(min=1, max=2)
    assert ballot_format(parse(pb("1;a,b,c\n", more="max_length;2\n"))) == Approval(min=1, max=3)
    narrow = parse(pb("1;a\n", more="min_length;2\nmax_length;2\n"))
    assert ballot_format(narrow) == Approval(min=1, max=2)
    assert ballot_format(parse(pb("1;a\n", "choose-1"))) == Approval(min=1, max=1)
    assert ballot_format(parse(pb("1;\n", "choose-1"))) == Approval(min=1, max=1)
    within = pb("1;a,c\n", more="max_sum_cost;40\n")
    assert ballot_format(parse(within)) == Knapsack()
    beyond = pb("1;b,c\n", more="max_sum_cost;40\n")
    assert ballot_format(parse(beyond)) == Approval(min=1, max=3)
    assert ballot_format(parse(pb("1;a,b\n", "ordinal"))) == Ranking(max=2)
    columns = "voter_id;vote;points"
    points = pb("1;a;2\n", "cumulative", "max_sum_points;5\n", columns=columns)
    assert ballot_format(parse(points)) == Points(total=5, max_each=5)
    each = pb("1;a;4\n", "cumulative", "max_sum_points;5\nmax_points;3\n", columns=columns)
    assert ballot_format(parse(each)) == Points(total=5, max_each=4)
    scores = pb("1;a,b;4,3\n", "scoring", columns=columns)
    assert ballot_format(parse(scores)) == Points(total=12, max_each=4)
    with pytest.raises(InputError, match="a ballot holds 1000"):
        ballot_format(parse(pb("1;a;4000\n", "scoring", columns=columns)))


def test_selections_are_exported() -> None:
    projects = [PbProject("a", 1050, name="A; park", selected=1), PbProject("b", 2000, name="B")]
    election = from_vectors(
        "ordinal", 4000, projects, [(2, 1), (0, 0)], {"description": "A town"}, unit=100
    )
    again = parse(to_text(election))
    assert again.vectors == [(2, 1), (0, 0)]
    assert (again.budget, again.unit) == (4000, 100)
    assert [project.name for project in again.projects] == ["A; park", "B"]
    assert again.official == ("a",)
    assert again.meta["num_votes"] == "2"


def test_a_withdrawn_project_is_told_by_its_cost() -> None:
    projects = "project_id;cost\na;10\nb;999999999\n"
    election = parse(pb("1;a,b\n", projects=projects))
    assert [project.withdrawn for project in election.projects] == [False, True]
    rich = parse(pb("1;a,b\n", projects=projects, budget="1000000000.50"))
    assert [project.withdrawn for project in rich.projects] == [False, False]


def test_beneficiaries_are_the_targets() -> None:
    projects = "project_id;cost;beneficiaries\na;10;kids,adults\n"
    assert parse(pb("1;a\n", projects=projects)).projects[0].targets == ("kids", "adults")


def test_unknown_keys_and_columns_are_kept() -> None:
    projects = "project_id;cost;colour\na;10;red\n"
    election = parse(
        pb(
            "a;9;1\n",
            more="weather;rain; and wind\n",
            projects=projects,
            columns="vote;shoe;voter_id",
        )
    )
    assert election.meta["weather"] == "rain;and wind"
    assert election.projects[0].raw["colour"] == "red"
    assert election.votes[0].raw == ("a", "9", "1")
    assert election.vectors == [(1,)]


def test_rows_that_a_spreadsheet_fills_with_separators_are_empty() -> None:
    text = pb("1;a\n;\n2;b\n;;;\n").replace("VOTES\n", "VOTES;;\n").replace("META\n", "META;\n;\n")
    assert parse(text).vectors == [(1, 0, 0), (0, 1, 0)]


def test_lines_that_end_like_on_old_macs() -> None:
    assert parse(pb("1;a,b\n2;c\n").replace("\n", "\r")).vectors == [(1, 1, 0), (0, 0, 1)]


def test_votes_are_read_when_asked_for_and_counted_before() -> None:
    election = parse(pb("1;a,b;27;internet\n2;c;;\n", columns="voter_id;vote;age;voting_method"))
    assert "single" not in vars(election.ballots)
    assert len(election.ballots) == 2
    assert election.grouped.weights.sum() == 2
    assert election.votes is election.votes
    assert [vote.voting_method for vote in election.votes] == ["internet", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (pb("1;a\n", "scoring", more="default_score;1\n"), "default_score is '1'"),
        (pb("1;a;1e3\n", "scoring", columns="voter_id;vote;points"), "points '1e3'"),
        (
            pb("1;a;9999999999\n", "scoring", columns="voter_id;vote;points"),
            "line 12: points over 1000000000",
        ),
        (pb("1;a\n").replace("voter_id;vote\n1;a\n", ""), "line 10: the column voter_id"),
        (pb("1;a\n").replace(";", "\t"), "line 2: ; must stand between"),
    ],
)
def test_more_broken_files(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "town.pb")
    assert message in str(caught.value)
    assert caught.value.hint
