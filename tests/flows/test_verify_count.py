"""From merge to lot: each check of `verify` broken alone, all around it signed again.

docs/protocol.md, sections 8 to 12.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from bundle_builder import (
    Files,
    Tallying,
    sign_record,
)
from bundle_changes import (
    OTHER,
    Change,
    Town,
    check_row,
    copied,
    record_of,
    setting,
    signed_by,
    tampered,
    trustees,
    with_part,
    without,
)
from pbvote.core.group import IDENTITY, ZERO
from pbvote.core.sealing import first_elements
from pbvote_tally.records import MixRecord


def merge_json(old: bytes, new: bytes) -> Change:
    def make(own: Town) -> bytes:
        assert old in own.files["merge.json"]
        return own.files["merge.json"].replace(old, new, 1)

    return setting("merge.json", make)


CITY = "contests/city"


def input_with(change: Callable[[bytes], bytes]) -> Change:
    """Another column, mixed and opened as it is; the results are its own."""

    def make(own: Town) -> Files:
        contest = own.contest("city")
        column = change(own.files[f"{CITY}/input.bin"])
        tallying = own.tallying
        for other in ("quarter", "islands"):
            tallying.contest_files(
                own.contest(other), own.files[f"contests/{other}/input.bin"], (1, 3), (1, 3)
            )
        files = tallying.contest_files(contest, column, (1, 3), (1, 3))
        return tallying.sign_results({**own.files, **files})

    return make


def stated(number: int, signer: int = 0, **fields: Any) -> Change:
    """Another statement of this trustee's, signed by it (or by trustee `signer`)."""
    name = f"{CITY}/mix-{number}/statement.note"

    def make(own: Town) -> bytes:
        record = structs.replace(record_of(own, name, MixRecord), **fields)
        return sign_record(record, [own.built.trustees[(signer or number) - 1]])

    return setting(name, make)


def restated(number: int, change: Change) -> Change:
    """After a change of output or proof, a statement that says so."""
    folder = f"{CITY}/mix-{number}"

    def make(own: Town) -> Files:
        files = change(own)
        hashes: dict[str, Any] = {
            part: hashlib.sha256(files[f"{folder}/{part}.bin"]).digest()
            for part in ("output", "proof")
        }
        return stated(number, 0, **hashes)(replace(own, files=files))

    return make


def against_order(own: Town) -> Files:
    """Trustee 3 mixes first, then trustee 1; everything else as it must be."""
    contest = own.contest("city")
    files = {n: d for n, d in own.files.items() if not n.startswith((f"{CITY}/mix", f"{CITY}/op"))}
    column, tallying = files[f"{CITY}/input.bin"], own.tallying
    for number in (3, 1):
        files |= tallying.mix_files(contest, number, column)
        column = files[f"{CITY}/mix-{number}/output.bin"]
    files |= tallying.opening_files("city", first_elements(column), (1, 3))
    return files


def foreign_opening(own: Town) -> Files:
    """A right opening, of another contest's column."""
    column = own.files["contests/quarter/mix-3/output.bin"]
    twice = first_elements(column) * 2
    return {**own.files, **own.tallying.opening_files("city", twice, (1,))}


def opening_by_another(own: Town) -> Files:
    """Trustee 3's shares in the place of trustee 1's."""
    files = {**own.files}
    for part in ("shares.bin", "proof.bin"):
        files[f"{CITY}/opening-1/{part}"] = own.files[f"{CITY}/opening-3/{part}"]
    return files


def lot_of(closing: bytes) -> Change:
    """A lot opened by both trustees for another closing."""
    return lambda own: {**own.files, **Tallying(own.built, closing).lot_files((1, 3))}


def ballots_for_nobody(own: Town) -> Files:
    """A mix, proved, in a contest without ballots."""
    column = own.files["contests/quarter/input.bin"]
    return {**own.files, **own.tallying.mix_files(own.contest("islands"), 1, column)}


def swapped_rows(data: bytes) -> bytes:
    return data[64:128] + data[:64] + data[128:]


