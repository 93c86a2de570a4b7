"""bundle/: an audit bundle of an independent implementation verifies, and nothing altered in it."""

from __future__ import annotations

import hashlib
import random
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bundle_builder import Files, MemoryBundle, read_files, write_files
from conftest import OWN_VECTORS, Vectors
from pbvote.core.encoding import encode
from pbvote.core.errors import InputError, PbvoteError, VerificationError
from pbvote.core.note import VerifyKey
from pbvote.files import read_vkey
from pbvote_tally.bundle import FolderBundle, ZipBundle, open_bundle
from pbvote_tally.verify import verify

MAIN = "from pbvote_tally.cli import main; main()"


@pytest.fixture(scope="module")
def folder(vectors: Vectors) -> Path:
    if not (vectors.folder / "bundle").is_dir():
        pytest.skip("the vectors have no bundle")
    return vectors.folder / "bundle"


@pytest.fixture(scope="module")
def key(folder: Path) -> VerifyKey:
    return read_vkey(folder.with_suffix(".vkey"))


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    return read_files(folder)


# --- it verifies ----------------------------------------------------------------------------------


def test_it_verifies(folder: Path, key: VerifyKey) -> None:
    verified = verify(open_bundle(folder), key)
    assert encode(verified.rebuilt.merge.record) == (folder / "merge.json").read_bytes()
    assert [(c.contest.id, c.result) for c in verified.counted] == [
        (result.id, result) for result in verified.results.contests
    ]


def test_our_own_set_holds_what_its_readme_says(
    vectors: Vectors, files: Files, key: VerifyKey
) -> None:
    if vectors.folder != OWN_VECTORS:
        pytest.skip("another set of vectors holds other things")
    verified = verify(MemoryBundle(files), key)
    record, results = verified.rebuilt.merge.record, verified.results.contests
    assert len({entry.reason for entry in record.set_aside}) == 11
    assert len(record.conflicts) == 1
    assert sum(result.invalid for result in results) == 1
    assert sum(result.blank for result in results) == 1
    assert results[-1].ballots == 0


def test_it_verifies_zipped(files: Files, key: VerifyKey, tmp_path: Path) -> None:
    path = zipped(files, tmp_path)
    verified = verify(open_bundle(path), key)
    assert verified.results.contests == verify(MemoryBundle(files), key).results.contests
    assert open_bundle(path).names() == sorted(files)


def test_a_zip_with_entries_for_folders(folder: Path, key: VerifyKey, tmp_path: Path) -> None:
    path = Path(shutil.make_archive(str(tmp_path / "bundle"), "zip", folder))
    assert any(info.is_dir() for info in zipfile.ZipFile(path).infolist())
    verify(open_bundle(path), key)


def test_another_commission(files: Files, folder: Path) -> None:
    other = VerifyKey(read_vkey(folder.with_suffix(".vkey")).name, hashlib.sha256(b"").digest())
    with pytest.raises(VerificationError, match=r"results\.note"):
        verify(MemoryBundle(files), other)


# --- nothing altered does -------------------------------------------------------------------------


def refusal(files: Files, key: VerifyKey) -> str:
    """The error's text; fails if there is none, or one that isn't ours."""
    with pytest.raises(PbvoteError) as caught:
        verify(MemoryBundle(files), key)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def flipped(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return bytes([rng.randrange(256)])
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ rng.randrange(1, 256)]) + data[place + 1 :]


def test_any_byte_of_any_file(files: Files, key: VerifyKey, rng: random.Random, soak: bool) -> None:
    for name, data in files.items():
        for _ in range(200 if soak else 5):
            assert name in refusal({**files, name: flipped(data, rng)}, key)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data[1:],
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data + b"\0",
        lambda data: data + b"\n",
        lambda data: b"\n" + data,
        lambda data: data + data,
        lambda data: data + data[-32:],
    ],
)
def test_shorter_longer_or_doubled(
    files: Files, key: VerifyKey, change: Callable[[bytes], bytes]
) -> None:
    for name, data in files.items():
        if change(data) != data:  # an empty one can't get shorter
            assert name in refusal({**files, name: change(data)}, key)


