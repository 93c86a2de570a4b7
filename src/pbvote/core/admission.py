"""Whether a ballot may count, as far as it can be told from the ballot alone.

docs/protocol.md, section 8, rules 2 and 4. A box asks this before it takes a ballot, the merge
before it counts one; both ask here, with what they know of the registries.
"""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import UNSET

from pbvote.core.ballot import Ballot
from pbvote.core.card import Certificate, Enrol, RegistryEntry, Revocation, check_signature
from pbvote.core.election import Election
from pbvote.core.encoding import digest
from pbvote.core.errors import VerificationError
from pbvote.core.manifest import Box
from pbvote.core.roll import PublicRoll

Reason = Literal[
    "malformed",
    "bad-challenge",
    "wrong-election",
    "wrong-box",
    "unknown-registrar",
    "certificate-not-logged",
    "revoked",
    "not-on-roll",
    "wrong-channel",
    "wrong-contests",
    "bad-proof",
    "challenged",
    "duplicate",
    "superseded",
]


class Register(Protocol):
    """What is known of the registrars' logs and the roll."""

    def is_logged(self, certificate: Certificate) -> bool:
        """Byte for byte in the named registrar's log."""

    def is_revoked(self, certificate: Certificate) -> bool:
        """Its key revoked in the log that issued it."""

    def is_on_roll(self, certificate: Certificate) -> bool:
        """In roll.csv or enrolled, in this district."""


class RegistryLogs:
    """The registrars' logs and the roll, read: what the merge knows, or a desk with a network."""

    def __init__(self, election: Election, roll: PublicRoll) -> None:
        self._election = election.id
        self._roll = roll
        self._enrolled: PublicRoll = {}
        self._logged: dict[str, set[bytes]] = {r.name: set() for r in election.registrars}
        self._revoked: dict[str, set[bytes]] = {r.name: set() for r in election.registrars}

    def add(self, registrar: str, entry: RegistryEntry) -> bool:
        """Take an entry of this registrar's log; whether it counts (rule 2).

        Registrars are read in order, their entries by index: the first enrolment holds.
        """
        if isinstance(entry, Certificate):
            if entry.election != self._election or entry.registrar != registrar:
                return False
            self._logged[registrar].add(digest(entry))
        elif isinstance(entry, Revocation):
            if entry.election != self._election:
                return False
            self._revoked[registrar].add(entry.key)
        elif isinstance(entry, Enrol):
            if entry.election != self._election:
                return False
            district = None if entry.district is UNSET else entry.district
            self._enrolled.setdefault(entry.pseudonym, district)
        return True

    def is_logged(self, certificate: Certificate) -> bool:
        """Byte for byte in the named registrar's log."""
        return digest(certificate) in self._logged[certificate.registrar]

    def is_revoked(self, certificate: Certificate) -> bool:
        """Its key revoked in the log that issued it, wherever in that log."""
        return certificate.key in self._revoked[certificate.registrar]

    def is_on_roll(self, certificate: Certificate) -> bool:
        """In roll.csv with this district, or else enrolled with it (rule 2: roll.csv first)."""
        people = self._roll if certificate.pseudonym in self._roll else self._enrolled
        district = None if certificate.district is UNSET else certificate.district
        return people.get(certificate.pseudonym, _NOBODY) == district


_NOBODY = ""  # no district has this name


class SignedCertificates:
    """All that a kiosk with no network knows: the registrars' signatures on the cards."""

    def __init__(self, election: Election) -> None:
        self._keys = election.registrar_keys

    def is_logged(self, certificate: Certificate) -> bool:
        """Signed by its registrar, who logs what it signs."""
        try:
            check_signature(certificate, self._keys[certificate.registrar])
        except VerificationError:
            return False
        return True

    def is_revoked(self, certificate: Certificate) -> bool:
        """Unknown here; the merge knows."""
        return False

    def is_on_roll(self, certificate: Certificate) -> bool:
        """As the registrar says; the merge knows."""
        return True


def reason_against(
    election: Election, box: Box, ballot: Ballot, register: Register
) -> Reason | None:
    """The first reason of rule 4, up to `wrong-contests`, that applies to this ballot."""
    certificate = ballot.certificate
    if ballot.election != election.id or certificate.election != election.id:
        return "wrong-election"
    if ballot.box != box.name:
        return "wrong-box"
    if certificate.registrar not in election.registrar_keys:
        return "unknown-registrar"
    if not register.is_logged(certificate):
        return "certificate-not-logged"
    if register.is_revoked(certificate):
        return "revoked"
    if not register.is_on_roll(certificate):
        return "not-on-roll"
    if certificate.channel != box.channel:
        return "wrong-channel"
    district = None if certificate.district is UNSET else certificate.district
    sealed = [(part.contest, len(part.ciphertext)) for part in ballot.sealed]
    if sealed != election.shape_of_ballot(district):
        return "wrong-contests"
    return None
