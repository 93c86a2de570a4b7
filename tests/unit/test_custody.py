"""What a trustee's machine signs, mixes and opens: each once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from election_builder import build_election
from pbvote import trustee
from pbvote.core import sealing, shuffle, threshold
from pbvote.core.closing import Closing, SignedClosing, open_closing
from pbvote.core.election import Election
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import (
    EncodingError,
    InputError,
    RefusedError,
    StorageError,
    VerificationError,
)
from pbvote.core.group import GENERATOR, multiply
from pbvote.core.note import open_note, parse_note, sign_note
from pbvote.core.sealing import Context
from pbvote_tally.custody import Trustee
from pbvote_tally.records import MixRecord
from trustee_builder import (
    COMMISSION,
    NAMES,
    PASSPHRASE,
    Circle,
    closing_note,
    column,
    dealt,
    finished,
    sha256,
)

NOON = 1_795_348_800  # 2026-11-22T12:00:00Z


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Circle:
    return finished(tmp_path_factory.mktemp("done"))


@pytest.fixture(scope="module")
def election(done: Circle) -> Election:
    return done.election()


@pytest.fixture
def copy(done: Circle, tmp_path: Path) -> Circle:
    shutil.copytree(done.path, tmp_path / "copy")
    return Circle(tmp_path / "copy", done.names)


@pytest.fixture
def anna(copy: Circle) -> Iterator[Trustee]:
    with opened(copy, "anna") as found:
        yield found


@pytest.fixture(scope="module")
def closing(
    done: Circle, election: Election, tmp_path_factory: pytest.TempPathFactory
) -> SignedClosing:
    path = tmp_path_factory.mktemp("signing") / "copy"
    shutil.copytree(done.path, path)
    return signed(Circle(path, done.names), election, closing_note(election))


def opened(circle: Circle, name: str) -> Trustee:
    return Trustee(circle.folder(name), PASSPHRASE, lambda: NOON)


def signed(circle: Circle, election: Election, note: bytes) -> SignedClosing:
    for name in circle.names:
        with opened(circle, name) as one:
            note = one.sign_closing(note, election)
    return open_closing(note, election)


def other_closing(election: Election) -> bytes:
    return closing_note(election, "2026-11-22T19:00:00Z")


def as_followed(note: bytes) -> SignedClosing:
    """As if a quorum had signed it."""
    text = parse_note(note).text.encode()
    return SignedClosing(decode(text[:-1], Closing), sha256(text))


# --- the whole way --------------------------------------------------------------------------------


@pytest.mark.parametrize(("names", "t"), [(("anna",), 1), (NAMES, 2)])
def test_from_closing_to_votes(tmp_path: Path, names: tuple[str, ...], t: int) -> None:
    circle = finished(tmp_path, names, t)
    election = circle.election()
    closing = signed(circle, election, closing_note(election))
    last = column(election, "city")
    trustees = [opened(circle, name) for name in names[-t:]]
    for one in trustees:
        before = last
        last, proof, statement = one.mix(election, closing, "city", last)
        context = Context(election.id, "city", one.number)
        width = election.contest("city").width
        shuffle.verify(context, election.key, before, last, proof, width)
        said = decode(open_note(statement, [one.verify_key])[:-1].encode(), MixRecord)
        assert (said.election, said.contest, said.trustee) == (election.id, "city", one.number)
        assert [said.input, said.output, said.proof] == [*map(sha256, (before, last, proof))]
    openings, lots = {}, {}
    for one in trustees:
        public = election.public_shares[one.number - 1]
        context = Context(election.id, "city", one.number)
        shares, proof = one.open(election, closing, "city", last)
        threshold.verify_opening(context, public, sealing.first_elements(last), shares, proof)
        openings[one.number] = shares
        shares, proof = one.open_lot(election, closing)
        lot = threshold.lot_element(election.id, closing.hash)
        threshold.verify_opening(context._replace(contest=""), public, [lot], shares, proof)
        lots[one.number] = shares
        one.close()
    expected = {multiply((i + 1).to_bytes(32, "little"), GENERATOR) for i in range(4)}
    assert set(threshold.recover(last, openings, t)) == expected
    assert len(threshold.lot_value(lots, t)) == 32


def test_a_folder_before_the_ceremony_ended(tmp_path: Path) -> None:
    circle = dealt(tmp_path)
    for _ in range(2):  # and it is let go of each time
        with pytest.raises(RefusedError, match="no share yet"):
            opened(circle, "anna")


def test_a_wrong_passphrase(done: Circle) -> None:
    with pytest.raises(InputError, match="passphrase is wrong"):
        Trustee(done.folder("anna"), "not the passphrase")
    with pytest.raises(InputError, match="can't be read"):
        Trustee(done.path / "nobody", PASSPHRASE)


def test_another_election(anna: Trustee, closing: SignedClosing) -> None:
    other = build_election().election
    note = closing_note(other)
    for attempt in (
        lambda: anna.sign_closing(note, other),
        lambda: anna.mix(other, as_followed(note), "city", b""),
        lambda: anna.open_lot(other, as_followed(note)),
    ):
        with pytest.raises(VerificationError, match="doesn't belong to this election's key"):
            attempt()


# --- the closing ----------------------------------------------------------------------------------


def test_one_closing_an_election(copy: Circle, election: Election) -> None:
    note, other = closing_note(election), other_closing(election)
    with opened(copy, "anna") as anna:
        first = anna.sign_closing(note, election)
        assert anna.sign_closing(note, election) == first
        assert anna.sign_closing(first, election) == first
    with opened(copy, "anna") as anna:
        assert anna.sign_closing(note, election) == first
        said = sha256(parse_note(note).text.encode()).hex()
        refused = f"signed or followed another closing.*2026-11-22T12:00:00Z .SHA-256 {said}"
        for attempt in (
            lambda: anna.sign_closing(other, election),
            lambda: anna.mix(election, as_followed(other), "city", column(election, "city")),
            lambda: anna.open_lot(election, as_followed(other)),
        ):
            with pytest.raises(RefusedError, match=refused):
                attempt()


def test_who_did_not_sign_is_bound_by_the_closing_it_mixes_under(
    anna: Trustee, election: Election, closing: SignedClosing
) -> None:
    anna.mix(election, closing, "city", column(election, "city"))
    with pytest.raises(RefusedError, match="signed or followed another closing"):
        anna.sign_closing(other_closing(election), election)


def test_a_closing_that_is_not_right_is_not_signed(
    anna: Trustee, election: Election, copy: Circle
) -> None:
    note = closing_note(election)
    closing = decode(parse_note(note).text.encode()[:-1], Closing)
    changes: list[dict[str, object]] = [
        {"election": bytes(32)},
        {"addenda": [bytes(32)]},
        {"logs": closing.logs[:-1]},
        {"logs": closing.logs[::-1]},
        {"logs": [structs.replace(closing.logs[0], size=1), *closing.logs[1:]]},
    ]
    for change in changes:
        wrong = structs.replace(closing, **change)
        with pytest.raises(VerificationError, match=r"closing\.note"):
            anna.sign_closing(sign_note(encode(wrong).decode() + "\n", [COMMISSION]), election)
        with pytest.raises(VerificationError, match=r"closing\.note"):
            anna.open_lot(election, SignedClosing(wrong, bytes(32)))
    with pytest.raises((VerificationError, EncodingError)):
        anna.sign_closing(note.replace(b"18:30", b"18:31"), election)
    with pytest.raises(EncodingError, match="not a signed note"):
        anna.sign_closing(b"", election)
    anna.sign_closing(note, election)


# --- the mix --------------------------------------------------------------------------------------


def test_one_mix_a_contest(copy: Circle, election: Election, closing: SignedClosing) -> None:
    rows = column(election, "city")
    with opened(copy, "anna") as anna:
        mix = anna.mix(election, closing, "city", rows)
        assert anna.mix(election, closing, "city", rows) == mix
        assert anna.mix(election, closing, "quarter", column(election, "quarter"))
    with opened(copy, "anna") as anna:
        assert anna.mix(election, closing, "city", rows) == mix
        for other in (column(election, "city", seed=2), rows[:64], mix.output, b""):
            with pytest.raises(RefusedError, match="mixed another column of this contest"):
                anna.mix(election, closing, "city", other)
        with pytest.raises(EncodingError, match="no contest is called 'nowhere'"):
            anna.mix(election, closing, "nowhere", rows)


def test_a_column_that_cannot_be_mixed_decides_nothing(
    anna: Trustee, election: Election, closing: SignedClosing
) -> None:
    rows = column(election, "city")
    with pytest.raises(InputError, match="empty column"):
        anna.mix(election, closing, "city", b"")
    for bad in (rows[:-1], rows[:-32] + b"\xff" * 32):
        with pytest.raises(EncodingError):
            anna.mix(election, closing, "city", bad)
    anna.mix(election, closing, "city", rows)


@pytest.mark.parametrize("name", ["output.bin", "proof.bin"])
def test_a_lost_mix_is_not_made_anew(
    copy: Circle, election: Election, closing: SignedClosing, name: str
) -> None:
    rows = column(election, "city")
    with opened(copy, "anna") as anna:
        mix = anna.mix(election, closing, "city", rows)
        (path,) = copy.folder("anna").rglob(name)
        right = path.read_bytes()
        path.write_bytes(right[:-1])
        with pytest.raises(StorageError, match="mixes only once"):
            anna.mix(election, closing, "city", rows)
        path.unlink()
        with pytest.raises(StorageError, match="Bring the file back"):
            anna.mix(election, closing, "city", rows)
        anna.open(election, closing, "city", mix.output)
        path.write_bytes(right)
        assert anna.mix(election, closing, "city", rows) == mix


# --- the opening ----------------------------------------------------------------------------------


def test_one_opening_a_contest(copy: Circle, election: Election, closing: SignedClosing) -> None:
    with opened(copy, "anna") as anna:
        mix = anna.mix(election, closing, "city", column(election, "city"))
        opening = anna.open(election, closing, "city", mix.output)
        lot = anna.open_lot(election, closing)
    with opened(copy, "anna") as anna:
        assert anna.open(election, closing, "city", mix.output) == opening
        assert anna.open_lot(election, closing) == lot
        width = election.contest("city").width
        swapped = b"".join(reversed(sealing.column_rows(mix.output, width)))
        for other in (swapped, mix.output[: 64 * width], column(election, "city", seed=2), b""):
            with pytest.raises(RefusedError, match="opened another column of this contest"):
                anna.open(election, closing, "city", other)


def test_only_what_it_mixed_and_never_what_went_in(
    anna: Trustee, election: Election, closing: SignedClosing
) -> None:
    rows = column(election, "city")
    with pytest.raises(RefusedError, match="hasn't mixed this contest"):
        anna.open(election, closing, "city", rows)
    mix = anna.mix(election, closing, "city", rows)
    with pytest.raises(RefusedError, match="before this trustee's mix"):
        anna.open(election, closing, "city", rows)
    for bad in (mix.output[:-1], mix.output[:-32] + b"\xff" * 32):
        with pytest.raises(EncodingError):
            anna.open(election, closing, "city", bad)
    with pytest.raises(RefusedError, match="hasn't mixed this contest"):
        anna.open(election, closing, "quarter", column(election, "quarter"))
    anna.open(election, closing, "city", mix.output)


def test_nothing_once_the_share_is_destroyed(
    copy: Circle, election: Election, closing: SignedClosing
) -> None:
    with opened(copy, "anna") as anna:
        anna.mix(election, closing, "city", column(election, "city"))
    trustee.destroy_share(copy.folder("anna"), PASSPHRASE)
    with pytest.raises(RefusedError, match="share was destroyed"):
        opened(copy, "anna")


# --- the state ------------------------------------------------------------------------------------


def test_a_state_put_back_opens_nothing(
    copy: Circle, election: Election, closing: SignedClosing
) -> None:
    folder = copy.folder("anna")
    with opened(copy, "anna") as anna:
        mix = anna.mix(election, closing, "city", column(election, "city"))
    old = {path: path.read_bytes() for path in folder.glob("state.db")}
    with opened(copy, "anna") as anna:
        anna.open(election, closing, "city", mix.output)
    for path, data in old.items():
        path.write_bytes(data)
    with pytest.raises(StorageError, match="put back an older file"):
        opened(copy, "anna")
    for path in folder.glob("state.db*"):
        path.unlink()
    with pytest.raises(StorageError, match="must not go on"):
        opened(copy, "anna")


def test_a_disk_that_fails_decides_nothing_twice(
    copy: Circle, election: Election, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit may stand although its acknowledgement failed: only opening again tells."""
    note, other = closing_note(election), other_closing(election)

    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with opened(copy, "anna") as anna:
        with monkeypatch.context() as failing:
            failing.setattr("pbvote.store.mark.os.pwrite", fail)
            with pytest.raises(StorageError):
                anna.sign_closing(note, election)
        with pytest.raises(StorageError):
            anna.sign_closing(other, election)
    with opened(copy, "anna") as anna:
        anna.sign_closing(note, election)
        with pytest.raises(RefusedError):
            anna.sign_closing(other, election)
