"""What the desk says of a person, a card, a receipt, a difference: values into words."""

from __future__ import annotations

from collections.abc import Mapping

from pbvote.core.encoding import unix_time
from pbvote.registry.desk import CardState
from pbvote.registry.known import Act, Double, Known, KnownCard, Outlook
from pbvote.registry.reconciliation import Difference, What
from pbvote.registry.roll import Status
from pbvote_kiosk.language import N_, Words

STATUS: Mapping[Status, str] = {
    "active": N_("May vote"),
    "moved": N_("May not vote: moved away"),
    "died": N_("May not vote: died"),
    "struck": N_("May not vote: struck off the roll"),
}
OUTLOOK: Mapping[Outlook, str] = {
    "may-not-vote": "",
    "will-count": N_("A ballot cast today will count."),
    "replaces-online": N_("An online ballot is in the box; the ballot cast today will replace it."),
    "replaces-online-if-any": N_(
        "If this person has voted online, the ballot cast today will replace that one."
    ),
    "replaces-hall": N_(
        "A ballot cast in the hall is in the box; a ballot cast with a new card will replace it."
    ),
    "online-counts": N_(
        "An online ballot is in the box, and it counts; a ballot cast today will not."
    ),
    "online-counts-if-any": N_(
        "If this person has voted online, that ballot counts, and one cast today will not."
    ),
    "hall-counts": N_(
        "A ballot cast in the hall is in the box, and it counts; a ballot cast now will not."
    ),
}
ACT: Mapping[Act, str] = {
    "hand-out": N_("Hand out a card"),
    "replace": N_("Another card"),
    "claim": N_("Make the card anew"),
    "sign": N_("Has signed"),
    "undo": N_("Undo the check-in"),
}
CARD: Mapping[CardState, str] = {
    "valid": N_("This card is valid, and as far as is known here nothing was cast with it."),
    "used": N_("With this card a ballot was cast. Nothing more is said about it."),
    "revoked": N_("This card is revoked: it can't vote any more."),
    "not-known": N_(
        "This card is from another desk of this election. Sync to know whether it is valid."
    ),
    "posted": N_("This card came by post: it votes online, not in the hall."),
}
LOOKED: Mapping[str, str] = {
    "in the box": N_("The ballot of this receipt is in the box {box}."),
    "challenged": N_(
        "The ballot of this receipt is in the box {box}, opened as a check. It never counts."
    ),
    "missing": N_(
        "This receipt is true, but its ballot is missing from the box {box}, which is closed. Keep"
        " the receipt, and call the commission."
    ),
    "not here": N_(
        "Its ballot isn't in the logs on hand here. That is no fault: the box may be elsewhere, or"
        " its log is older."
    ),
    "not true": N_("This isn't a true receipt: no box of this election signed it."),
}
DIFFERENCE: Mapping[What, str] = {
    "box-missing": N_("Boxes that aren't on hand: bring their sticks here"),
    "box-open": N_("Boxes that aren't closed: their numbers may still change"),
    "desk-missing": N_("Desks whose log isn't on hand: sync, or bring their stick"),
    "desk-open": N_("Desks that aren't closed: close each when nobody waits any more"),
    "no-card": N_("Check-ins without their card in the log: look at the list and the log"),
    "unclaimed": N_("Cards made here that nobody was checked in for: search the desk, revoke them"),
    "taken-back": N_(
        "Checked in, but the card was taken back: hand out another, or undo the check-in"
    ),
    "still-active": N_(
        "Cards revoked because somebody may not vote, but the roll lets them: change them again"
    ),
    "not-on-roll": N_(
        "Enrolled in the log, but not on the roll: enrol again, and note it in the minutes"
    ),
    "twice": N_("People with two active cards: look at the list of those"),
    "unknown-card": N_(
        "Cards used that no log on hand issued: bring every desk's log, else tell the commission"
    ),
    "revoked-card": N_(
        "Cards used although they are revoked: their ballots are set aside at the merge"
    ),
    "several-boxes": N_("Cards used in several boxes: one ballot of each counts"),
    "not-signed": N_("Check-ins that nobody signed: look at the paper list"),
}

