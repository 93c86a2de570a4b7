"""Registry, roll, cards, box and vote as commands in an election's folder, and what they refuse."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from election_builder import build_election, make_contest, pseudonym
from pbvote.box import Box
from pbvote.cli.choices import in_words, read_choice
from pbvote.core.card import CARD_PREFIX, card_text
from pbvote.core.errors import (
    BallotRefused,
    CardError,
    EncodingError,
    InputError,
    RefusedError,
    SelectionError,
    StorageError,
    VerificationError,
)
from pbvote.core.manifest import Contest
from pbvote.core.note import VerifyKey
from pbvote.core.receipt import read_receipt_text
from pbvote.core.selection import BallotFormat, Grades, Knapsack, Points, Ranking, Vector
from pbvote.files import load_election
from pbvote.registry import Roll
from poll_folder import Called, call, code, sign

OFFICIALS = ("--official", "mayor", "--official", "town clerk")
ROLL = """Numéro;Nom;Né le;Quartier
1;Zoé Dupont;22/11/1980;nord
2;Ali Ben;01/02/1990;sud
3;Ève Œuvrard;;nord
4;Jo Maes;;sud
5;Ida Noll;;nord
6;Max Ott;;sud
"""
COLUMNS = (
    *("--column", "id=Numéro", "--column", "name=Nom"),
    *("--column", "birth_date=Né le", "--column", "district=Quartier"),
)
Town = Path


def make_town(folder: Path) -> Path:
    """DIR with two registries, a roll and three boxes, signed, nothing opened yet."""
    folder.mkdir()
    (folder / "election.toml").write_text('slug = "demo"\ndistricts = ["nord", "sud"]\n')
    (folder / "voters.csv").write_text(ROLL, "latin-1", errors="ignore")
    for name in ("mairie", "desk-1"):
        assert call("registry", "create", folder, name).code == 0
    mairie = ("--registrar", "mairie")
    assert call("roll", "load", folder, folder / "voters.csv", *mairie, *COLUMNS).code == 0
    desk = folder / "registries" / "desk-1"
    assert call("roll", "copy", folder, *mairie, "--to", desk).code == 0
    vkeys = {
        path.parent.name: VerifyKey.parse(path.read_text().strip())
        for path in (folder / "registries").glob("*/registry.vkey")
    }
    with Roll.open(folder / "registries" / "mairie" / "roll.db") as roll:
        people = roll.public_roll()
    public = (folder / "roll.csv").read_bytes()
    keys = {name: vkeys[name] for name in ("mairie", "desk-1")}
    built = build_election("demo", registrar_keys=keys, roll=people)
    sign(folder, built)
    assert (folder / "roll.csv").read_bytes() == public == built.roll_csv
    return folder


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("poll") / "town")


@pytest.fixture
def town(signed: Path, tmp_path: Path) -> Town:
    """A town of a test's own."""
    return Path(shutil.copytree(signed, tmp_path / "town"))


def issue(town: Town, person: str, channel: str = "online", registrar: str = "mairie") -> list[str]:
    """The code to type and the text of a new card."""
    words = ("cards", "issue", town, person, "--channel", channel, "--registrar", registrar)
    called = call(*words)
    assert called.code == 0, called.said
    return [called.lines[1].removeprefix("code  "), called.lines[2]]


def vote(town: Town, card: str, *choices: str, box: str = "online") -> Called:
    return call("vote", town, "--box", box, "--card", card, *choices)


# --- registry and roll ----------------------------------------------------------------------------


def test_registry_is_made_once_and_brings_its_vkey(tmp_path: Path) -> None:
    (tmp_path / "election.toml").write_text('slug = "demo"\n')
    called = call("registry", "create", tmp_path, "mairie")
    written = (tmp_path / "registries" / "mairie" / "registry.vkey").read_text()
    assert called.out == written
    assert VerifyKey.parse(written.strip()).name == "pbvote/demo/registry/mairie"
    assert isinstance(call("registry", "create", tmp_path, "mairie").error, RefusedError)


