"""One person before the desk: may vote, what is known, and what can be done now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from pbvote.registry.known import Act, Known
from pbvote_kiosk.desk.said import ACT, STATUS, person_lines
from pbvote_kiosk.desk.search_screen import person_line
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.base import PeopleScreen


class PersonScreen(PeopleScreen[str]):
    """Gives the act that was chosen; "" for none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]
    help_text = N_(
        "Compare the identity document with what stands here. Hand out a card: the person is"
        " checked in and gets one card, in one act. Undo and another card take two officials."
    )

    def __init__(self, known: Known, zone: str) -> None:
        super().__init__()
        self._known, self._zone = known, zone

    def heading(self) -> str:
        return self._known.listed.person.name

    def spoken(self) -> str:
        return ". ".join((person_line(self._known.listed), self._may(), *self._lines()))

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Esc"), self.words("Back")),)

    def _may(self) -> str:
        """In big words, with a mark that needs no colour."""
        may = self.words(STATUS[self._known.listed.status])
        if self._known.listed.status != "active":
            return f"✗ {may}"
        if "hand-out" in self._known.acts:
            return f"✓ {may}"
        has = self.words("has a card already")
        return f"! {may} · {has}"

    def _lines(self) -> list[str]:
        return person_lines(self._known, self.words, self._zone)

    def body(self) -> ComposeResult:
        _ = self.words
        person = self._known.listed.person
        yield Static(person_line(self._known.listed), id="who", markup=False)
        details = [person.document, _("District {name}", name=person.district)]
        shown = details if person.district else details[:1]
        yield Static(" · ".join(part for part in shown if part), id="details", markup=False)
        yield Static(self._may(), id="may", markup=False)
        yield Static("\n".join(self._lines()), id="known", markup=False)
        acts = self._known.acts
        with Horizontal(classes="buttons"):
            yield from (self._button(act, is_first=not place) for place, act in enumerate(acts[:2]))
        with Horizontal(classes="buttons"):  # all beside each other are too wide in some languages
            yield from map(self._button, acts[2:])
            yield Button(_("Back"), id="back")

    def _button(self, act: Act, *, is_first: bool = False) -> Button:
        text = N_("Hasn't signed") if act == "sign" and self._has_signed else ACT[act]
        return Button(self.words(text), id=act, variant="primary" if is_first else "default")

    @property
    def _has_signed(self) -> bool:
        line = self._known.checked_in
        return line is not None and line.signed

    def on_mount(self) -> None:
        super().on_mount()
        usual = "hand-out" in self._known.acts
        self.query_one("#hand-out" if usual else "#back").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss("" if event.button.id == "back" else event.button.id or "")
