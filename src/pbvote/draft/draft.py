"""election.toml and its spreadsheets: an election as officials write it, until it is signed.

`examine` collects everything that is wrong in a folder, each with its place; `read_draft` is for
who needs it right. `build_manifest` makes the manifest (docs/protocol.md, section 3) of a draft
and what was made meanwhile: the ceremony's key, the logs' keys, the roll.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta

from pbvote.core.card import Channel
from pbvote.core.encoding import NAME_HINT, Name, Texts, decode, encode, is_name, unix_time
from pbvote.core.errors import EncodingError, InputError
from pbvote.core.group import SIZE
from pbvote.core.manifest import (
    Box,
    Contest,
    Hours,
    Manifest,
    Registrar,
    Roll,
    Supersede,
    Tie,
    Trustee,
    TrusteeProof,
    check_manifest,
)
from pbvote.core.selection import BallotFormat
from pbvote.draft.projects import ProjectSheet
from pbvote.draft.tables import Table, Tables, is_clean, join, read_toml
from pbvote.draft.values import parse_amount, parse_time, time_zone
from pbvote.words import plural

DRAFT = "election.toml"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_Text = str | dict[str, str]


@dataclass(frozen=True)
class DraftBox:
    """A box that will be there; its key comes with `box create`."""

    name: str
    channel: Channel
    place: str | Texts


@dataclass(frozen=True)
class Draft:
    """What election.toml and its spreadsheets say, right in itself. Money and times as in the
    manifest; `trustees` in their order, `quorum` only if it isn't left to the default.
    """

    slug: str
    title: Texts
    currency: str
    languages: list[str]
    time_zone: str
    opens: Hours
    closes: Hours
    supersede: Supersede | None
    districts: list[str]
    trustees: list[str]
    threshold: int
    closing_quorum: int | None
    registrars: list[str]
    boxes: list[DraftBox]
    contests: list[Contest]
    vote_url: str | None
    receipt_url: str | None

    @property
    def quorum(self) -> int:
        """How many trustees sign the closing: as `core.manifest` has it."""
        return self.closing_quorum or -(-(len(self.trustees) + self.threshold) // 2)


class Examined(NamedTuple):
    """The draft (None if anything is wrong), all that is wrong, and what to think about."""

    draft: Draft | None
    errors: list[InputError]
    warnings: list[str]


def examine(folder: Path) -> Examined:
    """Read the draft in a folder and collect everything that is wrong; never raises for it."""
    reader = _Reader(folder / DRAFT)
    try:
        draft = reader.read(read_toml(folder / DRAFT))
    except InputError as error:
        reader.errors.append(error)
        draft = None
    if draft is None or reader.errors:
        return Examined(None, reader.errors, [])
    return Examined(draft, [], warnings(draft))


def read_draft(folder: Path) -> Draft:
    """The draft in a folder; InputError, the first of them, if anything is wrong in it."""
    examined = examine(folder)
    if examined.draft is None:
        first, more = examined.errors[0], len(examined.errors) - 1
        if more:
            raise InputError(
                first.what, where=first.where, hint=f"`pbvote check` shows {more} more"
            )
        raise first
    return examined.draft


def read_slug(folder: Path) -> str:
    """Only the slug: keys are named by it, while the rest may still change."""
    slug = read_toml(folder / DRAFT).get("slug")
    if not isinstance(slug, str) or not is_name(slug):
        raise InputError(
            "there is no right slug", where=str(folder / DRAFT), hint=f"Write one. {NAME_HINT}"
        )
    return slug


def build_manifest(
    draft: Draft,
    ceremony: bytes,
    trustees: list[Trustee],
    key: bytes,
    registrars: list[Registrar],
    boxes: list[Box],
    roll: Roll,
) -> Manifest:
    """The manifest, checked but for signatures and proofs; EncodingError if parts don't fit."""
    manifest = Manifest(
        slug=draft.slug,
        title=draft.title,
        currency=draft.currency,
        languages=draft.languages,
        time_zone=draft.time_zone,
        opens=draft.opens,
        closes=draft.closes,
        supersede=draft.supersede or UNSET,
        ceremony=ceremony,
        threshold=draft.threshold,
        key=key,
        closing_quorum=draft.closing_quorum or UNSET,
        trustees=trustees,
        registrars=registrars,
        boxes=boxes,
        districts=draft.districts or UNSET,
        roll=roll,
        contests=draft.contests,
        vote_url=draft.vote_url or UNSET,
        receipt_url=draft.receipt_url or UNSET,
    )
    manifest = decode(encode(manifest), Manifest)
    check_manifest(manifest)
    return manifest


