"""A count that was killed while it wrote, and what a trustee brings: whole, or not at all."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from bundle_builder import read_files, write_files
from pbvote.core.ballot import BoxEntry, Cast
from pbvote.core.closing import Closing
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import (
    InputError,
    PbvoteError,
    RefusedError,
    StorageError,
    VerificationError,
)
from pbvote_tally import bundle as names
from pbvote_tally.ahead import FILE, Ahead
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.collect import log_folders
from pbvote_tally.custody import Trustee
from pbvote_tally.request import brought_in, closings_in, export_request
from pbvote_tally.show.work import Work
from pbvote_tally.tally import Tally
from pbvote_tally.verify import verify
from show_folder import Town, make_town
from trustee_builder import PASSPHRASE


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The closing signed by all, merge.json written."""
    town = make_town(tmp_path_factory.mktemp("closed"))
    with Work(town.path) as work:
        work.collect(town.stick())
        work.draw_up({}, None)
        for number in (1, 2, 3):
            work.sign(town.trustee(number), PASSPHRASE)
        work.merge()
    return town


@pytest.fixture
def town(closed: Town, tmp_path: Path) -> Town:
    shutil.copytree(closed.path, tmp_path / "town")
    return Town(tmp_path / "town", tmp_path / "sticks", closed.built, closed.logs)


def tally(town: Town, out: Path | None = None) -> Tally:
    key = town.built.commission.verify_key
    return Tally(FolderBundle(town.bundle), out or town.bundle, key)


def mix(town: Town, number: int, out: Path | None = None) -> None:
    with Trustee(town.trustee(number), PASSPHRASE) as trustee:
        tally(town, out).mix(trustee)


def open_(town: Town, number: int, out: Path | None = None) -> None:
    with Trustee(town.trustee(number), PASSPHRASE) as trustee:
        tally(town, out).open(trustee)


@pytest.mark.parametrize("lost", ["statement.note", "output.bin", "proof.bin"])
def test_a_mix_that_was_half_written_is_given_again(town: Town, lost: str) -> None:
    mix(town, 1)
    before = read_files(town.bundle)
    place = town.bundle / names.mix_file("city", 1, lost)
    place.unlink()
    (place.parent / ".new-abc").write_bytes(b"half")
    mix(town, 1)
    assert read_files(town.bundle) == before


def test_an_opening_that_was_half_written_is_given_again(town: Town) -> None:
    mix(town, 1)
    mix(town, 2)
    open_(town, 1)
    before = read_files(town.bundle)
    (town.bundle / names.opening_file("quarter", 1, "proof.bin")).unlink()
    open_(town, 1)
    assert read_files(town.bundle) == before


def test_parts_from_sticks_make_a_whole_count(town: Town, tmp_path: Path) -> None:
    town_hall = tally(town)
    for act in (mix, open_):
        for number in (1, 3):
            act(town, number, tmp_path / f"stick-{number}")
            assert town_hall.take(FolderBundle(tmp_path / f"stick-{number}"))
            assert not town_hall.take(FolderBundle(tmp_path / f"stick-{number}"))
    town_hall.publish(town.built.commission)
    verify(FolderBundle(town.bundle), town.built.commission.verify_key)


@pytest.mark.parametrize("part", ["mix-1/output.bin", "mix-1/proof.bin", "mix-1/statement.note"])
def test_a_broken_mix_is_not_taken(town: Town, tmp_path: Path, part: str) -> None:
    mix(town, 1, tmp_path / "stick")
    broken = tmp_path / "stick" / "contests" / "quarter" / part
    data = broken.read_bytes()
    broken.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    before = read_files(town.bundle)
    with pytest.raises(PbvoteError, match="mix-1"):
        tally(town).take(FolderBundle(tmp_path / "stick"))
    assert read_files(town.bundle) == before


def test_a_part_of_a_mix_is_not_taken(town: Town, tmp_path: Path) -> None:
    mix(town, 1, tmp_path / "stick")
    (tmp_path / "stick" / names.mix_file("quarter", 1, "proof.bin")).unlink()
    before = read_files(town.bundle)
    with pytest.raises(PbvoteError, match="missing"):
        tally(town).take(FolderBundle(tmp_path / "stick"))
    assert read_files(town.bundle) == before


