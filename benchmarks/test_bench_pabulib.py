"""Reading Pabulib files: from the path to a profile that a rule can count; pabutools beside it.

`.venv/bin/pytest benchmarks/test_bench_pabulib.py --benchmark-only -s`
"""

from __future__ import annotations

import csv
import io
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "pabulib"
LARGE = ("Poland_Wroclaw_2015_150_-_500", "Poland_Katowice_2023")
SIZE = 50_000_000  # bytes
PEER = (*LARGE, "Poland_Warszawa_2019_Ursynow_Poludniowy", "Poland_Krakow_2024_Czyzyny")
ALONE = """
import sys, resource
from pathlib import Path
from time import process_time
from pbvote.pabulib import read
from pbvote_tally.count import pb_profile
begin = process_time()
profile = pb_profile(read(Path(sys.argv[1])))
print(process_time() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
"""


def measure(path: Path, name: str, benchmark: BenchmarkFixture) -> None:
    """Each reading in a process of its own, processor time: other work counts less."""
    times: list[tuple[float, float]] = []

    def once() -> None:
        command = [sys.executable, "-c", ALONE, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, memory = map(float, done.stdout.split())
        times.append((seconds, memory))

    benchmark.pedantic(once, rounds=3)  # type: ignore[no-untyped-call]  # no types
    seconds, memory = min(times)
    size = path.stat().st_size / 1e6
    print(f"\n  {name}: {size:.0f} MB, {size / seconds:.0f} MB/s, peak {memory:.0f} MB")
    print(f"  csv alone, same run: {csv_speed(path):.0f} MB/s")


def csv_speed(path: Path) -> float:
    """What Python's csv module takes to cut the same text into cells, in MB/s."""
    text = path.read_bytes()[:10_000_000].decode("utf-8", "ignore")
    begin = process_time()
    for _ in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
        pass
    return len(text) / 1e6 / (process_time() - begin)


@pytest.mark.parametrize("name", LARGE)
def test_a_real_file_many_times_over(
    benchmark: BenchmarkFixture, name: str, tmp_path: Path
) -> None:
    head, votes = (DATA / f"{name}.pb").read_bytes().split(b"VOTES", 1)
    end = votes.index(b"\n", votes.index(b"\n") + 1) + 1
    kept = b"".join(line for line in head.splitlines(True) if not line.startswith(b"num_votes"))
    lines = votes[end:]
    path = tmp_path / f"{name}.pb"
    path.write_bytes(kept + b"VOTES" + votes[:end] + lines * (SIZE // len(lines) + 1))
    measure(path, name, benchmark)


def test_a_million_votes_on_200_projects(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """8.7 approvals a voter, as in Warszawa, nearly all different."""
    rng = random.Random(1)
    path = tmp_path / "million.pb"
    weights = [rng.random() ** 2 for _ in range(200)]
    with path.open("w") as out:
        out.write("META\nbudget;100000\nvote_type;approval\nPROJECTS\nproject_id;cost\n")
        out.writelines(f"{i};{1000 + i}\n" for i in range(200))
        out.write("VOTES\nvoter_id;vote\n")
        for voter in range(1_000_000):
            drawn = rng.choices(range(200), weights, k=rng.randint(1, 17))
            out.write(f"{voter};{','.join(map(str, dict.fromkeys(drawn)))}\n")
    measure(path, "1,000,000 × 200", benchmark)


@pytest.mark.parametrize("name", PEER)
def test_beside_pabutools(benchmark: BenchmarkFixture, name: str) -> None:
    """The published file as it is, both in this process, one after the other."""
    from pabutools.election import parse_pabulib

    from pbvote.pabulib import read
    from pbvote_tally.count import pb_profile

    path = DATA / f"{name}.pb"

    def ours() -> None:
        pb_profile(read(path))

    def peer() -> None:
        parse_pabulib(str(path))

    fast = min(_time(ours) for _ in range(5))
    slow = _time(peer)
    benchmark.pedantic(ours, rounds=3)  # type: ignore[no-untyped-call]  # no types
    print(f"\n  {name}: {fast * 1000:.1f} ms, pabutools {slow:.2f} s: {slow / fast:.0f} times")


def _time(work: Callable[[], None]) -> float:
    begin = process_time()
    work()
    return process_time() - begin
