"""ristretto255 (RFC 9496), the only door to the curve: libsodium through rbcl, constant time.

Elements and scalars are `bytes` of 32. What comes from outside goes once through `check_element`
or `check_scalar`; after that the functions here neither fail nor check again (libsodium would
answer an element that isn't canonical with zeros). rbcl refuses zero scalars and the identity:
both are defined here. H, Hs and Hg are those of docs/protocol.md, section 2.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable

from pbvote.core.encoding import u64
from pbvote.core.errors import EncodingError
from pbvote.sodium import rbcl

Element = bytes
Scalar = bytes
Random = Callable[[int], bytes]
"""Randomness as an argument: n → n bytes."""

ORDER = 2**252 + 27742317777372353535851937790883648493  # L
SIZE = 32
IDENTITY: Element = bytes(32)
ZERO: Scalar = bytes(32)
ONE: Scalar = (1).to_bytes(32, "little")
GENERATOR: Element = rbcl.crypto_scalarmult_ristretto255_base(ONE)

system_random: Random = secrets.token_bytes


def is_element(data: bytes) -> bool:
    """Whether these 32 bytes are the canonical encoding of an element (the identity is one)."""
    return len(data) == SIZE and rbcl.crypto_core_ristretto255_is_valid_point(data)


def check_element(data: bytes, where: str = "") -> Element:
    """`data`, if it is an element; EncodingError otherwise."""
    if not is_element(data):
        raise EncodingError("not a canonical ristretto255 element", where=where)
    return data


def is_scalar(data: bytes) -> bool:
    """Whether these 32 bytes are a scalar below the group's order."""
    return len(data) == SIZE and int.from_bytes(data, "little") < ORDER


def check_scalar(data: bytes, where: str = "") -> Scalar:
    """`data`, if it is a scalar < L; EncodingError otherwise."""
    if not is_scalar(data):
        raise EncodingError("not a scalar below the group's order", where=where)
    return data


def rows(data: bytes) -> list[bytes]:
    """`data` cut into its 32-byte parts."""
    return [data[i : i + SIZE] for i in range(0, len(data), SIZE)]


def scalar(number: int) -> Scalar:
    """An integer mod L."""
    return (number % ORDER).to_bytes(SIZE, "little")


def reduce_scalar(data: bytes) -> Scalar:
    """64 bytes, little endian, mod L."""
    return rbcl.crypto_core_ristretto255_scalar_reduce(data)


def random_scalar(random: Random = system_random) -> Scalar:
    """A uniform scalar from 64 random bytes; zero is as likely as any other (2^-252)."""
    return reduce_scalar(random(64))


def add(p: Element, q: Element) -> Element:
    """P + Q."""
    return rbcl.crypto_core_ristretto255_add(p, q)


def subtract(p: Element, q: Element) -> Element:
    """P - Q."""
    return rbcl.crypto_core_ristretto255_sub(p, q)


def multiply(k: Scalar, p: Element) -> Element:
    """k·P."""
    if k == ZERO or p == IDENTITY:
        return IDENTITY
    return rbcl.crypto_scalarmult_ristretto255(k, p)


def multiply_base(k: Scalar) -> Element:
    """k·G."""
    return IDENTITY if k == ZERO else rbcl.crypto_scalarmult_ristretto255_base(k)


def scalar_add(a: Scalar, b: Scalar) -> Scalar:
    """a + b mod L."""
    return rbcl.crypto_core_ristretto255_scalar_add(a, b)


def scalar_subtract(a: Scalar, b: Scalar) -> Scalar:
    """a - b mod L."""
    return rbcl.crypto_core_ristretto255_scalar_sub(a, b)


def scalar_multiply(a: Scalar, b: Scalar) -> Scalar:
    """a·b mod L."""
    return rbcl.crypto_core_ristretto255_scalar_mul(a, b)


def scalar_invert(a: Scalar) -> Scalar:
    """1/a mod L, of an a that isn't zero."""
    return rbcl.crypto_core_ristretto255_scalar_invert(a)


def sum_of_scalar_products(a: Iterable[Scalar], b: Iterable[Scalar]) -> Scalar:
    """Σ a_i·b_i mod L."""
    total = ZERO
    for x, y in zip(a, b, strict=True):
        total = scalar_add(total, scalar_multiply(x, y))
    return total


def sum_of_products(scalars: Iterable[Scalar], elements: Iterable[Element]) -> Element:
    """Σ k_i·P_i, one libsodium call a multiplication."""
    total = IDENTITY
    for k, p in zip(scalars, elements, strict=True):
        total = add(total, multiply(k, p))
    return total


def sum_of_elements(elements: Iterable[Element]) -> Element:
    """Σ P_i."""
    total = IDENTITY
    for p in elements:
        total = add(total, p)
    return total


def hash_parts(label: str, *parts: bytes) -> bytes:
    """H(label, p1, …, pk): SHA-512 over u64(len) ‖ bytes of the label and of each part."""
    state = hashlib.sha512()
    for part in (label.encode("ascii"), *parts):
        state.update(u64(len(part)))
        state.update(part)
    return state.digest()


def hash_to_scalar(label: str, *parts: bytes) -> Scalar:
    """Hs: H as a little-endian integer mod L."""
    return reduce_scalar(hash_parts(label, *parts))


def hash_to_element(label: str, *parts: bytes) -> Element:
    """Hg: H through the one-way map of RFC 9496 §4.3.4."""
    return rbcl.crypto_core_ristretto255_from_hash(hash_parts(label, *parts))
