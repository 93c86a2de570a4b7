"""How each of the ballot formats is shown, said and worked: a small class each, no widgets."""

from __future__ import annotations

from pbvote_kiosk.ballot.choice import (
    ApprovalChoice,
    Choice,
    GradesChoice,
    KnapsackChoice,
    PointsChoice,
    RankingChoice,
    Refusal,
)
from pbvote_kiosk.ballot.manner import Act, Manner
from pbvote_kiosk.language import N_, Words

GRADES = {
    2: (N_("against"), N_("in favour")),
    3: (N_("poor"), N_("fair"), N_("good")),
    4: (N_("poor"), N_("fair"), N_("good"), N_("excellent")),
    5: (N_("very poor"), N_("poor"), N_("fair"), N_("good"), N_("excellent")),
    6: (
        N_("reject"),
        N_("very poor"),
        N_("poor"),
        N_("fair"),
        N_("good"),
        N_("excellent"),
    ),
}
"""A word for each grade, the worst first, where there are so many levels."""


class _TickManner(Manner):
    def __init__(
        self, choice: ApprovalChoice | KnapsackChoice, words: Words, currency: str
    ) -> None:
        super().__init__(choice, words, currency)
        self.ticks = choice

    def press(self, place: int) -> Refusal | None:
        return self.ticks.toggle(place)

    def press_does(self) -> str:
        return self.words("Choose/Take back")

    def mark(self, place: int) -> str:
        return "[X]" if self.ticks.value(place) else "[ ]"

    def review(self, place: int, project: str) -> str:
        return f"[X] {project}"

    def state(self, place: int) -> str:
        return self.words("chosen") if self.ticks.value(place) else ""


class ApprovalManner(_TickManner):
    """Ticks, with a counter of what is left."""

    def __init__(self, choice: ApprovalChoice, words: Words, currency: str) -> None:
        super().__init__(choice, words, currency)
        self.approval = choice

    def how(self) -> str:
        _, least, most = self.words, self.approval.form.min, self.approval.most
        if most == 0:
            return _("No project can be chosen here: leave the ballot blank.")
        if least == most or most == 1:
            return _.many("Choose {n} project.", "Choose {n} projects.", most)
        if least > 1:
            return _("Choose {least} to {most} projects.", least=least, most=most)
        return _.many("Choose up to {n} project.", "Choose up to {n} projects.", most)

    def meter(self) -> str:
        _ = self.words
        chosen = _.many("{n} project chosen", "{n} projects chosen", self.approval.spent)
        if self.approval.is_single:
            return f"{chosen}."
        left = _("that is the most")
        if self.approval.left:
            left = _.many("you can choose {n} more", "you can choose {n} more", self.approval.left)
        return f"{chosen}, {left}."

    def big_about(self) -> str:
        return self.words.many(
            "project you can still choose", "projects you can still choose", self.approval.left
        )

    def mark(self, place: int) -> str:
        if not self.approval.is_single:
            return super().mark(place)
        return "(X)" if self.approval.value(place) else "( )"


class KnapsackManner(_TickManner):
    """Ticks, with a bar of the money."""

    def __init__(self, choice: KnapsackChoice, words: Words, currency: str) -> None:
        super().__init__(choice, words, currency)
        self.knapsack = choice

    def how(self) -> str:
        amount = self._amount(self.knapsack.most)
        return self.words("Choose projects for {amount} at most, together.", amount=amount)

    def meter(self) -> str:
        return self.words(
            "{spent} of {most} used, {left} left.",
            spent=self._amount(self.knapsack.spent),
            most=self._amount(self.knapsack.most),
            left=self._amount(self.knapsack.left),
        )

    def big(self) -> str:
        return self._amount(self.knapsack.left)

    def big_about(self) -> str:
        return self.words("left of {amount}", amount=self._amount(self.knapsack.most))

    def share(self) -> tuple[int, int] | None:
        return self.knapsack.spent, self.knapsack.most

    def hint(self, place: int) -> str:
        if self.knapsack.value(place) or self.knapsack.fits(place) is None:
            return ""
        return self.words("doesn't fit")

    def mark(self, place: int) -> str:
        return "[-]" if self.hint(place) else super().mark(place)

    def _amount(self, amount: int) -> str:
        return self.words.amount(amount, self.currency)


class _StepManner(Manner):
    """A number between two buttons."""

    mark_width = 11

    @property
    def asks(self) -> bool:
        return True

    def reading_order(self) -> list[int]:
        """The best liked first."""
        return sorted(self.choice.places, key=self.choice.value, reverse=True)

    def at(self, column: int, place: int) -> Act | None:
        if column < 3:
            return "less"
        return "more" if column >= self.mark_width - 3 else None

    def mark(self, place: int) -> str:
        return f"[-]{self.choice.value(place) or '·':^5}[+]"

    def press_does(self) -> str:
        return self.words("Type a number")


