"""What a voter is told of a receipt and of a challenged ballot, from a bundle or a box alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from pbvote.core.encoding import decode, from_base32, to_base32
from pbvote.core.errors import InputError, VerificationError
from pbvote.core.note import VerifyKey
from pbvote.core.receipt import (
    RECEIPT_PREFIX,
    SignedReceipt,
    read_receipt_text,
    receipt_text,
    sign_receipt,
)
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.evidence import findings
from pbvote_tally.rebuild import rebuild
from pbvote_tally.records import MergeRecord
from pbvote_tally.words import merge_lines
from poll_folder import PollFolder, call, make_poll, photo


@dataclass(frozen=True)
class Poll:
    """A closed poll: `receipts` by what should become of them, `open_copy` from before."""

    folder: PollFolder
    bundle: Path
    receipts: dict[str, str]

    @property
    def path(self) -> Path:
        return self.folder.path

    def box(self, name: str = "online") -> Path:
        return self.path / "boxes" / name


def cast(folder: PollFolder, box: str, card: str, *words: str) -> str:
    called = call("vote", folder.path, "--box", box, "--card", card, *words)
    assert called.code == 0, called.said
    return called.lines[-1]


@pytest.fixture(scope="module")
def poll(tmp_path_factory: pytest.TempPathFactory) -> Poll:
    folder = make_poll(tmp_path_factory.mktemp("poll") / "town")
    cards = [folder.issue(person) for person in range(5)]
    hall = folder.issue(1, "in-person", serial=2, registrar="desk-1")
    for box in folder.built.boxes:
        assert call("box", "open", folder.path, box).code == 0
    receipts = {
        "counted": cast(folder, "online", cards[0], "city=p1,p2", "quarter=p1:6,p3:4"),
        "superseded": cast(folder, "online", cards[1], "city=p3"),
        "later": cast(folder, "kiosk-1", hall, "city=p4"),
        "revoked": cast(folder, "online", cards[2], "city=p5"),
        "challenged": cast(folder, "online", cards[3], "city=p2,p5", "--challenge"),
    }
    folder.revoke(2)
    return Poll(folder, folder.close(), receipts)


def changed(text: str, **changes: int | bytes) -> str:
    """A receipt's text, its signature kept, with other fields."""
    data = bytearray(from_base32(text.removeprefix(RECEIPT_PREFIX)))
    places = {"election": (0, 8), "box": (8, 2), "index": (10, 4), "tracker": (18, 32)}
    for name, value in changes.items():
        start, size = places[name]
        new = value if isinstance(value, bytes) else value.to_bytes(size, "big")
        data[start : start + size] = new
    return RECEIPT_PREFIX + to_base32(bytes(data))


def signed_anew(poll: Poll, text: str, **changes: int | bytes) -> str:
    """A receipt that the box signed although it isn't so: what a lying box gives out."""
    told = read_receipt_text(changed(text, **changes))
    name = list(poll.folder.built.boxes)[told.box]
    receipt = told.signed(poll.folder.built.election.id, name).receipt
    return receipt_text(sign_receipt(receipt, poll.folder.built.boxes[name]), told.box)


@pytest.mark.parametrize(
    ("which", "answer"),
    [
        ("counted", "counted"),
        ("superseded", "superseded by kiosk-1, entry 1"),
        ("later", "counted"),
        ("revoked", "set aside: revoked"),
        ("challenged", "set aside: challenged (opened to check the device)"),
    ],
)
def test_bundle_answers_as_section_7_says(poll: Poll, which: str, answer: str) -> None:
    called = call("receipt", "check", poll.receipts[which], poll.path)
    assert (called.code, called.lines) == (0, [answer])


def test_bundle_and_key_are_enough(poll: Poll, tmp_path: Path) -> None:
    shutil.copytree(poll.bundle, tmp_path / "bundle")
    words = ("receipt", "check", poll.receipts["counted"], "--bundle", tmp_path / "bundle")
    assert "--commission" in call(*words).said
    key = poll.folder.built.commission.verify_key.text
    assert call(*words, "--commission", key).lines == ["counted"]
    assert call(*words, "--commission", poll.path / "commission.vkey").lines == ["counted"]
    shutil.make_archive(str(tmp_path / "b"), "zip", poll.bundle)
    zipped = call(*words[:3], "--bundle", tmp_path / "b.zip", "--commission", key)
    assert zipped.lines == ["counted"]
    shutil.make_archive(str(tmp_path / "f"), "zip", tmp_path, "bundle")
    zipped = call(*words[:3], "--bundle", tmp_path / "f.zip", "--commission", key)
    assert isinstance(zipped.error, InputError)
    assert "everything is in one folder, bundle. Zip what is in it" in zipped.said


