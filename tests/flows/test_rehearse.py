"""`pbvote rehearse`: a whole day with test keys, of which the real election takes nothing."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from election_builder import CLOSES, OPENS, TITLE, make_contest
from kiosk_folder import five_contests
from pbvote.at_hand import now
from pbvote.box import Box
from pbvote.box.intake import read_cast
from pbvote.cli.one_machine import OneMachine
from pbvote.cli.rehearse_count import Finding, Rehearsed, count
from pbvote.cli.rehearse_kits import keep_opening, openings, prepare, read_rehearsal
from pbvote.cli.rehearse_play import Day
from pbvote.core.card import card_text, certify, voter_secret
from pbvote.core.election import Election
from pbvote.core.encoding import encode, time_text
from pbvote.core.errors import BallotRefused, CardError, InputError, RefusedError
from pbvote.core.group import multiply_base
from pbvote.core.manifest import Addendum, Contest, Correction, NewHours
from pbvote.core.note import sign_note
from pbvote.core.selection import Approval
from pbvote.draft import Draft
from pbvote.draft.draft import DraftBox
from pbvote.files import load_election, write_bytes
from pbvote.keyfile import load_signer
from pbvote.registry import Registry
from pbvote.registry.at_desk import opened
from pbvote.registry.rollfile import Person
from pbvote.trustee import sign_addendum
from pbvote.voting import prepare as seal
from pbvote.voting import voter_of_card
from pbvote_kiosk.officials.poll import Poll
from pbvote_kiosk.officials.settings import read_settings
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.collect import collect
from pbvote_tally.report import SILENT
from pbvote_tally.tally import Tally
from poll_folder import call

TRUSTEES = ["anne", "bruno", "chloe"]
KITS = {"commission", "kiosk-1", "kiosk-2", "mairie", "online", "salle"}
LATER = "2026-11-22T18:00:00Z"


def draft(contests: Sequence[Contest]) -> Draft:
    return Draft(
        slug="bertrix-2026",
        title=TITLE,
        currency="EUR",
        languages=["fr", "en"],
        time_zone="Europe/Brussels",
        opens=OPENS,
        closes=CLOSES,
        supersede=None,
        districts=[],
        trustees=TRUSTEES,
        threshold=2,
        closing_quorum=None,
        registrars=["mairie", "salle"],
        boxes=[
            DraftBox("online", "online", "en ligne"),
            DraftBox("kiosk-1", "in-person", "Salle communale"),
            DraftBox("kiosk-2", "in-person", {"fr": "École", "en": "School"}),
        ],
        contests=list(contests),
        vote_url=None,
        receipt_url=None,
    )


def correct(whole: OneMachine) -> None:
    """An addendum: a later end in the hall, and a project withdrawn."""
    election = whole.election
    addendum = Addendum(
        election=election.id,
        number=1,
        previous=election.id,
        at=time_text(now()),
        closes=NewHours(in_person=LATER),
        corrections=[
            Correction(contest="points", project="p2", field="withdrawn", value=True, reason="sold")
        ],
    )
    note = sign_note(encode(addendum).decode() + "\n", [whole.commission])
    note = sign_addendum(whole.trustee("anne"), note, election, whole.passphrase)
    write_bytes(whole.folder / "addenda" / "1.note", note)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> OneMachine:
    """The real election, signed, with an addendum, a kiosk.toml, and its trustees' folders."""
    whole = OneMachine(tmp_path_factory.mktemp("real") / "bertrix-2026", SILENT)
    whole.make(draft(five_contests()), [Person(f"P{i}", f"Real Person {i}") for i in range(40)])
    correct(whole)
    (whole.folder / "kiosk.toml").write_text('box = "kiosk-2"\nprinter = "none"\nidle = 60\n')
    return OneMachine(whole.folder, SILENT)


