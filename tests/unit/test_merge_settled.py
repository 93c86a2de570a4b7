"""What a log must be, which ballot of a pseudonym counts, and merge.json (section 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import rfc8785

from bundle_builder import AT, Polling, VoterCard, aside, counted, merge_logs
from election_builder import (
    BuiltElection,
    build_election,
    default_contests,
    pseudonym,
)
from pbvote.core.ballot import (
    Ballot,
    Close,
    Open,
)
from pbvote.core.card import RegistryClose
from pbvote.core.closing import Status
from pbvote.core.encoding import digest, encode, to_base64
from pbvote.core.errors import PbvoteError, VerificationError
from pbvote.core.manifest import Supersede
from pbvote.core.merkle import root_of
from pbvote_tally.merge import Merge

OTHER = bytes(range(32))  # the id of another election
NOBODY = 99  # not on the roll


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election()


@pytest.fixture
def poll(built: BuiltElection) -> Polling:
    return Polling(built)


# --- open, close and counts of a closed log; cut and lost -----------------------------------------


def test_an_empty_poll(poll: Polling) -> None:
    merged = poll.merged()
    election = poll.built.election
    assert merged.record.accepted == 0
    assert merged.record.root == hashlib.sha256(b"\0" + election.id).digest()
    assert merged.column("city") == merged.column("quarter") == b""


def _merge_box(poll: Polling, entries: list[bytes], status: Status = "closed") -> Merge:
    logs = poll.finished() | {"box/kiosk-1": entries}
    return merge_logs(poll.built, logs, {"box/kiosk-1": status})


def _open(poll: Polling, box: str = "kiosk-1", election: bytes | None = None) -> bytes:
    return encode(Open(election=election or poll.built.election.id, box=box, at=AT))


def _close(cast: int = 0, challenged: int = 0) -> bytes:
    return encode(Close(at=AT, cast=cast, challenged=challenged))


CLOSED_WRONGLY: dict[str, Callable[[Polling], list[bytes]]] = {
    "empty": lambda poll: [],
    "not closed": lambda poll: [_open(poll)],
    "not open": lambda poll: [_close()],
    "malformed first": lambda poll: [b"{}", _open(poll), _close()],
    "opened twice": lambda poll: [_open(poll), _open(poll), _close()],
    "opened last": lambda poll: [_close(), _open(poll)],
    "closed twice": lambda poll: [_open(poll), _close(), _close()],
    "malformed after the close": lambda poll: [_open(poll), _close(), b"{}"],
    "cast after the close": lambda poll: [
        _open(poll),
        _close(),
        encode(poll.prepare(poll.new_card(0), "kiosk-1").cast()),
    ],
    "other box's open": lambda poll: [_open(poll, "kiosk-2"), _close()],
    "other election's open": lambda poll: [_open(poll, election=OTHER), _close()],
    "other box opened later": lambda poll: [_open(poll), _open(poll, "kiosk-2"), _close()],
    "cast not counted": lambda poll: [
        _open(poll),
        encode(poll.prepare(poll.new_card(0), "kiosk-1").cast()),
        _close(),
    ],
    "cast counted too much": lambda poll: [_open(poll), _close(1, 0)],
    "challenge counted too much": lambda poll: [_open(poll), _close(0, 1)],
    "malformed counted": lambda poll: [_open(poll), b"{}", _close(1, 0)],
    "challenge as cast": lambda poll: [
        _open(poll),
        encode(poll.prepare(poll.new_card(0), "kiosk-1").challenge()),
        _close(1, 0),
    ],
}


@pytest.mark.parametrize("name", CLOSED_WRONGLY)
def test_a_closed_log_that_isnt(poll: Polling, name: str) -> None:
    with pytest.raises(VerificationError) as caught:
        _merge_box(poll, CLOSED_WRONGLY[name](poll))
    assert caught.value.where.startswith("logs/box/kiosk-1")


def test_counts_are_of_all_casts_and_challenges_whatever_their_reason(poll: Polling) -> None:
    card = poll.new_card(0)
    poll.cast(card, "kiosk-1")
    poll.challenge(card, "kiosk-1")
    merged = _merge_box(poll, [*poll.logs["box/kiosk-1"], _close(1, 1)])
    assert aside(merged) == [
        ("kiosk-1", 1, "certificate-not-logged"),
        ("kiosk-1", 2, "bad-challenge"),
    ]


@pytest.mark.parametrize(
    "entries",
    [[], ["close", "close"], ["close", "malformed"], ["malformed"], ["close", "certificate"]],
)
def test_a_closed_registry_that_isnt(poll: Polling, entries: list[str]) -> None:
    known = {
        "close": encode(RegistryClose(at=AT)),
        "malformed": b"{}",
        "certificate": encode(poll.new_card(0).certificate),
    }
    logs = poll.finished() | {"registry/desk-1": [known[e] for e in entries]}
    with pytest.raises(VerificationError) as caught:
        merge_logs(poll.built, logs)
    assert caught.value.where.startswith("logs/registry/desk-1")
    merge_logs(poll.built, logs, {"registry/desk-1": "cut"})


def test_a_cut_log(poll: Polling) -> None:
    """Open is first; another open or close is malformed; its counts aren't checked."""
    card = poll.card(0, channel="in-person")
    cast = encode(poll.prepare(card, "kiosk-1").cast())
    entries = [_open(poll), _close(7, 7), _open(poll), cast, _open(poll, "kiosk-2"), _close(9, 9)]
    merged = _merge_box(poll, entries, "cut")
    assert aside(merged) == [("kiosk-1", i, "malformed") for i in (1, 2, 4, 5)]
    assert counted(merged) == [(1, 3)]
    box = merged.record.boxes[1]
    assert (box.size, box.cast, box.challenged, box.accepted) == (6, 1, 0, 1)


