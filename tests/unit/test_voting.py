"""The voter's device: from a card and a choice to a ballot that its box takes."""

from __future__ import annotations

import pytest

from box_builder import CHOICES, PEOPLE, make_box, make_code
from election_builder import BuiltElection, build_election, make_roll
from pbvote.core.card import Certificate, card_text, typed_code
from pbvote.core.encoding import encode
from pbvote.core.errors import CardError, EncodingError, RefusedError, SelectionError
from pbvote.core.group import rows
from pbvote.core.sealing import unseal_with_randomness
from pbvote.core.selection import from_elements
from pbvote.voting import prepare, voter_of_card, voter_of_code


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election(roll=make_roll(1000))


@pytest.fixture
def certificate(built: BuiltElection) -> Certificate:
    """Of person 0, who votes in nord."""
    return built.certificate(make_code(0), PEOPLE[0])


@pytest.fixture
def text(certificate: Certificate) -> str:
    """What a scanner reads from that person's letter."""
    return "HTTPS://VOTE.EXAMPLE/#" + card_text(make_code(0), certificate, 0, 0)


def test_a_scanned_card_votes(built: BuiltElection, text: str, certificate: Certificate) -> None:
    voter = voter_of_card(built.election, text)
    assert (voter.certificate, voter.district) == (certificate, "nord")
    prepared = prepare(built.election, "online", voter, CHOICES)
    box = make_box(built)
    signed = box.cast(encode(prepared.cast()))
    assert signed.receipt.tracker == prepared.tracker
    assert voter.secret.hex() not in repr(voter) and repr(voter.secret) not in repr(voter)


def test_the_choice_is_what_was_sealed(built: BuiltElection, text: str) -> None:
    """A challenge opens it; a contest left out is blank."""
    voter = voter_of_card(built.election, text)
    challenge = prepare(built.election, "online", voter, CHOICES).challenge()
    vectors = {}
    for sealed, opened in zip(challenge.ballot.sealed, challenge.opening, strict=True):
        contest = built.election.contest(sealed.contest)
        found = unseal_with_randomness(
            sealed.ciphertext, built.election.key, rows(opened.randomness)
        )
        vectors[contest.id] = from_elements(found, contest.vmax, len(contest.projects))
    assert vectors == {**CHOICES, "quarter": (0, 0, 0)}


def test_a_typed_card_needs_its_certificate(
    built: BuiltElection, text: str, certificate: Certificate
) -> None:
    logged = {certificate.key: certificate}
    typed = typed_code(make_code(0)).lower()
    assert voter_of_code(built.election, typed, logged.get) == voter_of_card(built.election, text)
    with pytest.raises(CardError, match=r"no card of this election.*scan"):
        voter_of_code(built.election, typed_code(make_code(1)), logged.get)
    with pytest.raises(CardError, match=r"typing error"):
        voter_of_code(built.election, typed[:-1] + ("b" if typed[-1] == "a" else "a"), logged.get)
    other = build_election(seed=2).certificate(make_code(0), PEOPLE[0])
    with pytest.raises(CardError, match="no card of this election"):
        voter_of_code(built.election, typed, lambda key: other)


def test_a_card_of_another_election(text: str) -> None:
    with pytest.raises(CardError, match=r"isn't of this election.*at the desk"):
        voter_of_card(build_election(seed=2).election, text)


def test_a_card_for_the_other_channel(built: BuiltElection, text: str) -> None:
    voter = voter_of_card(built.election, text)
    with pytest.raises(CardError, match=r"for voting online.*Vote there"):
        prepare(built.election, "kiosk-1", voter, CHOICES)
    hall = built.certificate(make_code(0), PEOPLE[0], channel="in-person")
    voter = voter_of_card(built.election, card_text(make_code(0), hall, 0, 0))
    with pytest.raises(CardError, match="in the hall"):
        prepare(built.election, "online", voter, CHOICES)


def test_no_such_box(built: BuiltElection, text: str) -> None:
    with pytest.raises(EncodingError, match=r"no box is called.*kiosk-1"):
        prepare(built.election, "elsewhere", voter_of_card(built.election, text), {})


def test_a_contest_that_is_not_the_voters(built: BuiltElection) -> None:
    sud = built.certificate(make_code(1), PEOPLE[1])
    voter = voter_of_card(built.election, card_text(make_code(1), sud, 1, 0))
    for name in ("quarter", "elsewhere"):
        with pytest.raises(SelectionError, match=f"{name}: this card doesn't vote"):
            prepare(built.election, "online", voter, {name: (0, 0, 0)})


@pytest.mark.parametrize("vector", [(1, 1, 1, 1, 0), (2, 0, 0, 0, 0), (1, 0), (), (-1, 0, 0, 0, 0)])
def test_a_choice_outside_its_format(
    built: BuiltElection, text: str, vector: tuple[int, ...]
) -> None:
    voter = voter_of_card(built.election, text)
    with pytest.raises(SelectionError, match="city: "):
        prepare(built.election, "online", voter, {"city": vector})


def test_a_ballot_answers_once(built: BuiltElection, text: str) -> None:
    prepared = prepare(built.election, "online", voter_of_card(built.election, text), CHOICES)
    prepared.challenge()
    with pytest.raises(RefusedError, match="answered already"):
        prepared.cast()
