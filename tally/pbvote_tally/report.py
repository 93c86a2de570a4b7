"""How long work tells what it is doing; the command line and the screens draw it."""

from __future__ import annotations

from typing import Protocol


class Report(Protocol):
    """Steps in plain words, and how far the current one is."""

    def step(self, text: str, total: int = 0, **values: object) -> None:
        """A step begins; `total` parts will be advanced, if that is known.

        `values` fill in the text's {names}, so that a screen can translate it.
        """

    def advance(self, parts: int) -> None:
        """So many parts of the current step are done."""

    def note(self, text: str) -> None:
        """Something that a reader should know."""


class Silent:
    """Says nothing."""

    def step(self, text: str, total: int = 0, **values: object) -> None:
        """Nothing."""

    def advance(self, parts: int) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


SILENT = Silent()
