"""Tiles on a disk: exactly those of the size, whole or not at all, again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbvote.core.errors import StorageError
from pbvote.core.note import Signer, open_checkpoint
from pbvote.core.tiles import iter_entries, layout
from pbvote.store.export import export
from pbvote.store.log import SignedLog, open_log
from pbvote.store.memory import MemoryStore
from pbvote.store.sqlite import SqliteStore

SIGNER = Signer("town/a", bytes(32))


def fill(log: SignedLog, size: int) -> None:
    for n in range(log.size, size):
        log.append(b"entry %d" % n)


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def check(folder: Path, log: SignedLog) -> None:
    there = files(folder)
    checkpoint = open_checkpoint(there["checkpoint"], SIGNER.verify_key)
    assert (checkpoint.size, checkpoint.root) == (log.size, log.root)
    assert set(there) == {tile.path for tile in layout(log.size)} | {"checkpoint"}
    assert list(iter_entries(there.__getitem__, checkpoint)) == list(log.entries())
    assert not [d for d in folder.rglob("*") if d.is_dir() and not any(d.iterdir())]


def test_an_incremental_export_is_a_full_one(tmp_path: Path) -> None:
    log = SignedLog(MemoryStore(), SIGNER)
    for number, size in enumerate((0, 1, 7, 7, 256, 300, 512, 600)):
        fill(log, size)
        assert export(log, tmp_path / "again") == size
        assert export(log, tmp_path / f"full-{number}") == size
        check(tmp_path / "again", log)
        assert files(tmp_path / "again") == files(tmp_path / f"full-{number}")


def test_full_tiles_are_not_written_again(tmp_path: Path) -> None:
    log = SignedLog(MemoryStore(), SIGNER)
    fill(log, 300)
    export(log, tmp_path)
    before = {path: (tmp_path / path).stat().st_ino for path in files(tmp_path)}
    fill(log, 400)
    export(log, tmp_path)
    for path in ("tile/entries/000", "tile/0/000", "tile/1/000.p/1"):
        assert (tmp_path / path).stat().st_ino == before[path]
    assert (tmp_path / "checkpoint").stat().st_ino != before["checkpoint"]


def test_what_a_killed_export_left_is_put_right(tmp_path: Path) -> None:
    log = SignedLog(MemoryStore(), SIGNER)
    fill(log, 300)
    export(log, tmp_path)
    (tmp_path / "tile/0/001.p/44").write_bytes(b"half")
    (tmp_path / "tile/0/000.new").write_bytes(b"half")
    (tmp_path / "tile/entries/001.p/9").write_bytes(b"of an older size")
    (tmp_path / "checkpoint").unlink()
    export(log, tmp_path)
    check(tmp_path, log)


@pytest.mark.parametrize("name", ["checkpoint", "tile/entries/000.p/3"])
def test_a_link_on_a_stick_leads_to_no_other_file(tmp_path: Path, name: str) -> None:
    log = SignedLog(MemoryStore(), SIGNER)
    fill(log, 3)
    (tmp_path / "roll.db").write_bytes(b"precious")
    link = tmp_path / "stick" / f"{name}.new"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "roll.db")
    export(log, tmp_path / "stick")
    assert (tmp_path / "roll.db").read_bytes() == b"precious"
    check(tmp_path / "stick", log)


def test_what_is_not_ours_is_left(tmp_path: Path) -> None:
    log = SignedLog(MemoryStore(), SIGNER)
    (tmp_path / "tile").mkdir()
    (tmp_path / "tile/notes.txt").write_text("somebody's")
    export(log, tmp_path)
    assert (tmp_path / "tile/notes.txt").exists()


def test_export_beside_a_writer(tmp_path: Path) -> None:
    log = open_log(tmp_path / "a.db", SIGNER)
    fill(log, 20)
    reader = SqliteStore.open(tmp_path / "a.db", read_only=True)
    assert export(reader, tmp_path / "out") == 20
    check(tmp_path / "out", log)
    fill(log, 30)
    assert export(reader, tmp_path / "out") == 30
    check(tmp_path / "out", log)
    reader.close()
    log.close()


def test_a_folder_with_another_or_a_longer_log_is_refused(tmp_path: Path) -> None:
    log = SignedLog(MemoryStore(), SIGNER)
    fill(log, 5)
    export(log, tmp_path / "out")
    before = files(tmp_path / "out")
    for other in (
        SignedLog(MemoryStore(), SIGNER),
        SignedLog(MemoryStore(), Signer("town/b", bytes(32))),
    ):
        with pytest.raises(StorageError, match="another log, or more of this one"):
            export(other, tmp_path / "out")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/checkpoint").write_text("rubbish")
    with pytest.raises(StorageError, match="another log"):
        export(log, tmp_path / "bad")
    assert files(tmp_path / "out") == before


def test_a_damaged_log_is_not_published(tmp_path: Path) -> None:
    store = MemoryStore()
    log = SignedLog(store, SIGNER)
    fill(log, 5)
    store._entries[2] = b"changed"
    with pytest.raises(StorageError, match="aren't those its checkpoint signed"):
        export(log, tmp_path)
    assert not (tmp_path / "checkpoint").exists()


def test_a_log_nobody_signed_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="without a checkpoint"):
        export(MemoryStore(), tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="can't be written"):
        export(SignedLog(MemoryStore(), SIGNER), tmp_path / "file")
