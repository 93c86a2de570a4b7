"""The mix: a column re-encrypted and permuted, and the proof that nothing else was done.

docs/protocol.md, section 9: the proof of Terelius and Wikström in the form of Haenni, Locher,
Koenig, Dubuis, *Pseudo-Code Algorithms for Verifiable Re-Encryption Mix-Nets* (2017), written
additively. The letters are theirs; c_hat is ĉ, u_prime is u', psi is ψ and omega is ω. Lists count
from 0 where the paper counts from 1. Every equation is checked by itself, no randomness needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import lru_cache, partial, reduce
from itertools import islice
from typing import NamedTuple

from pbvote.core import group
from pbvote.core.encoding import u64
from pbvote.core.errors import EncodingError, InputError, ProofError
from pbvote.core.group import (
    IDENTITY,
    ONE,
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
    sum_of_scalar_products,
)
from pbvote.core.sealing import Context, check_column, check_elements, column_rows, reencrypt
from pbvote.core.spread import spread, spread_sum


class Proof(NamedTuple):
    """proof.bin of section 12, in the order of its bytes; w is the width, N the rows."""

    c: list[Element]  # N: the permutation, committed to
    c_hat: list[Element]  # N: the chain over u'
    t_hat: list[Element]  # N
    t123: list[Element]  # t1 t2 t3
    t4: list[Element]  # 2·w: t4a t4b a block
    s123: list[Scalar]  # s1 s2 s3
    s4: list[Scalar]  # w
    s_hat: list[Scalar]  # N
    s_prime: list[Scalar]  # N

    def encode(self) -> bytes:
        """The bytes of proof.bin."""
        return b"".join(map(b"".join, self))


def parse_proof(data: bytes, count: int, width: int, executor: Executor | None = None) -> Proof:
    """proof.bin of N = `count` rows: right length, elements canonical, scalars < L."""
    sizes = (count, count, count, 3, 2 * width, 3, width, count, count)
    if len(data) != SIZE * sum(sizes):
        raise EncodingError(
            f"{len(data)} bytes, where {count} rows of width {width} need {SIZE * sum(sizes)}",
            where="proof",
            hint="Was it cut, or is it the proof of another contest?",
        )
    parts = iter(group.rows(data))
    proof = Proof(*(list(islice(parts, size)) for size in sizes))
    for name, elements in zip(Proof._fields[:5], proof[:5], strict=True):
        check_elements(elements, f"proof, {name}", executor)
    for name, scalars in zip(Proof._fields[5:], proof[5:], strict=True):
        for s in scalars:
            group.check_scalar(s, f"proof, {name}")
    return proof


@lru_cache(maxsize=4)
def generators(count: int) -> tuple[Element, tuple[Element, ...]]:
    """h and h_1 … h_N: elements that nobody knows a relation between."""
    h, *hs = (hash_to_element("pbvote/v1/shuffle/generator", u64(i)) for i in range(count + 1))
    return h, tuple(hs)


def shuffle(
    context: Context,
    key: Element,
    column: bytes,
    width: int,
    random: Random = group.system_random,
    executor: Executor | None = None,
) -> tuple[bytes, bytes]:
    """The output column (N·w·64 bytes) and its proof.bin; InputError for an empty column.

    The executor's workers see this mix's secrets: they must be the trustee's own machine's.
    """
    count = _check_input(key, column, width, executor)
    psi = _permutation(count, random)
    r_tilde = _secrets(count * width, random)
    fresh = column_rows(reencrypt(column, key, r_tilde, executor), width)
    output = b"".join(fresh[j] for j in psi)
    proof = _prove(context, key, column, output, width, psi, r_tilde, random, executor)
    return output, proof.encode()


def _prove(
    context: Context,
    key: Element,
    column: bytes,
    output: bytes,
    width: int,
    psi: Sequence[int],
    r_tilde: Sequence[Scalar],
    random: Random,
    executor: Executor | None,
) -> Proof:
    """Steps 1 to 6 of section 9; `r_tilde` has r'_jb at j·w + b."""
    count = len(psi)
    h, hs = generators(count)

    # 1. c_ψ(i) = r_ψ(i)·G + h_i
    r = _secrets(count, random)
    placed = [IDENTITY] * count
    for i, j in enumerate(psi):
        placed[j] = hs[i]
    c = group.rows(b"".join(spread(executor, _mask, r, placed)))

    # 2. T, u and u'
    T = _transcript(context, key, count, width, column, output, c)
    u = _weights(T, count)
    u_prime = [u[j] for j in psi]

    # 3. ĉ_i = r̂_i·G + u'_i·ĉ_{i−1} = R_i·G + U_i·h, so that rows don't wait for each other
    r_hat = _secrets(count, random)
    R, U = [ZERO], [ONE]
    for r_i, u_i in zip(r_hat, u_prime, strict=True):
        R.append(scalar_add(r_i, scalar_multiply(u_i, R[-1])))
        U.append(scalar_multiply(u_i, U[-1]))
    c_hat = group.rows(b"".join(spread(executor, partial(_pedersen, h), R[1:], U[1:])))

    # 4. the commitments t; t̂_i = ω̂_i·G + ω'_i·ĉ_{i−1}, written out like ĉ
    omega, omega4 = _secrets(3, random), _secrets(width, random)
    omega_hat, omega_prime = _secrets(count, random), _secrets(count, random)
    k = list(map(scalar_add, omega_hat, map(scalar_multiply, omega_prime, R)))
    m = list(map(scalar_multiply, omega_prime, U))
    t_hat = group.rows(b"".join(spread(executor, partial(_pedersen, h), k, m)))
    t1, t2, t3 = map(multiply_base, omega)
    t123 = [t1, t2, add(t3, spread_sum(executor, omega_prime, hs))]
    t4 = _block_sums(key, omega_prime, output, width, omega4, executor)

    # 5. and 6. the challenge and the answers; R_N = Σ r̂_i·v_i
    e = _challenge(T, c_hat, t123, t4, t_hat)

    def answer(o: Scalar, secret: Scalar) -> Scalar:
        return scalar_add(o, scalar_multiply(e, secret))

    sums = [reduce(scalar_add, r), R[-1], sum_of_scalar_products(r, u)]
    sums4 = [sum_of_scalar_products(r_tilde[b::width], u) for b in range(width)]
    return Proof(
        c=c,
        c_hat=c_hat,
        t_hat=t_hat,
        t123=t123,
        t4=t4,
        s123=list(map(answer, omega, sums)),
        s4=list(map(answer, omega4, sums4)),
        s_hat=list(map(answer, omega_hat, r_hat)),
        s_prime=list(map(answer, omega_prime, u_prime)),
    )


