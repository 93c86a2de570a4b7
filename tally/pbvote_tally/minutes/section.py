"""A part of the minutes, in words but not yet on paper."""

from __future__ import annotations

from msgspec import Struct

from pbvote.paper.report import Table


class Section(Struct, frozen=True):
    """A numbered part: sentences, labels with their values, tables, a QR code, sentences."""

    title: str
    before: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    code: str = ""
    after: tuple[str, ...] = ()