def test_a_mix_that_comes_too_late_is_not_taken(town: Town, tmp_path: Path) -> None:
    mix(town, 1, tmp_path / "stick")
    mix(town, 2)
    with pytest.raises(RefusedError, match="has mixed"):
        tally(town).take(FolderBundle(tmp_path / "stick"))


def test_an_opening_by_who_didnt_mix_is_not_taken(town: Town, tmp_path: Path) -> None:
    mix(town, 1)
    mix(town, 2)
    open_(town, 2, tmp_path / "stick")
    for folder in (tmp_path / "stick").rglob("opening-2"):
        folder.rename(folder.with_name("opening-3"))
    with pytest.raises(PbvoteError, match="didn't mix"):
        tally(town).take(FolderBundle(tmp_path / "stick"))


class Turning(FolderBundle):
    """A stick that gives something else when it is read again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._given: set[str] = set()

    def read(self, name: str) -> bytes:
        data = b"else" if name in self._given else super().read(name)
        self._given.add(name)
        return data


def test_what_was_checked_is_what_is_taken(town: Town, tmp_path: Path) -> None:
    mix(town, 1, tmp_path / "stick")
    assert tally(town).take(Turning(tmp_path / "stick"))
    there = read_files(town.bundle)
    assert {n: there.get(n) for n in read_files(tmp_path / "stick")} == read_files(
        tmp_path / "stick"
    )


def test_parts_of_a_contest_that_there_is_not_are_not_taken(town: Town, tmp_path: Path) -> None:
    mix(town, 1, tmp_path / "stick")
    shutil.copytree(tmp_path / "stick/contests/city", tmp_path / "stick/contests/moon")
    before = read_files(town.bundle)
    with pytest.raises(VerificationError, match=r"contests/moon/.*no place"):
        tally(town).take(FolderBundle(tmp_path / "stick"))
    assert read_files(town.bundle) == before


def test_an_opening_before_enough_have_mixed_is_not_taken(town: Town, tmp_path: Path) -> None:
    mix(town, 1)
    own = tally(town).rebuilt
    column = (town.bundle / names.mix_file("city", 1, "output.bin")).read_bytes()
    with Trustee(town.trustee(1), PASSPHRASE) as trustee:
        shares, proof = trustee.open(own.election, own.closing, "city", column)
    files = {"shares.bin": shares, "proof.bin": proof}
    write_files(
        {names.opening_file("city", 1, part): data for part, data in files.items()},
        tmp_path / "stick",
    )
    with pytest.raises(RefusedError, match="too few trustees have mixed"):
        tally(town).take(FolderBundle(tmp_path / "stick"))


def test_a_request_holds_what_is_public_and_nothing_else(town: Town, tmp_path: Path) -> None:
    folder = export_request(town.path, "demo", tmp_path / "stick")
    there = read_files(folder)
    assert {name for name in there if not name.startswith("bundle/")} == {
        "manifest.note",
        "roll.csv",
        "commission.vkey",
    }
    assert {n.removeprefix("bundle/"): d for n, d in there.items() if n.startswith("bundle/")} == (
        read_files(town.bundle)
    )
    (folder / "bundle" / "contests" / "old").write_bytes(b"from before")
    export_request(town.path, "demo", tmp_path / "stick")
    assert read_files(folder) == there
    assert [found.names() for found in brought_in(tmp_path / "stick")] == []


def test_a_link_on_a_stick_leads_nowhere(town: Town, tmp_path: Path) -> None:
    """It would write over, and remove, files of this machine."""
    (own := tmp_path / "own").mkdir()
    (own / "letter.txt").write_text("mine")
    (place := tmp_path / "stick" / "demo").mkdir(parents=True)
    (place / "bundle").symlink_to(own)
    with pytest.raises(RefusedError, match="a link"):
        export_request(town.path, "demo", tmp_path / "stick")
    assert [path.name for path in own.iterdir()] == ["letter.txt"]


def test_a_zip_of_something_else_beside_a_mix(town: Town, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    mix(town, 1, stick / "anna")
    (stick / "photos.zip").write_bytes(b"cut short")
    assert len(list(brought_in(stick))) == 1
    shutil.rmtree(stick / "anna")
    with pytest.raises(PbvoteError, match=r"photos\.zip"):
        list(brought_in(stick))


def test_a_stick_that_cannot_be_read_is_said(town: Town) -> None:
    gone = Path("x" * 300)  # which a disk answers with an error, as one that was pulled out
    for read in (brought_in, closings_in, log_folders):
        with pytest.raises(InputError, match="can't be read"):
            list(read(gone))
    with pytest.raises(InputError, match="can't be read"):
        FolderBundle(gone).names()


def test_a_name_that_no_folder_can_have_is_said(tmp_path: Path) -> None:
    """As it may be typed at the wall."""
    with Work(make_town(tmp_path).path) as work, pytest.raises(InputError, match="can't be read"):
        work.collect(Path("x" * 300))


def test_a_closing_of_another_election_on_the_stick_is_passed_over(
    town: Town, tmp_path: Path
) -> None:
    note = (town.bundle / names.CLOSING).read_bytes()
    other = replace_id(note)
    write_files({"a/closing.note": other, "b/closing.note": note}, tmp_path / "stick")
    with Work(town.path) as work:
        assert work.take_signatures(tmp_path / "stick") == 0
        (tmp_path / "stick/b/closing.note").unlink()
        with pytest.raises(InputError, match=r"no closing\.note"):
            work.take_signatures(tmp_path / "stick")


def replace_id(note: bytes) -> bytes:
    """A closing as another election's commission might have signed it."""
    closing = decode(note.partition(b"\n")[0], Closing)
    changed = encode(structs.replace(closing, election=bytes(32)))
    return changed + b"\n\n" + note.rpartition(b"\n\n")[2]