@pytest.mark.parametrize("group", ["registry", "box"])
@pytest.mark.parametrize("name", ["..", ".", "a/b", "", "é", "a b", "x" * 65])
def test_names_that_are_none(tmp_path: Path, group: str, name: str) -> None:
    (tmp_path / "election.toml").write_text('slug = "demo"\n')
    assert isinstance(call(group, "create", tmp_path, "--", name).error, InputError)
    assert [path.name for path in tmp_path.rglob("*")] == ["election.toml"]


def test_roll_is_shown_before_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "election.toml").write_text('slug = "demo"\ndistricts = ["nord", "sud"]\n')
    (tmp_path / "v.csv").write_text(ROLL)
    call("registry", "create", tmp_path, "mairie")
    words = ("roll", "load", tmp_path, tmp_path / "v.csv", *COLUMNS)
    shown = call(*words, "--dry-run")
    assert shown.code == 0 and "6  people, from Zoé Dupont to Max Ott" in shown.out
    assert not (tmp_path / "roll.csv").exists()
    assert call(*words).code == 0
    lines = (tmp_path / "roll.csv").read_text().splitlines()
    assert len(lines) == 6 and sorted(line.split(",")[1] for line in lines)[0] == "nord"
    assert "Dupont" not in (tmp_path / "roll.csv").read_text()
    assert isinstance(call(*words).error, RefusedError)
    assert call(*words, "--replace").code == 0
    assert (tmp_path / "roll.csv").read_text().splitlines() != lines


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("id,name\n1,Ann\n1,Bob\n", "line 3"),
        ("id,name\n1,\n", "line 2: no name"),
        ("id,name,district\n1,Ann,est\n", "'est' isn't in the list"),
        ("number,who\n1,Ann\n", "no column was chosen for id. Name it, like --column id=number."),
        ("", "empty"),
    ],
)
def test_wrong_roll_loads_nothing(tmp_path: Path, lines: str, says: str) -> None:
    (tmp_path / "election.toml").write_text('slug = "demo"\ndistricts = ["nord"]\n')
    (tmp_path / "v.csv").write_text(lines)
    call("registry", "create", tmp_path, "mairie")
    called = call("roll", "load", tmp_path, tmp_path / "v.csv")
    assert called.code == 1 and says in called.said
    assert not list(tmp_path.rglob("roll.*"))


def test_roll_is_fixed_once_signed(town: Town) -> None:
    called = call("roll", "load", town, town / "voters.csv", "--registrar", "mairie", "--replace")
    assert isinstance(called.error, RefusedError) and "roll change" in called.said
    assert "--registrar desk-1 or mairie" in call("roll", "find", town, "zoe").said
    assert "Here are: desk-1, mairie" in call("registry", "status", town, "nord").said


def test_only_registries_with_their_key_are_of_this_machine(town: Town) -> None:
    """The others' vkeys and logs were brought here."""
    (town / "registries" / "desk-1" / "registry.key").unlink()
    assert call("roll", "find", town, "zoe").code == 0


def test_people_are_found_changed_and_corrected(town: Town) -> None:
    mairie = ("--registrar", "mairie")
    assert call("roll", "find", town, "DUPONT zoe", *mairie).lines == [
        "1  Zoé Dupont  1980-11-22  nord  active"
    ]
    issue(town, "1")
    called = call("roll", "change", town, "1", "died", *OFFICIALS, *mairie)
    assert called.lines == ["1  Zoé Dupont  1980-11-22  nord  died"]
    status = json.loads(call("registry", "status", town, "mairie", "--json").out)
    assert status["people"]["died"] == 1 and status["revoked"] == 1
    called = call("roll", "correct", town, "2", "name=Alí Ben", *OFFICIALS, *mairie)
    assert called.lines == ["2  Alí Ben  1990-02-01  sud  active"]
    for words in (
        ("change", town, "1", "gone", *OFFICIALS),
        ("change", town, "77", "died", *OFFICIALS),
        ("change", town, "2", "died", "--official", "mayor"),
        ("correct", town, "2", "district=nord", *OFFICIALS),
        ("correct", town, "2", "size=9", *OFFICIALS),
        ("correct", town, "2", "name", *OFFICIALS),
    ):
        assert call("roll", *words, *mairie).error is not None


