"""A trustee's process is killed between any two steps: it goes on and never decides differently.

A child goes the whole way of one trustee and is killed at its k-th write to the disk (or just
before a statement of SQLite); called again, it goes on. Whatever it gave out before, it gives out
again, bit by bit. Every k in `make soak`, some in `make test`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from trustee_builder import start

TESTS = Path(__file__).resolve().parents[1]

CHILD = '''
import os, signal, sqlite3, sys
from pathlib import Path
from trustee_builder import COMMISSION, PASSPHRASE, Circle, closing_note, column
from pbvote.core.closing import open_closing
from pbvote.core.election import open_election
from pbvote_tally.custody import Trustee

left = int(sys.argv[2])

def step(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def counted(function):
    def call(*arguments):
        step()
        return function(*arguments)
    return call

def watch(event, arguments):
    if event == "os.rename":
        step()

def connect(*arguments, really=sqlite3.connect, **options):
    db = really(*arguments, **options)
    db.set_trace_callback(step)
    return db

sqlite3.connect = connect
for name in ("pwrite", "fsync", "fdatasync"):
    setattr(os, name, counted(getattr(os, name)))
sys.addaudithook(watch)

path = Path(sys.argv[1])
circle = Circle(path, ["anna"])
given = path / "given"

def give(name, data):
    """What has left the trustee's machine can't change any more."""
    file = given / name
    if file.exists():
        assert file.read_bytes() == data, name
    else:
        file.write_bytes(data)
    return data

give("enrolled", circle.enrol("anna"))
give("dealt", circle.deal("anna"))
give("accepted", circle.accept("anna"))
if not (given / "manifest").exists():
    (given / "manifest.new").write_bytes(circle.manifest())
    (given / "manifest.new").rename(given / "manifest")
note = give("signed", circle.sign_manifest("anna", (given / "manifest").read_bytes()))
election = open_election(note, (), COMMISSION.verify_key)
with Trustee(circle.folder("anna"), PASSPHRASE) as anna:
    note = give("closing", anna.sign_closing(closing_note(election), election))
    closing = open_closing(note, election)
    mix = anna.mix(election, closing, "city", column(election, "city", 2))
    for name, data in zip(mix._fields, mix):
        give(name, data)
    for contest in ("city", ""):
        opening = (
            anna.open(election, closing, contest, mix.output)
            if contest
            else anna.open_lot(election, closing)
        )
        for name, data in zip(opening._fields, opening):
            give(f"{contest}-{name}", data)
print(1_000_000 - left)
'''


def run(path: Path, killed_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(path), str(killed_at)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )


def prepare(path: Path) -> Path:
    start(path, ["anna"], 1)
    (path / "given").mkdir()
    return path


def count_steps(path: Path) -> int:
    """How many moments there are to be killed at."""
    whole = run(prepare(path), 1_000_000)
    assert whole.returncode == 0, whole.stderr
    return int(whole.stdout)


def test_killed_between_any_two_steps(tmp_path: Path, soak: bool, rng: random.Random) -> None:
    steps = count_steps(tmp_path / "whole")
    assert steps > 50
    moments = range(1, steps + 1)
    for moment in moments if soak else rng.sample(moments, 10):
        path = prepare(tmp_path / str(moment))
        killed = run(path, moment)
        assert killed.returncode == -signal.SIGKILL, (moment, killed.stderr)
        after = run(path, 1_000_000)
        assert after.returncode == 0, (moment, after.stderr)


def test_killed_again_and_again(tmp_path: Path) -> None:
    """Each run gets a few steps further than the one before."""
    path = prepare(tmp_path / "town")
    for run_number in range(1, 100):
        child = run(path, 12 * run_number)
        if child.returncode != -signal.SIGKILL:
            break
    assert child.returncode == 0, child.stderr