@pytest.mark.parametrize("given", ["commission.vkey", "keys/town", "a+b/c.vkey", "x" * 300])
def test_a_key_that_looks_like_a_path(poll: Poll, given: str) -> None:
    words = ("receipt", "check", poll.receipts["counted"], "--bundle", poll.bundle)
    called = call(*words, "--commission", given)
    assert isinstance(called.error, InputError) and f"{given}: no such file" in called.said
    assert "no such file" not in call(*words, "--commission", "town+00+AAAA").said


def test_one_is_said_as_one() -> None:
    for accepted, said in ((0, "0 ballots count"), (1, "1 ballot counts"), (2, "2 ballots count")):
        record = MergeRecord(
            election=bytes(32),
            boxes=[],
            registries=[],
            set_aside=[],
            conflicts=[],
            accepted=accepted,
            root=bytes(32),
        )
        assert merge_lines(record) == [said]


def test_json_answer(poll: Poll) -> None:
    called = call("receipt", "check", poll.receipts["superseded"], poll.path, "--json")
    answer = json.loads(called.out)
    assert answer["what"] == "superseded" and answer["by"] == "kiosk-1, entry 1"
    assert answer["tracker"] == read_receipt_text(poll.receipts["superseded"]).tracker.hex()


@pytest.mark.parametrize("change", [{"index": 77}, {"index": 0}, {"tracker": bytes(32)}])
def test_missing_is_evidence_against_the_box(
    poll: Poll, tmp_path: Path, change: dict[str, int | bytes]
) -> None:
    text = signed_anew(poll, poll.receipts["counted"], **change)
    kept = tmp_path / "evidence" / "1.json"
    called = call("receipt", "check", text, poll.path, "--evidence", kept)
    assert (called.code, called.lines) == (1, ["missing"])
    assert "evidence against the box" in called.err and "evidence/<n>.json" in called.err
    bundle = tmp_path / "bundle"
    shutil.copytree(poll.bundle, bundle)
    shutil.copytree(kept.parent, bundle / "evidence")
    files = FolderBundle(bundle)
    commission = poll.folder.built.commission.verify_key
    found = list(findings(files, rebuild(files, commission)))
    assert [f.finding for f in found] == ["receipt contradicted"]
    decode(kept.read_bytes(), SignedReceipt)


@pytest.mark.parametrize("against", ["bundle", "box"])
def test_wrong_signature_is_said(poll: Poll, against: str) -> None:
    text = changed(poll.receipts["counted"], index=3)
    words = ("--box", poll.box()) if against == "box" else ()
    called = call("receipt", "check", text, poll.path, *words)
    assert called.code == 1 and isinstance(called.error, VerificationError)
    assert "not a receipt of this box" in called.said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PBVOTE1/R/ABCDEF", "only in part"),
        ("PBVOTE1/C/ABCDEF", "isn't a receipt"),
        ("hello", "isn't a receipt"),
        ("", "isn't a receipt"),
        ("x" * 5000, "isn't a receipt"),
        ("no\0name", "isn't a receipt"),
        ("photo.png", "can't be read"),
    ],
)
def test_texts_that_are_no_receipt(poll: Poll, text: str, says: str) -> None:
    called = call("receipt", "check", text, poll.path)
    assert called.code == 1 and isinstance(called.error, InputError)
    assert says in called.said


