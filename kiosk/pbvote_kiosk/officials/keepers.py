"""Who may open the officials' menu: a card and a PIN each, and a wait after wrong PINs.

`officials.json` in the kiosk's folder keeps of a card only its hash, and of a PIN only what
Argon2id makes of card and PIN together: who copies the file can't try PINs without the card.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Annotated

from msgspec import Meta, Struct
from nacl import pwhash

from pbvote.core.encoding import (
    Bytes16,
    Bytes32,
    Count,
    Record,
    decode,
    encode,
    from_base32,
    to_base32,
)
from pbvote.core.errors import InputError, RefusedError
from pbvote.core.group import Random
from pbvote.files import read_bytes, write_bytes
from pbvote.keyfile import MODERATE, Cost

PREFIX = "PBVOTE1/O/"
FILE, TRIES = "officials.json", "tries.json"
MIN_PIN, MAX_PIN = 6, 20
_LABEL = b"pbvote/v1/official "

FREE_TRIES = 5
"""Wrong PINs before the first wait."""
FIRST_WAIT, LONGEST_WAIT = 30, 3600
"""Seconds; each further wrong PIN doubles the wait."""


class Keeper(Record, frozen=True, kw_only=True):
    """One official: the role that events name, and what the card and PIN are checked against."""

    role: Annotated[str, Meta(pattern=r"^[^\s][^\x00-\x1f]{0,39}\Z")]
    card: Bytes32
    salt: Bytes16
    operations: Count
    memory: Count
    pin: Bytes32


class Officials(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/officials/1"):
    """The file's content."""

    officials: list[Keeper]