def test_purge_asks_for_the_slug(town: Town) -> None:
    purge = ("roll", "purge", town, "--registrar", "mairie")
    assert isinstance(call(*purge, typed="demo\n").error, RefusedError)  # not closed yet
    assert call("registry", "close", town, "mairie").code == 0
    assert isinstance(call(*purge, typed="yes\n").error, InputError)
    folder = town / "registries" / "mairie"
    assert (folder / "roll.db").exists()
    assert call(*purge, typed="demo\n").code == 0
    assert not (folder / "roll.db").exists() and not (folder / "registry.key").exists()
    assert call("registry", "export", town, "mairie", "--to", town / "stick").code == 0
    assert "purged" in call("registry", "status", town, "mairie").said
    assert call("registry", "close", town, "desk-1").code == 0
    assert call("roll", "purge", town, "--registrar", "desk-1", "--yes").code == 0


# --- cards ----------------------------------------------------------------------------------------


def test_cards_for_everybody_in_a_private_file(town: Town) -> None:
    out = town / "letters.csv"
    words = ("cards", "issue", town, "--all", "--registrar", "mairie")
    called = call(*words, "--out", out)
    assert called.code == 0 and CARD_PREFIX not in called.said and "checkpoint.note" in called.err
    assert out.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(StringIO(out.read_text())))
    assert [row["name"] for row in rows][:2] == ["Zoé Dupont", "Ali Ben"] and len(rows) == 6
    assert len({row["code"] for row in rows}) == len({row["card"] for row in rows}) == 6
    hall = (*words, "--channel", "in-person")
    assert isinstance(call(*hall, "--out", out).error, RefusedError)
    again = call(*words, "--out", town / "again.csv")
    assert again.code == 0 and "Nobody lacks a card" in again.out
    assert not (town / "again.csv").exists() and "Before a card" not in again.err
    default = call(*hall)
    assert "6 cards" in default.out and len(list(town.glob("registries/mairie/cards/*.csv"))) == 1


def test_checkpoint_goes_to_a_copy_first(town: Town, tmp_path: Path) -> None:
    words = ("cards", "issue", town, "1", "--registrar", "mairie", "--copy")
    called = call(*words, tmp_path / "nowhere")
    assert isinstance(called.error, StorageError) and CARD_PREFIX not in called.said
    stick = tmp_path / "stick"
    stick.mkdir()
    called = call(*words, stick)
    assert called.code == 0 and [p.suffix for p in stick.iterdir()] == [".note"]
    assert "Before a card" not in called.err


def test_cards_are_listed_replaced_and_revoked(town: Town) -> None:
    mairie = ("--registrar", "mairie")
    issue(town, "1")
    called = call("cards", "replace", town, "1", *OFFICIALS, *mairie)
    assert called.code == 0 and "card 2" in called.lines[0]
    listed = call("cards", "list", town, "1", *mairie)
    assert listed.lines[1:] == [
        "  card 1, online, of mairie: revoked",
        "  card 2, online, of mairie: active",
    ]
    who = json.loads(call("cards", "list", town, "1", *mairie, "--json").out)["pseudonym"]
    assert call("cards", "list", town, "--pseudonym", who, *mairie).lines == listed.lines
    assert call("cards", "revoke", town, "1", *OFFICIALS, *mairie).lines == ["1 revoked (returned)"]
    for person in ("2", "3", "4"):
        issue(town, person)
    (town / "back.txt").write_text("id\n2\n3,1\n")
    back = ("cards", "revoke", town, "--from-file", town / "back.txt", *OFFICIALS, *mairie)
    assert call(*back).lines == ["2 revoked (returned)"]
    (town / "back.txt").write_text("4\n99\n5\n")
    called = call(*back)
    assert called.code == 1 and "line 2" in called.said and "line 3" in called.said
    assert "active" in call("cards", "list", town, "4", *mairie).out


