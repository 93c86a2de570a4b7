"""The trustees' key: what is refused, and the ceremony by records."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from pbvote.core import ceremony, group, threshold
from pbvote.core.ceremony import Complaint, Deal, Enrolment
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import EncodingError, InputError, ProofError, VerificationError
from pbvote.core.manifest import TrusteeProof
from pbvote.core.sealing import Context, first_elements, seal
from pbvote.core.spread import CHUNK
from support import seeded

CEREMONY = bytes(range(32))
CONTEXT = Context(bytes(32), "city", 1)
SECRET = group.random_scalar(seeded(1))
PUBLIC = group.multiply_base(SECRET)
ELEMENTS = [group.hash_to_element("pbvote/test", bytes([i])) for i in range(4)]
SHARES, PROOF = threshold.open_shares(CONTEXT, SECRET, ELEMENTS, seeded(2))

# --- opening --------------------------------------------------------------------------------------


def verify(
    context: Context = CONTEXT,
    public: bytes = PUBLIC,
    elements: list[bytes] = ELEMENTS,
    shares: bytes = SHARES,
    proof: bytes = PROOF,
) -> None:
    threshold.verify_opening(context, public, elements, shares, proof)


def plus(data: bytes, index: int, point: bytes) -> bytes:
    parts = group.rows(data)
    parts[index] = group.add(parts[index], point)
    return b"".join(parts)


def test_an_opening_verifies() -> None:
    verify()
    assert group.rows(SHARES) == [group.multiply(SECRET, c1) for c1 in ELEMENTS]


def test_each_share_and_each_part_of_the_proof() -> None:
    for index in range(len(ELEMENTS)):
        with pytest.raises(ProofError):
            verify(shares=plus(SHARES, index, group.GENERATOR))
    for index in (0, 1):
        with pytest.raises(ProofError):
            verify(proof=plus(PROOF, index, group.GENERATOR))
    z = PROOF[64:]
    with pytest.raises(ProofError):
        verify(proof=PROOF[:64] + group.scalar_add(z, group.ONE))
    with pytest.raises(EncodingError):
        same = int.from_bytes(z, "little") + group.ORDER
        verify(proof=PROOF[:64] + same.to_bytes(32, "little"))


def test_every_byte_of_an_opening() -> None:
    for i in range(len(SHARES)):
        with pytest.raises((ProofError, EncodingError)):
            verify(shares=SHARES[:i] + bytes([SHARES[i] ^ 2]) + SHARES[i + 1 :])
    for i in range(len(PROOF)):
        with pytest.raises((ProofError, EncodingError)):
            verify(proof=PROOF[:i] + bytes([PROOF[i] ^ 2]) + PROOF[i + 1 :])


def test_shares_that_cancel_out_are_noticed() -> None:
    """The weights are of the shares themselves, so one can't make up for another."""
    shares = plus(SHARES, 0, group.GENERATOR)
    shares = plus(shares, 1, group.subtract(group.IDENTITY, group.GENERATOR))
    with pytest.raises(ProofError):
        verify(shares=shares)
    with pytest.raises(ProofError):
        verify(shares=SHARES[32:64] + SHARES[:32] + SHARES[64:])


def test_an_opening_of_something_else() -> None:
    for context in (
        CONTEXT._replace(election=bytes([1]) * 32),
        CONTEXT._replace(contest=""),
        CONTEXT._replace(trustee=2),
    ):
        with pytest.raises(ProofError):
            verify(context)
    with pytest.raises(ProofError):
        verify(public=group.GENERATOR)
    with pytest.raises(ProofError):
        verify(elements=ELEMENTS[::-1])


@pytest.mark.parametrize(
    ("shares", "proof"),
    [
        (SHARES[:-32], PROOF),
        (SHARES + SHARES[:32], PROOF),
        (SHARES[:-1], PROOF),
        (SHARES, PROOF[:-1]),
        (SHARES, PROOF + bytes(1)),
        (b"\xff" * 32 + SHARES[32:], PROOF),
        (SHARES, b"\xff" * 32 + PROOF[32:]),
        (SHARES, PROOF[:32] + b"\xff" * 32 + PROOF[64:]),
    ],
)
def test_an_opening_with_a_wrong_form(shares: bytes, proof: bytes) -> None:
    with pytest.raises(EncodingError):
        verify(shares=shares, proof=proof)


def test_a_lying_prover_with_another_secret() -> None:
    other = group.random_scalar(seeded(3))
    shares, proof = threshold.open_shares(CONTEXT, other, ELEMENTS)
    with pytest.raises(ProofError, match="z·G"):
        verify(shares=shares, proof=proof)
    with pytest.raises(ProofError):
        verify(shares=shares)


def test_a_prover_who_knows_the_secret_and_opens_wrongly() -> None:
    shares = plus(SHARES, 1, group.GENERATOR)
    T, weights = threshold._opening_weights(CONTEXT, PUBLIC, ELEMENTS, shares)
    C = group.sum_of_products(weights, ELEMENTS)
    D = group.sum_of_products(weights, group.rows(shares))
    k = group.random_scalar(seeded(3))
    a1, a2 = group.multiply_base(k), group.multiply(k, C)
    e = group.hash_to_scalar("pbvote/v1/decrypt/challenge", T, C, D, a1, a2)
    z = group.scalar_add(k, group.scalar_multiply(e, SECRET))
    with pytest.raises(ProofError, match="z·C"):
        verify(shares=shares, proof=a1 + a2 + z)


