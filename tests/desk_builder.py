"""Desks of one election in folders of their own, as on several machines, and boxes to vote in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from box_builder import CHOICES, START, Clock
from election_builder import BuiltElection, build_election
from pbvote import keyfile
from pbvote.box import Box
from pbvote.core.encoding import encode
from pbvote.core.manifest import Supersede
from pbvote.core.note import VerifyKey
from pbvote.files import write_bytes
from pbvote.registry import ROLL, CheckpointCopy, Desk, IssuedCard, Registry, Roll
from pbvote.registry.rollfile import Person
from pbvote.store.log import open_log
from pbvote.voting import prepare, voter_of_card
from poll_folder import seed
from support import seeded

OFFICIALS = ("mayor", "clerk")
NAMES = ("Zoé Lœvé", "Jean-Pierre van den Broeck", "Anna Dupont", "Bert Schmidt", "Dora Meyer")
DISTRICTS = ("nord", "sud")


@dataclass(frozen=True)
class Desks:
    """The election, and a machine's folder for each registrar."""

    built: BuiltElection
    folders: dict[str, Path]
    copy: Path
    """Where checkpoints go: a stick that every desk has."""

    @contextmanager
    def open(self, name: str = "mairie", at: int = START, random: int = 0) -> Iterator[Desk]:
        folder = self.folders[name]
        own, election = folder / "registries" / name, self.built.election
        with Desk.open(
            own, election, name, now=Clock(at), random=seeded(random or sum(name.encode()))
        ) as desk:
            yield desk

    def copier(self) -> CheckpointCopy:
        return CheckpointCopy(self.copy)

    @contextmanager
    def box(self, name: str = "kiosk-1", at: str = "mairie") -> Iterator[Box]:
        """A box on the machine of this desk, opened when it is first used."""
        folder = self.folders[at]
        election = self.built.election
        with Box.in_folder(folder / "boxes" / name, election, name, now=Clock(START)) as box:
            if box.status().opened is None:
                box.open_poll()
            yield box

    def vote(self, card: IssuedCard | str, box: str = "kiosk-1", at: str = "mairie") -> None:
        """Cast a ballot with a card."""
        election = self.built.election
        voter = voter_of_card(election, card if isinstance(card, str) else card.text)
        with self.box(box, at) as opened:
            opened.cast(encode(prepare(election, box, voter, CHOICES).cast()))


def people(count: int) -> list[Person]:
    return [
        Person(
            id=str(i),
            name=f"{NAMES[i % len(NAMES)]}" + (f" {i}" if i >= len(NAMES) else ""),
            birth_date=f"19{60 + i % 40}-11-{i % 28 + 1:02}",
            address=f"Rue de la Gare {i}",
            document=f"592-{i:07}-11",
            district=DISTRICTS[i % 2],
        )
        for i in range(count)
    ]


def make_desks(
    folder: Path,
    names: Sequence[str] = ("mairie", "desk-1"),
    *,
    count: int = 6,
    supersede: Supersede | None = None,
    slug: str = "demo",
    persons: Sequence[Person] | None = None,
) -> Desks:
    """A signed election; each registrar has a machine with its folder, roll and all boxes.

    On the roll are these persons, or `count` made-up ones.
    """
    keys = {
        name: VerifyKey.parse(Registry.create(folder / name / "registries" / name, slug, name))
        for name in names
    }
    first = folder / names[0] / "registries" / names[0] / ROLL
    with Roll.create(first, persons or people(count), random=seeded(3)) as roll:
        for name in names[1:]:
            roll.copy_to(folder / name / "registries" / name / ROLL)
        built = build_election(
            slug, registrar_keys=keys, roll=roll.public_roll(), supersede=supersede
        )
    for name in names:
        _sign(folder / name, built)
    (folder / "copy").mkdir()
    return Desks(built, {name: folder / name for name in names}, folder / "copy")


def copy_desks(desks: Desks, to: Path) -> Desks:
    """The same machines once more, for another test."""
    folders = {name: to / name for name in desks.folders}
    for name, folder in desks.folders.items():
        shutil.copytree(folder, folders[name])
    (to / "copy").mkdir()
    return Desks(desks.built, folders, to / "copy")


def _sign(path: Path, built: BuiltElection) -> None:
    write_bytes(path / "manifest.note", built.manifest_note)
    write_bytes(path / "roll.csv", built.roll_csv)
    write_bytes(path / "commission.vkey", built.commission.verify_key.text.encode() + b"\n")
    for name, signer in built.boxes.items():
        keyfile.save(path / "boxes" / name / "box.key", signer.name, seed(signer))
        open_log(path / "boxes" / name / "box.db", signer).close()
