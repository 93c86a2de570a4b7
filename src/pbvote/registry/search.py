"""The search index of a roll: FTS5 over the tokens of `words`, kept in step by triggers.

``people.folded`` holds each line's tokens; ``search`` is the index over them, without a copy of
the text. ``sounds`` has every sound once, to find what a mistyped word was meant to be.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from pbvote.registry import words
from pbvote.registry.rollfile import FIELDS, Person

_MOST = 1000  # hits that are sorted by name; who types "a" must go on typing anyway
_NEARBY = 200  # sounds that a mistyped word may have meant

_SCHEMA = (
    "CREATE VIRTUAL TABLE search USING fts5 (folded, content='people', content_rowid='rowid',"
    " detail='none', columnsize=0, prefix='2 3 4', tokenize='ascii')",
    "CREATE TABLE sounds (sound TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
)
_TRIGGERS = (
    "CREATE TRIGGER listed AFTER INSERT ON people BEGIN"
    " INSERT INTO search (rowid, folded) VALUES (new.rowid, new.folded); END",
    "CREATE TRIGGER unlisted AFTER DELETE ON people BEGIN"
    " INSERT INTO search (search, rowid, folded) VALUES ('delete', old.rowid, old.folded); END",
    "CREATE TRIGGER relisted AFTER UPDATE OF folded ON people BEGIN"
    " INSERT INTO search (search, rowid, folded) VALUES ('delete', old.rowid, old.folded);"
    " INSERT INTO search (rowid, folded) VALUES (new.rowid, new.folded); END",
)

Rows = Callable[..., list[dict[str, Any]]]
"""Runs a query with its values; a dict a row."""


def build(connection: sqlite3.Connection, heard: Iterable[str]) -> None:
    """Index everybody, once `people.folded` has the tokens; `heard` are all their sounds."""
    for statement in (*_SCHEMA, *_TRIGGERS):
        connection.execute(statement)
    connection.execute("INSERT INTO search (search) VALUES ('rebuild')")
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")
    connection.executemany("INSERT INTO sounds VALUES (?)", ((s,) for s in sorted(set(heard))))


def rebuild(connection: sqlite3.Connection) -> None:
    """The index of a roll that has none, or an older one."""
    for name in ("listed", "unlisted", "relisted"):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    for name in ("search", "sounds"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    heard: set[str] = set()
    rows = connection.execute(f"SELECT rowid, {', '.join(FIELDS)} FROM people").fetchall()  # noqa: S608  our names
    for rowid, *values in rows:
        tokens = words.tokens(Person(*values))
        heard.update(words.sounds(tokens))
        connection.execute("UPDATE people SET folded = ? WHERE rowid = ?", (tokens, rowid))
    build(connection, heard)


def hear(connection: sqlite3.Connection, tokens: str) -> None:
    """Learn the sounds of one more line."""
    heard = ((s,) for s in words.sounds(tokens))
    connection.executemany("INSERT OR IGNORE INTO sounds VALUES (?)", heard)


def forget(connection: sqlite3.Connection, tokens: str) -> None:
    """After a line was changed that had these: nothing of what only it had stays in the file."""
    for heard in words.sounds(tokens):
        query = "SELECT rowid FROM search WHERE search MATCH ? LIMIT 1"
        if connection.execute(query, (f'"s{heard}"',)).fetchone() is None:
            connection.execute("DELETE FROM sounds WHERE sound = ?", (heard,))
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")


def find(rows: Rows, text: str, limit: int) -> list[dict[str, Any]]:
    """Lines in which every word of `text` occurs, the nearest first, those as near by name."""
    found: dict[str, dict[str, Any]] = {}
    for expression in words.passes(text, lambda begun: _nearby(rows, begun)):
        for row in rows(
            "SELECT * FROM people WHERE rowid IN"
            " (SELECT rowid FROM search WHERE search MATCH ? LIMIT ?) ORDER BY name, id LIMIT ?",
            expression,
            _MOST,
            limit,
        ):
            found.setdefault(row["id"], row)
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def _nearby(rows: Rows, begun: list[str]) -> list[str]:
    """The sounds on the roll that begin so; whole ones first."""
    if not begun:
        return []
    found = rows(
        "SELECT DISTINCT sound FROM json_each(?) JOIN sounds"
        " ON sound >= value AND sound < value || '{' ORDER BY sound != value, sound LIMIT ?",
        json.dumps(begun),
        _NEARBY,
    )
    return list(dict.fromkeys(row["sound"] for row in found))
