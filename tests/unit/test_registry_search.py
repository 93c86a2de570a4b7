"""A person is found however the name is written, the date is typed, or a finger slips."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbvote.core.errors import InputError, StorageError
from pbvote.registry import Roll
from pbvote.registry.rollfile import Person
from support import seeded

PEOPLE = [
    Person("1", "Dupont Jean", "1980-11-22", "Rue de l'Église 12", "592-1234567-89", "nord"),
    Person("2", "Dupond Jeanne", "1975-02-03", "Avenue Dupont 5", "592-7654321-10", "sud"),
    Person("3", "Van den Broeck Pieter", "1990-06-15", "Kerkstraat 1"),
    Person("4", "Vandenbroeck Lies", "1961-01-30", "Dorpsstraat 77"),
    Person("5", "Dijckmans Philippe", "1955-12-01"),
    Person("6", "Müller-Schmidt Zoë", "2004-08-09", "Bahnhofstraße 3"),
    Person("7", "Lefèbvre Anne-Sophie", "1999-09-09"),
    Person("8", "D'Hondt Thérèse", "1948-04-05"),
    Person("9", "Janssens Katleen", "1980-03-04"),
    Person("0471", "Дмитрий Ким", "1980-03-05"),
]


@pytest.fixture(scope="module")
def roll(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roll]:
    with Roll.create(tmp_path_factory.mktemp("roll") / "roll.db", PEOPLE, random=seeded(1)) as roll:
        yield roll


def found(roll: Roll, text: str) -> list[str]:
    return [listed.id for listed in roll.find(text)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("dupont jean", "1"),
        ("JEAN DUPONT", "1"),
        ("jean dup", "1"),
        ("dupon", "2"),
        ("dupond jean", "2"),
        ("duppont jean 1980", "1"),
        ("dpuont jean 1980", "1"),
        ("duont 1980", "1"),
        ("fupont 1980", "1"),
        ("dupont 22/11/1980", "1"),
        ("22/11/1980", "1"),
        ("22.11.80", "1"),
        ("22-11-1980", "1"),
        ("22111980", "1"),
        ("1980-11-22", "1"),
        ("19801122", "1"),
        ("22/11", "1"),
        ("3/2/1975", "2"),
        ("3/2/75", "2"),
        ("1961", "4"),
        ("592-1234567-89", "1"),
        ("592123456789", "1"),
        ("7654321", "2"),
        ("0471", "0471"),
        ("eglise 12", "1"),
        ("rue eglise jean", "1"),
        ("vandenbroeck pieter", "3"),
        ("van den broek", "3"),
        ("vanden broeck pieter", "3"),
        ("broek pieter", "3"),
        ("van den broeck lies", "4"),
        ("dyckmans", "5"),
        ("deikmans filip", "5"),
        ("dijkman", "5"),
        ("muller", "6"),
        ("mueller", "6"),
        ("schmitt zoe", "6"),
        ("bahnhofstrasse", "6"),
        ("lefevre", "7"),
        ("anne sophie", "7"),
        ("annesophie", "7"),
        ("dhondt", "8"),
        ("d'hondt terese", "8"),
        ("hont", "8"),
        ("jansens catleen", "9"),
        ("yanssens", "9"),
        ("ким", "0471"),
    ],
)
def test_who_is_found_first(roll: Roll, typed: str, first: str) -> None:
    assert found(roll, typed)[:1] == [first]


def test_the_exact_comes_before_what_is_like_it(roll: Roll) -> None:
    assert found(roll, "dupont") == ["1", "2"]  # a name, then a street
    assert found(roll, "dupond") == ["2", "1"]
    assert found(roll, "jean") == ["1", "2"]
    assert found(roll, "vandenbroeck")[0] == "4" and set(found(roll, "vandenbroeck")) == {"3", "4"}


def test_all_words_must_fit(roll: Roll) -> None:
    assert found(roll, "dupont pieter") == [] and found(roll, "dupont 1981") == []
    assert found(roll, "xq") == found(roll, "31/12/1900") == found(roll, "\"' OR *") == []


@pytest.mark.parametrize(
    "typed",
    ['"', "*", "a* OR b", "NEAR(a b)", "n: x", "(", "a" * 5000, "é" * 99, "\0", "1/1/1/1"],
)
def test_nothing_typed_is_a_fault(roll: Roll, typed: str) -> None:
    roll.find(typed)
    roll.find(f"dupont {typed}")


def test_whoever_is_written_right_is_found(roll: Roll) -> None:
    """Every beginning of every name finds its person, in any order of the words."""
    for person in PEOPLE:
        for end in range(1, len(person.name) + 1):
            if person.name[end - 1] not in " -'":
                assert person.id in found(roll, person.name[:end]), person.name[:end]
        backwards = " ".join(reversed(person.name.split()))
        assert found(roll, backwards)[0] == person.id


def test_one_slip_of_the_finger_still_finds(roll: Roll) -> None:
    rng = random.Random(5)
    for person in PEOPLE[:9]:
        word = max(person.name.replace("-", " ").split(), key=len)
        for _ in range(10):
            at = rng.randrange(len(word))
            slips = (
                word[:at] + word[at + 1 :],
                word[:at] + rng.choice("abdeklmnost") + word[at + 1 :],
                word[:at] + rng.choice("abdeklmnost") + word[at:],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            )
            rest = person.name.replace("-", " ").replace(word, "", 1)
            for slip in slips:
                assert person.id in found(roll, f"{slip} {rest}"), (slip, rest)


# --- in step with the roll ------------------------------------------------------------------------


def test_the_index_follows_every_change(tmp_path: Path) -> None:
    with Roll.create(tmp_path / "roll.db", PEOPLE, random=seeded(1)) as roll:
        roll.enrol(Person("W1", "Quaghebeur Ilse"), bytes(16), "")
        assert found(roll, "kwagebeur") == found(roll, "quaghebur") == ["W1"]
        roll.correct(Person("W1", "Zanders Ilse"), "married")
        assert found(roll, "quaghebeur") == [] and found(roll, "sanders") == ["W1"]
        with pytest.raises(StorageError), roll.transaction():
            roll.enrol(Person("W2", "Zabulon Tom"), bytes(range(16)), "")
            raise StorageError("the disk is full")
        assert found(roll, "zabulon") == []
        roll.set_status("W1", "moved", "")
        assert found(roll, "zanders") == ["W1"]


def test_what_was_corrected_is_gone_from_the_index_too(tmp_path: Path) -> None:
    path = tmp_path / "roll.db"
    with Roll.create(path, PEOPLE, random=seeded(1)) as roll:
        roll.enrol(Person("W1", "Quaghebeur Ilse"), bytes(16), "")
        roll.correct(Person("W1", "Zanders Ilse"), "married")
        data = path.read_bytes()
        assert b"zanders" in data
        for gone in (b"uaghebeur", b"kuagebeur", b"Quaghebeur"):
            assert gone not in data


def old_roll(path: Path) -> None:
    """A roll of before there was an index."""
    Roll.create(path, PEOPLE, random=seeded(1)).close()
    connection = sqlite3.connect(path)
    for name in ("listed", "unlisted", "relisted"):
        connection.execute(f"DROP TRIGGER {name}")
    for name in ("search", "sounds", "attendance", "helped"):
        connection.execute(f"DROP TABLE {name}")
    connection.execute("UPDATE people SET folded = lower(name)")
    connection.execute("PRAGMA user_version = 0")
    connection.commit()
    connection.close()


def test_an_older_roll_gets_the_index_when_it_is_opened(tmp_path: Path) -> None:
    old_roll(tmp_path / "roll.db")
    for _ in range(2):
        with Roll.open(tmp_path / "roll.db") as roll:
            assert found(roll, "vandenbroek") == ["3", "4"] and roll.attendance.all() == []
            assert len(roll.people()) == len(PEOPLE)
    with (
        Roll.create(tmp_path / "new.db", PEOPLE, random=seeded(1)) as new,
        Roll.open(tmp_path / "roll.db") as roll,
    ):
        assert roll.public_roll() == new.public_roll()


def test_an_index_that_can_not_be_made_leaves_the_roll_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "roll.db"
    old_roll(path)
    holder = sqlite3.connect(path)
    holder.execute("CREATE TABLE sounds (other TEXT)")
    holder.execute("CREATE VIEW search AS SELECT 1")  # stands in the way
    holder.commit()
    with pytest.raises(StorageError):
        Roll.open(path)
    assert holder.execute("SELECT other FROM sounds").fetchall() == []
    assert holder.execute("PRAGMA user_version").fetchone() == (0,)
    assert holder.execute("SELECT folded FROM people WHERE id = '9'").fetchone() == (
        "janssens katleen",
    )
    holder.close()


def test_a_roll_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "roll.db"
    Roll.create(path, PEOPLE, random=seeded(1)).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="newer pbvote"):
        Roll.open(path)
