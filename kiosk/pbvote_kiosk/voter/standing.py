"""A card that voted here already: its vote is in the box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from pbvote.core.encoding import unix_time
from pbvote_kiosk.language import N_
from pbvote_kiosk.voter.screen import VoterScreen

Step = Literal["finish", "receipt", "replace"]


class Standing(VoterScreen[Step]):
    """When it was cast, the receipt again, and whether it can be replaced."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('finish')", show=False)]
    help_text = N_(
        "Your ballot is in the box; there is nothing you must do. “Finish” leaves everything as it"
        " is."
    )

    def __init__(
        self, times: Sequence[str], *, may_replace: bool, is_open: bool, zone: str
    ) -> None:
        """`times`: when this card voted here, as in the receipts, the earliest first."""
        super().__init__()
        self._times, self._zone = times, zone
        self._may_replace, self._is_open = may_replace, is_open

    def heading(self) -> str:
        return self.words("Your vote is in the box")

    def lines(self) -> list[str]:
        """What is to be read, a paragraph each."""
        _ = self.words
        first, last = (
            _.moment(unix_time(at), self._zone) for at in (self._times[0], self._times[-1])
        )
        if not self._may_replace:
            said = [
                _("You voted here: {time}.", time=first),
                _("In this vote the first ballot counts, so it can't be replaced."),
            ]
        else:
            said = [_("You voted here: {time}.", time=last)]
            if self._is_open:
                said.append(
                    _(
                        "You may vote again at this machine: the new ballot then counts instead of"
                        " this one. To vote at another machine you need a new card from a desk."
                    )
                )
        return [*said, _("If you only wanted to look: press “Finish”. Everything stays as it is.")]

    def spoken(self) -> str:
        return " ".join((f"{self.heading()}.", *self.lines()))

    def keys(self) -> list[tuple[str, str]]:
        return [("Esc", self.words("Finish"))]

    def body(self) -> ComposeResult:
        _ = self.words
        for line in self.lines():
            yield Static(line, classes="text", markup=False)
        with Horizontal(classes="buttons"):
            yield Button(_("Finish"), id="finish", variant="primary")
            yield Button(_("My receipt again"), id="receipt")
            if self._may_replace and self._is_open:
                yield Button(_("Vote again"), id="replace")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "receipt":
                self.dismiss("receipt")
            case "replace":
                self.dismiss("replace")
            case _:
                self.dismiss("finish")
