"""Words for numbers, the same everywhere people read them; text as it is searched or shown."""

from __future__ import annotations

import re
import unicodedata

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'"})
_OTHERS = {"person": "people"}


def plural(number: int, noun: str) -> str:
    """A number of something.

    >>> plural(1, "entry"), plural(2, "entry"), plural(0, "ballot"), plural(3, "person")
    ('1 entry', '2 entries', '0 ballots', '3 people')
    """
    return f"{number} {noun if number == 1 else plural_of(noun)}"


def plural_of(noun: str) -> str:
    """A noun for more than one; for none, too.

    >>> plural_of("box"), plural_of("registry")
    ('boxes', 'registries')
    """
    if noun in _OTHERS:
        return _OTHERS[noun]
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("x") else f"{noun}s"


def harmless(text: str) -> str:
    """What comes from outside, without what a terminal obeys or shows backwards.

    >>> harmless("a\\x1b[2Jb")
    'a[2Jb'
    """
    return _OBEYED.sub("", text)


def folded(text: str) -> str:
    """Text as it is searched: no accents, no capitals.

    >>> folded("Zoé Lœvé-WEISS")
    'zoe loeve-weiss'
    """
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return "".join(c for c in bare if not unicodedata.combining(c))
