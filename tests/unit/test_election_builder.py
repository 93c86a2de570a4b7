"""The builder that other tests stand on makes elections that are true."""

from __future__ import annotations

import pytest

from election_builder import build_election, make_contest, make_roll, pseudonym
from pbvote.core.card import check_signature
from pbvote.core.encoding import time_text
from pbvote.core.group import multiply_base
from pbvote.core.manifest import Addendum, NewHours
from pbvote.core.roll import read_roll


@pytest.mark.parametrize(("n", "t"), [(1, 1), (3, 2), (5, 3)])
def test_the_shares_are_those_of_the_manifest(n: int, t: int) -> None:
    built = build_election(trustees=n, threshold=t)
    assert [multiply_base(x) for x in built.shares] == built.election.public_shares
    assert read_roll(built.roll_csv, built.election.manifest) == built.public_roll


def test_the_same_seed_makes_the_same_election() -> None:
    assert build_election().election.id == build_election().election.id
    assert build_election(seed=2).election.id != build_election().election.id


def test_without_districts() -> None:
    built = build_election(
        districts=(), roll=make_roll(3, ()), contests=[make_contest("a"), make_contest("b", 300)]
    )
    assert [c.width for c in built.election.contests_for(None)] == [1, 2]


def test_a_certificate_and_an_addendum() -> None:
    built = build_election()
    certificate = built.certificate(bytes(16), pseudonym(0), registrar="desk-1")
    check_signature(certificate, built.election.registrar_keys["desk-1"])
    assert certificate.district == "nord"
    addendum = Addendum(
        election=built.election.id,
        number=1,
        previous=built.election.id,
        at=time_text(1_795_339_800),
        closes=NewHours(online="2026-11-21T22:00:00Z"),
    )
    assert built.with_addendum(addendum).election.addenda == (addendum,)
