"""A corrected result after a complaint: a numbered note beside results.note (section 13).

The ballots that were opened are counted again with other costs, or without a project. Nothing in
the bundle changes, so that everybody sees both results and why the first was given up. Each note
names all corrections that hold after the addenda's; the last note is the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from pbvote.core.election import Election
from pbvote.core.encoding import decode, encode, nfc
from pbvote.core.errors import InputError, RefusedError, VerificationError
from pbvote.core.group import Element
from pbvote.core.manifest import Correction
from pbvote.core.note import Signer, VerifyKey, open_note, sign_note
from pbvote.files import read_bytes, write_bytes
from pbvote_tally import bundle as names
from pbvote_tally import chain
from pbvote_tally.bundle import Bundle
from pbvote_tally.fingerprint import note_hash
from pbvote_tally.published import Published
from pbvote_tally.records import CorrectedResults
from pbvote_tally.verify import Counted, Selections, Verified, count_again

FOLDER = "corrections"
FIELDS = ("cost", "withdrawn")


class Corrected(Struct, frozen=True):
    """A correction that holds, the SHA-256 of its text, and its count."""

    record: CorrectedResults
    hash: bytes
    counted: list[Counted]


def path_of(folder: Path, number: int) -> Path:
    """`DIR/corrections/<number>.note`."""
    return folder / FOLDER / f"{number}.note"


def notes_in(folder: Path) -> list[tuple[str, bytes]]:
    """The corrections of an election's folder in order: each note's name and bytes.

    InputError if one before another is missing: the result would silently be an earlier one.
    """
    number = sum(1 for _ in (folder / FOLDER).glob("*.note"))
    paths = [path_of(folder, 2 + place) for place in range(number)]
    for path in paths:
        if not path.exists():
            raise InputError(
                "a correction is missing before a later one",
                where=str(path),
                hint="Bring it back, from the published site or another copy",
            )
    return [(f"{FOLDER}/{path.name}", read_bytes(path)) for path in paths]


def keep_note(folder: Path, number: int, note: bytes) -> Path:
    """Write a correction to its place; RefusedError if another has that number meanwhile."""
    path = path_of(folder, number)
    if path.exists():
        raise RefusedError(
            "there is a correction of this number already",
            where=str(path),
            hint="Somebody signed it meanwhile: read it, then begin again",
        )
    write_bytes(path, note)
    return path


def corrected(published: Published, notes: Sequence[tuple[str, bytes]]) -> list[Corrected]:
    """What became of a published result: every correction checked, in their order."""
    return check_corrections(
        published.election, published.fingerprint, published.selections, published.lot, notes
    )


def check_corrections(
    election: Election,
    first: bytes,
    selections: Selections,
    lot: Element,
    notes: Iterable[tuple[str, bytes]],
) -> list[Corrected]:
    """Repeat the count of each note; `first` is the SHA-256 of the text of results.note.

    `notes` are names and bytes, number 2 first. VerificationError or EncodingError names the note
    and the check that failed.
    """
    done: list[Corrected] = []
    for number, (where, note) in enumerate(notes, 2):
        record = open_correction(note, election.commission, where)
        if record.election != election.id:
            raise VerificationError("it is of another election", where=where)
        if record.number != number:
            raise VerificationError(
                f"it is number {record.number}, number {number} comes here",
                where=where,
                hint="Name all corrections, the first one first",
            )
        if record.previous != (done[-1].hash if done else first):
            raise VerificationError("it doesn't follow the result before", where=where)
        check_subjects(election, record.corrections, where)
        if record.corrections == _held(done):
            raise VerificationError("it changes nothing", where=where)
        counted = count_again(election, selections, lot, record.corrections)
        if record.contests != [one.result for one in counted]:
            raise VerificationError("other numbers or winners than counted", where=where)
        done.append(Corrected(record, note_hash(note, where), counted))
    return done


def verify_corrections(
    bundle: Bundle, verified: Verified, paths: Sequence[Path]
) -> list[Corrected]:
    """Check the corrections in these files, number 2 first, against a bundle that holds."""
    rebuilt = verified.rebuilt
    return check_corrections(
        rebuilt.election,
        note_hash(bundle.read(names.RESULTS), names.RESULTS),
        {one.contest.id: one.selections for one in verified.counted},
        chain.open_lot(bundle, rebuilt.election, rebuilt.closing.hash),
        [(str(path), read_bytes(path)) for path in paths],
    )


def open_correction(note: bytes, commission: VerifyKey, where: str) -> CorrectedResults:
    """The record in a correction's note, signed by the commission."""
    text = open_note(note, [commission], where)
    return decode(text.encode("utf-8").removesuffix(b"\n"), CorrectedResults, where)


def check_subjects(election: Election, corrections: Iterable[Correction], where: str) -> None:
    """Raise VerificationError unless each is a cost or withdrawal of a project, none twice."""
    known = {(c.id, p.id) for c in election.manifest.contests for p in c.projects}
    seen = set()
    for one in corrections:
        subject = (one.contest, one.project, one.field)
        name = f"{one.contest}/{one.project}"
        if subject[:2] not in known:
            raise VerificationError(f"no project is called {name}", where=where)
        if one.field not in FIELDS:
            raise VerificationError(f"it changes the {one.field} of {name}", where=where)
        if subject in seen:
            raise VerificationError(f"it changes the {one.field} of {name} twice", where=where)
        seen.add(subject)


def joined(
    before: Sequence[Corrected], added: Sequence[Correction], reinstated: Iterable[tuple[str, str]]
) -> list[Correction]:
    """The corrections of the last note, those of the same field replaced, and the new ones.

    `reinstated` are projects (contest, project) whose withdrawal by an earlier note is taken back;
    InputError if there is none.
    """
    held = {(c.contest, c.project, c.field): c for c in _held(before)}
    for contest, project in reinstated:
        if held.pop((contest, project, "withdrawn"), None) is None:
            raise InputError(
                f"no correction withdrew {contest}/{project}",
                hint="Only what a correction withdrew can be taken in again",
            )
    held |= {(c.contest, c.project, c.field): c for c in added}
    return list(held.values())


def _held(before: Sequence[Corrected]) -> list[Correction]:
    return before[-1].record.corrections if before else []


def correct(
    published: Published,
    before: Sequence[Corrected],
    corrections: Sequence[Correction],
    *,
    at: str,
    reason: str,
    commission: Signer,
) -> tuple[bytes, Corrected]:
    """The next note, signed, and its count. `corrections` are all that hold, as `joined` gives."""
    election = published.election
    if commission.verify_key != election.commission:
        raise VerificationError("this isn't the commission's key", where=commission.name)
    if list(corrections) == _held(before):
        raise InputError(
            "a correction that changes nothing", hint="Give --withdraw, --cost or --reinstate"
        )
    if not reason.strip():
        raise InputError("a correction has no reason", hint="Say why: --reason TEXT")
    check_subjects(election, corrections, "")
    counted = count_again(election, published.selections, published.lot, corrections)
    record = CorrectedResults(
        election=election.id,
        number=len(before) + 2,
        previous=before[-1].hash if before else published.fingerprint,
        at=at,
        reason=nfc(reason.strip()),
        corrections=list(corrections),
        contests=[one.result for one in counted],
    )
    note = sign_note(encode(record).decode("utf-8") + "\n", [commission])
    return note, Corrected(record, note_hash(note), counted)
