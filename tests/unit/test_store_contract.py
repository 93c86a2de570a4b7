"""What every store and every log on one must do, in memory and on a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from pbvote.core.encoding import MAX_ENTRY
from pbvote.core.errors import EncodingError, StorageError
from pbvote.core.merkle import EMPTY_ROOT, root_of
from pbvote.core.note import Signer, open_checkpoint
from pbvote.store import LogStore
from pbvote.store.log import SignedLog
from pbvote.store.memory import MemoryStore
from pbvote.store.sqlite import SqliteStore

SIGNER = Signer("town/a", bytes(32))
Open = Callable[[], LogStore]


@pytest.fixture(params=["memory", "sqlite"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store again, after it was closed."""
    if request.param == "sqlite":
        return lambda: SqliteStore.open(tmp_path / "a.db")
    kept = MemoryStore()

    def again() -> LogStore:
        kept._closed = False
        return kept

    return again


@pytest.fixture
def store(reopen: Open) -> Iterator[LogStore]:
    opened = reopen()
    yield opened
    opened.close()


def test_a_new_store_is_empty(store: LogStore) -> None:
    assert (store.size, store.checkpoint) == (0, None)
    assert not list(store.entries()) and not list(store.items())
    assert store.get(b"x") is None


def test_a_commit_is_there_after_opening_again(store: LogStore, reopen: Open) -> None:
    store.commit([b"a", b"b"], b"first", {b"k": b"1", b"l": b"\x00"})
    store.commit([b"c"], b"second", {b"k": b"2"})
    store.commit([], b"third", {})
    store.close()
    store.close()
    again = reopen()
    assert (again.size, again.checkpoint) == (3, b"third")
    assert list(again.entries()) == [b"a", b"b", b"c"]
    assert list(again.items()) == [(b"k", b"2"), (b"l", b"\x00")]
    again.close()


def test_entries_in_parts(store: LogStore) -> None:
    entries = [b"%d" % n for n in range(700)]
    store.commit(iter(entries), b"note", {})
    assert list(store.entries()) == entries
    for start, stop in ((0, 0), (3, 3), (5, 300), (255, 513), (699, None), (700, None), (690, 900)):
        assert list(store.entries(start, stop)) == entries[start:stop]


def test_items_by_prefix(store: LogStore) -> None:
    private = {b"r%05d" % n: b"%d" % n for n in range(600)} | {b"q": b"", b"s\xff": b"x"}
    store.commit([], b"note", private)
    assert list(store.items()) == sorted(private.items())
    assert list(store.items(b"r")) == sorted(i for i in private.items() if i[0][:1] == b"r")
    assert list(store.items(b"s\xff")) == [(b"s\xff", b"x")]
    assert list(store.items(b"t")) == []
    assert store.get(b"r00007") == b"7"


def test_a_commit_that_fails_leaves_nothing(store: LogStore) -> None:
    store.commit([b"a"], b"first", {b"k": b"1"})

    def breaks() -> Iterator[bytes]:
        yield b"b"
        raise EncodingError("no more")

    with pytest.raises(EncodingError):
        store.commit(breaks(), b"second", {b"k": b"2"})
    assert (list(store.entries()), store.checkpoint, store.get(b"k")) == ([b"a"], b"first", b"1")
    store.commit([b"b"], b"second", {})
    assert store.size == 2


def test_a_closed_store_takes_nothing(store: LogStore) -> None:
    store.close()
    with pytest.raises(StorageError, match="closed"):
        store.commit([b"a"], b"note", {})


def test_a_new_log_signs_the_empty_tree(store: LogStore) -> None:
    log = SignedLog(store, SIGNER)
    checkpoint = open_checkpoint(log.checkpoint, SIGNER.verify_key)
    assert (checkpoint.size, checkpoint.root, log.size) == (0, EMPTY_ROOT, 0)


def test_a_log_signs_every_commit(store: LogStore, reopen: Open) -> None:
    log = SignedLog(store, SIGNER)
    entries = [b"entry %d" % n for n in range(20)]
    for index, entry in enumerate(entries):
        assert log.append(entry, lambda i: {b"receipt/%d" % i: b"for %d" % i}) == index
        checkpoint = open_checkpoint(log.checkpoint, SIGNER.verify_key)
        assert (checkpoint.size, checkpoint.root) == (index + 1, root_of(entries[: index + 1]))
    log.close()
    again = SignedLog(reopen(), SIGNER)
    assert (again.size, again.root) == (20, root_of(entries))
    assert again.get(b"receipt/7") == b"for 7"
    assert len(list(again.items(b"receipt/"))) == 20
    again.close()


@pytest.mark.parametrize("entry", [b"", b"x" * (MAX_ENTRY + 1)])
def test_entries_that_do_not_fit(store: LogStore, entry: bytes) -> None:
    log = SignedLog(store, SIGNER)
    with pytest.raises(EncodingError, match="1 to 65535"):
        log.append(entry)
    assert log.append(b"x" * MAX_ENTRY) == 0


def test_many_threads_share_commits(store: LogStore) -> None:
    log = SignedLog(store, SIGNER)
    got: dict[int, bytes] = {}

    def voter(name: int) -> None:
        for n in range(20):
            entry = b"%d/%d" % (name, n)
            index = log.append(entry, lambda i, e=entry: {b"%d" % i: e})  # type: ignore[misc]  # mypy can't infer a lambda's default
            got[index] = entry

    threads = [Thread(target=voter, args=(name,)) for name in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(640))
    assert list(log.entries()) == [got[n] for n in range(640)]
    assert all(log.get(b"%d" % n) == got[n] for n in range(640))
    assert log.commits < 640
    checkpoint = open_checkpoint(log.checkpoint, SIGNER.verify_key)
    assert (checkpoint.size, checkpoint.root) == (640, root_of(log.entries()))


def test_the_log_of_another_key_is_refused(store: LogStore, reopen: Open) -> None:
    SignedLog(store, SIGNER).close()
    with pytest.raises(StorageError, match="another key or election"):
        SignedLog(reopen(), Signer("town/b", bytes(32)))
    with pytest.raises(StorageError, match="no right checkpoint"):
        SignedLog(reopen(), Signer("town/a", b"\x01" * 32))


@pytest.mark.parametrize("change", ["entry", "checkpoint", "none", "fewer"])
def test_a_store_that_was_changed_is_refused(store: LogStore, reopen: Open, change: str) -> None:
    log = SignedLog(store, SIGNER)
    for n in range(3):
        log.append(b"%d" % n)
    good = log.checkpoint
    if change == "entry":
        store.commit([b"smuggled"], good, {})
    elif change == "checkpoint":
        store.commit([], good.replace(b"3", b"4"), {})
    elif change == "none":
        store.commit([], b"", {})
    else:
        log.append(b"3")
        store.commit([], good, {})
    store.close()
    with pytest.raises(StorageError):
        SignedLog(reopen(), SIGNER)
