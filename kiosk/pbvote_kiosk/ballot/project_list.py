"""The list of projects: one widget that paints the lines in view, however many projects there are.

It decides nothing: it says where the cursor went and which button was asked for, and the screen
acts. A row is two lines, three with space or four with a wrapped title, by the size of text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pbvote_kiosk.ballot.manner import Act, Manner
from pbvote_kiosk.ballot.shown import Shown
from pbvote_kiosk.language import Words

_ROW_HEIGHTS = (2, 3, 4)
_MARK_AT = 2
_MAX_NUMBER = 8


class ProjectList(ScrollView, can_focus=True):
    """The projects in view, of which one is the cursor's."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row", "row--here", "row--quiet"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-1000)", show=False),
        Binding("end", "move(1000)", show=False),
        Binding("enter,space", "act('press')", show=False),
        Binding("right,shift+up", "act('more')", show=False),
        Binding("left,shift+down", "act('less')", show=False),
    ]

    def __init__(
        self,
        shown: Sequence[Shown],
        manner: Manner,
        *,
        moved: Callable[[int], None],
        acted: Callable[[Act, int], None],
        spoken: Callable[[], str],
        counted: bool,
        size_step: int,
        id: str,
    ) -> None:
        """`moved` is told where the cursor went, `acted` which button of a project was asked for;

        called, not messages, so that all that changes is painted at once. `spoken`: the cursor's
        project. `counted`: show the cost that a knapsack reckons with.
        """
        super().__init__(id=id)
        self._moved, self._acted = moved, acted
        self._shown, self._manner, self._counted = shown, manner, counted
        self.spoken = spoken
        self._row_height = _ROW_HEIGHTS[size_step]
        self._number_width = min(max(cell_len(x.number) for x in shown), _MAX_NUMBER)
        self._places: Sequence[int] = ()
        self._row = 0

    @property
    def words(self) -> Words:
        """The manner's."""
        return self._manner.words

    def show(self, places: Sequence[int], place: int) -> None:
        """List these projects, in this order, with the cursor at one of them."""
        self._places = places
        self._row = places.index(place) if place in places else 0
        self._measure()
        self.refresh()

    def on_resize(self) -> None:
        self._measure()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _measure(self) -> None:
        height = max(1, len(self._places)) * self._row_height
        self.virtual_size = Size(self.scrollable_content_region.width, height)
        self._reveal()

    def _reveal(self) -> None:
        """Scroll as little as shows the cursor's whole row."""
        top, height = self._row * self._row_height, self.scrollable_content_region.height
        lowest = top + self._row_height - height
        y = min(max(self.scroll_offset.y, lowest), top)
        if y != self.scroll_offset.y:
            self.scroll_to(y=y, animate=False)

    # --- keys, mouse ------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """So many projects further."""
        self._go(self._row + step)

    def action_page(self, step: int) -> None:
        """A page further."""
        rows = max(1, self.scrollable_content_region.height // self._row_height)
        self._go(self._row + step * rows)

    def action_act(self, act: Act) -> None:
        """A button of the cursor's project."""
        if self._places:
            self._acted(act, self._places[self._row])

    def _go(self, row: int) -> None:
        row = min(max(row, 0), len(self._places) - 1)
        if row < 0 or row == self._row:
            return
        self._row = row
        self._reveal()
        self.refresh()
        self._moved(self._places[row])

    def on_click(self, event: events.Click) -> None:
        """A button in a mark acts; elsewhere the first click moves here, the next presses."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = (offset.y + self.scroll_offset.y) // self._row_height
        if not 0 <= row < len(self._places):
            return
        place, was_here = self._places[row], row == self._row
        self._go(row)
        column = offset.x - _MARK_AT
        act: Act | None = "press" if was_here and not self._manner.asks else None
        if 0 <= column < self._manner.mark_width:
            act = self._manner.at(column, place)
        if act is not None:
            self._acted(act, place)

    # --- painting ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        row, line = divmod(y + self.scroll_offset.y, self._row_height)
        plain = self.get_component_rich_style("row")
        if row >= len(self._places):
            text = ""
            if not self._places and row == 0 and line == 0:
                text = self.words("No project is shown. Esc shows all of them again.")
            return Strip([Segment(set_cell_size(f"  {text}", width), plain)], width)
        place, here = self._places[row], row == self._row
        style = plain
        if here:
            style = self.get_component_rich_style("row--here" if self.has_focus else "row--quiet")
        if self._manner.choice.value(place):
            style += Style(bold=True)
        return Strip([Segment(self._line(place, line, here, width), style)], width)

    def _line(self, place: int, line: int, here: bool, width: int) -> str:
        """A row's text: mark, number, title and cost; then what was done with it and where."""
        shown = self._shown[place]
        indent = _MARK_AT + self._manner.mark_width + self._number_width + 3
        cost = shown.counted if self._counted else shown.cost
        room = max(8, width - indent - cell_len(cost) - 3)
        titles = [fit(shown.title, room)]
        if self._row_height > 3:
            titles = textwrap.wrap(shown.title, room, max_lines=2, placeholder=" …") or [""]
        if line == 0:
            number = fit(shown.number, self._number_width).rjust(self._number_width)
            start = f"{'►' if here else ' '} {self._manner.mark(place)} {number}  "
            return set_cell_size(f"{start}{set_cell_size(titles[0], room)}  {cost} ", width)
        lines = [*titles, fit(self._about(place), width - indent)]
        text = lines[line] if line < len(lines) else ""
        return set_cell_size(f"{' ' * indent}{text}", width)

    def _about(self, place: int) -> str:
        shown = self._shown[place]
        withdrawn = self.words("withdrawn: can't win") if shown.withdrawn else ""
        parts = (self._manner.state(place), self._manner.hint(place), withdrawn, shown.about)
        return " · ".join(part for part in parts if part)


def fit(text: str, width: int) -> str:
    """A text in so many cells, with … where it was cut.

    >>> fit("Des bancs", 9), fit("Des bancs", 6)
    ('Des bancs', 'Des b…')
    """
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 0 else ""
