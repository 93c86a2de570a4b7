"""Logs coming in stick by stick, and the closing drafted from them (section 8)."""

from __future__ import annotations

import random
import shutil
from itertools import permutations
from pathlib import Path

import pytest

from bundle_builder import (
    AT,
    Entries,
    Files,
    Polling,
    log_files,
    make_closing,
    read_files,
    sign_closing,
    signer_of,
    write_files,
)
from election_builder import BuiltElection, build_election
from pbvote.core.ballot import Close
from pbvote.core.closing import Closing
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import EncodingError, InputError, PbvoteError, RefusedError, StorageError
from pbvote.core.errors import VerificationError as Verification
from pbvote.core.note import parse_note
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.cli import close
from pbvote_tally.close import Declared, draft_closing
from pbvote_tally.close import sign_closing as commission_signs
from pbvote_tally.collect import collect, collect_copies, copy_documents, present_log
from pbvote_tally.evidence import findings
from pbvote_tally.rebuild import rebuild

BOX = "box/kiosk-1"


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election()


@pytest.fixture(scope="module")
def logs(built: BuiltElection) -> Entries:
    poll = Polling(built)
    for person in range(4):
        poll.cast(poll.card(person, channel="in-person", registrar="desk-1"), "kiosk-1")
    poll.cast(poll.card(4), "online")
    return poll.finished()


@pytest.fixture
def folder(built: BuiltElection, tmp_path: Path) -> Path:
    """The bundle's folder with the signed documents, before any log came in."""
    write_files(
        {"manifest.note": built.manifest_note, "roll.csv": built.roll_csv}, tmp_path / "election"
    )
    copy_documents(tmp_path / "election", tmp_path / "bundle")
    return tmp_path / "bundle"


def stick(built: BuiltElection, entries: list[bytes], folder: Path, log: str = BOX) -> Path:
    """A stick with an exported log on it."""
    return write_files(log_files(signer_of(built, log), entries), folder)


def whole(built: BuiltElection, logs: Entries, folder: Path) -> Path:
    """A stick with every log."""
    for name, entries in logs.items():
        stick(built, entries, folder / name, name)
    return folder


def logs_in(folder: Path) -> Files:
    return {name: data for name, data in read_files(folder).items() if name.startswith("logs/")}


def files_of(built: BuiltElection, entries: list[bytes], log: str = BOX) -> Files:
    exported = log_files(signer_of(built, log), entries)
    return {f"logs/{log}/{name}": data for name, data in exported.items()}


def draft(built: BuiltElection, folder: Path, **declared: Declared) -> Closing:
    named = {name.replace("__", "/").replace("_", "-"): said for name, said in declared.items()}
    return draft_closing(FolderBundle(folder), built.election, AT, named)


def test_the_documents_come_with_all_addenda(built: BuiltElection, tmp_path: Path) -> None:
    notes = {"addenda/1.note": b"one", "addenda/2.note": b"two"}
    signed = {"manifest.note": built.manifest_note, "roll.csv": built.roll_csv, **notes}
    copy_documents(write_files({**signed, "keys/commission.key": b""}, tmp_path / "a"), tmp_path)
    shutil.rmtree(tmp_path / "a")
    assert read_files(tmp_path) == signed


# --- logs in any order, older and newer -----------------------------------------------------------


