"""The records that the tally writes (docs/protocol.md, sections 8, 9, 12, 13)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pbvote.core.admission import Reason
from pbvote.core.encoding import MAX_INT, Bytes16, Bytes32, Count, Name, Record, Time, check_time
from pbvote.core.manifest import Correction, Text


class BoxCount(Record, frozen=True, kw_only=True):
    """A box in merge.json."""

    name: Name
    size: Count
    cast: Count
    challenged: Count
    accepted: Count


class RegistryCount(Record, frozen=True, kw_only=True):
    """A registry in merge.json."""

    name: Name
    size: Count
    certificates: Count
    enrolled: Count
    revoked: Count


class SetAside(Record, frozen=True, kw_only=True):
    """An entry that doesn't count, and why."""

    box: Name
    index: Count
    reason: Reason


class Place(Record, frozen=True, kw_only=True):
    """An entry's place."""

    box: Name
    index: Count


class Conflict(Record, frozen=True, kw_only=True):
    """Equal ballots of one pseudonym in several boxes."""

    pseudonym: Bytes16
    entries: list[Place]


class MergeRecord(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/merge/1"):
    """merge.json."""

    election: Bytes32
    boxes: list[BoxCount]
    registries: list[RegistryCount]
    set_aside: list[SetAside]
    conflicts: list[Conflict]
    accepted: Count
    root: Bytes32


class MixRecord(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/mix/1"):
    """A trustee's statement.note: SHA-256 of what went in, came out, and proves it."""

    election: Bytes32
    contest: Name
    trustee: Count
    input: Bytes32
    output: Bytes32
    proof: Bytes32


class ContestResult(Record, frozen=True, kw_only=True):
    """A contest in results.note; winners in the order chosen."""

    id: Name
    ballots: Count
    blank: Count
    invalid: Count
    winners: list[Name]


class Results(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/results/1"):
    """results.note: the winners, and the SHA-256 of every other file of the bundle."""

    election: Bytes32
    closing: Bytes32
    contests: list[ContestResult]
    files: dict[str, Bytes32]


class CorrectedResults(
    Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/correction/1"
):
    """A result that takes the place of the one before; results.note is number 1.

    ``{"at":"2026-12-05T10:00:00Z","contests":[{"ballots":800,…,"winners":["p15",…]}],
    "corrections":[{"contest":"town","field":"withdrawn","project":"p05",…}],"election":"g2XI…",
    "number":2,"previous":"Zm9v…","reason":"…","type":"pbvote/correction/1"}``
    """

    election: Bytes32
    number: Annotated[int, Meta(ge=2, le=MAX_INT)]
    previous: Bytes32
    at: Time
    reason: Text
    corrections: list[Correction]
    contests: list[ContestResult]

    def __post_init__(self) -> None:
        check_time(self.at)
