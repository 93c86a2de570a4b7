"""What a box checks of one ballot before it goes in, and how it says no.

docs/protocol.md, section 8, rules 1, 3 and 4, as far as a ballot shows them by itself. Whether it
stands in the box already is for the box to know.
"""

from __future__ import annotations

from typing import NamedTuple

from pbvote.core.admission import Reason, Register, reason_against
from pbvote.core.ballot import (
    Ballot,
    Cast,
    Challenge,
    Use,
    ballot_digest,
    check_opening,
    check_proof,
    tracker,
)
from pbvote.core.election import Election
from pbvote.core.encoding import MAX_ENTRY, decode, encode
from pbvote.core.errors import BallotRefused, EncodingError, ProofError
from pbvote.core.manifest import Box

_AGAIN = "Begin again with your card; nothing was cast"
_DESK = "Ask at the desk for a card that is right; nothing was cast"
_REFUSALS: dict[Reason, tuple[str, str]] = {
    "malformed": ("this isn't a ballot", _AGAIN),
    "wrong-election": ("the ballot or its card is of another election", _DESK),
    "wrong-box": ("the ballot was made for another box", _AGAIN),
    "unknown-registrar": ("the card is of a registrar that this election doesn't have", _DESK),
    "certificate-not-logged": ("the card's registrar doesn't vouch for it", _DESK),
    "revoked": (
        "this card no longer votes: it was reported lost, returned or replaced",
        "Use the card that replaced it, or ask at the desk; nothing was cast",
    ),
    "not-on-roll": ("the card's holder isn't on the roll of this district", _DESK),
    "wrong-channel": (
        "the card is for the other channel",
        "A card that came by post votes online, a card from a desk votes in the hall",
    ),
    "wrong-contests": (
        "the ballot's contests or their widths aren't those that the card votes in",
        "Load the election again on this device and vote anew; nothing was cast",
    ),
    "bad-proof": ("the ballot's proof doesn't hold", _AGAIN),
    "challenged": (
        "this ballot was opened to check the device, so it can't be cast",
        "Begin a new one, with the choice you mean",
    ),
    "duplicate": (
        "this ballot is in the box already",
        "There is nothing more to do; to change the vote, begin again with the card",
    ),
}


class Arrival(NamedTuple):
    """A ballot in its form (rule 1), nothing else of it checked: its entry, and what names it."""

    entry: Cast | Challenge
    data: bytes
    encoded: bytes
    digest: bytes
    tracker: bytes
    use: Use

    @property
    def ballot(self) -> Ballot:
        """The ballot in the entry; `encoded` is its canonical bytes."""
        return self.entry.ballot


def read_cast(data: bytes, box: str) -> Arrival:
    """The ballot of a `pbvote/cast/1`; BallotRefused "malformed" if it is none (rule 1)."""
    try:
        _check_size(data)
        return _arrival(decode(data, Cast), data, "cast")
    except EncodingError as error:
        raise refusal("malformed", box, error.what) from None


def read_challenge(data: bytes, box: str) -> Arrival:
    """The ballot of a `pbvote/challenge/1`; BallotRefused "malformed" if it is none (rule 1)."""
    try:
        _check_size(data)
        return _arrival(decode(data, Challenge), data, "challenge")
    except EncodingError as error:
        raise refusal("malformed", box, error.what) from None


def _check_size(data: bytes) -> None:
    if len(data) > MAX_ENTRY:
        raise EncodingError(f"{len(data)} bytes, {MAX_ENTRY} fit")


def _arrival(entry: Cast | Challenge, data: bytes, use: Use) -> Arrival:
    encoded = encode(entry.ballot)
    digest = ballot_digest(encoded)
    return Arrival(entry, data, encoded, digest, tracker(digest, entry.proof.commitment), use)


def check(arrival: Arrival, election: Election, box: Box, register: Register) -> None:
    """Raise BallotRefused unless section 8 has no reason against this ballot in itself.

    Rule 4 up to `bad-proof` for a cast; rule 3 up to the opening for a challenge.
    """
    ballot, entry = arrival.ballot, arrival.entry
    reason = reason_against(election, box, ballot, register)
    detail = ""
    if reason is None:
        try:
            check_proof(ballot, arrival.encoded, entry.proof, arrival.use)
            if isinstance(entry, Challenge):
                check_opening(entry)
            return
        except ProofError as error:
            reason, detail = "bad-proof", error.what
    raise refusal(reason, box.name, detail, arrival.use)


def refusal(reason: Reason, box: str, detail: str = "", use: Use = "cast") -> BallotRefused:
    """The error for a reason; of a challenge every reason is `bad-challenge` (rule 3)."""
    what, hint = _REFUSALS[reason]
    what = f"{what} ({detail})" if detail else what
    said = reason if use == "cast" else "bad-challenge"
    return BallotRefused(said, what, where=box, hint=hint)
