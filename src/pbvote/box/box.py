"""A ballot box: open, cast, challenge, close (docs/protocol.md, sections 6 to 8).

A box's folder::

    box.key          its signing key; without passphrase, as a box must start by itself
    box.db           its log, with the private table of receipts
    box.db.mark      how far the log was when the last receipt was handed out

Ballots are checked in the caller's thread and appended in groups, so voters don't wait for each
other. One check of a ballot is in `intake`, the private table of receipts in `kept`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Condition, Semaphore
from types import TracebackType
from typing import Literal, Self

from msgspec import UNSET

from pbvote.box.intake import Arrival, check, read_cast, read_challenge, refusal
from pbvote.box.kept import Kept, Receipts, damaged
from pbvote.core.admission import Reason, Register, SignedCertificates
from pbvote.core.ballot import BoxEntry, Close, Open
from pbvote.core.election import Election, box_origin
from pbvote.core.encoding import decode, encode, time_text, unix_time
from pbvote.core.errors import RefusedError, StorageError
from pbvote.core.manifest import Box as BoxRecord
from pbvote.core.note import Signer, parse_checkpoint, parse_note
from pbvote.core.receipt import Receipt, SignedReceipt, sign_receipt
from pbvote.keyfile import load_signer, new_signer
from pbvote.store.export import export
from pbvote.store.log import SignedLog
from pbvote.store.mark import Mark, mark_path
from pbvote.store.second import SecondCopy
from pbvote.store.sqlite import SqliteStore

KEY = "box.key"
LOG = "box.db"
MAX_TIME = 2**32 - 1  # a receipt's text has 4 bytes for it (section 7)


@dataclass(frozen=True)
class BoxStatus:
    """How a box stands. Times as in the log; None if it isn't so far."""

    name: str
    opened: str | None
    closed: str | None
    cast: int
    challenged: int
    size: int
    root: str
    checkpoint: str
    warnings: tuple[str, ...]