def test_the_lowest_numbered_openings_are_used() -> None:
    coefficients = threshold.polynomial(2, seeded(3))
    shares = {
        j: group.multiply(threshold.share_for(coefficients, j), ELEMENTS[0]) for j in (5, 3, 1)
    }
    expected = group.multiply(coefficients[0], ELEMENTS[0])
    assert threshold.lot_value(shares, 2) == expected
    assert threshold.lot_value({**shares, 5: ELEMENTS[1]}, 2) == expected
    assert threshold.lot_value({**shares, 3: ELEMENTS[1]}, 2) != expected


def test_executors_open_the_same() -> None:
    count = CHUNK + 3
    message = group.hash_to_element("pbvote/test", b"m")
    random = seeded(4)
    sealed = [seal([message], PUBLIC, [group.random_scalar(random)]) for _ in range(count)]
    column = b"".join(sealed)
    elements = first_elements(column)
    opened = threshold.open_shares(CONTEXT, SECRET, elements, seeded(5))
    with ThreadPoolExecutor(2) as executor:
        assert threshold.open_shares(CONTEXT, SECRET, elements, seeded(5), executor) == opened
        threshold.verify_opening(CONTEXT, PUBLIC, elements, *opened, executor)
        assert threshold.recover(column, {1: opened[0]}, 1, executor) == [message] * count


def test_the_lot_of_one_trustee() -> None:
    element = threshold.lot_element(bytes(32), bytes([1]) * 32)
    assert element != threshold.lot_element(bytes(32), bytes([2]) * 32)
    context = CONTEXT._replace(contest="")
    shares, proof = threshold.open_shares(context, SECRET, [element])
    verify(context, elements=[element], shares=shares, proof=proof)
    assert threshold.lot_value({1: shares}, 1) == group.multiply(SECRET, element)


# --- the key --------------------------------------------------------------------------------------


def test_a_wrong_key_proof() -> None:
    coefficients = threshold.polynomial(2, seeded(6))
    commitments = threshold.commit(coefficients)
    proof = threshold.prove_key(CEREMONY, 1, coefficients, seeded(7))
    threshold.verify_key_proof(CEREMONY, 1, commitments, proof)
    K, z = proof
    for wrong in (
        (bytes(32), 1, commitments, proof),
        (CEREMONY, 2, commitments, proof),
        (CEREMONY, 1, commitments[::-1], proof),
        (CEREMONY, 1, [commitments[0], group.GENERATOR], proof),
        (CEREMONY, 1, commitments, proof._replace(commitment=group.add(K, group.GENERATOR))),
        (CEREMONY, 1, commitments, proof._replace(response=group.scalar_add(z, group.ONE))),
    ):
        with pytest.raises(ProofError):
            threshold.verify_key_proof(*wrong)
    bad = b"\xff" * 32
    for form in (
        ([bad, commitments[1]], proof),
        (commitments, proof._replace(commitment=bad)),
        (commitments, proof._replace(response=bad)),
    ):
        with pytest.raises(EncodingError):
            threshold.verify_key_proof(CEREMONY, 1, *form)


def test_a_wrong_share() -> None:
    coefficients = threshold.polynomial(3, seeded(8))
    commitments = threshold.commit(coefficients)
    share = threshold.share_for(coefficients, 2)
    threshold.check_share(share, 2, commitments)
    same = (int.from_bytes(share, "little") + group.ORDER).to_bytes(32, "little")
    for wrong in (group.scalar_add(share, group.ONE), group.ZERO, same, b"", b"\xff" * 32):
        with pytest.raises(VerificationError):
            threshold.check_share(wrong, 2, commitments)
    with pytest.raises(VerificationError):
        threshold.check_share(share, 1, commitments)


def test_the_identity_is_no_key() -> None:
    a = threshold.polynomial(1, seeded(9))
    minus = [group.scalar_subtract(group.ZERO, a[0])]
    with pytest.raises(VerificationError):
        threshold.election_key([threshold.commit(a), threshold.commit(minus)])


@pytest.mark.parametrize(("t", "n"), [(0, 1), (2, 1), (1, 0), (1, 33), (33, 33)])
def test_sizes_that_cannot_be(t: int, n: int) -> None:
    with pytest.raises(InputError):
        threshold.check_size(t, n)


# --- the ceremony ---------------------------------------------------------------------------------


def private_keys(n: int) -> list[bytes]:
    return [ceremony.new_private_key(seeded(10 + i)) for i in range(n)]


def deals_of(t: int, privates: list[bytes], seed: int = 20) -> list[Deal]:
    keys = [ceremony.public_key(private) for private in privates]
    return [
        ceremony.make_deal(CEREMONY, i, threshold.polynomial(t, seeded(seed + i)), private, keys)
        for i, private in enumerate(privates, 1)
    ]


