"""Logs coming in, stick by stick, into the bundle's folder; each checked as it arrives.

A log may come twice, or first an older and then a newer copy: the longest that continues the
others stays. One that contradicts what is there is refused, and its checkpoint kept as evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from pbvote.core.closing import ClosedLog
from pbvote.core.election import Election
from pbvote.core.errors import EncodingError, InputError, PbvoteError, VerificationError
from pbvote.core.merkle import root_of
from pbvote.core.note import Checkpoint, open_checkpoint, parse_note
from pbvote.core.tiles import CHECKPOINT, iter_entries, layout
from pbvote.files import addenda_notes, paths_below, read_bytes, write_bytes
from pbvote_tally import bundle as names
from pbvote_tally.bundle import Bundle, FolderBundle
from pbvote_tally.rebuild import log_entries, log_files
from pbvote_tally.report import SILENT, Report


def copy_documents(election_folder: Path, folder: Path) -> None:
    """Put the signed documents and the public roll into the bundle's folder."""
    write_bytes(folder / names.MANIFEST, read_bytes(election_folder / names.MANIFEST))
    write_bytes(folder / names.ROLL, read_bytes(election_folder / names.ROLL))
    for number, note in enumerate(addenda_notes(election_folder), 1):
        write_bytes(folder / names.addendum(number), note)


def log_folders(source: Path) -> Iterator[Path]:
    """Every folder at or below `source` that holds an exported log."""
    for path in paths_below(source, CHECKPOINT):
        yield path.parent


def collect(folder: Path, election: Election, source: Path, report: Report = SILENT) -> list[str]:
    """Take every log of this election found at or below `source` into the bundle's folder.

    The origins taken. InputError if there is none; VerificationError if one is damaged or
    contradicts the copy that is here already.
    """
    taken = []
    for exported in log_folders(source):
        note = read_bytes(exported / CHECKPOINT)
        origin = parse_note(note, str(exported / CHECKPOINT)).text.split("\n", 1)[0]
        if origin in election.log_keys:
            report.step("{log}: every entry against its checkpoint", log=origin)
            _take(folder, election, exported, note, origin)
            taken.append(origin)
    if not taken and not paths_below(source, "*.note"):  # those are for `collect_copies`
        raise InputError(
            "no log of this election is here",
            where=str(source),
            hint="Name the folder that `pbvote box export` or `pbvote registry export` wrote",
        )
    return taken


def collect_copies(folder: Path, election: Election, source: Path) -> list[str]:
    """Hold copies of checkpoints found at or below `source` against the logs taken (section 7).

    A registrar's checkpoint is copied before it hands out a card, and a closing never goes below
    such a copy. What a log doesn't reach or contradicts is kept as evidence: the names of those.
    """
    kept = []
    for path in paths_below(source, "*.note"):
        note = read_bytes(path)
        try:
            origin = parse_note(note, str(path)).text.split("\n", 1)[0]
        except EncodingError:
            continue
        if origin not in election.log_keys:
            continue
        checkpoint = open_checkpoint(note, election.log_keys[origin], str(path))
        present = present_log(FolderBundle(folder), election, origin)
        if present is None or not _reaches(folder, present, checkpoint):
            kept.append(keep_evidence(folder, note))
    return kept


def _reaches(folder: Path, present: Checkpoint, checkpoint: Checkpoint) -> bool:
    if present.size < checkpoint.size:
        return False
    here = log_entries(FolderBundle(folder).read, _as_closed(present))
    return _root_at(here, checkpoint.size) == checkpoint.root


def _take(folder: Path, election: Election, exported: Path, note: bytes, origin: str) -> None:
    where = str(exported / CHECKPOINT)
    checkpoint = open_checkpoint(note, election.log_keys[origin], where)
    home = names.log_folder(origin)
    present = present_log(FolderBundle(folder), election, origin)
    root = _arriving_root(exported, checkpoint, 0 if present is None else present.size)
    if present is not None and present.size > checkpoint.size:
        here = log_entries(FolderBundle(folder).read, _as_closed(present))
        _check_root(folder, _root_at(here, checkpoint.size), checkpoint, note)
        return
    if present is not None:
        _check_root(folder, root, present, note)
    for tile in layout(checkpoint.size):
        write_bytes(folder / home / tile.path, read_bytes(exported / tile.path))
    write_bytes(folder / home / CHECKPOINT, note)
    _remove_others(folder / home, _as_closed(checkpoint))


def _arriving_root(exported: Path, checkpoint: Checkpoint, size: int) -> bytes:
    """The root that an arriving log had at `size`; an error names the stick."""
    try:
        return _root_at(iter_entries(lambda path: read_bytes(exported / path), checkpoint), size)
    except PbvoteError as error:
        if not error.where.startswith(str(exported)):
            error.where = f"{exported}/{error.where}"
        raise


def _root_at(entries: Iterator[bytes], size: int) -> bytes:
    """The root over the first `size` entries, once all of them are read and so proven.

    A damaged copy must not pass for a fork: that would accuse whoever kept the log.
    """
    root = root_of(islice(entries, size))
    deque(entries, maxlen=0)
    return root


def present_log(bundle: Bundle, election: Election, origin: str) -> Checkpoint | None:
    """The checkpoint of a log that is in the bundle, signature checked; None if it isn't there."""
    where = f"{names.log_folder(origin)}/{CHECKPOINT}"
    if where not in bundle.names():
        return None
    return open_checkpoint(bundle.read(where), election.log_keys[origin], where)


def _check_root(folder: Path, root: bytes, checkpoint: Checkpoint, note: bytes) -> None:
    if root == checkpoint.root:
        return
    kept = keep_evidence(folder, note)
    raise VerificationError(
        f"two copies of {checkpoint.origin} contradict each other",
        where=kept,
        hint="The checkpoint is kept as evidence. Ask who kept this log, and count it as cut",
    )


def keep_evidence(folder: Path, note: bytes) -> str:
    """Put a checkpoint into evidence/, once; its name in the bundle."""
    for number in count(1):
        path = folder / "evidence" / f"{number}.note"
        taken = path.exists() or path.with_suffix(".json").exists()
        if not taken:
            write_bytes(path, note)
        if not taken or (path.exists() and read_bytes(path) == note):
            return f"evidence/{number}.note"
    raise AssertionError


def _remove_others(target: Path, log: ClosedLog) -> None:
    """Partial tiles of an earlier size."""
    wanted = {Path(name).relative_to(names.log_folder(log.origin)) for name in log_files(log)}
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(target) not in wanted:
            path.unlink()


def _as_closed(checkpoint: Checkpoint) -> ClosedLog:
    return ClosedLog(
        origin=checkpoint.origin, status="cut", size=checkpoint.size, root=checkpoint.root
    )
