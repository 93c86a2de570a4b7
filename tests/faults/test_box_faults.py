"""A box that is killed, runs out of disk, loses a torn tail, or is put back: no receipt is lost."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import box_child
from box_builder import Clock, build_town, entries, make_cast, make_prepared
from box_child import NAME
from election_builder import BuiltElection
from pbvote.box import KEY, LOG, Box
from pbvote.core.encoding import encode
from pbvote.core.errors import StorageError
from pbvote.core.merkle import root_of
from pbvote.core.receipt import check_receipt, read_receipt_text, receipt_text
from pbvote.keyfile import load_signer
from pbvote.store.log import SignedLog
from pbvote.store.mark import mark_path
from pbvote.store.sqlite import SqliteStore

BALLOTS, CHALLENGES = 360, 40


class Town:
    """A box in a folder, the ballots that its voters send, and the receipts they got."""

    def __init__(self, folder: Path, built: BuiltElection) -> None:
        self.folder, self.built = folder, built
        self.ballots = (folder / "ballots").read_bytes().splitlines()
        self.home = folder / "boxes" / NAME
        self.copy = folder / "stick.db"
        self.receipts: dict[int, str] = {}

    def begin_again(self) -> None:
        """With an empty box."""
        shutil.rmtree(self.home)
        shutil.copytree(self.folder / "new", self.home)
        for path in self.folder.glob("stick.db*"):
            path.unlink()
        self.receipts.clear()

    def start(self, mode: str, seed: int, *, copied: bool = False) -> subprocess.Popen[bytes]:
        """The box in its own process, ready for ballots."""
        arguments = [mode, str(self.folder), str(seed), *([str(self.copy)] if copied else [])]
        process = subprocess.Popen(
            [sys.executable, box_child.__file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pipesize=2**20,
            bufsize=0,  # readline must leave to communicate what comes after its line
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    def note(self, output: bytes) -> list[str]:
        """Keep the receipts of these lines; the other lines. The same ballot has the same one."""
        others = []
        for line in output.decode("ascii").splitlines(keepends=True):
            number, _, text = line.partition(" ")
            if not number.isdigit():
                others.append(line)
            elif line.endswith("\n"):
                assert self.receipts.setdefault(int(number), text.strip()) == text.strip()
        return others

    def open(self) -> Box:
        return Box.in_folder(self.home, self.built.election, NAME, now=Clock())

    def open_copy(self) -> Box:
        signer = load_signer(self.home / KEY)
        log = SignedLog(SqliteStore.open(self.copy, create=False), signer)
        return Box(log, signer, self.built.election, NAME, now=Clock())

    def check(self, box: Box) -> None:
        """Every receipt's entry is in the log, the log is what was signed, nothing is in twice."""
        log = list(entries(box))
        assert root_of(log).hex() == box.status().root
        assert len(set(log)) == len(log)
        assert set(log[1:]) <= set(self.ballots)
        election = self.built.election
        for number, text in self.receipts.items():
            signed = read_receipt_text(text).signed(election.id, NAME)
            check_receipt(signed, election.box_keys[NAME])
            assert log[signed.receipt.index] == self.ballots[number]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    built = build_town(folder, {NAME: "online"})
    casts = [make_cast(built, number, NAME) for number in range(BALLOTS)]
    challenges = [
        encode(make_prepared(built, BALLOTS + number, NAME).challenge())
        for number in range(CHALLENGES)
    ]
    (folder / "ballots").write_bytes(b"\n".join(casts + challenges))
    shutil.copytree(folder / "boxes" / NAME, folder / "new")
    return Town(folder, built)


@pytest.fixture
def town(made: Town) -> Iterator[Town]:
    made.begin_again()
    yield made


