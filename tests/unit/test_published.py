"""A published result read from its bundle, and the fingerprint that stands for it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from bundle_builder import MemoryBundle, sign_again, text_hash
from bundle_changes import OTHER, setting, tampered, town, without
from election_builder import make_contest
from pbvote.core.errors import PbvoteError, RefusedError, VerificationError
from pbvote_tally.fingerprint import code, in_hex, in_words, note_hash
from pbvote_tally.published import read_published
from pbvote_tally.selections import parse_selections, selections_csv
from pbvote_tally.verify import verify

CSV = "contests/city/selections.csv"


def test_it_says_what_verify_says() -> None:
    own = town()
    bundle, key = MemoryBundle(own.files), own.built.commission.verify_key
    read, verified = read_published(bundle, key), verify(bundle, key)
    assert read.results == verified.results
    assert [c.outcome for c in read.counted] == [c.outcome for c in verified.counted]
    assert read.merge == verified.rebuilt.merge.record
    assert read.closing == verified.rebuilt.closing
    assert read.fingerprint == text_hash(own.files["results.note"])


def test_nothing_is_published_before_the_result_is_signed() -> None:
    own = town()
    files = without("results.note")(own)
    with pytest.raises(RefusedError, match=r"isn't published yet.*publish"):
        read_published(MemoryBundle(files), own.built.commission.verify_key)


def test_a_file_that_was_changed_is_named() -> None:
    own = town()
    for name in ("merge.json", CSV, "contests/city/mix-1/proof.bin"):
        with pytest.raises(VerificationError, match=re.escape(name)):
            read_published(MemoryBundle(tampered(name)(own)), own.built.commission.verify_key)


def test_a_signed_result_of_other_ballots_is_noticed() -> None:
    own = town()
    lines = own.files[CSV].split(b"\n")
    swapped = b"\n".join([lines[0], b"1,1,0,0,0", *lines[2:]])
    files = sign_again(own.built, setting(CSV, lambda own: swapped)(own))
    with pytest.raises(PbvoteError, match="other numbers or winners"):
        read_published(MemoryBundle(files), own.built.commission.verify_key)
    with pytest.raises(PbvoteError, match="another election or closing"):
        read_published(
            MemoryBundle(sign_again(own.built, own.files, closing=OTHER)),
            own.built.commission.verify_key,
        )


def test_selections_are_read_as_they_are_written() -> None:
    contest = make_contest(projects=3)
    ballots = [(1, 0, 1), None, (0, 0, 0), (0, 1, 0)]
    assert parse_selections(contest, selections_csv(contest, ballots)) == ballots
    assert parse_selections(contest, b"p1,p2,p3\n") == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"p1,p2\n1,0\n",
        b"p1,p2,p3\n1,0,1",
        b"p1,p2,p3\n1,0,01\n",
        b"p1,p2,p3\n1,0\n",
        b"p1,p2,p3\n1,0,2\n",
        b"p1,p2,p3\n1,0,+1\n",
        b"p1,p2,p3\n1,0,1_0\n",
        b"p1,p2,p3\r\n1,0,1\r\n",
        b"p1,p2,p3\nInvalid\n",
        b"p1,p2,p3\n\n",
        b"p1,p2,p3\n1,0," + b"9" * 5000 + b"\n",
        "p1,p2,p3\n1,0,é\n".encode(),
    ],
)
def test_a_list_of_ballots_that_is_none(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"x\.csv: it isn't a list of this contest's"):
        parse_selections(make_contest(projects=3), data, "x.csv")


def test_the_fingerprint_is_that_of_the_first_line(tmp_path: Path) -> None:
    note = town().files["results.note"]
    assert note_hash(note) == hashlib.sha256(note.split(b"\n")[0] + b"\n").digest()


def test_the_fingerprint_as_it_is_said() -> None:
    digest = hashlib.sha256(b"pbvote").digest()
    words = in_words(digest).split()
    assert len(words) == 8 and all(re.fullmatch("[bdfghjklmnprstvzaiou]{5}", w) for w in words)
    assert in_words(digest[:16] + bytes(16)) == in_words(digest)
    assert in_words(bytes([digest[0] ^ 1]) + digest[1:]) != in_words(digest)
    assert in_hex(digest).replace(" ", "") == digest.hex()
    assert re.fullmatch(r"PBVOTE1/B/[A-Z2-7]{52}", code(digest))
