"""What importing us costs on top of the libraries that we import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

LIBRARIES = (
    "concurrent.futures, cryptography.hazmat.primitives.hpke, "
    "cryptography.hazmat.primitives.kdf.hkdf, hashlib, msgspec, nacl.bindings, nacl.pwhash, "
    "nacl.secret, numpy, rbcl, sqlite3, sqlite_utils, openpyxl, tempfile, zipfile"
)
OURS = {
    "box": "pbvote.box",
    "registry": "pbvote.registry",
    "tally": "pbvote_tally.tally",
    "all": "pbvote.box, pbvote.registry, pbvote.trustee, pbvote.draft, pbvote_tally.tally",
}
CODE = """
import {libraries}
from time import perf_counter
start = perf_counter()
import {ours}
print(1000 * (perf_counter() - start))
"""


@pytest.mark.parametrize("what", OURS)
def test_our_own_imports(benchmark: BenchmarkFixture, what: str, tmp_path: Path) -> None:
    """With the byte code of all modules on disk, as after the first start."""
    code = CODE.format(libraries=LIBRARIES, ours=OURS[what])
    env = os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    times: list[float] = []

    def measure() -> None:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
        times.append(float(done.stdout))

    benchmark.pedantic(measure, rounds=7, warmup_rounds=1)  # type: ignore[no-untyped-call]  # no types
    print(f"\n  {what}: {min(times):.1f} ms of our own, at best of {len(times)}")
