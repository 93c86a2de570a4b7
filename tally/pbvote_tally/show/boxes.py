"""Act 1: boxes coming in, stick by stick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from pbvote_tally.language import Words
from pbvote_tally.show.dialogs import AskPlace, Notice
from pbvote_tally.show.frame import Page
from pbvote_tally.show.said import log_name
from pbvote_tally.show.standing import LogStands
from pbvote_tally.show.table import table
from pbvote_tally.show.work import Work


class BoxesPage(Page):
    """Which logs are expected, and which are in."""

    name_of_act: ClassVar[str] = "boxes"

    def __init__(self) -> None:
        super().__init__()
        self._logs: list[LogStands] = []

    @classmethod
    def is_ready(cls, work: Work) -> bool:
        return True

    def heading(self) -> str:
        return self.words("The boxes come in")

    async def on_shown(self) -> None:
        await self._look()

    async def _look(self) -> None:
        logs = await self.show.attempt(self.show.work.logs)
        if logs is not None:
            self._logs = logs
            await self.recompose()

    def body(self) -> ComposeResult:
        _ = self.words
        missing = sum(log.status == "missing" for log in self._logs)
        if self._logs:
            yield Static(
                _.many(
                    "{n} log is still expected.",
                    "{n} logs are still expected.",
                    missing,
                )
                if missing
                else _("Every log that is expected is in."),
                classes="text strong",
                markup=False,
            )
        yield Static(log_table(_, self._logs, self.show.work), classes="table", markup=False)

    def choices(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        if not self._logs:
            return []
        if self.show.work.stage != "boxes":
            return [("closing", _("Go on to the closing"))]
        choices = [
            ("collect", _("Bring in a stick")),
            ("ahead", _("Check the ballots of the boxes that are in, ahead")),
            ("closing", _("All are in: go on to the closing")),
        ]
        whole = all(log.status == "closed" for log in self._logs)
        return [choices[2], *choices[:2]] if whole else choices

    async def chosen(self, choice: str) -> None:
        if choice == "collect":
            await self._collect()
        elif choice == "ahead":
            await self._check_ahead()
        else:
            await self.show.go("closing")

    async def _collect(self) -> None:
        source = await self.app.push_screen_wait(
            AskPlace(
                lambda _: _("Bring in a stick"),
                lambda _: _("Which stick or folder are the logs on?"),
                self.show.found_sticks(),
            )
        )
        if source is None:
            return
        found = await self.show.attempt(lambda: self.show.work.collect(source))
        await self._look()
        if found is not None:
            taken, kept = found
            await self.app.push_screen_wait(
                Notice(lambda _: _("The stick was read"), lambda _: self._came(_, taken, kept))
            )

    def _came(self, _: Words, taken: list[str], kept: list[str]) -> str:
        names = [log_name(_, name, self.show.work.election) for name in dict.fromkeys(taken)]
        lines = [_("Its logs are whole, and signed by whoever kept them:"), *names]
        if not names:
            lines = [_("There was no log on it, only copies of checkpoints.")]
        if kept:
            lines += [
                "",
                _("A checkpoint that its log doesn't reach is kept as evidence:"),
                *kept,
            ]
        return "\n".join(lines)

    async def _check_ahead(self) -> None:
        checked = await self.show.attempt(self.show.work.check_ahead)
        if checked is not None:
            await self.app.push_screen_wait(
                Notice(
                    lambda _: _("Checked ahead"),
                    lambda _: _.many(
                        "{n} ballot was checked now. After the closing only the rest is.",
                        "{n} ballots were checked now. After the closing only the rest is.",
                        checked,
                    ),
                )
            )


def log_table(_: Words, logs: Sequence[LogStands], work: Work) -> str:
    """A row a log: what it is, whether it is here, how long, and how its root begins."""
    marks = {
        "closed": "✓ " + _("in, closed"),
        "open": "! " + _("in, not closed"),
        "missing": "○ " + _("expected"),
    }
    rows = [
        (
            log_name(_, log.name, work.election),
            marks[log.status],
            _.many("{n} entry", "{n} entries", log.size) if log.status != "missing" else "",
            log.root[:16],
        )
        for log in logs
    ]
    return table(rows, right=(2,))
