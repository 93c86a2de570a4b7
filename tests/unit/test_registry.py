"""A registrar's desk: cards, enrolments, revocations, closing and destroying."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from msgspec import UNSET

from election_builder import BuiltElection, build_election
from pbvote.core.admission import RegistryLogs
from pbvote.core.card import (
    Certificate,
    Enrol,
    RegistryClose,
    RegistryEntry,
    Revocation,
    check_signature,
    read_card_text,
    read_typed_code,
)
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import InputError, RefusedError, StorageError, VerificationError
from pbvote.core.note import Signer, VerifyKey, open_checkpoint
from pbvote.core.tiles import iter_entries
from pbvote.keyfile import load_signer
from pbvote.registry import (
    CARDS,
    KEY,
    LOG,
    ROLL,
    CheckpointCopy,
    Registry,
    Roll,
    export_log,
    purge,
)
from pbvote.registry.rollfile import Person
from pbvote.store.log import SignedLog, open_log
from pbvote.store.memory import MemoryStore
from support import seeded

OFFICIALS = ("mayor", "clerk")
AT = 1_795_339_800  # 2026-11-22T09:30:00Z
DISTRICTS = ("nord", "sud", "")


def now() -> int:
    return AT


@dataclass
class Town:
    """An election with two registrars, and the folders they work in."""

    built: BuiltElection
    folders: dict[str, Path]

    def open(
        self,
        name: str = "mairie",
        random: Callable[[int], bytes] | None = None,
        clock: Callable[[], int] = now,
    ) -> Registry:
        folder, election = self.folders[name], self.built.election
        return Registry.open(folder, election, name, now=clock, random=random or seeded(7))

    def entries(self, name: str = "mairie") -> list[RegistryEntry]:
        """A closed registry's log, from its export."""
        out = self.folders[name].parent / f"{name}-tiles"
        export_log(self.folders[name], out)
        key = self.built.election.registrar_keys[name]
        checkpoint = open_checkpoint((out / "checkpoint").read_bytes(), key)
        data = iter_entries(lambda path: (out / path).read_bytes(), checkpoint)
        return [decode(entry, RegistryEntry) for entry in data]

    def register(self) -> RegistryLogs:
        """What the merge knows."""
        logs = RegistryLogs(self.built.election, self.built.public_roll)
        for name in self.built.election.registrar_keys:
            for entry in self.entries(name):
                assert logs.add(name, entry) or isinstance(entry, RegistryClose)
        return logs


def make_town(folder: Path, people: int = 6) -> Town:
    names = ("mairie", "desk-1")
    folders = {name: folder / name for name in names}
    keys = {name: VerifyKey.parse(Registry.create(folders[name], "demo", name)) for name in names}
    roll = Roll.create(
        folders["mairie"] / ROLL,
        (
            Person(id=str(i), name=f"Name {i}", birth_date="1980-01-01", district=DISTRICTS[i % 3])
            for i in range(people)
        ),
        random=seeded(3),
    )
    with roll:
        roll.copy_to(folders["desk-1"] / ROLL)
        return Town(build_election(registrar_keys=keys, roll=roll.public_roll()), folders)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return make_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def town(template: Town, tmp_path: Path) -> Town:
    folders = {name: tmp_path / name for name in template.folders}
    for name, folder in template.folders.items():
        shutil.copytree(folder, folders[name])
    return Town(template.built, folders)


@pytest.fixture
def mairie(town: Town) -> Iterator[Registry]:
    with town.open() as registry:
        yield registry


# --- cards ----------------------------------------------------------------------------------------


def test_a_card_is_certified_logged_and_readable(town: Town, mairie: Registry) -> None:
    cards = mairie.issue(["2", "0", "1"], "online")
    assert [card.person for card in cards] == ["2", "0", "1"]
    logs = town.register()
    for card in cards:
        listed = mairie.roll.get(card.person)
        certificate = card.certificate
        assert certificate.pseudonym == listed.pseudonym
        assert (certificate.serial, certificate.channel) == (1, "online")
        assert certificate.district == (listed.person.district or UNSET)
        check_signature(certificate, town.built.election.registrar_keys["mairie"])
        assert town.built.election.certificate(read_card_text(card.text)) == certificate
        assert read_typed_code(card.typed) == card.code
        assert logs.is_logged(certificate) and logs.is_on_roll(certificate)
        assert not logs.is_revoked(certificate)
        assert card.text not in repr(card) and repr(card.code) not in repr(card)
    assert len({card.code for card in cards}) == 3


