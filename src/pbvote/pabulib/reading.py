"""Reading `.pb` files as they are found in the wild."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from pbvote.core.errors import InputError
from pbvote.core.selection import MAX_VMAX
from pbvote.pabulib.model import (
    VOTE_TYPES,
    WITH_POINTS,
    Ballots,
    Election,
    PbProject,
    VoteType,
    digits,
    in_unit,
    unit_of,
    whole,
    withdrawn_cost,
)
from pbvote.pabulib.votes import TOO_MANY, Lines, Row, Section, bad, grouped_votes, single_votes

_PIECE = 1 << 20


def read(path: Path) -> Election:
    """The election in a `.pb` file; InputError with file and line if it can't be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"can't be read ({error.strerror})", where=str(path), hint="Is the path right?"
        ) from None
    return parse_bytes(data, str(path))


def parse(text: str, where: str = ".pb") -> Election:
    """The election in the text of a `.pb` file; `where` names it in errors."""
    return parse_bytes(text.encode("utf-8", "surrogatepass"), where)


def parse_bytes(data: bytes, where: str = ".pb") -> Election:
    """The election in the bytes of a `.pb` file, UTF-8; `where` names it in errors.

    Its votes are all checked; their other columns are read when `votes` is asked for.
    """
    data = _plain(data, where)
    lines = Lines(data, where)
    rows = iter(lines)
    _expect(rows, "META", where)
    meta = _meta(rows, lines)
    project_rows = _section(rows, lines)
    vote_type = _vote_type(meta, where)
    budget, unit, projects = _projects(project_rows, lines, meta)
    needed = ("voter_id", "vote", "points") if vote_type in WITH_POINTS else ("voter_id", "vote")
    names = tuple(_columns(next(rows, None), needed, lines))
    most = MAX_VMAX if _large_points(meta) else 255
    section = Section(data, lines.at, lines.line, where, names, vote_type, projects, most)
    grouped, notes = grouped_votes(section)
    election = Election(
        meta=meta,
        projects=projects,
        ballots=Ballots(grouped, partial(single_votes, section)),
        budget=budget,
        vote_type=vote_type,
        rule=meta.get("rule", ""),
        unit=unit,
        vote_columns=names,
        notes=tuple(notes),
        name=where,
    )
    _check_counts(election, where)
    return election


def _plain(data: bytes, where: str) -> bytes:
    """Without a byte order mark, lines ending with LF or CR LF; InputError unless it is UTF-8."""
    data = data.removeprefix(codecs.BOM_UTF8)
    _check_text(data, where)
    if data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _check_text(data: bytes, where: str) -> None:
    """Piece by piece, as a large file's text would take much memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for begin in range(0, len(data), _PIECE):
        piece = data[begin : begin + _PIECE]
        try:
            decoder.decode(piece, final=begin + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, begin + error.start) + 1
            bad("not UTF-8", where, line, "Save the file again as UTF-8")


def _is_title(row: Row, title: str) -> bool:
    return row.cells[0].strip().upper() == title and not any(map(str.strip, row.cells[1:]))


def _expect(rows: Iterator[Row], title: str, where: str) -> None:
    row = next(rows, None)
    if row is None or not _is_title(row, title):
        hint = "Is it a .pb file, with ; between the cells?"
        bad(f"{title} expected", where, row.line if row else 1, hint)


def _meta(rows: Iterator[Row], lines: Lines) -> dict[str, str]:
    """META up to and with the line PROJECTS."""
    meta: dict[str, str] = {}
    for row in rows:
        if _is_title(row, "PROJECTS"):
            return meta
        key, *cells = [cell.strip() for cell in row.cells]
        while cells and not cells[-1]:
            cells.pop()
        key, value = key.lower(), ";".join(cells)
        if re.fullmatch(r"key[,\t|:]value", key):
            bad("; must stand between the cells", lines.where, row.line, "Export it again so")
        if not key or (key == "key" and value == "value"):
            continue
        if meta.setdefault(key, value) != value:
            bad(f"{key} stands twice in META", lines.where, row.line, "Leave one")
    _missing("PROJECTS", lines)


def _section(rows: Iterator[Row], lines: Lines) -> list[Row]:
    """The lines of PROJECTS, up to and with the line VOTES."""
    found: list[Row] = []
    for row in rows:
        if _is_title(row, "VOTES"):
            return found
        found.append(row)
    _missing("VOTES", lines)


def _missing(title: str, lines: Lines) -> NoReturn:
    what = f"the section {title} is missing"
    bad(what, lines.where, lines.line, f"Was the file cut? Add the line {title}")


def _columns(row: Row | None, needed: Sequence[str], lines: Lines) -> list[str]:
    line = row.line if row else lines.line
    names = [cell.strip().lower() for cell in row.cells] if row else []
    while names and not names[-1]:
        names.pop()
    for name in needed:
        if name not in names:
            hint = f"The first line of a section names its columns: {', '.join(names) or 'none'}"
            bad(f"the column {name} is missing", lines.where, line, hint)
    for name in names:
        if names.count(name) > 1:
            bad(f"the column {name!r} stands twice", lines.where, line, "Rename one")
    return names


def _vote_type(meta: dict[str, str], where: str) -> VoteType:
    name = meta.get("vote_type", "").lower()
    for known in VOTE_TYPES:
        if name == known:
            break
    else:
        raise InputError(
            f"vote_type {name!r} is unknown",
            where=f"{where} META",
            hint=f"Known: {', '.join(VOTE_TYPES)}",
        )
    if known == "scoring" and meta.get("default_score", "").strip("0.,") != "":
        raise InputError(
            f"default_score is {meta['default_score']!r}: points for who isn't named aren't read",
            where=f"{where} META",
            hint="Write these points into the votes, and default_score;0",
        )
    return known


def _large_points(meta: dict[str, str]) -> bool:
    """Whether votes may give more than 255 points: numbers of one byte don't do."""
    limits = [meta.get(key, "") for key in ("max_points", "max_sum_points")]
    return any(limit.isdecimal() and len(limit) > 2 and int(limit[:9]) > 255 for limit in limits)


