"""Rules 2, 3 and 4 case by case; expectations reasoned from docs/protocol.md, section 8."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
import rfc8785
from msgspec import structs

from bundle_builder import Polling, VoterCard, aside, counted
from election_builder import (
    BuiltElection,
    build_election,
    make_contest,
    pseudonym,
)
from pbvote.core.ballot import (
    Cast,
    PreparedBallot,
    Sealed,
)
from pbvote.core.card import Channel
from pbvote.core.encoding import encode, to_base64
from pbvote.core.group import IDENTITY, ORDER, ZERO, rows

OTHER = bytes(range(32))  # the id of another election
NOBODY = 99  # not on the roll


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election()


@pytest.fixture
def poll(built: BuiltElection) -> Polling:
    return Polling(built)


def changed(cast: Cast, **fields: Any) -> Cast:
    """The same cast with other fields in its ballot; its proof stays."""
    return Cast(ballot=structs.replace(cast.ballot, **fields), proof=cast.proof)


# --- rule 4: each reason alone, and which comes first ---------------------------------------------

BEFORE_PROOF = [
    "wrong-election",
    "wrong-box",
    "unknown-registrar",
    "certificate-not-logged",
    "revoked",
    "not-on-roll",
    "wrong-channel",
    "wrong-contests",
]
IN_ORDER = [*BEFORE_PROOF, "bad-proof", "challenged", "duplicate"]


def prepared(poll: Polling, faults: set[str]) -> PreparedBallot:
    """A ballot for the box `online` with these faults and no other; called twice, the same."""
    person = NOBODY if "not-on-roll" in faults else 0
    channel: Channel = "in-person" if "wrong-channel" in faults else "online"
    card = poll.new_card(person, channel=channel, district="nord")
    certificate = card.certificate
    if "unknown-registrar" in faults:
        certificate = structs.replace(certificate, registrar="nobody")
    if "certificate-not-logged" not in faults:
        poll.put("registry/mairie", certificate)
    if "revoked" in faults:
        poll.revoke(card, "registry/mairie")
    contests = poll.built.election.contests_for("nord")
    return poll.prepare(
        VoterCard(card.secret, certificate),
        "kiosk-2" if "wrong-box" in faults else "online",
        election=OTHER if "wrong-election" in faults else None,
        contests=contests[::-1] if "wrong-contests" in faults else contests,
        seed=5,
    )


def put_faulty(poll: Polling, faults: set[str]) -> int:
    """Its index, after what has to stand before it."""
    cast = prepared(poll, faults).cast()
    if "challenged" in faults:
        poll.put("box/online", prepared(poll, faults).challenge())
    if "duplicate" in faults:
        poll.put("box/online", cast)
    if "bad-proof" in faults:
        response = cast.proof.response[:-32] + ZERO
        cast = Cast(ballot=cast.ballot, proof=structs.replace(cast.proof, response=response))
    return poll.put("box/online", cast)


def test_without_a_fault_it_counts(poll: Polling) -> None:
    index = put_faulty(poll, set())
    assert (aside(poll.merged()), counted(poll.merged())) == ([], [(0, index)])


@pytest.mark.parametrize("reason", IN_ORDER)
def test_each_reason_alone(poll: Polling, reason: str) -> None:
    index = put_faulty(poll, {reason})
    merged = poll.merged()
    assert aside(merged) == [("online", index, reason)]
    assert counted(merged) == ([(0, index - 1)] if reason == "duplicate" else [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *combinations([*BEFORE_PROOF, "bad-proof"], 2),
        ("bad-proof", "challenged"),
        ("bad-proof", "duplicate"),
    ],
)
def test_the_first_reason_wins(poll: Polling, first: str, second: str) -> None:
    index = put_faulty(poll, {first, second})
    assert aside(poll.merged()) == [("online", index, first)]


def test_all_faults_at_once(poll: Polling) -> None:
    index = put_faulty(poll, {*BEFORE_PROOF, "bad-proof"})
    assert aside(poll.merged()) == [("online", index, "wrong-election")]


def test_a_certificate_of_another_election(poll: Polling) -> None:
    card = poll.card(0, election=OTHER)
    index = poll.cast(card, "online")
    merged = poll.merged()
    assert aside(merged) == [("online", index, "wrong-election")]
    assert merged.record.registries[0].certificates == 0


def test_a_box_of_another_name_that_is_known_nowhere(poll: Polling) -> None:
    poll.put("box/online", poll.prepare(poll.card(0), "cellar").cast())
    assert aside(poll.merged()) == [("online", 1, "wrong-box")]


# --- certificates, revocations, enrolments (rule 2) -----------------------------------------------


def test_a_certificate_counts_only_in_the_log_it_names(poll: Polling) -> None:
    card = poll.new_card(0, registrar="desk-1")
    poll.put("registry/mairie", card.certificate)
    poll.cast(card, "online")
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "certificate-not-logged")]
    assert merged.record.registries[0].certificates == 0


@pytest.mark.parametrize("field", ["serial", "signature", "key", "pseudonym", "district"])
def test_a_certificate_must_be_logged_byte_for_byte(poll: Polling, field: str) -> None:
    card = poll.card(0)
    other: dict[str, Any] = {
        "serial": 2,
        "signature": bytes(64),
        "key": poll.new_card(1).certificate.key,
        "pseudonym": pseudonym(2),
        "district": "sud",
    }
    certificate = structs.replace(card.certificate, **{field: other[field]})
    poll.cast(VoterCard(card.secret, certificate), "online")
    assert aside(poll.merged()) == [("online", 1, "certificate-not-logged")]


def test_the_merge_relies_on_the_log_not_on_the_signature(poll: Polling) -> None:
    card = poll.new_card(0)
    certificate = structs.replace(card.certificate, signature=bytes(64))
    poll.put("registry/mairie", certificate)
    poll.cast(VoterCard(card.secret, certificate), "online")
    assert aside(poll.merged()) == []


def test_certificates_logged_after_the_cast(poll: Polling) -> None:
    card = poll.new_card(0)
    poll.cast(card, "online")
    poll.put("registry/mairie", card.certificate)
    assert counted(poll.merged()) == [(0, 1)]


@pytest.mark.parametrize("before", [True, False])
def test_a_revocation_works_anywhere_in_the_same_log(poll: Polling, before: bool) -> None:
    card = poll.new_card(0)
    if before:
        poll.revoke(card)
    poll.put("registry/mairie", card.certificate)
    poll.cast(card, "online")
    if not before:
        poll.revoke(card)
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "revoked")]
    assert merged.record.registries[0].revoked == 1


def test_a_revocation_in_another_log_is_void(poll: Polling) -> None:
    card = poll.card(0)
    poll.cast(card, "online")
    poll.revoke(card, "registry/desk-1")
    assert counted(poll.merged()) == [(0, 1)]


def test_a_revocation_of_another_election_is_void(poll: Polling) -> None:
    card = poll.card(0)
    poll.cast(card, "online")
    poll.revoke(card)
    own = poll.logs["registry/mairie"].pop()
    foreign = json.loads(own) | {"election": to_base64(OTHER)}
    poll.put("registry/mairie", rfc8785.dumps(foreign))
    merged = poll.merged()
    assert counted(merged) == [(0, 1)]
    assert merged.record.registries[0].revoked == 0


def test_one_revoked_card_leaves_the_other(poll: Polling) -> None:
    old, new = poll.card(0), poll.card(0, serial=2)
    poll.revoke(new)
    poll.cast(old, "online")
    poll.cast(new, "online")
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("online", 2, "revoked")], [(0, 1)])


@pytest.mark.parametrize(
    ("district", "reason"), [("nord", None), ("sud", "not-on-roll"), (None, "not-on-roll")]
)
def test_the_district_is_the_rolls(poll: Polling, district: str | None, reason: str | None) -> None:
    card = poll.new_card(0)  # on the roll in "nord"
    if district is None:
        certificate = json.loads(encode(card.certificate))
        del certificate["district"]
        logged = rfc8785.dumps(certificate)
        poll.put("registry/mairie", logged)
        ballot = json.loads(encode(poll.prepare(card, "online").cast()))
        ballot["ballot"]["certificate"] = certificate
        poll.put("box/online", rfc8785.dumps(ballot))
        poll._counts["box/online"] = [1, 0]
    else:
        card = poll.card(0, district=district)
        poll.cast(card, "online")
    assert aside(poll.merged()) == ([("online", 1, reason)] if reason else [])


@pytest.mark.parametrize(
    ("enrolled", "person", "district", "reason"),
    [
        ([("mairie", "nord")], NOBODY, "nord", None),
        ([("desk-1", "nord")], NOBODY, "nord", None),
        ([("mairie", "sud")], NOBODY, "nord", "not-on-roll"),
        ([("mairie", None)], NOBODY, "nord", "not-on-roll"),
        # roll.csv has person 0 in nord: the enrolment is void
        ([("mairie", "sud")], 0, "sud", "not-on-roll"),
        ([("mairie", "sud")], 0, "nord", None),
        # of several the first holds: registrars in order, then index
        ([("mairie", "nord"), ("mairie", "sud")], NOBODY, "nord", None),
        ([("mairie", "nord"), ("mairie", "sud")], NOBODY, "sud", "not-on-roll"),
        ([("desk-1", "nord"), ("mairie", "sud")], NOBODY, "sud", None),
        ([("desk-1", "nord"), ("mairie", "sud")], NOBODY, "nord", "not-on-roll"),
    ],
)
def test_enrolments(
    poll: Polling,
    enrolled: list[tuple[str, str | None]],
    person: int,
    district: str,
    reason: str | None,
) -> None:
    for registrar, where in enrolled:
        poll.enrol(person, where, f"registry/{registrar}")
    poll.cast(poll.card(person, district=district), "online")
    assert aside(poll.merged()) == ([("online", 1, reason)] if reason else [])


def test_an_enrolment_of_another_election_is_void(poll: Polling) -> None:
    poll.enrol(NOBODY, "nord")
    own = json.loads(poll.logs["registry/desk-1"].pop())
    poll.put("registry/desk-1", rfc8785.dumps(own | {"election": to_base64(OTHER)}))
    poll.cast(poll.card(NOBODY, district="nord"), "online")
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "not-on-roll")]
    assert merged.record.registries[1].enrolled == 0


# --- wrong-contests and bad-proof -----------------------------------------------------------------


def _contests(*names: str) -> Callable[[Polling], PreparedBallot]:
    def prepare(poll: Polling) -> PreparedBallot:
        known = {c.id: c for c in poll.built.election.manifest.contests}
        known["wide"] = make_contest("city", 300)
        known["unknown"] = make_contest("unknown")
        return poll.prepare(poll.card(0), "online", contests=[known[name] for name in names])

    return prepare


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("city",),
        ("quarter",),
        ("quarter", "city"),
        ("city", "quarter", "unknown"),
        ("city", "unknown"),
        ("wide", "quarter"),
    ],
)
def test_wrong_contests(poll: Polling, names: tuple[str, ...]) -> None:
    poll.put("box/online", _contests(*names)(poll).cast())
    assert aside(poll.merged()) == [("online", 1, "wrong-contests")]


def test_a_contest_its_voter_has_no_right_to(poll: Polling) -> None:
    contests = poll.built.election.manifest.contests
    poll.put("box/online", poll.prepare(poll.card(1), "online", contests=contests).cast())
    poll.cast(poll.card(3), "online")
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("online", 1, "wrong-contests")], [(0, 2)])


def _prove_again(cast: Cast, **fields: bytes) -> Cast:
    return Cast(ballot=cast.ballot, proof=structs.replace(cast.proof, **fields))


def _with_block(cast: Cast, at: int, element: bytes) -> Cast:
    first, *rest = cast.ballot.sealed
    parts = rows(first.ciphertext)
    parts[at] = element
    sealed = Sealed(contest=first.contest, ciphertext=b"".join(parts))
    return changed(cast, sealed=[sealed, *rest])


def _plus_order(cast: Cast) -> Cast:
    """A response of the same value mod L, not below L."""
    parts = rows(cast.proof.response)
    parts[0] = (int.from_bytes(parts[0], "little") + ORDER).to_bytes(32, "little")
    return _prove_again(cast, response=b"".join(parts))


NOT_CANONICAL = b"\x01" + bytes(30) + b"\x80"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cast: _prove_again(cast, response=bytes(len(cast.proof.response))),
        lambda cast: _prove_again(cast, commitment=bytes(len(cast.proof.commitment))),
        lambda cast: _prove_again(cast, commitment=b"\xff" * len(cast.proof.commitment)),
        lambda cast: _prove_again(cast, response=b"\xff" * len(cast.proof.response)),
        _plus_order,
        lambda cast: _with_block(cast, 0, NOT_CANONICAL),
        lambda cast: _with_block(cast, 1, NOT_CANONICAL),
        lambda cast: _with_block(cast, 0, IDENTITY),
        lambda cast: _with_block(cast, 1, IDENTITY),
        lambda cast: _with_block(cast, 0, rows(cast.ballot.sealed[0].ciphertext)[1]),
    ],
)
def test_bad_proof(poll: Polling, spoil: Callable[[Cast], Cast]) -> None:
    cast = poll.prepare(poll.card(0), "online").cast()
    poll.put("box/online", spoil(cast))
    poll.put("box/online", cast)
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("online", 1, "bad-proof")], [(0, 2)])


def test_the_proof_of_a_challenge_is_none_for_a_cast(poll: Polling) -> None:
    card = poll.card(0)
    challenge = poll.prepare(card, "online", seed=3).challenge()
    poll.put("box/online", Cast(ballot=challenge.ballot, proof=challenge.proof))
    assert aside(poll.merged()) == [("online", 1, "bad-proof")]


def test_a_key_that_is_the_identity(poll: Polling) -> None:
    card = poll.new_card(0)
    certificate = structs.replace(card.certificate, key=IDENTITY)
    poll.put("registry/mairie", certificate)
    poll.cast(VoterCard(ZERO, certificate), "online")
    assert aside(poll.merged()) == [("online", 1, "bad-proof")]


def test_a_key_that_is_no_element_is_no_matter_of_syntax(poll: Polling) -> None:
    card = poll.new_card(0)
    certificate = structs.replace(card.certificate, key=NOT_CANONICAL)
    poll.put("registry/mairie", certificate)
    poll.cast(VoterCard(card.secret, certificate), "online")
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "bad-proof")]
    assert merged.record.registries[0].certificates == 1


def test_a_c1_that_is_the_identity_with_a_proof_that_holds(poll: Polling) -> None:
    card, election = poll.card(0), poll.built.election
    ballot = PreparedBallot(
        election=election.id,
        key=election.key,
        box="online",
        certificate=card.certificate,
        secret=card.secret,
        choices={c.id: [IDENTITY] for c in election.contests_for("nord")},
        random=bytes,  # every r and k is zero
    )
    poll.put("box/online", ballot.cast())
    assert aside(poll.merged()) == [("online", 1, "bad-proof")]


def test_another_voters_ciphertexts(poll: Polling) -> None:
    first = poll.prepare(poll.card(0), "online").cast()
    copy = poll.prepare(poll.card(2), "online").cast()
    poll.put("box/online", first, changed(copy, sealed=first.ballot.sealed))
    poll.put("box/online", changed(first, certificate=copy.ballot.certificate))
    merged = poll.merged()
    assert aside(merged) == [("online", 2, "bad-proof"), ("online", 3, "bad-proof")]
    assert counted(merged) == [(0, 1)]


def test_a_ballot_moved_to_another_box(poll: Polling) -> None:
    card = poll.card(0, channel="in-person")
    cast = poll.prepare(card, "kiosk-1").cast()
    poll.put("box/kiosk-1", cast)
    poll.put("box/kiosk-2", cast, changed(cast, box="kiosk-2"))
    merged = poll.merged()
    assert aside(merged) == [("kiosk-2", 1, "wrong-box"), ("kiosk-2", 2, "bad-proof")]
    assert counted(merged) == [(1, 1)]


@pytest.mark.parametrize("reason", BEFORE_PROOF)
def test_a_challenge_of_a_ballot_with_a_reason(poll: Polling, reason: str) -> None:
    poll.put("box/online", prepared(poll, {reason}).challenge())
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "bad-challenge")]
    assert merged.record.boxes[0].challenged == 1
