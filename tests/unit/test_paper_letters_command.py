"""`pbvote cards letters`: cards and letters together, or neither, and nothing lost between them."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from election_builder import build_election
from pbvote.cli.letters import PrivateFiles
from pbvote.core.card import read_card_text, read_typed_code
from pbvote.core.errors import InputError, PbvoteError, RefusedError, StorageError
from pbvote.core.note import VerifyKey, parse_checkpoint, parse_note
from pbvote.registry import CARDS, ROLL, CheckpointCopy, Registry, Roll
from pbvote.registry.rollfile import Person
from pdf_pages import codes, pages
from poll_folder import Called, call, sign

PBVOTE = [sys.executable, "-c", "from pbvote.cli.main import main; main()"]


@dataclass(frozen=True)
class Town:
    """A signed election's folder with one registrar, and commands on it."""

    path: Path

    @property
    def registry(self) -> Path:
        return self.path / "registries" / "mairie"

    @property
    def kept(self) -> list[Path]:
        """Files with codes in the registry's folder."""
        return sorted((self.registry / CARDS).glob("online-*.csv"))

    @property
    def out(self) -> Path:
        return self.path / "letters.pdf"

    def letters(self, *words: str | Path) -> Called:
        return call("cards", "letters", self.path, "--out", self.out, *words)

    def cards(self, person: str) -> int:
        """How many active cards somebody has."""
        listed = json.loads(call("cards", "list", self.path, person, "--json").out)
        return sum(card["active"] for card in listed["cards"])


def make_town(folder: Path, people: int = 5) -> Town:
    town = Town(folder)
    key = VerifyKey.parse(Registry.create(town.registry, "demo", "mairie"))
    roll = Roll.create(
        town.registry / ROLL,
        (
            Person(id=f"A{i}", name=f"Name {i}", address=f"Rue {i}" if i else "", district="nord")
            for i in range(people)
        ),
    )
    with roll:
        public = roll.public_roll()
    sign(
        folder, build_election(registrars=("mairie",), registrar_keys={"mairie": key}, roll=public)
    )
    return town


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return make_town(tmp_path_factory.mktemp("letters") / "town")


@pytest.fixture
def town(template: Town, tmp_path: Path) -> Town:
    shutil.copytree(template.path, tmp_path / "town")
    return Town(tmp_path / "town")


