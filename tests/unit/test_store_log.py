"""The signed log when something goes wrong: the disk, the mark, the second copy, a caller."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from pbvote.core.errors import CardError, StorageError
from pbvote.core.merkle import root_of
from pbvote.core.note import Signer, open_checkpoint
from pbvote.store.log import SignedLog, open_log
from pbvote.store.mark import Mark, MarkValue, mark_path
from pbvote.store.memory import MemoryStore
from pbvote.store.sqlite import SqliteStore

SIGNER = Signer("town/a", bytes(32))


class FullStore(MemoryStore):
    """A disk that can be full, and slow."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.started, self.go = Event(), Event()
        self.go.set()

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        self.started.set()
        self.go.wait(10)
        if self.full:
            raise StorageError("the disk is full", where="a.db", hint="Make room")
        super().commit(entries, checkpoint, private)


class FullMark(Mark):
    """A mark on a disk that fails."""

    fails = False

    def write(self, size: int, root: bytes) -> None:
        if self.fails:
            raise StorageError("the mark can't be kept")
        super().write(size, root)


def verify(log: SignedLog) -> None:
    checkpoint = open_checkpoint(log.checkpoint, SIGNER.verify_key)
    assert (checkpoint.size, checkpoint.root) == (log.size, log.root)
    assert log.root == root_of(log.entries())


def test_a_full_disk_fails_every_waiting_append_and_nothing_else() -> None:
    store = FullStore()
    log = SignedLog(store, SIGNER)
    log.append(b"before")
    store.go.clear()
    store.started.clear()
    outcomes: list[int | str] = []

    def voter(name: int) -> None:
        try:
            outcomes.append(log.append(b"%d" % name))
        except StorageError as error:
            outcomes.append(str(error))

    threads = [Thread(target=voter, args=(0,))]
    threads[0].start()
    assert store.started.wait(10)
    threads += [Thread(target=voter, args=(name,)) for name in range(1, 6)]
    for thread in threads[1:]:
        thread.start()
    store.full = True
    store.go.set()
    for thread in threads:
        thread.join(10)
    assert outcomes == ["a.db: the disk is full. Make room"] * 6
    assert (log.size, log.commits) == (1, 1)
    store.full = False
    assert log.append(b"after") == 1
    verify(log)


def test_waiting_appends_share_one_commit() -> None:
    store = FullStore()
    log = SignedLog(store, SIGNER)
    store.go.clear()
    store.started.clear()
    threads = [Thread(target=log.append, args=(b"first",))]
    threads[0].start()
    assert store.started.wait(10)
    threads += [Thread(target=log.append, args=(b"%d" % n,)) for n in range(31)]
    for thread in threads[1:]:
        thread.start()
    while len(log._waiting) < 31:
        pass
    store.go.set()
    for thread in threads:
        thread.join(10)
    assert (log.size, log.commits) == (32, 2)
    verify(log)


def test_an_error_in_a_private_value_is_its_callers() -> None:
    log = SignedLog(MemoryStore(), SIGNER)

    def refuses(index: int) -> Mapping[bytes, bytes]:
        raise CardError(f"no receipt for {index}")

    with pytest.raises(CardError, match="no receipt for 0"):
        log.append(b"a", refuses)
    assert (log.size, log.append(b"b")) == (0, 0)
    verify(log)


def test_a_mark_that_fails_holds_back_what_depends_on_it(tmp_path: Path) -> None:
    mark = FullMark(tmp_path / "m")
    log = SignedLog(MemoryStore(), SIGNER, mark)
    mark.fails = True
    with pytest.raises(StorageError, match="mark can't be kept"):
        log.append(b"a", lambda index: {b"receipt": b"%d" % index})
    assert log.size == 1  # it stands in the log, but no receipt leaves
    for held_back in (lambda: log.get(b"receipt"), log.items, lambda: log.append(b"b")):
        with pytest.raises(StorageError, match="mark can't be kept"):
            held_back()
    mark.fails = False
    assert log.get(b"receipt") == b"0"
    assert mark.value == MarkValue(1, log.root)
    assert log.append(b"b") == 1
    verify(log)
    log.close()


def test_an_interrupted_commit_asks_to_open_again() -> None:
    store = MemoryStore()
    log = SignedLog(store, SIGNER)
    log.append(b"a")
    store.commit([b"b"], log.checkpoint, {})  # what Ctrl-C between two lines leaves
    with pytest.raises(StorageError, match="open it again"):
        log.append(b"c")


def copy_of(path: Path) -> list[bytes]:
    reader = SqliteStore.open(path, read_only=True)
    entries = list(reader.entries())
    reader.close()
    return entries


