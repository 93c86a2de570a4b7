"""Rule 1: what is malformed, and that nothing else is (docs/protocol.md, section 8)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from bundle_builder import AT, Polling, aside, counted
from election_builder import (
    BuiltElection,
    build_election,
)
from pbvote.core.ballot import (
    Close,
)
from pbvote.core.card import RegistryClose
from pbvote.core.encoding import encode
from pbvote.core.errors import VerificationError

NOBODY = 99  # not on the roll


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election()


@pytest.fixture
def poll(built: BuiltElection) -> Polling:
    return Polling(built)


def canonical(value: Any) -> bytes:
    """RFC 8785, by a library of its own."""
    return rfc8785.dumps(value)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def at(path: str, value: Any) -> Callable[[Any], bytes]:
    """Set a field; ABSENT takes it away."""

    def change(record: Any) -> bytes:
        *parents, last = [int(p) if p.isdigit() else p for p in path.split(".")]
        place = record
        for part in parents:
            place = place[part]
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value(place[last]) if callable(value) else value
        return canonical(record)

    return change


def text(change: Callable[[str], str]) -> Callable[[Any], bytes]:
    """Change the canonical text."""
    return lambda record: change(canonical(record).decode()).encode()


def resized(by: int) -> Callable[[str], str]:
    """The same bytes in base64, more or fewer."""

    def resize(value: str) -> str:
        data = base64.b64decode(value)
        return b64(data + bytes(by) if by > 0 else data[:by])

    return resize


ABSENT = object()
CERTIFICATE = "ballot.certificate"
LONG = "a" * 65

MALFORMED_CAST: dict[str, Callable[[Any], bytes]] = {
    "not JSON": lambda record: b"ballot",
    "empty": lambda record: b"",
    "an array": lambda record: canonical([record]),
    "a string": lambda record: b'"pbvote/cast/1"',
    "null": lambda record: b"null",
    "not UTF-8": lambda record: canonical(record).replace(b"online", b"onlin\xff", 1),
    "a byte order mark": lambda record: b"\xef\xbb\xbf" + canonical(record),
    "cut": lambda record: canonical(record)[:-1],
    "newline at the end": lambda record: canonical(record) + b"\n",
    "space at the start": lambda record: b" " + canonical(record),
    "twice": lambda record: canonical(record) * 2,
    "space": text(lambda t: t.replace(",", ", ", 1)),
    "space after a colon": text(lambda t: t.replace(":", ": ", 1)),
    "escaped letter": text(lambda t: t.replace("online", "\\u006fnline", 1)),
    "escaped slash": text(lambda t: t.replace("pbvote/cast", "pbvote\\/cast", 1)),
    "escaped key": text(lambda t: t.replace('"ballot"', '"b\\u0061llot"', 1)),
    "order": lambda record: json.dumps(
        {"proof": record["proof"], "ballot": record["ballot"], "type": record["type"]},
        separators=(",", ":"),
    ).encode(),
    "repeated field": text(lambda t: t.replace('"proof"', '"proof":{},"proof"', 1)),
    "repeated type": text(lambda t: t[:-1] + ',"type":"pbvote/cast/1"}'),
    "extra field": at("note", "x"),
    "extra field in the ballot": at("ballot.note", "x"),
    "extra field in the certificate": at(f"{CERTIFICATE}.note", "x"),
    "extra field in the proof": at("proof.note", "x"),
    "extra field in sealed": at("ballot.sealed.0.note", 1),
    "no type": at("type", ABSENT),
    "type of none": at("type", 1),
    "unknown type": at("type", "pbvote/cast/2"),
    "a challenge's type": at("type", "pbvote/challenge/1"),
    "opening in a cast": at("opening", []),
    "no ballot": at("ballot", ABSENT),
    "no proof": at("proof", ABSENT),
    "proof is null": at("proof", None),
    "no ballot type": at("ballot.type", ABSENT),
    "other ballot type": at("ballot.type", "pbvote/cast/1"),
    "no certificate type": at(f"{CERTIFICATE}.type", ABSENT),
    "no election": at("ballot.election", ABSENT),
    "election null": at("ballot.election", None),
    "election 31": at("ballot.election", resized(-1)),
    "election 33": at("ballot.election", resized(1)),
    "election a number": at("ballot.election", 1),
    "box empty": at("ballot.box", ""),
    "box with a space": at("ballot.box", "the box"),
    "box not ASCII": at("ballot.box", "bôite"),
    "box long": at("ballot.box", LONG),
    "box with newline": at("ballot.box", "online\n"),
    "box null": at("ballot.box", None),
    "certificate election 31": at(f"{CERTIFICATE}.election", resized(-1)),
    "pseudonym 15": at(f"{CERTIFICATE}.pseudonym", resized(-1)),
    "pseudonym 17": at(f"{CERTIFICATE}.pseudonym", resized(1)),
    "key 31": at(f"{CERTIFICATE}.key", resized(-1)),
    "key 33": at(f"{CERTIFICATE}.key", resized(1)),
    "signature 63": at(f"{CERTIFICATE}.signature", resized(-1)),
    "signature 65": at(f"{CERTIFICATE}.signature", resized(1)),
    "no signature": at(f"{CERTIFICATE}.signature", ABSENT),
    "serial 0": at(f"{CERTIFICATE}.serial", 0),
    "serial 65536": at(f"{CERTIFICATE}.serial", 65536),
    "serial negative": at(f"{CERTIFICATE}.serial", -1),
    "serial true": at(f"{CERTIFICATE}.serial", True),
    "serial text": at(f"{CERTIFICATE}.serial", "1"),
    "serial 1.0": text(lambda t: t.replace('"serial":1', '"serial":1.0', 1)),
    "serial 1.5": at(f"{CERTIFICATE}.serial", 1.5),
    "serial 1e0": text(lambda t: t.replace('"serial":1', '"serial":1e0', 1)),
    "serial 01": text(lambda t: t.replace('"serial":1', '"serial":01', 1)),
    "channel": at(f"{CERTIFICATE}.channel", "by-post"),
    "channel capital": at(f"{CERTIFICATE}.channel", "Online"),
    "district null": at(f"{CERTIFICATE}.district", None),
    "district empty": at(f"{CERTIFICATE}.district", ""),
    "district long": at(f"{CERTIFICATE}.district", LONG),
    "registrar": at(f"{CERTIFICATE}.registrar", "la mairie"),
    "no registrar": at(f"{CERTIFICATE}.registrar", ABSENT),
    "sealed an object": at("ballot.sealed", {}),
    "sealed null": at("ballot.sealed.0", None),
    "contest empty": at("ballot.sealed.0.contest", ""),
    "contest long": at("ballot.sealed.0.contest", LONG),
    "ciphertext empty": at("ballot.sealed.0.ciphertext", ""),
    "ciphertext 32": at("ballot.sealed.0.ciphertext", resized(-32)),
    "ciphertext 63": at("ballot.sealed.0.ciphertext", resized(-1)),
    "ciphertext 96": at("ballot.sealed.0.ciphertext", resized(32)),
    "ciphertext 128, the proof for 64": at("ballot.sealed.0.ciphertext", resized(64)),
    "one contest less, the proof for two": at("ballot.sealed.1", ABSENT),
    "commitment shorter": at("proof.commitment", resized(-32)),
    "commitment longer": at("proof.commitment", resized(32)),
    "commitment a byte less": at("proof.commitment", resized(-1)),
    "commitment empty": at("proof.commitment", ""),
    "response shorter": at("proof.response", resized(-32)),
    "response longer": at("proof.response", resized(32)),
    "response a byte more": at("proof.response", resized(1)),
    "no padding": at("ballot.election", lambda value: value.rstrip("=")),
    "stray bits": at("ballot.election", lambda value: value[:-2] + _next(value[-2]) + "="),
    "URL alphabet": at("ballot.election", "-" * 43 + "="),
    "space in base64": at("ballot.election", lambda value: " " + value),
    "newline in base64": at("ballot.election", lambda value: value + "\n"),
}


def _next(letter: str) -> str:
    """A letter of base64 whose first four bits are the same, the last two not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return alphabet[alphabet.index(letter) | 1]


