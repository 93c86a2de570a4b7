"""`.pb` files written and read again; the quick way and the slow one; files broken anywhere."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core import selection
from pbvote.core.errors import InputError
from pbvote.pabulib import (
    VOTE_TYPES,
    WITH_POINTS,
    Election,
    PbProject,
    Vector,
    VoteType,
    ballot_format,
    from_vectors,
    parse,
    to_text,
)

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
Given = dict[str, Any]


@st.composite
def given_elections(draw: st.DrawFn) -> Given:
    """What `from_vectors` is given."""
    kind: VoteType = draw(st.sampled_from(VOTE_TYPES))
    unit = draw(st.sampled_from((1, 100)))
    ids = draw(
        st.lists(
            st.from_regex(r"[A-Za-z0-9./ é-]{1,12}", fullmatch=True).filter(
                lambda name: name == name.strip()
            ),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    projects = [
        PbProject(i, draw(st.integers(0, 10**12)), name=draw(WORDS), votes=draw(st.integers(0, 9)))
        for i in ids
    ]
    return {
        "vote_type": kind,
        "budget": draw(st.integers(0, 10**12)) * unit + (1 if unit > 1 else 0),
        "projects": projects,
        "vectors": draw(st.lists(_vector(kind, len(ids)), max_size=8)),
        "meta": {"description": draw(WORDS), "rule": "greedy"},
        "unit": unit,
    }


def _vector(kind: VoteType, projects: int) -> st.SearchStrategy[Vector]:
    if kind == "ordinal":
        return st.permutations(range(1, projects + 1)).flatmap(
            lambda ranks: st.integers(0, projects).map(
                lambda most: tuple(rank if rank <= most else 0 for rank in ranks)
            )
        )
    largest = 300 if kind in WITH_POINTS else 1
    return st.tuples(*[st.integers(0, largest)] * projects)


def elections() -> st.SearchStrategy[Election]:
    return given_elections().map(lambda given: from_vectors(**given))


def as_counted(election: Election) -> Counter[Vector]:
    matrix, weights = election.grouped
    found = Counter(dict(zip(map(tuple, matrix.tolist()), weights.tolist(), strict=True)))
    assert len(found) == len(weights)
    return found


@given(given_elections())
@settings(deadline=None)
def test_what_is_written_is_read(given: Given) -> None:
    election = from_vectors(**given)
    assert election.vectors == given["vectors"]
    assert (election.budget, election.unit) == (given["budget"], given["unit"])
    fields = [(p.id, p.cost, p.name, p.votes) for p in election.projects]
    assert fields == [(p.id, p.cost, p.name, p.votes) for p in given["projects"]]
    assert [v.voter_id for v in election.votes] == [str(i + 1) for i in range(len(election.votes))]
    assert parse(to_text(election)) == election


@given(elections())
@settings(deadline=None)
def test_every_vote_is_valid_in_the_ballot_format(election: Election) -> None:
    form = ballot_format(election)
    costs = [project.cost for project in election.projects]
    for vector in election.vectors:
        selection.check(vector, form, costs, election.budget)


@given(elections(), st.integers(0, 2**32))
@settings(deadline=None)
def test_files_of_the_wild_are_read_as_the_tidy_ones(election: Election, seed: int) -> None:
    """CR LF, spaces around cells and after commas, quotes, empty lines, columns elsewhere."""
    rng = random.Random(seed)
    head, votes = to_text(election).split("\nVOTES\n")
    columns, *lines = votes.splitlines()
    order = rng.sample(range(columns.count(";") + 1), columns.count(";") + 1)

    def messy(line: str) -> str:
        cells = line.split(";")
        if rng.random() < 0.3:
            cells = [f" {cell} " for cell in cells]
        if rng.random() < 0.3:
            cells = [cell.replace(",", ", ") for cell in cells]
        if rng.random() < 0.1:
            cells = [f'"{cell}"' for cell in cells]
        return ";".join(cells[i] for i in order) + rng.choice(["", "", ";;", "\n", "\n;"])

    text = "\n".join([head, "votes;", *map(messy, [columns, *lines])])
    again = parse(rng.choice([text, text.replace("\n", "\r\n"), text.replace("\n", "\r")]))
    assert again.vectors == election.vectors
    assert as_counted(again) == Counter(election.vectors)


@given(elections(), st.integers(0, 2**32))
@settings(max_examples=300)
def test_a_file_broken_anywhere_is_read_or_refused(election: Election, seed: int) -> None:
    """Never another error than ours; and what is read quickly is what is read slowly."""
    rng = random.Random(seed)
    text = list(to_text(election))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text))
        text[at : at + rng.choice((0, 1, 1, 5, 50))] = rng.choice(
            ('"', ";", ",", "\n", "\r", "\0", "-1", "1e9", "²", "٣", "META", "VOTES\n", "", "x")
        )
    try:
        broken = parse("".join(text))
        ballot_format(broken)
    except InputError:
        return
    assert as_counted(broken) == Counter(broken.vectors)


WRONG = ("", "x", "-1", "1e9", "²", "a,b", ",", "0", "1.5", "9" * 30, " ", '"', "é;x", "\ud800")


@pytest.mark.parametrize("wrong", WRONG)
@given(election=elections(), seed=st.integers(0, 2**32))
@settings(max_examples=25)
def test_a_wrong_cell_is_read_or_refused_with_its_line(
    wrong: str, election: Election, seed: int
) -> None:
    rng = random.Random(seed)
    lines = to_text(election).split("\n")
    at = rng.randrange(len(lines) - 1)
    cells = lines[at].split(";")
    cells[rng.randrange(len(cells))] = wrong
    lines[at] = ";".join(cells)
    try:
        broken = parse("\n".join(lines), "town.pb")
        ballot_format(broken)
        assert as_counted(broken) == Counter(broken.vectors)
    except InputError as error:
        assert re.match(r"town\.pb(, line [0-9]+| META)?: ", str(error)), str(error)
        assert error.hint
