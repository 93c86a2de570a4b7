"""A right bundle, and ways to change one thing in it with everything around it signed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from bundle_builder import (
    AT,
    Entries,
    Files,
    MemoryBundle,
    Polling,
    Tallying,
    make_bundle,
    sign_again,
    text_hash,
)
from election_builder import (
    BuiltElection,
    build_election,
    default_contests,
    make_contest,
    make_roll,
)
from pbvote.core.closing import Status
from pbvote.core.encoding import decode, to_base64
from pbvote.core.errors import PbvoteError
from pbvote.core.group import rows
from pbvote.core.manifest import (
    Addendum,
    Box,
    Contest,
    Correction,
)
from pbvote.core.note import Signer, parse_note, sign_note
from pbvote_tally.verify import verify

OTHER = bytes(range(32))


@dataclass(frozen=True)
class Town:
    """A right bundle with the keys and logs it was made of. Changing gives a new one."""

    built: BuiltElection
    logs: Entries
    statuses: Mapping[str, Status]
    files: Files

    def contest(self, name: str) -> Contest:
        return self.built.election.contest(name)

    @property
    def tallying(self) -> Tallying:
        return Tallying(self.built, text_hash(self.files["closing.note"]), seed=9)

    def made_again(self, **given: Any) -> Files:
        """The bundle of these logs, made in another way."""
        return make_bundle(self.built, self.logs, self.statuses, **given)

    def with_log(self, name: str, entries: list[bytes], status: Status | None = None) -> Files:
        """A bundle that is right but for this log: the count is that of the right log."""
        statuses = dict(self.statuses) | ({name: status} if status else {})
        logs = {**self.logs, name: entries}
        return make_bundle(self.built, logs, statuses, judged=(self.logs, self.statuses))


@cache
def town() -> Town:
    """Three contests, one without ballots; an addendum; a lost box and a cut one."""
    contests = [
        *default_contests(("nord", "sud")),
        make_contest("islands", 3, districts=["west"]),
    ]
    districts = ("nord", "sud", "west")
    roll = make_roll(6, districts[:2])
    built = build_election(districts=districts, contests=contests, roll=roll)
    gym = Signer("pbvote/demo/box/late", bytes(32))
    late = Box(name="late", channel="in-person", vkey=gym.verify_key.text, place="gym")
    addendum = Addendum(
        election=built.election.id,
        number=1,
        previous=built.election.id,
        at=AT,
        boxes=[late],
        corrections=[cost("city", "p4", 1_400_000)],
    )
    built = replace(built, boxes={**built.boxes, "late": gym}).with_addendum(addendum)
    poll = Polling(built)
    choices = [(1, 1, 0, 0, 0), (1, 0, 1, 0, 0), (0, 0, 1, 1, 0), (1, 1, 1, 1, 1)]
    for person, choice in enumerate(choices):
        poll.cast(poll.card(person), "online", {"city": choice, "quarter": (person, 1, 0)})
    poll.cast(poll.card(0, serial=2, channel="in-person"), "kiosk-1", {"city": choices[2]})
    poll.challenge(poll.card(4), "online")
    statuses: dict[str, Status] = {"box/kiosk-2": "lost", "box/late": "cut"}
    logs = poll.finished(statuses)
    return Town(built, logs, statuses, make_bundle(built, logs, statuses))


def cost(contest: str, project: str, value: int) -> Correction:
    return Correction(contest=contest, project=project, field="cost", value=value, reason="quote")


Change = Callable[[Town], Files]


def setting(name: str, make: Callable[[Town], bytes]) -> Change:
    return lambda own: {**own.files, name: make(own)}


def copied(name: str, source: str) -> Change:
    return setting(name, lambda own: own.files[source])


def without(*prefixes: str) -> Change:
    return lambda own: {n: d for n, d in own.files.items() if not n.startswith(prefixes)}


def tampered(name: str, at: int = 0) -> Change:
    def change(own: Town) -> bytes:
        data = bytearray(own.files[name])
        data[at] ^= 1
        return bytes(data)

    return setting(name, change)


def with_part(name: str, part: int, value: bytes) -> Change:
    """Another 32 bytes at this place of a .bin file."""

    def change(own: Town) -> bytes:
        parts = rows(own.files[name])
        parts[part] = value
        return b"".join(parts)

    return setting(name, change)


def note_of(own: Town, name: str) -> str:
    return parse_note(own.files[name]).text


def record_of(own: Town, name: str, kind: type[Any]) -> Any:
    return decode(note_of(own, name).removesuffix("\n").encode(), kind)


Signers = Callable[[Town], list[Signer]]


def commission(own: Town) -> Signer:
    return own.built.commission


def signed_by(name: str, signers: Signers) -> Change:
    """The same text, other signatures."""
    return setting(name, lambda own: sign_note(note_of(own, name), signers(own)))


def stranger(own: Town, name: str = "pbvote/demo/commission") -> Signer:
    """Another key under a name that is known."""
    return Signer(name, OTHER)


def trustees(*numbers: int) -> Signers:
    return lambda own: [own.built.trustees[i - 1] for i in numbers]


def commission_and(*numbers: int) -> Signers:
    return lambda own: [commission(own), *trustees(*numbers)(own)]


def forged_third(own: Town) -> list[Signer]:
    name = own.built.trustees[2].name
    return [*commission_and(1, 2)(own), Signer(name, OTHER)]


def false_signature(name: str, number: int) -> Change:
    """One signature line altered, its key id kept."""

    def change(own: Town) -> bytes:
        lines = own.files[name].decode().split("\n")
        place = len(lines) - 1 - len(parse_note(own.files[name]).signatures) + number
        start = lines[place].rpartition(" ")[0]
        other = sign_note("other\n", [own.built.commission, *own.built.trustees])
        wrong = parse_note(other).signatures[number]
        lines[place] = f"{start} {to_base64(wrong.key_id + wrong.data)}"
        return "\n".join(lines).encode()

    return setting(name, change)


Row = tuple[Change, str, str]
"""A change, what the error's place begins with, and words of it."""


def check_row(row: Row) -> None:
    """`verify` refuses the change though results.note is true to every file."""
    own = town()
    change, where, words = row
    files = change(own)
    check_refused(own, sign_again(own.built, files, **_named_in(files)), where, words)


def _named_in(files: Files) -> dict[str, bytes]:
    """results.note names the closing that lies there, and the manifest's election."""
    named = {"closing": "closing.note", "election": "manifest.note"}
    return {field: text_hash(files[name]) for field, name in named.items() if name in files}


def check_refused(own: Town, files: Files, where: str, words: str) -> None:
    with pytest.raises(PbvoteError) as caught:
        verify(MemoryBundle(files), own.built.commission.verify_key)
    assert caught.value.where.startswith(where), str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