class Tries(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/tries/1"):
    """How many wrong PINs in a row, role by role."""

    wrong: dict[str, Count]


class Right(Struct, frozen=True):
    """Card and PIN belong to this official."""

    role: str


class Wrong(Struct, frozen=True):
    """Another PIN; `left` more before a wait."""

    left: int


class Wait(Struct, frozen=True):
    """No PIN is looked at for so many seconds."""

    seconds: int


Answer = Right | Wrong | Wait


def wait_after(wrong: int) -> int:
    """The wait after so many wrong PINs in a row, in seconds."""
    if wrong < FREE_TRIES:
        return 0
    return min(FIRST_WAIT << min(wrong - FREE_TRIES, 32), LONGEST_WAIT)


def is_official_card(text: str) -> bool:
    """Whether a scanned text is an official's card, known here or not."""
    return text.startswith(PREFIX)


def card_hash(text: str) -> bytes:
    """What is kept of a card, 32 bytes; InputError if it isn't an official's."""
    return hashlib.sha256(_LABEL + _card_secret(text)).digest()


def _card_secret(text: str) -> bytes:
    try:
        secret = from_base32(text.removeprefix(PREFIX)) if is_official_card(text) else b""
    except InputError:
        secret = b""
    if len(secret) != 16:
        raise InputError("this isn't an official's card", hint="Scan the card again")
    return secret


class Keepers:
    """The officials of one kiosk. `check` takes about a second: call it from a worker.

    Waits run on `monotonic`, so setting the clock doesn't end one. Wrong PINs are written down
    before a PIN is looked at, and a restart begins the whole wait anew: pulling the plug buys
    nothing. One PIN is looked at at a time, and what was tried at a desk beside a kiosk counts too.
    """

    def __init__(self, folder: Path, *, monotonic: Callable[[], float]) -> None:
        """`folder` is the kiosk's own, DIR/kiosk/<box>; InputError if a file in it is damaged."""
        self._folder, self._monotonic = folder, monotonic
        path = folder / FILE
        self._keepers = (
            decode(read_bytes(path), Officials, str(path)).officials if path.exists() else []
        )
        self._one_at_a_time = Lock()
        self._wrong: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self._read_tries()

    @property
    def roles(self) -> tuple[str, ...]:
        """Everybody's, as they were added."""
        return tuple(keeper.role for keeper in self._keepers)

    def role_of(self, card: str) -> str | None:
        """Whose card this is; None if nobody's here."""
        keeper = self._find(card)
        return None if keeper is None else keeper.role

    def waiting(self, role: str) -> int:
        """For how many seconds no PIN of this role is looked at; 0 if one is."""
        rest = self._until.get(role, 0.0) - self._monotonic()
        return max(0, math.ceil(rest))

    def check(self, card: str, pin: str) -> Answer:
        """Whether card and PIN belong together. RefusedError if the card is nobody's."""
        keeper = self._find(card)
        if keeper is None:
            raise RefusedError(
                "this card isn't of an official of this machine",
                hint="`pbvote-kiosk official add` makes one",
            )
        with self._one_at_a_time:
            return self._check(keeper, card, pin)

    def _check(self, keeper: Keeper, card: str, pin: str) -> Answer:
        role = keeper.role
        self._read_tries()
        if seconds := self.waiting(role):
            return Wait(seconds)
        wrong = self._wrong.get(role, 0) + 1
        self._count(role, wrong)
        cost = Cost(keeper.operations, keeper.memory)
        if secrets.compare_digest(_derived(card, pin, keeper.salt, cost), keeper.pin):
            self._count(role, 0)
            return Right(role)
        self._until[role] = self._monotonic() + wait_after(wrong)
        seconds = self.waiting(role)
        return Wait(seconds) if seconds else Wrong(FREE_TRIES - wrong)

    def add(self, role: str, pin: str, random: Random, *, cost: Cost = MODERATE) -> str:
        """A new official; the text of the card, which is kept nowhere.

        RefusedError if the role is taken; InputError if role or PIN can't be one.
        """
        check_role(role)
        check_pin(pin)
        if role in self.roles:
            raise RefusedError(
                f"there is an official {role!r} already",
                hint="Choose another role, or remove that one first",
            )
        card, salt = PREFIX + to_base32(random(16)), random(16)
        keeper = Keeper(
            role=role,
            card=card_hash(card),
            salt=salt,
            operations=cost.operations,
            memory=cost.memory,
            pin=_derived(card, pin, salt, cost),
        )
        self._write([*self._keepers, keeper])
        return card

    def remove(self, role: str) -> None:
        """Let a card open nothing any more; InputError if there is no such role."""
        if role not in self.roles:
            raise InputError(
                f"there is no official {role!r}", hint=f"Here are: {', '.join(self.roles) or '–'}"
            )
        self._write([keeper for keeper in self._keepers if keeper.role != role])
        self._count(role, 0)

    def _find(self, card: str) -> Keeper | None:
        try:
            known = card_hash(card)
        except InputError:
            return None
        return next((keeper for keeper in self._keepers if keeper.card == known), None)

    def _write(self, keepers: list[Keeper]) -> None:
        write_bytes(self._folder / FILE, encode(Officials(officials=keepers)), private=True)
        self._keepers = keepers

    def _read_tries(self) -> None:
        """What was tried before, here or by another program: its wait begins when it is seen."""
        path = self._folder / TRIES
        tries = dict(decode(read_bytes(path), Tries, str(path)).wrong) if path.exists() else {}
        for role, wrong in tries.items():
            if wrong > self._wrong.get(role, 0):
                self._until[role] = self._monotonic() + wait_after(wrong)
        self._wrong = {**self._wrong, **tries}

    def _count(self, role: str, wrong: int) -> None:
        """On disk before it is believed."""
        counts = {**self._wrong, role: wrong}
        counts = {name: number for name, number in counts.items() if number}
        write_bytes(self._folder / TRIES, encode(Tries(wrong=counts)), private=True)
        self._wrong = counts


def check_role(role: str) -> None:
    """InputError if an event can't name somebody so."""
    if not role or len(role) > 40 or role != role.strip() or not role.isprintable():
        raise InputError(
            "a role has 1 to 40 letters, like mayor or clerk", hint="Write the role, not the name"
        )


def check_pin(pin: str) -> None:
    """InputError if it is no PIN, or one that everybody tries first."""
    if not (pin.isascii() and pin.isdigit() and MIN_PIN <= len(pin) <= MAX_PIN):
        raise InputError(f"a PIN has {MIN_PIN} to {MAX_PIN} digits", hint="Choose another")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise InputError("this PIN is tried first by everybody", hint="Choose another")


def _derived(card: str, pin: str, salt: bytes, cost: Cost) -> bytes:
    return bytes(
        pwhash.argon2id.kdf(
            32,
            _card_secret(card) + pin.encode(),
            salt,
            opslimit=cost.operations,
            memlimit=cost.memory,
        )
    )
