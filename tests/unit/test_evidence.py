"""evidence/: what each checkpoint and receipt shows against the closing (section 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from bundle_builder import (
    AT,
    Entries,
    MemoryBundle,
    Polling,
    log_files,
    make_bundle,
    sign_again,
    signer_of,
)
from election_builder import BuiltElection, build_election
from pbvote.core.ballot import Cast, Challenge, tracker
from pbvote.core.closing import Status
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import VerificationError
from pbvote.core.merkle import EMPTY_ROOT, root_of
from pbvote.core.note import Checkpoint, Signer, sign_note
from pbvote.core.receipt import Receipt, SignedReceipt, sign_receipt
from pbvote.receipts import tracker_of
from pbvote_tally.verify import Verified, verify

OTHER = bytes(range(32))
STATUSES: dict[str, Status] = {"box/kiosk-1": "cut", "box/kiosk-2": "lost"}


@dataclass(frozen=True)
class Held:
    """A poll in which kiosk-1 was cut after 3 of 5 entries and kiosk-2 was lost."""

    built: BuiltElection
    whole: Entries
    closed: Entries

    def verify(self, **evidence: bytes) -> Verified:
        """The bundle with files in evidence/, their names `n1_note`, `n2_json`."""
        named = {name[1:].replace("_", "."): data for name, data in evidence.items()}
        files = make_bundle(self.built, self.closed, STATUSES, evidence=named)
        return verify(MemoryBundle(files), self.built.commission.verify_key)

    def finding(self, data: bytes, ending: str = "note") -> tuple[str, str]:
        """Of one piece: what it shows, and the detail."""
        (found,) = self.verify(**{f"n1_{ending}": data}).evidence
        assert found.file == f"evidence/1.{ending}"
        return found.finding, found.detail

    def checkpoint(self, log: str, entries: list[bytes]) -> bytes:
        return log_files(signer_of(self.built, log), entries)["checkpoint"]

    def receipt(
        self, box: str, index: int, of: bytes | None = None, *, named: str = "", signer: str = ""
    ) -> bytes:
        """What the box signed for its entry, or for another one."""
        entry = self.whole[f"box/{box}"][index] if of is None else of
        receipt = Receipt(
            election=self.built.election.id,
            box=named or box,
            index=index,
            tracker=tracker_of(entry) or OTHER,
            at=AT,
        )
        return encode(sign_receipt(receipt, self.built.boxes[signer or box]))


@cache
def held() -> Held:
    poll = Polling(build_election())
    for person in range(4):
        card = poll.card(person, channel="in-person")
        poll.cast(card, "kiosk-1")
        poll.cast(card, "kiosk-2")
    poll.challenge(poll.card(5), "online")
    poll.cast(poll.card(5, serial=2), "online")
    poll.put("box/online", b"{}")
    whole = poll.finished({"box/kiosk-1": "cut"})
    return Held(poll.built, whole, whole | {"box/kiosk-1": whole["box/kiosk-1"][:3]})


def replaced(entries: list[bytes], at: int) -> list[bytes]:
    return [*entries[:at], b'{"other":true}', *entries[at + 1 :]]


# --- checkpoints ----------------------------------------------------------------------------------


@pytest.mark.parametrize("log", ["registry/mairie", "registry/desk-1", "box/online", "box/kiosk-1"])
def test_what_the_closing_says_is_consistent(log: str) -> None:
    for size in range(len(held().closed[log]) + 1):
        note = held().checkpoint(log, held().closed[log][:size])
        finding, detail = held().finding(note)
        assert finding == "consistent"
        assert log in detail and str(size) in detail


def test_a_log_that_was_longer() -> None:
    """A checkpoint larger than the closing's, be the log cut, closed or a registry's."""
    cases = {
        "box/kiosk-1": held().whole["box/kiosk-1"],
        "box/online": [*held().whole["box/online"], b"{}"],
        "registry/mairie": [*held().whole["registry/mairie"], b"{}"],
    }
    for log, entries in cases.items():
        finding, detail = held().finding(held().checkpoint(log, entries))
        assert finding == "log shortened"
        assert str(len(entries)) in detail and str(len(held().closed[log])) in detail


def test_a_longer_log_is_shortened_whatever_its_entries() -> None:
    entries = replaced(held().whole["box/kiosk-1"], 1)
    assert held().finding(held().checkpoint("box/kiosk-1", entries))[0] == "log shortened"


def test_a_lost_log_was_there() -> None:
    entries = held().whole["box/kiosk-2"]
    assert held().finding(held().checkpoint("box/kiosk-2", entries))[0] == "log shortened"
    assert held().finding(held().checkpoint("box/kiosk-2", []))[0] == "consistent"


@pytest.mark.parametrize("log", ["box/kiosk-1", "box/online", "registry/mairie"])
def test_a_fork_at_the_same_size(log: str) -> None:
    entries = held().closed[log]
    for at in (0, len(entries) - 1):
        finding, detail = held().finding(held().checkpoint(log, replaced(entries, at)))
        assert finding == "log forked"
        assert log in detail


def test_a_fork_at_an_earlier_size() -> None:
    """An earlier checkpoint that the log doesn't continue is as false as one of the same size."""
    entries = replaced(held().closed["box/online"][:3], 2)
    assert held().finding(held().checkpoint("box/online", entries))[0] == "log forked"


def test_an_empty_log_with_a_false_root() -> None:
    key = held().built.boxes["online"]
    assert root_of([]) == EMPTY_ROOT
    note = sign_note(Checkpoint(key.name, 0, OTHER).text, [key])
    assert held().finding(note)[0] == "log forked"


