"""The desk's first screen: somebody is searched while typing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from pbvote.core.errors import PbvoteError
from pbvote.registry.roll import Listed
from pbvote_kiosk.desk.said import STATUS
from pbvote_kiosk.desk.work import SHOWN, DeskWork, Hit
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen, Scanned


class SearchScreen(PeopleScreen[None]):
    """Type, choose, Enter. What a scanner reads is looked up."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear", show=False)]
    help_text = N_(
        "Type part of a name, a birth date (22/11/1980), an address, a document number or an id."
        " Accents, capitals and small slips don't matter. The down arrow goes to the list, Enter"
        " opens a person. Scan a card to see whether it is valid, a receipt to see whether its"
        " ballot is in a box on hand; a receipt's number can be typed as well."
    )

    class Chosen(Message):
        """Somebody was chosen."""

        def __init__(self, person: str) -> None:
            super().__init__()
            self.person = person

    class Back(Message):
        """This screen is seen again: the status may be another."""

    class Read(Message):
        """A card, a receipt or its number was scanned or typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

        def __repr__(self) -> str:
            return "Read()"  # it may be a card: a secret

    def __init__(self, work: DeskWork) -> None:
        super().__init__()
        self._work = work
        self._text = ""
        self._hits: list[Hit] = []
        self._wrong: PbvoteError | None = None
        """Why nothing could be searched."""

    def heading(self) -> str:
        return self.words("Desk {desk}", desk=self._work.desk.name)

    def spoken(self) -> str:
        what = self.words("Type to search a person.")
        return f"{self.heading()}. {what}"

    def keys(self) -> Sequence[tuple[str, str]]:
        return (("F9", self.words("Menu")), ("F10", self.words("Leave")))

    def body(self) -> ComposeResult:
        search = Input(self._text, id="search", max_length=200, select_on_focus=False)
        search.border_title = search.tooltip = self.words(
            "Name, birth date, address, document or id"
        )
        yield search
        yield Static(self._found(), id="found", markup=False)
        yield OptionList(*self._options(), id="results", markup=False)
        yield Static("", id="status", markup=False)

    def _options(self) -> list[Option]:
        return [Option(hit_line(hit, self.words)) for hit in self._hits]

    def _found(self) -> str:
        _ = self.words
        if not self._text.strip():
            return ""
        if self._wrong is not None:
            return _.error(self._wrong)
        if not self._hits:
            return _("Nobody is found. Type less of the name, or try the birth date.")
        if len(self._hits) >= SHOWN:
            return _("Many are found: type more.")
        return _.many("{n} person", "{n} people", len(self._hits))

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#search").focus()
        self.show_status()

    def show_status(self) -> None:
        """The line at the bottom, as the app has it."""
        self.query_one("#status", Static).update(status_of(self))

    async def recompose(self) -> None:
        await super().recompose()
        self.show_status()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.query("#search"):
            self.search_again()
            self.show_status()
        self.post_message(self.Back())

    def search_again(self) -> None:
        """Search what is typed once more: somebody may be checked in since."""
        self.run_worker(self._search(self._text))

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.value != self._text:
            self._text = event.value
            self.search_again()

    async def _search(self, text: str) -> None:
        hits: list[Hit] = []
        wrong = None
        try:
            if text.strip():
                hits = await asyncio.to_thread(self._work.find, text)
        except PbvoteError as error:
            wrong = error
        if text == self._text:
            self._hits, self._wrong = hits, wrong
            self.query_one("#found", Static).update(self._found())
            results = self.query_one("#results", OptionList)
            results.clear_options()
            results.add_options(self._options())
            results.highlighted = 0 if hits else None

    async def on_input_submitted(self) -> None:
        """The only one found is opened; of several one has to be chosen. A number is looked up."""
        if self._work.is_receipt(self._text):
            text, self._text = self._text, ""
            self.query_one("#search", Input).value = ""
            self.post_message(self.Read(text))
            return
        await self._search(self._text)
        if len(self._hits) == 1:
            self.post_message(self.Chosen(self._hits[0].listed.id))
        elif self._hits:
            self.query_one("#results").focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_index < len(self._hits):
            self.post_message(self.Chosen(self._hits[event.option_index].listed.id))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if self.focused is event.option_list and event.option_index < len(self._hits):
            self.people.announce(hit_line(self._hits[event.option_index], self.words))

    def on_scanned(self, event: Scanned) -> None:
        self.post_message(self.Read(event.text))

    def action_clear(self) -> None:
        """Begin anew."""
        self._text, self._hits = "", []
        search = self.query_one("#search", Input)
        search.value = ""
        search.focus()
        self.search_again()


def status_of(screen: PeopleScreen[None]) -> str:
    """The app's status line; a screen of another app has none."""
    line = getattr(screen.app, "status_line", None)
    return line() if callable(line) else ""


def hit_line(hit: Hit, words: Words) -> str:
    """A person on one line, with a mark and words for what isn't usual."""
    text = person_line(hit.listed)
    if hit.listed.status != "active":
        return f"✗ {text} · {words(STATUS[hit.listed.status])}"
    came = words("checked in")
    return f"✓ {text} · {came}" if hit.checked_in else f"  {text}"


def person_line(listed: Listed) -> str:
    """Name, birth date, address and id, as far as they are known."""
    person = listed.person
    born = ".".join(reversed(person.birth_date.split("-")))
    return " · ".join(part for part in (person.name, born, person.address, person.id) if part)
