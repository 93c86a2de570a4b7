"""A box beside the library calls that it can't do without, and beside its disk.

Ratios are taken within one run, of the best of interleaved rounds: machines differ and are shared.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

import msgspec
import nacl.bindings
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from box_builder import START, Clock, build_town, make_cast
from election_builder import BuiltElection
from pbvote.box import Box
from pbvote.box.intake import check, read_cast
from pbvote.core import group
from pbvote.core.admission import SignedCertificates
from pbvote.core.ballot import Cast
from pbvote.core.card import signed_bytes
from pbvote.sodium import rbcl

VOTERS = 32
BATCH = 100
ROUNDS = 15


class Given(NamedTuple):
    """A ballot with all that only needs to be handed to a library."""

    data: bytes
    certificate: bytes
    scalars: list[bytes]
    bases: list[bytes]
    c2s: list[bytes]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """On the disk that the project lies on: the system's temporary folder may be memory."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def built(folder: Path) -> BuiltElection:
    return build_town(folder)


@pytest.fixture(scope="module")
def ballots(built: BuiltElection) -> list[bytes]:
    """Ballots of one block, of people in the second district."""
    return [make_cast(built, number, "web") for number in range(1, 1000, 2)]


def best_of(rounds: int, *works: Callable[[], None]) -> list[float]:
    """The shortest time of each, in turns."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for number, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[number] = min(best[number], time.perf_counter() - start)
    return best


def report(benchmark: BenchmarkFixture, **values: float) -> None:
    benchmark.extra_info.update(values)
    print("\n  " + ", ".join(f"{name} {value:,.2f}" for name, value in values.items()))


def give(data: bytes) -> Given:
    cast = msgspec.json.decode(data, type=Cast)
    (sealed,) = cast.ballot.sealed
    certificate = cast.ballot.certificate
    return Given(
        data=data,
        certificate=certificate.signature + signed_bytes(certificate),
        scalars=group.rows(cast.proof.response),
        bases=[certificate.key, sealed.ciphertext[:32]],
        c2s=[sealed.ciphertext[32:]],
    )


_decoder = msgspec.json.Decoder(Cast)
_encoder = msgspec.json.Encoder(order="sorted")


def bare_calls(given: Given, registrar: bytes) -> None:
    """The calls of a check, without asking anything of their answers."""
    cast = _decoder.decode(given.data)
    _encoder.encode(cast)
    encoded = _encoder.encode(cast.ballot)
    hashlib.sha256(encoded).digest()
    nacl.bindings.crypto_sign_open(given.certificate, registrar)
    e = rbcl.crypto_core_ristretto255_scalar_reduce(hashlib.sha512(encoded).digest())
    for c2 in given.c2s:
        rbcl.crypto_core_ristretto255_is_valid_point(c2)
    for z, base in zip(given.scalars, given.bases, strict=True):
        product = rbcl.crypto_scalarmult_ristretto255(e, base)
        rbcl.crypto_core_ristretto255_sub(rbcl.crypto_scalarmult_ristretto255_base(z), product)


def test_check_one_ballot(
    benchmark: BenchmarkFixture, built: BuiltElection, ballots: list[bytes]
) -> None:
    """Aim: ≥ 85 % of the speed of the bare library calls."""
    election, register = built.election, SignedCertificates(built.election)
    box, registrar = election.box("web"), election.registrar_keys["mairie"].public
    part = ballots[:BATCH]
    givens = [give(data) for data in part]

    def bare() -> None:
        for given in givens:
            bare_calls(given, registrar)

    def ours() -> None:
        for data in part:
            check(read_cast(data, "web"), election, box, register)

    bare_time, our_time = best_of(ROUNDS, bare, ours)
    report(
        benchmark,
        bare_us=bare_time / BATCH * 1e6,
        check_us=our_time / BATCH * 1e6,
        ratio=bare_time / our_time,
    )
    benchmark(ours)


def all_at_once(work: Callable[[bytes], object], ballots: list[bytes]) -> float:
    """Ballots a second, from voters who each send the next when the last was answered."""
    waiting, lock = iter(ballots), Lock()

    def voter() -> None:
        while True:
            with lock:
                data = next(waiting, None)
            if data is None:
                return
            work(data)

    threads = [Thread(target=voter) for _ in range(VOTERS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(ballots) / (time.perf_counter() - start)


def syncs_a_second(folder: Path) -> float:
    with (folder / "sync").open("wb", buffering=0) as file:
        start = time.perf_counter()
        for _ in range(200):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        return 200 / (time.perf_counter() - start)


def test_append_with_durable_receipts(
    benchmark: BenchmarkFixture, built: BuiltElection, ballots: list[bytes], folder: Path
) -> None:
    """32 voters at once. Aim: ≥ 80 % of the box's checking speed, on a disk with ≥ 200 syncs/s."""
    election, register = built.election, SignedCertificates(built.election)
    record = election.box("web")
    checking: list[float] = []
    casting: list[float] = []
    commits: list[int] = []
    with Box.in_folder(folder / "boxes" / "web", election, "web", now=Clock(START)) as box:
        box.open_poll()

        def check_part(part: list[bytes]) -> None:
            start = time.perf_counter()
            for data in part:
                check(read_cast(data, "web"), election, record, register)
            checking.append(len(part) / (time.perf_counter() - start))

        def cast_part(part: list[bytes]) -> None:
            before = box.status().size, box._log.commits
            casting.append(all_at_once(box.cast, part))
            assert box.status().size == before[0] + len(part)
            commits.append(box._log.commits - before[1])

        parts = [ballots[n : n + BATCH] for n in range(0, len(ballots), BATCH)]
        for part in parts:
            check_part(part)
            cast_part(part)
        benchmark(all_at_once, box.cast, ballots)  # all sent once more: the same receipts
    report(
        benchmark,
        syncs=syncs_a_second(folder),
        checked=max(checking),
        cast=max(casting),
        ratio=max(casting) / max(checking),
        ballots_a_commit=len(ballots) / sum(commits),
    )
