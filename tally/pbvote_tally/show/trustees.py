"""Act 4: trustees step up one after the other, first to mix, then to open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from pbvote_tally.show.asking import ask_trustee, export_request
from pbvote_tally.show.dialogs import AskPlace, Notice, Question
from pbvote_tally.show.frame import Page
from pbvote_tally.show.standing import TrusteeStands
from pbvote_tally.show.table import table
from pbvote_tally.show.work import Work


class TrusteesPage(Page):
    """Who has mixed and opened, and whose turn it is."""

    name_of_act: ClassVar[str] = "trustees"

    @classmethod
    def is_ready(cls, work: Work) -> bool:
        return work.record is not None and work.stage == "tally"

    def heading(self) -> str:
        if self.show.work.is_opening:
            return self.words("The trustees open the ballots")
        return self.words("The trustees mix the ballots")

    def body(self) -> ComposeResult:
        _ = self.words
        work = self.show.work
        if work.is_opening:
            text = _(
                "Each trustee gives its share of the key to the mixed ballots. With enough shares"
                " they open, and nobody can tell whose they are. The lot is drawn with them."
            )
        else:
            text = _(
                "Each trustee mixes all ballots behind closed envelopes, and proves that none was"
                " changed. Whose ballot is whose is lost as long as one of them is honest."
            )
        yield Static(text, classes="text", markup=False)
        yield Static(self._table(work.trustees()), classes="table strong", markup=False)
        need = work.election.manifest.threshold
        said = _.many("At least {n} trustee must.", "At least {n} trustees must.", need)
        yield Static(said, classes="text", markup=False)

    def _table(self, trustees: Sequence[TrusteeStands]) -> str:
        _ = self.words
        marks = {True: "✓ " + _("yes"), False: "○ " + _("no")}
        rows = [("", "", _("mixed"), _("opened"))]
        rows += [
            (
                _.number(trustee.number),
                trustee.name,
                marks[trustee.mixed],
                marks[trustee.opened],
            )
            for trustee in trustees
        ]
        return table(rows)

    def choices(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        work = self.show.work
        trustees = work.trustees()
        sticks = [
            ("export", _("Copy the bundle to a stick, for a trustee's own machine")),
            ("take", _("Take in what a trustee brings on a stick")),
        ]
        if work.is_opening:
            own = [
                (f"open-{t.number}", _("{name} steps up and opens", name=t.name))
                for t in trustees
                if t.mixed and not t.opened
            ]
            count = [("count", _("Enough have opened: count"))] if work.is_opened else []
            return [*count, *own, *sticks]
        own = [
            (f"mix-{t.number}", _("{name} steps up and mixes", name=t.name))
            for t in trustees
            if t.can_mix
        ]
        begin = [("begin", _("The mixing is over: begin to open"))] if work.is_mixed else []
        return [*own, *begin, *sticks] if not begin or own else [*begin, *sticks]

    async def chosen(self, choice: str) -> None:
        if choice == "export":
            await export_request(self.show)
        elif choice == "take":
            await self._take()
        elif choice == "count":
            await self.show.go("count")
        elif choice == "begin":
            await self._begin()
        else:
            await self._step_up(int(choice.partition("-")[2]))
        if self.is_current:
            await self.recompose()

    async def _step_up(self, number: int) -> None:
        asked = await ask_trustee(self.show, number)
        if asked is not None:
            await self.show.attempt(lambda: self.show.work.step_up(*asked))

    async def _begin(self) -> None:
        work = self.show.work
        ready = [t for t in work.trustees() if t.mixed]
        answer = await self.app.push_screen_wait(
            Question(
                lambda _: _("Begin to open?"),
                lambda _: _(
                    "Once the first trustee has opened, nobody mixes any more. Who opens first?"
                ),
                [
                    ("no", lambda _: _("Not yet")),
                    *((f"open-{t.number}", t.name) for t in ready),
                ],
            )
        )
        if not answer.startswith("open-"):
            return
        asked = await ask_trustee(self.show, int(answer.removeprefix("open-")))
        if asked is not None:
            await self.show.attempt(lambda: work.begin_opening(*asked))

    async def _take(self) -> None:
        source = await self.app.push_screen_wait(
            AskPlace(
                lambda _: _("Take in what a trustee brings on a stick"),
                lambda _: _("Which stick or folder is it on?"),
                self.show.found_sticks(),
            )
        )
        if source is None:
            return
        taken = await self.show.attempt(lambda: self.show.work.take(source))
        if taken is not None:
            await self.app.push_screen_wait(
                Notice(
                    lambda _: _("Checked, and taken in"),
                    lambda _: _.many("{n} new file.", "{n} new files.", taken),
                )
            )
