"""mix-n1.json, mix-w1.json, mix-w2.json: mixes and openings of an independent implementation."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from conftest import Vectors
from pbvote.core import selection, shuffle, threshold
from pbvote.core.errors import EncodingError, InputError, ProofError
from pbvote.core.sealing import Context, column_rows, first_elements
from support import seeded


@dataclass(frozen=True)
class Mix:
    """What `verify` takes, as one value to change."""

    context: Context
    key: bytes
    column: bytes
    output: bytes
    proof: bytes
    width: int

    def verify(self) -> None:
        shuffle.verify(self.context, self.key, self.column, self.output, self.proof, self.width)

    def refused(self) -> bool:
        try:
            self.verify()
        except (EncodingError, InputError, ProofError):
            return True
        return False


@pytest.fixture(scope="module", params=["n1", "w1", "w2"])
def vector(request: pytest.FixtureRequest, vectors: Vectors) -> Any:
    return vectors.json(f"mix-{request.param}.json")


@pytest.fixture(scope="module")
def mix(vector: Any) -> Mix:
    context = Context(bytes.fromhex(vector["election"]), vector["contest"], vector["trustee"])
    key, column, output, proof = (
        bytes.fromhex(vector[name]) for name in ("key", "input", "output", "proof")
    )
    return Mix(context, key, column, output, proof, vector["width"])


def changed(mix: Mix, name: str, data: bytes) -> Mix:
    fields: dict[str, Any] = {name: data}
    return replace(mix, **fields)


def test_verifies(mix: Mix) -> None:
    mix.verify()


def test_own_proof_verifies(mix: Mix) -> None:
    output, proof = shuffle.shuffle(mix.context, mix.key, mix.column, mix.width, seeded(1))
    assert len(output) == len(mix.output)
    assert len(proof) == len(mix.proof)
    replace(mix, output=output, proof=proof).verify()


def test_any_byte_changed(mix: Mix, soak: bool) -> None:
    rng = random.Random(9)
    for name in ("column", "output", "proof"):
        right = getattr(mix, name)
        for i in range(len(right)):
            for flip in [1 << bit for bit in range(8)] if soak else [rng.randrange(1, 256)]:
                data = right[:i] + bytes([right[i] ^ flip]) + right[i + 1 :]
                assert changed(mix, name, data).refused(), (name, i, flip)


def swapped(rows: list[bytes]) -> list[bytes]:
    return [rows[1], rows[0], *rows[2:]]


def replaced(rows: list[bytes]) -> list[bytes]:
    return [rows[0][32:] + rows[0][:32], *rows[1:]]


def copied(rows: list[bytes]) -> list[bytes]:
    return [rows[1], rows[1], *rows[2:]]


def left_out(rows: list[bytes]) -> list[bytes]:
    return rows[1:]


def doubled(rows: list[bytes]) -> list[bytes]:
    return [rows[0], *rows]


@pytest.mark.parametrize("name", ["column", "output"])
def test_rows_changed(mix: Mix, name: str) -> None:
    rows = column_rows(getattr(mix, name), mix.width)
    changes: list[Callable[[list[bytes]], list[bytes]]] = [replaced, left_out, doubled]
    if len(rows) > 1:
        changes += [swapped, copied]
    for change in changes:
        assert changed(mix, name, b"".join(change(rows))).refused(), change


def test_rows_left_out_of_both(mix: Mix) -> None:
    size = 64 * mix.width
    assert replace(mix, column=mix.column[size:], output=mix.output[size:]).refused()


def test_another_statement(mix: Mix, vector: Any) -> None:
    context = mix.context
    for other in (
        context._replace(election=bytes(32)),
        context._replace(contest="north"),
        context._replace(trustee=context.trustee + 1),
    ):
        with pytest.raises(ProofError):
            replace(mix, context=other).verify()
    other_key = bytes.fromhex(vector["openings"][0]["public_share"])
    with pytest.raises(ProofError):
        replace(mix, key=other_key).verify()
    with pytest.raises(ProofError):
        replace(mix, column=mix.output, output=mix.column).verify()


def test_openings(mix: Mix, vector: Any) -> None:
    elements = first_elements(mix.output)
    openings = {}
    for opening in vector["openings"]:
        context = mix.context._replace(trustee=opening["index"])
        public, shares, proof = (
            bytes.fromhex(opening[name]) for name in ("public_share", "shares", "proof")
        )
        threshold.verify_opening(context, public, elements, shares, proof)
        openings[opening["index"]] = shares
    blocks = threshold.recover(mix.output, openings, len(openings))
    rows = [blocks[i : i + mix.width] for i in range(0, len(blocks), mix.width)]
    vectors = [selection.from_elements(row, vector["vmax"], vector["projects"]) for row in rows]
    assert [list(numbers) for numbers in vectors] == vector["opened"]


def test_own_opening_is_the_same(mix: Mix, vector: Any, vectors: Vectors) -> None:
    trustees = {trustee["index"]: trustee for trustee in vectors.json("ceremony.json")["trustees"]}
    elements = first_elements(mix.output)
    for opening in vector["openings"]:
        context = mix.context._replace(trustee=opening["index"])
        secret = bytes.fromhex(trustees[opening["index"]]["share"])
        shares, proof = threshold.open_shares(context, secret, elements, seeded(2))
        assert shares.hex() == opening["shares"]
        public = bytes.fromhex(opening["public_share"])
        threshold.verify_opening(context, public, elements, shares, proof)
