"""What the site says of single ballots: where each stands, whether it counts, and which instead.

One pass over the boxes' logs, which results.note names; merge.json says what was set aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import UNSET

from pbvote.core.ballot import BoxEntry, Cast, Challenge, ballot_digest, tracker
from pbvote.core.closing import ClosedLog
from pbvote.core.election import box_origin
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import PbvoteError
from pbvote_tally.bundle import Bundle
from pbvote_tally.published import Published
from pbvote_tally.rebuild import log_entries


class Place(NamedTuple):
    """Box position, and the index of the entry in its log."""

    box: int
    entry: int


class Seen(NamedTuple):
    """A cast or challenge in a log."""

    place: Place
    tracker: bytes
    pseudonym: bytes
    district: str | None
    cast: bool


def box_log(published: Published, box: int) -> ClosedLog:
    """A box's log as the closing counts it."""
    election = published.election
    return published.closing.log(box_origin(election.slug, election.boxes[box].name))


def seen(bundle: Bundle, published: Published) -> Iterator[Seen]:
    """Every cast and challenge of every box, by box position, then index."""
    for box, _ in enumerate(published.election.boxes):
        log = box_log(published, box)
        if log.status == "lost":
            continue
        for index, data in enumerate(log_entries(bundle.read, log)):
            try:
                entry = decode(data, BoxEntry)
            except PbvoteError:
                continue  # malformed: set aside, and no receipt is for it
            if isinstance(entry, Cast | Challenge):
                yield _seen(Place(box, index), entry)


def _seen(place: Place, entry: Cast | Challenge) -> Seen:
    certificate = entry.ballot.certificate
    return Seen(
        place,
        tracker(ballot_digest(encode(entry.ballot)), entry.proof.commitment),
        certificate.pseudonym,
        None if certificate.district is UNSET else certificate.district,
        isinstance(entry, Cast),
    )


class Ballots:
    """Every ballot of the boxes, with what the merge made of it."""

    def __init__(self, bundle: Bundle, published: Published) -> None:
        names = {box.name: i for i, box in enumerate(published.election.boxes)}
        self.all = list(seen(bundle, published))
        self.reasons = {
            Place(names[aside.box], aside.index): aside.reason
            for aside in published.merge.set_aside
        }
        self.counted = [b for b in self.all if b.cast and b.place not in self.reasons]

    def successors(self) -> dict[Place, Place]:
        """Each superseded ballot, and the one of the same person that counts."""
        chosen = {ballot.pseudonym: ballot.place for ballot in self.counted}
        return {
            ballot.place: chosen[ballot.pseudonym]
            for ballot in self.all
            if self.reasons.get(ballot.place) == "superseded"
        }
