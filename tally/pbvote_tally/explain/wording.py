"""Sentences in every language of an election that we have words for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pbvote.core.encoding import Texts
from pbvote_tally.language import LANGUAGES, Words

Say = Callable[[Words], str]
"""Says something in the language of the words given."""


def spoken(languages: Sequence[str]) -> list[str]:
    """The languages that we have words in; English if there are none."""
    return [language for language in languages if language in LANGUAGES] or ["en"]


def in_each(languages: Sequence[str], say: Say) -> Texts:
    """What `say` says, in each language; an election's own texts fall back to its first one."""
    return {language: say(Words(language, languages[0])) for language in spoken(languages)}
