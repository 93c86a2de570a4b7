"""Reading `.pb` files as they are found in the wild."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from pbvote.core.errors import InputError
from pbvote.pabulib.model import (
    VOTE_TYPES,
    WHOLE,
    WITH_POINTS,
    Election,
    PbProject,
    PbVote,
    Vector,
    VoteType,
    digits,
    in_unit,
    whole,
)


class Row(NamedTuple):
    """The cells of a line, and its number in the file (that of its end, if a cell has several)."""

    line: int
    cells: list[str]


def read(path: Path) -> Election:
    """The election in a `.pb` file; InputError with file and line if it can't be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8 (at byte {error.start})",
            where=str(path),
            hint="Save it again with the encoding UTF-8",
        ) from None
    except OSError as error:
        raise InputError(
            f"can't be read ({error.strerror})", where=str(path), hint="Is the path right?"
        ) from None
    return parse(text, str(path))


def parse(text: str, where: str = ".pb") -> Election:
    """The election in the text of a `.pb` file; `where` names it in errors."""
    lines = _Lines(text, where)
    rows = (Row(lines.line, cells) for cells in lines)
    _expect(rows, "META", where)
    meta = _meta(rows, where)
    project_rows = _section(rows, "PROJECTS", where)
    vote_type = _vote_type(meta, where)
    if "budget" not in meta:
        raise InputError("META has no budget", where=where, hint="Add a line: budget;<amount>")
    budget, unit, projects = _projects(project_rows, meta["budget"], where)
    columns, votes, notes = _votes(rows, lines, vote_type, projects)
    election = Election(
        meta=meta,
        projects=projects,
        votes=votes,
        budget=budget,
        vote_type=vote_type,
        rule=meta.get("rule", ""),
        unit=unit,
        vote_columns=columns,
        notes=notes,
        name=where,
    )
    _check_counts(election, where)
    return election


def _bad(what: str, where: str, line: int, hint: str = "") -> NoReturn:
    raise InputError(what, where=f"{where}, line {line}", hint=hint) from None