ALL_THE_SAME = N_("Hand out a card all the same?")
ERRORS = (
    N_("the place for the checkpoint's copy isn't there"),
    N_("Put in the stick, or connect to the box"),
    N_("the place isn't there"),
    N_("Put in the stick, or connect"),
    N_("Look at the cable, and whether the other desk is on"),
    N_("Put back the newest log; hand out nothing before that"),
    N_("Look at the disk and the file's rights; close other programs that use it"),
    N_("Make room or give rights there, then do it again; nothing was changed"),
    N_("Nobody can get or lose a card after that"),
    N_("Hand out a card for that line"),
    N_("Nothing was done. Correct the list and try again"),
    N_("Correct it, then try again"),
    N_("this card can't be taken back"),
    N_("Only one that is valid and wasn't used can"),
    N_("A check-in can be undone only while its card is unused"),
    N_("this card isn't of this election"),
    N_("Take the card of this election, or ask at the desk for a new one"),
    N_("the card's code was read only in part"),
    N_("the receipt was read only in part"),
    N_("Scan it again"),
    N_("Scan or copy it again"),
    N_("this receipt is of another election"),
    N_("Check it against that one's bundle"),
    N_("the clock is wrong"),
    N_("Set it, then try again"),
    N_("Keep both copies as they are, and show them to the commission"),
    N_("It was being written, or it was cut off. Sync again"),
)
"""What our errors say, so that `Words.error` finds it translated."""


def person_lines(known: Known, words: Words, zone: str) -> list[str]:
    """Everything known of a person, a sentence a line, the most important first."""
    lines = []
    if known.outlook != "may-not-vote":
        lines.append(words(OUTLOOK[known.outlook]))
    if known.cut_off:
        lines.append(
            words(
                "The cards of this person were revoked because they may not vote, but the roll"
                " lets them. Hand out nothing before two officials have put it right."
            )
        )
    if known.unclaimed is not None:
        lines.append(
            words(
                "A card was made for this person, but it isn't noted that it was handed out. Make"
                " it anew: the first is revoked."
            )
        )
    for desk in known.elsewhere:
        lines.append(words("Desk {desk} has given out a card to this person.", desk=desk))
    if (line := known.checked_in) is not None:
        at = words.hour(unix_time(line.at), zone)
        text = (
            words("Checked in here at {time}; has signed.", time=at)
            if line.signed
            else words("Checked in here at {time}; hasn't signed yet.", time=at)
        )
        lines.append(text)
    lines += [card_line(card, words) for card in known.cards]
    return lines


def card_line(card: KnownCard, words: Words) -> str:
    """A card of a person."""
    values = {"serial": card.serial, "desk": card.registrar}
    if card.channel == "online":
        text = words("Card {serial}: sent by {desk}, to vote online", **values)
    else:
        text = words("Card {serial}: from desk {desk}, to vote in the hall", **values)
    revoked, used = words("revoked"), words("its ballot is in the box")
    more = [*([] if card.active else [revoked]), *([used] if card.used else [])]
    return " · ".join([text, *more])


def double_lines(double: Double, words: Words) -> list[str]:
    """Somebody with two cards: who, where, and what to do."""
    if double.listed is None:
        who = words("Somebody whom another desk enrolled")
    else:
        who = f"{double.listed.person.name} ({double.listed.id})"
    cards = [
        words("card {serial} from desk {desk}", serial=card.serial, desk=card.registrar)
        for card in double.cards
    ]
    return [words("{label}: {value}", label=who, value=", ".join(cards))]


def difference_line(difference: Difference, words: Words) -> str:
    """A difference: how many, what to do, where to look."""
    where = ", ".join(difference.where)
    text = f"{words.number(difference.number)} · {words(DIFFERENCE[difference.what])}"
    return f"{text} ({where})" if where else text
