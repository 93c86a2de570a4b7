"""The commands that set an election up, from an empty folder to its last signature."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pbvote.cli.describe import fingerprint
from pbvote.cli.main import app
from pbvote.core.ceremony import Complaint
from pbvote.core.closing import ClosedLog, Closing, open_closing
from pbvote.core.election import box_origin, registry_origin
from pbvote.core.encoding import encode
from pbvote.core.errors import InputError, PbvoteError, RefusedError, VerificationError
from pbvote.core.merkle import EMPTY_ROOT
from pbvote.core.note import Signer, parse_note, sign_note
from pbvote.core.roll import write_roll
from pbvote.draft.template import EXAMPLE_PROJECTS, election_toml
from pbvote.files import COMMISSION_KEY, load_election, write_bytes
from pbvote.keyfile import Cost, load_signer, save
from pbvote.trustee import ceremony
from pbvote.trustee.folder import OpenFolder

PASSPHRASE = "wind table orange seven"
CHEAP = Cost(1, 8192)
NAMES = ("anne", "bruno", "chloe")
PBVOTE = [sys.executable, "-c", "from pbvote.cli.main import main; main()"]


@dataclass
class Town:
    """An election's folder, and commands on it."""

    path: Path

    @property
    def secret(self) -> Path:
        return self.path.parent / "passphrase"

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """Both outputs of a command that ends with this code; our errors are raised."""
        result = CliRunner().invoke(app, [str(part) for part in arguments])
        if isinstance(result.exception, PbvoteError):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output

    def secretly(self, *arguments: str | Path) -> str:
        return self.run(*arguments, "--passphrase-file", self.secret)

    def trustee(self, name: str) -> Path:
        return self.path.parent / "trustees" / name

    def trustee_signs(self, name: str) -> str:
        return self.secretly("trustee", "sign", self.trustee(name), self.path)

    def findings(self, code: int = 0) -> dict[str, list[str]]:
        found: dict[str, list[str]] = json.loads(self.run("check", self.path, "--json", code=code))
        return found

    def draft(self) -> None:
        """What `new` makes, with a key that is cheap to open."""
        write_bytes(self.path / "election.toml", election_toml("demo", 2026).encode())
        write_bytes(self.path / "projects.csv", EXAMPLE_PROJECTS.encode())
        seed, name = bytes(31) + b"c", "pbvote/demo/commission"
        save(self.path / COMMISSION_KEY, name, seed, PASSPHRASE, CHEAP)
        vkey = Signer(name, seed).verify_key.text
        write_bytes(self.path / "commission.vkey", vkey.encode() + b"\n")

    def hold_ceremony(self) -> list[str]:
        """What each trustee's `accept` says. Keys are made cheap first: enrolling goes on."""
        shared = self.path / "ceremony"
        self.run("trustee", "ceremony", self.path)
        for name in NAMES:
            ceremony.enrol(self.trustee(name), shared, name, PASSPHRASE, CHEAP)
            self.secretly("trustee", "enrol", shared, name, "--folder", self.trustee(name))
        for name in NAMES:
            self.secretly("trustee", "deal", shared, "--folder", self.trustee(name))
        return [
            self.secretly("trustee", "accept", shared, "--folder", self.trustee(name))
            for name in NAMES
        ]

    def make_logs(self, registrars: Sequence[str], boxes: Sequence[str]) -> None:
        """Only the vkeys, as they are brought to the commission."""
        for kind, file, names, origin in (
            ("registries", "registry.vkey", registrars, registry_origin),
            ("boxes", "box.vkey", boxes, box_origin),
        ):
            for name in names:
                key = Signer(origin("demo", name), bytes(32)).verify_key
                write_bytes(self.path / kind / name / file, key.text.encode() + b"\n")

    def load_roll(self, people: int = 40) -> None:
        roll = {bytes([i]) * 16: "nord" if i % 2 else "centre" for i in range(people)}
        write_bytes(self.path / "roll.csv", write_roll(roll))


