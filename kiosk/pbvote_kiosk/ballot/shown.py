"""What is displayed of a contest's projects: in a language, as corrected by the addenda.

Validity goes by the manifest's costs even where an addendum corrects one: `counted` is that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType

from pbvote.core.manifest import Contest, Correction, Project
from pbvote.registry.words import folded
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
    last: dict[str, object] = {}
    for correction in corrections:
        value = correction.value
        last[correction.field] = words.text(value) if isinstance(value, dict) else value
    cost = last.get("cost", project.cost)
    title = str(last.get("title", words.text(project.title)))
    description = str(last.get("description", _text(project.description, words)))
    where = _text(project.place, words)
    category = _text(project.category, words)
    district = _text(project.district, words)
    proposer = _text(project.proposer, words)
    searched = (project.number, title, where, category, district, proposer, description)
    return Shown(
        number=project.number,
        title=title,
        cost=words.amount(cost if isinstance(cost, int) else project.cost, currency),
        counted=words.amount(project.cost, currency),
        where=where or district,
        where_key=_key(project.place) or district,
        category=category,
        category_key=_key(project.category),
        district=district,
        description=description,
        proposer=proposer,
        url="" if project.url is UNSET else project.url,
        withdrawn="withdrawn" in last,
        reasons=tuple(words.text(correction.reason) for correction in corrections),
        folded=folded(" ".join(searched)),
    )


def _text(texts: str | Mapping[str, str] | UnsetType, words: Words) -> str:
    return "" if isinstance(texts, UnsetType) else words.text(texts)


def _key(texts: str | Mapping[str, str] | UnsetType) -> str:
    if isinstance(texts, UnsetType):
        return ""
    return texts if isinstance(texts, str) else str(sorted(texts.items()))


def found(shown: Shown, query: str) -> bool:
    """Whether a project has all words of a folded query, in any order."""
    return all(word in shown.folded for word in query.split())
