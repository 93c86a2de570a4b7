"""A small signed election for tests, with every key and secret that belongs to it.

``built = build_election(roll={pseudonym: "nord"})``: a true ceremony, a manifest signed by the
commission and all trustees, opened again by `open_election`. The same seed makes the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from msgspec import UNSET

from pbvote.core import ceremony, threshold
from pbvote.core.card import Certificate, Channel, certify, voter_secret
from pbvote.core.election import (
    Election,
    box_origin,
    commission_name,
    open_election,
    registry_origin,
    trustee_name,
)
from pbvote.core.encoding import encode
from pbvote.core.group import Random, Scalar, multiply_base
from pbvote.core.manifest import (
    Addendum,
    Box,
    Contest,
    Hours,
    Manifest,
    Project,
    Registrar,
    Roll,
    Supersede,
    Trustee,
)
from pbvote.core.note import Signer, VerifyKey, sign_note
from pbvote.core.roll import PublicRoll, write_roll
from pbvote.core.selection import Approval, BallotFormat, Points
from support import seeded

DISTRICTS = ("nord", "sud")
BOXES: tuple[tuple[str, Channel], ...] = (
    ("online", "online"),
    ("kiosk-1", "in-person"),
    ("kiosk-2", "in-person"),
)
REGISTRARS = ("mairie", "desk-1")
TRUSTEES = tuple(f"trustee-{i}" for i in range(1, 33))
TITLE = {"fr": "Budget participatif", "en": "Participatory budget"}
OPENS = Hours(online="2026-11-01T08:00:00Z", in_person="2026-11-22T08:00:00Z")
CLOSES = Hours(online="2026-11-21T20:00:00Z", in_person="2026-11-22T16:00:00Z")


def pseudonym(number: int) -> bytes:
    """A pseudonym that is the same in every test."""
    return hashlib.sha256(b"pseudonym %d" % number).digest()[:16]


def make_roll(count: int = 20, districts: Sequence[str] = DISTRICTS) -> dict[bytes, str | None]:
    """Pseudonyms 0 … count−1, in turn of each district (none if there are none)."""
    return {
        pseudonym(i): districts[i % len(districts)] if districts else None for i in range(count)
    }


def make_contest(
    name: str = "city",
    projects: int = 5,
    ballot: BallotFormat | None = None,
    budget: int = 2_000_000,
    rule: Mapping[str, object] | None = None,
    districts: Sequence[str] | None = None,
) -> Contest:
    """A contest whose projects p1, p2, … cost 500,000, 600,000, … cents."""
    return Contest(
        id=name,
        title={"fr": f"Enveloppe {name}", "en": f"Envelope {name}"},
        budget=budget,
        ballot=Approval(min=0, max=3) if ballot is None else ballot,
        rule={"name": "greedy"} if rule is None else dict(rule),
        districts=UNSET if districts is None else list(districts),
        projects=[
            Project(
                id=f"p{i}",
                number=str(i),
                title={"fr": f"Projet {i}", "en": f"Project {i}"},
                cost=400_000 + 100_000 * i,
            )
            for i in range(1, projects + 1)
        ],
    )


def default_contests(districts: Sequence[str]) -> list[Contest]:
    """Approval of five projects for all, and points for three in the first district."""
    points = Points(total=10, max_each=6)
    own = [make_contest("quarter", 3, points, districts=districts[:1])] if districts else []
    return [make_contest(), *own]


@dataclass(frozen=True)
class BuiltElection:
    """An election and all its secrets. Trustees are numbered from 1, lists from 0."""

    election: Election
    manifest_note: bytes
    addenda_notes: tuple[bytes, ...]
    roll: dict[bytes, str | None]
    commission: Signer
    trustees: list[Signer]
    shares: list[Scalar]
    registrars: dict[str, Signer]
    boxes: dict[str, Signer]

    @property
    def roll_csv(self) -> bytes:
        """The file that the manifest names."""
        return write_roll(self.roll)

    @cached_property
    def public_roll(self) -> PublicRoll:
        """The roll in the pseudonyms' order."""
        return {key: self.roll[key] for key in sorted(self.roll)}

    def certificate(
        self,
        code: bytes,
        person: bytes,
        *,
        serial: int = 1,
        channel: Channel = "online",
        registrar: str = "mairie",
        district: str | None = None,
    ) -> Certificate:
        """A right certificate for a code of 16 bytes; the district is the roll's unless given."""
        return certify(
            self.registrars[registrar],
            election=self.election.id,
            pseudonym=person,
            serial=serial,
            channel=channel,
            district=self.roll.get(person) if district is None else district,
            key=multiply_base(voter_secret(code, self.election.id)),
            registrar=registrar,
        )

    def with_addendum(self, addendum: Addendum, quorum: int | None = None) -> BuiltElection:
        """The same with one more addendum, signed by the commission and `quorum` trustees.

        Signers of registrars and boxes that it adds are the caller's.
        """
        default = self.election.manifest.quorum if addendum.adds_logs else 1
        signers = [self.commission, *self.trustees[: default if quorum is None else quorum]]
        note = sign_note(encode(addendum).decode() + "\n", signers)
        notes = (*self.addenda_notes, note)
        election = open_election(self.manifest_note, notes, self.commission.verify_key)
        return replace(self, election=election, addenda_notes=notes)