def make_town(folder: Path) -> Town:
    town = Town(folder / "demo")
    town.secret.write_text(PASSPHRASE + "\n")
    return town


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """All is there, nobody signed."""
    town = make_town(tmp_path_factory.mktemp("town"))
    town.draft()
    town.hold_ceremony()
    town.make_logs(["mairie", "salle"], ["online", "kiosk-1"])
    town.load_roll()
    return town


@pytest.fixture(scope="module")
def signed(prepared: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """All have signed the manifest."""
    town = copy(prepared, tmp_path_factory.mktemp("signed"))
    town.secretly("sign", town.path)
    for name in NAMES:
        town.trustee_signs(name)
    return town


def copy(town: Town, folder: Path) -> Town:
    shutil.copytree(town.path.parent, folder / "copy")
    return Town(folder / "copy" / town.path.name)


# --- the whole of it ------------------------------------------------------------------------------


def test_from_an_empty_folder_to_the_last_signature(tmp_path: Path) -> None:
    town = make_town(tmp_path)
    town.draft()
    assert town.findings()["missing"][0].startswith(f"{town.path}/ceremony: the trustees' ceremony")

    accepted = town.hold_ceremony()
    assert len({line.splitlines()[0] for line in accepted}) == 1  # the same fingerprint
    missing = "\n".join(town.findings()["missing"])
    for part in ("registry.vkey", "box.vkey", "roll.csv", "`pbvote box create DIR kiosk-1`"):
        assert part in missing
    with pytest.raises(RefusedError, match=r"the roll isn't loaded yet|isn't here yet"):
        town.secretly("sign", town.path)

    town.make_logs(["mairie", "salle"], ["online", "kiosk-1"])
    town.load_roll()
    assert town.findings()["missing"] == [f"the commission's signature: pbvote sign {town.path}"]
    said = town.secretly("sign", town.path)
    assert "contest commune: 20000 EUR, 3 projects" in said
    assert "Next: anne, bruno, chloe" in said
    with pytest.raises(VerificationError, match="must be that of pbvote/demo/trustee/anne"):
        load_election(town.path)

    said = town.trustee_signs("chloe")  # in any order
    assert said.index("manifest; its election id") < said.index("signed by chloe")
    assert "Not yet by anne, bruno" in said
    assert "not signed by anne, bruno" in town.findings()["missing"][0]
    town.trustee_signs("anne")
    assert "as many as it takes" in town.trustee_signs("bruno")

    election = load_election(town.path)
    assert election.manifest.roll.count == 40
    findings = town.findings()
    assert findings["wrong"] == findings["missing"] == []
    assert f"election id {election.id.hex()}" in findings["right"]
    assert "can open" in town.secretly("trustee", "test", town.trustee("anne"), town.path)
    with pytest.raises(RefusedError, match="nothing waits"):
        town.trustee_signs("anne")
    with pytest.raises(RefusedError, match="signed manifest is there already"):
        town.secretly("sign", town.path)


def test_the_first_commands_as_a_person_runs_them(tmp_path: Path) -> None:
    """The real program: keys under full-cost passphrases, outputs and exit codes."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    secret = ("--passphrase-file", "passphrase")

    def pbvote(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PBVOTE, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    made = pbvote("new", "town-2026", *secret)
    assert (made.returncode, made.stdout.split("+")[0]) == (0, "pbvote/town-2026/commission")
    assert (tmp_path / "town-2026/keys/commission.key").stat().st_mode & 0o777 == 0o600
    checked = pbvote("check", "town-2026")
    assert checked.returncode == 0, checked.stdout
    assert "missing  town-2026/roll.csv: the roll isn't loaded yet" in checked.stdout
    assert pbvote("trustee", "ceremony", "town-2026").returncode == 0
    enrolled = pbvote("trustee", "enrol", "town-2026/ceremony", "anne", "--folder", "a", *secret)
    assert enrolled.returncode == 0, enrolled.stderr

    again = pbvote("new", "town-2026", *secret)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("Error: town-2026/keys/commission.key: the commission has a key")
    toml = tmp_path / "town-2026/election.toml"
    toml.write_text(toml.read_text("utf-8").replace('"20000"', '"20000.123"'), "utf-8")
    checked = pbvote("check", "town-2026")
    assert checked.returncode == 1
    assert (
        "wrong    town-2026/election.toml, contests.commune.budget: '20000.123'" in checked.stdout
    )
    failed = pbvote("trustee", "ceremony", "town-2026")
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)
    assert "Traceback" not in checked.stderr + failed.stderr
    assert pbvote("sign").returncode == 2


def test_an_import_can_be_signed_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "Town.pb"
    file.write_text(
        "META\nkey;value\nbudget;100\nvote_type;approval\nrule;greedy\nPROJECTS\n"
        "project_id;cost\na/1;60\nb;50\nVOTES\nvoter_id;vote\n1;a/1\n2;a/1,b\n"
    )
    folder = tmp_path / "town"
    town = Town(folder)
    assert "100 XXX, 2 projects" in town.run("import", file, folder)
    assert (folder / "votes.csv").read_text().splitlines() == [
        "id,channel,pb",
        "1,,a-1",
        '2,,"a-1,b"',
    ]
    findings = town.findings()
    assert findings["wrong"] == []
    assert any("no key yet" in line for line in findings["missing"])
    with pytest.raises(RefusedError, match="an election is there already"):
        town.run("import", file, folder)
    with pytest.raises(InputError, match="can't be read"):
        town.run("import", tmp_path / "no.pb", tmp_path / "other")


# --- new ------------------------------------------------------------------------------------------


def test_new_keeps_what_is_there(tmp_path: Path) -> None:
    town = make_town(tmp_path)
    town.draft()
    shutil.rmtree(town.path / "keys")
    (town.path / "commission.vkey").unlink()
    draft = (town.path / "election.toml").read_bytes()
    with pytest.raises(InputError, match="the slug is demo"):
        town.secretly("new", town.path, "--slug", "other")
    town.secretly("new", town.path)
    assert (town.path / "election.toml").read_bytes() == draft
    signer = load_signer(town.path / COMMISSION_KEY, PASSPHRASE)
    assert (town.path / "commission.vkey").read_text() == signer.verify_key.text + "\n"


def test_new_refuses_a_slug_that_is_no_name(tmp_path: Path) -> None:
    town = make_town(tmp_path)
    with pytest.raises(InputError, match="can't be a slug"):
        town.secretly("new", town.path, "--slug", "../x")
    with pytest.raises(InputError, match="can't be a slug"):
        town.secretly("new", tmp_path / "a town")
    assert not town.path.exists()


def test_a_short_passphrase_makes_no_key(tmp_path: Path) -> None:
    town = make_town(tmp_path)
    town.secret.write_text("short\n")
    with pytest.raises(InputError, match="12 characters"):
        town.secretly("new", town.path)
    assert not town.path.exists()
    town.secret.write_text(PASSPHRASE + "\n")
    town.secretly("new", town.path)


@pytest.mark.parametrize(
    ("name", "year"), [("bertrix-2026", 2026), ("b2041", 2041), ("b12026", None), ("town", None)]
)
def test_the_draft_is_dated_by_the_slug(tmp_path: Path, name: str, year: int | None) -> None:
    town = make_town(tmp_path)
    town.secretly("new", town.path, "--slug", name)
    draft = (town.path / "election.toml").read_text("utf-8")
    assert f'online = "{year or date.today().year + 1}-11-02 08:00"' in draft


# --- what a person types at a terminal ------------------------------------------------------------


def at_terminal(command: Sequence[str | Path], *typed: str) -> tuple[int, str]:
    """Run the real program on a terminal; its exit code and all that the terminal shows.

    A line is typed each time that the program asks, with a colon.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*map(str, command)], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown, lines = b"", list(typed)
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the program has ended
            break
        if shown.endswith(b": "):
            if not lines:
                break
            shown += b"\n"
            os.write(ours, f"{lines.pop(0)}\n".encode())
    os.close(ours)
    return process.wait(), shown.decode()


