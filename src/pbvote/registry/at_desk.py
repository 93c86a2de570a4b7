"""A registrar's desk: its registry on this machine, with what the others' logs at hand say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pbvote.at_hand import REGISTRIES, now, own_folder
from pbvote.core.errors import InputError, PbvoteError, StorageError
from pbvote.core.tiles import CHECKPOINT
from pbvote.files import load_election
from pbvote.registry.desk import Desk
from pbvote.registry.folder import KEY, LOG, export_log
from pbvote.registry.registrar import Registry


def registry_folder(folder: Path, registrar: str | None) -> tuple[Path, str]:
    """A registry's folder on this machine and its name; the only one if none is named."""
    if registrar is None:
        own = (folder / REGISTRIES).glob(f"*/{KEY}")  # not where only another's vkey or log is
        here = sorted(path.parent.name for path in own)
        if len(here) != 1:
            raise InputError(
                f"there are {len(here) or 'no'} registries on this machine",
                where=str(folder / REGISTRIES),
                hint=f"Say which one: --registrar {' or '.join(here)}"
                if here
                else "`pbvote registry create` makes one",
            )
        registrar = here[0]
    return own_folder(folder, REGISTRIES, registrar), registrar


@contextmanager
def opened(
    folder: Path,
    registrar: str | None,
    *,
    adopt: bool = False,
    now: Callable[[], int] = now,
    wrong: list[PbvoteError] | None = None,
) -> Iterator[Desk]:
    """The registry, and the cards of the other registrars as far as their logs are at hand.

    A copy of another's log that is damaged is refused; if `wrong` is given, it is left out, and
    named there: a desk must start on the day.
    """
    own, name = registry_folder(folder, registrar)
    election = load_election(folder)
    with Desk.open(own, election, name, now=now, adopt=adopt) as registry:
        found = learn_at_hand(registry, folder)
        if wrong is None and found:
            raise found[0]
        if wrong is not None:
            wrong += found
        yield registry


def learn_at_hand(registry: Registry, folder: Path) -> list[PbvoteError]:
    """Read every copy of the others' logs in the election's folder; what is wrong with some."""
    wrong: list[PbvoteError] = []
    for other in registry.election.registrar_keys:
        if other == registry.name:
            continue
        own = folder / REGISTRIES / other
        for copy in (own / "log", folder / "bundle" / "logs" / "registry" / other, own / LOG):
            try:
                _learn(registry, other, copy)
            except PbvoteError as error:
                wrong.append(error.at(other))
            except OSError as error:
                why = f"can't be read ({error.strerror})"
                wrong.append(StorageError(why, where=str(copy)))
    return wrong


def _learn(registry: Registry, other: str, copy: Path) -> None:
    if copy.name == LOG and copy.is_file():
        with TemporaryDirectory() as temporary:
            export_log(copy.parent, Path(temporary))
            registry.learn(other, Path(temporary))
    elif (copy / CHECKPOINT).is_file():
        registry.learn(other, copy)
