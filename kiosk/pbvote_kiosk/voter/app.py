"""The voter's app: one person after the other, and nothing of one left for the next.

``KioskApp(poll, printer=…, speaker=…, now=…, monotonic=…).run()``. The way of a person through
the screens is in `flow`; here is what stands around it: scans, idling, officials, forgetting.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.message import Message
from textual.screen import Screen
from textual.types import CSSPathType
from textual.widgets import Static
from textual.worker import Worker

from pbvote.at_hand import now as system_now
from pbvote.core.receipt import RECEIPT_PREFIX
from pbvote_kiosk.language import Words
from pbvote_kiosk.look.base import PeopleApp, PeopleScreen
from pbvote_kiosk.look.dialogs import Notice, Question
from pbvote_kiosk.look.forgetting import forget_painted
from pbvote_kiosk.officials.keepers import is_official_card
from pbvote_kiosk.officials.menu import OfficialsMenu
from pbvote_kiosk.ports import NoPrinter, Printer, Speaker
from pbvote_kiosk.voter import flow
from pbvote_kiosk.voter.check_screens import ScanReceipt
from pbvote_kiosk.voter.entry import scanned_card
from pbvote_kiosk.voter.receipt import ReceiptScreen
from pbvote_kiosk.voter.session import Choosing, Session, TryOut
from pbvote_kiosk.voter.trouble import Trouble
from pbvote_kiosk.voter.waiting import Between, Countdown
from pbvote_kiosk.voter.welcome import Welcome

if TYPE_CHECKING:
    from pbvote_kiosk.officials.poll import Poll
    from pbvote_kiosk.officials.warnings import Warned

TICK, WATCH = 0.5, 5.0
"""Seconds between two looks at who idles, and at what officials should hear of."""
Result = TypeVar("Result")
Kept = TypeVar("Kept", bound=Choosing)


class KioskApp(PeopleApp):
    """What stands in the booth."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["../look/people.tcss", "voter.tcss"]

    class Watched(Message):
        """What officials should look at now."""

        def __init__(self, found: Sequence[Warned]) -> None:
            super().__init__()
            self.found = found

    def __init__(
        self,
        poll: Poll,
        *,
        printer: Printer | None = None,
        speaker: Speaker | None = None,
        now: Callable[[], int] = system_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`poll` stays the caller's to stop."""
        super().__init__(
            languages=poll.election.manifest.languages,
            offered=poll.settings.languages,
            speaker=speaker,
            speaks=poll.settings.speech,
            monotonic=monotonic,
            test=poll.election.is_test,
        )
        self.poll, self.now = poll, now
        self.printer: Printer = printer or NoPrinter()
        self.loud: Sequence[Warned] = ()
        self._visit: Worker[None] | None = None
        self._watcher: Worker[None] | None = None
        self._kept: Choosing | None = None
        self._is_busy = False

    def get_default_screen(self) -> Screen[None]:
        return Welcome(self.poll)

    def on_mount(self) -> None:
        self.set_interval(TICK, self.tick)
        self.set_interval(WATCH, self._watch)
        self._watch()

    def banner(self) -> str:
        _ = self.words
        marks = [warned.to_voters(_) for warned in self.loud]
        if isinstance(self._kept, TryOut):
            marks.append(_("TRY-OUT – does not count"))
        return " · ".join((*marks, super().banner())).strip(" ·")

    # --- a visit ----------------------------------------------------------------------------------

    @property
    def is_visited(self) -> bool:
        """Whether somebody is between welcome and welcome."""
        return self._visit is not None

    @property
    def _has_menu(self) -> bool:
        return any(isinstance(screen, OfficialsMenu) for screen in self.screen_stack)

    def begin(self, visit: Coroutine[None, None, None]) -> None:
        """Let somebody in: runs a function of `flow`."""
        self._visit = self.run_worker(self._run_visit(visit), name="visit")

    async def _run_visit(self, visit: Coroutine[None, None, None]) -> None:
        await self.push_screen(Between())
        await visit
        self._end()

    def end_visit(self) -> None:
        """Send somebody home who has gone; nothing is cast."""
        if self._visit is not None:
            self._visit.cancel()
            self._end()

    def _end(self) -> None:
        # Screens come and go in the app's own turn, so that no scan gets between.
        self._forget()
        self.call_later(self._go_home)

    def _forget(self) -> None:
        if self._kept is not None:
            self._kept.forget()
        self._kept = self._visit = None

    async def _go_home(self) -> None:
        """Be for the next person as for the first."""
        self.look_plain()
        await self._clear()
        await self.compose_again()
        if isinstance(self.screen, Welcome):
            self.screen.begin_again()

    async def _clear(self) -> None:
        if len(self.screen_stack) == 1:
            return
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        self.said = ""
        forget_painted()

    # --- for the flow -----------------------------------------------------------------------------

    async def ask(self, screen: Screen[Result]) -> Result:
        """Show a screen, and wait for what comes of it."""
        return await self.push_screen_wait(screen)

    def keep(self, choosing: Kept) -> Kept:
        """Remember whose choice it is, to forget it when the visit ends."""
        self._kept = choosing
        return choosing

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Work that takes longer than a paint; nobody is sent home meanwhile."""
        self._is_busy = True
        try:
            return await asyncio.to_thread(work)
        finally:
            self._is_busy = False

    def notice(self, trouble: Trouble) -> Notice:
        """What a voter reads about a trouble."""

        def advice(_: Words) -> str:
            desk = _.text(self.poll.settings.desk) if trouble.needs_desk else ""
            return f"{_(trouble.advice)} {desk}".strip()

        return Notice(lambda _: _(trouble.title), advice)

    # --- who comes in -----------------------------------------------------------------------------

    def on_welcome_asked(self, event: Welcome.Asked) -> None:
        """A button of the first screen."""
        visits = {"try": flow.try_out, "type": flow.type_card, "check": flow.check}
        if not self.is_visited:
            self.begin(visits[event.what](self))

    def take_scan(self, text: str) -> None:
        """What a scan means depends on who is in."""
        if self._is_busy:
            return
        if self._has_menu:
            super().take_scan(text)
        elif is_official_card(text):
            self._take_official(text)
        elif isinstance(self._kept, Session):
            self._take_second(text, self._kept)
        else:
            self._let_in(text)

    def _let_in(self, text: str) -> None:
        """Nobody is voting: a card begins a vote, a receipt is looked up, whatever was shown."""
        if RECEIPT_PREFIX in text or isinstance(self.screen, ScanReceipt):
            self._switch(flow.check(self, text))
            return
        voter = scanned_card(self.poll.election, text)
        if isinstance(voter, Trouble):
            self._switch(self._tell(voter))
        else:
            self._switch(flow.vote(self, voter))

    async def _tell(self, trouble: Trouble) -> None:
        await self.ask(self.notice(trouble))

    def _take_second(self, text: str, session: Session) -> None:
        """Somebody is voting: the same card again is nothing, another one has to wait."""
        voter = scanned_card(self.poll.election, text)
        if isinstance(voter, Trouble) or session.is_of(voter) or isinstance(self.screen, Notice):
            return
        self.push_screen(
            Notice(
                lambda _: _("One card at a time"),
                lambda _: _(
                    "Somebody is voting with another card. Please finish, or go back with Esc,"
                    " before the next card is scanned."
                ),
            )
        )

    def _take_official(self, text: str) -> None:
        if self._kept is None:
            self._switch(None, lambda: self._open_menu(text))
            return

        def answered(answer: str | None) -> None:
            if answer == "open":
                self._switch(None, lambda: self._open_menu(text))

        question = Question(
            lambda _: _("An official's card"),
            lambda _: _(
                "Somebody is in the middle of voting. The officials' menu forgets that choice;"
                " nothing is cast, and the voter's card can still be used."
            ),
            [("stay", lambda _: _("Go on voting")), ("open", lambda _: _("Open the menu"))],
        )
        self.push_screen(question, answered)

    async def _open_menu(self, card: str) -> None:
        def left(_: None) -> None:
            self.call_later(self.compose_again)

        await self.push_screen(OfficialsMenu(self.poll, self.printer, card), left)

    def _switch(
        self,
        visit: Coroutine[None, None, None] | None,
        then: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """End what is going on, if anything is, and let somebody in instead."""
        self._is_busy = True  # until it is done, nothing else is let in
        if self._visit is not None:
            self._visit.cancel()
        self._forget()

        async def switch() -> None:
            await self._clear()
            self._is_busy = False
            if visit is not None:
                self.begin(visit)
            if then is not None:
                await then()

        self.call_later(switch)

    # --- who walks away ---------------------------------------------------------------------------

    def tick(self) -> None:
        """Look at who idles. Every half second."""
        if self._is_busy or self._has_menu:
            return  # the menu leaves by itself
        idle, settings = self.monotonic() - self.last_input, self.poll.settings
        if isinstance(self.screen, ReceiptScreen):
            left = math.ceil(settings.done - idle)
            if left <= 0:
                self.screen.dismiss()
            else:
                self.screen.count(left)
        elif isinstance(self.screen, Countdown):
            left = math.ceil(settings.idle + settings.countdown - idle)
            if left <= 0:
                self.end_visit()
            elif idle < settings.idle:
                self.screen.dismiss()
            else:
                self.screen.count(left)
        elif idle >= settings.idle and self.is_visited:
            self.push_screen(Countdown(settings.countdown))
        elif idle >= settings.idle and not (self.looks_plain and isinstance(self.screen, Welcome)):
            self.call_later(self._go_home)

    # --- what officials should hear of ------------------------------------------------------------

    def _watch(self) -> None:
        # While a stick hangs one look waits for it: more would hold the threads that seal, cast.
        if self._watcher is None or self._watcher.is_finished:
            self._watcher = self.run_worker(self._look_around, thread=True)

    def _look_around(self) -> None:
        self.post_message(self.Watched(self.poll.catch_up()))

    def on_kiosk_app_watched(self, event: Watched) -> None:
        """Put what is loud into every screen's banner."""
        loud = [warned for warned in event.found if warned.loud]
        if loud != self.loud:
            self.loud = loud
            for screen in self.screen_stack:
                if isinstance(screen, PeopleScreen):
                    for banner in screen.query("#banner").results(Static):
                        banner.update(self.banner())
