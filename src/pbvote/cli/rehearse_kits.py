"""A rehearsal's election: everything as in the real one, but keys and people; a kit a machine.

::

    STICK/test-bertrix-2026/
      kiosk-1/      boxes/kiosk-1, kiosk.toml             for the kiosk of that name
      salle/        registries/salle, kiosk.toml          for the desk of that name
      commission/   keys, trustees, rehearsal.json        for the count
      …             manifest.note, roll.csv, commission.vkey in each

A box and a registrar of the same name share a kit: they are one machine.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import UNSET, UnsetType

from pbvote.at_hand import BOXES, REGISTRIES, now
from pbvote.cli import town
from pbvote.cli.one_machine import OneMachine
from pbvote.core.election import Election
from pbvote.core.encoding import Bytes32, Count, Name, Record, Time, decode, encode, time_text
from pbvote.core.errors import InputError, RefusedError
from pbvote.core.manifest import Addendum, Correction, Hours
from pbvote.core.note import sign_note
from pbvote.draft import Draft, read_draft
from pbvote.draft.draft import DraftBox
from pbvote.files import (
    ADDENDA,
    COMMISSION,
    MANIFEST,
    ROLL,
    load_election,
    read_bytes,
    write_bytes,
)
from pbvote.registry.rollfile import Person
from pbvote.trustee import sign_addendum
from pbvote_kiosk.officials.settings import SETTINGS, read_settings
from pbvote_tally.report import Report

PREFIX = "test-"
COMMISSION_KIT = "commission"
RECORD = "rehearsal.json"
OPENINGS = "openings"


class Rehearsal(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/rehearsal/1"):
    """What is rehearsed. `election` is absent if the real one wasn't signed yet."""

    slug: Name
    election: Bytes32 | UnsetType = UNSET
    trustees: list[Name]
    people: Count
    at: Time


class TestOpening(Record, frozen=True, kw_only=True, tag_field="type", tag="pbvote/test-opening/1"):
    """A trustee has opened a test ciphertext of the real election with its real share."""

    __test__ = False  # not a class of pytest's
    trustee: Name
    election: Bytes32
    at: Time


def prepare(source: Path, to: Path, people: int, report: Report) -> list[Path]:
    """Make a test election of the one in `source`, and its kits below `to`; the kits.

    RefusedError if it is a test itself, or there are kits of it already.
    """
    real, draft = _read(source)
    if draft.slug.startswith(PREFIX):
        raise RefusedError("this is a rehearsal already", where=str(source), hint="Name the real")
    home = to / f"{PREFIX}{draft.slug}"
    if home.exists():
        raise RefusedError(
            "there is a rehearsal already", where=str(home), hint="Use it, or remove it first"
        )
    _check_names(draft)
    whole = OneMachine(home / COMMISSION_KIT, report)
    test = _as_test(draft)
    election = whole.make(test, made_up(people, test.districts))
    if real is not None:
        _correct(whole, election, real.corrections)
    record = Rehearsal(
        slug=draft.slug,
        election=UNSET if real is None else real.id,
        trustees=draft.trustees,
        people=people,
        at=time_text(now()),
    )
    write_bytes(whole.folder / RECORD, encode(record))
    report.step("Kits: one folder a machine")
    return [whole.folder, *_split(whole.folder, home, test, source)]


def read_rehearsal(kit: Path) -> tuple[Path, Rehearsal]:
    """The commission's kit in or at a folder, and what is rehearsed; InputError if it isn't."""
    for folder in (kit, kit / COMMISSION_KIT):
        if (folder / RECORD).exists():
            return folder, decode(read_bytes(folder / RECORD), Rehearsal, str(folder / RECORD))
    raise InputError(
        "no rehearsal is here",
        where=str(kit),
        hint="Name the folder test-… that `pbvote rehearse prepare` made",
    )


def keep_opening(kit: Path, trustee: str, election: Election) -> TestOpening:
    """Write down that a trustee's test opening went well; InputError if it isn't of this."""
    folder, rehearsal = read_rehearsal(kit)
    if rehearsal.election is UNSET:
        raise RefusedError(
            "when this rehearsal was prepared, the election had no key yet",
            where=str(folder),
            hint="`pbvote trustee test` it now, and prepare another rehearsal after the signing",
        )
    if rehearsal.election != election.id or trustee not in rehearsal.trustees:
        raise InputError(
            f"this is no trustee of the election {rehearsal.slug} that is rehearsed",
            where=str(folder),
            hint="Name the real election's folder and this trustee's own",
        )
    opening = TestOpening(trustee=trustee, election=election.id, at=time_text(now()))
    write_bytes(folder / OPENINGS / f"{trustee}.json", encode(opening))
    return opening


def openings(folder: Path) -> dict[str, TestOpening]:
    """The test openings written down in a commission's kit, by trustee."""
    found = sorted((folder / OPENINGS).glob("*.json"))
    records = [decode(read_bytes(path), TestOpening, str(path)) for path in found]
    return {record.trustee: record for record in records}