@pytest.mark.parametrize("entries", [[], ["open"]])
def test_a_cut_log_of_any_size(poll: Polling, entries: list[str]) -> None:
    merged = _merge_box(poll, [_open(poll) for _ in entries], "cut")
    assert merged.record.boxes[1].size == len(entries)


@pytest.mark.parametrize("first", ["close", "cast", "other", "malformed"])
def test_a_cut_log_that_doesnt_begin_with_open(poll: Polling, first: str) -> None:
    entries = {
        "close": _close(),
        "cast": encode(poll.prepare(poll.new_card(0), "kiosk-1").cast()),
        "other": _open(poll, "kiosk-2"),
        "malformed": b"{}",
    }
    with pytest.raises(PbvoteError, match="logs/box/kiosk-1"):
        _merge_box(poll, [entries[first], _open(poll)], "cut")


def test_a_lost_box_and_a_lost_registry(poll: Polling) -> None:
    gone = poll.card(0, channel="in-person", registrar="desk-1")
    here = poll.card(2)
    poll.cast(gone, "kiosk-1")
    poll.cast(gone, "kiosk-2")
    poll.cast(here, "online")
    merged = poll.merged({"registry/desk-1": "lost", "box/kiosk-2": "lost"})
    assert aside(merged) == [("kiosk-1", 1, "certificate-not-logged")]
    assert counted(merged) == [(0, 1)]
    lost = merged.record.boxes[2]
    assert (lost.name, lost.size, lost.cast, lost.challenged, lost.accepted) == (
        ("kiosk-2", 0, 0, 0, 0)
    )
    registry = merged.record.registries[1]
    assert (registry.name, registry.size, registry.certificates, registry.enrolled) == (
        ("desk-1", 0, 0, 0)
    )
    assert registry.revoked == 0


# --- rule 5: one ballot a pseudonym ---------------------------------------------------------------

