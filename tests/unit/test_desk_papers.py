"""What the desk prints and saves: the card's slip, the reconciliation, lists, whom to invite."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import get_args

import pytest

from desk_builder import OFFICIALS, Desks, make_desks
from desk_host import desk_host
from pbvote.core.card import read_card_text, read_typed_code
from pbvote.core.encoding import decode
from pbvote.core.errors import InputError, StorageError
from pbvote.paper.report import report_pdf
from pbvote.registry import Roll, purge
from pbvote.registry.ballots import Ballots
from pbvote.registry.desk import CardState
from pbvote.registry.exchange import FolderPlace, HttpPlace
from pbvote.registry.known import Act, Outlook
from pbvote.registry.reconciliation import DeskPage, What
from pbvote.registry.roll import Status
from pbvote.registry.rollfile import Person
from pbvote_kiosk.desk.papers import (
    attendance_csv,
    desk_page,
    invite_csv,
    reconciliation,
    signing_list,
)
from pbvote_kiosk.desk.said import ACT, CARD, DIFFERENCE, LOOKED, OUTLOOK, STATUS
from pbvote_kiosk.desk.slips import card_slip
from pbvote_kiosk.desk.work import copy_place
from pbvote_kiosk.language import LANGUAGES, Words
from pbvote_kiosk.paper.slip import slip_pdf
from pbvote_kiosk.ports import Code, Line

EN = Words("en")


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    return make_desks(tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_slip_of_a_card(desks: Desks, language: str) -> None:
    with desk_host(desks) as host:
        card = host.work.hand_out("2")
        slip = card_slip(card, host.work.election, Words(language, "fr"))
        (code,) = (part for part in slip if isinstance(part, Code))
        assert read_card_text(code.text).code == card.code
        lines = [part.text for part in slip if isinstance(part, Line)]
        groups = [line for line in lines if len(line.split()) in (3, 4) and line.isupper()]
        assert read_typed_code(" ".join(groups)) == card.code
        person = host.desk.roll.get("2").person
        for private in (person.name, person.birth_date, person.address, person.document):
            assert not any(private in line for line in lines)
        assert slip_pdf(slip).startswith(b"%PDF")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reconciliation_on_paper(desks: Desks, language: str) -> None:
    with desk_host(desks) as host:
        words = Words(language, "fr")
        desks.vote(host.work.hand_out("2"))
        host.work.hand_out("3")
        report = reconciliation(host.work, host.work.day(), words)
        rows = dict(report.rows)
        assert rows[words("Cards handed out by all desks on hand")] == "2"
        assert rows[words("of them used")] == rows[words("of them not used")] == "1"
        looked = {cell for table in report.tables for row in table.rows for cell in row}
        assert any("kiosk-1" in cell for cell in looked) and any(
            "desk-1" in cell for cell in looked
        )
        assert report_pdf(report, words).startswith(b"%PDF")


def test_the_reconciliation_for_the_minutes(desks: Desks) -> None:
    with desk_host(desks) as host:
        desks.vote(host.work.hand_out("2"))
        read = host.work.day()
        data = desk_page(host.work, read)
        page = decode(data, DeskPage)
        assert (page.desk, page.numbers) == (host.desk.name, read.numbers)
        assert page.election == host.work.election.id
        person = host.desk.roll.get("2").person
        assert person.name.encode() not in data and person.document.encode() not in data


def test_lists_name_who_came(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.work.hand_out("2")
        host.work.hand_out("3")
        host.work.undo("3", OFFICIALS, "left")
        pdf = signing_list(host.work, EN, only_checked_in=True)
        whole = signing_list(host.work, EN, only_checked_in=False)
        assert len(whole) > len(pdf) > 1000
        rows = list(csv.DictReader(StringIO(attendance_csv(host.desk.roll).decode("utf-8-sig"))))
        assert [(row["id"], row["struck"] != "") for row in rows] == [("2", False), ("3", True)]


def test_a_name_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    person = Person("1", '=HYPERLINK("http://x")', address="+32 Rue")
    with Roll.create(tmp_path / "roll.db", [person]) as roll:
        (row,) = csv.DictReader(StringIO(invite_csv(roll.people()).decode("utf-8-sig")))
        assert row["name"] == '\'=HYPERLINK("http://x")' and row["address"] == "'+32 Rue"


def test_lists_are_destroyed_with_the_roll(desks: Desks) -> None:
    with desk_host(desks) as host:
        host.work.hand_out("2")
        path = host.work.save("checked-in.csv", attendance_csv(host.desk.roll))
        assert path.exists() and path.stat().st_mode & 0o777 == 0o600
        host.work.close()
        folder = host.desk.folder
    purge(folder)
    assert not path.exists() and not path.parent.exists() and not (folder / "roll.db").exists()


def test_where_checkpoints_go(desks: Desks, tmp_path: Path) -> None:
    folder = desks.folders["mairie"]
    assert copy_place(folder, None, []) == folder / "boxes" / "kiosk-1"
    assert copy_place(folder, desks.copy, []) == desks.copy
    empty = tmp_path / "empty"
    empty.mkdir()
    assert copy_place(empty, None, [FolderPlace(desks.copy)]) == desks.copy
    with pytest.raises(InputError, match="no place takes the checkpoints"):
        copy_place(empty, None, [HttpPlace("http://10.0.0.2:8080")])
    with pytest.raises(StorageError, match="isn't there"):
        copy_place(empty, tmp_path / "gone", [])


def test_everything_that_can_be_said_has_words() -> None:
    for kind, said in (
        (Outlook, OUTLOOK), (Act, ACT), (CardState, CARD), (What, DIFFERENCE), (Status, STATUS),
    ):  # fmt: skip
        assert set(get_args(kind)) == set(said)
    for language in LANGUAGES:
        words = Words(language)
        for texts in (OUTLOOK, ACT, CARD, DIFFERENCE, STATUS, LOOKED):
            for text in texts.values():
                assert not text or language == "en" or words(text) != text


def test_ballots_of_nothing(desks: Desks) -> None:
    ballots = Ballots(desks.built.election)
    assert ballots.used() == {} and ballots.of(bytes(16)) == [] and not ballots.has(bytes(32))
    assert ballots.log_of("kiosk-1") is None