def test_cut_receipt(poll: Poll) -> None:
    whole = poll.receipts["counted"]
    for end in (len(whole) - 1, len(whole) // 2, len(RECEIPT_PREFIX)):
        assert "only in part" in call("receipt", "check", whole[:end], poll.path).said


def test_receipt_of_another_election_or_box(poll: Poll) -> None:
    other = changed(poll.receipts["counted"], election=bytes(8))
    assert "another election" in call("receipt", "check", other, poll.path).said
    nowhere = changed(poll.receipts["counted"], box=9)
    assert "box number 10" in call("receipt", "check", nowhere, poll.path).said
    called = call("receipt", "check", poll.receipts["later"], poll.path, "--box", poll.box())
    assert "the log of online, the receipt is of kiosk-1" in called.said


@pytest.mark.parametrize("where", ["folder", "database", "exported"])
def test_a_box_alone_never_says_counted(poll: Poll, where: str) -> None:
    place = {
        "folder": poll.box(),
        "database": poll.box() / "box.db",
        "exported": poll.path / "stick" / "box" / "online",
    }[where]
    for which in ("counted", "superseded", "revoked"):
        called = call("receipt", "check", poll.receipts[which], poll.path, "--box", place)
        assert called.code == 0 and called.lines[0].startswith("in the box at its place (online,")
        assert "known after the closing" in called.out and "included" not in called.said
    called = call("receipt", "check", poll.receipts["challenged"], poll.path, "--box", place)
    assert "it never counts" in called.out
    text = signed_anew(poll, poll.receipts["counted"], index=50)
    called = call("receipt", "check", text, poll.path, "--box", place)
    assert (called.code, called.lines) == (1, ["missing"])


def test_a_box_log_that_was_changed(poll: Poll, tmp_path: Path) -> None:
    log = tmp_path / "online"
    shutil.copytree(poll.path / "stick" / "box" / "online", log)
    (tile,) = (path for path in (log / "tile" / "entries").rglob("*") if path.is_file())
    data = bytearray(tile.read_bytes())
    data[-5] ^= 1
    tile.write_bytes(data)
    called = call("receipt", "check", poll.receipts["counted"], poll.path, "--box", log)
    assert called.code == 1 and isinstance(called.error, VerificationError)


def test_before_the_closing_it_says_where_to_look(poll: Poll, tmp_path: Path) -> None:
    for name in ("manifest.note", "roll.csv", "commission.vkey"):
        shutil.copy(poll.path / name, tmp_path)
    called = call("receipt", "check", poll.receipts["counted"], tmp_path)
    assert called.code == 1 and "--box" in called.said
    called = call("receipt", "check", poll.receipts["counted"])
    assert called.code == 1 and "--bundle" in called.said
    called = call("receipt", "check", poll.receipts["counted"], tmp_path, "--box", tmp_path)
    assert "no log is here" in called.said


def test_photo_of_the_code(poll: Poll, tmp_path: Path) -> None:
    png = photo(poll.receipts["counted"], tmp_path / "receipt.png")
    assert call("receipt", "check", png, poll.path).lines == ["counted"]
    with Image.open(png) as image:
        turned = image.convert("RGB").rotate(17, expand=True, fillcolor=(255, 255, 255))
        turned.save(tmp_path / "receipt.jpg", quality=70)
    linked = photo(f"HTTPS://VOTE.EXAMPLE.BE/R/{poll.receipts['counted']}", tmp_path / "link.png")
    assert call("receipt", "check", tmp_path / "receipt.jpg", poll.path).lines == ["counted"]
    assert call("receipt", "check", linked, poll.path).lines == ["counted"]
    (tmp_path / "receipt.txt").write_text(poll.receipts["counted"] + "\n")
    assert call("receipt", "check", tmp_path / "receipt.txt", poll.path).lines == ["counted"]


def test_photos_that_show_nothing(poll: Poll, tmp_path: Path) -> None:
    Image.new("L", (300, 300), 200).save(tmp_path / "grey.png")
    assert "no QR code" in call("receipt", "check", tmp_path / "grey.png", poll.path).said
    whole = photo(poll.receipts["counted"], tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 3])
    assert "not a photo" in call("receipt", "check", tmp_path / "cut.png", poll.path).said
    foreign = photo("https://example.org", tmp_path / "foreign.png")
    assert "isn't a receipt" in call("receipt", "check", foreign, poll.path).said


def test_challenge_says_what_was_sealed(poll: Poll) -> None:
    text = poll.receipts["challenged"]
    tracker = read_receipt_text(text).tracker.hex()
    for where in ([], ["--box", str(poll.box())]):
        for given in (text, tracker, f"{tracker[:4]}-{tracker[4:8]}-{tracker[8:12]}".upper()):
            called = call("receipt", "challenge", given, poll.path, *where, "--language", "en")
            assert called.code == 0, called.said
            assert called.lines == [
                "online, entry 4: the device had sealed",
                "city: Envelope city",
                "  p2  Project 2",
                "  p5  Project 5",
            ]
    called = call("receipt", "challenge", text, poll.path, "--json")
    assert json.loads(called.out)["sealed"] == {"city": {"p2": 1, "p5": 1}}


def test_challenge_that_was_none(poll: Poll) -> None:
    called = call("receipt", "challenge", poll.receipts["counted"], poll.path)
    assert called.code == 1 and "was cast" in called.said
    called = call("receipt", "challenge", "0" * 12, poll.path)
    assert called.code == 1 and "missing" in called.said
    for wrong in ("12ab", "xyz", "0" * 65):
        assert "no tracker" in call("receipt", "challenge", wrong, poll.path).said


def test_wrong_commission(poll: Poll) -> None:
    key = VerifyKey("pbvote/demo/commission", bytes([1]) * 32).text
    words = ("receipt", "check", poll.receipts["counted"], "--bundle", poll.bundle)
    assert call(*words, "--commission", key).code == 1
    assert call(*words, "--commission", "hello").code == 1
