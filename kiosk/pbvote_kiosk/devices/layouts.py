"""What a scanner's text becomes under another keyboard layout or Caps Lock, and the way back.

A scanner presses the keys of a US keyboard. The texts of cards and receipts (protocol section 7)
are capitals, digits and `/`, each on a key of its own, so what a key gives under any layout, with
Shift, Caps Lock or both, says which character was meant; `PBVOTE1/` shows the layout. Layouts as
in xkb (fr, fr(afnor), be, de, ch) and in the Linux console's maps (whose Caps Lock may shift the
digits, too). A QWERTY layout that has `-` in the place of `/` can't be told from QWERTZ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# The keys whose characters the texts have, and `:`, by which a URL is known.
_KEYS = "1234567890QWERTYUIOPASDFGHJKL:ZXCVBNM/"
_AZERTY = "AZERTYUIOPQSDFGHJKLMWXCVBN"
_QWERTY = "QWERTYUIOPASDFGHJKL{}ZXCVBNM"
_QWERTZ = "QWERTZUIOPASDFGHJKL{}YXCVBNM"
_LAYOUTS = (  # without and with Shift
    (f"1234567890{_QWERTY.format(';')}/", f"!@#$%^&*(){_QWERTY.format(':')}?"),  # us
    (f"&é\"'(-è_çà{_AZERTY},!", f"1234567890{_AZERTY}?§"),  # fr
    (f"&é\"'(§è!çà{_AZERTY},=", f"1234567890{_AZERTY}?+"),  # be
    (f"&é\"'(¶è!çà{_AZERTY},=", f"1234567890{_AZERTY}?+"),  # be, on the console
    (f"àéèê()‘’«»{_AZERTY}.;", f"1234567890{_AZERTY}?="),  # fr(afnor)
    (f"1234567890{_QWERTZ.format('Ö')}-", f'!"§$%&/()={_QWERTZ.format("Ö")}_'),  # de
    (f"1234567890{_QWERTZ.format('Ö')}-", f'+"*ç%&/()={_QWERTZ.format("É")}_'),  # ch
)
_ONE, _SLASH = _KEYS.index("1"), _KEYS.index("/")
_WORD, _URL = "PBVOTE", "HTTP"


def _maps() -> Iterator[tuple[str, Mapping[int, str]]]:
    """What `1/` looks like, and the way back from there, for each layout."""
    for layout in _LAYOUTS:
        back = {}
        for keys in layout:
            for meant, character in zip(_KEYS, keys, strict=True):
                for form in (character, character.lower(), character.upper()):
                    back[ord(form)] = meant
        for keys in layout:
            yield keys[_ONE] + keys[_SLASH], back


_BACK: dict[str, Mapping[int, str]] = {}
for _mark, _map in _maps():
    _BACK[_mark] = {**_map, **_BACK.get(_mark, {})}  # be: one map for xkb and console
_ONES = {mark[0] for mark in _BACK}
_PREFIX = re.compile(f"{_WORD}({'|'.join(map(re.escape, _BACK))})", re.IGNORECASE)
_URL_BEFORE_FIRST = re.compile("HTTP.*$", re.IGNORECASE)
_URL_BEFORE_NEXT = re.compile("HTTPS?:.*$")


def may_begin(typed: str) -> bool:
    """Whether a scan of ours, or of a URL before it, can begin like this, under any layout."""
    word = typed[: len(_WORD)].upper()
    if word != _WORD:
        return _WORD.startswith(word) or _URL.startswith(word[:4])
    mark = typed[len(_WORD) : len(_WORD) + 2].lower()
    return mark in _BACK if len(mark) == 2 else not mark or mark in _ONES


def split(typed: str) -> tuple[str, tuple[str, ...]]:
    """What is before the first text but a URL, and the texts from `PBVOTE1/` on, put right.

    >>> split("7pbvote&!c!qw")
    ('7', ('PBVOTE1/C/AZ',))
    """
    found = list(_PREFIX.finditer(typed))
    texts = []
    for number, match in enumerate(found, 1):
        last = number == len(found)
        text = typed[match.start() : None if last else found[number].start()]
        if not text.startswith("PBVOTE1/"):
            text = text.translate(_BACK[match[1].lower()])
        texts.append(text if last else _URL_BEFORE_NEXT.sub("", text))
    front = _URL_BEFORE_FIRST.sub("", typed[: found[0].start()]) if found else typed
    return front, tuple(texts)
