"""The poll on one machine: opened, paused, closed; what is kept of it, and what is warned of."""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest

from box_builder import START, Clock
from kiosk_folder import BOX, KioskFolder, make_kiosk
from officials_builder import OFFICIALS, Steady, challenge, poll_of, vote
from pbvote.at_hand import log_at
from pbvote.core.card import Revocation
from pbvote.core.encoding import encode, to_base32, unix_time
from pbvote.core.errors import BallotRefused, InputError, PbvoteError, RefusedError, StorageError
from pbvote.core.note import parse_checkpoint
from pbvote.sticks import sticks
from pbvote.voting import voter_of_card
from pbvote_kiosk.language import Words
from pbvote_kiosk.officials import stick
from pbvote_kiosk.officials.fingerprint import fingerprint, hash_of
from pbvote_kiosk.officials.lines import compared, event_lines, status_lines
from pbvote_kiosk.officials.poll import Numbers, Poll
from pbvote_kiosk.officials.readiness import checks
from pbvote_kiosk.officials.reports import keep_missing, place_of, report_of, report_path
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.officials.warnings import (
    ClockOdd,
    DiskLow,
    HoursOver,
    NoSecondCopy,
    NotOpened,
    OpenEarly,
    SecondCopyForgotten,
    SecondCopyMissing,
    Warned,
)
from pbvote_kiosk.ports import PrinterState

ENGLISH = Words("en")


@pytest.fixture
def kiosk(tmp_path: Path) -> KioskFolder:
    return make_kiosk(tmp_path / "demo")


def state(poll: Poll) -> str:
    """Asked anew: mypy takes a property for settled."""
    return poll.state