class _Lines:
    """The lines of a file that aren't empty; `line` is the number of the last one read."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")

    @property
    def line(self) -> int:
        return self.reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        try:
            for cells in self.reader:
                if len(cells) > 1 or (cells and cells[0].strip()):
                    yield cells
        except csv.Error as error:
            _bad(f"not CSV ({error})", self.where, self.line, "Is a quote never closed?")


def _is_title(row: Row, title: str) -> bool:
    return row.cells[0].strip().upper() == title and not any(map(str.strip, row.cells[1:]))


def _expect(rows: Iterator[Row], title: str, where: str) -> None:
    row = next(rows, None)
    if row is None or not _is_title(row, title):
        _bad(f"{title} expected", where, row.line if row else 1, "Is it a .pb file?")


def _meta(rows: Iterator[Row], where: str) -> dict[str, str]:
    """META up to and with the line PROJECTS."""
    meta: dict[str, str] = {}
    for row in rows:
        if _is_title(row, "PROJECTS"):
            return meta
        key = row.cells[0].strip().lower()
        value = ";".join(cell.strip() for cell in row.cells[1:]).rstrip(";")
        if not key or (key == "key" and value == "value"):
            continue
        if meta.setdefault(key, value) != value:
            _bad(f"{key} stands twice in META", where, row.line, "Leave one")
    raise InputError("the section PROJECTS is missing", where=where, hint="Was the file cut?")


def _section(rows: Iterator[Row], end: str, where: str) -> list[Row]:
    """The lines of PROJECTS, up to and with the line VOTES."""
    found: list[Row] = []
    for row in rows:
        if _is_title(row, "VOTES"):
            return found
        found.append(row)
    raise InputError("the section VOTES is missing", where=where, hint="Was the file cut?")


def _columns(row: Row | None, needed: Sequence[str], where: str) -> list[str]:
    line = row.line if row else 1
    names = [cell.strip().lower() for cell in row.cells] if row else []
    while names and not names[-1]:
        names.pop()
    for name in needed:
        if name not in names:
            _bad(f"the column {name} is missing", where, line, f"Found: {', '.join(names)}")
    for name in names:
        if names.count(name) > 1:
            _bad(f"the column {name!r} stands twice", where, line, "Rename one")
    return names


def _vote_type(meta: dict[str, str], where: str) -> VoteType:
    name = meta.get("vote_type", "").lower()
    if name not in VOTE_TYPES:
        raise InputError(
            f"vote_type {name!r} is unknown", where=where, hint=f"Known: {', '.join(VOTE_TYPES)}"
        )
    return name


def _projects(
    rows: list[Row], budget_text: str, where: str
) -> tuple[int, int, tuple[PbProject, ...]]:
    """The budget, the unit, and the projects."""
    names = _columns(rows[0] if rows else None, ("project_id", "cost"), where)
    raws = [(row.line, _record(row, names, where)) for row in rows[1:]]
    if not raws:
        raise InputError("there is no project", where=where, hint="Was the file cut?")
    budget = digits(budget_text, "the budget", f"{where} META")
    costs = [digits(raw["cost"], "the cost", f"{where}, line {line}") for line, raw in raws]
    places = max(len(decimals) for _, decimals in (budget, *costs))
    unit = int("1" + "0" * max(2, places)) if places else 1
    seen: dict[str, int] = {}
    projects = []
    for (line, raw), cost in zip(raws, costs, strict=True):
        name = raw["project_id"]
        if not name or "," in name:
            _bad(f"the project id {name!r} is empty or has a comma", where, line)
        if name in seen:
            _bad(f"the project {name} stands on line {seen[name]} too", where, line)
        seen[name] = line
        projects.append(_project(raw, in_unit(cost, unit), f"{where}, line {line}"))
    return in_unit(budget, unit), unit, tuple(projects)


def _record(row: Row, names: list[str], where: str) -> dict[str, str]:
    cells = [cell.strip() for cell in row.cells]
    if any(cells[len(names) :]):
        _bad(f"{len(cells)} cells for {len(names)} columns", where, row.line, "Quote cells with ;")
    cells += [""] * (len(names) - len(cells))
    return dict(zip(names, cells, strict=False))


def _project(raw: dict[str, str], cost: int, where: str) -> PbProject:
    return PbProject(
        id=raw["project_id"],
        cost=cost,
        name=raw.get("name", ""),
        votes=whole(raw.get("votes", ""), "votes", where),
        score=raw.get("score") or None,
        categories=_names(raw.get("category") or raw.get("categories") or ""),
        targets=_names(raw.get("target") or raw.get("targets") or raw.get("beneficiaries") or ""),
        district=raw.get("district") or raw.get("neighborhood") or raw.get("subunit") or None,
        selected=whole(raw.get("selected", ""), "selected", where),
        raw=raw,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _votes(
    rows: Iterator[Row], lines: _Lines, vote_type: VoteType, projects: tuple[PbProject, ...]
) -> tuple[tuple[str, ...], tuple[PbVote, ...], tuple[str, ...]]:
    """The columns, the votes and the notes. Each distinct choice is read once."""
    where = lines.where
    has_points = vote_type in WITH_POINTS
    needed = ("voter_id", "vote", "points") if has_points else ("voter_id", "vote")
    names = _columns(next(rows, None), needed, where)
    count, voter, choice = len(names), names.index("voter_id"), names.index("vote")
    points = names.index("points") if has_points else choice
    method, district, neighborhood = (
        names.index(name) if name in names else None
        for name in ("voting_method", "district", "neighborhood")
    )
    reader = _Choices(vote_type, projects)
    known: dict[tuple[str, str], Vector] = {}
    votes = []
    for cells in lines:
        if len(cells) != count:
            cells = _fit(cells, count, where, lines.line)
        key = cells[choice], cells[points]
        vector = known.get(key)
        if vector is None:
            vector = known[key] = reader.read(*key, where, lines.line)
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
    return tuple(names), tuple(votes), tuple(reader.notes)


def _fit(cells: list[str], count: int, where: str, line: int) -> list[str]:
    """Short lines are filled up, empty cells too many are dropped."""
    if any(cell.strip() for cell in cells[count:]):
        _bad(f"{len(cells)} cells for {count} columns", where, line, "Quote cells with ;")
    return cells[:count] + [""] * (count - len(cells))


class _Choices:
    """Reads the cells `vote` and `points` into a vector."""

    def __init__(self, vote_type: VoteType, projects: tuple[PbProject, ...]) -> None:
        self.vote_type = vote_type
        self.position = {project.id: i for i, project in enumerate(projects)}
        self.blank = [0] * len(projects)
        self.notes: list[str] = []

    def read(self, choice: str, points: str, where: str, line: int) -> Vector:
        ids = [part.strip() for part in choice.split(",")] if choice.strip() else []
        while ids and not ids[-1]:
            ids.pop()
        try:
            chosen = [self.position[name] for name in ids]
        except KeyError as error:
            _bad(f"a vote for {error.args[0]!r}, which is no project", where, line)
        if len(set(chosen)) != len(chosen):
            self.notes.append(f"line {line}: a project twice in a vote")
        vector = self.blank.copy()
        if self.vote_type in WITH_POINTS:
            self._points(vector, chosen, points, where, line)
        else:
            ranked = self.vote_type == "ordinal"
            for rank, i in enumerate(dict.fromkeys(chosen), 1):
                vector[i] = rank if ranked else 1
        return tuple(vector)

    @staticmethod
    def _points(vector: list[int], chosen: list[int], points: str, where: str, line: int) -> None:
        """Points of a project that stands twice are added up."""
        values = [part.strip() for part in points.split(",")] if points.strip() else []
        while values and not values[-1]:
            values.pop()
        if len(values) != len(chosen):
            _bad(f"{len(values)} points for {len(chosen)} projects", where, line)
        for i, value in zip(chosen, values, strict=True):
            match = WHOLE.fullmatch(value)
            if match is None:
                _bad(f"points {value!r} aren't a whole number ≥ 0", where, line)
            vector[i] += int(match[1])


def _check_counts(election: Election, where: str) -> None:
    """A file cut in the middle must not be counted as if it were whole."""
    for key, found in (
        ("num_projects", len(election.projects)),
        ("num_votes", len(election.votes)),
    ):
        said = election.number(key)
        if said is not None and said != found:
            raise InputError(
                f"{key} says {said}, but there are {found}",
                where=where,
                hint="Was the file cut? If it is whole, correct the number in META",
            )
