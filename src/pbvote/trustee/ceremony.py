"""The ceremony that makes an election's key, by files (docs/protocol.md, section 5).

The rounds are files in a folder that all trustees get at (on a stick, if they like);
`core.ceremony` has their records::

    ceremony/
      ceremony.json          who takes part, in which order; the commission writes it
      <name>.trustee.note    enrol: the trustee's public keys
      <name>.deal.note       deal: its part of the key, a sealed share for each trustee
      <name>.accept.note     accept: its share from every deal fitted
      <name>.complaint.note  or one didn't: the ceremony stops, a new one starts in new folders

Each round may be repeated: it gives the same file again. Only the trustee's own folder needs
trust, the shared one doesn't: before they sign the manifest, trustees compare what `accept`
signed (`Accepted.deals`) by voice; it is the same of all who saw the same files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn, TypeVar

from msgspec import UNSET, Meta, structs

from pbvote import keyfile
from pbvote.core import ceremony as rounds
from pbvote.core import group, threshold
from pbvote.core.ceremony import Complaint, Deal, Enrolment, Number
from pbvote.core.election import trustee_name
from pbvote.core.encoding import Bytes32, Name, Record, decode, digest, encode
from pbvote.core.errors import EncodingError, InputError, RefusedError, VerificationError
from pbvote.core.group import Element, Random
from pbvote.core.manifest import Trustee
from pbvote.core.note import Signer, VerifyKey, open_note, parse_note, sign_note
from pbvote.files import read_bytes, write_bytes
from pbvote.keyfile import MODERATE, Cost
from pbvote.trustee.folder import KEY, AgreedKey, OpenFolder, Secret

PLAN = "ceremony.json"


class Ceremony(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/ceremony/1"):
    """ceremony.json: who makes which election's key; names in order number the trustees from 1.

    ``{"ceremony":"Q2CY…","slug":"demo","threshold":2,"trustees":["anna","bob","carla"],
    "type":"pbvote/ceremony/1"}``
    """

    slug: Name
    ceremony: Bytes32
    threshold: Number
    trustees: Annotated[list[Name], Meta(min_length=1, max_length=threshold.MAX_TRUSTEES)]

    def __post_init__(self) -> None:
        if self.threshold > len(self.trustees):
            raise ValueError("a threshold above the number of trustees")
        if len({name.casefold() for name in self.trustees}) != len(self.trustees):
            raise ValueError("a trustee who stands twice")


class Accepted(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/accepted/1"):
    """Round 3, when it succeeds. `deals` is the same of all trustees who saw the same ceremony.

    ``{"ceremony":"Q2CY…","deals":"mFd1…","trustee":1,"type":"pbvote/accepted/1"}``
    """

    ceremony: Bytes32
    trustee: Number
    deals: Bytes32


def start_ceremony(
    shared: Path,
    slug: str,
    t: int,
    names: Sequence[str],
    random: Random = group.system_random,
) -> Ceremony:
    """Write ceremony.json: t of these trustees will open what is sealed to the key.

    RefusedError if there is one already; InputError for numbers or names that can't be.
    """
    threshold.check_size(t, len(names))
    path = shared / PLAN
    if path.exists():
        raise RefusedError(
            "there is a ceremony already", where=str(path), hint="Use it, or take a new folder"
        )
    fields = {
        "type": "pbvote/ceremony/1",
        "slug": slug,
        "ceremony": random(32),
        "threshold": t,
        "trustees": list(names),
    }
    plan = decode(encode(fields), Ceremony, str(path))  # decoding checks the names
    write_bytes(path, encode(plan))
    return plan


def read_ceremony(shared: Path) -> Ceremony:
    """The ceremony in this folder."""
    return decode(read_bytes(shared / PLAN), Ceremony, str(shared / PLAN))


def read_plan(shared: Path, name: str) -> Ceremony:
    """The ceremony in this folder; InputError unless a trustee of this name is in it."""
    plan = read_ceremony(shared)
    if name not in plan.trustees:
        raise InputError(
            f"{name} isn't in the ceremony",
            where=str(shared / PLAN),
            hint=f"Its trustees are: {', '.join(plan.trustees)}",
        )
    return plan


def enrol(folder: Path, shared: Path, name: str, passphrase: str, cost: Cost = MODERATE) -> bytes:
    """Make a trustee's folder and keys, and hand in `<name>.trustee.note`, which is returned.

    InputError for a passphrase that is too short or a name that isn't in the ceremony;
    RefusedError if the folder is another trustee's or ceremony's, or somebody else enrolled.
    """
    plan = read_plan(shared, name)
    if not (folder / KEY).exists():
        secret = Secret(
            slug=plan.slug,
            ceremony=plan.ceremony,
            name=name,
            seed=group.system_random(32),
            private=rounds.new_private_key(),
        )
        owner = trustee_name(plan.slug, name)
        keyfile.save(folder / KEY, owner, encode(secret), passphrase, cost)
    with OpenFolder(folder, passphrase) as me:
        _check_owner(me, plan, name)
        if me.decisions.find("enrol") is None and me.secret.private is not UNSET:
            enrolment = Enrolment(
                ceremony=plan.ceremony,
                name=name,
                vkey=me.signer.verify_key.text,
                key=rounds.public_key(me.secret.private),
            )
            me.decisions.decide("enrol", "", digest(plan), _signed(enrolment, me.signer))
        note = me.decisions.decide("enrol", "", digest(plan))
        return _hand_in(_path(shared, name, "trustee"), note)


def deal(folder: Path, shared: Path, passphrase: str) -> bytes:
    """Hand in `<name>.deal.note`, once all have enrolled; the note.

    The polynomial is drawn once and dealt to one list of trustees only: with t of its shares
    anybody would have it. RefusedError if the list changed since.
    """
    with OpenFolder(folder, passphrase) as me:
        me.check_not_purged()
        circle = _circle(me, shared)
        if me.decisions.find("deal") is None:
            _make_deal(circle, me, passphrase)
        note = me.decisions.decide("deal", "", circle.digest)
        return _hand_in(_path(shared, me.secret.name, "deal"), note)


def accept(folder: Path, shared: Path, passphrase: str) -> bytes:
    """Check all deals, take the share, destroy what made it, hand in `<name>.accept.note`.

    VerificationError naming the trustee whose deal is wrong: if it was really dealt so, a
    complaint was signed and handed in, and the ceremony is over; if its file was damaged, get it
    again. The same if somebody complained. (The old trustee.key may still be read from the
    disk by who has the passphrase; a flash disk keeps what it likes.)
    """
    with OpenFolder(folder, passphrase) as me:
        me.check_not_purged()
        circle = _circle(me, shared)
        _check_nobody_complained(circle, me)
        _check_own_deal(circle, me)
        deals = circle.deals()
        accepted = circle.accepted(circle.number(me.secret.name), deals)
        if me.decisions.find("accept") is not None:
            me.decisions.decide("accept", "", accepted.deals)
        _take_share(circle, me, deals, accepted, passphrase)
        note = _signed(accepted, me.signer)
        return _hand_in(_path(shared, me.secret.name, "accept"), note)


def manifest_trustees(shared: Path) -> tuple[list[Trustee], Element]:
    """The manifest's `trustees` and `key`, once every trustee has accepted the same deals.

    RefusedError while one hasn't; VerificationError if one complained or files were altered.
    """
    circle = _read_circle(shared)
    _check_nobody_complained(circle)
    deals = circle.deals()
    key = rounds.check_deals(deals, circle.plan.ceremony, circle.plan.threshold, circle.keys)
    for number, name in enumerate(circle.plan.trustees, 1):
        path = _path(shared, name, "accept")
        accepted = circle.read(path, number, Accepted, "hasn't accepted its share yet")
        if accepted != circle.accepted(number, deals):
            raise VerificationError(
                f"{name} accepted other deals than those here",
                where=str(path),
                hint="Don't use this key: somebody handed different files to different trustees",
            )
    return circle.trustees(deals), key


R = TypeVar("R", Deal, Accepted, Complaint)


class _Circle(NamedTuple):
    """All enrolments, checked."""

    shared: Path
    plan: Ceremony
    enrolments: list[Enrolment]

    @property
    def keys(self) -> list[bytes]:
        """X25519, in order."""
        return [enrolment.key for enrolment in self.enrolments]

    @property
    def digest(self) -> bytes:
        """SHA-256 over the plan's and the enrolments' own: the list that is dealt to."""
        return hashlib.sha256(b"".join(map(digest, [self.plan, *self.enrolments]))).digest()

    def number(self, name: str) -> int:
        return self.plan.trustees.index(name) + 1

    def read(self, path: Path, number: int, kind: type[R], missing: str) -> R:
        """A record that trustee `number` signed; the error names the trustee."""
        name = self.plan.trustees[number - 1]
        _check_there(path, f"{name} {missing}")
        text = open_note(
            read_bytes(path), [VerifyKey.parse(self.enrolments[number - 1].vkey)], str(path)
        )
        return decode(text.removesuffix("\n").encode(), kind, str(path))

    def deals(self) -> list[Deal]:
        """Every trustee's deal: its signature and number are right, the rest isn't checked."""
        deals = []
        for number, name in enumerate(self.plan.trustees, 1):
            path = _path(self.shared, name, "deal")
            found = self.read(path, number, Deal, "hasn't dealt yet")
            if found.trustee != number:
                raise VerificationError(
                    f"the deal of {name} says trustee {found.trustee}, not {number}",
                    where=str(path),
                    hint=f"Get the right file from {name}",
                )
            deals.append(found)
        return deals

    def accepted(self, number: int, deals: Sequence[Deal]) -> Accepted:
        """What trustee `number` signs if these deals are right."""
        deals_hash = hashlib.sha256(self.digest + b"".join(map(digest, deals))).digest()
        return Accepted(ceremony=self.plan.ceremony, trustee=number, deals=deals_hash)

    def trustees(self, deals: Sequence[Deal]) -> list[Trustee]:
        """As they stand in the manifest."""
        return [
            Trustee(
                name=enrolment.name,
                vkey=enrolment.vkey,
                commitments=dealt.commitments,
                proof=dealt.proof,
            )
            for enrolment, dealt in zip(self.enrolments, deals, strict=True)
        ]


def _read_circle(shared: Path) -> _Circle:
    plan = read_ceremony(shared)
    return _Circle(shared, plan, [_read_enrolment(shared, plan, name) for name in plan.trustees])


def _read_enrolment(shared: Path, plan: Ceremony, name: str) -> Enrolment:
    """It names the key that signs it: nobody else knows the trustee yet."""
    path = _path(shared, name, "trustee")
    _check_there(path, f"{name} hasn't enrolled yet")
    note = read_bytes(path)
    text = parse_note(note, str(path)).text
    enrolment = decode(text.removesuffix("\n").encode(), Enrolment, str(path))
    key = VerifyKey.parse(enrolment.vkey, str(path))
    open_note(note, [key], str(path))
    expected = (plan.ceremony, name, trustee_name(plan.slug, name))
    if (enrolment.ceremony, enrolment.name, key.name) != expected:
        raise VerificationError(
            f"not the enrolment of {name} in this ceremony",
            where=str(path),
            hint=f"Get the right file from {name}",
        )
    return enrolment


def _circle(me: OpenFolder, shared: Path) -> _Circle:
    """The enrolments, this trustee's own as it handed it in."""
    circle = _read_circle(shared)
    plan, name = circle.plan, me.secret.name
    _check_owner(me, plan, name)
    if me.decisions.find("enrol") is None:
        raise RefusedError("this trustee hasn't enrolled yet", where=str(me.path), hint="Enrol")
    note = me.decisions.decide("enrol", "", digest(plan))
    if parse_note(note).text.encode() != encode(circle.enrolments[circle.number(name) - 1]) + b"\n":
        raise VerificationError(
            f"somebody replaced the enrolment of {name}, who didn't",
            where=str(_path(shared, name, "trustee")),
            hint="Find out who: shares would be sealed to another key",
        )
    return circle


