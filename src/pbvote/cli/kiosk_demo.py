"""A made-up town's polling place, ready to try: five contests, a desk, an open kiosk, cards.

``make_demo(folder, report)`` makes it; keys, logs and cards are real. What only a demo has lies in
`tryout.json`: the cards and the officials' PINs, to be scanned and typed by who tries it.
"""

from __future__ import annotations

import csv
import random
import secrets
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from pbvote.at_hand import now
from pbvote.box import Box
from pbvote.cli import town
from pbvote.cli.demo_day import SIGN
from pbvote.cli.one_machine import OneMachine
from pbvote.core.election import Election
from pbvote.core.encoding import Record, Texts, decode, encode, time_text
from pbvote.core.errors import InputError
from pbvote.core.manifest import Contest, Hours, Project
from pbvote.core.selection import Approval, BallotFormat, Grades, Knapsack, Points, Ranking
from pbvote.draft import Draft
from pbvote.draft.draft import DraftBox
from pbvote.files import read_bytes, write_bytes
from pbvote.keyfile import INTERACTIVE
from pbvote.registry import CheckpointCopy, Registry
from pbvote.registry.rollfile import Person
from pbvote.voting import prepare, voter_of_card
from pbvote_kiosk.ballot.choice import make_choice
from pbvote_kiosk.officials.keepers import Keepers
from pbvote_kiosk.officials.poll import Poll, kiosk_folder
from pbvote_kiosk.officials.settings import SETTINGS, read_settings
from pbvote_tally.report import Report

TRYOUT = "tryout.json"
"""Written last: without it the folder isn't ready."""
STICK = "stick"
SLUG, BOX, DESK = "demo", "kiosk-1", "salle"
PEOPLE, ONLINE, CARDS = 400, 12, 8
PINS = {"president": "271828", "secretary": "161803"}
WEEK = 7 * 86_400


class Card(Record, frozen=True, kw_only=True):
    """A card that was handed out, and to whom."""

    person: str
    text: str
    typed: str


class Official(Record, frozen=True, kw_only=True):
    """An official's card and PIN."""

    role: str
    card: str
    pin: str


