"""`pbvote inspect` reads every kind of file of ours, shows no secret, and never breaks."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote import keyfile
from pbvote.cli.inspection import look, shortened
from pbvote.core.card import typed_code
from pbvote.core.closing import Closing
from pbvote.core.encoding import decode
from pbvote.core.errors import InputError, PbvoteError
from pbvote.core.note import parse_note
from poll_folder import Called, PollFolder, call, code, make_poll, photo, seed

NAMES = (
    "x",
    "x.note",
    "x.json",
    "x.toml",
    "x.csv",
    "roll.csv",
    "selections.csv",
    "x.pb",
    "input.bin",
    "proof.bin",
    "x.zip",
    "x.png",
    "x.key",
    "box.db",
    "tile/entries/000.p/3",
    "tile/0/000",
    "checkpoint",
)


@pytest.fixture(scope="module")
def poll(tmp_path_factory: pytest.TempPathFactory) -> PollFolder:
    folder = make_poll(tmp_path_factory.mktemp("poll") / "town")
    call("box", "open", folder.path, "online")
    words = ("vote", folder.path, "--box", "online", "--card", folder.issue(0))
    assert call(*words, "city=p1").code == 0
    return folder


@pytest.fixture
def bundle(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.config.getoption("--vectors")
    return folder / "bundle"


def first(called: Called) -> str:
    assert called.code == 0, called.said
    return called.lines[0]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("manifest.note", "signed note: pbvote/manifest/1"),
        ("closing.note", "signed note: pbvote/closing/1"),
        ("results.note", "signed note: pbvote/results/1"),
        ("merge.json", "pbvote/merge/1"),
        ("roll.csv", "public roll"),
        ("contests/town/mix-1/statement.note", "signed note: pbvote/mix/1"),
        ("contests/town/input.bin", "input.bin: ciphertexts"),
        ("contests/town/mix-1/proof.bin", "proof.bin: elements and scalars"),
        ("contests/town/opening-1/shares.bin", "shares.bin: a trustee's shares"),
        ("contests/town/selections.csv", "selections of a contest"),
        ("logs/box/kiosk-2/checkpoint", "checkpoint of a log"),
        ("logs/box/kiosk-2/tile/entries/000.p/3", "tile of entries"),
        ("logs/box/kiosk-2/tile/0/000.p/3", "tile of hashes, level 0"),
        ("logs/box/kiosk-2", "checkpoint of a log"),
        (".", "audit bundle"),
    ],
)
def test_everything_in_a_bundle(bundle: Path, name: str, kind: str) -> None:
    called = call("inspect", bundle / name)
    assert first(called).startswith(f"kind: {kind}")
    assert json.loads(call("inspect", bundle / name, "--json").out)["kind"].startswith(kind)


def test_notes_say_who_signed_and_what(bundle: Path) -> None:
    called = call("inspect", bundle / "closing.note")
    assert "  pbvote/demo-2026/commission" in called.lines
    assert "  pbvote/demo-2026/trustee/trustee-1" in called.lines
    assert "       status: closed" in called.lines
    election = load_closing(bundle)
    for log in election.logs:
        assert f"       root: {log.root.hex()}" in called.lines  # as `box close` prints it
    assert f"  election: {election.election.hex()}" in called.lines
    whole = json.loads(call("inspect", bundle / "manifest.note", "--json").out)
    assert whole["record"]["slug"] == "demo-2026" and len(whole["record"]["contests"]) == 3


def load_closing(bundle: Path) -> Closing:
    text = parse_note((bundle / "closing.note").read_bytes()).text
    return decode(text.encode().removesuffix(b"\n"), Closing)


def test_tiles_say_index_and_type(bundle: Path) -> None:
    called = call("inspect", bundle / "logs/box/kiosk-2/tile/entries/000.p/3")
    assert called.lines[2].startswith("  0: pbvote/open/1 box kiosk-2 at 2026")
    assert called.lines[3].startswith("  1: pbvote/cast/1 tracker ")
    assert called.lines[4].endswith("cast 1 challenged 0")


def test_bundle_as_zip(bundle: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "bundle"), "zip", bundle)
    found = look(str(tmp_path / "bundle.zip"))
    assert found["winners"] == look(str(bundle))["winners"] and found["winners"]["town"]
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("hello.txt", "hello")
    with pytest.raises(InputError, match="not of a bundle"):
        look(str(tmp_path / "other.zip"))
    shutil.make_archive(str(tmp_path / "folder"), "zip", bundle.parent, bundle.name)
    with pytest.raises(InputError, match="Zip what is in it, not the folder"):
        look(str(tmp_path / "folder.zip"))


def test_cards_show_their_code_only_when_told(poll: PollFolder, tmp_path: Path) -> None:
    text = poll.issue(1)
    for given_ in (text, f"HTTPS://VOTE.EXAMPLE#{text}", photo(text, tmp_path / "card.png")):
        called = call("inspect", given_)
        assert called.code == 0 and "channel: online" in called.out
        assert typed_code(code(1)) not in called.said and code(1).hex() not in called.said
        assert typed_code(code(1)) in call("inspect", given_, "--secret").out
    assert "only in part" in call("inspect", text[:-3]).said


def test_receipts_and_keys_as_texts(poll: PollFolder) -> None:
    words = ("vote", poll.path, "--box", "online", "--card", poll.issue(2), "city=p1")
    receipt = call(*words).lines[-1]
    called = call("inspect", receipt)
    assert first(called) == "kind: receipt" and "entry: 2" in called.lines
    assert first(call("inspect", poll.built.commission.verify_key.text)).startswith("kind: vkey")
    assert first(call("inspect", poll.path / "commission.vkey")).startswith("kind: vkey")
    (poll.path / "receipt.txt").write_text(receipt)
    assert first(call("inspect", poll.path / "receipt.txt")) == "kind: receipt"


def test_key_files_never_show_the_secret(poll: PollFolder, tmp_path: Path) -> None:
    path = poll.path / "boxes" / "online" / "box.key"
    called = call("inspect", path, "--json", "--secret")
    secret = keyfile.load(path)
    assert json.loads(called.out)["record"]["secret"] == "(not shown)"
    assert json.loads(path.read_text())["secret"] not in called.said
    assert seed(poll.built.boxes["online"]) == secret and secret.hex() not in called.said
    cheap = keyfile.Cost(1, 8192)
    keyfile.save(tmp_path / "t.key", "anne", bytes(range(32)), "wind table orange", cheap)
    sealed = json.loads(call("inspect", tmp_path / "t.key", "--json").out)["record"]
    assert sealed["box"] == sealed["salt"] == "(not shown)" and sealed["name"] == "anne"


def test_databases_and_folders(poll: PollFolder) -> None:
    for place in (poll.path / "boxes" / "online", poll.path / "boxes" / "online" / "box.db"):
        found = look(str(place))
        assert found["kind"].startswith("a log's database")
        assert found["entries"]["pbvote/open/1"] == 1
    assert look(str(poll.path / "boxes" / "online" / "box.db.mark"))["kind"].startswith("a log's")
    assert look(str(poll.path))["kind"] == "an election's folder"
    with pytest.raises(InputError, match="not a folder of pbvote"):
        look(str(poll.path / "boxes"))


def test_drafts_rolls_and_cards(poll: PollFolder, tmp_path: Path) -> None:
    from pbvote.draft.template import EXAMPLE_PROJECTS, election_toml

    (tmp_path / "election.toml").write_text(election_toml("our-town", 2026))
    assert "slug: our-town" in call("inspect", tmp_path / "election.toml").lines
    (tmp_path / "projects.csv").write_text(EXAMPLE_PROJECTS)
    assert look(str(tmp_path / "projects.csv"))["columns"][0] == "id"
    (tmp_path / "cards.csv").write_text("id,name,channel,serial,card,code\n1,A,online,1,SECRET,X\n")
    called = call("inspect", tmp_path / "cards.csv", "--json")
    assert json.loads(called.out)["kind"] == "cards, secret" and "SECRET" not in called.said
    (tmp_path / "election.toml").write_text("slug = ")
    assert "not TOML" in call("inspect", tmp_path / "election.toml").said


def test_private_roll_is_not_shown(poll: PollFolder, tmp_path: Path) -> None:
    from pbvote.registry import Roll
    from pbvote.registry.rollfile import Person

    Roll.create(tmp_path / "roll.db", [Person(id="1", name="Zoé Dupont")]).close()
    called = call("inspect", tmp_path / "roll.db")
    assert first(called) == "kind: a registrar's private roll (not shown)"
    assert "Dupont" not in called.said


def test_pabulib_file(pabulib: Path) -> None:
    path = min(pabulib.rglob("*.pb"), key=lambda p: p.stat().st_size)
    found = look(str(path))
    assert found["kind"] == "Pabulib election" and found["projects"] > 0


def test_records_that_break_their_form_are_shown_with_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "close.json"
    path.write_text('{"at":"2026-11-22T16:00:00Z","cast":1,"type":"pbvote/close/1"}')
    called = call("inspect", path)
    assert "kind: pbvote/close/1" in called.lines and "challenged" in called.out
    path.write_text(
        '{"at": "2026-11-22T16:00:00Z","cast":1,"challenged":0,"type":"pbvote/close/1"}'
    )
    assert "wrong: not in canonical form" in call("inspect", path).out


@pytest.mark.parametrize("text", ["hello", "", "no\0name", "x" * 5000, "nowhere/x.note"])
def test_what_is_nothing_of_ours_says_what_is(text: str) -> None:
    called = call("inspect", text)
    assert isinstance(called.error, InputError) and "It knows: signed notes" in called.said


def test_nothing_in_a_file_can_move_the_cursor(tmp_path: Path) -> None:
    (tmp_path / "x.note").write_text("hello \x9b2J\u202e\n\n— a.b AAAAAAAAAA==\n")
    called = call("inspect", tmp_path / "x.note")
    assert "\x9b" not in called.out and "\u202e" not in called.out


def assert_read_or_refused(name: str, data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        try:
            json.dumps(shortened(look(str(path))))
        except PbvoteError as error:
            assert error.what


HEADS = (b"", b"PK\x03\x04", b"SQLite format 3\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"META\n")


@settings(max_examples=150)
@given(name=st.sampled_from(NAMES), head=st.sampled_from(HEADS), data=st.binary(max_size=300))
def test_random_bytes(name: str, head: bytes, data: bytes) -> None:
    assert_read_or_refused(name, head + data)


@settings(max_examples=60)
@given(text=st.text(max_size=200))
def test_random_texts(text: str) -> None:
    try:
        look(text)
    except PbvoteError as error:
        assert error.what


@pytest.mark.parametrize(
    "name",
    [
        "manifest.note",
        "merge.json",
        "roll.csv",
        "contests/town/selections.csv",
        "logs/box/online/checkpoint",
        "logs/box/online/tile/entries/000.p/34",
        "b.zip",
        "box.db",
    ],
)
@settings(max_examples=15)
@given(place=st.floats(0, 1, exclude_max=True), change=st.binary(max_size=3), cut=st.booleans())
def test_files_of_ours_damaged(
    to_damage: Path, name: str, place: float, change: bytes, cut: bool
) -> None:
    data = (to_damage / name).read_bytes()
    at = int(place * len(data))
    damaged = data[:at] + change + (b"" if cut else data[at + len(change) :])
    assert_read_or_refused(name, damaged)


@pytest.fixture(scope="module")
def to_damage(
    request: pytest.FixtureRequest, poll: PollFolder, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder of files to damage."""
    bundle, folder = request.config.getoption("--vectors") / "bundle", tmp_path_factory.mktemp("f")
    shutil.copytree(bundle, folder, dirs_exist_ok=True)
    zipped = shutil.make_archive(str(tmp_path_factory.mktemp("z") / "b"), "zip", bundle)
    shutil.copy(zipped, folder)
    shutil.copy(poll.path / "boxes" / "kiosk-1" / "box.db", folder)
    return folder
