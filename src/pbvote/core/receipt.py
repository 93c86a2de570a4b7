"""Receipts: a box's signature that it took this tracker (docs/protocol.md, section 7)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pbvote.core.card import PREFIX
from pbvote.core.encoding import (
    Bytes32,
    Bytes64,
    Name,
    Record,
    Time,
    check_time,
    encode,
    from_base32,
    time_text,
    to_base32,
    unix_time,
)
from pbvote.core.errors import EncodingError, InputError
from pbvote.core.note import Signer, VerifyKey, ed25519_verify

RECEIPT_PREFIX = PREFIX + "R/"
SIGNATURE_LABEL = b"pbvote/v1/receipt\n"


class Receipt(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/receipt/1"):
    """What a box signs once the entry is durable.

    ``{"at":"2026-11-22T09:30:00Z","box":"online","election":"g2XI…","index":42,
    "tracker":"l+oK…","type":"pbvote/receipt/1"}``
    """

    election: Bytes32
    box: Name
    index: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    tracker: Bytes32
    at: Time

    def __post_init__(self) -> None:
        check_time(self.at)


class SignedReceipt(Record, frozen=True, kw_only=True):
    """A receipt and its box's signature, as kept by a box and given as evidence."""

    receipt: Receipt
    signature: Bytes64


def sign_receipt(receipt: Receipt, signer: Signer) -> SignedReceipt:
    """Only for an entry that is on disk."""
    return SignedReceipt(receipt=receipt, signature=signer.sign(_signed_bytes(receipt)))


def check_receipt(signed: SignedReceipt, box: VerifyKey) -> None:
    """Raise VerificationError unless this box signed the receipt."""
    ed25519_verify(box.public, signed.signature, _signed_bytes(signed.receipt))


def _signed_bytes(receipt: Receipt) -> bytes:
    return SIGNATURE_LABEL + encode(receipt)


class ReceiptText(Struct, frozen=True):
    """What a receipt's text says: positions instead of names, 8 bytes of the election id."""

    election: bytes
    box: int
    index: int
    at: int
    tracker: bytes
    signature: bytes

    def signed(self, election: bytes, box: str) -> SignedReceipt:
        """The receipt of this election and of the box at this position."""
        if election[:8] != self.election:
            raise InputError(
                "this receipt is of another election", hint="Check it against that one's bundle"
            )
        receipt = Receipt(
            election=election,
            box=box,
            index=self.index,
            tracker=self.tracker,
            at=time_text(self.at),
        )
        return SignedReceipt(receipt=receipt, signature=self.signature)


def receipt_text(signed: SignedReceipt, box: int) -> str:
    """`PBVOTE1/R/…`, the receipt as a QR code holds it; `box` is the box's position."""
    receipt = signed.receipt
    body = (
        receipt.election[:8]
        + box.to_bytes(2, "big")
        + receipt.index.to_bytes(4, "big")
        + unix_time(receipt.at).to_bytes(4, "big")
        + receipt.tracker
        + signed.signature
    )
    return RECEIPT_PREFIX + to_base32(body)


def read_receipt_text(text: str) -> ReceiptText:
    """The receipt in what was scanned or pasted; readers take what starts at `PBVOTE1/`."""
    start = text.find(RECEIPT_PREFIX)
    if start < 0:
        raise InputError(
            "this isn't a receipt", hint="A receipt's text starts with PBVOTE1/R/, as in its QR"
        )
    try:
        data = from_base32("".join(text[start + len(RECEIPT_PREFIX) :].split()))
    except EncodingError:
        data = b""
    if len(data) != 114:
        raise InputError("the receipt was read only in part", hint="Scan or copy it again")
    return ReceiptText(
        election=data[:8],
        box=int.from_bytes(data[8:10], "big"),
        index=int.from_bytes(data[10:14], "big"),
        at=int.from_bytes(data[14:18], "big"),
        tracker=data[18:50],
        signature=data[50:],
    )
