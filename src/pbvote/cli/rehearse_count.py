"""The rehearsal's count, and what the day was like: what each machine did, what didn't fit.

It may be done again, as with a log that was forgotten: each time with fresh copies of the test
trustees' folders, in the kit's `count/`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Literal

from msgspec import UNSET, Struct

from pbvote.at_hand import BOXES, DATABASES, REGISTRIES
from pbvote.box.rescue import export_dead
from pbvote.cli.one_machine import CEREMONY, PASSPHRASE, TRUSTEES, OneMachine
from pbvote.cli.rehearse_kits import Rehearsal, openings, read_rehearsal
from pbvote.core.ballot import BoxEntry, Cast, Close
from pbvote.core.card import RegistryClose, RegistryEntry
from pbvote.core.closing import ClosedLog
from pbvote.core.election import Election
from pbvote.core.encoding import decode
from pbvote.core.errors import EncodingError
from pbvote.core.note import Checkpoint
from pbvote.core.tiles import CHECKPOINT
from pbvote.files import ADDENDA, COMMISSION, COMMISSION_KEY, MANIFEST, ROLL
from pbvote.registry import export_log
from pbvote.words import plural
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.close import Declared
from pbvote_tally.collect import collect, collect_copies, present_log
from pbvote_tally.rebuild import log_entries
from pbvote_tally.records import MergeRecord
from pbvote_tally.report import Report
from pbvote_tally.verify import Verified
from pbvote_tally.words import REASONS

COUNT = "count"
Mark = Literal["done", "failed", "open"]


class Finding(Struct, frozen=True):
    """A step of the day: done, gone wrong, or not done yet."""

    mark: Mark
    text: str


class Rehearsed(Struct, frozen=True):
    """What became of a rehearsal."""

    verified: Verified
    findings: list[Finding]

    @property
    def is_passed(self) -> bool:
        """Whether nothing went wrong."""
        return all(finding.mark != "failed" for finding in self.findings)


def count(
    kit: Path, logs: Sequence[Path], report: Report, pool: Executor | None = None
) -> Rehearsed:
    """Close, merge, mix, open, count and verify with the test keys; what happened.

    `logs`: sticks with exported logs, or whole kits brought back. A log that isn't here counts as
    lost, one that nobody closed as cut; both are findings, not errors.
    """
    folder, rehearsal = read_rehearsal(kit)
    whole = _fresh(folder, report)
    election = whole.election
    report.step("Logs: every entry against its checkpoint")
    for source in logs:
        _bring(folder, whole, election, source)
    behind = [name for source in logs for name in collect_copies(whole.bundle, election, source)]
    found = _logs(whole, election)
    report.step("Closing: signed by every test trustee")
    whole.close([], {name: log.declared for name, log in found.items() if log.declared})
    names = [trustee.name for trustee in election.manifest.trustees]
    whole.count(names, pool)
    report.note("Verified, as a stranger does it:")
    verified = whole.verify(pool)
    merge = verified.rebuilt.merge.record
    findings = [
        *(finding for log in found.values() for finding in log.findings(merge)),
        *_of_cards(found, merge),
        *(Finding("failed", f"a log doesn't reach a copied checkpoint: {name}") for name in behind),
        *_of_ballots(merge),
        Finding("done", f"{plural(merge.accepted, 'ballot')} counted, and the bundle verified"),
        *_of_openings(folder, rehearsal),
    ]
    return Rehearsed(verified, findings)


def _fresh(folder: Path, report: Report) -> OneMachine:
    """The test keys and documents in a new folder."""
    whole = OneMachine(folder / COUNT, report)
    shutil.rmtree(whole.folder, ignore_errors=True)
    for name in (MANIFEST, ROLL, COMMISSION, PASSPHRASE, COMMISSION_KEY):
        (whole.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, whole.folder / name)
    for name in (TRUSTEES, CEREMONY, ADDENDA):
        if (folder / name).exists():
            shutil.copytree(folder / name, whole.folder / name)
    return whole


def _bring(folder: Path, whole: OneMachine, election: Election, source: Path) -> None:
    """Exported logs below `source`, and those in the databases of whole kits."""
    brought = whole.folder / "brought"
    for kind, keys in ((BOXES, election.box_keys), (REGISTRIES, election.registrar_keys)):
        for database in DATABASES:
            for path in sorted(source.rglob(f"{kind}/*/{database}")):
                name = path.parent.name
                if name in keys and kind == BOXES:
                    export_dead(folder, name, path, brought / "box" / name)
                elif name in keys:
                    export_log(path.parent, brought / "registry" / name)
    for place in (source, brought):
        if any(place.rglob(CHECKPOINT)):
            collect(whole.bundle, election, place)


class _Log(Struct, frozen=True):
    """A log as it came back."""

    name: str
    """`box/kiosk-1`"""
    is_kiosk: bool
    size: int | None
    is_closed: bool
    used: dict[str, set[bytes]]
    """Of a box: registrar → the keys of its cards that cast here."""

    @property
    def declared(self) -> Declared | None:
        """What the closing says of it, unless it is whole."""
        if self.size is None:
            return Declared("lost", "rehearsal: not brought back")
        return None if self.is_closed else Declared("cut", "rehearsal: not closed")

    def findings(self, merge: MergeRecord) -> Iterator[Finding]:
        """Whether it came back, closed, and what was done there."""
        kind, name = self.name.split("/")
        what = f"{'box' if kind == 'box' else 'desk'} {name}"
        if self.size is None:
            yield Finding("failed", f"{what}: its log wasn't brought back")
            return
        if not self.is_closed:
            yield Finding("failed", f"{what}: nobody closed it, so it counts as cut")
        if kind == "box":
            box = next(box for box in merge.boxes if box.name == name)
            said = f"{box.cast} cast, {box.challenged} challenged, {box.accepted} counted"
            yield Finding("done" if box.cast else "failed", f"{what}: {said}")
            if self.is_kiosk and not box.challenged:
                yield Finding("open", f"{what}: nobody checked this machine with a challenge")
        else:
            registry = next(desk for desk in merge.registries if desk.name == name)
            cards = registry.certificates
            yield Finding(
                "done" if cards else "open", f"{what}: {plural(cards, 'card')} handed out"
            )


def _logs(whole: OneMachine, election: Election) -> dict[str, _Log]:
    bundle = FolderBundle(whole.bundle) if whole.bundle.exists() else None
    kiosks = {f"box/{box.name}" for box in election.boxes if box.channel == "in-person"}
    found = {}
    for origin in election.log_keys:
        name = origin.split("/", 2)[2]
        present = None if bundle is None else present_log(bundle, election, origin)
        if bundle is None or present is None:
            found[name] = _Log(name, name in kiosks, None, False, {})
        else:
            found[name] = _read(bundle.read, name, name in kiosks, present)
    return found


def _read(read: Callable[[str], bytes], name: str, is_kiosk: bool, checkpoint: Checkpoint) -> _Log:
    """A log's entries, looked through once."""
    log = ClosedLog(
        origin=checkpoint.origin, status="cut", size=checkpoint.size, root=checkpoint.root
    )
    kind = BoxEntry if name.startswith("box/") else RegistryEntry
    entry: object = None
    used: dict[str, set[bytes]] = {}
    for data in log_entries(read, log):
        try:
            entry = decode(data, kind)
        except EncodingError:
            continue
        if isinstance(entry, Cast):
            card = entry.ballot.certificate
            used.setdefault(card.registrar, set()).add(card.key)
    return _Log(name, is_kiosk, checkpoint.size, isinstance(entry, Close | RegistryClose), used)


