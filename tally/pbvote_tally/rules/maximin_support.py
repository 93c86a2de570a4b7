"""Maximin support: the project next that keeps the heaviest load lightest, all costs shared anew.

Sánchez-Fernández, Fernández-García, Fisteus and Brill, *The maximin support method* (Mathematical
Programming 2022); for projects with costs Aziz, Lee and Talmon, *Proportionally Representative
Participatory Budgeting: Axioms and Algorithms* (AAMAS 2018), there "generalised sequential
Phragmén". docs/rules.md, `maximin-support`.

All four like the park, and pay 15 each. Two of them like the pool: that would be 35 for each of
these if the park stayed paid as it was. But the others can pay 25 each for the park, and these the
rest and the pool:

>>> from pbvote.core.selection import Approval
>>> from pbvote_tally.rules.profile import Entry, profile
>>> town = profile(
...     [Entry("park", 60), Entry("pool", 40)],
...     100,
...     Approval(min=1, max=2),
...     {(1, 1): 2, (1, 0): 2},
... )
>>> outcome = maximin_support(town, MaximinSupportParameters())
>>> [(step.project, str(step.numbers["load"])) for step in outcome.steps]
[('park', '15'), ('pool', '25')]
"""

from __future__ import annotations

from fractions import Fraction

from pbvote_tally.rules.balance import Balance, crowd
from pbvote_tally.rules.frame import Start, outcome, start, step
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Reason, Step
from pbvote_tally.rules.ties import Ties

NAME = "maximin-support"


class MaximinSupportParameters(Parameters, frozen=True, kw_only=True):
    """It has none of its own."""


def maximin_support(profile: Profile, parameters: MaximinSupportParameters) -> Outcome:
    """The outcome of the maximin support method."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    steps = _Rounds(profile, begun, ties).all()
    return outcome(NAME, parameters, profile, [*begun.steps, *steps, *begun.out], ties)


class _Rounds:
    """The projects one after the other.

    A project's top never falls when others are taken; so one whose last known bound is above the
    best one found needn't be looked at again.
    """

    def __init__(self, profile: Profile, begun: Start, ties: Ties) -> None:
        self.profile, self.ties = profile, ties
        self.room, self.money = begun.room, begun.money
        self.balance = Balance(crowd(profile, begun.money))
        self.twins: dict[int, tuple[int, bytes]] = {}
        self.bounds: dict[int, Fraction] = {}
        self.won: list[Step] = []
        self.lost: list[Step] = []
        for p in ties.order(begun.left, NAME, record=False):
            if profile.votes[p]:
                cost = profile.projects[p].cost
                self.bounds[p] = Fraction(cost, profile.votes[p])
                self.twins[p] = cost, self.balance.crowd.groups[p].tobytes()
            else:
                self.lost.append(step(profile, p, "too-few-votes", NAME))

    def all(self) -> list[Step]:
        """Every decision: those taken in their order, then the others as they were left out."""
        while True:
            self._leave_out()
            if not self.bounds:
                return [*self.won, *self.lost]
            found = self._best()
            first = self.ties.order(found, NAME)[0]
            self._take(first, found[first] or self._with(first))

    def _leave_out(self) -> None:
        """What doesn't fit any more, or a limit refuses."""
        for p in list(self.bounds):
            numbers: dict[str, Number] = {"left": self.money}
            refusal = self.room.refusal(p)
            if refusal:
                numbers |= refusal.numbers
                made = step(self.profile, p, refusal.reason, NAME, numbers, refusal.because)
            elif self.profile.projects[p].cost > self.money:
                reason: Reason = "too-dear"
                made = step(self.profile, p, reason, NAME, numbers)
            else:
                continue
            self.lost.append(made)
            del self.bounds[p]

    def _best(self) -> dict[int, Balance | None]:
        """The projects with which the top would be lowest, equal ones all of them.

        None stands for a balance that wasn't made yet.
        """
        top = self.balance.top
        low = [p for p, bound in self.bounds.items() if bound <= top]
        roomy = [p for p, has in zip(low, self.balance.has_room(low), strict=True) if has]
        best: dict[int, Balance | None] = dict.fromkeys(roomy)
        ceiling = top if best else None
        known: dict[tuple[int, bytes], Balance | Fraction] = {}
        for p in sorted(self.bounds, key=lambda p: max(self.bounds[p], top)):
            if p in best:
                continue
            if ceiling is not None and max(self.bounds[p], top) > ceiling:
                break
            twin = self.twins[p]
            if twin not in known:
                known[twin] = self.balance.with_project(p, self.bounds[p], ceiling)
            made = known[twin]
            if isinstance(made, Fraction):
                self.bounds[p] = made
                continue
            self.bounds[p] = made.top
            if ceiling is None or made.top < ceiling:
                best, ceiling = {}, made.top
            best[p] = made if p in made.paid else None
        return best

    def _with(self, p: int) -> Balance:
        made = self.balance.with_project(p, self.bounds[p], None)
        if isinstance(made, Fraction):
            raise TypeError("without a ceiling there is always a balance")
        return made

    def _take(self, p: int, balance: Balance) -> None:
        numbers: dict[str, Number] = {"load": balance.top, "left": self.money}
        self.won.append(step(self.profile, p, "chosen", NAME, numbers))
        self.balance = balance
        self.room.take(p)
        self.money -= self.profile.projects[p].cost
        del self.bounds[p]
