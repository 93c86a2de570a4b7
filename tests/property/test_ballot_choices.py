"""Any acts leave a valid vector, any valid vector can be reached, a refused act changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from election_builder import make_contest
from pbvote.core.errors import SelectionError
from pbvote.core.manifest import Contest
from pbvote.core.selection import Approval, Grades, Knapsack, Points, Ranking, Vector
from pbvote_kiosk.ballot.choice import (
    ApprovalChoice,
    AtTheEnd,
    AtTheTop,
    Choice,
    GradesChoice,
    KnapsackChoice,
    NeverFits,
    NoPointsLeft,
    NotRanked,
    PointsChoice,
    RankingChoice,
    Refusal,
    TooDear,
    TooFew,
    TooMany,
    TooMuchForOne,
    make_choice,
)
from pbvote_kiosk.ballot.order import project_order

FORMATS = st.one_of(
    st.builds(
        lambda a, b: Approval(min=min(a, b), max=max(a, b)), st.integers(0, 7), st.integers(0, 7)
    ),
    st.just(Knapsack()),
    st.builds(lambda total, each: Points(total=total, max_each=each), *[st.integers(0, 9)] * 2),
    st.builds(lambda most: Ranking(max=most), st.integers(0, 7)),
    st.builds(lambda levels: Grades(levels=levels), st.integers(0, 10)),
)


@st.composite
def contests(draw: st.DrawFn) -> Contest:
    """One to six projects, some for nothing, some dearer than the budget."""
    costs = draw(st.lists(st.integers(0, 9), min_size=1, max_size=6))
    plain = make_contest("city", len(costs), draw(FORMATS), budget=draw(st.integers(0, 20)))
    pairs = zip(plain.projects, costs, strict=True)
    return replace(plain, projects=[replace(project, cost=cost) for project, cost in pairs])


def acts_of(choice: Choice) -> list[Callable[[int, int], Refusal | None]]:
    """Each takes a project and a number."""
    acts: list[Callable[[int, int], Refusal | None]] = [
        lambda place, _: choice.more(place),
        lambda place, _: choice.less(place),
    ]
    match choice:
        case ApprovalChoice() | KnapsackChoice():
            acts.append(lambda place, _: choice.toggle(place))
        case PointsChoice():
            acts.append(choice.give)
        case RankingChoice():
            acts += [
                lambda place, _: choice.toggle(place),
                lambda place, _: choice.up(place),
                lambda place, _: choice.down(place),
            ]
        case GradesChoice():
            acts.append(choice.grade)
    return acts


ACTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(-1, 11)), min_size=0, max_size=40
)


@given(contest=contests(), acts=ACTS)
@settings(max_examples=300)
def test_any_acts_leave_a_valid_vector(contest: Contest, acts: list[tuple[int, int, int]]) -> None:
    choice = make_choice(contest)
    assert choice.is_blank and choice.missing() is None
    for act, place, number in acts:
        before = choice.vector
        kinds = acts_of(choice)
        refusal = kinds[act % len(kinds)](place % len(contest.projects), number)
        if refusal is not None:
            assert choice.vector == before
        check(choice)


def check(choice: Choice) -> None:
    """Valid, or `missing` says why not; and what is used and left adds up."""
    contest, vector = choice.contest, choice.vector
    if choice.missing() is None:
        contest.check_selection(vector)
    else:
        assert isinstance(contest.ballot, Approval) and 0 < sum(vector) < contest.ballot.min
        with pytest.raises(SelectionError):
            contest.check_selection(vector)
    assert choice.left >= 0 and choice.spent + choice.left == choice.most
    assert choice.is_blank == (not any(vector))
    assert sorted(choice.places) == [place for place, value in enumerate(vector) if value]
    costs = [project.cost for project in contest.projects]
    used = sum(cost for cost, value in zip(costs, vector, strict=True) if value)
    assert choice.cost == used
    match contest.ballot:
        case Knapsack():
            assert choice.left == contest.budget - used
        case Points():
            assert choice.spent == sum(vector)
        case _:
            assert choice.spent == len(choice.places)


@st.composite
def valid_vectors(draw: st.DrawFn) -> tuple[Contest, Vector]:
    """A vector that its contest takes, found without the editor."""
    contest = draw(contests())
    count = len(contest.projects)
    form = contest.ballot
    wanted: list[int]
    if isinstance(form, Ranking):
        ranked = draw(st.permutations(range(count)))[: draw(st.integers(0, min(form.max, count)))]
        wanted = [ranked.index(p) + 1 if p in ranked else 0 for p in range(count)]
    else:
        wanted = draw(st.lists(st.integers(0, contest.vmax), min_size=count, max_size=count))
    try:
        contest.check_selection(tuple(wanted))
    except SelectionError:
        wanted = [0] * count
    return contest, tuple(wanted)


@given(drawn=valid_vectors(), acts=ACTS)
@settings(max_examples=300)
def test_any_valid_vector_is_reached(
    drawn: tuple[Contest, Vector], acts: list[tuple[int, int, int]]
) -> None:
    contest, wanted = drawn
    choice = make_choice(contest)
    for act, place, number in acts:
        kinds = acts_of(choice)
        kinds[act % len(kinds)](place % len(contest.projects), number)
    choice.clear()
    steps = sorted((value, place) for place, value in enumerate(wanted) if value)
    for value, place in steps:
        match choice:
            case RankingChoice():
                assert choice.toggle(place) is None
            case PointsChoice() | GradesChoice():
                for _ in range(value):
                    assert choice.more(place) is None
            case ApprovalChoice() | KnapsackChoice():
                assert choice.toggle(place) is None
    assert choice.vector == wanted and choice.missing() is None


@given(contest=contests(), code=st.binary(min_size=16, max_size=32))
@settings(max_examples=100)
def test_an_order_is_a_permutation_and_the_card_s_own(contest: Contest, code: bytes) -> None:
    order = project_order(code, contest)
    assert sorted(order) == list(range(len(contest.projects)))
    assert order == project_order(code, contest)


def test_each_project_comes_first_for_as_many_cards() -> None:
    contest, cards = make_contest("city", 10), 5000
    orders = [project_order(b"card %d" % card, contest) for card in range(cards)]
    for rank in (0, 4, 9):
        seen = Counter(order[rank] for order in orders)
        # chi-square of 9 degrees of freedom; beyond 33.7 once in 10,000 draws
        expected = cards / 10
        assert sum((seen[p] - expected) ** 2 / expected for p in range(10)) < 33.7
    other = [project_order(b"card %d" % card, make_contest("other", 10)) for card in range(50)]
    assert other != orders[:50], "another contest, another order"


def test_choose_one_moves_the_mark() -> None:
    choice = make_choice(make_contest(ballot=Approval(min=1, max=1)))
    assert isinstance(choice, ApprovalChoice) and choice.is_single
    assert choice.toggle(1) is None and choice.toggle(3) is None
    assert choice.vector == (0, 0, 0, 1, 0)
    assert choice.toggle(3) is None and choice.is_blank


def test_refusals_say_why() -> None:
    approval = make_choice(make_contest(ballot=Approval(min=2, max=2)))
    assert approval.more(0) is None and approval.missing() == TooFew(2, 1)
    assert approval.more(0) == AtTheTop() and approval.less(1) == AtTheEnd()
    assert approval.more(1) is None and approval.missing() is None
    assert approval.more(2) == TooMany(2)

    # p1 … p5 cost 500,000 … 900,000
    knapsack = make_choice(make_contest(ballot=Knapsack(), budget=850_000))
    assert knapsack.more(4) == NeverFits(850_000)
    assert knapsack.more(0) is None and knapsack.more(1) == TooDear(250_000)

    points = make_choice(make_contest(ballot=Points(total=3, max_each=9)))
    assert isinstance(points, PointsChoice)
    assert points.give(0, 4) == TooMuchForOne(3)
    assert points.give(0, 2) is None and points.give(1, 2) == NoPointsLeft(3, 1)
    assert points.less(1) == AtTheEnd()

    ranking = make_choice(make_contest(ballot=Ranking(max=2)))
    assert isinstance(ranking, RankingChoice)
    assert ranking.toggle(4) is None and ranking.toggle(2) is None
    assert ranking.toggle(0) == TooMany(2) and ranking.up(0) == NotRanked()
    assert ranking.up(4) == AtTheTop() and ranking.down(2) == AtTheEnd()
    assert ranking.up(2) is None and ranking.places == [2, 4]

    grades = make_choice(make_contest(ballot=Grades(levels=3)))
    assert isinstance(grades, GradesChoice)
    assert grades.grade(0, 4) == TooMuchForOne(3) and grades.grade(0, 3) is None
    assert grades.more(0) == TooMuchForOne(3) and grades.less(1) == AtTheEnd()
