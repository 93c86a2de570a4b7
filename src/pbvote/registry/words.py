"""Words as people are found by: folded, by their sound, and with a letter mistyped. Pure.

A line of the roll is indexed under tokens, each of a class that its first letter names::

    nlefevre  a word of the name          sleferre  the sound of a word of name or address
    o10       any other word              o22111980, o19801122  the birth date, both ways round

What is typed becomes `passes`: the exact before the forgiving, and each word as a beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from string import ascii_lowercase

from pbvote.registry.rollfile import Person
from pbvote.words import folded

MAX_WORDS = 8  # of what is typed; more find nobody else
MIN_TYPO = 4  # letters: shorter words are too near to everything
MAX_TYPO = 24
_PARTICLES = re.compile(
    "van|vande|vanden|vander|vo[nm]|zu|zu[mr]|den|der|de|des|del|della|du|la|le|l|d[aio]?|dos"
    "|ten|ter|te|op|st|saint|sint|ma?c|o|ben|bin|el|al"
)
_LETTERS = "abdefgiklmnoprstu"  # those that sounds are written with
_WORD = re.compile(r"[^\W_]+")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})(?:[./-](\d{0,4}))?")
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})(?:[./-](\d{0,2}))?")

# How names are written in French, Dutch and German for the same sound; in this order.
_SOUNDS: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("cht", "kt"),
        ("gt", "kt"),
        ("chr", "kr"),
        ("chl", "kl"),
        ("t?sch|sh", "s"),
        ("ch$", "k"),
        ("ch", "s"),
        ("ck|cq|kh|qu|q", "k"),
        ("gh", "g"),
        ("gu(?=[ei])", "g"),
        ("c(?=[eiy])", "s"),
        ("c", "k"),
        ("bv", "v"),
        ("eau[xlt]?|au[lx]?", "o"),
        ("h", ""),
        ("dt", "t"),
        ("x", "ks"),
        ("z", "s"),
        ("[wv]", "f"),
        ("ij|ei|ey|ai|ay|ie|y|j", "i"),
        ("ae", "a"),
        ("oe", "o"),
        ("ue", "u"),
        (r"(.)\1+", r"\1"),
        ("d$", "t"),
        ("(?<=..)e$", ""),
    )
]


@lru_cache(2**16)
def sound(word: str) -> str:
    """A folded word as it sounds, roughly; "" for what isn't letters.

    >>> [sound(w) for w in ("dupont", "dupond", "philippe", "filipe", "dijckmans", "deykmans")]
    ['dupont', 'dupont', 'filip', 'filip', 'dikmans', 'dikmans']
    """
    if not (word.isascii() and word.isalpha()):
        return ""
    for pattern, letters in _SOUNDS:
        word = pattern.sub(letters, word)
    return word


def tokens(person: Person) -> str:
    """What a person is indexed under, with spaces between."""
    names = words(person.name)
    found = dict.fromkeys(f"n{word}" for word in names)
    for text in (person.id, person.address, person.document, person.district, person.email):
        found |= dict.fromkeys(f"o{word}" for word in (*words(text), *_compound(text)))
    found |= dict.fromkeys(f"o{date}" for date in _dates(person.birth_date))
    heard = (*names, *_joined(person.name), *words(person.address))
    found |= dict.fromkeys(f"s{s}" for word in heard if (s := sound(word)))
    return " ".join(found)


@lru_cache(2**14)
def words(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(_WORD.findall(folded(text)))


def sounds(tokens: str) -> Iterator[str]:
    """The sounds among tokens: of words of name and address, also of several written as one."""
    return (token[1:] for token in tokens.split() if token[0] == "s")


def _compound(text: str) -> list[str]:
    """Numbers with marks between are also typed without: 592-1234567-89."""
    if text.isalnum():
        return []
    return ["".join(words(part)) for part in text.split() if len(words(part)) > 1]


def _dates(birth_date: str) -> tuple[str, ...]:
    year, _, rest = birth_date.partition("-")
    month, _, day = rest.partition("-")
    return (year + month + day, day + month + year) if day else ()


@lru_cache(2**14)
def _joined(text: str) -> tuple[str, ...]:
    """ "van den Broeck" as vandenbroeck, "Jean-Pierre" as jeanpierre."""
    found, run = [], ""
    for part in folded(text).split():
        here = _WORD.findall(part)
        if len(here) > 1:
            found.append("".join(here))
        run += "".join(here)
        if not here or not _PARTICLES.fullmatch(here[-1]):
            found.append(run)
            run = ""
    return tuple(dict.fromkeys(found))


# --- what is typed --------------------------------------------------------------------------------

Nearby = Callable[[list[str]], list[str]]
"""Beginnings → the sounds on the roll that begin so."""


def passes(text: str, nearby: Nearby) -> Iterator[str]:
    """FTS5 expressions for what was typed, the exact first: whole words of the name, with the last
    as a beginning, all as beginnings, then of anything, then what sounds alike, then with a letter
    mistyped in each word."""
    terms = [_Term(part) for part in text.split()[:MAX_WORDS]]
    terms = [term for term in terms if term.parts]
    if not terms:
        return
    *typed, last = terms
    yield _all(term.whole() for term in terms)
    yield _all([*(term.whole() for term in typed), last.begins("n")])
    yield _all(term.begins("n") for term in terms)
    yield _all(term.begins("no") for term in terms)
    joined = _typed_together(text)
    if not any(term.sound for term in terms) and not joined:
        return
    alike = _all(term.alike(()) for term in terms)
    yield f"({alike}) OR ({joined})" if joined else alike
    yield _all(term.alike(nearby(term.typos())) for term in terms)


class _Term:
    """A word as it was typed; its parts are those between marks (jean-pierre)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.parts = words(text)
        self._word = "".join(self.parts)
        self.sound = sound(self._word)

    def whole(self) -> str:
        """In the name as it is; numbers anywhere."""
        return self._any([_all(f'"{self._class(part)}{part}"' for part in self.parts)])

    def begins(self, classes: str) -> str:
        """A beginning of a word of these classes; numbers anywhere."""
        each = (
            " OR ".join(f'"{c}{part}"*' for c in (classes if part.isalpha() else "no"))
            for part in self.parts
        )
        return self._any([_all(f"({part})" for part in each)])

    def alike(self, near: Sequence[str]) -> str:
        """As it was typed, or what sounds so, or these sounds."""
        found = [f'"s{self.sound}"*'] if self.sound else []
        return self._any([self.begins("no"), *found, *(f'"s{other}"' for other in near)])

    def typos(self) -> list[str]:
        """The sounds that were meant if one letter, or one sound, is wrong."""
        if not self.sound or not MIN_TYPO <= len(self._word) <= MAX_TYPO:
            return []
        words = _slips(self._word, ascii_lowercase)
        meant = {*_slips(self.sound, _LETTERS), *map(sound, words)}
        return sorted(other for other in meant if len(other) >= MIN_TYPO)

    def _class(self, part: str) -> str:
        return "n" if part.isalpha() else "o"

    def _any(self, ways: list[str]) -> str:
        dates = [f'"o{digits}"*' for digits in _typed_dates(self._text)]
        return f"({' OR '.join((*ways, *dates))})"


