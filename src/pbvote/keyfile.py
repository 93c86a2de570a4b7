"""Secrets in files: 0600, and sealed under a passphrase where a person holds them.

Argon2id makes the key of a passphrase and XSalsa20-Poly1305 seals (libsodium, through PyNaCl).
A box or a registrar that must start by itself after a power cut has a file without passphrase.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, NamedTuple

from msgspec import Meta
from nacl import pwhash
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from pbvote.core.encoding import Count, Record, decode, encode, nfc
from pbvote.core.errors import InputError, RefusedError
from pbvote.core.note import Signer
from pbvote.files import read_bytes, write_bytes

MIN_PASSPHRASE = 12


class Cost(NamedTuple):
    """What a guess at a passphrase costs: Argon2id's passes, and its memory in bytes."""

    operations: int
    memory: int


MODERATE = Cost(pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE)
"""About a second and 256 MB: for every key that matters."""
INTERACTIVE = Cost(pwhash.argon2id.OPSLIMIT_INTERACTIVE, pwhash.argon2id.MEMLIMIT_INTERACTIVE)
"""About a tenth of that: for demos, whose passphrase is printed anyway."""
_MAX_OPERATIONS = 2**10
_MAX_MEMORY = 2**31


class PlainKey(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/key/1"):
    """A secret as it is."""

    name: str
    secret: bytes

    def __repr__(self) -> str:
        return f"PlainKey(of {self.name})"


class SealedKey(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/sealed-key/1"):
    """A secret under a passphrase."""

    name: str
    salt: Annotated[bytes, Meta(min_length=16, max_length=16)]
    operations: Count
    memory: Count
    box: bytes


def save(
    path: Path, name: str, secret: bytes, passphrase: str | None = None, cost: Cost = MODERATE
) -> None:
    """Write a new secret; RefusedError rather than overwrite another.

    `cost` is that of each later `load`. InputError if the passphrase is too short.
    """
    if path.exists():
        raise RefusedError(
            "there is a key already", where=str(path), hint="Use it, or choose another name"
        )
    write_bytes(path, _encoded(name, secret, passphrase, cost), private=True)


def replace(path: Path, name: str, secret: bytes, passphrase: str | None = None) -> None:
    """Write a secret anew, in place of the one there and at the same cost."""
    key = decode(read_bytes(path), PlainKey | SealedKey, str(path))
    cost = Cost(key.operations, key.memory) if isinstance(key, SealedKey) else MODERATE
    write_bytes(path, _encoded(name, secret, passphrase, cost), private=True)


def load(path: Path, passphrase: str | None = None) -> bytes:
    """The secret in a file; InputError if the passphrase is missing or wrong."""
    key = decode(read_bytes(path), PlainKey | SealedKey, str(path))
    if isinstance(key, PlainKey):
        return key.secret
    if passphrase is None:
        raise InputError("it needs its passphrase", where=str(path), hint="Enter it")
    try:
        return SecretBox(_derive(passphrase, key.salt, Cost(key.operations, key.memory))).decrypt(
            key.box
        )
    except CryptoError:
        raise InputError("the passphrase is wrong", where=str(path), hint="Try again") from None


def is_sealed(path: Path) -> bool:
    """Whether `load` needs a passphrase."""
    return isinstance(decode(read_bytes(path), PlainKey | SealedKey, str(path)), SealedKey)


def new_signer(path: Path, name: str, passphrase: str | None = None) -> Signer:
    """A fresh Ed25519 key, saved."""
    seed = secrets.token_bytes(32)
    save(path, name, seed, passphrase)
    return Signer(name, seed)


def load_signer(path: Path, passphrase: str | None = None) -> Signer:
    """The signer whose seed is in this file."""
    name = decode(read_bytes(path), PlainKey | SealedKey, str(path)).name
    seed = load(path, passphrase)
    if len(seed) != 32:
        raise InputError("this isn't a signing key", where=str(path))
    return Signer(name, seed)


def owner(path: Path) -> str:
    """Whose key is in this file; nothing of the secret is opened."""
    return decode(read_bytes(path), PlainKey | SealedKey, str(path)).name


def check_passphrase(passphrase: str) -> None:
    """InputError if a new passphrase is too short."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise InputError(
            f"a passphrase has {MIN_PASSPHRASE} characters or more",
            hint="Four or five words that don't belong together are good",
        )


def _encoded(name: str, secret: bytes, passphrase: str | None, cost: Cost) -> bytes:
    if passphrase is None:
        return encode(PlainKey(name=name, secret=secret))
    check_passphrase(passphrase)
    salt = secrets.token_bytes(16)
    box = SecretBox(_derive(passphrase, salt, cost)).encrypt(secret)
    return encode(
        SealedKey(
            name=name, salt=salt, operations=cost.operations, memory=cost.memory, box=bytes(box)
        )
    )


def _derive(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    least = pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN
    if not (
        least[0] <= cost.operations <= _MAX_OPERATIONS and least[1] <= cost.memory <= _MAX_MEMORY
    ):
        raise InputError("a key file that asks for impossible work", hint="Is it damaged?")
    return bytes(
        pwhash.argon2id.kdf(
            SecretBox.KEY_SIZE,
            nfc(passphrase).encode(),
            salt,
            opslimit=cost.operations,
            memlimit=cost.memory,
        )
    )
