"""Records as canonical JSON, times, base32 and base64: one encoding for one value.

docs/protocol.md, section 2. A record is a frozen msgspec Struct whose `type` is its tag; it is
encoded once, and signed, hashed and logged as those bytes. Readers decode strictly, encode again
and refuse the record unless the bytes are the same, so nothing has two spellings.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from calendar import timegm
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, overload

import msgspec
from msgspec import Meta, Struct

from pbvote.core.errors import EncodingError

T = TypeVar("T")

MAX_INT = 2**53 - 1
MAX_ENTRY = 2**16 - 1  # bytes of a log entry: "under 64 KiB" (section 7), and tlog-tiles' u16

NAME_PATTERN = r"^(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,64}\Z"  # names are folders: never `.` or `..`
NAME_HINT = "A name has 1 to 64 letters, digits, points, _ or -, and no point first"
Name = Annotated[str, Meta(pattern=NAME_PATTERN)]
Time = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
Count = Annotated[int, Meta(ge=0, le=MAX_INT)]
Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Bytes64 = Annotated[bytes, Meta(min_length=64, max_length=64)]
Texts = dict[Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,35}\Z")], str]
"""A text that voters read: BCP 47 language → text in NFC."""

_encoder = msgspec.json.Encoder(order="sorted")


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of everything that is encoded. Optional fields are UNSET, never null."""


def encode(value: Any) -> bytes:
    """The canonical JSON of a record, dict or list (RFC 8785, restricted as in section 2)."""
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, msgspec.MsgspecError, TypeError, OverflowError) as error:
        raise EncodingError(f"a value that has no canonical encoding ({error})") from None


@overload
def decode(data: bytes, kind: type[T], where: str = "") -> T: ...
@overload
def decode(data: bytes, kind: UnionType, where: str = "") -> Any: ...
def decode(data: bytes, kind: Any, where: str = "") -> Any:
    """The record that `data` is the one canonical encoding of, or an EncodingError."""
    try:
        record = _decoder(kind).decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise EncodingError(
            str(error), where=where, hint="Was it cut, edited, or made by a newer version?"
        ) from None
    if encode(record) != data:
        raise EncodingError(
            "not in canonical form (spaces, order, escapes, or a repeated field)",
            where=where,
            hint="Use the file exactly as it was written; editors change it",
        )
    return record


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def digest(record: Any) -> bytes:
    """SHA-256 of a record's canonical bytes, 32 bytes (section 2)."""
    return hashlib.sha256(encode(record)).digest()


def u64(number: int) -> bytes:
    """8 bytes, big endian."""
    return number.to_bytes(8, "big")


def is_name(text: str) -> bool:
    """Whether it can be a name of section 2, and a folder: not `.`, `..` or hidden."""
    return re.match(NAME_PATTERN, text) is not None and not text.startswith(".")


def nfc(text: str) -> str:
    """Text as writers write it: Unicode NFC."""
    return unicodedata.normalize("NFC", text)


_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z", re.ASCII)


def unix_time(text: str) -> int:
    """Seconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ`; EncodingError if there is no such moment.

    >>> unix_time("2026-11-22T09:30:00Z")
    1795339800
    """
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        return timegm(datetime(*map(int, match.groups()), tzinfo=UTC).utctimetuple())  # type: ignore[misc,arg-type]  # six ints, then the keyword
    except ValueError:
        raise EncodingError(
            f"{text!r} is not a time", hint="Write it like 2026-11-22T09:30:00Z"
        ) from None


def time_text(unix: int) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` of seconds since 1970."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_time(text: str) -> None:
    """For `__post_init__` of records: a pattern can't know the calendar."""
    try:
        unix_time(text)
    except EncodingError as error:
        raise ValueError(str(error)) from None


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, length: int | None = None) -> bytes:
    """The bytes of canonical base64 (no stray bits, no whitespace); EncodingError otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if to_base64(data) != text or (length is not None and len(data) != length):
        raise EncodingError("not canonical base64 of the right length")
    return data


def to_base32(data: bytes) -> str:
    """RFC 4648 base32, capitals, no padding."""
    return base64.b32encode(data).decode("ascii").rstrip("=")


def from_base32(text: str) -> bytes:
    """The bytes of canonical base32 without padding; EncodingError otherwise."""
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        data = b""
    if to_base32(data) != text:
        raise EncodingError("not base32 (A-Z and 2-7)")
    return data