def test_other_desks_cards_are_known(town: Town) -> None:
    issue(town, "1", "in-person", "desk-1")
    called = call("cards", "issue", town, "1", "--channel", "in-person", "--registrar", "mairie")
    assert isinstance(called.error, InputError) and "desk-1" in called.said
    assert "card 2" in call("cards", "issue", town, "1", "--registrar", "mairie").lines[0]


def test_walk_in_is_enrolled_with_a_card(town: Town) -> None:
    words = ("cards", "enrol", town, "--name", "Ana Sol", "--registrar", "desk-1", *OFFICIALS)
    called = call(*words, "--id", "W1", "--district", "nord", "--channel", "in-person")
    assert called.code == 0 and called.lines[0] == "W1  Ana Sol, card 1, in-person"
    assert call("box", "open", town, "kiosk-1").code == 0
    cast = vote(town, called.lines[2], "city=p1", "quarter=p2:3", box="kiosk-1")
    assert cast.code == 0, cast.said
    assert isinstance(call(*words, "--id", "W1", "--district", "nord").error, RefusedError)
    assert call(*words, "--id", "W2", "--district", "est").code == 1
    assert "next: pbvote cards issue" in call(*words, "--id", "W3", "--district", "sud").out


@pytest.mark.parametrize(
    "words",
    [
        ("issue",),
        ("issue", "1", "--all"),
        ("issue", "1", "--channel", "post"),
        ("issue", "99"),
        ("replace", "1", *OFFICIALS),
        ("replace", "1", "--reason", "eaten", *OFFICIALS),
        ("revoke", "1", *OFFICIALS),
        ("revoke", *OFFICIALS),
        ("revoke", "--from-file", "nowhere.txt", *OFFICIALS),
        ("list",),
        ("list", "99"),
        ("list", "--pseudonym", "zz"),
        ("list", "--pseudonym", "00" * 16),
    ],
)
def test_cards_that_cant_be(town: Town, words: tuple[str, ...]) -> None:
    called = call("cards", words[0], town, *words[1:], "--registrar", "mairie")
    assert called.code == 1 and called.error is not None


# --- boxes ----------------------------------------------------------------------------------------


def test_box_is_made_once_and_brings_its_vkey(tmp_path: Path) -> None:
    (tmp_path / "election.toml").write_text('slug = "demo"\n')
    assert call("box", "create", tmp_path, "online").code == 0
    written = (tmp_path / "boxes" / "online" / "box.vkey").read_text()
    assert VerifyKey.parse(written.strip()).name == "pbvote/demo/box/online"
    assert isinstance(call("box", "create", tmp_path, "online").error, RefusedError)
    for text in ("", "slug = 3", "slug = ", 'slug = "a b"'):
        (tmp_path / "election.toml").write_text(text)
        assert isinstance(call("box", "create", tmp_path, "other").error, InputError)
    assert "election.toml" in call("box", "create", tmp_path / "nowhere", "online").said


def test_box_opens_takes_closes_and_exports(town: Town) -> None:
    assert "not open yet" in call("box", "status", town, "online").lines[0]
    assert call("box", "open", town, "online").code == 0
    assert isinstance(call("box", "open", town, "online").error, RefusedError)
    _, card = issue(town, "2")
    assert vote(town, card, "city=p1").code == 0
    status = json.loads(call("box", "status", town, "online", "--json").out)
    assert (status["cast"], status["challenged"], status["size"]) == (1, 0, 2)
    export = ("box", "export", town, "online", "--to", town / "stick")
    assert call(*export).lines == [f"2 entries in {town / 'stick' / 'box' / 'online'}"]
    assert call("box", "close", town, "online").code == 0
    assert isinstance(call("box", "close", town, "online").error, RefusedError)
    assert "3 entries" in call(*export).out
    assert "closed at" in call("box", "status", town, "online").lines[0]