@pytest.fixture
def seed() -> int:
    """Printed, to repeat a failure."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed: {seed}")  # noqa: T201  shown when a test fails
    return seed


def test_a_killed_box_loses_no_receipt(town: Town, seed: int, soak: bool) -> None:
    drawn = random.Random(seed)
    killed_at_work = 0
    for number in range(1000 if soak else 20):
        copied = number % 2 == 0
        before = len(town.receipts)
        with town.start("run", drawn.getrandbits(32), copied=copied) as process:
            time.sleep(drawn.uniform(0, 0.15))
            process.kill()
            output, _ = process.communicate()
        assert town.note(output) == []
        killed_at_work += before < len(town.receipts) < len(town.ballots)
        with town.open() as box:
            town.check(box)
        if copied:
            with town.open_copy() as box:
                town.check(box)
        if len(town.receipts) == len(town.ballots):
            town.begin_again()
    assert killed_at_work >= 5


def test_a_box_that_was_killed_goes_on_to_its_end(town: Town, seed: int) -> None:
    with town.start("run", seed) as process:
        time.sleep(0.05)
        process.kill()
        output, _ = process.communicate()
    town.note(output)
    with town.start("run", seed + 1) as process:
        output, _ = process.communicate()
    town.note(output)
    assert len(town.receipts) == len(town.ballots)
    with town.open() as box:
        box.close_poll()
        status = box.status()
        assert (status.cast, status.challenged) == (BALLOTS, CHALLENGES)
        assert status.size == BALLOTS + CHALLENGES + 2
        assert set(list(entries(box))[1:-1]) == set(town.ballots)


@pytest.mark.parametrize("room", [0, 1, 4_000, 30_000, 250_000])
def test_a_full_disk_loses_no_receipt(town: Town, seed: int, room: int) -> None:
    with town.start(f"full-end:{room}", seed) as process:
        output, _ = process.communicate()
    failures = town.note(output)
    assert len(failures) == box_child.THREADS
    assert all("disk is full" in line and "Make room" in line for line in failures)
    assert room not in (0, 250_000) or bool(town.receipts) == bool(room)
    with town.open() as box:
        town.check(box)
    with town.start(f"full:{room}", seed + 1) as process:
        output, _ = process.communicate()
    failures = town.note(output)
    assert failures[-1] == "room again\n"
    assert len(town.receipts) == len(town.ballots)
    with town.open() as box:
        town.check(box)
        assert (box.status().cast, box.status().challenged) == (BALLOTS, CHALLENGES)


def test_two_processes_on_one_box(town: Town) -> None:
    with town.start("hold", 0) as process:
        with pytest.raises(StorageError, match=r"in use by another process.*Close the other"):
            town.open()
        process.kill()
    with town.open() as box:  # the kernel let go of it
        send_all(town, box, 3)


def send_all(town: Town, box: Box, count: int) -> None:
    """Cast the first ballots and keep their receipts."""
    for number, data in enumerate(town.ballots[:count]):
        signed = box_child.send(box, data)
        text = receipt_text(signed, town.built.election.box_position(NAME))
        assert town.receipts.setdefault(number, text) == text


def snapshot(town: Town, name: str) -> Path:
    """A copy of the box's files as they are on the disk now, while it runs."""
    there = town.folder / name
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    for path in town.home.iterdir():
        if not path.name.endswith(("-shm", ".lock")):
            shutil.copy(path, there)
    return there


def put_back(town: Town, *sources: Path) -> None:
    """The box's files replaced by these."""
    shutil.rmtree(town.home)
    town.home.mkdir()
    for source in sources:
        for path in [source] if source.is_file() else source.iterdir():
            shutil.copy(path, town.home)


def test_a_tail_torn_after_the_last_receipt(town: Town, seed: int, soak: bool) -> None:
    """The power went while an entry was written that nobody had a receipt for."""
    with town.open() as box:
        box.open_poll()
        send_all(town, box, 5)
        five = snapshot(town, "five")
        box_child.send(box, town.ballots[5])
        six = snapshot(town, "six")
    wal = f"{LOG}-wal"
    old, new = (five / wal).stat().st_size, (six / wal).stat().st_size
    assert new > old + 1000
    drawn = random.Random(seed)
    cuts = [drawn.randrange(old, new) for _ in range(300 if soak else 12)]
    for cut in [old, old + 1, new - 1, *cuts]:
        tail = (six / wal).read_bytes()[:cut]
        if drawn.random() < 0.5:  # or filled with what lay there before
            tail += drawn.randbytes(new - cut)
        put_back(town, five)
        (town.home / wal).write_bytes(tail)
        with town.open() as box:
            assert box.status().size == 6
            town.check(box)
            assert box_child.send(box, town.ballots[5]).receipt.index == 6


