"""What can stand between a person and the box, in plain words: no message of ours is shown raw."""

from __future__ import annotations

from enum import Enum

from pbvote.core.errors import BallotRefused, PbvoteError, StorageError
from pbvote_kiosk.language import N_


class Trouble(Enum):
    """A reason why it doesn't go on: its title, and what to do now."""

    NOT_A_CARD = (
        N_("This isn't a voting card"),
        N_("Please hold the square code of your voting card in front of the scanner."),
    )
    CUT = (
        N_("The code was read only in part"),
        N_("Please hold the card flat and still, and scan it again."),
    )
    OTHER_ELECTION = (
        N_("This card is for another vote"),
        N_("Please ask at the desk for a card of this vote."),
    )
    POSTED = (
        N_("This card is for voting online"),
        N_(
            "A card that came by post votes on the internet. To vote here, please ask at the desk:"
            " they hand you a card for this room."
        ),
    )
    REVOKED = (
        N_("This card no longer votes"),
        N_(
            "It was reported lost, given back, or replaced by another card. Please use the newer"
            " card, or ask at the desk."
        ),
    )
    NOT_RIGHT = (
        N_("This card can't be used here"),
        N_("Nothing was cast. Please ask at the desk for another card."),
    )
    MISTYPED = (
        N_("There is a typing error in the code"),
        N_("Please compare it group by group with your card."),
    )
    UNKNOWN_CODE = (
        N_("This machine doesn't know this code"),
        N_("Please scan the square code of your card instead, or ask at the desk."),
    )
    NOT_OPEN = (
        N_("Voting hasn't begun yet"),
        N_("Please come back when the officials have opened the poll. Your card stays good."),
    )
    PAUSED = (
        N_("Voting is paused"),
        N_("Please wait, or ask an official. Your card stays good."),
    )
    CLOSED = (
        N_("Voting is closed"),
        N_("No more ballots go into this box. Please ask an official."),
    )
    DISK = (
        N_("The machine couldn't save your ballot"),
        N_(
            "Please try again: your ballot is never counted twice. If it still doesn't work,"
            " please call an official."
        ),
    )
    REFUSED = (
        N_("The box didn't take the ballot"),
        N_("Nothing was cast. Please begin again with your card, or call an official."),
    )

    @property
    def title(self) -> str:
        """To be translated, as is `advice`."""
        return self.value[0]

    @property
    def advice(self) -> str:
        """What to do now."""
        return self.value[1]

    @property
    def needs_desk(self) -> bool:
        """Whether it helps to say where the desk is."""
        return self in _AT_THE_DESK


_AT_THE_DESK = (
    Trouble.OTHER_ELECTION,
    Trouble.POSTED,
    Trouble.REVOKED,
    Trouble.NOT_RIGHT,
    Trouble.UNKNOWN_CODE,
)
_REASONS = {
    "revoked": Trouble.REVOKED,
    "wrong-election": Trouble.OTHER_ELECTION,
    "wrong-channel": Trouble.POSTED,
    "unknown-registrar": Trouble.NOT_RIGHT,
    "certificate-not-logged": Trouble.NOT_RIGHT,
    "not-on-roll": Trouble.NOT_RIGHT,
}


def trouble_of(error: PbvoteError) -> Trouble:
    """What an error of the box means for a voter."""
    if isinstance(error, StorageError):
        return Trouble.DISK
    if isinstance(error, BallotRefused):
        return _REASONS.get(error.reason, Trouble.REFUSED)
    return Trouble.REFUSED


def not_now(state: str) -> Trouble | None:
    """Why nobody can vote while the poll is "new", "paused" or "closed"; None while it is open."""
    return {"new": Trouble.NOT_OPEN, "paused": Trouble.PAUSED, "closed": Trouble.CLOSED}.get(state)
