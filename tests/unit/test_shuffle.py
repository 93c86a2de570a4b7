"""The mix: what its proof accepts and what it must not."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from pbvote.core import group, shuffle
from pbvote.core.errors import EncodingError, InputError, ProofError
from pbvote.core.sealing import (
    Context,
    check_column,
    column_rows,
    reencrypt,
    seal,
    unseal_with_randomness,
)
from pbvote.core.spread import CHUNK, spread
from support import seeded

SECRET = group.random_scalar(seeded(1))
KEY = group.multiply_base(SECRET)
CONTEXT = Context(bytes(range(32)), "city", 2)
WIDTH = 2
COUNT = 3
SECTIONS = (COUNT, COUNT, COUNT, 3, 2 * WIDTH, 3, WIDTH, COUNT, COUNT)


def element(number: int) -> bytes:
    return group.hash_to_element("pbvote/test", group.scalar(number))


def column_of(count: int, width: int) -> bytes:
    random = seeded(2)
    return b"".join(
        seal([element(i)], KEY, [group.random_scalar(random)]) for i in range(count * width)
    )


def unseal(column: bytes) -> list[bytes]:
    parts = group.rows(column)
    return [
        group.subtract(c2, group.multiply(SECRET, c1))
        for c1, c2 in zip(parts[0::2], parts[1::2], strict=True)
    ]


COLUMN = column_of(COUNT, WIDTH)
OUTPUT, PROOF = shuffle.shuffle(CONTEXT, KEY, COLUMN, WIDTH, seeded(3))


def verify(column: bytes = COLUMN, output: bytes = OUTPUT, proof: bytes = PROOF) -> None:
    shuffle.verify(CONTEXT, KEY, column, output, proof, WIDTH)


def with_part(data: bytes, index: int, part: bytes) -> bytes:
    return data[: 32 * index] + part + data[32 * index + 32 :]


def test_a_mix_keeps_the_rows_and_hides_them() -> None:
    verify()
    before, after = (
        sorted(tuple(unseal(row)) for row in column_rows(c, WIDTH)) for c in (COLUMN, OUTPUT)
    )
    assert before == after
    assert not set(group.rows(COLUMN)) & set(group.rows(OUTPUT))


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("width", [1, 3])
def test_sizes(count: int, width: int) -> None:
    column = column_of(count, width)
    output, proof = shuffle.shuffle(CONTEXT, KEY, column, width)
    shuffle.verify(CONTEXT, KEY, column, output, proof, width)
    assert len(proof) == 32 * (5 * count + 6 + 3 * width)


@pytest.mark.parametrize("index", range(sum(SECTIONS[:5])))
def test_each_element_of_the_proof(index: int) -> None:
    old = PROOF[32 * index : 32 * index + 32]
    for other in (group.add(old, group.GENERATOR), group.IDENTITY):
        with pytest.raises(ProofError):
            verify(proof=with_part(PROOF, index, other))
    for bad in (b"\xff" * 32, bytes([old[0] | 1]) + old[1:]):
        with pytest.raises(EncodingError):
            verify(proof=with_part(PROOF, index, bad))


@pytest.mark.parametrize("index", range(sum(SECTIONS[:5]), sum(SECTIONS)))
def test_each_scalar_of_the_proof(index: int) -> None:
    old = PROOF[32 * index : 32 * index + 32]
    for other in (group.scalar_add(old, group.ONE), group.ZERO):
        with pytest.raises(ProofError):
            verify(proof=with_part(PROOF, index, other))
    same = (int.from_bytes(old, "little") + group.ORDER).to_bytes(32, "little")
    with pytest.raises(EncodingError, match="order"):
        verify(proof=with_part(PROOF, index, same))


@pytest.mark.parametrize(("section", "equation"), [(5, "s1"), (6, "s4"), (7, "ŝ"), (8, "s3")])
def test_the_equation_is_named(section: int, equation: str) -> None:
    index = sum(SECTIONS[:section])
    changed = group.scalar_add(PROOF[32 * index : 32 * index + 32], group.ONE)
    with pytest.raises(ProofError, match=equation):
        verify(proof=with_part(PROOF, index, changed))


@pytest.mark.parametrize("index", range(2 * COUNT * WIDTH))
def test_each_element_of_the_columns(index: int) -> None:
    for column, output in ((True, False), (False, True)):
        data = COLUMN if column else OUTPUT
        for other in (element(99), group.IDENTITY):
            changed = with_part(data, index, other)
            with pytest.raises(ProofError):
                verify(changed if column else COLUMN, changed if output else OUTPUT)
        changed = with_part(data, index, b"\xff" * 32)
        with pytest.raises(EncodingError, match=f"row {index // (2 * WIDTH) + 1}"):
            verify(changed if column else COLUMN, changed if output else OUTPUT)


@pytest.mark.parametrize("cut", [1, 32, 64, 128, len(PROOF)])
def test_truncated_or_lengthened(cut: int) -> None:
    for proof in (PROOF[:-cut], PROOF + bytes(cut), PROOF[cut:]):
        with pytest.raises(EncodingError):
            verify(proof=proof)
    for output in (OUTPUT[:-cut], OUTPUT + bytes(cut)):
        with pytest.raises(EncodingError):
            verify(output=output)
        with pytest.raises((EncodingError, InputError)):
            verify(column=output)


def test_blocks_swapped_within_a_row_or_between_rows() -> None:
    parts = [OUTPUT[i : i + 64] for i in range(0, len(OUTPUT), 64)]
    for i, j in ((0, 1), (0, 2), (1, 3)):
        changed = list(parts)
        changed[i], changed[j] = changed[j], changed[i]
        with pytest.raises(ProofError):
            verify(output=b"".join(changed))


def test_another_width() -> None:
    with pytest.raises(EncodingError):
        shuffle.verify(CONTEXT, KEY, COLUMN, OUTPUT, PROOF, 1)


def test_an_empty_column_is_refused() -> None:
    with pytest.raises(InputError):
        shuffle.shuffle(CONTEXT, KEY, b"", 1)
    with pytest.raises(InputError):
        verify(b"", b"", b"")


def test_a_key_that_is_no_element() -> None:
    with pytest.raises(EncodingError):
        shuffle.shuffle(CONTEXT, b"\xff" * 32, COLUMN, WIDTH)


def cheat(psi: list[int], output: bytes, r_tilde: list[bytes]) -> bytes:
    """A proof by a prover who follows all steps but the statement."""
    args = (CONTEXT, KEY, COLUMN, output, WIDTH, psi, r_tilde, seeded(5), None)
    return shuffle._prove(*args).encode()


def test_a_cheating_prover() -> None:
    random = seeded(4)
    r_tilde = [group.random_scalar(random) for _ in range(COUNT * WIDTH)]
    rows = column_rows(reencrypt(COLUMN, KEY, r_tilde), WIDTH)
    verify(output=b"".join(rows), proof=cheat([0, 1, 2], b"".join(rows), r_tilde))

    stuffed = seal([element(7), element(8)], KEY, r_tilde[:2]) + b"".join(rows[1:])
    with pytest.raises(ProofError):
        verify(output=stuffed, proof=cheat([0, 1, 2], stuffed, r_tilde))

    doubled = rows[0] + rows[0] + rows[2]
    for psi in ([0, 0, 2], [0, 1, 2]):
        with pytest.raises(ProofError):
            verify(output=doubled, proof=cheat(psi, doubled, r_tilde))

    with pytest.raises(ProofError):
        verify(output=b"".join(rows), proof=cheat([1, 0, 2], b"".join(rows), r_tilde))


def test_a_voters_identity_does_not_stop_the_mix() -> None:
    """c2 = 0 can come from a voter: its proof covers c1 alone (section 6)."""
    for index in (1, 4):
        column = with_part(COLUMN, index, group.IDENTITY)
        output, proof = shuffle.shuffle(CONTEXT, KEY, column, WIDTH)
        verify(column, output, proof)
        assert sorted(unseal(output)) == sorted(unseal(column))


def test_executors_give_the_same_bytes() -> None:
    column = column_of(CHUNK + 20, 1)
    output, proof = shuffle.shuffle(CONTEXT, KEY, column, 1, seeded(6))
    spawn = multiprocessing.get_context("spawn")
    threads: Executor = ThreadPoolExecutor(2)
    processes: Executor = ProcessPoolExecutor(2, mp_context=spawn)
    for executor in (threads, processes):
        with executor:
            mixed = shuffle.shuffle(CONTEXT, KEY, column, 1, seeded(6), executor)
            assert mixed == (output, proof)
            shuffle.verify(CONTEXT, KEY, column, output, proof, 1, executor)
            bad = with_part(column, 2 * CHUNK + 6, b"\xff" * 32)
            with pytest.raises(EncodingError, match=f"row {CHUNK + 4} "):
                shuffle.verify(CONTEXT, KEY, bad, output, proof, 1, executor)
            s_hat_last = len(proof) // 32 - CHUNK - 21
            with pytest.raises(ProofError, match="ŝ"):
                changed = with_part(proof, s_hat_last, group.ONE)
                shuffle.verify(CONTEXT, KEY, column, output, changed, 1, executor)


def test_an_error_comes_back_from_a_worker() -> None:
    with ThreadPoolExecutor(2) as executor, pytest.raises(EncodingError, match="order"):
        spread(executor, group.check_scalar, b"\xff" * 32)
    assert spread(None, sum, [1, 2, 3]) == [6]


def test_generators_are_hashed_one_by_one() -> None:
    h, hs = shuffle.generators(3)
    assert len({h, *hs}) == 4
    assert shuffle.generators(1) == (h, hs[:1])


def test_permutations_are_uniform() -> None:
    random = seeded(7)
    seen = Counter(tuple(shuffle._permutation(3, random)) for _ in range(6000))
    assert len(seen) == 6
    assert all(850 < times < 1150 for times in seen.values())


def test_numbers_beyond_the_last_multiple_are_drawn_again() -> None:
    answers = iter([b"\xff" * 8, (5).to_bytes(8, "big")])
    assert shuffle._below(3, lambda size: next(answers)) == 2
    assert shuffle._below(1, lambda size: bytes(size)) == 0


def test_sealing_and_unsealing() -> None:
    r = [group.random_scalar(seeded(8)), group.ZERO]
    sealed = seal([element(1), element(2)], KEY, r)
    assert unseal(sealed) == [element(1), element(2)]
    assert unseal_with_randomness(sealed, KEY, r) == [element(1), element(2)]
    assert unseal(reencrypt(sealed, KEY, r)) == [element(1), element(2)]
    assert check_column(sealed, 1) == 2
    assert check_column(sealed, 2) == 1
    assert check_column(b"", 2) == 0
    with pytest.raises(EncodingError, match=r"input\.bin: 128 bytes"):
        check_column(sealed, 3, "input.bin")


def test_many_rows(soak: bool) -> None:
    count = 3000 if soak else 50
    column = column_of(count, 1)
    output, proof = shuffle.shuffle(CONTEXT, KEY, column, 1)
    shuffle.verify(CONTEXT, KEY, column, output, proof, 1)
    assert sorted(unseal(output)) == sorted(unseal(column))
