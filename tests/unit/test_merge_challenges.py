"""Duplicates and challenges: rules 3 and 4 where entries meet (docs/protocol.md, section 8)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

import pytest
from msgspec import structs

from bundle_builder import Polling, aside, counted
from election_builder import (
    BuiltElection,
    build_election,
)
from pbvote.core.ballot import (
    Cast,
    Challenge,
    Opened,
    PreparedBallot,
)
from pbvote.core.group import IDENTITY, ORDER, ZERO
from support import seeded


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election()


@pytest.fixture
def poll(built: BuiltElection) -> Polling:
    return Polling(built)


def _prove_again(cast: Cast, **fields: bytes) -> Cast:
    return Cast(ballot=cast.ballot, proof=structs.replace(cast.proof, **fields))


def test_a_replay_is_a_duplicate(poll: Polling) -> None:
    cast = poll.prepare(poll.card(0), "online").cast()
    poll.put("box/online", cast, cast, cast)
    merged = poll.merged()
    assert aside(merged) == [("online", 2, "duplicate"), ("online", 3, "duplicate")]
    assert counted(merged) == [(0, 1)]


def test_a_duplicate_never_supersedes(poll: Polling) -> None:
    """A replay of the older ballot would else bring it back to life."""
    card = poll.card(0)
    old = poll.prepare(card, "online").cast()
    poll.put("box/online", old, poll.prepare(card, "online").cast(), old)
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "superseded"), ("online", 3, "duplicate")]
    assert counted(merged) == [(0, 2)]


def test_the_same_ballot_with_a_false_proof_first(poll: Polling) -> None:
    """Only a cast with no reason itself makes a duplicate."""
    cast = poll.prepare(poll.card(0), "online").cast()
    false = _prove_again(cast, response=bytes(len(cast.proof.response)))
    poll.put("box/online", false, cast)
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("online", 1, "bad-proof")], [(0, 2)])


def test_the_same_ballot_proved_anew_is_a_duplicate(poll: Polling) -> None:
    """The digest is the ballot's, not the entry's: other nonces make no other ballot."""
    card, election = poll.card(0), poll.built.election
    choices = {c.id: [IDENTITY] for c in election.contests_for("nord")}

    def prepared(nonces: int) -> PreparedBallot:
        sources = chain([seeded(7)] * len(choices), repeat(seeded(nonces)))
        return PreparedBallot(
            election=election.id,
            key=election.key,
            box="online",
            certificate=card.certificate,
            secret=card.secret,
            choices=choices,
            random=lambda size: next(sources)(size),
        )

    one, two = prepared(1).cast(), prepared(2).cast()
    assert one.ballot == two.ballot and one.proof != two.proof
    poll.put("box/online", one, two)
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("online", 2, "duplicate")], [(0, 1)])


def test_challenge_then_cast_and_cast_then_challenge(poll: Polling) -> None:
    card, other = poll.card(0), poll.card(2)
    poll.put("box/online", poll.prepare(card, "online", seed=1).challenge())
    poll.put("box/online", poll.prepare(card, "online", seed=1).cast())
    poll.put("box/online", poll.prepare(other, "online", seed=2).cast())
    poll.put("box/online", poll.prepare(other, "online", seed=2).challenge())
    poll.put("box/online", poll.prepare(other, "online", seed=2).cast())
    merged = poll.merged()
    assert aside(merged) == [
        ("online", 2, "challenged"),
        ("online", 4, "bad-challenge"),
        ("online", 5, "duplicate"),
    ]
    assert counted(merged) == [(0, 3)]
    assert (merged.record.boxes[0].cast, merged.record.boxes[0].challenged) == (3, 2)


def test_a_challenge_says_nothing_of_another_ballot(poll: Polling) -> None:
    card = poll.card(0)
    poll.challenge(card, "online")
    poll.challenge(card, "online")
    poll.cast(card, "online")
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([], [(0, 3)])


def test_challenged_stays_challenged(poll: Polling) -> None:
    """A cast after the challenge has a reason, so a second cast is no duplicate of it."""
    card = poll.card(0)
    challenge = poll.prepare(card, "online", seed=1).challenge()
    cast = poll.prepare(card, "online", seed=1).cast()
    poll.put("box/online", challenge, cast, cast, challenge, cast)
    assert aside(poll.merged()) == [("online", i, "challenged") for i in (2, 3, 5)]


def test_a_cast_with_a_reason_lets_the_challenge_stand(poll: Polling) -> None:
    card = poll.card(0)
    cast = poll.prepare(card, "online", seed=1).cast()
    false = _prove_again(cast, response=bytes(len(cast.proof.response)))
    challenge = poll.prepare(card, "online", seed=1).challenge()
    poll.put("box/online", false, challenge, cast)
    assert aside(poll.merged()) == [("online", 1, "bad-proof"), ("online", 3, "challenged")]


def test_a_challenge_works_in_its_own_box_only(poll: Polling) -> None:
    card = poll.card(0, channel="in-person")
    poll.put("box/kiosk-2", poll.prepare(card, "kiosk-1", seed=1).challenge())
    poll.put("box/kiosk-1", poll.prepare(card, "kiosk-1", seed=1).cast())
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("kiosk-2", 1, "bad-challenge")], [(1, 1)])


def _opening(*parts: tuple[str, Callable[[bytes], bytes]]) -> Callable[[Challenge], Challenge]:
    def spoil(challenge: Challenge) -> Challenge:
        own = {o.contest: o.randomness for o in challenge.opening}
        opening = [
            Opened(contest=name, randomness=make(own.get(name, own["city"])))
            for name, make in parts
        ]
        return structs.replace(challenge, opening=opening)

    return spoil


def same(r: bytes) -> bytes:
    return r


def plus_order(r: bytes) -> bytes:
    return (int.from_bytes(r, "little") + ORDER).to_bytes(32, "little")


BAD_OPENINGS = {
    "none": _opening(),
    "one left out": _opening(("city", same)),
    "one too many": _opening(("city", same), ("quarter", same), ("city", same)),
    "other order": _opening(("quarter", same), ("city", same)),
    "other contest": _opening(("city", same), ("village", same)),
    "other r": _opening(("city", lambda r: ZERO), ("quarter", same)),
    "each other's r": _opening(("city", same), ("quarter", lambda r: bytes(31) + b"\1")),
    "r + L": _opening(("city", plus_order), ("quarter", same)),
    "short r": _opening(("city", lambda r: r[:31]), ("quarter", same)),
    "long r": _opening(("city", lambda r: r + b"\0"), ("quarter", same)),
    "two r": _opening(("city", lambda r: r + r), ("quarter", same)),
    "no r": _opening(("city", lambda r: b""), ("quarter", same)),
}


@pytest.mark.parametrize("name", BAD_OPENINGS)
def test_bad_openings(poll: Polling, name: str) -> None:
    card = poll.card(0)
    challenge = poll.prepare(card, "online", seed=1).challenge()
    poll.put("box/online", BAD_OPENINGS[name](challenge))
    poll.put("box/online", poll.prepare(card, "online", seed=1).cast())
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("online", 1, "bad-challenge")], [(0, 2)])


def test_the_proof_of_a_cast_is_none_for_a_challenge(poll: Polling) -> None:
    card = poll.card(0)
    challenge = poll.prepare(card, "online", seed=1).challenge()
    cast = poll.prepare(card, "online", seed=1).cast()
    poll.put("box/online", structs.replace(challenge, proof=cast.proof), cast)
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("online", 1, "bad-challenge")], [(0, 2)])
