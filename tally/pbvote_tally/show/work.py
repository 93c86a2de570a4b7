"""The acts of a public count: each is what a single command does, on the election's folder.

No screen is known here. An act checks everything first and writes whole files, so that a kill
at any moment leaves what was there before or what comes after; called again it goes on.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from functools import cached_property
from pathlib import Path
from types import TracebackType

from pbvote.at_hand import now
from pbvote.core.closing import ClosedLog, Closing
from pbvote.core.election import Election
from pbvote.core.encoding import decode, time_text
from pbvote.core.errors import InputError, PbvoteError, RefusedError, StorageError
from pbvote.core.note import parse_note
from pbvote.files import COMMISSION_KEY, is_folder, load_election, write_bytes
from pbvote.keyfile import is_sealed, load_signer, owner
from pbvote.trustee import KEY
from pbvote_tally import bundle as names
from pbvote_tally.ahead import Ahead
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.close import Declared, draft_closing, join_signatures, sign_closing
from pbvote_tally.collect import collect, collect_copies, copy_documents, present_log
from pbvote_tally.custody import Trustee
from pbvote_tally.fingerprint import note_hash
from pbvote_tally.published import read_published
from pbvote_tally.rebuild import Rebuilt, log_entries
from pbvote_tally.records import MergeRecord
from pbvote_tally.report import SILENT, Report
from pbvote_tally.request import brought_in, closings_in, export_request
from pbvote_tally.show import standing
from pbvote_tally.show.standing import LogStands, Parts, Signatures, Stage, TrusteeStands
from pbvote_tally.tally import OPENING, Tally
from pbvote_tally.verify import Counted, verify

LOCK = "ahead/lock"


class Work:
    """An election that is counted in a folder, by one process at a time until `close`."""

    def __init__(
        self,
        folder: Path,
        report: Report = SILENT,
        executor: Executor | None = None,
        clock: Callable[[], int] = now,
    ) -> None:
        """InputError without a signed manifest; StorageError if a count is running here."""
        self.folder, self.bundle = folder, FolderBundle(folder / "bundle")
        self.election: Election = load_election(folder)
        self.counted: list[Counted] = []
        """Every contest, once it was counted."""
        self.record: MergeRecord | None = None
        """What the merge found, once it was made."""
        self.is_verified = False
        """Whether this process has checked the signed result from the bundle alone."""
        self._report, self._executor, self._clock = report, executor, clock
        self._lock = Lock(folder / LOCK)
        self._ahead = Ahead(folder)
        self._logs: dict[tuple[str, int, bytes], LogStands] = {}

    def __enter__(self) -> Work:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another process count here."""
        self._lock.close()

    # --- where it stands --------------------------------------------------------------------------

    @property
    def stage(self) -> Stage:
        """Where the count stands."""
        return standing.stage(self.bundle, self.election)

    def logs(self) -> list[LogStands]:
        """Every log that is expected, registries first; what didn't change isn't read again."""
        return [self._log(origin) for origin in self.election.log_keys]

    def _log(self, origin: str) -> LogStands:
        checkpoint = present_log(self.bundle, self.election, origin)
        if checkpoint is None:
            return LogStands(origin, "missing")
        place = (origin, checkpoint.size, checkpoint.root)
        if place not in self._logs:
            self._logs[place] = standing.log_stands(self.bundle, self.election, origin)
        return self._logs[place]

    def signatures(self) -> Signatures:
        """Who signed the closing."""
        return standing.signatures(self.bundle, self.election)

    def closing(self) -> tuple[Closing, bytes]:
        """The closing as it was drafted, and the SHA-256 that each trustee reads aloud."""
        note = self.bundle.read(names.CLOSING)
        text = parse_note(note, names.CLOSING).text.encode()
        closing = decode(text.removesuffix(b"\n"), Closing, names.CLOSING)
        return closing, note_hash(note, names.CLOSING)

    @cached_property
    def _tally(self) -> Tally:
        return Tally(
            self.bundle,
            self.bundle.folder,
            self.election.commission,
            self._executor,
            self._report,
            self._ahead.holds,
            self.folder / OPENING,
        )

    @cached_property
    def _voted(self) -> list[str]:
        """The contests that have ballots."""
        accepted = self._tally.rebuilt.merge.accepted
        found = {contest for ballot in accepted for contest in ballot.sealed}
        return [c.id for c in self.election.manifest.contests if c.id in found]

    def trustees(self) -> list[TrusteeStands]:
        """How far each trustee is; after the merge."""
        return standing.trustees(self.election, self._voted, self._parts)

    @property
    def _parts(self) -> Parts:
        return standing.parts(self.bundle, (self.folder / OPENING).exists())

    @property
    def is_mixed(self) -> bool:
        """Whether enough trustees have mixed."""
        return standing.is_mixed(self.election, self._voted, self._parts)

    @property
    def is_opening(self) -> bool:
        """Whether a trustee has opened: nobody mixes any more."""
        return self._parts.is_opening

    @property
    def is_opened(self) -> bool:
        """Whether enough trustees have opened."""
        return standing.is_opened(self.election, self._voted, self._parts)

    @property
    def needs_passphrase(self) -> bool:
        """Whether the commission's key is under one; RefusedError if the key isn't here."""
        path = self.folder / COMMISSION_KEY
        if not path.exists():
            raise RefusedError(
                "the commission's key isn't here",
                where=str(path),
                hint="Count on the machine that has it, or bring it back to its place",
            )
        return is_sealed(path)

    def trustee_folders(self, number: int, sticks: list[Path]) -> list[Path]:
        """Folders of this trustee in the election's folder and on sticks."""
        places = [self.folder / "trustees", *sticks]
        name = self.election.trustee_keys[number - 1].name
        found = [p for place in places for p in sorted(place.glob(f"*/{KEY}"))]
        found += [p for place in sticks for p in (place / KEY, *sorted(place.glob(f"*/*/{KEY}")))]
        return [path.parent for path in found if _is_of(path, name)]

    # --- boxes ------------------------------------------------------------------------------------

    def collect(self, source: Path) -> tuple[list[str], list[str]]:
        """Take the logs of a stick: their names, and the checkpoints kept as evidence."""
        self._check_not_closed()
        if not is_folder(source):
            raise InputError(
                "no such folder", where=str(source), hint="Name the stick, or a folder on it"
            )
        taken = collect(self.bundle.folder, self.election, source, self._report)
        self._report.step("Copies of checkpoints, held against the logs")
        kept = collect_copies(self.bundle.folder, self.election, source)
        return [origin.split("/", 2)[2] for origin in taken], kept

    def check_ahead(self) -> int:
        """Check every proof of the boxes that are here and weren't checked; how many."""
        checked = 0
        for box, log in self._boxes_here():
            self._report.step("{box}: every ballot's proof", log.size, box=box)
            checked += self._ahead.check(
                self.election,
                self.election.box(box),
                log_entries(self.bundle.read, log),
                self._executor,
                self._report.advance,
            )
        return checked

    def _boxes_here(self) -> Iterator[tuple[str, ClosedLog]]:
        for box, key in self.election.box_keys.items():
            checkpoint = present_log(self.bundle, self.election, key.name)
            if checkpoint is not None:
                size, root = checkpoint.size, checkpoint.root
                yield box, ClosedLog(origin=key.name, status="cut", size=size, root=root)

    # --- closing ----------------------------------------------------------------------------------

    def draw_up(self, declared: Mapping[str, Declared], passphrase: str | None) -> None:
        """Draft the closing and sign it for the commission: from now on nothing is added."""
        self._check_not_closed()
        signer = load_signer(self.folder / COMMISSION_KEY, passphrase)
        self._report.step("The closing: every log read to its end")
        at = time_text(self._clock())
        closing = draft_closing(self.bundle, self.election, at, declared)
        copy_documents(self.folder, self.bundle.folder)
        write_bytes(
            self.bundle.folder / names.CLOSING, sign_closing(closing, signer, self.election)
        )

    def _check_not_closed(self) -> None:
        if (self.bundle.folder / names.CLOSING).exists():
            raise RefusedError(
                "there is a closing already",
                where=names.CLOSING,
                hint="Nothing is added after it; a box found later is listed, not counted",
            )

    def sign(self, own: Path, passphrase: str) -> str:
        """A trustee signs the closing; its name."""
        with Trustee(own, passphrase) as trustee:
            self._report.step("{trustee} signs the closing", trustee=trustee.name)
            note = trustee.sign_closing(self.bundle.read(names.CLOSING), self.election)
            write_bytes(self.bundle.folder / names.CLOSING, note)
            return trustee.name

    def take_signatures(self, source: Path) -> int:
        """Signatures that trustees gave at their own machines; how many are new."""
        before = len(self.signatures().signed)
        notes = [note for note in closings_in(source) if self._is_ours(note)]
        if not notes:
            raise InputError(
                "no closing.note is here",
                where=str(source),
                hint="Name the folder that the trustee signed in",
            )
        note = self.bundle.read(names.CLOSING)
        for other in notes:
            note = join_signatures(note, other, self.election)
        write_bytes(self.bundle.folder / names.CLOSING, note)
        return len(self.signatures().signed) - before

    def _is_ours(self, note: bytes) -> bool:
        """Whether a closing is of this election: a stick may have another's beside it."""
        text = parse_note(note, names.CLOSING).text.encode()
        closing = decode(text.removesuffix(b"\n"), Closing, names.CLOSING)
        return closing.election == self.election.id

    # --- merge, mix, open -------------------------------------------------------------------------

    def merge(self) -> Rebuilt:
        """Check every ballot, and decide which count. What was checked ahead goes quickly."""
        self.check_ahead()
        rebuilt = self._tally.merge()
        self.record = rebuilt.merge.record
        return rebuilt

    def step_up(self, own: Path, passphrase: str) -> str:
        """A trustee mixes, or opens once the mixing is over; its name."""
        with Trustee(own, passphrase) as trustee:
            if self.is_opening:
                self._tally.open(trustee)
            else:
                self._tally.mix(trustee)
            return trustee.name

    def begin_opening(self, own: Path, passphrase: str) -> str:
        """The first trustee opens: from now on nobody mixes. RefusedError before all have."""
        if not self.is_mixed:
            raise RefusedError(
                "not enough trustees have mixed",
                hint="First all mix, then all open",
            )
        with Trustee(own, passphrase) as trustee:
            self._tally.open(trustee)
            return trustee.name

    def export_request(self, stick: Path) -> Path:
        """The bundle so far, for a trustee at its own machine; the folder on the stick."""
        return export_request(self.folder, self.election.slug, stick, self._report)

    def take(self, source: Path) -> int:
        """Take the mixes and openings on a stick, each checked first; how many files are new."""
        found = list(brought_in(source))
        if not found:
            raise InputError(
                "no mix or opening is here",
                where=str(source),
                hint="Name the folder that `pbvote-tally mix` or `open` wrote",
            )
        return sum(len(self._tally.take(brought)) for brought in found)

    # --- count ------------------------------------------------------------------------------------

    def count(self) -> list[Counted]:
        """Open every ballot, and count each contest by its rule."""
        self.counted = self._tally.count()
        return self.counted

    def publish(self, passphrase: str | None) -> bytes:
        """Sign the result over every file, all of it verified from scratch; its fingerprint."""
        if self.stage != "result":
            signer = load_signer(self.folder / COMMISSION_KEY, passphrase)
            self.counted = self._tally.publish(signer)
            self.is_verified = True
        if not self.is_verified:
            self.verify()
        return self.fingerprint

    def verify(self) -> None:
        """Repeat everything from the bundle alone; nothing that was checked before is trusted."""
        self.is_verified = False
        verify(self.bundle, self.election.commission, executor=self._executor, report=self._report)
        self.is_verified = True

    @property
    def fingerprint(self) -> bytes:
        """What the signed result is compared by, 32 bytes."""
        return note_hash(self.bundle.read(names.RESULTS), names.RESULTS)

    def read_result(self) -> None:
        """What an earlier process published, to be shown again."""
        published = read_published(self.bundle, self.election.commission, self._report)
        self.counted, self.record = published.counted, published.merge


def _is_of(path: Path, name: str) -> bool:
    try:
        return owner(path) == name
    except PbvoteError:  # some other file of that name, or a stick that was pulled out
        return False


class Lock:
    """One count a folder; the system lets go of it if the process is killed."""

    def __init__(self, path: Path) -> None:
        """StorageError if another process has it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
        except OSError as error:
            raise StorageError(
                f"can't be written ({error.strerror})",
                where=str(path),
                hint="Give rights in the election's folder",
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise StorageError(
                "a count is running here already",
                where=str(path),
                hint="Go on with that one, or end it first",
            ) from None

    def close(self) -> None:
        """Let go."""
        self._file.close()
