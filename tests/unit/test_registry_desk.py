"""A desk in the hall: check-in and card in one act, undone, replaced, walked in; what it knows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk_builder import OFFICIALS, Desks, copy_desks, make_desks
from pbvote.core.card import Revocation
from pbvote.core.encoding import decode
from pbvote.core.errors import CardError, InputError, RefusedError, StorageError
from pbvote.core.manifest import Supersede
from pbvote.registry import Desk, Roll
from pbvote.registry.rollfile import Person
from pbvote.store.sqlite import SqliteStore

WALK_IN = Person(id="W1", name="Ana Sol", birth_date="1990-01-02", district="sud")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    return make_desks(tmp_path_factory.mktemp("desks"))


@pytest.fixture
def desks(template: Desks, tmp_path: Path) -> Desks:
    return copy_desks(template, tmp_path)


@pytest.fixture
def desk(desks: Desks) -> Iterator[Desk]:
    with desks.open() as desk:
        yield desk


def reasons(desks: Desks) -> list[str]:
    """The reasons of all revocations in the first desk's log."""
    store = SqliteStore.open(
        desks.folders["mairie"] / "registries/mairie/log.db", read_only=True, create=False
    )
    try:
        revocations = [entry for entry in store.entries() if b"revocation" in entry]
    finally:
        store.close()
    return [decode(entry, Revocation).reason for entry in revocations]


def see_boxes(desks: Desks, desk: Desk, at: str = "mairie") -> None:
    assert desk._ballots.refresh(desks.folders[at]) == []


# --- in one act -----------------------------------------------------------------------------------


def test_a_person_is_checked_in_and_has_a_card(desks: Desks, desk: Desk) -> None:
    assert desk.known("2").acts == ["hand-out"]
    card = desk.hand_out("2", copy=desks.copier())
    assert card.certificate.channel == "in-person"
    known = desk.known("2")
    line = known.checked_in
    assert line is not None and not line.signed and line.stands
    assert (line.person, line.desk, line.serial) == ("2", "mairie", card.certificate.serial)
    assert line.at == "2026-11-22T10:00:00Z"
    assert known.unclaimed is None and known.acts == ["replace", "sign", "undo"]
    assert desk.roll.attendance.present() == 1
    (note,) = desks.copy.iterdir()
    assert note.read_bytes() == desk.checkpoint
    with pytest.raises(InputError, match="has an in-person card already"):
        desk.hand_out("2", copy=desks.copier())
    assert len(desk.roll.attendance.of("2")) == 1


def test_nobody_is_checked_in_without_a_place_for_the_checkpoint(desks: Desks, desk: Desk) -> None:
    desks.copy.rmdir()
    with pytest.raises(StorageError, match="isn't there"):
        desk.hand_out("2", copy=desks.copier())
    assert desk.known("2").cards == () and desk.roll.attendance.all() == []
    assert desk.status().size == 0


def test_a_copy_that_fails_after_the_commit_leaves_a_card_that_nobody_has(
    desks: Desks, desk: Desk
) -> None:
    times = 0

    def copy(note: bytes) -> None:
        nonlocal times
        times += 1
        if times == 2:
            raise StorageError("the stick was pulled out")

    with pytest.raises(StorageError):
        desk.hand_out("2", copy=copy)
    known = desk.known("2")
    assert known.checked_in is None and desk.roll.attendance.all() == []
    assert known.unclaimed is not None and known.acts == ["claim"]
    card = desk.replace_card("2", officials=OFFICIALS, reason="error", copy=desks.copier())
    known = desk.known("2")
    assert known.unclaimed is None and known.checked_in is not None
    assert [(c.serial, c.active) for c in known.cards] == [(1, False), (2, True)]
    assert card.certificate.serial == 2 and reasons(desks) == ["error"]


def test_a_roll_that_can_not_be_written_makes_no_card(desks: Desks, desk: Desk) -> None:
    desk.roll._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StorageError):
        desk.hand_out("2", copy=desks.copier())
    desk.roll._connection.execute("PRAGMA query_only = OFF")
    assert desk.known("2").acts == ["hand-out"] and desk.status().size == 0


