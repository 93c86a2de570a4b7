"""A person's way through the screens, told in order: what is asked, and what follows.

Each function runs in the visit's worker and waits for screens; the app ends it from outside when
somebody walks away. Disk and printer work in threads, which touch no widget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pbvote.core.errors import RefusedError, StorageError
from pbvote.core.receipt import SignedReceipt
from pbvote.receipts import OpenedContest, opened
from pbvote.sticks import sticks
from pbvote.voting import Voter
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.dialogs import Question
from pbvote_kiosk.voter.check import check_receipt
from pbvote_kiosk.voter.check_screens import CheckedReceipt, ScanReceipt
from pbvote_kiosk.voter.entry import objection, typed_card
from pbvote_kiosk.voter.opened import OpenedBallot
from pbvote_kiosk.voter.receipt import Paper, ReceiptScreen, SlipIn, TryOutDone, Use
from pbvote_kiosk.voter.seal import Seal
from pbvote_kiosk.voter.session import Choosing, Session, TryOut
from pbvote_kiosk.voter.slips import challenge_slip, receipt_slip, receipt_url, text_of
from pbvote_kiosk.voter.standing import Standing
from pbvote_kiosk.voter.trouble import Trouble, not_now, trouble_of
from pbvote_kiosk.voter.typed import TypedCard

if TYPE_CHECKING:
    from pbvote_kiosk.voter.app import KioskApp

Sent = TypeVar("Sent")


async def vote(app: KioskApp, voter: Voter) -> None:
    """From a card to a ballot in the box, or back."""
    session = Session(app.poll.box, voter)
    try:
        standing = session.standing()
    except StorageError as error:
        await app.ask(app.notice(trouble_of(error)))
        return
    if standing:
        app.keep(session)
        if not await _wants_another(app, session, standing):
            return
    trouble = objection(app.poll.box, voter) or not_now(app.poll.state)
    if trouble is not None:
        await app.ask(app.notice(trouble))
        return
    app.keep(session)
    await _fill_in(app, session)


async def _fill_in(app: KioskApp, session: Session) -> None:
    """Choose, seal and answer, until a ballot is cast or somebody goes."""
    election, at_review = app.poll.election, False
    while await _choose(app, session, at_review=at_review):
        tracker = await app.in_thread(session.seal)
        answer = await _answer(app, tracker, mock=False)
        at_review = answer == "change"
        if answer == "cast":
            await _cast(app, session)
            return
        if answer == "challenge":
            sent = await _send(app, session.challenge)
            if sent is None:
                return
            signed, challenge = sent
            await _show_opened(app, signed, opened(challenge, election))
            session = app.keep(session.again())


async def _cast(app: KioskApp, session: Session) -> None:
    signed = await _send(app, session.cast)
    if signed is not None:
        await _show_receipt(app, signed, "cast", receipt_of(signed, app))


def receipt_of(signed: SignedReceipt, app: KioskApp) -> SlipIn:
    """The receipt on paper, in any language."""
    return lambda words: receipt_slip(signed, app.poll.election, words)


async def try_out(app: KioskApp) -> None:
    """The same screens with nothing behind them."""
    trial = app.keep(TryOut(app.poll.election))
    at_review = False
    while await _choose(app, trial, at_review=at_review):
        answer = await _answer(app, trial.seal(), mock=True)
        at_review = answer == "change"
        if answer == "cast":
            await app.ask(TryOutDone())
            return
        if answer == "challenge":
            parts = trial.opening()
            await app.ask(OpenedBallot(parts, trial.seal(), app.poll.election, mock=True))
            trial.forget()
            trial = app.keep(TryOut(app.poll.election))


async def type_card(app: KioskApp) -> None:
    """A card's code by hand, then as with a scanned card."""
    letters = ""
    while letters := await app.ask(TypedCard(letters)):
        voter = await app.in_thread(lambda: typed_card(app.poll.election, letters, app.poll.find))
        if not isinstance(voter, Trouble):
            await vote(app, voter)
            return
        await app.ask(app.notice(voter))


async def check(app: KioskApp, text: str = "") -> None:
    """Look a receipt up; the app begins this with its `text` once it was scanned."""
    if not text:
        await app.ask(ScanReceipt())
        return
    poll = app.poll
    here = sticks(Path(poll.settings.sticks))
    checked = await app.in_thread(
        lambda: check_receipt(text, poll.election, poll.name, poll.folder, here)
    )
    if await app.ask(CheckedReceipt(checked, poll.zone)):
        await app.ask(ScanReceipt())


