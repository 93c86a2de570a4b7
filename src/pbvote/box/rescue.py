"""The log of a box whose machine died: its database or second copy, without its key."""

from __future__ import annotations

from pathlib import Path

from pbvote.at_hand import Snapshot
from pbvote.core.errors import InputError
from pbvote.core.note import open_checkpoint
from pbvote.files import load_election
from pbvote.store.export import export as export_log
from pbvote.store.mark import NotTheLog


def read_dead(source: Path) -> Snapshot:
    """A database that nobody writes any more. StorageError if it isn't whole, as its mark says."""
    try:
        return Snapshot(source)
    except NotTheLog as error:
        raise NotTheLog(error.what, where=error.where, hint=WHOLE) from error


WHOLE = (
    "Most of a log lies beside its database: use the stick or disk itself, or copy every file"
    " whose name begins with the database's (-wal and .mark too)"
)


def export_dead(folder: Path, name: str, source: Path, to: Path) -> int:
    """What a database holds of this box's log, its checkpoint checked against the manifest.

    StorageError if it is behind the mark beside it.
    """
    election = load_election(folder)
    election.box(name)
    store = read_dead(source)
    try:
        if store.checkpoint is None:
            raise InputError("an empty log", where=str(source), hint="Declare the box lost")
        open_checkpoint(store.checkpoint, election.box_keys[name], str(source))
        return export_log(store, to)
    finally:
        store.close()