def test_what_cannot_be_swept_is_said(town: Town) -> None:
    (town.bundle / ".new-folder").mkdir()
    with pytest.raises(StorageError, match=r"\.new-folder: can't be removed"):
        mix(town, 1)


# --- checked ahead --------------------------------------------------------------------------------


def test_a_digest_cut_short_is_left_out(town: Town) -> None:
    path = town.path / FILE
    whole = path.read_bytes()
    assert len(whole) == 32 * 10
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(whole[:-5])
    Ahead(town.path)
    assert path.read_bytes() == whole[:-32]
    with Work(town.path) as work:
        assert work.check_ahead() == 1
    assert sorted(path.read_bytes()) == sorted(whole)


def test_nothing_is_signed_that_a_file_says_was_checked(tmp_path: Path) -> None:
    """A forged ballot, and its digest in the file of those whose proofs hold."""
    town = make_town(tmp_path)
    log = list(town.logs["box/kiosk-1"])
    entries = [decode(data, BoxEntry) for data in log]
    at, cast = next((i, e) for i, e in enumerate(entries) if isinstance(e, Cast))
    log[at] = encode(structs.replace(cast, proof=structs.replace(cast.proof, response=bytes(64))))
    town = replace(town, logs={**town.logs, "box/kiosk-1": log})
    with Work(town.path) as work:
        work.collect(town.stick())
        work.draw_up({}, None)
        for number in (1, 2, 3):
            work.sign(town.trustee(number), PASSPHRASE)
        work.check_ahead()
        with (town.path / FILE).open("ab") as file:
            file.write(hashlib.sha256(log[at]).digest())
    with Work(town.path) as work:
        assert work.merge().merge.record.accepted == 8
        work.step_up(town.trustee(1), PASSPHRASE)
        work.step_up(town.trustee(2), PASSPHRASE)
        work.begin_opening(town.trustee(1), PASSPHRASE)
        work.step_up(town.trustee(2), PASSPHRASE)
        with pytest.raises(VerificationError, match="its proof doesn't hold"):
            work.publish(None)
    assert not (town.bundle / names.RESULTS).exists()


def test_a_trustee_trusts_no_file_of_the_town_hall(town: Town, tmp_path: Path) -> None:
    folder = export_request(town.path, "demo", tmp_path / "stick")
    assert not (folder / FILE).exists()
