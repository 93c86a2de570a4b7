"""Signed notes, verifier keys and checkpoints, as C2SP writes them; Ed25519.

docs/protocol.md, sections 2 and 7; c2sp.org/signed-note, c2sp.org/tlog-checkpoint,
c2sp.org/tlog-cosignature. A note is a text, an empty line, and one line a signature::

    pbvote/demo/box/kiosk-1
    3
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

    — commission.example CWH0P2JecuVF6gjbqggm0s8MZtv0QNVIrtZpLq89lMiA…

The text is signed with its last newline. Our own documents carry exactly the signatures that
section 3, 7 or 8 names, in that order: `open_note` is the only way to their text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import nacl.bindings
from msgspec import Struct
from nacl.exceptions import BadSignatureError

from pbvote.core.encoding import MAX_INT, from_base64, to_base64
from pbvote.core.errors import EncodingError, VerificationError

SEED_SIZE = 32
ED25519 = 1
COSIGNATURE = 4  # a witness's: Ed25519 over a time and a checkpoint
ML_DSA_44 = 6  # read, so that keys of public witnesses have a name here; never checked
KEY_SIZES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}

_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_DASH = "— "


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature as section 2 defines it, which is what libsodium accepts.

    Refuses S ≥ L, and A or R that are not canonical or of small order: VerificationError.
    """
    if len(public) != 32 or len(signature) != 64:
        raise VerificationError("not an Ed25519 key and signature of 32 and 64 bytes")
    try:
        nacl.bindings.crypto_sign_open(signature + message, public)
    except BadSignatureError:
        raise VerificationError("wrong signature") from None


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or _is_control(c) for c in name)


def _is_control(char: str) -> bool:
    """Whether a note can't hold it: below U+0020, or half of a surrogate pair."""
    return char < " " or "\ud800" <= char <= "\udfff"


class VerifyKey(Struct, frozen=True):
    """A vkey: who signs under which public key (c2sp.org/signed-note).

    >>> key = VerifyKey.parse("commission.example+0961f43f+ARjxZlUytzKg52YYiLGZGLGRXqi1HfyKIIpDqndCDdkI")
    >>> key.name, key.key_id.hex()
    ('commission.example', '0961f43f')
    """  # noqa: E501  one line, as it is in a manifest

    name: str
    public: bytes
    algorithm: int = ED25519

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise EncodingError(f"{self.name!r} can't be a key's name (no spaces, no +)")
        if KEY_SIZES.get(self.algorithm) != len(self.public):
            raise EncodingError("not a key of a known kind and its length", where=self.name)

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name ‖ LF ‖ algorithm ‖ public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:4]

    @property
    def _typed(self) -> bytes:
        return bytes([self.algorithm]) + self.public

    @property
    def text(self) -> str:
        """The one line that `parse` reads."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self._typed)}"

    @classmethod
    def parse(cls, text: str, where: str = "", algorithms: Sequence[int] = (ED25519,)) -> VerifyKey:
        """The key of a vkey; EncodingError unless it is one of these kinds, in its one spelling."""
        match = _VKEY.fullmatch(text)
        try:
            if match is None:
                raise EncodingError("not a vkey: name+8 hex digits+base64")
            typed = from_base64(match[3])
            if not typed or typed[0] not in algorithms:
                raise EncodingError("a vkey of a kind not used here (section 2: Ed25519)")
            key = cls(match[1], typed[1:], typed[0])
            if key.key_id.hex() != match[2]:
                raise EncodingError("a vkey whose key id is not that of its name and key")
        except EncodingError as error:
            error.hint = "Copy the whole line again"
            error.at(where or text[:80])
            raise
        return key

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature over these bytes, as it stands after the key id in a note.

        VerificationError if it is wrong, or of a kind that is never checked here.
        """
        if self.algorithm == COSIGNATURE and len(signature) == 72:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = b"cosignature/v1\ntime %d\n" % time + message
        elif self.algorithm != ED25519:
            raise VerificationError("not a signature that this key can make", where=self.name)
        ed25519_verify(self.public, signature, message)


class Signer:
    """An Ed25519 key that signs under a name. Neither `repr` nor any error shows the seed.

    `seed` is 32 bytes; whoever makes a key draws it and keeps it. EncodingError if it isn't, or
    if the name can't be a key's.
    """

    __slots__ = ("_secret", "verify_key")

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != SEED_SIZE:
            raise EncodingError("an Ed25519 seed must be 32 bytes", where=name)
        public, self._secret = nacl.bindings.crypto_sign_seed_keypair(seed)
        self.verify_key = VerifyKey(name, public)

    @property
    def name(self) -> str:
        """The key's name: of a log its origin."""
        return self.verify_key.name

    def sign(self, message: bytes) -> bytes:
        """The raw signature, 64 bytes (RFC 8032; certificates and receipts hold it so)."""
        return nacl.bindings.crypto_sign(message, self._secret)[:64]

    def __repr__(self) -> str:
        return f"Signer({self.verify_key.text!r})"


