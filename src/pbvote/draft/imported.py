"""An election and its real votes out of a Pabulib file, to be run again with sealed ballots.

The contest is called `pb`. Its ballot format is one under which every real vote is valid, and
money is in the currency's smallest unit. A project's id in the file stays its `number`; its own id
is the same where that is a name of docs/protocol.md, section 2, otherwise each run of other signs
becomes `-` (`M/01/X` → `M-01-X`), and `-2`, `-3`, … is added where that stands already.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from pbvote.core.card import Channel
from pbvote.core.currency import minor_digits
from pbvote.core.encoding import is_name, nfc
from pbvote.core.errors import InputError
from pbvote.core.manifest import Contest, Project
from pbvote.core.selection import Grades, Points, Ranking, Vector
from pbvote.draft.projects import projects_csv
from pbvote.draft.template import PROJECTS
from pbvote.draft.values import amount_text
from pbvote.pabulib import Election, PbProject, ballot_format

CONTEST = "pb"
_NO_CURRENCY = "XXX"  # ISO 4217's code for none
_CHANNELS: dict[str, Channel] = {
    "internet": "online",
    "online": "online",
    "mobile": "online",
    "paper": "in-person",
    "traditional": "in-person",
    "stationary": "in-person",
    "in-person": "in-person",
    "station": "in-person",
}


@dataclass(frozen=True)
class RealVote:
    """A vote of the file; `channel` is None where the file names none that we know."""

    voter: str
    channel: Channel | None
    district: str
    vector: Vector


@dataclass(frozen=True)
class Imported:
    """What a file makes: `official` are the winners it names, by our ids, if it does."""

    slug: str
    title: dict[str, str]
    currency: str
    language: str
    contest: Contest
    votes: list[RealVote]
    official: list[str] | None


def scale(pb: Election) -> int:
    """How many smallest units of the currency make one unit of the file's amounts of money.

    InputError if amounts have more decimals than the currency.
    """
    units: int = 10 ** minor_digits(currency(pb))
    factor, rest = divmod(units, pb.unit)
    if rest:
        raise InputError(
            f"its amounts have more decimals than {currency(pb)}",
            where=pb.name,
            hint="Round them, or correct the currency in META",
        )
    return factor


def currency(pb: Election) -> str:
    """The file's currency; XXX (ISO 4217: none) if it names none."""
    code = pb.meta.get("currency", "").upper()
    return code if re.fullmatch("[A-Z]{3}", code, re.ASCII) else _NO_CURRENCY


def draft_from_pabulib(pb: Election, rule: Mapping[str, Any]) -> Imported:
    """The contest and the votes of a file. `rule` as in a manifest, its money in smallest units.

    InputError if it can't be a contest of ours: too many projects, more decimals than money has.
    """
    ids, factor = project_ids([project.id for project in pb.projects]), scale(pb)
    language = _language(pb)
    slug = _name(Path(pb.name).stem)[:40]
    parts = {
        "id": CONTEST,
        "title": {language: _clean(pb.meta.get("description", "")) or slug},
        "budget": pb.budget * factor,
        "ballot": ballot_format(pb),
        "rule": dict(rule),
        "projects": [_project(p, ids[p.id], p.cost * factor, language) for p in pb.projects],
    }
    try:
        contest = msgspec.convert(parts, Contest)
    except msgspec.ValidationError as error:
        raise InputError(f"it can't be a contest ({error})", where=pb.name) from None
    official = pb.official
    return Imported(
        slug=slug,
        title=contest.title,
        currency=currency(pb),
        language=language,
        contest=contest,
        votes=_votes(pb),
        official=None if official is None else [ids[name] for name in official],
    )


def project_ids(ids: Sequence[str]) -> dict[str, str]:
    """The file's id → ours, no two the same.

    >>> project_ids(["M/01/X", "M-01-X", "7"])
    {'M/01/X': 'M-01-X-2', 'M-01-X': 'M-01-X', '7': '7'}
    """
    taken = {name for name in ids if is_name(name)}
    found = {}
    for name in ids:
        found[name] = name
        if not is_name(name):
            own = _name(name)[:56]
            numbered = (f"{own}-{number}" for number in count(2))
            found[name] = next(free for free in chain([own], numbered) if free not in taken)
            taken.add(found[name])
    return found


def _name(text: str) -> str:
    """Its letters, digits, `.` and `_`, with `-` for all between; no point first."""
    return re.sub("[^A-Za-z0-9._]+", "-", text, flags=re.ASCII).strip("-").lstrip(".") or "x"


def _clean(text: str) -> str:
    return nfc(" ".join(text.split()))


