"""The spreadsheet of a contest's projects: a line a project, a column a language.

Columns, in any order: `id`, `cost`, `title.<language>` (`title` alone is the first language),
and if you like `number`, `description`, `category`, `place`, `proposer` (each also with a
language), `district`, `latitude`, `longitude`, `url`, `picture`. All wrong lines are reported.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import UNSET

from pbvote.core.encoding import NAME_HINT, is_name
from pbvote.core.errors import InputError
from pbvote.core.manifest import Picture, Project
from pbvote.draft.tables import is_clean
from pbvote.draft.values import amount_text, parse_amount
from pbvote.files import read_bytes
from pbvote.sheet import read_rows

PLAIN = ("id", "number", "cost", "district", "latitude", "longitude", "url", "picture")
TEXTS = ("title", "description", "category", "place", "proposer")
_EXPECTED = {name: name for name in (*PLAIN, *TEXTS)}


@dataclass
class ProjectSheet:
    """What a spreadsheet is read with, and what was wrong in it."""

    path: Path
    currency: str
    languages: Sequence[str]
    districts: Sequence[str]
    errors: list[InputError] = field(default_factory=list)

    def read(self) -> list[Project]:
        """The projects, in the file's order; whole only if `errors` is empty afterwards."""
        try:
            rows = [row for row in read_rows(self.path, _EXPECTED) if any(row[1])]
            if not rows:
                raise InputError("the file is empty", where=str(self.path), hint="Add the projects")
            columns = self._columns(*rows[0])
        except InputError as error:
            self.errors.append(error)
            return []
        if len(rows) == 1:
            self._wrong(rows[0][0], "no project stands under the header", "Add the projects")
        projects, seen = [], dict[str, int]()
        for position, (line, cells) in enumerate(rows[1:], 1):
            project = self._project(line, cells, columns, position)
            if project is not None:
                projects.append(project)
                if seen.setdefault(project.id, line) != line:
                    first = seen[project.id]
                    self._wrong(line, f"the project {project.id} stands on line {first} too")
        return projects

    def _wrong(self, line: int, what: str, hint: str = "Correct that line") -> None:
        self.errors.append(InputError(what, where=f"{self.path}, line {line}", hint=hint))

    def _columns(self, line: int, header: Sequence[str]) -> list[tuple[str, str]]:
        """Each column's field and language ("" if it has none); ("", "") for an empty one."""
        where = f"{self.path}, line {line}"
        known = {language.casefold(): language for language in self.languages}
        columns: list[tuple[str, str]] = []
        for cell in header:
            name, _, tag = cell.casefold().partition(".")
            if cell and name not in (TEXTS if tag else (*TEXTS, *PLAIN)):
                raise InputError(
                    f"the column {cell!r} isn't known",
                    where=where,
                    hint=f"Columns: {', '.join((*PLAIN, *TEXTS))}; texts also like title.fr",
                )
            if tag and tag not in known:
                raise InputError(
                    f"the column {cell!r} has a language that isn't in the election's list",
                    where=where,
                    hint=f"Its languages: {', '.join(self.languages)}",
                )
            column = (name, known[tag] if tag else "")
            if name == "title" and not tag:
                column = (name, self.languages[0])
            if cell and column in columns:
                raise InputError(f"the column {cell!r} stands twice", where=where, hint="Leave one")
            columns.append(column)
        for column in (("id", ""), ("cost", ""), ("title", self.languages[0])):
            if column not in columns:
                name = ".".join(filter(None, column))
                raise InputError(f"there is no column {name}", where=where, hint="Add it")
        return columns

    def _project(
        self, line: int, cells: Sequence[str], columns: list[tuple[str, str]], position: int
    ) -> Project | None:
        """A line's project; None, with what was wrong, if it has none."""
        plain: dict[str, str] = {}
        texts: dict[str, dict[str, str]] = {}
        wrong = len(self.errors)
        for (name, language), cell in zip(columns, cells, strict=False):
            if not is_clean(cell):
                self._wrong(line, f"letters were lost, or can't be read, in {cell[:40]!r}")
            if cell and not name:
                self._wrong(line, f"{cell[:40]!r} stands in a column without a name")
            elif cell and name in TEXTS:
                texts.setdefault(name, {})[language] = cell
            elif cell:
                plain[name] = cell
        if any(cells[len(columns) :]):
            self._wrong(line, f"more cells than the {len(columns)} columns of the header")
        values: dict[str, Any] = {"number": plain.get("number", str(position)), "cost": 0}
        for name in PLAIN:
            try:
                if name in ("id", "cost") or name in plain:
                    values[name] = self._value(name, plain.get(name, ""))
            except InputError as error:
                self._wrong(line, f"{name}: {error.what}", error.hint or "Correct that line")
        for name in TEXTS:
            values[name] = self._texts(line, name, texts.get(name, {}))
        return Project(**values) if len(self.errors) == wrong else None

    def _value(self, name: str, cell: str) -> Any:
        match name:
            case "id":
                if not is_name(cell):
                    raise InputError(f"{cell!r} can't be a project's id", hint=NAME_HINT)
            case "cost":
                return parse_amount(cell, self.currency)
            case "district" if self.districts and cell not in self.districts:
                raise InputError(
                    f"{cell!r} isn't in the election's list",
                    hint=f"Its districts: {', '.join(self.districts)}",
                )
            case "latitude" | "longitude":
                return _degrees(cell, 90 if name == "latitude" else 180)
            case "url" if not re.match(r"https?://[^\s/]", cell):
                raise InputError(f"{cell!r} isn't an address", hint="Begin it with https://")
            case "picture":
                return self._picture(cell)
        return cell

    def _texts(self, line: int, name: str, texts: dict[str, str]) -> Any:
        """A text as the manifest has it: languages → text, or one for all of them."""
        if name == "title" and self.languages[0] not in texts:
            self._wrong(line, f"no title in {self.languages[0]}, the first language")
        if name != "title" and "" in texts:
            if len(texts) > 1:
                self._wrong(line, f"{name} has a text of no language beside others")
            return texts[""]
        return texts or UNSET

    def _picture(self, cell: str) -> Picture:
        name = PurePosixPath(cell)
        if name.is_absolute() or ".." in name.parts or "\\" in cell:
            raise InputError(f"{cell!r} isn't a file beside the draft", hint="Put it there")
        data = read_bytes(self.path.parent / name)
        return Picture(path=cell, sha256=hashlib.sha256(data).digest())


