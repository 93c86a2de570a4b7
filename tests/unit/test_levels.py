"""Bounds on what is bought with a range of shares, at the limits of 64 bits."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pbvote.core.selection import Approval
from pbvote_tally.rules.levels import reach
from pbvote_tally.rules.limits import Room
from pbvote_tally.rules.offers import Market
from pbvote_tally.rules.profile import Entry, profile


@pytest.mark.parametrize(("likes", "share"), [(5, 1816), (10, 1059)])
def test_levels_far_above_the_last_one_do_not_overflow(likes: int, share: int) -> None:
    """A hundred voters can buy one of what they like, at the same ρ, so the next level is looked
    for far above, where one voter alone pays: nothing of this is bought for sure."""
    voters, projects = 100, likes + 2
    entries = [Entry(f"b{i}", voters * share * 4 // 5) for i in range(likes)]
    entries += [Entry("alone", share), Entry("small", voters * share * 3 // 20)]
    crowd, one = [1] * likes + [0, 1], [0] * likes + [1, 0]
    town = profile(
        entries,
        share * (voters + 1),
        Approval(min=0, max=projects),
        {tuple(crowd): voters, tuple(one): 1},
    )
    market = Market(town, range(projects), "cost")
    found = reach(market, Fraction(share), Fraction(share + 1), Room(town))
    money = (share + 1) * (voters + 1)
    assert sum(offer.cost for offer in found.surely) <= money
    assert not {offer.project for offer in found.surely} & set(range(likes))
