"""Letters with a card for the post, a page a person: for an envelope with a window.

What all letters say is drawn once and shown on each page; only the address, the QR code and the
code to type are a page's own. So 10,000 letters take seconds and few bytes each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Literal

from msgspec import UNSET, Struct

from pbvote.box.box import hours
from pbvote.core.card import Channel
from pbvote.core.election import Election
from pbvote.core.encoding import unix_time
from pbvote.core.errors import InputError, RefusedError
from pbvote.paper.fonts import one_line, shown, width_of, wrapped
from pbvote.paper.sheet import A4, LEADING, MM, TEST_NOTE, Sheet
from pbvote_kiosk.language import LANGUAGES, Words

Window = Literal["left", "right"]
"""Where the envelope's window is: DIN 5008 and Dutch ones left, French and most Belgian right."""

_WINDOWS: dict[Window, tuple[float, float]] = {"left": (25, 78), "right": (108, 82)}
"""Left and width of the address, in mm."""
_FOLDS: dict[Window, tuple[float, float]] = {"left": (105, 210), "right": (99, 198)}
"""Where the paper is folded, in mm."""
_ADDRESS_TOP, _ADDRESS_HEIGHT = 56 * MM, 23 * MM  # seen however the letter slips in its envelope
_ADDRESS_SIZES = (10.5, 9.5, 8.5, 7.5, 6.5)
_SENDER_TOP, _SENDER_SIZE = 51 * MM, 7.0
_TEXT_TOP, _TEXT_BOTTOM = 92 * MM, 208 * MM
_TEXT_SIZES = (10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
_FRAME_TOP, _FRAME_HEIGHT = 214 * MM, 60 * MM
_QR_SIDE = 46 * MM
_MOST_PLACES = 8  # polling places that are named
_COMMON = "letter"


@dataclass(frozen=True, slots=True)
class Letter:
    """Whom a card is for. `card` is its text `PBVOTE1/C/…`, `code` its seven groups to type."""

    id: str
    name: str
    address: str
    serial: int
    card: str = field(repr=False)
    code: str = field(repr=False)


class Style(Struct, frozen=True):
    """How letters look. `sender` is the town and its address, `contact` whom to ask and how."""

    language: str
    window: Window
    sender: str = ""
    contact: str = ""


class _Block(Struct, frozen=True):
    """A paragraph; size and the space above are in sizes of the text."""

    text: str
    bold: bool = False
    size: float = 1.0
    above: float = 0.0


def letter_style(
    election: Election, language: str | None, window: str | None, sender: str, contact: str
) -> Style:
    """The style that was asked for; else the election's first language, and its usual window.

    InputError for a language or a window that there isn't.
    """
    if language is not None and language not in LANGUAGES:
        raise InputError(
            f"no letters are written in {language!r}", hint=f"There are: {', '.join(LANGUAGES)}"
        )
    written = (name for name in election.manifest.languages if name in LANGUAGES)
    chosen = language or next(written, "en")
    usual: Window = "right" if chosen == "fr" else "left"
    for place in _WINDOWS:
        if place == (window or usual):
            return Style(language=chosen, window=place, sender=sender, contact=contact)
    raise InputError(f"{window!r} isn't a window", hint=f"There are: {', '.join(_WINDOWS)}")


class Stationery:
    """What all letters of an election share, made once; `write` prints on it."""

    def __init__(self, election: Election, style: Style) -> None:
        """RefusedError if no box takes posted cards; InputError if a text is too long."""
        self._election, self._style = election, style
        self._words = Words(style.language, election.manifest.languages[0])
        self._blocks = _blocks(election, self._words, style)
        self._size = _fitting_size(self._blocks)
        self._left, self._width = (mm * MM for mm in _WINDOWS[style.window])
        if width_of(shown(style.sender), _SENDER_SIZE) > self._width:
            raise InputError("the sender is too long for the window", hint="Shorten --sender")
        url = election.manifest.vote_url
        self._before = "" if url is UNSET else f"{url}#"

    def write(
        self,
        out: IO[bytes],
        letters: Iterable[Letter],
        progress: Callable[[int], None] = lambda count: None,
    ) -> list[str]:
        """A PDF with a page for each letter, in their order; the same bytes for the same input.

        Returns the ids of those whose address is cut with "…", as it is too long for the window.
        """
        sheet = Sheet(
            out,
            title=self._words.text(self._election.manifest.title),
            language=self._style.language,
            test=self._election.is_test,
            numbered=False,
        )
        with sheet.shared(_COMMON):
            self._draw_common(sheet)
        cut = []
        for count, letter in enumerate(letters, 1):
            if count > 1:
                sheet.new_page()
            sheet.draw_shared(_COMMON)
            if not self._draw_address(sheet, letter):
                cut.append(letter.id)
            _draw_card(sheet, letter, self._before + letter.card)
            progress(count)
        sheet.finish()
        return cut

    def _draw_common(self, sheet: Sheet) -> None:
        sender, size, words = self._style.sender, self._size, self._words
        if sender:
            sheet.text(self._left, _SENDER_TOP, sender, _SENDER_SIZE, grey=True)
            sheet.line(self._left, _SENDER_TOP + 10, self._width, 0.3)
            sheet.text(sheet.left, 20 * MM, sender, 9, bold=True)
        for fold in _FOLDS[self._style.window]:
            sheet.line(5 * MM, fold * MM, 4 * MM, 0.3)
        sheet.top = _TEXT_TOP
        for block in self._blocks:
            sheet.top += block.above * size
            sheet.paragraph(block.text, size * block.size, bold=block.bold)
        sheet.box(sheet.left, _FRAME_TOP, sheet.width, _FRAME_HEIGHT)
        x = sheet.left + _QR_SIDE + 18 * MM
        sheet.text(x, _FRAME_TOP + 8 * MM, words("Your code"), 10)

    def _draw_address(self, sheet: Sheet, letter: Letter) -> bool:
        """Name and address in the window; whether they fit."""
        for size in _ADDRESS_SIZES:
            lines = list(_address_lines(letter, self._width, size))
            most = int(_ADDRESS_HEIGHT / (size * LEADING))
            if fits := len(lines) <= most:
                break
        if not fits:
            lines = [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]
        for number, line in enumerate(lines):
            sheet.text(self._left, _ADDRESS_TOP + number * size * LEADING, line, size)
        return fits


# --- what all letters say -------------------------------------------------------------------------


def _blocks(election: Election, words: Words, style: Style) -> list[_Block]:
    home, hall = _hours(election, words, "online"), _hours(election, words, "in-person")
    if not home:
        raise RefusedError(
            "this election has no box that takes posted cards",
            hint="Add an online box, or hand out cards at a desk",
        )
    test = [_Block(words(TEST_NOTE), bold=True)] if election.is_test else []
    texts = [
        *test,
        _Block(words("Your card for the vote"), size=1.1),
        _Block(words.text(election.manifest.title), bold=True, size=1.7),
        _Block(
            words(
                "With this letter you have a say in which projects get the money. It holds your"
                " personal card, at the bottom of this page."
            ),
            above=0.6,
        ),
        *_titled(words("Vote at home, {hours}", hours=home), _at_home(election, words)),
    ]
    if hall:
        texts += _titled(
            words("Or come to the town hall, {hours}", hours=hall), _in_the_hall(election, words)
        )
    texts += _titled(
        words("Keep this letter safe"),
        words(
            "Whoever has this letter can vote in your name: keep it, and show it to nobody. If you"
            " lose it, tell the town hall: this card is then cancelled and you get a new one."
        ),
    )
    ask = words("Ask at the town hall.") if not style.contact else style.contact
    return [*texts, *_titled(words("Questions?"), ask)]


def _titled(title: str, text: str) -> list[_Block]:
    return [_Block(title, bold=True, above=0.75), _Block(text, above=0.1)]


def _at_home(election: Election, words: Words) -> str:
    url = election.manifest.vote_url
    if url is UNSET:
        return words(
            "On the town's voting page, scan the square code or type the code that stands beside"
            " it. Your choice is sealed on your device, so that nobody at the town hall can read"
            " it."
        )
    return words(
        "Scan the square code with your phone, or open {url} and type the code that stands beside"
        " it. Your choice is sealed on your device, so that nobody at the town hall can read it.",
        url=_readable(url),
    )


def _in_the_hall(election: Election, words: Words) -> str:
    first = election.manifest.supersede == "first"
    parts = [
        words(
            "Bring an identity document, you don't need this letter: the desk gives you another"
            " card, and you vote at a screen with help at hand."
        ),
        words("If you have voted at home already, that ballot stays the one that counts.")
        if first
        else words("What you vote there takes the place of what you voted at home."),
    ]
    places = [words.text(box.place) for box in election.boxes if box.channel == "in-person"]
    different = list(dict.fromkeys(filter(None, places)))
    if 0 < len(different) <= _MOST_PLACES:
        parts.append(words("Where: {places}.", places="; ".join(different)))
    return " ".join(parts)


def _hours(election: Election, words: Words, channel: Channel) -> str:
    """From when to when, on the clock of the town; "" if no box takes cards of this channel."""
    box = next((box for box in election.boxes if box.channel == channel), None)
    if box is None:
        return ""
    zone = election.manifest.time_zone
    opens, closes = map(unix_time, hours(election, box))
    day, last = words.date(opens, zone), words.date(closes, zone)
    begin, end = words.hour(opens, zone), words.hour(closes, zone)
    if day == last:
        return words("on {day} from {begin} to {end}", day=day, begin=begin, end=end)
    return words("from {day}, {begin}, to {last}, {end}", day=day, begin=begin, last=last, end=end)


def _readable(url: str) -> str:
    """Scheme and host in small letters; a path's capitals matter."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}".removeprefix("https://")


def _fitting_size(blocks: Sequence[_Block]) -> float:
    """The largest size in which they fit between the address and the card."""
    width = A4[0] - 40 * MM
    for size in _TEXT_SIZES:
        height = 0.0
        for block in blocks:
            own = size * block.size
            lines = len(wrapped(block.text, width, own, block.bold))
            height += block.above * size + lines * own * LEADING
        if height <= _TEXT_BOTTOM - _TEXT_TOP:
            return size
    raise InputError("the letter's texts don't fit on a page", hint="Shorten what --contact says")


# --- what is a person's own -----------------------------------------------------------------------


def _address_lines(letter: Letter, width: float, size: float) -> Iterator[str]:
    """The roll has an address in one line: its parts each get their own."""
    for part in (letter.name, *re.split(r"\s*[,;\n]\s*", letter.address)):
        if part:
            yield from wrapped(part, width, size)


def _draw_card(sheet: Sheet, letter: Letter, text: str) -> None:
    """The card as a QR code and in seven groups of four."""
    sheet.code(sheet.left + 7 * MM, _FRAME_TOP + 7 * MM, _QR_SIDE, text)
    x, groups = sheet.left + _QR_SIDE + 18 * MM, letter.code.split()
    for number in range(0, len(groups), 4):
        line = "  ".join(groups[number : number + 4])
        sheet.text(x, _FRAME_TOP + (16 + number * 2.5) * MM, line, 17, bold=True)
    whose = one_line(f"{letter.id} · {letter.serial}", sheet.width - _QR_SIDE - 22 * MM, 8)
    sheet.text(x, _FRAME_TOP + _FRAME_HEIGHT - 12 * MM, whose, 8, grey=True)
