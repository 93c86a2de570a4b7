"""atheris on the reader of `.pb` files: a moment in `make test`, ten minutes in `make soak`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TARGET = Path(__file__).parent / "pabulib_target.py"
HEAD = "META\nkey;value\nbudget;40.5\nvote_type;{}\nPROJECTS\nproject_id;cost\na;10\nbb;20\n"
SEEDS = (
    HEAD.format("approval") + "VOTES\nvoter_id;vote\n1;a,bb\n2;\n3;bb\n",
    HEAD.format("choose-1").replace("\n", "\r\n") + "VOTES\nvote;voter_id\na;1\n",
    "\ufeff" + HEAD.format("ordinal") + 'VOTES\nvoter_id;vote\n"1";"bb,a"\n2;a, bb\n',
    HEAD.format("cumulative") + "VOTES\nvoter_id;vote;points;age\n1;a,bb;2,1;\n2;a,a;1,3;9\n",
    HEAD.format("scoring") + "VOTES\nvoter_id;vote;points\n1;bb;500\n2;a;0\n",
)


def test_atheris_finds_no_other_error_than_ours(
    tmp_path: Path, soak: bool, request: pytest.FixtureRequest
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, text in enumerate(SEEDS):
        (corpus / f"{number}.pb").write_bytes(text.encode())
    options = [
        "-max_total_time=600" if soak else "-runs=3000",
        f"-seed={request.config.getoption('--seed')}",
        f"-artifact_prefix={tmp_path}/",
        "-max_len=2000",
        "-verbosity=0",
    ]
    command = [sys.executable, str(TARGET), *options, str(corpus)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    crashes = {path.name: path.read_bytes() for path in tmp_path.glob("crash-*")}
    assert not crashes, done.stderr[-4000:]
    assert done.returncode == 0, done.stderr[-4000:]
