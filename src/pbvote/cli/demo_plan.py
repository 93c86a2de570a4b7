"""Who votes where and for what in the demo: the made-up town, or the ballots of a `.pb` file."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from pbvote import pabulib
from pbvote.cli import town
from pbvote.cli.import_ import imported_election
from pbvote.core.card import CHANNELS, Channel
from pbvote.core.manifest import Contest, Project
from pbvote.core.selection import Approval, Vector


@dataclass(frozen=True)
class Person:
    """A line of the roll; `vector` is what they vote, None for who stays at home."""

    number: str
    name: str
    birth_date: str
    address: str
    channel: Channel = "online"
    vector: Vector | None = None


@dataclass(frozen=True)
class Plan:
    """A day of voting. The lists of numbers are people who do something special."""

    title: dict[str, str]
    currency: str
    languages: list[str]
    contest: Contest
    people: list[Person]
    official: set[str] | None = None
    again_in_the_hall: list[Person] = field(default_factory=list)
    replaced: list[Person] = field(default_factory=list)
    challenging: list[Person] = field(default_factory=list)
    copied: list[Person] = field(default_factory=list)
    forged: list[Person] = field(default_factory=list)
    two_desks: list[Person] = field(default_factory=list)

    @property
    def voters(self) -> list[Person]:
        """Those who vote, on their channel."""
        return [person for person in self.people if person.vector is not None]


def plan_of_town(seed: int, residents: int = town.RESIDENTS) -> Plan:
    """One in ten of the residents votes; 40 vote twice, and a few do what they shouldn't."""
    rng = random.Random(seed)
    voting = set(rng.sample(range(residents), residents // 10))
    people = []
    for i, resident in enumerate(town.residents(residents, rng)):
        channel: Channel = "online" if rng.random() < 0.6 else "in-person"
        vector = town.choice(rng, 5) if i in voting else None
        people.append(Person(*resident, channel=channel, vector=vector))
    online = [p for p in people if p.vector is not None and p.channel == "online"]
    hall = [p for p in people if p.vector is not None and p.channel == "in-person"]
    projects = [
        Project(
            id=f"p{number:02}",
            number=str(number),
            title={"fr": french, "en": english},
            cost=euros * 100,
        )
        for number, (french, english, euros) in enumerate(town.PROJECTS, 1)
    ]
    contest = Contest(
        id="town",
        title={"fr": "Toute la commune", "en": "The whole town"},
        budget=town.BUDGET,
        ballot=Approval(min=1, max=5),
        rule={"name": "greedy"},
        projects=projects,
    )
    return Plan(
        title={"fr": "Budget participatif", "en": "Participatory budget"},
        currency="EUR",
        languages=["fr", "en"],
        contest=contest,
        people=people,
        challenging=online[:3],
        copied=online[3:4],
        replaced=online[4:9],
        again_in_the_hall=online[9:49],
        forged=[p for p in people if p.vector is None][:1],
        two_desks=hall[:1],
    )


def plan_of_file(path: Path, seed: int) -> Plan:
    """Every ballot of a `.pb` file, on the channel that its `voting_method` names, else split."""
    rng = random.Random(seed)
    real = imported_election(pabulib.read(path))
    people = [
        Person(
            number=str(i),
            name=f"Voter {vote.voter}",
            birth_date="",
            address="",
            channel=rng.choice(CHANNELS) if vote.channel is None else vote.channel,
            vector=vote.vector,
        )
        for i, vote in enumerate(real.votes, 1)
    ]
    return Plan(
        title=real.title,
        currency=real.currency,
        languages=[real.language],
        contest=real.contest,
        people=people,
        official=None if real.official is None else set(real.official),
    )