def verify(
    context: Context,
    key: Element,
    column: bytes,
    output: bytes,
    proof: bytes,
    width: int,
    executor: Executor | None = None,
) -> None:
    """Raise unless `proof` shows that `output` is `column`, re-encrypted and permuted.

    EncodingError for a wrong length, an element that isn't canonical or a scalar ≥ L; ProofError
    for an equation of section 9 that doesn't hold; InputError for an empty column.
    """
    count = _check_input(key, column, width, executor)
    if check_column(output, width, "output", executor) != count:
        raise EncodingError(
            f"{len(output)} bytes, but the input has {len(column)}",
            where="output",
            hint="A mix gives as many rows as it got",
        )
    p = parse_proof(proof, count, width, executor)
    h, hs = generators(count)
    T = _transcript(context, key, count, width, column, output, p.c)
    u = _weights(T, count)
    e = _challenge(T, p.c_hat, p.t123, p.t4, p.t_hat)
    t1, t2, t3 = p.t123
    s1, s2, s3 = p.s123

    # s1·G = t1 + e·c̄ with c̄ = Σc_i − Σh_i
    c_bar = subtract(sum_of_elements(p.c), sum_of_elements(hs))
    _require(multiply_base(s1) == add(t1, multiply(e, c_bar)), "s1")

    # s2·G = t2 + e·ĉ* with ĉ* = ĉ_N − (Πu_i)·h
    c_star = subtract(p.c_hat[-1], multiply(reduce(scalar_multiply, u), h))
    _require(multiply_base(s2) == add(t2, multiply(e, c_star)), "s2")

    # s3·G + Σ s'_i·h_i = t3 + e·c̃ with c̃ = Σ u_i·c_i
    left = add(multiply_base(s3), spread_sum(executor, p.s_prime, hs))
    c_tilde = spread_sum(executor, u, p.c)
    _require(left == add(t3, multiply(e, c_tilde)), "s3")

    # Σ s'_i·a'_ib − s4_b·G = t4a_b + e·ã_b and the same with b', Y, t4b, b̃
    lefts = _block_sums(key, p.s_prime, output, width, p.s4, executor)
    tildes = _block_sums(key, u, column, width, [ZERO] * width, executor)
    rights = [add(t, multiply(e, tilde)) for t, tilde in zip(p.t4, tildes, strict=True)]
    _require(lefts == rights, "s4")

    # ŝ_i·G + s'_i·ĉ_{i−1} = t̂_i + e·ĉ_i for all i, with ĉ_0 = h
    links = spread(
        executor, partial(_links, e), p.s_hat, p.s_prime, [h, *p.c_hat[:-1]], p.t_hat, p.c_hat
    )
    _require(all(links), "ŝ")


