"""The demo's day, step by step, with the same calls as the single commands and the kiosk."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from pbvote import keyfile
from pbvote.box import Box
from pbvote.cli.demo_plan import Plan
from pbvote.cli.demo_poll import Poll
from pbvote.core.card import Channel
from pbvote.core.election import Election, commission_name
from pbvote.core.encoding import encode, time_text
from pbvote.core.errors import RefusedError
from pbvote.core.manifest import Box as BoxRecord
from pbvote.core.manifest import Hours, Manifest, Registrar
from pbvote.core.manifest import Roll as RollRecord
from pbvote.core.note import Signer, sign_note
from pbvote.core.receipt import SignedReceipt, receipt_text
from pbvote.core.roll import write_roll
from pbvote.files import COMMISSION, COMMISSION_KEY, MANIFEST, ROLL, load_election, write_bytes
from pbvote.registry import ROLL as ROLL_FILE
from pbvote.registry import Registry, Roll
from pbvote.registry.rollfile import Person as RollPerson
from pbvote.terminal import Steps
from pbvote.trustee import ceremony, sign_manifest, try_opening
from pbvote.words import plural
from pbvote_tally.bundle import CLOSING, FolderBundle
from pbvote_tally.close import draft_closing, sign_closing
from pbvote_tally.collect import collect, copy_documents
from pbvote_tally.custody import Trustee
from pbvote_tally.tally import Tally
from pbvote_tally.verify import Verified, verify
from pbvote_tally.words import merge_lines, result_lines

SLUG = "demo"
TRUSTEES = ("anne", "bilal", "chloe")
MIXING = ("anne", "chloe")
THRESHOLD = 2
REGISTRARS = ("mairie", "desk-1", "desk-2")
CHANNELS: dict[str, Channel] = {
    "online": "online",
    "kiosk-1": "in-person",
    "kiosk-2": "in-person",
}
DAY = 86_400
SIGN = "demo"  # a file that says: a demo made this folder


def clear(out: Path, *, force: bool) -> None:
    """Make room for a new demo; only a folder that a demo made is ever removed."""
    if not out.exists():
        return
    if not force or not (out / SIGN).exists():
        raise RefusedError(
            "there is something already", where=str(out), hint="Choose another --out, or --force"
        )
    shutil.rmtree(out)


class Day:
    """One election in a folder, from the keys to the verified bundle."""

    def __init__(self, folder: Path, plan: Plan, steps: Steps, pool: Executor) -> None:
        self.folder, self.plan, self.steps, self.pool = folder, plan, steps, pool
        self.bundle, self.stick = folder / "bundle", folder / "stick"
        self.passphrase = "-".join(secrets.token_hex(3) for _ in range(4))
        self.now = int(time.time())

    def run(self) -> list[str]:
        """Everything; the lines to be read at the end."""
        write_bytes(self.folder / SIGN, b"A folder that `pbvote demo` made.\n")
        write_bytes(self.folder / "passphrase", f"{self.passphrase}\n".encode(), private=True)
        commission = self.make_keys()
        election, desks = self.make_election(commission)
        boxes = {name: self.folder / "boxes" / name for name in CHANNELS}
        poll = Poll(election, self.plan, boxes, desks, self.stick, self.steps)
        poll.run()
        self.close(election, desks, boxes, commission)
        self.count(commission)
        verified = self.verify(commission)
        return self.lines(poll, verified)

    def make_keys(self) -> Signer:
        """The commission's key, and the ceremony that makes the election's."""
        self.steps.step(f"Keys: {len(TRUSTEES)} trustees, any {THRESHOLD} of them can open")
        commission = keyfile.new_signer(self.folder / COMMISSION_KEY, commission_name(SLUG))
        write_bytes(self.folder / COMMISSION, f"{commission.verify_key.text}\n".encode())
        shared = self.folder / "ceremony"
        ceremony.start_ceremony(shared, SLUG, THRESHOLD, TRUSTEES)
        self.each_trustee(
            lambda folder: ceremony.enrol(
                folder, shared, folder.name, self.passphrase, keyfile.INTERACTIVE
            )
        )
        self.each_trustee(lambda folder: ceremony.deal(folder, shared, self.passphrase))
        self.each_trustee(lambda folder: ceremony.accept(folder, shared, self.passphrase))
        return commission

    def each_trustee(self, act: Callable[[Path], object]) -> None:
        """What trustees do at the same time, each on a machine of its own."""
        with ThreadPoolExecutor(len(TRUSTEES)) as threads:
            list(threads.map(act, map(self.trustee, TRUSTEES)))

    def trustee(self, name: str) -> Path:
        """A trustee's own folder; in life it is on a machine of its own."""
        return self.folder / "trustees" / name

    def make_election(self, commission: Signer) -> tuple[Election, dict[str, Registry]]:
        """Boxes and desks made, the roll loaded, the manifest signed by everybody."""
        count = len(self.plan.people)
        self.steps.step(f"Roll: {plural(count, 'person')}, each with a random pseudonym")
        desks = {name: self.folder / "registries" / name for name in REGISTRARS}
        registrars = [
            Registrar(name=name, vkey=Registry.create(folder, SLUG, name))
            for name, folder in desks.items()
        ]
        roll = self.load_roll(desks)
        write_bytes(self.folder / ROLL, roll)
        boxes = [
            BoxRecord(
                name=name,
                channel=channel,
                vkey=Box.create(self.folder / "boxes" / name, SLUG, name),
                place=name,
            )
            for name, channel in CHANNELS.items()
        ]
        self.steps.step("Manifest: signed by the commission and by every trustee")
        manifest = self.manifest(registrars, boxes, roll)
        note = sign_note(encode(manifest).decode() + "\n", [commission])
        for name in TRUSTEES:
            note = sign_manifest(self.trustee(name), note, commission.verify_key, self.passphrase)
        write_bytes(self.folder / MANIFEST, note)
        election = load_election(self.folder)
        self.each_trustee(lambda folder: try_opening(folder, election, self.passphrase))
        return election, {
            name: Registry.open(folder, election, name, now=_now) for name, folder in desks.items()
        }

    def load_roll(self, desks: dict[str, Path]) -> bytes:
        """The private roll at every desk; roll.csv."""
        people = [
            RollPerson(id=p.number, name=p.name, birth_date=p.birth_date, address=p.address)
            for p in self.plan.people
        ]
        first, *others = desks.values()
        with Roll.create(first / ROLL_FILE, people) as roll:
            for folder in others:
                roll.copy_to(folder / ROLL_FILE)
            return write_roll(roll.public_roll())

    def manifest(
        self, registrars: list[Registrar], boxes: list[BoxRecord], roll: bytes
    ) -> Manifest:
        """What everybody signs."""
        shared = self.folder / "ceremony"
        trustees, key = ceremony.manifest_trustees(shared)
        opens, closes = time_text(self.now - DAY), time_text(self.now + DAY)
        return Manifest(
            slug=SLUG,
            title=self.plan.title,
            currency=self.plan.currency,
            languages=self.plan.languages,
            time_zone="Europe/Brussels",
            opens=Hours(online=opens, in_person=opens),
            closes=Hours(online=closes, in_person=closes),
            ceremony=ceremony.read_ceremony(shared).ceremony,
            threshold=THRESHOLD,
            key=key,
            closing_quorum=len(TRUSTEES),
            trustees=trustees,
            registrars=registrars,
            boxes=boxes,
            roll=RollRecord(count=len(self.plan.people), sha256=sha256(roll).digest()),
            contests=[self.plan.contest],
        )

    def close(
        self,
        election: Election,
        desks: dict[str, Registry],
        boxes: dict[str, Path],
        commission: Signer,
    ) -> None:
        """Logs on sticks, collected at the town hall; the closing, signed by all trustees."""
        self.steps.step("Closing: every log brought in on a stick, checked, and signed for")
        for name, desk in desks.items():
            desk.export(self.stick / "registry" / name)
            desk.stop()
        for name, folder in boxes.items():
            with Box.in_folder(folder, election, name, now=_now) as box:
                box.export(self.stick / "box" / name)
        copy_documents(self.folder, self.bundle)
        collect(self.bundle, election, self.stick)
        closing = draft_closing(FolderBundle(self.bundle), election, time_text(_now()), {})
        note = sign_closing(closing, commission)
        for name in TRUSTEES:
            with Trustee(self.trustee(name), self.passphrase) as trustee:
                note = trustee.sign_closing(note, election)
        write_bytes(self.bundle / CLOSING, note)

    def count(self, commission: Signer) -> None:
        """Merge, two trustees mix and open, the commission signs the results."""
        source = FolderBundle(self.bundle)
        tally = Tally(source, self.bundle, commission.verify_key, self.pool, self.steps)
        with (
            Trustee(self.trustee(MIXING[0]), self.passphrase) as first,
            Trustee(self.trustee(MIXING[1]), self.passphrase) as second,
        ):
            tally.run([first, second], commission)

    def verify(self, commission: Signer) -> Verified:
        """As a stranger does, from the bundle and the commission's vkey alone."""
        self.steps.note("Now a stranger verifies the bundle, with nothing but the vkey:")
        source = FolderBundle(self.bundle)
        return verify(source, commission.verify_key, executor=self.pool, report=self.steps)

    def lines(self, poll: Poll, verified: Verified) -> list[str]:
        """What happened, in the end."""
        election = verified.rebuilt.election
        lines = ["", *merge_lines(verified.rebuilt.merge.record)]
        lines += [f"The box had refused: {what}" for what in poll.refused]
        for counted in verified.counted:
            lines += ["", *result_lines(counted, self.plan.languages[0])]
            lines += self.official_lines(set(counted.result.winners))
        return [
            *lines,
            "",
            f"Everything holds. Election {election.id.hex()[:16]}…",
            *self.receipt_lines(election, poll),
            f"The bundle is {self.bundle}; verify it yourself:",
            f"  pbvote-tally verify {self.bundle} --commission {self.folder / COMMISSION}",
        ]

    def official_lines(self, winners: set[str]) -> list[str]:
        """Our winners beside those the town announced, where the file says them."""
        official = self.plan.official
        if official is None:
            return []
        if winners == official:
            return ["The same winners as the town announced."]
        return [
            f"The town announced others. Only here: {_listed(winners - official)}; "
            f"only there: {_listed(official - winners)}"
        ]

    def receipt_lines(self, election: Election, poll: Poll) -> list[str]:
        """A receipt to try."""
        receipts: list[SignedReceipt] = next(iter(poll.receipts.values()))
        signed = receipts[-1]
        text = receipt_text(signed, election.box_position(signed.receipt.box))
        return ["A voter's receipt to check:", f"  pbvote receipt check {text} {self.folder}"]


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _now() -> int:
    return int(time.time())