PRIVATES = private_keys(3)
KEYS = [ceremony.public_key(private) for private in PRIVATES]
DEALS = deals_of(2, PRIVATES)


@pytest.mark.parametrize(("t", "n"), [(1, 1), (1, 3), (2, 3), (3, 3)])
def test_a_ceremony(t: int, n: int) -> None:
    privates = private_keys(n)
    keys = [ceremony.public_key(private) for private in privates]
    deals = [decode(encode(deal), Deal) for deal in deals_of(t, privates)]
    key = ceremony.check_deals(deals, CEREMONY, t, keys)
    commitments = [deal.commitments for deal in deals]
    shares = {}
    for j, private in enumerate(privates, 1):
        share = ceremony.take_share(deals, j, private)
        assert isinstance(share, bytes)
        assert group.multiply_base(share) == threshold.public_share(j, commitments)
        shares[j] = share
    weights = threshold.lagrange_weights(list(range(n - t + 1, n + 1)))
    secret = group.sum_of_scalar_products([shares[j] for j in weights], weights.values())
    assert group.multiply_base(secret) == key


def test_records_have_one_encoding() -> None:
    enrolment = Enrolment(ceremony=CEREMONY, name="anna", vkey="pbvote/x+1+A", key=KEYS[0])
    complaint = Complaint(ceremony=CEREMONY, trustee=3, against=2)
    assert encode(complaint).endswith(b'"trustee":3,"type":"pbvote/complaint/1"}')
    for record in (enrolment, complaint, DEALS[0]):
        assert decode(encode(record), type(record)) == record
    with pytest.raises(EncodingError):
        decode(encode(replace(DEALS[0], shares=[bytes(79)])), Deal)


def test_a_complaint_about_a_share() -> None:
    wrong = ceremony.seal_share(group.ONE, CEREMONY, 2, 3, KEYS[2])
    for sealed in (wrong, DEALS[1].shares[0], DEALS[0].shares[2], bytes(80)):
        deal = replace(DEALS[1], shares=[*DEALS[1].shares[:2], sealed])
        deals = [DEALS[0], deal, DEALS[2]]
        ceremony.check_deals(deals, CEREMONY, 2, KEYS)
        complaint = ceremony.take_share(deals, 3, PRIVATES[2])
        assert complaint == Complaint(ceremony=CEREMONY, trustee=3, against=2)
        assert isinstance(ceremony.take_share(deals, 1, PRIVATES[0]), bytes)


def test_a_share_opens_with_its_own_key_number_and_ceremony_only() -> None:
    sealed = DEALS[0].shares[1]
    assert len(ceremony.open_share(sealed, CEREMONY, 1, 2, PRIVATES[1])) == 32
    for wrong in (
        (CEREMONY, 1, 2, PRIVATES[0]),
        (CEREMONY, 1, 3, PRIVATES[1]),
        (CEREMONY, 2, 2, PRIVATES[1]),
        (bytes(32), 1, 2, PRIVATES[1]),
    ):
        with pytest.raises(VerificationError):
            ceremony.open_share(sealed, *wrong)


@pytest.mark.parametrize(
    "change",
    [
        lambda deals: deals[:2],
        lambda deals: [deals[1], deals[0], deals[2]],
        lambda deals: [deals[0], deals[0], deals[2]],
        lambda deals: [replace(deals[0], ceremony=bytes(32)), *deals[1:]],
        lambda deals: [replace(deals[0], key=KEYS[1]), *deals[1:]],
        lambda deals: [replace(deals[0], commitments=deals[0].commitments[:1]), *deals[1:]],
        lambda deals: [replace(deals[0], shares=deals[0].shares[:2]), *deals[1:]],
    ],
)
def test_deals_that_do_not_fit(change: Callable[[list[Deal]], list[Deal]]) -> None:
    with pytest.raises(VerificationError):
        ceremony.check_deals(change(DEALS), CEREMONY, 2, KEYS)


def test_a_deal_with_another_proof_or_commitment() -> None:
    taken = replace(DEALS[0], commitments=DEALS[1].commitments, proof=DEALS[1].proof)
    wrong = replace(DEALS[0], proof=TrusteeProof(commitment=PUBLIC, response=SECRET))
    for deal in (taken, wrong):
        with pytest.raises(ProofError):
            ceremony.check_deals([deal, *DEALS[1:]], CEREMONY, 2, KEYS)


def test_keys_and_lists_that_cannot_be_used() -> None:
    coefficients = threshold.polynomial(2)
    for number in (0, 2, 4):
        with pytest.raises(InputError):
            ceremony.make_deal(CEREMONY, number, coefficients, PRIVATES[0], KEYS)
    with pytest.raises(InputError):
        ceremony.make_deal(CEREMONY, 1, threshold.polynomial(4), PRIVATES[0], KEYS)
    with pytest.raises(InputError, match="trustee 2"):
        ceremony.make_deal(CEREMONY, 1, coefficients, PRIVATES[0], [KEYS[0], bytes(32)])
