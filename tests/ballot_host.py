"""Contests of all five formats with full texts, and an app of nothing but ballot screens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from election_builder import make_contest
from pbvote.core.manifest import Contest, Correction, Project
from pbvote.core.selection import Approval, BallotFormat, Grades, Knapsack, Points, Ranking
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.choice import make_choice
from pbvote_kiosk.language import LANGUAGES
from pbvote_kiosk.look.base import PeopleApp, PeopleScreen

FORMATS: dict[str, BallotFormat] = {
    "approval": Approval(min=0, max=3),
    "one": Approval(min=0, max=1),
    "knapsack": Knapsack(),
    "points": Points(total=10, max_each=6),
    "ranking": Ranking(max=5),
    "grades": Grades(levels=5),
}
TITLES = {
    "fr": "Enveloppe de la ville",
    "nl": "Budget van de stad",
    "de": "Haushalt der Stadt",
    "en": "The town's envelope",
}
_IDEAS = (
    ("Un verger partagé derrière l'école", "A shared orchard behind the school", 320_000),
    ("Des bancs le long de la Semois", "Benches along the river", 240_000),
    ("Un pumptrack pour les jeunes", "A pump track for the young", 1_850_000),
    (
        "La restauration du vieux lavoir de la rue de la Forêt, avec un toit neuf et un abri",
        "Restoring the old wash-house in Forest Street, with a new roof and a shelter beside it",
        1_270_050,
    ),
    ("Un café des réparations", "A repair café", 210_000),
    ("Des nichoirs pour les hirondelles", "Nest boxes for swallows", 65_000),
    ("Une fête des voisins par quartier", "A street party in each district", 0),
    ("Un skatepark couvert", "A covered skate park", 2_500_000),
)
_KINDS = (
    {"fr": "Nature", "nl": "Natuur", "de": "Natur", "en": "Nature"},
    {"fr": "Sport", "nl": "Sport", "de": "Sport", "en": "Sport"},
    {"fr": "Vivre ensemble", "nl": "Samenleven", "de": "Zusammenleben", "en": "Living together"},
)
_PLACES = ("Rue du Moulin", "Place du Marché", "Chemin des Ardoises", "Le parc")
_TEXT = {
    "fr": "Le comité de quartier l'a proposé après trois réunions. Les habitants l'entretiendront.",
    "en": "The neighbours proposed it after three meetings. They will look after it themselves.",
}


def sample_contest(
    ballot: BallotFormat, projects: int = 8, *, name: str = "city", budget: int = 2_000_000
) -> Contest:
    """Numbered 1, 2, …; one is free, one dearer than the budget, titles and texts are long."""
    plain = make_contest(name, projects, ballot, budget=budget)
    return replace(
        plain, title=TITLES, projects=[_project(p, i) for i, p in enumerate(plain.projects)]
    )


def _project(plain: Project, at: int) -> Project:
    french, english, cost = _IDEAS[at % len(_IDEAS)]
    again = f" ({at // len(_IDEAS) + 1})" if at >= len(_IDEAS) else ""
    return replace(
        plain,
        title={"fr": french + again, "en": english + again},
        cost=cost,
        category=_KINDS[at % len(_KINDS)],
        place=_PLACES[at % len(_PLACES)],
        description={code: f"{text} " * (1 + at % 4) for code, text in _TEXT.items()},
        proposer="Yvonne Vandamme",
    )


class RecordingSpeaker:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str, language: str) -> None:
        self.heard.append(text)

    def stop(self) -> None:
        """Nothing is being said."""

    def set_rate(self, words: int) -> None:
        """Any."""


class BallotHost(PeopleApp):
    """One screen; what it was dismissed with is `answer`."""

    def __init__(
        self,
        screen: Callable[[], PeopleScreen[Any]],
        *,
        language: str = "en",
        monotonic: Callable[[], float] = time.monotonic,
        speaker: RecordingSpeaker | None = None,
    ) -> None:
        others = [code for code in LANGUAGES if code != language]
        super().__init__(
            languages=[language, *others],
            speaker=speaker,
            speaks=speaker is not None,
            monotonic=monotonic,
        )
        self._first = screen
        self.answer: str | None = None

    def on_mount(self) -> None:
        self.push_screen(self._first(), self._keep)

    def _keep(self, answer: str | None) -> None:
        self.answer = answer


def ballot_of(
    ballot: BallotFormat,
    projects: int = 8,
    *,
    corrections: Sequence[Correction] = (),
    order: Sequence[int] | None = None,
) -> BallotScreen:
    """A ballot screen of a sample contest, in the manifest's order unless told."""
    contest = sample_contest(ballot, projects)
    return BallotScreen(
        make_choice(contest),
        range(projects) if order is None else order,
        currency="EUR",
        number=1,
        count=2,
        corrections=corrections,
    )
