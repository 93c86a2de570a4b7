"""Equal votes grouped, exactly: a hash finds the candidates, a comparison decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = tuple[int, ...]
Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]

WORD = 8  # bytes
_ODD = 0x9E3779B97F4A7C15
_BITS = np.array([[128 >> bit] for bit in range(8)], dtype=np.uint8)
_LARGE = 1 << 20  # bytes
_BLOCK = 2048  # rows hashed at once, so that they stay in the processor's cache


class Grouped(NamedTuple):
    """Votes, equal ones once: `matrix` has a row a group and a column a project, as in a vector.

    Unsigned integers as small as they can be; the cells of a column lie together, since rules go
    project by project. `weights` says how many votes each group has. The rows' order means nothing.
    """

    matrix: NDArray[np.unsignedinteger[Any]]
    weights: Integers


def of_vectors(vectors: Mapping[Vector, int], projects: int) -> Grouped:
    """The same from distinct vectors and how often each stands."""
    counts = {vector: count for vector, count in sorted(vectors.items()) if count}
    rows = np.array(list(counts), dtype=smallest(counts)).reshape(len(counts), projects)
    return Grouped(np.asfortranarray(rows), np.array(list(counts.values()), dtype=np.int64))


def smallest(vectors: Iterable[Vector]) -> np.dtype[Any]:
    """The smallest type that holds all the numbers."""
    return np.min_scalar_type(max((max(vector, default=0) for vector in vectors), default=0))


def padded(count: int, bits: int) -> int:
    """How many numbers of so many bits a row has that is whole words: `count` or a few more.

    >>> padded(200, 1), padded(200, 8), padded(5, 16)
    (256, 200, 8)
    """
    word = 8 * WORD
    return -(-count * bits // word) * word // bits


def group(rows: Bytes, weights: Integers) -> tuple[Bytes, Integers]:
    """Equal rows once, with the sum of their weights. A row is whole words of 8 bytes.

    >>> rows = np.array([[1] * 8, [2] * 8, [1] * 8], np.uint8)
    >>> found, counts = group(rows, np.array([1, 1, 5]))
    >>> dict(zip(found[:, 0].tolist(), counts.tolist())) == {1: 6, 2: 1}
    True
    """
    sums = merged(rows, weights)
    kept = np.flatnonzero(sums)
    return rows.view(np.uint64).take(kept, axis=0).view(np.uint8), sums.take(kept)


def merged(rows: Bytes, weights: Integers) -> Integers:
    """The sum of equal rows' weights at one of them, 0 at the others. Weights are at least 1."""
    words = rows.view(np.uint64)
    hashes = _hashes(words)
    order = np.argsort(hashes)
    hashes = hashes.take(order)
    first = np.ones(len(rows), dtype=bool)
    np.not_equal(hashes[1:], hashes[:-1], out=first[1:])
    if first.all():
        return weights
    others = np.flatnonzero(~first)
    # Each is compared with its neighbour, so all of a group are the same.
    left, right = order.take(others - 1), order.take(others)
    if not np.array_equal(words.take(left, axis=0), words.take(right, axis=0)):
        return _merged_slowly(words, weights)
    begins = np.flatnonzero(first)
    sums = np.zeros(len(rows), dtype=np.int64)
    sums[order.take(begins)] = np.add.reduceat(weights.take(order), begins)
    return sums


def _merged_slowly(words: Words, weights: Integers) -> Integers:
    """Without the hash, where two different rows have the same."""
    _, heads, number = np.unique(words, axis=0, return_index=True, return_inverse=True)
    sums = np.zeros(len(words), dtype=np.int64)
    np.add.at(sums, heads.take(number.ravel()), weights)
    return sums


def _hashes(words: Words) -> Words:
    """One word for each row: each column multiplied and stirred its own way, then all together."""
    hashes = np.zeros(len(words), dtype=np.uint64)
    factors = list(islice(_factors(), words.shape[1]))
    for begin in range(0, len(words), _BLOCK):
        block = hashes[begin : begin + _BLOCK]
        columns = words[begin : begin + _BLOCK].T.copy()
        for column, (first, second) in zip(columns, factors, strict=True):
            column *= first
            column ^= column >> np.uint64(32)
            column *= second
            block ^= column
    return hashes


def _factors() -> Iterator[tuple[np.uint64, np.uint64]]:
    """Two odd factors for each column."""
    power = _ODD
    while True:
        yield np.uint64(power), np.uint64(power := power * _ODD % (1 << 64))
        power = power * _ODD % (1 << 64)