RULE_5: dict[str, tuple[list[tuple[str, int]], dict[str, int | set[int]]]] = {
    # casts (box, serial) in this order; then which one counts, or which are equal
    "one": ([("online", 1)], {"in-person": 0, "latest": 0, "first": 0}),
    "then in the hall": (
        [("online", 1), ("kiosk-1", 2)],
        {"in-person": 1, "latest": 1, "first": 0},
    ),
    "a new letter after the hall": (
        [("online", 2), ("kiosk-1", 1)],
        {"in-person": 1, "latest": 0, "first": 1},
    ),
    "twice with one card": (
        [("online", 1), ("online", 1)],
        {"in-person": 1, "latest": 1, "first": 0},
    ),
    "a replaced card, and the old one again": (
        [("online", 1), ("online", 2), ("online", 1)],
        {"in-person": 1, "latest": 1, "first": 0},
    ),
    "one card in two boxes": (
        [("kiosk-1", 1), ("kiosk-2", 1)],
        {"in-person": {0, 1}, "latest": {0, 1}, "first": {0, 1}},
    ),
    "twice here, once there": (
        [("kiosk-1", 1), ("kiosk-1", 1), ("kiosk-2", 1)],
        {"in-person": {1, 2}, "latest": {1, 2}, "first": {0, 2}},
    ),
    "once there, twice here": (
        [("kiosk-2", 1), ("kiosk-1", 1), ("kiosk-1", 1)],
        {"in-person": {0, 2}, "latest": {0, 2}, "first": {0, 1}},
    ),
    "two cards in two boxes": (
        [("kiosk-1", 2), ("kiosk-2", 1)],
        {"in-person": 0, "latest": 0, "first": 1},
    ),
    "one serial in both channels": (
        [("online", 1), ("kiosk-1", 1)],
        {"in-person": 1, "latest": {0, 1}, "first": {0, 1}},
    ),
    "in both halls, then online": (
        [("kiosk-1", 2), ("kiosk-2", 2), ("online", 3)],
        {"in-person": {0, 1}, "latest": 2, "first": {0, 1}},
    ),
    "everywhere": (
        [("online", 5), ("kiosk-1", 1), ("kiosk-2", 3), ("kiosk-1", 3), ("online", 1)],
        {"in-person": {2, 3}, "latest": 0, "first": {1, 4}},
    ),
}
SUPERSEDE: list[Supersede] = ["in-person", "latest", "first"]


@pytest.fixture(scope="module")
def by_rule() -> Mapping[str, BuiltElection]:
    return {rule: build_election(supersede=rule) for rule in SUPERSEDE}


@pytest.mark.parametrize("rule", SUPERSEDE)
@pytest.mark.parametrize("name", RULE_5)
def test_one_ballot_a_pseudonym(by_rule: Mapping[str, BuiltElection], name: str, rule: str) -> None:
    poll = Polling(by_rule[rule])
    casts, expected = RULE_5[name]
    places, digests, cards = [], [], dict[tuple[str, int], VoterCard]()
    for box, serial in casts:
        channel = "online" if box == "online" else "in-person"
        if (channel, serial) not in cards:
            cards[channel, serial] = poll.card(0, serial=serial, channel=channel)
        prepared = poll.prepare(cards[channel, serial], box)
        places.append((box, poll.put(f"box/{box}", prepared.cast())))
        digests.append(prepared.digest)
    merged = poll.merged()
    counts = expected[rule]
    equal = {counts} if isinstance(counts, int) else counts
    winner = min(equal, key=lambda i: digests[i])
    position = {"online": 0, "kiosk-1": 1, "kiosk-2": 2}
    assert counted(merged) == [(position[places[winner][0]], places[winner][1])]
    others = [place for i, place in enumerate(places) if i != winner]
    others.sort(key=lambda place: (position[place[0]], place[1]))
    assert aside(merged) == [(*place, "superseded") for place in others]
    conflict = sorted((places[i] for i in equal), key=lambda place: position[place[0]])
    listed = [[(e.box, e.index) for e in c.entries] for c in merged.record.conflicts]
    assert listed == ([conflict] if len(equal) > 1 else [])


def test_in_person_is_the_default(built: BuiltElection) -> None:
    poll = Polling(built)
    poll.cast(poll.card(0, serial=2), "online")
    poll.cast(poll.card(0, serial=1, channel="in-person"), "kiosk-1")
    assert counted(poll.merged()) == [(1, 1)]


@pytest.mark.parametrize("lower", [0, 1])
def test_of_a_conflict_the_lower_digest_counts(poll: Polling, lower: int) -> None:
    card = poll.card(0, channel="in-person")
    one = poll.prepare(card, "kiosk-1", seed=1)
    two = next(
        ballot
        for seed in range(2, 50)
        if ((ballot := poll.prepare(card, "kiosk-2", seed=seed)).digest < one.digest) is bool(lower)
    )
    poll.put("box/kiosk-1", one.cast())
    poll.put("box/kiosk-2", two.cast())
    merged = poll.merged()
    assert counted(merged) == [(1 + lower, 1)]
    assert [c.pseudonym for c in merged.record.conflicts] == [pseudonym(0)]


def test_two_desks_with_one_serial_in_one_box(poll: Polling) -> None:
    """Per serial, whoever issued it: the last in that box stands, and it is no conflict."""
    poll.cast(poll.card(0, channel="in-person", registrar="mairie"), "kiosk-1")
    poll.cast(poll.card(0, channel="in-person", registrar="desk-1"), "kiosk-1")
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([("kiosk-1", 1, "superseded")], [(1, 2)])
    assert merged.record.conflicts == []


