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
from pbvote_tally.rules.greedy import excluded, take_best
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
from pbvote_tally.rules.profile import Integers, Number, Outcome, Profile, Step
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
    out = excluded(profile, parameters)
    names = {step.project for step in out}
    left = [p for p, entry in enumerate(profile.projects) if entry.id not in names]
    free = [p for p in left if profile.projects[p].cost == 0]
    steps = [_free(profile, p) for p in ties.order(free, FREE, record=False)]
    for_sale = offers(profile, [p for p in left if p not in free], parameters.satisfaction)
    share = Fraction(profile.budget, max(1, profile.ballots))
    if parameters.completion.startswith("add-one") and for_sale:
        share = _Raised(profile, parameters, for_sale).share()
    steps += _purchases(profile, for_sale, share, ties)
    spent = sum(profile.projects[p].cost for p in _winners(profile, steps))
    if parameters.completion.endswith("greedy"):
        steps = [step for step in steps if step.chosen]
        rest = sorted(set(left) - set(_winners(profile, steps)))
        steps += take_best(profile, rest, profile.budget - spent, ties, "skip", "completion")
    chosen = _winners(profile, steps)
    return Outcome(
        rule="equal-shares",
        parameters=parameters,
        winners=tuple(profile.projects[p].id for p in chosen),
        spent=sum(profile.projects[p].cost for p in chosen),
        steps=(*steps, *out),
        ties=tuple(ties.broken),
        figures={"first_share": Fraction(profile.budget, max(1, profile.ballots)), "share": share},
    )


def _winners(profile: Profile, steps: Sequence[Step]) -> list[int]:
    position = {entry.id: p for p, entry in enumerate(profile.projects)}
    return [position[step.project] for step in steps if step.chosen]


def _free(profile: Profile, p: int) -> Step:
    """A project that costs nothing is chosen first."""
    return Step(profile.projects[p].id, "chosen", FREE, {"votes": profile.votes[p], "cost": 0})


def offers(profile: Profile, projects: Sequence[int], satisfaction: str) -> list[Offer]:
    """These projects (positions) as their supporters see them; those without any are left out."""
    made = [_offer(profile, p, satisfaction) for p in projects]
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


def _purchases(profile: Profile, for_sale: list[Offer], share: Fraction, ties: Ties) -> list[Step]:
    """The exact count with this share: what is bought, then what can't be."""
    purses = ExactPurses(share, len(profile.weights))
    bought = _certain(buy(for_sale, purses, ties))
    steps = [_bought(profile, purchase) for purchase in bought]
    got = {purchase.offer.project for purchase in bought}
    for offer in for_sale:
        if offer.project not in got:
            numbers: dict[str, Number] = {
                "votes": profile.votes[offer.project],
                "cost": offer.cost,
                "money": purses.money(offer),
            }
            name = profile.projects[offer.project].id
            steps.append(Step(name, "supporters-cannot-pay", PHASE, numbers))
    return steps


def _bought(profile: Profile, purchase: Purchase) -> Step:
    offer, price = purchase
    exact = price.exact or Fraction(0)
    numbers: dict[str, Number] = {
        "votes": profile.votes[offer.project],
        "cost": offer.cost,
        "price": exact,
        "effective_votes": offer.cost / exact,
    }
    return Step(profile.projects[offer.project].id, "chosen", PHASE, numbers)


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
        self, profile: Profile, parameters: EqualSharesParameters, for_sale: list[Offer]
    ) -> None:
        self.profile = profile
        self.parameters = parameters
        self.for_sale = for_sale
        self.ties = Ties(profile)
        self.is_stuck = False  # bounds left the last single share open: two offers may be equal
        self.first = Fraction(profile.budget, profile.ballots)
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
            left = self.profile.budget - sum(offer.cost for offer in bought)
            if left < 0:
                return self._at(raised - 1)
            if self._enough(bought, left):
                return self._at(raised)
            raised, width = raised + width, 2 * width if raised else 1

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
            purchases = buy(self.for_sale, bounds, self.ties)
            bought = None if purchases is None else [purchase.offer for purchase in purchases]
        if low == high:
            self.is_stuck = bought is None
        if bought is None and self.is_stuck:
            bought = buy_throughout(self.for_sale, first, last, groups, self.ties)
        self.ties.broken.clear()
        return bought

    def _enough(self, bought: list[Offer], left: int) -> bool:
        """Everything is bought, or (`stop` = `exhaustive`) nothing else would fit."""
        missing = set(self.for_sale) - set(bought)
        if self.parameters.stop == "exhaustive":
            return all(offer.cost > left for offer in missing)
        return not missing
