"""Act 5: the count itself, contest by contest, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from pbvote_tally.show.film import SECONDS, Film, Player, Row, share
from pbvote_tally.show.frame import Page, bar, low_bar
from pbvote_tally.show.said import (
    amount,
    ballots_line,
    money_line,
    rule_line,
    score_text,
    step_sentence,
    tie_sentence,
    unit_of,
)
from pbvote_tally.show.work import Work

MARKS = {"won": "✓", "lost": "✗", "waiting": "·"}
TICK = 0.1


class CountPage(Page):
    """The films of the contests, and what plays them."""

    name_of_act: ClassVar[str] = "count"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", show=False),
        Binding("right", "play('forward')", show=False),
        Binding("left", "play('back')", show=False),
        Binding("end", "play('to_end')", show=False),
        Binding("home", "play('to_start')", show=False),
        Binding("plus", "speed(1)", show=False),
        Binding("minus", "speed(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._films: list[Film] = []
        self._player: Player | None = None
        self._timer: Timer | None = None
        self._since = 0.0
        self._has_failed = False

    @classmethod
    def is_ready(cls, work: Work) -> bool:
        return bool(work.counted)

    @property
    def player(self) -> Player | None:
        """Where the films are, once everything was counted."""
        return self._player

    def heading(self) -> str:
        _ = self.words
        if self._player is None:
            return _("The count")
        film = self._films[self._player.contest]
        place = ""
        if len(self._films) > 1:
            place = f" ({self._player.contest + 1}/{len(self._films)})"
        return _("The count{place}: {contest}", place=place, contest=_.text(film.contest.title))

    async def on_shown(self) -> None:
        work = self.show.work
        if not work.counted:
            self._has_failed = await self.show.attempt(work.count) is None
        if self._has_failed:
            await self.recompose()
        else:
            corrections = work.election.corrections
            self._films = [Film(one, corrections) for one in work.counted]
            self._player = Player([len(film) for film in self._films])
            self._since = self.show.monotonic()
            self._timer = self.set_interval(TICK, self._tick)
            self.show.lines = ()
            await self.recompose()

    def body(self) -> ComposeResult:
        if self._player is not None:
            yield FilmView(self._films[self._player.contest], self._player, id="film")

    def choices(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        if self._player is None:
            return [("again", _("Count"))] if self._has_failed else []
        if not self._player.is_at_end:
            return []
        return [("result", _("Go on to the result"))]

    def keys(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        if self._player is None:
            return super().keys()
        speed = _("Speed") + f" {self._player.speed + 1}/{len(SECONDS)}"
        return [
            (_("Space"), _("Pause") if self._player.is_playing else _("Play")),
            ("←→", _("Step")),
            (_("Home/End"), _("Start/End")),
            ("+/-", speed),
        ]

    async def chosen(self, choice: str) -> None:
        if choice == "result":
            await self.show.go("result")
        else:
            await self.on_shown()

    async def _tick(self) -> None:
        player = self._player
        if player is None or not player.is_playing or not self.is_current:
            return
        if self.show.monotonic() - self._since >= player.seconds:
            await self._move("forward")

    async def action_play(self, what: str) -> None:
        """A step forward or back, or to an end: it pauses."""
        if self._player is not None:
            self._player.is_playing = False
            await self._move(what)

    async def _move(self, what: str) -> None:
        if self._player is not None:
            getattr(self._player, what)()
            self._since = self.show.monotonic()
            await self.recompose()

    async def action_pause(self) -> None:
        """Go on, or pause."""
        if self._player is not None:
            self._player.toggle()
            self._since = self.show.monotonic()
            await self.recompose()

    async def action_speed(self, by: int) -> None:
        """Faster, slower."""
        if self._player is not None:
            self._player.faster(by)
            await self.recompose()


class FilmView(Widget):
    """One picture: the money, what was just decided, the projects with their bars."""

    def __init__(self, film: Film, player: Player, *, id: str) -> None:
        super().__init__(id=id)
        self._film, self._player = film, player

    def render(self) -> Text:
        app = self.screen
        if not isinstance(app, CountPage):
            return Text()
        width, height = self.content_size.width, self.content_size.height
        top = Text("\n").join(self._top(app, width))
        lines = top.wrap(app.app.console, width)
        rows = max(1, height - len(lines) - 1)
        drawn = [self._row(app, row, width) for row in self._seen(rows)]
        return Text("\n").join([*lines, Text(""), *drawn])

    def _top(self, page: CountPage, width: int) -> list[Text]:
        words, film, taken = page.words, self._film, self._player.taken
        election = page.show.work.election
        bold = Style(bold=True)
        money = money_line(words, film, taken, election)
        filled = bar(share(film.spent(taken), film.budget), max(10, width // 3))
        lines = [Text(f"[{filled}] {money}", bold)]
        if not taken:
            lines.append(Text(rule_line(words, film.counted.outcome.rule)))
            lines.append(Text(ballots_line(words, film)))
            if film.received:
                received = amount(words, election, film.received)
                said = words("{money} of it was left over from other envelopes.", money=received)
                lines.append(Text(said))
            return lines
        lines.append(Text(step_sentence(words, film, taken, election), bold))
        tie = film.tie(taken)
        if tie is not None:
            lines.append(Text(tie_sentence(words, film, tie)))
        return lines

    def _seen(self, rows: int) -> list[Row]:
        """The rows around the one that was just decided."""
        step = self._film.step(self._player.taken)
        ids = [row.id for row in self._film.rows]
        here = ids.index(step.project) if step is not None else 0
        start = min(max(0, here - rows // 2), max(0, len(ids) - rows))
        return self._film.rows[start : start + rows]

    def _row(self, page: CountPage, row: Row, width: int) -> Text:
        words, film, taken = page.words, self._film, self._player.taken
        step = film.step(taken)
        is_now = step is not None and step.project == row.id
        mark = MARKS.get(film.mark(taken, row.id), "·")
        most = max((r.score for r in film.rows), default=0)
        score = score_text(words, row.score, unit_of(film))
        cost = amount(words, page.show.work.election, row.cost)
        length = low_bar(share(row.score, most), max(8, width // 4))
        right = f" {score:>12} {cost:>12}"
        title = Text(f"{'▶' if is_now else ' '}{mark} {row.number:>3} {words.text(row.title)} ")
        room = max(0, width - cell_len(length) - cell_len(right))
        title.truncate(room, overflow="ellipsis", pad=True)
        bold = Style(bold=is_now or mark == "✓")
        ink = Style(color=page.app.current_theme.primary)
        return Text.assemble((title.plain, bold), (length, ink), (right, bold), no_wrap=True)