def test_a_new_passphrase_says_how_long_it_is_before_it_is_typed_twice(tmp_path: Path) -> None:
    new = [*PBVOTE, "new", str(tmp_path / "town")]
    code, shown = at_terminal(new, "short")
    assert code == 1 and "New passphrase of the commission, 12 characters or more:" in shown
    assert "The same again" not in shown and "12 characters" in shown.splitlines()[-1]
    assert not (tmp_path / "town").exists()
    code, shown = at_terminal(new, PASSPHRASE, "another passphrase")
    assert code == 1 and "passphrases differ" in shown and not (tmp_path / "town").exists()
    code, shown = at_terminal(new, PASSPHRASE, PASSPHRASE)
    assert code == 0 and (tmp_path / "town" / COMMISSION_KEY).exists() and PASSPHRASE not in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trustee enrol CEREMONY zoe --folder NEW", "zoe isn't in the ceremony"),
        ("trustee enrol NOWHERE anne --folder NEW", "can't be read"),
        ("trustee deal CEREMONY --folder NEW", "no trustee's folder"),
        ("trustee deal NOWHERE --folder ANNE", "can't be read"),
        ("trustee accept CEREMONY --folder NEW", "no trustee's folder"),
        ("trustee accept NOWHERE --folder ANNE", "can't be read"),
        ("trustee test NEW DIR", "no trustee's folder"),
    ],
)
def test_what_cannot_be_is_said_before_the_passphrase_is_asked_for(
    signed: Town, words: str, said: str
) -> None:
    """Without a terminal asking fails, and would be what is said."""
    places = {
        "CEREMONY": signed.path / "ceremony",
        "NOWHERE": signed.path / "nowhere",
        "NEW": signed.path / "new",
        "ANNE": signed.trustee("anne"),
        "DIR": signed.path,
    }
    with pytest.raises(InputError, match=said):
        signed.run(*(places.get(word, word) for word in words.split()))


