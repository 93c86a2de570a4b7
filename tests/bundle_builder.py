"""Polls and whole audit bundles, small, in memory, with every key at hand to sign them again.

``poll = Polling(build_election())`` is a day at the ballot boxes: registrars and boxes log what one
tells them to. `make_bundle(poll.built, poll.finished())` closes, merges, mixes, opens and counts
it, and gives the files of the bundle; `sign_results` signs a changed one again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import UNSET, structs

from election_builder import BuiltElection, pseudonym
from pbvote.core import threshold
from pbvote.core.ballot import Cast, Challenge, Close, Open, PreparedBallot
from pbvote.core.card import (
    Certificate,
    Channel,
    Enrol,
    Reason,
    RegistryClose,
    Revocation,
    certify,
    voter_secret,
)
from pbvote.core.closing import ClosedLog, Closing, SignedClosing, Status
from pbvote.core.encoding import Record, decode, encode
from pbvote.core.errors import VerificationError
from pbvote.core.group import Element, Scalar, multiply_base
from pbvote.core.manifest import Contest
from pbvote.core.merkle import EMPTY_ROOT, leaf_hash, root_of
from pbvote.core.note import Checkpoint, Signer, parse_note, sign_note
from pbvote.core.sealing import Context, first_elements
from pbvote.core.selection import Vector, to_elements
from pbvote.core.shuffle import shuffle
from pbvote.core.tiles import WIDTH, HashTiles, Tile, encode_bundle
from pbvote_tally import bundle as names
from pbvote_tally.count import count, lot_order
from pbvote_tally.merge import Merge, merge
from pbvote_tally.records import ContestResult, MixRecord, Results
from pbvote_tally.selections import read_selections, selections_csv
from support import seeded

AT = "2026-11-22T18:00:00Z"
Files = dict[str, bytes]
Entries = dict[str, list[bytes]]
"""`registry/<name>` or `box/<name>` → the log's entries."""


