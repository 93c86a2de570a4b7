"""The high-water mark: an older file put back is noticed, a kill in between is not a fault."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pbvote.core.errors import StorageError
from pbvote.core.note import Signer
from pbvote.store.log import open_log
from pbvote.store.mark import Mark, MarkValue, mark_path

SIGNER = Signer("town/a", bytes(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def grow(path: Path, *entries: bytes, adopt: bool = False) -> int:
    log = open_log(path, SIGNER, adopt=adopt)
    for entry in entries:
        log.append(entry)
    size = log.size
    log.close()
    return size


def keep(path: Path, name: str) -> Path:
    return Path(shutil.copy(path, path.with_name(name)))


def spoil(path: Path, *slots: int) -> None:
    data = bytearray(path.read_bytes())
    for slot in slots:
        data[slot * 4096 + 60] ^= 1
    path.write_bytes(data)


def read(path: Path) -> MarkValue | None:
    mark = Mark(mark_path(path))
    mark.close()
    mark.close()
    return mark.value


def test_slots_take_turns(tmp_path: Path) -> None:
    mark = Mark(tmp_path / "m")
    assert mark.value is None
    for size in range(1, 8):
        mark.write(size, bytes([size]) * 32)
        again = Mark(tmp_path / "m")
        assert again.value == (size, bytes([size]) * 32)
        again.close()
        spoil(tmp_path / "m", size % 2)  # the one just written is torn
        if size > 1:
            older = Mark(tmp_path / "m")
            assert older.value == (size - 1, bytes([size - 1]) * 32)
            older.close()
        spoil(tmp_path / "m", size % 2)
    mark.close()


def test_the_mark_follows_every_append(path: Path) -> None:
    log = open_log(path, SIGNER)
    for n in range(5):
        log.append(b"%d" % n)
        assert read(path) == (n + 1, log.root)
    log.close()


def test_an_older_database_is_refused(path: Path) -> None:
    grow(path, b"a")
    old = keep(path, "old")
    grow(path, b"b")
    old.replace(path)
    for _ in range(2):
        with pytest.raises(
            StorageError, match=r"acknowledged entries are missing.* 2, the database has 1"
        ):
            open_log(path, SIGNER)
    assert grow(path, adopt=True) == 1  # it was meant
    assert grow(path, b"c") == 2


def test_a_deleted_database_is_refused(path: Path) -> None:
    grow(path, b"a")
    path.unlink()
    with pytest.raises(StorageError, match="acknowledged entries are missing"):
        open_log(path, SIGNER)


@pytest.mark.parametrize("more", [(), (b"y",)])
def test_other_entries_are_refused(path: Path, more: tuple[bytes, ...]) -> None:
    grow(path, b"a")
    other = path.with_name("other.db")
    grow(other, b"x", *more)
    other.replace(path)
    with pytest.raises(StorageError, match="other entries than those acknowledged"):
        open_log(path, SIGNER)


def test_a_mark_that_lags_is_no_fault(path: Path) -> None:
    """Killed between the database's commit and the mark's write: nobody had a receipt yet."""
    grow(path, b"a")
    lagging = keep(mark_path(path), "lagging")
    grow(path, b"b", b"c")
    lagging.replace(mark_path(path))
    assert grow(path) == 3
    value = read(path)
    assert value is not None and value.size == 3


@pytest.mark.parametrize("slot", [0, 1])
def test_one_torn_slot_is_no_fault(path: Path, slot: int) -> None:
    grow(path, b"a", b"b")
    spoil(mark_path(path), slot)
    assert grow(path) == 2
    assert grow(path, b"c") == 3
    value = read(path)
    assert value is not None and value.size == 3


@pytest.mark.parametrize("how", ["missing", "torn", "empty", "zeros"])
def test_a_lost_mark_needs_a_persons_word(path: Path, how: str) -> None:
    grow(path, b"a", b"b", b"c")
    if how == "missing":
        mark_path(path).unlink()
    elif how == "torn":
        spoil(mark_path(path), 0, 1)
    else:
        mark_path(path).write_bytes(b"" if how == "empty" else bytes(8192))
    for _ in range(2):
        with pytest.raises(StorageError, match="nobody can tell whether entries are missing"):
            open_log(path, SIGNER)
    assert grow(path, adopt=True) == 3
    assert grow(path) == 3


def test_a_mark_that_cannot_be_made(path: Path) -> None:
    mark_path(path).mkdir()
    with pytest.raises(StorageError, match="mark can't be kept"):
        open_log(path, SIGNER)
    mark_path(path).rmdir()
    grow(path)
