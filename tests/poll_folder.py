"""An election's folder as the command line has it, small and true, and a way to call a command.

Eight people; the logs of registries and boxes stand in the folder, under the keys of
`election_builder`. Everything is written by the parts that write it in life.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import qrcode
from typer.testing import CliRunner

from election_builder import BuiltElection, build_election, make_roll, pseudonym
from pbvote import keyfile
from pbvote.cli.main import app
from pbvote.core.card import Channel, RegistryClose, Revocation, card_text
from pbvote.core.encoding import encode
from pbvote.core.errors import PbvoteError
from pbvote.core.note import Signer, add_signature
from pbvote.files import load_election, write_bytes
from pbvote.store.export import export
from pbvote.store.log import open_log
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.close import draft_closing, sign_closing
from pbvote_tally.collect import collect, copy_documents

PEOPLE = 8


@dataclass(frozen=True)
class Called:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str
    error: PbvoteError | None

    @property
    def lines(self) -> list[str]:
        """The lines of its result."""
        return self.out.splitlines()

    @property
    def said(self) -> str:
        """Everything, the error too."""
        return f"{self.out}{self.err}{self.error or ''}"


def call(*words: str | Path, typed: str = "") -> Called:
    """Run a command; only errors of ours may come out of it."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=typed)
    error = result.exception
    if error is not None and not isinstance(error, PbvoteError | SystemExit):
        raise error
    ours = error if isinstance(error, PbvoteError) else None
    return Called(result.exit_code, result.stdout, result.stderr, ours)


def code(number: int, serial: int = 1) -> bytes:
    """A card's code that is the same in every test."""
    return hashlib.sha256(b"code %d %d" % (number, serial)).digest()[:16]


def seed(signer: Signer) -> bytes:
    """The seed of a test's key, to write its key file."""
    return signer._secret[:32]


@dataclass(frozen=True)
class PollFolder:
    """DIR, with what was signed and the machine's boxes in it."""

    path: Path
    built: BuiltElection

    def issue(
        self, person: int, channel: Channel = "online", serial: int = 1, registrar: str = "mairie"
    ) -> str:
        """Log a certificate as its registrar does; the card's text."""
        secret, who = code(person, serial), pseudonym(person)
        certificate = self.built.certificate(
            secret, who, serial=serial, channel=channel, registrar=registrar
        )
        self.log(registrar, encode(certificate))
        names, district = self.built.election.manifest.district_names, self.built.roll[who]
        return card_text(
            secret,
            certificate,
            None if district is None else names.index(district),
            list(self.built.registrars).index(registrar),
        )

    def revoke(self, person: int, serial: int = 1) -> None:
        """The first registrar revokes a card."""
        certificate = self.built.certificate(code(person, serial), pseudonym(person), serial=serial)
        entry = Revocation(
            election=self.built.election.id,
            key=certificate.key,
            reason="lost",
            officials=["mayor", "clerk"],
        )
        self.log("mairie", encode(entry))

    def log(self, registrar: str, entry: bytes) -> None:
        """An entry in a registry's log."""
        path = self.path / "registries" / registrar / "log.db"
        with_log = open_log(path, self.built.registrars[registrar])
        with_log.append(entry)
        with_log.close()

    def close(self) -> Path:
        """Close what is open, collect all logs, and have the closing signed; the bundle."""
        stick, bundle = self.path / "stick", self.path / "bundle"
        for name, signer in self.built.registrars.items():
            self.log(name, encode(RegistryClose(at="2026-11-22T16:00:00Z")))
            log = open_log(self.path / "registries" / name / "log.db", signer)
            export(log, stick / "registry" / name)
            log.close()
        for name in self.built.boxes:
            if call("box", "close", self.path, name).error is not None:
                call("box", "open", self.path, name)
                assert call("box", "close", self.path, name).code == 0
            assert call("box", "export", self.path, name, "--to", stick).code == 0
        copy_documents(self.path, bundle)
        election = load_election(self.path)
        collect(bundle, election, stick)
        closing = draft_closing(FolderBundle(bundle), election, "2026-11-22T18:00:00Z", {})
        note = sign_closing(closing, self.built.commission, self.built.election)
        for signer in self.built.trustees:
            note = add_signature(note, signer)
        write_bytes(bundle / "closing.note", note)
        return bundle


def make_poll(path: Path, *, slug: str = "demo", random: int = 1) -> PollFolder:
    """The folder of a signed election with its boxes and registries, nothing opened yet."""
    built = build_election(slug, roll=make_roll(PEOPLE), seed=random)
    sign(path, built)
    for name, signer in built.registrars.items():
        (path / "registries" / name).mkdir(parents=True)
        open_log(path / "registries" / name / "log.db", signer).close()
    return PollFolder(path, built)


def sign(path: Path, built: BuiltElection) -> None:
    """Put what was signed into DIR, and make its boxes."""
    write_bytes(path / "manifest.note", built.manifest_note)
    write_bytes(path / "roll.csv", built.roll_csv)
    write_bytes(path / "commission.vkey", built.commission.verify_key.text.encode() + b"\n")
    for name, signer in built.boxes.items():
        keyfile.save(path / "boxes" / name / "box.key", signer.name, seed(signer))
        open_log(path / "boxes" / name / "box.db", signer).close()


def photo(text: str, path: Path) -> Path:
    """A photo of a text's QR code."""
    qrcode.make(text).save(str(path))
    return path
