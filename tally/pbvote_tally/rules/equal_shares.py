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
from fractions import Fraction
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, structs
from numpy.typing import NDArray

from pbvote.core.encoding import MAX_INT
from pbvote.core.errors import InputError
from pbvote.core.selection import MAX_VMAX, Ranking
from pbvote_tally.rules.buying import buy
from pbvote_tally.rules.frame import Start, outcome, start, step
from pbvote_tally.rules.greedy import GreedyParameters, greedy, take_best
from pbvote_tally.rules.leftover import Earning
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.loads import Payment
from pbvote_tally.rules.offers import PHASE, Market, Satisfaction, utility
from pbvote_tally.rules.parameters import MONEY, Parameters
from pbvote_tally.rules.profile import Number, Outcome, Profile, Step
from pbvote_tally.rules.purses import Purses
from pbvote_tally.rules.raising import Search
from pbvote_tally.rules.ties import Ties

FREE = "free"
COMPLETION = "completion"


class EqualSharesParameters(Parameters, frozen=True, kw_only=True):
    """docs/rules.md says each exactly. `step` is in the smallest unit."""

    satisfaction: Satisfaction = "cost"
    completion: Literal[
        "none", "add-one", "greedy", "add-one-greedy", "phragmen", "add-one-phragmen"
    ] = "add-one"
    step: Annotated[int, Meta(ge=1, le=MAX_INT, extra=MONEY)] = 1
    stop: Literal["overspending", "exhaustive"] = "overspending"
    endowment: Literal["exact", "whole"] = "exact"
    comparison: Literal["none", "greedy"] = "none"


def equal_shares(profile: Profile, parameters: EqualSharesParameters) -> Outcome:
    """The outcome of the Method of Equal Shares."""
    if parameters.satisfaction == "borda" and not isinstance(profile.ballot, Ranking):
        raise InputError(
            "Borda satisfaction needs rankings",
            hint="Choose satisfaction cost, or a ranking ballot",
        )
    found = _equal_shares(profile, parameters)
    if parameters.comparison == "greedy":
        return _compared(profile, parameters, found)
    return found


def _equal_shares(profile: Profile, parameters: EqualSharesParameters) -> Outcome:
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    steps = [*begun.steps, *_free(profile, begun, ties)]
    share = first = Fraction(begun.money, max(1, profile.ballots))
    if parameters.completion.startswith("add-one") and profile.ballots:
        share = _raised(_market(profile, parameters, begun), begun, first, ties, parameters)
    purses = _bought(profile, parameters, begun, share, ties)
    steps += _purchases(profile, purses, begun.room)
    if parameters.completion.endswith(("greedy", "phragmen")):
        steps = _completed(profile, begun, steps, purses, ties, parameters)
    figures = {"first_share": first, "share": share}
    return outcome("equal-shares", parameters, profile, [*steps, *begun.out], ties, figures)


def payments(profile: Profile, outcome: Outcome) -> dict[str, list[Payment]]:
    """Project → what its supporters paid for it, for those bought with shares, in their order.

    `outcome` is one of this rule with this profile.
    """
    parameters = outcome.parameters
    assert isinstance(parameters, EqualSharesParameters)  # noqa: S101  # this rule's outcome
    if not any(step.phase == PHASE and step.chosen for step in outcome.steps):
        return {}
    ties = Ties(profile)
    begun = start(profile, parameters, ties)
    _free(profile, begun, ties)
    purses = _bought(profile, parameters, begun, Fraction(outcome.figures["share"]), ties)
    return {profile.projects[p].id: purses.payments(k) for k, p in enumerate(purses.projects)}


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


def _market(profile: Profile, parameters: EqualSharesParameters, begun: Start) -> Market:
    for_sale = [p for p in begun.left if profile.projects[p].cost]
    return Market(profile, for_sale, parameters.satisfaction)


def _bought(
    profile: Profile, parameters: EqualSharesParameters, begun: Start, share: Fraction, ties: Ties
) -> Purses:
    """The purchases with this share."""
    market = _market(profile, parameters, begun)
    purses = Purses(market, share, market.bits(share))
    buy(purses, purses, ties, begun.room)
    return purses