@pytest.mark.parametrize("name", MALFORMED_CAST)
def test_malformed_casts(poll: Polling, name: str) -> None:
    cast = poll.prepare(poll.card(0), "online").cast()
    assert canonical(json.loads(encode(cast))) == encode(cast)
    data = MALFORMED_CAST[name](json.loads(encode(cast)))
    assert data != encode(cast)
    poll.put("box/online", data, cast)
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "malformed")]
    assert counted(merged) == [(0, 2)]
    assert (merged.record.boxes[0].size, merged.record.boxes[0].cast) == (4, 1)


@pytest.mark.parametrize(
    "change",
    [
        at("opening", ABSENT),
        at("opening", None),
        at("opening.0.note", 1),
        at("opening.0.contest", "the city"),
        at("opening.0.contest", ABSENT),
        at("opening.0.randomness", ABSENT),
        at("opening.0.randomness", "AA"),
        at("opening.0.randomness", [1]),
        at("proof.response", resized(32)),
        at("type", "pbvote/cast/1"),
    ],
)
def test_malformed_challenges(poll: Polling, change: Callable[[Any], bytes]) -> None:
    card = poll.card(0)
    challenge = poll.prepare(card, "online", seed=1).challenge()
    poll.put("box/online", change(json.loads(encode(challenge))))
    poll.put("box/online", poll.prepare(card, "online", seed=1).cast())
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "malformed")]
    assert merged.record.boxes[0].challenged == 0
    assert counted(merged) == [(0, 2)]