class Collector:
    """Gathers rows of votes, chunk by chunk, and vectors read one by one."""

    def __init__(self, projects: int, largest: int) -> None:
        """`largest`: the largest number in a row (vectors may hold larger ones)."""
        self.projects = projects
        self.marks = largest == 1
        self.dtype = np.min_scalar_type(largest)
        self.width = padded(projects, 1 if self.marks else 8 * self.size)
        self.parts: list[tuple[Bytes, Integers]] = []
        self.fresh: list[Bytes] = []
        self.vectors: dict[Vector, int] = {}
        self._repetitive = True

    @property
    def size(self) -> int:
        """Bytes a number."""
        return self.dtype.itemsize

    def add_rows(self, rows: Bytes) -> None:
        """Rows of `width` numbers, those after the projects' being 0; of marks, 8 in a byte."""
        if len(rows):
            self.fresh.append(rows)
        if sum(part.nbytes for part in self.fresh) > _LARGE:
            self._settle()

    def _settle(self) -> None:
        """One array for many small ones, which would leave holes in memory.

        Grouped, as long as that makes it half as large.
        """
        if not self.fresh:
            return
        rows, self.fresh = np.concatenate(self.fresh), []
        part = rows, np.ones(len(rows), dtype=np.int64)
        if self._repetitive:
            part = group(*part)
            self._repetitive = 2 * len(part[0]) < len(rows)
        self.parts.append(part)

    def add_vector(self, vector: Vector, count: int = 1) -> None:
        """A vote, or so many equal ones."""
        self.vectors[vector] = self.vectors.get(vector, 0) + count

    def add_single_marks(self, counts: Integers) -> None:
        """Votes for one project each: how many for each one; the last number is blank votes."""
        for project in np.flatnonzero(counts).tolist():
            vector = tuple(int(i == project) for i in range(self.projects))
            self.add_vector(vector, int(counts[project]))

    def grouped(self) -> Grouped:
        """All that was gathered; the collector is empty then."""
        self._settle()
        if not self.parts:
            return of_vectors(self.vectors, self.projects)
        if self.vectors:
            self._take_vectors()
        weights = np.concatenate([weights for _, weights in self.parts])
        rows = self._joined(len(weights))
        weights = merged(rows, weights)
        kept = np.flatnonzero(weights)
        return Grouped(self._matrix(rows, kept), weights.take(kept))

    def _joined(self, count: int) -> Bytes:
        """The rows of all parts, which are let go one by one: there may be a lot."""
        rows = np.empty((count, self.parts[0][0].shape[1]), dtype=np.uint8)
        while self.parts:
            part, _ = self.parts.pop()
            rows[count - len(part) : count] = part
            count -= len(part)
        return rows

    def _take_vectors(self) -> None:
        """Make rows of the vectors; wider ones of all, if theirs are the largest numbers."""
        vectors, weights = of_vectors(self.vectors, self.projects)
        self.vectors = {}
        if vectors.dtype.itemsize > self.size:
            old, self.dtype = self.dtype, vectors.dtype
            self.width = padded(self.projects, 8 * self.size)
            self.parts = [(self._row(rows.view(old)), counts) for rows, counts in self.parts]
        self.parts.append((self._row(vectors), weights))

    def _row(self, numbers: NDArray[Any]) -> Bytes:
        rows = np.zeros((len(numbers), self.width), dtype=self.dtype)
        rows[:, : self.projects] = numbers[:, : self.projects]
        return np.packbits(rows, axis=1) if self.marks else rows.view(np.uint8)

    def _matrix(self, rows: Bytes, kept: Integers) -> NDArray[np.unsignedinteger[Any]]:
        """The rows kept, as numbers, column by column."""
        numbers = rows if self.marks else rows.view(self.dtype)
        kind = np.dtype(np.uint8) if self.marks else np.min_scalar_type(numbers.max(initial=0))
        columns = np.empty((self.projects, len(kept)), dtype=kind)
        for begin in range(0, len(kept), _BLOCK):
            block = numbers.take(kept[begin : begin + _BLOCK], axis=0).T
            if self.marks:
                bits = np.ascontiguousarray(block)[:, None, :] & _BITS
                block = (bits != 0).reshape(-1, block.shape[1])
            columns[:, begin : begin + _BLOCK] = block[: self.projects]
        return columns.T
