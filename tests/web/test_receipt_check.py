"""\"Check your receipt\" in a browser, from a disk: the verdicts of `pbvote receipt check`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from pbvote.core.encoding import from_base32, to_base32
from pbvote.core.receipt import RECEIPT_PREFIX, read_receipt_text
from pbvote.receipts import signed_receipt, tracker_of
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.rebuild import Rebuilt, rebuild
from pbvote_tally.receipts import verdict
from site_folder import SiteFolder

HEADS = {
    "counted": "Your ballot counted.",
    "superseded": "Your ballot was replaced by a later one: ",
    "set aside": "Your ballot is in the box, but it was set aside.",
    "missing": "Your ballot is missing.",
}


def answer(page: Page, site: Path, given: str) -> str:
    """What the page says to this."""
    page.goto((site / "en" / "receipt.html").as_uri())
    page.fill("#receipt-text", given)
    page.click("button[type=submit]")
    page.wait_for_selector("#receipt-answer:not(.busy)")
    return page.inner_text("#receipt-answer")


@pytest.fixture(scope="module")
def rebuilt(election: SiteFolder) -> Rebuilt:
    bundle = FolderBundle(election.folder / "bundle")
    return rebuild(bundle, election.built.commission.verify_key)


@pytest.mark.parametrize(
    "fate", ["counted", "superseded", "successor", "set aside", "challenged", "cut", "lost"]
)
def test_says_what_the_command_says(
    fate: str, page: Page, site: Path, election: SiteFolder, rebuilt: Rebuilt
) -> None:
    text = election.receipts[fate]
    signed = signed_receipt(read_receipt_text(text), election.built.election)
    expected = verdict(FolderBundle(election.folder / "bundle"), rebuilt, signed)

    said = answer(page, site, text)

    assert said.startswith(HEADS[expected.what])
    if expected.what == "superseded":
        assert expected.by in said
    if expected.what == "set aside":
        assert f"({expected.reason.split()[0]})" in said
    if expected.what != "missing":
        assert f"\n{expected.place}\n" in said
        assert signed.receipt.tracker.hex() in said
        assert "The ballot box signed this receipt." in said


def test_every_ballot_by_its_short_tracker(page: Page, site: Path, election: SiteFolder) -> None:
    entries = election.poll.logs["box/online"]
    trackers = [t for t in map(tracker_of, entries) if t is not None][::6]
    for tracker in trackers:
        short = tracker.hex()[:12]
        said = answer(page, site, f"{short[:4]}-{short[4:8]} {short[8:].upper()}")
        assert tracker.hex() in said
        assert "A tracker alone doesn't prove" in said
        assert "The ballot box signed this receipt." not in said


def test_receipt_in_an_address_and_broken_over_lines(
    page: Page, site: Path, election: SiteFolder
) -> None:
    text = election.receipts["counted"]
    given = "HTTPS://TOWN.EXAMPLE/R/" + "\n".join(text[i : i + 40] for i in range(0, len(text), 40))
    assert answer(page, site, given).startswith(HEADS["counted"])
    page.goto("about:blank")
    page.goto(f"{(site / 'en' / 'receipt.html').as_uri()}#{text}")
    page.wait_for_selector("#receipt-answer.good")


def changed(text: str, at: int, by: int = 1) -> str:
    """The receipt with another byte."""
    data = bytearray(from_base32(text.removeprefix(RECEIPT_PREFIX)))
    data[at] ^= by
    return RECEIPT_PREFIX + to_base32(bytes(data))


@pytest.mark.parametrize(
    ("at", "by", "says"),
    [
        (0, 1, "This receipt is of another election."),
        (8, 0xFF, "This receipt is of a ballot box that this election doesn't have."),
        (9, 1, "its signature is wrong"),  # another box's
        (13, 1, "its signature is wrong"),  # another place
        (17, 1, "its signature is wrong"),  # another time
        (20, 1, "its signature is wrong"),  # another ballot
        (60, 1, "its signature is wrong"),
        (113, 0x80, "its signature is wrong"),  # S is not below the group's order
    ],
)
def test_forged_receipts(
    at: int, by: int, says: str, page: Page, site: Path, election: SiteFolder
) -> None:
    said = answer(page, site, changed(election.receipts["counted"], at, by))
    assert says in said
    assert "counted" not in said


def test_receipts_that_contradict_the_log(page: Page, site: Path, election: SiteFolder) -> None:
    other = election.receipt("online", 301, bytes(32))
    assert "In its place (online, entry 301) stands another ballot." in answer(page, site, other)
    close = election.receipt("kiosk-1", 2, bytes(32))
    assert "stands another ballot" in answer(page, site, close)
    beyond = election.receipt("online", 100_000, bytes(32))
    said = answer(page, site, beyond)
    assert "The published log ends before its place (online, entry 100000)." in said
    assert "it is evidence against the ballot box" in said


@pytest.mark.parametrize("given", ["", "hello", "12345", "PBVOTE1/R/ABC", "PBVOTE1/R/!"])
def test_what_is_no_receipt(given: str, page: Page, site: Path) -> None:
    said = answer(page, site, given)
    assert "Scan or copy it again" in said or "neither a receipt nor a tracker" in said
    assert page.get_attribute("#receipt-text", "aria-invalid") == "true"


def test_unknown_tracker(page: Page, site: Path) -> None:
    assert "No ballot with this tracker" in answer(page, site, "0000-0000-0000")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("data/box/0/tile/entries/001.p/*.js", '","', '","AAEA'),  # another entry
        ("data/box/0/tile/1/000.p/1.js", '","', '","AAAA'),  # other hashes
        ("data/documents.js", "revoked", "revoced"),  # merge.json isn't the signed one
        ("data/documents.js", "Burgerbegroting", "Burgerbegrotinh"),  # nor the manifest
        ("data/superseded.js", ":[1,1]", ":[1,2]"),  # instead of it, the box's last entry
        ("data/superseded.js", ":[1,1]", ":[0,305]"),  # instead of it, another person's
    ],
)
def test_published_data_that_was_changed(
    name: str, old: str, new: str, page: Page, site: Path, election: SiteFolder, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(site, tmp_path / "site"))
    (path,) = copy.glob(name)
    text = path.read_text("ascii")
    assert old in text
    path.write_text(text.replace(old, new, 1), "ascii")
    said = answer(page, copy, election.receipts["superseded"])
    assert said.startswith("What is published contradicts itself")


def test_a_copy_without_all_files(
    browser_page: Page, site: Path, election: SiteFolder, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(site, tmp_path / "site"))
    shutil.rmtree(copy / "data" / "box" / "0" / "tile" / "entries")
    said = answer(browser_page, copy, election.receipts["counted"])
    assert said.startswith("A file of these pages is missing")
