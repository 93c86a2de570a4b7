"""What stands around the list: the meter, the order so far, the project the cursor is at."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from pbvote_kiosk.ballot.blocks import HEIGHT, bar, large
from pbvote_kiosk.ballot.manner import Manner
from pbvote_kiosk.ballot.project_list import fit
from pbvote_kiosk.ballot.shown import Shown
from pbvote_kiosk.language import Words

_LEAST_BAR = 10
_LOW = 10


class Meter(Widget):
    """What is used and what is left: a line with a bar, two, or large figures above a bar."""

    def __init__(self, manner: Manner, size_step: int, *, id: str) -> None:
        super().__init__(id=id, classes="" if manner.share() else "-barless")
        self._manner, self._size_step = manner, size_step

    def render(self) -> Content:
        width, share = self.size.width, self._manner.share()
        if self._size_step == 2:
            lines = large(self._manner.big())
            lines[HEIGHT - 1] = f"{lines[HEIGHT - 1]}  {self._manner.big_about()}"
        else:
            lines = [self._manner.meter()]
        if share is not None:
            if self._size_step == 0:
                room = width - len(lines[0]) - 2
                lines = [f"{bar(*share, room)}  {lines[0]}" if room >= _LEAST_BAR else lines[0]]
            else:
                lines.append(bar(*share, width))
        return Content("\n".join(lines))


class OrderSoFar(Widget):
    """The ranked projects, the best first; the cursor's is kept in view."""

    def __init__(self, manner: Manner, shown: list[Shown], *, id: str) -> None:
        super().__init__(id=id)
        self._manner, self._shown = manner, shown
        self._place = -1

    def show(self, place: int) -> None:
        """The cursor is at this project."""
        self._place = place
        self.refresh()

    def render(self) -> Content:
        _, places, height = self._manner.words, self._manner.choice.places, self.size.height
        if not places:
            return Content(_("Your order: nothing yet. Enter ranks a project."))
        at = places.index(self._place) if self._place in places else len(places) - 1
        room = max(1, height - 1)
        first = min(max(0, at - room // 2), max(0, len(places) - room))
        title = _("Your order: {n}", n=_.number(len(places)))
        if first or first + room < len(places):
            title += " ↕"
        lines = [Content.styled(fit(title, self.size.width), "bold")]
        for rank, place in enumerate(places[first : first + room], first + 1):
            mark = "►" if place == self._place else " "
            text = f"{mark}{rank:>3}. {self._shown[place].title}"
            lines.append(Content(fit(text, self.size.width)))
        return Content("\n").join(lines)


class Detail(Widget):
    """As much of a project's text as there is room for."""

    def __init__(self, words: Words, *, id: str) -> None:
        super().__init__(id=id)
        self.words = words
        self._shown: Shown | None = None
        self._counted = False

    def show(self, shown: Shown | None, *, counted: bool) -> None:
        """This project, or none."""
        self._shown, self._counted = shown, counted
        self.refresh()

    def render(self) -> Content:
        """All of it, or what fits and how to read on."""
        width, height = self.size
        if self._shown is None or width < 1 or height < 1:
            return Content()
        text = detail(self._shown, self.words, counted=self._counted, spaced=height > _LOW)
        lines = text.wrap(width)
        if len(lines) > height:
            more = fit(self.words("… F9 shows all of it"), width)
            lines = [*lines[: height - 1], Content.styled(more, "bold")]
        return Content("\n").join(lines)


def detail(shown: Shown, words: Words, *, counted: bool, spaced: bool) -> Content:
    """A project's title, facts and text. `counted`: a knapsack reckons with its first cost."""
    head = Content.styled(shown.name, "bold")
    between = "\n\n" if spaced else "\n"
    return Content(between).join([head, *(Content(line) for line in facts(shown, words, counted))])


def facts(shown: Shown, words: Words, counted: bool) -> list[str]:
    """A project's facts as plain lines, the description in their middle."""
    _ = words
    lines = []
    if shown.withdrawn:
        lines.append(_("Withdrawn: it can't win any more."))
    lines.append(" · ".join(part for part in (shown.cost, shown.about) if part))
    if counted and shown.cost != shown.counted:
        lines.append(_("On this ballot it counts as {amount}.", amount=shown.counted))
    if shown.district and shown.district != shown.where:
        lines.append(_("District: {district}", district=shown.district))
    if shown.description:
        lines += shown.description.splitlines()
    if shown.proposer:
        lines.append(_("Proposed by: {name}", name=shown.proposer))
    if shown.url:
        lines.append(shown.url)
    lines += [_("Corrected: {reason}", reason=reason) for reason in shown.reasons]
    return lines
