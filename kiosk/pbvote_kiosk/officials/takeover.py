"""A box whose machine died goes on in another one: from its second copy and its spare key.

The second copy has every ballot but no key, the spare key is useless without its passphrase and
tells nothing of the ballots: so each stick alone is worth nothing to a thief.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from pbvote import keyfile
from pbvote.at_hand import BOXES
from pbvote.box import KEY, LOG, Box
from pbvote.box.rescue import WHOLE, read_dead
from pbvote.core.election import Election
from pbvote.core.errors import InputError, RefusedError, StorageError
from pbvote.core.note import Signer
from pbvote.files import TEMPORARY
from pbvote.store.files import sync_folder
from pbvote.store.mark import mark_path
from pbvote.store.sqlite import SqliteStore
from pbvote_kiosk.officials.events import Detail, Events
from pbvote_kiosk.officials.keepers import check_role
from pbvote_kiosk.officials.poll import check_two, kiosk_folder


class Taken(Struct, frozen=True):
    """What a box had when it was taken over."""

    cast: int
    challenged: int
    size: int
    root: str
    closed: bool


def spare_key_path(to: Path, election: Election, name: str) -> Path:
    """What a spare key is called in a stick's folder."""
    return to / f"{election.slug}-{name}.key"


def save_spare_key(
    folder: Path,
    election: Election,
    name: str,
    to: Path,
    passphrase: str,
    *,
    cost: keyfile.Cost = keyfile.MODERATE,
) -> Path:
    """The box's key once more, sealed under a passphrase; its file.

    InputError if `to` isn't there or the passphrase is too short, RefusedError if it has one.
    """
    if not to.is_dir():
        raise InputError("the folder isn't there", where=str(to), hint="Put in the stick")
    own = folder / BOXES / name / KEY
    path = spare_key_path(to, election, name)
    keyfile.save(path, keyfile.owner(own), keyfile.load(own), passphrase, cost)
    return path


def check_apart(to: Path, second: str) -> None:
    """RefusedError if the spare key would lie on the same disk as the second copy."""
    places = [path for path in (to, Path(second)) if second and path.exists()]
    if len({path.stat().st_dev for path in places}) == 1 and len(places) == 2:
        raise RefusedError(
            "the second copy is on the same stick",
            where=str(to),
            hint="Use another one: who finds both could go on as this box",
        )


def take_over(
    folder: Path,
    election: Election,
    name: str,
    *,
    copy: Path,
    key: Path,
    passphrase: str,
    reason: str,
    by: Sequence[str],
    now: Callable[[], int],
) -> Taken:
    """Put a dead machine's box in place here, everything checked against the manifest.

    `copy` and `key` stay as they are. RefusedError if a box of this name is here, if fewer than
    two officials act, or if the key is another's; InputError for a wrong passphrase, no reason, or
    what can't be a role; StorageError if the copy is damaged or not whole. Then nothing of
    the key stays here.
    """
    check_two(by)
    for role in by:
        check_role(role)
    if not reason.strip() or not reason.strip().isprintable():
        raise InputError("no reason is given", hint="Write in a few words what happened")
    election.box(name)
    home = folder / BOXES / name
    if home.exists():
        raise RefusedError(
            "a box of this name is on this machine already",
            where=str(home),
            hint="Take over on a machine that never had it; move nothing by hand",
        )
    signer, seed = _signer(election, name, key, passphrase)
    staged = folder / BOXES / f"{TEMPORARY}{name}"
    shutil.rmtree(staged, ignore_errors=True)  # of a takeover that was cut off
    try:
        staged.mkdir(parents=True, mode=0o700)
        keyfile.save(staged / KEY, signer.name, seed)
        _copy_log(copy, staged / LOG)
        with Box.in_folder(staged, election, name, now=now, adopt=True) as box:
            status = box.status()
        _note(folder, election, name, status.size, status.root, reason, by, now)
        staged.rename(home)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)  # the box's key lies in it without passphrase
        raise
    sync_folder(home.parent)
    return Taken(
        status.cast, status.challenged, status.size, status.root, status.closed is not None
    )


def _signer(election: Election, name: str, key: Path, passphrase: str) -> tuple[Signer, bytes]:
    seed = keyfile.load(key, passphrase)
    signer = Signer(keyfile.owner(key), seed)
    if signer.verify_key != election.box_keys[name]:
        raise RefusedError(
            f"this isn't the key that the manifest gives the box {name}",
            where=str(key),
            hint="Use the spare key of this box",
        )
    return signer, seed


def _copy_log(copy: Path, to: Path) -> None:
    """Every entry, the checkpoint and the private table, in one commit, if its mark agrees."""
    if copy.exists() and not mark_path(copy).exists():
        raise StorageError(
            "the copy's mark isn't beside it, so nobody can tell whether ballots are missing",
            where=str(mark_path(copy)),
            hint=WHOLE,
        )
    source = read_dead(copy)
    try:
        checkpoint = source.checkpoint
        if checkpoint is None:
            raise StorageError("the copy is empty", where=str(copy), hint="Is it the right stick?")
        target = SqliteStore.open(to)
        try:
            target.commit(source.entries(), checkpoint, dict(source.items()))
        finally:
            target.close()
    finally:
        source.close()


def _note(
    folder: Path,
    election: Election,
    name: str,
    size: int,
    root: str,
    reason: str,
    by: Sequence[str],
    now: Callable[[], int],
) -> None:
    own = kiosk_folder(folder, name)
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    events = Events.open_in(own, election.slug, name, now=now)
    try:
        detail: dict[Detail, str] = {
            "reason": reason.strip()[:200],
            "size": str(size),
            "root": root,
        }
        events.note("takeover", by, detail)
    finally:
        events.close()
