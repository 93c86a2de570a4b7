"""What a box doesn't take, each with the reason of section 8 and a way out."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from msgspec import structs

from box_builder import (
    CHOICES,
    PEOPLE,
    entries,
    make_box,
    make_cast,
    make_code,
    make_prepared,
    make_voter,
    twin,
)
from election_builder import BuiltElection, build_election, make_roll
from pbvote.core import group
from pbvote.core.admission import RegistryLogs
from pbvote.core.ballot import Ballot, Cast, Challenge, PreparedBallot, Proof, Sealed
from pbvote.core.card import Enrol, Revocation, certify, voter_secret
from pbvote.core.encoding import MAX_ENTRY, encode
from pbvote.core.errors import BallotRefused
from pbvote.core.note import Signer
from pbvote.core.selection import Vector, to_elements
from pbvote.voting import Voter, prepare

Change = Callable[[Cast], Cast]
QUARTER: Vector = (1, 2, 0)


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election(roll=make_roll(1000))


def refuse(built: BuiltElection, data: bytes, reason: str, box: str = "online") -> BallotRefused:
    """A box refuses this with that reason and a way out, and keeps nothing of it."""
    taken = make_box(built, box)
    with pytest.raises(BallotRefused) as caught:
        taken.cast(data)
    assert caught.value.reason == reason
    assert caught.value.hint and caught.value.where == box
    assert len(list(entries(taken))) == 1
    return caught.value


def sealed_ballot(
    built: BuiltElection, voter: Voter, choices: dict[str, list[group.Element]], box: str = "online"
) -> bytes:
    """A ballot with a right proof, whatever it holds."""
    prepared = PreparedBallot(
        election=built.election.id,
        key=built.election.key,
        box=box,
        certificate=voter.certificate,
        secret=voter.secret,
        choices=choices,
    )
    return encode(prepared.cast())


def elements(built: BuiltElection, contest: str, vector: Vector) -> list[group.Element]:
    return to_elements(vector, built.election.contest(contest).vmax)


def test_what_is_no_ballot_is_malformed(built: BuiltElection) -> None:
    cast = make_prepared(built, 1).cast()
    data = encode(cast)
    challenge = encode(make_prepared(built, 1).challenge())
    long = structs.replace(cast.proof, response=cast.proof.response + bytes(32))
    wide = structs.replace(cast.ballot, sealed=[Sealed(contest="city", ciphertext=bytes(128))])
    for wrong in (
        b"",
        b"{}",
        b"\xff",
        data[:-1],
        data + b"\n",
        data.replace(b":", b": ", 1),
        data.replace(b'"proof"', b'"proof","proof"', 1),
        data.replace(b"pbvote/cast/1", b"pbvote/cast/2"),
        data.replace(b'"city"', b'"ci\\u0074y"'),
        challenge,
        encode({"type": "pbvote/cast/1", "ballot": None, "proof": None}),
        data.replace(encode(cast.proof), encode(long)),
        data.replace(encode(cast.ballot), encode(wide)),
        b"[" * 5000,
        b'"' + b"x" * MAX_ENTRY + b'"',
    ):
        refuse(built, wrong, "malformed")
    with pytest.raises(BallotRefused, match="isn't a ballot") as caught:
        make_box(built).challenge(data)
    assert caught.value.reason == "malformed"


def test_a_card_or_ballot_of_another_election(built: BuiltElection) -> None:
    other = build_election(roll=make_roll(1000), seed=2)
    assert "another election" in refuse(built, make_cast(other, 1), "wrong-election").what
    foreign = make_voter(other, 1).certificate
    voter = make_voter(built, 1, certificate=foreign)
    choices = {"city": elements(built, "city", CHOICES["city"])}
    refuse(built, sealed_ballot(built, voter, choices), "wrong-election")


def test_a_ballot_for_another_box(built: BuiltElection) -> None:
    refuse(built, make_cast(built, 1, "kiosk-1"), "wrong-box", "kiosk-2")


def test_a_card_for_the_other_channel(built: BuiltElection) -> None:
    choices = {
        "city": elements(built, "city", CHOICES["city"]),
        "quarter": elements(built, "quarter", QUARTER),
    }
    posted, hall = make_voter(built, 0), make_voter(built, 0, channel="in-person")
    error = refuse(built, sealed_ballot(built, hall, choices), "wrong-channel")
    assert "by post votes online" in error.hint
    data = sealed_ballot(built, posted, choices, "kiosk-1")
    refuse(built, data, "wrong-channel", "kiosk-1")


def test_a_registrar_that_nobody_knows(built: BuiltElection) -> None:
    code = make_code(1)
    certificate = certify(
        Signer("pbvote/demo/registry/nobody", bytes(32)),
        election=built.election.id,
        pseudonym=PEOPLE[1],
        serial=1,
        channel="online",
        district="sud",
        key=group.multiply_base(voter_secret(code, built.election.id)),
        registrar="nobody",
    )
    voter = make_voter(built, 1, certificate=certificate)
    data = sealed_ballot(built, voter, {"city": elements(built, "city", CHOICES["city"])})
    refuse(built, data, "unknown-registrar")


@pytest.mark.parametrize("field", ["signature", "pseudonym", "serial", "district", "registrar"])
def test_a_forged_certificate(built: BuiltElection, field: str) -> None:
    right = make_voter(built, 1).certificate
    forged = {
        "signature": bytes([right.signature[0] ^ 1]) + right.signature[1:],
        "pseudonym": PEOPLE[2],
        "serial": 2,
        "district": "nord",
        "registrar": "desk-1",
    }
    certificate = structs.replace(right, **{field: forged[field]})
    voter = make_voter(built, 1, certificate=certificate)
    data = encode(prepare(built.election, "online", voter, CHOICES).cast())
    refuse(built, data, "certificate-not-logged")


def test_what_only_registries_at_hand_can_tell(built: BuiltElection) -> None:
    register = RegistryLogs(built.election, built.public_roll)
    box = make_box(built, register=register)

    def reason(data: bytes) -> str:
        with pytest.raises(BallotRefused) as caught:
            box.cast(data)
        assert caught.value.hint
        return caught.value.reason

    voter = make_voter(built, 1)
    data = encode(prepare(built.election, "online", voter, CHOICES).cast())
    assert reason(data) == "certificate-not-logged"
    register.add("mairie", voter.certificate)
    box.cast(data)

    lost = make_voter(built, 3)
    register.add("mairie", lost.certificate)
    register.add("mairie", _revocation(built, lost))
    assert reason(encode(prepare(built.election, "online", lost, {}).cast())) == "revoked"
    replaced = make_voter(built, 3, serial=2)
    register.add("mairie", replaced.certificate)
    box.cast(encode(prepare(built.election, "online", replaced, {}).cast()))

    moved = built.certificate(make_code(1005), PEOPLE[5], district="nord")
    register.add("mairie", moved)
    voter = make_voter(built, 5, certificate=moved)
    assert reason(encode(prepare(built.election, "online", voter, {}).cast())) == "not-on-roll"

    guest = bytes(16)
    new = built.certificate(make_code(1006), guest, district="sud")
    register.add("mairie", new)
    data = encode(
        prepare(built.election, "online", make_voter(built, 6, certificate=new), {}).cast()
    )
    assert reason(data) == "not-on-roll"
    register.add("desk-1", Enrol(election=built.election.id, pseudonym=guest, district="sud"))
    assert box.cast(data).receipt.index == 3


def _revocation(built: BuiltElection, voter: Voter) -> Revocation:
    return Revocation(
        election=built.election.id,
        key=voter.certificate.key,
        reason="lost",
        officials=["secretary", "clerk"],
    )


def test_a_revoked_card_still_gets_its_receipt_again(built: BuiltElection) -> None:
    register = RegistryLogs(built.election, built.public_roll)
    box = make_box(built, register=register)
    voter = make_voter(built, 1)
    register.add("mairie", voter.certificate)
    data = encode(prepare(built.election, "online", voter, {}).cast())
    signed = box.cast(data)
    register.add("mairie", _revocation(built, voter))
    assert box.cast(data) == signed


def test_contests_of_other_voters_or_widths(built: BuiltElection) -> None:
    nord, sud = make_voter(built, 0), make_voter(built, 1)
    city = elements(built, "city", CHOICES["city"])
    quarter = elements(built, "quarter", QUARTER)
    for voter, choices in (
        (sud, {"city": city, "quarter": quarter}),  # no right to it
        (sud, {"quarter": quarter}),
        (sud, {}),
        (nord, {"city": city}),
        (nord, {"quarter": quarter, "city": city}),
        (sud, {"city": city * 2}),
        (sud, {"elsewhere": city}),
    ):
        error = refuse(built, sealed_ballot(built, voter, choices), "wrong-contests")
        assert "Load the election again" in error.hint
    taken = make_box(built)
    for voter, choices in ((nord, {"city": city, "quarter": quarter}), (sud, {"city": city})):
        taken.cast(sealed_ballot(built, voter, choices))


def test_a_twice_sealed_contest(built: BuiltElection) -> None:
    cast = make_prepared(built, 1).cast()
    twice = structs.replace(cast.ballot, sealed=cast.ballot.sealed * 2)
    proof = Proof(
        commitment=cast.proof.commitment + cast.proof.commitment[32:],
        response=cast.proof.response + cast.proof.response[32:],
    )
    refuse(built, encode(Cast(ballot=twice, proof=proof)), "wrong-contests")


NOT_CANONICAL = b"\xff" * 32
ORDER = group.ORDER.to_bytes(32, "little")


def _with_ciphertext(cast: Cast, change: Callable[[bytes], bytes]) -> Cast:
    (part,) = cast.ballot.sealed
    sealed = [structs.replace(part, ciphertext=change(part.ciphertext))]
    return structs.replace(cast, ballot=structs.replace(cast.ballot, sealed=sealed))


def _with_proof(cast: Cast, **fields: bytes) -> Cast:
    return structs.replace(cast, proof=structs.replace(cast.proof, **fields))


def _plus_order(z: bytes) -> bytes:
    return (int.from_bytes(z, "little") + group.ORDER).to_bytes(32, "little")


CHANGES: dict[str, Change] = {
    "c1 not canonical": lambda c: _with_ciphertext(c, lambda t: NOT_CANONICAL + t[32:]),
    "c2 not canonical": lambda c: _with_ciphertext(c, lambda t: t[:32] + NOT_CANONICAL),
    "c1 the identity": lambda c: _with_ciphertext(c, lambda t: bytes(32) + t[32:]),
    "c2 another": lambda c: _with_ciphertext(c, lambda t: t[:32] + group.GENERATOR),
    "c1 and c2 swapped": lambda c: _with_ciphertext(c, lambda t: t[32:] + t[:32]),
    "commitment not canonical": lambda c: _with_proof(
        c, commitment=NOT_CANONICAL + c.proof.commitment[32:]
    ),
    "commitment another": lambda c: _with_proof(
        c, commitment=group.GENERATOR + c.proof.commitment[32:]
    ),
    "commitments swapped": lambda c: _with_proof(
        c, commitment=c.proof.commitment[32:] + c.proof.commitment[:32]
    ),
    "scalar the order": lambda c: _with_proof(c, response=ORDER + c.proof.response[32:]),
    "scalar not reduced": lambda c: _with_proof(
        c, response=_plus_order(c.proof.response[:32]) + c.proof.response[32:]
    ),
    "scalar another": lambda c: _with_proof(c, response=c.proof.response[:32] + group.ONE),
    "scalars zero": lambda c: _with_proof(c, response=bytes(64)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_elements_and_scalars_that_are_not_right(built: BuiltElection, change: Change) -> None:
    cast = make_prepared(built, 1).cast()
    refuse(built, encode(change(cast)), "bad-proof")


def test_another_voters_ciphertexts(built: BuiltElection) -> None:
    mine, theirs = make_prepared(built, 1), make_prepared(built, 3)
    stolen = structs.replace(mine.ballot, sealed=theirs.ballot.sealed)
    own, other = mine.cast().proof, theirs.cast().proof
    mixed = Proof(
        commitment=own.commitment[:32] + other.commitment[32:],
        response=own.response[:32] + other.response[32:],
    )
    for proof in (own, other, mixed):
        refuse(built, encode(Cast(ballot=stolen, proof=proof)), "bad-proof")
    with_my_card = structs.replace(theirs.ballot, certificate=mine.ballot.certificate)
    refuse(built, encode(Cast(ballot=with_my_card, proof=other)), "bad-proof")


def test_a_certificate_whose_key_is_no_element(built: BuiltElection) -> None:
    for key in (NOT_CANONICAL, bytes(32)):
        certificate = certify(
            built.registrars["mairie"],
            election=built.election.id,
            pseudonym=PEOPLE[1],
            serial=1,
            channel="online",
            district="sud",
            key=key,
            registrar="mairie",
        )
        voter = Voter(certificate, group.ZERO)
        data = encode(prepare(built.election, "online", voter, CHOICES).cast())
        refuse(built, data, "bad-proof")


def test_any_changed_bit_is_refused(built: BuiltElection, soak: bool) -> None:
    box = make_box(built)
    data = make_cast(built, 0)
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed: {seed}")  # noqa: T201  to repeat a failure
    drawn = random.Random(seed)
    for _ in range(20_000 if soak else 400):
        changed = bytearray(data)
        changed[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
        with pytest.raises(BallotRefused):
            box.cast(bytes(changed))
    assert len(list(entries(box))) == 1
    box.cast(data)


def _challenges(built: BuiltElection) -> dict[str, Challenge]:
    prepared = make_prepared(built, 1)
    cast = twin(prepared).cast()
    right = prepared.challenge()
    (opened,) = right.opening
    other: Ballot = structs.replace(right.ballot, box="kiosk-1")

    def with_randomness(data: bytes) -> Challenge:
        return structs.replace(right, opening=[structs.replace(opened, randomness=data)])

    return {
        "the proof of a cast": structs.replace(right, proof=cast.proof),
        "for another box": structs.replace(right, ballot=other),
        "no opening": structs.replace(right, opening=[]),
        "another contest": structs.replace(
            right, opening=[structs.replace(opened, contest="quarter")]
        ),
        "an opening twice": structs.replace(right, opening=[opened, opened]),
        "other randomness": with_randomness(group.ONE),
        "cut randomness": with_randomness(opened.randomness[:-1]),
        "no randomness": with_randomness(b""),
        "randomness not reduced": with_randomness(_plus_order(opened.randomness)),
    }


def test_challenges_that_are_not_right(built: BuiltElection) -> None:
    box = make_box(built)
    for name, challenge in _challenges(built).items():
        with pytest.raises(BallotRefused) as caught:
            box.challenge(encode(challenge))
        assert caught.value.reason == "bad-challenge", name
        assert caught.value.hint
    assert len(list(entries(box))) == 1


def test_a_challenge_does_not_stand_as_a_cast(built: BuiltElection) -> None:
    """The revealed response proves "challenge" only; nobody can make a cast of it."""
    challenge = make_prepared(built, 1).challenge()
    data = encode(Cast(ballot=challenge.ballot, proof=challenge.proof))
    refuse(built, data, "bad-proof")