class Tryout(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/tryout/1"):
    """What one needs to play voters and officials."""

    cards: list[Card]
    officials: list[Official]


def read_tryout(folder: Path) -> Tryout:
    """The cards and officials of a demo; InputError if the folder isn't one."""
    path = folder / TRYOUT
    if not path.exists():
        raise InputError(
            "no polling place to try is here", where=str(folder), hint="`make kiosk` makes one"
        )
    return decode(read_bytes(path), Tryout, str(path))


def make_demo(folder: Path, report: Report, *, seed: int = 1) -> Election:
    """The polling place in a new folder, open for votes; some people have voted online."""
    write_bytes(folder / SIGN, b"A folder that `pbvote tryout` made.\n")
    whole = OneMachine(folder, report)
    election = whole.make(demo_draft(), demo_people(seed))
    (folder / STICK).mkdir()
    write_bytes(folder / SETTINGS, _SETTINGS.encode())
    report.step(f"Cards: a letter to everybody; {ONLINE} have voted online already")
    _vote_online(whole, election)
    report.step("Kiosk: two officials open the poll")
    officials = open_kiosk(folder)
    report.step(f"Desk: {CARDS} cards handed out, to try the kiosk with")
    cards = _hand_out(whole, election)
    tryout = Tryout(cards=cards, officials=officials)
    write_bytes(folder / TRYOUT, encode(tryout), private=True)
    return election


def demo_draft() -> Draft:
    """Five contests, one a ballot format; the poll is this week."""
    opens, closes = time_text(now() - WEEK // 7), time_text(now() + WEEK)
    return Draft(
        slug=SLUG,
        title={
            "fr": "Budget participatif",
            "nl": "Burgerbudget",
            "de": "Bürgerhaushalt",
            "en": "Participatory budget",
        },
        currency="EUR",
        languages=["fr", "nl", "de", "en"],
        time_zone="Europe/Brussels",
        opens=Hours(online=opens, in_person=opens),
        closes=Hours(online=closes, in_person=closes),
        supersede="in-person",
        districts=[],
        trustees=["anne", "bilal", "chloe"],
        threshold=2,
        closing_quorum=None,
        registrars=["mairie", DESK],
        boxes=[
            DraftBox("online", "online", {"fr": "en ligne", "en": "online"}),
            DraftBox(BOX, "in-person", "Salle communale"),
        ],
        contests=[
            Contest(
                id=name,
                title=title,
                budget=budget * 100,
                ballot=form,
                rule={"name": rule},
                projects=list(_projects(name)),
            )
            for name, title, budget, form, rule in _CONTESTS
        ],
        vote_url=None,
        receipt_url=None,
    )


def demo_people(seed: int, count: int = PEOPLE) -> list[Person]:
    """The made-up roll, with numbers as on identity cards."""
    rng = random.Random(seed)  # noqa: S311 - made-up people
    return [
        Person(
            id=resident.number,
            name=resident.name,
            birth_date=resident.birth_date,
            address=resident.address,
            document=f"592-{rng.randrange(10**7):07}-{rng.randrange(97):02}",
        )
        for resident in town.residents(count, rng)
    ]


def open_kiosk(folder: Path) -> list[Official]:
    """Two officials for the machine's kiosk, who open its poll."""
    settings = read_settings(folder)
    keepers = Keepers(kiosk_folder(folder, settings.box), monotonic=time.monotonic)
    officials = [
        Official(
            role=role,
            card=keepers.add(role, pin, secrets.token_bytes, cost=INTERACTIVE),
            pin=pin,
        )
        for role, pin in PINS.items()
    ]
    with Poll.open_in(folder, settings, now=now) as poll:
        poll.open([official.role for official in officials])
    return officials


def _vote_online(whole: OneMachine, election: Election) -> None:
    """Posted cards for everybody, and the first few ballots, one by one."""
    copy = CheckpointCopy(whole.folder / STICK)
    rng = random.Random(1)  # noqa: S311 - made-up choices
    with Registry.open(whole.registry("mairie"), election, "mairie", now=now) as mairie:
        cards = mairie.issue(mairie.without_card("online"), "online", copy=copy)
    with Box.in_folder(whole.box("online"), election, "online", now=now) as box:
        box.open_poll()
        for card in cards[:ONLINE]:
            voter = voter_of_card(election, card.text)
            contests = election.contests_for(voter.district)
            choices = {contest.id: any_choice(contest, rng) for contest in contests}
            box.cast(encode(prepare(election, "online", voter, choices).cast()))


def any_choice(contest: Contest, rng: random.Random) -> tuple[int, ...]:
    """What somebody might choose who presses keys until it is enough."""
    choice = make_choice(contest)
    for _ in range(rng.randint(0, 6)):
        choice.more(rng.randrange(len(contest.projects)))
    if choice.missing() is not None:
        choice.clear()
    return choice.vector


def _hand_out(whole: OneMachine, election: Election) -> list[Card]:
    """Cards of the desk; the first of them for somebody who voted online."""
    copy = CheckpointCopy(whole.folder / STICK)
    with Registry.open(whole.registry(DESK), election, DESK, now=now) as desk:
        mairie = whole.folder / "bundle" / "logs" / "registry" / "mairie"
        with Registry.open(whole.registry("mairie"), election, "mairie", now=now) as other:
            other.export(mairie)
        desk.learn("mairie", mairie)
        people = [f"R{number:05}" for number in range(ONLINE, ONLINE + CARDS)]
        issued = desk.issue(people, "in-person", copy=copy)
        return [
            Card(person=desk.roll.get(card.person).person.name, text=card.text, typed=card.typed)
            for card in issued
        ]


def _projects(contest: str) -> Iterator[Project]:
    """A contest's projects: the town's own titles and costs, with what the file adds."""
    for row in _rows():
        if row["contest"] != contest:
            continue
        number = int(row["number"])
        french, english, euros = town.PROJECTS[number - 1]
        yield Project(
            id=f"p{number:02}",
            number=str(number),
            title={"fr": french, "nl": row["title.nl"], "de": row["title.de"], "en": english},
            cost=euros * 100,
            category=_CATEGORIES[contest],
            place=row["place"],
            description={code: f"{row[f'about.{code}']} {_MORE[code]}" for code in _MORE},
        )


def _rows() -> list[dict[str, str]]:
    text = resources.files("pbvote.cli").joinpath("kiosk_projects.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))


_CONTESTS: tuple[tuple[str, Texts, int, BallotFormat, str], ...] = (
    (
        "commune",
        {
            "fr": "Toute la commune",
            "nl": "De hele gemeente",
            "de": "Die ganze Gemeinde",
            "en": "The whole town",
        },
        20_000,
        Knapsack(),
        "equal-shares",
    ),
    (
        "youth",
        {
            "fr": "Jeunes et sport",
            "nl": "Jeugd en sport",
            "de": "Jugend und Sport",
            "en": "Young people and sport",
        },
        25_000,
        Approval(min=1, max=3),
        "greedy",
    ),
    (
        "nature",
        {"fr": "Nature", "nl": "Natuur", "de": "Natur", "en": "Nature"},
        12_000,
        Points(total=10, max_each=5),
        "greedy",
    ),
    (
        "culture",
        {
            "fr": "Culture et fêtes",
            "nl": "Cultuur en feesten",
            "de": "Kultur und Feste",
            "en": "Culture and festivities",
        },
        15_000,
        Ranking(max=3),
        "greedy",
    ),
    (
        "together",
        {"fr": "Vivre ensemble", "nl": "Samenleven", "de": "Miteinander", "en": "Living together"},
        10_000,
        Grades(levels=5),
        "greedy",
    ),
)
_CATEGORIES: dict[str, Texts] = {
    "commune": {
        "fr": "Espace public",
        "nl": "Openbare ruimte",
        "de": "Öffentlicher Raum",
        "en": "Public space",
    },
    "youth": {"fr": "Jeunesse", "nl": "Jeugd", "de": "Jugend", "en": "Youth"},
    "nature": {"fr": "Nature", "nl": "Natuur", "de": "Natur", "en": "Nature"},
    "culture": {"fr": "Culture", "nl": "Cultuur", "de": "Kultur", "en": "Culture"},
    "together": {"fr": "Entraide", "nl": "Solidariteit", "de": "Zusammenhalt", "en": "Solidarity"},
}
_MORE = {
    "fr": "Le montant comprend le matériel, la pose et l'entretien de la première année. Des"
    " habitants l'ont proposé, le service des travaux a vérifié qu'il est possible.",
    "nl": "Het bedrag omvat het materiaal, de plaatsing en het onderhoud van het eerste jaar."
    " Inwoners hebben het voorgesteld, de technische dienst ging na of het haalbaar is.",
    "de": "Der Betrag umfasst das Material, den Aufbau und den Unterhalt im ersten Jahr. Einwohner"
    " haben es vorgeschlagen, der Bauhof hat geprüft, dass es möglich ist.",
    "en": "The amount covers material, installation and the first year's upkeep. Residents"
    " proposed it, and the works department has checked that it can be done.",
}
_SETTINGS = """\
# This machine in the demo; kiosk/deploy/kiosk.toml explains every setting.
box = "kiosk-1"
registrar = "salle"
# No second copy: it must be on another disk, and a demo has only one. A polling place needs it.
# second = "/media/copy"
# No receipt printer: screens show what it would print, and reports are kept in kiosk/kiosk-1.
printer = "none"
helpers = true
desk = { fr = "Le guichet est à l'entrée, à gauche.", nl = "De balie is links bij de ingang.", de = "Der Schalter ist links am Eingang.", en = "The desk is at the entrance, on the left." }
"""  # noqa: E501  a TOML table in a line