def test_who_has_signed_is_told_without_a_passphrase(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    town.secretly("sign", town.path)
    town.trustee_signs("anne")
    manifest = town.path / "manifest.note"
    before = manifest.read_bytes()
    said = town.run("trustee", "sign", town.trustee("anne"), town.path)
    assert "anne has signed it already" in said and "Not yet by bruno, chloe" in said
    assert manifest.read_bytes() == before
    write_bytes(manifest, before.replace(b'"budget":2000000', b'"budget":2000001'))
    with pytest.raises(VerificationError, match="trustee/anne is wrong"):
        town.run("trustee", "sign", town.trustee("anne"), town.path)


def test_a_purged_trustee_opens_nothing_any_more(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    town.secretly("sign", town.path)
    for name in ("anne", "bruno", "chloe"):
        town.trustee_signs(name)
    assert "destroyed" in town.secretly("trustee", "purge", town.trustee("anne"), "--yes")
    with pytest.raises(PbvoteError):
        town.secretly("trustee", "test", town.trustee("anne"), town.path)
    assert "can open" in town.secretly("trustee", "test", town.trustee("bruno"), town.path)


@pytest.mark.parametrize("fails", [True, False])
def test_a_failed_step_is_not_drawn_as_done(fails: bool) -> None:
    end = "raise SystemExit(1)" if fails else "pass"
    script = f"""
from pbvote.terminal import Steps
with Steps() as steps:
    steps.step('first')
    steps.step('second')
    {end}
"""
    code, shown = at_terminal([sys.executable, "-c", script])
    assert code == int(fails) and "✓ first" in shown
    assert ("✗ second" in shown, "✓ second" in shown) == (fails, not fails)


# --- check ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('{ name = "lottery" }', "Known rules: greedy"),
        ('{ name = "greedy", speed = 3 }', "no parameter 'speed'"),
        ('{ name = "greedy", min_votes = -1 }', "contests.commune.rule"),
        ('{ name = "greedy", overspend = "5/4" }', "a share of a cost, at most 1"),
        ('{ name = "borda" }', "can't count approval ballots. It counts ranking ballots"),
        ('{ name = "majority-judgment" }', "It counts grades and points ballots"),
        ('{ name = "most-votes", winners = 0 }', "Expected `int` >= 1"),
    ],
)
def test_rules_are_checked_where_they_are_known(tmp_path: Path, rule: str, said: str) -> None:
    town = make_town(tmp_path)
    town.draft()
    toml = town.path / "election.toml"
    toml.write_text(toml.read_text("utf-8").replace('{ name = "greedy" }\n', rule + "\n"), "utf-8")
    assert any(said in line for line in town.findings(code=1)["wrong"])


