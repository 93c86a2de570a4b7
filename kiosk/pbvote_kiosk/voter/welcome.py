"""The first screen: languages, "scan your card", and what else can be done here."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Static

from pbvote.box import hours
from pbvote.core.encoding import unix_time
from pbvote_kiosk.language import LANGUAGES, N_
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.voter.screen import VoterScreen
from pbvote_kiosk.voter.trouble import Trouble, not_now

_CARD = """\
┌────────────────┐
│ █▀▀▀█ ▄█ █▀▀▀█ │
│ █   █ ▀▄ █   █ │
│ ▀▀▀▀▀ █▀ ▀▀▀▀▀ │
│ ▀█▄ ▀▄█▀▄ ▀▄▀█ │
└────────────────┘"""


class LanguageButton(Button):
    """A language by its own name; the one chosen is ticked."""

    def __init__(self, code: str, *, chosen: bool) -> None:
        super().__init__(f"{'✓ ' if chosen else ''}{LANGUAGES[code]}", id=f"language-{code}")
        self._code = code

    def spoken(self) -> str:
        """Without the tick."""
        return LANGUAGES[self._code]


class Welcome(VoterScreen[None]):
    """What is shown while nobody votes. Says what was asked for; the app does it."""

    help_text = N_(
        "Choose your language with the arrow keys and Enter, or with F2. Then hold the square code"
        " of your voting card in front of the scanner. “Try it” shows you how voting works,"
        " without a card: it never counts. If something doesn't work, please ask an official."
    )
    helped_text = N_(
        "Choose your language with the arrow keys and Enter, or with F2. Then hold the square code"
        " of your voting card in front of the scanner. “Try it” shows you how voting works,"
        " without a card: it never counts. Somebody may help you or interpret: please tell an"
        " official first, who only counts how many had help, never who."
    )

    class Asked(Message):
        """A button was pressed: "try", "type" or "check"."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self, poll: Poll) -> None:
        super().__init__()
        self._poll = poll
        if poll.settings.helpers:
            self.help_text = self.helped_text

    def heading(self) -> str:
        return self.words.text(self._poll.election.manifest.title)

    def spoken(self) -> str:
        return f"{self.heading()}. {self._title()}. {self._advice()}"

    def body(self) -> ComposeResult:
        _ = self.words
        with Horizontal(id="languages"):
            for code in self.people.offered:
                yield LanguageButton(code, chosen=code == _.language)
        with Horizontal(id="ask"):
            yield Static(_CARD, id="card", markup=False)
            with Vertical(id="what"):
                yield Static(self._title(), classes="strong text", markup=False)
                yield Static(self._advice(), classes="text", markup=False)
        with Horizontal(id="other"):
            yield Button(_("Try it"), id="try")
            yield Button(_("Type the card's code"), id="type")
            yield Button(_("Check my receipt"), id="check")

    def begin_again(self) -> None:
        """For the next person: the language of the house is at hand."""
        for button in self.query(f"#language-{self.words.language}"):
            button.focus()

    def _title(self) -> str:
        trouble = not_now(self._poll.state)
        return self.words(N_("Please scan your voting card") if trouble is None else trouble.title)

    def _advice(self) -> str:
        _, trouble = self.words, not_now(self._poll.state)
        if trouble is None:
            return _(
                "Hold its square code in front of the scanner, about a hand's width away. You can"
                " try it first: that never counts."
            )
        advice = _(trouble.advice)
        if trouble is Trouble.NOT_OPEN:
            opens, _closes = hours(self._poll.election, self._poll.election.box(self._poll.name))
            moment = _.moment(unix_time(opens), self._poll.zone)
            planned = _("It is planned to begin: {time}.", time=moment)
            return f"{planned} {advice}"
        return advice

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        name = event.button.id or ""
        if name.startswith("language-"):
            await self.people.set_language(name.removeprefix("language-"))
        else:
            self.post_message(self.Asked(name))
