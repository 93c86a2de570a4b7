"""Sealed shares against RFC 9180 written out: base mode, suite 0x0020, 0x0001, 0x0003."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pbvote.core import ceremony
from pbvote.core.encoding import u64
from support import seeded


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, hashlib.sha256)


def extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return mac(salt or bytes(32), b"HPKE-v1" + suite + label + ikm)


def expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    head = length.to_bytes(2, "big") + b"HPKE-v1"
    return mac(prk, head + suite + label + info + b"\x01")[:length]


def rfc9180_open(sealed: bytes, private: bytes, info: bytes) -> bytes:
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
    enc, ciphertext = sealed[:32], sealed[32:]
    key = X25519PrivateKey.from_private_bytes(private)
    dh = key.exchange(X25519PublicKey.from_public_bytes(enc))
    both = enc + key.public_key().public_bytes_raw()
    secret = expand(kem, extract(kem, b"", b"eae_prk", dh), b"shared_secret", both, 32)
    psk_hash = extract(suite, b"", b"psk_id_hash", b"")
    schedule = b"\x00" + psk_hash + extract(suite, b"", b"info_hash", info)
    prk = extract(suite, secret, b"secret", b"")
    aead = ChaCha20Poly1305(expand(suite, prk, b"key", schedule, 32))
    return aead.decrypt(expand(suite, prk, b"base_nonce", schedule, 12), ciphertext, b"")


def test_a_sealed_share_is_rfc_9180() -> None:
    private, made_in, share = ceremony.new_private_key(seeded(1)), bytes(range(32)), b"s" * 32
    sealed = ceremony.seal_share(share, made_in, 2, 3, ceremony.public_key(private))
    assert len(sealed) == ceremony.SEALED
    info = b"pbvote/v1/share" + made_in + u64(2) + u64(3)
    assert rfc9180_open(sealed, private, info) == share
