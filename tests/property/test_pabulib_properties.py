"""`.pb` files written and read again; files broken anywhere."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core import selection
from pbvote.core.errors import InputError
from pbvote.pabulib import (
    VOTE_TYPES,
    WITH_POINTS,
    Election,
    PbProject,
    VoteType,
    ballot_format,
    from_vectors,
    parse,
    to_text,
)

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


@st.composite
def elections(draw: st.DrawFn) -> Election:
    kind: VoteType = draw(st.sampled_from(VOTE_TYPES))
    unit = draw(st.sampled_from((1, 100)))
    ids = draw(
        st.lists(
            st.from_regex(r"[A-Za-z0-9./-]{1,8}", fullmatch=True),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    projects = [
        PbProject(i, draw(st.integers(0, 10**12)), name=draw(WORDS), votes=draw(st.integers(0, 9)))
        for i in ids
    ]
    vectors = draw(st.lists(_vector(kind, len(ids)), max_size=8))
    budget = draw(st.integers(0, 10**12)) * unit + (1 if unit > 1 else 0)
    meta = {"description": draw(WORDS), "rule": "greedy"}
    return from_vectors(kind, budget, projects, vectors, meta, unit)


def _vector(kind: VoteType, projects: int) -> st.SearchStrategy[tuple[int, ...]]:
    if kind == "ordinal":
        return st.permutations(range(1, projects + 1)).flatmap(
            lambda ranks: st.integers(0, projects).map(
                lambda most: tuple(rank if rank <= most else 0 for rank in ranks)
            )
        )
    largest = 50 if kind in WITH_POINTS else 1
    return st.tuples(*[st.integers(0, largest)] * projects)


@given(elections())
@settings(deadline=None)
def test_what_is_written_is_read(election: Election) -> None:
    again = parse(to_text(election))
    assert again.vectors == election.vectors
    assert (again.budget, again.unit, again.vote_type) == (
        election.budget,
        election.unit,
        election.vote_type,
    )
    fields = [(p.id, p.cost, p.name, p.votes) for p in again.projects]
    assert fields == [(p.id, p.cost, p.name, p.votes) for p in election.projects]
    assert [v.voter_id for v in again.votes] == [v.voter_id for v in election.votes]


@given(elections())
@settings(deadline=None)
def test_every_vote_is_valid_in_the_ballot_format(election: Election) -> None:
    form = ballot_format(election)
    costs = [project.cost for project in election.projects]
    for vector in election.vectors:
        selection.check(vector, form, costs, election.budget)


@given(elections(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=300)
def test_a_file_broken_anywhere_is_read_or_refused(election: Election, seed: int) -> None:
    """Never another error than ours."""
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
        pass