def test_a_whole_tail_without_its_receipt(town: Town) -> None:
    """Killed between the commit and the mark: the entry stands, and its voter gets its receipt."""
    with town.open() as box:
        box.open_poll()
        send_all(town, box, 5)
        five = snapshot(town, "five")
        signed = box_child.send(box, town.ballots[5])
        six = snapshot(town, "six")
    put_back(town, six, mark_path(five / LOG))
    with town.open() as box:
        assert box.status().size == 7
        town.check(box)
        again = box_child.send(box, town.ballots[5])
        assert again.receipt == signed.receipt
        assert box.status().size == 7


def test_acknowledged_ballots_missing(town: Town) -> None:
    """Somebody put back an older file, or the newest entries were cut off."""
    with town.open() as box:
        box.open_poll()
        send_all(town, box, 3)
        older = snapshot(town, "older")
        send_all(town, box, 5)
        newer = snapshot(town, "newer")
    mark = mark_path(newer / LOG)
    said = r"acknowledged entries are missing: receipts were given for 6.*4.*Put back the newest"
    put_back(town, older, mark)
    with pytest.raises(StorageError, match=said):
        town.open()
    put_back(town, newer)
    wal = town.home / f"{LOG}-wal"
    wal.write_bytes(wal.read_bytes()[: (older / wal.name).stat().st_size])
    with pytest.raises(StorageError, match="acknowledged entries are missing"):
        town.open()
    put_back(town, older)
    mark_path(town.home / LOG).unlink()
    with pytest.raises(StorageError, match=r"mark is missing.*--adopt"):
        town.open()
    put_back(town, newer)
    with town.open() as box:
        town.check(box)
        send_all(town, box, 6)


def test_a_box_restored_from_its_second_copy(town: Town, seed: int) -> None:
    with town.start("run", seed, copied=True) as process:
        time.sleep(0.1)
        process.kill()
        output, _ = process.communicate()
    town.note(output)
    for path in town.home.glob(f"{LOG}*"):
        path.unlink()
    for path in town.folder.glob("stick.db*"):
        if not path.name.endswith((".lock", "-shm")):
            shutil.copy(path, town.home / path.name.replace("stick.db", LOG))
    with pytest.raises(StorageError, match="adopt"):
        town.open()
    election = town.built.election
    with Box.in_folder(town.home, election, NAME, now=Clock(), adopt=True) as box:
        town.check(box)
        send_all(town, box, 10)
    with town.open() as box:
        town.check(box)


@pytest.mark.parametrize("part", ["head", "entry", "receipt", "tail"])
def test_a_damaged_file_is_refused(town: Town, part: str) -> None:
    with town.open() as box:
        box.open_poll()
        send_all(town, box, 40)
    path = town.home / LOG
    data = bytearray(path.read_bytes())
    at = {
        "head": 20,
        "entry": data.index(town.ballots[20][:60]),
        "receipt": data.index(b'"use":"cast"'),
        "tail": len(data) - 5000,
    }[part]
    data[at : at + 8] = bytes(8)
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"damaged|not a log|signed"):
        town.open()


def test_a_receipt_that_is_gone_is_noticed(town: Town) -> None:
    """Only the private table was changed, which no checkpoint covers."""
    with town.open() as box:
        box.open_poll()
        send_all(town, box, 4)
    with closing(sqlite3.connect(town.home / LOG)) as db, db:
        db.execute("DELETE FROM private WHERE key = (SELECT min(key) FROM private)")
    with pytest.raises(StorageError, match=r"table of receipts is damaged.*second copy"):
        town.open()
