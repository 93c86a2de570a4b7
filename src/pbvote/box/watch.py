"""What only this machine's folder tells of a box: its mark, and the second copy it was given.

`--second` is named at every command that writes. So that leaving it out is noticed, a file in the
box's folder remembers where the copy was last.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pbvote.box.box import LOG, BoxStatus
from pbvote.core.errors import StorageError
from pbvote.files import read_bytes, write_bytes
from pbvote.store.mark import mark_path
from pbvote.store.sqlite import SqliteStore

SECOND = "second-copy"


def remember(own: Path, second: Path) -> None:
    """Keep the second copy's place in the box's folder."""
    write_bytes(own / SECOND, os.fsencode(second.absolute()), private=True)


def with_warnings(status: BoxStatus, own: Path, *, second: Path | None) -> BoxStatus:
    """The status of a box that was opened to write, `second` being the copy it was given."""
    known = known_second(own)
    if second is not None or known is None:
        return status
    return _warned(status, f"the second copy {known} isn't written: give --second")


def with_findings(status: BoxStatus, own: Path) -> BoxStatus:
    """The status of a box that is only looked at, with what is wrong in its folder."""
    return _warned(status, *_findings(status, own))


def _warned(status: BoxStatus, *more: str) -> BoxStatus:
    return dataclasses.replace(status, warnings=(*status.warnings, *more))


def known_second(own: Path) -> Path | None:
    """Where the second copy of the box in this folder was last; None if it never had one."""
    path = own / SECOND
    return Path(os.fsdecode(read_bytes(path))) if path.exists() else None


def _findings(status: BoxStatus, own: Path) -> Iterator[str]:
    mark = mark_path(own / LOG)
    if status.size and not mark.exists():
        yield (
            f"the mark {mark} is missing, so nobody can tell whether entries are missing, and the"
            " box won't open. Put it back; if it is lost, compare the log with its second copy,"
            " then open it with --adopt"
        )
    second = known_second(own)
    if second is None:
        return
    try:
        with closing(SqliteStore.open(second, read_only=True)) as copy:
            size = copy.size
    except StorageError as error:
        yield f"the second copy can't be read ({error}). Put in the stick, and give --second"
        return
    if size < status.size:
        yield f"the second copy {second} has {size} of {status.size} entries: give --second"
