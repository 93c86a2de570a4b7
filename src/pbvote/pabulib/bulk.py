"""The lines of VOTES read many at a time, those that are as the format wants them.

What is odd about a line is for the slow way (`votes.py`) to judge: this module only says which
lines those are. A line is odd that has not a cell for each column, is empty or as good as empty,
names something that is no project or a project twice, gives other points than expected, or is
very long.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pbvote.pabulib.grouping import Bytes, Collector, Grouped
from pbvote.pabulib.model import WITH_POINTS, VoteType
from pbvote.pabulib.tokens import Flags, Lists, Names, Places, Spans, Text, lists

LONGEST = 1 << 16  # bytes a line; csv takes 131,072 characters a cell


class Columns(NamedTuple):
    """How many columns there are, and which of them have the voter, the vote and its points."""

    total: int
    voter: int
    vote: int
    points: int | None


class _Lines(NamedTuple):
    """Lines, and how many semicolons stand before each."""

    spans: Spans
    before: Places

    def at(self, which: Flags) -> _Lines:
        return _Lines(self.spans.at(which), self.before[which])


class Bulk:
    """Reads chunks of lines into a collector's rows."""

    def __init__(self, ids: list[str], kind: VoteType, columns: Columns, points: int) -> None:
        """`points`: the most points to a project that are read at once; more are odd."""
        self.columns = columns
        self.kind = kind
        self.names = Names([name.encode() for name in ids])
        self.numbers = Names([str(number).encode() for number in range(points + 1)])
        self.after = max(names.longest for names in (self.names, self.numbers)) + 8
        largest = {"ordinal": len(ids)}.get(kind, points if kind in WITH_POINTS else 1)
        self.collector = Collector(len(ids), largest)
        self.singles = np.zeros(len(ids) + 1, dtype=np.int64)
        self.marks = np.zeros(0, dtype=bool)

    def read(self, chunk: bytes) -> tuple[int, list[tuple[int, bytes]]]:
        """Take in whole lines; how many lines there are, and the odd ones with their numbers."""
        text = Text(chunk, self.after)
        ends = text.all(b"\n")
        begins = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
        odd = self._take(text, Spans(begins, ends))
        where = np.flatnonzero(odd)
        spans = zip(where.tolist(), begins[where].tolist(), ends[where].tolist(), strict=True)
        return len(ends), [(number, chunk[begin:end]) for number, begin, end in spans]

    def grouped(self) -> Grouped:
        """All that was taken in, and the vectors that the collector was given."""
        self.collector.add_single_marks(self.singles)
        return self.collector.grouped()

    def _take(self, text: Text, spans: Spans) -> Flags:
        """Take in what is right; True for the others."""
        semicolons = text.all(b";")
        upto = np.searchsorted(semicolons, spans.ends)
        lines = _Lines(spans, np.concatenate((np.zeros(1, dtype=np.int64), upto[:-1])))
        right: Flags = upto - lines.before == self.columns.total - 1
        right &= spans.ends - spans.begins <= LONGEST
        lines = lines.at(right)
        commas = text.all(b",")
        votes = lists(self._cells(lines, semicolons, self.columns.vote), commas)
        fine = self._has_voter(text, self._cells(lines, semicolons, self.columns.voter))
        fine |= votes.counts > 0
        points = None
        if self.columns.points is not None:
            points = lists(self._cells(lines, semicolons, self.columns.points), commas)
            fine &= points.counts == votes.counts
            points = points.at(fine)
        votes = votes.at(fine)
        right[right] = fine
        right[right] = self._rows(text, votes, points, commas)
        return ~right

    def _cells(self, lines: _Lines, semicolons: Places, column: int) -> Spans:
        begins, ends = lines.spans
        if column > 0:
            begins = semicolons[lines.before + column - 1] + 1
        if column < self.columns.total - 1:
            ends = semicolons[lines.before + column]
        return Spans(begins, ends)

    @staticmethod
    def _has_voter(text: Text, cells: Spans) -> Flags:
        """Whether the cell begins with a sign that is surely no space."""
        first = text.bytes[cells.begins]
        found: Flags = (cells.begins < cells.ends) & (first > ord(" ")) & (first < 0x7F)
        return found

    def _rows(self, text: Text, votes: Lists, points: Lists | None, commas: Places) -> Flags:
        """Take in these votes; True for those that were right."""
        lines, width = len(votes.counts), self.collector.width
        line = np.repeat(np.arange(lines), votes.counts)
        project = self.names.find(text, votes.names(commas))
        wrong = project < 0
        number = None
        if points is not None:
            number = self.numbers.find(text, points.names(commas))
            wrong |= number < 0
        elif not self.collector.marks:
            begins = np.cumsum(votes.counts) - votes.counts
            number = np.arange(len(line)) - np.repeat(begins, votes.counts) + 1
        right = np.ones(lines, dtype=bool)
        right[line[wrong]] = False
        if number is None and len(project) and votes.counts.max() == 1:
            self.singles += np.bincount(project[right[line]], minlength=len(self.singles))
            self.singles[-1] += lines - len(project)
            return right
        place = line * width + np.maximum(project, 0)
        rows = self._packed(place, lines)
        named = np.bitwise_count(rows)
        if named.sum(dtype=np.int64) != len(place):  # a project twice
            right &= named.sum(axis=1, dtype=np.int64) == votes.counts
        if number is not None:
            numbers = np.zeros(lines * width, dtype=self.collector.dtype)
            numbers[place] = number
            rows = numbers.reshape(lines, width).view(np.uint8)
        self.collector.add_rows(rows if right.all() else rows[right])
        return right

    def _packed(self, place: Places, lines: int) -> Bytes:
        """A bit for each project, set where it is named: `place` counts line by line."""
        marks = self._scratch(lines * self.collector.width)
        marks[place] = True
        packed = np.packbits(marks.reshape(lines, self.collector.width), axis=1)
        marks[place] = False
        return packed

    def _scratch(self, size: int) -> Flags:
        """So many marks, all of them False: the caller leaves them so."""
        if len(self.marks) < size:
            self.marks = np.zeros(size, dtype=bool)
        return self.marks[:size]
