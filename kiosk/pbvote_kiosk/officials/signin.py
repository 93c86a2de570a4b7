"""An official shows who it is: card, then PIN. Neither stays anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from pbvote.core.errors import PbvoteError
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.base import PeopleScreen, Scanned
from pbvote_kiosk.look.dialogs import Said, said
from pbvote_kiosk.officials.keepers import MAX_PIN, Right, Wrong, is_official_card
from pbvote_kiosk.officials.poll import Poll


class SignIn(PeopleScreen[str]):
    """Asks for a card, unless it was scanned already, and its PIN; gives the official's role."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]
    help_text = N_(
        "Type the digits of your PIN, then Enter. After five wrong PINs there is a wait, which"
        " doubles each time."
    )

    def __init__(self, poll: Poll, card: str | None = None, *, others: Sequence[str] = ()) -> None:
        """`others`: roles that signed in already; the card of one of them isn't enough."""
        super().__init__()
        self._poll, self._others = poll, tuple(others)
        self._card: str | None = None
        self._role = ""
        self._said: Said = ""
        self._checking = self._waited = False
        if card is not None:
            self._take_card(card)

    def heading(self) -> str:
        _ = self.words
        return _("Officials") if not self._others else _("The second official")

    def spoken(self) -> str:
        return f"{self.heading()}. {self._asked()}"

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Esc"), self.words("Back")),)

    def _asked(self) -> str:
        _ = self.words
        if self._card is None:
            return (
                _("Please scan the card of the second official.")
                if self._others
                else _("Please scan the card of an official.")
            )
        return _("{role}: please type your PIN, then Enter.", role=self._role)

    def body(self) -> ComposeResult:
        yield Static(self._asked(), classes="text", markup=False)
        if self._card is not None:
            yield Input(
                password=True,
                restrict=r"[0-9]*",
                max_length=MAX_PIN,
                id="pin",
                disabled=self._checking,
            )
        yield Static(said(self._said, self.words), id="said", classes="text strong", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1, self._tick)

    async def on_scanned(self, event: Scanned) -> None:
        """A card: the one asked for, or another official's instead."""
        if not self._checking:
            self._take_card(event.text)
            await self._show()

    def _take_card(self, card: str) -> None:
        if not is_official_card(card):
            self._said = lambda _: _("This isn't an official's card.")
            return
        role = self._poll.keepers.role_of(card)
        if role is None:
            self._said = lambda _: _("This card isn't of an official of this machine.")
            self._poll.note("unknown-card")
        elif role in self._others:
            self._said = lambda _: _("This is the same official again: two are needed.")
        else:
            self._card, self._role, self._said = card, role, ""
            self._tick_text()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The PIN, which is checked beside the screen: it takes a second."""
        pin, event.input.value = event.value, ""
        if self._card is not None and pin and not self._checking:
            self._checking = True
            self.run_worker(self._check(self._card, pin))

    async def _check(self, card: str, pin: str) -> None:
        self._said = lambda _: _("One moment …")
        await self._show()
        try:
            answer = await asyncio.to_thread(self._poll.keepers.check, card, pin)
        except PbvoteError as problem:  # a full disk: the try can't be written down
            self._checking, self._said = False, self.words.error(problem)
            await self._show()
            return
        self._checking = False
        if isinstance(answer, Right):
            self._card = None
            self.dismiss(answer.role)
            return
        self._poll.note("wrong-pin", {"role": self._role})
        if isinstance(answer, Wrong):
            left = answer.left
            self._said = lambda _: _.many(
                "Wrong PIN. {n} more try before a wait.",
                "Wrong PIN. {n} more tries before a wait.",
                left,
            )
        self._tick_text()
        await self._show()
        self.people.announce(said(self._said, self.words))

    async def _show(self) -> None:
        await self.recompose()
        if found := self.query("#pin"):
            found.first().focus()

    def _tick(self) -> None:
        self._tick_text()
        if found := self.query("#said"):
            found.first(Static).update(said(self._said, self.words))

    def _tick_text(self) -> None:
        """The wait that is left, while there is one."""
        seconds = self._poll.keepers.waiting(self._role) if self._role else 0
        if seconds:
            self._said = lambda _: _.many(
                "Too many wrong PINs. Wait {n} second.",
                "Too many wrong PINs. Wait {n} seconds.",
                seconds,
            )
            self._waited = True
        elif self._waited:
            self._waited, self._said = False, lambda _: _("You can try again now.")

    def action_cancel(self) -> None:
        """Back, without a role; not while a PIN is looked at, as a wrong one is written down."""
        if not self._checking:
            self._card = None
            self.dismiss("")
