"""The voter's device: a card and a choice become a prepared ballot (docs/protocol.md, 4 and 6).

What a device does with it then: show the tracker, ask "cast or challenge?", and send the box the
canonical bytes of the answer::

    voter = voter_of_card(election, scanned)
    prepared = prepare(election, "online", voter, {"city": (1, 0, 1)})
    print(short_tracker(prepared.tracker))
    receipt = box.cast(encode(prepared.cast()))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec import UNSET

from pbvote.core import group
from pbvote.core.ballot import PreparedBallot
from pbvote.core.card import Certificate, read_card_text, read_typed_code, voter_secret
from pbvote.core.election import Election
from pbvote.core.errors import CardError, SelectionError
from pbvote.core.group import Random, Scalar
from pbvote.core.manifest import Contest
from pbvote.core.selection import Vector, to_elements


@dataclass(frozen=True)
class Voter:
    """Who holds a card: its certificate and its secret x."""

    certificate: Certificate
    secret: Scalar = field(repr=False)

    @property
    def district(self) -> str | None:
        """The card's district, if it has one."""
        district = self.certificate.district
        return None if district is UNSET else district


def voter_of_card(election: Election, text: str) -> Voter:
    """The holder of a scanned card; CardError if it is cut or of another election."""
    card = read_card_text(text)
    return Voter(election.certificate(card), voter_secret(card.code, election.id))


def voter_of_code(
    election: Election, typed: str, find: Callable[[bytes], Certificate | None]
) -> Voter:
    """The holder of a card whose code was typed; CardError as above.

    A code alone has no certificate: `find` looks for the key's in the registries' logs at hand.
    """
    secret = voter_secret(read_typed_code(typed), election.id)
    certificate = find(group.multiply_base(secret))
    if certificate is None or certificate.election != election.id:
        raise CardError(
            "no card of this election has this code",
            hint="Compare it letter by letter, or scan the card's square code",
        )
    return Voter(certificate, secret)


def prepare(
    election: Election,
    box: str,
    voter: Voter,
    choices: Mapping[str, Vector],
    random: Random = group.system_random,
) -> PreparedBallot:
    """A sealed ballot for this box, in all contests of the voter's district, in manifest order.

    `choices`: contest id → vector; a contest left out is left blank. CardError if the card is
    for the other channel; SelectionError if a choice breaks its format or its contest isn't the
    voter's; EncodingError if there is no such box.
    """
    certificate = voter.certificate
    if certificate.channel != election.box(box).channel:
        raise CardError(
            f"this card is for voting {_SAID[certificate.channel]}",
            hint="Vote there with it, or ask at the desk",
        )
    contests = election.contests_for(voter.district)
    for name in choices:
        if name not in {contest.id for contest in contests}:
            raise SelectionError(
                "this card doesn't vote in this contest", where=name, hint="Leave it out"
            )
    return PreparedBallot(
        election=election.id,
        key=election.key,
        box=box,
        certificate=certificate,
        secret=voter.secret,
        choices={c.id: _elements(c, choices.get(c.id)) for c in contests},
        random=random,
    )


_SAID = {"online": "online", "in-person": "in the hall"}


def _elements(contest: Contest, vector: Vector | None) -> list[group.Element]:
    if vector is None:
        vector = (0,) * len(contest.projects)
    try:
        contest.check_selection(vector)
    except SelectionError as error:
        raise error.at(contest.id) from None
    return to_elements(vector, contest.vmax)