def test_the_code_is_kept_nowhere(town: Town, mairie: Registry) -> None:
    cards = mairie.issue([str(i) for i in range(6)], "online")
    mairie.stop()
    for path in town.folders["mairie"].rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        for card in cards:
            assert card.code not in data and card.text.encode() not in data


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_is_logged_in_an_order_that_tells_nothing_of_the_roll(
    tmp_path: Path, seed: int
) -> None:
    town = make_town(tmp_path, 40)
    ids = [str(i) for i in range(40)]
    with town.open(random=seeded(seed)) as registry:
        cards = registry.issue(ids, "online")
        registry.revoke_many(ids, "returned", OFFICIALS)
    entries = town.entries()
    keys = [card.certificate.key for card in cards]
    places = [keys.index(e.key) for e in entries[:40] if isinstance(e, Certificate)]
    revoked = [keys.index(e.key) for e in entries[40:] if isinstance(e, Revocation)]
    assert sorted(places) == sorted(revoked) == list(range(40))
    assert len({tuple(places), tuple(revoked), tuple(range(40))}) == 3
    assert len(set(places[:20]) & set(range(20))) < 20  # not even half and half
    pseudonyms = [e.pseudonym for e in entries[:40] if isinstance(e, Certificate)]
    assert pseudonyms != sorted(pseudonyms)


def test_a_batch_is_one_commit(mairie: Registry) -> None:
    before = mairie._log.commits
    mairie.issue(["0", "1", "2"], "online")
    assert mairie._log.commits == before + 1


@pytest.mark.parametrize(
    ("people", "message"),
    [
        (["0", "9"], "nobody on the roll has the id '9'"),
        (["0", "1", "0"], "0 stands twice"),
        (["0", "4"], "4 has an online card already, from mairie"),
        (["0", "5"], "5 is died"),
    ],
)
def test_whoever_can_not_get_a_card(mairie: Registry, people: list[str], message: str) -> None:
    mairie.issue(["4"], "online")
    mairie.change("5", "died", OFFICIALS)
    size = mairie.status().size
    with pytest.raises(InputError, match=message):
        mairie.issue(people, "online")
    assert mairie.status().size == size


def test_everybody_wrong_is_named_up_to_twenty(mairie: Registry) -> None:
    with pytest.raises(InputError) as caught:
        mairie.issue([f"x{i}" for i in range(25)], "online")
    assert "'x19'" in str(caught.value) and "'x20'" not in str(caught.value)
    assert "and 5 more" in str(caught.value)


def test_a_channel_that_is_none(mairie: Registry) -> None:
    with pytest.raises(InputError, match="'post' isn't a channel"):
        mairie.issue(["0"], "post")  # type: ignore[arg-type]  # what a command line may pass on


def test_a_card_of_each_channel_with_rising_serials(mairie: Registry) -> None:
    (letter,) = mairie.issue(["0"], "online")
    (hall,) = mairie.issue(["0"], "in-person")
    assert (letter.certificate.serial, hall.certificate.serial) == (1, 2)
    assert [(c.serial, c.channel, active) for c, active in mairie.cards_of("0")] == [
        (1, "online", True),
        (2, "in-person", True),
    ]


def test_who_has_no_card_yet(mairie: Registry) -> None:
    mairie.issue(["0", "3"], "online")
    mairie.issue(["1"], "in-person")
    mairie.change("2", "moved", OFFICIALS)
    mairie.revoke("3", "returned", OFFICIALS)
    assert mairie.without_card("online") == ["1", "3", "4", "5"]


def test_a_replaced_card_is_revoked_in_the_same_commit(town: Town, mairie: Registry) -> None:
    (old,) = mairie.issue(["0"], "online")
    commits = mairie._log.commits
    new = mairie.replace("0", officials=OFFICIALS, reason="stolen")
    assert mairie._log.commits == commits + 1
    assert new.certificate.serial == 2 and new.code != old.code
    logs = town.register()
    assert logs.is_revoked(old.certificate) and not logs.is_revoked(new.certificate)
    (revocation,) = [e for e in town.entries() if isinstance(e, Revocation)]
    assert (revocation.reason, revocation.officials) == ("stolen", ["mayor", "clerk"])
    with pytest.raises(RefusedError, match="no in-person card to replace"):
        mairie.replace("0", officials=OFFICIALS, channel="in-person")


