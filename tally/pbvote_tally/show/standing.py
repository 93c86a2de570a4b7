"""Where a count stands, told from what lies on the disk and nothing else.

So a program that was killed goes on where it stood, and so does one on another machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from pbvote.core.closing import ClosedLog
from pbvote.core.election import Election, open_by_quorum
from pbvote.core.errors import VerificationError
from pbvote.core.note import Checkpoint, parse_note
from pbvote_tally import bundle as names
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.close import read_through
from pbvote_tally.collect import present_log
from pbvote_tally.tally import PART

Stage = Literal["boxes", "closing", "tally", "result"]
"""Boxes come in; the closing waits for signatures; merge to count; the result is signed."""


class LogStands(Struct, frozen=True):
    """A log that is expected: `box/<name>` or `registry/<name>`, and what of it is here.

    `why` says why an `open` one doesn't count as closed.
    """

    origin: str
    status: Literal["missing", "open", "closed"]
    size: int = 0
    root: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """As it is called on the command line."""
        return self.origin.split("/", 2)[2]


class Signatures(Struct, frozen=True):
    """Who signed the closing: names of trustees as in the manifest, and how many it takes."""

    signed: list[str]
    unsigned: list[str]
    needed: int

    @property
    def is_enough(self) -> bool:
        """Whether the count may go on."""
        return len(self.signed) >= self.needed


class TrusteeStands(Struct, frozen=True):
    """How far a trustee is: whether every contest with ballots is mixed, and everything opened."""

    number: int
    name: str
    mixed: bool
    opened: bool
    can_mix: bool


def stage(bundle: FolderBundle, election: Election) -> Stage:
    """Where the count stands."""
    if (bundle.folder / names.RESULTS).exists():
        return "result"
    if not (bundle.folder / names.CLOSING).exists():
        return "boxes"
    return "tally" if signatures(bundle, election).is_enough else "closing"


def log_stands(bundle: FolderBundle, election: Election, origin: str) -> LogStands:
    """What of a log is in the bundle; it is read to its end."""
    checkpoint = present_log(bundle, election, origin)
    if checkpoint is None:
        return LogStands(origin, "missing")
    root = checkpoint.root.hex()
    try:
        read_through(bundle, election, _closed(checkpoint))
    except VerificationError as error:
        return LogStands(origin, "open", checkpoint.size, root, error.what)
    return LogStands(origin, "closed", checkpoint.size, root)


def _closed(checkpoint: Checkpoint) -> ClosedLog:
    return ClosedLog(
        origin=checkpoint.origin, status="closed", size=checkpoint.size, root=checkpoint.root
    )


def signatures(bundle: FolderBundle, election: Election) -> Signatures:
    """Who signed closing.note, each signature checked."""
    note = bundle.read(names.CLOSING)
    open_by_quorum(note, election.commission, election.trustee_keys, 0, names.CLOSING)
    there = {signature.name for signature in parse_note(note, names.CLOSING).signatures}
    signed, unsigned = list[str](), list[str]()
    for trustee, key in zip(election.manifest.trustees, election.trustee_keys, strict=True):
        (signed if key.name in there else unsigned).append(trustee.name)
    return Signatures(signed, unsigned, election.manifest.quorum)


class Parts(Struct, frozen=True):
    """Contest → numbers of the trustees whose mix, whose opening of it is whole; "" is the lot.

    `is_begun`: a trustee has begun to open, whether or not it came to an end.
    """

    mixes: Mapping[str, set[int]]
    openings: Mapping[str, set[int]]
    is_begun: bool = False

    @property
    def is_opening(self) -> bool:
        """Whether it is the openings' turn: nobody mixes any more."""
        return self.is_begun or any(self.openings.values())


def parts(bundle: FolderBundle, is_begun: bool = False) -> Parts:
    """The whole mixes and openings in a bundle; what a kill left half written isn't there."""
    found: dict[str, int] = defaultdict(int)
    for name in bundle.names():
        if PART.fullmatch(name):
            found[name.rpartition("/")[0]] += 1
    mixes: dict[str, set[int]] = defaultdict(set)
    openings: dict[str, set[int]] = defaultdict(set)
    for folder, number in found.items():
        place, _, part = folder.rpartition("/")
        what, _, trustee = part.partition("-")
        contest = place.removeprefix("contests/") if place != "lot" else ""
        if (what, number) == ("mix", 3):
            mixes[contest].add(int(trustee))
        elif (what, number) == ("opening", 2):
            openings[contest].add(int(trustee))
    return Parts(mixes, openings, is_begun)


def trustees(election: Election, contests: Iterable[str], done: Parts) -> list[TrusteeStands]:
    """Every trustee, in order; `contests` are those that have ballots."""
    voted = list(contests)

    def stands(number: int, name: str) -> TrusteeStands:
        missing = [c for c in voted if number not in done.mixes.get(c, set())]
        late = any(max(done.mixes.get(c, set()), default=0) > number for c in missing)
        return TrusteeStands(
            number=number,
            name=name,
            mixed=not missing,
            opened=all(number in done.openings.get(c, set()) for c in [*voted, ""]),
            can_mix=bool(missing) and not late and not done.is_opening,
        )

    return [stands(j, trustee.name) for j, trustee in enumerate(election.manifest.trustees, 1)]


def is_mixed(election: Election, contests: Iterable[str], done: Parts) -> bool:
    """Whether enough trustees have mixed every contest."""
    need = election.manifest.threshold
    return all(len(done.mixes.get(contest, set())) >= need for contest in contests)


def is_opened(election: Election, contests: Iterable[str], done: Parts) -> bool:
    """Whether enough trustees have opened every contest and the lot."""
    need = election.manifest.threshold
    return all(len(done.openings.get(contest, set())) >= need for contest in [*contests, ""])
