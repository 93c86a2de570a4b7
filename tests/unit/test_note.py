"""Signed notes: exactly these signatures, in this order, in one spelling."""

from __future__ import annotations

import pytest

from pbvote.core.errors import EncodingError, VerificationError
from pbvote.core.group import ORDER
from pbvote.core.merkle import EMPTY_ROOT
from pbvote.core.note import (
    Checkpoint,
    Signer,
    VerifyKey,
    add_signature,
    ed25519_verify,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    sign_note,
)

TEXT = "one line\n"
ANN, BEN, CAT = (Signer(f"town/{name}", bytes([i]) * 32) for i, name in enumerate(("a", "b", "c")))
A, B, C = (signer.verify_key for signer in (ANN, BEN, CAT))


def test_a_signer_never_shows_its_seed() -> None:
    signer = Signer("town/secret", b"\x5a" * 32)
    assert "5a5a" not in repr(signer) and "ZZZZ" not in repr(signer)
    with pytest.raises(EncodingError) as caught:
        Signer("town/secret", b"\x5a" * 31)
    assert "5a" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["", "with space", "with+plus", "with\nnewline", "\u2003", "\ud800"]
)
def test_names_a_key_cannot_have(name: str) -> None:
    with pytest.raises(EncodingError):
        Signer(name, bytes(32))


def test_a_note_opens_with_its_keys_in_order() -> None:
    data = sign_note(TEXT, [ANN, BEN])
    assert open_note(data, [A, B]) == TEXT
    assert add_signature(sign_note(TEXT, [ANN]), BEN) == data
    assert add_signature(add_signature(sign_note(TEXT, []), ANN), BEN) == data


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([B, A], "signature 1 must be that of town/b; there stands one of town/a"),
        ([A], "a signature too many, of town/b"),
        ([A, B, C], "signature 3 must be that of town/c"),
        ([A, C], "signature 2 must be that of town/c; there stands one of town/b"),
        ([], "nobody has to sign"),
    ],
)
def test_a_note_with_other_signatures_is_refused(keys: list[VerifyKey], message: str) -> None:
    with pytest.raises(VerificationError, match=message) as caught:
        open_note(sign_note(TEXT, [ANN, BEN]), keys, "manifest.note")
    assert str(caught.value).startswith("manifest.note: ")


def test_a_doubled_signature_is_refused() -> None:
    data = sign_note(TEXT, [ANN, ANN])
    with pytest.raises(VerificationError, match="too many"):
        open_note(data, [A])
    with pytest.raises(VerificationError, match="2 signatures of town/a"):
        parse_note(data).verify(A)


def test_a_signature_over_another_text_is_refused() -> None:
    data = sign_note(TEXT, [ANN]).replace(b"one", b"two")
    with pytest.raises(VerificationError, match="the signature of town/a is wrong"):
        open_note(data, [A])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d[:-1],
        lambda d: d + b"\n",
        lambda d: d.replace(b"\n\n", b"\n"),
        lambda d: d.replace(b"\n", b"\r\n"),
        lambda d: d.replace("— ".encode(), b"- "),
        lambda d: d.replace(b"town/a ", b"town/a  "),
        lambda d: d.replace(b"town/a ", b"town+a "),
        lambda d: d.replace(b"=\n", b"\n"),
        lambda d: b"\xff" + d,
        lambda d: b"\x00" + d,
        lambda d: b"\xef\xbb\xbf" + d[:3],
        lambda d: b"",
        lambda d: b"\n\n",
    ],
)
def test_another_spelling_is_no_note(change: object) -> None:
    assert callable(change)
    with pytest.raises(EncodingError):
        open_note(change(sign_note(TEXT, [ANN])), [A])


def test_base64_with_stray_bits_is_refused() -> None:
    data = sign_note(TEXT, [ANN])
    head, last = data[:-3], data[-3:-2].decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(last) ^ 1]
    assert data.endswith(b"=\n") and not data.endswith(b"==\n")
    with pytest.raises(EncodingError):
        open_note(head + other.encode() + b"=\n", [A])


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\x1f\n", "\ud800\n"])
def test_texts_that_cannot_be_signed(text: str) -> None:
    with pytest.raises(EncodingError):
        sign_note(text, [ANN])


def test_a_text_with_empty_lines_keeps_them() -> None:
    assert open_note(sign_note("a\n\nb\n\n", [ANN]), [A]) == "a\n\nb\n\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        A.text + " ",
        A.text.replace("town/a", "town/b"),
        A.text.replace("+", " "),
        "town/a+00000000+" + A.text.rpartition("+")[2],
        A.text.rpartition("+")[0] + "+",
        "\ud800+00000000+AAAA",
    ],
)
def test_vkeys_that_are_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        VerifyKey.parse(text, "election.toml")


def test_a_bad_vkey_says_where_it_stands() -> None:
    with pytest.raises(EncodingError, match=r"^election\.toml: not a vkey.*Copy the whole line"):
        VerifyKey.parse("rubbish", "election.toml")


def test_ed25519_is_strict() -> None:
    """S ≥ L, and keys or R of small order or not canonical, are refused (section 2)."""
    message = b"message"
    signature = ANN.sign(message)
    ed25519_verify(A.public, signature, message)
    s = int.from_bytes(signature[32:], "little")
    malleable = signature[:32] + (s + ORDER).to_bytes(32, "little")
    identity = (1).to_bytes(32, "little")
    not_canonical = (2**255 - 19 + 1).to_bytes(32, "little")  # y = 1 written as p + 1
    for public, wrong in (
        (A.public, malleable),
        (identity, identity + bytes(32)),  # 0·B = identity + k·identity for every message
        (not_canonical, identity + bytes(32)),
        (A.public, identity + signature[32:]),
        (A.public, signature[:63]),
        (A.public[:31], signature),
        (B.public, signature),
    ):
        with pytest.raises(VerificationError):
            ed25519_verify(public, wrong, message)


def test_checkpoints() -> None:
    checkpoint = Checkpoint("town/a", 0, EMPTY_ROOT)
    data = sign_note(checkpoint.text, [ANN])
    assert open_checkpoint(data, A) == checkpoint
    with pytest.raises(VerificationError, match="too many"):
        open_checkpoint(add_signature(data, BEN), A)
    with pytest.raises(VerificationError, match="a checkpoint of town/a, not of town/b"):
        open_checkpoint(sign_note(checkpoint.text, [BEN]), B, "logs/box/b/checkpoint")


GOOD = Checkpoint("town/a", 12, EMPTY_ROOT).text


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "extension\n",
        GOOD.replace("12", "012"),
        GOOD.replace("12", "-1"),
        GOOD.replace("12", "+1"),
        GOOD.replace("12", "١"),
        GOOD.replace("12", "9" * 16),
        GOOD.replace("12", "9" * 5000),
        GOOD.replace("12", ""),
        GOOD.replace("town/a", ""),
        GOOD.replace("=", ""),
        GOOD.replace("47DE", ""),
        "town/a\n12\n",
        "",
    ],
)
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(EncodingError):
        parse_checkpoint(text, "checkpoint")
