"""From a draft to a signed election: the manifest put together, and whose signature is next.

docs/protocol.md, section 3. In the election's folder::

    manifest.note             from the commission's signature on; whole when all trustees signed
    addenda/2.pending.note    an addendum that waits for trustees; then it becomes addenda/2.note
    bundle/closing.note       as `pbvote-tally close` drafts it
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from pbvote.core.closing import Closing
from pbvote.core.election import box_origin, commission_name, open_election, registry_origin
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import InputError, PbvoteError, RefusedError, VerificationError
from pbvote.core.manifest import Addendum, Box, Manifest, Registrar, Roll, Trustee
from pbvote.core.note import Signer, VerifyKey, parse_note, sign_note
from pbvote.core.roll import PublicRoll, read_roll
from pbvote.draft.draft import Draft, build_manifest, trial_manifest
from pbvote.files import (
    ADDENDA,
    COMMISSION,
    MANIFEST,
    ROLL,
    addenda_notes,
    read_bytes,
    read_vkey,
    write_bytes,
)
from pbvote.trustee.ceremony import PLAN, manifest_trustees, read_ceremony

CEREMONY = "ceremony"
CLOSING = "bundle/closing.note"
SMALL_GROUP = 30
Kind = Literal["manifest", "addendum", "closing"]


def assemble(folder: Path, draft: Draft) -> Manifest:
    """The manifest of a draft and what lies in its folder: ceremony, vkeys, roll.csv.

    RefusedError if a part isn't there yet or was made for another draft.
    """
    shared, slug = folder / CEREMONY, draft.slug
    trustees, key = _trustees(shared, draft)
    roll = _read_part(folder / ROLL, "the roll isn't loaded yet", "`pbvote roll load` does")
    registrars = [
        Registrar(name=name, vkey=registrar_vkey(folder, slug, name)) for name in draft.registrars
    ]
    boxes = [
        Box(name=b.name, channel=b.channel, place=b.place, vkey=box_vkey(folder, slug, b.name))
        for b in draft.boxes
    ]
    ceremony = read_ceremony(shared).ceremony
    counted = Roll(count=roll.count(b"\n"), sha256=hashlib.sha256(roll).digest())
    manifest = build_manifest(draft, ceremony, trustees, key, registrars, boxes, counted)
    read_roll(roll, manifest)
    return manifest


def missing(folder: Path, draft: Draft) -> list[PbvoteError]:
    """What isn't there yet to put a manifest together, or doesn't fit the draft; every part."""
    slug, found = draft.slug, list[PbvoteError]()
    parts: list[Callable[[], object]] = [
        partial(_commission, folder, slug),
        partial(_trustees, folder / CEREMONY, draft),
        *(partial(registrar_vkey, folder, slug, name) for name in draft.registrars),
        *(partial(box_vkey, folder, slug, box.name) for box in draft.boxes),
        partial(draft_roll, folder, draft),
    ]
    for part in parts:
        try:
            part()
        except PbvoteError as error:
            found.append(error)
    return found


def draft_roll(folder: Path, draft: Draft) -> PublicRoll:
    """roll.csv, read with the draft's districts; RefusedError if it isn't there yet."""
    data = _read_part(folder / ROLL, "the roll isn't loaded yet", "`pbvote roll load` does")
    roll = Roll(count=data.count(b"\n"), sha256=hashlib.sha256(data).digest())
    return read_roll(data, trial_manifest(draft, roll))


def small_groups(draft: Draft, roll: PublicRoll) -> list[str]:
    """Warnings where so few may vote that their choices are little of a secret (section 1)."""
    counts = {c.id: sum(map(c.is_open_to, roll.values())) for c in draft.contests}
    return [
        f"contest {name}: only {count} on the roll; under {SMALL_GROUP}, secrecy is small"
        for name, count in counts.items()
        if count < SMALL_GROUP
    ]


def sign_by_commission(folder: Path, manifest: Manifest, commission: Signer) -> bytes:
    """Write manifest.note with the commission's signature, the first; the note.

    RefusedError if one is there; VerificationError for another key than commission.vkey.
    """
    path = folder / MANIFEST
    if path.exists():
        raise RefusedError(
            "a signed manifest is there already",
            where=str(path),
            hint="If it isn't in use, remove it and sign the new one; trustees must sign again too",
        )
    if commission.verify_key != _commission(folder, manifest.slug):
        raise VerificationError(
            "this isn't the key whose vkey is published",
            where=str(folder / COMMISSION),
            hint="Use the key that belongs to it",
        )
    note = sign_note(encode(manifest).decode() + "\n", [commission])
    write_bytes(path, note)
    return note


# --- whose turn it is -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """A document that trustees still sign. `record` isn't verified yet: signing does that.

    `signed` and `unsigned` are trustees' vkey names; `needed` is how many must sign in all.
    """

    kind: Kind
    path: Path
    note: bytes
    record: Manifest | Addendum | Closing
    manifest: Manifest
    signed: list[str]
    unsigned: list[str]
    needed: int

    @property
    def text_sha256(self) -> bytes:
        """SHA-256 of the text that is signed; of a manifest the election id."""
        return hashlib.sha256(parse_note(self.note).text.encode()).digest()

    @property
    def is_enough(self) -> bool:
        """Whether as many signed as must."""
        return len(self.signed) >= self.needed


def waiting(folder: Path) -> Waiting | None:
    """The next document in this folder that a trustee can sign: manifest, addendum, closing."""
    path = folder / MANIFEST
    note = _read_part(path, "no manifest is signed yet", "The commission does: `pbvote sign`")
    manifest = _decoded(note, Manifest, path)
    found = _waiting("manifest", path, note, manifest, manifest)
    if found.unsigned:
        return found
    path = pending(folder)
    if path.exists():
        note = read_bytes(path)
        addendum = _decoded(note, Addendum, path)
        return _waiting("addendum", path, note, addendum, manifest)
    path = folder / CLOSING
    if path.exists():
        note = read_bytes(path)
        closing = _decoded(note, Closing, path)
        found = _waiting("closing", path, note, closing, manifest)
        return found if found.unsigned else None
    return None


def keep(folder: Path, document: Waiting, note: bytes) -> Waiting:
    """Write a document with one more signature; an addendum that has enough is in force.

    EncodingError or VerificationError, and it goes on waiting, if it can't be.
    """
    write_bytes(document.path, note)
    found = _waiting(document.kind, document.path, note, document.record, document.manifest)
    if found.kind == "addendum" and found.is_enough:
        before = addenda_notes(folder)
        commission = read_vkey(folder / COMMISSION)
        open_election(read_bytes(folder / MANIFEST), [*before, note], commission)
        path = folder / ADDENDA / f"{len(before) + 1}.note"
        write_bytes(path, note)
        document.path.unlink()
        return replace(found, path=path)
    return found


def pending(folder: Path) -> Path:
    """Where the next addendum waits for signatures."""
    return folder / ADDENDA / f"{len(addenda_notes(folder)) + 1}.pending.note"


def registrar_vkey(folder: Path, slug: str, name: str) -> str:
    """The vkey of a registrar, as `registry create` wrote it."""
    path = folder / "registries" / name / "registry.vkey"
    return _log_vkey(path, registry_origin(slug, name), f"`pbvote registry create DIR {name}`")


def box_vkey(folder: Path, slug: str, name: str) -> str:
    """The vkey of a box, as `box create` wrote it."""
    path = folder / "boxes" / name / "box.vkey"
    return _log_vkey(path, box_origin(slug, name), f"`pbvote box create DIR {name}`")


def _log_vkey(path: Path, origin: str, command: str) -> str:
    if not path.exists():
        raise RefusedError(
            "this vkey isn't here yet",
            where=str(path),
            hint=f"{command} makes it on its machine; bring the file here",
        )
    return _named(path, origin).text


def _commission(folder: Path, slug: str) -> VerifyKey:
    path = folder / COMMISSION
    if not path.exists():
        raise RefusedError(
            "the commission has no key yet", where=str(path), hint="`pbvote new DIR` makes it"
        )
    return _named(path, commission_name(slug))


def _named(path: Path, name: str) -> VerifyKey:
    key = read_vkey(path)
    if key.name != name:
        raise InputError(
            f"the key is named {key.name}, not {name}",
            where=str(path),
            hint="Was it made under another slug or name? Make it again",
        )
    return key


def _trustees(shared: Path, draft: Draft) -> tuple[list[Trustee], bytes]:
    """What the ceremony made, if it was that of this draft."""
    if not (shared / PLAN).exists():
        raise RefusedError(
            "the trustees' ceremony hasn't begun",
            where=str(shared),
            hint="`pbvote trustee ceremony DIR` begins it",
        )
    plan = read_ceremony(shared)
    if (plan.slug, plan.trustees, plan.threshold) != (draft.slug, draft.trustees, draft.threshold):
        raise InputError(
            f"the ceremony is that of {plan.slug}: {plan.threshold} of {', '.join(plan.trustees)}",
            where=str(shared / PLAN),
            hint="The draft says otherwise: correct it, or begin a new ceremony in a new folder",
        )
    return manifest_trustees(shared)


def _read_part(path: Path, what: str, how: str) -> bytes:
    if not path.exists():
        raise RefusedError(what, where=str(path), hint=how)
    return read_bytes(path)


R = TypeVar("R", Manifest, Addendum, Closing)


def _decoded(note: bytes, kind: type[R], path: Path) -> R:
    text = parse_note(note, str(path)).text
    return decode(text.encode().removesuffix(b"\n"), kind, str(path))


def _waiting(
    kind: Kind,
    path: Path,
    note: bytes,
    record: Manifest | Addendum | Closing,
    manifest: Manifest,
) -> Waiting:
    names = [VerifyKey.parse(trustee.vkey).name for trustee in manifest.trustees]
    needed = len(names) if record is manifest else manifest.quorum
    if isinstance(record, Addendum) and not record.adds_logs:
        needed = 1  # section 3
    there = {signature.name for signature in parse_note(note, str(path)).signatures}
    signed = [name for name in names if name in there]
    unsigned = [name for name in names if name not in there]
    return Waiting(kind, path, note, record, manifest, signed, unsigned, needed)
