"""Act 2: the closing, drafted with what became of each log, and signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from pbvote.core.closing import Status
from pbvote_tally.close import Declared
from pbvote_tally.fingerprint import in_hex, in_words
from pbvote_tally.language import N_
from pbvote_tally.minutes.said import STATUS
from pbvote_tally.show.asking import ask_commission, ask_trustee, export_request
from pbvote_tally.show.boxes import log_table
from pbvote_tally.show.dialogs import Ask, AskPlace
from pbvote_tally.show.frame import Page
from pbvote_tally.show.said import log_name
from pbvote_tally.show.standing import LogStands, Signatures
from pbvote_tally.show.table import table
from pbvote_tally.show.work import Work

_ASKED = {
    "lost": N_("{log}: it isn't here. Say why it is lost"),
    "cut": N_("{log}: it isn't closed. Say why it is counted as it is"),
}


class ClosingPage(Page):
    """What is counted: drafted, then signed by the commission and the trustees."""

    name_of_act: ClassVar[str] = "closing"

    def __init__(self) -> None:
        super().__init__()
        self._logs: list[LogStands] = []
        self._declared: dict[str, Declared] = {}

    @classmethod
    def is_ready(cls, work: Work) -> bool:
        return True

    @property
    def _is_drafted(self) -> bool:
        return self.show.work.stage != "boxes"

    def heading(self) -> str:
        return self.words("The closing: what is counted")

    async def on_shown(self) -> None:
        if not self._is_drafted:
            logs = await self.show.attempt(self.show.work.logs)
            if logs is not None:
                self._logs = logs
                await self.recompose()

    # --- before it is drafted ---------------------------------------------------------------------

    def _undeclared(self) -> list[tuple[str, Status]]:
        """The logs of which somebody must say what became of them."""
        status: dict[str, Status] = {"missing": "lost", "open": "cut"}
        return [
            (log.name, status[log.status])
            for log in self._logs
            if log.status in status and log.name not in self._declared
        ]

    def body(self) -> ComposeResult:
        _ = self.words
        if self._is_drafted:
            yield from self._drafted_lines()
            return
        text = _(
            "Compare each number of entries and the beginning of each root with the papers of"
            " the halls. After the closing nothing is added to the count, whatever is found."
        )
        yield Static(text, classes="text", markup=False)
        yield Static(log_table(_, self._logs, self.show.work), classes="table", markup=False)
        for name, said in self._declared.items():
            log = log_name(_, name, self.show.work.election)
            line = f"{log}: {_(STATUS[said.status])}. {said.reason}"
            yield Static(line, classes="text", markup=False)

    def choices(self) -> Sequence[tuple[str, str]]:
        _ = self.words
        if self._is_drafted:
            return self._signing_choices()
        if not self._logs:
            return []
        election = self.show.work.election
        asked = [
            (f"say-{number}", _(_ASKED[status], log=log_name(_, name, election)))
            for number, (name, status) in enumerate(self._undeclared())
        ]
        draw = [("draw", _("Draw up the closing, and sign it for the commission"))]
        return [*(asked or draw), ("boxes", _("Back to the boxes"))]

    async def chosen(self, choice: str) -> None:
        if choice.startswith("say-"):
            await self._declare(*self._undeclared()[int(choice.removeprefix("say-"))])
        elif choice == "draw":
            await self._draw_up()
        elif choice == "boxes":
            await self.show.go("boxes")
        elif choice == "merge":
            await self.show.go("merge")
        elif choice == "export":
            await export_request(self.show)
        elif choice == "take":
            await self._take()
        else:
            await self._sign(int(choice.removeprefix("sign-")))

    async def _declare(self, name: str, status: Status) -> None:
        election = self.show.work.election
        reason = await self.app.push_screen_wait(
            Ask(
                lambda _: log_name(_, name, election),
                lambda _: _("What happened? It is published in the closing, word for word."),
            )
        )
        if reason:
            self._declared[name] = Declared(status, reason)
            await self.recompose()

    async def _draw_up(self) -> None:
        asked = await ask_commission(
            self.show,
            lambda _: _("Draw up the closing?"),
            lambda _: _(
                "The commission signs what is counted. Nothing is added after it: no box, no"
                " ballot. Have all numbers been compared with the papers?"
            ),
        )
        if asked is None:
            return
        passphrase = asked or None
        await self.show.attempt(lambda: self.show.work.draw_up(self._declared, passphrase))
        await self.recompose()

    # --- once it is drafted -----------------------------------------------------------------------

    def _drafted_lines(self) -> ComposeResult:
        _ = self.words
        work = self.show.work
        closing, digest = work.closing()
        rows = [
            (
                log_name(_, log.origin.split("/", 2)[2], work.election),
                _(STATUS[log.status]),
                "" if log.status == "lost" else _.many("{n} entry", "{n} entries", log.size),
                "" if log.status == "lost" else log.root.hex()[:16],
            )
            for log in closing.logs
        ]
        said = _("Each trustee reads this aloud, and the room compares:")
        text = f"{said}\n{in_words(digest)}\n{in_hex(digest)}"
        yield Static(text, classes="text", markup=False)
        yield Static(self._signed_line(work.signatures()), classes="text strong", markup=False)
        yield Static(table(rows, right=(2,)), classes="table", markup=False)
        for log in closing.logs:
            if isinstance(log.reason, str):
                name = log_name(_, log.origin.split("/", 2)[2], work.election)
                yield Static(f"{name}: {log.reason}", classes="text", markup=False)

    def _signed_line(self, signatures: Signatures) -> str:
        _ = self.words
        names = [f"✓ {name}" for name in signatures.signed]
        names += [f"○ {name}" for name in signatures.unsigned]
        line = _(
            "Signed by {signed} trustees, {needed} must:",
            signed=_.number(len(signatures.signed)),
            needed=_.number(signatures.needed),
        )
        return f"{line}  {'  '.join(names)}"

    def _signing_choices(self) -> list[tuple[str, str]]:
        _ = self.words
        work = self.show.work
        signatures = work.signatures()
        go = [("merge", _("Enough have signed: check every ballot"))]
        names = [trustee.name for trustee in work.election.manifest.trustees]
        sign = [
            (f"sign-{names.index(name) + 1}", _("{name} steps up and signs", name=name))
            for name in signatures.unsigned
        ]
        sticks = [
            ("export", _("Copy what is to be signed to a stick, for a trustee's own machine")),
            ("take", _("Take in the signature that a trustee brings on a stick")),
        ]
        if work.stage != "closing":
            return go if work.stage == "result" or not sign else [*go, *sign, *sticks]
        return [*sign, *sticks]

    async def _sign(self, number: int) -> None:
        asked = await ask_trustee(self.show, number)
        if asked is None:
            return
        await self.show.attempt(lambda: self.show.work.sign(*asked))
        await self.recompose()

    async def _take(self) -> None:
        source = await self.app.push_screen_wait(
            AskPlace(
                lambda _: _("Take in a signature"),
                lambda _: _("Which stick or folder is the signed closing on?"),
                self.show.found_sticks(),
            )
        )
        if source is not None:
            await self.show.attempt(lambda: self.show.work.take_signatures(source))
            await self.recompose()
