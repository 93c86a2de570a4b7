"""One person at the kiosk: what is chosen, sealed, and answered by the box. No screens here.

A session ends with `forget`; whoever made it drops it then, so that nothing of the voter is
referenced any more. The box decides everything: this only asks it, in order.
"""

from __future__ import annotations

from collections.abc import Sequence

from pbvote.box import Box
from pbvote.core import group
from pbvote.core.ballot import Cast, Challenge, PreparedBallot
from pbvote.core.election import Election
from pbvote.core.encoding import encode
from pbvote.core.errors import RefusedError
from pbvote.core.group import Random
from pbvote.core.manifest import Contest
from pbvote.core.receipt import SignedReceipt
from pbvote.receipts import OpenedContest
from pbvote.voting import Voter, prepare
from pbvote_kiosk.ballot.choice import Choice, make_choice
from pbvote_kiosk.ballot.order import project_order


class Choosing:
    """The contests somebody sees, and what is chosen in each so far."""

    def __init__(self, election: Election, contests: Sequence[Contest], order_key: bytes) -> None:
        self.election = election
        self.contests = list(contests)
        self.choices = [make_choice(contest) for contest in contests]
        self._order_key = order_key

    def order(self, contest: Contest) -> list[int]:
        """The projects' places in the order this person sees them."""
        return project_order(self._order_key, contest)

    def choice(self, contest_id: str) -> Choice:
        """The choice in a contest."""
        return next(choice for choice in self.choices if choice.contest.id == contest_id)

    def forget(self) -> None:
        """Drop what is secret; nothing can be done with it any more."""
        for choice in self.choices:
            choice.clear()
        self.choices = []
        self._order_key = b""


class TryOut(Choosing):
    """A ballot to play with: no card, no box, nothing sealed, nothing sent."""

    def __init__(self, election: Election, random: Random = group.system_random) -> None:
        """The contests are those of the first district, as somebody there sees them."""
        districts = election.manifest.district_names
        contests = election.contests_for(districts[0] if districts else None)
        super().__init__(election, contests, random(32))
        self._random = random

    def seal(self) -> bytes:
        """A tracker that is of nothing."""
        return self._random(32)

    def opening(self) -> list[OpenedContest]:
        """What a machine would show that had sealed this choice."""
        return [OpenedContest(choice.contest, choice.vector) for choice in self.choices]


class Session(Choosing):
    """A card's holder before a box."""

    def __init__(self, box: Box, voter: Voter, random: Random = group.system_random) -> None:
        election = box.election
        super().__init__(election, election.contests_for(voter.district), voter.secret)
        self._box: Box = box
        self._voter: Voter | None = voter
        self._random = random
        self._prepared: PreparedBallot | None = None
        self._answer: Cast | Challenge | None = None

    @property
    def voter(self) -> Voter:
        """Who holds the card; RefusedError once the session is forgotten."""
        if self._voter is None:
            raise RefusedError("this session is over", hint="Begin again with the card")
        return self._voter

    @property
    def may_replace(self) -> bool:
        """Whether a second ballot of this card would count instead of its first."""
        return self.election.manifest.supersede != "first"

    def is_of(self, voter: Voter) -> bool:
        """Whether this is the same card."""
        return self.voter.certificate.key == voter.certificate.key

    def standing(self) -> list[SignedReceipt]:
        """The receipts of what this card cast at this box, the earliest first."""
        return self._box.standing(self.voter.certificate.key)

    def again(self) -> Session:
        """A fresh session of the same card; this one is forgotten."""
        voter = self.voter
        self.forget()
        return Session(self._box, voter, self._random)

    def seal(self) -> bytes:
        """Seal the choices as they are; the tracker. What was sealed before is dropped."""
        self._prepared = self._answer = None
        choices = {choice.contest.id: choice.vector for choice in self.choices}
        self._prepared = prepare(
            self.election, self._box.name, self.voter, choices, random=self._random
        )
        return self._prepared.tracker

    def cast(self) -> SignedReceipt:
        """Put the sealed ballot into the box; its receipt.

        After a StorageError call it again: the same ballot goes to the box, which never takes it
        twice. Errors as in `Box.cast`; RefusedError if nothing is sealed, or it was opened.
        """
        if self._answer is None:
            self._answer = self._sealed().cast()
        if not isinstance(self._answer, Cast):
            raise RefusedError("this ballot was opened", hint="Begin again with the card")
        return self._box.cast(encode(self._answer))

    def challenge(self) -> tuple[SignedReceipt, Challenge]:
        """Have the sealed ballot opened: it never counts. Errors and second calls as in `cast`."""
        if self._answer is None:
            self._answer = self._sealed().challenge()
        if not isinstance(self._answer, Challenge):
            raise RefusedError("this ballot was cast", hint="Scan the card again to see it")
        return self._box.challenge(encode(self._answer)), self._answer

    def forget(self) -> None:
        super().forget()
        self._voter = self._prepared = self._answer = None

    def _sealed(self) -> PreparedBallot:
        if self._prepared is None:
            raise RefusedError("nothing is sealed", hint="Begin again with the card")
        return self._prepared