def test_the_order_of_the_sticks_doesnt_matter(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    names = list(logs)
    for name in names:
        stick(built, logs[name], tmp_path / name, name)
    expected = {k: v for name in names for k, v in files_of(built, logs[name], name).items()}
    for number, order in enumerate(list(permutations(names))[:: len(names) * 6]):
        target = shutil.copytree(folder, tmp_path / f"bundle-{number}")
        for name in order:
            assert collect(target, built.election, tmp_path / name) == [f"pbvote/demo/{name}"]
        assert logs_in(target) == expected


def test_all_from_one_stick_twice(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    source = whole(built, logs, tmp_path / "stick")
    first = collect(folder, built.election, source)
    once = logs_in(folder)
    assert sorted(first) == sorted(built.election.log_keys)
    assert collect(folder, built.election, source) == first
    assert logs_in(folder) == once
    assert draft(built, folder) == make_closing(built, logs)


@pytest.mark.parametrize("sizes", [*permutations((1, 3, 6)), (6, 6), (3, 3), (1, 6, 1, 6)])
def test_older_and_newer_copies(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    """The longest stays, with exactly its tiles, whatever came first."""
    for number, size in enumerate(sizes):
        source = stick(built, logs[BOX][:size], tmp_path / f"stick-{number}")
        collect(folder, built.election, source)
    assert logs_in(folder) == files_of(built, logs[BOX][: max(sizes)])


def test_copies_over_the_edge_of_a_tile(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Full tiles replace partial ones, and a second level appears."""
    entries = [logs[BOX][0], *(b"{%d}" % n for n in range(600))]
    for number, size in enumerate((255, 256, 257, 100, 601)):
        source = stick(built, entries[:size], tmp_path / f"stick-{number}")
        collect(folder, built.election, source)
    assert logs_in(folder) == files_of(built, entries)


def test_an_empty_log(built: BuiltElection, folder: Path, tmp_path: Path, logs: Entries) -> None:
    collect(folder, built.election, stick(built, [], tmp_path / "empty"))
    assert logs_in(folder) == files_of(built, [])
    collect(folder, built.election, stick(built, logs[BOX], tmp_path / "stick"))
    collect(folder, built.election, tmp_path / "empty")
    assert logs_in(folder) == files_of(built, logs[BOX])


def test_what_a_killed_collect_left_is_tidied(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Tiles are written before the checkpoint: without it, there is no log yet."""
    left = files_of(built, logs[BOX])
    del left[f"logs/{BOX}/checkpoint"]
    write_files({**left, f"logs/{BOX}/tile/0/000.p/.new-1": b"x"}, folder)
    assert present_log(FolderBundle(folder), built.election, f"pbvote/demo/{BOX}") is None
    collect(folder, built.election, stick(built, logs[BOX][:3], tmp_path / "stick"))
    assert logs_in(folder) == files_of(built, logs[BOX][:3])


# --- what is refused ------------------------------------------------------------------------------


def forked(logs: Entries, at: int = 2) -> list[bytes]:
    """The same size, another entry."""
    entries = list(logs[BOX])
    entries[at] = b'{"type":"pbvote/cast/1"}'
    return entries


@pytest.mark.parametrize(
    ("first", "second"), [(6, 6), (6, 4), (4, 6)], ids=["same size", "shorter", "longer"]
)
@pytest.mark.parametrize("right_first", [True, False])
def test_a_forked_copy_is_refused_and_kept(
    built: BuiltElection,
    logs: Entries,
    folder: Path,
    tmp_path: Path,
    first: int,
    second: int,
    right_first: bool,
) -> None:
    pair = [logs[BOX], forked(logs)] if right_first else [forked(logs), logs[BOX]]
    one, two = pair[0][:first], pair[1][:second]
    collect(folder, built.election, stick(built, one, tmp_path / "one"))
    before = logs_in(folder)
    other = stick(built, two, tmp_path / "two")
    for _ in range(2):  # asked again, the same evidence
        with pytest.raises(Verification, match="contradict") as caught:
            collect(folder, built.election, other)
        assert caught.value.where == "evidence/1.note"
        assert "cut" in caught.value.hint
    assert logs_in(folder) == before
    kept = {name: d for name, d in read_files(folder).items() if name.startswith("evidence/")}
    assert kept == {"evidence/1.note": (other / "checkpoint").read_bytes()}


def test_evidence_gets_numbers_of_its_own(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    collect(folder, built.election, stick(built, logs[BOX], tmp_path / "one"))
    write_files({"evidence/1.json": b"{}"}, folder)
    for at in (2, 3):
        source = stick(built, forked(logs, at), tmp_path / f"fork-{at}")
        with pytest.raises(Verification, match=rf"evidence/{at}\.note"):
            collect(folder, built.election, source)


def test_after_a_fork_the_log_can_be_cut(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """The evidence is reported with the bundle, and the count goes on with the copy here."""
    collect(folder, built.election, whole(built, logs, tmp_path / "stick"))
    with pytest.raises(Verification):
        collect(folder, built.election, stick(built, forked(logs), tmp_path / "two"))
    closing = draft(built, folder, box__kiosk_1=Declared("cut", "two copies"))
    write_files({"closing.note": sign_closing(built, closing)}, folder)
    rebuilt = rebuild(FolderBundle(folder), built.commission.verify_key)
    assert [f.finding for f in findings(FolderBundle(folder), rebuilt)] == ["log forked"]
    assert rebuilt.merge.record.accepted == 5


def test_a_log_of_another_election(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    other = build_election("other", seed=2)
    source = stick(other, logs[BOX], tmp_path / "other")
    with pytest.raises(InputError, match="no log of this election"):
        collect(folder, built.election, source)
    stick(built, logs[BOX], tmp_path / "both" / "ours")
    stick(other, logs[BOX], tmp_path / "both" / "theirs")
    assert collect(folder, built.election, tmp_path / "both") == [f"pbvote/demo/{BOX}"]


def test_a_log_of_the_same_name_by_another_key(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Another election of the same town, or a box that isn't ours."""
    source = stick(build_election(seed=2), logs[BOX], tmp_path / "other")
    with pytest.raises(Verification, match="signature 1") as caught:
        collect(folder, built.election, source)
    assert str(source) in str(caught.value)
    assert logs_in(folder) == {}


def test_nothing_there(built: BuiltElection, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    for source in (tmp_path / "stick", tmp_path / "nowhere"):
        with pytest.raises(InputError, match="no log of this election"):
            collect(folder, built.election, source)


@pytest.mark.parametrize("here", [0, 3, 6])
def test_a_damaged_copy_is_refused_and_is_no_fork(
    built: BuiltElection,
    logs: Entries,
    folder: Path,
    tmp_path: Path,
    rng: random.Random,
    here: int,
) -> None:
    """Bits flip on sticks: the stick is named, no box is accused, and all stays as it was."""
    if here:
        collect(folder, built.election, stick(built, logs[BOX][:here], tmp_path / "good"))
    before = read_files(folder)
    for number, (name, data) in enumerate(log_files(built.boxes["kiosk-1"], logs[BOX]).items()):
        for variant in range(4):
            place = rng.randrange(len(data))
            damaged = {
                0: data[:place],
                1: data + data[-1:],
                2: data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :],
                3: data[:-1],
            }[variant]
            source = stick(built, logs[BOX], tmp_path / f"{number}-{variant}")
            (source / name).write_bytes(damaged)
            with pytest.raises(PbvoteError) as caught:
                collect(folder, built.election, source)
            assert "contradict" not in str(caught.value)
            if "no log of this election" not in str(caught.value):  # its first line is damaged
                assert str(caught.value).count(str(source)) == 1
            assert read_files(folder) == before


def test_a_copy_with_a_tile_missing(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    source = stick(built, logs[BOX], tmp_path / "stick")
    (source / "tile/entries/000.p/6").unlink()
    with pytest.raises(PbvoteError, match=r"000\.p/6") as caught:
        collect(folder, built.election, source)
    assert str(caught.value).count(str(source)) == 1
    assert logs_in(folder) == {}


def test_entries_in_another_order(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    turned = [logs[BOX][0], *logs[BOX][-2:0:-1], logs[BOX][-1]]
    source = stick(built, logs[BOX], tmp_path / "stick")
    wrong = log_files(built.boxes["kiosk-1"], turned)
    write_files({"tile/entries/000.p/6": wrong["tile/entries/000.p/6"]}, source)
    with pytest.raises(Verification, match="hashes that aren't"):
        collect(folder, built.election, source)


def test_a_full_disk(built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path) -> None:
    """A file stands where the folder must be: the same answer as of a disk that fails."""
    (folder / "logs").write_bytes(b"")
    with pytest.raises((StorageError, InputError, EncodingError, Verification)):
        collect(folder, built.election, stick(built, logs[BOX], tmp_path / "stick"))


# --- the closing ----------------------------------------------------------------------------------


def test_the_closing_of_whole_logs(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    collect(folder, built.election, whole(built, logs, tmp_path / "stick"))
    closing = draft(built, folder)
    assert closing == make_closing(built, logs)
    assert {log.status for log in closing.logs} == {"closed"}
    note = commission_signs(closing, built.commission, built.election)
    assert parse_note(note).text == encode(closing).decode() + "\n"
    assert [s.name for s in parse_note(note).signatures] == ["pbvote/demo/commission"]


CUT: dict[str, int] = {"only open": 1, "in the middle": 3, "before the close": 5}


@pytest.mark.parametrize("size", CUT.values(), ids=CUT)
def test_a_box_cut_off(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path, size: int
) -> None:
    """Never counted silently: it has to be declared, and the refusal says how."""
    collect(folder, built.election, whole(built, logs | {BOX: logs[BOX][:size]}, tmp_path / "s"))
    with pytest.raises(RefusedError) as caught:
        draft(built, folder)
    assert f"{BOX} isn't closed properly" in caught.value.what
    assert f"--cut {BOX}=REASON" in caught.value.hint
    closing = draft(built, folder, box__kiosk_1=Declared("cut", "no power"))
    cut = next(log for log in closing.logs if log.origin.endswith(BOX))
    assert (cut.status, cut.size, cut.reason) == ("cut", size, "no power")
    write_files({"closing.note": sign_closing(built, closing)}, folder)
    rebuilt = rebuild(FolderBundle(folder), built.commission.verify_key)
    assert rebuilt.merge.record.accepted == size  # the open is an entry, and one votes online


def test_an_empty_cut_box(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    collect(folder, built.election, whole(built, logs | {BOX: []}, tmp_path / "stick"))
    with pytest.raises(RefusedError, match="isn't closed properly"):
        draft(built, folder)
    assert draft(built, folder, box__kiosk_1=Declared("cut", "never used")).logs[3].size == 0


def test_a_registry_cut_off(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    desk = "registry/desk-1"
    changed = logs | {desk: logs[desk][:2]}
    collect(folder, built.election, whole(built, changed, tmp_path / "stick"))
    with pytest.raises(RefusedError, match=f"{desk} isn't closed properly"):
        draft(built, folder)
    closing = draft(built, folder, registry__desk_1=Declared("cut", "fire"))
    assert [log.status for log in closing.logs].count("cut") == 1


def test_a_lost_box(built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path) -> None:
    source = whole(built, logs, tmp_path / "stick")
    shutil.rmtree(source / BOX)
    collect(folder, built.election, source)
    with pytest.raises(RefusedError) as caught:
        draft(built, folder)
    assert f"{BOX} isn't here" in caught.value.what
    assert f"--lost {BOX}=REASON" in caught.value.hint
    with pytest.raises(RefusedError, match="isn't here"):
        draft(built, folder, box__kiosk_1=Declared("cut", "gone"))
    closing = draft(built, folder, box__kiosk_1=Declared("lost", "stolen"))
    assert (closing.logs[3].status, closing.logs[3].reason) == ("lost", "stolen")
    expected = make_closing(built, logs, {BOX: "lost"})
    assert (closing.logs[3].size, closing.logs[3].root) == (0, expected.logs[3].root)
    write_files({"closing.note": sign_closing(built, closing)}, folder)
    assert rebuild(FolderBundle(folder), built.commission.verify_key).merge.record.accepted == 1


def test_a_box_that_is_here_isnt_lost(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    collect(folder, built.election, whole(built, logs, tmp_path / "stick"))
    with pytest.raises(RefusedError, match="declared lost, but its log is here"):
        draft(built, folder, box__kiosk_1=Declared("lost", "stolen"))


def test_a_closed_box_may_be_counted_as_cut(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Its close is then a malformed entry, as section 8 says."""
    collect(folder, built.election, whole(built, logs, tmp_path / "stick"))
    closing = draft(built, folder, box__kiosk_1=Declared("cut", "two copies"))
    write_files({"closing.note": sign_closing(built, closing)}, folder)
    merged = rebuild(FolderBundle(folder), built.commission.verify_key).merge
    assert [(e.index, e.reason) for e in merged.record.set_aside] == [(5, "malformed")]


def test_no_log_of_that_name(built: BuiltElection, folder: Path) -> None:
    with pytest.raises(InputError, match="no log is called 'kiosk-1'") as caught:
        draft_closing(FolderBundle(folder), built.election, AT, {"kiosk-1": Declared("lost", "x")})
    assert BOX in caught.value.hint


@pytest.mark.parametrize("entry", ["again", "after", "count"])
def test_a_log_that_is_closed_wrongly(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path, entry: str
) -> None:
    own = logs[BOX]
    wrong = {
        "again": [own[0], *own],
        "after": [*own, own[1]],
        "count": [*own[:-1], own[-1].replace(b'"cast":4', b'"cast":3')],
    }
    collect(folder, built.election, whole(built, logs | {BOX: wrong[entry]}, tmp_path / "stick"))
    with pytest.raises(RefusedError, match=f"{BOX} isn't closed properly"):
        draft(built, folder)


def test_a_cut_box_that_never_opened(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """No declaration makes it right: a cut log begins with its open."""
    collect(folder, built.election, whole(built, logs | {BOX: logs[BOX][1:]}, tmp_path / "s"))
    with pytest.raises(Verification, match="begin"):
        draft(built, folder, box__kiosk_1=Declared("cut", "no power"))


def test_a_log_damaged_since_it_came_in(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    collect(folder, built.election, whole(built, logs, tmp_path / "stick"))
    tile = folder / "logs" / BOX / "tile/0/000.p/6"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    for declared in ({}, {"box__kiosk_1": Declared("cut", "no power")}):
        with pytest.raises(PbvoteError, match=f"logs/{BOX}/tile/0/000"):
            draft(built, folder, **declared)


# --- too late -------------------------------------------------------------------------------------


def test_a_box_found_after_the_closing_is_listed_not_counted(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Its checkpoint goes to evidence/; the count stays what the closing says (section 8)."""
    source = whole(built, logs, tmp_path / "stick")
    late = tmp_path / "late"
    shutil.move(source / BOX, late)
    collect(folder, built.election, source)
    closing = draft(built, folder, box__kiosk_1=Declared("lost", "stolen"))
    write_files({"closing.note": sign_closing(built, closing)}, folder)
    write_files({"evidence/1.note": (late / "checkpoint").read_bytes()}, folder)
    rebuilt = rebuild(FolderBundle(folder), built.commission.verify_key)
    assert rebuilt.merge.record.accepted == 1
    (found,) = findings(FolderBundle(folder), rebuilt)
    assert (found.file, found.finding) == ("evidence/1.note", "log shortened")


def test_the_rest_of_a_cut_box_found_later(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Its log isn't what the closing names any more: the bundle is refused, naming it."""
    collect(folder, built.election, whole(built, logs | {BOX: logs[BOX][:3]}, tmp_path / "s"))
    closing = draft(built, folder, box__kiosk_1=Declared("cut", "no power"))
    write_files({"closing.note": sign_closing(built, closing)}, folder)
    collect(folder, built.election, stick(built, logs[BOX], tmp_path / "rest"))
    with pytest.raises(Verification, match=f"logs/{BOX}/checkpoint"):
        rebuild(FolderBundle(folder), built.commission.verify_key)


def test_the_command_takes_nothing_in_after_the_closing(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Not even reading the stick; the bundle stays as it was signed."""
    source = whole(built, logs, tmp_path / "stick")
    collect(folder, built.election, source)
    write_files({"closing.note": sign_closing(built, draft(built, folder))}, folder)
    before = read_files(folder)
    key = built.commission.verify_key.text.encode()
    write_files({"commission.vkey": key}, tmp_path / "election")
    shutil.move(folder, tmp_path / "election" / "bundle")
    with pytest.raises(RefusedError, match=r"listed, not counted"):
        close(tmp_path / "election", logs=[tmp_path / "nowhere"])
    assert read_files(tmp_path / "election" / "bundle") == before


def test_a_copied_checkpoint_that_its_log_reaches_is_nothing_new(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    collect(folder, built.election, whole(built, logs, tmp_path / "stick"))
    early = log_files(signer_of(built, BOX), logs[BOX][:2])["checkpoint"]
    write_files({"copies/kiosk-1.note": early, "copies/other.note": b"no note"}, tmp_path / "copy")
    assert collect_copies(folder, built.election, tmp_path / "copy") == []
    assert draft_closing(FolderBundle(folder), built.election, AT, {}).logs


def test_a_closing_never_goes_below_a_copied_checkpoint(
    built: BuiltElection, logs: Entries, folder: Path, tmp_path: Path
) -> None:
    """Section 7: somebody closed an older database of the box, and brings that."""
    close_of = encode(decode(logs[BOX][-1], Close))
    older = [*logs[BOX][:2], close_of.replace(b'"cast":4', b'"cast":1')]
    copied = log_files(signer_of(built, BOX), logs[BOX])["checkpoint"]
    write_files({"kiosk-1.note": copied}, tmp_path / "copy")
    collect(folder, built.election, whole(built, {**logs, BOX: older}, tmp_path / "stick"))
    (kept,) = collect_copies(folder, built.election, tmp_path / "copy")
    assert collect_copies(folder, built.election, tmp_path / "copy") == [kept]
    with pytest.raises(RefusedError, match=r"box/kiosk-1 once had 6 entries.*has 3.*--cut") as told:
        draft_closing(FolderBundle(folder), built.election, AT, {})
    assert told.value.where == kept
    declared = {BOX: Declared("cut", "an older database is all there is")}
    closing = draft_closing(FolderBundle(folder), built.election, AT, declared)
    assert {log.status for log in closing.logs} == {"closed", "cut"}
