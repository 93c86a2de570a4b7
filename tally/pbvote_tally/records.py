"""The records that the tally writes (docs/protocol.md, sections 8, 9, 12)."""

from __future__ import annotations

from pbvote.core.admission import Reason
from pbvote.core.encoding import Bytes16, Bytes32, Count, Name, Record


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
