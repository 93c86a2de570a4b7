"""Whatever officials do in whatever order, the log says what they meant; rolls survive any file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from election_builder import BuiltElection, build_election
from pbvote.core.admission import RegistryLogs
from pbvote.core.card import Certificate, Channel, Enrol, RegistryEntry, Revocation
from pbvote.core.encoding import decode
from pbvote.core.errors import InputError, RefusedError
from pbvote.core.note import open_checkpoint
from pbvote.registry import IssuedCard, Registry, Roll, Status
from pbvote.registry.rollfile import Person, read_roll_file
from pbvote.store.log import SignedLog
from pbvote.store.memory import MemoryStore
from support import seeded

OFFICIALS = ("mayor", "clerk")
CHANNELS: tuple[Channel, ...] = ("online", "in-person")
STATUSES: tuple[Status, ...] = ("active", "moved", "died", "struck")
PEOPLE = [Person(id=str(i), name=f"Name {i}", district=("nord", "")[i % 2]) for i in range(4)]
EVERYBODY = [*(person.id for person in PEOPLE), "w1", "w2"]

ids = st.sampled_from(EVERYBODY)
channels = st.sampled_from(CHANNELS)
actions = st.one_of(
    st.tuples(st.just("issue"), st.lists(ids, min_size=1, max_size=4), channels),
    st.tuples(st.just("replace"), ids, channels),
    st.tuples(st.just("revoke"), ids, st.none() | channels),
    st.tuples(st.just("returned"), st.lists(ids, max_size=3), st.none()),
    st.tuples(st.just("change"), ids, st.sampled_from(STATUSES)),
    st.tuples(st.just("enrol"), st.sampled_from(["w1", "w2"]), st.none()),
    st.tuples(st.just("reopen"), st.none(), st.none()),
)


class KeptStore(MemoryStore):
    """A store that is there again after it was closed."""

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@cache
def built(folder: Path) -> BuiltElection:
    with Roll.create(folder / "template.db", PEOPLE, random=seeded(1)) as roll:
        return build_election(roll=roll.public_roll())


class Desk:
    """A registry, and beside it what every action must have led to."""

    def __init__(self, folder: Path) -> None:
        self.built, self.folder, self.store = built(folder), folder, KeptStore()
        (folder / "roll.db").unlink(missing_ok=True)
        with Roll.open(folder / "template.db") as template:
            template.copy_to(folder / "roll.db")
        self.random = seeded(2)
        self.active: dict[tuple[str, Channel], IssuedCard] = {}
        self.revoked: list[IssuedCard] = []
        self.status: dict[str, str] = {person.id: "active" for person in PEOPLE}
        self.open()

    def open(self) -> None:
        signer = self.built.registrars["mairie"]
        self.registry = Registry(
            self.folder,
            SignedLog(self.store, signer),
            Roll.open(self.folder / "roll.db"),
            signer,
            self.built.election,
            "mairie",
            now=lambda: 1_795_339_800,
            random=self.random,
        )

    def do(self, action: str, whom: object, how: object) -> None:
        size = self.store.size
        try:
            getattr(self, "_" + action)(whom, how)
        except (InputError, RefusedError):
            assert self.store.size == size

    def _reopen(self, _: None, __: None) -> None:
        self.registry.stop()
        self.open()

    def _issue(self, people: list[str], channel: Channel) -> None:
        may = all(self.status.get(p) == "active" for p in people)
        may &= not any((p, channel) in self.active for p in people)
        may &= len(set(people)) == len(people)
        try:
            cards = self.registry.issue(people, channel)
        except InputError:
            assert not may
            raise
        assert may
        self.active |= {(card.person, channel): card for card in cards}

    def _replace(self, person: str, channel: Channel) -> None:
        card = self.registry.replace(person, officials=OFFICIALS, channel=channel)
        self.revoked.append(self.active.pop((person, channel)))
        self.active[person, channel] = card

    def _revoke(self, person: str, channel: Channel | None) -> None:
        self.registry.revoke(person, "lost", OFFICIALS, channel=channel)
        self._lose(person, channel)

    def _returned(self, people: list[str], _: None) -> None:
        self.registry.revoke_many(people, "returned", OFFICIALS)
        for person in people:
            self._lose(person, None)

    def _change(self, person: str, status: Status) -> None:
        self.registry.change(person, status, OFFICIALS)
        self.status[person] = status
        if status != "active":
            self._lose(person, None)

    def _enrol(self, person: str, _: None) -> None:
        self.registry.enrol(Person(id=person, name="W", district="sud"), OFFICIALS)
        assert person not in self.status
        self.status[person] = "active"

    def _lose(self, person: str, channel: Channel | None) -> None:
        for key in [k for k in self.active if k[0] == person and channel in (None, k[1])]:
            self.revoked.append(self.active.pop(key))

    def entries(self) -> Iterator[RegistryEntry]:
        for data in self.store.entries():
            yield decode(data, RegistryEntry)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, max_size=14))
def test_the_log_says_what_was_meant(folder: Path, steps: list[tuple[str, object, object]]) -> None:
    desk = Desk(folder)
    for step in steps:
        desk.do(*step)
    logs = RegistryLogs(desk.built.election, desk.built.public_roll)
    entries = list(desk.entries())
    assert all(logs.add("mairie", entry) for entry in entries)
    for card in desk.active.values():
        assert logs.is_logged(card.certificate) and logs.is_on_roll(card.certificate)
        assert not logs.is_revoked(card.certificate)
    for card in desk.revoked:
        assert logs.is_logged(card.certificate) and logs.is_revoked(card.certificate)
    certificates = [e for e in entries if isinstance(e, Certificate)]
    assert len(certificates) == len(desk.active) + len(desk.revoked)
    assert len({(c.pseudonym, c.serial) for c in certificates}) == len(certificates)
    assert sum(isinstance(e, Revocation) for e in entries) == len(desk.revoked)
    assert sum(isinstance(e, Enrol) for e in entries) == len(desk.status) - len(PEOPLE)
    assert {p.id: p.status for p in desk.registry.roll.people()} == desk.status
    key = desk.built.election.registrar_keys["mairie"]
    assert open_checkpoint(desk.registry.checkpoint, key).size == len(entries)
    status = desk.registry.status()
    assert status.revoked == len(desk.revoked) and sum(status.cards.values()) == len(certificates)
    desk.registry.stop()


# --- files ----------------------------------------------------------------------------------------

letters = st.text(
    st.characters(codec="cp1252", exclude_categories=("C", "Z")) | st.sampled_from(" ;,|'\"\n"),
    min_size=1,
    max_size=12,
)


def as_read(text: str) -> str:
    return " ".join(text.split())


def is_right(text: str) -> bool:
    """Not empty, and no error of a spreadsheet."""
    return bool(as_read(text)) and "#" not in text


people = st.lists(
    st.tuples(letters, letters).filter(lambda p: all(map(is_right, p))),
    min_size=1,
    max_size=8,
    unique_by=lambda p: as_read(p[0]),
)


@settings(deadline=None)
@given(
    people=people,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_spreadsheets_csv_is_read_back(
    people: list[tuple[str, str]], delimiter: str, encoding: str, quoting: int, end: str
) -> None:
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]  # one of csv's constants
    writer.writerow(["name", "id"])
    writer.writerows((name, number) for number, name in people)
    with TemporaryDirectory() as name:
        path = Path(name) / "roll.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        read = read_roll_file(path)
    assert [(p.id, p.name) for p in read] == [(as_read(a), as_read(b)) for a, b in people]


@settings(max_examples=20)
@given(people)
def test_any_workbook_is_read_back(people: list[tuple[str, str]]) -> None:
    book = Workbook()
    page = book.active
    page.append(["id", "name"])
    for row, person in enumerate(people, 2):
        for column, text in enumerate(person, 1):
            page.cell(row, column, text).data_type = "s"  # no formula, whatever it begins with
    with TemporaryDirectory() as name:
        path = Path(name) / "roll.xlsx"
        book.save(path)
        read = read_roll_file(path)
    assert [(p.id, p.name) for p in read] == [(as_read(a), as_read(b)) for a, b in people]


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_roll_or_our_own_error(data: bytes) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "roll.csv"
        for head in (b"", b"id;name\n", b"\xff\xfe" + "id;name\n".encode("utf-16-le")):
            path.write_bytes(head + data)
            try:
                people = read_roll_file(path)
            except InputError:
                continue
            assert all(p.id and p.name for p in people)
