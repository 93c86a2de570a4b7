"""`pbvote-tally show`: the pages of a public count, and the work that goes on behind them.

An act runs in a thread of its own, which ends with the program at any moment: whatever it was
doing, the next start goes on from the disk. It touches no widget; its report and its result are
posted.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, TypeVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.theme import Theme
from textual.types import CSSPathType

from pbvote.core.errors import PbvoteError
from pbvote.screens import CONTRAST as CONTRAST_THEME
from pbvote.sticks import MEDIA, sticks
from pbvote.unbroken import hold_together
from pbvote_tally.language import LANGUAGES, Words
from pbvote_tally.show.boxes import BoxesPage
from pbvote_tally.show.closing import ClosingPage
from pbvote_tally.show.counting import CountPage
from pbvote_tally.show.dialogs import Notice, Question
from pbvote_tally.show.frame import ACTS, Page, ShowScreen
from pbvote_tally.show.merged import MergePage
from pbvote_tally.show.posting import Line, PostedReport, Progress
from pbvote_tally.show.result import ResultPage
from pbvote_tally.show.trustees import TrusteesPage
from pbvote_tally.show.work import Work

PAGES: dict[str, type[Page]] = {
    page.name_of_act: page
    for page in (BoxesPage, ClosingPage, MergePage, TrusteesPage, CountPage, ResultPage)
}
PLAIN, CONTRAST = "plain", CONTRAST_THEME.name
_THEMES = (
    Theme(
        PLAIN,
        primary="#0b2f5c",
        secondary="#0b2f5c",
        warning="#6b3900",
        error="#8b0f14",
        success="#0f5128",
        accent="#0b2f5c",
        foreground="#000000",
        background="#ffffff",
        surface="#ffffff",
        panel="#e4e7ec",
        dark=False,
    ),
    CONTRAST_THEME,
)
TICK = 0.5
"""Seconds between two looks at the clock while an act runs."""
Done = TypeVar("Done")
Flow = Callable[[], Awaitable[None]]


class ShowApp(App[None], inherit_bindings=False):
    """The public count, full screen, by the keyboard alone."""

    CSS_PATH: ClassVar[CSSPathType | None] = Path(__file__).with_name("show.tcss")
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "language", priority=True),
        Binding("f4", "contrast", priority=True),
        Binding("f7", "turn(-1)", priority=True),
        Binding("f8", "turn(1)", priority=True),
        Binding("ctrl+q", "leave", priority=True),
    ]

    def __init__(
        self,
        work: Work,
        report: PostedReport,
        *,
        found_sticks: Callable[[], list[Path]] = lambda: sticks(Path(MEDIA)),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`report` is the one that `work` was made with."""
        super().__init__()
        hold_together()
        self.work = work
        languages = work.election.manifest.languages
        first = next((code for code in languages if code in LANGUAGES), "en")
        self.offered = list(LANGUAGES)
        self.words = Words(first, languages[0])
        self.found_sticks = found_sticks
        self.monotonic = monotonic
        self.lines: tuple[Line, ...] = ()
        """What the running act, or the last one, has done."""
        self.is_busy = False
        self._report = report
        self._page = "boxes"
        self._reached: list[str] = []
        self._flowing = False
        self._next: Flow | None = None
        self._titles = {c.id: c.title for c in work.election.manifest.contests}
        for theme in _THEMES:
            self.register_theme(theme)
        self.theme = PLAIN

    # --- pages ------------------------------------------------------------------------------------

    async def on_mount(self) -> None:
        """Go on where the count stands."""
        self.set_interval(TICK, self._tick)
        stage = self.work.stage
        await self.go({"tally": "merge"}.get(stage, stage))

    async def go(self, name: str) -> None:
        """Show the page of an act; those before it can be shown again."""
        order = [act for act, _ in ACTS]
        self._page = name
        self._reached = list(dict.fromkeys([*self._reached, *order[: order.index(name) + 1]]))
        if not self.is_busy:
            self.lines = ()
        page = PAGES[name]()
        if isinstance(self.screen, Page):
            await self.switch_screen(page)
        else:
            await self.push_screen(page)

    async def action_turn(self, step: int) -> None:
        """The page before, or after, of those that were reached."""
        if not isinstance(self.screen, Page) or self._flowing:
            return
        shown = [act for act, _ in ACTS if act in self._reached and PAGES[act].is_ready(self.work)]
        place = shown.index(self._page) + step if self._page in shown else -1
        if 0 <= place < len(shown):
            await self.go(shown[place])

    async def refresh_page(self) -> None:
        """The page that is shown, composed again from its state."""
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                await screen.recompose()

    def banner(self) -> str:
        """What stands at the top right of every screen."""
        return " TEST " if self.work.election.is_test else ""

    def acts_line(self) -> str:
        """Where the count is among its acts."""
        order = [act for act, _ in ACTS]
        here = order.index(self._page)
        marks = ["✓" if i < here else "▶" if i == here else "○" for i in range(len(order))]
        return "  ".join(
            f"{mark} {self.words(name)}" for mark, (_, name) in zip(marks, ACTS, strict=True)
        )

    def common_keys(self) -> Sequence[tuple[str, str]]:
        """The keys of every screen."""
        _ = self.words
        others = [code.upper() for code in self.offered if code != self.words.language]
        return [
            ("F2", "/".join(others)),
            ("F4", _("Contrast")),
            ("F7/F8", _("Look back/forward")),
            ("Ctrl+Q", _("Leave")),
        ]

    # --- language, contrast, leaving --------------------------------------------------------------

    async def action_language(self) -> None:
        """The next language."""
        place = self.offered.index(self.words.language) + 1
        await self.set_language(self.offered[place % len(self.offered)])

    async def set_language(self, language: str) -> None:
        """Say everything in this language from now on."""
        self.words = Words(language, self.work.election.manifest.languages[0])
        for screen in self.screen_stack:
            if isinstance(screen, ShowScreen):
                await screen.recompose()

    def action_contrast(self) -> None:
        """White on black, and back."""
        self.theme = PLAIN if self.theme == CONTRAST else CONTRAST

    def action_leave(self) -> None:
        """Leave, once somebody said yes."""
        if not isinstance(self.screen, Question):
            self.run_worker(self._leave(), group="leave")

    async def _leave(self) -> None:
        answer = await self.push_screen_wait(
            Question(
                lambda _: _("Leave?"),
                lambda _: _(
                    "Everything that was done is on the disk. What is being done now begins"
                    " again with the next start; nothing is done twice."
                ),
                [("stay", lambda _: _("Stay")), ("leave", lambda _: _("Leave"))],
            )
        )
        if answer == "leave":
            self.exit()

    # --- acts -------------------------------------------------------------------------------------

    def run_flow(self, flow: Flow, *, waits: bool = False) -> None:
        """Run what a page does, one thing at a time.

        Meanwhile a key does nothing; what a page does by itself `waits` for its turn.
        """
        if self._flowing and waits:
            self._next = flow
        elif not self._flowing:
            self._flowing = True
            self.run_worker(self._flow(flow), group="flow")

    async def _flow(self, flow: Flow) -> None:
        try:
            await flow()
            while self._next is not None:
                following, self._next = self._next, None
                await following()
        finally:
            self._flowing = False

    async def attempt(self, act: Callable[[], Done]) -> Done | None:
        """Do an act in a thread; None if one of our errors ended it, which is then shown."""
        self.is_busy = True
        await self.refresh_page()
        self._report.begin(self.post_message)
        fault: PbvoteError | None = None
        result: Done | None = None
        try:
            result = await _threaded(act)
        except PbvoteError as error:
            fault = error
        finally:
            self._report.end(failed=fault is not None)
            self.is_busy = False
        await self.refresh_page()
        if fault is not None:
            await self.tell(fault)
        return result

    async def tell(self, error: PbvoteError) -> None:
        """Show one of our errors: what it was, where, and what to do now."""
        self.bell()

        def text(words: Words) -> str:
            what = words.error(error)
            return "\n\n".join(part for part in (what[:1].upper() + what[1:], error.where) if part)

        await self.push_screen_wait(Notice(lambda _: _("This can't be done"), text, loud=True))

    def on_progress(self, message: Progress) -> None:
        """Show how far the act is."""
        self.lines = message.lines
        self._refresh_jobs()

    def _tick(self) -> None:
        if self.is_busy:
            self._refresh_jobs()

    def _refresh_jobs(self) -> None:
        if isinstance(self.screen, ShowScreen):
            self.screen.refresh_job()

    def said_of(self, line: Line) -> str:
        """A step in the language now chosen, contests by their titles."""
        values = dict(line.values)
        contest = values.get("contest")
        if contest in self._titles:
            values["contest"] = self.words.text(self._titles[str(contest)])
        return self.words(line.text, **values)

    def _fatal_error(self) -> None:
        """A fault of ours: one line without values, as Textual's own page shows locals."""
        error = self._exception
        trace = None if error is None else error.__traceback__
        place = ""
        while trace is not None:
            place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            trace = trace.tb_next
        self.bell()
        self.panic(
            f"pbvote-tally stopped by a fault of its own: {type(error).__name__} at {place}. "
            "What was done is on the disk; start it again"
        )


async def _threaded(act: Callable[[], Done]) -> Done:
    """An act's result, from a thread that doesn't keep the program from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Done] = loop.create_future()

    def settle(give: Callable[[], None]) -> None:
        if not future.done():
            give()

    def run() -> None:
        try:
            result = act()
        except BaseException as error:
            give = _failing(future, error)
        else:
            give = _giving(future, result)
        with suppress(RuntimeError):  # the app has ended: nobody waits any more
            loop.call_soon_threadsafe(settle, give)

    threading.Thread(target=run, daemon=True, name="act").start()
    return await future


def _failing(future: asyncio.Future[Done], error: BaseException) -> Callable[[], None]:
    return lambda: future.set_exception(error)


def _giving(future: asyncio.Future[Done], result: Done) -> Callable[[], None]:
    return lambda: future.set_result(result)