def test_progress_is_reported(tmp_path: Path) -> None:
    town, reports = make_town(tmp_path, 250), list[tuple[int, int]]()
    with town.open() as registry:
        people = registry.without_card("online")
        registry.issue(people, "online", progress=lambda *at: reports.append(at))
    assert reports == [(100, 250), (200, 250), (250, 250)]


def test_two_threads_never_give_two_cards(town: Town, mairie: Registry) -> None:
    outcomes: list[str] = []

    def issue() -> None:
        try:
            outcomes.append(mairie.issue(["0"], "online")[0].person)
        except InputError as error:
            outcomes.append(error.what)

    threads = [Thread(target=issue) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("0") == 1 and len(town.entries()) == 1


# --- the checkpoint's copy (section 7) ------------------------------------------------------------


def test_cards_come_back_only_when_their_checkpoint_is_copied(
    tmp_path: Path, town: Town, mairie: Registry
) -> None:
    stick = tmp_path / "stick"
    with pytest.raises(StorageError, match="isn't there"):
        mairie.issue(["0"], "online", copy=CheckpointCopy(stick))
    assert mairie.status().size == 0
    stick.mkdir()
    for count, person in enumerate(["0", "1"], 1):
        mairie.issue([person], "online", copy=CheckpointCopy(stick))
        note = (stick / "pbvote_demo_registry_mairie.note").read_bytes()
        key = town.built.election.registrar_keys["mairie"]
        assert open_checkpoint(note, key).size == count
    mairie.replace("0", officials=OFFICIALS, copy=CheckpointCopy(stick))
    assert (stick / "pbvote_demo_registry_mairie.note").read_bytes() == mairie.checkpoint


def test_a_copy_that_fails_after_the_commit_gives_no_cards(mairie: Registry) -> None:
    copies: list[bytes] = []

    def copy(note: bytes) -> None:
        if copies:
            raise StorageError("the stick was pulled out")
        copies.append(note)

    with pytest.raises(StorageError, match="pulled out"):
        mairie.issue(["0"], "online", copy=copy)
    with pytest.raises(InputError, match="0 has an online card already"):
        mairie.issue(["0"], "online")
    assert mairie.replace("0", officials=OFFICIALS, reason="error").certificate.serial == 2


def test_a_copy_with_more_entries_stops_the_desk(tmp_path: Path, mairie: Registry) -> None:
    copy = CheckpointCopy(tmp_path)
    old = mairie.checkpoint
    mairie.issue(["0"], "online", copy=copy)
    with pytest.raises(StorageError, match="the copy has 1 entries, this log only 0"):
        copy(old)
    (tmp_path / "pbvote_demo_registry_mairie.note").write_bytes(b"torn")
    copy(mairie.checkpoint)
    assert (tmp_path / "pbvote_demo_registry_mairie.note").read_bytes() == mairie.checkpoint


# --- other registrars -----------------------------------------------------------------------------


def test_serials_go_on_after_those_of_other_registrars(
    tmp_path: Path, town: Town, mairie: Registry
) -> None:
    mairie.issue(["0", "1"], "in-person")
    mairie.revoke("1", "lost", OFFICIALS)
    mairie.export(tmp_path / "tiles")
    with town.open("desk-1") as desk:
        desk.learn("mairie", tmp_path / "tiles")
        desk.learn("mairie", tmp_path / "tiles")
        assert len(desk.cards_of("0")) == 1
        with pytest.raises(InputError, match="0 has an in-person card already, from mairie"):
            desk.issue(["0"], "in-person")
        assert desk.replace("0", officials=OFFICIALS, channel="in-person").certificate.serial == 2
        assert desk.issue(["1"], "in-person")[0].certificate.serial == 2
        assert desk.issue(["2"], "in-person")[0].certificate.serial == 1
        assert desk.change("0", "struck", OFFICIALS) == ["mairie"]
        assert desk.change("1", "struck", OFFICIALS) == []
    revoked = [e.key for e in town.entries("desk-1") if isinstance(e, Revocation)]
    ours = [e.key for e in town.entries("desk-1") if isinstance(e, Certificate)]
    assert len(revoked) == 2 and set(revoked) < set(ours)


def test_a_log_that_is_not_that_registrars(tmp_path: Path, town: Town, mairie: Registry) -> None:
    mairie.issue(["0"], "online")
    mairie.export(tmp_path / "tiles")
    with town.open("desk-1") as desk:
        with pytest.raises(InputError, match="no other registrar"):
            desk.learn("desk-1", tmp_path / "tiles")
        with pytest.raises(InputError, match="no other registrar"):
            desk.learn("nobody", tmp_path / "tiles")
        with pytest.raises(InputError, match="can't be read"):
            desk.learn("mairie", tmp_path / "none")
        with pytest.raises(VerificationError):
            mairie.learn("desk-1", tmp_path / "tiles")
        tile = tmp_path / "tiles" / "tile" / "entries" / "000.p" / "1"
        tile.write_bytes(tile.read_bytes().replace(b"online", b"onlinE"))
        with pytest.raises(VerificationError):
            desk.learn("mairie", tmp_path / "tiles")
        assert desk.cards_of("0") == []


# --- people ---------------------------------------------------------------------------------------


def test_a_walk_in_is_enrolled_and_votes(town: Town, mairie: Registry) -> None:
    listed = mairie.enrol(
        Person(id="w1", name=" Walk  In ", district="Nord"), OFFICIALS, "passport"
    )
    assert listed.person == Person(id="w1", name="Walk In", district="nord")
    assert listed.note == "2026-11-22T09:30:00Z enrolled by mayor, clerk: passport"
    (card,) = mairie.issue(["w1"], "in-person")
    (nowhere,) = mairie.issue([mairie.enrol(Person(id="w2", name="X"), OFFICIALS).id], "in-person")
    logs = town.register()
    for issued in (card, nowhere):
        assert logs.is_on_roll(issued.certificate)
        assert issued.certificate.pseudonym not in town.built.roll
    enrol = town.entries()[0]
    assert isinstance(enrol, Enrol) and enrol.pseudonym == listed.pseudonym
    mairie.stop()
    with town.open() as again:  # the roll's public side is still the manifest's
        assert again.status().people == {
            "active": 8,
            "moved": 0,
            "died": 0,
            "struck": 0,
            "enrolled": 2,
        }


@pytest.mark.parametrize(
    ("person", "error", "message"),
    [
        (Person(id="0", name="New"), RefusedError, "the id '0' is on the roll already"),
        (
            Person(id="w", name="NAME 3", birth_date="1980-01-01"),
            RefusedError,
            "on the roll already, as 3",
        ),
        (Person(id="w", name=" "), InputError, "no name"),
        (Person(id="", name="New"), InputError, "no id"),
        (Person(id="w", name="New", district="ouest"), InputError, "isn't in the list"),
        (Person(id="w", name="New", birth_date="soon"), InputError, "isn't a date"),
        (Person(id="w", name="New\udce9"), InputError, "letters that were lost"),
    ],
)
def test_walk_ins_that_are_refused(
    mairie: Registry, person: Person, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        mairie.enrol(person, OFFICIALS)
    status = mairie.status()
    assert status.size == 0 and status.people["enrolled"] == 0


def test_who_dies_loses_all_cards(town: Town, mairie: Registry) -> None:
    cards = [mairie.issue(["0"], channel)[0] for channel in ("online", "in-person")]
    assert mairie.change("0", "died", OFFICIALS, "civil registry") == []
    logs = town.register()
    assert all(logs.is_revoked(card.certificate) for card in cards)
    reasons = {e.reason for e in town.entries() if isinstance(e, Revocation)}
    assert reasons == {"ineligible"}
    assert mairie.roll.get("0").note.endswith("died by mayor, clerk: civil registry")
    size = mairie.status().size
    mairie.change("0", "died", OFFICIALS)
    assert mairie.status().size == size
    mairie.change("0", "active", OFFICIALS, "another person of that name")
    assert mairie.issue(["0"], "online")[0].certificate.serial == 3


def test_who_moves_to_another_district_is_enrolled_there(town: Town, mairie: Registry) -> None:
    (old,) = mairie.issue(["0"], "online")
    mairie.change("0", "moved", OFFICIALS)
    person = mairie.roll.get("0").person
    mairie.enrol(Person(id="0-sud", name=person.name, district="sud"), OFFICIALS)
    (new,) = mairie.issue(["0-sud"], "online")
    logs = town.register()
    assert logs.is_revoked(old.certificate)
    assert logs.is_on_roll(new.certificate) and new.certificate.district == "sud"


def test_a_status_that_is_none(mairie: Registry) -> None:
    with pytest.raises(InputError, match="'gone' isn't a status"):
        mairie.change("0", "gone", OFFICIALS)  # type: ignore[arg-type]  # as from a command line


def test_private_data_is_corrected(mairie: Registry) -> None:
    listed = mairie.correct("0", OFFICIALS, "married", name="Name  Zero", email="a@b.be")
    assert (listed.person.name, listed.person.email) == ("Name Zero", "a@b.be")
    assert listed.note.endswith("corrected by mayor, clerk: married")
    assert mairie.status().size == 0
    for values in ({"district": "sud"}, {"id": "7"}):
        with pytest.raises(RefusedError, match="can't change any more"):
            mairie.correct("0", OFFICIALS, **values)
    with pytest.raises(InputError, match="no name"):
        mairie.correct("0", OFFICIALS, name="")
    with pytest.raises(InputError, match="no field phone"):
        mairie.correct("0", OFFICIALS, phone="1")


# --- revocation -----------------------------------------------------------------------------------


def test_one_by_one(town: Town, mairie: Registry) -> None:
    online, hall = (mairie.issue(["0"], channel)[0] for channel in ("online", "in-person"))
    assert mairie.revoke("0", "lost", OFFICIALS, channel="online") == 1
    with pytest.raises(RefusedError, match="no active card"):
        mairie.revoke("0", "lost", OFFICIALS, channel="online")
    assert not town.register().is_revoked(hall.certificate)
    mairie.revoke_key(hall.certificate.key, "stolen", OFFICIALS)
    logs = town.register()
    assert logs.is_revoked(hall.certificate) and logs.is_revoked(online.certificate)
    for key in (hall.certificate.key, bytes(32)):
        with pytest.raises(RefusedError, match="no active card of this log has that key"):
            mairie.revoke_key(key, "stolen", OFFICIALS)


def test_letters_that_came_back(town: Town, mairie: Registry) -> None:
    mairie.issue(["0", "1", "2", "3"], "online")
    second = mairie.replace("3", officials=OFFICIALS)
    commits = mairie._log.commits
    assert mairie.revoke_many(["0", ("1", 1), ("3", 1)], "returned", OFFICIALS) == 2
    assert mairie._log.commits == commits + 1
    assert mairie.revoke_many(["0", "0", ("1", 1), "2"], "returned", OFFICIALS) == 1
    assert not town.register().is_revoked(second.certificate)
    assert mairie.revoke_many([], "returned", OFFICIALS) == 0
    assert mairie.without_card("online") == ["0", "1", "2", "4", "5"]


def test_a_list_with_wrong_lines_revokes_nobody(mairie: Registry) -> None:
    mairie.issue(["0", "3"], "online")
    mairie.replace("3", officials=OFFICIALS)
    size = mairie.status().size
    lines: list[str | tuple[str, int]] = ["0", "9", "1", ("0", 2), "3"]
    with pytest.raises(InputError) as caught:
        mairie.revoke_many(lines, "returned", OFFICIALS)
    for part in (
        "line 2: nobody on the roll has the id '9'",
        "line 3: 1 has no card of registrar mairie",
        "line 4: 0 has no card 2",
        "line 5: 3 had the cards 1, 2; name the serial",
    ):
        assert part in str(caught.value)
    assert mairie.status().size == size


@pytest.mark.parametrize(
    "officials", [(), ("mayor",), ("mayor", " mayor "), ("mayor", " "), ("a", "b", "c"), "mayor"]
)
def test_it_takes_two_officials(mairie: Registry, officials: tuple[str, ...]) -> None:
    mairie.issue(["0"], "online")
    attempts: list[Callable[[], object]] = [
        lambda: mairie.revoke("0", "lost", officials),
        lambda: mairie.revoke_many(["0"], "lost", officials),
        lambda: mairie.replace("0", officials=officials),
        lambda: mairie.enrol(Person(id="w", name="W"), officials),
        lambda: mairie.change("0", "died", officials),
        lambda: mairie.correct("0", officials, name="Z"),
    ]
    for attempt in attempts:
        with pytest.raises(InputError, match="two officials"):
            attempt()
    status = mairie.status()
    assert (status.size, status.revoked, status.people["active"]) == (1, 0, 6)


def test_a_reason_that_is_none(mairie: Registry) -> None:
    mairie.issue(["0"], "online")
    with pytest.raises(InputError, match="'bored' isn't a reason"):
        mairie.revoke("0", "bored", OFFICIALS)  # type: ignore[arg-type]  # as from a command line


# --- closing and destroying -----------------------------------------------------------------------


def test_nothing_goes_in_after_the_close(town: Town, mairie: Registry) -> None:
    mairie.issue(["0"], "online")
    mairie.close()
    assert mairie.closed == "2026-11-22T09:30:00Z"
    attempts: list[Callable[[], object]] = [
        lambda: mairie.issue(["1"], "online"),
        lambda: mairie.replace("0", officials=OFFICIALS),
        lambda: mairie.revoke("0", "lost", OFFICIALS),
        lambda: mairie.revoke_key(bytes(32), "lost", OFFICIALS),
        lambda: mairie.revoke_many(["0"], "lost", OFFICIALS),
        lambda: mairie.enrol(Person(id="w", name="W"), OFFICIALS),
        lambda: mairie.change("0", "died", OFFICIALS),
        mairie.close,
    ]
    for attempt in attempts:
        with pytest.raises(RefusedError, match="closed at 2026-11-22T09:30:00Z"):
            attempt()
    mairie.stop()
    with town.open() as again, pytest.raises(RefusedError, match="closed at"):
        again.close()
    assert town.entries()[1:] == [RegistryClose(at="2026-11-22T09:30:00Z")]


def test_purge_leaves_the_log_and_nothing_private(tmp_path: Path, town: Town) -> None:
    folder = town.folders["mairie"]
    registry = town.open()
    cards = registry.issue(["0", "1"], "online")
    with pytest.raises(RefusedError, match="isn't closed"):
        registry.purge()
    letters = folder / CARDS / "letters" / "a.txt"
    letters.parent.mkdir(parents=True)
    letters.write_text(cards[0].text)
    with town.open() as registry:
        registry.close()
        with pytest.raises(StorageError, match="in use by another process"):
            purge(folder)
        (folder / f"{ROLL}-journal").write_bytes(b"Name 1")
        registry.purge()
    assert sorted(p.name for p in folder.iterdir() if not p.name.endswith(".lock")) in (
        [LOG, f"{LOG}.mark"],
        [LOG, f"{LOG}-shm", f"{LOG}-wal", f"{LOG}.mark"],
    )
    for path in folder.iterdir():
        assert b"Name 1" not in path.read_bytes()
    purge(folder)
    with pytest.raises(RefusedError, match="was purged"):
        town.open()
    assert len(town.entries()) == 3
    assert town.register().is_logged(cards[0].certificate)


def test_a_purge_that_was_cut_off_is_finished(town: Town) -> None:
    with town.open() as registry:
        registry.close()
    folder = town.folders["mairie"]
    (folder / ROLL).unlink()
    with pytest.raises(InputError, match="there is no roll"):
        town.open()
    purge(folder)
    assert not (folder / KEY).exists()


def test_export_has_nothing_of_the_roll(tmp_path: Path, mairie: Registry) -> None:
    mairie.issue(["0"], "online")
    mairie.enrol(Person(id="w", name="Walk In", address="Secret Street"), OFFICIALS, "Secret note")
    assert mairie.export(tmp_path / "tiles") == 2
    for path in (tmp_path / "tiles").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(word in data for word in (b"Name", b"Walk", b"Secret", b"1980"))


# --- the folder -----------------------------------------------------------------------------------


def test_the_state_is_read_back_from_the_log(town: Town, mairie: Registry) -> None:
    mairie.issue(["0", "1"], "online")
    mairie.replace("1", officials=OFFICIALS)
    before = mairie.status()
    mairie.stop()
    mairie.stop()
    with town.open() as again:
        assert again.status() == before
        assert before.cards == {"online": 3, "in-person": 0} and before.revoked == 1
        with pytest.raises(InputError, match="already"):
            again.issue(["1"], "online")
        assert again.replace("1", officials=OFFICIALS).certificate.serial == 3


def test_a_second_process_is_refused(town: Town, mairie: Registry) -> None:
    with pytest.raises(StorageError, match="in use by another process"):
        town.open()


def test_folders_that_are_not_this_elections(tmp_path: Path, town: Town) -> None:
    election, folders = town.built.election, town.folders
    with pytest.raises(RefusedError, match="there is a key already"):
        Registry.create(folders["mairie"], "demo", "mairie")
    with pytest.raises(RefusedError, match="another key than this folder"):
        Registry.open(folders["mairie"], election, "desk-1", now=now)
    with pytest.raises(InputError, match="no registrar is called 'x'"):
        Registry.open(folders["mairie"], election, "x", now=now)
    with pytest.raises(InputError, match="can't be read"):
        Registry.open(tmp_path / "none", election, "mairie", now=now)
    people = [Person(id="1", name="A", district="nord")]
    Roll.create(folders["mairie"] / ROLL, people, replace=True).close()
    with pytest.raises(RefusedError, match="isn't the one that the manifest names"):
        town.open()


def test_a_roll_whose_district_the_manifest_lacks(tmp_path: Path) -> None:
    key = VerifyKey.parse(Registry.create(tmp_path, "demo", "mairie"))
    people = [Person(id="1", name="A", district="ouest")]
    with Roll.create(tmp_path / ROLL, people) as roll:
        built = build_election(registrar_keys={"mairie": key}, roll=roll.public_roll())
    with pytest.raises(RefusedError, match="isn't the one that the manifest names"):
        Registry.open(tmp_path, built.election, "mairie", now=now)


def test_a_log_of_another_election(town: Town) -> None:
    folder = town.folders["mairie"]
    log = open_log(folder / LOG, load_signer(folder / KEY), create=False)
    log.append(encode(Enrol(election=bytes(32), pseudonym=bytes(16))))
    log.close()
    with pytest.raises(RefusedError, match="the log in this folder is of another election"):
        town.open()


def test_a_log_put_back_from_yesterday(town: Town) -> None:
    folder = town.folders["mairie"]
    with town.open() as registry:
        registry.issue(["0"], "online")
    old = {path: path.read_bytes() for path in folder.glob(f"{LOG}*") if "mark" not in path.name}
    with town.open() as registry:
        registry.issue(["1"], "online")
    for path in folder.glob(f"{LOG}*"):
        if "mark" not in path.name:
            path.unlink()
    for path, data in old.items():
        path.write_bytes(data)
    with pytest.raises(StorageError, match="acknowledged entries are missing"):
        town.open()


@pytest.mark.parametrize("time", [-1, 2**32])
def test_a_clock_that_is_wrong(town: Town, time: int) -> None:
    with town.open(clock=lambda: time) as registry:
        for attempt in (registry.close, lambda: registry.change("0", "died", OFFICIALS)):
            with pytest.raises(RefusedError, match="the clock is wrong"):
                attempt()
        assert registry.roll.get("0").status == "active" and registry.closed is None


class FullStore(MemoryStore):
    """A disk that can be full."""

    full = False

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        if self.full:
            raise StorageError("the disk is full")
        super().commit(entries, checkpoint, private)


def test_a_full_disk_changes_nothing(town: Town) -> None:
    folder, store = town.folders["mairie"], FullStore()
    signer, roll = load_signer(folder / KEY), Roll.open(folder / ROLL)
    log = SignedLog(store, signer)
    with Registry(folder, log, roll, signer, town.built.election, "mairie", now=now) as registry:
        registry.issue(["1"], "online")
        store.full = True
        attempts: list[Callable[[], object]] = [
            lambda: registry.issue(["0"], "online"),
            lambda: registry.replace("1", officials=OFFICIALS),
            lambda: registry.enrol(Person(id="w", name="W"), OFFICIALS),
            lambda: registry.change("1", "died", OFFICIALS),
            registry.close,
        ]
        for attempt in attempts:
            with pytest.raises(StorageError, match="full"):
                attempt()
        store.full = False
        assert registry.roll.look_up("w") is None and registry.roll.get("1").status == "active"
        assert registry.issue(["0"], "online")[0].certificate.serial == 1
        assert [active for _, active in registry.cards_of("1")] == [True]


@pytest.mark.parametrize("entry", [b"", bytes(65536)])
def test_an_entry_that_can_not_be_logged(entry: bytes) -> None:
    log = SignedLog(MemoryStore(), Signer("town/a", bytes(32)))
    with pytest.raises(InputError, match="a log entry of"):
        log.append_all([b"right", entry])
    assert log.size == 0
