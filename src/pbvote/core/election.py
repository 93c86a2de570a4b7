"""An election as its signed documents make it: manifest and addenda, checked and joined.

docs/protocol.md, section 3. Everything later (box, registry, merge, count) asks this one value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import UNSET

from pbvote.core import group, threshold
from pbvote.core.card import Card, Certificate, check_signature, voter_secret
from pbvote.core.encoding import decode
from pbvote.core.errors import CardError, EncodingError, ProofError, VerificationError
from pbvote.core.group import Element
from pbvote.core.manifest import (
    Addendum,
    Box,
    Contest,
    Correction,
    Manifest,
    Registrar,
    check_manifest,
    check_unique,
)
from pbvote.core.note import VerifyKey, open_note, parse_note
from pbvote.core.sealing import BLOCK


def commission_name(slug: str) -> str:
    """The name of the commission's vkey."""
    return f"pbvote/{slug}/commission"


def trustee_name(slug: str, name: str) -> str:
    """The name of a trustee's vkey."""
    return f"pbvote/{slug}/trustee/{name}"


def registry_origin(slug: str, name: str) -> str:
    """A registrar's vkey name and its log's origin."""
    return f"pbvote/{slug}/registry/{name}"


def box_origin(slug: str, name: str) -> str:
    """A box's vkey name and its log's origin."""
    return f"pbvote/{slug}/box/{name}"


@dataclass(frozen=True)
class Election:
    """A manifest with its addenda, all signatures and proofs checked.

    Positions of boxes, registrars and districts count from 0, trustees from 1.
    """

    id: bytes
    manifest: Manifest
    commission: VerifyKey
    addenda: tuple[Addendum, ...]
    addenda_hashes: tuple[bytes, ...]

    @property
    def slug(self) -> str:
        """The election's short name."""
        return self.manifest.slug

    @property
    def is_test(self) -> bool:
        """Whether it is a rehearsal's (`test-…`): every screen and paper of one says TEST."""
        return self.slug.startswith("test-")

    @property
    def key(self) -> Element:
        """Y, what ballots are sealed to."""
        return self.manifest.key

    @cached_property
    def trustee_keys(self) -> list[VerifyKey]:
        """The trustees' vkeys, trustee 1 first."""
        return [VerifyKey.parse(trustee.vkey) for trustee in self.manifest.trustees]

    @cached_property
    def public_shares(self) -> list[Element]:
        """Y_1 … Y_n."""
        commitments = [trustee.commitments for trustee in self.manifest.trustees]
        return [threshold.public_share(j, commitments) for j in range(1, len(commitments) + 1)]

    @cached_property
    def registrars(self) -> list[Registrar]:
        """The manifest's, then each addendum's."""
        added = [a.registrars for a in self.addenda if a.registrars is not UNSET]
        return [*self.manifest.registrars, *(r for part in added for r in part)]

    @cached_property
    def boxes(self) -> list[Box]:
        """The manifest's, then each addendum's."""
        added = [a.boxes for a in self.addenda if a.boxes is not UNSET]
        return [*self.manifest.boxes, *(b for part in added for b in part)]

    @cached_property
    def registrar_keys(self) -> dict[str, VerifyKey]:
        """Registrar's name → vkey, in order."""
        return {r.name: VerifyKey.parse(r.vkey) for r in self.registrars}

    @cached_property
    def box_keys(self) -> dict[str, VerifyKey]:
        """Box's name → vkey, in order."""
        return {b.name: VerifyKey.parse(b.vkey) for b in self.boxes}

    @cached_property
    def log_keys(self) -> dict[str, VerifyKey]:
        """Origin → vkey of every registry, then every box: the order of a closing's logs."""
        keys = [*self.registrar_keys.values(), *self.box_keys.values()]
        return {key.name: key for key in keys}

    def box(self, name: str) -> Box:
        """The box of this name; EncodingError if there is none."""
        for box in self.boxes:
            if box.name == name:
                return box
        names = ", ".join(b.name for b in self.boxes)
        raise EncodingError(f"no box is called {name!r}", hint=f"This election has: {names}")

    def box_position(self, name: str) -> int:
        """The box's place, from 0."""
        return self.boxes.index(self.box(name))

    def contest(self, name: str) -> Contest:
        """The contest of this id; EncodingError if there is none."""
        for contest in self.manifest.contests:
            if contest.id == name:
                return contest
        names = ", ".join(c.id for c in self.manifest.contests)
        raise EncodingError(f"no contest is called {name!r}", hint=f"This election has: {names}")

    def contests_for(self, district: str | None) -> list[Contest]:
        """The contests open to a certificate's district, in manifest order."""
        return [c for c in self.manifest.contests if c.is_open_to(district)]

    def shape_of_ballot(self, district: str | None) -> list[tuple[str, int]]:
        """A district's contests and the length of their ciphertexts, 64·w bytes each."""
        if district not in self._shapes:
            shape = [(c.id, BLOCK * c.width) for c in self.contests_for(district)]
            self._shapes[district] = shape
        return self._shapes[district]

    @cached_property
    def _shapes(self) -> dict[str | None, list[tuple[str, int]]]:
        return {}

    @cached_property
    def corrections(self) -> list[Correction]:
        """All corrections of the addenda, in order; the last of a field holds."""
        return [c for a in self.addenda if a.corrections is not UNSET for c in a.corrections]

    def certificate(self, card: Card) -> Certificate:
        """The certificate that a card stands for, its signature checked; CardError otherwise."""
        districts, registrars = self.manifest.district_names, self.registrars
        foreign = CardError(
            "this card isn't of this election",
            hint="Take the card of this election, or ask at the desk for a new one",
        )
        known = card.district is None or card.district < len(districts)
        if card.registrar >= len(registrars) or not known:
            raise foreign
        registrar = registrars[card.registrar].name
        certificate = Certificate(
            election=self.id,
            pseudonym=card.pseudonym,
            serial=card.serial,
            channel=card.channel,
            district=UNSET if card.district is None else districts[card.district],
            key=group.multiply_base(voter_secret(card.code, self.id)),
            registrar=registrar,
            signature=card.signature,
        )
        try:
            check_signature(certificate, self.registrar_keys[registrar])
        except VerificationError:
            raise foreign from None
        return certificate


