"""What the voter's screens have in common."""

from __future__ import annotations

from typing import TypeVar

from textual.widgets import Static

from pbvote_kiosk.look.base import LOW_AND_HIGH, PeopleScreen

Result = TypeVar("Result")


class VoterScreen(PeopleScreen[Result]):
    """Knows whether it is low: there, larger letters must not push an answer out of sight."""

    def __init__(self, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self.VERTICAL_BREAKPOINTS = LOW_AND_HIGH

    def put(self, name: str, text: str) -> None:
        """Show a text in the `Static` of this id; nowhere while the screen is composed again."""
        for part in self.query(f"#{name}").results(Static):
            part.update(text)
