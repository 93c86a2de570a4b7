"""What lies in a registrar's folder, and how it is destroyed.

::

    registry.key     its signing key; without passphrase, as a desk must start by itself
    roll.db          the private roll
    log.db           its log: certificates, enrolments, revocations
    log.db.mark      how far the log was at the last commit
    cards/           letters and cards to print, if somebody keeps them; `purge` destroys them
    lists/           who came to the desk, whom to invite again: private too, destroyed too
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from pbvote.core.card import RegistryClose, RegistryEntry
from pbvote.core.encoding import decode
from pbvote.core.errors import EncodingError, RefusedError, StorageError
from pbvote.registry.roll import overwrite_and_remove, remove_database
from pbvote.store.export import export
from pbvote.store.sqlite import SqliteStore

KEY = "registry.key"
ROLL = "roll.db"
LOG = "log.db"
CARDS = "cards"
LISTS = "lists"


def export_log(folder: Path, to: Path) -> int:
    """Export a registrar's log, also when the registry is in use or was purged."""
    store = SqliteStore.open(folder / LOG, read_only=True)
    try:
        return export(store, to)
    finally:
        store.close()


def purge(folder: Path) -> None:
    """After the appeal period: destroy the roll, the key, and what was kept of the cards.

    The log stays, verifies, and can be exported with `export_log`. Copies elsewhere (other desks,
    sticks, backups, printers) have to be destroyed there. RefusedError while the log isn't closed,
    StorageError while it is in use or if something stays. Doing it again finishes what was cut off.
    """
    store = SqliteStore.open(folder / LOG, create=False)
    try:
        if not _is_closed(store):
            raise RefusedError(
                "a registry that isn't closed can't be purged",
                where=str(folder),
                hint="Close it; purge it when nobody can appeal any more",
            )
        _destroy(folder)
    except OSError as error:
        raise StorageError(
            f"not everything could be destroyed ({error.strerror})",
            where=str(error.filename or folder),
            hint="Get the rights to delete it, then purge again",
        ) from None
    finally:
        store.close()


def _is_closed(log: SqliteStore) -> bool:
    """Whether its last entry says so."""
    last = next(log.entries(max(0, log.size - 1)), b"")
    try:
        return isinstance(decode(last, RegistryEntry), RegistryClose)
    except EncodingError:
        return False


def _destroy(folder: Path) -> None:
    remove_database(folder / ROLL)
    remove_database(folder / f".new-{ROLL}")
    overwrite_and_remove(folder / KEY)
    for private in (folder / CARDS, folder / LISTS):
        for path in private.rglob("*"):
            if path.is_file() and not path.is_symlink():
                overwrite_and_remove(path)
        with suppress(FileNotFoundError):
            shutil.rmtree(private)
