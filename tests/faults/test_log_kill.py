"""A log's process is killed, its disk fills up, its files are cut: what was acknowledged stays."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pbvote.core.errors import StorageError
from pbvote.core.merkle import root_of
from pbvote.core.note import Signer, open_checkpoint
from pbvote.store.log import SignedLog, open_log

SIGNER = Signer("town/a", bytes(32))

CHILD = """
import os, sys, threading
from pathlib import Path
from pbvote.core.note import Signer
from pbvote.store.log import open_log

log = open_log(Path(sys.argv[1]), Signer("town/a", bytes(32)))
os.write(1, b"ready\\n")

def voter(name):
    for n in range(100_000):
        entry = b"%s/%d/%d" % (sys.argv[2].encode(), name, n) + b"x" * 900
        index = log.append(entry, lambda i: {entry[:40]: b"%d" % i})
        os.write(1, b"%d %s\\n" % (index, entry[:40]))

for name in range(4):
    threading.Thread(target=voter, args=(name,), daemon=True).start()
threading.Event().wait()
"""

FULL = """
import os, resource, signal, sys
from pathlib import Path
from pbvote.core.errors import StorageError
from pbvote.core.note import Signer
from pbvote.store.log import open_log

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
log = open_log(path, Signer("town/a", bytes(32)))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
failures = 0
for n in range(2000):
    entry = b"%d " % n + b"x" * 900
    try:
        index = log.append(entry, lambda i: {b"r%d" % i: b"receipt"})
    except StorageError as error:
        assert "full" in str(error), error
        failures += 1
        if failures == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        if failures > 3:
            raise
    else:
        os.write(1, b"%d %s\\n" % (index, entry[:5]))
        if failures and n > 500:
            break
assert failures == 3, failures
log.close()
"""


def verify(log: SignedLog) -> list[bytes]:
    entries = list(log.entries())
    checkpoint = open_checkpoint(log.checkpoint, SIGNER.verify_key)
    assert (checkpoint.size, checkpoint.root) == (len(entries), root_of(entries))
    assert len(set(entries)) == len(entries), "nothing is there twice"
    return entries


def spawn(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE
    )


def killed_round(path: Path, name: int, seconds: float) -> list[tuple[int, bytes]]:
    """What was acknowledged before the kill. A last line that was cut wasn't."""
    with spawn(CHILD, path, name) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        os.set_blocking(child.stdout.fileno(), False)
        end, output = time.monotonic() + seconds, b""
        while time.monotonic() < end:
            output += child.stdout.read() or b""
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.wait()
        output += child.stdout.read() or b""
    lines = output.split(b"\n")[:-1]
    return [(int(line.split(b" ", 1)[0]), line.split(b" ", 1)[1]) for line in lines]


def check_acknowledged(path: Path, acknowledged: Sequence[tuple[int, bytes]]) -> None:
    log = open_log(path, SIGNER)
    entries = verify(log)
    for index, head in acknowledged:
        assert entries[index].startswith(head)
        assert log.get(head) == b"%d" % index
    log.close()


def test_killed_at_any_moment(tmp_path: Path, soak: bool) -> None:
    seed = random.randrange(2**32)
    moments = random.Random(seed)
    acknowledged: list[tuple[int, bytes]] = []
    for name in range(100 if soak else 5):
        acknowledged += killed_round(tmp_path / "a.db", name, moments.uniform(0.0, 0.3))
        check_acknowledged(tmp_path / "a.db", acknowledged)
        if len(acknowledged) > 20_000:  # a fresh log keeps the rounds short
            shutil.rmtree(tmp_path)
            tmp_path.mkdir()
            acknowledged = []
    assert acknowledged, f"no entry in any round, seed {seed}"


@pytest.mark.parametrize("limit", [100_000, 300_000, 1_000_000])
def test_a_full_disk(tmp_path: Path, limit: int) -> None:
    with spawn(FULL, tmp_path / "a.db", limit) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        assert child.wait() == 0
    log = open_log(tmp_path / "a.db", SIGNER)
    entries = verify(log)
    lines = [line.split(b" ", 1) for line in output.split(b"\n")[:-1]]
    assert len(lines) == len(entries), "what was refused isn't in the log"
    assert all(entries[int(index)].startswith(head) for index, head in lines)
    log.close()


def crashed(tmp_path: Path, entries: int) -> Path:
    """A log as a power cut leaves it: everything since opening is in the -wal file alone."""
    path = tmp_path / "a.db"
    log = open_log(path, SIGNER)
    for n in range(entries):
        log.append(b"%d" % n + b"x" * 500)
    folder = tmp_path / "cut"
    folder.mkdir()
    for name in ("a.db", "a.db-wal", "a.db.mark"):
        shutil.copy(tmp_path / name, folder)
    log.close()
    return folder / "a.db"


def test_a_torn_tail_after_the_last_receipt_is_recovered(tmp_path: Path) -> None:
    path = crashed(tmp_path, 20)
    with path.with_name("a.db-wal").open("ab") as wal:
        wal.write(random.randbytes(3000))
    log = open_log(path, SIGNER)
    assert len(verify(log)) == 20
    assert log.append(b"next") == 20
    log.close()


@pytest.mark.parametrize("lost", [1, 5000, 20_000])
def test_a_tail_cut_into_acknowledged_entries_is_refused(tmp_path: Path, lost: int) -> None:
    path = crashed(tmp_path, 20)
    wal = path.with_name("a.db-wal")
    os.truncate(wal, wal.stat().st_size - lost)
    with pytest.raises(StorageError, match=r"acknowledged entries are missing.*restore the second"):
        open_log(path, SIGNER)


def test_a_missing_wal_is_refused(tmp_path: Path) -> None:
    path = crashed(tmp_path, 20)
    path.with_name("a.db-wal").unlink()
    with pytest.raises(StorageError, match=r"acknowledged entries are missing|not a log"):
        open_log(path, SIGNER)