def test_box_in_the_hall_exports_after_closing_only(town: Town) -> None:
    call("box", "open", town, "kiosk-1")
    export = ("box", "export", town, "kiosk-1", "--to", town / "stick")
    assert isinstance(call(*export).error, RefusedError)
    call("box", "close", town, "kiosk-1")
    assert call(*export).code == 0


def test_a_dead_box_is_exported_from_its_database_without_its_key(town: Town) -> None:
    """The machine burnt: what is left is a stick with the second copy."""
    call("box", "open", town, "kiosk-1")
    stick = town / "copy.db"
    for path in (town / "boxes" / "kiosk-1").glob("box.db*"):
        shutil.copy(path, town / path.name.replace("box.db", "copy.db"))
    shutil.rmtree(town / "boxes" / "kiosk-1")
    export = ("box", "export", town, "kiosk-1", "--from", stick, "--to", town / "out")
    called = call(*export)
    assert called.code == 0 and "1 entr" in called.out and "--cut box/kiosk-1" in called.err
    foreign = call("box", "export", town, "online", "--from", stick, "--to", town / "out")
    assert isinstance(foreign.error, VerificationError)


def test_status_while_another_process_has_the_box(town: Town) -> None:
    call("box", "open", town, "online")
    folder = town / "boxes" / "online"
    with Box.in_folder(folder, load_election(town), "online", now=lambda: 1_800_000_000):
        called = call("box", "status", town, "online")
        assert called.code == 0 and "open since" in called.lines[0]
        assert call("box", "export", town, "online", "--to", town / "stick").code == 0
        refused = call("box", "close", town, "online")
        assert isinstance(refused.error, StorageError) and "another process" in refused.said


def test_restored_log_is_adopted_only_when_told(town: Town) -> None:
    call("box", "open", town, "online")
    (town / "boxes" / "online" / "box.db.mark").unlink()
    called = call("box", "close", town, "online")
    assert isinstance(called.error, StorageError) and "--adopt" in called.said
    assert call("box", "open", town, "online", "--adopt").code == 0
    assert call("box", "close", town, "online").code == 0