def trial_manifest(draft: Draft, roll: Roll) -> Manifest:
    """The manifest with keys that are none, for checks while the true ones aren't made yet."""
    nothing = bytes(SIZE)
    proof = TrusteeProof(commitment=nothing, response=nothing)
    commitments = [nothing] * draft.threshold
    return build_manifest(
        draft,
        nothing,
        [
            Trustee(name=name, vkey="-", commitments=commitments, proof=proof)
            for name in draft.trustees
        ],
        nothing,
        [Registrar(name=name, vkey="-") for name in draft.registrars],
        [Box(name=b.name, channel=b.channel, vkey="-", place=b.place) for b in draft.boxes],
        roll,
    )


def warnings(draft: Draft) -> list[str]:
    """What may be meant, but is worth a thought before anybody signs."""
    found = []
    n, t = len(draft.trustees), draft.threshold
    default = -(-(n + t) // 2)
    if t == 1:
        found.append("threshold 1: each trustee alone can open every ballot")
    elif t == n:
        found.append(f"threshold {t} of {n}: if one trustee is lost, nothing can be counted")
    if draft.quorum == n > t:
        found.append(
            f"all {n} trustees must sign the closing: if one is ill, nothing can be counted; with 5"
            " trustees and threshold 3 one may be ill"
        )
    if draft.closing_quorum is not None and draft.closing_quorum < default:
        found.append(
            f"closing_quorum {draft.closing_quorum} is under {default}:"
            f" {plural(t - 1, 'dishonest trustee')} could lead the others to open two different"
            " closings"
        )
    found += _missing_texts("the title", [draft.title], draft.languages)
    for contest in draft.contests:
        found += [f"contest {contest.id}: {text}" for text in _contest_warnings(contest, draft)]
    return found


def _contest_warnings(contest: Contest, draft: Draft) -> list[str]:
    found = _missing_texts("the title", [contest.title], draft.languages)
    titles = [project.title for project in contest.projects]
    found += _missing_texts("a project's title", titles, draft.languages)
    dear = [project.id for project in contest.projects if project.cost > contest.budget]
    if dear:
        found.append(f"costs more than the whole budget, can't win: {', '.join(dear)}")
    if sum(project.cost for project in contest.projects) <= contest.budget:
        found.append("the budget is enough for every project")
    most = getattr(contest.ballot, "max", 0)
    if most > len(contest.projects):
        there = len(contest.projects)
        found.append(f"the ballot allows {plural(most, 'project')}, there {_is(there)}")
    return found


def _is(number: int) -> str:
    return f"is {number}" if number == 1 else f"are {number}"


def _missing_texts(what: str, texts: list[Texts], languages: list[str]) -> list[str]:
    """Languages in which voters would read the first language's text."""
    missing = {lang: sum(lang not in text for text in texts) for lang in languages[1:]}
    return [
        f"{what} isn't there in {language}"
        + (f" ({count} of {plural(len(texts), 'project')})" if len(texts) > 1 else "")
        for language, count in missing.items()
        if count
    ]


# --- reading --------------------------------------------------------------------------------------


class _Hours(Table, kw_only=True, rename={"in_person": "in-person"}):
    online: Any
    in_person: Any


class _Ceremony(Table, kw_only=True):
    trustees: Annotated[list[Name], Meta(min_length=1, max_length=32)]
    threshold: Annotated[int, Meta(ge=1, le=32)]
    closing_quorum: Annotated[int, Meta(ge=1, le=32)] | None = None


class _Box(Table, kw_only=True):
    name: Name
    channel: Channel
    place: _Text


class _Contest(Table, kw_only=True):
    id: Name
    title: _Text
    budget: str | int
    ballot: BallotFormat
    rule: dict[str, Any]
    ties: list[Tie] | None = None
    districts: list[Name] | None = None
    limits: list[dict[str, Any]] | None = None
    projects: str


class _Election(Table, kw_only=True):
    slug: Name
    title: _Text
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    languages: Annotated[list[str], Meta(min_length=1)]
    time_zone: str
    supersede: Supersede | None = None
    districts: list[Name] = msgspec.field(default_factory=list)
    opens: dict[str, Any]
    closes: dict[str, Any]
    ceremony: dict[str, Any]
    registrars: Annotated[list[Name], Meta(min_length=1)]
    boxes: Annotated[list[Any], Meta(min_length=1)]
    contests: Annotated[list[Any], Meta(min_length=1, max_length=16)]
    vote_url: Annotated[str, Meta(pattern=r"^[A-Z0-9.:/-]+\Z")] | None = None
    receipt_url: Annotated[str, Meta(pattern=r"^[A-Z0-9.:/-]+\Z")] | None = None


class _Reader(Tables):
    """Reads a draft, and notes what is wrong instead of stopping at the first."""

    def read(self, raw: dict[str, Any]) -> Draft | None:
        """The draft, if nothing was wrong."""
        top = self.table(_Election, raw, "")
        if top is None:
            self._read_parts_alone(raw)
            return None
        self._check_names(top)
        for language in top.languages:
            if not _LANGUAGE.fullmatch(language):
                self.wrong(f"{language!r} isn't a language", "languages", "Like fr, nl or de-AT")
        opens, closes = self._open_hours(top)
        ceremony = self.table(_Ceremony, top.ceremony, "ceremony")
        boxes = [self.box(box, i, top) for i, box in enumerate(top.boxes, 1)]
        contests = [self.contest(contest, i, top) for i, contest in enumerate(top.contests, 1)]
        title = self.texts(top.title, top.languages, "title")
        if ceremony is None or opens is None or closes is None or self.errors:
            return None
        draft = Draft(
            slug=top.slug,
            title=title,
            currency=top.currency,
            languages=top.languages,
            time_zone=top.time_zone,
            opens=opens,
            closes=closes,
            supersede=top.supersede,
            districts=top.districts,
            trustees=ceremony.trustees,
            threshold=ceremony.threshold,
            closing_quorum=ceremony.closing_quorum,
            registrars=top.registrars,
            boxes=[box for box in boxes if box],
            contests=[contest for contest in contests if contest],
            vote_url=top.vote_url,
            receipt_url=top.receipt_url,
        )
        self._try(draft)
        return draft

    def _read_parts_alone(self, raw: Mapping[str, Any]) -> None:
        """When the top is wrong: what is wrong in the parts is worth knowing all the same."""
        kinds: dict[str, type[Table]] = {"ceremony": _Ceremony, "opens": _Hours, "closes": _Hours}
        kinds |= {"boxes": _Box, "contests": _Contest}
        for name, kind in kinds.items():
            part = raw.get(name)
            if isinstance(part, dict):
                self.table(kind, part, name)
            for i, one in enumerate(part if isinstance(part, list) else [], 1):
                self.table(kind, one, _place(name, one, i))

    def _check_names(self, top: _Election) -> None:
        """Names become folders: not `.`, `..` or hidden."""
        for place, names in (
            ("slug", [top.slug]),
            ("registrars", top.registrars),
            ("districts", top.districts),
        ):
            for name in names:
                if not is_name(name):
                    self.wrong(f"{name!r} can't be a name", place, NAME_HINT)
                elif names.count(name) > 1:
                    self.wrong(f"{name} stands twice", place, "Leave one")
                    break

    def _open_hours(self, top: _Election) -> tuple[Hours | None, Hours | None]:
        try:
            zone = time_zone(top.time_zone)
        except InputError as error:
            self.wrong(error.what, "time_zone", error.hint)
            return None, None
        opens = self.hours(top.opens, "opens", zone)
        closes = self.hours(top.closes, "closes", zone)
        if opens and closes:
            self._check_hours(opens, closes)
        return opens, closes

    def hours(self, raw: Any, place: str, zone: ZoneInfo) -> Hours | None:
        """The two channels' times, in UTC."""
        table = self.table(_Hours, raw, place)
        if table is None:
            return None
        found: dict[str, str] = {}
        for name, value in (("online", table.online), ("in-person", table.in_person)):
            try:
                found[name] = parse_time(value, zone)
            except InputError as error:
                self.wrong(error.what, join(place, name), error.hint)
        if len(found) < 2:
            return None
        return Hours(online=found["online"], in_person=found["in-person"])

    def _check_hours(self, opens: Hours, closes: Hours) -> None:
        for name, start, end in (
            ("online", opens.online, closes.online),
            ("in-person", opens.in_person, closes.in_person),
        ):
            if unix_time(start) >= unix_time(end):
                self.wrong("it closes before it opens", f"closes.{name}", "Correct one of the two")

    def texts(self, value: _Text, languages: Sequence[str], place: str) -> Texts:
        """A text that voters read: language → text, with the first language."""
        texts = {languages[0]: value} if isinstance(value, str) else value
        for language, text in texts.items():
            if language not in languages:
                known = f"The election's languages: {', '.join(languages)}"
                self.wrong(f"{language!r} isn't in the list of languages", place, known)
            elif not text.strip():
                self.wrong("the text is empty", join(place, language), "Write it")
            elif not is_clean(text):
                self.wrong("it has letters that can't be shown", join(place, language))
        if languages[0] not in texts:
            self.wrong(f"no text in {languages[0]}, the first language", place, "Write it")
        return texts

    def box(self, raw: Any, number: int, top: _Election) -> DraftBox | None:
        """A box; None if it is wrong."""
        place = _place("boxes", raw, number)
        table = self.table(_Box, raw, place)
        if table is None:
            return None
        if not is_name(table.name):
            self.wrong(f"{table.name!r} can't be a name", place, NAME_HINT)
        where = table.place
        if isinstance(where, dict):
            where = self.texts(where, top.languages, join(place, "place"))
        return DraftBox(table.name, table.channel, where)

    def contest(self, raw: Any, number: int, top: _Election) -> Contest | None:
        """A contest with its projects; None if it is wrong."""
        place = _place("contests", raw, number)
        table = self.table(_Contest, raw, place)
        if table is None:
            return None
        count = len(self.errors)
        if not is_name(table.id):
            self.wrong(f"{table.id!r} can't be a name", place, NAME_HINT)
        for name in table.districts or []:
            if name not in top.districts:
                known = f"The election's districts: {', '.join(top.districts) or 'none'}"
                self.wrong(f"the district {name!r} isn't in the list", f"{place}.districts", known)
        values: dict[str, Any] = {
            "id": table.id,
            "title": self.texts(table.title, top.languages, f"{place}.title"),
            "budget": self._budget(table.budget, top.currency, f"{place}.budget"),
            "ballot": table.ballot,
            "rule": table.rule,
            "projects": self._projects(table.projects, top, f"{place}.projects"),
        }
        values |= {
            name: value
            for name in ("ties", "districts", "limits")
            if (value := getattr(table, name)) is not None
        }
        with suppress(msgspec.ValidationError):
            if len(self.errors) == count:
                return self.convert(values, Contest, place)  # type: ignore[no-any-return]  # of that type
        return None

    def _budget(self, value: str | int, currency: str, place: str) -> int:
        try:
            return parse_amount(str(value), currency)
        except InputError as error:
            self.wrong(error.what, place, error.hint)
            return 0

    def _projects(self, name: str, top: _Election, place: str) -> list[Any]:
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts:
            self.wrong(f"{name!r} isn't a file beside {DRAFT}", place, "Put it there")
            return []
        sheet = ProjectSheet(self.path.parent / path, top.currency, top.languages, top.districts)
        projects = sheet.read()
        self.errors += sheet.errors
        return projects

    def _try(self, draft: Draft) -> None:
        """Whether a manifest can be made of it, with keys that are none: core's own checks."""
        names = [box.name for box in draft.boxes]
        for name in {name for name in names if names.count(name) > 1}:
            self.wrong(f"{name} stands twice", "boxes", "Give each box a name of its own")
        try:
            trial_manifest(draft, Roll(count=0, sha256=bytes(32)))
        except EncodingError as error:
            self.wrong(error.what, error.where, "Correct it")


def _place(name: str, raw: Any, number: int) -> str:
    """`contests.city`, or its number if it has no name."""
    own = raw.get("id", raw.get("name")) if isinstance(raw, dict) else None
    return f"{name}.{own}" if isinstance(own, str) else f"{name}[{number}]"
