"""How a ballot format is shown, said and worked: what the formats of `manners` have in common.

A manner holds a choice and the words of the language now chosen. Marks are of one width within a
contest and hold the buttons that a mouse or finger finds: `at(column)` says which.
"""

from __future__ import annotations

from typing import Literal

from pbvote_kiosk.ballot.choice import (
    AtTheEnd,
    AtTheTop,
    Choice,
    NeverFits,
    NoPointsLeft,
    Refusal,
    TooDear,
    TooFew,
    TooMany,
    TooMuchForOne,
)
from pbvote_kiosk.language import Words

Act = Literal["press", "more", "less"]


class Manner:
    """What is common to all formats."""

    mark_width = 3

    def __init__(self, choice: Choice, words: Words, currency: str) -> None:
        self._of, self.words, self.currency = choice, words, currency

    @property
    def choice(self) -> Choice:
        """What is edited."""
        return self._of

    def how(self) -> str:
        """How to vote in this contest, in one sentence."""
        raise NotImplementedError

    def meter(self) -> str:
        """What is used and what is left, in words."""
        raise NotImplementedError

    def big(self) -> str:
        """The one figure that is shown large."""
        return self.words.number(self.choice.left)

    def big_about(self) -> str:
        """What the large figure is."""
        return self.meter()

    def share(self) -> tuple[int, int] | None:
        """How far a bar is filled, of how much; None without a bar."""
        return None

    def press_does(self) -> str:
        """What Enter does, for the line of keys."""
        raise NotImplementedError

    def steps_do(self) -> str:
        """What + and − do, for the line of keys."""
        return ""

    @property
    def asks(self) -> bool:
        """Whether Enter asks for a number."""
        return False

    def ask(self, number: str) -> str:
        """The question for that number, of the project with this printed one."""
        return ""

    def give(self, place: int, number: int) -> Refusal | None:
        """The number that was asked for."""
        raise NotImplementedError

    def press(self, place: int) -> Refusal | None:
        """What Enter does, unless it `asks`."""
        raise NotImplementedError

    def act(self, act: Act, place: int) -> Refusal | None:
        """Do one of the three."""
        if act == "more":
            return self.choice.more(place)
        return self.choice.less(place) if act == "less" else self.press(place)

    def at(self, column: int, place: int) -> Act | None:
        """The button at this column of a mark."""
        return "press"

    def mark(self, place: int) -> str:
        """The shape in front of a project."""
        raise NotImplementedError

    def state(self, place: int) -> str:
        """What was done with a project, in words; "" for nothing."""
        raise NotImplementedError

    def nothing(self) -> str:
        """What is said of a project that nothing was done with."""
        return self.words("not chosen")

    def reading_order(self) -> list[int]:
        """The projects that something was done with, as they are read over."""
        return self.choice.places

    def review(self, place: int, project: str) -> str:
        """A line of the review; `project` is its number, title and cost."""
        return self.words("{project}: {state}", project=project, state=self.state(place))

    def hint(self, place: int) -> str:
        """Why a project can't be taken now, if that should be seen before it is tried."""
        return ""

    def changed(self, place: int, number: str) -> str:
        """What an act made of a project with this printed number."""
        state = self.state(place) or self.nothing()
        return self.words("Project {number}: {state}.", number=number, state=state)

    def refused(self, refusal: Refusal) -> str:
        """Why not, and what to do now."""
        _ = self.words
        match refusal:
            case TooMany(0):
                return _("No project can be chosen here: leave the ballot blank.")
            case TooMany(most):
                return _.many(
                    "You have chosen the {n} project you may. Take it back first.",
                    "You have chosen all {n} projects you may. Take one back first.",
                    most,
                )
            case TooFew(least, chosen):
                return _.many(
                    "Choose {n} more project, or none at all for a blank ballot.",
                    "Choose {n} more projects, or none at all for a blank ballot.",
                    least - chosen,
                )
            case TooDear(missing):
                amount = _.amount(missing, self.currency)
                return _(
                    "It doesn't fit: {amount} missing. Take another back first.", amount=amount
                )
            case NeverFits(budget):
                amount = _.amount(budget, self.currency)
                return _("It doesn't fit: alone it costs more than {amount}.", amount=amount)
            case NoPointsLeft(total, 0):
                return _.many(
                    "You have given {n} point, that is all. Take it back first.",
                    "You have given all {n} points. Take some back first.",
                    total,
                )
            case NoPointsLeft(_, left):
                return _.many("Only {n} point is left.", "Only {n} points are left.", left)
            case TooMuchForOne(most):
                return self.too_much(most)
            case AtTheTop():
                return self.at_the_top()
            case AtTheEnd():
                return self.at_the_end()
            case _:
                return _("Rank it first, with Enter.")

    def too_much(self, most: int) -> str:
        """No more than `most` for one project."""
        return self.words.many(
            "A project gets {n} point at most.", "A project gets {n} points at most.", most
        )

    def at_the_top(self) -> str:
        """It can't go up."""
        return self.words("It is chosen already.")

    def at_the_end(self) -> str:
        """It can't go down."""
        return self.words("It isn't chosen.")
