"""Votes read many at a time: the same as one by one, exactly, and errors with their line."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from pbvote.core.errors import InputError
from pbvote.pabulib import Election, Vector, VoteType, parse
from pbvote.pabulib.grouping import Collector, group
from pbvote.pabulib.tokens import Names, Spans, Text

LINES = {
    "approval": lambda ids: ",".join(ids),
    "ordinal": lambda ids: ",".join(ids),
    "cumulative": lambda ids: ",".join(ids) + ";" + ",".join("7" for _ in ids),
}


def file(
    kind: VoteType, projects: int, votes: int, rng: random.Random, prefix: str = ""
) -> list[str]:
    """The lines of a file whose votes name up to five projects."""
    ids = [f"{prefix}{i}" for i in range(projects)]
    points = ";points" if kind == "cumulative" else ""
    head = ["META", "budget;9", f"vote_type;{kind}", "PROJECTS", "project_id;cost"]
    lines = [*head, *(f"{name};1" for name in ids), "VOTES", f"voter_id;vote{points}"]
    for i in range(votes):
        chosen = rng.sample(ids, rng.randint(0 if kind != "cumulative" else 1, 5))
        lines.append(f"{i};{LINES[kind](chosen)}")
    return lines


def counted(election: Election) -> Counter[Vector]:
    matrix, weights = election.grouped
    return Counter(dict(zip(map(tuple, matrix.tolist()), weights.tolist(), strict=True)))


@pytest.mark.parametrize("kind", ["approval", "ordinal", "cumulative"])
@pytest.mark.parametrize(("projects", "prefix"), [(9, ""), (300, "BO.D14."), (1000, "a long id ")])
def test_many_votes_are_those_read_one_by_one(
    kind: VoteType, projects: int, prefix: str, rng: random.Random
) -> None:
    election = parse("\n".join(file(kind, projects, 4000, rng, prefix)))
    assert len(election.ballots) == 4000
    assert counted(election) == Counter(election.vectors)
    assert election.grouped.matrix.flags.f_contiguous


def test_odd_lines_among_many_are_read_too(rng: random.Random) -> None:
    lines = file("approval", 40, 3000, rng)
    begin = len(lines) - 3000
    for odd in (
        "x;1,1",
        "",
        ";",
        "y; 3 , 4 ",
        "z;5;;",
        "w",
        "v;6,",
        " ;7",
        ";;",
        "é;",
    ):
        lines.insert(begin + rng.randrange(2000), odd)
    lines += ['q;"9,10"', *lines[begin : begin + 50]]
    election = parse("\n".join(lines))
    assert counted(election) == Counter(election.vectors)
    assert (
        len(election.ballots)
        == len(election.votes)
        == 3000 + 7 + 1 + 50 - sum(not line.strip(";") for line in lines[begin : begin + 50])
    )
    assert [note.partition(": ")[2] for note in election.notes] == ["a project twice in a vote"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_of_an_error_far_into_the_file(end: str, rng: random.Random) -> None:
    lines = file("approval", 600, 5000, rng)
    lines[-7] = "1;nobody"
    lines[-3] = "1;somebody"
    with pytest.raises(InputError, match=f"line {len(lines) - 6}: a vote for 'nobody'"):
        parse(end.join(lines))


def test_points_larger_than_expected_are_read(rng: random.Random) -> None:
    lines = file("cumulative", 5, 100, rng)
    lines += ["x;1;300", "y;2,3;70000,1"]
    election = parse("\n".join(lines))
    assert counted(election) == Counter(election.vectors)
    assert election.grouped.matrix.dtype == np.uint32
    expected = parse("\n".join([*lines[:2], "max_points;1000", *lines[2:]]))
    assert counted(expected) == counted(election)


def test_a_collision_of_hashes_is_sorted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.array([[i % 7] * 8 for i in range(50)], dtype=np.uint8)
    weights = np.arange(1, 51)
    right = group(rows, weights)
    monkeypatch.setattr(
        "pbvote.pabulib.grouping._hashes", lambda words: np.zeros(len(words), dtype=np.uint64)
    )
    found = group(rows, weights)
    as_dicts = [dict(zip(map(bytes, r), w.tolist(), strict=True)) for r, w in (right, found)]
    assert as_dicts[0] == as_dicts[1]
    assert sum(as_dicts[0].values()) == 1275


def test_sparse_rows_have_hashes_of_their_own() -> None:
    """All pairs of marks on 256 projects: no two rows may take the slow way together."""
    pairs = [(i, j) for i in range(256) for j in range(i)]
    rows = np.zeros((len(pairs), 256), dtype=bool)
    for row, pair in enumerate(pairs):
        rows[row, list(pair)] = True
    words = np.packbits(rows, axis=1).view(np.uint64)
    from pbvote.pabulib.grouping import _hashes

    assert len(np.unique(_hashes(words))) == len(pairs)


def test_names_that_share_a_place_are_found_or_not_found_never_mistaken() -> None:
    texts = [f"project {i:x}".encode() for i in range(3000)]
    names = Names(texts)
    joined = b"".join(texts)
    ends = np.cumsum([len(text) for text in texts])
    spans = Spans(ends - [len(text) for text in texts], ends)
    found = names.find(Text(joined, 16), spans)
    assert set((found - np.arange(3000))[found >= 0].tolist()) == {0}
    assert np.count_nonzero(found >= 0) > 2900
    nothing = names.find(Text(joined, 16), Spans(spans.begins, spans.ends - 1))
    assert {texts[i] for i in nothing if i >= 0} <= {text[:-1] for text in texts}


def test_vectors_alone_and_nothing_at_all() -> None:
    collector = Collector(3, 1)
    assert collector.grouped().matrix.shape == (0, 3)
    collector.add_vector((1, 0, 1), 4)
    assert collector.grouped().weights.tolist() == [4]