def build_election(
    slug: str = "demo",
    *,
    trustees: int = 3,
    threshold: int = 2,
    contests: Sequence[Contest] | None = None,
    districts: Sequence[str] = DISTRICTS,
    boxes: Sequence[tuple[str, Channel]] = BOXES,
    registrars: Sequence[str] = REGISTRARS,
    registrar_keys: Mapping[str, VerifyKey] | None = None,
    roll: Mapping[bytes, str | None] | None = None,
    supersede: Supersede | None = None,
    closing_quorum: int | None = None,
    title: Mapping[str, str] = TITLE,
    receipt_url: str | None = None,
    seed: int = 1,
) -> BuiltElection:
    """A signed election: t = `threshold` of n = `trustees`, in the languages of its title.

    `registrar_keys` are vkeys made elsewhere (by `Registry.create`), which stand in the manifest
    in place of the ones drawn here. `roll` defaults to `make_roll()`.
    """
    random = seeded(seed)
    people = dict(make_roll(districts=districts) if roll is None else roll)
    commission = Signer(commission_name(slug), random(32))
    trustee_keys = [Signer(trustee_name(slug, name), random(32)) for name in TRUSTEES[:trustees]]
    registries = {name: Signer(registry_origin(slug, name), random(32)) for name in registrars}
    box_keys = {name: Signer(box_origin(slug, name), random(32)) for name, _ in boxes}
    vkeys = {name: signer.verify_key for name, signer in registries.items()}
    vkeys.update(registrar_keys or {})
    ceremony_id, deals, shares = _hold_ceremony(trustees, threshold, random)
    manifest = Manifest(
        slug=slug,
        title=dict(title),
        currency="EUR",
        languages=list(title),
        time_zone="Europe/Brussels",
        opens=OPENS,
        closes=CLOSES,
        supersede=UNSET if supersede is None else supersede,
        ceremony=ceremony_id,
        threshold=threshold,
        key=_key(deals),
        closing_quorum=UNSET if closing_quorum is None else closing_quorum,
        trustees=[
            Trustee(
                name=name,
                vkey=signer.verify_key.text,
                commitments=deal.commitments,
                proof=deal.proof,
            )
            for name, signer, deal in zip(TRUSTEES, trustee_keys, deals, strict=False)
        ],
        registrars=[Registrar(name=name, vkey=key.text) for name, key in vkeys.items()],
        boxes=[
            Box(name=name, channel=channel, vkey=box_keys[name].verify_key.text, place=name)
            for name, channel in boxes
        ],
        districts=list(districts) if districts else UNSET,
        roll=Roll(count=len(people), sha256=hashlib.sha256(write_roll(people)).digest()),
        contests=list(default_contests(districts) if contests is None else contests),
        receipt_url=UNSET if receipt_url is None else receipt_url,
    )
    note = sign_note(encode(manifest).decode() + "\n", [commission, *trustee_keys])
    return BuiltElection(
        election=open_election(note, (), commission.verify_key),
        manifest_note=note,
        addenda_notes=(),
        roll=people,
        commission=commission,
        trustees=trustee_keys,
        shares=shares,
        registrars=registries,
        boxes=box_keys,
    )


def _hold_ceremony(
    n: int, t: int, random: Random
) -> tuple[bytes, list[ceremony.Deal], list[Scalar]]:
    """The ceremony's id, all deals, and the shares x_1 … x_n (section 5)."""
    ceremony_id = random(32)
    private = [ceremony.new_private_key(random) for _ in range(n)]
    keys = [ceremony.public_key(key) for key in private]
    deals = [
        ceremony.make_deal(
            ceremony_id, i, threshold.polynomial(t, random), private[i - 1], keys, random
        )
        for i in range(1, n + 1)
    ]
    ceremony.check_deals(deals, ceremony_id, t, keys)
    shares = []
    for j, key in enumerate(private, 1):
        share = ceremony.take_share(deals, j, key)
        assert isinstance(share, bytes)
        shares.append(share)
    return ceremony_id, deals, shares


def _key(deals: Sequence[ceremony.Deal]) -> bytes:
    return threshold.election_key([deal.commitments for deal in deals])
