"""Manifest, addenda and roll: each check of `verify` broken alone, all around it signed again.

docs/protocol.md, section 3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import UNSET, structs

from bundle_builder import (
    AT,
    Files,
    sign_record,
    text_hash,
)
from bundle_changes import (
    OTHER,
    Change,
    Town,
    check_row,
    commission_and,
    copied,
    cost,
    false_signature,
    forged_third,
    note_of,
    setting,
    signed_by,
    stranger,
    trustees,
    without,
)
from pbvote.core.group import IDENTITY, ZERO
from pbvote.core.manifest import (
    Addendum,
    Box,
    Manifest,
    Registrar,
    TrusteeProof,
)
from pbvote.core.note import Signer, sign_note


def manifest_with(change: Callable[[Manifest], Manifest]) -> Change:
    """Another manifest, signed by all."""

    def make(own: Town) -> bytes:
        manifest = change(own.built.election.manifest)
        return sign_record(manifest, [own.built.commission, *own.built.trustees])

    return setting("manifest.note", make)


def trustee_with(number: int, **fields: Any) -> Change:
    def change(manifest: Manifest) -> Manifest:
        own = list(manifest.trustees)
        own[number - 1] = structs.replace(own[number - 1], **fields)
        return structs.replace(manifest, trustees=own)

    return manifest_with(change)


def manifest_fields(**fields: Any) -> Change:
    return manifest_with(lambda manifest: structs.replace(manifest, **fields))


def other_key(manifest: Manifest) -> Manifest:
    return structs.replace(manifest, key=manifest.trustees[0].commitments[0])


def exchanged_proofs(manifest: Manifest) -> Manifest:
    one, two, three = manifest.trustees
    return structs.replace(
        manifest,
        trustees=[
            structs.replace(one, proof=two.proof),
            structs.replace(two, proof=one.proof),
            three,
        ],
    )


def lost_commitment(manifest: Manifest) -> Manifest:
    first = manifest.trustees[0]
    short = structs.replace(first, commitments=first.commitments[:1])
    return structs.replace(manifest, trustees=[short, *manifest.trustees[1:]])


def addendum_with(quorum: int | None = None, **fields: Any) -> Change:
    """Another first addendum, signed as it must be."""

    def make(own: Town) -> bytes:
        addendum = structs.replace(own.built.election.addenda[0], **fields)
        needed = own.built.election.manifest.quorum if addendum.adds_logs else 1
        signers = own.built.trustees[: needed if quorum is None else quorum]
        return sign_record(addendum, [own.built.commission, *signers])

    return setting("addenda/1.note", make)


def second_addendum(name: str = "addenda/2.note", **fields: Any) -> Change:
    def make(own: Town) -> bytes:
        election = own.built.election
        addendum = Addendum(
            election=election.id, number=2, previous=election.addenda_hashes[0], at=AT
        )
        changed = structs.replace(addendum, **fields)
        return sign_record(changed, [own.built.commission, own.built.trustees[0]])

    return setting(name, make)


def box_named(name: str, key_name: str = "") -> Box:
    signer = Signer(key_name or f"pbvote/demo/box/{name}", OTHER)
    return Box(name=name, channel="in-person", vkey=signer.verify_key.text, place="x")


def roll_with(change: Callable[[bytes], bytes], **fields: Any) -> Change:
    """Another roll.csv, and a manifest and addendum that go with it."""

    def make(own: Town) -> Files:
        data = change(own.files["roll.csv"])
        manifest = own.built.election.manifest
        roll = structs.replace(manifest.roll, sha256=hashlib.sha256(data).digest(), **fields)
        note = sign_record(
            structs.replace(manifest, roll=roll), [own.built.commission, *own.built.trustees]
        )
        addendum = structs.replace(
            own.built.election.addenda[0], election=text_hash(note), previous=text_hash(note)
        )
        signers = [own.built.commission, *own.built.trustees]
        return {
            **own.files,
            "manifest.note": note,
            "roll.csv": data,
            "addenda/1.note": sign_record(addendum, signers),
        }

    return make


def lines_of(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


DOCUMENTS: dict[str, tuple[Change, str, str]] = {
    "manifest: none signed by the commission": (
        signed_by("manifest.note", trustees(1, 2, 3)),
        "manifest.note",
        "signature 1 must be that of pbvote/demo/commission",
    ),
    "manifest: another commission": (
        signed_by("manifest.note", lambda own: [stranger(own), *own.built.trustees]),
        "manifest.note",
        "signature 1",
    ),
    **{
        f"manifest: trustee {i} didn't sign": (
            signed_by("manifest.note", commission_and(*({1, 2, 3} - {i}))),
            "manifest.note",
            f"signature {i + 1} must be that of pbvote/demo/trustee/trustee-{i}",
        )
        for i in (1, 2, 3)
    },
    **{
        f"manifest: signature {i} is wrong": (
            false_signature("manifest.note", i),
            "manifest.note",
            "is wrong",
        )
        for i in (0, 1, 2, 3)
    },
    "manifest: a trustee's other key signed": (
        signed_by("manifest.note", forged_third),
        "manifest.note",
        "signature 4",
    ),
    "manifest: signatures in another order": (
        signed_by("manifest.note", commission_and(2, 1, 3)),
        "manifest.note",
        "signature 2",
    ),
    "manifest: a signature twice": (
        signed_by("manifest.note", commission_and(1, 2, 3, 3)),
        "manifest.note",
        "too many",
    ),
    "manifest: another text": (
        setting(
            "manifest.note",
            lambda own: own.files["manifest.note"].replace(b"EUR", b"CHF", 1),
        ),
        "manifest.note",
        "is wrong",
    ),
    "manifest: spaces": (
        setting(
            "manifest.note",
            lambda own: sign_note(
                note_of(own, "manifest.note").replace(",", ", ", 1),
                [own.built.commission, *own.built.trustees],
            ),
        ),
        "manifest.note",
        "canonical",
    ),
    "manifest: two lines": (
        setting(
            "manifest.note",
            lambda own: sign_note(
                note_of(own, "manifest.note") + "\n",
                [own.built.commission, *own.built.trustees],
            ),
        ),
        "manifest.note",
        "canonical",
    ),
    "manifest: another key": (manifest_with(other_key), "manifest.note: key", "sum"),
    "manifest: the key is the identity": (
        manifest_fields(key=IDENTITY),
        "manifest.note: key",
        "sum",
    ),
    "manifest: proofs exchanged": (
        manifest_with(exchanged_proofs),
        "manifest.note: trustee 1",
        "proof",
    ),
    **{
        f"manifest: no proof of trustee {i}": (
            trustee_with(i, proof=TrusteeProof(commitment=IDENTITY, response=ZERO)),
            f"manifest.note: trustee {i}",
            "proof",
        )
        for i in (1, 2, 3)
    },
    "manifest: a commitment that is no element": (
        trustee_with(2, commitments=[b"\xff" * 32, IDENTITY]),
        "manifest.note: trustees.trustee-2",
        "canonical",
    ),
    "manifest: a response that is no scalar": (
        trustee_with(3, proof=TrusteeProof(commitment=IDENTITY, response=b"\xff" * 32)),
        "manifest.note: trustee 3",
        "scalar",
    ),
    "manifest: a commitment less": (
        manifest_with(lost_commitment),
        "manifest.note: trustees",
        "exactly 2",
    ),
    "manifest: threshold over the trustees": (
        manifest_fields(threshold=4),
        "manifest.note: threshold",
        "3 trustees",
    ),
    "manifest: quorum under the threshold": (
        manifest_fields(closing_quorum=1),
        "manifest.note: closing_quorum",
        "quorum",
    ),
    "manifest: quorum over the trustees": (
        manifest_fields(closing_quorum=4),
        "manifest.note: closing_quorum",
        "quorum",
    ),
    "manifest: another town's slug": (
        manifest_fields(slug="other"),
        "manifest.note",
        "commission",
    ),
    "manifest: a trustee's vkey of another name": (
        trustee_with(1, vkey=Signer("pbvote/demo/trustee/x", OTHER).verify_key.text),
        "manifest.note",
        "named",
    ),
    "manifest: a box's vkey of another name": (
        manifest_fields(boxes=[box_named("a", "pbvote/demo/box/b")]),
        "manifest.note",
        "named",
    ),
    "manifest: two boxes of one name": (
        manifest_fields(boxes=[box_named("a"), box_named("a")]),
        "manifest.note: boxes",
        "twice",
    ),
    "manifest: two registrars of one name": (
        manifest_with(lambda m: structs.replace(m, registrars=m.registrars[:1] * 2)),
        "manifest.note: registrars",
        "twice",
    ),
    "manifest: two trustees of one name": (
        trustee_with(2, name="trustee-1"),
        "manifest.note: trustees",
        "twice",
    ),
    "manifest: no vkey": (
        manifest_fields(registrars=[Registrar(name="mairie", vkey="mairie")]),
        "manifest.note",
        "vkey",
    ),
    "addendum: removed": (without("addenda/"), "closing.note", "addenda"),
    "addendum: not by the commission": (
        signed_by("addenda/1.note", trustees(1, 2, 3)),
        "addenda/1.note",
        "signature 1",
    ),
    "addendum: too few trustees for a box": (
        addendum_with(quorum=2),
        "addenda/1.note",
        " signed, 3 must",
    ),
    "addendum: no trustee for a correction": (
        addendum_with(quorum=0, boxes=UNSET),
        "addenda/1.note",
        " signed, 1 must",
    ),
    "addendum: a false signature": (
        false_signature("addenda/1.note", 2),
        "addenda/1.note",
        "is wrong",
    ),
    "addendum: trustees in another order": (
        signed_by("addenda/1.note", commission_and(1, 3, 2)),
        "addenda/1.note",
        "signature 3",
    ),
    "addendum: of another election": (
        addendum_with(election=OTHER),
        "addenda/1.note",
        "another election",
    ),
    "addendum: another number": (addendum_with(number=2), "addenda/1.note", "follow"),
    "addendum: after another one": (addendum_with(previous=OTHER), "addenda/1.note", "follow"),
    "addendum: the same twice": (
        copied("addenda/2.note", "addenda/1.note"),
        "addenda/2.note",
        "follow",
    ),
    "addendum: a number left out": (
        second_addendum("addenda/3.note", number=3),
        "addenda/2.note",
        "missing",
    ),
    "addendum: the second doesn't follow the first": (
        second_addendum(previous=OTHER),
        "addenda/2.note",
        "follow",
    ),
    "addendum: a second one that the closing doesn't name": (
        second_addendum(),
        "closing.note",
        "addenda",
    ),
    "addendum: a correction of no project": (
        addendum_with(corrections=[cost("city", "p99", 1)]),
        "addenda/1.note",
        "p99",
    ),
    "addendum: a correction in no contest": (
        addendum_with(corrections=[cost("village", "p1", 1)]),
        "addenda/1.note",
        "village",
    ),
    "addendum: a box that there is already": (
        addendum_with(boxes=[box_named("online")]),
        "addenda/1.note",
        "twice",
    ),
    "addendum: a box with another's key name": (
        addendum_with(boxes=[box_named("late", "pbvote/demo/box/online")]),
        "addenda/1.note",
        "named",
    ),
    "roll: another": (
        setting("roll.csv", lambda own: own.files["roll.csv"].replace(b"nord", b"sud", 1)),
        "roll.csv",
        "isn't the roll",
    ),
    "roll: missing": (without("roll.csv"), "roll.csv", "missing"),
    "roll: unsorted": (
        roll_with(lambda data: b"".join(reversed(lines_of(data)))),
        "roll.csv:2",
        "order",
    ),
    "roll: somebody twice": (
        roll_with(lambda data: b"".join([lines_of(data)[0], *lines_of(data)]), count=7),
        "roll.csv:2",
        "order",
    ),
    "roll: another count": (roll_with(lambda data: data, count=7), "roll.csv", "as many"),
    "roll: the last line open": (roll_with(lambda data: data[:-1]), "roll.csv", "end"),
    "roll: an unknown district": (
        roll_with(lambda data: data.replace(b"nord", b"nerd", 1)),
        "roll.csv:",
        "form",
    ),
    "roll: no comma": (
        roll_with(lambda data: data.replace(b",", b"", 1)),
        "roll.csv:1",
        "",
    ),
    "roll: no comma and no district": (
        roll_with(lambda data: data.replace(b",nord", b"", 1)),
        "roll.csv:",
        "form",
    ),
    "roll: another spelling of a pseudonym": (
        roll_with(lambda data: data.replace(b"==,", b",", 1)),
        "roll.csv:1",
        "base64",
    ),
    "roll: Windows lines": (
        roll_with(lambda data: data.replace(b"\n", b"\r\n")),
        "roll.csv:1",
        "",
    ),
    "roll: a letter that isn't ASCII": (
        roll_with(lambda data: data.replace(b"nord", "nôrd".encode(), 1)),
        "roll.csv",
        "ASCII",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_check(name: str) -> None:
    check_row(DOCUMENTS[name])
