"""Large figures and bars out of block characters, which every console's font has."""

from __future__ import annotations

_PIXELS = {
    "0": "###|#.#|#.#|#.#|###",
    "1": ".#|##|.#|.#|.#",
    "2": "###|..#|###|#..|###",
    "3": "###|..#|###|..#|###",
    "4": "#.#|#.#|###|..#|..#",
    "5": "###|#..|###|..#|###",
    "6": "###|#..|###|#.#|###",
    "7": "###|..#|..#|..#|..#",
    "8": "###|#.#|###|#.#|###",
    "9": "###|#.#|###|..#|###",
    "€": ".###|#...|###.|#...|.###",
    ".": ".|.|.|.|#",
    ",": ".|.|.|#|#",
    " ": ".|.|.|.|.",
    "\u00a0": ".|.|.|.|.",
}
_HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}
HEIGHT = 3


def large(text: str) -> list[str]:
    """A text as HEIGHT lines of block characters; what has no large form stands on the last.

    >>> print("\\n".join(large("€7")))
    ▄▀▀▀ ▀▀█
    █▀▀    █
     ▀▀▀   ▀
    """
    lines = [""] * HEIGHT
    for character in text:
        rows = [*_PIXELS.get(character, "").split("|"), ""]
        if len(rows) == 2:
            glyph = [" ", " ", character]
        else:
            rows[-1] = "." * len(rows[0])
            pairs = zip(rows[::2], rows[1::2], strict=True)
            glyph = ["".join(_HALVES[a + b] for a, b in zip(*p, strict=True)) for p in pairs]
        lines = [f"{line}{part} " for line, part in zip(lines, glyph, strict=True)]
    return [line.rstrip() for line in lines]


def bar(part: int, whole: int, width: int) -> str:
    """How much of a whole is used, in `width` cells; a little is never none, almost never full.

    >>> bar(1, 4, 8), bar(1, 1000, 8), bar(999, 1000, 8), bar(0, 0, 4)
    ('██░░░░░░', '▌░░░░░░░', '███████▌', '░░░░')
    """
    halves = 2 * width * part // whole if whole > 0 else 0
    if part:
        halves = max(1, halves)
    full, half = divmod(halves, 2)
    return ("█" * full + "▌" * half).ljust(width, "░")