def test_longest_names_and_largest_serial_are_right(poll: Polling) -> None:
    card = poll.card(0, serial=65535)
    poll.cast(card, "online")
    poll.put("box/online", poll.prepare(card, "a" * 64).cast())
    assert aside(poll.merged()) == [("online", 2, "wrong-box")]


@pytest.mark.parametrize("kind", ["certificate", "revocation", "enrol", "registry-close"])
def test_a_registrys_record_in_a_box(poll: Polling, kind: str) -> None:
    card = poll.card(0)
    poll.revoke(card)
    poll.enrol(NOBODY, None, "registry/mairie")
    entry = dict(
        zip(("certificate", "revocation", "enrol"), poll.logs["registry/mairie"], strict=True)
    ) | {"registry-close": encode(RegistryClose(at=AT))}
    poll.put("box/online", entry[kind])
    assert aside(poll.merged()) == [("online", 1, "malformed")]


def test_a_boxs_records_in_a_registry_are_ignored(poll: Polling) -> None:
    card = poll.card(0)
    cast = poll.prepare(card, "online").cast()
    for entry in (cast, Close(at=AT, cast=0, challenged=0), cast.ballot):
        poll.logs["registry/mairie"].append(encode(entry))
    poll.put("box/online", cast)
    merged = poll.merged()
    assert aside(merged) == []
    registry = merged.record.registries[0]
    assert (registry.size, registry.certificates) == (5, 1)


MALFORMED_REVOCATION: dict[str, Callable[[Any], bytes]] = {
    "one official": at("officials", ["president"]),
    "no official": at("officials", []),
    "three officials": at("officials", ["a", "b", "c"]),
    "an empty one": at("officials", ["president", ""]),
    "a first empty one": at("officials", ["", "secretary"]),
    "a number": at("officials", ["president", 2]),
    "not a list": at("officials", "ab"),
    "other reason": at("reason", "sick"),
    "no reason": at("reason", ABSENT),
    "key 31": at("key", resized(-1)),
    "election 33": at("election", resized(1)),
    "extra field": at("at", AT),
    "capital escape": at("officials", ["president\x1f", "b"]),
}


@pytest.mark.parametrize("name", MALFORMED_REVOCATION)
def test_malformed_revocations_are_ignored(poll: Polling, name: str) -> None:
    card = poll.card(0)
    poll.revoke(card)
    entry = MALFORMED_REVOCATION[name](json.loads(poll.logs["registry/mairie"].pop()))
    poll.put("registry/mairie", entry.replace(b"\\u001f", b"\\u001F"))
    poll.cast(card, "online")
    merged = poll.merged()
    assert (aside(merged), counted(merged)) == ([], [(0, 1)])
    assert (merged.record.registries[0].size, merged.record.registries[0].revoked) == (3, 0)


