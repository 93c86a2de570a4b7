"""An open poll in a kiosk's folder, and what stands around it, for the tests of its officials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from box_builder import Clock
from kiosk_folder import BOX, KioskFolder
from pbvote.at_hand import RegistriesAtHand
from pbvote.box import KEY, LOG, Box
from pbvote.core.encoding import encode
from pbvote.core.receipt import SignedReceipt
from pbvote.keyfile import load_signer
from pbvote.store.log import open_log
from pbvote.voting import prepare, voter_of_card
from pbvote_kiosk.officials.events import Events
from pbvote_kiosk.officials.keepers import Keepers
from pbvote_kiosk.officials.poll import Poll, kiosk_folder
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.ports import PrinterState, Slip

OFFICIALS = ("president", "clerk")


class Steady:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class RecordingPrinter:
    """Keeps what it prints; a test says how it is."""

    def __init__(self, state: PrinterState = PrinterState.READY) -> None:
        self.how = state
        self.printed: list[Slip] = []

    def state(self) -> PrinterState:
        return self.how

    def print(self, slip: Slip) -> PrinterState:
        if self.how.prints:
            self.printed.append(slip)
        return self.how


@contextmanager
def poll_of(
    kiosk: KioskFolder,
    *,
    clock: Clock | None = None,
    steady: Steady | None = None,
    settings: Settings | None = None,
    second: Path | None = None,
    free: Callable[[Path], int] = lambda _: 10**12,
    is_stick: Callable[[Path], bool] = Path.is_dir,
) -> Iterator[Poll]:
    """The poll of a kiosk's folder, its second copy on the same disk unlike in life."""
    folder, election = kiosk.path, kiosk.built.election
    now, home = clock or Clock(), folder / "boxes" / BOX
    signer = load_signer(home / KEY)
    log = open_log(home / LOG, signer, create=False, second=second)
    register = RegistriesAtHand(folder, election)
    box = Box(log, signer, election, BOX, now=now, register=register)
    own = kiosk_folder(folder, BOX)
    monotonic = steady or Steady()
    with Poll(
        folder,
        settings or Settings(second="" if second is None else str(second)),
        box,
        Events.open_in(own, election.slug, BOX, now=now),
        Keepers(own, monotonic=monotonic),
        now=now,
        monotonic=monotonic,
        free=free,
        is_stick=is_stick,
    ) as poll:
        yield poll


def vote(poll: Poll, card: str) -> SignedReceipt:
    """A blank ballot, cast."""
    voter = voter_of_card(poll.election, card)
    return poll.box.cast(encode(prepare(poll.election, poll.name, voter, {}).cast()))


def challenge(poll: Poll, card: str) -> SignedReceipt:
    """A blank ballot, opened to check the machine."""
    voter = voter_of_card(poll.election, card)
    return poll.box.challenge(encode(prepare(poll.election, poll.name, voter, {}).challenge()))
