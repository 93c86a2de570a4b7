"""Ballots, their proof, and the entries of a box's log (docs/protocol.md, sections 6, 7).

A device prepares a ballot and shows its tracker; only then the voter says "cast" or "challenge",
and the device answers that one word: it holds one response, as both would reveal the card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from pbvote.core import group
from pbvote.core.card import Certificate
from pbvote.core.encoding import Bytes32, Count, Name, Record, Time, check_time, encode
from pbvote.core.errors import ProofError, RefusedError
from pbvote.core.group import Element, Random, Scalar
from pbvote.core.sealing import BLOCK, first_elements, seal

Use = Literal["cast", "challenge"]


class Sealed(Record, frozen=True, kw_only=True):
    """One contest's choice under the election's key: w × (c1 ‖ c2)."""

    contest: Name
    ciphertext: bytes

    def __post_init__(self) -> None:
        if not self.ciphertext or len(self.ciphertext) % BLOCK:
            raise ValueError("a ciphertext is one or more blocks of 64 bytes")


class Ballot(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/ballot/1"):
    """What a voter seals, for one box, under one certificate.

    ``{"box":"online","certificate":{…},"election":"g2XI…","sealed":[{"ciphertext":"YG8i…",
    "contest":"city"}],"type":"pbvote/ballot/1"}``
    """

    election: Bytes32
    box: Name
    certificate: Certificate
    sealed: list[Sealed]


class Proof(Record, frozen=True, kw_only=True):
    """A_0 ‖ A_1 ‖ … and z_0 ‖ z_1 ‖ …, 32 bytes each."""

    commitment: bytes
    response: bytes


class Opened(Record, frozen=True, kw_only=True):
    """A contest's randomness, w × r; any base64 as far as syntax goes."""

    contest: Name
    randomness: bytes


