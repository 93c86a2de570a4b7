"""Which ballots count: every log is judged entry by entry, then one ballot a pseudonym stays.

docs/protocol.md, section 8. No clock: the same logs give the same bytes on every machine, in
whatever order they come in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from itertools import islice

from msgspec import Struct

from pbvote.core.admission import Reason, RegistryLogs, reason_against
from pbvote.core.ballot import (
    Ballot,
    Cast,
    Challenge,
    Close,
    Open,
    Use,
    check_opening,
    check_proof,
)
from pbvote.core.card import Certificate, Channel, Enrol, Revocation
from pbvote.core.closing import SignedClosing
from pbvote.core.election import Election, box_origin, registry_origin
from pbvote.core.encoding import decode, digest, encode
from pbvote.core.errors import ProofError
from pbvote.core.manifest import Box
from pbvote.core.merkle import root_of
from pbvote.core.roll import PublicRoll
from pbvote_tally.logs import box_entries, registry_entries
from pbvote_tally.records import BoxCount, Conflict, MergeRecord, Place, RegistryCount, SetAside

Logs = Mapping[str, Callable[[], Iterator[bytes]]]
"""Origin → a fresh stream of a log's entries, up to the closing's size."""
Progress = Callable[[int], None]
"""Takes the number of entries done since the last call."""
Proved = Callable[[bytes], bool]
"""Whether an encoded cast's or challenge's proof was found to hold before (`ahead`)."""
BATCH = 256  # entries whose proofs are checked as one task


def nothing_proved(entry: bytes) -> bool:
    """Every proof is still to be checked."""
    return False


class Standing(Struct, frozen=True):
    """A cast that rule 4 leaves standing."""

    pseudonym: bytes
    serial: int
    channel: Channel
    box: int
    index: int
    digest: bytes
    sealed: dict[str, bytes]


class Merge(Struct, frozen=True):
    """merge.json, and the accepted ballots sorted by pseudonym."""

    record: MergeRecord
    accepted: list[Standing]

    def column(self, contest: str) -> bytes:
        """A contest's input: its ciphertexts in the accepted order (rule 6), N·w·64 bytes."""
        return b"".join(b.sealed[contest] for b in self.accepted if contest in b.sealed)


def merge(
    election: Election,
    closing: SignedClosing,
    roll: PublicRoll,
    logs: Logs,
    *,
    executor: Executor | None = None,
    progress: Progress = lambda done: None,
    proved: Proved = nothing_proved,
) -> Merge:
    """Judge every entry of every log that the closing counts.

    `logs` has an entry for each log that isn't lost. What is `proved` isn't checked again; who
    trusts nobody leaves that out. VerificationError if a log refuses the
    bundle (a wrong open, close or count); wrong roots are for whoever reads the logs.
    """
    register = RegistryLogs(election, roll)
    registries = []
    for name in election.registrar_keys:
        log = closing.log(registry_origin(election.slug, name))
        entries = registry_entries(name, log, _stream(logs, log.origin))
        registries.append(_read_registry(name, log.size, entries, register))
        progress(log.size)
    boxes = []
    for position, box in enumerate(election.boxes):
        log = closing.log(box_origin(election.slug, box.name))
        judge = _BoxJudge(election, box, position, register, proved)
        for batch in _batches(box_entries(election, box, log, _stream(logs, log.origin))):
            judge.judge(batch, executor)
            progress(len(batch))
        boxes.append((judge, log.size))
    return _settled(election, registries, boxes)


def _stream(logs: Logs, origin: str) -> Iterator[bytes]:
    return logs[origin]() if origin in logs else iter(())


def _read_registry(
    name: str, size: int, entries: Iterable[object], register: RegistryLogs
) -> RegistryCount:
    """Rule 2, and what merge.json says of a registry: its entries that count."""
    counts: Counter[type] = Counter()
    for entry in entries:
        if isinstance(entry, Certificate | Enrol | Revocation) and register.add(name, entry):
            counts[type(entry)] += 1
    return RegistryCount(
        name=name,
        size=size,
        certificates=counts[Certificate],
        enrolled=counts[Enrol],
        revoked=counts[Revocation],
    )


Entry = Open | Cast | Challenge | Close | None


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, BATCH)):
        yield batch


