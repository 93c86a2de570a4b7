"""What the logs say of the day: each box and registrar, and the desks' pages held against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from pbvote.core.ballot import BoxEntry, Cast, Challenge, Close, Open
from pbvote.core.card import Certificate, Enrol, RegistryClose, RegistryEntry, Revocation
from pbvote.core.closing import ClosedLog
from pbvote.core.election import Election, box_origin, registry_origin
from pbvote.core.encoding import Texts, decode
from pbvote.core.errors import EncodingError, VerificationError
from pbvote.core.manifest import Box
from pbvote.registry.ballots import BoxAtHand
from pbvote.registry.reconciliation import DeskDay, DeskPage, OwnDay, Reconciliation, reconcile
from pbvote_tally.merge import Logs
from pbvote_tally.published import Published

COMPARED = ("handed_out", "used", "taken_back", "not_used", "cast", "again", "challenged")
"""What a desk's page and the logs both say."""


class BoxDay(Struct, frozen=True):
    """A box's day. `opened` and `closed` are times, "" where the log has none."""

    name: str
    channel: str
    place: str | Texts
    log: ClosedLog
    opened: str
    closed: str
    cast: int
    challenged: int
    counted: int
    set_aside: int


class RegistrarDay(Struct, frozen=True):
    """A registrar's log: cards by channel, cards revoked, people added on the day."""

    name: str
    log: ClosedLog
    closed: str
    online: int
    in_person: int
    revoked: int
    enrolled: int


class Mismatch(Struct, frozen=True):
    """A number of a desk's page that isn't what the logs in the closing say."""

    desk: str
    at: str
    what: str
    said: int
    found: int


class Day(Struct, frozen=True):
    """The day of the vote as a whole. `numbers` are of the hall, as at a desk's closing."""

    boxes: list[BoxDay]
    registrars: list[RegistrarDay]
    numbers: Reconciliation
    pages: list[DeskPage]
    mismatches: list[Mismatch]


def read_day(published: Published, logs: Logs, pages: Sequence[DeskPage]) -> Day:
    """Read every log once; `pages` are the desks', in any order, the latest of each counts.

    VerificationError for a page of another election.
    """
    election = published.election
    for page in pages:
        if page.election != election.id or page.desk not in election.registrar_keys:
            raise VerificationError(
                "a desk's page of another election", where=page.desk, hint="Leave it out"
            )
    registries = [
        _Registry(name, published.closing.log(registry_origin(election.slug, name)))
        for name in election.registrar_keys
    ]
    for registry in registries:
        registry.read(_entries(logs, registry.log, RegistryEntry))
    boxes = [
        _Box(box, published.closing.log(box_origin(election.slug, box.name)))
        for box in election.boxes
    ]
    for box in boxes:
        box.read(_entries(logs, box.log, BoxEntry))
    latest = {page.desk: page for page in sorted(pages, key=lambda page: page.at)}
    used = list(latest.values())
    numbers = _reconciled(election, registries, boxes, used)
    return Day(
        boxes=[_box_day(published, box) for box in boxes],
        registrars=[registry.day() for registry in registries],
        numbers=numbers,
        pages=used,
        mismatches=[
            Mismatch(page.desk, page.at, what, said, found)
            for page in used
            for what in COMPARED
            for said, found in ((getattr(page.numbers, what), getattr(numbers, what)),)
            if said != found
        ],
    )


def _entries(logs: Logs, log: ClosedLog, kind: object) -> Iterator[object]:
    """A log's entries; malformed ones count nowhere (section 8, rule 1)."""
    for data in logs[log.origin]() if log.origin in logs else ():
        try:
            yield decode(data, kind)  # type: ignore[call-overload]  # a union of records
        except EncodingError:
            continue


