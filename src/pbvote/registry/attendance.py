"""Who came to this desk (émargement): kept in the private roll, destroyed with it.

A line a card that was handed out. A line that was a mistake is struck with its reason and stays.
How many were helped is a number alone: never who.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pbvote.registry.roll import Roll

_SCHEMA = (
    "CREATE TABLE attendance (number INTEGER PRIMARY KEY, person TEXT NOT NULL, at TEXT NOT NULL,"
    " desk TEXT NOT NULL, serial INTEGER NOT NULL, signed INTEGER NOT NULL,"
    " struck TEXT NOT NULL) STRICT",
    "CREATE INDEX attendance_person ON attendance (person)",
    "CREATE TABLE helped (desk TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)


class CheckIn(Struct, frozen=True):
    """A card handed out: to whom (an id of the roll), when (UTC), at which desk, which serial.

    `signed`: the person signed the list. `struck`: why the line doesn't hold, "" if it does.
    """

    number: int
    person: str
    at: str
    desk: str
    serial: int
    signed: bool
    struck: str

    @property
    def stands(self) -> bool:
        """Whether it holds."""
        return not self.struck


class Attendance:
    """The lines of one roll; `Roll.attendance`. Errors are those of the roll."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll

    def add(self, person: str, at: str, desk: str, serial: int) -> CheckIn:
        """A card of this serial goes to this person now."""
        query = (
            "INSERT INTO attendance (person, at, desk, serial, signed, struck)"
            " VALUES (?, ?, ?, ?, 0, '') RETURNING *"
        )
        with self._roll.transaction():
            (row,) = self._roll.rows(query, person, at, desk, serial)
        return _check_in(row)

    def of(self, person: str) -> list[CheckIn]:
        """A person's lines, the earliest first."""
        query = "SELECT * FROM attendance WHERE person = ? ORDER BY number"
        return [_check_in(row) for row in self._roll.rows(query, person)]

    def all(self) -> list[CheckIn]:
        """Every line, in the order of the day."""
        return [_check_in(row) for row in self._roll.rows("SELECT * FROM attendance")]

    def present(self) -> int:
        """How many people have a line that holds."""
        query = "SELECT count(DISTINCT person) AS n FROM attendance WHERE struck = ''"
        return int(self._roll.rows(query)[0]["n"])

    def sign(self, number: int, signed: bool) -> None:
        """Whether the person signed the list."""
        with self._roll.transaction():
            self._roll.rows(
                "UPDATE attendance SET signed = ? WHERE number = ?", int(signed), number
            )

    def strike(self, numbers: Iterable[int], why: str) -> None:
        """These lines don't hold; `why` says when, by whom and for what reason."""
        with self._roll.transaction():
            for number in numbers:
                self._roll.rows("UPDATE attendance SET struck = ? WHERE number = ?", why, number)

    def help_given(self, desk: str) -> int:
        """Somebody was helped at a kiosk or here; how many that makes at this desk."""
        query = (
            "INSERT INTO helped VALUES (?, 1) ON CONFLICT (desk)"
            " DO UPDATE SET number = number + 1 RETURNING number"
        )
        with self._roll.transaction():
            return int(self._roll.rows(query, desk)[0]["number"])

    def helped(self) -> int:
        """How many were helped."""
        return int(self._roll.rows("SELECT total(number) AS n FROM helped")[0]["n"])


def create(connection: sqlite3.Connection) -> None:
    """The tables of a roll that has none."""
    for statement in _SCHEMA:
        connection.execute(statement)


def clear(connection: sqlite3.Connection) -> None:
    """Nobody came to the desk that gets a copy."""
    connection.execute("DELETE FROM attendance")
    connection.execute("DELETE FROM helped")


def _check_in(row: dict[str, Any]) -> CheckIn:
    return CheckIn(**{**row, "signed": bool(row["signed"])})
