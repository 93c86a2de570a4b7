"""The merge against a second one written from the protocol, over random logs."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from bundle_builder import (
    Entries,
    Polling,
    make_closing,
    merge_logs,
    short,
    sign_closing,
    text_hash,
)
from conftest import Vectors
from election_builder import BuiltElection, build_election
from naive_merge import NaiveMerge, Refused
from pbvote.core.ballot import Cast, Close, Open
from pbvote.core.card import CHANNELS, Channel
from pbvote.core.closing import SignedClosing, Status
from pbvote.core.encoding import encode, to_base64
from pbvote.core.errors import VerificationError
from pbvote.core.manifest import Supersede
from pbvote.core.note import parse_note
from pbvote.core.tiles import decode_bundle
from pbvote_tally import merge as merge_module
from pbvote_tally.merge import merge

OTHER = bytes(range(32))
GUEST = 99  # not in roll.csv
BOXES: dict[str, Channel] = {"online": "online", "kiosk-1": "in-person", "kiosk-2": "in-person"}
SUPERSEDE: list[Supersede] = ["in-person", "latest", "first"]
STATUS: list[Status] = ["closed", "closed", "closed", "closed", "closed", "cut", "cut", "lost"]


@dataclass(frozen=True)
class Pool:
    """Entries signed once; logs are drawn from them."""

    built: BuiltElection
    certificates: dict[str, list[bytes]]
    registry: list[bytes]
    ballots: dict[str, list[bytes]]
    extras: list[bytes]


@cache
def pool(supersede: Supersede) -> Pool:
    """Two persons on the roll and a guest, two serials, two desks, and everything odd."""
    built = build_election(supersede=supersede)
    poll = Polling(built)
    certificates, ballots = dict[str, list[bytes]](), {box: list[bytes]() for box in BOXES}
    extras, odd = list[bytes](), list[bytes]()
    for person, serial, channel in product((0, 1, GUEST), (1, 2), CHANNELS):
        registrar = "desk-1" if (person, serial, channel) == (0, 2, "in-person") else "mairie"
        district = "sud" if person == 1 else "nord"
        card = poll.new_card(
            person, serial=serial, channel=channel, registrar=registrar, district=district
        )
        certificates.setdefault(registrar, []).append(encode(card.certificate))
        if (person, serial) == (1, 2) or person == GUEST:
            poll.revoke(card)
            odd.append(poll.logs[f"registry/{registrar}"].pop())
        for number, box in enumerate(b for b, own in BOXES.items() if own == channel):
            for seed in (1, 2):
                seed += 10 * number
                cast = poll.prepare(card, box, seed=seed).cast()
                ballots[box].append(encode(cast))
                if serial == 1:
                    challenge = poll.prepare(card, box, seed=seed).challenge()
                    ballots[box].append(encode(challenge))
            if person == 0:
                extras += _odd(poll, cast, encode(challenge))
                elsewhere = "online" if box == "kiosk-1" else "kiosk-1"
                extras.append(encode(poll.prepare(card, elsewhere, seed=9).cast()))
    for person, own in ((0, "sud"), (GUEST, "nord"), (GUEST, "sud")):
        poll.enrol(person, own, "registry/mairie")
    odd += poll.logs["registry/mairie"]
    strange = [
        encode(poll.new_card(0, serial=1, election=OTHER).certificate),
        encode(poll.new_card(0, serial=2, channel="in-person", registrar="mairie").certificate),
        b"{}",
        encode(poll.new_card(0).certificate).replace(b",", b", ", 1),
    ]
    return Pool(built, certificates, odd + strange, ballots, extras)


def _odd(poll: Polling, cast: Cast, challenge: bytes) -> list[bytes]:
    """What has a reason or no form, of ballots that are right."""
    false = structs.replace(cast.proof, response=bytes(len(cast.proof.response)))
    wrong = structs.replace(cast.ballot, election=OTHER)
    other = structs.replace(cast.ballot, sealed=cast.ballot.sealed[::-1])
    opened = json.loads(challenge)
    opened["opening"] = opened["opening"][::-1]
    unknown = structs.replace(cast.ballot.certificate, registrar="nobody")
    ballots = (wrong, other, structs.replace(cast.ballot, certificate=unknown))
    return [
        encode(Cast(ballot=cast.ballot, proof=false)),
        *(encode(Cast(ballot=ballot, proof=cast.proof)) for ballot in ballots),
        json.dumps(opened, separators=(",", ":")).encode(),
        encode(cast) + b" ",
        encode(cast.ballot),
        encode(poll.new_card(0).certificate),
        encode(Open(election=poll.built.election.id, box=cast.ballot.box, at=TIMES[0])),
        encode(Close(at=TIMES[0], cast=1, challenged=0)),
        encode(Close(at=TIMES[1], cast=0, challenged=0)).replace(TIMES[1].encode(), b"now"),
    ]


TIMES = ("2026-11-22T18:00:00Z", "2026-11-22T19:00:00Z")


@dataclass(frozen=True)
class Drawn:
    """Logs as they were drawn."""

    pool: Pool
    logs: Entries
    statuses: dict[str, Status]


@st.composite
def polls(draw: st.DrawFn) -> Drawn:
    drawn = pool(draw(st.sampled_from(SUPERSEDE)))
    election = drawn.built.election
    logs: Entries = {}
    odds = st.lists(st.sampled_from(drawn.registry), max_size=4)
    for name in drawn.built.registrars:
        own = draw(st.permutations([*drawn.certificates.get(name, []), *draw(odds)]))
        dropped = draw(st.integers(0, 1))
        logs[f"registry/{name}"] = own[dropped:]
    ends = draw(st.integers(0, 4)) == 4  # mostly opens and closes only where they belong
    odd = [e for e in drawn.extras if ends or not _is_end(e)]
    for name in BOXES:
        usable = drawn.ballots[name] * 5 + [e for own in drawn.ballots.values() for e in own] + odd
        cast = draw(st.lists(st.sampled_from(usable), min_size=6, max_size=16))
        first = encode(Open(election=election.id, box=name, at=TIMES[0]))
        logs[f"box/{name}"] = [first, *cast]
    statuses = {name: draw(st.sampled_from(STATUS)) for name in logs}
    for name, status in statuses.items():
        if status == "lost":
            logs[name] = []
        elif status == "closed":
            logs[name] = [*logs[name], _close(name, logs[name])]
    return Drawn(drawn, logs, statuses)


def _is_end(entry: bytes) -> bool:
    return entry.endswith((b'"type":"pbvote/open/1"}', b'"type":"pbvote/close/1"}'))


def _close(name: str, entries: Sequence[bytes]) -> bytes:
    if name.startswith("registry/"):
        return b'{"at":"2026-11-22T20:00:00Z","type":"pbvote/registry-close/1"}'
    cast = sum(entry.endswith(b'"type":"pbvote/cast/1"}') for entry in entries)
    challenged = sum(entry.endswith(b'"type":"pbvote/challenge/1"}') for entry in entries)
    return encode(Close(at=TIMES[1], cast=cast, challenged=challenged))


def naive(drawn: Drawn) -> NaiveMerge:
    built = drawn.pool.built
    manifest = json.loads(parse_note(built.manifest_note).text)
    roll = {to_base64(key): district for key, district in built.roll.items()}
    logs = {name: (drawn.statuses[name], entries) for name, entries in drawn.logs.items()}
    return NaiveMerge(built.election.id, manifest, roll, logs)


def check_alike(drawn: Drawn) -> str:
    """What both make of it: "refused", or nothing."""
    try:
        expected = naive(drawn)
    except Refused:
        with pytest.raises(VerificationError, match="logs/"):
            merge_logs(drawn.pool.built, drawn.logs, drawn.statuses)
        return "refused"
    merged = merge_logs(drawn.pool.built, drawn.logs, drawn.statuses)
    assert encode(merged.record) == expected.json()
    for contest in ("city", "quarter"):
        assert merged.column(contest) == expected.column(contest)
    return ""


@pytest.fixture(scope="module")
def examples(soak: bool) -> int:
    return 3000 if soak else 120


def test_the_naive_merge_is_this_merge(examples: int) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=examples)
    @given(polls())
    def alike(drawn: Drawn) -> None:
        if check_alike(drawn):
            seen["refused"] += 1
            return
        seen["counted"] += 1
        merged = naive(drawn)
        seen.update(set(merged.set_aside.values()))
        seen["conflict"] += bool(merged.conflicts)

    alike()
    # Not vacuous: most are counted, and the usual reasons came up.
    assert seen["counted"] > examples / 2
    for word in ("superseded", "duplicate", "bad-challenge", "challenged", "conflict"):
        assert seen[word], f"{word} never came up in {dict(seen)}"


def stream_of(drawn: Drawn, origin: str) -> Callable[[], Iterator[bytes]]:
    return lambda: iter(drawn.logs[short(origin)])


@pytest.fixture(scope="module")
def executors() -> Iterator[list[Executor | None]]:
    spawn = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2, mp_context=spawn) as processes:
        yield [None, threads, processes]


def test_any_executor_batch_and_order_gives_the_same_bytes(
    executors: list[Executor | None], soak: bool
) -> None:
    @settings(max_examples=200 if soak else 8)
    @given(polls())
    def same(drawn: Drawn) -> None:
        try:
            expected = naive(drawn).json()
        except Refused:
            return
        built = drawn.pool.built
        closing = make_closing(built, drawn.logs, drawn.statuses)
        signed = SignedClosing(closing, text_hash(sign_closing(built, closing)))
        origins = [log.origin for log in closing.logs if log.status != "lost"]
        for number, (executor, size) in enumerate(product(executors, (1, 3, 256))):
            turned = origins[number % 3 :] + origins[: number % 3]
            streams = {origin: stream_of(drawn, origin) for origin in reversed(turned)}
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(merge_module, "BATCH", size)
                merged = merge(
                    built.election, signed, built.public_roll, streams, executor=executor
                )
            assert encode(merged.record) == expected

    same()


def test_the_naive_merge_makes_the_vectors_merge_json(vectors: Vectors) -> None:
    """So that both are held against a third implementation."""
    folder = vectors.folder / "bundle"
    manifest = json.loads(parse_note((folder / "manifest.note").read_bytes()).text)
    closing = json.loads(parse_note((folder / "closing.note").read_bytes()).text)
    roll = dict(line.split(",") for line in (folder / "roll.csv").read_text().splitlines())
    logs = {}
    for log in closing["logs"]:
        name = log["origin"].split("/", 2)[2]
        tiles = sorted((folder / "logs" / name / "tile" / "entries").rglob("*"))
        entries = [e for t in tiles if t.is_file() for e in decode_bundle(t.read_bytes())]
        logs[name] = (log["status"], entries)
    election = text_hash((folder / "manifest.note").read_bytes())
    people = {key: district or None for key, district in roll.items()}
    merged = NaiveMerge(election, manifest, people, logs)
    assert merged.json() == (folder / "merge.json").read_bytes()
    for contest in manifest["contests"]:
        column = (folder / "contests" / contest["id"] / "input.bin").read_bytes()
        assert merged.column(contest["id"]) == column
