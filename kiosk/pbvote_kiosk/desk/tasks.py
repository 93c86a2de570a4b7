"""The entries of the desk's menu: what each shows and does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pbvote.paper.report import report_pdf
from pbvote.registry.known import Double
from pbvote.registry.registrar import Officials
from pbvote_kiosk.desk.pages import DeskMenu, Page
from pbvote_kiosk.desk.papers import (
    attendance_csv,
    desk_page,
    invite_csv,
    reconciliation,
    signing_list,
)
from pbvote_kiosk.desk.said import double_lines
from pbvote_kiosk.desk.search_screen import person_line
from pbvote_kiosk.language import Words
from pbvote_kiosk.look.dialogs import Notice, Question
from pbvote_kiosk.paper.report import report_slip

if TYPE_CHECKING:
    from pbvote_kiosk.desk.app import DeskApp


class Tasks:
    """What is reached through the menu of a desk's app."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._lost: set[str] = set()
        """Boxes that two officials said are lost."""

    def entries(self, words: Words) -> list[tuple[str, str]]:
        """Id and words of each entry, the usual first."""
        _ = words
        doubles = len(self._app.figures.doubles)
        entries = [
            ("walk-in", _("Somebody who isn't on the roll")),
            ("sync", _("Sync with the other desks now")),
            ("doubles", _("Handed out twice: {n}", n=doubles)),
            ("list", _("List to sign, everybody (PDF)")),
            ("present", _("List of those checked in (PDF)")),
            ("csv", _("List of those checked in (CSV)")),
            ("invite", _("A box is lost: whom to invite again")),
            ("reconcile", _("Reconciliation")),
            ("close", _("Close the registry")),
            ("leave", _("Leave")),
        ]
        if self._app.work.helpers:
            entries.insert(1, ("helped", _("Somebody was helped: count one more")))
        return entries

    async def run(self, entry: str) -> None:
        """Do what was chosen; "" is nothing."""
        app, work = self._app, self._app.work
        if entry == "walk-in":
            await app.walk_in()
        elif entry == "helped":
            await self._helped()
        elif entry == "sync":
            await self._sync()
        elif entry == "doubles":
            await self._doubles()
        elif entry == "list":
            await self._save(
                "list.pdf", lambda: signing_list(work, app.words, only_checked_in=False)
            )
        elif entry == "present":
            await self._save(
                "checked-in.pdf", lambda: signing_list(work, app.words, only_checked_in=True)
            )
        elif entry == "csv":
            await self._save("checked-in.csv", lambda: attendance_csv(work.desk.roll))
        elif entry == "invite":
            await self._invite()
        elif entry == "reconcile":
            await self._reconcile()
        elif entry == "close":
            await self._close()
        elif entry == "leave":
            await app.leave()

    async def _helped(self) -> None:
        number = await self._app.attempt(self._app.work.help_given)
        if number is not None:
            await self._app.push_screen_wait(
                Notice(
                    lambda _: _("Helped"),
                    lambda _: _.many(
                        "{n} person was helped so far. Nobody's name is kept.",
                        "{n} people were helped so far. Nobody's name is kept.",
                        number,
                    ),
                )
            )

    async def _sync(self) -> None:
        synced = await asyncio.to_thread(self._app.work.sync)

        def lines(_: Words) -> list[str]:
            if not self._app.work.places:
                return [
                    _("No place is set: start the desk with --place FOLDER or --place http://…"),
                    _("The boxes on hand were read anew."),
                    *map(_.error, synced.wrong),
                ]
            if not synced.wrong:
                return [_("Everything was exchanged, and the boxes on hand were read anew.")]
            return [_("Not everything could be read:"), *map(_.error, synced.wrong)]

        await self._app.push_screen_wait(Page(lambda _: _("Sync"), lines))
        await self._doubles(if_any=True)

    async def _doubles(self, *, if_any: bool = False) -> None:
        doubles = await self._app.attempt(self._app.work.desk.doubles)
        if doubles or (doubles is not None and not if_any):
            self.show_doubles(doubles)

    def show_doubles(self, doubles: Sequence[Double]) -> None:
        """Who was handed two cards, and what to do."""

        def lines(_: Words) -> list[str]:
            if not doubles:
                return [_("Nobody was handed two cards, as far as the logs on hand say.")]
            found = [f"! {line}" for double in doubles for line in double_lines(double, _)]
            return [
                *found,
                "",
                _(
                    "Call the other desk. Keep the card that the person has used or holds; the"
                    " desk of the other one undoes its check-in, which revokes it. If both were"
                    " used, only one ballot counts: note it in the minutes."
                ),
            ]

        self._app.push_screen(Page(lambda _: _("Handed out twice"), lines))

    async def _save(self, name: str, make: Callable[[], bytes]) -> None:
        data = await self._app.attempt(make)
        if data is None:
            return
        made = data
        path = await self._app.attempt(lambda: self._app.work.save(name, made))
        if path is not None:
            where = str(path)
            await self._app.push_screen_wait(
                Notice(
                    lambda _: _("Saved"),
                    lambda _: _(
                        "It is in {path}. It is private, and destroyed with the roll.", path=where
                    ),
                )
            )

    async def _may_invite(self) -> bool:
        """Who has a card and hasn't voted is nobody's business while the poll is on: the boxes on
        hand are closed, or two officials say which one is lost."""
        app, work = self._app, self._app.work
        await app.attempt(work.look_at_boxes)
        if work.hall_is_over or self._lost:
            return True
        boxes = [box.name for box in work.election.boxes if box.channel == "in-person"]
        box = await app.push_screen_wait(
            DeskMenu(lambda _: [(name, name) for name in boxes], lambda _: _("Which box is lost?"))
        )
        if not box:
            return False
        agreed = await app.confirm(
            lambda _: _("The box {box} is lost", box=box),
            lambda _: _(
                "Two officials say so. Then the desk lists who was handed a card and has no ballot"
                " in a box on hand."
            ),
        )
        if agreed is not None:
            self._lost.add(box)
        return agreed is not None

    async def _invite(self) -> None:
        if not await self._may_invite():
            return
        people = await self._app.attempt(self._app.work.desk.to_invite)
        if people is None:
            return
        found = people

        def lines(_: Words) -> list[str]:
            return [
                _("Handed a card, and no ballot of theirs is in a box on hand:"),
                *([person_line(p) for p in found] or [_("nobody")]),
            ]

        act = await self._app.push_screen_wait(
            Page(
                lambda _: _("Whom to invite again"),
                lines,
                lambda _: [("save", _("Save as CSV"))],
            )
        )
        if act == "save":
            await self._save("invite.csv", lambda: invite_csv(found))

    async def _reconcile(self) -> None:
        app, work = self._app, self._app.work
        read = await app.attempt(work.day)
        if read is None:
            return
        day, prints = read, (await asyncio.to_thread(work.printer.state)).prints

        def lines(_: Words) -> list[str]:
            report = reconciliation(work, day, _)
            rows = [_("{label}: {value}", label=label, value=value) for label, value in report.rows]
            tables = [
                line
                for table in report.tables
                for line in ("", table.title, *(f"! {row[0]}" for row in table.rows))
            ]
            return [*rows, *tables, *("", *report.notes)]

        def acts(_: Words) -> list[tuple[str, str]]:
            entries = [("save", _("Save as PDF"))]
            if prints:
                entries.append(("print", _("Print")))
            return entries

        act = await app.push_screen_wait(Page(lambda _: _("Reconciliation"), lines, acts))
        report = reconciliation(work, day, app.words)
        if act in ("save", "print"):  # what is on paper is also there for the minutes
            await app.attempt(lambda: work.save("reconciliation.json", desk_page(work, day)))
        if act == "save":
            await self._save("reconciliation.pdf", lambda: report_pdf(report, app.words))
        elif act == "print":
            await asyncio.to_thread(work.printer.print, report_slip(report, app.words))

    async def _close(self) -> None:
        """Asked twice, by two officials: nobody can get or lose a card after it."""
        app = self._app
        answer = await app.push_screen_wait(
            Question(
                lambda _: _("Close the registry"),
                lambda _: _(
                    "After this nobody can get a card from this desk, and no card can be revoked."
                    " Close only when nobody waits any more."
                ),
                [("no", lambda _: _("Back")), ("yes", lambda _: _("Go on"))],
            )
        )
        if answer != "yes":
            return
        agreed = await app.confirm(
            lambda _: _("Close the registry"), lambda _: _("Two officials close it together.")
        )
        if agreed is None:
            return
        officials: Officials = agreed.officials
        answer = await app.push_screen_wait(
            Question(
                lambda _: _("Close the registry"),
                lambda _: _(
                    "{first} and {second} close it now, for good. Really?",
                    first=officials[0],
                    second=officials[1],
                ),
                [("no", lambda _: _("No")), ("yes", lambda _: _("Yes, close it for good"))],
                loud=True,
            )
        )
        if answer == "yes" and await app.attempt(app.work.close):
            await self._reconcile()
