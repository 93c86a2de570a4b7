"""Every exception that pbvote raises, split by whose fault it is.

::

    PbvoteError
    ├── InputError             what was given can't be read or used: a file, a record, a card
    │   ├── EncodingError        bytes that aren't the one encoding of a value
    │   ├── SelectionError       a choice that breaks its ballot format
    │   └── CardError            a card's text that is mistyped, cut or of another election
    ├── VerificationError      evidence that is false: a signature, proof, root or hash
    │   └── ProofError           a zero-knowledge proof that doesn't hold
    ├── RefusedError           right in itself, not allowed now: a closed box, a second closing
    │   └── BallotRefused        a ballot that a box doesn't take; `reason` as in protocol section 8
    └── StorageError           the disk: full, in use by another process, damaged, an older copy

A message says what was wrong, where, and what to do now. It never holds a secret.
"""

from __future__ import annotations


class PbvoteError(Exception):
    """The root of the tree. `where` names a file, line, log or field; `hint` says what to do."""

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process with all fields."""
        return (_rebuild, (type(self), self.args, self.__dict__))

    def at(self, where: str) -> PbvoteError:
        """The same error, its place completed by what only the caller knows (a file's name)."""
        self.where = f"{where}: {self.where}" if self.where else where
        return self


class InputError(PbvoteError):
    """What was given can't be read or used."""


class EncodingError(InputError):
    """Bytes that aren't the one encoding of a value."""


class SelectionError(InputError):
    """A choice that breaks its ballot format."""


class CardError(InputError):
    """A card's text that is mistyped, cut or of another election."""


class VerificationError(PbvoteError):
    """Evidence that is false: a signature, proof, root or hash."""


class ProofError(VerificationError):
    """A zero-knowledge proof that doesn't hold."""


class RefusedError(PbvoteError):
    """Right in itself, not allowed now."""


class BallotRefused(RefusedError):
    """A ballot that a box doesn't take; `reason` is a word of protocol section 8, rule 4."""

    def __init__(self, reason: str, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.reason = reason


class StorageError(PbvoteError):
    """The disk: full, in use by another process, damaged, or an older copy put back."""


def _rebuild(
    kind: type[PbvoteError], args: tuple[object, ...], state: dict[str, object]
) -> PbvoteError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error
