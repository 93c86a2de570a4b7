"""The manifest, its addenda, and what makes them right (docs/protocol.md, section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from pbvote.core import selection
from pbvote.core.card import Channel
from pbvote.core.encoding import (
    MAX_INT,
    Bytes32,
    Count,
    Name,
    Record,
    Texts,
    Time,
    check_time,
)
from pbvote.core.errors import EncodingError
from pbvote.core.selection import BallotFormat

Text = Annotated[str, Meta(min_length=1)]
Url = Annotated[str, Meta(pattern=r"^[A-Z0-9.:/-]+\Z")]
Tie = Literal["lower-cost", "higher-cost", "more-votes", "lot"]
Supersede = Literal["in-person", "latest", "first"]
MAX_WIDTH = 256
DEFAULT_TIES: tuple[Tie, ...] = ("lower-cost", "lot")


class Hours(Record, frozen=True, kw_only=True, rename={"in_person": "in-person"}):
    """A time for each channel."""

    online: Time
    in_person: Time

    def __post_init__(self) -> None:
        check_time(self.online)
        check_time(self.in_person)


class NewHours(Record, frozen=True, kw_only=True, rename={"in_person": "in-person"}):
    """An addendum's times: only the channels that change."""

    online: Time | UnsetType = UNSET
    in_person: Time | UnsetType = UNSET

    def __post_init__(self) -> None:
        for at in (self.online, self.in_person):
            if at is not UNSET:
                check_time(at)


class TrusteeProof(Record, frozen=True, kw_only=True):
    """Knowledge of a_i0: K and z (section 5)."""

    commitment: Bytes32
    response: Bytes32


class Trustee(Record, frozen=True, kw_only=True):
    """A trustee; numbered from 1 by its place in the list."""

    name: Name
    vkey: Text
    commitments: list[Bytes32]
    proof: TrusteeProof


class Registrar(Record, frozen=True, kw_only=True):
    """Who signs certificates; its vkey's name is its log's origin."""

    name: Name
    vkey: Text


class Box(Record, frozen=True, kw_only=True):
    """A ballot box; its vkey's name is its log's origin."""

    name: Name
    channel: Channel
    vkey: Text
    place: str | Texts


class Roll(Record, frozen=True, kw_only=True):
    """How many pseudonyms roll.csv has, and its SHA-256."""

    count: Count
    sha256: Bytes32


class Picture(Record, frozen=True, kw_only=True):
    """A project's picture beside the manifest."""

    path: Text
    sha256: Bytes32


class Project(Record, frozen=True, kw_only=True):
    """What money can be given to; `number` is printed in the brochure."""

    id: Name
    number: str
    title: Texts
    cost: Count
    category: str | Texts | UnsetType = UNSET
    district: str | UnsetType = UNSET
    place: str | Texts | UnsetType = UNSET
    latitude: str | UnsetType = UNSET
    longitude: str | UnsetType = UNSET
    description: str | Texts | UnsetType = UNSET
    proposer: str | Texts | UnsetType = UNSET
    url: str | UnsetType = UNSET
    picture: Picture | UnsetType = UNSET


class Contest(Record, frozen=True, kw_only=True):
    """One envelope of money and its projects."""

    id: Name
    title: Texts
    budget: Count
    ballot: BallotFormat
    rule: dict[str, Any]
    ties: list[Tie] | UnsetType = UNSET
    districts: list[Name] | UnsetType = UNSET
    limits: list[dict[str, Any]] | UnsetType = UNSET
    projects: Annotated[list[Project], Meta(min_length=1, max_length=1000)]

    def __post_init__(self) -> None:
        if not isinstance(self.rule.get("name"), str):
            raise ValueError("a rule has a name")
        _check_plain(self.rule)
        if self.limits is not UNSET:
            _check_plain(self.limits)

    @property
    def vmax(self) -> int:
        """The largest number in a vector."""
        return selection.vmax(self.ballot)

    @property
    def width(self) -> int:
        """How many group elements a choice takes."""
        return selection.width(self.vmax, len(self.projects))

    def check_selection(self, vector: selection.Vector) -> None:
        """Raise SelectionError unless the vector is valid by the manifest's costs and budget."""
        selection.check(vector, self.ballot, [p.cost for p in self.projects], self.budget)

    def is_open_to(self, district: str | None) -> bool:
        """Whether somebody of this district votes here."""
        return self.districts is UNSET or district in self.districts


