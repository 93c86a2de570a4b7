"""The public side of a log: its tiles and checkpoint in a folder.

docs/protocol.md, sections 7 and 12; c2sp.org/tlog-tiles. Safe to run again and again while the
log grows, next to the process that writes it: only what is new is written, each file whole or not
at all, the checkpoint last.
"""

from __future__ import annotations

import os
from pathlib import Path

from pbvote.core.errors import EncodingError, StorageError
from pbvote.core.merkle import leaf_hash
from pbvote.core.note import Checkpoint, parse_checkpoint, parse_note
from pbvote.core.tiles import CHECKPOINT, WIDTH, HashTiles, Tile, encode_bundle, layout, parse_path
from pbvote.store import Readable
from pbvote.store.files import sync_folder

_TEMPORARY = ".new"


def export(log: Readable, folder: Path) -> int:
    """Bring `folder` to the log's latest checkpoint; the size exported.

    The folder then holds `checkpoint` and exactly the tiles of that size. StorageError if it
    holds another log or a longer one, if the disk fails, or if the log is damaged.
    """
    note = log.checkpoint
    if note is None:
        raise StorageError("a log without a checkpoint can't be exported", hint="Open it first")
    checkpoint = parse_checkpoint(parse_note(note).text)
    try:
        _check_folder(folder, checkpoint)
        _write_tiles(log, checkpoint, folder)
        _write(folder / CHECKPOINT, note)
        sync_folder(folder)
        _remove_old_edges(folder, checkpoint.size)
    except OSError as error:
        raise StorageError(
            f"can't be written ({error.strerror})",
            where=str(folder),
            hint="Make room or choose another folder, then export again",
        ) from error
    return checkpoint.size


def _check_folder(folder: Path, checkpoint: Checkpoint) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / CHECKPOINT).exists():
        return
    try:
        there = parse_checkpoint(parse_note((folder / CHECKPOINT).read_bytes()).text)
    except EncodingError:
        there = None
    if there is None or there.origin != checkpoint.origin or there.size > checkpoint.size:
        raise StorageError(
            "the folder holds another log, or more of this one than is here",
            where=str(folder),
            hint="Export to an empty folder",
        )


def _write_tiles(log: Readable, checkpoint: Checkpoint, folder: Path) -> None:
    hashes, bundle, count = HashTiles(), list[bytes](), 0
    for entry in log.entries(0, checkpoint.size):
        bundle.append(entry)
        count += 1
        for tile, data in hashes.append(leaf_hash(entry)):
            _write(folder / tile.path, data)
        if len(bundle) == WIDTH:
            _write(folder / Tile(None, count // WIDTH - 1).path, encode_bundle(bundle))
            bundle.clear()
    if bundle:
        _write(folder / Tile(None, count // WIDTH, len(bundle)).path, encode_bundle(bundle))
    for tile, data in hashes.partial():
        _write(folder / tile.path, data)
    if hashes.root() != checkpoint.root:
        raise StorageError(
            "the log's entries aren't those its checkpoint signed",
            where=checkpoint.origin,
            hint="Copy it away as it is, then restore the second copy",
        )
    for below, _, _ in os.walk(folder):
        sync_folder(Path(below))


def _write(path: Path, data: bytes) -> None:
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + _TEMPORARY)
    new.unlink(missing_ok=True)
    with new.open("xb") as file:  # never through a link that somebody else's stick has there
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _remove_old_edges(folder: Path, size: int) -> None:
    """Partial tiles that have grown since, and what a killed export left behind."""
    wanted = {tile.path for tile in layout(size)}
    for below, _, names in os.walk(folder / "tile", topdown=False):
        for name in names:
            path = Path(below) / name
            relative = path.relative_to(folder).as_posix()
            if relative not in wanted and _is_ours(relative):
                path.unlink()
        if not any(Path(below).iterdir()):
            Path(below).rmdir()


def _is_ours(path: str) -> bool:
    try:
        parse_path(path.removesuffix(_TEMPORARY))
    except EncodingError:
        return False
    return True
