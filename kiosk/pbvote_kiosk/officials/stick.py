"""The box's log on an official's stick, read back from the stick before anybody trusts it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from pbvote.at_hand import log_at
from pbvote.core.errors import StorageError
from pbvote.core.note import open_checkpoint
from pbvote.core.tiles import CHECKPOINT, layout
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.reports import REPORTS

LOGS = "box"


class Exported(Struct, frozen=True):
    """What stands on the stick, as it was read back: where, how many entries, and their root."""

    folder: Path
    size: int
    root: str


def export(poll: Poll, stick: Path, by: tuple[str, ...]) -> Exported:
    """Write the closed box's log, the event log and the reports to a stick, and check them there.

    RefusedError unless the box is closed; StorageError if the stick fails or is pulled out;
    VerificationError if what it gives back isn't what the box has.
    """
    folder, events = stick / LOGS / poll.name, stick / "events" / poll.name
    try:
        poll.box.export(folder)
        exported = check(poll, folder)
        poll.note("exported", {"size": str(exported.size), "root": exported.root}, by)
        size = poll.events.export(events)
        _forget_cached(events)
        poll.events.check_exported(events, size)
        _copy_reports(poll.own / REPORTS, stick / REPORTS / poll.name)
    except OSError as error:
        raise StorageError(
            f"the stick can't be written or read ({error.strerror})",
            where=str(stick),
            hint="Put it in again, or take another; then export again",
        ) from None
    return exported


def check(poll: Poll, folder: Path) -> Exported:
    """Read an exported log back from its disk, and compare it with the box; errors as above."""
    _forget_cached(folder)
    log = log_at(folder)
    key = poll.election.box_keys[poll.name]
    size = sum(1 for _ in log.checked(key))
    signed = open_checkpoint(log.checkpoint, key, str(folder))
    ours, here = poll.numbers, {tile.path for tile in layout(size)} | {CHECKPOINT}
    extra = next((path for path in _files(folder) if path not in here), None)
    if (signed.size, signed.root.hex()) != (ours.size, ours.root) or extra is not None:
        raise StorageError(
            f"the stick holds {extra}, which isn't of this log"
            if extra
            else f"the stick has {signed.size} entries, the box {ours.size}",
            where=str(folder),
            hint="Export again, to an empty stick",
        )
    return Exported(folder, size, ours.root)


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _forget_cached(folder: Path) -> None:
    """Let the system forget what it has of these files in memory, so that the stick is read."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def _copy_reports(source: Path, to: Path) -> None:
    """Each report, read back once all are there."""
    reports = {path.name: path.read_bytes() for path in sorted(source.glob("*"))}
    for name, data in reports.items():
        copy = to / name
        if copy.is_file() and copy.read_bytes() == data:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        with copy.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    _forget_cached(to)
    for name, data in reports.items():
        if (to / name).read_bytes() != data:
            raise StorageError(
                f"the report {name} isn't on the stick as it was written",
                where=str(to),
                hint="Export again, to another stick",
            )
