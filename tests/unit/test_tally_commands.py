"""The single commands of the count, where they are given wrongly or are cut off."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bundle_builder import read_files
from pbvote import keyfile
from pbvote.core.errors import PbvoteError, RefusedError
from pbvote.files import COMMISSION_KEY
from pbvote_tally import bundle as names
from pbvote_tally.cli import close, mix, open_, take
from pbvote_tally.custody import Trustee
from pbvote_tally.show.work import Work
from pbvote_tally.tally import OPENING
from poll_folder import seed
from show_folder import Town, make_town
from trustee_builder import CHEAP, PASSPHRASE


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Before any log came in."""
    return make_town(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def closed(fresh: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The closing signed by all."""
    town = copied(fresh, tmp_path_factory.mktemp("closed"))
    close(town.path, logs=[town.stick()])
    with Work(town.path) as work:
        for number in (1, 2, 3):
            work.sign(town.trustee(number), PASSPHRASE)
    return town


def copied(town: Town, to: Path) -> Town:
    """The same town in another folder."""
    shutil.copytree(town.path, to / "town")
    return Town(to / "town", to / "sticks", town.built, town.logs)


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE)
    return path


def test_a_closing_under_another_key_is_not_made(fresh: Town, tmp_path: Path) -> None:
    """No trustee would sign it, and there is one only."""
    town = copied(fresh, tmp_path)
    key, other = town.path / COMMISSION_KEY, town.built.registrars["mairie"]
    whole = key.read_bytes()
    key.unlink()
    keyfile.save(key, other.name, seed(other), None, CHEAP)
    with pytest.raises(RefusedError, match="isn't the commission's key"):
        close(town.path, logs=[town.stick()])
    key.write_bytes(whole)
    close(town.path)


def test_a_wrong_mix_is_not_taken(closed: Town, tmp_path: Path, passphrase: Path) -> None:
    town, stick = copied(closed, tmp_path), tmp_path / "stick"
    mix(town.path, town.trustee(1), stick, passphrase)
    proof = stick / names.mix_file("city", 1, "proof.bin")
    whole = proof.read_bytes()
    proof.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    before = read_files(town.bundle)
    with pytest.raises(PbvoteError, match="mix-1"):
        take(town.path, stick)
    assert read_files(town.bundle) == before
    proof.write_bytes(whole)
    take(town.path, stick)
    assert read_files(town.bundle).items() > before.items()


def test_nobody_mixes_once_a_trustee_has_begun_to_open(
    closed: Town, tmp_path: Path, passphrase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power fails after the trustee's decision, before its files are there."""
    town = copied(closed, tmp_path)
    for number in (1, 2):
        mix(town.path, town.trustee(number), passphrase_file=passphrase)
    mix(town.path, town.trustee(3), tmp_path / "stick", passphrase)
    with pytest.raises(RefusedError, match="not among them"):
        open_(town.path, town.trustee(3), passphrase_file=passphrase)
    assert not (town.path / OPENING).exists()

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power, pytest.raises(KeyboardInterrupt):
        power.setattr(Trustee, "open_lot", cut)
        power.setattr("pbvote_tally.tally.Tally._write_opening", cut)
        open_(town.path, town.trustee(1), passphrase_file=passphrase)
    with pytest.raises(RefusedError, match="is being opened"):
        mix(town.path, town.trustee(3), passphrase_file=passphrase)
    with pytest.raises(RefusedError, match="is being opened"):
        take(town.path, tmp_path / "stick")
    for number in (1, 2):
        open_(town.path, town.trustee(number), passphrase_file=passphrase)
