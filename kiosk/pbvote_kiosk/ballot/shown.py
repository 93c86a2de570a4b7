"""What is displayed of a contest's projects: in a language, as corrected by the addenda.

Validity goes by the manifest's costs even where an addendum corrects one: `counted` is that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import category

from msgspec import Struct

from pbvote.core.manifest import Contest, Correction, Project
from pbvote.words import folded
from pbvote_kiosk.language import Words


class Shown(Struct, frozen=True):
    """A project as people see it; texts that the manifest hasn't are empty.

    `cost` is in words, as corrected; `counted` too, but what a knapsack ballot reckons with.
    `category_key` and `where_key` are the same in every language; `folded` is what is searched.
    """

    number: str
    title: str
    cost: str
    counted: str
    where: str
    where_key: str
    category: str
    category_key: str
    district: str
    description: str
    proposer: str
    url: str
    withdrawn: bool
    reasons: tuple[str, ...]
    folded: str

    @property
    def name(self) -> str:
        """The number in the brochure, if it has one, and the title."""
        return " · ".join(part for part in (self.number, self.title) if part)

    @property
    def about(self) -> str:
        """Where it is and what kind, in short."""
        return " · ".join(part for part in (self.where, self.category) if part)


def shown_projects(
    contest: Contest, corrections: Iterable[Correction], currency: str, words: Words
) -> list[Shown]:
    """The contest's projects, in manifest order. `corrections`: all of the election's."""
    of_project: dict[str, list[Correction]] = {}
    for correction in corrections:
        if correction.contest == contest.id:
            of_project.setdefault(correction.project, []).append(correction)
    return [_shown(p, of_project.get(p.id, ()), currency, words) for p in contest.projects]


def _shown(
    project: Project, corrections: Sequence[Correction], currency: str, words: Words
) -> Shown:
    last = {correction.field: correction.value for correction in corrections}
    cost = last.get("cost")
    title = _text(last.get("title"), words) or _text(project.title, words)
    description = _text(last.get("description"), words, lines=True) or _text(
        project.description, words, lines=True
    )
    where = _text(project.place, words)
    kind = _text(project.category, words)
    district = _text(project.district, words)
    proposer = _text(project.proposer, words)
    searched = (project.number, title, where, kind, district, proposer, description)
    return Shown(
        number=_plain(project.number),
        title=title,
        cost=words.amount(cost if type(cost) is int else project.cost, currency),
        counted=words.amount(project.cost, currency),
        where=where or district,
        where_key=_key(project.place) or district,
        category=kind,
        category_key=_key(project.category),
        district=district,
        description=description,
        proposer=proposer,
        url=_text(project.url, words),
        withdrawn="withdrawn" in last,
        reasons=tuple(_text(correction.reason, words) for correction in corrections),
        folded=folded(" ".join(searched)),
    )


def _text(texts: object, words: Words, *, lines: bool = False) -> str:
    """A text of the manifest in this language; "" for none."""
    if not isinstance(texts, str | dict):
        return ""
    text = words.text(texts)
    return "\n".join(map(_plain, text.splitlines())) if lines else _plain(text)


def _plain(text: str) -> str:
    """One line without what a terminal would obey or read backwards."""
    kept = "".join(c for c in " ".join(text.split()) if category(c) != "Cc" and c not in _TURNS)
    return kept.strip()


_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _key(texts: object) -> str:
    """The same for the same text, in every language."""
    return str(sorted(texts.items())) if isinstance(texts, dict) else _plain(str(texts or ""))


def found(shown: Shown, query: str) -> bool:
    """Whether a project has all words of a folded query, in any order."""
    return all(word in shown.folded for word in query.split())
