"""Why a project won or not, in a few plain sentences; every rule and every reason has some."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from pbvote.core.encoding import Texts
from pbvote.core.selection import BallotFormat, Grades, Points, Ranking
from pbvote_tally.explain.report import Enough, Payment
from pbvote_tally.language import N_, Words
from pbvote_tally.rules.frame import REQUIRED
from pbvote_tally.rules.profile import Step, TieBreak

Money = Callable[[Words, int], str]
"""An amount in the smallest unit as people read it."""

RULE_TITLES: Mapping[str, str] = {
    "greedy": N_("Most votes first"),
    "greedy-per-cost": N_("Most votes for the money first"),
    "equal-shares": N_("Equal shares"),
    "phragmen": N_("Phragmén's method"),
    "maximin-support": N_("Maximin support"),
    "best-total": N_("Most votes in all"),
    "majority-judgment": N_("Majority judgment"),
    "borda": N_("Borda count"),
    "most-votes": N_("Most votes, whatever the cost"),
}
CRITERIA: Mapping[str, str] = {
    "lower-cost": N_("the lower cost"),
    "higher-cost": N_("the higher cost"),
    "more-votes": N_("more votes"),
    "lot": N_("the lot"),
    "without-lot": N_("the projects' names, as no lot was drawn"),
}


class Told(Struct, frozen=True):
    """What the sentences about all projects of a contest draw on.

    `titles` and `needed` (the votes that the minima ask for) are by project id. `by_points`: in
    Equal Shares supporters pay for each point.
    """

    ballot: BallotFormat
    ballots: int
    titles: Mapping[str, Texts]
    needed: Mapping[str, int]
    money: Money
    by_points: bool = False


class Fate(Struct, frozen=True):
    """What became of one project: its deciding step, and its place among the winners."""

    step: Step
    position: int | None
    payments: Sequence[Payment] = ()
    enough: Enough | None = None
    tie: TieBreak | None = None


def rule_title(_: Words, rule: str) -> str:
    """A rule's name as people read it."""
    return _(RULE_TITLES[rule]) if rule in RULE_TITLES else rule


def explanation(_: Words, told: Told, fate: Fate) -> str:
    """All there is to say about a project."""
    parts = [
        _support(_, told, fate.step),
        _outcome(_, told, fate),
        _tie(_, told, fate),
        *_enough(_, told, fate),
    ]
    return " ".join(part for part in parts if part)


def _support(_: Words, told: Told, step: Step) -> str:
    votes, score = int(step.numbers.get("votes", 0)), step.numbers.get("score", 0)
    ballots = _.number(told.ballots)
    supported = _.many(
        "{n} of {ballots} ballots supports it.",
        "{n} of {ballots} ballots support it.",
        votes,
        ballots=ballots,
    )
    if isinstance(told.ballot, Points | Ranking) and score == int(score):
        points = _.many("It has {n} point.", "It has {n} points.", int(score))
        return f"{supported} {points}"
    if isinstance(told.ballot, Grades):
        graded = _.many(
            "{n} of {ballots} ballots grades it.",
            "{n} of {ballots} ballots grade it.",
            votes,
            ballots=ballots,
        )
        return f"{graded} {_grade(_, step)}"
    return supported


def _grade(_: Words, step: Step) -> str:
    if "grade" in step.numbers:
        grade = _.number(int(step.numbers["grade"]))
        return _("Half of them or more give it at least {grade}.", grade=grade)
    return _("Their average is {grade}.", grade=_.decimal(Fraction(step.numbers.get("score", 0))))


def _outcome(_: Words, told: Told, fate: Fate) -> str:
    step = fate.step
    if step.chosen:
        return _won(_, told, fate)
    numbers, amount = step.numbers, _amounts(_, told, step)
    match step.reason:
        case "withdrawn":
            return _("It was withdrawn, so it can't win.")
        case "too-few-votes":
            needed = max(told.needed[step.project], int(numbers["votes"]) + 1)
            return _.many(
                "That is too few: it needs at least {n} vote.",
                "That is too few: it needs at least {n} votes.",
                needed,
            )
        case "score-too-low":
            return _("That is less than the rules ask for.")
        case "too-dear" if step.phase == "best-total":
            return _(
                "The winners have the highest total that the money allows: {left} is left over,"
                " and it costs {cost}.",
                **amount,
            )
        case "too-dear":
            return _("When its turn came, {left} was left; it costs {cost}.", **amount)
        case "stopped":
            return _("A project before it didn't fit in the money left, and the count ended there.")
        case "supporters-cannot-pay":
            return _("Its supporters had {money} left together; it costs {cost}.", **amount)
        case "outranked":
            return _.many(
                "Others come before it, and there is {n} winner.",
                "Others come before it, and there are {n} winners.",
                int(numbers.get("winners", 0)),
            )
        case "excluded-by":
            title = _.text(told.titles.get(step.because, step.because))
            return _("“{title}” won, and only one of the two can.", title=title)
        case "limit-reached" | "limit-amount":
            return _limit(_, told, step)
        case _ as reason:
            return _("It was not funded ({reason}).", reason=reason)


