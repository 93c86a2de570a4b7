"""A corrected result: counted again, following the result before, each fault named (section 13)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bundle_builder import MemoryBundle, sign_record, text_hash
from bundle_changes import OTHER, Town, cost, stranger, town
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import InputError, PbvoteError, RefusedError
from pbvote.core.manifest import Correction
from pbvote.core.note import Signer, parse_note, sign_note
from pbvote_tally.correction import (
    Corrected,
    correct,
    corrected,
    joined,
    keep_note,
    notes_in,
)
from pbvote_tally.published import Published, read_published
from pbvote_tally.records import CorrectedResults
from pbvote_tally.verify import verify

LATER = "2026-12-05T10:00:00Z"
Notes = list[tuple[str, bytes]]


def withdrawn(project: str, contest: str = "city") -> Correction:
    return Correction(
        contest=contest, project=project, field="withdrawn", value=True, reason="a complaint"
    )


@cache
def published() -> Published:
    own = town()
    return read_published(MemoryBundle(own.files), own.built.commission.verify_key)


def signed(notes: Notes, *corrections: Correction, reason: str = "a complaint") -> Notes:
    """The notes, and the next with these corrections added."""
    before = corrected(published(), notes)
    note, done = correct(
        published(),
        before,
        joined(before, corrections, []),
        at=LATER,
        reason=reason,
        commission=town().built.commission,
    )
    return [*notes, (f"{done.record.number}.note", note)]


@cache
def two() -> tuple[tuple[str, bytes], ...]:
    """p3 is withdrawn, then p1's cost is another."""
    return tuple(signed(signed([], withdrawn("p3")), cost("city", "p1", 2_000_001)))


def test_the_same_ballots_are_counted_again() -> None:
    first, second = corrected(published(), two())
    winners = [list(one.counted[0].outcome.winners) for one in (first, second)]
    assert published().results.contests[0].winners == ["p3", "p1"]
    assert winners == [["p4", "p1"], ["p4"]]
    for one in (first, second):
        assert [c.ballots for c in one.record.contests] == [4, 2, 0]
        assert one.counted[0].selections == published().counted[0].selections
        assert one.record.contests[1:] == published().results.contests[1:]


def test_they_follow_each_other_from_the_first_result_on() -> None:
    first, second = corrected(published(), two())
    assert first.record.previous == text_hash(town().files["results.note"])
    assert second.record.previous == text_hash(two()[0][1])
    assert (first.record.number, second.record.number) == (2, 3)
    assert second.record.corrections == [withdrawn("p3"), cost("city", "p1", 2_000_001)]


def test_the_bundle_is_as_it_was() -> None:
    own = town()
    assert corrected(published(), two())
    verify(MemoryBundle(own.files), own.built.commission.verify_key)


def test_a_later_note_can_take_an_earlier_correction_back() -> None:
    before = corrected(published(), two()[:1])
    assert joined(before, [], [("city", "p3")]) == []
    note, done = correct(
        published(),
        before,
        [],
        at=LATER,
        reason="the court says so",
        commission=town().built.commission,
    )
    assert done.record.contests == published().results.contests
    assert corrected(published(), [*two()[:1], ("3.note", note)])[-1].record == done.record
    with pytest.raises(InputError, match="no correction withdrew city/p1"):
        joined(before, [], [("city", "p1")])


def test_a_correction_takes_the_place_of_one_of_the_same_field() -> None:
    before = corrected(published(), two())
    again = joined(before, [cost("city", "p1", 7)], [])
    assert again == [withdrawn("p3"), cost("city", "p1", 7)]


def test_a_cost_that_makes_a_project_affordable() -> None:
    """It comes after the addendum's, which made p4 dear."""
    ((_, note),) = signed([], cost("city", "p4", 100_000))
    (one,) = corrected(published(), [("2.note", note)])
    assert "p4" in one.counted[0].outcome.winners
    assert "p4" not in published().results.contests[0].winners


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"corrections": []}, "changes nothing"),
        ({"reason": " "}, "no reason"),
        ({"commission": Signer("pbvote/demo/commission", OTHER)}, "commission's key"),
        ({"corrections": [withdrawn("p9")]}, "no project is called city/p9"),
    ],
)
def test_what_is_not_signed(given: dict[str, Any], words: str) -> None:
    right = {
        "corrections": [withdrawn("p3")],
        "at": LATER,
        "reason": "a complaint",
        "commission": town().built.commission,
    }
    with pytest.raises(PbvoteError, match=words):
        correct(published(), [], **{**right, **given})


Change = Callable[[Town, CorrectedResults], Any]


def _with(**fields: Any) -> Change:
    return lambda own, record: structs.replace(record, **fields)


