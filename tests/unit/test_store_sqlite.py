"""The SQLite file: one writer, readers beside it, and what isn't a log."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbvote.core.errors import StorageError
from pbvote.store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a log.db"


def fill(path: Path, entries: int = 3) -> None:
    store = SqliteStore.open(path)
    store.commit([b"%d" % n for n in range(entries)], b"note", {b"k": b"v"})
    store.close()


def test_files_are_private(path: Path) -> None:
    store = SqliteStore.open(path)
    store.commit([b"a"], b"note", {})
    assert len(list(path.parent.iterdir())) == 4  # with -wal, -shm and .lock
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    store.close()


def test_settings_that_durability_needs(path: Path) -> None:
    store = SqliteStore.open(path)
    assert store._pragma("journal_mode") == "wal"
    assert store._pragma("synchronous") == "2"  # FULL
    store.close()


def test_a_second_writer_is_refused_and_a_reader_is_not(path: Path) -> None:
    store = SqliteStore.open(path)
    with pytest.raises(StorageError, match=r"in use by another process.*Close the other pbvote"):
        SqliteStore.open(path)
    reader = SqliteStore.open(path, read_only=True)
    store.commit([b"a"], b"note", {b"k": b"v"})
    assert (reader.size, list(reader.entries()), reader.get(b"k")) == (1, [b"a"], b"v")
    with pytest.raises(StorageError, match="read only"):
        reader.commit([b"b"], b"note", {})
    reader.close()
    store.close()
    SqliteStore.open(path).close()


def test_a_second_process_is_refused_until_the_first_is_gone(path: Path) -> None:
    fill(path)
    code = (
        "import sys; from pathlib import Path; from pbvote.store.sqlite import SqliteStore\n"
        "store = SqliteStore.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == b"open\n"
        with pytest.raises(StorageError, match="in use by another process"):
            SqliteStore.open(path)
        child.kill()
    store = SqliteStore.open(path)
    assert store.size == 3
    store.close()


FORKS = """
import os, signal, sys
from collections.abc import Iterator
from pathlib import Path
from pbvote.store.sqlite import SqliteStore
store = SqliteStore.open(Path(sys.argv[1]))
if os.fork() == 0:
    os.write(1, b"forked\\n")
    sys.stdin.read()
    os._exit(0)
signal.pause()
"""


def test_a_forked_worker_does_not_keep_the_lock(path: Path) -> None:
    """A pool's worker lives on after its parent was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"forked\n"
        with pytest.raises(StorageError, match="in use"):
            SqliteStore.open(path)
        parent.kill()
        parent.wait()
        SqliteStore.open(path).close()


def test_a_reader_needs_no_writer(path: Path) -> None:
    fill(path)
    reader = SqliteStore.open(path, read_only=True)
    assert list(reader.entries()) == [b"0", b"1", b"2"]
    reader.close()


@pytest.mark.parametrize("options", [{"read_only": True}, {"create": False}])
def test_a_missing_log_is_not_made(path: Path, options: dict[str, bool]) -> None:
    with pytest.raises(StorageError, match="no such log"):
        SqliteStore.open(path, **options)
    assert not path.exists()


def test_a_missing_folder(path: Path) -> None:
    with pytest.raises(StorageError, match="No such file or directory"):
        SqliteStore.open(path.parent / "stick" / "a.db")


def test_a_newer_version_is_refused(path: Path) -> None:
    fill(path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 2")
    db.close()
    for read_only in (False, True):
        with pytest.raises(StorageError, match=r"newer version\. Update pbvote"):
            SqliteStore.open(path, read_only=read_only)


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE addresses (name TEXT)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="not a log of pbvote"):
        SqliteStore.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("data", [b"rubbish" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_rubbish_is_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(StorageError, match="damaged, or not a log"):
        SqliteStore.open(path)


def test_a_damaged_page_is_found(path: Path) -> None:
    fill(path, 3000)
    data = bytearray(path.read_bytes())
    for at in range(3 * 4096, len(data) - 4096, 4096):
        data[at : at + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(StorageError, match="damaged"):
        SqliteStore.open(path)


def test_an_empty_file_left_by_a_full_disk_becomes_a_log(path: Path) -> None:
    path.touch()
    fill(path)


def test_a_folder_is_no_log(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StorageError, match="can't be opened"):
        SqliteStore.open(path)


def test_after_a_failed_sync_nothing_more_is_promised(path: Path) -> None:
    """The kernel may count pages as written that the disk refused: only a restart reads anew."""
    store = SqliteStore.open(path)
    store.commit([b"a"], b"note", {})

    def failing() -> Iterator[bytes]:
        yield b"b"
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error

    with pytest.raises(StorageError, match="full or failing"):
        store.commit(failing(), b"note", {})
    with pytest.raises(StorageError, match="look at the disk, then start again"):
        store.commit([b"b"], b"note", {})
    store.close()
    again = SqliteStore.open(path)
    assert list(again.entries()) == [b"a"]
    again.close()
