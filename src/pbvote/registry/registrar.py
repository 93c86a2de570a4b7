"""A registrar's desk: handing out cards, enrolling, revoking, closing, destroying.

docs/protocol.md, sections 6 and 7.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import get_args

from msgspec import UNSET

from pbvote.core import group
from pbvote.core.card import (
    CHANNELS,
    CODE_SIZE,
    Certificate,
    Channel,
    Enrol,
    Reason,
    RegistryClose,
    Revocation,
    card_text,
    certify,
    typed_code,
    voter_secret,
)
from pbvote.core.encoding import encode, nfc
from pbvote.core.errors import InputError, RefusedError
from pbvote.registry.folder import purge
from pbvote.registry.log import Issued
from pbvote.registry.opened import OpenRegistry
from pbvote.registry.roll import PSEUDONYM, STATUSES, Listed, Progress, Status
from pbvote.registry.rollfile import MAX_WRONG, Person, check_person

MAX_SERIAL = 65535
_EVERY = 100  # cards between two reports of progress

Officials = Sequence[str]
"""The names of two roles, like ("mayor", "clerk")."""
Copy = Callable[[bytes], None]
"""Takes a signed checkpoint to a box or the commission (`CheckpointCopy`), or raises."""


@dataclass(frozen=True)
class IssuedCard:
    """A card to hand out. The code is a secret that nobody else keeps."""

    person: str
    certificate: Certificate = field(repr=False)  # its pseudonym: nowhere beside the person
    code: bytes = field(repr=False)
    text: str = field(repr=False)
    """`PBVOTE1/C/…`, for the QR code."""

    @property
    def typed(self) -> str:
        """The code to type, in seven groups of four."""
        return typed_code(self.code)


class Registry(OpenRegistry):
    """A registrar at work: what changes goes to the private roll, the log, or both.

    Officials are the names of two roles. What is refused leaves everything as it was.
    """

    # --- cards ------------------------------------------------------------------------------------

    def issue(
        self,
        people: Iterable[str],
        channel: Channel,
        *,
        copy: Copy | None = None,
        progress: Progress | None = None,
    ) -> list[IssuedCard]:
        """A card for each of these ids, in their order; logged in random order, in one commit.

        The cards come back only when their certificates are durable and `copy` has taken the
        checkpoint that covers them. Without `copy` the caller must do that before it hands out a
        card (section 7). A card of which nobody knows the code, because the power went after the
        commit, is revoked (`error`) and replaced. Takes about 2 kB of memory a card.

        InputError naming whoever isn't on the roll, isn't active, stands twice or has an active
        card of this channel: then no card is made.
        """
        ids = list(people)
        with self._lock:
            self._check_open()
            _check_channel(channel)
            listed = self._eligible(ids, channel)
            return self._issue(listed, channel, [], copy, progress)

    def replace(
        self,
        person: str,
        *,
        officials: Officials,
        reason: Reason = "lost",
        channel: Channel = "online",
        copy: Copy | None = None,
    ) -> IssuedCard:
        """Revoke the person's cards of this channel and issue another, in one commit.

        Cards of other registrars can't be revoked here; the new one's serial is above those known.
        RefusedError if there is no card to replace.
        """
        with self._lock:
            self._check_open()
            _check_channel(channel)
            listed = self._active_person(person)
            cards = self._active(listed, channel)
            if not cards:
                raise RefusedError(
                    f"{person} has no {channel} card to replace", hint="Issue one instead"
                )
            revocations = self._revocations(cards, reason, officials)
            return self._issue([listed], channel, revocations, copy, None)[0]

    def _issue(
        self,
        people: Sequence[Listed],
        channel: Channel,
        entries: list[bytes],
        copy: Copy | None,
        progress: Progress | None,
    ) -> list[IssuedCard]:
        if copy is not None:
            copy(self.checkpoint)  # no medium, no card made: codes can't be had twice
        cards = []
        for count, listed in enumerate(people, 1):
            cards.append(self._make_card(listed, channel))
            if progress is not None and (count % _EVERY == 0 or count == len(people)):
                progress(count, len(people))
        self._append_shuffled([*entries, *(encode(card.certificate) for card in cards)])
        if copy is not None:
            copy(self.checkpoint)
        return cards

    def _make_card(self, listed: Listed, channel: Channel) -> IssuedCard:
        """Section 6: draw a code, certify its key."""
        serial = self._cards.highest(listed.pseudonym) + 1
        if serial > MAX_SERIAL:
            raise RefusedError(
                f"{listed.id} has had {MAX_SERIAL} cards", hint="No more are possible"
            )
        code = self._random(CODE_SIZE)
        certificate = certify(
            self._signer,
            election=self.election.id,
            pseudonym=listed.pseudonym,
            serial=serial,
            channel=channel,
            district=listed.district,
            key=group.multiply_base(voter_secret(code, self.election.id)),
            registrar=self.name,
        )
        return IssuedCard(
            person=listed.id,
            certificate=certificate,
            code=code,
            text=card_text(code, certificate, self._district_position(listed), self._position),
        )

    @property
    def _position(self) -> int:
        return [*self.election.registrar_keys].index(self.name)

    def _district_position(self, listed: Listed) -> int | None:
        names = self.election.manifest.district_names
        return None if listed.district is None else names.index(listed.district)

    # --- people -----------------------------------------------------------------------------------

    def enrol(self, person: Person, officials: Officials, note: str = "") -> Listed:
        """Add a walk-in: a fresh pseudonym, logged, and a line on the private roll.

        InputError for data that isn't right. RefusedError if the id, or an active person of that
        name and birth date, is on the roll.
        """
        person = check_person(person, self.election.manifest.district_names)
        names = check_officials(officials)
        with self._lock:
            self._check_open()
            if (same := self.roll.same_person(person)) is not None:
                raise RefusedError(
                    f"{person.name} is on the roll already, as {same.id}",
                    hint="Hand out a card for that line",
                )
            pseudonym = self._random(PSEUDONYM)
            entry = Enrol(
                election=self.election.id,
                pseudonym=pseudonym,
                district=person.district or UNSET,
            )
            with self.roll.transaction():
                self.roll.enrol(person, pseudonym, self._note("enrolled", note, names))
                self._append_shuffled([encode(entry)])
            return self.roll.get(person.id)

    def change(
        self, person: str, status: Status, officials: Officials, note: str = ""
    ) -> list[str]:
        """Somebody moved away, died, or is struck; their cards of this log are revoked.

        `active` undoes a mistake; new cards have to be issued then. roll.csv never changes. Who
        moves to another district is changed to `moved` and enrolled anew. Returns the names of
        other registrars of whom active cards are known: they must revoke too.
        """
        if status not in STATUSES:
            raise InputError(f"{status!r} isn't a status", hint=f"There are: {', '.join(STATUSES)}")
        names = check_officials(officials)
        with self._lock:
            self._check_open()
            listed = self.roll.get(person)
            cards = [] if status == "active" else self._cards.active(listed.pseudonym, self.name)
            revocations = self._revocations(cards, "ineligible", names)
            with self.roll.transaction():
                self.roll.set_status(person, status, self._note(status, note, names))
                self._append_shuffled(revocations)
            others = [] if status == "active" else self._cards.active(listed.pseudonym)
            return sorted({card.registrar for card in others})

    def correct(self, person: str, officials: Officials, note: str = "", **values: str) -> Listed:
        """Other private data: name, birth_date, address, document or email.

        RefusedError for the id or the district: roll.csv names it under this pseudonym.
        """
        names = check_officials(officials)
        with self._lock:
            listed = self.roll.get(person)
            try:
                changed = dataclasses.replace(listed.person, **values)
            except TypeError:
                raise InputError(f"a roll has no field {', '.join(values)}") from None
            if (changed.id, changed.district) != (listed.id, listed.person.district):
                raise RefusedError(
                    "id and district can't change any more",
                    where=person,
                    hint="Change the person to `moved`, and enrol with the other district",
                )
            corrected = check_person(changed, self.election.manifest.district_names)
            self.roll.correct(corrected, self._note("corrected", note, names))
            return self.roll.get(person)

    # --- revocation -------------------------------------------------------------------------------

    def revoke(
        self,
        person: str,
        reason: Reason,
        officials: Officials,
        *,
        channel: Channel | None = None,
    ) -> int:
        """Revoke a person's active cards of this log, or those of one channel; how many.

        RefusedError if there is none.
        """
        with self._lock:
            self._check_open()
            cards = self._cards.active(self.roll.get(person).pseudonym, self.name)
            if channel is not None:
                cards = [card for card in cards if card.channel == channel]
            if not cards:
                raise RefusedError(
                    f"{person} has no active card of registrar {self.name}",
                    hint="Look at the other registrars' logs; each revokes its own",
                )
            return self._revoke(cards, reason, officials)

    def revoke_key(self, key: bytes, reason: Reason, officials: Officials) -> None:
        """Revoke one card by its certificate's key; RefusedError if it isn't an active one here."""
        with self._lock:
            self._check_open()
            cards = [card for card in self._cards.all(self.name) if card.key == key]
            if not cards or self._cards.is_revoked(cards[0]):
                raise RefusedError(
                    "no active card of this log has that key",
                    hint="A revocation is valid only in the log that issued the key",
                )
            self._revoke(cards, reason, officials)

    def revoke_many(
        self,
        lines: Iterable[str | tuple[str, int]],
        reason: Reason,
        officials: Officials,
    ) -> int:
        """Revoke many at once, like letters that came back; how many were not revoked before.

        Each is an id, or an id and a serial where a person had several cards. All in one commit,
        in random order. InputError naming up to 20 wrong lines: then nothing is revoked.
        """
        with self._lock:
            self._check_open()
            found: dict[bytes, Issued] = {}
            with _collected_errors() as wrong:
                for number, line in enumerate(lines, 1):
                    try:
                        card = self._card(*((line, None) if isinstance(line, str) else line))
                    except (InputError, RefusedError) as error:
                        wrong.append(f"line {number}: {error.what}")
                    else:
                        found[card.key] = card
            cards = [card for card in found.values() if not self._cards.is_revoked(card)]
            return self._revoke(cards, reason, officials)

    def _card(self, person: str, serial: int | None) -> Issued:
        """The one card of this log that is meant."""
        cards = self._cards.of(self.roll.get(person).pseudonym, self.name)
        meant = [card for card in cards if serial is None or card.serial == serial]
        if not meant:
            which = "no card" if serial is None else f"no card {serial}"
            raise RefusedError(f"{person} has {which} of registrar {self.name}")
        if len(meant) > 1:
            serials = ", ".join(str(card.serial) for card in sorted(meant))
            raise RefusedError(f"{person} had the cards {serials}; name the serial that is meant")
        return meant[0]

    def _revoke(self, cards: Sequence[Issued], reason: Reason, officials: Officials) -> int:
        self._append_shuffled(self._revocations(cards, reason, officials))
        return len(cards)

    def _revocations(
        self, cards: Sequence[Issued], reason: Reason, officials: Officials
    ) -> list[bytes]:
        """Section 7. Only cards of this log."""
        if reason not in get_args(Reason):
            raise InputError(
                f"{reason!r} isn't a reason", hint=f"There are: {', '.join(get_args(Reason))}"
            )
        names = check_officials(officials)
        return [
            encode(
                Revocation(election=self.election.id, key=card.key, reason=reason, officials=names)
            )
            for card in cards
            if card.registrar == self.name
        ]

    # --- the end ----------------------------------------------------------------------------------

    def close(self) -> None:
        """Write the log's last entry; nothing goes in after it. RefusedError if it is closed."""
        with self._lock:
            self._check_open()
            self._append_shuffled([encode(RegistryClose(at=self._time()))])

    def purge(self) -> None:
        """Let go of everything and destroy what is private, as `folder.purge` says."""
        with self._lock:
            self.stop()
            purge(self.folder)

    # --- inside -----------------------------------------------------------------------------------

    def _eligible(self, ids: Sequence[str], channel: Channel) -> list[Listed]:
        """Everybody who gets a card, or one InputError about all who can't."""
        people: dict[str, Listed] = {}
        with _collected_errors() as wrong:
            for person in ids:
                try:
                    listed = self._active_person(person)
                except (InputError, RefusedError) as error:
                    wrong.append(error.what)
                    continue
                if cards := self._active(listed, channel):
                    names = ", ".join(sorted({card.registrar for card in cards}))
                    wrong.append(f"{person} has an {channel} card already, from {names}")
                elif person in people:
                    wrong.append(f"{person} stands twice")
                people[person] = listed
        return list(people.values())


@contextmanager
def _collected_errors() -> Iterator[list[str]]:
    """What is wrong with many lines, as one InputError at the end."""
    wrong: list[str] = []
    yield wrong
    if wrong:
        more = [f"and {len(wrong) - MAX_WRONG} more"] if len(wrong) > MAX_WRONG else []
        raise InputError(
            "; ".join([*wrong[:MAX_WRONG], *more]),
            hint="Nothing was done. Correct the list and try again",
        )


def _check_channel(channel: str) -> None:
    if channel not in CHANNELS:
        raise InputError(f"{channel!r} isn't a channel", hint="There are: online, in-person")


def check_officials(officials: Officials) -> list[str]:
    """Two roles, not one twice (section 7)."""
    names = [nfc(" ".join(name.split())) for name in officials]
    if len(set(names)) != 2 or len(names) != 2 or not all(names):
        raise InputError("it takes two officials", hint='Name two roles, like "mayor" and "clerk"')
    return names
