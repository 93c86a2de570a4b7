"""Act 3: every ballot checked, and which count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from pbvote_tally.show.frame import Page
from pbvote_tally.show.said import double_lines, log_name, set_aside_lines, turnout_lines
from pbvote_tally.show.table import table
from pbvote_tally.show.work import Work


class MergePage(Page):
    """Ballots a box, what was set aside and why, double votes, turnout."""

    name_of_act: ClassVar[str] = "merge"

    @classmethod
    def is_ready(cls, work: Work) -> bool:
        return work.record is not None

    def heading(self) -> str:
        return self.words("Every ballot is checked")

    async def on_shown(self) -> None:
        if self.show.work.record is None:
            await self._merge()

    async def _merge(self) -> None:
        work = self.show.work
        await self.show.attempt(work.read_result if work.stage == "result" else work.merge)

    def body(self) -> ComposeResult:
        _ = self.words
        work = self.show.work
        if work.record is None:
            text = _(
                "Each ballot must carry a card that was handed out, and a proof that the card's"
                " holder sealed it. Of each person one ballot counts."
            )
            yield Static(text, classes="text", markup=False)
            return
        record = work.record
        rows = [("", _("cast"), _("opened to check"), _("counted"))]
        rows += [
            (
                log_name(_, f"box/{box.name}", work.election),
                _.number(box.cast),
                _.number(box.challenged),
                _.number(box.accepted),
            )
            for box in record.boxes
        ]
        yield Static(table(rows, right=(1, 2, 3)), classes="table", markup=False)
        turnout = "\n".join(turnout_lines(_, record, work.election))
        yield Static(turnout, classes="text strong", markup=False)
        yield Static("\n".join(double_lines(_, record)), classes="text", markup=False)
        aside = set_aside_lines(_, record)
        said = _("Set aside:") if aside else _("No ballot was set aside.")
        yield Static("\n".join([said, *aside]), classes="text", markup=False)

    def choices(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        if self.show.work.record is None:
            return [("merge", _("Check every ballot"))]
        if self.show.work.stage == "result":
            return [("count", _("Go on to the count"))]
        return [("trustees", _("Go on to the trustees: mixing and opening"))]

    async def chosen(self, choice: str) -> None:
        if choice == "merge":
            await self._merge()
        else:
            await self.show.go(choice)
