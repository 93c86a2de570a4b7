"""The Method of Equal Shares: everybody gets an equal share of the budget to spend.

Peters and Skowron, *Proportionality and the Limits of Welfarism* (EC 2020); for projects with
costs Peters, Pierczyński and Skowron, *Proportional Participatory Budgeting with Additive
Utilities* (NeurIPS 2021). docs/rules.md, `equal-shares`.

Two thirds like the parks, one third the path; the path's friends get their share of the money:

>>> from pbvote.core.selection import Approval
>>> from pbvote_tally.rules.profile import Entry, profile
>>> town = profile(
...     [Entry("park", 50), Entry("lawn", 60), Entry("path", 30)],
...     100,
...     Approval(min=1, max=3),
...     {(1, 1, 0): 4, (0, 0, 1): 2},
... )
>>> outcome = equal_shares(town, EqualSharesParameters())
>>> outcome.winners  # 100/6 each: the parks' friends have 66, the path's 33
('park', 'path')
>>> [(step.project, str(step.numbers["price"])) for step in outcome.steps if step.chosen]
[('park', '25/2'), ('path', '15')]
>>> equal_shares(town, EqualSharesParameters(completion="none")).winners
('park', 'path')
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from pbvote.core.encoding import MAX_INT
from pbvote_tally.rules.frame import Start, outcome, start, step
from pbvote_tally.rules.greedy import take_best
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.linear import buy_throughout
from pbvote_tally.rules.market import (
    PHASE,
    BoundPurses,
    ExactPurses,
    Offer,
    Purchase,
    buy,
)
from pbvote_tally.rules.parameters import MONEY, Parameters
from pbvote_tally.rules.profile import Integers, Outcome, Profile, Step
from pbvote_tally.rules.ties import Ties

FREE = "free"


class EqualSharesParameters(Parameters, frozen=True, kw_only=True):
    """docs/rules.md says each exactly. `step` is in the smallest unit."""

    satisfaction: Literal["cost", "cardinality", "points"] = "cost"
    completion: Literal["none", "add-one", "greedy", "add-one-greedy"] = "add-one"
    step: Annotated[int, Meta(ge=1, le=MAX_INT, extra=MONEY)] = 1
    stop: Literal["overspending", "exhaustive"] = "overspending"
    endowment: Literal["exact", "whole"] = "exact"


def equal_shares(profile: Profile, parameters: EqualSharesParameters) -> Outcome:
    """The outcome of the Method of Equal Shares."""
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    steps = [*begun.steps, *_free(profile, begun, ties)]
    for_sale = offers(profile, [p for p in begun.left if profile.projects[p].cost], parameters)
    share = first = Fraction(begun.money, max(1, profile.ballots))
    if parameters.completion.startswith("add-one") and for_sale:
        share = _Raised(profile, parameters, begun, for_sale).share()
    steps += _purchases(profile, begun.room, for_sale, share, ties)
    if parameters.completion.endswith("greedy"):
        steps = [step for step in steps if step.chosen]
        taken = {step.project for step in steps}
        spent = sum(entry.cost for entry in profile.projects if entry.id in taken)
        rest = begun._replace(
            left=[p for p in begun.left if profile.projects[p].id not in taken],
            money=max(0, profile.budget - spent),
        )
        steps += take_best(profile, rest, ties, "skip", "completion")
    figures = {"first_share": first, "share": share}
    return outcome("equal-shares", parameters, profile, [*steps, *begun.out], ties, figures)


def _free(profile: Profile, begun: Start, ties: Ties) -> list[Step]:
    """What costs nothing is taken first, if no limit refuses it."""
    steps = []
    free = [p for p in begun.left if profile.projects[p].cost == 0]
    for p in ties.order(free, FREE, record=False):
        refusal = begun.room.refusal(p)
        if refusal:
            steps.append(step(profile, p, refusal.reason, FREE, refusal.numbers, refusal.because))
        else:
            steps.append(step(profile, p, "chosen", FREE))
            begun.room.take(p)
    return steps


def offers(
    profile: Profile, projects: Sequence[int], parameters: EqualSharesParameters
) -> list[Offer]:
    """These projects (positions) as their supporters see them; those without any are left out."""
    made = [_offer(profile, p, parameters.satisfaction) for p in projects]
    return [offer for offer in made if offer.total]


def _offer(profile: Profile, p: int, satisfaction: str) -> Offer:
    groups: Integers = np.flatnonzero(profile.matrix[:, p]).astype(np.int64)
    if satisfaction == "points":
        utilities = profile.points(p)[groups]
    else:
        utilities = np.ones(len(groups), np.int64)
    weights = profile.weights[groups]
    cost = profile.projects[p].cost
    worth = cost if satisfaction == "cost" else 1
    return Offer(p, cost, worth, groups, utilities, weights, int(weights @ utilities))


def _purchases(
    profile: Profile, room: Room, for_sale: list[Offer], share: Fraction, ties: Ties
) -> list[Step]:
    """The exact count with this share: what is bought, then what can't be."""
    purses = ExactPurses(share, len(profile.weights))
    bought = _certain(buy(for_sale, purses, ties, room))
    steps = [_bought(profile, purchase) for purchase in bought]
    got = {purchase.offer.project for purchase in bought}
    for offer in for_sale:
        if offer.project in got:
            continue
        p, refusal = offer.project, room.refusal(offer.project)
        if refusal:
            made = step(profile, p, refusal.reason, PHASE, refusal.numbers, refusal.because)
        else:
            made = step(profile, p, "supporters-cannot-pay", PHASE, {"money": purses.money(offer)})
        steps.append(made)
    return steps


