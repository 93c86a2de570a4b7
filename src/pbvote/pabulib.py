"""Pabulib's `.pb` files, in and out (format: pabulib.org/format).

A `.pb` is CSV with `;`: META (key;value), PROJECTS and VOTES. Read as found in the wild: a BOM,
CRLF, spaces around cells, quoted cells, unknown columns, `4000.0` for 4000, a decimal comma,
`target` for `beneficiaries`. What can't be read is an InputError with the file and the line.

Money is integers in one unit for the whole file. `unit` says how many of it make one of the
file's amounts: 1 if every amount is whole, else 100 (or the power of ten that the longest
decimals need). So 1794579.57 is 179457957 with unit 100, and 4000.0 stays 4000.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

from pbvote.core.errors import InputError
from pbvote.core.selection import MAX_VMAX, Approval, BallotFormat, Knapsack, Points, Ranking, vmax

Vector = tuple[int, ...]
VoteType = Literal["approval", "choose-1", "ordinal", "cumulative", "scoring"]
VOTE_TYPES: tuple[VoteType, ...] = ("approval", "choose-1", "ordinal", "cumulative", "scoring")
WITH_POINTS = ("cumulative", "scoring")
_AMOUNT = re.compile(r"([0-9]{1,18})(?:\.([0-9]*)|,([0-9]{1,2}))?", re.ASCII)
_WHOLE = re.compile(r"([0-9]{1,18})(?:\.0*)?", re.ASCII)
_MAX_PLACES = 9


class Row(NamedTuple):
    """The cells of a line, and its number in the file (that of its end, if a cell has several)."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class PbProject:
    """A line of PROJECTS. `cost` is in the file's unit; `raw` has every column as published."""

    id: str
    cost: int
    name: str = ""
    votes: int | None = None
    score: str | None = None
    categories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    district: str | None = None
    selected: int | None = None
    raw: dict[str, str] = field(default_factory=dict)


class PbVote(NamedTuple):
    """A line of VOTES. `vector`: one number a project, 0 for nothing.

    approval, choose-1: 1 for approved; ordinal: rank, 1 is best; cumulative, scoring: points.
    `raw` are the cells as published, in the order of `Election.vote_columns`.
    """

    voter_id: str
    vector: Vector
    voting_method: str | None
    district: str | None
    neighborhood: str | None
    raw: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Election:
    """A `.pb` file. `notes` say what was odd in it and how it was read."""

    meta: dict[str, str]
    projects: tuple[PbProject, ...]
    votes: tuple[PbVote, ...]
    budget: int
    vote_type: VoteType
    rule: str
    unit: int = 1
    vote_columns: tuple[str, ...] = ("voter_id", "vote")
    notes: tuple[str, ...] = ()
    name: str = ""

    @property
    def vectors(self) -> list[Vector]:
        """The selections, equal ones being the same object."""
        return [vote.vector for vote in self.votes]

    @property
    def official(self) -> tuple[str, ...] | None:
        """The ids of the officially selected projects; None if the file doesn't say."""
        if all(project.selected is None for project in self.projects):
            return None
        return tuple(project.id for project in self.projects if project.selected)

    def number(self, key: str) -> int | None:
        """A whole number of META (`min_length`, `max_points`, …); None if absent or empty."""
        text = self.meta.get(key, "")
        if not text:
            return None
        match = _WHOLE.fullmatch(text)
        if match is None:
            raise InputError(f"{key} is {text!r}, not a whole number", where=f"{self.name} META")
        return int(match[1])

    def amount(self, key: str) -> int | None:
        """An amount of money in META (`max_sum_cost`) in the file's unit; None if absent."""
        text = self.meta.get(key, "")
        return _in_unit(_digits(text, key, f"{self.name} META"), self.unit) if text else None


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