@pytest.mark.parametrize("status", ["moved", "died", "struck"])
def test_who_may_not_vote_gets_nothing(desks: Desks, desk: Desk, status: str) -> None:
    desk.change("2", status, OFFICIALS)  # type: ignore[arg-type]  # one of them
    known = desk.known("2")
    assert known.acts == [] and known.outlook == "may-not-vote"
    with pytest.raises(InputError, match=f"2 is {status}"):
        desk.hand_out("2", copy=desks.copier())
    assert desk.roll.attendance.all() == []


def test_lines_stay_when_the_desk_is_opened_again(desks: Desks) -> None:
    with desks.open() as desk:
        desk.hand_out("2", copy=desks.copier())
        desk.roll.attendance.sign(1, True)
        assert [desk.roll.attendance.help_given("mairie") for _ in range(2)] == [1, 2]
    with desks.open() as desk:
        (line,) = desk.roll.attendance.all()
        assert line.signed and line.person == "2" and desk.roll.attendance.helped() == 2


def test_a_copy_of_the_roll_has_nobody_checked_in(desks: Desks, desk: Desk, tmp_path: Path) -> None:
    desk.hand_out("2", copy=desks.copier())
    desk.roll.attendance.help_given("mairie")
    desk.roll.copy_to(tmp_path / "other.db")
    with Roll.open(tmp_path / "other.db") as copy:
        assert copy.attendance.all() == [] and copy.attendance.helped() == 0
        assert len(copy.people()) == 6


# --- undone, replaced, walked in ------------------------------------------------------------------


def test_a_check_in_is_undone_by_two_officials(desks: Desks, desk: Desk) -> None:
    card = desk.hand_out("2", copy=desks.copier())
    for officials, why in ((("mayor", "mayor"), "wrong person"), (OFFICIALS, " ")):
        with pytest.raises(InputError):
            desk.undo("2", officials=officials, why=why)
    desk.undo("2", officials=OFFICIALS, why="wrong person")
    known = desk.known("2")
    assert known.checked_in is None and known.acts == ["hand-out"]
    (line,) = known.lines
    assert line.struck == "2026-11-22T10:00:00Z undone by mayor, clerk: wrong person"
    assert desk.card_state(card.text) == "revoked" and reasons(desks) == ["error"]
    assert desk.roll.attendance.present() == 0
    with pytest.raises(RefusedError, match="isn't checked in"):
        desk.undo("2", officials=OFFICIALS, why="again")
    assert desk.hand_out("2", copy=desks.copier()).certificate.serial == 2


def test_who_has_voted_is_not_undone(desks: Desks, desk: Desk) -> None:
    card = desk.hand_out("2", copy=desks.copier())
    desks.vote(card)
    see_boxes(desks, desk)
    assert "undo" not in desk.known("2").acts
    with pytest.raises(RefusedError, match="has voted with this card"):
        desk.undo("2", officials=OFFICIALS, why="wrong person")
    assert desk.known("2").checked_in is not None and reasons(desks) == []


def test_a_lost_card_is_replaced(desks: Desks, desk: Desk) -> None:
    old = desk.hand_out("2", copy=desks.copier())
    new = desk.replace_card("2", officials=OFFICIALS, reason="lost", copy=desks.copier())
    assert desk.card_state(old.text) == "revoked" and desk.card_state(new.text) == "valid"
    assert [line.serial for line in desk.known("2").lines] == [1, 2]
    assert desk.roll.attendance.present() == 1
    desk.undo("2", officials=OFFICIALS, why="left")
    assert desk.known("2").checked_in is None and desk.card_state(new.text) == "revoked"
    with pytest.raises(RefusedError, match="no in-person card to replace"):
        desk.replace_card("2", officials=OFFICIALS, reason="lost", copy=desks.copier())
    assert len(desk.known("2").lines) == 2


def test_a_walk_in(desks: Desks, desk: Desk) -> None:
    with pytest.raises(InputError, match="needs a reason"):
        desk.walk_in(WALK_IN, officials=OFFICIALS, why="", copy=desks.copier())
    card = desk.walk_in(WALK_IN, officials=OFFICIALS, why="moved in", copy=desks.copier())
    known = desk.known("W1")
    assert known.checked_in is not None and known.listed.added == "enrolled"
    assert "moved in" in known.listed.note and "mayor, clerk" in known.listed.note
    desks.vote(card)
    assert [p.id for p in desk.roll.find("sol ana")] == ["W1"]


