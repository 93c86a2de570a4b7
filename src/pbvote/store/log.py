"""A signed log: entries, the tree over them, and a checkpoint signed after every commit.

docs/protocol.md, section 7. Appends are grouped: while one commit is on its way to the disk, the
next ballots wait together and share the following one. An index is given back only when the entry
is durable: in the database, in the second copy if it is there, and below the mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Lock

from pbvote.core.encoding import MAX_ENTRY
from pbvote.core.errors import EncodingError, InputError, StorageError, VerificationError
from pbvote.core.merkle import Tree
from pbvote.core.note import Checkpoint, Signer, VerifyKey, open_checkpoint, sign_note
from pbvote.store import LogStore
from pbvote.store.mark import Mark, NotTheLog, mark_path
from pbvote.store.second import SecondCopy
from pbvote.store.sqlite import SqliteStore

Private = Callable[[int], Mapping[bytes, bytes]]
"""Index of an entry → the private values kept with it (a receipt depends on its index)."""


def _check_size(entry: bytes) -> None:
    if not 0 < len(entry) <= MAX_ENTRY:
        raise EncodingError(f"a log entry of {len(entry)} bytes; 1 to {MAX_ENTRY} fit")


class _Append:
    """An entry that waits for its commit."""

    __slots__ = ("entry", "error", "index", "leads", "private", "wake")

    def __init__(self, entry: bytes, private: Private | None) -> None:
        self.entry = entry
        self.private = private
        self.index = -1
        self.error: StorageError | None = None
        self.leads = False
        self.wake = Event()


class SignedLog:
    """A log under one key, over a store. All methods may be called from any thread.

    Opening reads every entry and checks them against the stored checkpoint and the mark:
    StorageError if the key isn't the log's, or anything was changed, lost or put back.

    The log takes over store and mark, and closes them, also when opening fails.

    `second` opens a second durable copy on another medium (a stick). When that fails, or the copy
    does later, `warning` says so and appends go on; `catch_up` takes it back in. A copy that has
    entries which this log lacks is refused when opening.
    """

    def __init__(
        self,
        store: LogStore,
        signer: Signer,
        mark: Mark | None = None,
        second: Callable[[], LogStore] | None = None,
    ) -> None:
        self._store, self._signer, self._mark = store, signer, mark
        self._open_second = second
        self._copy: LogStore | None = None
        self._warning: str | None = None
        self._waiting: list[_Append] = []
        self._led = False  # whether somebody is committing and will look at `_waiting` again
        self._queue = Lock()  # for the two above
        self._writing = Lock()  # for everything below, store, copy and mark
        self._behind = False  # whether the mark may be lower than the store
        self._commits = 0
        try:
            self._tree = self._load()
            if second is not None:
                self._attach(second, opening=True)
            self._settle()
        except BaseException:
            self.close()
            raise

    def _load(self) -> Tree:
        marked = self._mark.value if self._mark else None
        tree, root = _replay(self._store, self._signer.verify_key, marked.size if marked else 0)
        if self._mark is not None:
            self._mark.check(tree.size, root)
            self._behind = True
        if self._store.checkpoint is None:
            self._store.commit((), self._sign(tree), {})
        return tree

    def _sign(self, tree: Tree) -> bytes:
        checkpoint = Checkpoint(self._signer.name, tree.size, tree.root())
        return sign_note(checkpoint.text, [self._signer])

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._tree.size

    @property
    def root(self) -> bytes:
        """The root over them, 32 bytes."""
        return self._tree.root()

    @property
    def commits(self) -> int:
        """How many commits were made since opening, each with one checkpoint."""
        return self._commits

    @property
    def warning(self) -> str | None:
        """What is wrong with the second copy, for officials; None while all is well."""
        return self._warning

    @property
    def checkpoint(self) -> bytes:
        """The latest checkpoint, a signed note."""
        checkpoint = self._store.checkpoint
        if checkpoint is None:
            raise StorageError("the log has lost its checkpoint", where=self._signer.name)
        return checkpoint

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The entries from index `start` up to but not with `stop`, streamed."""
        return self._store.entries(start, stop)

    def get(self, key: bytes) -> bytes | None:
        """The private value of a key, once it is as durable as `append` promises."""
        value = self._store.get(key)
        if value is not None and self._behind:
            with self._writing:
                self._settle()
        return value

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The private values whose key begins with `prefix`, sorted by key, streamed."""
        with self._writing:
            self._settle()
        return self._store.items(prefix)

    def append(self, entry: bytes, private: Private | None = None) -> int:
        """Add an entry and what `private` gives for its index; its index, once durable.

        EncodingError if the entry is empty or too long. StorageError if the disk failed: mostly
        nothing was added then, but if only the mark failed the entry stands, so look with `get`
        before trying again.
        """
        _check_size(entry)
        append = _Append(entry, private)
        with self._queue:
            self._waiting.append(append)
            append.leads, self._led = not self._led, True
        if not append.leads:
            self._wait(append)
        if append.leads:
            self._lead()
        if append.error is not None:
            raise append.error
        return append.index

    def append_all(self, entries: Sequence[bytes]) -> None:
        """Add entries in this order, in one commit: all durable, or none. Errors as in `append`."""
        for entry in entries:
            _check_size(entry)
        with self._writing:
            self._commit([_Append(entry, None) for entry in entries])

    def _wait(self, append: _Append) -> None:
        try:
            append.wake.wait()
        except BaseException:  # Ctrl-C: don't leave the others without a leader
            with self._queue:
                if append in self._waiting:
                    self._waiting.remove(append)
                if append.leads:
                    self._pass_lead()
            raise

    def _pass_lead(self) -> None:
        self._led = bool(self._waiting)
        if self._led:
            self._waiting[0].leads = True
            self._waiting[0].wake.set()

    def _lead(self) -> None:
        """Commit for all that wait, then pass the lead to one that came meanwhile."""
        with self._queue:
            group, self._waiting = self._waiting, []
        error: StorageError | None = StorageError("an append was interrupted")
        try:
            with self._writing:
                self._commit(group)
            error = None
        except StorageError as failed:
            error = failed
        finally:
            with self._queue:
                self._pass_lead()
            for append in group:
                if error is not None:  # one each: raising an exception writes into it
                    append.error = StorageError(error.what, where=error.where, hint=error.hint)
                    append.error.__cause__ = error
                append.wake.set()

    def _commit(self, group: list[_Append]) -> None:
        if self._store.size != self._tree.size:  # Ctrl-C within a commit
            raise StorageError("the log was interrupted", hint="Close it and open it again")
        self._settle()
        tree, private = self._tree.copy(), dict[bytes, bytes]()
        for append in group:
            append.index = tree.size
            if append.private is not None:
                private.update(append.private(tree.size))
            tree.append(append.entry)
        entries, checkpoint = [append.entry for append in group], self._sign(tree)
        self._behind = self._mark is not None  # before the commit: `get` may see it at once
        self._store.commit(entries, checkpoint, private)
        self._tree = tree
        self._commits += 1
        if self._copy is not None:
            try:
                self._copy.commit(entries, checkpoint, private)
            except StorageError as error:
                self._detach(error)
        self._settle()

    def _settle(self) -> None:
        """Bring the mark up to the store; StorageError if it can't be written."""
        value = (self._tree.size, self._tree.root())
        if self._mark is not None and self._mark.value != value:
            self._mark.write(*value)
        self._behind = False

    def catch_up(self) -> str | None:
        """Try to bring the second copy up to date, after it came back; the `warning` then."""
        with self._writing:
            if self._open_second is not None and self._copy is None:
                self._attach(self._open_second, opening=False)
            return self._warning

    def _attach(self, second: Callable[[], LogStore], *, opening: bool) -> None:
        """Open the second copy and give it what it lacks, in one commit."""
        try:
            self._copy = second()
            self._check_copy(self._copy)
            is_whole = self._copy.size == self._tree.size and self._copy.checkpoint is not None
            missing = self._store.entries(self._copy.size, self._tree.size)
            private = {} if is_whole else dict(self._store.items())
            self._copy.commit(missing, self.checkpoint, private)  # its mark too, if it is whole
            self._warning = None
        except _OtherLog as error:
            self._detach(error)
            if opening:
                raise
        except StorageError as error:
            self._detach(error)

    def _check_copy(self, copy: LogStore) -> None:
        theirs, _ = _replay(copy, self._signer.verify_key, 0)
        if theirs.size <= self._tree.size:
            ours = Tree()
            for entry in self._store.entries(0, theirs.size):
                ours.append(entry)
            if ours.root() == theirs.root():
                return
        raise _OtherLog(
            f"the second copy has {theirs.size} entries that this log of {self._tree.size}"
            " doesn't begin with: one of the two was replaced",
            where=self._signer.name,
            hint="Keep both as they are; restore from the one with more entries",
        )

    def _detach(self, error: StorageError) -> None:
        self._warning = f"no second copy: {error}"
        if self._copy is not None:
            with suppress(StorageError):
                self._copy.close()
            self._copy = None

    def close(self) -> None:
        """Close store, second copy and mark; closing twice does nothing."""
        with self._writing:
            if self._copy is not None:
                with suppress(StorageError):
                    self._copy.close()
            self._store.close()
            if self._mark is not None:
                self._mark.close()


