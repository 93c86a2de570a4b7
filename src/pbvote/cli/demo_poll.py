"""The demo's polling: cards handed out, ballots cast from home and in the hall, and mischief."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import UNSET, structs

from pbvote.box import Box
from pbvote.box.intake import read_cast
from pbvote.cli.demo_plan import Person, Plan
from pbvote.core.ballot import Cast, PreparedBallot
from pbvote.core.card import certify, voter_secret
from pbvote.core.election import Election
from pbvote.core.encoding import encode
from pbvote.core.errors import BallotRefused
from pbvote.core.group import multiply_base
from pbvote.core.note import Signer
from pbvote.core.receipt import SignedReceipt
from pbvote.registry import CheckpointCopy, Registry
from pbvote.terminal import Steps
from pbvote.voting import Voter, prepare, voter_of_card
from pbvote.words import plural

OFFICIALS = ("mayor", "town clerk")
AT_ONCE = 16  # voters at home


class Poll:
    """Boxes and desks of an election while people vote."""

    def __init__(
        self,
        election: Election,
        plan: Plan,
        boxes: dict[str, Path],
        desks: dict[str, Registry],
        stick: Path,
        steps: Steps,
    ) -> None:
        """`stick` is what checkpoints are copied to, and where logs are exchanged."""
        self._election, self._plan, self._steps = election, plan, steps
        (stick / "checkpoints").mkdir(parents=True)
        self._stick, self._copy = stick, CheckpointCopy(stick / "checkpoints")
        self._desks = desks
        self._boxes = {
            name: Box.in_folder(folder, election, name, now=_now) for name, folder in boxes.items()
        }
        self._letters: dict[str, str] = {}
        self.receipts: dict[str, list[SignedReceipt]] = {}
        self.refused: list[str] = []

    def run(self) -> None:
        """Letters, votes from home, votes in the hall, then everything is closed."""
        self._send_letters()
        for box in self._boxes.values():
            box.open_poll()
        self._vote_at_home()
        self._vote_in_the_hall()
        self._try_mischief()
        for box in self._boxes.values():
            box.close_poll()
            box.stop()
        for desk in self._desks.values():
            desk.close()

    def _send_letters(self) -> None:
        people = self._plan.people
        self._steps.step("Cards: a letter to everybody on the roll", len(people))
        ids = [person.number for person in people]
        cards = self._desks["mairie"].issue(
            ids, "online", copy=self._copy, progress=lambda done, total: self._steps.reach(done)
        )
        self._letters = {card.person: card.text for card in cards}
        for name, desk in self._desks.items():
            if name != "mairie":
                desk.learn("mairie", self._mairie_log())

    def _mairie_log(self) -> Path:
        """Its log on the stick, so that the desks in the hall go on with its serials."""
        folder = self._stick / "registry" / "mairie"
        self._desks["mairie"].export(folder)
        return folder

    def _vote_at_home(self) -> None:
        voters = [p for p in self._plan.voters if p.channel == "online"]
        self._steps.step(f"At home: {plural(len(voters), 'person')} voting online", len(voters))
        for person in self._plan.challenging:
            prepared = self._prepare("online", self._letters[person.number], person)
            self._boxes["online"].challenge(encode(prepared.challenge()))
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(self._vote_online, voters))
        for person in self._plan.replaced:
            card = self._desks["mairie"].replace(
                person.number, officials=OFFICIALS, copy=self._copy
            )
            self._cast("online", card.text, person)

    def _vote_online(self, person: Person) -> None:
        self._cast("online", self._letters[person.number], person)
        self._steps.advance(1)

    def _vote_in_the_hall(self) -> None:
        voters = [p for p in self._plan.voters if p.channel == "in-person"]
        voters += self._plan.again_in_the_hall
        self._steps.step(
            f"In the hall: {plural(len(voters), 'person')} at two desks and kiosks", len(voters)
        )
        for place in (1, 2):
            desk, box = self._desks[f"desk-{place}"], f"kiosk-{place}"
            queue = voters[place - 1 :: 2]
            queue += [p for p in self._plan.two_desks if p not in queue]
            cards = desk.issue([p.number for p in queue], "in-person", copy=self._copy)
            texts = {card.person: card.text for card in cards}
            for person in queue:
                self._cast(box, texts[person.number], person)
                self._steps.advance(1)

    def _cast(self, box: str, card: str, person: Person) -> SignedReceipt:
        prepared = self._prepare(box, card, person)
        receipt = self._boxes[box].cast(encode(prepared.cast()))
        self.receipts.setdefault(person.number, []).append(receipt)
        return receipt

    def _prepare(self, box: str, card: str, person: Person) -> PreparedBallot:
        voter = voter_of_card(self._election, card)
        choice = {self._plan.contest.id: person.vector} if person.vector is not None else {}
        return prepare(self._election, box, voter, choice)

    def _try_mischief(self) -> None:
        """A ballot copied, a card forged: the box says no, so a manipulated box writes them."""
        bad = [self._copied(p) for p in self._plan.copied] + [
            self._forged(p) for p in self._plan.forged
        ]
        if not bad:
            return
        self._steps.step("Mischief: one ballot copied, one forged; a manipulated box takes them")
        for cast in bad:
            try:
                self._boxes["online"].cast(encode(cast))
            except BallotRefused as error:
                self.refused.append(f"{error.what} ({error.reason})")
            self._boxes["online"]._append(read_cast(encode(cast), "online"))  # past its checks

    def _copied(self, person: Person) -> Cast:
        """Another voter's sealed choice under this person's own card."""
        mine = self._prepare("online", self._letters[person.number], person).cast()
        other = self._plan.challenging[0]
        theirs = self._prepare("online", self._letters[other.number], other).ballot
        return structs.replace(mine, ballot=structs.replace(mine.ballot, sealed=theirs.sealed))

    def _forged(self, person: Person) -> Cast:
        """A ballot under a certificate that somebody signed with a key of their own."""
        code, registrar = secrets.token_bytes(16), "mairie"
        secret = voter_secret(code, self._election.id)
        stranger = Signer("stranger", secrets.token_bytes(32))
        genuine = voter_of_card(self._election, self._letters[person.number]).certificate
        certificate = certify(
            stranger,
            election=self._election.id,
            pseudonym=genuine.pseudonym,
            serial=genuine.serial + 1,
            channel="online",
            district=None if genuine.district is UNSET else genuine.district,
            key=multiply_base(secret),
            registrar=registrar,
        )
        return prepare(self._election, "online", Voter(certificate, secret), {}).cast()


def _now() -> int:
    return int(time.time())