def _make_deal(circle: _Circle, me: OpenFolder, passphrase: str) -> None:
    """Draw the polynomial, keep it, then deal: killed in between, the same one is dealt."""
    private, coefficients = me.secret.private, me.secret.coefficients
    assert private is not UNSET  # noqa: S101 - it goes with `accept`, after the deal, or `purge`
    if coefficients is UNSET:
        coefficients = threshold.polynomial(circle.plan.threshold)
        me.rewrite(structs.replace(me.secret, coefficients=coefficients), passphrase)
    number = circle.number(me.secret.name)
    dealt = rounds.make_deal(circle.plan.ceremony, number, coefficients, private, circle.keys)
    me.decisions.decide("deal", "", circle.digest, _signed(dealt, me.signer))


def _check_own_deal(circle: _Circle, me: OpenFolder) -> None:
    if me.decisions.find("deal") is None:
        raise RefusedError("this trustee hasn't dealt yet", where=str(me.path), hint="Deal first")
    path = _path(circle.shared, me.secret.name, "deal")
    note = me.decisions.decide("deal", "", circle.digest)
    _check_there(path, f"the deal of {me.secret.name} is gone")
    if read_bytes(path) != note:
        raise VerificationError(
            f"somebody replaced the deal of {me.secret.name}, who didn't",
            where=str(path),
            hint="Remove it and deal again: the same file comes",
        )


