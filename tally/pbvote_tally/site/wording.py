"""What the pages say of rules, decisions and ballots set aside, in the language of the words."""

from __future__ import annotations

from collections.abc import Mapping

from pbvote.language import N_
from pbvote_tally.explain.report import ContestReport, StepReport, TieReport
from pbvote_tally.explain.sentences import CRITERIA, RULE_TITLES
from pbvote_tally.language import Words

MEANS: Mapping[str, str] = {
    "greedy": N_(
        "Projects are taken from the most votes to the fewest, as long as each one still fits"
        " into the money that is left."
    ),
    "greedy-per-cost": N_(
        "Projects are taken by their votes for each unit of money, the best first, as long as"
        " each one still fits into the money that is left."
    ),
    "equal-shares": N_(
        "Every voter gets an equal share of the money. A project is funded when the people who"
        " voted for it can pay it together from their shares; the project that costs each of"
        " them least comes first."
    ),
    "phragmen": N_(
        "Every voter earns money at the same pace. A project is funded as soon as the people"
        " who voted for it have earned its cost together."
    ),
    "maximin-support": N_(
        "Projects are taken one by one so that the cost is spread over the voters as evenly as"
        " can be."
    ),
    "best-total": N_(
        "Of all sets of projects that fit into the money, the one with the most votes in all"
        " is funded."
    ),
    "majority-judgment": N_(
        "Projects are put in order by the grade that at least half of the voters gave or"
        " exceeded, and taken in that order."
    ),
    "borda": N_(
        "A ballot's first choice gets the most points, the next one fewer. Most points first."
    ),
    "most-votes": N_("The projects with the most votes win, whatever they cost."),
}
"""What a rule does, to be translated."""

ASIDE: Mapping[str, str] = {
    "malformed": N_("It isn't written in the form of a ballot"),
    "bad-challenge": N_("A ballot opened to check the machine, whose opening doesn't hold"),
    "wrong-election": N_("It was made for another election"),
    "wrong-box": N_("It was made for another ballot box"),
    "unknown-registrar": N_("Its card is of a registrar that this election doesn't have"),
    "certificate-not-logged": N_("No registrar handed out its card"),
    "revoked": N_("Its card was revoked, because it was lost or replaced"),
    "not-on-roll": N_("Its voter isn't on the roll"),
    "wrong-channel": N_("Its card was for voting online, and the box is in the hall, or reversed"),
    "wrong-contests": N_("It has other contests than its card may vote in"),
    "bad-proof": N_("It wasn't sealed by the holder of its card"),
    "challenged": N_("It was opened to check the machine, so it never counts"),
    "duplicate": N_("It is the same ballot a second time"),
    "superseded": N_("The same person voted again, and the later ballot counts"),
}
"""Why a ballot doesn't count (docs/protocol.md, section 8), to be translated."""

_WHY: Mapping[str, str] = {
    "withdrawn": N_("withdrawn."),
    "too-few-votes": N_("fewer votes than the town asks for."),
    "score-too-low": N_("a score below the one that the town asks for."),
    "too-dear": N_("it costs more than is left."),
    "stopped": N_("it comes after the first project that didn't fit."),
    "supporters-cannot-pay": N_("the people who voted for it can't pay it together any more."),
    "excluded-by": N_("it can't be funded together with {because}."),
    "limit-reached": N_("as many projects of {because} are funded as may be."),
    "limit-amount": N_("it would be more money for {because} than may be spent there."),
}


def rule_title(_: Words, rule: str) -> str:
    """A rule's name."""
    return _(RULE_TITLES[rule]) if rule in RULE_TITLES else rule


def rule_means(_: Words, rule: str) -> str:
    """What it does, in a sentence or two."""
    return _(MEANS[rule]) if rule in MEANS else ""


def why(_: Words, step: StepReport, contest: ContestReport) -> str:
    """Why the project of a step isn't funded."""
    if step.reason not in _WHY:
        return step.reason
    titles = {project.id: _.text(project.title) for project in contest.projects}
    return _(_WHY[step.reason], because=titles.get(step.because, step.because))


def tie_text(_: Words, tie: TieReport, contest: ContestReport) -> str:
    """Which projects were equal, and what decided."""
    titles = {project.id: _.text(project.title) for project in contest.projects}
    text = _(
        "Equal: {projects}. Decided by {criteria}.",
        projects="; ".join(titles[name] for name in tie.projects),
        criteria=", ".join(_(CRITERIA[by]) if by in CRITERIA else by for by in tie.by),
    )
    if tie.decided:
        return text + " " + _("This decided which of them are funded.")
    return text + " " + _("It changed nothing for the result.")