def _degrees(cell: str, most: int) -> str:
    text = cell.replace(",", ".")
    try:
        if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]+)?", text, re.ASCII) and abs(Decimal(text)) <= most:
            return text
    except InvalidOperation:
        pass
    raise InputError(f"{cell!r} isn't a number of degrees within ±{most}", hint="Like 49.8529")


def projects_csv(projects: Sequence[Project], languages: Sequence[str], currency: str) -> str:
    """A spreadsheet that `ProjectSheet` reads as these projects (pictures have to be there)."""
    columns: list[tuple[str, str]] = [("id", ""), ("number", ""), ("cost", "")]
    for name in TEXTS:
        columns += [(name, lang) for lang in languages if name == "title" or _uses(projects, name)]
        columns += [(name, "")] if any(isinstance(getattr(p, name), str) for p in projects) else []
    columns += [
        (name, "") for name in PLAIN[3:] if any(getattr(p, name) is not UNSET for p in projects)
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f"{name}.{language}" if language else name for name, language in columns])
    for project in projects:
        writer.writerow([_cell(project, name, lang, currency) for name, lang in columns])
    return out.getvalue()


def _uses(projects: Sequence[Project], name: str) -> bool:
    return any(isinstance(getattr(p, name), dict) for p in projects)


def _cell(project: Project, name: str, language: str, currency: str) -> str:
    value = getattr(project, name)
    if name == "cost":
        return amount_text(project.cost, currency)
    if isinstance(value, dict):
        return str(value.get(language, ""))
    if value is UNSET or language:
        return ""
    return value.path if isinstance(value, Picture) else str(value)
