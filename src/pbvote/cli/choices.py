"""A choice as it is written on a command line ↔ the vector of docs/protocol.md, section 4.

::

    approval, knapsack   p1,p2        the projects' ids
    points               p1:5,p2:3    points for each
    ranking              p2,p1        best first
    grades               p1:3,p2:1    a grade for each
    any                  blank        nothing chosen
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pbvote.core.election import Election
from pbvote.core.encoding import Texts
from pbvote.core.errors import InputError, SelectionError
from pbvote.core.manifest import Contest
from pbvote.core.selection import Grades, Points, Ranking, Vector
from pbvote.words import plural

BLANK = "blank"


def read_choices(election: Election, given: Sequence[str]) -> dict[str, Vector]:
    """Contest id → vector of arguments `CONTEST=choice`; InputError or SelectionError."""
    choices: dict[str, Vector] = {}
    for text in given:
        name, equals, choice = text.partition("=")
        if not equals or not choice:
            raise InputError(
                f"{text!r} is no choice",
                hint="Write CONTEST=project,project or CONTEST=blank",
            )
        if name in choices:
            raise InputError("this contest stands twice", where=name, hint="Name it once")
        choices[name] = read_choice(election.contest(name), choice)
    return choices


def read_choice(contest: Contest, text: str) -> Vector:
    """The vector of one contest's choice; SelectionError unless it is in the contest's format."""
    places = {project.id: place for place, project in enumerate(contest.projects)}
    vector = [0] * len(places)
    if text.strip() == BLANK and BLANK not in places:
        return tuple(vector)
    seen: set[str] = set()
    for rank, part in enumerate(text.split(","), 1):
        name, value = _parse(contest, part.strip(), rank)
        if name not in places:
            raise SelectionError(
                f"no project is called {name!r}",
                where=contest.id,
                hint=f"`pbvote inspect` of the manifest lists them, like {contest.projects[0].id}",
            )
        if name in seen:
            raise SelectionError(f"{name} stands twice", where=contest.id, hint="Name it once")
        seen.add(name)
        vector[places[name]] = value
    try:
        contest.check_selection(choice := tuple(vector))
    except SelectionError as error:
        raise error.at(contest.id) from None
    return choice


def _parse(contest: Contest, part: str, rank: int) -> tuple[str, int]:
    """A project's id and its number in the vector."""
    form = contest.ballot
    if isinstance(form, Ranking):
        return part, rank
    if not isinstance(form, Points | Grades):
        return part, 1
    name, colon, number = part.rpartition(":")
    if not colon or not (number.isascii() and number.isdigit()) or len(number) > 4:
        what = "points" if isinstance(form, Points) else "a grade"
        raise SelectionError(f"{part!r} gives no {what}", where=contest.id, hint="Write project:3")
    return name, int(number)


def in_words(contest: Contest, vector: Vector | None, language: str) -> list[str]:
    """What a vector says, a line a project, best first; one line if it is blank or invalid."""
    if vector is None:
        return ["nothing that a ballot of this contest can say"]
    chosen = [(value, project) for value, project in zip(vector, contest.projects, strict=True)]
    chosen = [(value, project) for value, project in chosen if value]
    if not chosen:
        return ["blank: no project"]
    form = contest.ballot
    chosen.sort(key=lambda c: c[0], reverse=not isinstance(form, Ranking))
    lines = []
    for value, project in chosen:
        said = {
            Points: f"{plural(value, 'point')}  ",
            Ranking: f"{value}.  ",
            Grades: f"grade {value}  ",
        }
        title = text_in(project.title, language)
        lines.append(f"{said.get(type(form), '')}{project.id}  {title}")
    return lines


def text_in(texts: str | Texts, language: str) -> str:
    """A text in this language, or in the first it has."""
    if isinstance(texts, str):
        return texts
    return texts.get(language) or next(iter(texts.values()), "")


def as_json(contest: Contest, vector: Vector | None) -> Mapping[str, int] | None:
    """Project id → number, of those that aren't zero."""
    if vector is None:
        return None
    return {p.id: v for p, v in zip(contest.projects, vector, strict=True) if v}
