"""A font for the Linux console with the block characters that square codes are drawn with.

``python3 console-font.py FROM.psf.gz TO.psf.gz``. Debian's Terminus and VGA fonts of 512 signs have
no ▀ and ▄, without which no phone reads a code on the console. This takes one of them, and draws
the block characters and a few marks of ours over signs that no screen here uses.
"""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

MAGIC1, MAGIC2 = b"\x36\x04", b"\x72\xb5\x4a\x86"
END, SEQUENCE = 0xFFFF, 0xFFFE
SPARED = (
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψω"
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя"
)
"""Letters that none of the four languages has: their places are taken, from the end."""


def block(code: int, width: int, height: int) -> list[list[bool]]:
    """A block character of U+2580 to U+259F, drawn."""

    def filled(x: float, y: float) -> bool:  # 0 to 1, from left and top
        if 0x2581 <= code <= 0x2588:
            return y >= 1 - (code - 0x2580) / 8
        if 0x2589 <= code <= 0x258F:
            return x < (0x2590 - code) / 8
        if code in (0x2580, 0x2594):
            return y < (0.5 if code == 0x2580 else 1 / 8)
        if code in (0x2590, 0x2595):
            return x >= (0.5 if code == 0x2590 else 7 / 8)
        if 0x2591 <= code <= 0x2593:
            return (int(x * width) + 2 * int(y * height)) % 4 < code - 0x2590
        quarters = {0x96: "c", 0x97: "d", 0x98: "a", 0x99: "acd", 0x9A: "ad", 0x9B: "abc",
                    0x9C: "abd", 0x9D: "b", 0x9E: "bc", 0x9F: "bcd"}  # fmt: skip
        return "abcd"[(x >= 0.5) + 2 * (y >= 0.5)] in quarters[code - 0x2500]

    return [
        [filled((x + 0.5) / width, (y + 0.5) / height) for x in range(width)] for y in range(height)
    ]


def disc(kind: str, width: int, height: int) -> list[list[bool]]:
    """◐ ○ ●: half, empty, full."""
    radius, middle, centre = width * 0.45, (width - 1) / 2, (height - 1) / 2

    def filled(x: int, y: int) -> bool:
        away = ((x - middle) ** 2 + (y - centre) ** 2) ** 0.5
        ring = abs(away - radius + 0.6) < 0.7
        return ring or (away < radius and (kind == "●" or (kind == "◐" and x < width / 2)))

    return [[filled(x, y) for x in range(width)] for y in range(height)]


def tick(width: int, height: int) -> list[list[bool]]:
    """✓"""
    low = height * 3 // 4
    marks = {(x, low - (width // 3 - x)) for x in range(width // 3)}
    marks |= {
        (x, low - (x - width // 3) * 2 - up) for x in range(width // 3, width) for up in (0, 1)
    }
    return [[(x, y) in marks for x in range(width)] for y in range(height)]


def drawn(width: int, height: int) -> dict[str, list[list[bool]]]:
    """Every sign that is added."""
    signs = {chr(code): block(code, width, height) for code in range(0x2580, 0x25A0)}
    signs |= {kind: disc(kind, width, height) for kind in "◐○●"}
    return signs | {"✓": tick(width, height)}


class Font:
    """A PSF font, of version 1 or 2: its glyphs, and which characters each shows."""

    def __init__(self, data: bytes) -> None:
        if data[:2] == MAGIC1:
            mode, self.size = data[2], data[3]
            self.width, self.height, count, start = 8, self.size, 512 if mode & 1 else 256, 4
        elif data[:4] == MAGIC2:
            _, start, _, count, self.size, self.height, self.width = struct.unpack(
                "<7I", data[4:32]
            )
        else:
            raise SystemExit("not a console font (PSF)")
        end = start + count * self.size
        self.glyphs = [data[i : i + self.size] for i in range(start, end, self.size)]
        self.shows = _words1(data[end:]) if data[:2] == MAGIC1 else _words2(data[end:])
        if len(self.shows) != count:
            raise SystemExit("a console font without its table of characters")

    @property
    def characters(self) -> set[str]:
        """All it can show."""
        return {character for shown in self.shows for character in shown}

    def add(self, character: str, dots: list[list[bool]]) -> None:
        """Draw a character in the place of one that is spared."""
        place = next(
            (
                i
                for i, shown in reversed(list(enumerate(self.shows)))
                if shown and shown <= set(SPARED)
            ),
            None,
        )
        if place is None:
            raise SystemExit("this font has no signs to spare")
        self.shows[place] = {character}
        row = (self.width + 7) // 8
        self.glyphs[place] = b"".join(
            sum(1 << (row * 8 - 1 - x) for x, dot in enumerate(line) if dot).to_bytes(row, "big")
            for line in dots
        )

    def written(self) -> bytes:
        """As a PSF font of version 2."""
        head = struct.pack("<7I", 0, 32, 1, len(self.glyphs), self.size, self.height, self.width)
        table = b"".join("".join(sorted(shown)).encode() + b"\xff" for shown in self.shows)
        return MAGIC2 + head + b"".join(self.glyphs) + table


def _words1(table: bytes) -> list[set[str]]:
    shows: list[set[str]] = [set()]
    single = True
    for (code,) in struct.iter_unpack("<H", table):
        if code == END:
            shows.append(set())
        single = code == END or (single and code != SEQUENCE)
        if code not in (END, SEQUENCE) and single:
            shows[-1].add(chr(code))
    return shows[:-1]


def _words2(table: bytes) -> list[set[str]]:
    return [set(part.split(b"\xfe")[0].decode()) for part in table.split(b"\xff")[:-1]]


def main(source: Path, to: Path) -> None:
    """Write the font, unless the other has all of it already."""
    font = Font(gzip.decompress(source.read_bytes()))
    for character, dots in drawn(font.width, font.height).items():
        if character not in font.characters:
            font.add(character, dots)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(gzip.compress(font.written(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