def test_any_file_removed(files: Files, key: VerifyKey) -> None:
    for name in files:
        assert name in refusal({other: files[other] for other in files if other != name}, key)


def test_any_file_doubled_under_another_name(files: Files, key: VerifyKey) -> None:
    for name, data in files.items():
        for copy in (f"{name}.bak", f"copy/{name}", name.upper(), f"{name}/{name}", f"{name} (2)"):
            assert copy in refusal({**files, copy: data}, key)


def test_two_files_exchanged(files: Files, key: VerifyKey, rng: random.Random) -> None:
    for name in files:
        other = rng.choice([n for n in files if files[n] != files[name]])
        text = refusal({**files, name: files[other], other: files[name]}, key)
        assert name in text or other in text


def test_what_lies_in_a_folder(files: Files, key: VerifyKey, tmp_path: Path) -> None:
    """The same on a disk: links, folders in place of files, nothing at all."""
    bundle = write_files(files, tmp_path / "bundle")
    (bundle / "evidence").mkdir()  # a folder without files is nothing
    verify(FolderBundle(bundle), key)
    (bundle / "evidence" / "1.note").symlink_to(bundle / "merge.json")
    with pytest.raises(VerificationError, match=r"evidence/1\.note: a link"):
        verify(FolderBundle(bundle), key)
    (bundle / "evidence" / "1.note").unlink()
    (bundle / "more").symlink_to(bundle / "logs", target_is_directory=True)
    with pytest.raises(VerificationError, match="more: a link"):
        verify(FolderBundle(bundle), key)
    (bundle / "more").unlink()
    (bundle / "merge.json").unlink()
    (bundle / "merge.json").mkdir()
    with pytest.raises(PbvoteError, match=r"merge\.json"):
        verify(FolderBundle(bundle), key)
    with pytest.raises(InputError, match="nothing"):
        open_bundle(tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(VerificationError, match=r"results\.note: it is missing"):
        verify(open_bundle(tmp_path / "empty"), key)


# --- zips -----------------------------------------------------------------------------------------


def zipped(files: Files, folder: Path, *more: tuple[zipfile.ZipInfo, bytes]) -> Path:
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for info, data in more:
            archive.writestr(info, data)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "/merge.json",
        "../merge.json",
        "logs/../merge.json",
        "logs/..",
        "..",
        "./merge.json",
        "logs//merge.json",
        "logs/./merge.json",
        "logs\\box",
        "..\\merge.json",
        "C:\\merge.json",
    ],
)
def test_names_that_a_zip_must_not_have(files: Files, tmp_path: Path, name: str) -> None:
    path = zipped(files, tmp_path, (zipfile.ZipInfo(name), b"x"))
    with pytest.raises(VerificationError) as caught:
        open_bundle(path)
    assert repr(name) in str(caught.value)


