"""The trustees' key: polynomials and their commitments, shares, and opening with them.

docs/protocol.md, sections 5 and 10: Pedersen and Feldman. Trustee i of n draws a polynomial f_i of
degree t−1 with coefficients a_i0, a_i1, …, publishes A_ik = a_ik·G and hands f_i(j) to trustee j.
Any t of the shares x_j = Σ_i f_i(j) open what is sealed to Y = Σ_i A_i0, fewer tell nothing.
Trustees are numbered from 1; n = t = 1 is the same code. `core.ceremony` has the records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial, reduce
from typing import NamedTuple

from pbvote.core import group
from pbvote.core.encoding import u64
from pbvote.core.errors import EncodingError, InputError, ProofError, VerificationError
from pbvote.core.group import (
    IDENTITY,
    ORDER,
    SIZE,
    ZERO,
    Element,
    Random,
    Scalar,
    add,
    hash_to_element,
    hash_to_scalar,
    multiply,
    multiply_base,
    random_scalar,
    scalar_add,
    scalar_multiply,
    subtract,
    sum_of_elements,
)
from pbvote.core.sealing import Context, check_elements
from pbvote.core.spread import spread, spread_sum

MAX_TRUSTEES = 32


class KeyProof(NamedTuple):
    """That a trustee knows a_i0: K and z."""

    commitment: Element
    response: Scalar


def check_size(threshold: int, trustees: int) -> None:
    """Raise InputError unless 1 ≤ t ≤ n ≤ 32 (section 3)."""
    if not 1 <= threshold <= trustees <= MAX_TRUSTEES:
        raise InputError(
            f"{threshold} of {trustees} trustees can't be",
            hint=f"Take 1 to {MAX_TRUSTEES} trustees, and a threshold of at most all of them",
        )


# --- section 5: the key ---------------------------------------------------------------------------


def polynomial(threshold: int, random: Random = group.system_random) -> list[Scalar]:
    """t secret coefficients a_i0 … a_i(t−1)."""
    return [random_scalar(random) for _ in range(threshold)]


def commit(coefficients: Sequence[Scalar]) -> list[Element]:
    """A_ik = a_ik·G."""
    return [multiply_base(a) for a in coefficients]


def prove_key(
    ceremony: bytes,
    number: int,
    coefficients: Sequence[Scalar],
    random: Random = group.system_random,
) -> KeyProof:
    """K = k·G and z = k + e·a_i0: that trustee `number` knows a_i0. `ceremony` is 32 bytes."""
    k = random_scalar(random)
    K = multiply_base(k)
    e = _key_challenge(ceremony, number, commit(coefficients), K)
    return KeyProof(K, scalar_add(k, scalar_multiply(e, coefficients[0])))


def verify_key_proof(
    ceremony: bytes, number: int, commitments: Sequence[Element], proof: KeyProof
) -> None:
    """Check z·G = K + e·A_i0; ProofError if not, EncodingError for what isn't canonical."""
    K, z = proof
    where = f"trustee {number}"
    for element in (*commitments, K):
        group.check_element(element, where)
    group.check_scalar(z, where)
    e = _key_challenge(ceremony, number, commitments, K)
    if multiply_base(z) != add(K, multiply(e, commitments[0])):
        raise ProofError(
            "the proof of knowing the key's part doesn't hold",
            where=where,
            hint="Was it made for another ceremony or number? The ceremony has to stop here",
        )


def _key_challenge(
    ceremony: bytes, number: int, commitments: Sequence[Element], K: Element
) -> Scalar:
    return hash_to_scalar("pbvote/v1/trustee", ceremony, u64(number), b"".join(commitments), K)


def share_for(coefficients: Sequence[Scalar], j: int) -> Scalar:
    """f_i(j), secret to trustee j."""
    x, value = group.scalar(j), ZERO
    for a in reversed(coefficients):
        value = scalar_add(scalar_multiply(value, x), a)
    return value


def share_commitment(commitments: Sequence[Element], j: int) -> Element:
    """Σ_k j^k·A_ik = f_i(j)·G."""
    x, value = group.scalar(j), IDENTITY
    for A in reversed(commitments):
        value = add(multiply(x, value), A)
    return value


def check_share(share: Scalar, j: int, commitments: Sequence[Element]) -> None:
    """Check f_i(j)·G = Σ_k j^k·A_ik; VerificationError if not."""
    if not group.is_scalar(share) or multiply_base(share) != share_commitment(commitments, j):
        raise VerificationError(
            "a share doesn't fit its sender's commitments",
            where=f"the share for trustee {j}",
            hint="Sign a complaint; the ceremony has to start again",
        )


def combine_shares(shares: Sequence[Scalar]) -> Scalar:
    """x_j = Σ_i f_i(j), from all n trustees."""
    return reduce(scalar_add, shares)


def election_key(commitments: Sequence[Sequence[Element]]) -> Element:
    """Y = Σ_i A_i0; VerificationError if it is the identity, which would hide nothing."""
    key = sum_of_elements(A[0] for A in commitments)
    if key == IDENTITY:
        raise VerificationError("the election's key is the identity", hint="Start again")
    return key


def public_share(j: int, commitments: Sequence[Sequence[Element]]) -> Element:
    """Y_j = Σ_i Σ_k j^k·A_ik, which is x_j·G."""
    return sum_of_elements(share_commitment(A, j) for A in commitments)