def _projects(
    rows: list[Row], lines: Lines, meta: dict[str, str]
) -> tuple[int, int, tuple[PbProject, ...]]:
    """The budget, the unit, and the projects."""
    where = lines.where
    names = _columns(rows[0] if rows else None, ("project_id", "cost"), lines)
    raws = [(row.line, _record(row, names, where)) for row in rows[1:]]
    if not raws:
        bad("there is no project", where, lines.line, "Was the file cut?")
    if "budget" not in meta:
        hint = "Add a line: budget;<amount>"
        raise InputError("META has no budget", where=f"{where} META", hint=hint)
    amount = digits(meta["budget"], "the budget", f"{where} META")
    costs = [digits(raw["cost"], "the cost", f"{where}, line {line}") for line, raw in raws]
    unit = unit_of((amount, *costs))
    budget = in_unit(amount, unit)
    seen: dict[str, int] = {}
    projects = []
    for (line, raw), cost in zip(raws, costs, strict=True):
        name = raw["project_id"]
        if not name or "," in name:
            hint = "Give it one that votes can name"
            bad(f"the project id {name!r} is empty or has a comma", where, line, hint)
        if name in seen:
            hint = "Give one of them another id"
            bad(f"the project {name} stands on line {seen[name]} too", where, line, hint)
        seen[name] = line
        projects.append(_project(raw, in_unit(cost, unit), budget, unit, f"{where}, line {line}"))
    return budget, unit, tuple(projects)


def _record(row: Row, names: list[str], where: str) -> dict[str, str]:
    cells = [cell.strip() for cell in row.cells]
    if any(cells[len(names) :]):
        bad(f"{len(cells)} cells for {len(names)} columns", where, row.line, TOO_MANY)
    cells += [""] * (len(names) - len(cells))
    return dict(zip(names, cells, strict=False))


def _project(raw: dict[str, str], cost: int, budget: int, unit: int, where: str) -> PbProject:
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
        withdrawn=budget < cost == withdrawn_cost(unit),
        raw=raw,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check_counts(election: Election, where: str) -> None:
    """A file cut in the middle must not be counted as if it were whole."""
    for key, found in (
        ("num_projects", len(election.projects)),
        ("num_votes", len(election.ballots)),
    ):
        said = election.number(key)
        if said is not None and said != found:
            raise InputError(
                f"{key} says {said}, but there are {found}",
                where=where,
                hint="Was the file cut? If it is whole, correct the number in META",
            )
