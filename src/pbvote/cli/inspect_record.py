"""Records of ours as values to be read: their fields, what they mean, what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pbvote.core.ballot import Ballot, BoxEntry, Cast, Challenge, short_tracker
from pbvote.core.card import RegistryEntry
from pbvote.core.closing import Closing
from pbvote.core.encoding import decode, from_base64
from pbvote.core.errors import EncodingError
from pbvote.core.manifest import Addendum, Manifest
from pbvote.core.receipt import Receipt, SignedReceipt
from pbvote.keyfile import PlainKey, SealedKey
from pbvote.receipts import tracker_of
from pbvote.words import plural
from pbvote_tally.records import MergeRecord, MixRecord, Results

Found = dict[str, Any]
HIDDEN = "(not shown)"
_RECORDS = (
    Manifest
    | Addendum
    | Closing
    | MergeRecord
    | MixRecord
    | Results
    | Receipt
    | Ballot
    | BoxEntry
    | RegistryEntry
    | PlainKey
    | SealedKey
)


def read_record(data: bytes) -> Found | None:
    """A record with its type, its fields, what they mean, and what is wrong with its form."""
    try:
        raw = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError):
        return None
    if not isinstance(raw, dict) or not isinstance(kind := raw.get("type", ""), str):
        return None
    found: Found = {"kind": kind}
    if not kind:
        if set(raw) != {"receipt", "signature"}:
            return None
        found["kind"] = "a receipt as evidence"
    elif not kind.startswith("pbvote/"):
        return None
    try:
        record = decode(data, _RECORDS if kind else SignedReceipt)
        found.update(_meaning(record, data))
        if isinstance(record, Closing):
            raw = _in_hex(raw)
    except EncodingError as error:
        found["wrong"] = error.what
    return {**found, "record": _without_secrets(raw)}


def _in_hex(closing: Mapping[str, Any]) -> Found:
    """A closing with its hashes as boxes and `pbvote check` show them, to be compared."""
    return {
        **closing,
        "election": _hex(closing["election"]),
        "addenda": [_hex(addendum) for addendum in closing["addenda"]],
        "logs": [{**log, "root": _hex(log["root"])} for log in closing["logs"]],
    }


def _hex(text: str) -> str:
    return from_base64(text).hex()


def _meaning(record: object, data: bytes) -> Found:
    """What a reader would otherwise have to work out."""
    if isinstance(record, Cast | Challenge):
        tracker = tracker_of(data) or b""
        return {
            "tracker": tracker.hex(),
            "tracker, short": short_tracker(tracker),
            "contests": {
                s.contest: plural(len(s.ciphertext) // 64, "block") for s in record.ballot.sealed
            },
        }
    if isinstance(record, Manifest):
        return {
            "trustees": f"{len(record.trustees)}, any {record.threshold} open the ballots",
            "contests": {c.id: plural(len(c.projects), "project") for c in record.contests},
        }
    return {}


def _without_secrets(raw: Mapping[str, Any]) -> Found:
    """A key file's secret, open or sealed, is nobody's business."""
    is_key = "key/" in str(raw.get("type")) or "secret" in str(raw.get("type"))
    shown = {"type", "name", "operations", "memory"}
    return {n: part if not is_key or n in shown else HIDDEN for n, part in raw.items()}


def entry_line(entry: bytes) -> str:
    """An entry of a log in a few words."""
    found = read_record(entry)
    if found is None:
        return f"malformed ({plural(len(entry), 'byte')})"
    record, words = found["record"], [found["kind"]]
    if "wrong" in found:
        words.append(f"malformed: {found['wrong']}")
    if "tracker" in found:
        words.append(f"tracker {found['tracker, short']}")
    for name in ("channel", "serial", "reason", "box", "at", "cast", "challenged"):
        if isinstance(record.get(name), str | int):
            words.append(f"{name} {record[name]}")
    return " ".join(words)
