"""The public count, act by act, on a small real election: every key real, every step real."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from bundle_builder import read_files
from pbvote.core.encoding import encode
from pbvote.core.errors import StorageError
from pbvote.core.note import sign_note
from pbvote.language import LANGUAGES
from pbvote_tally import bundle as names
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.cli import app as tally_cli
from pbvote_tally.custody import Trustee
from pbvote_tally.fingerprint import code, in_hex, in_words, note_hash
from pbvote_tally.show.work import Work
from pbvote_tally.tally import Tally
from pbvote_tally.verify import read_results, verify
from screen_image import cells_of_app, codes_on
from show_folder import Town, make_town
from show_host import Hand, wall
from trustee_builder import PASSPHRASE

COMMISSION = "salt river paper nine"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Before any log came in."""
    return make_town(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def closed(fresh: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The closing signed by all."""
    town = copied(fresh, tmp_path_factory.mktemp("closed"))
    with Work(town.path) as work:
        work.collect(town.stick())
        work.draw_up({}, None)
        for number in (1, 2, 3):
            work.sign(town.trustee(number), PASSPHRASE)
    return town


@pytest.fixture(scope="module")
def opened(closed: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Mixed and opened by two trustees."""
    town = copied(closed, tmp_path_factory.mktemp("opened"))
    with Work(town.path) as work:
        work.merge()
        for number in (1, 3):
            work.step_up(town.trustee(number), PASSPHRASE)
        work.begin_opening(town.trustee(1), PASSPHRASE)
        work.step_up(town.trustee(3), PASSPHRASE)
    return town


def copied(town: Town, to: Path) -> Town:
    """The same town in another folder."""
    shutil.copytree(town.path, to / "town", dirs_exist_ok=True)
    return Town(to / "town", to / "sticks", town.built, town.logs)


# --- boxes ----------------------------------------------------------------------------------------


async def test_boxes_come_in_stick_by_stick(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    async with wall(town) as hand:
        await hand.until("5 logs are still expected", "Box kiosk-1", "expected")
        await hand.bring(town.stick("box/kiosk-1"))
        await hand.until("4 logs are still expected", "in, closed", "6 entries")
        await hand.choose("ahead")
        await hand.until("4 ballots were checked now")
        await hand.press("enter")
        await hand.bring(town.stick("box/online", "registry/mairie"))
        await hand.until("2 logs are still expected")
        await hand.choose("ahead")
        await hand.until("3 ballots were checked now")


async def test_a_stick_without_logs_says_what_to_do(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    (tmp_path / "empty").mkdir()
    async with wall(town, sticks=[tmp_path / "empty"]) as hand:
        await hand.choose("collect")
        await hand.choose("place-0")
        await hand.until("No log of this election is here", "pbvote box export")
        await hand.press("enter")
        await hand.until("5 logs are still expected")


async def test_a_damaged_stick_takes_nothing_half(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    stick = town.stick("box/online")
    tile = next(path for path in stick.rglob("tile/entries/*/*") if path.is_file())
    tile.write_bytes(tile.read_bytes()[:-1] + b"\x00")
    async with wall(town) as hand:
        await hand.choose("collect")
        await hand.type(str(stick))
        await hand.until("This can't be done")
        await hand.press("enter")
        await hand.until("5 logs are still expected")


# --- closing --------------------------------------------------------------------------------------


async def test_a_lost_and_an_open_box_are_declared(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    async with wall(town) as hand:
        await hand.bring(town.stick("registry/mairie", "registry/desk-1", "box/online"))
        await hand.bring(town.stick("box/kiosk-1", entries=4))
        await hand.until("not closed", "expected")
        await hand.choose("closing")
        await hand.until("kiosk-1: it isn't closed", "kiosk-2: it isn't here")
        assert not hand.app.screen.query("#draw")
        await hand.choose("say-0")
        await hand.type("no power at 14:10")
        await hand.choose("say-0")
        await hand.type("stolen, police report 17")
        await hand.until("no power at 14:10", "stolen, police report 17")
        await hand.draw_up()
        closing, digest = hand.work.closing()
        assert in_words(digest) in hand.text and in_hex(digest) in hand.text
        await hand.press("pagedown")
        await hand.until("cut: counted up to", "lost: nothing of it")
        assert [log.status for log in closing.logs] == ["closed", "closed", "closed", "cut", "lost"]


async def test_a_wrong_passphrase_changes_nothing(tmp_path: Path) -> None:
    town = make_town(tmp_path, commission=COMMISSION)
    async with wall(town) as hand:
        await hand.bring(town.stick())
        await hand.choose("closing")
        for typed in ("not the right one", COMMISSION):
            assert not (town.bundle / names.CLOSING).exists()
            await hand.choose("draw")
            await hand.choose("yes")
            await hand.until("The commission types its passphrase")
            await hand.type(typed)
            if typed != COMMISSION:
                await hand.until("The passphrase is wrong. Try again.")
                await hand.press("enter")
        await hand.until("Signed by 0 trustees, 3 must")
        before = read_files(town.bundle)
        await hand.step_up("sign-1", 1, "not the right one")
        await hand.until("The passphrase is wrong")
        assert read_files(town.bundle) == before


async def test_a_passphrase_is_never_shown_nor_kept(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    async with wall(town) as hand:
        await hand.bring(town.stick())
        await hand.choose("closing")
        await hand.draw_up()
        await hand.choose("sign-1")
        await hand.until("own folder")
        await hand.type(str(town.trustee(1)))
        await hand.until("types the passphrase")
        await hand.press(*PASSPHRASE)
        assert PASSPHRASE not in hand.text and "•" in hand.text
        field = hand.app.screen.query_one("#field")
        await hand.press("ctrl+a", "ctrl+c")
        assert PASSPHRASE not in hand.app.clipboard
        await hand.press("enter")
        await hand.until("Signed by 1 trustees")
        assert PASSPHRASE not in repr(vars(field))
    for data in read_files(tmp_path).values():
        assert PASSPHRASE.encode() not in data


async def test_a_closing_is_signed_on_another_machine(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    async with wall(town) as hand:
        await hand.bring(town.stick())
        await hand.choose("closing")
        await hand.draw_up()
        (stick := tmp_path / "stick").mkdir()
        await hand.choose("export")
        await hand.type(str(stick))
        await hand.until("Copied, and read back")
        await hand.press("enter")
        assert not list(stick.rglob("*.key"))
        note = stick / "demo" / "bundle" / names.CLOSING
        with Trustee(town.trustee(2), PASSPHRASE) as trustee:
            note.write_bytes(trustee.sign_closing(note.read_bytes(), town.built.election))
        await hand.step_up("sign-3", 3)
        await hand.until("Signed by 1 trustees")
        await hand.choose("take")
        await hand.type(str(stick))
        await hand.until("Signed by 2 trustees", "✓ bob", "✓ carla")


# --- merge ----------------------------------------------------------------------------------------


async def test_the_merge_is_said_in_words(closed: Town, tmp_path: Path) -> None:
    town = copied(closed, tmp_path)
    async with wall(town) as hand:
        await hand.until("8 ballots count.", "20 people may vote: the turnout is 40.0")
        assert "Replaced by another ballot" in hand.text
        assert "1 ballot was replaced by another of the same person" in hand.text
        await hand.press("f7")
        await hand.until("Each trustee reads this aloud")
        await hand.press("f7")
        await hand.until("The boxes come in")
        await hand.press("f8", "f8")
        await hand.until("8 ballots count.")


async def test_what_was_checked_ahead_merges_as_without(closed: Town, tmp_path: Path) -> None:
    town, plain = copied(closed, tmp_path / "a"), copied(closed, tmp_path / "b")
    with Work(town.path) as work:
        assert work.check_ahead() == 10
        assert work.check_ahead() == 0
        work.merge()
    tally = Tally(FolderBundle(plain.bundle), plain.bundle, plain.built.commission.verify_key)
    tally.merge()
    assert read_files(town.bundle) == read_files(plain.bundle)


# --- trustees -------------------------------------------------------------------------------------


async def test_trustees_mix_then_open(closed: Town, tmp_path: Path) -> None:
    town = copied(closed, tmp_path)
    async with wall(town) as hand:
        await hand.until("8 ballots count.")
        await hand.choose("trustees")
        await hand.step_up("mix-2", 2)
        await hand.until("✓ yes")
        assert not hand.app.screen.query("#mix-1")  # too late: they mix in order
        assert not hand.app.screen.query("#begin")
        await hand.step_up("mix-3", 3)
        await hand.choose("begin")
        await hand.step_up("open-2", 2)
        await hand.until("The trustees open", "carla steps up and opens")
        assert "steps up and mixes" not in hand.text
        await hand.step_up("open-3", 3)
        await hand.until("Enough have opened: count")


async def test_a_trustee_works_on_another_machine(closed: Town, tmp_path: Path) -> None:
    town = copied(closed, tmp_path)
    (stick := tmp_path / "stick").mkdir()
    theirs, brought = stick / "demo", stick / "bob"

    def at_home(act: str) -> None:
        folder, key = FolderBundle(theirs / "bundle"), town.built.commission.verify_key
        with Trustee(town.trustee(2), PASSPHRASE) as trustee:
            getattr(Tally(folder, brought, key), act)(trustee)

    async with wall(town) as hand:
        await hand.until("8 ballots count.")
        await hand.choose("trustees")
        await hand.step_up("mix-1", 1)
        for act in ("mix", "open"):
            if act == "open":
                await hand.choose("begin")
                await hand.step_up("open-1", 1)
            await hand.choose("export")
            await hand.type(str(stick))
            await hand.until("Copied, and read back")
            await hand.press("enter")
            at_home(act)
            await hand.choose("take")
            await hand.type(str(brought))
            await hand.until("Checked, and taken in", "6 new files")
            await hand.press("enter")
        await hand.until("Enough have opened: count")


async def test_a_forged_mix_is_not_taken(closed: Town, tmp_path: Path) -> None:
    town = copied(closed, tmp_path)
    brought = tmp_path / "stick"
    with Trustee(town.trustee(1), PASSPHRASE) as trustee:
        folder = FolderBundle(town.bundle)
        Tally(folder, brought, town.built.commission.verify_key).mix(trustee)
    proof = brought / names.mix_file("city", 1, "proof.bin")
    proof.write_bytes(proof.read_bytes()[:-1] + b"\x00")
    async with wall(town) as hand:
        await hand.until("8 ballots count.")
        await hand.choose("trustees")
        before = read_files(town.bundle)
        await hand.choose("take")
        await hand.type(str(brought))
        await hand.until("This can't be done", "mix-1")
        assert read_files(town.bundle) == before


# --- the count ------------------------------------------------------------------------------------


async def test_the_count_step_by_step(opened: Town, tmp_path: Path) -> None:
    town = copied(opened, tmp_path)
    async with wall(town) as hand:
        await hand.until("8 ballots count.")
        await hand.choose("trustees")
        await hand.choose("count")
        await hand.until("The count (1/2): Envelope city", "€0 of €20,000 given")
        first = hand.lines
        await hand.press("right")
        await hand.until("1 · Project 1 has", "It is funded.", "€5,000 of €20,000 given")
        await hand.press("right", "right", "right")
        await hand.until("isn't funded")
        await hand.press("home")
        await hand.until("€0 of €20,000 given")
        assert hand.lines == first
        await hand.press("plus", "plus", "space")
        await hand.until("Speed 5/5", "Pause")
        await hand.until("Envelope quarter")
        await hand.press("left")
        await hand.until("Play")
        for _ in range(3):
            await hand.press("end")
        await hand.choose("result")
        await hand.until("The result", "Sign the result", "left")


# --- the result -----------------------------------------------------------------------------------


async def test_the_whole_evening(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    async with wall(town) as hand:
        await hand.close()
        await hand.mix_and_open()
        await hand.choose("count")
        await hand.until("The count (1/2)")
        await publish(hand)
        digest = note_hash((town.bundle / names.RESULTS).read_bytes())
        assert in_words(digest).split(" ")[0] in hand.text
        assert in_hex(digest).split(" ")[-1] in hand.text
        assert codes_on(cells_of_app(hand.app)) == [code(digest)]
        await hand.press("enter")
        await hand.until("Envelope city", "Envelope quarter", "Show the count again")
    verify(FolderBundle(town.bundle), town.built.commission.verify_key)
    before = read_files(town.path)
    async with wall(town) as hand:  # the next day: shown again, nothing done again
        await hand.until("Envelope city", "Check everything once more")
        assert "fingerprint" not in hand.text  # signed, but this process hasn't checked it
        await hand.choose("verify")
        await hand.until("Everything holds")
        await hand.press("enter")
        await hand.until("Show the bundle's fingerprint")
        await hand.choose("count")
        await hand.until("The count (1/2)")
    assert read_files(town.path) == before


async def test_a_signed_result_that_does_not_hold_has_no_fingerprint(
    opened: Town, tmp_path: Path
) -> None:
    """The commission's signature and every SHA-256 are right; a mix isn't."""
    town = copied(opened, tmp_path)
    with Work(town.path) as work:
        work.merge()
        work.publish(None)
    proof, note = names.mix_file("city", 1, "proof.bin"), town.bundle / names.RESULTS
    data = (town.bundle / proof).read_bytes()
    (town.bundle / proof).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    bundle, key = FolderBundle(town.bundle), town.built.commission
    results = read_results(bundle, key.verify_key)
    forged = structs.replace(results, files={**results.files, proof: bundle.sha256(proof)})
    note.write_bytes(sign_note(encode(forged).decode() + "\n", [key]))
    async with wall(town) as hand:
        await hand.until("Envelope city", "Check everything once more")
        await hand.choose("verify")
        await hand.until("This can't be done", "mix-1")
        await hand.press("enter")
        await hand.until("Check everything once more")
        assert not hand.app.screen.query("#fingerprint")


async def publish(hand: Hand) -> None:
    """From the film to the signed result's fingerprint."""
    for _ in range(3):
        await hand.press("end")
    await hand.choose("result")
    await hand.choose("publish")
    await hand.choose("yes")
    await hand.until("Everything holds")
    await hand.press("enter")
    await hand.until("The bundle's fingerprint")


async def test_the_commands_make_the_same_results(opened: Town, tmp_path: Path) -> None:
    """`publish` on the command line signs the same bytes."""
    town, other = copied(opened, tmp_path / "a"), copied(opened, tmp_path / "b")
    with Work(town.path) as work:
        work.merge()
        work.count()
        work.publish(None)
    result = CliRunner().invoke(tally_cli, ["publish", str(other.path)])
    assert result.exit_code == 0, result.output
    assert read_files(town.bundle) == read_files(other.bundle)


# --- the frame ------------------------------------------------------------------------------------


async def test_every_page_fits_in_every_language(opened: Town, tmp_path: Path) -> None:
    town = copied(opened, tmp_path)
    async with wall(town) as hand:
        await hand.until("8 ballots count.")
        hand.work.count()
        for act in ("boxes", "closing", "merge", "trustees", "count", "result"):
            await hand.app.go(act)
            while hand.app.is_busy or hand.app._flowing:
                await hand.pilot.pause(0.01)
            for language in LANGUAGES:
                await hand.app.set_language(language)
                await hand.pilot.pause()
                top, acts, *_, first, second = hand.lines
                assert "Ctrl+Q" in first + second, hand.lines
                assert len(acts) < 80 and top.strip(), hand.lines
                assert "{" not in hand.text


async def test_test_stands_on_every_screen_of_a_rehearsal(tmp_path: Path) -> None:
    async with wall(make_town(tmp_path, slug="test-demo")) as hand:
        await hand.until("still expected")
        assert hand.lines[0].endswith(" TEST")
        await hand.press("ctrl+q")
        await hand.until("Leave?")
        assert hand.lines[0].endswith(" TEST")


async def test_leaving_asks_first(fresh: Town, tmp_path: Path) -> None:
    async with wall(copied(fresh, tmp_path)) as hand:
        await hand.until("still expected")
        await hand.press("ctrl+q")
        await hand.until("Leave?")
        await hand.press("enter")
        await hand.until("still expected")
        await hand.press("ctrl+q")
        await hand.choose("leave")
        await hand.pilot.pause()
        assert hand.app._exit


def test_one_count_at_a_time(fresh: Town, tmp_path: Path) -> None:
    town = copied(fresh, tmp_path)
    with Work(town.path), pytest.raises(StorageError, match="a count is running here"):
        Work(town.path)
    Work(town.path).close()


async def test_a_key_while_an_act_ends_isnt_lost(fresh: Town, tmp_path: Path) -> None:
    """The language changes in the very moment when the page is composed again."""
    async with wall(copied(fresh, tmp_path)) as hand:
        await hand.until("still expected")
        for _ in range(8):
            page = hand.app.screen
            await asyncio.gather(page.recompose(), hand.app.action_language(), page.recompose())
            await hand.pilot.pause()
            others = "/".join(c.upper() for c in LANGUAGES if c != hand.app.words.language)
            assert f"F2 {others}" in hand.text