class _Registry:
    """A registrar's entries, counted."""

    def __init__(self, name: str, log: ClosedLog) -> None:
        self.name, self.log = name, log
        self.closed = ""
        self.counts: Counter[str] = Counter()
        self.in_person: dict[bytes, bytes] = {}  # key of a card → pseudonym
        self.revoked: set[bytes] = set()

    def read(self, entries: Iterable[object]) -> None:
        for entry in entries:
            if isinstance(entry, Certificate):
                self.counts[entry.channel] += 1
                if entry.channel == "in-person":
                    self.in_person[entry.key] = entry.pseudonym
            elif isinstance(entry, Revocation):
                self.revoked.add(entry.key)
            elif isinstance(entry, Enrol):
                self.counts["enrolled"] += 1
            elif isinstance(entry, RegistryClose):
                self.closed = entry.at

    def day(self) -> RegistrarDay:
        return RegistrarDay(
            name=self.name,
            log=self.log,
            closed=self.closed,
            online=self.counts["online"],
            in_person=self.counts["in-person"],
            revoked=len(self.revoked),
            enrolled=self.counts["enrolled"],
        )


class _Box:
    """A box's entries, counted; `keys` are those of the cards that cast in it."""

    def __init__(self, box: Box, log: ClosedLog) -> None:
        self.box, self.log = box, log
        self.opened = self.closed = ""
        self.cast = self.challenged = 0
        self.keys: set[bytes] = set()

    def read(self, entries: Iterable[object]) -> None:
        for entry in entries:
            if isinstance(entry, Cast):
                self.cast += 1
                self.keys.add(entry.ballot.certificate.key)
            elif isinstance(entry, Challenge):
                self.challenged += 1
            elif isinstance(entry, Open):
                self.opened = self.opened or entry.at
            elif isinstance(entry, Close):
                self.closed = entry.at


def _box_day(published: Published, box: _Box) -> BoxDay:
    name = box.box.name
    return BoxDay(
        name=name,
        channel=box.box.channel,
        place=box.box.place,
        log=box.log,
        opened=box.opened,
        closed=box.closed,
        cast=box.cast,
        challenged=box.challenged,
        counted=next(b.accepted for b in published.merge.boxes if b.name == name),
        set_aside=sum(entry.box == name for entry in published.merge.set_aside),
    )


def _reconciled(
    election: Election,
    registries: Sequence[_Registry],
    boxes: Sequence[_Box],
    pages: Sequence[DeskPage],
) -> Reconciliation:
    """The hall's day from the logs alone; from the pages what only a desk's list knows."""
    hall = [box for box in boxes if box.box.channel == "in-person"]
    used: dict[bytes, list[str]] = {}
    for box in hall:
        for key in box.keys:
            used.setdefault(key, []).append(box.box.name)
    return reconcile(
        OwnDay(
            name="",
            people=sum(page.numbers.people for page in pages),
            handed=(),
            unsigned=0,
            struck=sum(page.numbers.struck for page in pages),
            helped=sum(page.numbers.helped for page in pages),
        ),
        [
            DeskDay(r.name, frozenset(r.in_person), frozenset(r.revoked), r.log.status == "closed")
            for r in registries
            if r.log.status != "lost"
        ],
        [
            BoxAtHand(
                box.box.name,
                box.box.channel,
                box.cast,
                box.challenged,
                len(box.keys),
                box.log.status == "closed",
            )
            for box in hall
            if box.log.status != "lost"
        ],
        used,
        _twice(registries),
        registrars=election.registrar_keys,
        kiosks=[box.box.name for box in hall],
    )


def _twice(registries: Sequence[_Registry]) -> int:
    """How many people hold several active cards of the hall."""
    active: Counter[bytes] = Counter()
    for registry in registries:
        active.update(p for key, p in registry.in_person.items() if key not in registry.revoked)
    return sum(cards > 1 for cards in active.values())


def roll_size(published: Published) -> tuple[int, int]:
    """How many people are on the roll, and how many were added on the day (merge.json)."""
    added = sum(registry.enrolled for registry in published.merge.registries)
    return published.election.manifest.roll.count, added


def accepted_by_channel(day: Day) -> Mapping[str, int]:
    """Channel → ballots that count."""
    found = {"online": 0, "in-person": 0}
    for box in day.boxes:
        found[box.channel] += box.counted
    return found
