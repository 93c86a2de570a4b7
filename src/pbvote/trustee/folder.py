"""A trustee's folder: its secrets and decisions, and what it signs before the boxes open.

docs/protocol.md, sections 3 and 5; `ceremony` fills the folder, `pbvote_tally.custody` signs the
closing, mixes and opens with it::

    trustees/<name>/
      trustee.key            its secrets, under its passphrase
      state.db               what it decided (`decisions`), with the files beside it
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from msgspec import UNSET, UnsetType, structs

from pbvote import keyfile
from pbvote.core import group, threshold
from pbvote.core.ceremony import Number
from pbvote.core.election import Election, commission_name, open_by_quorum, trustee_name
from pbvote.core.encoding import Bytes32, Name, Record, decode, encode
from pbvote.core.errors import RefusedError, VerificationError
from pbvote.core.group import Random, Scalar
from pbvote.core.manifest import Addendum, Manifest, Trustee, check_manifest
from pbvote.core.note import Signer, VerifyKey, add_signature, parse_note
from pbvote.core.sealing import Context
from pbvote.trustee.decisions import Clock, Decisions

KEY = "trustee.key"
STATE = "state.db"
_TEST = "test opening"  # no contest's id: those have no spaces


class AgreedKey(Record, frozen=True, kw_only=True):
    """What a manifest must say of the key: the trustee's share fits exactly this."""

    slug: Name
    ceremony: Bytes32
    threshold: Number
    key: Bytes32
    trustees: list[Trustee]


