"""The ceremony on files, and what a trustee's folder signs before the boxes open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec import UNSET, structs

from pbvote import trustee
from pbvote.core import ceremony as rounds
from pbvote.core import threshold
from pbvote.core.ceremony import Complaint, Deal
from pbvote.core.election import Election, open_election
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import (
    EncodingError,
    InputError,
    RefusedError,
    StorageError,
    VerificationError,
)
from pbvote.core.manifest import Addendum, Manifest, NewHours
from pbvote.core.note import Signer, VerifyKey, open_note, parse_note, sign_note
from pbvote.keyfile import Cost
from pbvote.trustee import OpenFolder, ceremony
from trustee_builder import (
    CHEAP,
    COMMISSION,
    NAMES,
    PASSPHRASE,
    Circle,
    dealt,
    enrolled,
    finished,
    start,
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Circle:
    """A finished ceremony; tests that change it work on a copy."""
    return finished(tmp_path_factory.mktemp("done"))


@pytest.fixture(scope="module")
def election(done: Circle) -> Election:
    return done.election()


@pytest.fixture
def copy(done: Circle, tmp_path: Path) -> Circle:
    shutil.copytree(done.path, tmp_path / "copy")
    return Circle(tmp_path / "copy", done.names)


def record(path: Path) -> bytes:
    return parse_note(path.read_bytes()).text.encode()[:-1]


def forge_deal(circle: Circle, name: str, **changes: object) -> None:
    """Replace a deal by one that its trustee really signed."""
    path = circle.note(name, "deal")
    changed = structs.replace(decode(record(path), Deal), **changes)
    with OpenFolder(circle.folder(name), PASSPHRASE) as folder:
        path.write_bytes(sign_note(encode(changed).decode() + "\n", [folder.signer]))


# --- the way through ------------------------------------------------------------------------------


@pytest.mark.parametrize(("names", "t"), [(("anna",), 1), (NAMES, 2), (NAMES, 3)])
def test_a_ceremony_makes_a_key_that_its_trustees_can_open(
    tmp_path: Path, names: tuple[str, ...], t: int
) -> None:
    circle = finished(tmp_path, names, t)
    election = circle.election()
    assert [t.name for t in election.manifest.trustees] == list(names)
    for number, name in enumerate(names, 1):
        trustee.try_opening(circle.folder(name), election, PASSPHRASE)
        with OpenFolder(circle.folder(name), PASSPHRASE) as folder:
            assert folder.number == folder.number_in(election) == number
            assert folder.secret.private is folder.secret.coefficients is UNSET, "destroyed"
            assert repr(folder.secret) == f"Secret(of {name})"


def test_every_round_may_be_repeated(copy: Circle) -> None:
    for name in copy.names:
        for round_name, again in (
            ("trustee", copy.enrol),
            ("deal", copy.deal),
            ("accept", copy.accept),
        ):
            before = copy.note(name, round_name).read_bytes()
            copy.note(name, round_name).unlink()
            assert again(name) == again(name) == before
            assert copy.note(name, round_name).read_bytes() == before


def test_everybody_accepts_the_same(done: Circle) -> None:
    accepted = {
        decode(record(done.note(name, "accept")), ceremony.Accepted).deals for name in NAMES
    }
    assert len(accepted) == 1


def test_the_folder_is_private(done: Circle) -> None:
    folder = done.folder("anna")
    for name in ("trustee.key", "state.db", "state.db.mark"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name


# --- what the ceremony refuses --------------------------------------------------------------------


def test_a_passphrase_that_is_too_short_leaves_nothing(tmp_path: Path) -> None:
    circle = start(tmp_path)
    with pytest.raises(InputError, match="12 characters or more"):
        ceremony.enrol(circle.folder("anna"), circle.shared, "anna", "short", CHEAP)
    assert not (circle.folder("anna") / trustee.KEY).exists()
    circle.enrol("anna")


def test_a_cost_that_cannot_be(tmp_path: Path) -> None:
    circle = start(tmp_path)
    for cost in (Cost(0, 8192), Cost(1, 0), Cost(2**40, 8192), Cost(1, 2**40)):
        with pytest.raises(InputError, match="impossible work"):
            ceremony.enrol(circle.folder("anna"), circle.shared, "anna", PASSPHRASE, cost)


def test_a_wrong_passphrase(done: Circle, election: Election) -> None:
    folder = done.folder("anna")
    for attempt in (
        lambda: ceremony.deal(folder, done.shared, "wrong passphrase"),
        lambda: ceremony.accept(folder, done.shared, "wrong passphrase"),
        lambda: trustee.try_opening(folder, election, "wrong passphrase"),
        lambda: trustee.destroy_share(folder, "wrong passphrase"),
    ):
        with pytest.raises(InputError, match="passphrase is wrong"):
            attempt()


def test_a_ceremony_starts_once_and_with_numbers_and_names_that_can_be(tmp_path: Path) -> None:
    for t, names in ((0, NAMES), (4, NAMES), (1, ()), (1, ["x"] * 33)):
        with pytest.raises(InputError, match="trustees can't be"):
            ceremony.start_ceremony(tmp_path, "demo", t, names)
    for slug, names in (("demo", ["anna", "Anna"]), ("demo", ["a/b"]), ("", ["anna"])):
        with pytest.raises(EncodingError):
            ceremony.start_ceremony(tmp_path, slug, 1, names)
    ceremony.start_ceremony(tmp_path, "demo", 2, NAMES)
    with pytest.raises(RefusedError, match="a ceremony already"):
        ceremony.start_ceremony(tmp_path, "demo", 2, NAMES)


def test_who_is_not_in_the_list_cannot_enrol(tmp_path: Path) -> None:
    circle = start(tmp_path)
    with pytest.raises(InputError, match=r"mallory isn't in the ceremony.*anna, bob, carla"):
        circle.enrol("mallory")


def test_nobody_enrols_under_a_name_that_is_taken(tmp_path: Path) -> None:
    circle = enrolled(tmp_path)
    with pytest.raises(RefusedError, match="another file is there"):
        ceremony.enrol(tmp_path / "other", circle.shared, "anna", PASSPHRASE, CHEAP)
    with pytest.raises(RefusedError, match="folder of anna in another ceremony"):
        ceremony.enrol(circle.folder("anna"), circle.shared, "bob", PASSPHRASE, CHEAP)


def test_rounds_wait_for_all_files(tmp_path: Path) -> None:
    circle = start(tmp_path)
    circle.enrol("anna")
    with pytest.raises(RefusedError, match="bob hasn't enrolled yet"):
        circle.deal("anna")
    circle.enrol("bob"), circle.enrol("carla")
    with pytest.raises(RefusedError, match="this trustee hasn't dealt yet"):
        circle.accept("anna")
    circle.deal("anna"), circle.deal("carla")
    with pytest.raises(RefusedError, match="bob hasn't dealt yet"):
        circle.accept("anna")
    circle.deal("bob")
    circle.accept("anna")
    with pytest.raises(RefusedError, match="bob hasn't accepted"):
        ceremony.manifest_trustees(circle.shared)


def test_one_polynomial_is_dealt_to_one_list(tmp_path: Path) -> None:
    """Else who replaces enrolments gets t shares of it, one list at a time."""
    circle = enrolled(tmp_path)
    circle.deal("anna")
    for name in ("bob", "carla"):
        circle.note(name, "trustee").unlink()
        ceremony.enrol(tmp_path / "false" / name, circle.shared, name, PASSPHRASE, CHEAP)
    circle.note("anna", "deal").unlink()
    with pytest.raises(RefusedError, match="dealt to another list of trustees on 20"):
        circle.deal("anna")
    with pytest.raises(RefusedError, match="dealt to another list of trustees"):
        circle.accept("anna")


def test_another_plan_than_the_one_enrolled_in(tmp_path: Path) -> None:
    circle = enrolled(tmp_path)
    plan = ceremony.read_ceremony(circle.shared)
    (circle.shared / ceremony.PLAN).write_bytes(encode(structs.replace(plan, threshold=1)))
    with pytest.raises(RefusedError, match="enrolled in another ceremony on"):
        circle.deal("anna")


def test_a_replaced_enrolment_of_its_own(tmp_path: Path) -> None:
    circle = enrolled(tmp_path)
    circle.note("anna", "trustee").unlink()
    ceremony.enrol(tmp_path / "false", circle.shared, "anna", PASSPHRASE, CHEAP)
    with pytest.raises(VerificationError, match="somebody replaced the enrolment of anna"):
        circle.deal("anna")


def test_an_enrolment_that_is_damaged_or_another_trustees(tmp_path: Path) -> None:
    circle = enrolled(tmp_path)
    path = circle.note("bob", "trustee")
    right = path.read_bytes()
    path.write_bytes(right.replace(b'"name":"bob"', b'"name":"rob"'))
    with pytest.raises(VerificationError, match=r"bob\.trustee\.note.*signature"):
        circle.deal("anna")
    path.write_bytes(circle.note("carla", "trustee").read_bytes())
    with pytest.raises(VerificationError, match="not the enrolment of bob"):
        circle.deal("anna")
    for junk in (b"", b"\xff\n\n", right[:-20], b"x" * 100):
        path.write_bytes(junk)
        with pytest.raises((EncodingError, VerificationError), match=r"bob\.trustee\.note"):
            circle.deal("anna")


def test_a_damaged_deal_names_its_trustee_and_can_be_fetched_again(tmp_path: Path) -> None:
    circle = dealt(tmp_path)
    path = circle.note("bob", "deal")
    right = path.read_bytes()
    middle = len(right) // 2
    path.write_bytes(right[:middle] + bytes([right[middle] ^ 1]) + right[middle + 1 :])
    with pytest.raises((VerificationError, EncodingError), match=r"bob\.deal\.note"):
        circle.accept("anna")
    path.write_bytes(circle.note("carla", "deal").read_bytes())
    with pytest.raises(VerificationError, match=r"bob\.deal\.note.*trustee/bob"):
        circle.accept("anna")
    assert not circle.note("anna", "complaint").exists(), "bob didn't do that"
    path.write_bytes(right)
    circle.accept("anna")


def wrong_deals(circle: Circle) -> dict[str, dict[str, object]]:
    """What a trustee may sign that it shouldn't."""
    right = decode(record(circle.note("bob", "deal")), Deal)
    key = decode(record(circle.note("anna", "deal")), Deal).key
    other = rounds.seal_share(b"\x05" + bytes(31), right.ceremony, 2, 1, key)
    return {
        "share": {"shares": [other, *right.shares[1:]]},
        "sealed": {"shares": [right.shares[1], *right.shares[1:]]},
        "ceremony": {"ceremony": bytes(32)},
        "threshold": {"commitments": [*right.commitments, right.commitments[0]]},
        "element": {"commitments": [b"\xff" * 32, *right.commitments[1:]]},
        "list": {"shares": right.shares[:2]},
        "key": {"key": bytes(32)},
        "proof": {"proof": structs.replace(right.proof, response=bytes(32))},
        "commitments": {"commitments": right.commitments[::-1]},
    }