@pytest.mark.parametrize("role", ["président", "\x01\x1f\x7f", '"\\/\b\f\n\r\t', "\u2028é\u0301😀"])
def test_any_text_is_an_official_in_its_one_encoding(poll: Polling, role: str) -> None:
    card = poll.card(0)
    poll.revoke(card)
    record = json.loads(poll.logs["registry/mairie"].pop())
    poll.put("registry/mairie", canonical(record | {"officials": [role, "secretary"]}))
    poll.cast(card, "online")
    assert aside(poll.merged()) == [("online", 1, "revoked")]


@pytest.mark.parametrize(
    "change",
    [
        at("serial", 0),
        at("serial", 65536),
        at("pseudonym", resized(1)),
        at("signature", resized(-1)),
        at("channel", "by-post"),
        at("district", None),
        at("note", ""),
        text(lambda t: t.replace(",", ", ", 1)),
    ],
)
def test_malformed_certificates_are_ignored(poll: Polling, change: Callable[[Any], bytes]) -> None:
    card = poll.new_card(0)
    poll.put("registry/mairie", change(json.loads(encode(card.certificate))))
    poll.cast(card, "online")
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "certificate-not-logged")]
    assert merged.record.registries[0].certificates == 0


@pytest.mark.parametrize(
    "change", [at("pseudonym", resized(-1)), at("district", ""), at("district", None)]
)
def test_malformed_enrolments_are_ignored(poll: Polling, change: Callable[[Any], bytes]) -> None:
    poll.enrol(NOBODY, "nord")
    entry = change(json.loads(poll.logs["registry/desk-1"].pop()))
    poll.put("registry/desk-1", entry)
    poll.cast(poll.card(NOBODY, district="nord"), "online")
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "not-on-roll")]
    assert merged.record.registries[1].enrolled == 0


WRONG_TIMES = [
    "2026-02-30T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2026-13-01T10:00:00Z",
    "2026-00-01T10:00:00Z",
    "2026-11-00T10:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:60:00Z",
    "2026-11-22T10:00:61Z",
    "2026-11-22T10:00:00",
    "2026-11-22T10:00:00z",
    "2026-11-22T10:00:00+00:00",
    "2026-11-22T10:00:00.0Z",
    "2026-11-22 10:00:00Z",
    "2026-11-22T10:00Z",
    "26-11-22T10:00:00Z",
    "2026-11-22T10:00:00Z\n",
    "２０２６-11-22T10:00:00Z",
    "",
]


@pytest.mark.parametrize("time", WRONG_TIMES)
def test_no_such_time(poll: Polling, time: str) -> None:
    """A second open or a close in the middle would refuse the bundle if it were right."""
    election = b64(poll.built.election.id)
    close = {"at": time, "cast": 0, "challenged": 0, "type": "pbvote/close/1"}
    again = {"at": time, "box": "online", "election": election, "type": "pbvote/open/1"}
    poll.put("box/online", canonical(close), canonical(again))
    poll.put("registry/mairie", canonical({"at": time, "type": "pbvote/registry-close/1"}))
    merged = poll.merged()
    assert aside(merged) == [("online", 1, "malformed"), ("online", 2, "malformed")]


@pytest.mark.parametrize("time", ["2024-02-29T23:59:59Z", "2026-11-22T00:00:00Z"])
def test_right_times_refuse_the_bundle_in_the_middle(poll: Polling, time: str) -> None:
    poll.put("box/online", Close(at=time, cast=0, challenged=0))
    with pytest.raises(VerificationError, match="logs/box/online"):
        poll.merged()


@pytest.mark.parametrize("count", [-1, 2**53, 1.5, "0", None, True])
def test_no_such_count(poll: Polling, count: Any) -> None:
    close = {"at": AT, "cast": count, "challenged": 0, "type": "pbvote/close/1"}
    poll.put("box/online", json.dumps(close, sort_keys=True, separators=(",", ":")).encode())
    assert aside(poll.merged()) == [("online", 1, "malformed")]