def _of_cards(found: dict[str, _Log], merge: MergeRecord) -> Iterator[Finding]:
    """How many cards were used, and whether one was used in two places."""
    boxes = [log for log in found.values() if log.used]
    for registry in merge.registries:
        keys = [log.used.get(registry.name, set()) for log in boxes]
        once = set().union(*keys)
        said = f"{len(once)} of {registry.certificates} used, {registry.revoked} revoked"
        yield Finding("done", f"cards of {registry.name}: {said}")
        twice = sum(map(len, keys)) - len(once)
        if twice:
            yield Finding("failed", f"cards of {registry.name}: {twice} used in two boxes")


def _of_ballots(merge: MergeRecord) -> Iterator[Finding]:
    """What was set aside and why; who had equal cards of two desks."""
    reasons = [entry.reason for entry in merge.set_aside]
    for reason in sorted(set(reasons)):
        mark: Mark = "done" if reason in ("superseded", "revoked") else "failed"
        number = plural(reasons.count(reason), "ballot")
        yield Finding(mark, f"{number} set aside: {REASONS[reason]} ({reason})")
    if merge.conflicts:
        number = plural(len(merge.conflicts), "person")
        yield Finding("failed", f"{number} with equal cards of two desks; one ballot each counts")


def _of_openings(folder: Path, rehearsal: Rehearsal) -> Iterator[Finding]:
    """Each trustee's test opening with its real share."""
    if rehearsal.election is UNSET:
        yield Finding(
            "open", "the trustees' test openings: the real election wasn't signed yet; do them then"
        )
        return
    done = openings(folder)
    for name in rehearsal.trustees:
        if name in done:
            yield Finding("done", f"trustee {name} opened a test ballot with its real share")
        else:
            yield Finding("open", f"trustee {name}: no test opening with its real share yet")