WRONG = "share sealed ceremony threshold element list key proof commitments"


@pytest.mark.parametrize("what", WRONG.split())
def test_a_wrong_deal_ends_the_ceremony_with_a_complaint_that_names_who(
    tmp_path: Path, what: str
) -> None:
    circle = dealt(tmp_path)
    right = circle.note("bob", "deal").read_bytes()
    forge_deal(circle, "bob", **wrong_deals(circle)[what])
    with pytest.raises(VerificationError, match=r"the deal of bob is wrong.*ceremony is over"):
        circle.accept("anna")
    path = circle.note("anna", "complaint")
    with OpenFolder(circle.folder("anna"), PASSPHRASE) as folder:
        text = open_note(path.read_bytes(), [folder.signer.verify_key])
        with pytest.raises(RefusedError, match="no share yet"):
            folder.share()
    complaint = decode(text.encode()[:-1], Complaint)
    assert (complaint.trustee, complaint.against) == (1, 2)

    circle.note("bob", "deal").write_bytes(right)  # it is over all the same
    for name in ("anna", "carla"):
        with pytest.raises(VerificationError, match="anna complained about the deal of bob"):
            circle.accept(name)
    with pytest.raises(VerificationError, match="anna complained"):
        ceremony.manifest_trustees(circle.shared)
    path.unlink()
    with pytest.raises(VerificationError, match="anna complained about the deal of bob"):
        circle.accept("anna")
    assert path.exists()