def test_the_day(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        assert state(poll) == "new"
        poll.open(OFFICIALS)
        assert state(poll) == "open"
        vote(poll, kiosk.card(1))
        challenge(poll, kiosk.card(2))
        paused = poll.pause(["clerk"])
        assert (paused.cast, paused.challenged, paused.size) == (1, 1, 3)
    with poll_of(kiosk) as poll:
        assert state(poll) == "paused", "also after a restart"
        assert poll.changed_overnight() == ()
        poll.resume(["clerk"])
        vote(poll, kiosk.card(2))
        poll.close(OFFICIALS)
        assert state(poll) == "closed"
        assert [event.what for event in poll.events.all()] == [
            *("opened", "paused", "resumed", "closed")
        ]
        assert poll.events.last(1)[0].detail["cast"] == "2"


@pytest.mark.parametrize("by", [[], ["mayor"], ["mayor", "mayor"]])
def test_two_officials_open_and_close(kiosk: KioskFolder, by: list[str]) -> None:
    with poll_of(kiosk) as poll:
        with pytest.raises(RefusedError, match="two officials"):
            poll.open(by)
        assert state(poll) == "new"
        poll.open(OFFICIALS)
        with pytest.raises(RefusedError, match="two officials"):
            poll.close(by)
        assert state(poll) == "open"


def test_nothing_happens_out_of_order(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        for act in (lambda: poll.pause(["clerk"]), lambda: poll.resume(["clerk"])):
            with pytest.raises(RefusedError):
                act()
        poll.open(OFFICIALS)
        with pytest.raises(RefusedError):
            poll.open(OFFICIALS)
        with pytest.raises(RefusedError):
            poll.resume(["clerk"])
        poll.close(OFFICIALS)
        for act in (lambda: poll.pause(["clerk"]), lambda: poll.close(OFFICIALS)):
            with pytest.raises(RefusedError):
                act()


def test_a_ballot_that_slips_in_during_the_pause_is_named(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        poll.open(OFFICIALS)
        poll.pause(["clerk"])
        vote(poll, kiosk.card(1))
        assert poll.changed_overnight() == ("cast", "size", "root")
        poll.resume(["clerk"])
        assert poll.events.last(1)[0].detail["state"] == "changed cast size root"


def test_the_event_log_has_no_voter_card_tracker_or_choice(kiosk: KioskFolder) -> None:
    with poll_of(kiosk, settings=Settings(helpers=True)) as poll:
        poll.start()
        poll.open(OFFICIALS)
        secrets = []
        for person in range(1, 6):
            card = kiosk.card(person)
            receipt = (challenge if person == 5 else vote)(poll, card).receipt
            poll.helped()
            tracker = receipt.tracker
            secrets += [card, card.split("/")[-1], tracker.hex(), tracker.hex()[:12]]
            secrets += [to_base32(tracker), card[12:24]]
        poll.catch_up()
        poll.close(OFFICIALS)
        texts = [repr(event) for event in poll.events.all()]
    data = (kiosk.path / "kiosk" / BOX / "events.db").read_bytes()
    for secret in secrets:
        assert secret.encode() not in data
        assert not any(secret in text for text in texts)
    assert [text for text in texts if "helped" in text] == texts[-1:], "one count, at the end"
    assert "'helped': '5'" in texts[-1]


def test_a_kiosk_folder_names_its_box(kiosk: KioskFolder) -> None:
    with Poll.open_in(kiosk.path, Settings(), now=Clock()) as poll:
        assert poll.name == BOX
    with pytest.raises(InputError, match="no box is called"):
        Poll.open_in(kiosk.path, Settings(box="kiosk-9"), now=Clock())
    with pytest.raises(InputError, match="no box kiosk-2 on this machine"):
        Poll.open_in(kiosk.path, Settings(box="kiosk-2"), now=Clock())
    with pytest.raises(InputError, match="voting online"):
        Poll.open_in(kiosk.path, Settings(box="online"), now=Clock())
    shutil.copytree(kiosk.path / "boxes" / BOX, kiosk.path / "boxes" / "kiosk-2")
    with pytest.raises(InputError, match="2 boxes"):
        Poll.open_in(kiosk.path, Settings(), now=Clock())


def test_a_poll_that_fails_to_open_lets_go_of_the_box(kiosk: KioskFolder) -> None:
    (kiosk.path / "kiosk" / BOX / "officials.json").write_bytes(b"{}")
    with pytest.raises(InputError):
        Poll.open_in(kiosk.path, Settings(), now=Clock())
    kiosk.open_box()


def found(poll: Poll) -> dict[type[Warned], Warned]:
    return {type(warning): warning for warning in poll.warnings()}


def test_what_is_warned_of(kiosk: KioskFolder) -> None:
    clock, steady, free = Clock(), Steady(), [10**12]
    with poll_of(kiosk, clock=clock, steady=steady, free=lambda _: free[0]) as poll:
        assert set(found(poll)) == {NoSecondCopy, NotOpened}
        poll.open(OFFICIALS)
        assert set(found(poll)) == {NoSecondCopy}
        free[0] = 1000
        assert found(poll)[DiskLow] == DiskLow(1000)
        free[0] = 10**12
        clock.at = START - 3 * 3600
        assert found(poll)[OpenEarly] == OpenEarly(unix_time("2026-11-22T08:00:00Z"))
        assert found(poll)[ClockOdd] == ClockOdd(clock.at, jump=-3 * 3600)
        clock.at, steady.at = unix_time("2026-11-22T16:00:00Z"), 6 * 3600.0
        assert found(poll)[HoursOver] == HoursOver(clock.at)
        assert ClockOdd not in found(poll)
        vote(poll, kiosk.card(1))
        clock.at, steady.at = START, 0.0
        assert found(poll)[ClockOdd] == ClockOdd(START, last=unix_time("2026-11-22T16:00:00Z"))
        for language in ("en", "fr", "nl", "de"):
            for warning in poll.warnings():
                assert warning.said(Words(language), poll.zone)


def test_the_second_copy_is_missed_loudly_and_taken_back(
    kiosk: KioskFolder, tmp_path: Path
) -> None:
    stick_ = tmp_path / "stick"
    stick_.mkdir()
    copy = stick_ / f"demo-{BOX}.db"
    with poll_of(kiosk, second=copy) as poll:
        poll.open(OFFICIALS)
        vote(poll, kiosk.card(1))
        assert poll.catch_up() == []
        assert poll.caught_up == START
    shutil.move(stick_, tmp_path / "drawer")
    with poll_of(kiosk, second=copy) as poll:
        (missing,) = poll.catch_up()
        assert isinstance(missing, SecondCopyMissing)
        assert missing.loud and missing.to_voters(ENGLISH) == "Please call an official"
        assert "stick" in missing.said(ENGLISH, poll.zone)
        vote(poll, kiosk.card(2))  # votes are taken meanwhile
        shutil.move(tmp_path / "drawer", stick_)
        assert poll.catch_up() == []
        marks = [e.detail["state"] for e in poll.events.all() if e.what == "second-copy"]
        assert marks == ["bad", "good"]
        root = poll.numbers.root
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone()[0] == 3
    db.close()
    assert log_at(copy).checkpoint == log_at(kiosk.path / "boxes" / BOX).checkpoint
    assert len(root) == 64


def test_a_second_copy_that_the_settings_forgot_is_warned_of(
    kiosk: KioskFolder, tmp_path: Path
) -> None:
    with Poll.open_in(kiosk.path, Settings(second=str(tmp_path)), now=Clock()) as poll:
        (missing, _) = poll.warnings()
        assert isinstance(missing, SecondCopyMissing)
        assert "same disk" in missing.why
    with Poll.open_in(kiosk.path, Settings(), now=Clock()) as poll:
        place = str(tmp_path / f"demo-{BOX}.db")
        assert SecondCopyForgotten(place) in poll.warnings()


def test_a_start_after_a_power_cut_is_named(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        poll.start()
    with poll_of(kiosk) as poll:
        poll.start()
        poll.note("stopped", {"reason": "stop"}, ["clerk"])
    with poll_of(kiosk) as poll:
        poll.start()
        whats = [event.what for event in poll.events.all()]
        assert whats == ["started", "cut-session", "stopped", "started"]


def test_opening_and_closing_get_their_reports_after_a_power_cut(kiosk: KioskFolder) -> None:
    """Cut between the box and the event log."""
    with poll_of(kiosk) as poll:
        poll.box.open_poll()
    with poll_of(kiosk) as poll:
        poll.start()
        vote(poll, kiosk.card(1))
        poll.box.close_poll()
    with poll_of(kiosk) as poll:
        poll.start()
        poll.start()
        opened, closed = (e for e in poll.events.all() if e.what in ("opened", "closed"))
        assert Numbers.of(opened) == Numbers(0, 0, 1, opened.detail["root"])
        assert (Numbers.of(closed).cast, Numbers.of(closed).size) == (1, 3)
        assert report_of(poll, opened, ENGLISH).signatures == ("Official", "Official")


def test_a_registry_log_that_is_half_written_leaves_what_was_known(kiosk: KioskFolder) -> None:
    copy = kiosk.path / "bundle" / "logs" / "registry" / "mairie"
    shutil.copytree(kiosk.path / "registries" / "mairie", copy)
    with poll_of(kiosk) as poll:
        known = poll.box.register
        for path in copy.iterdir():
            path.unlink()
        (copy / "checkpoint").write_bytes(b"half")
        assert poll.find(bytes(32)) is None
        assert poll.box.register is known
        assert "RegistryUnread" in {w.sign for w in poll.warnings()}


def test_a_damaged_copy_that_comes_in_does_not_hide_what_else_is_new(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        assert "RegistryUnread" not in {w.sign for w in poll.warnings()}
        half = kiosk.path / "bundle" / "logs" / "registry" / "mairie" / "checkpoint"
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(b"half")
        card = voter_of_card(poll.election, kiosk.card(1)).certificate
        poll.catch_up()
        assert poll.find(card.key) == card
        [warned] = [w for w in poll.warnings() if w.sign == "RegistryUnread"]
        assert str(half.parent) in warned.said(ENGLISH, "UTC")


def test_a_card_that_a_desk_revoked_meanwhile_is_refused(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        poll.open(OFFICIALS)
        poll.catch_up()
        card = kiosk.card(1)
        poll.catch_up()
        known = poll.box.register
        poll.catch_up()
        assert poll.box.register is known, "nothing new: nothing is read"
        revoked = Revocation(
            election=poll.election.id,
            key=voter_of_card(poll.election, card).certificate.key,
            reason="lost",
            officials=list(OFFICIALS),
        )
        kiosk.log("mairie", encode(revoked))
        poll.catch_up()
        with pytest.raises(BallotRefused, match="no longer votes"):
            vote(poll, card)
        assert poll.numbers.cast == 0


# --- reports --------------------------------------------------------------------------------------


def test_each_report_is_kept_once_as_pdf_and_text(kiosk: KioskFolder) -> None:
    clock = Clock()
    with poll_of(kiosk, clock=clock) as poll:
        poll.open(OFFICIALS)
        keep_missing(poll, ENGLISH)
        vote(poll, kiosk.card(1))
        clock.at += 60
        poll.close(OFFICIALS)
        keep_missing(poll, ENGLISH)
        opening, closing = (
            event for event in poll.events.all() if event.what in ("opened", "closed")
        )
        zero, end = report_path(poll, opening), report_path(poll, closing)
        assert zero.read_bytes().startswith(b"%PDF")
        text = zero.with_suffix(".txt").read_text("utf-8")
        assert "nobody has voted" in text and "Ballots in the box: 0" in text
        assert "Ballots in the box: 1" in end.with_suffix(".txt").read_text("utf-8")
        assert report_of(poll, closing, ENGLISH).signatures == OFFICIALS
        before = zero.stat().st_mtime_ns, zero.read_bytes()
        keep_missing(poll, ENGLISH)
        assert (zero.stat().st_mtime_ns, zero.read_bytes()) == before
        assert zero.stat().st_mode & 0o777 == 0o600


def test_a_place_in_several_languages_is_named_in_one(kiosk: KioskFolder) -> None:
    manifest, place = kiosk.built.election.manifest, {"fr": "Salle", "nl": "Zaal"}
    boxes = [msgspec.structs.replace(box, place=place) for box in manifest.boxes]
    with poll_of(kiosk) as poll:
        poll.election = dataclasses.replace(
            poll.election, manifest=msgspec.structs.replace(manifest, boxes=boxes)
        )
        assert place_of(poll, Words("nl")) == f"{BOX} (Zaal)"


def test_a_report_comes_of_its_event_whenever_it_is_made(kiosk: KioskFolder) -> None:
    """As after a power cut between closing and printing."""
    clock = Clock()
    with poll_of(kiosk, clock=clock) as poll:
        poll.open(OFFICIALS)
        (event,) = poll.events.all()
        at_once = report_of(poll, event, ENGLISH)
        vote(poll, kiosk.card(1))
        poll.helped()
        later = report_of(poll, event, ENGLISH)
        assert later.rows == at_once.rows
        assert parse_checkpoint(later.code).size == 1


def test_the_closing_reports_code_is_the_signed_checkpoint(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        poll.open(OFFICIALS)
        poll.close(OFFICIALS)
        event = poll.events.last(1)[0]
        assert report_of(poll, event, ENGLISH).code == poll.box.checkpoint.decode()


# --- the stick ------------------------------------------------------------------------------------


def closed(kiosk: KioskFolder, poll: Poll) -> None:
    poll.open(OFFICIALS)
    for person in range(3):
        vote(poll, kiosk.card(person))
    poll.close(OFFICIALS)
    keep_missing(poll, ENGLISH)


def test_the_log_is_written_to_a_stick_and_read_back(kiosk: KioskFolder, tmp_path: Path) -> None:
    with poll_of(kiosk) as poll:
        closed(kiosk, poll)
        done = stick.export(poll, tmp_path / "stick", ("clerk",))
        assert done.size == 5
        assert done.root == poll.numbers.root
        assert poll.events.last(1)[0].what == "exported"
        on_stick = log_at(tmp_path / "stick" / "box" / BOX)
        assert len(list(on_stick.checked(poll.election.box_keys[BOX]))) == 5
        assert len(list((tmp_path / "stick" / "reports" / BOX).glob("*.pdf"))) == 2
        assert (tmp_path / "stick" / "events" / BOX / "checkpoint").is_file()
        assert stick.export(poll, tmp_path / "stick", ("clerk",)) == done, "and again"


def test_the_event_log_is_read_back_too(kiosk: KioskFolder, tmp_path: Path) -> None:
    with poll_of(kiosk) as poll:
        closed(kiosk, poll)
        folder = tmp_path / "events"
        size = poll.events.export(folder)
        poll.events.check_exported(folder, size)
        with pytest.raises(StorageError, match="read back"):
            poll.events.check_exported(folder, size + 1)
        tile = next((folder / "tile" / "entries").rglob(str(size)))
        tile.write_bytes(tile.read_bytes().replace(b"closed", b"opened"))
        with pytest.raises(PbvoteError):
            poll.events.check_exported(folder, size)


def test_a_stick_that_fails_is_told_not_raised_raw(kiosk: KioskFolder, tmp_path: Path) -> None:
    with poll_of(kiosk) as poll:
        closed(kiosk, poll)
        (tmp_path / "stick").mkdir()
        (tmp_path / "stick" / "reports").write_bytes(b"a file where the folder should be")
        with pytest.raises(StorageError, match="stick can't be written"):
            stick.export(poll, tmp_path / "stick", ("clerk",))


def test_an_open_box_is_not_written(kiosk: KioskFolder, tmp_path: Path) -> None:
    with poll_of(kiosk) as poll:
        poll.open(OFFICIALS)
        with pytest.raises(RefusedError, match="after closing"):
            stick.export(poll, tmp_path / "stick", ("clerk",))


@pytest.mark.parametrize("damage", ["bit", "cut", "lost", "extra", "checkpoint"])
def test_a_stick_that_gives_back_something_else_is_refused(
    kiosk: KioskFolder, tmp_path: Path, damage: str
) -> None:
    with poll_of(kiosk) as poll:
        closed(kiosk, poll)
        folder = tmp_path / "stick" / "box" / BOX
        stick.export(poll, tmp_path / "stick", ("clerk",))
        bundle = next((folder / "tile" / "entries").rglob("5"))
        data = bundle.read_bytes()
        if damage == "bit":
            bundle.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
        elif damage == "cut":
            bundle.write_bytes(data[:-1])
        elif damage == "lost":
            bundle.unlink()
        elif damage == "extra":
            (folder / "tile" / "more").write_bytes(b"x")
        else:
            note = (folder / "checkpoint").read_bytes()
            (folder / "checkpoint").write_bytes(note.replace(b"\n5\n", b"\n4\n"))
        with pytest.raises(PbvoteError):
            stick.check(poll, folder)


def test_sticks_are_disks_at_or_below_their_place(tmp_path: Path) -> None:
    for name in ("one", "user/two", "empty"):
        (tmp_path / name).mkdir(parents=True)
    mounted = {tmp_path / "one", tmp_path / "user" / "two"}
    assert sticks(tmp_path, mounted.__contains__) == sorted(mounted)
    assert sticks(tmp_path / "nowhere") == []


# --- fingerprint, readiness, lines ----------------------------------------------------------------


def test_the_hash_is_of_names_and_bytes_and_of_nothing_else(tmp_path: Path) -> None:
    def folder(name: str, files: dict[str, bytes]) -> Path:
        for path, data in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(data)
        return tmp_path / name

    files = {"a.py": b"1", "b/c.py": b"2"}
    one = hash_of({"p": folder("one", files)})
    assert hash_of({"p": folder("two", dict(reversed(files.items())))}) == one
    assert hash_of({"p": folder("three", {**files, "__pycache__/a.pyc": b"x"})}) == one
    others = [
        {"a.py": b"1", "b/c.py": b"3"},
        {"a.py": b"1", "b/d.py": b"2"},
        {"a.py": b"1"},
        {**files, "e": b""},
    ]
    hashes = [hash_of({"p": folder(f"o{n}", other)}) for n, other in enumerate(others)]
    assert len({one, *hashes, hash_of({"q": folder("one", files)})}) == len(hashes) + 2


def test_two_machines_compare_by_scanning(kiosk: KioskFolder) -> None:
    ours = fingerprint(kiosk.built.election)
    assert set(ours.code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/")
    assert "The same" in compared(ours, ours.code, ENGLISH)
    parts = ours.code.split("/")
    other = "/".join([*parts[:3], "A" * 32, *parts[4:]])
    assert compared(ours, other, ENGLISH) == "✗ Not the same: Installed files."
    for text in ("PBVOTE1/C/ABC", ours.code + "/X", ours.code.replace("/F/", "/G/")):
        assert "isn't another machine's" in compared(ours, text, ENGLISH)


def test_readiness_names_what_is_not_well(kiosk: KioskFolder) -> None:
    with poll_of(kiosk) as poll:
        points = checks(poll, PrinterState.NO_PAPER, ENGLISH)
        assert [check.name for check in points if not check.ok] == [
            "Second copy",
            "Printer",
            "Scanner tested within a day",
        ]
        poll.note("test-scan", {"state": "good"}, ["clerk"])
        points = checks(poll, PrinterState.READY, ENGLISH)
        assert [check.name for check in points if not check.ok] == ["Second copy"]


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_status_and_events_are_said_in_every_language(kiosk: KioskFolder, language: str) -> None:
    words = Words(language)
    with poll_of(kiosk, settings=Settings(helpers=True, second="/media/copy")) as poll:
        poll.start()
        poll.open(OFFICIALS)
        poll.note("second-copy", {"state": "bad"})
        lines = [*status_lines(poll, PrinterState.READY, words)]
        assert all(lines) and len(lines) > 8
        lines = [*event_lines(poll.events.last(9), poll.zone, words)]
        assert len(lines) == 3 and "✗" in lines[0] and "president, clerk" in lines[1]


def test_a_full_disk_keeps_the_machines_notes_from_stopping_anything(
    kiosk: KioskFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with poll_of(kiosk) as poll:

        def full(*args: object) -> None:
            raise StorageError("the disk is full")

        monkeypatch.setattr(poll.events, "note", full)
        poll.note("printer", {"state": "bad"})
        assert "event log can't be written" in poll.warnings()[1].said(ENGLISH, poll.zone)
        monkeypatch.undo()
        poll.note("printer", {"state": "good"})
        assert [warning.sign for warning in poll.warnings()] == ["NoSecondCopy", "NotOpened"]