def test_a_name_twice_in_a_zip(files: Files, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(files, tmp_path, (zipfile.ZipInfo("merge.json"), files["merge.json"]))
    with pytest.raises(VerificationError, match=r"merge\.json: it is in the zip twice"):
        open_bundle(path)


def test_a_link_in_a_zip(files: Files, tmp_path: Path) -> None:
    path = zipped(files, tmp_path, (link("evidence/1.note"), b"../merge.json"))
    with pytest.raises(VerificationError, match=r"evidence/1\.note: a link"):
        open_bundle(path)


def test_no_zip(tmp_path: Path) -> None:
    for data in (b"", b"PK", b"PK\3\4" + bytes(100), b"results"):
        (tmp_path / "bundle.zip").write_bytes(data)
        with pytest.raises(InputError, match="zip"):
            open_bundle(tmp_path / "bundle.zip")


def test_a_damaged_zip_is_refused_or_whole(
    files: Files, key: VerifyKey, tmp_path: Path, rng: random.Random, soak: bool
) -> None:
    """Dates and the like may change; never an error that isn't ours, never another content."""
    data = zipped(files, tmp_path).read_bytes()
    directory = data.rindex(b"PK\1\2", 0, data.index(b"PK\1\2") + 4)
    refused = 0
    for number in range(5_000 if soak else 150):
        start = directory if number % 2 else 0
        place = rng.randrange(start, len(data))
        changed = data[:place] + bytes([data[place] ^ rng.randrange(1, 256)]) + data[place + 1 :]
        path = tmp_path / "changed.zip"
        path.write_bytes(changed[: rng.randrange(len(data))] if number % 10 == 9 else changed)
        try:
            bundle = ZipBundle(path)
            same = {name: bundle.read(name) for name in bundle.names()} == files
        except PbvoteError:
            refused += 1
            continue
        if not same:
            refusal({name: bundle.read(name) for name in bundle.names()}, key)
    assert refused


@pytest.mark.parametrize("method", [0, 1, 9, 12, 14, 20, 93, 97, 99])
def test_another_compression_than_was_used(
    files: Files, key: VerifyKey, tmp_path: Path, method: int
) -> None:
    """Each method's library has errors of its own."""
    last = {**{n: d for n, d in files.items() if n != "roll.csv"}, "roll.csv": files["roll.csv"]}
    data = bytearray(zipped(last, tmp_path).read_bytes())
    data[data.rindex(b"PK\1\2") + 10] = method  # of the last file
    (tmp_path / "bundle.zip").write_bytes(data)
    with pytest.raises(VerificationError, match=r"roll\.csv"):
        verify(open_bundle(tmp_path / "bundle.zip"), key)


@pytest.mark.parametrize("properties", ["ff" * 5, "5d00008000"])
def test_lzma_that_is_none(tmp_path: Path, properties: str) -> None:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("roll.csv", bytes.fromhex("09040500" + properties) + b"\xff" * 50)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\1\2") + 10] = zipfile.ZIP_LZMA
    path.write_bytes(data)
    for look in (ZipBundle(path).read, ZipBundle(path).sha256):
        with pytest.raises(VerificationError, match=r"roll\.csv: damaged"):
            look("roll.csv")


def test_a_zip_of_the_folder_itself(folder: Path, tmp_path: Path) -> None:
    path = shutil.make_archive(str(tmp_path / "b"), "zip", folder.parent, folder.name)
    with pytest.raises(InputError, match="in one folder, bundle"):
        open_bundle(Path(path))


def test_a_zip_with_a_file_less(files: Files, key: VerifyKey, tmp_path: Path) -> None:
    for name in ("results.note", "roll.csv", "lot/opening-1/proof.bin"):
        path = zipped({n: d for n, d in files.items() if n != name}, tmp_path)
        with pytest.raises(VerificationError, match=name):
            verify(open_bundle(path), key)
        for look in (open_bundle(path).read, open_bundle(path).sha256):
            with pytest.raises(VerificationError, match=f"{name}: it is missing"):
                look(name)


# --- the command ----------------------------------------------------------------------------------


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-c", MAIN, "verify", *arguments]
    return subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_says_that_it_holds(folder: Path, key: VerifyKey) -> None:
    done = command(str(folder), "--commission", key.text)
    assert done.returncode == 0
    assert "Everything holds" in done.stdout
    assert "Error" not in done.stderr


@pytest.mark.parametrize("name", ["results.note", "contests/town/mix-3/proof.bin"])
def test_the_command_names_the_file(
    files: Files, key: VerifyKey, tmp_path: Path, rng: random.Random, name: str
) -> None:
    bundle = write_files({**files, name: flipped(files[name], rng)}, tmp_path / "bundle")
    done = command(str(bundle), "--commission", key.text)
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error:")]
    assert len(errors) == 1 and name in errors[0]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_command_quietly_in_a_zip(files: Files, key: VerifyKey, tmp_path: Path) -> None:
    path = zipped({**files, "extra": b""}, tmp_path)
    done = command(str(path), "--quiet", "--commission", key.text)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Error: extra: a file that results.note doesn't name"]