def _bought(profile: Profile, purchase: Purchase) -> Step:
    offer, price = purchase
    exact = price.exact or Fraction(0)
    numbers = {"price": exact, "effective_votes": offer.cost / exact}
    return step(profile, offer.project, "chosen", PHASE, numbers)


def _certain(bought: list[Purchase] | None) -> list[Purchase]:
    if bought is None:
        raise TypeError("exact purses leave nothing open")
    return bought


class _Raised:
    """Add-one: raise everybody's share step by step, until the purchases cost too much.

    Ranges of shares are tried at once with bounds; where they leave a purchase open the range is
    halved. Where a single share is left open, exact fractions take over until bounds do again. So
    the number of counts depends on how often something changes, not on how small a step is.
    """

    def __init__(
        self,
        profile: Profile,
        parameters: EqualSharesParameters,
        begun: Start,
        for_sale: list[Offer],
    ) -> None:
        self.profile = profile
        self.begun = begun
        self.parameters = parameters
        self.for_sale = for_sale
        self.ties = Ties(profile)
        self.is_stuck = False  # bounds left the last single share open: two offers may be equal
        self.first = Fraction(begun.money, profile.ballots)
        self.base = self.first
        if parameters.endowment == "whole":
            self.base = Fraction(self.first // parameters.step * parameters.step)

    def share(self) -> Fraction:
        """The last share whose purchases are within the budget (or the first that is enough)."""
        raised, width = 0, 1
        while True:
            bought = self._bought(raised, raised + width - 1)
            if bought is None:
                width //= 2
                continue
            left = self.begun.money - sum(offer.cost for offer in bought)
            if left < 0:
                return self._at(raised - 1)
            if self._enough(bought, left):
                return self._at(raised)
            raised, width = raised + width, 2 * width if raised else 1

    def _room(self) -> Room:
        return self.begun.room.copy()

    def _at(self, raised: int) -> Fraction:
        return self.base + raised * self.parameters.step if raised else self.first

    def _bought(self, low: int, high: int) -> list[Offer] | None:
        """What is bought with every share from low to high; None if that isn't the same for all.

        A single share always has an answer.
        """
        first, last, groups = self._at(low), self._at(high), len(self.profile.weights)
        bought: list[Offer] | None = None
        with suppress(OverflowError):
            bounds = BoundPurses(first, last, groups, self.profile.ballots)
            purchases = buy(self.for_sale, bounds, self.ties, self._room())
            bought = None if purchases is None else [purchase.offer for purchase in purchases]
        if low == high:
            self.is_stuck = bought is None
        if bought is None and self.is_stuck:
            ends = first, last
            bought = buy_throughout(self.for_sale, ends, groups, self.ties, self._room())
        self.ties.broken.clear()
        return bought

    def _enough(self, bought: list[Offer], left: int) -> bool:
        """Everything that limits allow is bought, or (`exhaustive`) nothing else would fit."""
        room = self._room()
        for offer in bought:
            room.take(offer.project)
        rest = set(self.for_sale) - set(bought)
        missing = [offer for offer in rest if not room.refusal(offer.project)]
        if self.parameters.stop == "exhaustive":
            return all(offer.cost > left for offer in missing)
        return not missing
