"""The private roll: loaded whole, searched, changed; its public side fixed."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbvote.core.errors import InputError, RefusedError, StorageError
from pbvote.core.roll import write_roll
from pbvote.registry import Roll
from pbvote.registry.rollfile import Person, stream_roll_file
from support import seeded

ANNA = Person(id="1", name="Anna Lœvé", birth_date="1980-11-22", address="Rue du Haut 1")
BERT = Person(id="2", name="Bert Étienne", district="nord", email="bert@example.org")
ZOE = Person(id="3", name="Zoé Weiß", birth_date="2001-02-03", district="sud")


@pytest.fixture
def roll(tmp_path: Path) -> Iterator[Roll]:
    with Roll.create(tmp_path / "roll.db", [ANNA, BERT, ZOE], random=seeded(1)) as roll:
        yield roll


def test_everybody_has_a_pseudonym_of_their_own(roll: Roll) -> None:
    people = roll.people()
    assert [p.person for p in people] == [ANNA, BERT, ZOE]
    assert len({p.pseudonym for p in people}) == 3 and all(len(p.pseudonym) == 16 for p in people)
    assert {(p.status, p.added, p.note) for p in people} == {("active", "roll", "")}
    assert roll.get("2").district == "nord" and roll.get("1").district is None
    assert roll.of_pseudonym(people[1].pseudonym) == people[1]
    assert roll.of_pseudonym(bytes(16)) is None
    with pytest.raises(InputError, match="nobody on the roll has the id '9'"):
        roll.get("9")


def test_pseudonyms_are_drawn_anew_for_every_roll(tmp_path: Path) -> None:
    with Roll.create(tmp_path / "a.db", [ANNA]) as a, Roll.create(tmp_path / "b.db", [ANNA]) as b:
        assert a.get("1").pseudonym != b.get("1").pseudonym


def test_the_file_is_private(roll: Roll, tmp_path: Path) -> None:
    copy = tmp_path / "desk" / "roll.db"
    roll.copy_to(copy)
    for path in (roll.path, copy):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["desk", "roll.db"]


def test_the_public_roll_never_changes(roll: Roll) -> None:
    public = roll.public_roll()
    assert list(public) == sorted(public) and sorted(d or "" for d in public.values()) == [
        "",
        "nord",
        "sud",
    ]
    data = write_roll(public)
    roll.set_status("1", "died", "a")
    roll.set_status("2", "moved", "b")
    roll.correct(Person(id="3", name="Zoé Weiss", district="sud"), "c")
    roll.enrol(Person(id="4", name="Dora", district="nord"), bytes(16), "d")
    assert write_roll(roll.public_roll()) == data
    assert [p.id for p in roll.people("active")] == ["3", "4"]
    assert roll.counts() == {"active": 2, "moved": 1, "died": 1, "struck": 0, "enrolled": 1}


def test_search_folds_accents_and_capitals(roll: Roll) -> None:
    def found(text: str) -> list[str]:
        return [p.id for p in roll.find(text)]

    assert found("LOEVE") == found("lœvé") == found("haut ann") == found("1980-11") == ["1"]
    assert found("etienne") == found("Étienne BERT") == ["2"]
    assert found("weiss zoe") == ["3"]
    assert found("") == ["1", "2", "3"] and len(roll.find("", limit=2)) == 2
    assert found("%") == found("'; DROP TABLE people") == []


def test_search_knows_corrections(roll: Roll) -> None:
    roll.correct(Person(id="1", name="Anna Müller"), "married")
    assert [p.id for p in roll.find("muller")] == ["1"] and roll.find("Lœvé") == []
    roll.correct(Person(id="1", name="Anna Müller", email="a@b"), "mail")
    assert roll.get("1").note == "married\nmail"


def test_the_same_person(roll: Roll) -> None:
    twin = Person(id="8", name="ANNA LOEVE", birth_date="1980-11-22")
    same = roll.same_person(twin)
    assert same is not None and same.id == "1"
    assert roll.same_person(Person(id="8", name="Anna Lœvé")) is None
    assert roll.same_person(Person(id="8", name="Anne", birth_date="1980-11-22")) is None
    roll.set_status("1", "moved", "")
    assert roll.same_person(twin) is None


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([ANNA, BERT, ANNA], "an id stands twice"),
        ([ANNA, Person(id="", name="x")], "person 2 has no id or no name"),
        ([Person(id="7", name="")], "person 1 has no id or no name"),
        ([], "nobody is on the roll"),
    ],
)
def test_a_roll_that_is_wrong_is_not_loaded(
    tmp_path: Path, people: list[Person], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Roll.create(tmp_path / "roll.db", people)
    assert list(tmp_path.iterdir()) == []


def test_an_error_at_the_end_of_a_stream_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "roll.csv"
    file.write_text("id;name\n" + "".join(f"{i};Name {i}\n" for i in range(2500)) + "1;Twice\n")
    with pytest.raises(InputError, match="line 2502: the id '1' stands in line 3"):
        Roll.create(tmp_path / "roll.db", stream_roll_file(file))
    assert list(tmp_path.iterdir()) == [file]


def test_a_roll_is_not_loaded_over_another(roll: Roll, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="there is a roll already"):
        Roll.create(roll.path, [ANNA])
    with pytest.raises(RefusedError, match="there is a roll already"):
        roll.copy_to(roll.path)
    with pytest.raises(InputError):
        Roll.create(roll.path, [ANNA, ANNA], replace=True)
    assert len(roll.people()) == 3
    roll.close()
    with Roll.create(roll.path, [BERT], replace=True) as other:
        assert [p.id for p in other.people()] == ["2"]


def test_files_that_are_no_roll(tmp_path: Path) -> None:
    path = tmp_path / "roll.db"
    with pytest.raises(InputError, match="there is no roll"):
        Roll.open(path)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match="can't be read or written"):
        Roll.open(path)
    path.unlink()
    sqlite3.connect(path).close()
    with pytest.raises(InputError, match="this isn't a roll"):
        Roll.open(path)


def test_a_closed_roll_says_so(roll: Roll) -> None:
    roll.close()
    roll.close()
    with pytest.raises(StorageError, match="closed"):
        roll.people()


def test_a_transaction_is_whole_or_nothing(roll: Roll) -> None:
    with pytest.raises(RuntimeError), roll.transaction():
        roll.set_status("1", "moved", "")
        roll.enrol(Person(id="4", name="Dora"), bytes(16), "")
        raise RuntimeError
    assert roll.get("1").status == "active" and roll.look_up("4") is None
    with pytest.raises(RefusedError, match="the id '1' is on the roll already"):
        roll.enrol(ANNA, bytes(16), "")


def test_a_copy_has_the_same_people(roll: Roll, tmp_path: Path) -> None:
    roll.set_status("1", "moved", "gone")
    roll.copy_to(tmp_path / "desk" / "roll.db")
    with Roll.open(tmp_path / "desk" / "roll.db") as copy:
        assert copy.people() == roll.people()
        copy.set_status("2", "moved", "")
    assert roll.get("2").status == "active"


def test_what_was_corrected_is_gone_from_the_file(roll: Roll) -> None:
    assert b"bert@example.org" in roll.path.read_bytes()
    roll.correct(Person(id="2", name="Bert", district="nord"), "asked to")
    assert b"bert@example.org" not in roll.path.read_bytes()


def test_a_large_roll(tmp_path: Path, soak: bool) -> None:
    count = 1_000_000 if soak else 100_000
    people = (Person(id=str(i), name=f"Name {i}", birth_date="1980-01-01") for i in range(count))
    reports: list[tuple[int, int]] = []
    start = time.monotonic()
    with Roll.create(tmp_path / "roll.db", people, progress=lambda *at: reports.append(at)) as roll:
        assert len(roll.public_roll()) == count
        assert roll.get(str(count - 1)).person.name == f"Name {count - 1}"
        assert [p.id for p in roll.find(f"name {count - 1}")] == [str(count - 1)]
    assert reports[0] == (1000, 0) and reports[-1] == (count, count)
    assert time.monotonic() - start < count * 0.0005 + 10