def test_what_is_set_aside_supersedes_nothing(poll: Polling) -> None:
    online, hall = poll.card(0), poll.card(0, serial=2, channel="in-person")
    poll.revoke(hall)
    poll.cast(online, "online")
    poll.cast(hall, "kiosk-1")
    poll.challenge(online, "online")
    assert counted(poll.merged()) == [(0, 1)]


# --- rule 6, and merge.json -----------------------------------------------------------------------


def test_columns_are_in_the_order_of_pseudonyms(poll: Polling) -> None:
    ballots: dict[bytes, Ballot] = {}
    for person in (3, 0, 2, 1):
        cast = poll.prepare(poll.card(person), "online").cast()
        ballots[pseudonym(person)] = cast.ballot
        poll.put("box/online", cast)
    merged = poll.merged()
    in_order = [ballots[key] for key in sorted(ballots)]
    for contest in ("city", "quarter"):
        column = [s.ciphertext for b in in_order for s in b.sealed if s.contest == contest]
        assert merged.column(contest) == b"".join(column)
    assert len(merged.column("quarter")) == 2 * 64  # persons 0 and 2 are of "nord"
    root = root_of([poll.built.election.id, *map(digest, in_order)])
    assert merged.record.root == root


def test_merge_json(poll: Polling) -> None:
    """All numbers at once, the bytes written by another library."""
    election = poll.built.election
    letter, hall = poll.card(0), poll.card(0, serial=2, channel="in-person", registrar="desk-1")
    lost = poll.card(1)
    poll.revoke(lost)
    poll.enrol(NOBODY, "sud")
    guest = poll.card(NOBODY, district="sud", channel="in-person", registrar="desk-1")
    poll.put("registry/desk-1", b"{}")
    poll.cast(letter, "online")
    poll.cast(lost, "online")
    poll.challenge(poll.card(2), "online")
    poll.put("box/online", b"{}")
    here = poll.prepare(hall, "kiosk-1")
    poll.put("box/kiosk-1", here.cast())
    there = poll.prepare(hall, "kiosk-2")
    poll.put("box/kiosk-2", there.cast())
    own = poll.prepare(guest, "kiosk-2")
    poll.put("box/kiosk-2", own.cast())
    first = here.digest < there.digest
    winner = here if first else there
    loser = ("kiosk-2" if first else "kiosk-1", 1)
    digests = {pseudonym(0): winner.digest, pseudonym(NOBODY): own.digest}
    expected: dict[str, Any] = {
        "type": "pbvote/merge/1",
        "election": to_base64(election.id),
        "boxes": [
            {"name": "online", "size": 6, "cast": 2, "challenged": 1, "accepted": 0},
            {"name": "kiosk-1", "size": 3, "cast": 1, "challenged": 0, "accepted": int(first)},
            {"name": "kiosk-2", "size": 4, "cast": 2, "challenged": 0, "accepted": 2 - first},
        ],
        "registries": [
            {"name": "mairie", "size": 5, "certificates": 3, "enrolled": 0, "revoked": 1},
            {"name": "desk-1", "size": 5, "certificates": 2, "enrolled": 1, "revoked": 0},
        ],
        "set_aside": [
            {"box": "online", "index": 1, "reason": "superseded"},
            {"box": "online", "index": 2, "reason": "revoked"},
            {"box": "online", "index": 4, "reason": "malformed"},
            {"box": loser[0], "index": loser[1], "reason": "superseded"},
        ],
        "conflicts": [
            {
                "pseudonym": to_base64(pseudonym(0)),
                "entries": [{"box": "kiosk-1", "index": 1}, {"box": "kiosk-2", "index": 1}],
            }
        ],
        "accepted": 2,
        "root": to_base64(root_of([election.id, *(digests[key] for key in sorted(digests))])),
    }
    assert encode(poll.merged().record) == rfc8785.dumps(expected)


def test_a_ballot_for_a_voter_without_contests() -> None:
    """In a district where nothing is voted on, a ballot of no contests is right and counts."""
    contests = default_contests(("nord", "sud"))[1:]
    poll = Polling(build_election(contests=contests))
    poll.cast(poll.card(1), "online")
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([], [(0, 1)])
    assert merged.column("quarter") == b""
