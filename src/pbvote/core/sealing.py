"""ElGamal: sealing a block, re-encrypting it, and columns of sealed rows.

docs/protocol.md, sections 6 and 9. A block element M is sealed as c1 = r·G, c2 = M + r·Y, 64 bytes
c1 ‖ c2. A row is a choice's w blocks; a column is N rows, N·w·64 bytes without anything between.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

from pbvote.core.encoding import u64
from pbvote.core.errors import EncodingError
from pbvote.core.group import (
    Element,
    Scalar,
    add,
    is_element,
    multiply,
    multiply_base,
    rows,
    subtract,
)
from pbvote.core.spread import spread

BLOCK = 64  # bytes of a sealed block


class Context(NamedTuple):
    """What a mix or an opening is of, and whose it is: `ctx` of sections 9 and 10."""

    election: bytes
    contest: str
    trustee: int

    @property
    def parts(self) -> tuple[bytes, bytes, bytes]:
        """The parts that are hashed: election id, contest id, u64(trustee's number)."""
        return self.election, self.contest.encode(), u64(self.trustee)


def seal(elements: Sequence[Element], key: Element, randomness: Sequence[Scalar]) -> bytes:
    """w elements → w × (c1 ‖ c2) with c1 = r·G, c2 = M + r·Y; a fresh r for each (section 6)."""
    sealed = []
    for m, r in zip(elements, randomness, strict=True):
        sealed += [multiply_base(r), add(m, multiply(r, key))]
    return b"".join(sealed)


def unseal_with_randomness(
    ciphertext: bytes, key: Element, randomness: Sequence[Scalar]
) -> list[Element]:
    """The w elements M = c2 - r·Y of a challenged ballot (section 7), once r·G = c1 is checked."""
    c2s = rows(ciphertext)[1::2]
    return [subtract(c2, multiply(r, key)) for c2, r in zip(c2s, randomness, strict=True)]


def reencrypt(
    ciphertexts: bytes,
    key: Element,
    randomness: Sequence[Scalar],
    executor: Executor | None = None,
) -> bytes:
    """(a + r'·G, b + r'·Y) of each block, an own r' for each (section 9)."""
    parts = rows(ciphertexts)
    return b"".join(
        spread(executor, partial(_reencrypt, key), parts[0::2], parts[1::2], randomness)
    )


def _reencrypt(
    key: Element, first: Sequence[Element], second: Sequence[Element], randomness: Sequence[Scalar]
) -> bytes:
    fresh = []
    for a, b, r in zip(first, second, randomness, strict=True):
        fresh += [add(a, multiply_base(r)), add(b, multiply(r, key))]
    return b"".join(fresh)


def column_rows(column: bytes, width: int) -> list[bytes]:
    """The N rows of a column, w·64 bytes each."""
    size = width * BLOCK
    return [column[i : i + size] for i in range(0, len(column), size)]


def first_elements(column: bytes) -> list[Element]:
    """All c1 of a column, row by row: what trustees open."""
    return rows(column)[0::2]


def check_column(
    column: bytes, width: int, where: str = "", executor: Executor | None = None
) -> int:
    """The number of rows N, if every element is canonical; EncodingError with the row if not.

    The identity is an element like any other: nothing stops a voter from sending c2 = 0, and
    refusing it here would stop the count.
    """
    count, rest = divmod(len(column), width * BLOCK)
    if rest:
        raise EncodingError(
            f"{len(column)} bytes are no whole number of rows of {width * BLOCK}",
            where=where,
            hint="Was it cut? Take the file from its source again",
        )
    check_elements(rows(column), where, executor, row=2 * width)
    return count


def check_elements(
    elements: Sequence[Element], where: str, executor: Executor | None = None, row: int = 1
) -> None:
    """Raise EncodingError, naming the first bad row of `row` elements, unless all are canonical."""
    if all(spread(executor, _all_canonical, elements)):
        return
    bad = next(i for i, element in enumerate(elements) if not is_element(element))
    raise EncodingError(
        f"row {bad // row + 1} has no canonical ristretto255 element",
        where=where,
        hint="It was damaged or altered; take the file from its source again",
    )


def _all_canonical(elements: Sequence[Element]) -> bool:
    return all(map(is_element, elements))
