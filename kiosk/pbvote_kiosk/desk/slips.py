"""The card that a desk hands out, as a receipt printer prints it."""

from __future__ import annotations

from pbvote.core.election import Election
from pbvote.registry import IssuedCard
from pbvote_kiosk.language import Words
from pbvote_kiosk.ports import Code, Line, Rule, Slip


def card_slip(card: IssuedCard, election: Election, words: Words) -> Slip:
    """The square code, the code to type, what to do; no name: who finds it knows nothing."""
    test = [Line("TEST", size=2, bold=True, centred=True)] if election.is_test else []
    groups = card.typed.split()
    return [
        *test,
        Line(words.text(election.manifest.title), centred=True),
        Line(words("Your voting card"), size=2, bold=True, centred=True),
        Rule(),
        Code(card.text),
        Line(words("If the square can't be read, type this:"), centred=True),
        Line(" ".join(groups[:4]), bold=True, centred=True),
        Line(" ".join(groups[4:]), bold=True, centred=True),
        Rule(),
        *(Line(line) for line in steps(words)),
        *test,
    ]


def steps(words: Words) -> list[str]:
    """What the voter does with it."""
    return [
        words("1. Go to a free kiosk and scan this square."),
        words("2. Choose, then cast your ballot. Only then have you voted."),
        words("3. This card is for one kiosk. For another kiosk, get a new card at the desk."),
        words("Show it to nobody: whoever has it can vote with it."),
    ]