class _BoxJudge:
    """Rules 3 and 4 over a box's entries in index order."""

    def __init__(
        self,
        election: Election,
        box: Box,
        position: int,
        register: RegistryLogs,
        proved: Proved,
    ) -> None:
        self.counts: Counter[type] = Counter()
        self.set_aside: dict[int, Reason] = {}
        self.standing: list[Standing] = []
        self._election, self._box, self._position = election, box, position
        self._register, self._is_proved = register, proved
        self._index = 0
        self._challenged: set[bytes] = set()
        self._cast: set[bytes] = set()

    def judge(self, batch: list[Entry], executor: Executor | None) -> None:
        """The next entries; proofs are checked together, the verdicts taken in order."""
        faults: list[Reason | None] = []
        to_prove: list[bytes] = []
        for entry in batch:
            fault: Reason | None = None
            if isinstance(entry, Cast | Challenge):
                fault = reason_against(self._election, self._box, entry.ballot, self._register)
                if fault is None:
                    to_prove.append(encode(entry))
            faults.append(fault)
        proved = iter(self._proved(to_prove, executor))
        for entry, fault in zip(batch, faults, strict=True):
            if isinstance(entry, Cast | Challenge):
                self.counts[type(entry)] += 1
                holds = fault is None and next(proved)
                fault = fault or (None if holds else "bad-proof")
                self._place(entry, fault)
            elif entry is None:
                self.set_aside[self._index] = "malformed"
            self._index += 1

    def _proved(self, entries: list[bytes], executor: Executor | None) -> list[bool]:
        new = [entry for entry in entries if not self._is_proved(entry)]
        found = dict(zip(new, prove(new, executor), strict=True))
        return [found.get(entry, True) for entry in entries]

    def _place(self, entry: Cast | Challenge, fault: Reason | None) -> None:
        ballot_digest = digest(entry.ballot)
        if isinstance(entry, Challenge):
            if fault is None and ballot_digest not in self._cast:  # rule 3
                self._challenged.add(ballot_digest)
            else:
                self.set_aside[self._index] = "bad-challenge"
            return
        if fault is None and ballot_digest in self._challenged:
            fault = "challenged"
        if fault is None and ballot_digest in self._cast:
            fault = "duplicate"
        if fault is not None:
            self.set_aside[self._index] = fault
            return
        self._cast.add(ballot_digest)
        self.standing.append(_standing(entry.ballot, self._position, self._index, ballot_digest))


def _standing(ballot: Ballot, box: int, index: int, ballot_digest: bytes) -> Standing:
    certificate = ballot.certificate
    return Standing(
        pseudonym=certificate.pseudonym,
        serial=certificate.serial,
        channel=certificate.channel,
        box=box,
        index=index,
        digest=ballot_digest,
        sealed={part.contest: part.ciphertext for part in ballot.sealed},
    )


def prove(entries: list[bytes], executor: Executor | None) -> list[bool]:
    """`proofs_hold`, spread over the executor's processes."""
    if executor is None:
        return proofs_hold(entries)
    size = -(-len(entries) // 8) or 1
    chunks = [entries[i : i + size] for i in range(0, len(entries), size)]
    return [holds for part in executor.map(proofs_hold, chunks) for holds in part]


def proofs_hold(entries: list[bytes]) -> list[bool]:
    """Whether each encoded cast's or challenge's proof (and opening) holds."""
    return [_proof_holds(decode(data, Cast | Challenge)) for data in entries]


def _proof_holds(entry: Cast | Challenge) -> bool:
    use: Use = "cast" if isinstance(entry, Cast) else "challenge"
    try:
        check_proof(entry.ballot, encode(entry.ballot), entry.proof, use)
        if isinstance(entry, Challenge):
            check_opening(entry)
    except ProofError:
        return False
    return True


def _settled(
    election: Election,
    registries: list[RegistryCount],
    boxes: list[tuple[_BoxJudge, int]],
) -> Merge:
    """Rules 5 and 6."""
    by_pseudonym: dict[bytes, list[Standing]] = defaultdict(list)
    for judge, _ in boxes:
        for ballot in judge.standing:
            by_pseudonym[ballot.pseudonym].append(ballot)
    accepted, conflicts = [], []
    names = [box.name for box in election.boxes]
    supersede = election.manifest.supersede or "in-person"
    for pseudonym in sorted(by_pseudonym):
        ballots = by_pseudonym[pseudonym]
        equal = _strongest(ballots, supersede)
        chosen = min(equal, key=lambda ballot: ballot.digest)
        accepted.append(chosen)
        for ballot in ballots:
            if ballot is not chosen:
                boxes[ballot.box][0].set_aside[ballot.index] = "superseded"
        if len(equal) > 1:
            places = [Place(box=names[b.box], index=b.index) for b in equal]
            conflicts.append(Conflict(pseudonym=pseudonym, entries=places))
    per_box = Counter(ballot.box for ballot in accepted)
    record = MergeRecord(
        election=election.id,
        boxes=[
            BoxCount(
                name=name,
                size=size,
                cast=judge.counts[Cast],
                challenged=judge.counts[Challenge],
                accepted=per_box[position],
            )
            for position, (name, (judge, size)) in enumerate(zip(names, boxes, strict=True))
        ],
        registries=registries,
        set_aside=[
            SetAside(box=name, index=index, reason=judge.set_aside[index])
            for name, (judge, _) in zip(names, boxes, strict=True)
            for index in sorted(judge.set_aside)
        ],
        conflicts=conflicts,
        accepted=len(accepted),
        root=root_of([election.id, *(ballot.digest for ballot in accepted)]),
    )
    return Merge(record, accepted)


def _strongest(ballots: list[Standing], supersede: str) -> list[Standing]:
    """The ballots of one pseudonym that rule 5 leaves equal, by box position."""
    first = supersede == "first"
    stands: dict[tuple[int, int], Standing] = {}
    for ballot in ballots:  # by box, then index
        place = (ballot.box, ballot.serial)
        if not (first and place in stands):
            stands[place] = ballot

    def rank(ballot: Standing) -> tuple[bool, int]:
        if supersede == "in-person":
            return (ballot.channel == "in-person", ballot.serial)
        return (False, -ballot.serial if first else ballot.serial)

    best = max(map(rank, stands.values()))
    return sorted((b for b in stands.values() if rank(b) == best), key=lambda b: b.box)