def made_up(count: int, districts: Sequence[str]) -> list[Person]:
    """People who don't exist, spread over the districts."""
    rng = random.Random(count)  # noqa: S311 - made-up people
    return [
        Person(
            id=f"T{number}",
            name=resident.name,
            birth_date=resident.birth_date,
            address=resident.address,
            district=districts[number % len(districts)] if districts else "",
        )
        for number, resident in enumerate(town.residents(count, rng), 1)
    ]


def _read(source: Path) -> tuple[Election | None, Draft]:
    if not (source / MANIFEST).exists():
        return None, read_draft(source)
    election = load_election(source)
    manifest = election.manifest
    draft = Draft(
        slug=manifest.slug,
        title=manifest.title,
        currency=manifest.currency,
        languages=manifest.languages,
        time_zone=manifest.time_zone,
        opens=manifest.opens,
        closes=_closes(election),
        supersede=manifest.supersede or None,
        districts=manifest.district_names,
        trustees=[trustee.name for trustee in manifest.trustees],
        threshold=manifest.threshold,
        closing_quorum=manifest.closing_quorum or None,
        registrars=[registrar.name for registrar in election.registrars],
        boxes=[DraftBox(box.name, box.channel, box.place) for box in election.boxes],
        contests=manifest.contests,
        vote_url=manifest.vote_url or None,
        receipt_url=manifest.receipt_url or None,
    )
    return election, draft


def _closes(election: Election) -> Hours:
    """The manifest's, as addenda moved them."""
    online, hall = election.manifest.closes.online, election.manifest.closes.in_person
    for addendum in election.addenda:
        if addendum.closes is not UNSET:
            online = addendum.closes.online or online
            hall = addendum.closes.in_person or hall
    return Hours(online=online, in_person=hall)


def _as_test(draft: Draft) -> Draft:
    from dataclasses import replace

    return replace(draft, slug=f"{PREFIX}{draft.slug}")


def _check_names(draft: Draft) -> None:
    if COMMISSION_KIT in {*draft.registrars, *(box.name for box in draft.boxes)}:
        raise InputError(
            f"a box or registrar called {COMMISSION_KIT!r} can't be rehearsed",
            hint="Its kit would be the commission's",
        )


def _correct(whole: OneMachine, election: Election, corrections: list[Correction]) -> None:
    """The real addenda's corrections, signed by the test's keys."""
    if not corrections:
        return
    addendum = Addendum(
        election=election.id,
        number=1,
        previous=election.id,
        at=time_text(now()),
        corrections=corrections,
    )
    note = sign_note(encode(addendum).decode() + "\n", [whole.commission])
    first = whole.trustee(election.manifest.trustees[0].name)
    note = sign_addendum(first, note, election, whole.passphrase)
    write_bytes(whole.folder / ADDENDA / "1.note", note)


def _split(commission: Path, home: Path, draft: Draft, source: Path) -> list[Path]:
    """Each box's and registrar's folder moved to the kit of its machine."""
    kits: dict[str, Path] = {}
    for kind, names in (
        (BOXES, [box.name for box in draft.boxes]),
        (REGISTRIES, draft.registrars),
    ):
        for name in names:
            kit = kits.setdefault(name, home / name)
            (kit / kind).mkdir(parents=True)
            shutil.move(commission / kind / name, kit / kind / name)
    for name, kit in kits.items():
        for public in (MANIFEST, ROLL, COMMISSION):
            shutil.copyfile(commission / public, kit / public)
        if (commission / ADDENDA).exists():
            shutil.copytree(commission / ADDENDA, kit / ADDENDA)
        _set_up(kit, name, draft, source)
    return list(kits.values())


def _set_up(kit: Path, name: str, draft: Draft, source: Path) -> None:
    """kiosk.toml as the town has it, for this machine; and what to do with the kit."""
    in_hall = [box.name for box in draft.boxes if box.channel == "in-person"]
    mine = [f'box = "{name}"'] if name in in_hall else []
    mine += [f'registrar = "{name}"'] if name in draft.registrars else []
    text = "\n".join([*mine, *_town_settings(source)]) + "\n"
    write_bytes(kit / SETTINGS, text.encode())
    read_settings(kit)
    todo = [
        "TEST: a rehearsal. No card, ballot or receipt of it counts in the real election.",
        "Copy this folder to the machine's own disk, then:",
    ]
    todo += ["  pbvote-kiosk vote FOLDER"] if name in in_hall else []
    todo += ["  pbvote-kiosk desk FOLDER --copy STICK"] if name in draft.registrars else []
    write_bytes(kit / "READ-ME.txt", ("\n".join(todo) + "\n").encode())


def _town_settings(source: Path) -> Iterable[str]:
    """The lines of the town's own kiosk.toml, but for the machine's names."""
    path = source / SETTINGS
    if not path.exists():
        return []
    read_settings(source)
    lines = read_bytes(path).decode().splitlines()
    return [line for line in lines if not re.match(r"\s*(box|registrar)\s*=", line)]