def open_log(
    path: Path,
    signer: Signer,
    *,
    create: bool = True,
    adopt: bool = False,
    second: Path | None = None,
) -> SignedLog:
    """The log in the SQLite file `path`, its mark beside it, `second` its copy's file.

    StorageError as SqliteStore.open, Mark and SignedLog say; `create` and `adopt` as there.
    """
    store = SqliteStore.open(path, create=create)
    try:
        mark = Mark(mark_path(path), adopt=adopt)
    except BaseException:
        store.close()
        raise
    opener = None if second is None else partial(SecondCopy.open, second)
    return SignedLog(store, signer, mark, opener)


class _OtherLog(StorageError):
    """A second copy that is ahead of its log or differs from it."""


def _replay(store: LogStore, key: VerifyKey, at: int) -> tuple[Tree, bytes | None]:
    """The tree over a store's entries, checked against its checkpoint; its root at size `at`."""
    note, tree, root = store.checkpoint, Tree(), None
    for entry in store.entries():
        if tree.size == at:
            root = tree.root()
        tree.append(entry)
    if tree.size == at:
        root = tree.root()
    if note is None and tree.size == 0:
        return tree, root
    try:
        checkpoint = open_checkpoint(note or b"", key, "checkpoint")
    except (InputError, VerificationError) as error:
        raise NotTheLog(
            f"the log has no right checkpoint ({error})",
            where=key.name,
            hint="Is it the log of another key or election? Else restore the second copy",
        ) from None
    if (checkpoint.size, checkpoint.root) != (tree.size, tree.root()):
        raise NotTheLog(
            f"the log's {tree.size} entries aren't those its checkpoint signed",
            where=key.name,
            hint="Copy it away as it is, then restore the second copy",
        )
    return tree, root