def open_election(
    manifest_note: bytes, addenda_notes: Sequence[bytes], commission: VerifyKey
) -> Election:
    """The election of these signed documents, everything in them checked.

    Raises EncodingError (a document that isn't right in itself), VerificationError (a signature
    that is missing or wrong) or ProofError (a trustee without knowledge of its key).
    """
    where = "manifest.note"
    text = parse_note(manifest_note, where).text
    manifest = decode(text.encode("utf-8").removesuffix(b"\n"), Manifest, where)
    try:
        check_manifest(manifest)
        _check_names(manifest, commission)
        _check_key(manifest)
    except (EncodingError, VerificationError) as error:
        raise error.at(where) from None
    trustees = [VerifyKey.parse(trustee.vkey) for trustee in manifest.trustees]
    open_note(manifest_note, [commission, *trustees], where)
    election = Election(
        id=hashlib.sha256(text.encode("utf-8")).digest(),
        manifest=manifest,
        commission=commission,
        addenda=(),
        addenda_hashes=(),
    )
    for number, note in enumerate(addenda_notes, 1):
        election = _with_addendum(election, note, number)
    return election


def open_by_quorum(
    note: bytes, commission: VerifyKey, trustees: Sequence[VerifyKey], quorum: int, where: str
) -> str:
    """The text of a note that the commission and ≥ quorum trustees signed, in array order."""
    names = [signature.name for signature in parse_note(note, where).signatures]
    signed = [key for key in trustees if key.name in names]
    if len(signed) < quorum:
        raise VerificationError(
            f"{len(signed)} of the trustees signed, {quorum} must",
            where=where,
            hint="Let the other trustees sign it",
        )
    return open_note(note, [commission, *signed], where)


def _check_names(manifest: Manifest, commission: VerifyKey) -> None:
    """vkeys carry the names of section 3 and 7; names are unique."""
    slug = manifest.slug
    if commission.name != commission_name(slug):
        raise VerificationError(
            f"the commission's key is {commission.name}, this is {commission_name(slug)}'s",
            hint="Use the vkey that this election's commission published",
        )
    for trustee in manifest.trustees:
        _check_vkey(trustee.vkey, trustee_name(slug, trustee.name))
    _check_logs(slug, manifest.registrars, manifest.boxes)


def _check_logs(slug: str, registrars: Sequence[Registrar], boxes: Sequence[Box]) -> None:
    check_unique((r.name for r in registrars), "registrars")
    check_unique((b.name for b in boxes), "boxes")
    for registrar in registrars:
        _check_vkey(registrar.vkey, registry_origin(slug, registrar.name))
    for box in boxes:
        _check_vkey(box.vkey, box_origin(slug, box.name))


def _check_vkey(text: str, name: str) -> None:
    key = VerifyKey.parse(text)
    if key.name != name:
        raise EncodingError(f"the vkey is named {key.name}, not {name}")


def _check_key(manifest: Manifest) -> None:
    """Section 5: each trustee's proof, and Y = Σ A_i0, not the identity."""
    for number, trustee in enumerate(manifest.trustees, 1):
        where = f"trustees.{trustee.name}"
        for commitment in trustee.commitments:
            group.check_element(commitment, where)
        proof = threshold.KeyProof(trustee.proof.commitment, trustee.proof.response)
        threshold.verify_key_proof(manifest.ceremony, number, trustee.commitments, proof)
    key = threshold.election_key([trustee.commitments for trustee in manifest.trustees])
    if key != manifest.key or key == group.IDENTITY:
        raise ProofError("the key isn't the sum of the trustees' commitments", where="key")


def _with_addendum(election: Election, note: bytes, number: int) -> Election:
    where = f"addenda/{number}.note"
    manifest = election.manifest
    text = parse_note(note, where).text
    addendum = decode(text.encode("utf-8").removesuffix(b"\n"), Addendum, where)
    quorum = manifest.quorum if addendum.adds_logs else 1
    open_by_quorum(note, election.commission, election.trustee_keys, quorum, where)
    previous = election.addenda_hashes[-1] if election.addenda_hashes else election.id
    if addendum.election != election.id:
        raise VerificationError("it is of another election", where=where)
    if addendum.number != number or addendum.previous != previous:
        raise VerificationError(
            "it doesn't follow the addendum before",
            where=where,
            hint="Use all addenda, in their order",
        )
    if addendum.corrections is not UNSET:
        known = {(c.id, p.id) for c in manifest.contests for p in c.projects}
        for correction in addendum.corrections:
            if (correction.contest, correction.project) not in known:
                what = f"no project is called {correction.contest}/{correction.project}"
                raise EncodingError(what, where=where)
    joined = Election(
        id=election.id,
        manifest=manifest,
        commission=election.commission,
        addenda=(*election.addenda, addendum),
        addenda_hashes=(*election.addenda_hashes, hashlib.sha256(text.encode("utf-8")).digest()),
    )
    try:
        _check_logs(election.slug, joined.registrars, joined.boxes)
    except EncodingError as error:
        raise error.at(where) from None
    return joined
