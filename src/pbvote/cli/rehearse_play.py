"""A rehearsal that plays itself: made-up voters through the same calls as desk and kiosk."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

from pbvote.at_hand import BOXES, now
from pbvote.box import Box
from pbvote.cli.kiosk_demo import any_choice
from pbvote.core.election import Election
from pbvote.core.encoding import encode
from pbvote.core.errors import RefusedError
from pbvote.files import load_election
from pbvote.keyfile import INTERACTIVE
from pbvote.registry import CheckpointCopy, Registry
from pbvote.registry.at_desk import opened
from pbvote.voting import prepare, voter_of_card
from pbvote.words import plural
from pbvote_kiosk.officials.keepers import Keepers, Right
from pbvote_kiosk.officials.poll import Poll, kiosk_folder
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.voter.session import Session
from pbvote_tally.report import Report

OFFICIALS = ("president", "secretary")
CHECKING, LOSING, AGAIN = 7, 11, 5
"""One in so many checks the machine, loses the card, comes back to vote again."""


class Day:
    """The day on all kits, one after the other."""

    def __init__(self, kits: Sequence[Path], logs: Path, report: Report) -> None:
        """`logs` is where the closed logs go, as on a stick."""
        self._logs, self._report = logs, report
        self.election: Election = load_election(kits[0])
        self._kits = {kit.name: kit for kit in kits}
        self._rng = random.Random(1)  # noqa: S311 - made-up choices
        self._copy = CheckpointCopy(logs / "checkpoints")
        self._stack = ExitStack()
        self._polls: list[Poll] = []
        self._online: list[Box] = []
        self._desks: list[Registry] = []

    def play(self) -> Path:
        """Open, vote, pause overnight, vote, close, export; where the logs are."""
        self._copy.folder.mkdir(parents=True)
        with self._stack:
            self._open()
            people = [listed.id for listed in self._desks[0].roll.people()]
            self._rng.shuffle(people)
            half = len(people) // 2
            self._vote_online(people[: len(people) // 4])
            self._vote_in_hall(people[len(people) // 8 : half])
            self._overnight()
            self._vote_in_hall(people[half:])
            self._close()
        return self._logs

    def _open(self) -> None:
        self._report.step("Opening: two officials at each kiosk, with card and PIN")
        for registrar in self.election.registrars:
            desk = opened(self._kits[registrar.name], registrar.name)
            self._desks.append(self._stack.enter_context(desk))
        for record in self.election.boxes:
            kit = self._kits[record.name]
            if record.channel == "online":
                folder = kit / BOXES / record.name
                box = Box.in_folder(folder, self.election, record.name, now=now)
                self._online.append(self._stack.enter_context(box))
                box.open_poll()
            else:
                self._polls.append(self._stack.enter_context(self._open_kiosk(kit, record.name)))

    def _open_kiosk(self, kit: Path, box: str) -> Poll:
        """Officials are set up, and identify themselves, as at the real one."""
        keepers = Keepers(kiosk_folder(kit, box), monotonic=time.monotonic)
        pins = {role: f"{secrets.randbelow(10**8) + 10**8}" for role in OFFICIALS}
        cards = {
            role: keepers.add(role, pin, secrets.token_bytes, cost=INTERACTIVE)
            for role, pin in pins.items()
        }
        poll = Poll.open_in(kit, Settings(box=box), now=now)
        answers = [poll.keepers.check(cards[role], pins[role]) for role in OFFICIALS]
        if answers != [Right(role) for role in OFFICIALS]:
            raise RefusedError("an official's card and PIN weren't taken", where=str(kit))
        poll.open(OFFICIALS)
        return poll

    def _vote_online(self, people: Sequence[str]) -> None:
        if not self._online:
            return
        self._report.step(f"Online: {plural(len(people), 'person')} with a posted card")
        for person, box in zip(people, cycle(self._online), strict=False):
            (card,) = self._desks[0].issue([person], "online", copy=self._copy)
            voter = voter_of_card(self.election, card.text)
            contests = self.election.contests_for(voter.district)
            choices = {contest.id: any_choice(contest, self._rng) for contest in contests}
            box.cast(encode(prepare(self.election, box.name, voter, choices).cast()))

    def _vote_in_hall(self, people: Sequence[str]) -> None:
        """To a desk, then to a kiosk; some do more than that."""
        if not self._polls:
            return
        self._report.step(f"In the hall: {plural(len(people), 'person')}")
        self._learn()
        halls = self._desks[1:] or self._desks
        for number, (person, desk, poll) in enumerate(
            zip(people, cycle(halls), cycle(self._polls), strict=False), 1
        ):
            (card,) = desk.issue([person], "in-person", copy=self._copy)
            if number % LOSING == 0:
                card = desk.replace(
                    person, officials=OFFICIALS, channel="in-person", copy=self._copy
                )
            self._vote(poll, card.text, check=number % CHECKING == 0)
            if number % AGAIN == 0:
                self._vote(poll, card.text)

    def _vote(self, poll: Poll, card: str, *, check: bool = False) -> None:
        """A card's holder at a kiosk, by its own session; perhaps checking the machine first."""
        session = Session(poll.box, voter_of_card(self.election, card))
        if session.standing() and not session.may_replace:
            session.forget()
            return
        if check:
            self._choose(session)
            session.seal()
            session.challenge()
            session = session.again()
        self._choose(session)
        session.seal()
        session.cast()
        session.forget()

    def _choose(self, session: Session) -> None:
        for choice in session.choices:
            places = session.order(choice.contest)
            for _ in range(self._rng.randint(0, 5)):
                choice.more(self._rng.choice(places))
            if choice.missing() is not None:
                choice.clear()

    def _learn(self) -> None:
        """Desks hear of each other's cards, as by a stick."""
        for desk in self._desks:
            place = self._logs / "registry" / desk.name
            desk.export(place)
            for other in self._desks:
                if other is not desk:
                    other.learn(desk.name, place)

    def _overnight(self) -> None:
        self._report.step("Overnight: paused, compared in the morning, resumed")
        for poll in self._polls:
            poll.pause(OFFICIALS)
            if changed := poll.changed_overnight():
                raise RefusedError(f"changed overnight: {', '.join(changed)}", where=poll.name)
            poll.resume(OFFICIALS)

    def _close(self) -> None:
        self._report.step("Closing: every box and desk, its log on a stick")
        for poll in self._polls:
            poll.close(OFFICIALS)
        for box in self._online:
            box.close_poll()
        for box in (*(poll.box for poll in self._polls), *self._online):
            box.export(self._logs / "box" / box.name)
        for desk in self._desks:
            desk.close()
            desk.export(self._logs / "registry" / desk.name)
