"""How an official's act goes on screen: asked, done beside the screen, told. One act at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from textual.screen import Screen

from pbvote_kiosk.language import Words
from pbvote_kiosk.look.base import PeopleScreen
from pbvote_kiosk.look.dialogs import Notice, Question, Said
from pbvote_kiosk.officials.pages import Busy, Lines, Page
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.signin import SignIn
from pbvote_kiosk.ports import Printer

T = TypeVar("T")
Result = TypeVar("Result")


def say(message: str) -> Said:
    """A message marked with N_, in the language chosen when it is shown."""
    return lambda words: words(message)


class Flow:
    """What an act needs: the poll, the printer, who acts, and the screens to ask and tell with.

    Whatever is asked answers "no" once the menu is being left.
    """

    def __init__(self, screen: PeopleScreen[None], poll: Poll, printer: Printer, role: str) -> None:
        self.screen, self.poll, self.printer, self.role = screen, poll, printer, role
        self.ended = False

    @property
    def home(self) -> Words:
        """The town's own language, for papers."""
        return self.screen.people.home_words

    async def show(self, screen: Screen[Result]) -> Result | None:
        """Show a screen until it gives its result; None once the menu is being left."""
        if self.ended:
            return None
        return await self.screen.app.push_screen_wait(screen)

    async def ask(self, title: str, text: Said, yes: str, *, loud: bool = False) -> bool:
        """Whether the official said yes; Enter alone says no."""
        answers = [("no", say("Back")), ("yes", say(yes))]
        return await self.show(Question(say(title), text, answers, loud=loud)) == "yes"

    async def tell(self, title: str, text: Said, *, loud: bool = False) -> None:
        """Show something to be read."""
        await self.show(Notice(say(title), text, loud=loud))

    async def page(
        self,
        title: Said,
        lines: Lines,
        *,
        code: str = "",
        buttons: Sequence[tuple[str, Said]] = (),
        loud: bool = False,
        on_scan: Callable[[str], Said] | None = None,
    ) -> str:
        """Show lines; the id of the button pressed, "" for back."""
        page = Page(title, lines, code=code, buttons=buttons, loud=loud, on_scan=on_scan)
        return await self.show(page) or ""

    async def two(self) -> tuple[str, str] | None:
        """Both officials' roles, once the second one has signed in."""
        second = await self.show(SignIn(self.poll, others=(self.role,)))
        return (self.role, second) if second else None

    async def thread(self, work: Callable[[], T]) -> T:
        """Do what takes longer than a paint, beside the screen."""
        return await asyncio.to_thread(work)

    async def wait_for(self, title: str, work: Callable[[], T]) -> T:
        """Do what takes long, beside a screen that says so."""
        busy = Busy(say(title))
        await self.screen.app.push_screen(busy)
        try:
            return await self.thread(work)
        finally:
            self.screen.people.last_input = self.screen.people.monotonic()
            await busy.dismiss()
