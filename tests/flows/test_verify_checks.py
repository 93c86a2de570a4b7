"""results.note, and a bundle as a whole: nothing passes, whoever signs it (section 12)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from bundle_builder import (
    MemoryBundle,
    Polling,
    hashes_of,
    make_bundle,
    sign_again,
)
from bundle_changes import (
    OTHER,
    Change,
    Town,
    check_refused,
    commission_and,
    copied,
    false_signature,
    note_of,
    record_of,
    setting,
    signed_by,
    stranger,
    town,
    without,
)
from election_builder import build_election, make_contest, make_roll
from pbvote.core import threshold
from pbvote.core.encoding import encode
from pbvote.core.errors import PbvoteError
from pbvote.core.note import sign_note
from pbvote_tally.records import Results
from pbvote_tally.verify import verify


def test_the_bundle_is_right() -> None:
    own = town()
    verified = verify(MemoryBundle(own.files), own.built.commission.verify_key)
    assert [r.ballots for r in verified.results.contests] == [4, 2, 0]
    assert [r.invalid for r in verified.results.contests] == [1, 0, 0]
    assert verified.results.contests[0].winners == ["p3", "p1"]  # by the addendum's cost


# --- results.note ---------------------------------------------------------------------------------


def _contests(change: Callable[[Results], Any]) -> Callable[[Town], dict[str, Any]]:
    def make(own: Town) -> dict[str, Any]:
        results: Results = record_of(own, "results.note", Results)
        return {"contests": change(results)}

    return make


def _first(**fields: Any) -> Callable[[Town], dict[str, Any]]:
    return _contests(lambda r: [structs.replace(r.contests[0], **fields), *r.contests[1:]])


def _files(change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> Any:
    return lambda own: {"files": change(hashes_of(own.files))}


SHA_MERGE = "merge.json"
RESULTS: dict[str, tuple[Callable[[Town], dict[str, Any]], str, str]] = {
    "another election": (lambda own: {"election": OTHER}, "results.note", "election"),
    "another closing": (lambda own: {"closing": OTHER}, "results.note", "closing"),
    "winners in another order": (
        _contests(
            lambda r: [
                structs.replace(r.contests[0], winners=r.contests[0].winners[::-1]),
                *r.contests[1:],
            ]
        ),
        "results.note",
        "winners",
    ),
    "no winners": (_first(winners=[]), "results.note", "winners"),
    "winners by the manifest's cost": (
        _first(winners=["p3", "p4", "p1"]),
        "results.note",
        "winners",
    ),
    "other winners": (_first(winners=["p5"]), "results.note", "winners"),
    "a ballot more": (_first(ballots=5), "results.note", "numbers"),
    "a blank more": (_first(blank=1), "results.note", "numbers"),
    "an invalid less": (_first(invalid=0), "results.note", "numbers"),
    "another contest's name": (_first(id="village"), "results.note", "numbers"),
    "a contest left out": (_contests(lambda r: r.contests[:-1]), "results.note", "numbers"),
    "contests in another order": (
        _contests(lambda r: r.contests[::-1]),
        "results.note",
        "numbers",
    ),
    "a file not named": (
        _files(lambda files: {n: h for n, h in files.items() if n != SHA_MERGE}),
        "merge.json",
        "doesn't name",
    ),
    "a file too many": (
        _files(lambda files: {**files, "thanks.txt": OTHER}),
        "thanks.txt",
        "isn't here",
    ),
    "a file outside": (
        _files(lambda files: {**files, "../thanks.txt": OTHER}),
        "../thanks.txt",
        "isn't here",
    ),
    "itself": (
        _files(lambda files: {**files, "results.note": OTHER}),
        "results.note",
        "isn't here",
    ),
    "another hash": (
        _files(lambda files: {**files, SHA_MERGE: OTHER}),
        "merge.json",
        "SHA-256",
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_each_check_of_the_results(name: str) -> None:
    own = town()
    change, where, words = RESULTS[name]
    check_refused(own, sign_again(own.built, own.files, **change(own)), where, words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (signed_by("results.note", lambda own: [stranger(own)]), "signature 1"),
        (signed_by("results.note", lambda own: [own.built.trustees[0]]), "signature 1"),
        (signed_by("results.note", commission_and(1)), "too many"),
        (false_signature("results.note", 0), "is wrong"),
        (without("results.note"), "missing"),
        (
            setting(
                "results.note",
                lambda own: sign_note(
                    note_of(own, "results.note").replace(",", ", ", 1), [own.built.commission]
                ),
            ),
            "canonical",
        ),
        (copied("results.note", "closing.note"), "signature"),
    ],
)
def test_the_signature_of_the_results(change: Change, words: str) -> None:
    own = town()
    check_refused(own, change(own), "results.note", words)


# --- anything at all ------------------------------------------------------------------------------


def test_any_byte_even_if_the_commission_signs_it(rng: random.Random, soak: bool) -> None:
    """The rebuilding alone finds it, with no help of the list of hashes."""
    own = town()
    for name, data in own.files.items():
        for _ in range(20 if soak else 1):
            if name == "results.note" or not data:
                continue
            place = rng.randrange(len(data))
            other = bytes([data[place] ^ rng.randrange(1, 256)])
            changed = {**own.files, name: data[:place] + other + data[place + 1 :]}
            with pytest.raises(PbvoteError):
                verify(
                    MemoryBundle(sign_again(own.built, changed)), own.built.commission.verify_key
                )


def test_any_file_removed_even_if_the_commission_signs_it() -> None:
    own = town()
    for name in own.files:
        if name != "results.note":
            files = {n: d for n, d in own.files.items() if n != name}
            with pytest.raises(PbvoteError):
                verify(MemoryBundle(sign_again(own.built, files)), own.built.commission.verify_key)


def test_more_trustees_than_needed() -> None:
    own = town()
    for given in ({"mixers": (1, 2, 3)}, {"mixers": (1, 2, 3), "openers": (1, 2, 3)}):
        files = own.made_again(**given, lot_openers=(2, 3))
        verify(MemoryBundle(files), own.built.commission.verify_key)


def test_the_lowest_numbered_open() -> None:
    """All three openings are right, and two of them are used: the same either way."""
    own = town()
    files = own.made_again(mixers=(1, 2, 3), openers=(1, 2, 3))
    fewer = without("contests/city/opening-1/")(replace(own, files=files))
    a = verify(MemoryBundle(files), own.built.commission.verify_key)
    b = verify(MemoryBundle(sign_again(own.built, fewer)), own.built.commission.verify_key)
    assert a.counted[0].selections == b.counted[0].selections
    assert threshold.lagrange_weights([1, 2]) != threshold.lagrange_weights([2, 3])


def test_one_trustee_alone() -> None:
    poll = Polling(build_election(trustees=1, threshold=1, seed=3))
    poll.cast(poll.card(0), "online", {"city": (1, 0, 0, 0, 0), "quarter": (1, 2, 3)})
    files = make_bundle(poll.built, poll.finished(), mixers=(1,), openers=(1,), lot_openers=(1,))
    verified = verify(MemoryBundle(files), poll.built.commission.verify_key)
    assert [r.winners for r in verified.results.contests] == [["p1"], ["p3", "p2", "p1"]]


def test_no_ballots_at_all() -> None:
    poll = Polling(build_election(seed=4))
    files = make_bundle(poll.built, poll.finished())
    verified = verify(MemoryBundle(files), poll.built.commission.verify_key)
    assert [(r.ballots, r.winners) for r in verified.results.contests] == [(0, []), (0, [])]
    assert encode(verified.rebuilt.merge.record) == files["merge.json"]


def test_a_town_without_districts() -> None:
    built = build_election(districts=(), roll=make_roll(3, ()), contests=[make_contest()])
    poll = Polling(built)
    poll.cast(poll.card(0), "online", {"city": (0, 1, 0, 0, 0)})
    verified = verify(
        MemoryBundle(make_bundle(built, poll.finished())), built.commission.verify_key
    )
    assert [(r.ballots, r.winners) for r in verified.results.contests] == [(1, ["p2"])]
