"""Boxes, voters and ballots on a built election, for the tests of a box."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from copy import copy
from pathlib import Path

from election_builder import BuiltElection, build_election, make_roll
from pbvote.box import Box
from pbvote.core import group
from pbvote.core.admission import Register
from pbvote.core.ballot import PreparedBallot, tracker
from pbvote.core.card import Certificate, Channel, voter_secret
from pbvote.core.encoding import encode, unix_time
from pbvote.core.manifest import Addendum
from pbvote.core.manifest import Box as BoxRecord
from pbvote.core.selection import Vector
from pbvote.files import ADDENDA, COMMISSION, MANIFEST
from pbvote.store import LogStore
from pbvote.store.log import SignedLog
from pbvote.store.memory import MemoryStore
from pbvote.voting import Voter, prepare

CHOICES: Mapping[str, Vector] = {"city": (1, 0, 1, 0, 0)}
PEOPLE = list(make_roll(1000))  # pseudonyms in order; every second one votes in nord
START = unix_time("2026-11-22T10:00:00Z")  # within the hours in the hall


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


def make_code(number: int) -> bytes:
    """The code of a card."""
    return hashlib.sha256(b"code %d" % number).digest()[:16]


def make_voter(
    built: BuiltElection,
    number: int,
    *,
    channel: Channel = "online",
    serial: int = 1,
    certificate: Certificate | None = None,
) -> Voter:
    """Person `number` with a card; `certificate` replaces the right one."""
    code = make_code(1000 * serial + number)
    right = built.certificate(code, PEOPLE[number], serial=serial, channel=channel)
    return Voter(certificate or right, voter_secret(code, built.election.id))


def make_prepared(built: BuiltElection, number: int, box: str = "online") -> PreparedBallot:
    """A ballot of person `number`, before "cast" or "challenge"."""
    voter = make_voter(built, number, channel=built.election.box(box).channel)
    return prepare(built.election, box, voter, CHOICES)


def make_cast(built: BuiltElection, number: int, box: str = "online") -> bytes:
    """The bytes of a ballot that person `number` casts."""
    return encode(make_prepared(built, number, box).cast())


def twin(prepared: PreparedBallot) -> PreparedBallot:
    """The same ballot on a device that doesn't keep to one answer."""
    other = copy(prepared)
    other._unanswered = list(prepared._unanswered)
    return other


def with_new_proof(prepared: PreparedBallot) -> PreparedBallot:
    """The same ballot under another commitment, as only its own device can make it."""
    other = copy(prepared)
    ((randomness, secrets, nonces),) = prepared._unanswered
    nonces = [group.random_scalar() for _ in nonces]
    other._unanswered = [(randomness, secrets, nonces)]
    other.commitment = b"".join(map(group.multiply_base, nonces))
    other.tracker = tracker(other.digest, other.commitment)
    return other


def make_box(
    built: BuiltElection,
    name: str = "online",
    *,
    clock: Clock | None = None,
    store: LogStore | None = None,
    register: Register | None = None,
    opened: bool = True,
) -> Box:
    """An open box in memory."""
    signer = built.boxes[name]
    log = SignedLog(store or MemoryStore(), signer)
    box = Box(log, signer, built.election, name, now=clock or Clock(), register=register)
    if opened:
        box.open_poll()
    return box


def entries(box: Box) -> Iterator[bytes]:
    """All entries of the box's log."""
    return box._log.entries()


def build_town(
    folder: Path, boxes: Mapping[str, Channel] | None = None, seed: int = 1
) -> BuiltElection:
    """An election in `folder`, with boxes made in folders under its `boxes/` (web: online)."""
    built = build_election(seed=seed, roll=make_roll(1000))
    addendum = Addendum(
        election=built.election.id,
        number=1,
        previous=built.election.id,
        at="2026-11-01T00:00:00Z",
        boxes=[
            BoxRecord(
                name=name,
                channel=channel,
                vkey=Box.create(folder / "boxes" / name, built.election.slug, name),
                place=name,
            )
            for name, channel in (boxes or {"web": "online"}).items()
        ],
    )
    built = built.with_addendum(addendum)
    (folder / ADDENDA).mkdir()
    (folder / MANIFEST).write_bytes(built.manifest_note)
    (folder / ADDENDA / "1.note").write_bytes(built.addenda_notes[0])
    (folder / COMMISSION).write_text(built.commission.verify_key.text + "\n")
    return built
