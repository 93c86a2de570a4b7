"""Act 6: winners, what is left, where a tie fell, and the bundle's fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from pbvote_tally.fingerprint import code, in_hex, in_words
from pbvote_tally.language import Words
from pbvote_tally.show.asking import ask_commission
from pbvote_tally.show.dialogs import Notice
from pbvote_tally.show.film import Film, decided
from pbvote_tally.show.frame import Page
from pbvote_tally.show.qr import QrCode
from pbvote_tally.show.said import amount, money_line, score_text, tie_sentence, unit_of
from pbvote_tally.show.table import table
from pbvote_tally.show.work import Work


class ResultPage(Page):
    """The result, signed."""

    name_of_act: ClassVar[str] = "result"

    @classmethod
    def is_ready(cls, work: Work) -> bool:
        return bool(work.counted) or work.stage == "result"

    def heading(self) -> str:
        return self.words("The result")

    async def on_shown(self) -> None:
        work = self.show.work
        if work.stage == "result" and not work.counted:
            await self.show.attempt(work.read_result)

    def body(self) -> ComposeResult:
        work = self.show.work
        if not work.counted:
            return
        for one in work.counted:
            film = Film(one, work.election.corrections)
            lines = contest_lines(self.words, film, work)
            yield Static(lines[0], classes="strong", markup=False)
            yield Static("\n".join(lines[1:]), classes="text", markup=False)

    def choices(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        work = self.show.work
        if work.stage != "result":
            return [("publish", _("Sign the result for the commission"))] if work.counted else []
        choices = [("verify", _("Check everything once more, from the bundle alone"))]
        if work.is_verified:
            choices.insert(0, ("fingerprint", _("Show the bundle's fingerprint")))
        return [*choices, ("count", _("Show the count again"))] if work.counted else choices

    async def chosen(self, choice: str) -> None:
        if choice == "publish":
            await self._publish()
        elif choice == "count":
            await self.show.go("count")
        elif choice == "fingerprint":
            await self._show_fingerprint()
        else:
            if await self.show.attempt(self._verified):
                await self._tell_verified()
            await self.recompose()

    def _verified(self) -> bool:
        self.show.work.verify()
        return True

    async def _publish(self) -> None:
        work = self.show.work
        asked = await ask_commission(
            self.show,
            lambda _: _("Sign the result?"),
            lambda _: _(
                "The commission signs the winners and every file of the bundle. Then all of it"
                " is checked once more from the beginning."
            ),
        )
        if asked is None:
            return
        passphrase = asked or None
        if await self.show.attempt(lambda: work.publish(passphrase)) is not None:
            await self._tell_verified()
            await self._show_fingerprint()
        await self.recompose()

    async def _show_fingerprint(self) -> None:
        self.show.lines = ()
        await self.app.push_screen_wait(FingerprintScreen(self.show.work.fingerprint))

    async def _tell_verified(self) -> None:
        await self.app.push_screen_wait(
            Notice(
                lambda _: _("Everything holds"),
                lambda _: _(
                    "Every signature, every ballot, every mix, every opening and the count were"
                    " checked from the bundle alone. Anybody can do the same at home."
                ),
            )
        )


class FingerprintScreen(Notice):
    """What everybody compares: in words, in hex, and as a QR code."""

    def __init__(self, digest: bytes) -> None:
        """`digest` has 32 bytes."""
        super().__init__(lambda _: _("The bundle's fingerprint"), "")
        self._digest = digest

    def body(self) -> ComposeResult:
        _ = self.words
        said = _("The result is signed. Everybody who has the same bundle has this fingerprint:")
        words, groups = in_words(self._digest).split(" "), in_hex(self._digest).split(" ")
        lines = [said, "", *_pairs(words, 4), "", *_pairs(groups, 4)]
        with Horizontal(id="fingerprint"):
            yield QrCode(code(self._digest))
            yield Static("\n".join(lines), classes="beside", markup=False)


def contest_lines(words: Words, film: Film, work: Work) -> list[str]:
    """A contest's result: its winners, what is left, and the ties that decided."""
    _ = words
    election = work.election
    rows = [
        (
            f"{place}.",
            f"{row.number}\u00a0· {_.text(row.title)}",
            score_text(_, row.score, unit_of(film)),
            amount(_, election, row.cost),
        )
        for place, row in enumerate(map(film.row, film.counted.result.winners), 1)
    ]
    lines = [_.text(film.contest.title)]
    lines += table(rows, right=(0, 2, 3)).splitlines() if rows else [_("No project is funded.")]
    lines.append(money_line(_, film, len(film), election))
    return [*lines, *(tie_sentence(_, film, tie) for tie in decided(film.counted))]


def _pairs(parts: Sequence[str], number: int) -> list[str]:
    return [" ".join(parts[start : start + number]) for start in range(0, len(parts), number)]
