"""What a trustee signs, mixes and opens on its own machine: each once, whatever is asked again.

docs/protocol.md, sections 8 to 10. Every answer is decided on disk before it leaves
(`pbvote.trustee.decisions`), so a kill at any moment ends in the same answer or in none. The caller
rebuilds closing and columns from manifest, logs and mixes; here only stands what is never done
twice. In the trustee's folder::

    <election id in hex>/mix-<contest>/output.bin, proof.bin      its mixes, to give them out again
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from pbvote.core import group, threshold
from pbvote.core.closing import Closing, SignedClosing, check_closing
from pbvote.core.election import Election, open_by_quorum
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import RefusedError, StorageError
from pbvote.core.group import Element, Random
from pbvote.core.note import VerifyKey, parse_note, sign_note
from pbvote.core.sealing import Context, check_column, first_elements
from pbvote.core.shuffle import shuffle
from pbvote.files import read_bytes, write_bytes
from pbvote.trustee import OpenFolder, add_in_order
from pbvote.trustee.decisions import Clock
from pbvote_tally.records import MixRecord


class Mix(NamedTuple):
    """The files of mix-<i> (section 12)."""

    output: bytes
    proof: bytes
    statement: bytes


class Opening(NamedTuple):
    """The files of opening-<i> (section 12)."""

    shares: bytes
    proof: bytes


class Trustee:
    """A trustee's folder after the ceremony, unlocked until `close`.

    InputError if the passphrase is wrong; StorageError if what it decided is missing, older than
    it should be, or in use by another process; RefusedError before the ceremony ended.
    """

    def __init__(self, folder: Path, passphrase: str, clock: Clock = time.time) -> None:
        self._folder = OpenFolder(folder, passphrase, clock)
        try:
            self.number: int = self._folder.number
            """From 1."""
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """As it stands in the manifest."""
        return self._folder.secret.name

    @property
    def verify_key(self) -> VerifyKey:
        """What its signatures verify under."""
        return self._folder.signer.verify_key

    def __enter__(self) -> Trustee:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have the folder."""
        self._folder.close()

    def sign_closing(self, note: bytes, election: Election) -> bytes:
        """The closing with this trustee's signature: one closing an election, ever (section 8).

        RefusedError, saying when and which, if it signed or followed another. VerificationError
        if a signature on it is wrong or it isn't of this election, with all addenda and logs.
        """
        where = "closing.note"
        self._folder.number_in(election)
        text = open_by_quorum(note, election.commission, election.trustee_keys, 0, where).encode()
        closing = decode(text.removesuffix(b"\n"), Closing, where)
        check_closing(closing, election)
        self._decide_closing(election, hashlib.sha256(text).digest())
        return add_in_order(note, self._folder.signer, election.commission, election.trustee_keys)

    def mix(
        self,
        election: Election,
        closing: SignedClosing,
        contest: str,
        column: bytes,
        executor: Executor | None = None,
        random: Random = group.system_random,
    ) -> Mix:
        """This trustee's mix of the column that it rebuilt: one a contest (section 9).

        Asked again it gives the same. RefusedError for another closing or column; StorageError if
        the mix given before is lost.
        """
        number = self._follow(election, closing)
        width = election.contest(contest).width
        subject = _subject(election, contest)
        folder = self._folder.path / election.id.hex() / f"mix-{contest}"
        decided = self._folder.decisions.find("mix", subject)
        statement = b""
        if decided is None:
            context = Context(election.id, contest, number)
            output, proof = shuffle(context, election.key, column, width, random, executor)
            write_bytes(folder / "output.bin", output)
            write_bytes(folder / "proof.bin", proof)
            record = MixRecord(
                election=election.id,
                contest=contest,
                trustee=number,
                input=_sha256(column),
                output=_sha256(output),
                proof=_sha256(proof),
            )
            statement = sign_note(encode(record).decode() + "\n", [self._folder.signer])
        statement = self._folder.decisions.decide("mix", subject, _sha256(column), statement)
        return _kept_mix(folder, statement)

    def open(
        self,
        election: Election,
        closing: SignedClosing,
        contest: str,
        column: bytes,
        executor: Executor | None = None,
        random: Random = group.system_random,
    ) -> Opening:
        """This trustee's opening of the last column, rebuilt through every mix (section 10).

        One a contest: asked again it gives the same. RefusedError if it didn't mix the contest,
        or for another closing or column, or the column that went into its own mix.
        """
        number = self._follow(election, closing)
        check_column(column, election.contest(contest).width, contest, executor)
        statement = self._folder.decisions.data("mix", _subject(election, contest))
        if statement is None:
            raise RefusedError(
                "this trustee hasn't mixed this contest",
                where=contest,
                hint="Only those who mixed it open it",
            )
        if _mix_record(statement).input == _sha256(column):
            raise RefusedError(
                "this is the column before this trustee's mix",
                where=contest,
                hint="Opening it would show who voted what: bring the last mix's output",
            )
        context = Context(election.id, contest, number)
        elements = first_elements(column)
        return self._open(context, elements, _sha256(column), executor, random)

    def open_lot(
        self,
        election: Election,
        closing: SignedClosing,
        random: Random = group.system_random,
    ) -> Opening:
        """This trustee's opening of the lot (section 10); RefusedError for another closing."""
        number = self._follow(election, closing)
        element = threshold.lot_element(election.id, closing.hash)
        context = Context(election.id, "", number)
        return self._open(context, [element], _sha256(element), None, random)

    def _open(
        self,
        context: Context,
        elements: Sequence[Element],
        column_hash: bytes,
        executor: Executor | None,
        random: Random,
    ) -> Opening:
        """The shares come out the same each time; the proof of the first time is kept."""
        subject = f"{context.election.hex()}/{context.contest}"
        decisions = self._folder.decisions
        if decisions.find("open", subject) is not None:
            decisions.decide("open", subject, column_hash)
        shares, proof = threshold.open_shares(
            context, self._folder.share(), elements, random, executor
        )
        return Opening(shares, decisions.decide("open", subject, column_hash, proof))

    def _follow(self, election: Election, closing: SignedClosing) -> int:
        """Bind to this closing; the trustee's number. Sections 8 to 10: under one closing only.

        A trustee that didn't sign follows the one that q others did.
        """
        number = self._folder.number_in(election)
        check_closing(closing.closing, election)
        self._decide_closing(election, closing.hash)
        return number

    def _decide_closing(self, election: Election, closing_hash: bytes) -> None:
        self._folder.decisions.decide("closing", election.id.hex(), closing_hash)


def _subject(election: Election, contest: str) -> str:
    return f"{election.id.hex()}/{contest}"


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _mix_record(statement: bytes) -> MixRecord:
    text = parse_note(statement).text
    return decode(text.removesuffix("\n").encode(), MixRecord, "statement.note")


def _kept_mix(folder: Path, statement: bytes) -> Mix:
    """The mix that was stated; another can't be made any more."""
    record = _mix_record(statement)
    return Mix(
        _kept(folder / "output.bin", record.output),
        _kept(folder / "proof.bin", record.proof),
        statement,
    )


def _kept(path: Path, sha256: bytes) -> bytes:
    data = read_bytes(path) if path.exists() else b""
    if _sha256(data) != sha256:
        raise StorageError(
            "this trustee's mix is lost or was changed, and it mixes only once",
            where=str(path),
            hint="Bring the file back from where the mix was handed to",
        )
    return data
