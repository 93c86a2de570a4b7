"""A registrar's desk: its registry on this machine, with what the others' logs at hand say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pbvote.at_hand import REGISTRIES, now, own_folder
from pbvote.core.errors import InputError
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
    folder: Path, registrar: str | None, *, adopt: bool = False, now: Callable[[], int] = now
) -> Iterator[Desk]:
    """The registry, and the cards of the other registrars as far as their logs are at hand."""
    own, name = registry_folder(folder, registrar)
    election = load_election(folder)
    with Desk.open(own, election, name, now=now, adopt=adopt) as registry:
        for other in election.registrar_keys:
            if other != name:
                _learn(registry, folder, other)
        yield registry


def _learn(registry: Registry, folder: Path, other: str) -> None:
    own = folder / REGISTRIES / other
    for exported in (own / "log", folder / "bundle" / "logs" / "registry" / other):
        if (exported / CHECKPOINT).is_file():
            registry.learn(other, exported)
    if (own / LOG).is_file():
        with TemporaryDirectory() as temporary:
            export_log(own, Path(temporary))
            registry.learn(other, Path(temporary))
