"""Addenda: what may change after the manifest is signed (docs/protocol.md, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import UNSET

from pbvote.core.election import Election
from pbvote.core.encoding import Texts, decode, encode, nfc
from pbvote.core.errors import InputError, RefusedError
from pbvote.core.manifest import (
    Addendum,
    Box,
    Correction,
    NewHours,
    Project,
    Registrar,
    check_unique,
)
from pbvote.core.note import Signer, sign_note
from pbvote.draft.signing import pending
from pbvote.draft.values import parse_amount, parse_time, time_zone
from pbvote.files import write_bytes

FIELDS = ("title", "description", "cost", "withdrawn")


def make_addendum(
    election: Election,
    at: str,
    *,
    registrars: Sequence[Registrar] = (),
    boxes: Sequence[Box] = (),
    closes: NewHours | None = None,
    corrections: Sequence[Correction] = (),
) -> Addendum:
    """The election's next addendum; EncodingError or InputError if it can't be."""
    if not (registrars or boxes or closes or corrections):
        raise InputError(
            "an addendum that changes nothing",
            hint="Give --box, --registrar, --closes or --correct",
        )
    check_unique((r.name for r in (*election.registrars, *registrars)), "registrars")
    check_unique((b.name for b in (*election.boxes, *boxes)), "boxes")
    addendum = Addendum(
        election=election.id,
        number=len(election.addenda) + 1,
        previous=election.addenda_hashes[-1] if election.addenda_hashes else election.id,
        at=at,
        registrars=list(registrars) or UNSET,
        boxes=list(boxes) or UNSET,
        closes=closes or UNSET,
        corrections=list(corrections) or UNSET,
    )
    return decode(encode(addendum), Addendum)


def propose(folder: Path, election: Election, addendum: Addendum, commission: Signer) -> Path:
    """Sign it for the commission and put it where trustees sign it; RefusedError if one waits."""
    path = pending(folder)
    if path.exists():
        raise RefusedError(
            "an addendum waits for trustees already",
            where=str(path),
            hint="Let them sign it with `pbvote trustee sign`, or remove it",
        )
    if commission.verify_key != election.commission:
        raise InputError("this isn't the key of the election's commission", where=commission.name)
    write_bytes(path, sign_note(encode(addendum).decode() + "\n", [commission]))
    return path


def read_closes(texts: Sequence[str], election: Election) -> NewHours | None:
    """`online=2026-11-14 18:00`, in the election's time zone; None if there is none."""
    zone, found = time_zone(election.manifest.time_zone), dict[str, str]()
    for text in texts:
        channel, equals, time = text.partition("=")
        if channel not in ("online", "in-person") or not equals or channel in found:
            raise InputError(
                f"{text!r} isn't a channel and its time",
                hint='Write online="2026-11-14 18:00" or in-person=…, each once',
            )
        found[channel] = parse_time(time, zone)
    if not found:
        return None
    return NewHours(online=found.get("online", UNSET), in_person=found.get("in-person", UNSET))


def read_corrections(texts: Sequence[str], reason: str, election: Election) -> list[Correction]:
    """Each `contest/project/field=value`: `title=…` or `title.nl=…`, `cost=1250.50`,
    `withdrawn=yes`. Languages that aren't named keep their text. InputError says what is wrong.
    """
    if texts and not reason.strip():
        raise InputError("a correction has no reason", hint="Say why: --reason TEXT")
    found: dict[tuple[str, str, str], Any] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        contest, _, rest = place.partition("/")
        project, _, name = rest.partition("/")
        field, _, language = name.partition(".")
        if not equals or field not in FIELDS or (language and field not in FIELDS[:2]):
            raise InputError(
                f"{text!r} isn't a correction",
                hint=f"Write CONTEST/PROJECT/FIELD=VALUE; fields: {', '.join(FIELDS)}",
            )
        subject = _project(election, contest, project)
        key = (contest, project, field)
        if field == "cost":
            found[key] = parse_amount(value, election.manifest.currency)
        elif field == "withdrawn":
            found[key] = _yes(value)
        else:
            texts_now = found.get(key) or _texts_now(election, contest, subject, field)
            found[key] = texts_now | {_language(election, language): nfc(value.strip())}
    return [
        Correction(contest=c, project=p, field=f, value=value, reason=nfc(reason.strip()))  # type: ignore[arg-type]  # f is one of FIELDS
        for (c, p, f), value in found.items()
    ]


def _project(election: Election, contest: str, name: str) -> Project:
    for project in election.contest(contest).projects:
        if project.id == name:
            return project
    raise InputError(f"no project is called {name!r}", where=contest, hint="Look in the manifest")


def _texts_now(election: Election, contest: str, project: Project, field: str) -> Texts:
    """A text after all corrections so far, in its languages."""
    now: Any = getattr(project, field)
    for correction in election.corrections:
        if (correction.contest, correction.project, correction.field) == (
            contest,
            project.id,
            field,
        ):
            now = correction.value
    if isinstance(now, dict):
        return dict(now)
    return {election.manifest.languages[0]: now} if isinstance(now, str) else {}


def _language(election: Election, language: str) -> str:
    languages = election.manifest.languages
    if language and language not in languages:
        raise InputError(
            f"{language!r} isn't a language", hint=f"There are: {', '.join(languages)}"
        )
    return language or languages[0]


def _yes(value: str) -> bool:
    if value not in ("yes", "true"):
        raise InputError(
            "a withdrawal can't be taken back", hint="Only withdrawn=yes can be written"
        )
    return True