def _amounts(_: Words, told: Told, step: Step) -> dict[str, str]:
    """The step's amounts of money, as people read them; what isn't whole is rounded down."""
    named = ("left", "cost", "money", "room", "overspent")
    return {name: told.money(_, int(step.numbers[name])) for name in named if name in step.numbers}


def _limit(_: Words, told: Told, step: Step) -> str:
    limit, amount, scope = int(step.numbers["limit"]), _amounts(_, told, step), step.because
    if step.reason == "limit-amount" and scope:
        return _(
            "“{scope}” may have {limit}, of which {room} was left; it costs {cost}.",
            scope=scope,
            limit=told.money(_, limit),
            **amount,
        )
    if step.reason == "limit-amount":
        return _(
            "All winners may cost {limit}, of which {room} was left; it costs {cost}.",
            limit=told.money(_, limit),
            **amount,
        )
    if scope:
        return _.many(
            "“{scope}” may have {n} winner, and others came before it.",
            "“{scope}” may have {n} winners, and others came before it.",
            limit,
            scope=scope,
        )
    return _.many(
        "There may be {n} winner, and others came before it.",
        "There may be {n} winners, and others came before it.",
        limit,
    )


def _won(_: Words, told: Told, fate: Fate) -> str:
    step, numbers = fate.step, fate.step.numbers
    position = _.number(fate.position or 0)
    if step.phase == REQUIRED:
        return _("It had to be funded, whatever its votes.")
    if "price" in numbers and fate.payments:
        price = told.money(_, round(Fraction(numbers["price"])))
        if told.by_points:
            return _(
                "It won as number {position}: its supporters paid {price} for each point,"
                " or what they had left.",
                position=position,
                price=price,
            )
        return _(
            "It won as number {position}: its supporters paid {price} each, or what they had left.",
            position=position,
            price=price,
        )
    if "overspent" in numbers:
        return _(
            "It won as number {position}, though it cost {overspent} more than was left:"
            " the rule lets that be.",
            position=position,
            **_amounts(_, told, step),
        )
    return _("It won as number {position}.", position=position)


def _tie(_: Words, told: Told, fate: Fate) -> str:
    """Whom it was equal with, where some of them won and others didn't."""
    if fate.tie is None:
        return ""
    others = [project for project in fate.tie.projects if project != fate.step.project]
    by = _(CRITERIA[fate.tie.by[-1]])
    if len(others) == 1:
        title = _.text(told.titles[others[0]])
        return _(
            "It was equal with “{title}”; this decided: {criterion}.", title=title, criterion=by
        )
    return _.many(
        "It was equal with {n} other; this decided: {criterion}.",
        "It was equal with {n} others; this decided: {criterion}.",
        len(others),
        criterion=by,
    )


def _enough(_: Words, told: Told, fate: Fate) -> list[str]:
    """What would have been enough; nothing where nobody looked or nothing was found."""
    enough = fate.enough
    if enough is None:
        return []
    if enough.no_votes == enough.no_price == "impossible":
        return [_("No votes more and no lower cost would have changed that.")]
    said = []
    if enough.votes is not None:
        said.append(_votes_missing(_, told, enough.votes))
    elif enough.no_votes == "impossible":
        said.append(_("No votes more would have been enough."))
    if enough.price:
        said.append(_("At a cost of {price} it would have won.", price=told.money(_, enough.price)))
    elif enough.price == 0:
        said.append(_("If it had cost nothing it would have won."))
    elif enough.no_price == "impossible":
        said.append(_("A lower cost would have changed nothing."))
    return said


def _votes_missing(_: Words, told: Told, votes: int) -> str:
    match told.ballot:
        case Points():
            return _.many(
                "{n} ballot more with all points it can have would have been enough.",
                "{n} ballots more with all points it can have would have been enough.",
                votes,
            )
        case Ranking():
            return _.many(
                "{n} ballot more with it in the first place would have been enough.",
                "{n} ballots more with it in the first place would have been enough.",
                votes,
            )
        case Grades():
            return _.many(
                "{n} ballot more with the best grade for it would have been enough.",
                "{n} ballots more with the best grade for it would have been enough.",
                votes,
            )
    return _.many(
        "{n} vote more would have been enough.", "{n} votes more would have been enough.", votes
    )
