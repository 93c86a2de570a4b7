"""What a desk knows of a person, as values: may vote, cards, check-ins, ballots on hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from pbvote.core.card import Channel
from pbvote.core.manifest import Supersede
from pbvote.registry.attendance import CheckIn
from pbvote.registry.ballots import InBox
from pbvote.registry.log import Issued
from pbvote.registry.roll import Listed

Outlook = Literal[
    "may-not-vote",
    "will-count",
    "replaces-online",
    "replaces-online-if-any",
    "replaces-hall",
    "online-counts",
    "online-counts-if-any",
    "hall-counts",
]
"""What a ballot cast today will do, by the manifest's `supersede` (docs/protocol.md, 8, rule 5)."""

Act = Literal["hand-out", "replace", "claim", "undo", "sign"]


class KnownCard(Struct, frozen=True):
    """A card of the person. `used`: a ballot cast with it is in a box on hand."""

    serial: int
    channel: Channel
    registrar: str
    active: bool
    used: bool


class Known(Struct, frozen=True):
    """A person before the desk. `lines` are of this desk, `ballots` of the boxes on hand."""

    desk: str
    listed: Listed
    cards: tuple[KnownCard, ...]
    lines: tuple[CheckIn, ...]
    ballots: tuple[InBox, ...]
    outlook: Outlook
    cut_off: bool = False
    """Cards were revoked as of no voter, but the roll lets the person vote: the power went."""

    @property
    def checked_in(self) -> CheckIn | None:
        """The latest line that stands, if one does."""
        return next((line for line in reversed(self.lines) if line.stands), None)

    @property
    def hall_cards(self) -> list[KnownCard]:
        """The active cards from desks."""
        return [card for card in self.cards if card.active and card.channel == "in-person"]

    @property
    def unclaimed(self) -> KnownCard | None:
        """An active card of this desk that nobody was handed: the power went, or a copy failed."""
        handed = {line.serial for line in self.lines if line.stands}
        return next(
            (c for c in self.hall_cards if self._is_own(c) and c.serial not in handed), None
        )

    @property
    def elsewhere(self) -> list[str]:
        """The other desks that gave the person a card which is active."""
        return sorted({card.registrar for card in self.hall_cards if not self._is_own(card)})

    def _is_own(self, card: KnownCard) -> bool:
        return card.registrar == self.desk

    @property
    def acts(self) -> list[Act]:
        """What can be done now, the usual first."""
        acts: list[Act] = []
        if self.listed.status == "active":
            if not self.hall_cards:
                acts.append("hand-out")
            elif self.unclaimed is not None:
                acts.append("claim")
            else:
                acts.append("replace")
        if (line := self.checked_in) is not None:
            acts.append("sign")
            given = [card for card in self.cards if card.registrar == self.desk]
            if not any(card.used for card in given if card.serial == line.serial):
                acts.append("undo")
        return acts


class Double(Struct, frozen=True):
    """Somebody with several active cards from desks; `listed` is None for another's walk-in."""

    listed: Listed | None
    cards: tuple[Issued, ...]

    @property
    def name(self) -> str:
        """Of the person, or "" if only another desk knows it."""
        return "" if self.listed is None else self.listed.person.name


def outlook(
    desk: str,
    listed: Listed,
    cards: Sequence[KnownCard],
    ballots: Sequence[InBox],
    supersede: Supersede,
    *,
    online_on_hand: bool,
) -> Outlook:
    """What a ballot cast today with a new card of this desk will do.

    The new card's serial is above those known, and an active card of this desk is revoked for it:
    what was cast with that one is set aside in any case. So is what was cast with a revoked card.
    """
    if listed.status != "active":
        return "may-not-vote"
    counts_first = supersede == "first"
    known = {(card.channel, card.serial) for card in cards}
    standing = [card for card in cards if card.used and card.active]
    channels = {card.channel for card in standing}
    channels |= {
        ballot.channel for ballot in ballots if (ballot.channel, ballot.serial) not in known
    }
    if "online" in channels:
        return "online-counts" if counts_first else "replaces-online"
    if "in-person" in channels:
        own = all(card.registrar == desk for card in standing)
        return "hall-counts" if counts_first and not (own and standing) else "replaces-hall"
    if not online_on_hand and any(card.channel == "online" and card.active for card in cards):
        return "online-counts-if-any" if counts_first else "replaces-online-if-any"
    return "will-count"
