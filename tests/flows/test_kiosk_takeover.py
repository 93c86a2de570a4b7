"""The machine died at noon: its stick in another machine, under the same box, nothing lost.

A real kiosk in a process of its own is killed with a voter in it; another folder stands for the
other machine.
"""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from box_builder import Clock
from election_builder import make_contest
from kiosk_child import PATIENCE
from kiosk_folder import BOX, KioskFolder, make_kiosk
from officials_builder import OFFICIALS, poll_of, vote
from pbvote import keyfile
from pbvote.box import Box
from pbvote.box.rescue import export_dead
from pbvote.core.card import RegistryClose
from pbvote.core.encoding import encode
from pbvote.core.errors import InputError, PbvoteError, RefusedError, StorageError
from pbvote.core.note import add_signature
from pbvote.core.receipt import read_receipt_text, receipt_text
from pbvote.files import write_bytes
from pbvote.store.export import export
from pbvote.store.log import SignedLog, open_log
from pbvote.store.memory import MemoryStore
from pbvote.voting import voter_of_card
from pbvote_kiosk.cli import app
from pbvote_kiosk.language import Words
from pbvote_kiosk.officials import stick
from pbvote_kiosk.officials.lines import comparison_lines
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.settings import SETTINGS
from pbvote_kiosk.officials.takeover import save_spare_key, spare_key_path, take_over
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.close import draft_closing, sign_closing
from pbvote_tally.collect import collect, copy_documents
from pbvote_tally.tally import Tally
from takeover_child import serve_with_copy

PASSPHRASE = "four words that rhyme"
QUICK = keyfile.Cost(1, 8192)
REASON = "coffee in the keyboard"