def _digits(text: str, what: str, where: str) -> tuple[str, str]:
    """The digits before and after the point, without zeros at the end."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InputError(
            f"{what} is {text!r}, not an amount of money",
            where=where,
            hint="Write it like 5000 or 1794579.57",
        )
    decimals = (match[2] or match[3] or "").rstrip("0")
    if len(decimals) > _MAX_PLACES:
        raise InputError(f"{what} has over {_MAX_PLACES} decimals", where=where, hint="Round it")
    return match[1], decimals


def _in_unit(digits: tuple[str, str], unit: int) -> int:
    whole, decimals = digits
    part, rest = divmod(int(decimals or "0") * unit, int("1" + "0" * len(decimals)))
    if rest:
        raise InputError(
            f"{whole}.{decimals} has more decimals than the budget and costs",
            hint="Round it to the same number of decimals",
        )
    return int(whole) * unit + part


def _projects(
    rows: list[Row], budget_text: str, where: str
) -> tuple[int, int, tuple[PbProject, ...]]:
    """The budget, the unit, and the projects."""
    names = _columns(rows[0] if rows else None, ("project_id", "cost"), where)
    raws = [(row.line, _record(row, names, where)) for row in rows[1:]]
    if not raws:
        raise InputError("there is no project", where=where, hint="Was the file cut?")
    budget = _digits(budget_text, "the budget", f"{where} META")
    costs = [_digits(raw["cost"], "the cost", f"{where}, line {line}") for line, raw in raws]
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
        projects.append(_project(raw, _in_unit(cost, unit), f"{where}, line {line}"))
    return _in_unit(budget, unit), unit, tuple(projects)


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
        votes=_whole(raw.get("votes", ""), "votes", where),
        score=raw.get("score") or None,
        categories=_names(raw.get("category") or raw.get("categories") or ""),
        targets=_names(raw.get("target") or raw.get("targets") or raw.get("beneficiaries") or ""),
        district=raw.get("district") or raw.get("neighborhood") or raw.get("subunit") or None,
        selected=_whole(raw.get("selected", ""), "selected", where),
        raw=raw,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _whole(text: str, what: str, where: str) -> int | None:
    if not text:
        return None
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise InputError(f"{what} is {text!r}, not a whole number", where=where)
    return int(match[1])


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
            match = _WHOLE.fullmatch(value)
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


def ballot_format(election: Election) -> BallotFormat:
    """The ballot format (docs/protocol.md, section 4) under which every vote of the file is valid.

    Taken from META (`min_length`, `max_length`, `max_sum_cost`, `max_points`, `max_sum_points`)
    and widened where real votes break it. A ranking without `max_length` has the longest one's.
    """
    vectors = set(election.vectors)
    lengths = [sum(map(bool, vector)) for vector in vectors if any(vector)]
    longest, shortest = max(lengths, default=1), min(lengths, default=1)
    form: BallotFormat
    match election.vote_type:
        case "approval" if _is_knapsack(election, vectors):
            form = Knapsack()
        case "approval":
            most = election.number("max_length") or len(election.projects)
            least = min(election.number("min_length") or 1, shortest)
            form = Approval(min=least, max=max(least, most, longest))
        case "choose-1":
            form = Approval(min=1, max=longest)
        case "ordinal":
            form = Ranking(max=max(election.number("max_length") or 1, longest))
        case "cumulative" | "scoring":
            form = _points(election, vectors)
    if vmax(form) > MAX_VMAX:
        raise InputError(
            f"a vote gives up to {vmax(form)} to one project, a ballot holds {MAX_VMAX}",
            where=election.name,
            hint="Divide the points by a common factor",
        )
    return form


def _points(election: Election, vectors: set[Vector]) -> Points:
    """At most `max_points` each (all of them, where the file doesn't say) and the sum in all."""
    each = max((max(vector) for vector in vectors), default=1)
    given = max(map(sum, vectors), default=1)
    limit, total = election.number("max_points"), election.number("max_sum_points")
    if election.vote_type == "scoring":
        most = max(1, limit or 1, each)
        return Points(total=max(total or most * len(election.projects), given), max_each=most)
    total = max(1, total or 1, given)
    return Points(total=total, max_each=max(limit or min(total, MAX_VMAX), each))


def _is_knapsack(election: Election, vectors: set[Vector]) -> bool:
    """The file limits the cost of a vote to the budget, and every vote keeps to it."""
    if election.amount("max_sum_cost") != election.budget:
        return False
    costs = [project.cost for project in election.projects]
    return all(
        sum(cost for v, cost in zip(vector, costs, strict=True) if v) <= election.budget
        for vector in vectors
    )


def write(path: Path, election: Election) -> None:
    """Write a `.pb` file (UTF-8, LF)."""
    path.write_bytes(to_text(election).encode("utf-8"))


def to_text(election: Election) -> str:
    """The text of a `.pb` file; reading it gives the election again."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    meta = election.meta | {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.votes)),
        "budget": amount_text(election.budget, election.unit),
        "vote_type": election.vote_type,
        "rule": election.rule,
    }
    writer.writerows([["META"], ["key", "value"], *meta.items(), ["PROJECTS"]])
    columns = list(dict.fromkeys(key for p in election.projects for key in _raw(p, election.unit)))
    writer.writerow(columns)
    for project in election.projects:
        raw = _raw(project, election.unit)
        writer.writerow([raw.get(column, "") for column in columns])
    writer.writerow(["VOTES"])
    writer.writerow(election.vote_columns)
    writer.writerows(_vote_cells(election))
    return out.getvalue()


def amount_text(amount: int, unit: int) -> str:
    """An amount as the file writes it.

    >>> amount_text(179457957, 100), amount_text(500000, 100), amount_text(5000, 1)
    ('1794579.57', '5000.00', '5000')
    """
    if unit == 1:
        return str(amount)
    whole, part = divmod(amount, unit)
    return f"{whole}.{part:0{len(str(unit)) - 1}}"


def _raw(project: PbProject, unit: int) -> dict[str, str]:
    """The published columns, or those that the fields give."""
    known = {"project_id": project.id, "cost": amount_text(project.cost, unit)}
    if project.raw:
        return project.raw | known
    optional = {
        "votes": project.votes,
        "score": project.score,
        "name": project.name or None,
        "category": ",".join(project.categories) or None,
        "target": ",".join(project.targets) or None,
        "district": project.district,
        "selected": project.selected,
    }
    return known | {key: str(value) for key, value in optional.items() if value is not None}


def _vote_cells(election: Election) -> Iterator[list[str]]:
    """The cells of each vote, its choice written from the vector."""
    ids = [project.id for project in election.projects]
    columns = election.vote_columns
    choice = columns.index("vote")
    points = columns.index("points") if "points" in columns else None
    for vote in election.votes:
        cells = list(vote.raw)
        chosen = [i for i, value in enumerate(vote.vector) if value]
        if election.vote_type == "ordinal":
            chosen.sort(key=vote.vector.__getitem__)
        cells[choice] = ",".join(ids[i] for i in chosen)
        if points is not None:
            cells[points] = ",".join(str(vote.vector[i]) for i in chosen)
        yield cells


def from_vectors(
    vote_type: VoteType,
    budget: int,
    projects: Sequence[PbProject],
    vectors: Sequence[Vector],
    meta: dict[str, str] | None = None,
    unit: int = 1,
) -> Election:
    """An election to write, voters being numbered from 1 (selections have no names)."""
    with_points = vote_type in WITH_POINTS
    columns = ("voter_id", "vote", "points") if with_points else ("voter_id", "vote")
    votes = tuple(
        PbVote(str(i), vector, None, None, None, (str(i), *[""] * (len(columns) - 1)))
        for i, vector in enumerate(vectors, 1)
    )
    return Election(
        meta=dict(meta or {}),
        projects=tuple(projects),
        votes=votes,
        budget=budget,
        vote_type=vote_type,
        rule=(meta or {}).get("rule", ""),
        unit=unit,
        vote_columns=columns,
    )