def test_small_groups_are_warned_of(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    (quorum,) = town.findings()["warnings"]
    assert "all 3 trustees must sign the closing" in quorum
    town.load_roll(29)
    assert "only 29 on the roll" in town.findings()["warnings"][1]
    assert "only 29 on the roll" in town.secretly("sign", town.path)


def test_a_roll_of_another_district_is_wrong(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    write_bytes(town.path / "roll.csv", write_roll({bytes(16): "sud"}))
    assert "roll.csv:1" in town.findings(code=1)["wrong"][0]
    with pytest.raises(PbvoteError, match=r"roll\.csv:1"):
        town.secretly("sign", town.path)


def test_keys_of_another_slug_or_name_are_wrong(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    boxes = town.path / "boxes"
    shutil.copy(boxes / "online/box.vkey", boxes / "kiosk-1/box.vkey")
    assert "not pbvote/demo/box/kiosk-1" in town.findings(code=1)["wrong"][0]
    toml = town.path / "election.toml"
    toml.write_text(toml.read_text("utf-8").replace('slug = "demo"', 'slug = "other"'), "utf-8")
    wrong = "\n".join(town.findings(code=1)["wrong"])
    assert "named pbvote/demo/commission" in wrong
    assert "the ceremony is that of demo" in wrong


def test_a_complaint_is_wrong_and_not_missing(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    shared = town.path / "ceremony"
    plan = ceremony.read_ceremony(shared)
    complaint = Complaint(ceremony=plan.ceremony, trustee=1, against=2)
    with OpenFolder(town.trustee("anne"), PASSPHRASE) as anne:
        note = sign_note(encode(complaint).decode() + "\n", [anne.signer])
    write_bytes(shared / "anne.complaint.note", note)
    findings = town.findings(code=1)
    assert "anne complained about the deal of bruno" in findings["wrong"][0]
    assert not any("complained" in line for line in findings["missing"])


def test_check_shows_how_many_sign_the_closing(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    line = "trustees: any 2 of anne, bruno, chloe open, 3 sign the closing"
    assert line in town.findings()["right"]
    toml = town.path / "election.toml"
    text = toml.read_text("utf-8").replace("# closing_quorum = 3", "closing_quorum = 2")
    toml.write_text(text, "utf-8")
    assert line.replace("3 sign", "2 sign") in town.findings()["right"]
    (warning,) = town.findings()["warnings"]
    assert "closing_quorum 2 is under 3: 1 dishonest trustee could" in warning


def test_a_draft_that_changed_after_the_ceremony(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    toml = town.path / "election.toml"
    toml.write_text(toml.read_text("utf-8").replace("threshold = 2", "threshold = 3"), "utf-8")
    with pytest.raises(InputError, match="2 of anne, bruno, chloe"):
        town.secretly("sign", town.path)


def test_check_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no election is here"):
        Town(tmp_path).run("check", tmp_path)


def test_check_sees_what_was_changed_after_signing(signed: Town, tmp_path: Path) -> None:
    town = copy(signed, tmp_path)
    manifest = town.path / "manifest.note"
    whole = manifest.read_bytes()
    write_bytes(manifest, whole.replace(b'"budget":2000000', b'"budget":2000001'))
    assert "signature" in town.findings(code=1)["wrong"][0]
    write_bytes(manifest, whole)
    town.load_roll(39)
    assert "isn't the roll" in town.findings(code=1)["wrong"][0]
    (town.path / "roll.csv").unlink()  # as on a trustee's stick
    assert "roll.csv" in town.findings()["missing"][0]
    write_bytes(manifest, b"x")
    assert "not a signed note" in town.findings(code=1)["wrong"][0]


# --- signing --------------------------------------------------------------------------------------


def test_a_trustee_refuses_what_the_commission_did_not_sign(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    with pytest.raises(RefusedError, match="no manifest is signed yet"):
        town.trustee_signs("anne")
    town.secretly("sign", town.path)
    path = town.path / "manifest.note"
    text = parse_note(path.read_bytes()).text
    write_bytes(path, sign_note(text, [Signer("pbvote/demo/commission", bytes(32))]))
    with pytest.raises(VerificationError):
        town.trustee_signs("anne")


def test_a_wrong_passphrase_signs_nothing(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    wrong = tmp_path / "wrong"
    wrong.write_text("not the passphrase\n")
    with pytest.raises(InputError, match="passphrase is wrong"):
        town.run("sign", town.path, "--passphrase-file", wrong)
    assert not (town.path / "manifest.note").exists()
    town.secretly("sign", town.path)
    before = (town.path / "manifest.note").read_bytes()
    with pytest.raises(InputError, match="passphrase is wrong"):
        town.run("trustee", "sign", town.trustee("anne"), town.path, "--passphrase-file", wrong)
    assert (town.path / "manifest.note").read_bytes() == before


def test_another_commission_key_signs_nothing(prepared: Town, tmp_path: Path) -> None:
    town = copy(prepared, tmp_path)
    (town.path / COMMISSION_KEY).unlink()
    save(town.path / COMMISSION_KEY, "pbvote/demo/commission", bytes(32), PASSPHRASE, CHEAP)
    with pytest.raises(VerificationError, match="isn't the key whose vkey"):
        town.secretly("sign", town.path)


def test_the_closing_is_signed_by_who_comes(signed: Town, tmp_path: Path) -> None:
    town = copy(signed, tmp_path)
    election = load_election(town.path)
    closing = Closing(
        election=election.id,
        at="2026-11-14T17:00:00Z",
        addenda=[],
        logs=[
            ClosedLog(origin=origin, status="lost", size=0, root=EMPTY_ROOT, reason="burnt")
            for origin in election.log_keys
        ],
    )
    commission = load_signer(town.path / COMMISSION_KEY, PASSPHRASE)
    path = town.path / "bundle" / "closing.note"
    write_bytes(path, sign_note(encode(closing).decode() + "\n", [commission]))
    said = town.trustee_signs("bruno")
    assert "closing; its SHA-256" in said
    assert "pbvote/demo/box/online, burnt" in said
    assert "closing.note: not signed by anne, chloe" in town.findings()["missing"][0]
    for name in ("anne", "chloe"):
        town.trustee_signs(name)
    assert open_closing(path.read_bytes(), election).closing == closing
    told = fingerprint(hashlib.sha256(parse_note(path.read_bytes()).text.encode()).digest())
    assert f"bundle/closing.note, signed; its SHA-256: {told}" in town.findings()["right"]
    write_bytes(path, path.read_bytes().replace(b"burnt", b"stole"))
    assert "closing.note" in town.findings(code=1)["wrong"][0]


def test_what_a_document_says_cannot_move_the_cursor(signed: Town, tmp_path: Path) -> None:
    town = copy(signed, tmp_path)
    election = load_election(town.path)
    logs = [
        ClosedLog(origin=origin, status="lost", size=0, root=EMPTY_ROOT, reason="\x1b[2Jfine")
        for origin in election.log_keys
    ]
    closing = Closing(election=election.id, at="2026-11-14T17:00:00Z", addenda=[], logs=logs)
    commission = load_signer(town.path / COMMISSION_KEY, PASSPHRASE)
    note = sign_note(encode(closing).decode() + "\n", [commission])
    write_bytes(town.path / "bundle" / "closing.note", note)
    assert "\x1b" not in town.trustee_signs("anne")


# --- addenda --------------------------------------------------------------------------------------


def test_a_correction_is_in_force_when_one_trustee_signed(signed: Town, tmp_path: Path) -> None:
    town = copy(signed, tmp_path)
    said = town.secretly(
        "addendum", town.path, "--reason", "a new offer",
        "--correct", "commune/velos/cost=9100.50",
        "--correct", "commune/velos/title.nl=Fietsen",
        "--correct", "commune/velos/title=Vélos",
        "--correct", "commune/verger/withdrawn=yes",
        "--closes", "in-person=2026-11-14 19:00",
    )  # fmt: skip
    assert "commune/velos: cost becomes 9100.50 EUR (a new offer)" in said
    assert "closes in-person at 2026-11-14 19:00 CET" in said
    assert load_election(town.path).addenda == ()  # not yet
    assert "addenda/1.pending.note: not signed by" in town.findings()["missing"][0]
    with pytest.raises(RefusedError, match="waits for trustees already"):
        town.secretly("addendum", town.path, "--closes", "online=2026-11-14 19:00")
    assert "as many as it takes" in town.trustee_signs("bruno")

    election = load_election(town.path)
    cost, title, withdrawn = election.corrections
    assert (cost.field, cost.value) == ("cost", 910_050)
    assert isinstance(title.value, dict)
    assert title.value["fr"] == "Vélos"
    assert title.value["nl"] == "Fietsen"
    assert title.value["de"] == "Fahrradbügel"  # kept
    assert withdrawn.value is True
    assert election.addenda[0].closes is not None
    assert not (town.path / "addenda/1.pending.note").exists()
    assert "addenda/1.note" in town.findings()["right"]

    town.secretly(  # the next one begins where this one ended
        "addendum", town.path, "--correct", "commune/velos/title.en=Bikes", "--reason", "short"
    )
    town.trustee_signs("anne")
    value = load_election(town.path).corrections[-1].value
    assert isinstance(value, dict)
    assert (value["fr"], value["en"]) == ("Vélos", "Bikes")


def test_a_new_box_needs_the_quorum(signed: Town, tmp_path: Path) -> None:
    town = copy(signed, tmp_path)
    with pytest.raises(RefusedError, match="isn't here yet"):
        town.secretly("addendum", town.path, "--box", "kiosk-2")
    town.make_logs(["desk-2"], ["kiosk-2"])
    said = town.secretly(
        "addendum", town.path, "--box", "kiosk-2", "--place", "Gare", "--registrar", "desk-2"
    )
    note = (town.path / "addenda/1.pending.note").read_bytes()
    told = fingerprint(hashlib.sha256(parse_note(note).text.encode()).digest())
    assert f"addendum; its SHA-256: {told}" in said
    assert "adds the box kiosk-2, in-person, at: Gare (" in said
    for name in NAMES:
        assert [box.name for box in load_election(town.path).boxes] == ["online", "kiosk-1"]
        town.trustee_signs(name)
    election = load_election(town.path)
    assert election.box("kiosk-2").place == "Gare"
    assert [registrar.name for registrar in election.registrars][-1] == "desk-2"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "changes nothing"),
        (["--box", "online"], "online stands twice"),
        (["--closes", "post=2026-11-14 19:00"], "isn't a channel"),
        (["--closes", "online=tomorrow"], "isn't a time"),
        (["--correct", "commune/velos/cost=1"], "no reason"),
        (["--reason", "r", "--correct", "commune/velos/cost=1.001"], "3 decimals"),
        (["--reason", "r", "--correct", "commune/velos/price=1"], "isn't a correction"),
        (["--reason", "r", "--correct", "commune/velos/cost.fr=1"], "isn't a correction"),
        (["--reason", "r", "--correct", "commune/velo/cost=1"], "no project is called 'velo'"),
        (["--reason", "r", "--correct", "city/velos/cost=1"], "no contest is called 'city'"),
        (["--reason", "r", "--correct", "commune/velos/title.es=x"], "isn't a language"),
        (["--reason", "r", "--correct", "commune/velos/withdrawn=no"], "can't be taken back"),
    ],
)
def test_addenda_that_cannot_be(signed: Town, arguments: list[str], said: str) -> None:
    with pytest.raises(PbvoteError, match=said):
        signed.secretly("addendum", signed.path, *arguments)
    assert not (signed.path / "addenda").exists()


# --- the command line itself ----------------------------------------------------------------------

COMMANDS = ["new", "check", "import", "sign", "addendum"] + [
    f"trustee {name}" for name in ("ceremony", "enrol", "deal", "accept", "sign", "test")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    said = Town(Path()).run(*command.split(), "--help")
    assert f"Example: pbvote {command} " in said


def test_setting_up_loads_nothing_heavy_before_it_runs() -> None:
    script = (
        "import sys; from pbvote.cli import new, check, import_, sign, addendum, trustee;"
        "bad = {'nacl', 'rbcl', 'numpy', 'sqlite3', 'openpyxl', 'rich', 'msgspec'};"
        "print(*bad & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")
