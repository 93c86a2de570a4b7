"""The section VOTES: read at once for counting, line by line for its other columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

from pbvote.core.errors import InputError
from pbvote.pabulib.bulk import Bulk, Columns
from pbvote.pabulib.grouping import Grouped, Vector
from pbvote.pabulib.model import WHOLE, WITH_POINTS, PbProject, PbVote, VoteType

TOO_MANY = 'Put quotes around cells that have a ; ("a;b")'
MAX_POINTS = 10**9  # to one project; a ballot holds far fewer
_CELLS = 1 << 24  # bytes of a chunk × projects
_SMALLEST, _LARGEST = 1 << 15, 1 << 20  # bytes of a chunk


def bad(what: str, where: str, line: int, hint: str) -> NoReturn:
    """Raise InputError with the line's number."""
    raise InputError(what, where=f"{where}, line {line}", hint=hint) from None


class Row(NamedTuple):
    """The cells of a line, and its number in the file (that of its end, if a cell has several)."""

    line: int
    cells: list[str]


class Lines:
    """The rows of a file from a byte on, those that are empty left out.

    `at` is the byte after the last row read, `line` the number of its line.
    """

    def __init__(self, data: bytes, where: str, at: int = 0, line: int = 0) -> None:
        self.data, self.where, self.at = data, where, at
        self._before = line
        self._reader = csv.reader(self._texts(), delimiter=";")

    @property
    def line(self) -> int:
        return self._before + self._reader.line_num

    def _texts(self) -> Iterator[str]:
        while self.at < len(self.data):
            begin = self.at
            self.at = self.data.find(b"\n", begin) + 1 or len(self.data)
            yield self.data[begin : self.at].decode()

    def __iter__(self) -> Iterator[Row]:
        try:
            for cells in self._reader:
                if any(cell and not cell.isspace() for cell in cells):
                    yield Row(self.line, cells)
        except csv.Error as error:
            bad(f"not CSV ({error})", self.where, self.line, "Is a quote never closed?")


class Section(NamedTuple):
    """Where the votes stand in a file, and what is needed to read them.

    `points`: how many a vote is expected to give to a project at most; read right if it is wrong.
    """

    data: bytes
    begin: int
    line: int
    where: str
    names: tuple[str, ...]
    kind: VoteType
    projects: tuple[PbProject, ...]
    points: int

    @property
    def columns(self) -> Columns:
        points = self.names.index("points") if self.kind in WITH_POINTS else None
        vote = self.names.index("vote")
        return Columns(len(self.names), self.names.index("voter_id"), vote, points)


def grouped_votes(section: Section) -> tuple[Grouped, list[str]]:
    """The votes, equal ones once, and notes on what was odd; InputError at the first wrong line."""
    data, line = section.data, section.line
    ids = [project.id for project in section.projects]
    bulk = Bulk(ids, section.kind, section.columns, section.points)
    choices = Choices(section)
    quote = data.find(b'"', section.begin)
    stop = len(data) if quote < 0 else data.rfind(b"\n", section.begin - 1, quote) + 1
    for chunk in _chunks(data, section.begin, stop, len(section.projects)):
        lines, odd = bulk.read(chunk)
        for number, text in odd:
            for row in Lines(text, section.where, line=line + number):
                bulk.collector.add_vector(choices.read(row))
        line += lines
    for row in Lines(data, section.where, stop, line):
        bulk.collector.add_vector(choices.read(row))
    return bulk.grouped(), choices.notes


