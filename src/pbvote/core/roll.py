"""roll.csv, the public side of the roll: pseudonyms and districts (docs/protocol.md, section 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pbvote.core.encoding import from_base64, to_base64
from pbvote.core.errors import EncodingError, VerificationError
from pbvote.core.manifest import Manifest

PublicRoll = dict[bytes, str | None]
"""Pseudonym (16 bytes) → district, or None; in the pseudonyms' order."""


def write_roll(people: Mapping[bytes, str | None]) -> bytes:
    """roll.csv: a line a person, sorted by the pseudonym's bytes."""
    lines = [f"{to_base64(key)},{people[key] or ''}\n" for key in sorted(people)]
    return "".join(lines).encode("ascii")


def read_roll(data: bytes, manifest: Manifest) -> PublicRoll:
    """The roll that the manifest names; VerificationError or EncodingError otherwise."""
    where = "roll.csv"
    if hashlib.sha256(data).digest() != manifest.roll.sha256:
        raise VerificationError(
            "it isn't the roll that the manifest names", where=where, hint="Use the signed one"
        )
    districts = set(manifest.district_names)
    people: PublicRoll = {}
    last = b""
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise EncodingError("not plain ASCII", where=where) from None
    if lines.pop():
        raise EncodingError("its last line has no end", where=where)
    for number, line in enumerate(lines, 1):
        pseudonym, comma, district = line.partition(",")
        try:
            key = from_base64(pseudonym, 16)
        except EncodingError as error:
            raise error.at(f"{where}:{number}") from None
        if not comma or (district and district not in districts) or key <= last:
            raise EncodingError("a line out of order or not in form", where=f"{where}:{number}")
        people[key] = district or None
        last = key
    if len(people) != manifest.roll.count:
        raise EncodingError("it hasn't as many lines as the manifest says", where=where)
    return people