class Box:
    """A ballot box on a log. All methods may be called from any thread.

    `register` is what is known of the registries: by default only the registrars' signatures on
    the cards. It may be replaced at any time.
    """

    def __init__(
        self,
        log: SignedLog,
        signer: Signer,
        election: Election,
        name: str,
        *,
        now: Callable[[], int],
        register: Register | None = None,
    ) -> None:
        """RefusedError if the election gives this box another key, or the log is of another.

        `now` gives seconds since 1970; its jumps do no harm.
        """
        self.name = name
        self.election = election
        self.register = register or SignedCertificates(election)
        self._record = election.box(name)
        self._log, self._signer, self._now = log, signer, now
        self._checking = Semaphore(len(os.sched_getaffinity(0)))  # more only fight for the GIL
        self._turns = Condition()  # for the next two
        self._busy: set[bytes] = set()  # digests of ballots that are being appended
        self._alone = False  # whether the box is being opened or closed
        self._opened: str | None = None
        self._closed: str | None = None
        if signer.verify_key != election.box_keys[name]:
            raise RefusedError(
                f"the election's box {name} has another key than this folder",
                where=signer.name,
                hint="Use the folder that was made for this election's box",
            )
        self._read_state()
        self._receipts = Receipts(log)
        if sum(self._counts(log.size)) != self._receipts.count:
            raise damaged(signer.name)

    @classmethod
    def create(cls, folder: Path, slug: str, name: str) -> str:
        """Make a box's folder, key and empty log; its vkey, for the manifest.

        RefusedError if there is one already.
        """
        signer = new_signer(folder / KEY, box_origin(slug, name))
        _open_log(folder, signer, create=True, second=None, adopt=False).close()
        return signer.verify_key.text

    @classmethod
    def in_folder(
        cls,
        folder: Path,
        election: Election,
        name: str,
        *,
        now: Callable[[], int],
        register: Register | None = None,
        second: Path | None = None,
        adopt: bool = False,
    ) -> Self:
        """The box in a folder that `create` made; every entry is read and checked.

        `second` is a database on another medium that gets every entry before its receipt is
        handed out. `adopt` takes the log as it is after it was restored (store/mark.py).
        StorageError if another process has the box, or entries are missing or changed.
        """
        signer = load_signer(folder / KEY)
        log = _open_log(folder, signer, create=False, second=second, adopt=adopt)
        try:
            return cls(log, signer, election, name, now=now, register=register)
        except BaseException:
            log.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go of the log; the poll stays as it is. Twice does nothing."""
        self._log.close()

    def open_poll(self) -> None:
        """Write the first entry. Officials open, not the clock; RefusedError if it is open."""
        with self._exclusively():
            if self._opened is not None:
                raise RefusedError(
                    f"the box was opened already, at {self._opened}",
                    where=self.name,
                    hint="Ballots can be cast" if self._closed is None else "It is closed, too",
                )
            entry = Open(election=self.election.id, box=self.name, at=time_text(self._time()))
            self._log.append(encode(entry))

    def close_poll(self) -> None:
        """Write the last entry, with the counts. Ballots on their way go in before it, or not."""
        with self._exclusively():
            self._check_open()
            cast, challenged = self._counts(self._log.size)
            entry = Close(at=time_text(self._time()), cast=cast, challenged=challenged)
            self._log.append(encode(entry))

    def cast(self, data: bytes) -> SignedReceipt:
        """Take the canonical bytes of a `pbvote/cast/1`; its receipt, once it is on disk.

        The same ballot sent again gets the same receipt. BallotRefused with the reason that
        section 8 has for it; RefusedError if the box isn't open; StorageError if the disk failed
        (send it again then: it is never in twice).
        """
        return self._take(read_cast(data, self.name))

    def challenge(self, data: bytes) -> SignedReceipt:
        """Take a `pbvote/challenge/1`: logged and never counted. Errors as in `cast`."""
        return self._take(read_challenge(data, self.name))

    def receipt_for(self, digest: bytes) -> SignedReceipt | None:
        """The receipt of a ballot, cast or challenged, by its digest."""
        kept = self._receipts.find(digest)
        return self._sign(kept.receipt) if kept else None

    def standing(self, key: bytes) -> list[SignedReceipt]:
        """The receipts of what was cast with this card's key, the earliest first."""
        return [self._sign(receipt) for receipt in self._receipts.of_card(key)]

    def status(self) -> BoxStatus:
        """How the box stands, with warnings for officials."""
        text = parse_note(self._log.checkpoint).text
        checkpoint = parse_checkpoint(text)
        cast, challenged = self._counts(checkpoint.size)
        return BoxStatus(
            name=self.name,
            opened=self._opened,
            closed=self._closed,
            cast=cast,
            challenged=challenged,
            size=checkpoint.size,
            root=checkpoint.root.hex(),
            checkpoint=text,
            warnings=tuple(self._warnings()),
        )

    def catch_up(self) -> str | None:
        """Try to take the second copy back in; what is still wrong with it, if anything is."""
        return self._log.catch_up()

    @property
    def checkpoint(self) -> bytes:
        """The latest checkpoint, a signed note."""
        return self._log.checkpoint

    @property
    def state(self) -> Literal["new", "open", "closed"]:
        """Whether ballots can be cast, at no cost."""
        return "new" if self._opened is None else "open" if self._closed is None else "closed"

    @property
    def copy_warning(self) -> str | None:
        """What is wrong with the second copy; None while all is well, or if there is none."""
        return self._log.warning

    @property
    def last_receipt(self) -> int:
        """When the last receipt was given, in seconds since 1970; 0 if none was."""
        return self._receipts.last

    def export(self, folder: Path) -> int:
        """Bring the tiles in `folder` to the log's state; the size exported.

        RefusedError for an in-person box that isn't closed: its log is published after closing
        (section 7), as its order is that of the people in the queue.
        """
        if self._record.channel == "in-person" and self._closed is None:
            raise RefusedError(
                "an in-person box's log is published after closing",
                where=self.name,
                hint="Close the box first; before that only its checkpoint is public",
            )
        return export(self._log, folder)

    def _take(self, arrival: Arrival) -> SignedReceipt:
        kept = self._receipts.find(arrival.digest)
        if kept is not None and kept.is_of(arrival):
            return self._sign(kept.receipt)
        self._check_open()
        with self._checking:
            check(arrival, self.election, self._record, self.register)
        with self._turn(arrival.digest):
            kept = self._receipts.find(arrival.digest)
            if kept is not None:
                return self._answer(kept, arrival)
            self._check_open()
            return self._append(arrival)

    def _answer(self, kept: Kept, arrival: Arrival) -> SignedReceipt:
        """Of a ballot that is in already (section 8, rule 4: challenged, duplicate; rule 3)."""
        if kept.is_of(arrival):
            return self._sign(kept.receipt)
        reason: Reason = "challenged" if kept.use == "challenge" else "duplicate"
        raise refusal(reason, self.name, use=arrival.use)

    def _append(self, arrival: Arrival) -> SignedReceipt:
        at = self._time()
        made: list[Receipt] = []

        def private(index: int) -> dict[bytes, bytes]:
            receipt = Receipt(
                election=self.election.id,
                box=self.name,
                index=index,
                tracker=arrival.tracker,
                at=time_text(at),
            )
            made.append(receipt)
            return self._receipts.keep(arrival, receipt)

        self._log.append(arrival.data, private)
        self._receipts.last = at
        return self._sign(made[-1])

    def _sign(self, receipt: Receipt) -> SignedReceipt:
        return sign_receipt(receipt, self._signer)

    @contextmanager
    def _turn(self, digest: bytes) -> Iterator[None]:
        """One thread a ballot, none while the box is being opened or closed."""
        with self._turns:
            while self._alone or digest in self._busy:
                self._turns.wait()
            self._busy.add(digest)
        try:
            yield
        finally:
            with self._turns:
                self._busy.discard(digest)
                self._turns.notify_all()

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """No ballot on its way, none let on its way; the state read again at the end."""
        with self._turns:
            while self._alone:
                self._turns.wait()
            self._alone = True
        try:
            with self._turns:
                while self._busy:
                    self._turns.wait()
            yield
        finally:
            try:
                self._read_state()  # also if this failed: the entry may stand (store/log.py)
            finally:
                with self._turns:
                    self._alone = False
                    self._turns.notify_all()

    def _check_open(self) -> None:
        if self._opened is None:
            raise RefusedError(
                "the box isn't open yet", where=self.name, hint="Officials open it first"
            )
        if self._closed is not None:
            raise RefusedError(
                f"the box was closed at {self._closed}; nothing goes in any more",
                where=self.name,
                hint="Vote elsewhere if another box is open; this one can't be opened again",
            )

    def _time(self) -> int:
        now = self._now()
        if not 0 <= now <= MAX_TIME:
            raise RefusedError("the clock is wrong", where=self.name, hint="Set it, then try again")
        return now

    def _counts(self, size: int) -> tuple[int, int]:
        """How many are cast and challenged among the first `size` entries."""
        challenged = self._receipts.challenged(size)
        others = (self._opened is not None) + (self._closed is not None)
        return max(0, size - others - challenged), challenged

    def _read_state(self) -> None:
        if self._log.size == 0:
            return
        first = _entry(self._log, 0)
        if not isinstance(first, Open) or first.election != self.election.id:
            raise RefusedError(
                "the log in this folder is of another election",
                where=self._signer.name,
                hint="Use the folder that was made for this election's box",
            )
        last = _entry(self._log, self._log.size - 1)
        self._opened = first.at
        self._closed = last.at if isinstance(last, Close) else None

    def _warnings(self) -> Iterator[str]:
        """What officials should look at; none of it stops the poll."""
        if self._log.warning is not None:
            yield self._log.warning
        try:
            now = self._time()
        except RefusedError as error:
            yield str(error)
            return
        if now < self._receipts.last:
            yield (
                f"the clock says {time_text(now)}, but a receipt was given at"
                f" {time_text(self._receipts.last)}. Set the clock; ballots are safe either way"
            )
        opens, closes = hours(self.election, self._record)
        if self._opened is not None and now < unix_time(opens) and self._closed is None:
            yield f"the box is open, but the hours begin at {opens}"
        if self._opened is None and unix_time(opens) <= now < unix_time(closes):
            yield f"the box isn't open, but the hours began at {opens}. Open it"
        if self._opened is not None and self._closed is None and now >= unix_time(closes):
            yield f"the hours ended at {closes}. Close the box once nobody is voting"