class Signature(Struct, frozen=True):
    """One signature line: `data` is what follows the key id."""

    name: str
    key_id: bytes
    data: bytes

    def is_of(self, key: VerifyKey) -> bool:
        """Whether the line names this key; it says nothing about `data`."""
        return (self.name, self.key_id) == (key.name, key.key_id)


class Note(Struct, frozen=True):
    """A note taken apart, nothing verified. `text` ends with its newline."""

    text: str
    signatures: tuple[Signature, ...]

    def verify(self, key: VerifyKey, where: str = "") -> None:
        """Check that exactly one line is of this key and right, whatever else signed too."""
        found = [s for s in self.signatures if s.is_of(key)]
        if len(found) != 1:
            raise VerificationError(f"{len(found)} signatures of {key.name}, not one", where=where)
        _verify(found[0], key, self.text, where)


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """The note of a text that ends with a newline, signed in this order."""
    note = check_text(text).encode() + b"\n"
    for signer in signers:
        note += _signature_line(signer, text)
    return note


def add_signature(note: bytes, signer: Signer) -> bytes:
    """The note with one more signature at its end; those before are not verified."""
    return note + _signature_line(signer, parse_note(note, unsigned=True).text)


def _signature_line(signer: Signer, text: str) -> bytes:
    data = signer.verify_key.key_id + signer.sign(text.encode())
    return f"{_DASH}{signer.name} {to_base64(data)}\n".encode()


def check_text(text: str, where: str = "") -> str:
    """`text`, if it can stand in a note; EncodingError otherwise (c2sp.org/signed-note)."""
    if not text.endswith("\n"):
        raise EncodingError("a note's text must end with a newline", where=where)
    if any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in text):
        raise EncodingError("control characters in a note", where=where)
    return text


def parse_note(data: bytes, where: str = "", *, unsigned: bool = False) -> Note:
    """The parts of a note with one signature or more (`unsigned`: or none).

    EncodingError unless the bytes are the one spelling of a note.
    """
    hint = "Use the file exactly as it was written; editors change it"
    try:
        body = data.decode("utf-8")
    except UnicodeDecodeError:
        raise EncodingError("a note that isn't UTF-8", where=where, hint=hint) from None
    text, gap, lines = body.rpartition("\n\n")
    if not gap or not (lines.endswith("\n") or (unsigned and not lines)):
        raise EncodingError("not a signed note", where=where, hint=hint)
    check_text(body, where)
    signatures = tuple(_parse_signature(line, where) for line in lines.split("\n")[:-1])
    return Note(text + "\n", signatures)


def _parse_signature(line: str, where: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        data = from_base64(encoded)
    except EncodingError:
        data = b""
    if not line.startswith(_DASH) or not _is_name(name) or len(data) < 5:
        raise EncodingError(f"not a signature line: {line[:60]!r}", where=where)
    return Signature(name, data[:4], data[4:])


def open_note(data: bytes, keys: Sequence[VerifyKey], where: str = "") -> str:
    """The text of a note that has exactly these keys' signatures, in this order (section 2).

    EncodingError if the bytes are no note; VerificationError naming the signature that is
    missing, wrong or surplus.
    """
    if not keys:
        raise VerificationError("a note that nobody has to sign proves nothing", where=where)
    note = parse_note(data, where)
    for number, key in enumerate(keys):
        found = note.signatures[number] if number < len(note.signatures) else None
        if found is None or not found.is_of(key):
            there = f"; there stands one of {found.name}" if found else ""
            raise VerificationError(
                f"signature {number + 1} must be that of {key.name}{there}", where=where
            )
        _verify(found, key, note.text, where)
    if len(note.signatures) > len(keys):
        raise VerificationError(
            f"a signature too many, of {note.signatures[len(keys)].name}", where=where
        )
    return note.text


def _verify(signature: Signature, key: VerifyKey, text: str, where: str) -> None:
    try:
        key.verify(signature.data, text.encode())
    except VerificationError:
        raise VerificationError(f"the signature of {key.name} is wrong", where=where) from None


class Checkpoint(Struct, frozen=True):
    """What a log says of itself: its origin, how many entries, the root over them (section 7)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Three lines: origin, size in decimal, root in base64 (c2sp.org/tlog-checkpoint)."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str, where: str = "") -> Checkpoint:
    """The checkpoint of a note's text; EncodingError unless it is exactly its three lines."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise EncodingError("a checkpoint has three lines", where=where)
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_INT:
        raise EncodingError(f"{lines[1][:20]!r} is not the size of a log", where=where)
    try:
        root = from_base64(lines[2], 32)
    except EncodingError as error:
        error.at(where)
        raise
    return Checkpoint(lines[0], int(lines[1]), root)


def open_checkpoint(data: bytes, key: VerifyKey, where: str = "") -> Checkpoint:
    """The checkpoint of a note with the one signature of this log's key (section 8).

    EncodingError if it is no checkpoint, VerificationError if the signature or origin is wrong.
    """
    checkpoint = parse_checkpoint(open_note(data, [key], where), where)
    if checkpoint.origin != key.name:
        raise VerificationError(
            f"a checkpoint of {checkpoint.origin}, not of {key.name}", where=where
        )
    return checkpoint
