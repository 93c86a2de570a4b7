"""The tally's words, in four languages (`pbvote.language` says how)."""

from __future__ import annotations

from pathlib import Path

from pbvote.language import LANGUAGES, N_, SHARED, Catalogues
from pbvote.language import Words as _Words

__all__ = ["LANGUAGES", "N_", "OWN", "Words"]

OWN = Catalogues(Path(__file__).parent / "locale", ("explain", "show", "site", "minutes"))


class Words(_Words):
    """The words of one language, those of the count, its pages and its minutes too."""

    catalogues = (SHARED, OWN)