class MemoryBundle:
    """A bundle's files in a dict."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def names(self) -> list[str]:
        return sorted(self.files)

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise VerificationError("it is missing from the bundle", where=name)
        return self.files[name]

    def sha256(self, name: str) -> bytes:
        return hashlib.sha256(self.read(name)).digest()


def write_files(files: Files, folder: Path) -> Path:
    """The files on a disk."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def read_files(folder: Path) -> Files:
    """The files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@dataclass(frozen=True)
class VoterCard:
    """A card and its certificate."""

    secret: Scalar
    certificate: Certificate


@dataclass
class Polling:
    """What registrars and boxes log. Boxes are open; `finished` closes every log.

    Everything that is drawn comes from `seed`, call by call.
    """

    built: BuiltElection
    seed: int = 1
    logs: Entries = field(init=False)
    _counts: dict[str, list[int]] = field(init=False)
    _drawn: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        election = self.built.election
        self.logs = {short(origin): [] for origin in election.log_keys}
        self._counts = {name: [0, 0] for name in self.logs}
        for box in election.boxes:
            self.put(f"box/{box.name}", Open(election=election.id, box=box.name, at=AT))

    def put(self, log: str, *entries: Record | bytes) -> int:
        """Append; the last one's index. Bytes are taken as they are and counted as nothing."""
        for entry in entries:
            self._counts[log][0] += isinstance(entry, Cast)
            self._counts[log][1] += isinstance(entry, Challenge)
            self.logs[log].append(entry if isinstance(entry, bytes) else encode(entry))
        return len(self.logs[log]) - 1

    def new_card(
        self,
        person: int,
        *,
        serial: int = 1,
        channel: Channel = "online",
        registrar: str = "mairie",
        district: str | None = None,
        election: bytes | None = None,
    ) -> VoterCard:
        """A card that no log knows yet; its code is the same for the same arguments."""
        own = election or self.built.election.id
        people = self.built.roll
        code = hashlib.sha256(encode([person, serial, channel, registrar])).digest()[:16]
        secret = voter_secret(code, own)
        certificate = certify(
            self.built.registrars[registrar],
            election=own,
            pseudonym=pseudonym(person),
            serial=serial,
            channel=channel,
            district=people.get(pseudonym(person)) if district is None else district,
            key=multiply_base(secret),
            registrar=registrar,
        )
        return VoterCard(secret, certificate)

    def card(self, person: int, **given: Any) -> VoterCard:
        """A new card, its certificate in its registrar's log; arguments as `new_card`."""
        card = self.new_card(person, **given)
        self.put(f"registry/{card.certificate.registrar}", card.certificate)
        return card

    def revoke(self, card: VoterCard, log: str = "", reason: Reason = "lost") -> int:
        """A revocation, in the log that issued the card unless `log` names another."""
        record = Revocation(
            election=self.built.election.id,
            key=card.certificate.key,
            reason=reason,
            officials=["president", "secretary"],
        )
        return self.put(log or f"registry/{card.certificate.registrar}", record)

    def enrol(self, person: int, district: str | None, log: str = "registry/desk-1") -> int:
        """A person added on the day."""
        return self.put(
            log,
            Enrol(
                election=self.built.election.id,
                pseudonym=pseudonym(person),
                district=UNSET if district is None else district,
            ),
        )

    def prepare(
        self,
        card: VoterCard,
        box: str,
        choice: Mapping[str, Vector] | None = None,
        *,
        election: bytes | None = None,
        contests: Sequence[Contest] | None = None,
        seed: int | None = None,
    ) -> PreparedBallot:
        """A ballot between its tracker and the voter's word; the same `seed`, the same ballot."""
        self._drawn += 1
        certificate = card.certificate
        district = None if certificate.district is UNSET else certificate.district
        own = self.built.election.contests_for(district) if contests is None else contests
        elements: dict[str, list[Element]] = {}
        for contest in own:
            vector = (choice or {}).get(contest.id, (0,) * len(contest.projects))
            elements[contest.id] = to_elements(vector, contest.vmax)
        return PreparedBallot(
            election=election or self.built.election.id,
            key=self.built.election.key,
            box=box,
            certificate=certificate,
            secret=card.secret,
            choices=elements,
            random=seeded(self.seed * 1_000_000 + self._drawn if seed is None else seed),
        )

    def cast(self, card: VoterCard, box: str, choice: Mapping[str, Vector] | None = None) -> int:
        """Cast into a box; the entry's index."""
        return self.put(f"box/{box}", self.prepare(card, box, choice).cast())

    def challenge(self, card: VoterCard, box: str) -> int:
        """Challenge at a box; the entry's index."""
        return self.put(f"box/{box}", self.prepare(card, box).challenge())

    def finished(self, statuses: Mapping[str, Status] | None = None) -> Entries:
        """Every log with its last entry, if it isn't cut or lost."""
        logs = {}
        for name, entries in self.logs.items():
            last: list[bytes] = []
            if (statuses or {}).get(name, "closed") == "closed":
                last = [self.close_entry(name)]
            logs[name] = [*entries, *last]
        return logs

    def close_entry(self, name: str) -> bytes:
        """What a log ends with."""
        if name.startswith("registry/"):
            return encode(RegistryClose(at=AT))
        cast, challenged = self._counts[name]
        return encode(Close(at=AT, cast=cast, challenged=challenged))

    def merged(self, statuses: Mapping[str, Status] | None = None, **given: Any) -> Merge:
        """What `merge` makes of the finished logs; keyword arguments go to it."""
        return merge_logs(self.built, self.finished(statuses), statuses, **given)


def short(origin: str) -> str:
    """`registry/<name>` or `box/<name>`."""
    return origin.split("/", 2)[2]


def signer_of(built: BuiltElection, log: str) -> Signer:
    """Whose log `registry/<name>` or `box/<name>` is."""
    kind, name = log.split("/")
    return (built.registrars if kind == "registry" else built.boxes)[name]


def make_closing(
    built: BuiltElection, logs: Entries, statuses: Mapping[str, Status] | None = None
) -> Closing:
    """The closing of these logs."""
    election = built.election
    closed = []
    for origin in election.log_keys:
        status = (statuses or {}).get(short(origin), "closed")
        entries = [] if status == "lost" else logs[short(origin)]
        root = root_of(entries) if entries else EMPTY_ROOT
        log = ClosedLog(origin=origin, status=status, size=len(entries), root=root)
        closed.append(log if status == "closed" else structs.replace(log, reason="no power"))
    return Closing(election=election.id, at=AT, addenda=list(election.addenda_hashes), logs=closed)


def sign_record(record: Record, signers: Sequence[Signer]) -> bytes:
    """The note of a record."""
    return sign_note(encode(record).decode() + "\n", signers)


def text_hash(note: bytes) -> bytes:
    """SHA-256 of a note's text."""
    return hashlib.sha256(parse_note(note).text.encode()).digest()