def _raised(
    market: Market, begun: Start, first: Fraction, ties: Ties, parameters: EqualSharesParameters
) -> Fraction:
    """The share that add-one ends with."""
    base = first
    if parameters.endowment == "whole":
        base = Fraction(first // parameters.step * parameters.step)
    exhaustive = parameters.stop == "exhaustive"
    room, money, by = begun.room, begun.money, parameters.step
    return Search(market, ties, room, money, first, base, by, exhaustive).share()


def _purchases(profile: Profile, purses: Purses, room: Room) -> list[Step]:
    """What is bought, in order, then what can't be."""
    steps = []
    for paid, price in zip(purses.paid, purses.prices, strict=True):
        numbers: dict[str, Number] = {"price": price, "effective_votes": paid.offer.cost / price}
        steps.append(step(profile, paid.offer.project, "chosen", PHASE, numbers))
    got = set(purses.projects)
    purses.refresh()
    for offer in purses.market.offers:
        p, refusal = offer.project, room.refusal(offer.project)
        if p in got:
            continue
        if refusal:
            made = step(profile, p, refusal.reason, PHASE, refusal.numbers, refusal.because)
        else:
            money: dict[str, Number] = {"money": purses.whole_money(offer)}
            made = step(profile, p, "supporters-cannot-pay", PHASE, money)
        steps.append(made)
    return steps


def _completed(
    profile: Profile,
    begun: Start,
    steps: Sequence[Step],
    purses: Purses,
    ties: Ties,
    parameters: EqualSharesParameters,
) -> list[Step]:
    """The same, with what is left of the budget going to the others."""
    chosen = [step for step in steps if step.chosen]
    taken = {step.project for step in chosen}
    spent = sum(entry.cost for entry in profile.projects if entry.id in taken)
    money = max(0, profile.budget - spent)
    left = [p for p in begun.left if profile.projects[p].id not in taken]
    if parameters.completion.endswith("greedy"):
        rest = begun._replace(left=left, money=money)
        return [*chosen, *take_best(profile, rest, ties, "skip", COMPLETION)]
    earning = Earning(profile, purses, money, ties, begun.room)
    offers = [offer for offer in purses.market.offers if offer.project in set(left)]
    refused = [step for step in steps if not step.chosen and step.phase == FREE]
    return [*chosen, *refused, *earning.buy(offers)]


def _compared(profile: Profile, parameters: EqualSharesParameters, found: Outcome) -> Outcome:
    """The outcome of `greedy` instead, if strictly more voters prefer it."""
    other = greedy(
        profile,
        GreedyParameters(min_votes=parameters.min_votes, min_score=parameters.min_score),
    )
    more = _preference(profile, parameters.satisfaction, found.winners, other.winners)
    keep, replace = int(profile.weights[more > 0].sum()), int(profile.weights[more < 0].sum())
    figures = {**found.figures, "prefer_equal_shares": keep, "prefer_greedy": replace}
    if replace <= keep:
        return structs.replace(found, figures=figures)
    return structs.replace(
        found,
        winners=other.winners,
        spent=other.spent,
        steps=other.steps,
        ties=other.ties,
        figures=figures,
    )


def _preference(
    profile: Profile, satisfaction: Satisfaction, first: Sequence[str], second: Sequence[str]
) -> NDArray[Any]:
    """By how much each group is better served by the first winners than by the second."""
    worth = utility(profile, satisfaction)
    each = profile.costs if satisfaction == "cost" else [1] * len(profile.projects)
    kind: Any = np.int64 if sum(each) * MAX_VMAX < 1 << 63 else object
    more = np.zeros(len(profile.weights), kind)
    for p, entry in enumerate(profile.projects):
        sign = (entry.id in first) - (entry.id in second)
        if sign:
            more += sign * each[p] * worth(profile.matrix[:, p]).astype(kind)
    return more
