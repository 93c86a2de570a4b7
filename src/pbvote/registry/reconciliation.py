"""The closing's reconciliation: cards handed out against cards used and ballots cast. Pure.

What is at hand goes in as values; out come the numbers, and every difference with the places to
look. A difference isn't a fault by itself: somebody may have gone away without voting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from pbvote.core.encoding import Bytes32, Name, Record, Time, check_time
from pbvote.registry.ballots import BoxAtHand

What = Literal[
    "box-missing",
    "box-open",
    "desk-missing",
    "desk-open",
    "no-card",
    "unclaimed",
    "taken-back",
    "still-active",
    "not-on-roll",
    "twice",
    "unknown-card",
    "revoked-card",
    "several-boxes",
    "not-signed",
]


class DeskDay(Struct, frozen=True):
    """A registrar's in-person cards by key, those it revoked, and whether its log is closed."""

    name: str
    issued: frozenset[bytes]
    revoked: frozenset[bytes]
    closed: bool


class OwnDay(Struct, frozen=True):
    """What only this desk's roll says of its own cards.

    `people`: how many are checked in; `handed`: the keys that were handed out and stand (None
    where a line has no such card in the log), `unsigned` how many lines nobody signed.

    Log and roll aren't one file, so a power cut can leave one of two writes: `taken_back` are
    people checked in of whose cards none is valid, `still_active` those whose cards were revoked
    because they may not vote, whom the roll lets vote; `not_on_roll` are enrolled in the log only.
    """

    name: str
    people: int
    handed: tuple[bytes | None, ...]
    unsigned: int
    struck: int
    helped: int
    taken_back: int = 0
    still_active: int = 0
    not_on_roll: int = 0


class Difference(Struct, frozen=True):
    """Something that doesn't fit: how many, and the boxes or desks to look at."""

    what: What
    number: int
    where: tuple[str, ...]


class Reconciliation(Struct, frozen=True):
    """The day in numbers. `handed_out` = `used` + `taken_back` + `not_used`."""

    people: int
    handed_out: int
    used: int
    taken_back: int
    not_used: int
    cast: int
    again: int
    """Ballots cast again with the same card, which replace an earlier one."""
    challenged: int
    struck: int
    helped: int
    differences: tuple[Difference, ...]

    @property
    def fits(self) -> bool:
        """Whether nothing has to be looked at."""
        return not self.differences


class DeskPage(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/desk-page/1"):
    """A desk's reconciliation as a file, for the minutes: numbers, and nobody's name.

    ``{"at":"2026-11-22T17:10:00Z","desk":"salle","election":"R1st…","numbers":{"again":0,
    "cast":412,…},"type":"pbvote/desk-page/1"}``
    """

    election: Bytes32
    desk: Name
    at: Time
    numbers: Reconciliation

    def __post_init__(self) -> None:
        check_time(self.at)


def reconcile(
    own: OwnDay,
    desks: Sequence[DeskDay],
    boxes: Sequence[BoxAtHand],
    used: Mapping[bytes, Sequence[str]],
    twice: int,
    *,
    registrars: Iterable[str],
    kiosks: Iterable[str],
) -> Reconciliation:
    """Put the day together.

    `desks` and `boxes` (in the hall) are those on hand, `registrars` and `kiosks` the names of
    all that should be; `used`: key of an in-person card → the boxes in which it cast; `twice`: how
    many people have two active cards.
    """
    issued = frozenset[bytes]().union(*(desk.issued for desk in desks))
    revoked = frozenset[bytes]().union(*(desk.revoked for desk in desks))
    voted = frozenset(used)
    cast = sum(box.cast for box in boxes)
    return Reconciliation(
        people=own.people,
        handed_out=len(issued),
        used=len(issued & voted),
        taken_back=len((issued & revoked) - voted),
        not_used=len(issued - revoked - voted),
        cast=cast,
        again=cast - sum(box.used for box in boxes),
        challenged=sum(box.challenged for box in boxes),
        struck=own.struck,
        helped=own.helped,
        differences=tuple(
            difference
            for difference in (
                _named("box-missing", set(kiosks) - {box.name for box in boxes}),
                _named("box-open", {box.name for box in boxes if not box.closed}),
                _named("desk-missing", set(registrars) - {desk.name for desk in desks}),
                _named("desk-open", {d.name for d in desks if d.issued and not d.closed}),
                *_of_the_list(own, desks),
                Difference("twice", twice, tuple(sorted(desk.name for desk in desks))),
                _of_cards("unknown-card", voted - issued, used),
                _of_cards("revoked-card", voted & revoked, used),
                _of_cards("several-boxes", (k for k in voted if len(set(used[k])) > 1), used),
                Difference("not-signed", own.unsigned, (own.name,)),
            )
            if difference.number
        ),
    )


def _of_the_list(own: OwnDay, desks: Sequence[DeskDay]) -> Iterable[Difference]:
    """This desk's list against its log: a line without a card, a card without a line."""
    active = frozenset[bytes]().union(
        *(desk.issued - desk.revoked for desk in desks if desk.name == own.name)
    )
    yield Difference("no-card", sum(key is None for key in own.handed), (own.name,))
    yield Difference("unclaimed", len(active - set(own.handed)), (own.name,))
    yield Difference("taken-back", own.taken_back, (own.name,))
    yield Difference("still-active", own.still_active, (own.name,))
    yield Difference("not-on-roll", own.not_on_roll, (own.name,))


def _named(what: What, names: Iterable[str]) -> Difference:
    found = tuple(sorted(names))
    return Difference(what, len(found), found)


def _of_cards(what: What, keys: Iterable[bytes], used: Mapping[bytes, Sequence[str]]) -> Difference:
    found = list(keys)
    return Difference(what, len(found), tuple(sorted({box for key in found for box in used[key]})))
