"""From manifest, closing and logs to each contest's input column, trusting nothing in between.

docs/protocol.md, section 8. The verifier does it, and every trustee before it mixes (section 9).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

from msgspec import Struct

from pbvote.core.closing import ClosedLog, SignedClosing, open_closing
from pbvote.core.election import Election, open_election
from pbvote.core.errors import PbvoteError, VerificationError
from pbvote.core.note import Checkpoint, VerifyKey, open_checkpoint
from pbvote.core.roll import PublicRoll, read_roll
from pbvote.core.tiles import CHECKPOINT, iter_entries, layout
from pbvote_tally import bundle as names
from pbvote_tally.bundle import Bundle
from pbvote_tally.merge import Merge, Proved, merge, nothing_proved
from pbvote_tally.report import SILENT, Report

ADDENDUM = re.compile(r"addenda/[1-9][0-9]*\.note")


class Rebuilt(Struct, frozen=True):
    """What the signed documents and logs of a bundle say, all of it checked."""

    election: Election
    closing: SignedClosing
    roll: PublicRoll
    merge: Merge


def rebuild(
    bundle: Bundle,
    commission: VerifyKey,
    executor: Executor | None = None,
    report: Report = SILENT,
    proved: Proved = nothing_proved,
) -> Rebuilt:
    """Check manifest, addenda, roll, closing and logs, and merge them; `proved` as in `merge`.

    Raises EncodingError or VerificationError naming the file and the check.
    """
    report.step("Manifest, addenda and roll: signatures of commission and trustees")
    election = read_election(bundle, commission)
    roll = read_roll(bundle.read(names.ROLL), election.manifest)
    report.step("Closing: what is counted, signed before anything was mixed")
    closing = open_closing(bundle.read(names.CLOSING), election)
    check_checkpoints(bundle, election, closing)
    total = sum(log.size for log in closing.closing.logs)
    number = len(closing.closing.logs)
    report.step("Logs: every entry of {number} logs, each ballot's proof", total, number=number)
    logs = log_streams(bundle, closing)
    merged = merge(
        election, closing, roll, logs, executor=executor, progress=report.advance, proved=proved
    )
    return Rebuilt(election, closing, roll, merged)


def read_election(bundle: Bundle, commission: VerifyKey) -> Election:
    """The election of a bundle's manifest and addenda."""
    addenda = [name for name in bundle.names() if ADDENDUM.fullmatch(name)]
    notes = [bundle.read(names.addendum(i)) for i in range(1, len(addenda) + 1)]
    return open_election(bundle.read(names.MANIFEST), notes, commission)


def check_checkpoints(bundle: Bundle, election: Election, closing: SignedClosing) -> None:
    """Each log's checkpoint is signed by its key and says what the closing says."""
    for log in closing.closing.logs:
        if log.status == "lost":
            continue
        where = f"{names.log_folder(log.origin)}/{CHECKPOINT}"
        checkpoint = open_checkpoint(bundle.read(where), election.log_keys[log.origin], where)
        if (checkpoint.size, checkpoint.root) != (log.size, log.root):
            raise VerificationError("it isn't the checkpoint that the closing names", where=where)


def log_streams(bundle: Bundle, closing: SignedClosing) -> dict[str, Callable[[], Iterator[bytes]]]:
    """A fresh, checked stream of each log that isn't lost."""

    def stream(log: ClosedLog) -> Callable[[], Iterator[bytes]]:
        return lambda: log_entries(bundle.read, log)

    return {log.origin: stream(log) for log in closing.closing.logs if log.status != "lost"}


def log_entries(read: Callable[[str], bytes], log: ClosedLog) -> Iterator[bytes]:
    """A log's entries, each tile and the root checked; VerificationError names the tile.

    `read` gives the bytes of a name in the bundle.
    """
    folder = names.log_folder(log.origin)
    checkpoint = Checkpoint(log.origin, log.size, log.root)
    try:
        yield from iter_entries(lambda path: read(f"{folder}/{path}"), checkpoint)
    except PbvoteError as error:
        if not error.where.startswith(folder):
            error.where = f"{folder}/{error.where}"
        raise


def log_files(log: ClosedLog) -> list[str]:
    """The names of a log's files in the bundle: exactly the tiles of its size; none if lost."""
    if log.status == "lost":
        return []
    folder = names.log_folder(log.origin)
    return [f"{folder}/{CHECKPOINT}", *(f"{folder}/{tile.path}" for tile in layout(log.size))]