def _winners(*winners: str) -> Change:
    def change(own: Town, record: CorrectedResults) -> CorrectedResults:
        first, *others = record.contests
        return structs.replace(
            record, contests=[structs.replace(first, winners=list(winners)), *others]
        )

    return change


FAULTS: dict[str, tuple[Change, str]] = {
    "another election": (_with(election=OTHER), "another election"),
    "another number": (_with(number=4), "it is number 4, number 3 comes here"),
    "it follows the first": (
        lambda own, r: structs.replace(r, previous=text_hash(own.files["results.note"])),
        "doesn't follow the result before",
    ),
    "other winners": (_winners("p3"), "other numbers or winners"),
    "no winners": (_winners(), "other numbers or winners"),
    "a contest left out": (
        lambda own, r: structs.replace(r, contests=r.contests[:-1]),
        "other numbers or winners",
    ),
    "a ballot more": (
        lambda own, r: structs.replace(
            r, contests=[structs.replace(r.contests[0], ballots=5), *r.contests[1:]]
        ),
        "other numbers or winners",
    ),
    "an unknown project": (
        lambda own, r: structs.replace(r, corrections=[*r.corrections, withdrawn("p9")]),
        "no project is called city/p9",
    ),
    "an unknown contest": (
        lambda own, r: structs.replace(r, corrections=[withdrawn("p1", "moon")]),
        "no project is called moon/p1",
    ),
    "a title": (
        lambda own, r: structs.replace(
            r,
            corrections=[
                Correction(
                    contest="city", project="p1", field="title", value={"fr": "x"}, reason="y"
                )
            ],
        ),
        "changes the title of city/p1",
    ),
    "a field twice": (
        lambda own, r: structs.replace(r, corrections=[*r.corrections, cost("city", "p1", 1)]),
        "changes the cost of city/p1 twice",
    ),
    "nothing changed": (
        lambda own, r: structs.replace(r, corrections=r.corrections[:1]),
        "it changes nothing",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named(name: str) -> None:
    change, words = FAULTS[name]
    own = town()
    record = decode(parse_note(two()[1][1]).text.encode().removesuffix(b"\n"), CorrectedResults)
    note = sign_record(change(own, record), [own.built.commission])
    check_refused([two()[0], ("3.note", note)], "3.note", words)


def test_signed_by_somebody_else() -> None:
    record = decode(parse_note(two()[0][1]).text.encode().removesuffix(b"\n"), CorrectedResults)
    for signers in ([stranger(town())], [town().built.trustees[0]]):
        check_refused([("2.note", sign_record(record, signers))], "2.note", "commission")


def test_a_note_left_out_or_given_twice() -> None:
    check_refused([two()[1]], "3.note", "number 2 comes here")
    check_refused([two()[0], two()[0]], "2.note", "number 3 comes here")


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 1},
        {"reason": ""},
        {"at": "yesterday"},
        {"corrections": [encode(withdrawn("p3")).decode()]},
        {"thanks": "to all"},
    ],
)
def test_a_record_that_is_none(wrong: dict[str, Any]) -> None:
    fields = {**decode(parse_note(two()[0][1]).text.encode().removesuffix(b"\n"), dict), **wrong}
    text = encode(fields).decode() + "\n"
    note = sign_text(text, town().built.commission)
    check_refused([("2.note", note)], "2.note", "")


def test_the_second_result_changes_something_too() -> None:
    own = town()
    record = decode(parse_note(two()[0][1]).text.encode().removesuffix(b"\n"), CorrectedResults)
    none = structs.replace(record, corrections=[], contests=list(published().results.contests))
    note = sign_record(none, [own.built.commission])
    check_refused([("2.note", note)], "2.note", "it changes nothing")


def test_a_number_is_given_once(tmp_path: Path) -> None:
    assert keep_note(tmp_path, 2, two()[0][1]) == tmp_path / "corrections" / "2.note"
    with pytest.raises(RefusedError, match="of this number already"):
        keep_note(tmp_path, 2, two()[1][1])
    assert notes_in(tmp_path) == [("corrections/2.note", two()[0][1])]


def test_any_byte_changed_is_noticed() -> None:
    note = two()[0][1]
    for at in range(0, len(note), 37):
        changed = bytearray(note)
        changed[at] ^= 1
        check_refused([("2.note", bytes(changed))], "2.note", "")


def sign_text(text: str, signer: Signer) -> bytes:
    return sign_note(text, [signer])


def check_refused(notes: Notes, where: str, words: str) -> None:
    with pytest.raises(PbvoteError) as caught:
        corrected(published(), notes)
    assert caught.value.where.startswith(where), str(caught.value)
    assert words in str(caught.value)


def test_the_last_is_the_result() -> None:
    done: list[Corrected] = corrected(published(), two())
    assert done[-1].hash == text_hash(two()[-1][1])
    assert isinstance(done[-1].record, CorrectedResults)
    assert not corrected(published(), [])
