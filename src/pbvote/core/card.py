"""Cards, certificates, and the other entries of a registry's log (docs/protocol.md, sections 6, 7).

A card is 16 random bytes, the code. It is printed as a text (`PBVOTE1/C/…`, for QR codes) and in
seven groups of four letters to type. The registrar signs a certificate for the key made of it,
logs the certificate, and forgets the code.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Annotated, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import UNSET, Meta, UnsetType, structs

from pbvote.core import group
from pbvote.core.encoding import (
    Bytes16,
    Bytes32,
    Bytes64,
    Name,
    Record,
    Time,
    check_time,
    encode,
    from_base32,
    to_base32,
)
from pbvote.core.errors import CardError, EncodingError
from pbvote.core.group import Scalar
from pbvote.core.note import Signer, VerifyKey, ed25519_verify

CODE_SIZE = 16
PREFIX = "PBVOTE1/"
CARD_PREFIX = "PBVOTE1/C/"
SIGNATURE_LABEL = b"pbvote/v1/certificate\n"

Channel = Literal["online", "in-person"]
CHANNELS: tuple[Channel, Channel] = ("online", "in-person")
Serial = Annotated[int, Meta(ge=1, le=65535)]
Reason = Literal["lost", "stolen", "returned", "error", "ineligible"]
Role = Annotated[str, Meta(min_length=1)]


class Certificate(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/certificate/1"):
    """What a registrar says of a card's key: whose pseudonym, which channel and district.

    ``{"channel":"online","district":"nord","election":"g2XI…","key":"NGmT…","pseudonym":"Cn0Z…",
    "registrar":"mairie","serial":1,"signature":"E+0v…","type":"pbvote/certificate/1"}``
    """

    election: Bytes32
    pseudonym: Bytes16
    serial: Serial
    channel: Channel
    district: Name | UnsetType = UNSET
    key: Bytes32
    registrar: Name
    signature: Bytes64


class Enrol(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/enrol/1"):
    """A person added on the day."""

    election: Bytes32
    pseudonym: Bytes16
    district: Name | UnsetType = UNSET


class Revocation(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/revocation/1"):
    """A key that no longer votes; valid only in the log that issued it."""

    election: Bytes32
    key: Bytes32
    reason: Reason
    officials: Annotated[list[Role], Meta(min_length=2, max_length=2)]


class RegistryClose(
    Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/registry-close/1"
):
    """The last entry of a registry's log."""

    at: Time

    def __post_init__(self) -> None:
        check_time(self.at)


RegistryEntry = Certificate | Enrol | Revocation | RegistryClose


def voter_secret(code: bytes, election: bytes) -> Scalar:
    """x: HKDF-SHA256 of the code, salted with the election id, 64 bytes mod L (section 6)."""
    material = HKDF(SHA256(), length=64, salt=election, info=b"pbvote/v1/card").derive(code)
    return group.reduce_scalar(material)


def signed_bytes(certificate: Certificate) -> bytes:
    """What the registrar signs: the label and the record without `signature`."""
    fields = structs.asdict(certificate)
    del fields["signature"]
    if certificate.district is UNSET:
        del fields["district"]
    return SIGNATURE_LABEL + encode({**fields, "type": "pbvote/certificate/1"})


def certify(
    signer: Signer,
    *,
    election: bytes,
    pseudonym: bytes,
    serial: int,
    channel: Channel,
    district: str | None,
    key: bytes,
    registrar: str,
) -> Certificate:
    """The signed certificate for a card's key."""
    unsigned = Certificate(
        election=election,
        pseudonym=pseudonym,
        serial=serial,
        channel=channel,
        district=UNSET if district is None else district,
        key=key,
        registrar=registrar,
        signature=bytes(64),
    )
    return structs.replace(unsigned, signature=signer.sign(signed_bytes(unsigned)))


def check_signature(certificate: Certificate, registrar: VerifyKey) -> None:
    """Raise VerificationError unless the registrar signed this certificate."""
    ed25519_verify(registrar.public, certificate.signature, signed_bytes(certificate))


@dataclass(frozen=True)
class Card:
    """What a card's text says; the code is a secret."""

    code: bytes = field(repr=False)
    pseudonym: bytes
    serial: int
    channel: Channel
    district: int | None
    registrar: int
    signature: bytes


def card_text(code: bytes, certificate: Certificate, district: int | None, registrar: int) -> str:
    """`PBVOTE1/C/…`: the card as a QR code holds it. Positions count from 0."""
    body = (
        code
        + certificate.pseudonym
        + certificate.serial.to_bytes(2, "big")
        + bytes([CHANNELS.index(certificate.channel)])
        + (0 if district is None else district + 1).to_bytes(2, "big")
        + registrar.to_bytes(2, "big")
        + certificate.signature
    )
    return CARD_PREFIX + to_base32(body)


def read_card_text(text: str) -> Card:
    """The card in what a scanner read; readers take what starts at `PBVOTE1/`."""
    start = text.find(CARD_PREFIX)
    if start < 0:
        raise CardError("this isn't the code of a card", hint="Scan the card's square code again")
    try:
        data = from_base32(text[start + len(CARD_PREFIX) :].strip())
    except EncodingError:
        data = b""
    if len(data) != 103 or data[34] > 1 or not data[32:34].strip(b"\0"):
        raise CardError("the card's code was read only in part", hint="Scan it again")
    district = int.from_bytes(data[35:37], "big")
    return Card(
        code=data[:16],
        pseudonym=data[16:32],
        serial=int.from_bytes(data[32:34], "big"),
        channel=CHANNELS[data[34]],
        district=district - 1 if district else None,
        registrar=int.from_bytes(data[37:39], "big"),
        signature=data[39:],
    )


def typed_code(code: bytes) -> str:
    """The code to type: 26 letters and two to check them, in seven groups of four."""
    letters = to_base32(code) + _check_letters(code)
    return " ".join(letters[i : i + 4] for i in range(0, 28, 4))


_LOOKALIKES = str.maketrans("018", "OIB")


def read_typed_code(text: str) -> bytes:
    """The 16 bytes of a typed code; CardError says which way out there is."""
    letters = "".join(text.split()).replace("-", "").upper().translate(_LOOKALIKES)
    if len(letters) != 28:
        raise CardError(
            f"the code has 28 letters and digits, {len(letters)} were typed",
            hint="Type the seven groups of four",
        )
    try:
        code = from_base32(letters[:26])
    except EncodingError:
        code = b""
    if not code or _check_letters(code) != letters[26:]:
        raise CardError("there is a typing error in the code", hint="Compare it group by group")
    return code


def _check_letters(code: bytes) -> str:
    """The first 10 bits of a hash as two letters."""
    return to_base32(hashlib.sha256(b"pbvote/v1/code" + code).digest()[:5])[:2]
