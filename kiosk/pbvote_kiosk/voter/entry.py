"""From what was scanned or typed to a voter, or to the reason why not."""

from __future__ import annotations

from collections.abc import Callable

from pbvote.box import Box
from pbvote.core.card import CARD_PREFIX, Certificate, read_card_text, read_typed_code
from pbvote.core.election import Election
from pbvote.core.errors import CardError
from pbvote.voting import Voter, voter_of_card, voter_of_code
from pbvote_kiosk.voter.trouble import Trouble


def scanned_card(election: Election, text: str) -> Voter | Trouble:
    """The holder of the card that a scanner read."""
    if CARD_PREFIX not in text:
        return Trouble.NOT_A_CARD
    try:
        read_card_text(text)
    except CardError:
        return Trouble.CUT
    try:
        return voter_of_card(election, text)
    except CardError:
        return Trouble.OTHER_ELECTION


def typed_card(
    election: Election, code: str, find: Callable[[bytes], Certificate | None]
) -> Voter | Trouble:
    """The holder of the card whose code was typed; `find` looks in the registries' logs here."""
    try:
        read_typed_code(code)
    except CardError:
        return Trouble.MISTYPED
    try:
        return voter_of_code(election, code, find)
    except CardError:
        return Trouble.UNKNOWN_CODE


def objection(box: Box, voter: Voter) -> Trouble | None:
    """What the box would say against every ballot of this card, as far as it is known here.

    Said before somebody fills in a ballot in vain; the box itself asks all of it again.
    """
    certificate = voter.certificate
    if certificate.channel != box.election.box(box.name).channel:
        return Trouble.POSTED
    if box.register.is_revoked(certificate):
        return Trouble.REVOKED
    if not (box.register.is_logged(certificate) and box.register.is_on_roll(certificate)):
        return Trouble.NOT_RIGHT
    return None
