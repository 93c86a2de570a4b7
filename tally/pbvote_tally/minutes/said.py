"""Values of the count in the minutes' words: why set aside, why not funded, what differs."""

from __future__ import annotations

from collections.abc import Mapping

from pbvote.core.admission import Reason
from pbvote.core.closing import Status
from pbvote.registry.reconciliation import What
from pbvote_tally.language import N_

SET_ASIDE: Mapping[Reason, str] = {
    "malformed": N_("Not in the form of an entry"),
    "bad-challenge": N_("A check of the machine that doesn't hold"),
    "wrong-election": N_("Made for another election"),
    "wrong-box": N_("Made for another box"),
    "unknown-registrar": N_("Card of a registrar that this election doesn't have"),
    "certificate-not-logged": N_("Card that no registrar handed out"),
    "revoked": N_("Card revoked, as it was lost or replaced"),
    "not-on-roll": N_("Person not on the roll"),
    "wrong-channel": N_("Card of the other channel (online or in the hall)"),
    "wrong-contests": N_("Envelopes that the card doesn't vote in"),
    "bad-proof": N_("Not sealed by the card's holder: copied, changed or forged"),
    "challenged": N_("Opened before, to check the machine"),
    "duplicate": N_("The same ballot a second time"),
    "superseded": N_("Replaced by another ballot of the same person"),
}

STATUS: Mapping[Status, str] = {
    "closed": N_("closed"),
    "cut": N_("cut: counted up to its last checkpoint"),
    "lost": N_("lost: nothing of it is counted"),
}

CHANNEL: Mapping[str, str] = {"online": N_("online"), "in-person": N_("in the hall")}

RULE: Mapping[str, str] = {
    "greedy": N_("The most votes first, as long as the money lasts"),
    "greedy-per-cost": N_("The most votes for the money first, as long as it lasts"),
    "equal-shares": N_("Method of Equal Shares"),
    "phragmen": N_("Phragmén's sequential rule"),
    "maximin-support": N_("Maximin support"),
    "best-total": N_("Best total"),
    "majority-judgment": N_("Majority judgment"),
    "borda": N_("Borda"),
    "most-votes": N_("Most votes"),
}

NOT_FUNDED: Mapping[str, str] = {
    "withdrawn": N_("Withdrawn"),
    "too-few-votes": N_("Fewer votes than the minimum"),
    "score-too-low": N_("Lower score than the minimum"),
    "too-dear": N_("Too little money was left"),
    "stopped": N_("Comes after the first that didn't fit"),
    "supporters-cannot-pay": N_("Its supporters' shares don't reach its cost"),
    "excluded-by": N_("A project that excludes it won"),
    "limit-reached": N_("Enough projects of its category or district"),
    "limit-amount": N_("Enough money for its category or district"),
    "outranked": N_("Others came before it"),
}
NOT_CHOSEN = N_("Not chosen")
"""Of a reason that isn't among these."""

TIE: Mapping[str, str] = {
    "lower-cost": N_("the cheaper first"),
    "higher-cost": N_("the dearer first"),
    "more-votes": N_("the one with more votes first"),
    "lot": N_("the lot"),
    "without-lot": N_("the order of their names, without a lot"),
}

FINDING: Mapping[str, str] = {
    "log shortened": N_("a log is shorter than a copy shows"),
    "log forked": N_("a log differs from a copy"),
    "receipt contradicted": N_("a receipt isn't what the log says"),
    "consistent": N_("agrees with the log"),
    "unusable": N_("can't be used"),
}

DIFFERENCE: Mapping[What, str] = {
    "box-missing": N_("Boxes whose log is lost"),
    "box-open": N_("Boxes that were not closed"),
    "desk-missing": N_("Desks whose log is lost or missing"),
    "desk-open": N_("Desks that were not closed"),
    "no-card": N_("Check-ins without their card in the log"),
    "unclaimed": N_("Cards made that nobody was checked in for"),
    "taken-back": N_("People checked in whose card was taken back"),
    "still-active": N_("Cards revoked because somebody may not vote, whom the roll lets vote"),
    "not-on-roll": N_("People enrolled in the log, but not on the roll"),
    "twice": N_("People with two active cards of the hall"),
    "unknown-card": N_("Cards used that no desk's log issued"),
    "revoked-card": N_("Cards used although they are revoked; their ballots are set aside"),
    "several-boxes": N_("Cards used in several boxes; one ballot of each counts"),
    "not-signed": N_("Check-ins that nobody signed"),
}

NUMBER: Mapping[str, str] = {
    "handed_out": N_("Cards handed out in the hall"),
    "used": N_("of them used"),
    "taken_back": N_("of them taken back or replaced, unused"),
    "not_used": N_("of them not used"),
    "cast": N_("Ballots cast in the hall"),
    "again": N_("of them cast again with the same card"),
    "challenged": N_("Ballots opened in the hall to check the machine"),
}