def call(*words: str | Path) -> str:
    """A command of pbvote-kiosk; what it said. Its errors are raised."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None:
        raise result.exception
    return result.output


@contextmanager
def running(folder: Path) -> Iterator[tuple[BaseProcess, Connection]]:
    """The kiosk, up and on its first screen; killed at the end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "takeover_child"])
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_with_copy, args=(folder, 1, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        assert hear(ours) == ("ready", "")
        yield process, ours
    finally:
        process.kill()
        process.join()
        ours.close()


def hear(line: Connection) -> tuple[str, str]:
    assert line.poll(PATIENCE), "the kiosk says nothing any more"
    what, text = line.recv()
    return what, text


def visit(line: Connection, card: str, until: str) -> str:
    """A card's way to this stage; the receipt's text, if it came so far."""
    line.send(card)
    receipt, said = "", ""
    while said != until:
        said, text = hear(line)
        receipt = text if said == "receipt" else receipt
    return receipt


def other_machine(kiosk: KioskFolder, path: Path) -> KioskFolder:
    """A folder with what is public, as every machine has it."""
    for name in ("manifest.note", "roll.csv", "commission.vkey"):
        write_bytes(path / name, (kiosk.path / name).read_bytes())
    shutil.copytree(kiosk.path / "registries", path / "registries")
    return replace(kiosk, path=path)


def passphrase_file(folder: Path, text: str = PASSPHRASE) -> Path:
    path = folder / "passphrase"
    path.write_text(f"{text}\n")
    return path


def test_the_machine_died_at_noon(tmp_path: Path) -> None:
    kiosk = make_kiosk(tmp_path / "old", contests=[make_contest()], people=12)
    kiosk.open_box()
    copy_stick, envelope, out = (tmp_path / name for name in ("copy", "envelope", "out"))
    for folder in (copy_stick, envelope, out):
        folder.mkdir()
    secret = passphrase_file(tmp_path)
    words: list[str | Path] = ["--to", envelope, "--passphrase-file", secret]
    call("spare-key", kiosk.path, "--box", BOX, *words)
    (kiosk.path / SETTINGS).write_text(f'second = "{copy_stick}"\n')  # on the same disk here

    cards = [kiosk.card(person) for person in range(8)]
    receipts: dict[str, str] = {}
    with running(kiosk.path) as (process, line):
        for card in cards[:3]:
            receipts[card] = visit(line, card, "welcome")
        visit(line, cards[3], "cast")
        process.kill()
        process.join()

    new = other_machine(kiosk, tmp_path / "new")
    copy, key = copy_stick / f"demo-{BOX}.db", spare_key_path(envelope, kiosk.built.election, BOX)
    words = ["--official", "mayor", "--official", "clerk", "--reason", REASON]
    words += ["--copy", copy, "--key", key, "--passphrase-file", secret]
    said = call("takeover", new.path, "--box", BOX, *words)
    assert "MUST NEVER START AGAIN" in said
    (new.path / SETTINGS).write_text(f'second = "{copy_stick}"\n')
    for role, pin in (("mayor", "314159"), ("clerk", "271828")):
        words = ["--role", role, "--out", tmp_path / f"{role}.pdf"]
        words += ["--pin-file", passphrase_file(tmp_path, pin)]
        call("official", "add", new.path, *words)
    assert call("official", "list", new.path).split() == ["mayor", "clerk"]

    with poll_of(new, second=copy) as poll:
        first = next(poll.events.all())
        assert (first.what, first.by) == ("takeover", ["mayor", "clerk"])
        assert first.detail["reason"] == REASON
        before = poll.state
        assert before == "paused", "until officials have compared it with the last paper"
        assert "last report on paper" in "\n".join(comparison_lines(poll, Words("en")))
        poll.resume(["mayor"])
        assert poll.state == "open"
        check_receipts(poll, receipts)
        in_box = len(standing(poll, cards[3]))
        assert poll.numbers.cast == 3 + in_box, "either it is in the box, or it isn't"
        for card in cards[4 if in_box else 3 :]:
            vote(poll, card)
        assert poll.box.catch_up() is None
        poll.close(OFFICIALS)
        stick.export(poll, out, ("clerk",))

    record = merged(new, out, tmp_path / "bundle")
    assert record == {BOX: 8, "kiosk-2": 0, "online": 0}


def standing(poll: Poll, card: str) -> list[str]:
    key = voter_of_card(poll.election, card).certificate.key
    place = poll.election.box_position(BOX)
    return [receipt_text(signed, place) for signed in poll.box.standing(key)]


def check_receipts(poll: Poll, receipts: dict[str, str]) -> None:
    """Each card has the receipt that the old machine gave, word for word."""
    for card, text in receipts.items():
        assert standing(poll, card) == [text]
        read_receipt_text(text)


def merged(machine: KioskFolder, logs: Path, bundle: Path) -> dict[str, int]:
    """How many ballots of each box count, after closing and merging what is in `logs`."""
    built, election = machine.built, machine.built.election
    for name, signer in built.registrars.items():
        machine.log(name, encode(RegistryClose(at="2026-11-22T16:00:00Z")))
        log = open_log(machine.path / "registries" / name / "log.db", signer)
        export(log, logs / "registry" / name)
        log.close()
    for name in ("kiosk-2", "online"):  # whose machines aren't of this test
        log = SignedLog(MemoryStore(), built.boxes[name])
        with Box(log, built.boxes[name], election, name, now=Clock()) as box:
            box.open_poll()
            box.close_poll()
            box.export(logs / "box" / name)
    copy_documents(machine.path, bundle)
    collect(bundle, election, logs)
    closing = draft_closing(FolderBundle(bundle), election, "2026-11-22T18:00:00Z", {})
    note = sign_closing(closing, built.commission, built.election)
    for signer in built.trustees:
        note = add_signature(note, signer)
    write_bytes(bundle / "closing.note", note)
    tally = Tally(FolderBundle(bundle), bundle, built.commission.verify_key)
    record = tally.merge().merge.record
    assert not record.set_aside and not record.conflicts
    return {box.name: box.accepted for box in record.boxes}


# --- what stands against a takeover ---------------------------------------------------------------


@pytest.fixture
def died(tmp_path: Path) -> tuple[KioskFolder, Path, Path]:
    """A machine that isn't there any more: a new one's folder, the copy, the spare key."""
    kiosk = make_kiosk(tmp_path / "old", contests=[make_contest()], people=4)
    with poll_of(kiosk, second=tmp_path / "copy.db") as poll:
        poll.open(OFFICIALS)
        vote(poll, kiosk.card(1))
    election = kiosk.built.election
    key = save_spare_key(kiosk.path, election, BOX, tmp_path, PASSPHRASE, cost=QUICK)
    return other_machine(kiosk, tmp_path / "new"), tmp_path / "copy.db", key


def take(
    machine: KioskFolder,
    copy: Path,
    key: Path,
    *,
    passphrase: str = PASSPHRASE,
    reason: str = REASON,
    by: tuple[str, ...] = OFFICIALS,
) -> int:
    taken = take_over(
        machine.path,
        machine.built.election,
        BOX,
        copy=copy,
        key=key,
        passphrase=passphrase,
        reason=reason,
        by=by,
        now=Clock(),
    )
    return taken.cast


def test_a_takeover_happens_once(died: tuple[KioskFolder, Path, Path]) -> None:
    machine, copy, key = died
    before = copy.read_bytes()
    assert take(machine, copy, key) == 1
    assert copy.read_bytes() == before
    box_key = machine.path / "boxes" / BOX / "box.key"
    assert box_key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RefusedError, match="already"):
        take(machine, copy, key)


