"""Somebody who isn't on the roll: the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from pbvote.core.errors import InputError
from pbvote.registry.rollfile import Person, check_person
from pbvote_kiosk.language import N_
from pbvote_kiosk.look.base import PeopleScreen

_FIELDS: tuple[tuple[str, str], ...] = (
    ("name", N_("Name, first name")),
    ("birth_date", N_("Birth date, like 22/11/1980")),
    ("address", N_("Address")),
    ("document", N_("Number of the document shown")),
    ("id", N_("A new id, like W1")),
)


class WalkInScreen(PeopleScreen[Person | None]):
    """Gives the person, checked; None for Escape. Two officials confirm afterwards."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]
    help_text = N_(
        "For somebody who has the right to vote and isn't on the roll. Search first: perhaps the"
        " name is written otherwise. The person is enrolled under a new pseudonym, which everybody"
        " can count; name and reason stay in the private roll."
    )

    def __init__(self, districts: Sequence[str], new_id: str) -> None:
        super().__init__()
        self._districts = tuple(districts)
        self._values = {"id": new_id}
        self._said = ""

    def heading(self) -> str:
        return self.words("Somebody who isn't on the roll")

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Esc"), self.words("Back")),)

    def body(self) -> ComposeResult:
        _ = self.words
        for name, label in self._all_fields():
            field = Input(
                self._values.get(name, ""),
                id=name,
                max_length=200,
                select_on_focus=False,
                classes="field",
            )
            field.border_title = field.tooltip = label
            yield field
        yield Static(self._said, id="said", classes="strong", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(_("Go on"), id="go-on", variant="primary")
            yield Button(_("Back"), id="back")

    def _all_fields(self) -> list[tuple[str, str]]:
        _ = self.words
        fields = [(name, _(label)) for name, label in _FIELDS]
        if self._districts:
            names = ", ".join(self._districts)
            fields.append(("district", _("District: {names}", names=names)))
        return fields

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id is not None:
            self._values[event.input.id] = event.value

    def on_input_submitted(self) -> None:
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "back":
            self.dismiss(None)
            return
        values = {name: self._values.get(name, "") for name, _ in self._all_fields()}
        if self._districts and not values["district"].strip():
            self._say(self.words("Please give the district."))
            return
        try:
            self.dismiss(check_person(Person(**values), self._districts))
        except InputError as error:
            self._say(self.words.error(error))

    def _say(self, text: str) -> None:
        self._said = text
        self.query_one("#said", Static).update(text)
        self.people.announce(text)