class Manifest(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/manifest/1"):
    """All that fixes an election; its signed text is the election id.

    ``{"boxes":[…],"ceremony":"j2hF…","closes":{…},"closing_quorum":3,"contests":[…],…
    "type":"pbvote/manifest/1"}``
    """

    slug: Name
    title: Texts
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    languages: Annotated[list[str], Meta(min_length=1)]
    time_zone: Text
    opens: Hours
    closes: Hours
    supersede: Supersede | UnsetType = UNSET
    ceremony: Bytes32
    threshold: Annotated[int, Meta(ge=1, le=32)]
    key: Bytes32
    closing_quorum: Annotated[int, Meta(ge=1, le=32)] | UnsetType = UNSET
    trustees: Annotated[list[Trustee], Meta(min_length=1, max_length=32)]
    registrars: list[Registrar]
    boxes: list[Box]
    districts: list[Name] | UnsetType = UNSET
    roll: Roll
    contests: Annotated[list[Contest], Meta(min_length=1, max_length=16)]
    vote_url: Url | UnsetType = UNSET
    receipt_url: Url | UnsetType = UNSET

    @property
    def quorum(self) -> int:
        """q, how many trustees sign the closing; ⌈(n+t)/2⌉ unless the manifest says otherwise."""
        if self.closing_quorum is not UNSET:
            return self.closing_quorum
        return -(-(len(self.trustees) + self.threshold) // 2)

    @property
    def district_names(self) -> list[str]:
        """The districts, none if the field is absent."""
        return [] if self.districts is UNSET else list(self.districts)


class Correction(Record, frozen=True, kw_only=True):
    """What an addendum changes in a project, and why; the last one of a field holds."""

    contest: Name
    project: Name
    field: Literal["title", "description", "cost", "withdrawn"]
    value: Texts | int | bool
    reason: str | Texts

    def __post_init__(self) -> None:
        fits = {
            "title": isinstance(self.value, dict),
            "description": isinstance(self.value, dict),
            "cost": type(self.value) is int and 0 <= self.value <= MAX_INT,
            "withdrawn": self.value is True,
        }
        if not fits[self.field]:
            raise ValueError(f"a value that is no {self.field}")


class Addendum(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/addendum/1"):
    """A numbered, signed addition to the manifest."""

    election: Bytes32
    number: Annotated[int, Meta(ge=1, le=MAX_INT)]
    previous: Bytes32
    at: Time
    registrars: list[Registrar] | UnsetType = UNSET
    boxes: list[Box] | UnsetType = UNSET
    closes: NewHours | UnsetType = UNSET
    corrections: list[Correction] | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_time(self.at)

    @property
    def adds_logs(self) -> bool:
        """Whether it needs the quorum's signatures: it adds registrars or boxes."""
        return any(part is not UNSET and part for part in (self.registrars, self.boxes))


def check_manifest(manifest: Manifest) -> None:
    """Raise EncodingError unless the fields fit each other (keys and proofs: election.py)."""
    n, t = len(manifest.trustees), manifest.threshold
    if not t <= n:
        raise _wrong(f"the threshold is {t}, but there are {n} trustees", "threshold")
    if not t <= manifest.quorum <= n:
        raise _wrong(f"the quorum is {manifest.quorum}, not within {t}…{n}", "closing_quorum")
    if any(len(trustee.commitments) != t for trustee in manifest.trustees):
        raise _wrong(f"a trustee without exactly {t} commitments", "trustees")
    check_unique((x.name for x in manifest.trustees), "trustees")
    check_unique(manifest.languages, "languages")
    check_unique(manifest.district_names, "districts")
    check_unique((c.id for c in manifest.contests), "contests")
    for contest in manifest.contests:
        _check_contest(contest, manifest.district_names)
    if sum(contest.width for contest in manifest.contests) > MAX_WIDTH:
        raise _wrong(f"more than {MAX_WIDTH} blocks in all", "contests")


def _check_contest(contest: Contest, districts: list[str]) -> None:
    where = f"contests.{contest.id}"
    check_unique((p.id for p in contest.projects), f"{where}.projects")
    if contest.ties is not UNSET:
        check_unique(contest.ties, f"{where}.ties")
    if contest.districts is not UNSET:
        check_unique(contest.districts, f"{where}.districts")
        for name in set(contest.districts) - set(districts):
            raise _wrong(f"the district {name} isn't in the manifest's list", f"{where}.districts")
    form = contest.ballot
    if isinstance(form, selection.Approval) and form.min > form.max:
        raise _wrong("min is larger than max", f"{where}.ballot")


def check_unique(names: Iterable[str], where: str) -> None:
    """Raise EncodingError if a name stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _wrong(f"{name} stands twice", where)
        seen.add(name)


def _wrong(what: str, where: str) -> EncodingError:
    return EncodingError(what, where=where, hint="Correct it before anybody signs")


def _check_plain(value: Any) -> None:
    """Only objects, arrays, strings, booleans and safe integers (section 2)."""
    if isinstance(value, dict):
        for key, part in value.items():
            if not key.isascii():
                raise ValueError("a field's name isn't ASCII")
            _check_plain(part)
    elif isinstance(value, list):
        for part in value:
            _check_plain(part)
    elif isinstance(value, bool | str):
        return
    elif not isinstance(value, int) or abs(value) > MAX_INT:
        raise ValueError("a number that isn't a safe integer, or null")