def sign_closing(built: BuiltElection, closing: Closing, quorum: int | None = None) -> bytes:
    """closing.note, signed by the commission and the first `quorum` trustees (default: q)."""
    enough = built.election.manifest.quorum if quorum is None else quorum
    return sign_record(closing, [built.commission, *built.trustees[:enough]])


def merge_logs(
    built: BuiltElection,
    logs: Entries,
    statuses: Mapping[str, Status] | None = None,
    **given: Any,
) -> Merge:
    """`merge` of logs at hand."""
    closing = make_closing(built, logs, statuses)
    signed = SignedClosing(closing, text_hash(sign_closing(built, closing)))

    def stream(entries: list[bytes]) -> Callable[[], Iterator[bytes]]:
        return lambda: iter(entries)

    streams = {
        log.origin: stream(logs[short(log.origin)]) for log in closing.logs if log.status != "lost"
    }
    return merge(built.election, signed, built.public_roll, streams, **given)


def aside(merged: Merge) -> list[tuple[str, int, str]]:
    """Box, index and reason of what is set aside."""
    return [(entry.box, entry.index, entry.reason) for entry in merged.record.set_aside]


def counted(merged: Merge) -> list[tuple[int, int]]:
    """Box position and index of what counts, by pseudonym."""
    return [(ballot.box, ballot.index) for ballot in merged.accepted]


