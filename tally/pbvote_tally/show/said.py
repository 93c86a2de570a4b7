"""What the wall says, in sentences that can be read aloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from pbvote.core.election import Election
from pbvote.core.selection import Approval, Knapsack, Points, Ranking
from pbvote_tally.language import N_, Words
from pbvote_tally.minutes.said import RULE, SET_ASIDE, TIE
from pbvote_tally.records import MergeRecord
from pbvote_tally.rules.frame import REQUIRED
from pbvote_tally.rules.profile import Number, Step, TieBreak
from pbvote_tally.show.film import Film

STEPS = (
    N_("{log}: every entry against its checkpoint"),
    N_("Copies of checkpoints, held against the logs"),
    N_("{box}: every ballot's proof"),
    N_("The closing: every log read to its end"),
    N_("{trustee} signs the closing"),
    N_("Manifest, addenda and roll: signatures of commission and trustees"),
    N_("Closing: what is counted, signed before anything was mixed"),
    N_("Logs: every entry of {number} logs, each ballot's proof"),
    N_("{contest}: {trustee} mixes"),
    N_("{contest}: {trustee} opens"),
    N_("{contest}: the mix of trustee {number} is checked"),
    N_("{contest}: the mix of trustee {number}"),
    N_("{contest}: the opening of trustee {number}"),
    N_("The lot: the opening of trustee {number}"),
    N_("The lot: drawn after the closing, by the trustees together"),
    N_("The count, by each contest's rule"),
    N_("Results: signed by the commission"),
    N_("Results: the commission's signature, and every file as it was signed"),
    N_("The bundle so far, copied to the stick"),
)
"""What the tally's steps say (`report.step`), to be translated where they are shown."""
FAULTS = (
    N_("the passphrase is wrong"),
    N_("Try again"),
    N_("no log of this election is here"),
    N_("Name the folder that `pbvote box export` or `pbvote registry export` wrote"),
    N_("no such folder"),
    N_("Name the stick, or a folder on it"),
    N_("there is a closing already"),
    N_("Nothing is added after it; a box found later is listed, not counted"),
    N_("this is another closing than the one here"),
    N_("Nobody signs two: ask who made it. Only the one here is counted"),
    N_("no closing.note is here"),
    N_("Name the folder that the trustee signed in"),
    N_("not enough trustees have mixed"),
    N_("First all mix, then all open"),
    N_("no mix or opening is here"),
    N_("Name the folder that `pbvote-tally mix` or `open` wrote"),
    N_("another one is here already"),
    N_("A trustee mixes and opens once; ask which of the two is right"),
    N_("Trustees mix in the order of their numbers; the count goes on without"),
    N_("It can't be mixed again"),
    N_("Those who open have mixed, and all mixes come before the first opening"),
    N_("this trustee hasn't mixed this contest"),
    N_("Only those who mixed it open it"),
    N_("The checkpoint is kept as evidence. Ask who kept this log, and count it as cut"),
    N_("the commission's key isn't here"),
    N_("Count on the machine that has it, or bring it back to its place"),
    N_("the stick doesn't give back what was written"),
    N_("Take another stick"),
    N_("Use the folder of this election's ceremony"),
    N_("Make room or give rights there, then do it again; nothing was changed"),
    N_("If it is a stick, put it in again"),
    N_("Remove it, then go on"),
    N_("a link, not a file or folder"),
    N_("it has no place in a bundle"),
    N_("a ballot was counted as checked ahead, but its proof doesn't hold"),
    N_("Nothing was signed. Ask who wrote in the folder `ahead`"),
    N_("this isn't the commission's key"),
    N_("Bring back the one that signed the manifest"),
)
"""Errors of ours that officials meet while they count."""


def amount(words: Words, election: Election, money: int) -> str:
    """Money in the election's currency."""
    return words.amount(money, election.manifest.currency)