def test_a_false_complaint_stops_nothing_without_its_signature(tmp_path: Path) -> None:
    circle = dealt(tmp_path)
    forged = Complaint(ceremony=bytes(32), trustee=2, against=3)
    stranger = Signer("pbvote/demo/trustee/bob", bytes(32))
    path = circle.note("bob", "complaint")
    path.write_bytes(sign_note(encode(forged).decode() + "\n", [stranger]))
    with pytest.raises(VerificationError, match=r"bob\.complaint\.note"):
        circle.accept("anna")


def test_a_replaced_deal_of_its_own(tmp_path: Path) -> None:
    circle = dealt(tmp_path)
    forge_deal(circle, "anna", ceremony=bytes(32))
    with pytest.raises(VerificationError, match="somebody replaced the deal of anna"):
        circle.accept("anna")


def test_other_deals_after_accepting(copy: Circle) -> None:
    forge_deal(copy, "bob", shares=decode(record(copy.note("bob", "deal")), Deal).shares[::-1])
    with pytest.raises(RefusedError, match="accepted other deals on 20"):
        copy.accept("anna")
    with pytest.raises(VerificationError, match="anna accepted other deals"):
        ceremony.manifest_trustees(copy.shared)


# --- the state beside the key ---------------------------------------------------------------------