def test_a_walk_in_whose_card_failed_can_be_handed_one(desks: Desks, desk: Desk) -> None:
    desks.copy.rmdir()
    with pytest.raises(StorageError):
        desk.walk_in(WALK_IN, officials=OFFICIALS, why="moved in", copy=desks.copier())
    assert desk.known("W1").acts == ["hand-out"]
    desks.copy.mkdir()
    desk.hand_out("W1", copy=desks.copier())


# --- what it knows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("supersede", "before", "after"),
    [
        (None, "replaces-online-if-any", "replaces-online"),
        ("latest", "replaces-online-if-any", "replaces-online"),
        ("first", "online-counts-if-any", "online-counts"),
    ],
)
def test_what_will_happen_to_an_online_ballot(
    tmp_path: Path, supersede: Supersede | None, before: str, after: str
) -> None:
    desks = make_desks(tmp_path, supersede=supersede)
    with desks.open() as desk:
        assert desk.known("0").outlook == "will-count"
        (letter,) = desk.issue(["0"], "online")
        assert desk.known("0").outlook == before
        desks.vote(letter, "online")
        see_boxes(desks, desk)
        known = desk.known("0")
        assert known.outlook == after
        assert [(b.box, b.channel) for b in known.ballots] == [("online", "online")]
        assert desk.known("1").outlook == "will-count" and desk.known("1").ballots == ()
        desk.revoke("0", "stolen", OFFICIALS)
        assert desk.known("0").outlook == "will-count"  # it will be set aside


@pytest.mark.parametrize("supersede", [None, "first"])
def test_who_voted_in_the_hall_and_gets_another_card(
    tmp_path: Path, supersede: Supersede | None
) -> None:
    desks = make_desks(tmp_path, supersede=supersede)
    with desks.open() as desk:
        card = desk.hand_out("0", copy=desks.copier())
        assert desk.known("0").outlook == "will-count"
        desks.vote(card)
        see_boxes(desks, desk)
        assert desk.known("0").outlook == "replaces-hall"  # its card is revoked for the new one
        assert desk.card_state(card.text) == "used"
    with desks.open("desk-1") as other:
        see_boxes(desks, other, "desk-1")
        assert other.known("0").outlook == "will-count"
        see_boxes(desks, other)  # the ballot's card is of a desk that alone can revoke it
        expected = "hall-counts" if supersede == "first" else "replaces-hall"
        assert other.known("0").outlook == expected


def test_a_card_on_the_table_says_nothing_of_its_holder(desks: Desks, desk: Desk) -> None:
    card = desk.hand_out("2", copy=desks.copier())
    (letter,) = desk.issue(["2"], "online")
    with desks.open("desk-1") as other:
        foreign = other.hand_out("3", copy=desks.copier())
    assert desk.card_state(card.text) == "valid"
    assert desk.card_state(foreign.text) == "not-known"
    assert desk.card_state(letter.text) == "posted"
    with pytest.raises(CardError):
        desk.card_state("PBVOTE1/C/AAAA")
    desk.take_back(card.text, officials=OFFICIALS)
    assert desk.card_state(card.text) == "revoked" and reasons(desks) == ["returned"]
    for text in (card.text, foreign.text, letter.text):
        with pytest.raises(RefusedError, match="can't be taken back"):
            desk.take_back(text, officials=OFFICIALS)
    assert desk.known("2").acts == ["hand-out", "sign", "undo"]


def test_ballots_on_hand_grow_and_say_only_that(desks: Desks, desk: Desk) -> None:
    see_boxes(desks, desk)
    assert desk._ballots.boxes == {}
    card = desk.hand_out("2", copy=desks.copier())
    with desks.box() as box:  # the kiosk beside us has its box open
        see_boxes(desks, desk)
        assert desk._ballots.boxes["kiosk-1"].cast == 0
        assert box.status().cast == 0
    desks.vote(card)
    see_boxes(desks, desk)
    assert desk._ballots.boxes["kiosk-1"].used == 1
    assert desk._ballots.of(desk.roll.get("2").pseudonym)[0].box == "kiosk-1"
    assert desk._ballots.of(desk.roll.get("3").pseudonym) == []


