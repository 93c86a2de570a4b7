"""records.json, packing.json, hashing.json: bytes made by an independent implementation."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Vectors
from pbvote.core import group
from pbvote.core.ballot import (
    Ballot,
    Cast,
    Challenge,
    ballot_digest,
    check_opening,
    check_proof,
    tracker,
)
from pbvote.core.card import (
    Certificate,
    card_text,
    certify,
    read_card_text,
    read_typed_code,
    typed_code,
    voter_secret,
)
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import SelectionError
from pbvote.core.note import Signer
from pbvote.core.receipt import (
    Receipt,
    check_receipt,
    read_receipt_text,
    receipt_text,
    sign_receipt,
)
from pbvote.core.sealing import unseal_with_randomness
from pbvote.core.selection import from_elements, pack, to_elements, unpack, width


@pytest.fixture(scope="session")
def records(vectors: Vectors) -> Any:
    return vectors.json("records.json")


def test_hashing(vectors: Vectors) -> None:
    for case in vectors.json("hashing.json")["cases"]:
        parts = [bytes.fromhex(part) for part in case["parts"]]
        assert group.hash_parts(case["label"], *parts).hex() == case["H"]
        assert group.hash_to_scalar(case["label"], *parts).hex() == case["Hs"]
        assert group.hash_to_element(case["label"], *parts).hex() == case["Hg"]


def test_packing(vectors: Vectors) -> None:
    packing = vectors.json("packing.json")
    for case in packing["cases"]:
        vector, largest = case["vector"], case["vmax"]
        assert width(largest, len(vector)) == case["width"]
        assert [block.hex() for block in pack(vector, largest)] == case["blocks"]
        elements = to_elements(vector, largest)
        assert [element.hex() for element in elements] == case["elements"]
        assert list(from_elements(elements, largest, len(vector))) == vector


def test_card(records: Any) -> None:
    card = records["card"]
    election = bytes.fromhex(records["election"])
    code = bytes.fromhex(card["code"])
    secret = voter_secret(code, election)
    assert secret.hex() == card["secret"]
    assert group.multiply_base(secret).hex() == card["key"]
    certificate = decode(records["certificate"].encode(), Certificate)
    text = card_text(code, certificate, card["district_position"], card["registrar_position"])
    assert text == card["text"]
    read = read_card_text("HTTPS://VOTE.EXAMPLE#" + text)
    assert (read.code, read.serial, read.district) == (code, 1, card["district_position"])
    assert typed_code(code) == card["typed"]
    assert read_typed_code(card["typed"].lower().replace("o", "0")) == code


def test_certificate(records: Any) -> None:
    card = records["card"]
    certificate = decode(records["certificate"].encode(), Certificate)
    signer = Signer("pbvote/x/registry/mairie", bytes.fromhex(card["registrar_seed"]))
    made = certify(
        signer,
        election=certificate.election,
        pseudonym=certificate.pseudonym,
        serial=certificate.serial,
        channel=certificate.channel,
        district=certificate.district or None,
        key=certificate.key,
        registrar=certificate.registrar,
    )
    assert encode(made) == records["certificate"].encode()


def test_ballot(records: Any) -> None:
    encoded = records["ballot"].encode()
    ballot = decode(encoded, Ballot)
    assert ballot_digest(encoded).hex() == records["ballot_digest"]
    cast = decode(records["cast"].encode(), Cast)
    check_proof(ballot, encoded, cast.proof, "cast")
    assert tracker(ballot_digest(encoded), cast.proof.commitment).hex() == records["tracker"]
    challenge = decode(records["challenge"].encode(), Challenge)
    check_proof(ballot, encoded, challenge.proof, "challenge")
    check_opening(challenge)
    key = bytes.fromhex(records["key"])
    for opened, sealed in zip(challenge.opening, ballot.sealed, strict=True):
        chosen = records["vectors"][opened.contest]
        elements = unseal_with_randomness(sealed.ciphertext, key, group.rows(opened.randomness))
        vector = from_elements(elements, chosen["vmax"], len(chosen["vector"]))
        assert list(vector) == chosen["vector"]


def test_receipt(records: Any) -> None:
    expected = records["receipt"]
    receipt = decode(expected["record"].encode(), Receipt)
    signer = Signer("pbvote/x/box/online", bytes.fromhex(expected["box_seed"]))
    signed = sign_receipt(receipt, signer)
    assert signed.signature.hex() == expected["signature"]
    assert receipt_text(signed, expected["box_position"]) == expected["text"]
    read = read_receipt_text("HTTPS://R.EXAMPLE/" + expected["text"])
    assert read.at == expected["at_unix"]
    again = read.signed(receipt.election, receipt.box)
    assert again == signed
    check_receipt(again, signer.verify_key)


def test_refused_packings(vectors: Vectors) -> None:
    for case in vectors.json("packing.json")["refused"]:
        elements = [bytes.fromhex(element) for element in case["elements"]]
        with pytest.raises(SelectionError):
            from_elements(elements, case["vmax"], case["projects"])


def test_unpack_leaves_nothing_over() -> None:
    with pytest.raises(SelectionError):
        unpack([b"\x08" + bytes(29)], 1, 3)