@pytest.mark.parametrize("together", [False, True])
def test_a_missing_state_is_never_replaced_by_a_blank_one(copy: Circle, together: bool) -> None:
    folder = copy.folder("anna")
    for path in folder.glob("state.db*" if together else "state.db"):
        path.unlink()
    with pytest.raises(StorageError, match=r"state\.db.*not known any more.*must not go on"):
        copy.accept("anna")
    assert not (folder / "state.db").exists()


def test_a_missing_state_does_not_matter_before_the_deal(tmp_path: Path) -> None:
    circle = enrolled(tmp_path)
    note = circle.note("anna", "trustee").read_bytes()
    for path in circle.folder("anna").glob("state.db*"):
        path.unlink()
    assert circle.enrol("anna") == note
    circle.deal("anna")


def test_a_state_put_back_is_noticed(tmp_path: Path) -> None:
    circle = dealt(tmp_path)
    state = circle.folder("anna") / "state.db"
    old = state.read_bytes()
    circle.accept("anna")
    state.write_bytes(old)
    with pytest.raises(StorageError, match=r"put back an older.*must not go on with this folder"):
        circle.accept("anna")


def test_a_state_of_another_trustee(copy: Circle) -> None:
    for path in copy.folder("bob").glob("state.db*"):
        shutil.copy(path, copy.folder("anna") / path.name)
    with pytest.raises(StorageError):
        copy.accept("anna")


def test_a_folder_serves_one_process(done: Circle, election: Election) -> None:
    with (
        OpenFolder(done.folder("anna"), PASSPHRASE),
        pytest.raises(StorageError, match="in use by another process"),
    ):
        trustee.try_opening(done.folder("anna"), election, PASSPHRASE)
    trustee.try_opening(done.folder("anna"), election, PASSPHRASE)


def test_an_older_key_file_gives_the_same_share(tmp_path: Path) -> None:
    circle = dealt(tmp_path)
    key = circle.folder("anna") / trustee.KEY
    old = key.read_bytes()
    note = circle.accept("anna")
    with OpenFolder(circle.folder("anna"), PASSPHRASE) as folder:
        share = folder.share()
    key.write_bytes(old)
    assert circle.accept("anna") == note
    with OpenFolder(circle.folder("anna"), PASSPHRASE) as folder:
        assert folder.share() == share


def test_a_destroyed_share_stays_destroyed(copy: Circle, election: Election) -> None:
    folder = copy.folder("anna")
    old = (folder / trustee.KEY).read_bytes()
    trustee.destroy_share(folder, PASSPHRASE)
    trustee.destroy_share(folder, PASSPHRASE)
    for key in ((folder / trustee.KEY).read_bytes(), old):
        (folder / trustee.KEY).write_bytes(key)
        with pytest.raises(RefusedError, match="share was destroyed on 20"):
            trustee.try_opening(folder, election, PASSPHRASE)
        with pytest.raises(RefusedError, match="share was destroyed on 20"):
            copy.accept("anna")


# --- manifest, addendum, test opening -------------------------------------------------------------


def manifest_of(note: bytes) -> Manifest:
    return decode(parse_note(note).text.encode()[:-1], Manifest)


def resigned(manifest: Manifest) -> bytes:
    return sign_note(encode(manifest).decode() + "\n", [COMMISSION])