def log_files(signer: Signer, entries: Sequence[bytes]) -> Files:
    """An exported log: its checkpoint and tiles, named from the log's folder."""
    hashes, files = HashTiles(), {}
    for entry in entries:
        files.update({tile.path: data for tile, data in hashes.append(leaf_hash(entry))})
    files.update({tile.path: data for tile, data in hashes.partial()})
    for start in range(0, len(entries), WIDTH):
        part = entries[start : start + WIDTH]
        files[Tile(None, start // WIDTH, len(part)).path] = encode_bundle(part)
    checkpoint = Checkpoint(signer.name, len(entries), hashes.root())
    files["checkpoint"] = sign_note(checkpoint.text, [signer])
    return files


def make_bundle(
    built: BuiltElection,
    logs: Entries,
    statuses: Mapping[str, Status] | None = None,
    *,
    judged: tuple[Entries, Mapping[str, Status]] | None = None,
    evidence: Mapping[str, bytes] | None = None,
    mixers: Sequence[int] = (1, 3),
    openers: Sequence[int] = (1, 3),
    lot_openers: Sequence[int] = (1, 3),
    seed: int = 1,
) -> Files:
    """Every file of a bundle, right as far as these logs are.

    `judged` are the logs and statuses to merge in place of those published: what a count would
    be that doesn't mind what is wrong with them.
    """
    files: Files = {
        names.MANIFEST: built.manifest_note,
        names.ROLL: built.roll_csv,
        names.CLOSING: sign_closing(built, make_closing(built, logs, statuses)),
        **{names.addendum(i): note for i, note in enumerate(built.addenda_notes, 1)},
        **{f"evidence/{name}": data for name, data in (evidence or {}).items()},
    }
    for name, entries in logs.items():
        if (statuses or {}).get(name) != "lost":
            exported = log_files(signer_of(built, name), entries)
            files |= {f"logs/{name}/{path}": data for path, data in exported.items()}
    merged = _sized(merge_logs(built, *(judged or (logs, statuses))), logs, statuses or {})
    files[names.MERGE] = encode(merged.record)
    tally = Tallying(built, text_hash(files[names.CLOSING]), seed)
    files |= tally.lot_files(lot_openers)
    for contest in built.election.manifest.contests:
        files |= tally.contest_files(contest, merged.column(contest.id), mixers, openers)
    return tally.sign_results(files)


def _sized(merged: Merge, logs: Entries, statuses: Mapping[str, Status]) -> Merge:
    """The merge with the sizes of the published logs."""

    def size(name: str) -> int:
        return 0 if statuses.get(name) == "lost" else len(logs[name])

    record = merged.record
    boxes = [structs.replace(b, size=size(f"box/{b.name}")) for b in record.boxes]
    registries = [structs.replace(r, size=size(f"registry/{r.name}")) for r in record.registries]
    return Merge(structs.replace(record, boxes=boxes, registries=registries), merged.accepted)


class Tallying:
    """The trustees' and the commission's part, after the closing."""

    def __init__(self, built: BuiltElection, closing: bytes, seed: int = 1) -> None:
        self.built, self.closing = built, closing
        self.random = seeded(seed)
        self.results: dict[str, ContestResult] = {}

    def lot_files(self, openers: Collection[int]) -> Files:
        """lot/."""
        return self.opening_files("", [self._lot_element], openers)

    @property
    def _lot_element(self) -> Element:
        return threshold.lot_element(self.built.election.id, self.closing)

    def opening_files(
        self, contest: str, elements: Sequence[Element], openers: Collection[int]
    ) -> Files:
        """opening-<i>/ of these trustees."""
        files = {}
        for i in openers:
            context = Context(self.built.election.id, contest, i)
            secret = self.built.shares[i - 1]
            shares, proof = threshold.open_shares(context, secret, elements, self.random)
            files[names.opening_file(contest, i, "shares.bin")] = shares
            files[names.opening_file(contest, i, "proof.bin")] = proof
        return files

    def mix_files(self, contest: Contest, number: int, column: bytes) -> Files:
        """mix-<i>/, its statement signed by that trustee."""
        election = self.built.election
        context = Context(election.id, contest.id, number)
        output, proof = shuffle(context, election.key, column, contest.width, self.random)
        statement = MixRecord(
            election=election.id,
            contest=contest.id,
            trustee=number,
            input=hashlib.sha256(column).digest(),
            output=hashlib.sha256(output).digest(),
            proof=hashlib.sha256(proof).digest(),
        )
        parts = {
            "output.bin": output,
            "proof.bin": proof,
            "statement.note": sign_record(statement, [self.built.trustees[number - 1]]),
        }
        return {names.mix_file(contest.id, number, part): data for part, data in parts.items()}

    def contest_files(
        self, contest: Contest, column: bytes, mixers: Sequence[int], openers: Sequence[int]
    ) -> Files:
        """contests/<id>/, and what the results say of it."""
        files: Files = {names.input_file(contest.id): column}
        for i in mixers if column else ():
            files |= self.mix_files(contest, i, column)
            column = files[names.mix_file(contest.id, i, "output.bin")]
        c1 = first_elements(column)
        files |= self.opening_files(contest.id, c1, openers if column else ())
        selections = read_selections(contest, self._opened(column)) if column else []
        files[names.selections_file(contest.id)] = selections_csv(contest, selections)
        self.results[contest.id] = self._result(contest, selections)
        return files

    def _opened(self, column: bytes) -> list[Element]:
        t = self.built.election.manifest.threshold
        c1 = first_elements(column)
        shares = {
            i: self.opening_files("x", c1, [i])[names.opening_file("x", i, "shares.bin")]
            for i in range(1, t + 1)
        }
        return threshold.recover(column, shares, t)

    def _result(self, contest: Contest, selections: list[Vector | None]) -> ContestResult:
        t = self.built.election.manifest.threshold
        files = Tallying(self.built, self.closing).lot_files(range(1, t + 1))
        shares = {i: files[names.opening_file("", i, "shares.bin")] for i in range(1, t + 1)}
        order = lot_order(threshold.lot_value(shares, t), contest.id)
        outcome = count(contest, selections, self.built.election.corrections, order)
        return ContestResult(
            id=contest.id,
            ballots=len(selections),
            blank=sum(v is not None and not any(v) for v in selections),
            invalid=selections.count(None),
            winners=list(outcome.winners),
        )

    def sign_results(self, files: Files) -> Files:
        """The files with results.note over all of them."""
        results = Results(
            election=self.built.election.id,
            closing=self.closing,
            contests=[self.results[c.id] for c in self.built.election.manifest.contests],
            files=hashes_of(files),
        )
        return {**files, names.RESULTS: sign_record(results, [self.built.commission])}


def hashes_of(files: Files) -> dict[str, bytes]:
    """SHA-256 of every file but results.note."""
    return {
        name: hashlib.sha256(data).digest() for name, data in files.items() if name != names.RESULTS
    }


def sign_again(built: BuiltElection, files: Files, /, **changes: Any) -> Files:
    """The files with results.note true to them, and these fields of it changed."""
    text = parse_note(files[names.RESULTS]).text.removesuffix("\n")
    old = decode(text.encode(), Results)
    results = structs.replace(old, **{"files": hashes_of(files), **changes})
    return {**files, names.RESULTS: sign_record(results, [built.commission])}
