"""The kiosk's words, in four languages (`pbvote.language` says how)."""

from __future__ import annotations

from pathlib import Path

from pbvote.language import LANGUAGES, N_, SHARED, Catalogues
from pbvote.language import Words as _Words

__all__ = ["LANGUAGES", "N_", "OWN", "Words"]

OWN = Catalogues(
    Path(__file__).parent / "locale",
    ("look", "ballot", "voter", "officials", "desk", "paper", "devices"),
)


class Words(_Words):
    """The words of one language, those of the kiosk's screens and papers too."""

    catalogues = (SHARED, OWN)