def test_older_log_put_back_is_noticed_by_status_too(town: Town) -> None:
    folder = town / "boxes" / "online"
    older = {path.name: path.read_bytes() for path in folder.glob("box.db*")}
    call("box", "open", town, "online")
    for name in ("box.db", "box.db-wal", "box.db-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "box.db").write_bytes(older["box.db"])
    called = call("box", "status", town, "online")
    assert isinstance(called.error, StorageError) and "missing" in called.said


def test_status_warns_where_the_box_would_not_open(town: Town) -> None:
    call("box", "open", town, "online")
    assert "is missing" not in call("box", "status", town, "online").err
    (town / "boxes" / "online" / "box.db.mark").unlink()
    called = call("box", "status", town, "online")
    assert called.code == 0 and "box.db.mark is missing" in called.err
    told = json.loads(call("box", "status", town, "online", "--json").out)
    assert any("--adopt" in warning for warning in told["warnings"])


@pytest.fixture
def stick() -> Iterator[Path]:
    """A folder on another disk."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == Path.cwd().stat().st_dev:
        pytest.skip("needs a second disk, and /dev/shm isn't one here")
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_a_second_copy_that_is_left_out_is_warned_of(town: Town, stick: Path) -> None:
    opened = call("box", "open", town, "online", "--second", stick)
    assert opened.code == 0 and "second" not in opened.err
    copy = stick / "demo-online.db"
    assert copy.exists() and "second" not in call("box", "status", town, "online").err
    _, card = issue(town, "2")
    words = ("vote", town, "--box", "online", "--card", card, "city=p1")
    assert f"the second copy {copy} isn't written: give --second" in call(*words).err
    assert "has 1 of 2 entries: give --second" in call("box", "status", town, "online").err
    assert "second" not in call(*words, "--second", stick).err
    assert "second" not in call("box", "status", town, "online").err
    assert "isn't written" in call("box", "close", town, "online").err
    copy.unlink()
    assert "can't be read" in call("box", "status", town, "online").err


def test_times_are_those_of_the_town(town: Town) -> None:
    """Europe/Brussels in `election_builder`; what programs read stays UTC."""
    local = r"2[-0-9]{9} [0-9]{2}:[0-9]{2}(:[0-9]{2})? CES?T$"
    opened = call("box", "open", town, "online")
    assert re.search(f"open since {local}", opened.lines[0]), opened.lines[0]
    assert "1 entry in the log" in opened.out and not re.search("[0-9]Z", opened.said)
    told = json.loads(call("box", "status", town, "online", "--json").out)
    assert told["opened"].endswith("Z")
    warned = [text for text in told["warnings"] if "hours" in text]
    assert warned and "Z" in warned[0], "the poll of election_builder isn't now"
    assert not re.search("[0-9]Z", call("box", "status", town, "online").said)
    assert re.search(local, call("registry", "close", town, "mairie").lines[0])
    assert re.search(local, call("registry", "status", town, "mairie").lines[0])


def test_second_copy_on_the_same_disk_is_warned_of(town: Town, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    called = call("box", "open", town, "online", "--second", stick)
    assert called.code == 0 and "Warning: no second copy" in called.err


def test_boxes_that_arent_here(town: Town, tmp_path: Path) -> None:
    assert "This election has: online" in call("box", "open", town, "attic").said
    shutil.rmtree(town / "boxes" / "kiosk-2")
    called = call("box", "open", town, "kiosk-2")
    assert isinstance(called.error, InputError) and "on this machine" in called.said
    assert "manifest" in call("box", "open", tmp_path, "online").said
    (town / "manifest.note").write_bytes((town / "manifest.note").read_bytes()[:-40])
    assert call("box", "open", town, "online").code == 1


# --- votes ----------------------------------------------------------------------------------------


def test_vote_prints_tracker_then_receipt(town: Town) -> None:
    call("box", "open", town, "online")
    code_, card = issue(town, "1")
    called = vote(town, card, "city=p1,p3", "quarter=p1:6,p2:4")
    assert called.code == 0
    tracker, receipt = called.lines
    assert read_receipt_text(receipt).tracker.hex() == tracker.removeprefix("tracker ")
    typed = vote(town, code_.lower().replace(" ", "-"), "city=blank")
    assert typed.code == 0, typed.said
    words = ("vote", town, "--box", "online", "--card", card, "city=p2", "--json")
    told = json.loads(call(*words).out)
    assert (told["use"], told["index"]) == ("cast", 3)
    challenged = call(*words, "--challenge")
    assert json.loads(challenged.out)["use"] == "challenge"


def test_typed_code_needs_the_registrars_log(town: Town) -> None:
    """A box on a machine of its own: no log, then one brought on a stick."""
    call("box", "open", town, "online")
    code_, card = issue(town, "2")
    for name in ("mairie", "desk-1"):
        call("registry", "export", town, name, "--to", town / "stick")
    shutil.rmtree(town / "registries")
    called = vote(town, code_, "city=p1")
    assert isinstance(called.error, InputError) and "registrar's log" in called.said
    assert vote(town, card, "city=p1").code == 0
    desk = town / "registries/desk-1/log"
    shutil.copytree(town / "stick" / "registry" / "desk-1", desk)
    called = vote(town, code_, "city=p1")
    assert isinstance(called.error, CardError) and "mairie isn't on this machine" in called.said
    assert "letter by letter" not in called.said
    shutil.copytree(town / "stick" / "registry" / "mairie", town / "registries/mairie/log")
    assert vote(town, code_, "city=p2").code == 0
    assert "no registries on this machine" in call("roll", "find", town, "zoe").said


@pytest.mark.parametrize(
    ("choices", "kind", "says"),
    [
        (("quarter=p1:1",), SelectionError, "doesn't vote in this contest"),
        (("town=p1",), EncodingError, "no contest is called 'town'"),
        (("city=p9",), SelectionError, "no project is called 'p9'"),
        (("city=p1,p1",), SelectionError, "stands twice"),
        (("city=p1,p2,p3,p4",), SelectionError, "4 projects chosen, 0 to 3 allowed"),
        (("city",), InputError, "no choice"),
        (("city=",), InputError, "no choice"),
        (("city=p1", "city=p2"), InputError, "stands twice"),
        (("city=p1,",), SelectionError, "no project is called ''"),
    ],
)
def test_choices_that_cant_be(
    town: Town, choices: tuple[str, ...], kind: type[Exception], says: str
) -> None:
    call("box", "open", town, "online")
    called = vote(town, issue(town, "2")[1], *choices)  # of sud: no quarter
    assert called.code == 1 and isinstance(called.error, kind)
    assert says in called.said and "PBVOTE1/R/" not in called.out


def _other_election(town: Town, cards: dict[str, str]) -> str:
    built = build_election("other", seed=9)
    person = pseudonym(0)
    return card_text(code(0), built.certificate(code(0), person), 0, 0)


def _mistyped(town: Town, cards: dict[str, str]) -> str:
    text = cards["code"]
    return text[:3] + ("A" if text[3] != "A" else "B") + text[4:]


REFUSED: dict[str, tuple[Callable[[Town, dict[str, str]], str], type[Exception], str]] = {
    "another election": (_other_election, CardError, "isn't of this election"),
    "mistyped": (_mistyped, CardError, "typing error"),
    "too short": (lambda town, cards: cards["code"][:-1], CardError, "28 letters"),
    "cut": (lambda town, cards: cards["text"][:-9], CardError, "only in part"),
    "unknown code": (
        lambda town, cards: "AAAA AAAA AAAA AAAA AAAA AAAA AA6A",
        CardError,
        "",
    ),
    "other channel": (lambda town, cards: cards["hall"], CardError, "voting in the hall"),
    "replaced": (lambda town, cards: cards["text"], BallotRefused, "no longer votes"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_cards_that_dont_vote(town: Town, which: str) -> None:
    call("box", "open", town, "online")
    code_, text = issue(town, "1")
    cards = {"code": code_, "text": text, "hall": issue(town, "3", "in-person", "desk-1")[1]}
    if which == "replaced":
        call("cards", "replace", town, "1", *OFFICIALS, "--registrar", "mairie")
    make, kind, says = REFUSED[which]
    called = vote(town, make(town, cards), "city=p1")
    assert called.code == 1 and isinstance(called.error, kind), called.said
    assert says in called.said and text not in called.said and code_ not in called.said
    assert json.loads(call("box", "status", town, "online", "--json").out)["cast"] == 0


def test_revoked_card(town: Town) -> None:
    call("box", "open", town, "online")
    _, card = issue(town, "1")
    assert vote(town, card, "city=p1").code == 0
    call("cards", "revoke", town, "1", *OFFICIALS, "--registrar", "mairie")
    called = vote(town, card, "city=p2")
    assert isinstance(called.error, BallotRefused) and called.error.reason == "revoked"


def test_vote_in_a_box_that_isnt_open(town: Town) -> None:
    _, card = issue(town, "1")
    assert "isn't open yet" in vote(town, card, "city=p1").said
    call("box", "open", town, "online")
    call("box", "close", town, "online")
    assert "closed" in vote(town, card, "city=p1").said
    assert call("vote", town, "--card", card, "city=p1").code == 1
    assert call("vote", town, "--box", "online", "city=p1").code == 1
    assert call("vote", town, "--box", "attic", "--card", card, "city=p1").code == 1


def test_many_votes_from_a_file(town: Town) -> None:
    call("box", "open", town, "online")
    out = town / "cards.csv"
    call("cards", "issue", town, "--all", "--registrar", "mairie", "--out", out)
    rows = list(csv.DictReader(StringIO(out.read_text())))
    call("cards", "revoke", town, "3", *OFFICIALS, "--registrar", "mairie")
    lines = ["card;city;quarter"]
    lines += [f"{row['card']};p1,p2;" for row in rows[:4]]
    lines += [f"{rows[4]['code']};;p1:3,p2:1", f"{rows[5]['card']};blank;"]
    (town / "votes.csv").write_text("\n".join(lines) + "\n")
    words = ("vote", town, "--box", "online", "--csv", town / "votes.csv")
    called = call(*words)
    assert called.code == 1 and "1 of 6 ballots refused" in called.said
    assert "line 4: refused" in called.out and called.out.count("PBVOTE1/R/") == 5
    assert not any(row["card"] in called.said for row in rows)
    told = json.loads(call(*words, "--json").out)
    assert [line.get("refused") for line in told] == [None, None, "revoked", None, None, None]
    assert json.loads(call("box", "status", town, "online", "--json").out)["cast"] == 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("card,city\nPBVOTE1/C/AAAA,p9\n,p1\n", "line 2: city: no project is called 'p9'"),
        ("card,town\nx,p1\n", "'town' is no contest"),
        ("city\np1\n", "must name the columns"),
        ("card,card\nx,y\n", "must name the columns"),
        ("", "must name the columns"),
        ("\xff\xfe", "not UTF-8"),
        ('card,city\n"x,p1\n', ""),
    ],
)
def test_wrong_file_casts_nothing(town: Town, text: str, says: str) -> None:
    call("box", "open", town, "online")
    (town / "votes.csv").write_text(text, "latin-1")
    called = call("vote", town, "--box", "online", "--csv", town / "votes.csv")
    assert called.code == 1 and called.error is not None and says in called.said
    assert json.loads(call("box", "status", town, "online", "--json").out)["cast"] == 0


def test_file_for_a_closed_box_stops_at_once(town: Town) -> None:
    _, card = issue(town, "1")
    (town / "votes.csv").write_text(f"card,city\n{card},p1\n")
    called = call("vote", town, "--box", "online", "--csv", town / "votes.csv")
    assert "isn't open yet" in called.said
    assert call("vote", town, "--box", "online", "--csv", town / "none.csv").code == 1


# --- choices in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "text", "vector", "words"),
    [
        (None, "p2, p3", (0, 1, 1, 0, 0), ["p2  Project 2", "p3  Project 3"]),
        (Knapsack(), "p1", (1, 0, 0, 0, 0), ["p1  Project 1"]),
        (
            Points(total=10, max_each=6),
            "p1:2,p5:6",
            (2, 0, 0, 0, 6),
            ["6 points  p5  Project 5", "2 points  p1  Project 1"],
        ),
        (
            Ranking(max=3),
            "p4,p1",
            (2, 0, 0, 1, 0),
            ["1.  p4  Project 4", "2.  p1  Project 1"],
        ),
        (
            Grades(levels=5),
            "p1:1,p2:5",
            (1, 5, 0, 0, 0),
            ["grade 5  p2  Project 2", "grade 1  p1  Project 1"],
        ),
        (Ranking(max=3), "blank", (0, 0, 0, 0, 0), ["blank: no project"]),
    ],
)
def test_choices_of_every_format(
    form: BallotFormat | None, text: str, vector: Vector, words: list[str]
) -> None:
    contest: Contest = make_contest(ballot=form)
    assert read_choice(contest, text) == vector
    assert in_words(contest, vector, "en") == words


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Points(total=10, max_each=6), "p1"),
        (Points(total=10, max_each=6), "p1:7"),
        (Points(total=10, max_each=6), "p1:6,p2:6"),
        (Points(total=10, max_each=6), "p1:-1"),
        (Points(total=10, max_each=6), "p1:٣"),
        (Points(total=10, max_each=6), "p1:99999"),
        (Ranking(max=2), "p1,p2,p3"),
        (Grades(levels=3), "p1:4"),
        (Knapsack(), "p1,p2,p3,p4,p5"),
        (None, "p1:1"),
    ],
)
def test_choices_outside_their_format(form: BallotFormat | None, text: str) -> None:
    with pytest.raises(SelectionError):
        read_choice(make_contest(ballot=form), text)
