"""A printed number, typed key by key: which project it is the number of."""

from __future__ import annotations

from collections.abc import Mapping

PAUSE = 4.0
"""Seconds; a character after a longer one begins another number."""


class NumberTyped:
    """The characters typed so far."""

    def __init__(self) -> None:
        self.text = ""
        self._at = 0.0

    def forget(self) -> None:
        """The next character begins a number."""
        self.text = ""

    def take(self, character: str, numbers: Mapping[int, str], at: float) -> int | None:
        """The project whose number this continues or begins; None if there is none.

        `numbers`: place → folded printed number, in the order of the list; `at` in seconds. Of
        several the exact one, else the first.
        """
        before = self.text if at - self._at <= PAUSE else ""
        self._at = at
        self.text = before + character
        # After a whole number a letter begins the next; a digit more makes it a wrong one.
        starts = [self.text] if character.isdigit() else [self.text, character]
        for text in starts:
            begun = [place for place, number in numbers.items() if number.startswith(text)]
            if begun:
                self.text = text
                return next((place for place in begun if numbers[place] == text), begun[0])
        return None
