"""Which projects are listed: all, those chosen, of a category or place, with these words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from pbvote_kiosk.ballot.choice import Choice
from pbvote_kiosk.ballot.shown import Shown, found
from pbvote_kiosk.language import N_, Words
from pbvote_kiosk.look.base import PeopleScreen


class Only(Struct, frozen=True):
    """A filter; `key` is a category's or place's, the same in every language."""

    kind: Literal["all", "chosen", "category", "where"] = "all"
    key: str = ""

    def takes(self, place: int, shown: Shown, choice: Choice) -> bool:
        """Whether the project is listed."""
        match self.kind:
            case "chosen":
                return choice.value(place) > 0
            case "category":
                return shown.category_key == self.key
            case "where":
                return shown.where_key == self.key
        return True

    def named(self, shown: Sequence[Shown], words: Words) -> str:
        """The filter in words; `shown` are the contest's projects."""
        match self.kind:
            case "chosen":
                return words("Those you chose")
            case "category":
                name = next((x.category for x in shown if x.category_key == self.key), "")
                return words("Kind: {name}", name=name)
            case "where":
                name = next((x.where for x in shown if x.where_key == self.key), "")
                return words("Place: {name}", name=name)
        return words("All projects")


ALL = Only()


def listed(
    order: Sequence[int], shown: Sequence[Shown], choice: Choice, only: Only, query: str
) -> list[int]:
    """The projects of a filter with a folded query's words, in the voter's order."""
    return [p for p in order if only.takes(p, shown[p], choice) and found(shown[p], query)]


def filters(shown: Sequence[Shown]) -> list[Only]:
    """All that a contest has, those that take everything or nothing apart left out."""
    categories = {x.category_key: x.category for x in shown if x.category}
    wheres = {x.where_key: x.where for x in shown if x.where}
    options = [ALL, Only("chosen")]
    if len(categories) > 1:
        options += [Only("category", key) for key in _by_name(categories)]
    if len(wheres) > 1:
        options += [Only("where", key) for key in _by_name(wheres)]
    return options


def _by_name(names: Mapping[str, str]) -> list[str]:
    return sorted(names, key=lambda key: names[key].casefold())


class Filters(OptionList):
    """The filters to choose from, read aloud one by one."""

    def spoken(self) -> str:
        """The one that is lit."""
        at = self.highlighted
        return "" if at is None else str(self.get_option_at_index(at).prompt)


class OnlyScreen(PeopleScreen[Only]):
    """Choose which projects are listed."""

    CSS_PATH = "ballot.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "keep", show=False)]
    help_text = N_("Choose which projects the list shows. Your choice of projects stays as it is.")

    def __init__(
        self, shown: Callable[[Words], Sequence[Shown]], choice: Choice, only: Only
    ) -> None:
        super().__init__()
        self._shown, self._choice, self._only = shown, choice, only

    def heading(self) -> str:
        return self.words("Which projects to show")

    def body(self) -> ComposeResult:
        shown = self._shown(self.words)
        self._filters = filters(shown)
        everything = range(len(shown))
        prompts = []
        for only in self._filters:
            count = len(listed(everything, shown, self._choice, only, ""))
            prompts.append(f"{only.named(shown, self.words)} ({self.words.number(count)})")
        options = Filters(*prompts, id="filters", markup=False)
        options.highlighted = self._filters.index(self._only) if self._only in self._filters else 0
        yield options

    def keys(self) -> Sequence[tuple[str, str]]:
        return ((self.words("Enter"), self.words("Show these")), ("Esc", self.words("Back")))

    def on_option_list_option_highlighted(self) -> None:
        for options in self.query(Filters):
            self.people.announce(options.spoken())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._filters[event.option_index])

    def action_keep(self) -> None:
        """Leave it as it was."""
        self.dismiss(self._only)