def swapped_lines(data: bytes) -> bytes:
    head, *lines = data.splitlines(keepends=True)
    assert lines[::-1] != lines
    return b"".join([head, *lines[::-1]])


COUNT: dict[str, tuple[Change, str, str]] = {
    "merge: accepted": (
        merge_json(b'"accepted":4,"boxes"', b'"accepted":5,"boxes"'),
        "merge.json",
        "merge",
    ),
    "merge: a reason": (
        merge_json(b'"reason":"superseded"', b'"reason":"duplicate"'),
        "merge.json",
        "merge",
    ),
    "merge: spaces": (merge_json(b",", b", "), "merge.json", "merge"),
    "merge: a newline": (
        setting("merge.json", lambda own: own.files["merge.json"] + b"\n"),
        "merge.json",
        "merge",
    ),
    "merge: missing": (without("merge.json"), "merge.json", "missing"),
    "input: rows swapped": (input_with(swapped_rows), f"{CITY}/input.bin", "accepted ballots"),
    "input: a row left out": (
        input_with(lambda data: data[64:]),
        f"{CITY}/input.bin",
        "accepted ballots",
    ),
    "input: a row doubled": (
        input_with(lambda data: data + data[:64]),
        f"{CITY}/input.bin",
        "accepted ballots",
    ),
    "input: another row": (
        input_with(lambda data: data[64:128] + data[64:]),
        f"{CITY}/input.bin",
        "accepted ballots",
    ),
    "input: missing": (without(f"{CITY}/input.bin"), f"{CITY}/input.bin", "missing"),
    "input: missing where there are no ballots": (
        without("contests/islands/input.bin"),
        "contests/islands/input.bin",
        "missing",
    ),
    "mix: against the trustees' order": (
        against_order,
        f"{CITY}/mix-1/statement.note",
        "input",
    ),
    "mix: a statement of another contest": (
        stated(1, contest="quarter"),
        f"{CITY}/mix-1/statement.note",
        "contest",
    ),
    "mix: a statement of another election": (
        stated(1, election=OTHER),
        f"{CITY}/mix-1/statement.note",
        "election",
    ),
    "mix: a statement of another number": (
        stated(3, trustee=2),
        f"{CITY}/mix-3/statement.note",
        "number",
    ),
    "mix: a statement of another input": (
        stated(3, input=OTHER),
        f"{CITY}/mix-3/statement.note",
        "input",
    ),
    "mix: a statement of another output": (
        stated(1, output=OTHER),
        f"{CITY}/mix-1/statement.note",
        "output",
    ),
    "mix: a statement of another proof": (
        stated(1, proof=OTHER),
        f"{CITY}/mix-1/statement.note",
        "proof",
    ),
    "mix: a statement signed by another trustee": (
        stated(1, signer=2),
        f"{CITY}/mix-1/statement.note",
        "signature 1",
    ),
    "mix: a false signature": (
        setting(
            f"{CITY}/mix-1/statement.note",
            lambda own: own.files[f"{CITY}/mix-1/statement.note"].replace(b"city", b"cite", 1),
        ),
        f"{CITY}/mix-1/statement.note",
        "is wrong",
    ),
    "mix: two signatures": (
        signed_by(f"{CITY}/mix-1/statement.note", trustees(1, 3)),
        f"{CITY}/mix-1/statement.note",
        "too many",
    ),
    "mix: another output": (
        tampered(f"{CITY}/mix-3/output.bin"),
        f"{CITY}/mix-3/statement.note",
        "output",
    ),
    "mix: another proof": (
        tampered(f"{CITY}/mix-3/proof.bin", -1),
        f"{CITY}/mix-3/statement.note",
        "proof",
    ),
    **{
        f"mix: part {part} of the proof replaced, and signed": (
            restated(3, with_part(f"{CITY}/mix-3/proof.bin", part, value)),
            f"{CITY}/mix-3/proof.bin",
            "",
        )
        for part, value in [
            *((part, IDENTITY) for part in (0, 3, 4, 8, 12, 15, 16)),
            *((part, ZERO) for part in (17, 18, 20, 21, 25, -1)),
            (0, b"\xff" * 32),
            (17, b"\xff" * 32),
        ]
    },
    "mix: proof cut, and signed": (
        restated(
            1,
            setting(
                f"{CITY}/mix-1/proof.bin", lambda own: own.files[f"{CITY}/mix-1/proof.bin"][:-32]
            ),
        ),
        f"{CITY}/mix-1/proof.bin",
        "bytes",
    ),
    "mix: rows of the output swapped, and signed": (
        restated(
            3,
            setting(
                f"{CITY}/mix-3/output.bin",
                lambda own: swapped_rows(own.files[f"{CITY}/mix-3/output.bin"]),
            ),
        ),
        f"{CITY}/mix-3/proof.bin",
        "proof",
    ),
    "mix: a row of the output replaced, and signed": (
        restated(
            1,
            setting(
                f"{CITY}/mix-1/output.bin",
                lambda own: (
                    own.files[f"{CITY}/input.bin"][:64] + own.files[f"{CITY}/mix-1/output.bin"][64:]
                ),
            ),
        ),
        f"{CITY}/mix-1/proof.bin",
        "proof",
    ),
    "mix: an element that isn't one, and signed": (
        restated(3, with_part(f"{CITY}/mix-3/output.bin", 3, b"\xff" * 32)),
        f"{CITY}/mix-3/proof.bin",
        "row 2",
    ),
    "mix: one file missing": (
        without(f"{CITY}/mix-3/proof.bin"),
        f"{CITY}/mix-3/proof.bin",
        "missing",
    ),
    "mix: by a trustee that there isn't": (
        lambda own: {
            **own.files,
            **{
                n.replace("mix-3", "mix-4"): d
                for n, d in own.files.items()
                if n.startswith(f"{CITY}/mix-3")
            },
        },
        f"{CITY}/mix-4/statement.note",
        "no trustee 4",
    ),
    "mix: a number with a zero before it": (
        copied(f"{CITY}/mix-03/output.bin", f"{CITY}/mix-3/output.bin"),
        f"{CITY}/mix-03/output.bin",
        "place",
    ),
    "mix: too few": (
        lambda own: own.made_again(mixers=(1,), openers=(1,)),
        CITY,
        "mixed",
    ),
    "mix: none": (lambda own: own.made_again(mixers=(), openers=(1, 3)), CITY, "mixed"),
    "mix: where there are no ballots": (
        ballots_for_nobody,
        "contests/islands",
        "no ballots",
    ),
    "opening: too few": (lambda own: own.made_again(openers=(3,)), CITY, "opened"),
    "opening: none": (without("contests/quarter/opening"), "contests/quarter", "opened"),
    "opening: by one who didn't mix": (
        lambda own: own.made_again(openers=(1, 2, 3)),
        CITY,
        "didn't mix",
    ),
    "opening: the proof": (
        tampered(f"{CITY}/opening-1/proof.bin", 64),
        f"{CITY}/opening-1/proof.bin",
        "proof",
    ),
    **{
        f"opening: part {part} of the proof replaced": (
            with_part(f"{CITY}/opening-3/proof.bin", part, value),
            f"{CITY}/opening-3/proof.bin",
            "",
        )
        for part, value in [(0, IDENTITY), (1, IDENTITY), (2, ZERO), (2, b"\xff" * 32)]
    },
    "opening: a share": (
        with_part(f"{CITY}/opening-3/shares.bin", 2, IDENTITY),
        f"{CITY}/opening-3/proof.bin",
        "proof",
    ),
    "opening: a share that is no element": (
        with_part(f"{CITY}/opening-3/shares.bin", 2, b"\xff" * 32),
        f"{CITY}/opening-3/",
        "row 3",
    ),
    "opening: a share less": (
        setting(
            f"{CITY}/opening-3/shares.bin",
            lambda own: own.files[f"{CITY}/opening-3/shares.bin"][:-32],
        ),
        f"{CITY}/opening-3/",
        "bytes",
    ),
    "opening: of another contest": (foreign_opening, f"{CITY}/opening-1/proof.bin", "proof"),
    "opening: another trustee's": (opening_by_another, f"{CITY}/opening-1/proof.bin", "proof"),
    "opening: one file missing": (
        without(f"{CITY}/opening-1/shares.bin"),
        f"{CITY}/opening-1/shares.bin",
        "missing",
    ),
    "opening: where there are no ballots": (
        lambda own: {**own.files, **own.tallying.opening_files("islands", [], (1, 3))},
        "contests/islands",
        "no ballots",
    ),
    "selections: a line": (
        setting(
            f"{CITY}/selections.csv",
            lambda own: own.files[f"{CITY}/selections.csv"].replace(b"invalid", b"0,0,0,0,0"),
        ),
        f"{CITY}/selections.csv",
        "opened ballots",
    ),
    "selections: another order": (
        setting(
            f"{CITY}/selections.csv",
            lambda own: swapped_lines(own.files[f"{CITY}/selections.csv"]),
        ),
        f"{CITY}/selections.csv",
        "opened ballots",
    ),
    "selections: another head": (
        setting(
            f"{CITY}/selections.csv",
            lambda own: own.files[f"{CITY}/selections.csv"].replace(b"p1", b"p9"),
        ),
        f"{CITY}/selections.csv",
        "opened ballots",
    ),
    "selections: Windows lines": (
        setting(
            "contests/quarter/selections.csv",
            lambda own: own.files["contests/quarter/selections.csv"].replace(b"\n", b"\r\n"),
        ),
        "contests/quarter/selections.csv",
        "opened ballots",
    ),
    "selections: a line where there are no ballots": (
        setting("contests/islands/selections.csv", lambda own: b"p1,p2,p3\n0,0,0\n"),
        "contests/islands/selections.csv",
        "opened ballots",
    ),
    "selections: missing": (
        without("contests/islands/selections.csv"),
        "contests/islands/selections.csv",
        "missing",
    ),
    "lot: missing": (without("lot/"), "lot", "opened the lot"),
    "lot: too few": (without("lot/opening-3/"), "lot", "opened the lot"),
    "lot: a share": (
        setting("lot/opening-1/shares.bin", lambda own: IDENTITY),
        "lot/opening-1/proof.bin",
        "proof",
    ),
    "lot: a proof": (tampered("lot/opening-3/proof.bin", 64), "lot/opening-3/proof.bin", ""),
    "lot: another trustee's": (
        lambda own: {
            **own.files,
            "lot/opening-1/shares.bin": own.files["lot/opening-3/shares.bin"],
            "lot/opening-1/proof.bin": own.files["lot/opening-3/proof.bin"],
        },
        "lot/opening-1/proof.bin",
        "proof",
    ),
    "lot: of another closing": (lot_of(OTHER), "lot/opening-1/proof.bin", "proof"),
    "lot: one file missing": (
        without("lot/opening-1/proof.bin"),
        "lot/opening-1/proof.bin",
        "missing",
    ),
    "lot: by a trustee that there isn't": (
        lambda own: {
            **own.files,
            "lot/opening-9/shares.bin": IDENTITY,
            "lot/opening-9/proof.bin": bytes(96),
        },
        "lot/opening-9/proof.bin",
        "no trustee 9",
    ),
    **{
        f"extra: {name}": (setting(name, lambda own: b"x"), name, "place")
        for name in (
            "README.md",
            "manifest.note.bak",
            "evidence/0.note",
            "evidence/one.note",
            "evidence/1.txt",
            "evidence/1.note/x",
            "logs/box/online/tile/0/001.p/1",
            "logs/box/online/tile/1/000.p/1",
            f"{CITY}/selections.csv.old",
            f"{CITY}/mix-1/notes.txt",
            f"{CITY}/opening-1/statement.note",
            "contests/village/input.bin",
            "lot/opening-1/statement.note",
        )
    },
}


@pytest.mark.parametrize("name", COUNT)
def test_each_check(name: str) -> None:
    check_row(COUNT[name])


@pytest.mark.parametrize("name", ["addenda/first.note", "addenda/01.note"])
def test_a_stray_file_beside_the_addenda_is_named(name: str) -> None:
    check_row((setting(name, lambda own: b"x"), name, "place"))
