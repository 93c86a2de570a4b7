"""Drafting the closing from the logs at hand (section 8)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from msgspec import UNSET, Struct

from pbvote.core.closing import ClosedLog, Closing, Status, check_closing
from pbvote.core.election import Election, open_by_quorum
from pbvote.core.encoding import encode, nfc
from pbvote.core.errors import InputError, RefusedError, VerificationError
from pbvote.core.merkle import EMPTY_ROOT
from pbvote.core.note import Checkpoint, Signer, open_checkpoint, parse_note, sign_note
from pbvote_tally.bundle import Bundle
from pbvote_tally.collect import present_log
from pbvote_tally.evidence import NAME as EVIDENCE
from pbvote_tally.logs import box_entries, registry_entries
from pbvote_tally.rebuild import log_entries


class Declared(Struct, frozen=True):
    """What the officials say of a log that isn't whole."""

    status: Status
    reason: str


def draft_closing(
    bundle: Bundle, election: Election, at: str, declared: Mapping[str, Declared]
) -> Closing:
    """The closing of the logs in the bundle's folder.

    `declared`: `box/<name>` or `registry/<name>` → that it is cut or lost, and why. A log that
    isn't closed properly is never counted silently: RefusedError says which to declare.
    """
    known = [_short(origin) for origin in election.log_keys]
    for name in declared:
        if name not in known:
            raise InputError(f"no log is called {name!r}", hint=f"There are: {', '.join(known)}")
    closing = Closing(
        election=election.id,
        at=at,
        addenda=list(election.addenda_hashes),
        logs=[_close(bundle, election, origin, declared) for origin in election.log_keys],
    )
    check_closing(closing, election)
    return closing


def sign_closing(closing: Closing, commission: Signer, election: Election) -> bytes:
    """closing.note with the commission's signature; the trustees' follow.

    RefusedError for another key: no trustee would sign after it, and there is one closing only.
    """
    if commission.verify_key != election.commission:
        raise RefusedError(
            "this isn't the commission's key",
            where=commission.name,
            hint="Bring back the one that signed the manifest",
        )
    return sign_note(encode(closing).decode("utf-8") + "\n", [commission])


def join_signatures(note: bytes, other: bytes, election: Election) -> bytes:
    """closing.note with the signatures of two copies of it, in order.

    RefusedError if they don't say the same; VerificationError if a signature is wrong.
    """
    if parse_note(note).text != parse_note(other).text:
        raise RefusedError(
            "this is another closing than the one here",
            hint="Nobody signs two: ask who made it. Only the one here is counted",
        )
    lines: dict[str, bytes] = {}
    for copy in (other, note):
        open_by_quorum(copy, election.commission, election.trustee_keys, 0, "closing.note")
        signed = copy.rpartition(b"\n\n")[2].splitlines(keepends=True)
        names = [signature.name for signature in parse_note(copy).signatures]
        lines.update(zip(names, signed, strict=True))
    order = [election.commission.name, *(key.name for key in election.trustee_keys)]
    text = note.rpartition(b"\n\n")[0]
    return text + b"\n\n" + b"".join(lines[name] for name in order if name in lines)


def _close(
    bundle: Bundle, election: Election, origin: str, declared: Mapping[str, Declared]
) -> ClosedLog:
    name = _short(origin)
    said = declared.get(name)
    reason = nfc(said.reason) if said else UNSET
    checkpoint = present_log(bundle, election, origin)
    if said and said.status == "lost":
        if checkpoint is not None:
            raise RefusedError(
                f"{name} was declared lost, but its log is here",
                hint="Declare it `cut`, or count it as it is",
            )
        return ClosedLog(
            origin=origin, status="lost", size=0, root=EMPTY_ROOT, reason=reason or UNSET
        )
    if checkpoint is None:
        raise RefusedError(
            f"the log of {name} isn't here",
            hint=f"Bring its stick, or declare it: --lost {name}=REASON",
        )
    if said is None:
        _check_copies(bundle, election, checkpoint)
    status: Status = "cut" if said else "closed"
    log = ClosedLog(
        origin=origin,
        status=status,
        size=checkpoint.size,
        root=checkpoint.root,
        reason=reason or UNSET,
    )
    try:
        read_through(bundle, election, log)
    except VerificationError as error:
        if status == "cut":
            raise
        raise RefusedError(
            f"{name} isn't closed properly ({error.what})",
            where=error.where,
            hint=f"Close it and bring its log again, or declare it: --cut {name}=REASON",
        ) from None
    return log


def _check_copies(bundle: Bundle, election: Election, checkpoint: Checkpoint) -> None:
    """Section 7: a closing never goes below a checkpoint of which somebody has a copy."""
    short, key = _short(checkpoint.origin), election.log_keys[checkpoint.origin]
    for name in bundle.names():
        if not (EVIDENCE.fullmatch(name) and name.endswith(".note")):
            continue
        note = bundle.read(name)
        if parse_note(note, name).text.split("\n", 1)[0] != checkpoint.origin:
            continue
        copy = open_checkpoint(note, key, name)
        if copy.size >= checkpoint.size and copy != checkpoint:
            raise RefusedError(
                f"{short} once had {copy.size} entries; the log brought has {checkpoint.size}",
                where=name,
                hint=f"Bring its newest log; if that is lost, declare it: --cut {short}=REASON",
            )


def _short(origin: str) -> str:
    """`box/<name>` or `registry/<name>`."""
    return origin.split("/", 2)[2]


def read_through(bundle: Bundle, election: Election, log: ClosedLog) -> None:
    """Raise VerificationError unless open, close and counts are as the status says."""
    kind, name = _short(log.origin).split("/")
    entries = log_entries(bundle.read, log)
    if kind == "registry":
        deque(registry_entries(name, log, entries), maxlen=0)
    else:
        deque(box_entries(election, election.box(name), log, entries), maxlen=0)