def test_the_second_copy_holds_the_same(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    log = open_log(tmp_path / "a.db", SIGNER, second=stick / "a.db")
    for n in range(5):
        log.append(b"%d" % n, lambda i: {b"r%d" % i: b"receipt"})
        assert copy_of(stick / "a.db") == [b"%d" % k for k in range(n + 1)]
    assert log.warning is None
    log.close()
    copy = open_log(stick / "a.db", SIGNER, adopt=True)  # restored: it is a whole log
    assert (copy.size, copy.get(b"r4")) == (5, b"receipt")
    verify(copy)
    copy.close()


def marked(path: Path) -> int:
    mark = Mark(mark_path(path))
    mark.close()
    return 0 if mark.value is None else mark.value.size


def test_the_second_copy_has_a_mark_of_its_own(tmp_path: Path) -> None:
    second = tmp_path / "b.db"
    log = open_log(tmp_path / "a.db", SIGNER, second=second)
    log.append(b"0")
    log.append(b"1")
    assert marked(second) == 2
    log.close()
    for spoil in (mark_path(second).unlink, partial(mark_path(second).write_bytes, b"x" * 8192)):
        spoil()
        open_log(tmp_path / "a.db", SIGNER, second=second).close()
        assert marked(second) == 2, "set anew when the copy is taken back in"


def test_a_copy_whose_mark_fails_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path / "a.db", SIGNER, second=tmp_path / "b.db")
    written = Mark.write

    def write(mark: Mark, size: int, root: bytes) -> None:
        if mark.path.name.startswith("b"):
            raise StorageError("the log's mark can't be kept")
        written(mark, size, root)

    with monkeypatch.context() as stick:
        stick.setattr(Mark, "write", write)
        assert log.append(b"0") == 0
    assert log.warning is not None and "mark can't be kept" in log.warning
    assert log.catch_up() is None and marked(tmp_path / "b.db") == 1
    log.close()


def test_a_missing_stick_is_a_warning_until_it_is_back(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    log = open_log(tmp_path / "a.db", SIGNER, second=stick / "a.db")
    assert log.warning is not None and "no second copy" in log.warning
    assert log.append(b"0", lambda i: {b"r": b"%d" % i}) == 0
    assert log.catch_up() is not None
    stick.mkdir()
    assert log.catch_up() is None and log.warning is None
    assert copy_of(stick / "a.db") == [b"0"]
    log.append(b"1")
    assert copy_of(stick / "a.db") == [b"0", b"1"]
    log.close()


def test_a_stick_that_fails_under_way(tmp_path: Path) -> None:
    sticks: list[FullStore] = [FullStore()]

    def plug() -> FullStore:
        if not sticks:
            raise StorageError("no stick")
        sticks[0]._closed = False
        return sticks[0]

    log = SignedLog(MemoryStore(), SIGNER, None, plug)
    log.append(b"0")
    stick = sticks[0]
    stick.full = True
    assert log.append(b"1") == 1
    assert log.warning is not None and "the disk is full" in log.warning
    assert log.append(b"2", lambda i: {b"r": b"%d" % i}) == 2
    assert stick.size == 1
    sticks.clear()
    assert log.catch_up() == "no second copy: no stick"
    stick.full = False
    sticks.append(stick)
    assert log.catch_up() is None
    assert (list(stick.entries()), stick.get(b"r")) == ([b"0", b"1", b"2"], b"2")
    log.append(b"3")
    assert stick.checkpoint == log.checkpoint


def test_a_copy_with_more_entries_is_refused(tmp_path: Path) -> None:
    main, second = tmp_path / "a.db", tmp_path / "b.db"
    log = open_log(main, SIGNER, second=second)
    log.append(b"0")
    log.close()
    shutil.copy(main, tmp_path / "old.db")
    log = open_log(main, SIGNER, second=second)
    log.append(b"1")
    log.close()
    shutil.copy(tmp_path / "old.db", main)
    with pytest.raises(StorageError, match="second copy has 2 entries"):
        open_log(main, SIGNER, adopt=True, second=second)
    assert copy_of(second) == [b"0", b"1"]
    open_log(main, SIGNER, adopt=True).close()  # and everything was let go of


def test_the_copy_of_another_log_is_left_alone(tmp_path: Path) -> None:
    other = open_log(tmp_path / "other.db", Signer("town/b", bytes(32)))
    other.append(b"theirs")
    other.close()
    log = open_log(tmp_path / "a.db", SIGNER, second=tmp_path / "other.db")
    assert log.warning is not None and "another key or election" in log.warning
    log.append(b"ours")
    assert copy_of(tmp_path / "other.db") == [b"theirs"]
    log.close()


def test_another_log_of_the_same_key_put_in_later_is_a_warning(tmp_path: Path) -> None:
    for name, entry in (("a", b"0"), ("fork", b"x")):
        log = open_log(tmp_path / f"{name}.db", SIGNER)
        log.append(entry)
        log.close()
    folder = tmp_path / "stick"
    log = open_log(tmp_path / "a.db", SIGNER, second=folder / "fork.db")
    folder.mkdir()
    shutil.copy(tmp_path / "fork.db", folder)
    assert "one of the two was replaced" in (log.catch_up() or "")
    assert log.append(b"1") == 1
    log.close()
    with pytest.raises(StorageError, match="one of the two was replaced"):
        open_log(tmp_path / "a.db", SIGNER, second=folder / "fork.db")