UNUSABLE_NOTES: dict[str, bytes] = {
    "not a note": b"online\n",
    "empty": b"",
    "another key": sign_note(
        Checkpoint("pbvote/demo/box/online", 99, OTHER).text,
        [Signer("pbvote/demo/box/online", OTHER)],
    ),
    "no log of ours": sign_note(
        Checkpoint("pbvote/demo/box/cellar", 99, OTHER).text,
        [Signer("pbvote/demo/box/cellar", OTHER)],
    ),
}


@pytest.mark.parametrize("name", UNUSABLE_NOTES)
def test_an_unusable_checkpoint(name: str) -> None:
    """Anybody may hand in anything: it is reported, and accuses nobody."""
    finding, detail = held().finding(UNUSABLE_NOTES[name])
    assert finding == "unusable" and detail


def test_signatures_that_are_not_the_logs() -> None:
    own, other = held().built.boxes["online"], held().built.boxes["kiosk-1"]
    text = Checkpoint(own.name, 99, OTHER).text
    notes = [
        sign_note(text, [other]),
        sign_note(text, [own, other]),
        sign_note(text, [held().built.commission]),
        sign_note(text + "more\n", [own]),
        sign_note(text.replace("99", "099"), [own]),
        sign_note(text, [own]).replace(b"\n99\n", b"\n98\n"),
    ]
    for note in notes:
        assert held().finding(note)[0] == "unusable"
    assert held().finding(sign_note(text, [own]))[0] == "log shortened"


# --- receipts -------------------------------------------------------------------------------------


def test_a_receipt_that_holds() -> None:
    for box, index in (("online", 1), ("online", 2), ("kiosk-1", 1), ("kiosk-1", 2)):
        finding, detail = held().finding(held().receipt(box, index), "json")
        assert (finding, detail) == ("consistent", f"{box}, entry {index}")


@pytest.mark.parametrize(
    ("box", "index"), [("kiosk-1", 3), ("kiosk-1", 4), ("kiosk-2", 1), ("kiosk-2", 4)]
)
def test_a_receipt_for_what_isnt_in_the_log(box: str, index: int) -> None:
    finding, detail = held().finding(held().receipt(box, index), "json")
    assert finding == "receipt contradicted"
    assert f"{box}, entry {index}" in detail


@pytest.mark.parametrize("index", [0, 2, 3, 4])
def test_a_receipt_for_another_entry(index: int) -> None:
    """Where the receipt says there stands the open, another ballot, rubbish, the close."""
    of = held().whole["box/online"][1]
    finding, _ = held().finding(held().receipt("online", index, of), "json")
    assert finding == "receipt contradicted"


def unusable_receipts() -> Mapping[str, bytes]:
    right = held().receipt("online", 1)
    signed = decode(right, SignedReceipt)
    foreign = Receipt(
        election=OTHER,
        box="online",
        index=99,
        tracker=OTHER,
        at=AT,
    )
    return {
        "empty": b"",
        "no JSON": b"PBVOTE1/R/AAAA",
        "spaces": right.replace(b",", b", "),
        "newline": right + b"\n",
        "no signature": encode(signed.receipt),
        "another index, not signed": right.replace(b'"index":1', b'"index":9'),
        "another box signed": held().receipt("online", 1, signer="kiosk-1"),
        "no such box": held().receipt("online", 1, named="cellar"),
        "another election": encode(sign_receipt(foreign, held().built.boxes["online"])),
    }


def test_an_unusable_receipt() -> None:
    for name, data in unusable_receipts().items():
        finding, detail = held().finding(data, "json")
        assert finding == "unusable" and detail, name


# --- the bundle -----------------------------------------------------------------------------------


def test_evidence_never_refuses_the_bundle_nor_changes_the_count() -> None:
    pieces = {
        "n1_note": held().checkpoint("box/kiosk-1", held().whole["box/kiosk-1"]),
        "n1_json": held().receipt("kiosk-1", 4),
        "n2_json": b"rubbish",
        "n7_note": held().checkpoint("box/online", held().whole["box/online"][:2]),
        "n10_note": held().checkpoint("box/online", replaced(held().closed["box/online"], 1)),
    }
    verified, bare = held().verify(**pieces), held().verify()
    assert {f.file: f.finding for f in verified.evidence} == {
        "evidence/1.note": "log shortened",
        "evidence/1.json": "receipt contradicted",
        "evidence/2.json": "unusable",
        "evidence/7.note": "consistent",
        "evidence/10.note": "log forked",
    }
    assert bare.evidence == []
    assert verified.results.contests == bare.results.contests
    assert verified.rebuilt.merge.record == bare.rebuilt.merge.record


def test_evidence_is_a_file_like_any_other() -> None:
    """results.note names it; what isn't named like evidence has no place."""
    own = held()
    note = own.checkpoint("box/online", own.closed["box/online"])
    files = make_bundle(own.built, own.closed, STATUSES, evidence={"1.note": note})
    key = own.built.commission.verify_key
    changed = {**files, "evidence/1.note": note + b"\n"}
    with pytest.raises(VerificationError, match=r"evidence/1\.note"):
        verify(MemoryBundle(changed), key)
    for name in ("evidence/0.note", "evidence/01.note", "evidence/a.note", "evidence/1.txt"):
        with pytest.raises(VerificationError, match=f"{name}: it has no place"):
            verify(MemoryBundle(sign_again(own.built, {**files, name: note})), key)


def test_the_tracker_of_an_entry() -> None:
    """Of casts and challenges; section 7."""
    online = held().whole["box/online"]
    challenge, cast = decode(online[1], Challenge), decode(online[2], Cast)
    for data, entry in ((online[1], challenge), (online[2], cast)):
        digest = hashlib.sha256(encode(entry.ballot)).digest()
        assert tracker_of(data) == tracker(digest, entry.proof.commitment)
    assert [tracker_of(online[i]) for i in (0, 3, 4)] == [None, None, None]