def hours(election: Election, box: BoxRecord) -> tuple[str, str]:
    """When the manifest opens and closes this box's channel; the last addendum's hour holds."""
    online = box.channel == "online"
    opens, closes = election.manifest.opens, election.manifest.closes
    end = closes.online if online else closes.in_person
    for addendum in election.addenda:
        if addendum.closes is not UNSET:
            new = addendum.closes.online if online else addendum.closes.in_person
            end = end if new is UNSET else new
    return (opens.online if online else opens.in_person), end


def _entry(log: SignedLog, index: int) -> BoxEntry:
    entry: BoxEntry = decode(next(log.entries(index, index + 1)), BoxEntry, f"entry {index}")
    return entry


def _open_log(
    folder: Path, signer: Signer, *, create: bool, second: Path | None, adopt: bool
) -> SignedLog:
    path = folder / LOG
    store = SqliteStore.open(path, create=create)
    try:
        mark = Mark(mark_path(path), adopt=adopt)
    except BaseException:
        store.close()
        raise
    copy = partial(_open_copy, path, second) if second is not None else None
    return SignedLog(store, signer, mark, copy)


def _open_copy(path: Path, second: Path) -> SecondCopy:
    """The second copy, if it is on another disk: an empty mount point isn't a stick."""
    try:
        is_same = second.parent.stat().st_dev == path.parent.stat().st_dev
    except OSError as error:
        raise StorageError(
            f"can't be used ({error.strerror})", where=str(second), hint="Put in the stick"
        ) from None
    if is_same:
        raise StorageError(
            "on the same disk as the box", where=str(second), hint="Put in the stick"
        )
    return SecondCopy.open(second)
