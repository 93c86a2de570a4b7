"""Small random elections whose every part can be changed and counted again from the ballots."""

from __future__ import annotations

import random
from collections import Counter
from typing import Literal, get_args, get_origin, get_type_hints

from pbvote.core.errors import InputError
from pbvote.core.limits import AnyLimit, AtMost, Exclusive, MinVotes, Required
from pbvote.core.manifest import Contest, Project, Tie
from pbvote.core.selection import Approval, BallotFormat, Grades, Points, Ranking
from pbvote_tally.explain.changed import full_marks
from pbvote_tally.explain.contest import Sources
from pbvote_tally.language import LANGUAGES
from pbvote_tally.rules import RULES, Rule
from pbvote_tally.rules.parameters import Parameters
from pbvote_tally.rules.profile import Entry, Profile, Vector, profile

FORMS: tuple[BallotFormat, ...] = (
    Approval(min=0, max=9),
    Points(total=6, max_each=3),
    Ranking(max=3),
    Grades(levels=4),
)
TIES: tuple[tuple[Tie, ...], ...] = (
    ("lower-cost", "lot"),
    ("higher-cost", "lot"),
    ("more-votes", "higher-cost"),
)


class Town:
    """An election of up to six projects and nine ballots, with limits."""

    def __init__(self, rng: random.Random, form: BallotFormat) -> None:
        self.form, self.ties = form, rng.choice(TIES)
        count = rng.randint(1, 6)
        kinds = [rng.choice("xy") for _ in range(count)]
        self.entries = [
            Entry(f"p{p}", rng.randint(0, 9), rng.random() < 0.05, (k,), k)
            for p, k in enumerate(kinds)
        ]
        self.budget = rng.randint(0, 25)
        self.ballots = [self._ballot(rng, count) for _ in range(rng.randint(0, 9))]
        self.limits = self._limits(rng)

    def _ballot(self, rng: random.Random, count: int) -> Vector:
        match self.form:
            case Ranking(max=most):
                ranked = rng.sample(range(count), rng.randint(0, min(most, count)))
                return tuple(ranked.index(p) + 1 if p in ranked else 0 for p in range(count))
            case Approval():
                return tuple(rng.randint(0, 1) for _ in range(count))
            case _:
                return tuple(rng.choice((0, 0, 1, 2, 3)) for _ in range(count))

    def _limits(self, rng: random.Random) -> tuple[AnyLimit, ...]:
        names = [entry.id for entry in self.entries]
        made: list[AnyLimit] = []
        for _ in range(rng.choice((0, 0, 1, 2))):
            some = rng.sample(names, rng.randint(1, len(names)))
            made.append(
                rng.choice(
                    (
                        MinVotes(votes=rng.randint(0, 4)),
                        MinVotes(share=f"1/{rng.randint(1, 5)}"),
                        MinVotes(cost_share=f"1/{rng.randint(1, 3)}"),
                        AtMost(category="x", projects=rng.randint(0, 2)),
                        AtMost(district="y", amount=rng.randint(0, self.budget)),
                        Exclusive(projects=some) if len(some) > 1 else AtMost(projects=2),
                        Required(projects=some[:1]),
                    )
                )
            )
        return tuple(made)

    def profile(self, project: str = "", cost: int = 0, more: int = 0) -> Profile:
        """With this project at another cost, or with ballots more for it."""
        entries = [
            e._replace(cost=cost) if e.id == project and not more else e for e in self.entries
        ]
        ballots = Counter(self.ballots)
        made = profile(entries, self.budget, self.form, ballots, self.ties, limits=self.limits)
        if more:
            mark = full_marks(made)[0]
            ballots[tuple(mark if entry.id == project else 0 for entry in entries)] += more
            made = profile(entries, self.budget, self.form, ballots, self.ties, limits=self.limits)
        return made


def some_town(rng: random.Random, name: str) -> tuple[Town, Rule]:
    """A town that a rule can count."""
    rule = RULES[name]
    return Town(rng, rng.choice([form for form in FORMS if rule.counts(form)])), rule


def some_parameters(rng: random.Random, rule: Rule, made: Profile) -> Parameters:
    """Some parameters of a rule: any word where it takes one of several, if the ballots let it."""
    hints = get_type_hints(rule.parameters)
    words = {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}
    chosen = {name: rng.choice(allowed) for name, allowed in words.items() if rng.random() < 0.5}
    try:
        rule.run(made, rule.decode(chosen))
    except InputError:
        return rule.decode({})
    return rule.decode(chosen)


def sources(made: Profile, rule: Rule, parameters: Parameters) -> Sources:
    """A profile counted, ready to be explained in four languages."""
    projects = [
        Project(
            id=entry.id,
            number=str(p),
            title={language: f"{entry.id} ({language})" for language in LANGUAGES},
            cost=entry.cost,
            category=", ".join(entry.categories),
            district=entry.district,
        )
        for p, entry in enumerate(made.projects)
    ]
    return Sources(
        contest=Contest(
            id="town",
            title={"en": "Town"},
            budget=made.budget,
            ballot=made.ballot,
            rule={"name": rule.name},
            projects=projects,
        ),
        profile=made,
        rule=rule,
        parameters=parameters,
        outcome=rule.run(made, parameters),
        languages=list(LANGUAGES),
        money=lambda _, amount: _.amount(amount, "EUR"),
    )