def _take_share(
    circle: _Circle, me: OpenFolder, deals: list[Deal], accepted: Accepted, passphrase: str
) -> None:
    """Section 5: every proof, and f_i(j)·G = Σ j^k·A_ik; then x_j replaces what made it."""
    plan = circle.plan
    try:
        key = rounds.check_deals(deals, plan.ceremony, plan.threshold, circle.keys)
    except (VerificationError, EncodingError) as error:
        against = [i for i in range(1, len(deals) + 1) if error.where == f"trustee {i}"]
        if not against:
            raise
        _complain(circle, me, against[0], error.what)
    if me.secret.private is UNSET:
        return  # taken before: the deals are the same
    outcome = rounds.take_share(deals, accepted.trustee, me.secret.private)
    if isinstance(outcome, Complaint):
        _complain(circle, me, outcome.against, "the share in it doesn't fit its commitments")
    agreed = AgreedKey(
        slug=plan.slug,
        ceremony=plan.ceremony,
        threshold=plan.threshold,
        key=key,
        trustees=circle.trustees(deals),
    )
    me.decisions.decide("accept", "", accepted.deals, encode(agreed))
    secret = structs.replace(me.secret, share=outcome, private=UNSET, coefficients=UNSET)
    me.rewrite(secret, passphrase)