@pytest.fixture(scope="module")
def played(real: OneMachine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsal that has played itself: its commission's kit; the logs are beside it."""
    commission, *kits = prepare(real.folder, tmp_path_factory.mktemp("stick"), 45, SILENT)
    Day(kits, commission.parent / "logs", SILENT).play()
    return commission


@pytest.fixture(scope="module")
def counted(played: Path) -> Rehearsed:
    return count(played, [played.parent / "logs"], SILENT)


@pytest.fixture
def rehearsal(played: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed; the folder of all kits."""
    return Path(shutil.copytree(played.parent, tmp_path / played.parent.name))


def test_kits_have_what_their_machine_needs_and_no_more(real: OneMachine, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in real.folder.rglob("*") if path.is_file()}
    kits = prepare(real.folder, tmp_path, 5, SILENT)
    assert {kit.name for kit in kits} == KITS
    assert {path.name for path in kits[0].parent.iterdir()} == KITS
    for kit in kits[1:]:
        secrets = [p.parent.name for p in kit.rglob("*") if p.name in ("box.key", "registry.key")]
        assert secrets == [kit.name]
        assert not (kit / "keys").exists() and not (kit / "trustees").exists()
        assert (kit / "registries").exists() == (kit.name in ("mairie", "salle"))
        assert read_settings(kit).idle == 60
    assert read_settings(tmp_path / "test-bertrix-2026" / "kiosk-1").box == "kiosk-1"
    assert read_settings(tmp_path / "test-bertrix-2026" / "salle").registrar == "salle"
    after = {path: path.read_bytes() for path in real.folder.rglob("*") if path.is_file()}
    assert after == before


def test_it_is_the_same_election_with_other_keys_and_people(real: OneMachine, played: Path) -> None:
    test, election = load_election(played), real.election
    assert test.is_test and not election.is_test
    assert test.manifest.contests == election.manifest.contests
    assert [box.place for box in test.boxes] == [box.place for box in election.boxes]
    assert test.manifest.opens == election.manifest.opens
    assert test.manifest.closes.in_person == LATER
    assert test.corrections == election.corrections != []
    assert test.key != election.key and test.id != election.id
    assert not {key.key_id for key in test.log_keys.values()} & {
        key.key_id for key in election.log_keys.values()
    }
    with opened(played.parent / "salle", "salle") as desk:
        names = {listed.person.name for listed in desk.roll.people()}
    assert len(names) > 20 and not any(name.startswith("Real") for name in names)


def test_a_kit_opens_as_a_kiosk_and_as_a_desk(real: OneMachine, tmp_path: Path) -> None:
    kits = {kit.name: kit for kit in prepare(real.folder, tmp_path, 5, SILENT)}
    with Poll.open_in(kits["kiosk-2"], read_settings(kits["kiosk-2"]), now=now) as poll:
        assert (poll.name, poll.state) == ("kiosk-2", "new")
    with opened(kits["salle"], None) as desk:
        assert len(desk.issue(["T1"], "in-person")) == 1


def test_the_played_day_is_counted_and_nothing_went_wrong(counted: Rehearsed) -> None:
    assert counted.is_passed
    texts = [finding.text for finding in counted.findings if finding.mark == "done"]
    merge = counted.verified.rebuilt.merge.record
    assert merge.accepted == 45
    assert all(box.cast for box in merge.boxes)
    assert sum(box.challenged for box in merge.boxes) >= 2
    assert sum(registry.revoked for registry in merge.registries) >= 2
    assert "45 ballots counted, and the bundle verified" in texts
    assert {entry.reason for entry in merge.set_aside} == {"superseded"}
    waiting = [finding.text for finding in counted.findings if finding.mark == "open"]
    assert [text.split()[1].rstrip(":") for text in waiting] == TRUSTEES


def test_a_test_opening_is_written_down_and_listed(
    real: OneMachine, rehearsal: Path, tmp_path: Path
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(real.passphrase)
    own, option = real.trustee("anne"), ("--passphrase-file", passphrase)
    done = call("rehearse", "opening", rehearsal, own, real.folder, *option)
    assert done.code == 0 and "anne can open" in done.out
    called = call("rehearse", "count", rehearsal, "--logs", rehearsal / "logs")
    assert called.code == 0, called.said
    assert "TEST test-bertrix-2026" in called.lines
    assert "✓ trustee anne opened a test ballot with its real share" in called.lines
    assert "○ trustee bruno: no test opening with its real share yet" in called.lines


def test_an_opening_of_another_election_or_trustee_is_not_written_down(
    real: OneMachine, rehearsal: Path
) -> None:
    folder, _ = read_rehearsal(rehearsal)
    test = load_election(folder)
    for trustee, election in (("anne", test), ("dora", real.election)):
        with pytest.raises(InputError, match="no trustee of the election"):
            keep_opening(rehearsal, trustee, election)
    other = folder / "trustees" / "anne"  # a test key instead of the real share
    wrong = call(
        "rehearse", "opening", rehearsal, other, real.folder, "--passphrase-file",
        folder / "passphrase",
    )  # fmt: skip
    assert wrong.code == 1 and "doesn't belong to this election's key" in wrong.said
    assert openings(folder) == {}


def marks(found: Sequence[Finding], mark: str) -> list[str]:
    return [finding.text for finding in found if finding.mark == mark]


def test_what_was_forgotten_is_a_finding_and_the_rest_is_counted(rehearsal: Path) -> None:
    shutil.rmtree(rehearsal / "logs" / "box" / "kiosk-2")
    found = count(rehearsal, [rehearsal / "logs"], SILENT)
    assert not found.is_passed
    assert marks(found.findings, "failed") == ["box kiosk-2: its log wasn't brought back"]
    called = call("rehearse", "count", rehearsal, "--logs", rehearsal / "logs")
    assert called.code == 1 and "✗ box kiosk-2: its log wasn't brought back" in called.lines
    again = count(rehearsal, [rehearsal / "logs", rehearsal / "kiosk-2"], SILENT)
    assert again.is_passed  # found in its kit


def test_a_kit_brought_back_open_counts_as_cut(real: OneMachine, tmp_path: Path) -> None:
    contest = [make_contest("one", 3, Approval(min=0, max=1))]
    whole = OneMachine(tmp_path / "real", SILENT)
    whole.make(draft(contest), [Person("P1", "Real")])
    commission, *kits = prepare(whole.folder, tmp_path, 5, SILENT)
    kit = {kit.name: kit for kit in kits}
    test = load_election(commission)
    with opened(kit["salle"], None) as desk:
        (card,) = desk.issue(["T1"], "in-person")
    with Poll.open_in(kit["kiosk-1"], read_settings(kit["kiosk-1"]), now=now) as poll:
        poll.open(("mayor", "clerk"))
        ballot = seal(test, "kiosk-1", voter_of_card(test, card.text), {"one": (0, 1, 0)})
        poll.box.cast(encode(ballot.cast()))
    found = count(commission, kits, SILENT)
    failed = Counter(text.split(":")[0] for text in marks(found.findings, "failed"))
    assert failed == {
        "desk mairie": 1,
        "desk salle": 1,
        "box online": 2,
        "box kiosk-1": 1,
        "box kiosk-2": 2,
    }
    assert "box kiosk-1: 1 cast, 0 challenged, 1 counted" in marks(found.findings, "done")
    assert found.verified.counted[0].result.ballots == 1


def test_the_real_election_takes_no_log_card_or_ballot_of_a_rehearsal(
    real: OneMachine, played: Path, tmp_path: Path
) -> None:
    election, test = real.election, load_election(played)
    stick = played.parent / "logs"
    assert collect(tmp_path / "bundle", election, stick) == []
    assert not (tmp_path / "bundle").exists()
    for part in ("box", "registry"):
        with pytest.raises(InputError, match="no log of this election is here"):
            collect(tmp_path / "bundle", election, stick / part)
    card = a_card(played.parent / "salle", test)
    ballot = seal(test, "kiosk-1", voter_of_card(test, card), {})
    cast = encode(ballot.cast())
    with pytest.raises(CardError, match="isn't of this election"):
        voter_of_card(election, card)
    home = shutil.copytree(real.folder, tmp_path / "bertrix-2026")
    whole = OneMachine(home, SILENT)
    logs = tmp_path / "logs"
    for name in election.registrar_keys:
        with Registry.open(whole.registry(name), election, name, now=now) as desk:
            desk.close()
            desk.export(logs / "registry" / name)
    for name in election.box_keys:
        with Box.in_folder(whole.box(name), election, name, now=now) as box:
            box.open_poll()
            if name == "kiosk-1":
                with pytest.raises(BallotRefused) as refused:
                    box.cast(cast)
                assert refused.value.reason == "wrong-election"
                box._append(read_cast(cast, name))  # a box that was tampered with
            box.close_poll()
            box.export(logs / "box" / name)
    whole.close([logs])
    bundle = FolderBundle(whole.bundle)
    record = Tally(bundle, whole.bundle, whole.commission.verify_key).merge().merge.record
    assert record.accepted == 0
    assert [(entry.box, entry.reason) for entry in record.set_aside] == [
        ("kiosk-1", "wrong-election")
    ]


def a_card(kit: Path, test: Election) -> str:
    """A true card of the rehearsal's desk, signed with its key."""
    code = bytes(range(16))
    certificate = certify(
        load_signer(kit / "registries" / "salle" / "registry.key"),
        election=test.id,
        pseudonym=bytes(16),
        serial=1,
        channel="in-person",
        district=None,
        key=multiply_base(voter_secret(code, test.id)),
        registrar="salle",
    )
    return card_text(code, certificate, None, 1)


def test_of_a_draft_too_before_anybody_signed(tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("four words are enough")
    made = call("new", tmp_path / "essai-2026", "--passphrase-file", passphrase)
    assert made.code == 0
    commission, *kits = prepare(tmp_path / "essai-2026", tmp_path / "stick", 30, SILENT)
    assert {kit.name for kit in kits} == {"online", "kiosk-1", "mairie", "salle"}
    Day(kits, commission.parent / "logs", SILENT).play()
    found = count(commission, [commission.parent / "logs"], SILENT)
    assert found.is_passed
    (waiting,) = marks(found.findings, "open")
    assert "wasn't signed yet" in waiting
    with pytest.raises(RefusedError, match="had no key yet"):
        keep_opening(commission, "anne", load_election(commission))


def test_twice_or_of_a_rehearsal_is_refused(real: OneMachine, played: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="a rehearsal already"):
        prepare(played, tmp_path, 5, SILENT)
    prepare(real.folder, tmp_path, 5, SILENT)
    with pytest.raises(RefusedError, match="there is a rehearsal already"):
        prepare(real.folder, tmp_path, 5, SILENT)
    with pytest.raises(InputError, match="no rehearsal is here"):
        read_rehearsal(tmp_path)