def test_a_wrong_passphrase_or_no_reason_or_one_official_takes_nothing(
    died: tuple[KioskFolder, Path, Path],
) -> None:
    machine, copy, key = died
    with pytest.raises(InputError, match="passphrase is wrong"):
        take(machine, copy, key, passphrase="another passphrase")
    with pytest.raises(InputError, match="no reason"):
        take(machine, copy, key, reason=" ")
    with pytest.raises(RefusedError, match="two officials"):
        take(machine, copy, key, by=("mayor",))
    with pytest.raises(InputError, match="role"):
        take(machine, copy, key, by=("mayor", "the clerk of the municipality of Somewhere"))
    assert not (machine.path / "boxes" / BOX).exists()
    assert take(machine, copy, key) == 1
    with poll_of(machine) as poll:
        assert [event.what for event in poll.events.all()] == ["takeover"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET data = x'00' WHERE position = 1",
        "DELETE FROM entry WHERE position = 1",
        "DELETE FROM private",
        "DELETE FROM checkpoint",
    ],
)
def test_a_copy_that_was_changed_is_refused_whole(
    died: tuple[KioskFolder, Path, Path], change: str
) -> None:
    machine, copy, key = died
    with sqlite3.connect(copy) as db:
        db.execute(change)
    db.close()
    with pytest.raises(PbvoteError):
        take(machine, copy, key)
    assert not list((machine.path / "boxes").glob(f"*{BOX}*")), "the key lies there"


def test_a_copy_without_the_files_beside_it_is_refused(tmp_path: Path) -> None:
    kiosk = make_kiosk(tmp_path / "old", contests=[make_contest()], people=4)
    whole, alone = tmp_path / "whole", tmp_path / "alone"
    for folder in (whole, alone):
        folder.mkdir()
    with poll_of(kiosk, second=tmp_path / "copy.db") as poll:
        poll.open(OFFICIALS)
    with poll_of(kiosk, second=tmp_path / "copy.db") as poll:
        vote(poll, kiosk.card(1))
        for path in tmp_path.glob("copy.db*"):  # the power went: nothing was closed
            shutil.copy(path, whole)
    shutil.copy(whole / "copy.db", alone)
    election = kiosk.built.election
    key = save_spare_key(kiosk.path, election, BOX, tmp_path, PASSPHRASE, cost=QUICK)
    machine = other_machine(kiosk, tmp_path / "new")
    with pytest.raises(StorageError, match="mark isn't beside it"):
        take(machine, alone / "copy.db", key)
    shutil.copy(whole / "copy.db.mark", alone)
    with pytest.raises(StorageError, match="entries are missing") as behind:
        take(machine, alone / "copy.db", key)
    assert "-wal" in behind.value.hint
    with pytest.raises(StorageError, match="entries are missing"):
        export_dead(machine.path, BOX, alone / "copy.db", tmp_path / "log")
    assert not (tmp_path / "log").exists()
    assert export_dead(machine.path, BOX, whole / "copy.db", tmp_path / "log") == 2
    assert take(machine, whole / "copy.db", key) == 1


def test_the_key_of_another_box_is_refused(
    died: tuple[KioskFolder, Path, Path], tmp_path: Path
) -> None:
    machine, copy, _ = died
    other = tmp_path / "other.key"
    keyfile.new_signer(other, f"pbvote/demo/box/{BOX}")
    with pytest.raises(RefusedError, match="isn't the key"):
        take(machine, copy, other)


def test_the_copy_of_another_box_is_refused(
    died: tuple[KioskFolder, Path, Path], tmp_path: Path
) -> None:
    machine, _, key = died
    other = tmp_path / "other.db"
    open_log(other, machine.built.boxes["kiosk-2"]).close()
    with pytest.raises(PbvoteError, match="checkpoint"):
        take(machine, other, key)
    open_log(tmp_path / "empty.db", machine.built.boxes[BOX]).close()
    assert take(machine, tmp_path / "empty.db", key) == 0, "of a box that nobody had opened"


def test_a_takeover_that_was_cut_off_begins_anew(died: tuple[KioskFolder, Path, Path]) -> None:
    machine, copy, key = died
    staged = machine.path / "boxes" / f".new-{BOX}"
    staged.mkdir(parents=True)
    (staged / "box.key").write_bytes(b"half")
    assert take(machine, copy, key) == 1
    assert not staged.exists()


def test_the_spare_key_keeps_apart_from_the_second_copy(tmp_path: Path) -> None:
    kiosk = make_kiosk(tmp_path / "old", contests=[make_contest()], people=4)
    (kiosk.path / SETTINGS).write_text(f'second = "{tmp_path}"\n')
    with pytest.raises(RefusedError, match="same stick"):
        call("spare-key", kiosk.path, "--box", BOX, "--to", tmp_path)
    with pytest.raises(InputError, match="isn't there"):
        election = kiosk.built.election
        save_spare_key(kiosk.path, election, BOX, tmp_path / "nowhere", PASSPHRASE, cost=QUICK)
    with pytest.raises(InputError, match="12 characters"):
        save_spare_key(kiosk.path, kiosk.built.election, BOX, tmp_path, "short", cost=QUICK)