def number(words: Words, value: Number) -> str:
    """A whole number, or one with two decimals."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return words.number(exact.numerator)
    hundredths = round(exact * 100)
    point = "." if words.language == "en" else ","
    return f"{words.number(hundredths // 100)}{point}{hundredths % 100:02}"


def minutes(seconds: float) -> str:
    """A time as on a clock: 0:07, 12:30, 1:02:03."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    text = f"{rest // 60}:{rest % 60:02}"
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else text


def log_name(words: Words, name: str, election: Election) -> str:
    """A log as people call it: a box with its place, a registry."""
    _ = words
    kind, own = name.split("/")
    if kind == "registry":
        return _("Registry {name}", name=own)
    place = election.box(own).place
    text = words.text(place) if isinstance(place, str | Mapping) else ""
    return _("Box {name}", name=own if text in ("", own) else f"{own} ({text})")


# --- merge ----------------------------------------------------------------------------------------


def set_aside_lines(words: Words, record: MergeRecord) -> list[str]:
    """Why ballots were set aside, the most frequent reason first."""
    found = Counter(entry.reason for entry in record.set_aside)
    return [
        f"{words.number(times):>7}  {words(SET_ASIDE[reason])}"
        for reason, times in sorted(found.items(), key=lambda pair: -pair[1])
    ]


def double_lines(words: Words, record: MergeRecord) -> list[str]:
    """How double votes were settled."""
    _ = words
    again = sum(entry.reason == "superseded" for entry in record.set_aside)
    lines = []
    if again:
        lines.append(
            _.many(
                "{n} ballot was replaced by another of the same person: one counts for each.",
                "{n} ballots were replaced by others of the same people: one counts for each.",
                again,
            )
        )
    if record.conflicts:
        lines.append(
            _.many(
                "{n} person had equal cards from two desks: one ballot counts, by a fixed rule.",
                "{n} people had equal cards from two desks: one ballot of each counts,"
                " by a fixed rule.",
                len(record.conflicts),
            )
        )
    return lines or [_("Nobody voted twice.")]


def turnout_lines(words: Words, record: MergeRecord, election: Election) -> list[str]:
    """How many count, of how many who may vote."""
    _ = words
    enrolled = sum(registry.enrolled for registry in record.registries)
    people = election.manifest.roll.count + enrolled
    permille = round(Fraction(1000 * record.accepted, people)) if people else 0
    share = f"{permille // 10}{'.' if words.language == 'en' else ','}{permille % 10}\u00a0%"
    lines = [
        _.many("{n} ballot counts.", "{n} ballots count.", record.accepted),
        _(
            "{people} people may vote: the turnout is {share}.",
            people=words.number(people),
            share=share,
        ),
    ]
    if enrolled:
        lines.append(
            _.many(
                "Among them is {n} person who was enrolled on the day.",
                "Among them are {n} people who were enrolled on the day.",
                enrolled,
            )
        )
    return lines


# --- the count ------------------------------------------------------------------------------------


def rule_line(words: Words, name: str) -> str:
    """The rule, by its name in plain words."""
    return words(RULE[name]) if name in RULE else name


def ballots_line(words: Words, film: Film) -> str:
    """How many ballots of a contest there are."""
    _ = words
    result = film.counted.result
    return _(
        "{ballots}, {blank} of them blank, {invalid} invalid",
        ballots=_.many("{n} ballot", "{n} ballots", result.ballots),
        blank=words.number(result.blank),
        invalid=words.number(result.invalid),
    )


CHOSEN: Mapping[str, str] = {
    "required": N_("{title} must be funded, whatever its votes. It costs {cost}."),
    "overspent": N_(
        "{title} has {score} and costs {cost}; {left} is left. That is enough of its cost for the"
        " rule to go beyond the money there is: it is funded."
    ),
    "left": N_("{title} has {score} and costs {cost}; {left} is left. It is funded."),
    "shares": N_("{title} has {score}. Its supporters' shares pay its {cost}: it is funded."),
    "": N_("{title} has {score} and costs {cost}. It is funded."),
}
NOT_CHOSEN: Mapping[str, str] = {
    "withdrawn": N_("{title} was withdrawn. It can't be funded."),
    "too-few-votes": N_("{title} has {score}: fewer than the least it needs. It isn't funded."),
    "score-too-low": N_("{title} has {score}: less than the least it needs. It isn't funded."),
    "too-dear": N_("{title} has {score}, but costs {cost}; only {left} is left. It isn't funded."),
    "stopped": N_(
        "{title} has {score}. It comes after the first project that didn't fit: it isn't funded."
    ),
    "supporters-cannot-pay": N_(
        "{title} has {score}. Its supporters have {money} left together, and it costs {cost}:"
        " it isn't funded."
    ),
    "excluded-by": N_("{title} has {score}, but {because} was funded, which excludes it."),
    "limit-reached": N_("{title} has {score}, but {because} has its number of projects already."),
    "limit-amount": N_("{title} has {score}, but {because} has its share of the money already."),
    "outranked": N_("{title} has {score}. As many as may win come before it: it isn't funded."),
}


def score_text(words: Words, value: Number, unit: str) -> str:
    """Votes, points or an average grade."""
    _ = words
    if unit == "votes":
        return _.many("{n} vote", "{n} votes", int(value))
    if unit == "points" and Fraction(value).denominator == 1:
        return _.many("{n} point", "{n} points", int(value))
    return number(words, value)


def unit_of(film: Film) -> str:
    """What a project's score is a number of."""
    ballot = film.contest.ballot
    if isinstance(ballot, Approval | Knapsack):
        return "votes"
    return "points" if isinstance(ballot, Points | Ranking) else "average"


def step_sentence(words: Words, film: Film, taken: int, election: Election) -> str:
    """What a step decided, to be read aloud."""
    _ = words
    step = film.step(taken)
    if step is None:
        return ""
    row = film.row(step.project)
    before = film.budget - film.spent(taken - 1)
    money = step.numbers.get("left", before)
    values = {
        "title": f"{row.number}\u00a0· {words.text(row.title)}",
        "score": score_text(words, row.score, unit_of(film)),
        "cost": amount(words, election, row.cost),
        "left": amount(words, election, int(money)),
        "money": amount(words, election, int(step.numbers.get("money", 0))),
        "because": _because(words, film, step),
    }
    if step.chosen:
        return _(CHOSEN[_told(step)], **values)
    if step.reason in NOT_CHOSEN:
        return _(NOT_CHOSEN[step.reason], **values)
    return _("{title} has {score} and costs {cost}. It isn't funded.", **values)


def _told(step: Step) -> str:
    """Which of the sentences says why it was chosen."""
    if step.phase == REQUIRED:
        return REQUIRED
    named = {"overspent": "overspent", "price": "shares", "left": "left"}
    return next((told for number, told in named.items() if number in step.numbers), "")


def _because(words: Words, film: Film, step: Step) -> str:
    if any(row.id == step.because for row in film.rows):
        return words.text(film.row(step.because).title)
    return step.because


def tie_sentence(words: Words, film: Film, tie: TieBreak) -> str:
    """Which projects were equal, and what put them in order."""
    _ = words
    by = tie.by[-1] if tie.by else ""
    return _(
        "Equal: {projects}. What decided: {how}.",
        projects=", ".join(film.row(name).number for name in tie.projects),
        how=_(TIE[by]) if by in TIE else by,
    )


def money_line(words: Words, film: Film, taken: int, election: Election) -> str:
    """What is spent and what is left."""
    _ = words
    spent = film.spent(taken)
    values = {
        "spent": amount(words, election, spent),
        "budget": amount(words, election, film.budget),
        "left": amount(words, election, abs(film.budget - spent)),
    }
    if spent > film.budget:
        return _("{spent} of {budget} given, {left} beyond it", **values)
    return _("{spent} of {budget} given, {left} left", **values)
