"""The desk: people are searched, checked in and handed a card; what else a desk does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.worker import Worker

from pbvote.core.card import Reason
from pbvote.core.errors import PbvoteError
from pbvote.registry import IssuedCard
from pbvote.registry.known import Known
from pbvote_kiosk.desk.asked import Confirm, Confirmed
from pbvote_kiosk.desk.card_screen import CardScreen
from pbvote_kiosk.desk.pages import DeskMenu
from pbvote_kiosk.desk.person_screen import PersonScreen
from pbvote_kiosk.desk.said import ALL_THE_SAME, CARD, LOOKED, OUTLOOK
from pbvote_kiosk.desk.search_screen import SearchScreen
from pbvote_kiosk.desk.tasks import Tasks
from pbvote_kiosk.desk.walk_in_screen import WalkInScreen
from pbvote_kiosk.desk.work import DeskWork, Figures
from pbvote_kiosk.language import Words
from pbvote_kiosk.look.base import PeopleApp
from pbvote_kiosk.look.dialogs import Notice, Question, Said
from pbvote_kiosk.look.forgetting import forget_painted
from pbvote_kiosk.ports import Speaker

EVERY = 60
"""Seconds between two syncs, if a place is set."""

Result = TypeVar("Result")


class DeskApp(PeopleApp):
    """A desk's screens on what `work` does."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        Path(__file__).parents[1] / "look" / "people.tcss",
        Path(__file__).with_name("desk.tcss"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "menu", show=False),
        Binding("f10,ctrl+q", "leave", priority=True, show=False),
    ]

    def __init__(
        self,
        work: DeskWork,
        *,
        monotonic: Callable[[], float],
        speaker: Speaker | None = None,
        speaks: bool = False,
        offered: Sequence[str] = ("fr", "nl", "de", "en"),
        every: float = EVERY,
    ) -> None:
        super().__init__(
            languages=work.election.manifest.languages,
            offered=offered,
            speaker=speaker,
            speaks=speaks,
            monotonic=monotonic,
            test=work.election.is_test,
        )
        self.work = work
        self._every = every
        self._tasks = Tasks(self)
        self._flow: Worker[None] | None = None
        self.figures = Figures(0, ())
        """As last read; reading waits while a card is handed out, the screen doesn't."""
        self._unread: PbvoteError | None = None
        self._looking = self._look_again = self._syncs = False

    def on_mount(self) -> None:
        self.push_screen(SearchScreen(self.work))
        self._start(self.sync_quietly)
        self.set_interval(self._every, lambda: self._start(self.sync_quietly))
        self.set_interval(5, self._look_anew)

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run it in a worker, which makes it: nothing is left unawaited when the app closes."""
        _: Worker[Any] = self.run_worker(partial(work))  # mypy can't tell its type otherwise

    # --- the status line --------------------------------------------------------------------------

    def status_line(self) -> str:
        """Who is checked in, and how the other machines are, as last read; nothing is read here."""
        _, work = self.words, self.work
        if self._unread is not None:
            return f"! {_.error(self._unread)}"
        present = self.figures.present
        parts = [_.many("{n} person checked in", "{n} people checked in", present)]
        if work.desk.closed is not None:
            parts.append(_("the registry is closed"))
        if work.places:
            synced = work.synced
            if synced.missing:
                parts.append(_("! not reachable: {places}", places=", ".join(synced.missing)))
            elif synced.at is not None:
                minutes = max(0, work.now() - synced.at) // 60
                ago = _.many("synced {n} minute ago", "synced {n} minutes ago", minutes)
                parts.append(ago if minutes else _("synced just now"))
        if work.synced.wrong and not work.synced.missing:
            parts.append(_("! sync found something wrong: see Menu"))
        if doubles := len(self.figures.doubles):
            parts.append(_.many("! {n} handed out twice", "! {n} handed out twice", doubles))
        return " · ".join(parts)

    def on_search_screen_back(self) -> None:
        """The first screen is seen again."""
        self._look_anew()

    def _look_anew(self) -> None:
        """Read the figures in a worker, one at a time: the last that is asked for is shown."""
        self._look_again = True
        if not self._looking:
            self._looking = True
            self._start(self._look)

    async def _look(self) -> None:
        try:
            while self._look_again:
                self._look_again = False
                try:
                    self.figures = await asyncio.to_thread(self.work.figures)
                    self._unread = None
                except PbvoteError as error:
                    self._unread = error
                self._show_status()
        finally:
            self._looking = False

    def _show_status(self) -> None:
        if isinstance(self.screen, SearchScreen) and self.screen.query("#status"):
            self.screen.show_status()

    # --- one thing at a time ----------------------------------------------------------------------

    @property
    def _is_busy(self) -> bool:
        return self._flow is not None and not self._flow.is_finished

    def _begin(self, flow: Coroutine[Any, Any, None]) -> None:
        """Begin a way through the screens, unless one is on: Enter twice opens nobody twice."""
        if self._is_busy:
            flow.close()
        else:
            self._flow = self.run_worker(flow)

    # --- work beside the screen -------------------------------------------------------------------

    async def attempt(self, act: Callable[[], Result]) -> Result | None:
        """Do it in a thread; None if it failed, which was said."""
        try:
            return await asyncio.to_thread(act)
        except PbvoteError as error:
            self.say_error(error)
            return None

    def say_error(self, error: PbvoteError) -> None:
        """One of our errors, to be read."""
        self.push_screen(
            Notice(lambda _: _("That didn't work"), lambda _: _.error(error), loud=True)
        )

    async def sync_quietly(self) -> None:
        """Exchange logs in the background; what is wrong stands in the status line."""
        if self._syncs or self.work.is_syncing:
            return  # each that waits would hold a thread that handing out needs
        self._syncs = True
        try:
            before = {d.name for d in await asyncio.to_thread(self.work.desk.doubles)}
            await asyncio.to_thread(self.work.sync)
            doubles = await asyncio.to_thread(self.work.desk.doubles)
        except PbvoteError as error:
            self._unread = error
            self._show_status()
            return
        finally:
            self._syncs = False
        self._look_anew()
        found = any(double.name not in before for double in doubles)
        if found and not self._is_busy and isinstance(self.screen, SearchScreen):
            self._tasks.show_doubles(doubles)

    # --- people -----------------------------------------------------------------------------------

    def on_search_screen_chosen(self, event: SearchScreen.Chosen) -> None:
        """Somebody was chosen from the list."""
        self._begin(self._open(event.person))

    async def _open(self, person: str) -> None:
        await self.attempt(self.work.look_at_boxes)
        known = await self.attempt(lambda: self.work.desk.known(person))
        if known is None:
            return
        act = await self.push_screen_wait(
            PersonScreen(known, self.work.election.manifest.time_zone)
        )
        if act == "hand-out":
            await self._hand_out(known)
        elif act in ("replace", "claim"):
            await self._replace(known, claims=act == "claim")
        elif act == "undo":
            await self._undo(known)
        elif act == "sign" and (line := known.checked_in) is not None:
            await self.attempt(lambda: self.work.signed(line, not line.signed))
            await self._open(person)

    async def _hand_out(self, known: Known) -> None:
        if known.outlook in ("online-counts", "online-counts-if-any", "hall-counts"):
            answer = await self.push_screen_wait(
                Question(
                    known.listed.person.name,
                    lambda _: f"{_(OUTLOOK[known.outlook])}\n{_(ALL_THE_SAME)}",
                    [
                        ("no", lambda _: _("No, don't")),
                        ("yes", lambda _: _("Hand it out all the same")),
                    ],
                )
            )
            if answer != "yes":
                return
        name = known.listed.person.name
        await self._give(await self.attempt(lambda: self.work.hand_out(known.listed.id)), name)

    async def _give(self, card: IssuedCard | None, name: str) -> None:
        """Card to the person, signature on the list, search anew. Nothing of the card stays.

        No caller keeps the card while this waits.
        """
        if card is None:
            return
        person = card.person
        screen = CardScreen(card, name, self.work.election, self.work.printer)
        del card
        await self.push_screen_wait(screen)
        del screen
        self.call_after_refresh(forget_painted)
        self._start(self.sync_quietly)
        answer = await self.push_screen_wait(
            Question(
                name,
                lambda _: _("Has {name} signed the list?", name=name),
                [("yes", lambda _: _("Yes, signed")), ("later", lambda _: _("Not yet"))],
            )
        )
        if answer == "yes":
            await self.attempt(lambda: self.work.signed_now(person))
        self._begin_anew()

    def _begin_anew(self) -> None:
        if isinstance(self.screen, SearchScreen):
            self.screen.action_clear()

    async def _replace(self, known: Known, *, claims: bool) -> None:
        reason: Reason | None = "error" if claims else await self._why_replaced(known)
        if reason is None:
            return
        agreed = await self.confirm(
            lambda _: _("Another card for {name}", name=known.listed.person.name),
            lambda _: _("The previous card is revoked: what was cast with it is set aside."),
        )
        if agreed is None:
            return
        why, name = reason, known.listed.person.name
        replaced = self.attempt(lambda: self.work.replace(known.listed.id, agreed.officials, why))
        await self._give(await replaced, name)

    async def _why_replaced(self, known: Known) -> Reason | None:
        answer = await self.push_screen_wait(
            Question(
                known.listed.person.name,
                lambda _: _("Why does this person need another card?"),
                [
                    ("none", lambda _: _("Back")),
                    ("lost", lambda _: _("Lost")),
                    ("stolen", lambda _: _("Stolen")),
                    ("returned", lambda _: _("For another kiosk")),
                ],
            )
        )
        reasons: dict[str, Reason] = {"lost": "lost", "stolen": "stolen", "returned": "returned"}
        return reasons.get(answer)

    async def _undo(self, known: Known) -> None:
        agreed = await self.confirm(
            lambda _: _("Undo the check-in of {name}", name=known.listed.person.name),
            lambda _: _("The line is struck with the reason and stays; the card is revoked."),
            asks_why=True,
        )
        if agreed is not None:
            await self.attempt(
                lambda: self.work.undo(known.listed.id, agreed.officials, agreed.why)
            )
            self._begin_anew()

    async def walk_in(self) -> None:
        """Somebody who isn't on the roll."""
        districts = self.work.election.manifest.district_names
        free = await self.attempt(self._new_id)
        if free is None:
            return
        person = await self.push_screen_wait(WalkInScreen(districts, free))
        if person is None:
            return
        agreed = await self.confirm(
            lambda _: _("Enrol {name}", name=person.name),
            lambda _: _("Why may this person vote without being on the roll?"),
            asks_why=True,
        )
        if agreed is None:
            return
        enrolled = self.attempt(lambda: self.work.walk_in(person, agreed.officials, agreed.why))
        await self._give(await enrolled, person.name)

    def _new_id(self) -> str:
        number = self.work.desk.roll.counts()["enrolled"] + 1
        while self.work.desk.roll.look_up(f"{self.work.desk.name}-{number}") is not None:
            number += 1
        return f"{self.work.desk.name}-{number}"

    async def confirm(self, title: Said, text: Said, *, asks_why: bool = False) -> Confirmed | None:
        """Two officials agree; None if they don't."""
        keepers = await self.attempt(self.work.keepers)
        return await self.push_screen_wait(Confirm(title, text, keepers, asks_why=asks_why))

    # --- scans ------------------------------------------------------------------------------------

    def on_search_screen_read(self, event: SearchScreen.Read) -> None:
        """A card or a receipt on the table."""
        text = event.text
        if self.work.is_card(text):
            self._begin(self._card(text))
        elif self.work.is_receipt(text):
            self._begin(self._receipt(text))
        else:
            self.push_screen(
                Notice(
                    lambda _: _("Not known"),
                    lambda _: _("This is neither a voting card nor a receipt of this election."),
                )
            )

    async def _card(self, text: str) -> None:
        await self.attempt(self.work.look_at_boxes)
        state = await self.attempt(lambda: self.work.desk.card_state(text))
        if state is None:
            return
        known = state
        answers: list[tuple[str, Said]] = [("back", lambda _: _("Back"))]
        if known == "valid":
            answers.append(("take", lambda _: _("Take it back")))
        answer = await self.push_screen_wait(
            Question(lambda _: _("A voting card"), lambda _: _(CARD[known]), answers)
        )
        if answer != "take":
            return
        agreed = await self.confirm(
            lambda _: _("Take a card back"),
            lambda _: _("The card is revoked as brought back; the person can get another."),
        )
        if agreed is not None:
            await self.attempt(lambda: self.work.take_back(text, agreed.officials))

    async def _receipt(self, text: str) -> None:
        looked = await self.attempt(lambda: self.work.look_up(text))
        if looked is not None:
            await self.push_screen_wait(
                Notice(
                    lambda _: _("A receipt"),
                    lambda _: _(LOOKED[looked.what], box=looked.box),
                    loud=looked.what in ("missing", "not true"),
                )
            )

    # --- menu -------------------------------------------------------------------------------------

    def action_menu(self) -> None:
        """What the desk does besides."""
        if isinstance(self.screen, SearchScreen):
            self._begin(self._menu())

    async def _menu(self) -> None:
        await self._tasks.run(await self.push_screen_wait(DeskMenu(self._entries)))

    def _entries(self, words: Words) -> list[tuple[str, str]]:
        return self._tasks.entries(words)

    def action_leave(self) -> None:
        """Ask, then leave; the desk stays as it is and can be started again."""
        if isinstance(self.screen, SearchScreen):
            self._begin(self.leave())

    async def leave(self) -> None:
        """Leave, if that is what is wanted."""
        answer = await self.push_screen_wait(
            Question(
                lambda _: _("Leave"),
                lambda _: _("Leave the desk? Nothing is lost; it can be started again."),
                [("stay", lambda _: _("Stay")), ("leave", lambda _: _("Leave"))],
            )
        )
        if answer == "leave":
            self.exit()