def _check_input(key: Element, column: bytes, width: int, executor: Executor | None) -> int:
    group.check_element(key, "key")
    count = check_column(column, width, "input", executor)
    if count == 0:
        raise InputError(
            "an empty column", where="input", hint="A contest without ballots is not mixed"
        )
    return count


def _require(holds: bool, equation: str) -> None:
    if not holds:
        raise ProofError(
            f"the mix's proof doesn't hold (section 9, the equation of {equation})",
            hint="Something was altered, or it is of another contest, trustee or column",
        )


def _transcript(
    context: Context,
    key: Element,
    count: int,
    width: int,
    column: bytes,
    output: bytes,
    c: Sequence[Element],
) -> bytes:
    """T, 64 bytes."""
    sizes = (u64(count), u64(width))
    parts = (*context.parts, key, *sizes, column, output, b"".join(c))
    return group.hash_parts("pbvote/v1/shuffle", *parts)


def _weights(T: bytes, count: int) -> list[Scalar]:
    """u_i, i = 0…N−1."""
    return [hash_to_scalar("pbvote/v1/shuffle/u", T, u64(i)) for i in range(count)]


def _challenge(
    T: bytes,
    c_hat: Sequence[Element],
    t123: Sequence[Element],
    t4: Sequence[Element],
    t_hat: Sequence[Element],
) -> Scalar:
    """e."""
    parts = (b"".join(c_hat), *t123, b"".join(t4), b"".join(t_hat))
    return hash_to_scalar("pbvote/v1/shuffle/challenge", T, *parts)


def _block_sums(
    key: Element,
    weights: Sequence[Scalar],
    column: bytes,
    width: int,
    masks: Sequence[Scalar],
    executor: Executor | None,
) -> list[Element]:
    """Σ weight_i·a_ib − mask_b·G, Σ weight_i·b_ib − mask_b·Y for each block b: 2·w elements."""
    parts = group.rows(column)
    sums = []
    for b, mask in enumerate(masks):
        firsts, seconds = parts[2 * b :: 2 * width], parts[2 * b + 1 :: 2 * width]
        sums += [
            subtract(spread_sum(executor, weights, firsts), multiply_base(mask)),
            subtract(spread_sum(executor, weights, seconds), multiply(mask, key)),
        ]
    return sums


def _mask(r: Sequence[Scalar], elements: Sequence[Element]) -> bytes:
    """r_i·G + P_i."""
    return b"".join(add(multiply_base(k), p) for k, p in zip(r, elements, strict=True))


def _pedersen(h: Element, k: Sequence[Scalar], m: Sequence[Scalar]) -> bytes:
    """k_i·G + m_i·h."""
    return b"".join(add(multiply_base(a), multiply(b, h)) for a, b in zip(k, m, strict=True))


def _links(
    e: Scalar,
    s_hat: Sequence[Scalar],
    s_prime: Sequence[Scalar],
    before: Sequence[Element],
    t_hat: Sequence[Element],
    c_hat: Sequence[Element],
) -> bool:
    """Whether ŝ_i·G + s'_i·ĉ_{i−1} = t̂_i + e·ĉ_i for all these i."""
    return all(
        add(multiply_base(s), multiply(s_i, c_before)) == add(t, multiply(e, c))
        for s, s_i, c_before, t, c in zip(s_hat, s_prime, before, t_hat, c_hat, strict=True)
    )


def _secrets(count: int, random: Random) -> list[Scalar]:
    return [random_scalar(random) for _ in range(count)]


def _permutation(count: int, random: Random) -> list[int]:
    """ψ, uniform (Fisher–Yates): output row i is input row ψ[i]."""
    psi = list(range(count))
    for i in range(count - 1, 0, -1):
        j = _below(i + 1, random)
        psi[i], psi[j] = psi[j], psi[i]
    return psi


def _below(bound: int, random: Random) -> int:
    """A uniform integer 0…bound−1; what lies above the last multiple of `bound` is drawn again."""
    limit = 2**64 - 2**64 % bound
    while True:
        number = int.from_bytes(random(8), "big")
        if number < limit:
            return number % bound
