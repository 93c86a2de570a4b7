"""A part of the minutes, in words but not yet on paper."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pbvote.core.encoding import unix_time
from pbvote.paper.report import Table
from pbvote_tally.language import Words
from pbvote_tally.minutes.facts import Minutes

NONE = "–"


class Section(Struct, frozen=True):
    """A numbered part: sentences, labels with their values, tables, a QR code, sentences.

    Below a `signed` one come the lines to sign on.
    """

    title: str
    before: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    code: str = ""
    after: tuple[str, ...] = ()
    signed: bool = False


def moment_of(minutes: Minutes, words: Words) -> Callable[[str], str]:
    """How a time of a record is told, on the clock of the place; "" is none."""
    zone = minutes.published.election.manifest.time_zone

    def moment(at: str) -> str:
        seconds = unix_time(at) if at else 0
        return f"{words.day(seconds, zone)}, {words.hour(seconds, zone)}" if at else NONE

    return moment