def test_a_box_that_can_not_be_read_is_named(desks: Desks, desk: Desk) -> None:
    desks.vote(desk.hand_out("2", copy=desks.copier()))
    stick = desks.folders["mairie"] / "stick"
    (stick / "box" / "kiosk-2").mkdir(parents=True)
    (stick / "box" / "kiosk-2" / "checkpoint").write_bytes(b"rubbish")
    (error,) = desk._ballots.refresh(desks.folders["mairie"], [stick])
    assert str(error).startswith("kiosk-2: ")
    assert desk._ballots.boxes["kiosk-1"].cast == 1


def test_a_bad_stick_hides_no_box(desks: Desks, desk: Desk, tmp_path: Path) -> None:
    """A copy that claims to be longer, one that is cut, one that can't be looked into."""
    desks.vote(desk.hand_out("2", copy=desks.copier()))
    sticks = [tmp_path / name for name in ("longer", "cut", "loop")]
    for stick in sticks[:2]:
        (stick / "box" / "kiosk-1").mkdir(parents=True)
    size = b"pbvote/demo/box/kiosk-1\n9\n" + b"A" * 43 + b"=\n\n\xe2\x80\x94 x AAAAAAAA\n"
    (sticks[0] / "box" / "kiosk-1" / "checkpoint").write_bytes(size)
    (sticks[1] / "box" / "kiosk-1" / "checkpoint").write_bytes(b"cut")
    (sticks[2] / "box").mkdir(parents=True)
    (sticks[2] / "box" / "kiosk-1").symlink_to("x" * 300)
    wrong = desk._ballots.refresh(desks.folders["mairie"], sticks)
    assert len(wrong) == 3 and all(str(error).startswith("kiosk-1") for error in wrong)
    assert desk._ballots.boxes["kiosk-1"].cast == 1


def test_what_was_read_from_a_stick_is_known_without_it(
    desks: Desks, desk: Desk, tmp_path: Path
) -> None:
    """Also when an older copy of the box lies on this machine."""
    card = desk.hand_out("2", copy=desks.copier())
    with desks.box():
        shutil.copytree(desks.folders["mairie"] / "boxes/kiosk-1", tmp_path / "old")
    desks.vote(card)
    shutil.move(desks.folders["mairie"] / "boxes/kiosk-1", tmp_path / "stick/box/kiosk-1")
    shutil.move(tmp_path / "old", desks.folders["mairie"] / "boxes/kiosk-1")
    assert desk._ballots.refresh(desks.folders["mairie"], [tmp_path / "stick"]) == []
    assert desk._ballots.has(card.certificate.key)
    assert desk._ballots.refresh(desks.folders["mairie"], []) == []
    assert desk._ballots.has(card.certificate.key)


def test_whom_to_invite_again(desks: Desks, desk: Desk) -> None:
    voted, not_voted, undone = (desk.hand_out(p, copy=desks.copier()) for p in ("0", "1", "2"))
    desk.undo("2", officials=OFFICIALS, why="left")
    with desks.open("desk-1") as other:
        other.hand_out("3", copy=desks.copier())
        other.export(desks.folders["mairie"] / "registries/desk-1/log")
    desk.learn("desk-1", desks.folders["mairie"] / "registries/desk-1/log")
    desks.vote(voted)
    see_boxes(desks, desk)
    assert not_voted.person == "1" and undone.person == "2"
    assert [p.id for p in desk.to_invite()] == ["3", "1"]  # by name


def test_whose_card_was_replaced_is_invited_though_the_old_one_voted(
    desks: Desks, desk: Desk
) -> None:
    """With the new card they may have voted in the box that burned."""
    desks.vote(desk.hand_out("0", copy=desks.copier()))
    see_boxes(desks, desk)
    assert desk.to_invite() == []
    desk.replace_card("0", officials=OFFICIALS, reason="returned", copy=desks.copier())
    assert [p.id for p in desk.to_invite()] == ["0"]


def test_what_is_printed_of_a_value_links_nobody_to_a_pseudonym(desks: Desks, desk: Desk) -> None:
    card = desk.hand_out("2", copy=desks.copier())
    for value in (card, desk.roll.get("2"), desk.known("2")):
        assert repr(card.certificate.pseudonym) not in repr(value)
        assert card.text not in repr(value) and repr(card.certificate.key) not in repr(value)
