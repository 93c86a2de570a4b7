"""The log of a box whose machine died: its database or second copy, without its key."""

from __future__ import annotations

from pathlib import Path

from pbvote.core.errors import InputError
from pbvote.core.note import open_checkpoint
from pbvote.files import load_election
from pbvote.store.export import export as export_log
from pbvote.store.sqlite import SqliteStore


def export_dead(folder: Path, name: str, source: Path, to: Path) -> int:
    """What a database holds of this box's log, its checkpoint checked against the manifest."""
    election = load_election(folder)
    election.box(name)
    store = SqliteStore.open(source, read_only=True)
    try:
        if store.checkpoint is None:
            raise InputError("an empty log", where=str(source), hint="Declare the box lost")
        open_checkpoint(store.checkpoint, election.box_keys[name], str(source))
        return export_log(store, to)
    finally:
        store.close()