def _all(parts: Iterable[str]) -> str:
    return " AND ".join(parts)


def _typed_dates(text: str) -> list[str]:
    """The digits that a date begins with, if it is one or the beginning of one.

    >>> _typed_dates("2/3/19"), _typed_dates("1980-11"), _typed_dates("12")
    (['020319', '02031919', '02032019'], ['198011'], [])
    """
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = match[1], match[2], match[3]
        return [year + month if day is None else year + month.zfill(2) + day]
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = match[1].zfill(2), match[2], match[3]
        if year is None:
            return [day + month, *([day + month.zfill(2)] if len(month) == 1 else [])]
        begun = day + month.zfill(2)
        ways = [year, *(century + year for century in ("19", "20") if len(year) == 2)]
        return [begun + way for way in ways]
    return []


def _typed_together(text: str) -> str:
    """What was typed as several words, as if it were one: van den broeck."""
    typed = words(text)
    if not any(_PARTICLES.fullmatch(word) for word, _ in pairwise(typed)):
        return ""
    joined = [sound(word) for word in _joined(" ".join(typed))]
    return _all(f'"s{word}"*' for word in joined if word)


def _slips(word: str, letters: str) -> set[str]:
    """A word with one letter left out, added, changed or swapped with its neighbour."""
    found = {word}
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        found.add(before + after[1:])
        found.add(before + after[1:2] + after[:1] + after[2:])
        for letter in letters:
            found.add(before + letter + after)
            found.add(before + letter + after[1:])
    return found
