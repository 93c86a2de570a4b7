"""Trustees in folders, and a signed election whose key they made together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from election_builder import build_election
from pbvote import trustee
from pbvote.core.closing import ClosedLog, Closing
from pbvote.core.election import Election, commission_name, open_election
from pbvote.core.encoding import encode
from pbvote.core.group import multiply_base, random_scalar
from pbvote.core.merkle import EMPTY_ROOT
from pbvote.core.note import Signer, sign_note
from pbvote.core.sealing import seal
from pbvote.keyfile import Cost
from pbvote.trustee import ceremony
from support import seeded

PASSPHRASE = "wind table orange seven"
CHEAP = Cost(1, 8192)
"""The least that Argon2id does: these keys guard nothing."""
NAMES = ("anna", "bob", "carla")
COMMISSION = Signer(commission_name("demo"), bytes(31) + b"c")


@dataclass(frozen=True)
class Circle:
    """The folders of a ceremony."""

    path: Path
    names: Sequence[str]
    slug: str = "demo"

    @property
    def commission(self) -> Signer:
        return Signer(commission_name(self.slug), bytes(31) + b"c")

    @property
    def shared(self) -> Path:
        return self.path / "ceremony"

    def folder(self, name: str) -> Path:
        return self.path / "trustees" / name

    def enrol(self, name: str) -> bytes:
        return ceremony.enrol(self.folder(name), self.shared, name, PASSPHRASE, CHEAP)

    def deal(self, name: str) -> bytes:
        return ceremony.deal(self.folder(name), self.shared, PASSPHRASE)

    def accept(self, name: str) -> bytes:
        return ceremony.accept(self.folder(name), self.shared, PASSPHRASE)

    def note(self, name: str, round_name: str) -> Path:
        return self.shared / f"{name}.{round_name}.note"

    def sign_manifest(self, name: str, note: bytes) -> bytes:
        return trustee.sign_manifest(
            self.folder(name), note, self.commission.verify_key, PASSPHRASE
        )

    def manifest(self) -> bytes:
        """The manifest that the commission signed, and nobody else yet."""
        t = ceremony.read_ceremony(self.shared).threshold
        trustees, key = ceremony.manifest_trustees(self.shared)
        draft = build_election(self.slug, trustees=len(trustees), threshold=t).election.manifest
        manifest = structs.replace(
            draft,
            ceremony=ceremony.read_ceremony(self.shared).ceremony,
            trustees=trustees,
            key=key,
        )
        return sign_note(encode(manifest).decode() + "\n", [self.commission])

    def election(self) -> Election:
        """Signed by everybody."""
        note = self.manifest()
        for name in self.names:
            note = self.sign_manifest(name, note)
        return open_election(note, (), self.commission.verify_key)


def start(path: Path, names: Sequence[str] = NAMES, t: int = 2, slug: str = "demo") -> Circle:
    """A ceremony that nobody has enrolled in."""
    circle = Circle(path, names, slug)
    ceremony.start_ceremony(circle.shared, slug, t, names)
    return circle


def enrolled(path: Path, names: Sequence[str] = NAMES, t: int = 2, slug: str = "demo") -> Circle:
    """A ceremony before the deals."""
    circle = start(path, names, t, slug)
    for name in names:
        circle.enrol(name)
    return circle


def dealt(path: Path, names: Sequence[str] = NAMES, t: int = 2, slug: str = "demo") -> Circle:
    """A ceremony before anybody accepts."""
    circle = enrolled(path, names, t, slug)
    for name in names:
        circle.deal(name)
    return circle


def finished(path: Path, names: Sequence[str] = NAMES, t: int = 2, slug: str = "demo") -> Circle:
    """A ceremony that gave a key."""
    circle = dealt(path, names, t, slug)
    for name in names:
        circle.accept(name)
    return circle


def closing_note(election: Election, at: str = "2026-11-22T18:30:00Z") -> bytes:
    """A closing that finds every log lost, signed by the commission."""
    logs = [
        ClosedLog(origin=origin, status="lost", size=0, root=EMPTY_ROOT)
        for origin in election.log_keys
    ]
    closing = Closing(election=election.id, at=at, addenda=list(election.addenda_hashes), logs=logs)
    return sign_note(encode(closing).decode() + "\n", [COMMISSION])


def column(election: Election, contest: str, count: int = 4, seed: int = 1) -> bytes:
    """Sealed rows of small multiples of G."""
    random = seeded(seed)
    width = election.contest(contest).width
    elements = [multiply_base((i + 1).to_bytes(32, "little")) for i in range(count * width)]
    return seal(elements, election.key, [random_scalar(random) for _ in elements])


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