def lagrange_weights(numbers: Sequence[int]) -> dict[int, Scalar]:
    """λ_i = Π_{j≠i} j/(j−i) mod L: f(0) = Σ λ_i·f(i). The numbers are public and all different."""
    weights = {}
    for i in numbers:
        above = below = 1
        for j in numbers:
            if j != i:
                above, below = above * j % ORDER, below * (j - i) % ORDER
        weights[i] = group.scalar(above * pow(below, -1, ORDER))
    return weights


# --- section 10: opening --------------------------------------------------------------------------


def open_shares(
    context: Context,
    secret: Scalar,
    elements: Sequence[Element],
    random: Random = group.system_random,
    executor: Executor | None = None,
) -> tuple[bytes, bytes]:
    """(shares.bin, proof.bin): D = x_i·c1 of each element, and a1 ‖ a2 ‖ z, the proof of all.

    `elements` are the last column's c1 (`sealing.first_elements`), or the lot's one. The
    executor's workers see the trustee's secret: they must be the trustee's own machine's.
    """
    shares = b"".join(spread(executor, partial(_multiply_all, secret), elements))
    public = multiply_base(secret)
    T, weights = _opening_weights(context, public, elements, shares)
    C = spread_sum(executor, weights, elements)
    D = multiply(secret, C)  # Σ ρ_n·D_n
    k = random_scalar(random)
    a1, a2 = multiply_base(k), multiply(k, C)
    e = hash_to_scalar("pbvote/v1/decrypt/challenge", T, C, D, a1, a2)
    z = scalar_add(k, scalar_multiply(e, secret))
    return shares, a1 + a2 + z


def verify_opening(
    context: Context,
    public: Element,
    elements: Sequence[Element],
    shares: bytes,
    proof: bytes,
    executor: Executor | None = None,
) -> None:
    """Raise unless each D in `shares` is x_i·c1, where `public` is Y_i = x_i·G.

    EncodingError for a wrong length, an element that isn't canonical or z ≥ L; ProofError if
    z·G = a1 + e·Y_i or z·C = a2 + e·D* doesn't hold.
    """
    if len(shares) != SIZE * len(elements) or len(proof) != 3 * SIZE:
        raise EncodingError(
            f"{len(shares)} bytes of shares for {len(elements)} elements,"
            f" {len(proof)} bytes of proof for 96",
            where="opening",
            hint="Was it cut, or is it the opening of another contest?",
        )
    check_elements(group.rows(shares), "shares", executor)
    a1, a2, z = group.rows(proof)
    check_elements([a1, a2], "proof")
    group.check_scalar(z, "proof")
    T, weights = _opening_weights(context, public, elements, shares)
    C = spread_sum(executor, weights, elements)
    D = spread_sum(executor, weights, group.rows(shares))
    e = hash_to_scalar("pbvote/v1/decrypt/challenge", T, C, D, a1, a2)
    if multiply_base(z) != add(a1, multiply(e, public)):
        raise _false_opening("z·G")
    if multiply(z, C) != add(a2, multiply(e, D)):
        raise _false_opening("z·C")


def recover(
    column: bytes,
    openings: Mapping[int, bytes],
    threshold: int,
    executor: Executor | None = None,
) -> list[Element]:
    """M = c2 − Σ λ_i·D_i of each block, row by row, from the t lowest-numbered openings.

    `openings` are trustee's number → verified shares; VerificationError if fewer than t.
    """
    c2s = group.rows(column)[1::2]
    masks = _combine(openings, threshold, executor)
    return [subtract(c2, mask) for c2, mask in zip(c2s, masks, strict=True)]


def lot_element(election: bytes, closing: bytes) -> Element:
    """What is opened for the lot, with "" as contest id; `closing` is SHA-256 of its text."""
    return hash_to_element("pbvote/v1/lot", election, closing)


def lot_value(
    openings: Mapping[int, bytes], threshold: int, executor: Executor | None = None
) -> Element:
    """V = Σ λ_i·D_i, which nobody can know before the closing is signed."""
    (value,) = _combine(openings, threshold, executor)
    return value


def _opening_weights(
    context: Context, public: Element, elements: Sequence[Element], shares: bytes
) -> tuple[bytes, list[Scalar]]:
    """T (64 bytes) and ρ_n, n from 0."""
    T = group.hash_parts("pbvote/v1/decrypt", *context.parts, public, b"".join(elements), shares)
    count = range(len(elements))
    return T, [hash_to_scalar("pbvote/v1/decrypt/weight", T, u64(n)) for n in count]


def _false_opening(equation: str) -> ProofError:
    return ProofError(
        f"the opening's proof doesn't hold (section 10, the equation of {equation})",
        hint="Something was altered, or it is of another contest, trustee or column",
    )


def _multiply_all(secret: Scalar, elements: Sequence[Element]) -> bytes:
    return b"".join(multiply(secret, c1) for c1 in elements)


def _combine(
    openings: Mapping[int, bytes], threshold: int, executor: Executor | None
) -> list[Element]:
    """Σ λ_i·D_i of each element, from the t lowest-numbered."""
    if len(openings) < threshold:
        raise VerificationError(
            f"{len(openings)} openings, {threshold} are needed",
            hint="More trustees have to open",
        )
    numbers = sorted(openings)[:threshold]
    weights = [*lagrange_weights(numbers).values()]
    columns = [group.rows(openings[i]) for i in numbers]
    chunks = spread(executor, partial(_weighted_sums, weights), *columns)
    return [element for chunk in chunks for element in chunk]


def _weighted_sums(weights: Sequence[Scalar], *columns: Sequence[Element]) -> list[Element]:
    return [group.sum_of_products(weights, row) for row in zip(*columns, strict=True)]
