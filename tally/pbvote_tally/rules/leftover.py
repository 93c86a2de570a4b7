"""Sequential Phragmén from what Equal Shares left: everybody earns, starting with what is left.

As in the authors' first programs (`completion="phragmen"` of pabutools 0.8): every voter gets money
at the same speed; a project is bought as soon as its supporters have its cost, and takes all they
have. A project that no longer fits into the budget is left out.

With the time t since Equal Shares ended, a supporter has (what was left) + t, or t − t' if it last
paid at t'. So a project with V supporters is bought at

    t = (cost − Σ left + Σ t') / V

summed over those who haven't paid and those who have. That only rises, as supporters pay.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from fractions import Fraction
from operator import mul

import numpy as np

from pbvote_tally.rules.frame import step
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.offers import Offer
from pbvote_tally.rules.profile import Number, Profile, Step
from pbvote_tally.rules.purses import Purses
from pbvote_tally.rules.ties import Ties

PHASE = "completion"


class Earning:
    """What is bought after Equal Shares with `purses`, from `money` of the budget."""

    def __init__(
        self, profile: Profile, purses: Purses, money: int, ties: Ties, room: Room
    ) -> None:
        self.profile = profile
        self.purses = purses
        self.money = money
        self.ties = ties
        self.room = room
        self._times: list[Fraction] = []
        self._paid = np.zeros(len(profile.weights), np.int32)  # which of the times; 0: not yet

    def buy(self, offers: Iterable[Offer]) -> list[Step]:
        """A step for each, as its turn came; those without supporters last."""
        steps = []
        waiting = [(Fraction(0), offer.project, offer) for offer in offers if offer.by.total]
        while waiting:
            time, equal = self._next(waiting)
            first = self.ties.order(equal, PHASE)[0]
            for p in equal:
                if p != first:
                    heapq.heappush(waiting, (time, p, equal[p]))
            steps.append(self._take(equal[first], time))
        alone = [offer for offer in offers if not offer.by.total]
        return [*steps, *(self._without(offer) for offer in alone)]

    def _next(
        self, waiting: list[tuple[Fraction, int, Offer]]
    ) -> tuple[Fraction, dict[int, Offer]]:
        """The projects whose time comes first, taken out; the times in `waiting` may be too low."""
        equal: dict[int, Offer] = {}
        first: Fraction | None = None
        while waiting and (first is None or waiting[0][0] <= first):
            _, p, offer = heapq.heappop(waiting)
            time = self._time(offer)
            if first is None or time <= first:
                for other in equal.values() if time != first else ():
                    heapq.heappush(waiting, (first or time, other.project, other))
                equal = {**(equal if time == first else {}), p: offer}
                first = time
            else:
                heapq.heappush(waiting, (time, p, offer))
        return first or Fraction(0), equal

    def _time(self, offer: Offer) -> Fraction:
        by, paid = offer.by, self._paid[offer.by.groups]
        voters = self.purses.market.tally(paid, by.weights)
        since: Fraction = sum(map(mul, voters[1:], self._times), Fraction(0))
        return (offer.cost - self.purses.money(by.groups[paid == 0]) + since) / by.voters

    def _take(self, offer: Offer, time: Fraction) -> Step:
        p, refusal = offer.project, self.room.refusal(offer.project)
        numbers: dict[str, Number] = {"left": self.money, "earned": time}
        if refusal:
            return step(
                self.profile, p, refusal.reason, PHASE, numbers | refusal.numbers, refusal.because
            )
        if offer.cost > self.money:
            return step(self.profile, p, "too-dear", PHASE, numbers)
        self._times.append(time)
        self._paid[offer.by.groups] = len(self._times)
        self.money -= offer.cost
        self.room.take(p)
        return step(self.profile, p, "chosen", PHASE, numbers)

    def _without(self, offer: Offer) -> Step:
        nothing: dict[str, Number] = {"money": 0}
        return step(self.profile, offer.project, "supporters-cannot-pay", PHASE, nothing)
