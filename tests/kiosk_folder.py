"""A polling place's folder as a kiosk finds it on the day: election, box, registry, two officials.

``kiosk = make_kiosk(path)``: five contests, one a ballot format; `kiosk.card(3)` hands person 3 a
card; `pbvote-kiosk vote path` runs on it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from election_builder import build_election, make_contest, make_roll, pseudonym
from pbvote.at_hand import log_at
from pbvote.box import Box
from pbvote.core.ballot import BoxEntry, Cast, Challenge
from pbvote.core.card import card_text, typed_code
from pbvote.core.encoding import decode, unix_time
from pbvote.core.manifest import Contest, Supersede
from pbvote.core.selection import Approval, Grades, Knapsack, Points, Ranking
from pbvote.keyfile import Cost
from pbvote.store.log import open_log
from pbvote_kiosk.officials.keepers import Keepers
from poll_folder import PollFolder, code, sign
from support import seeded

BOX = "kiosk-1"
TITLE = {"en": "Participatory budget", "fr": "Budget participatif"}
ROLES = ("president", "clerk")
PIN = "314159"
"""Of both officials."""
_QUICK = Cost(1, 8192)  # as little as libsodium allows: no test is of its strength


@dataclass(frozen=True)
class KioskFolder(PollFolder):
    """DIR, and the cards of the two officials in it."""

    officials: tuple[str, ...]

    def card(self, person: int, serial: int = 1) -> str:
        """Hand out a card for voting in the hall; the text of its code."""
        return self.issue(person, "in-person", serial)

    def unlogged_card(self, person: int) -> str:
        """A good card that no log has yet: enough to be scanned, and quick for a thousand."""
        certificate = self.built.certificate(code(person), pseudonym(person), channel="in-person")
        return card_text(code(person), certificate, None, 0)

    def typed(self, person: int, serial: int = 1) -> str:
        """The same card's code as it is typed by hand."""
        return typed_code(code(person, serial))

    def open_box(self, opened_at: str = "2026-11-22T08:00:00Z") -> None:
        """Let the poll be open already, as after a restart."""
        folder = self.path / "boxes" / BOX
        with Box.in_folder(
            folder, self.built.election, BOX, now=lambda: unix_time(opened_at)
        ) as box:
            box.open_poll()

    def entries(self) -> Iterator[BoxEntry]:
        """What is in the box now; also while a kiosk runs on it."""
        for data in log_at(self.path / "boxes" / BOX).checked(self.built.election.box_keys[BOX]):
            yield decode(data, BoxEntry)

    def counts(self) -> tuple[int, int]:
        """How many ballots are cast and challenged."""
        kinds = [type(entry) for entry in self.entries()]
        return kinds.count(Cast), kinds.count(Challenge)


def five_contests(projects: int = 5) -> list[Contest]:
    """One contest a ballot format."""
    return [
        make_contest("approval", projects, Approval(min=0, max=3)),
        make_contest("knapsack", projects, Knapsack(), budget=1_500_000),
        make_contest("points", projects, Points(total=10, max_each=6)),
        make_contest("ranking", projects, Ranking(max=3)),
        make_contest("grades", projects, Grades(levels=5)),
    ]


def make_kiosk(
    path: Path,
    *,
    contests: Sequence[Contest] | None = None,
    people: int = 20,
    slug: str = "demo",
    supersede: Supersede = "latest",
    title: Mapping[str, str] = TITLE,
    receipt_url: str | None = None,
) -> KioskFolder:
    """The folder of a signed election, nothing opened yet; settings are the defaults.

    Its first language is English, so that tests read what the code says.
    """
    built = build_election(
        slug,
        contests=five_contests() if contests is None else contests,
        districts=(),
        roll=make_roll(people, ()),
        supersede=supersede,
        title=title,
        receipt_url=receipt_url,
    )
    sign(path, built)
    for name, signer in built.registrars.items():
        (path / "registries" / name).mkdir(parents=True)
        open_log(path / "registries" / name / "log.db", signer).close()
    for name in ("kiosk-2", "online"):  # other machines' boxes
        shutil.rmtree(path / "boxes" / name)
    home = path / "kiosk" / BOX
    home.mkdir(parents=True)
    keepers = Keepers(home, monotonic=lambda: 0.0)
    cards = [keepers.add(role, PIN, seeded(n), cost=_QUICK) for n, role in enumerate(ROLES)]
    return KioskFolder(path, built, tuple(cards))
