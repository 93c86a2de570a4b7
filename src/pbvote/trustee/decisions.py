"""What a trustee did and may not do differently again, on disk before anybody hears of it.

docs/protocol.md, sections 8 and 10: one closing an election, one mix and one opening a contest.
Decisions are the entries of a signed log (`store`): nothing is taken back, a kill loses nothing
that was acknowledged, and an older file put back in its place is noticed. (A whole folder put
back from a backup, mark and all, looks like the past: nothing on the same disk can tell.)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pbvote.core.encoding import Bytes32, Record, Time, decode, encode, time_text
from pbvote.core.errors import RefusedError, StorageError
from pbvote.core.note import Signer
from pbvote.store.log import open_log
from pbvote.store.mark import NotTheLog

Clock = Callable[[], float]
"""Seconds since 1970."""
What = Literal[
    "enrol", "deal", "accept", "complain", "manifest", "addendum", "closing", "mix", "open", "purge"
]
_DONE: dict[What, str] = {
    "enrol": "enrolled in another ceremony",
    "deal": "dealt to another list of trustees",
    "accept": "accepted other deals",
    "complain": "made another complaint",
    "manifest": "signed another manifest",
    "addendum": "signed another addendum",
    "closing": "signed or followed another closing of this election",
    "mix": "mixed another column of this contest",
    "open": "opened another column of this contest",
    "purge": "destroyed its share",
}

_LOST = (
    "If it is lost, this trustee must not go on with this folder: let the other trustees close,"
    " mix and open without"
)


class Decision(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/decision/1"):
    """What was done, of what (an election, a contest), the SHA-256 of it, and when."""

    what: What
    subject: str
    sha256: Bytes32
    at: Time


class Decisions:
    """A trustee's decisions in the file `path`, kept by one process at a time.

    `create` allows for a file that doesn't exist yet. StorageError if it is missing, damaged,
    another trustee's, put back from an earlier day, or in use.
    """

    def __init__(
        self, path: Path, signer: Signer, *, create: bool = False, clock: Clock = time.time
    ) -> None:
        self._clock = clock
        if not create and not path.exists():
            raise StorageError(
                "what this trustee signed and opened is not known any more",
                where=str(path),
                hint=f"Put the newest file back, with those beside it. {_LOST}",
            )
        try:
            self._log = open_log(path, signer, create=create)
        except NotTheLog:
            raise StorageError(
                "this isn't all that this trustee signed and opened: somebody put back an older"
                " file, or changed or removed one",
                where=str(path),
                hint=f"Put back the newest one, with its -wal and .mark. {_LOST}",
            ) from None
        try:
            entries = (decode(data, Decision, str(path)) for data in self._log.entries())
            self._made = {(entry.what, entry.subject): entry for entry in entries}
        except BaseException:
            self._log.close()
            raise

    def find(self, what: What, subject: str = "") -> Decision | None:
        """The decision on this, if it was taken."""
        return self._made.get((what, subject))

    def data(self, what: What, subject: str = "") -> bytes | None:
        """What was kept with that decision."""
        return self._log.get(_key(what, subject))

    def decide(self, what: What, subject: str, sha256: bytes, data: bytes = b"") -> bytes:
        """Decide, durably when this returns; the data kept with it.

        The same again gives the data of the first time; RefusedError for anything else.
        """
        made = self.find(what, subject)
        if made is None:
            made = Decision(
                what=what, subject=subject, sha256=sha256, at=time_text(int(self._clock()))
            )
            try:
                self._log.append(encode(made), lambda _: {_key(what, subject): data})
            except BaseException:  # it may stand all the same: only opening again can tell
                self.close()
                raise
            self._made[what, subject] = made
        elif made.sha256 != sha256:
            raise RefusedError(
                f"this trustee {_DONE[what]} on {made.at} (SHA-256 {made.sha256.hex()})",
                hint="It does so once only: go on with that one",
            )
        return self.data(what, subject) or b""

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()


def _key(what: What, subject: str) -> bytes:
    return f"{what}/{subject}".encode()