def test_the_manifest_is_signed_in_any_order_and_again(done: Circle) -> None:
    note = done.manifest()
    for name in ("carla", "anna", "carla", "bob", "bob"):
        note = done.sign_manifest(name, note)
    election = open_election(note, (), COMMISSION.verify_key)
    assert [s.name for s in parse_note(note).signatures] == [
        COMMISSION.name,
        *(key.name for key in election.trustee_keys),
    ]


def test_a_manifest_of_another_key_is_not_signed(done: Circle) -> None:
    manifest = manifest_of(done.manifest())
    anna, bob, carla = manifest.trustees
    own = structs.replace(carla, commitments=bob.commitments, proof=bob.proof)
    vkey = VerifyKey(f"pbvote/demo/trustee/{bob.name}", bytes(32)).text
    keys = [t.commitments for t in (anna, bob, own)]
    changes: list[dict[str, object]] = [
        {"trustees": [anna, bob, own], "key": threshold.election_key(keys)},
        {"trustees": [anna, structs.replace(bob, vkey=vkey), carla]},
        {"trustees": [bob, anna, carla]},
        {"trustees": [anna, bob], "closing_quorum": 2},
        {"key": anna.commitments[0]},
        {"ceremony": bytes(32)},
        {"slug": "demo-2"},
    ]
    for change in changes:
        with pytest.raises(VerificationError, match=r"aren't those.*Don't sign"):
            done.sign_manifest("anna", resigned(structs.replace(manifest, **change)))
    with pytest.raises(EncodingError, match="threshold is 4"):
        done.sign_manifest("anna", resigned(structs.replace(manifest, threshold=4)))


def test_a_manifest_with_a_wrong_signature_is_not_signed(done: Circle) -> None:
    note = done.manifest()
    stranger = Signer(COMMISSION.name, bytes(32))
    text = parse_note(note).text
    for wrong in (sign_note(text, [stranger]), note.replace(b"demo", b"dema", 1), note + note):
        with pytest.raises((VerificationError, EncodingError)):
            done.sign_manifest("anna", wrong)
    other = Signer("pbvote/other/commission", bytes(32))
    with pytest.raises(VerificationError):
        trustee.sign_manifest(
            done.folder("anna"), sign_note(text, [other]), other.verify_key, PASSPHRASE
        )


def test_no_manifest_is_signed_before_the_share_is_there(tmp_path: Path, done: Circle) -> None:
    circle = dealt(tmp_path)
    with pytest.raises(RefusedError, match="no share yet"):
        circle.sign_manifest("anna", done.manifest())


def test_a_test_opening_of_another_election(done: Circle, tmp_path: Path) -> None:
    other = finished(tmp_path).election()
    with pytest.raises(VerificationError, match="doesn't belong to this election's key"):
        trustee.try_opening(done.folder("anna"), other, PASSPHRASE)


def test_a_test_opening_with_a_changed_share(copy: Circle, election: Election) -> None:
    with OpenFolder(copy.folder("anna"), PASSPHRASE) as folder:
        folder.rewrite(structs.replace(folder.secret, share=b"\x01" + bytes(31)), PASSPHRASE)
    with pytest.raises(VerificationError, match="doesn't belong to this election's key"):
        trustee.try_opening(copy.folder("anna"), election, PASSPHRASE)


def test_an_addendum(done: Circle, election: Election) -> None:
    addendum = Addendum(
        election=election.id,
        number=1,
        previous=election.id,
        at="2026-11-10T08:00:00Z",
        closes=NewHours(online="2026-11-22T20:00:00Z"),
    )
    note = sign_note(encode(addendum).decode() + "\n", [COMMISSION])
    for name in ("bob", "anna", "bob"):
        note = trustee.sign_addendum(done.folder(name), note, election, PASSPHRASE)
    names = [s.name.rpartition("/")[2] for s in parse_note(note).signatures]
    assert names == ["commission", "anna", "bob"]
    for change in ({"election": bytes(32)}, {"number": 2}, {"previous": bytes(32)}):
        wrong = structs.replace(addendum, **change)
        with pytest.raises(VerificationError, match="isn't number 1 of this election"):
            trustee.sign_addendum(
                done.folder("anna"),
                sign_note(encode(wrong).decode() + "\n", [COMMISSION]),
                election,
                PASSPHRASE,
            )
