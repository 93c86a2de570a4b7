"""Letters with cards: how long 10,000 take from the roll to the file, and what a QR code costs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import qrcode
from pytest_benchmark.fixture import BenchmarkFixture

from election_builder import build_election
from pbvote.core.encoding import to_base32
from pbvote.core.note import VerifyKey
from pbvote.paper.sheet import code_image
from pbvote.registry import ROLL, Registry, Roll
from pbvote.registry.rollfile import Person
from poll_folder import sign

PEOPLE = 10_000
SECONDS = 120
MEGABYTES = 100
COMMAND = [sys.executable, "-c", "from pbvote.cli.main import main; main()", "cards", "letters"]


def make_town(folder: Path) -> Path:
    registry = folder / "registries" / "mairie"
    key = VerifyKey.parse(Registry.create(registry, "demo", "mairie"))
    people = (
        Person(id=f"{i:05}", name=f"Łukasz Şahin-Đặng {i}", address=f"Rue {i}, 6880 Bertrix")
        for i in range(PEOPLE)
    )
    with Roll.create(registry / ROLL, people) as roll:
        public = roll.public_roll()
    built = build_election(
        registrars=("mairie",), registrar_keys={"mairie": key}, roll=public, districts=()
    )
    sign(folder, built)
    return folder


def test_ten_thousand_letters(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Cards made, logged, read back, checked and printed, in one process; aim: 2 minutes."""
    town, out = make_town(tmp_path / "town"), tmp_path / "letters.pdf"

    def print_all() -> float:
        start = time.perf_counter()
        subprocess.run([*COMMAND, town, "--out", out], check=True, capture_output=True)
        return time.perf_counter() - start

    seconds = benchmark.pedantic(print_all, rounds=1)  # type: ignore[no-untyped-call]  # no types
    size = out.stat().st_size / 1e6
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"\n  {PEOPLE} letters: {seconds:.0f} s, {size:.1f} MB, {memory:.0f} MB of memory at most"
    )
    assert seconds < SECONDS
    assert size < MEGABYTES


def with_qrcode(mask: int | None) -> Callable[[str], object]:
    def draw(text: str) -> object:
        code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0, mask_pattern=mask)
        code.add_data(text)
        code.make(fit=True)
        return code.get_matrix()

    return draw


@pytest.mark.parametrize(
    "draw",
    [code_image, with_qrcode(None), with_qrcode(3)],
    ids=["zxing-cpp", "qrcode", "qrcode-fixed-mask"],
)
def test_a_qr_code(benchmark: BenchmarkFixture, draw: Callable[[str], object]) -> None:
    """Of a card with the address of a voting page."""
    text = f"HTTPS://VOTE.BERTRIX.BE/2026#PBVOTE1/C/{to_base32(os.urandom(103))}"
    benchmark(draw, text)
