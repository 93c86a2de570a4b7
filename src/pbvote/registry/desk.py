"""A desk in the hall: a person is checked in and handed a card in one act, which can be undone.

The line in the roll (`attendance`) and the certificate in the log can't be one commit, as they are
two files. The line is written first and kept open until the card is logged and its checkpoint
copied: whatever fails, nobody is checked in without a card. If the power goes between the two, a
card is left that nobody has: `Known.unclaimed` says so, and `replace_card` revokes it. What is
undone, changed or enrolled is cut the same way: logged, and not on the roll. Doing it again
finishes it; until then the reconciliation names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

from pbvote.core.card import Reason, read_card_text
from pbvote.core.errors import InputError, RefusedError
from pbvote.registry.attendance import CheckIn
from pbvote.registry.ballots import Ballots
from pbvote.registry.known import Double, Known, KnownCard, outlook
from pbvote.registry.log import Issued
from pbvote.registry.reconciliation import DeskDay, OwnDay, Reconciliation, reconcile
from pbvote.registry.registrar import Copy, IssuedCard, Officials, Registry, check_officials
from pbvote.registry.roll import Listed
from pbvote.registry.rollfile import Person

CardState = Literal["valid", "revoked", "used", "not-known", "posted"]


class Desk(Registry):
    """A registry in the hall. `ballots` are those of the boxes on hand, as far as known."""

    ballots: Ballots | None = None

    # --- what is known ----------------------------------------------------------------------------

    def known(self, person: str) -> Known:
        """Everything the desk may know of somebody on the roll."""
        with self._lock:
            listed = self.roll.get(person)
            ballots = self._ballots.of(listed.pseudonym)
            cards = tuple(
                KnownCard(
                    serial=card.serial,
                    channel=card.channel,
                    registrar=card.registrar,
                    active=active,
                    used=self._ballots.has(card.key),
                )
                for card, active in self.cards_of(person)
            )
            lines = tuple(self.roll.attendance.of(person))
            online = {box.name for box in self.election.boxes if box.channel == "online"}
            supersede = self.election.manifest.supersede or "in-person"
            on_hand = online <= set(self._ballots.boxes)
            said = outlook(self.name, listed, cards, ballots, supersede, online_on_hand=on_hand)
            cut_off = listed.status == "active" and self._cards.is_ineligible(
                listed.pseudonym, self.name
            )
            return Known(self.name, listed, cards, lines, tuple(ballots), said, cut_off)

    def doubles(self) -> list[Double]:
        """Who was handed two cards by two desks, as far as their logs are at hand."""
        with self._lock:
            found = self._cards.twice().items()
            doubles = [Double(self.roll.of_pseudonym(key), tuple(cards)) for key, cards in found]
        return sorted(doubles, key=lambda double: double.name)

    def to_invite(self) -> list[Listed]:
        """Who was handed a card by a desk at hand and has no ballot in a box on hand; by name.

        For when a box is lost or cut: these people may have voted in it. A ballot of a card that
        was revoked is set aside, so it doesn't stand for one.
        """
        with self._lock:
            here = {line.person for line in self.roll.attendance.all() if line.stands}
            found = []
            for pseudonym, cards in self._cards.in_person.items():
                listed = self.roll.of_pseudonym(pseudonym)
                valid = (card for card in cards if not self._cards.is_revoked(card))
                if listed is None or any(self._ballots.has(card.key) for card in valid):
                    continue
                others = (c for c in cards if c.registrar != self.name)
                if listed.id in here or not all(map(self._cards.is_revoked, others)):
                    found.append(listed)
        return sorted(found, key=lambda listed: (listed.person.name, listed.id))

    def reconcile(self) -> Reconciliation:
        """The day so far, from the desks' logs and the boxes on hand."""
        with self._lock:
            boxes = self.election.boxes
            kiosks = [box.name for box in boxes if box.channel == "in-person"]
            issued = self._cards.in_person
            return reconcile(
                self._own_day(issued),
                [self._desk_day(name, issued) for name in sorted({self.name, *self.learned})],
                [box for name, box in self._ballots.boxes.items() if name in kiosks],
                self._ballots.used(),
                len(self._cards.twice()),
                registrars=self.election.registrar_keys,
                kiosks=kiosks,
            )

    def _desk_day(self, name: str, issued: Mapping[bytes, Sequence[Issued]]) -> DeskDay:
        cards = [c for several in issued.values() for c in several if c.registrar == name]
        return DeskDay(
            name=name,
            issued=frozenset(card.key for card in cards),
            revoked=frozenset(card.key for card in cards if self._cards.is_revoked(card)),
            closed=name in self._cards.closed,
        )

    def _own_day(self, issued: Mapping[bytes, Sequence[Issued]]) -> OwnDay:
        lines = self.roll.attendance.all()
        standing = [line for line in lines if line.stands]
        pseudonyms = {line.person: self.roll.get(line.person).pseudonym for line in standing}
        cards = {
            (pseudonym, card.serial): card
            for pseudonym, several in issued.items()
            for card in several
            if card.registrar == self.name
        }
        handed = [
            (line.person, cards.get((pseudonyms[line.person], line.serial))) for line in standing
        ]
        none_known = {person for person, card in handed if card is None}
        valid = {p for p, card in handed if card is not None and not self._cards.is_revoked(card)}
        return OwnDay(
            name=self.name,
            people=len(pseudonyms),
            handed=tuple(None if card is None else card.key for _, card in handed),
            unsigned=sum(not line.signed for line in standing),
            struck=len(lines) - len(standing),
            helped=self.roll.attendance.helped(),
            taken_back=len(pseudonyms.keys() - valid - none_known),
            still_active=len(self._still_active()),
            not_on_roll=sum(
                self.roll.of_pseudonym(pseudonym) is None
                for pseudonym in self._cards.enrolled.get(self.name, ())
            ),
        )

    def _still_active(self) -> list[Listed]:
        """Whose cards were revoked as of no voter, while the roll still lets them vote."""
        found = map(self.roll.of_pseudonym, self._cards.ineligible(self.name))
        return [listed for listed in found if listed is not None and listed.status == "active"]

    @property
    def _ballots(self) -> Ballots:
        if self.ballots is None:
            self.ballots = Ballots(self.election)
        return self.ballots

    # --- acts -------------------------------------------------------------------------------------

    def hand_out(self, person: str, *, copy: Copy) -> IssuedCard:
        """Check somebody in and make their card: both, or neither.

        InputError if the person has a card from a desk already or may not vote. StorageError if
        log or copy failed: then nobody is checked in; look at `known` before trying again.
        """
        with self._checked_in(person):
            (card,) = self.issue([person], "in-person", copy=copy)
        return card

    def replace_card(
        self, person: str, *, officials: Officials, reason: Reason, copy: Copy
    ) -> IssuedCard:
        """Another card instead of one that was lost, used at another kiosk, or never handed out.

        What was cast with the old one is set aside. Errors as in `hand_out`, and RefusedError if
        there is none to replace.
        """
        with self._checked_in(person):
            return self.replace(
                person, officials=officials, reason=reason, channel="in-person", copy=copy
            )

    def undo(self, person: str, *, officials: Officials, why: str) -> None:
        """A check-in was a mistake: its lines are struck with the reason, its cards revoked.

        RefusedError if nothing is to be undone, or the card was used as far as is known here.
        """
        if not why.strip():
            raise InputError("an undone check-in needs its reason", hint="Say what happened")
        names = check_officials(officials)
        with self._lock:
            self._check_open()
            listed = self.roll.get(person)
            lines = [line for line in self.roll.attendance.of(person) if line.stands]
            cards = [c for c in self._cards.of(listed.pseudonym, self.name) if _is_of(c, lines)]
            if not lines:
                raise RefusedError(
                    f"{person} isn't checked in here", hint="Nothing is to be undone"
                )
            if any(self._ballots.has(card.key) for card in cards):
                raise RefusedError(
                    f"{person} has voted with this card",
                    hint="A check-in can be undone only while its card is unused",
                )
            active = [card for card in cards if not self._cards.is_revoked(card)]
            note = self._note("undone", why, names)
            with self.roll.transaction():
                self.roll.attendance.strike([line.number for line in lines], note)
                if active:
                    self._revoke(active, "error", names)

    def walk_in(self, person: Person, *, officials: Officials, why: str, copy: Copy) -> IssuedCard:
        """Somebody who isn't on the roll: enrolled with the reason, checked in, handed a card.

        If the card fails, the person is enrolled and can be handed one as everybody.
        """
        if not why.strip():
            raise InputError(
                "a walk-in needs a reason", hint="Say why the person isn't on the roll"
            )
        listed = self.enrol(person, officials, why)
        return self.hand_out(listed.id, copy=copy)

    @contextmanager
    def _checked_in(self, person: str) -> Iterator[None]:
        """A line with the serial of the card that is made within; no line if that fails."""
        with self._lock:
            self._check_open()
            serial = self._cards.highest(self.roll.get(person).pseudonym) + 1
            with self.roll.transaction():
                self.roll.attendance.add(person, self._time(), self.name, serial)
                yield

    # --- a card on the table ----------------------------------------------------------------------

    def card_state(self, text: str) -> CardState:
        """What may be said of a card that somebody shows: never whose it is.

        CardError if it is cut or of another election.
        """
        certificate = self.election.certificate(read_card_text(text))
        if certificate.channel == "online":
            return "posted"
        with self._lock:
            card = self._find_card(certificate.key, certificate.pseudonym)
            if card is None:
                return "not-known"
            if self._cards.is_revoked(card):
                return "revoked"
            return "used" if self._ballots.has(card.key) else "valid"

    def take_back(self, text: str, *, officials: Officials) -> None:
        """Revoke a card that was brought back unused (`returned`).

        RefusedError if it isn't an active card of this desk, or was used.
        """
        state = self.card_state(text)
        if state != "valid":
            raise RefusedError(
                "this card can't be taken back", hint="Only one that is valid and wasn't used can"
            )
        key = self.election.certificate(read_card_text(text)).key
        self.revoke_key(key, "returned", officials)

    def _find_card(self, key: bytes, pseudonym: bytes) -> Issued | None:
        return next((card for card in self._cards.of(pseudonym) if card.key == key), None)


def _is_of(card: Issued, lines: Sequence[CheckIn]) -> bool:
    return card.channel == "in-person" and any(line.serial == card.serial for line in lines)
