"""Between two screens, and when somebody has walked away."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import Static

from pbvote_kiosk.language import N_
from pbvote_kiosk.voter.screen import VoterScreen


class Between(VoterScreen[None]):
    """Lies under a visit's screens. Seen for a moment only, so it speaks up after a while."""

    LATER = 0.4
    """Seconds until it says that the machine is at work."""

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._is_long = False

    def body(self) -> ComposeResult:
        yield Static(
            self.words("One moment, please …") if self._is_long else "", id="moment", markup=False
        )

    def spoken(self) -> str:
        return ""

    def on_screen_resume(self) -> None:
        self._timer = self.set_timer(self.LATER, self._say)

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._is_long = False
        self.put("moment", "")

    def _say(self) -> None:
        self._is_long = True
        self.put("moment", self.words("One moment, please …"))


class Countdown(VoterScreen[None]):
    """Is anybody there? Any key goes on; the app counts and goes back to the beginning."""

    AUTO_FOCUS = ""
    help_text = N_("Press any key to go on where you were.")

    def __init__(self, seconds: int) -> None:
        super().__init__(classes="-loud")
        self.seconds = seconds

    def heading(self) -> str:
        return self.words("Are you still there?")

    def _left(self) -> str:
        return self.words.many(
            "In {n} second this machine goes back to its first screen.",
            "In {n} seconds this machine goes back to its first screen.",
            self.seconds,
        )

    def _how(self) -> str:
        return self.words(
            "Press any key to go on. Otherwise nothing is cast, and your card can still be used."
        )

    def spoken(self) -> str:
        return f"{self.heading()} {self._left()} {self._how()}"

    def body(self) -> ComposeResult:
        yield Static(self._left(), id="left", classes="strong text", markup=False)
        yield Static(self._how(), classes="text", markup=False)

    def count(self, seconds: int) -> None:
        """So many seconds are left."""
        if seconds != self.seconds:
            self.seconds = seconds
            self.put("left", self._left())

    async def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.dismiss()

    def on_click(self) -> None:
        self.dismiss()