class Open(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/open/1"):
    """The first entry of a box's log."""

    election: Bytes32
    box: Name
    at: Time

    def __post_init__(self) -> None:
        check_time(self.at)


class Cast(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/cast/1"):
    """A ballot in the box."""

    ballot: Ballot
    proof: Proof

    def __post_init__(self) -> None:
        _check_lengths(self.ballot, self.proof)


class Challenge(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/challenge/1"):
    """A ballot that was opened to check the device; it never counts."""

    ballot: Ballot
    proof: Proof
    opening: list[Opened]

    def __post_init__(self) -> None:
        _check_lengths(self.ballot, self.proof)


class Close(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/close/1"):
    """The last entry of a box's log; counts the entries of each kind that stand before it."""

    at: Time
    cast: Count
    challenged: Count

    def __post_init__(self) -> None:
        check_time(self.at)


BoxEntry = Open | Cast | Challenge | Close


def _check_lengths(ballot: Ballot, proof: Proof) -> None:
    """32·(1 + Σw) of this ballot's own ciphertexts (section 8, rule 1)."""
    size = group.SIZE + sum(len(s.ciphertext) for s in ballot.sealed) // 2
    if len(proof.commitment) != size or len(proof.response) != size:
        raise ValueError("the proof's length doesn't fit the ballot's ciphertexts")


def ballot_digest(encoded: bytes) -> bytes:
    """SHA-256 of a ballot's canonical bytes."""
    return hashlib.sha256(encoded).digest()


def tracker(digest: bytes, commitment: bytes) -> bytes:
    """The ballot's fingerprint; fixes everything but the voter's next word (section 7)."""
    return hashlib.sha256(b"pbvote/v1/tracker" + digest + commitment).digest()


def short_tracker(value: bytes) -> str:
    """The first twelve characters of a tracker's hex, in groups of four, for people."""
    text = value.hex()[:12]
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


class PreparedBallot:
    """A sealed ballot between its tracker and the voter's word. Answers one use, once."""

    def __init__(
        self,
        *,
        election: bytes,
        key: Element,
        box: str,
        certificate: Certificate,
        secret: Scalar,
        choices: Mapping[str, Sequence[Element]],
        random: Random = group.system_random,
    ) -> None:
        """`choices`: contest id → its w elements, in manifest order; `secret` is the card's x."""
        randomness = {
            contest: [group.random_scalar(random) for _ in elements]
            for contest, elements in choices.items()
        }
        self.ballot = Ballot(
            election=election,
            box=box,
            certificate=certificate,
            sealed=[
                Sealed(contest=contest, ciphertext=seal(elements, key, randomness[contest]))
                for contest, elements in choices.items()
            ],
        )
        self._encoded = encode(self.ballot)
        secrets = [secret, *(r for rs in randomness.values() for r in rs)]
        nonces = [group.random_scalar(random) for _ in secrets]
        self._unanswered = [(randomness, secrets, nonces)]  # popped: two threads get one answer
        self.commitment = b"".join(map(group.multiply_base, nonces))
        self.digest = ballot_digest(self._encoded)
        self.tracker = tracker(self.digest, self.commitment)

    def cast(self) -> Cast:
        """The voter says "cast"."""
        return Cast(ballot=self.ballot, proof=self._answer("cast")[0])

    def challenge(self) -> Challenge:
        """The voter says "challenge": the ballot is opened and never counts."""
        proof, randomness = self._answer("challenge")
        opening = [
            Opened(contest=contest, randomness=b"".join(rs)) for contest, rs in randomness.items()
        ]
        return Challenge(ballot=self.ballot, proof=proof, opening=opening)

    def _answer(self, use: Use) -> tuple[Proof, dict[str, list[Scalar]]]:
        try:
            randomness, secrets, nonces = self._unanswered.pop()
        except IndexError:
            raise RefusedError("this ballot was answered already", hint="Begin a new one") from None
        e = _challenge_scalar(use, self._encoded, self.commitment)
        response = b"".join(
            group.scalar_add(k, group.scalar_multiply(e, s))
            for k, s in zip(nonces, secrets, strict=True)
        )
        return Proof(commitment=self.commitment, response=response), randomness


def _challenge_scalar(use: Use, encoded: bytes, commitment: bytes) -> Scalar:
    return group.hash_to_scalar("pbvote/v1/ballot", use.encode("ascii"), encoded, commitment)


def check_proof(ballot: Ballot, encoded: bytes, proof: Proof, use: Use) -> None:
    """Raise ProofError unless the proof holds for this ballot and use (section 6).

    `encoded` is the ballot's canonical bytes. z_b·G - e·P_b = A_b compares with the commitment's
    bytes, so a commitment that isn't canonical fails too.
    """
    key, bases = ballot.certificate.key, [ballot.certificate.key]
    for sealed in ballot.sealed:
        parts = group.rows(sealed.ciphertext)
        if not all(map(group.is_element, parts)):
            raise ProofError(f"a ciphertext of {sealed.contest} isn't canonical")
        bases += parts[0::2]
    if not group.is_element(key) or group.IDENTITY in bases:
        raise ProofError("the card's key or a ciphertext is no usable element")
    e = _challenge_scalar(use, encoded, proof.commitment)
    answers = zip(group.rows(proof.response), group.rows(proof.commitment), bases, strict=True)
    for z, a, base in answers:
        if not group.is_scalar(z):
            raise ProofError("a response isn't below the group's order")
        if group.subtract(group.multiply_base(z), group.multiply(e, base)) != a:
            raise ProofError("the voter's proof doesn't fit this ballot")


def check_opening(challenge: Challenge) -> None:
    """Raise ProofError unless the opening is of these contests and r·G = c1 (section 8, rule 3)."""
    sealed = challenge.ballot.sealed
    if [o.contest for o in challenge.opening] != [s.contest for s in sealed]:
        raise ProofError("the opening is of other contests")
    for opened, part in zip(challenge.opening, sealed, strict=True):
        c1 = first_elements(part.ciphertext)
        rs = group.rows(opened.randomness)
        if len(opened.randomness) != group.SIZE * len(c1) or not all(map(group.is_scalar, rs)):
            raise ProofError(f"the opening of {part.contest} has the wrong form")
        if [group.multiply_base(r) for r in rs] != c1:
            raise ProofError(f"the opening of {part.contest} doesn't fit its ciphertext")
