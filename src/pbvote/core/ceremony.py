"""How trustees make the election's key together, by files (docs/protocol.md, section 5).

Every file is a signed note of one record of this module:

1. each trustee hands out its `Enrolment`; somebody fixes the list, which numbers them from 1;
2. each makes its `Deal`: commitments, their proof, and a sealed share for each trustee;
3. each has all deals checked (`check_deals`) and takes its share (`take_share`), or a `Complaint`
   comes out, is signed, and the ceremony stops.

Shares are sealed with HPKE base mode (RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305), enc ‖ ct.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from msgspec import Meta

from pbvote.core import group, threshold
from pbvote.core.encoding import Bytes32, Name, Record, u64
from pbvote.core.errors import InputError, VerificationError
from pbvote.core.group import Element, Random, Scalar
from pbvote.core.manifest import TrusteeProof

Number = Annotated[int, Meta(ge=1, le=threshold.MAX_TRUSTEES)]
SEALED = 80  # bytes: 32 of enc, a share of 32, a tag of 16
SealedShare = Annotated[bytes, Meta(min_length=SEALED, max_length=SEALED)]

_suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class Enrolment(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/trustee/1"):
    """Round 1: who will be a trustee, and the X25519 key that its shares are sealed to.

    ``{"ceremony":"Q2CY…","key":"Zr0T…","name":"anna","type":"pbvote/trustee/1","vkey":"pbvote/…"}``
    """

    ceremony: Bytes32
    name: Name
    vkey: Annotated[str, Meta(min_length=1)]
    key: Bytes32


class Deal(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/deal/1"):
    """Round 2: trustee i's part of the key; `shares` has f_i(1), f_i(2), … each sealed.

    ``{"ceremony":"Q2CY…","commitments":["JBt1…",…],"key":"Zr0T…","proof":{"commitment":"hBox…",
    "response":"r5h6…"},"shares":["f0Ab…",…],"trustee":1,"type":"pbvote/deal/1"}``
    """

    ceremony: Bytes32
    trustee: Number
    key: Bytes32
    commitments: Annotated[list[Bytes32], Meta(min_length=1, max_length=threshold.MAX_TRUSTEES)]
    proof: TrusteeProof
    shares: Annotated[list[SealedShare], Meta(min_length=1, max_length=threshold.MAX_TRUSTEES)]


class Complaint(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/complaint/1"):
    """Round 3, when it fails: the share from `against` doesn't fit its commitments.

    ``{"against":2,"ceremony":"Q2CY…","trustee":3,"type":"pbvote/complaint/1"}``
    """

    ceremony: Bytes32
    trustee: Number
    against: Number


def new_private_key(random: Random = group.system_random) -> bytes:
    """A trustee's X25519 secret, 32 bytes; kept until it has taken its share, then destroyed."""
    return random(32)


def public_key(private: bytes) -> bytes:
    """Its X25519 public key, 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal_share(share: Scalar, ceremony: bytes, i: int, j: int, key: bytes) -> bytes:
    """f_i(j) for trustee j's X25519 `key`, 80 bytes; InputError for a key that can't be used."""
    try:
        return _suite.encrypt(share, X25519PublicKey.from_public_bytes(key), _info(ceremony, i, j))
    except ValueError:
        raise InputError(
            "an X25519 key that can't be used", where=f"trustee {j}", hint="Ask for a new enrolment"
        ) from None


def open_share(sealed: bytes, ceremony: bytes, i: int, j: int, private: bytes) -> Scalar:
    """f_i(j), not checked yet; VerificationError if it wasn't sealed for this key, i and j."""
    key = X25519PrivateKey.from_private_bytes(private)
    try:
        return _suite.decrypt(sealed, key, _info(ceremony, i, j))
    except (InvalidTag, ValueError):
        raise VerificationError(
            "a sealed share can't be opened", where=f"from trustee {i} for trustee {j}"
        ) from None


def _info(ceremony: bytes, i: int, j: int) -> bytes:
    return b"pbvote/v1/share" + ceremony + u64(i) + u64(j)


def make_deal(
    ceremony: bytes,
    number: int,
    coefficients: Sequence[Scalar],
    private: bytes,
    keys: Sequence[bytes],
    random: Random = group.system_random,
) -> Deal:
    """Trustee `number`'s deal; `keys` are everybody's X25519 keys, in the list's order.

    The coefficients are drawn with `threshold.polynomial` and destroyed after this.
    """
    threshold.check_size(len(coefficients), len(keys))
    if not 1 <= number <= len(keys) or keys[number - 1] != public_key(private):
        raise InputError(
            f"number {number} of the list isn't this trustee", hint="Get the right list of trustees"
        )
    proof = threshold.prove_key(ceremony, number, coefficients, random)
    return Deal(
        ceremony=ceremony,
        trustee=number,
        key=keys[number - 1],
        commitments=threshold.commit(coefficients),
        proof=TrusteeProof(commitment=proof.commitment, response=proof.response),
        shares=[
            seal_share(threshold.share_for(coefficients, j), ceremony, number, j, key)
            for j, key in enumerate(keys, 1)
        ],
    )


def check_deals(deals: Sequence[Deal], ceremony: bytes, t: int, keys: Sequence[bytes]) -> Element:
    """The election's key Y, if all n deals are there, in order, of this ceremony, and proven.

    `keys` are the X25519 keys of the enrolments. VerificationError, ProofError or EncodingError
    otherwise; then the ceremony has to start again.
    """
    threshold.check_size(t, len(keys))
    if [deal.trustee for deal in deals] != list(range(1, len(keys) + 1)):
        raise VerificationError(
            f"there must be one deal of each of the {len(keys)} trustees, in their order",
            hint="Get the missing deals",
        )
    for deal, key in zip(deals, keys, strict=True):
        expected = (ceremony, key, t, len(keys))
        if (deal.ceremony, deal.key, len(deal.commitments), len(deal.shares)) != expected:
            raise VerificationError(
                "a deal of another ceremony, threshold, key or list of trustees",
                where=f"trustee {deal.trustee}",
                hint="All trustees must start from the same list",
            )
        proof = threshold.KeyProof(deal.proof.commitment, deal.proof.response)
        threshold.verify_key_proof(ceremony, deal.trustee, deal.commitments, proof)
    return threshold.election_key([deal.commitments for deal in deals])


def take_share(deals: Sequence[Deal], j: int, private: bytes) -> Scalar | Complaint:
    """x_j from deals that `check_deals` found right, or the complaint to sign."""
    shares = []
    for deal in deals:
        try:
            sealed = deal.shares[j - 1]
            share = open_share(sealed, deal.ceremony, deal.trustee, j, private)
            threshold.check_share(share, j, deal.commitments)
        except VerificationError:
            return Complaint(ceremony=deal.ceremony, trustee=j, against=deal.trustee)
        shares.append(share)
    return threshold.combine_shares(shares)