def _complain(circle: _Circle, me: OpenFolder, against: int, why: str) -> NoReturn:
    complaint = Complaint(
        ceremony=circle.plan.ceremony, trustee=circle.number(me.secret.name), against=against
    )
    note = _signed(complaint, me.signer)
    me.decisions.decide("complain", "", digest(complaint), note)
    _hand_in(_path(circle.shared, me.secret.name, "complaint"), note)
    name = circle.plan.trustees[against - 1]
    raise VerificationError(
        f"the deal of {name} is wrong: {why}",
        where=str(_path(circle.shared, name, "deal")),
        hint=f"A complaint was signed and the ceremony is over. {_AGAIN}",
    )


_AGAIN = "Find out why, then start a new ceremony in new folders"


def _check_nobody_complained(circle: _Circle, me: OpenFolder | None = None) -> None:
    if me is not None and (mine := me.decisions.data("complain")):
        _hand_in(_path(circle.shared, me.secret.name, "complaint"), mine)
    for number, name in enumerate(circle.plan.trustees, 1):
        path = _path(circle.shared, name, "complaint")
        if path.exists():
            complaint = circle.read(path, number, Complaint, "")
            names = dict(enumerate(circle.plan.trustees, 1))
            raise VerificationError(
                f"{name} complained about the deal of {names.get(complaint.against, 'nobody')}",
                where=str(path),
                hint=_AGAIN,
            )


def _check_owner(me: OpenFolder, plan: Ceremony, name: str) -> None:
    secret = me.secret
    if (secret.slug, secret.ceremony, secret.name) != (plan.slug, plan.ceremony, name):
        raise RefusedError(
            f"this is the folder of {secret.name} in another ceremony",
            where=str(me.path),
            hint="Take a new folder for each ceremony",
        )


def _check_there(path: Path, missing: str) -> None:
    if not path.exists():
        raise RefusedError(missing, where=str(path), hint="Get the file, then do this again")


def _path(shared: Path, name: str, round_name: str) -> Path:
    return shared / f"{name}.{round_name}.note"


def _signed(record: Record, signer: Signer) -> bytes:
    return sign_note(encode(record).decode() + "\n", [signer])


def _hand_in(path: Path, note: bytes) -> bytes:
    """Write a note for the others; RefusedError rather than replace another."""
    if path.exists() and read_bytes(path) != note:
        raise RefusedError(
            "another file is there under this trustee's name",
            where=str(path),
            hint="Find out who wrote it; remove it only if it isn't needed",
        )
    if not path.exists():
        write_bytes(path, note)
    return note