class PointsManner(_StepManner):
    """Points from one purse."""

    def __init__(self, choice: PointsChoice, words: Words, currency: str) -> None:
        super().__init__(choice, words, currency)
        self.points = choice

    def how(self) -> str:
        _ = self.words
        each = _.many("at most {n} to a project", "at most {n} to a project", self.points.most_each)
        share = _.many("Give out up to {n} point", "Give out up to {n} points", self.points.most)
        return f"{share}, {each}."

    def meter(self) -> str:
        _ = self.words
        left = _.many("{n} point left", "{n} points left", self.points.left)
        return _("{left} of {most}.", left=left, most=_.number(self.points.most))

    def big_about(self) -> str:
        most = self.words.number(self.points.most)
        return self.words.many(
            "point left of {most}", "points left of {most}", self.points.left, most=most
        )

    def share(self) -> tuple[int, int] | None:
        return self.points.spent, self.points.most

    def ask(self, number: str) -> str:
        most = self.words.number(self.points.most_each)
        return self.words(
            "Project {number}: how many points, 0 to {most}?", number=number, most=most
        )

    def give(self, place: int, number: int) -> Refusal | None:
        return self.points.give(place, number)

    def steps_do(self) -> str:
        return self.words("More/Fewer points")

    def state(self, place: int) -> str:
        points = self.points.value(place)
        return self.words.many("{n} point", "{n} points", points) if points else ""

    def nothing(self) -> str:
        return self.words("no points")

    def at_the_end(self) -> str:
        return self.words("It has no points.")


class RankingManner(Manner):
    """An order, the best first."""

    mark_width = 11

    def __init__(self, choice: RankingChoice, words: Words, currency: str) -> None:
        super().__init__(choice, words, currency)
        self.ranking = choice

    def how(self) -> str:
        return self.words.many(
            "Put {n} project first, the one you like best.",
            "Put up to {n} projects in your order, the one you like best first.",
            self.ranking.most,
        )

    def meter(self) -> str:
        _ = self.words
        ranked = _.many("{n} project ranked", "{n} projects ranked", self.ranking.spent)
        left = _("that is the most")
        if self.ranking.left:
            left = _.many("you can rank {n} more", "you can rank {n} more", self.ranking.left)
        return f"{ranked}, {left}."

    def big_about(self) -> str:
        return self.words.many(
            "project you can still rank", "projects you can still rank", self.ranking.left
        )

    def press(self, place: int) -> Refusal | None:
        return self.ranking.toggle(place)

    def press_does(self) -> str:
        return self.words("Rank next/Take out")

    def steps_do(self) -> str:
        return self.words("Up/Down in your order")

    def at(self, column: int, place: int) -> Act | None:
        if not self.ranking.value(place) or 3 <= column < self.mark_width - 3:
            return "press"
        return "more" if column < 3 else "less"

    def mark(self, place: int) -> str:
        rank = self.ranking.value(place)
        return f"[▲]{rank:^5}[▼]" if rank else f"{'[ ]':^{self.mark_width}}"

    def state(self, place: int) -> str:
        rank = self.ranking.value(place)
        return self.words("rank {rank}", rank=self.words.number(rank)) if rank else ""

    def review(self, place: int, project: str) -> str:
        return f"{self.ranking.value(place):>2}. {project}"

    def nothing(self) -> str:
        return self.words("not in your order")

    def at_the_top(self) -> str:
        return self.words("It is first already.")

    def at_the_end(self) -> str:
        return self.words("It is last already.")


class GradesManner(_StepManner):
    """A grade for each project."""

    def __init__(self, choice: GradesChoice, words: Words, currency: str) -> None:
        super().__init__(choice, words, currency)
        self.grades = choice
        self._levels = choice.form.levels

    def how(self) -> str:
        _ = self.words
        if self._levels < 2:
            return _("Give a 1 to the projects you want. No grade means no opinion.")
        return _(
            "Give grades from 1 ({worst}) to {most} ({best}). No grade means no opinion.",
            worst=self._word(1) or _("worst"),
            best=self._word(self._levels) or _("best"),
            most=_.number(self._levels),
        )

    def meter(self) -> str:
        _ = self.words
        return _.many(
            "{n} of {most} projects graded.",
            "{n} of {most} projects graded.",
            self.grades.spent,
            most=_.number(self.grades.most),
        )

    def big(self) -> str:
        return self.words.number(self.grades.spent)

    def big_about(self) -> str:
        _ = self.words
        return _.many(
            "of {most} projects graded",
            "of {most} projects graded",
            self.grades.spent,
            most=_.number(self.grades.most),
        )

    def ask(self, number: str) -> str:
        most = self.words.number(self._levels)
        return self.words(
            "Project {number}: which grade, 1 to {most} (0: no opinion)?", number=number, most=most
        )

    def give(self, place: int, number: int) -> Refusal | None:
        return self.grades.grade(place, number)

    def steps_do(self) -> str:
        return self.words("Better/Worse grade")

    def state(self, place: int) -> str:
        _, grade = self.words, self.grades.value(place)
        if not grade:
            return ""
        word = self._word(grade)
        if not word:
            return _("grade {grade} of {most}", grade=grade, most=self._levels)
        return _("grade {grade} of {most} ({word})", grade=grade, most=self._levels, word=word)

    def nothing(self) -> str:
        return self.words("no opinion")

    def too_much(self, most: int) -> str:
        return self.words("{most} is the best grade.", most=most)

    def at_the_end(self) -> str:
        return self.words("It has no grade.")

    def _word(self, grade: int) -> str:
        known = GRADES.get(self._levels)
        return self.words(known[grade - 1]) if known else ""


def manner_of(choice: Choice, words: Words, currency: str) -> Manner:
    """The manner of a choice's format."""
    match choice:
        case ApprovalChoice():
            return ApprovalManner(choice, words, currency)
        case KnapsackChoice():
            return KnapsackManner(choice, words, currency)
        case PointsChoice():
            return PointsManner(choice, words, currency)
        case RankingChoice():
            return RankingManner(choice, words, currency)
        case GradesChoice():
            return GradesManner(choice, words, currency)
    raise TypeError(f"no manner for {type(choice).__name__}")
