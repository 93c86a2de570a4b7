"""Finding lines, cells and names in a chunk of bytes, all at once (numpy).

Positions are those of bytes in the chunk; an array of `begins` and one of `ends` (after the last
byte) are spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbvote.pabulib.grouping import WORD

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
_FACTORS = [np.uint64(pow(0xD6E8FEB86659FD93, i, 1 << 64)) for i in range(1, 17)]
_MASKS = np.array([(1 << 8 * length) - 1 for length in range(WORD + 1)], dtype="<u8")
_MOST_BITS = 20


class Spans(NamedTuple):
    """Where cells or names are."""

    begins: Places
    ends: Places

    def at(self, which: Flags | Places) -> Spans:
        """Some of them."""
        return Spans(self.begins[which], self.ends[which])


class Text:
    """A chunk of whole lines, each ending with a line feed; `after` zeros can be read behind it."""

    def __init__(self, chunk: bytes, after: int) -> None:
        self.bytes = np.frombuffer(chunk + bytes(after + WORD), dtype=np.uint8)
        # A word begins at every byte; the view has them all without a copy.
        self.words: NDArray[np.uint64] = np.ndarray(
            (len(self.bytes) - WORD + 1,), "<u8", buffer=self.bytes.data, strides=(1,)
        )

    def all(self, sign: bytes) -> Places:
        """Where this byte stands."""
        return np.flatnonzero(self.bytes == sign[0])


class Lists(NamedTuple):
    """Cells of names with commas between: how many names each has, and the commas before them."""

    cells: Spans
    counts: Places
    first: Places

    def at(self, which: Flags) -> Lists:
        """Some of them."""
        return Lists(self.cells.at(which), self.counts[which], self.first[which])

    def names(self, commas: Places) -> Spans:
        """Where each name is, cell by cell."""
        filled = self if self.counts.all() else self.at(self.counts > 0)
        cells, counts, first = filled
        if not len(counts):
            return cells
        last = np.cumsum(counts) - 1
        # The n-th name of a cell ends at the n-th comma from its first one on.
        shift = first - (last - counts + 1)
        comma = np.arange(last[-1] + 1) + np.repeat(shift, counts)
        ends = commas.take(comma, mode="clip") if len(commas) else np.empty_like(comma)
        ends[last] = cells.ends
        begins = np.empty_like(ends)
        begins[1:] = ends[:-1] + 1
        begins[last - counts + 1] = cells.begins
        return Spans(begins, ends)


def lists(cells: Spans, commas: Places) -> Lists:
    """The cells as lists of names; an empty cell has none."""
    first = np.searchsorted(commas, cells.begins)
    counts = np.searchsorted(commas, cells.ends) - first + 1
    counts[cells.begins == cells.ends] = 0
    return Lists(cells, counts, first)


class Names:
    """Tells which of some names stands at each of many places, by a table of hashes.

    Two names that fall on the same place of the table don't make a wrong answer: one of them is
    not found, and its lines are read the slow way.
    """

    def __init__(self, names: Sequence[bytes]) -> None:
        self.longest = max(map(len, names), default=0)
        self.lengths = np.array([len(name) for name in names], dtype=np.int64)
        size = max(1, -(-self.longest // WORD))
        text = Text(b"".join(name.ljust(size * WORD, b"\0") for name in names), size * WORD)
        self.offsets = range(0, size * WORD, WORD)
        begins = np.arange(len(names), dtype=np.int64) * size * WORD
        self.keys = self._words(text, begins, self.lengths)
        bits = min(_MOST_BITS, max(1, 2 * len(names).bit_length()))
        self.shift = np.uint64(64 - bits)
        self.factor = min(_FACTORS, key=self._together)
        self.table = np.zeros(1 << bits, dtype=np.int64)
        self.table[self._slots(self.keys, self.factor)] = np.arange(len(names))

    def _together(self, factor: np.uint64) -> int:
        """How many names share their place with another."""
        return len(self.lengths) - len(np.unique(self._slots(self.keys, factor)))

    def _words(self, text: Text, begins: Places, lengths: Places) -> list[NDArray[np.uint64]]:
        """The words of each span, zeros after its end."""
        return [
            text.words[begins + offset] & _MASKS.take(lengths - offset, mode="clip")
            for offset in self.offsets
        ]

    def _slots(self, words: list[NDArray[np.uint64]], factor: np.uint64) -> NDArray[np.uint64]:
        mixed = words[0] * factor
        for word in words[1:]:
            mixed ^= word
            mixed *= factor
        return mixed >> self.shift

    def find(self, text: Text, spans: Spans) -> Places:
        """The number of the name in each span, -1 if it is none."""
        lengths = spans.ends - spans.begins
        words = self._words(text, spans.begins, lengths)
        slots = self._slots(words, self.factor).view(np.int64)
        found = self.table.take(slots)
        right = self.lengths.take(found) == lengths
        for word, key in zip(words, self.keys, strict=True):
            right &= key.take(found) == word
        found[~right] = -1
        return found