async def _wants_another(
    app: KioskApp, session: Session, standing: Sequence[SignedReceipt]
) -> bool:
    """Show what this card cast here; whether another ballot shall replace it."""
    signed = standing[-1] if session.may_replace else standing[0]
    times = [signed.receipt.at for signed in standing]
    while True:
        step = await app.ask(
            Standing(
                times,
                may_replace=session.may_replace,
                is_open=not_now(app.poll.state) is None,
                zone=app.poll.zone,
            )
        )
        if step != "receipt":
            return step == "replace"
        await _show_receipt(app, signed, "cast", receipt_of(signed, app), prints=False)


async def _choose(app: KioskApp, choosing: Choosing, *, at_review: bool) -> bool:
    """Every contest and the review, back and forth; False if somebody goes without voting."""
    choices, currency = choosing.choices, app.poll.election.manifest.currency
    is_mock = isinstance(choosing, TryOut)
    place, changing = len(choices) if at_review else 0, at_review
    while True:
        if place == len(choices):
            changing = True
            review = ReviewScreen(
                choices, currency=currency, mock=is_mock, corrections=choosing.election.corrections
            )
            step = await app.ask(review)
            if step == "next":
                return True
            place = len(choices) - 1
            if step.startswith("change:"):
                wanted = choosing.choice(step.removeprefix("change:"))
                place = choices.index(wanted)
            continue
        choice = choices[place]
        ballot = BallotScreen(
            choice,
            choosing.order(choice.contest),
            currency=currency,
            number=place + 1,
            count=len(choices),
            corrections=choosing.election.corrections,
        )
        if await app.ask(ballot) == "next":
            place = len(choices) if changing else place + 1
        elif place > 0:
            place -= 1
        elif await _leaves(app, choosing):
            return False


async def _leaves(app: KioskApp, choosing: Choosing) -> bool:
    """Whether somebody going back from the first contest means to go."""
    if all(choice.is_blank for choice in choosing.choices):
        return True
    question = Question(
        lambda _: _("Stop voting?"),
        lambda _: _("Nothing was cast, and your card can still be used. Your choice is forgotten."),
        [("stay", lambda _: _("Go on voting")), ("go", lambda _: _("Stop voting"))],
    )
    return await app.ask(question) == "go"


async def _answer(app: KioskApp, tracker: bytes, *, mock: bool) -> str:
    """Cast, challenge or change; a challenge is asked about once more."""
    text = N_(
        "The machine opens this ballot and shows what it had sealed. The ballot then doesn't count,"
        " and everybody can read it later, without your name. If your choice must stay secret,"
        " choose something else for this check first. You vote afterwards."
    )
    while True:
        answer = await app.ask(Seal(tracker, mock=mock))
        if answer != "challenge":
            return answer
        question = Question(
            lambda _: _("Check this machine?"),
            lambda _: _(text),
            [
                ("back", lambda _: _("Back")),
                ("change", lambda _: _("Change my choice first")),
                ("open", lambda _: _("Open this ballot")),
            ],
        )
        confirmed = await app.ask(question)
        if confirmed == "open":
            return "challenge"
        if confirmed == "change":
            return "change"


async def _send(app: KioskApp, send: Callable[[], Sent]) -> Sent | None:
    """Give the box the answered ballot, again if the disk failed; None if it isn't taken."""
    while True:
        trouble = not_now(app.poll.state)
        if trouble is None:
            try:
                return await app.in_thread(send)
            except (StorageError, RefusedError) as error:
                trouble = trouble_of(error)
        if trouble is not Trouble.DISK:
            await app.ask(app.notice(trouble))
            return None
        question = Question(
            lambda _: _(Trouble.DISK.title),
            lambda _: _(Trouble.DISK.advice),
            [("again", lambda _: _("Try again")), ("leave", lambda _: _("Stop voting"))],
            loud=True,
        )
        if await app.ask(question) == "leave":
            return None


async def _show_opened(app: KioskApp, signed: SignedReceipt, parts: list[OpenedContest]) -> None:
    """What had been sealed, and the proof of it if it is wanted; both on paper at once."""
    election = app.poll.election
    while True:
        step = await app.ask(OpenedBallot(parts, signed.receipt.tracker, election, mock=False))
        if step == "again":
            return
        await _show_receipt(
            app, signed, "challenge", lambda _: challenge_slip(signed, parts, election, _)
        )


async def _show_receipt(
    app: KioskApp, signed: SignedReceipt, use: Use, slip: SlipIn, *, prints: bool = True
) -> None:
    election = app.poll.election
    screen = ReceiptScreen(
        signed,
        text_of(signed, election),
        use=use,
        url=receipt_url(election),
        zone=app.poll.zone,
        seconds=app.poll.settings.done,
        paper=Paper(app.printer, slip, at_once=prints),
    )
    await app.ask(screen)
