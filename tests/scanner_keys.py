"""A scanner, as the characters that a computer makes of it.

A scanner presses the keys of a US keyboard; what comes of them hangs on the layout that is set and
on Caps Lock. The tables are what libxkbcommon gives for the layouts of xkb (xkeyboard-config
2.35), and the maps of the Linux console (console-data 1.12), where Caps Lock works on letters
alone or on whatever the map says. `∅` is a dead key: nothing comes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

KEYS = "1234567890-=qwertyuiop[]asdfghjkl;'zxcvbnm,./"
SHIFTED = '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?'


class Layout(NamedTuple):
    """What each of KEYS gives: alone, with Shift, with Caps Lock, with both."""

    plain: str
    shift: str
    caps: str
    shift_caps: str


XKB = {
    "us": Layout(
        "1234567890-=qwertyuiop[]asdfghjkl;'zxcvbnm,./",
        '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?',
        "1234567890-=QWERTYUIOP[]ASDFGHJKL;'ZXCVBNM,./",
        '!@#$%^&*()_+qwertyuiop{}asdfghjkl:"zxcvbnm<>?',
    ),
    "fr": Layout(
        "&é\"'(-è_çà)=azertyuiop∅$qsdfghjklmùwxcvbn,;:!",
        "1234567890°+AZERTYUIOP∅£QSDFGHJKLM%WXCVBN?./§",
        "&É\"'(-È_ÇÀ)=AZERTYUIOP∅$QSDFGHJKLMÙWXCVBN,;:!",
        "1234567890°+azertyuiop∅£qsdfghjklm%wxcvbn?./§",
    ),
    "fr-oss": Layout(
        "&é\"'(-è_çà)=azertyuiop∅$qsdfghjklmùwxcvbn,;:!",
        "1234567890°+AZERTYUIOP∅£QSDFGHJKLM%WXCVBN?./§",
        "&É\"'(-È_ÇÀ)=AZERTYUIOP∅$QSDFGHJKLMÙWXCVBN,;:!",
        "1234567890°+azertyuiop∅£qsdfghjklm%wxcvbn?./§",
    ),
    "fr-afnor": Layout(
        "àéèê()‘’«»'∅azertyuiop-+qsdfghjklm/wxcvbn.,:;",
        '1234567890"∅AZERTYUIOP–±QSDFGHJKLM\\WXCVBN?!…=',
        "ÀÉÈÊ()‘’«»'∅AZERTYUIOP-+QSDFGHJKLM/WXCVBN.,:;",
        '1234567890"∅azertyuiop–±qsdfghjklm\\wxcvbn?!…=',
    ),
    "be": Layout(
        "&é\"'(§è!çà)-azertyuiop∅$qsdfghjklmùwxcvbn,;:=",
        "1234567890°_AZERTYUIOP∅*QSDFGHJKLM%WXCVBN?./+",
        "&É\"'(§È!ÇÀ)-AZERTYUIOP∅$QSDFGHJKLMÙWXCVBN,;:=",
        "1234567890°_azertyuiop∅*qsdfghjklm%wxcvbn?./+",
    ),
    "de": Layout(
        "1234567890ß∅qwertzuiopü+asdfghjklöäyxcvbnm,.-",
        '!"§$%&/()=?∅QWERTZUIOPÜ*ASDFGHJKLÖÄYXCVBNM;:_',
        "1234567890ẞ∅QWERTZUIOPÜ+ASDFGHJKLÖÄYXCVBNM,.-",
        '!"§$%&/()=?∅qwertzuiopü*asdfghjklöäyxcvbnm;:_',
    ),
    "de-nodeadkeys": Layout(
        "1234567890ß´qwertzuiopü+asdfghjklöäyxcvbnm,.-",
        '!"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄYXCVBNM;:_',
        "1234567890ẞ´QWERTZUIOPÜ+ASDFGHJKLÖÄYXCVBNM,.-",
        '!"§$%&/()=?`qwertzuiopü*asdfghjklöäyxcvbnm;:_',
    ),
    "ch": Layout(
        "1234567890'∅qwertzuiopü∅asdfghjklöäyxcvbnm,.-",
        '+"*ç%&/()=?∅QWERTZUIOPè!ASDFGHJKLéàYXCVBNM;:_',
        "1234567890'∅QWERTZUIOPÜ∅ASDFGHJKLÖÄYXCVBNM,.-",
        '+"*Ç%&/()=?∅qwertzuiopÈ!asdfghjklÉÀyxcvbnm;:_',
    ),
    "ch-fr": Layout(
        "1234567890'∅qwertzuiopè∅asdfghjkléàyxcvbnm,.-",
        '+"*ç%&/()=?∅QWERTZUIOPü!ASDFGHJKLöäYXCVBNM;:_',
        "1234567890'∅QWERTZUIOPÈ∅ASDFGHJKLÉÀYXCVBNM,.-",
        '+"*Ç%&/()=?∅qwertzuiopÜ!asdfghjklÖÄyxcvbnm;:_',
    ),
}


def _console(name: str, *, change: tuple[str, str] = ("§", "§"), shifts: bool = False) -> Layout:
    """A console's map: Caps Lock is Shift on every key, or on the letters a to z alone."""
    plain = XKB[name].plain.replace(*change)
    shift = XKB[name].shift
    pairs = list(zip(plain, shift, strict=True))
    turned = [shifts or one in "abcdefghijklmnopqrstuvwxyz" for one in plain]
    return Layout(
        plain,
        shift,
        "".join(pair[turn] for pair, turn in zip(pairs, turned, strict=True)),
        "".join(pair[not turn] for pair, turn in zip(pairs, turned, strict=True)),
    )


LAYOUTS = {
    **XKB,
    "us-console": _console("us"),
    "fr-latin1-console": _console("fr"),
    "fr-latin9-console": _console("fr", shifts=True),
    "be-latin1-console": _console("be", change=("§", "¶")),
    "de-latin1-console": _console("de"),
    "fr_CH-latin1-console": _console("ch-fr"),
}


def typed(text: str, layout: str = "us", *, caps: bool = False) -> str:
    """What a computer reads when a scanner types a text, with this layout and Caps Lock."""
    rows = LAYOUTS[layout]
    plain, shift = (rows.caps, rows.shift_caps) if caps else (rows.plain, rows.shift)
    read = [
        shift[SHIFTED.index(character)] if character in SHIFTED else plain[KEYS.index(character)]
        for character in text
    ]
    return "".join(read).replace("∅", "")


def strokes(text: str, at: float, rng: random.Random) -> Iterator[tuple[str, float]]:
    """A text as a scanner types it from a time on: 2 to 20 ms a character."""
    for character in text:
        yield character, at
        at += rng.uniform(0.002, 0.020)