def _language(pb: Election) -> str:
    language = pb.meta.get("language", "").lower()
    return language if re.fullmatch("[a-z]{2,3}", language, re.ASCII) else "en"


def _project(project: PbProject, name: str, cost: int, language: str) -> Project:
    def text(value: str | None) -> str | UnsetType:
        return _clean(value or "") or UNSET

    title = _clean(project.name) or project.id
    return Project(
        id=name,
        number=_clean(project.id),
        cost=cost,
        title={language: title},
        description=text(project.raw.get("description")),
        category=text(", ".join(project.categories)),
        proposer=text(project.raw.get("proposer")),
        district=text(project.district),
    )


def _votes(pb: Election) -> list[RealVote]:
    """Voters keep the file's number; one that stands twice or is empty gets the line's too."""
    seen: set[str] = set()
    votes = []
    for line, vote in enumerate(pb.votes, 1):
        voter = _clean(vote.voter_id)
        if not voter or voter in seen:
            voter = f"{voter}#{line}"
        seen.add(voter)
        channel = _CHANNELS.get((vote.voting_method or "").lower())
        district = _clean(vote.district or vote.neighborhood or "")
        votes.append(RealVote(voter, channel, district, vote.vector))
    return votes


# --- the files of `pbvote import` -----------------------------------------------------------------


def draft_files(imported: Imported, begin: str, end: str) -> dict[str, str]:
    """election.toml, projects.csv and votes.csv; `begin` and `end` are days, YYYY-MM-DD."""
    contest = imported.contest
    languages = [imported.language]
    return {
        "election.toml": _election_toml(imported, begin, end),
        PROJECTS: projects_csv(contest.projects, languages, imported.currency),
        "votes.csv": _votes_csv(imported),
    }


def days(pb: Election) -> tuple[str, str]:
    """The first and last day that the file names; of the year, if that is all it has."""
    texts = pb.meta.get("date_begin", ""), pb.meta.get("date_end", "")
    begin, end = (_day(text, whole) for text, whole in zip(texts, ("01-01", "12-31"), strict=True))
    return (begin, end) if begin and begin <= end else ("2000-01-01", "2000-12-31")


def _day(text: str, of_year: str) -> str:
    if match := re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", text, re.ASCII):
        return f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}"
    return f"{text}-{of_year}" if re.fullmatch("[0-9]{4}", text, re.ASCII) else ""


def _votes_csv(imported: Imported) -> str:
    """A line a vote, its choice as `pbvote vote` reads it: a card is all that is missing."""
    districts = any(vote.district for vote in imported.votes)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "channel", *(["district"] if districts else []), CONTEST])
    for vote in imported.votes:
        cells = [vote.voter, vote.channel or "", *([vote.district] if districts else [])]
        writer.writerow([*cells, choice_text(imported.contest, vote.vector)])
    return out.getvalue()


def choice_text(contest: Contest, vector: Vector) -> str:
    """A vector as people write it: `p1,p2`, `p1:5,p2:3`, best first in a ranking, or `blank`."""
    chosen = [(v, p.id) for v, p in zip(vector, contest.projects, strict=True) if v]
    if isinstance(contest.ballot, Ranking):
        chosen.sort()
    with_number = isinstance(contest.ballot, Points | Grades)
    return ",".join(f"{name}:{v}" if with_number else name for v, name in chosen) or "blank"


def _election_toml(imported: Imported, begin: str, end: str) -> str:
    contest = imported.contest
    budget = amount_text(contest.budget, imported.currency)
    ballot = msgspec.to_builtins(contest.ballot)
    return f"""\
# Imported from a Pabulib file; `pbvote new` explains every line of such a file.
slug = {_toml(imported.slug)}
title = {_toml(imported.title)}
currency = {_toml(imported.currency)}
languages = {_toml([imported.language])}
time_zone = "UTC"
registrars = ["town"]

[opens]
online = "{begin} 00:00"
in-person = "{begin} 00:00"

[closes]
online = "{end} 23:59"
in-person = "{end} 23:59"

[ceremony]
trustees = ["anna", "bob", "carla"]
threshold = 2

[[boxes]]
name = "online"
channel = "online"
place = "online"

[[boxes]]
name = "hall"
channel = "in-person"
place = "hall"

[[contests]]
id = {_toml(contest.id)}
title = {_toml(contest.title)}
budget = "{budget}"
projects = "{PROJECTS}"
ballot = {_toml(ballot)}
rule = {_toml(contest.rule)}
"""


def _toml(value: Any) -> str:
    """Texts, whole numbers, lists and inline tables; JSON's escapes are TOML's."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
