"""What two officials confirm: who they are, by cards and PINs or by roles, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from pbvote.core.errors import PbvoteError
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.base import PeopleScreen, Scanned
from pbvote_kiosk.look.dialogs import Said, said
from pbvote_kiosk.officials.keepers import MAX_PIN, Keepers, Right, Wait, is_official_card


class Confirmed(Struct, frozen=True):
    """The roles of two officials, and the reason that was typed ("" if none was asked)."""

    officials: tuple[str, str]
    why: str


class Confirm(PeopleScreen[Confirmed | None]):
    """Asks two officials. With `keepers` each shows a card and types a PIN, else their roles are
    typed: two different ones. None for Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]
    help_text = N_(
        "Two officials of different roles agree to this, like the mayor and the clerk. Give roles,"
        " never names: the roles stand in the public log."
    )

    def __init__(
        self, title: Said, text: Said, keepers: Keepers | None, *, asks_why: bool = False
    ) -> None:
        super().__init__()
        self._title, self._text, self._keepers, self._asks_why = title, text, keepers, asks_why
        self._values: dict[str, str] = {}
        self._roles: list[str] = []
        self._card, self._pending = "", ""
        self._said: Said = ""
        self._checking = False

    def heading(self) -> str:
        return said(self._title, self.words)

    def spoken(self) -> str:
        return f"{self.heading()}. {said(self._text, self.words)}"

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Esc"), self.words("Back")),)

    def body(self) -> ComposeResult:
        _ = self.words
        yield Static(said(self._text, _), classes="text", markup=False)
        if self._asks_why:
            yield self._input("why", _("Reason (kept in the private roll)"))
        if self._keepers is None:
            yield self._input("first", _("Role of the first official, like: mayor"))
            yield self._input("second", _("Role of the second official, like: clerk"))
        else:
            yield Static(self._prompt(), id="prompt", classes="text", markup=False)
            if self._card:
                yield Input(
                    password=True,
                    restrict=r"[0-9]*",
                    max_length=MAX_PIN,
                    id="pin",
                    disabled=self._checking,
                )
        yield Static(said(self._said, _), id="said", classes="strong", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(_("We agree"), id="agree", variant="primary")
            yield Button(_("Back"), id="back")

    def _input(self, name: str, label: str) -> Input:
        field = Input(self._values.get(name, ""), id=name, max_length=200, select_on_focus=False)
        field.border_title = label
        field.tooltip = label
        return field

    def _prompt(self) -> str:
        _ = self.words
        if self._card:
            return _("{role}: please type your PIN, then Enter.", role=self._pending)
        if len(self._roles) == 2:
            return _("{first} and {second} are here.", first=self._roles[0], second=self._roles[1])
        if self._roles:
            return _(
                "{role} is here. Please scan the card of the second official.", role=self._roles[0]
            )
        return _("Please scan the card of an official.")

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id in ("why", "first", "second"):
            self._values[event.input.id] = event.value

    async def on_scanned(self, event: Scanned) -> None:
        """An official's card; anything else is said not to be one."""
        if self._keepers is None or self._checking or len(self._roles) == 2:
            return
        role = self._keepers.role_of(event.text) if is_official_card(event.text) else None
        if role is None:
            self._said = lambda _: _("This card isn't of an official of this machine.")
        elif role in self._roles:
            self._said = lambda _: _("This is the same official again: two are needed.")
        elif seconds := self._keepers.waiting(role):
            self._wait(seconds)
        else:
            self._card, self._pending, self._said = event.text, role, ""
        await self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id != "pin":
            self.action_agree() if event.input.id == "second" else self.focus_next()
            return
        pin, event.input.value = event.value, ""
        if self._keepers is not None and self._card and pin and not self._checking:
            self._checking = True
            self.run_worker(self._check(self._keepers, self._card, pin))

    async def _check(self, keepers: Keepers, card: str, pin: str) -> None:
        self._said = lambda _: _("One moment …")
        await self._show()
        try:
            answer = await asyncio.to_thread(keepers.check, card, pin)
        except PbvoteError as error:
            self._card, self._said = "", self.words.error(error)
        else:
            if isinstance(answer, Right):
                self._roles.append(answer.role)
                self._card, self._said = "", ""
            elif isinstance(answer, Wait):
                self._card = ""
                self._wait(answer.seconds)
            else:
                self._said = lambda _: _("Wrong PIN. Try again.")
        self._checking = False
        await self._show()

    def _wait(self, seconds: int) -> None:
        self._said = lambda _: _.many(
            "Too many wrong PINs. Wait {n} second.",
            "Too many wrong PINs. Wait {n} seconds.",
            seconds,
        )

    async def _show(self) -> None:
        await self.recompose()
        if found := self.query("#pin"):
            found.first().focus()
        elif len(self._roles) == 2:
            self.query_one("#agree").focus()
        self.people.announce(self._prompt() if not self._said else said(self._said, self.words))

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "back":
            self.action_cancel()
        else:
            self.action_agree()

    def action_agree(self) -> None:
        """Go on, if there are two officials and the reason."""
        _ = self.words
        why = self._values.get("why", "").strip()
        roles = self._roles
        if self._keepers is None:
            typed = (self._values.get(name, "") for name in ("first", "second"))
            roles = [" ".join(role.split()) for role in typed]
        if self._asks_why and not why:
            self._refuse(N_("Please give the reason."), "why")
        elif len(roles) < 2 or not all(roles):
            self._refuse(N_("It takes two officials."), "first")
        elif roles[0].casefold() == roles[1].casefold():
            self._refuse(N_("It takes two different roles."), "second")
        else:
            self._card = ""
            self.dismiss(Confirmed((roles[0], roles[1]), why))

    def _refuse(self, message: str, field: str) -> None:
        self._said = lambda _: _(message)
        self.query_one("#said", Static).update(self.words(message))
        self.people.announce(self.words(message))
        if found := self.query(f"#{field}"):
            found.first().focus()

    def action_cancel(self) -> None:
        """Back; nothing was agreed to."""
        self._card = ""
        self.dismiss(None)
