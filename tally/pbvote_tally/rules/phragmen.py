"""Sequential Phragmén: everybody earns alike, and supporters buy a project once they have its cost.

Phragmén's method of 1894 (Brill, Freeman, Janson and Lackner, *Phragmén's Voting Methods and
Justified Representation*, AAAI 2017) for projects with costs, as in Los, Christoff and Grossi,
*Proportional Budget Allocations: Towards a Systematization* (IJCAI 2022). docs/rules.md,
`phragmen`.

Four voters have the park's 60 together once each has earned 15, two others the path's 40 at 20; the
pool costs the park's friends another 25 each:

>>> from pbvote.core.selection import Approval
>>> from pbvote_tally.rules.profile import Entry, profile
>>> town = profile(
...     [Entry("park", 60), Entry("pool", 100), Entry("path", 40)],
...     200,
...     Approval(min=1, max=3),
...     {(1, 1, 0): 4, (0, 0, 1): 2},
... )
>>> outcome = phragmen(town, PhragmenParameters())
>>> [(step.project, str(step.numbers["load"])) for step in outcome.steps]
[('park', '15'), ('path', '20'), ('pool', '40')]
>>> from msgspec.structs import replace
>>> poor = replace(town, budget=190)
>>> phragmen(poor, PhragmenParameters()).steps[-1].reason
'too-dear'
>>> payments(town, outcome)["pool"]
[Payment(amount=Fraction(25, 1), voters=4)]
"""

from __future__ import annotations

from pbvote_tally.rules.frame import Start, outcome, start, step
from pbvote_tally.rules.loads import Loads, Payment, thousandths
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Reason, Step
from pbvote_tally.rules.taking import Unaffordable
from pbvote_tally.rules.ties import Ties

NAME = "phragmen"


class PhragmenParameters(Parameters, frozen=True, kw_only=True):
    """`unaffordable`: go on after a project that doesn't fit (`skip`), or end there (`stop`)."""

    unaffordable: Unaffordable = "skip"


def phragmen(profile: Profile, parameters: PhragmenParameters) -> Outcome:
    """The outcome of sequential Phragmén."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    steps = _Round(profile, begun, ties, parameters.unaffordable).all()
    return outcome(NAME, parameters, profile, [*begun.steps, *steps, *begun.out], ties)


def payments(profile: Profile, outcome: Outcome) -> dict[str, list[Payment]]:
    """Winner → what its supporters paid for it, for those that the rule bought, in their order."""
    position = {entry.id: p for p, entry in enumerate(profile.projects)}
    bought = [position[s.project] for s in outcome.steps if s.chosen and s.phase == NAME]
    loads = Loads(profile, bought)
    paid = {}
    for p in bought:
        paid[profile.projects[p].id] = loads.payments(p)
        loads.buy(p)
    return paid


class _Round:
    """The purchases one after the other."""

    def __init__(
        self, profile: Profile, begun: Start, ties: Ties, unaffordable: Unaffordable
    ) -> None:
        self.profile = profile
        self.money = begun.money
        self.room = begun.room
        self.ties = ties
        self.stops = unaffordable == "stop"
        self.unsupported = [p for p in begun.left if not profile.votes[p]]
        self.loads = Loads(profile, [p for p in begun.left if profile.votes[p]])
        self.won: list[Step] = []
        self.lost: list[Step] = []

    def all(self) -> list[Step]:
        """Every decision: purchases in their order, then the others as their turn came."""
        if self.stops:
            for p in self._ordered(self.loads.waiting):
                if not self._fits(p):
                    self._lose(p)
        while waiting := self.loads.waiting:
            equal = self._ordered(self.loads.lowest())
            able = [p for p in equal if self.room.refusal(p) is None]
            if not self.stops:
                able = [p for p in able if self._fits(p)]
            is_able = set(able)
            for p in equal:
                if p not in is_able:
                    self._lose(p)
            if not able:
                continue
            first = self.ties.order(able, NAME)[0]
            if not self._fits(first):
                self._end(waiting)
                break
            self._win(first)
        for p in self.unsupported:
            self.lost.append(step(self.profile, p, "too-few-votes", NAME))
        return [*self.won, *self.lost]

    def _ordered(self, projects: list[int]) -> list[int]:
        return self.ties.order(projects, NAME, record=False)

    def _fits(self, p: int) -> bool:
        return self.profile.projects[p].cost <= self.money

    def _numbers(self, p: int) -> dict[str, Number]:
        return {"load": thousandths(self.loads.load(p)), "left": self.money}

    def _win(self, p: int) -> None:
        self.won.append(step(self.profile, p, "chosen", NAME, self._numbers(p)))
        self.loads.buy(p)
        self.room.take(p)
        self.money -= self.profile.projects[p].cost

    def _lose(self, p: int, otherwise: Reason = "too-dear") -> None:
        """Its turn has come, and a limit refuses it or it doesn't fit."""
        refusal, numbers = self.room.refusal(p), self._numbers(p)
        if refusal:
            numbers |= refusal.numbers
            lost = step(self.profile, p, refusal.reason, NAME, numbers, refusal.because)
        else:
            lost = step(self.profile, p, otherwise, NAME, numbers)
        self.lost.append(lost)
        self.loads.drop(p)

    def _end(self, waiting: list[int]) -> None:
        """The next one doesn't fit: nobody buys anything any more."""
        for p in sorted(self._ordered(waiting), key=self.loads.load):
            if p in self.loads.waiting:
                self._lose(p, "stopped" if self._fits(p) else "too-dear")