def _chunks(data: bytes, begin: int, stop: int, projects: int) -> Iterator[bytes]:
    """Whole lines that end with LF; spaces after commas left out."""
    size = max(_SMALLEST, min(_LARGEST, _CELLS // projects))
    while begin < stop:
        end = data.rfind(b"\n", begin, min(begin + size, stop)) + 1
        if end <= 0:
            end = data.find(b"\n", begin, stop) + 1 or stop
        chunk = data[begin:end]
        begin = end
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n")
        if b", " in chunk:
            chunk = chunk.replace(b", ", b",")
        yield chunk if chunk.endswith(b"\n") else chunk + b"\n"


def single_votes(section: Section) -> tuple[PbVote, ...]:
    """Each vote with its other columns, in the file's order. Equal vectors are one object."""
    choices = Choices(section)
    count = len(section.names)
    voter = section.names.index("voter_id")
    method, district, neighborhood = (
        section.names.index(name) if name in section.names else None
        for name in ("voting_method", "district", "neighborhood")
    )
    votes = []
    for row in Lines(section.data, section.where, section.begin, section.line):
        vector = choices.read(row)
        cells = row.cells if len(row.cells) == count else fit(row, count, section.where)
        votes.append(
            PbVote(
                cells[voter].strip(),
                vector,
                None if method is None else cells[method].strip(),
                None if district is None else cells[district].strip(),
                None if neighborhood is None else cells[neighborhood].strip(),
                tuple(cells),
            )
        )
    return tuple(votes)


def fit(row: Row, count: int, where: str) -> list[str]:
    """Short lines are filled up, empty cells too many are dropped."""
    cells = row.cells
    if any(cell.strip() for cell in cells[count:]):
        bad(f"{len(cells)} cells for {count} columns", where, row.line, TOO_MANY)
    return cells[:count] + [""] * (count - len(cells))


class Choices:
    """Reads the cells `vote` and `points` of a line into a vector, each distinct choice once."""

    def __init__(self, section: Section) -> None:
        columns = section.columns
        self.where, self.kind = section.where, section.kind
        self.count, self.vote = columns.total, columns.vote
        self.points = columns.vote if columns.points is None else columns.points
        self.position = {project.id: i for i, project in enumerate(section.projects)}
        self.known: dict[tuple[str, str], Vector] = {}
        self.notes: list[str] = []

    def read(self, row: Row) -> Vector:
        """The vector of a line; InputError if it has none."""
        cells = row.cells
        if any("\n" in cell for cell in cells):
            hint = 'It took in the lines up to here. Close the quote, or double it ("")'
            bad("a quote is never closed in a vote", self.where, row.line, hint)
        if len(cells) != self.count:
            cells = fit(row, self.count, self.where)
        key = cells[self.vote], cells[self.points]
        vector = self.known.get(key)
        if vector is None:
            vector = self.known[key] = self._vector(*key, row.line)
        return vector

    def _vector(self, choice: str, points: str, line: int) -> Vector:
        names = _parts(choice)
        try:
            chosen = [self.position[name] for name in names]
        except KeyError as error:
            hint = "Correct the id, or add the project to PROJECTS"
            bad(f"a vote for {error.args[0]!r}, which is no project", self.where, line, hint)
        if len(set(chosen)) != len(chosen):
            self.notes.append(f"line {line}: a project twice in a vote")
        vector = [0] * len(self.position)
        if self.kind in WITH_POINTS:
            self._points(vector, chosen, _parts(points), line)
        else:
            ranked = self.kind == "ordinal"
            for rank, i in enumerate(dict.fromkeys(chosen), 1):
                vector[i] = rank if ranked else 1
        return tuple(vector)

    def _points(
        self, vector: list[int], chosen: Sequence[int], points: Sequence[str], line: int
    ) -> None:
        """Points of a project that stands twice are added up."""
        if len(points) != len(chosen):
            hint = "Give each project in `vote` its points, in the same order"
            bad(f"{len(points)} points for {len(chosen)} projects", self.where, line, hint)
        for i, value in zip(chosen, points, strict=True):
            match = WHOLE.fullmatch(value)
            if match is None:
                hint = "Write them like 3"
                bad(f"points {value!r} aren't a whole number ≥ 0", self.where, line, hint)
            vector[i] += int(match[1])
            if vector[i] > MAX_POINTS:
                hint = "Divide the points by a common factor"
                bad(f"points over {MAX_POINTS} to one project", self.where, line, hint)


def _parts(text: str) -> list[str]:
    """The names in a cell; commas at its end are nothing."""
    parts = [part.strip() for part in text.split(",")]
    while parts and not parts[-1]:
        parts.pop()
    return parts
