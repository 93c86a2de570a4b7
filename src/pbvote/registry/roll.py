"""The private roll: who may vote, under which pseudonym; never exported, destroyed by `purge`.

`roll.db` is an SQLite file (0600) with the table `people`, its search index (`search`) and who
came to this desk (`attendance`). Its public side is `public_roll`: the pseudonyms and districts of
roll.csv (docs/protocol.md, section 3), which never change once the manifest is signed. Who moves
or dies gets another status here, and revocations in the log.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any, Literal, Self, get_args
from urllib.parse import quote

from sqlite_utils import Database

from pbvote.core.errors import InputError, PbvoteError, RefusedError, StorageError
from pbvote.core.group import Random, system_random
from pbvote.core.roll import PublicRoll
from pbvote.registry import attendance, search
from pbvote.registry.attendance import Attendance
from pbvote.registry.rollfile import FIELDS, Person
from pbvote.registry.words import sounds, tokens
from pbvote.store.files import sync_folder
from pbvote.words import folded

Status = Literal["active", "moved", "died", "struck"]
STATUSES: tuple[Status, ...] = get_args(Status)
Progress = Callable[[int, int], None]
"""Called with how many are done, and of how many (0 if that isn't known)."""

APPLICATION = 0x70627272  # "pbrr", so that another program's file isn't taken for a roll
VERSION = 1  # of the index and of attendance; a roll of an older one gets them when it is opened
PSEUDONYM = 16  # bytes
_EVERY = 1000  # people between two reports of progress
_COLUMNS: dict[str, type] = {
    **dict.fromkeys(FIELDS, str),
    "pseudonym": bytes,
    "status": str,
    "added": str,
    "note": str,
    "folded": str,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the roll has it: `added` says whether by the roll's file or enrolled."""

    person: Person
    pseudonym: bytes = field(repr=False)  # never beside the person in a log or a traceback
    status: Status
    added: Literal["roll", "enrolled"]
    note: str

    @property
    def id(self) -> str:
        """The person's number on the roll."""
        return self.person.id

    @property
    def district(self) -> str | None:
        """The district, as certificates have it."""
        return self.person.district or None


class Roll:
    """An open roll. All methods may be called from any thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use `create` or `open`."""
        self.path = path
        self._lock = RLock()
        self._connection = connection

    @cached_property
    def database(self) -> Database:
        """The roll through sqlite-utils, for inspection."""
        return Database(self._connection, execute_plugins=False)

    @cached_property
    def attendance(self) -> Attendance:
        """Who came to this desk."""
        return Attendance(self)

    # --- files ------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        path: Path,
        people: Iterable[Person],
        *,
        random: Random = system_random,
        progress: Progress | None = None,
        replace: bool = False,
    ) -> Roll:
        """Load a roll and draw a pseudonym for each person: all of them, or no file.

        `people` may be a stream (`rollfile.stream_roll_file`); what it raises leaves nothing
        behind. InputError for an id that stands twice or an empty id or name. RefusedError if
        there is a roll and not `replace`, which draws new pseudonyms for everybody: never after
        the manifest is signed.
        """
        if path.exists() and not replace:
            raise RefusedError(
                "there is a roll already",
                where=str(path),
                hint="Replace it only while the manifest isn't signed; change single people else",
            )
        return cls._written(path, lambda new: _fill(new, people, random, progress))

    @classmethod
    def open(cls, path: Path) -> Roll:
        """The roll in a file. InputError if there is none, or it isn't one."""
        if not path.exists():
            raise InputError(
                "there is no roll", where=str(path), hint="Load it first; a purged one is gone"
            )
        with _explained(path):
            connection = _connect(path)
            try:
                number = connection.execute("PRAGMA application_id").fetchone()[0]
            except BaseException:
                connection.close()
                raise
        if number != APPLICATION:
            connection.close()
            raise InputError("this isn't a roll", where=str(path), hint="Check the path")
        roll = cls(path, connection)
        try:
            roll._bring_up_to_date()
        except BaseException:
            roll.close()
            raise
        return roll

    def _bring_up_to_date(self) -> None:
        """Index and attendance for a roll of before they were; whole, or not at all."""
        if self._version() == VERSION:
            return
        with self._lock, _explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                version = self._version()  # another program may have done it meanwhile
                if version > VERSION:
                    raise InputError(
                        "this roll was written by a newer pbvote",
                        where=str(self.path),
                        hint="Update this machine, or copy the roll from one like it",
                    )
                if version < VERSION:
                    search.rebuild(self._connection)
                    attendance.create(self._connection)
                    self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0]["user_version"])

    def copy_to(self, path: Path) -> None:
        """The same roll for another desk: the same people, pseudonyms and statuses, as private.

        Who came to this desk isn't in it.

        RefusedError if there is one already.
        """
        if path.exists():
            raise RefusedError("there is a roll already", where=str(path), hint="Delete it first")
        with self._lock:
            self._written(path, self._copy_into).close()

    def _copy_into(self, new: sqlite3.Connection) -> None:
        self._connection.backup(new)
        with new:
            attendance.clear(new)

    @classmethod
    def _written(cls, path: Path, fill: Callable[[sqlite3.Connection], None]) -> Roll:
        """A new file, whole or not at all."""
        new = path.with_name(f".new-{path.name}")
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            try:
                connection = _connect(new)
                try:
                    fill(connection)
                finally:
                    connection.close()
                new.replace(path)
            except BaseException:
                remove_database(new)
                raise
            sync_folder(path.parent)
        return cls.open(path)

    def close(self) -> None:
        """Let go of the file; closing twice does nothing."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- looking ----------------------------------------------------------------------------------

    def public_roll(self) -> PublicRoll:
        """What roll.csv says: everybody who was loaded, whatever happened since."""
        rows = self.rows(
            "SELECT pseudonym, district FROM people WHERE added = 'roll' ORDER BY pseudonym"
        )
        return {row["pseudonym"]: row["district"] or None for row in rows}

    def get(self, person: str) -> Listed:
        """The person with this id; InputError if there is none."""
        if (listed := self.look_up(person)) is None:
            raise InputError(
                f"nobody on the roll has the id {person!r}", hint="Search by name, or enrol"
            )
        return listed

    def look_up(self, person: str) -> Listed | None:
        """The person with this id, if there is one."""
        rows = self.rows("SELECT * FROM people WHERE id = ?", person)
        return _listed(rows[0]) if rows else None

    def of_pseudonym(self, pseudonym: bytes) -> Listed | None:
        """Whose pseudonym this is, if anybody's."""
        rows = self.rows("SELECT * FROM people WHERE pseudonym = ?", pseudonym)
        return _listed(rows[0]) if rows else None

    def find(self, text: str, limit: int = 50) -> list[Listed]:
        """People in whose data every word of `text` occurs, as a beginning of one; up to `limit`.

        First those with such words in their name, then anywhere, then what sounds alike, then
        with a letter mistyped; within that by name. A birth date is found in any usual form.
        Everybody for an empty text.
        """
        if text.strip():
            return [_listed(row) for row in search.find(self.rows, text, limit)]
        rows = self.rows("SELECT * FROM people ORDER BY name, id LIMIT ?", limit)
        return [_listed(row) for row in rows]

    def same_person(self, person: Person) -> Listed | None:
        """An active person with the same name and birth date, if that is known."""
        if not person.birth_date:
            return None
        rows = self.rows(
            "SELECT * FROM people WHERE birth_date = ? AND status = 'active'", person.birth_date
        )
        listed = (_listed(row) for row in rows)
        return next((x for x in listed if folded(x.person.name) == folded(person.name)), None)

    def people(self, status: Status | None = None) -> list[Listed]:
        """Everybody, or those of one status, in the order they came."""
        if status is None:
            rows = self.rows("SELECT * FROM people ORDER BY rowid")
        else:
            rows = self.rows("SELECT * FROM people WHERE status = ? ORDER BY rowid", status)
        return [_listed(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many people are of each status, and how many of all were enrolled."""
        rows = self.rows("SELECT status, count(*) AS n FROM people GROUP BY status")
        counts = dict.fromkeys(STATUSES, 0) | {row["status"]: row["n"] for row in rows}
        (row,) = self.rows("SELECT count(*) AS n FROM people WHERE added = 'enrolled'")
        return {**counts, "enrolled": row["n"]}

    # --- changes ----------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes within, or none if it is left by an error."""
        with self._lock, _explained(self.path), self.database.atomic():
            yield

    def enrol(self, person: Person, pseudonym: bytes, note: str) -> None:
        """Add a walk-in; RefusedError if the id is taken."""
        if self.look_up(person.id) is not None:
            raise RefusedError(
                f"the id {person.id!r} is on the roll already", hint="Hand out a card for it"
            )
        row = _row(person, pseudonym, "enrolled", note)
        with self.transaction():
            self.database.table("people").insert(row)
            search.hear(self._connection, row["folded"])

    def set_status(self, person: str, status: Status, note: str) -> None:
        """Another status, and why, as a line of the person's note."""
        listed = self.get(person)
        self._update(person, {"status": status, "note": _and(listed.note, note)})

    def correct(self, corrected: Person, note: str) -> None:
        """Other data under the same id and district."""
        listed = self.get(corrected.id)
        values = {field: getattr(corrected, field) for field in FIELDS}
        values |= {"note": _and(listed.note, note), "folded": tokens(corrected)}
        with self.transaction():
            self._update(corrected.id, values)
            search.hear(self._connection, values["folded"])
            search.forget(self._connection, tokens(listed.person))

    def _update(self, person: str, values: Mapping[str, str]) -> None:
        with self.transaction():
            self.database.table("people").update(person, dict(values))

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What a query gives, a dict a row; StorageError if it can't be had."""
        with self._lock, _explained(self.path):
            cursor = self._connection.execute(query, values)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def remove_database(path: Path) -> None:
    """Overwrite and delete an SQLite file and what lies beside it.

    A disk may keep older copies of a block: who needs certainty destroys the medium.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        overwrite_and_remove(path.with_name(path.name + suffix))


def overwrite_and_remove(path: Path) -> None:
    """Zeros over a file, then no file."""
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 20)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _fill(
    connection: sqlite3.Connection,
    people: Iterable[Person],
    random: Random,
    progress: Progress | None,
) -> None:
    database = Database(connection, execute_plugins=False)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    heard: set[str] = set()
    table = database.table("people")
    with database.atomic():
        table.create(_COLUMNS, pk="id", not_null=set(_COLUMNS), strict=True)
        try:
            table.insert_all(_new_rows(people, random, heard, progress), batch_size=_EVERY)
        except sqlite3.IntegrityError:
            raise InputError(
                "an id stands twice in the roll", hint="Nothing was loaded. Correct the roll"
            ) from None
        table.create_index(["pseudonym"], unique=True)
        table.create_index(["birth_date"])
        search.build(connection, heard)
        attendance.create(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _new_rows(
    people: Iterable[Person], random: Random, heard: set[str], progress: Progress | None
) -> Iterator[dict[str, Any]]:
    """A row a person, and in `heard` the sounds of all."""
    count = 0
    for count, person in enumerate(people, 1):
        if not person.id or not person.name:
            raise InputError(
                f"person {count} has no id or no name", hint="Nothing was loaded. Correct the roll"
            )
        row = _row(person, random(PSEUDONYM), "roll", "")
        heard.update(sounds(row["folded"]))
        yield row
        if progress is not None and count % _EVERY == 0:
            progress(count, 0)
    if count == 0:
        raise InputError("nobody is on the roll", hint="Is it the right file?")
    if progress is not None:
        progress(count, count)


def _row(person: Person, pseudonym: bytes, added: str, note: str) -> dict[str, Any]:
    return {
        **{field: getattr(person, field) for field in FIELDS},
        "pseudonym": pseudonym,
        "status": "active",
        "added": added,
        "note": note,
        "folded": tokens(person),
    }


def _listed(row: Mapping[str, Any]) -> Listed:
    person = Person(**{field: row[field] for field in FIELDS})
    return Listed(person, row["pseudonym"], row["status"], row["added"], row["note"])


def _and(note: str, line: str) -> str:
    return f"{note}\n{line}" if note else line


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.resolve()))}?mode=rw",
        uri=True,
        check_same_thread=False,  # our own lock
        timeout=10,
    )
    connection.execute("PRAGMA secure_delete = ON")  # what was corrected is gone
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the system as StorageError."""
    try:
        yield
    except PbvoteError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise StorageError(
            f"the roll can't be read or written ({error})",
            where=str(path),
            hint="Look at the disk and the file's rights; close other programs that use it",
        ) from error