class Secret(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/trustee-secret/1"):
    """trustee.key. `private` and `coefficients` are there until `share` is: x_j of section 5."""

    slug: Name
    ceremony: Bytes32
    name: Name
    seed: Bytes32
    private: Bytes32 | UnsetType = UNSET
    coefficients: list[Bytes32] | UnsetType = UNSET
    share: Bytes32 | UnsetType = UNSET

    @property
    def has_dealt_nothing(self) -> bool:
        """Whether the trustee only enrolled so far, so that no decision can have been lost."""
        return self.private is not UNSET and self.coefficients is UNSET

    def __repr__(self) -> str:
        return f"Secret(of {self.name})"


class OpenFolder:
    """A trustee's folder, its key in memory and its decisions at hand, until closed.

    InputError if the passphrase is wrong; StorageError if the folder isn't whole or in use.
    """

    def __init__(self, folder: Path, passphrase: str, clock: Clock = time.time) -> None:
        self.path = folder
        key = folder / KEY
        self.secret = decode(keyfile.load(key, passphrase), Secret, str(key))
        self.signer = Signer(trustee_name(self.secret.slug, self.secret.name), self.secret.seed)
        self.decisions = Decisions(
            folder / STATE, self.signer, create=self.secret.has_dealt_nothing, clock=clock
        )

    def __enter__(self) -> OpenFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have the folder."""
        self.decisions.close()

    def rewrite(self, secret: Secret, passphrase: str) -> None:
        """Replace the secret on disk: all of it, or nothing if killed."""
        keyfile.replace(self.path / KEY, self.signer.name, encode(secret), passphrase)
        self.secret = secret

    def share(self) -> Scalar:
        """x_j; RefusedError before the ceremony ended, or once it was destroyed."""
        self.check_not_purged()
        if self.secret.share is UNSET:
            raise RefusedError(
                "this trustee has no share yet",
                where=str(self.path),
                hint="End the ceremony first: all trustees deal, then each accepts",
            )
        return self.secret.share

    def check_not_purged(self) -> None:
        """RefusedError once the share was destroyed."""
        if purged := self.decisions.find("purge"):
            raise RefusedError(
                f"this trustee's share was destroyed on {purged.at}",
                where=str(self.path),
                hint="It can't be made again; a new election needs a new ceremony",
            )

    def agreed(self) -> AgreedKey:
        """What this trustee accepted; RefusedError if nothing yet."""
        self.share()
        return decode(self.decisions.data("accept") or b"", AgreedKey, str(self.path / STATE))

    @property
    def number(self) -> int:
        """j, from 1; RefusedError before the ceremony ended."""
        return [trustee.name for trustee in self.agreed().trustees].index(self.secret.name) + 1

    def number_in(self, election: Election) -> int:
        """The same, if the share fits this election's key (Y_j = x_j·G); else VerificationError."""
        number, keys = self.number, [key.text for key in election.trustee_keys]
        share = group.multiply_base(self.share())
        mine = keys[number - 1 : number] == [self.signer.verify_key.text]
        if mine and share == election.public_shares[number - 1]:
            return number
        raise VerificationError(
            f"the share of {self.signer.name} doesn't belong to this election's key",
            where=str(self.path),
            hint="Use the folder of this election's ceremony",
        )


def add_in_order(
    note: bytes, signer: Signer, commission: VerifyKey, trustees: Sequence[VerifyKey]
) -> bytes:
    """The note with this trustee's signature at its place: commission, then trustees in order.

    Those that signed before must be among these, and were checked. Signed already, it stays as
    it is, so trustees may sign in any order and again.
    """
    if any(signature.is_of(signer.verify_key) for signature in parse_note(note).signatures):
        return note
    signed = add_signature(note, signer)
    text, gap, lines = signed.rpartition(b"\n\n")
    order = [commission.name, *(key.name for key in trustees)]
    places = [order.index(signature.name) for signature in parse_note(signed).signatures]
    ranked = sorted(zip(places, lines.splitlines(keepends=True), strict=True))
    return text + gap + b"".join(line for _, line in ranked)


def sign_manifest(folder: Path, note: bytes, commission: VerifyKey, passphrase: str) -> bytes:
    """The manifest with this trustee's signature, if its key is the one that was agreed.

    Section 3: only after this trustee's share fitted exactly these commitments. VerificationError
    if the manifest says anything else of the key, or a signature on it is wrong; EncodingError if
    it isn't right in itself; RefusedError before `ceremony.accept`.
    """
    where = "manifest.note"
    with OpenFolder(folder, passphrase) as me:
        agreed, share = me.agreed(), me.share()
        trustees = [VerifyKey.parse(trustee.vkey) for trustee in agreed.trustees]
        text = open_by_quorum(note, commission, trustees, 0, where).encode()
        manifest = decode(text.removesuffix(b"\n"), Manifest, where)
        check_manifest(manifest)
        if commission.name != commission_name(agreed.slug) or agreed != _key_of(manifest):
            raise VerificationError(
                "its slug, ceremony, threshold, key or trustees aren't those that this trustee"
                " accepted a share of",
                where=where,
                hint="Don't sign: the commission must take them from the ceremony as they are",
            )
        commitments = [trustee.commitments for trustee in manifest.trustees]
        if group.multiply_base(share) != threshold.public_share(me.number, commitments):
            raise VerificationError(
                "this trustee's share doesn't fit its commitments",
                where=where,
                hint="Don't sign: the key file was changed",
            )
        election = hashlib.sha256(text).digest()
        me.decisions.decide("manifest", election.hex(), election)
        return add_in_order(note, me.signer, commission, trustees)


def _key_of(manifest: Manifest) -> AgreedKey:
    return AgreedKey(
        slug=manifest.slug,
        ceremony=manifest.ceremony,
        threshold=manifest.threshold,
        key=manifest.key,
        trustees=manifest.trustees,
    )


def sign_addendum(folder: Path, note: bytes, election: Election, passphrase: str) -> bytes:
    """The addendum with this trustee's signature, if it follows the election's last.

    What it says is for the trustee to read. VerificationError if it is of another election or
    place, or a signature on it is wrong.
    """
    where = "addendum"
    with OpenFolder(folder, passphrase) as me:
        me.number_in(election)
        text = open_by_quorum(note, election.commission, election.trustee_keys, 0, where).encode()
        addendum = decode(text.removesuffix(b"\n"), Addendum, where)
        number = len(election.addenda) + 1
        previous = election.addenda_hashes[-1] if number > 1 else election.id
        expected = (election.id, number, previous)
        if (addendum.election, addendum.number, addendum.previous) != expected:
            raise VerificationError(
                f"it isn't number {number} of this election, after those at hand",
                where=where,
                hint="Bring all addenda that were signed before",
            )
        addendum_hash = hashlib.sha256(text).digest()
        me.decisions.decide("addendum", f"{election.id.hex()}/{addendum_hash.hex()}", addendum_hash)
        return add_in_order(note, me.signer, election.commission, election.trustee_keys)


def try_opening(
    folder: Path, election: Election, passphrase: str, random: Random = group.system_random
) -> None:
    """Open a test ciphertext, as each trustee must before opening day (section 5).

    Raises InputError for a wrong passphrase, VerificationError if the share isn't that of the
    election's key, ProofError if the opening doesn't verify.
    """
    with OpenFolder(folder, passphrase) as me:
        number = me.number_in(election)
        r = group.random_scalar(random)
        c1 = [group.multiply_base(r)]
        context = Context(election.id, _TEST, number)
        shares, proof = threshold.open_shares(context, me.share(), c1, random)
        public = election.public_shares[number - 1]
        threshold.verify_opening(context, public, c1, shares, proof)
        if shares != group.multiply(r, public):
            raise VerificationError("the test ciphertext came out wrong", where=str(folder))


def destroy_share(folder: Path, passphrase: str) -> None:
    """Destroy the share, after the appeal period: nothing is opened with it any more.

    Decided first, so that a key file put back from a backup doesn't open either.
    """
    with OpenFolder(folder, passphrase) as me:
        me.decisions.decide("purge", "", bytes(32))
        me.rewrite(
            structs.replace(me.secret, private=UNSET, coefficients=UNSET, share=UNSET), passphrase
        )
