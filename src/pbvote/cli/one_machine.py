"""A whole election on one machine, all its keys in one folder: for demos and rehearsals.

Every step is what the single commands do; only the people who hold the keys are missing. One
passphrase, kept in the folder, serves for all trustees::

    FOLDER/passphrase  keys/  ceremony/  trustees/<name>/  registries/<name>/  boxes/<name>/
    FOLDER/manifest.note  roll.csv  commission.vkey  bundle/
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pbvote import keyfile
from pbvote.at_hand import BOXES, REGISTRIES, now
from pbvote.box import Box
from pbvote.core.closing import Closing
from pbvote.core.election import Election, commission_name
from pbvote.core.encoding import encode, time_text
from pbvote.core.manifest import Box as BoxRecord
from pbvote.core.manifest import Registrar
from pbvote.core.manifest import Roll as RollRecord
from pbvote.core.note import Signer, sign_note
from pbvote.core.roll import write_roll
from pbvote.draft import Draft, build_manifest
from pbvote.files import COMMISSION, COMMISSION_KEY, MANIFEST, ROLL, load_election, write_bytes
from pbvote.registry import ROLL as ROLL_FILE
from pbvote.registry import Registry, Roll
from pbvote.registry.rollfile import Person
from pbvote.trustee import ceremony, sign_manifest, try_opening
from pbvote.words import plural
from pbvote_tally.bundle import CLOSING, FolderBundle
from pbvote_tally.close import Declared, draft_closing, sign_closing
from pbvote_tally.collect import collect, copy_documents
from pbvote_tally.custody import Trustee
from pbvote_tally.report import Report
from pbvote_tally.tally import Tally
from pbvote_tally.verify import Verified, verify

PASSPHRASE = "passphrase"  # noqa: S105 - the name of a file
CEREMONY = "ceremony"
TRUSTEES = "trustees"


class OneMachine:
    """An election in a folder, from the keys to the verified bundle."""

    def __init__(self, folder: Path, report: Report) -> None:
        """A folder that `make` will fill, or has filled."""
        self.folder, self.report = folder, report
        self.bundle = folder / "bundle"

    # --- making it --------------------------------------------------------------------------------

    def make(self, draft: Draft, people: Sequence[Person]) -> Election:
        """All keys, the roll at every desk, and a manifest that everybody signed."""
        names, threshold = draft.trustees, draft.threshold
        self.report.step(f"Keys: {plural(len(names), 'trustee')}, any {threshold} of them can open")
        words = "-".join(secrets.token_hex(3) for _ in range(4))
        write_bytes(self.folder / PASSPHRASE, f"{words}\n".encode(), private=True)
        commission = keyfile.new_signer(self.folder / COMMISSION_KEY, commission_name(draft.slug))
        write_bytes(self.folder / COMMISSION, f"{commission.verify_key.text}\n".encode())
        self._hold_ceremony(draft)
        self.report.step(f"Roll: {plural(len(people), 'person')}, each with a random pseudonym")
        note = self._manifest(draft, people, commission)
        self.report.step("Manifest: signed by the commission and by every trustee")
        for name in names:
            folder = self.trustee(name)
            note = sign_manifest(folder, note, commission.verify_key, self.passphrase)
        write_bytes(self.folder / MANIFEST, note)
        election = load_election(self.folder)
        self._each(names, lambda folder: try_opening(folder, election, self.passphrase))
        return election

    def _hold_ceremony(self, draft: Draft) -> None:
        shared, secret = self.folder / CEREMONY, self.passphrase
        ceremony.start_ceremony(shared, draft.slug, draft.threshold, draft.trustees)
        cost = keyfile.INTERACTIVE  # the passphrase lies beside the keys
        self._each(
            draft.trustees,
            lambda folder: ceremony.enrol(folder, shared, folder.name, secret, cost),
        )
        self._each(draft.trustees, lambda folder: ceremony.deal(folder, shared, secret))
        self._each(draft.trustees, lambda folder: ceremony.accept(folder, shared, secret))

    def _manifest(self, draft: Draft, people: Sequence[Person], commission: Signer) -> bytes:
        """Boxes and desks made, the roll loaded; the manifest with the commission's signature."""
        registrars = [
            Registrar(name=name, vkey=Registry.create(self.registry(name), draft.slug, name))
            for name in draft.registrars
        ]
        boxes = [
            BoxRecord(
                name=box.name,
                channel=box.channel,
                vkey=Box.create(self.box(box.name), draft.slug, box.name),
                place=box.place,
            )
            for box in draft.boxes
        ]
        roll = self._load_roll(draft.registrars, people)
        write_bytes(self.folder / ROLL, roll)
        trustees, key = ceremony.manifest_trustees(self.folder / CEREMONY)
        manifest = build_manifest(
            draft,
            ceremony.read_ceremony(self.folder / CEREMONY).ceremony,
            trustees,
            key,
            registrars,
            boxes,
            RollRecord(count=len(people), sha256=sha256(roll).digest()),
        )
        return sign_note(encode(manifest).decode() + "\n", [commission])

    def _load_roll(self, registrars: Sequence[str], people: Sequence[Person]) -> bytes:
        """The private roll at every desk; roll.csv."""
        first, *others = map(self.registry, registrars)
        with Roll.create(first / ROLL_FILE, people) as roll:
            for folder in others:
                roll.copy_to(folder / ROLL_FILE)
            return write_roll(roll.public_roll())

    # --- what is in it ----------------------------------------------------------------------------

    @cached_property
    def election(self) -> Election:
        """The signed election."""
        return load_election(self.folder)

    @cached_property
    def passphrase(self) -> str:
        """That of every trustee."""
        return (self.folder / PASSPHRASE).read_text().strip()

    @cached_property
    def commission(self) -> Signer:
        """The commission's key."""
        return keyfile.load_signer(self.folder / COMMISSION_KEY)

    def trustee(self, name: str) -> Path:
        """A trustee's own folder; in life it is on a machine of its own."""
        return self.folder / TRUSTEES / name

    def registry(self, name: str) -> Path:
        """A registrar's folder."""
        return self.folder / REGISTRIES / name

    def box(self, name: str) -> Path:
        """A box's folder."""
        return self.folder / BOXES / name

    def _each(self, names: Iterable[str], act: Callable[[Path], object]) -> None:
        """What trustees do at the same time, each on a machine of its own."""
        folders = list(map(self.trustee, names))
        with ThreadPoolExecutor(len(folders)) as threads:
            list(threads.map(act, folders))

    # --- after the poll ---------------------------------------------------------------------------

    def close(
        self, logs: Iterable[Path], declared: Mapping[str, Declared] | None = None
    ) -> Closing:
        """Take in the logs found below these folders; a closing that all trustees signed."""
        election = self.election
        copy_documents(self.folder, self.bundle)
        for source in logs:
            collect(self.bundle, election, source)
        bundle = FolderBundle(self.bundle)
        closing = draft_closing(bundle, election, time_text(now()), declared or {})
        note = sign_closing(closing, self.commission, election)
        for trustee in election.manifest.trustees:
            with Trustee(self.trustee(trustee.name), self.passphrase) as me:
                note = me.sign_closing(note, election)
        write_bytes(self.bundle / CLOSING, note)
        return closing

    def count(self, mixing: Sequence[str], pool: Executor | None = None) -> None:
        """Merge; these trustees mix and open; the commission signs the results."""
        key = self.commission.verify_key
        tally = Tally(FolderBundle(self.bundle), self.bundle, key, pool, self.report)
        with ExitStack() as stack:
            trustees = [
                stack.enter_context(Trustee(self.trustee(name), self.passphrase)) for name in mixing
            ]
            tally.run(trustees, self.commission)

    def verify(self, pool: Executor | None = None) -> Verified:
        """As a stranger does, from the bundle and the commission's vkey alone."""
        source, key = FolderBundle(self.bundle), self.commission.verify_key
        return verify(source, key, executor=pool, report=self.report)
