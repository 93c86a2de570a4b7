"""Who voted: by channel, box and district, as far as the public bundle tells.

How a channel or a box voted can't be told: ballots are mixed before they are opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec import UNSET

from pbvote.core.ballot import Cast
from pbvote.core.card import CHANNELS, Channel, Enrol
from pbvote.core.closing import SignedClosing
from pbvote.core.election import Election, box_origin, registry_origin
from pbvote.core.encoding import Texts
from pbvote.core.roll import PublicRoll, read_roll
from pbvote_tally import bundle as names
from pbvote_tally.bundle import Bundle
from pbvote_tally.explain.report import Group, Turnout, TurnoutTable
from pbvote_tally.explain.wording import in_each
from pbvote_tally.language import Words
from pbvote_tally.logs import box_entries, registry_entries
from pbvote_tally.rebuild import log_streams
from pbvote_tally.records import MergeRecord

LEAST = 10  # people: a smaller group could tell who voted


class Part(NamedTuple):
    """A group before small ones are merged."""

    name: str
    title: Callable[[Words], str]
    ballots: int
    roll: int | None = None

    @property
    def size(self) -> int:
        """The least number of people that a reader could tell of it."""
        return self.ballots if self.roll is None else min(self.ballots, self.roll)


def turnout(
    bundle: Bundle, election: Election, closing: SignedClosing, merge: MergeRecord
) -> Turnout:
    """The turnout of an election. `bundle` has been checked."""
    languages = election.manifest.languages
    tables = [
        TurnoutTable(
            by="channel",
            source=in_each(languages, _box_source),
            groups=merged(_channels(election, merge), languages),
        ),
        TurnoutTable(
            by="box",
            source=in_each(languages, _box_source),
            groups=merged(_boxes(election, merge), languages),
        ),
    ]
    if election.manifest.district_names:
        parts = _districts(bundle, election, closing, merge)
        tables.append(
            TurnoutTable(
                by="district",
                source=in_each(languages, _district_source),
                groups=merged(parts, languages),
            )
        )
    return Turnout(
        roll=election.manifest.roll.count,
        enrolled=sum(registry.enrolled for registry in merge.registries),
        ballots=merge.accepted,
        source=in_each(languages, _roll_source),
        tables=tables,
    )


def merged(parts: Sequence[Part], languages: Sequence[str], least: int = LEAST) -> list[Group]:
    """The groups in their order, then those under `least` people as one that isn't.

    If they are fewer together, the smallest of the others is added, so that nothing can be told
    by subtracting from the total.
    """
    small = [part for part in parts if part.size < least]
    large = [part for part in parts if part.size >= least]
    while small and large and sum(part.size for part in small) < least:
        smallest = min(large, key=lambda part: part.size)
        large.remove(smallest)
        small.append(smallest)
    if len(small) == 1 and large:
        smallest = min(large, key=lambda part: part.size)
        large.remove(smallest)
        small.append(smallest)
    return [_group([part], languages) for part in large] + (
        [_group(small, languages)] if small else []
    )


def _group(parts: Sequence[Part], languages: Sequence[str]) -> Group:
    def title(_: Words) -> str:
        return " + ".join(part.title(_) for part in parts)

    rolls = [part.roll for part in parts if part.roll is not None]
    return Group(
        names=[part.name for part in parts],
        title=in_each(languages, title),
        ballots=sum(part.ballots for part in parts),
        roll=sum(rolls) if len(rolls) == len(parts) else None,
    )


def channel_title(_: Words, channel: Channel) -> str:
    """What a channel is called."""
    return _("Online") if channel == "online" else _("At the polling places")


def _channels(election: Election, merge: MergeRecord) -> list[Part]:
    accepted: Counter[Channel] = Counter()
    for box, counted in zip(election.boxes, merge.boxes, strict=True):
        accepted[box.channel] += counted.accepted
    used = {box.channel for box in election.boxes}
    return [
        Part(channel, _channel(channel), accepted[channel])
        for channel in CHANNELS
        if channel in used
    ]


def _channel(channel: Channel) -> Callable[[Words], str]:
    return lambda _: channel_title(_, channel)


def _boxes(election: Election, merge: MergeRecord) -> list[Part]:
    return [
        Part(box.name, _place(box.name, box.place), counted.accepted)
        for box, counted in zip(election.boxes, merge.boxes, strict=True)
    ]


def _place(name: str, place: str | Texts) -> Callable[[Words], str]:
    return lambda _: name if _.text(place) == name else f"{_.text(place)} ({name})"


def _districts(
    bundle: Bundle, election: Election, closing: SignedClosing, merge: MergeRecord
) -> list[Part]:
    roll = read_roll(bundle.read(names.ROLL), election.manifest)
    people = Counter(_people(bundle, election, closing, roll).values())
    ballots = Counter(_voted(bundle, election, closing, merge))
    districts: list[str | None] = [*election.manifest.district_names]
    if people[None]:
        districts.append(None)
    return [Part(d or "", _district(d), ballots[d], people[d]) for d in districts]


def _district(name: str | None) -> Callable[[Words], str]:
    return lambda _: name or _("No district")


def _people(
    bundle: Bundle, election: Election, closing: SignedClosing, roll: PublicRoll
) -> PublicRoll:
    """The roll and who was added on the day: the first enrolment holds, none of the roll's."""
    people, logs = dict(roll), log_streams(bundle, closing)
    for name in election.registrar_keys:
        log = closing.log(registry_origin(election.slug, name))
        stream = logs[log.origin]() if log.origin in logs else iter(())
        for entry in registry_entries(name, log, stream):
            if isinstance(entry, Enrol) and entry.election == election.id:
                district = None if entry.district is UNSET else entry.district
                people.setdefault(entry.pseudonym, district)
    return people


def _voted(
    bundle: Bundle, election: Election, closing: SignedClosing, merge: MergeRecord
) -> Iterable[str | None]:
    """The district of each ballot that counts: every cast that merge.json doesn't set aside."""
    logs = log_streams(bundle, closing)
    aside = {(entry.box, entry.index) for entry in merge.set_aside}
    for box in election.boxes:
        log = closing.log(box_origin(election.slug, box.name))
        stream = logs[log.origin]() if log.origin in logs else iter(())
        for index, entry in enumerate(box_entries(election, box, log, stream)):
            if isinstance(entry, Cast) and (box.name, index) not in aside:
                district = entry.ballot.certificate.district
                yield None if district is UNSET else district


def _box_source(_: Words) -> str:
    return _(
        "Ballots that count, from the boxes' logs (merge.json). How a box voted can't be told."
    )


def _district_source(_: Words) -> str:
    return _(
        "The roll (roll.csv), people added on the day, and the cards of the ballots that count"
    )


def _roll_source(_: Words) -> str:
    return _("The roll (manifest, roll.csv) and the logs of registries and boxes (merge.json)")