def test_everybody_gets_a_card_and_a_letter(town: Town, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    done = town.letters("--copy", stick)
    assert done.code == 0, done.said
    assert "5 letters in" in done.out
    assert "1 letter with no address on the roll: A0" in done.err
    pdf = town.out.read_bytes()
    texts = pages(pdf)
    assert len(texts) == 5
    for number, text in enumerate(texts):
        assert f"Name {number}" in text
        (card,) = codes(pdf, number + 1)
        groups = " ".join(text.split("Votre code")[1].split()[:7])
        assert read_typed_code(groups) == read_card_text(card).code
        assert town.cards(f"A{number}") == 1
    assert town.out.stat().st_mode & 0o777 == 0o600
    assert town.kept == []
    assert len(list(stick.iterdir())) == 1
    assert "no letter was made" in town.letters().out


def test_some_people_only(town: Town) -> None:
    assert town.letters("A3", "A1").code == 0
    assert ["Name 3" in pages(town.out.read_bytes())[0], town.cards("A0")] == [True, 0]


def test_several_files(town: Town) -> None:
    done = town.letters("--per-file", "2")
    files = [town.path / f"letters-{number}.pdf" for number in (1, 2, 3)]
    assert all(str(file) in done.out for file in files)
    assert [len(pages(file.read_bytes())) for file in files] == [2, 2, 1]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert not town.out.exists()


def test_cards_issued_before_are_printed_and_checked(town: Town) -> None:
    issued = town.path / "cards.csv"
    assert call("cards", "issue", town.path, "--all", "--out", issued).code == 0
    assert town.letters("--from", issued).code == 0
    with issued.open() as file:
        rows = list(csv.DictReader(file))
    pdf = town.out.read_bytes()
    assert [codes(pdf, page) for page in (1, 2, 3, 4, 5)] == [[row["card"]] for row in rows]
    assert issued.exists()
    assert town.cards("A1") == 1


def test_wrong_cards_are_not_printed(town: Town) -> None:
    issued, wrong = town.path / "cards.csv", town.path / "wrong.csv"
    call("cards", "issue", town.path, "A0", "A1", "A2", "--out", issued)
    call("cards", "issue", town.path, "A3", "--channel", "in-person", "--out", wrong)
    officials = ("--official", "mayor", "--official", "clerk")
    call("cards", "revoke", town.path, "A2", *officials)
    with issued.open() as file:
        rows = list(csv.reader(file))
    rows[1][0], rows[2][5] = "A1", rows[1][5]
    rows.append(["A4", "Name 4", "online", "1", "PBVOTE1/C/ABC", "ABCD"])
    with wrong.open() as file:
        rows += list(csv.reader(file))[1:]
    with wrong.open("w") as file:
        csv.writer(file).writerows(rows)
    error = town.letters("--from", wrong).error
    assert isinstance(error, InputError)
    for part in (
        "line 2: this card isn't A1's",
        "line 3: the code of A1 isn't the card's",
        "line 4: this card of A2 is revoked",
        "line 5: the card's code was read only in part",
        "line 6: this card of A3 isn't one to post",
    ):
        assert part in str(error)
    assert rows[1][4] not in str(error)
    assert not town.out.exists()


def test_a_file_without_cards(town: Town) -> None:
    empty = town.path / "empty.csv"
    for text in ("", "id,name\nA1,Name 1\n"):
        empty.write_text(text)
        error = town.letters("--from", empty).error
        assert isinstance(error, InputError)
        assert "not a file of cards" in error.what


def test_no_card_is_made_where_no_letter_can_be(town: Town) -> None:
    for options, kind in (
        (("--sender", "Commune " * 30), InputError),
        (("--contact", "Guichet. " * 500), InputError),
        (("--language", "pl"), InputError),
        (("A1", "--from", town.path / "cards.csv"), InputError),
        (("--out", town.path / "manifest.note"), RefusedError),
        (("--out", town.path / "manifest.note" / "letters.pdf"), StorageError),
        (("--copy", town.path / "no-stick"), StorageError),
        (("A1", "nobody"), InputError),
    ):
        error = town.letters(*options).error
        assert isinstance(error, kind), options
        assert town.cards("A1") == 0
        assert town.kept == []
    assert not list(town.path.glob(".new-*"))
    assert not town.out.exists()


def test_cut_off_while_it_prints(tmp_path: Path) -> None:
    """Nothing that looks like letters, and the cards still there to print."""
    town = make_town(tmp_path / "town", 700)
    command = [*PBVOTE, "cards", "letters", str(town.path), "--out", str(town.out)]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        # a shell's background job, as these tests may be, is deaf to it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    before = next(line for line in process.stderr if "cards read back" in line)  # it prints now
    process.send_signal(signal.SIGINT)
    said = before + process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    (kept,) = town.kept
    assert f"--from {kept}" in said
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not town.out.exists()
    assert not list(town.path.glob(".new-*"))
    assert town.letters("--from", kept).code == 0
    assert len(pages(town.out.read_bytes())) == 700


class PulledOut(CheckpointCopy):
    """A stick that is gone after the first copy."""

    times = 0

    def __call__(self, note: bytes) -> None:
        self.times += 1
        if self.times > 1:
            raise StorageError("the stick was pulled out", where=str(self.folder))
        super().__call__(note)


@pytest.mark.parametrize("letters", [True, False])
def test_a_stick_that_is_pulled_out_costs_no_code(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, letters: bool
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with monkeypatch.context() as pulled:
        pulled.setattr("pbvote.cli.desk.CheckpointCopy", PulledOut)
        if letters:
            done = town.letters("--copy", stick)
            (kept,) = town.kept
            assert f"--from {kept} --copy {stick}" in done.err
        else:
            kept = town.path / "cards.csv"
            words = ("--all", "--out", kept, "--copy", stick)
            done = call("cards", "issue", town.path, *words)
    assert isinstance(done.error, StorageError) and not town.out.exists()
    assert f"kept in {kept}" in done.err and "checkpoint.note" in done.err
    assert town.letters("--from", kept, "--copy", stick).code == 0
    assert len(pages(town.out.read_bytes())) == 5
    (note,) = stick.iterdir()
    assert parse_checkpoint(parse_note(note.read_bytes()).text).size == 5


def test_files_are_all_there_or_none(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), PrivateFiles(tmp_path / "a.pdf", 5, 2) as files:
        for start, _, out in files.parts():
            out.write(b"%PDF")
            if start == 2:
                raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a-3.pdf").touch()
    with pytest.raises(RefusedError), PrivateFiles(tmp_path / "a.pdf", 5, 2):
        pass
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_our_error(tmp_path: Path) -> None:
    def print_on_full_disk() -> None:
        with PrivateFiles(tmp_path / "a.pdf", 1, 1):
            raise OSError(28, "No space left on device")

    with pytest.raises(PbvoteError, match="No space left"):
        print_on_full_disk()
    assert list(tmp_path.iterdir()) == []
