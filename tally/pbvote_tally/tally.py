"""The count, step by step, over a bundle that grows: merge, mix, open, count, publish.

Each step first rebuilds what it stands on from the signed documents and the logs, and writes its
files whole; killed anywhere, it is called again and goes on. `pbvote-tally run`, the single
commands and the public count call these and nothing else. On a trustee's own machine the same
steps run over a copy of the bundle, and the files written are brought back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import cached_property
from pathlib import Path

from pbvote.core import threshold
from pbvote.core.encoding import encode
from pbvote.core.errors import RefusedError, VerificationError
from pbvote.core.manifest import Contest
from pbvote.core.note import Signer, VerifyKey, sign_note
from pbvote.core.sealing import first_elements
from pbvote.core.selection import Vector
from pbvote.files import TEMPORARY, remove, write_bytes
from pbvote.words import plural
from pbvote_tally import bundle as names
from pbvote_tally import chain
from pbvote_tally.bundle import Bundle, FolderBundle, Held, Over
from pbvote_tally.custody import Trustee
from pbvote_tally.merge import Proved, nothing_proved
from pbvote_tally.rebuild import Rebuilt, rebuild
from pbvote_tally.records import Results
from pbvote_tally.report import SILENT, Report
from pbvote_tally.selections import read_selections, selections_csv
from pbvote_tally.verify import Counted, check_layout, count_again, verify

PART = re.compile(
    r"contests/[A-Za-z0-9._-]{1,64}/mix-[1-9][0-9]?/(output\.bin|proof\.bin|statement\.note)"
    r"|(contests/[A-Za-z0-9._-]{1,64}|lot)/opening-[1-9][0-9]?/(shares|proof)\.bin"
)

OPENING = "ahead/opening"
"""In the election's folder: written before the first opening. A trustee opens one column only, so
nobody may mix any more, whatever is killed before the opening's files are there."""

_ORDER = "Those who open have mixed, and all mixes come before the first opening"


class Tally:
    """A count in a folder. `source` is what is read, `out` where files are written.

    They are the same folder at the town hall; on a trustee's own machine `source` may be a zip of
    the bundle so far, and `out` what the trustee brings back.
    """

    def __init__(
        self,
        source: Bundle,
        out: Path,
        commission: VerifyKey,
        executor: Executor | None = None,
        report: Report = SILENT,
        proved: Proved = nothing_proved,
        opening: Path | None = None,
    ) -> None:
        """`proved` are entries whose proofs this machine has checked before (`ahead`).

        `opening` is the file that says that a trustee has begun to open (`OPENING`).
        """
        self._source, self._out, self._commission = source, out, commission
        self._executor, self._report, self._proved = executor, report, proved
        self._opening = opening
        self._checked: dict[tuple[str, int], bytes] = {}

    @cached_property
    def rebuilt(self) -> Rebuilt:
        """Everything up to the input columns, checked anew by this process."""
        return rebuild(self._source, self._commission, self._executor, self._report, self._proved)

    @property
    def contests(self) -> Sequence[Contest]:
        """The manifest's contests."""
        return self.rebuilt.election.manifest.contests

    def merge(self) -> Rebuilt:
        """Write merge.json and each contest's input.bin."""
        rebuilt = self.rebuilt
        self._write(names.MERGE, encode(rebuilt.merge.record))
        for contest in self.contests:
            self._write(names.input_file(contest.id), rebuilt.merge.column(contest.id))
        return rebuilt

    def mix(self, trustee: Trustee) -> None:
        """A trustee's mix of every contest that has ballots; done before is done (section 9)."""
        self._sweep()
        for contest in self.contests:
            if self.rebuilt.merge.column(contest.id):
                self._mix(trustee, contest)

    def _mix(self, trustee: Trustee, contest: Contest) -> None:
        election, number = self.rebuilt.election, trustee.number
        done = chain.mixers(self._source, contest.id)
        if number in done:
            return
        if done and done[-1] > number:
            raise _too_late(done[-1], contest.id)
        if self._is_opening(contest):
            raise _is_opened(contest.id)
        column = self._mixed(contest)
        self._report.step("{contest}: {trustee} mixes", contest=contest.id, trustee=trustee.name)
        output, proof, statement = trustee.mix(
            election, self.rebuilt.closing, contest.id, column, self._executor
        )
        parts = {"output.bin": output, "proof.bin": proof, "statement.note": statement}
        for part, data in parts.items():
            self._write(names.mix_file(contest.id, number, part), data)

    def open(self, trustee: Trustee) -> None:
        """A trustee's opening of the lot and of every contest it mixed (section 10).

        Before anything is opened it is kept that it was begun: from now on nobody mixes.
        """
        self._sweep()
        election, closing, number = self.rebuilt.election, self.rebuilt.closing, trustee.number
        columns = list(self._to_open(trustee))
        if self._opening is not None and self._is_at_home:
            write_bytes(self._opening, b"")
        for contest, column in columns:
            self._report.step(
                "{contest}: {trustee} opens", contest=contest.id, trustee=trustee.name
            )
            parts = trustee.open(election, closing, contest.id, column, self._executor)
            self._write_opening(contest.id, number, parts)
        if number not in chain.openers(self._source, ""):
            self._write_opening("", number, trustee.open_lot(election, closing))

    def _to_open(self, trustee: Trustee) -> Iterator[tuple[Contest, bytes]]:
        """What this trustee has still to open; RefusedError out of turn."""
        need, number = self.rebuilt.election.manifest.threshold, trustee.number
        for contest in self.contests:
            done = chain.openers(self._source, contest.id)
            if not self.rebuilt.merge.column(contest.id) or number in done:
                continue
            mixed = chain.mixers(self._source, contest.id)
            if number not in mixed or len(mixed) < need:
                raise RefusedError(
                    f"{contest.id} was mixed by {plural(len(mixed), 'trustee')}, {trustee.name} "
                    + ("among them" if number in mixed else "not among them"),
                    hint=_ORDER,
                )
            yield contest, self._mixed(contest)

    def _is_opening(self, contest: Contest) -> bool:
        """Whether a trustee has opened it, or decided to."""
        begun = self._opening is not None and self._opening.exists()
        return begun or bool(chain.openers(self._source, contest.id))

    def _write_opening(self, contest: str, number: int, parts: tuple[bytes, bytes]) -> None:
        for name, data in zip(("shares.bin", "proof.bin"), parts, strict=True):
            self._write(names.opening_file(contest, number, name), data)

    def count(self) -> list[Counted]:
        """Open every contest, write selections.csv, and count by the contests' rules."""
        self._sweep()
        election = self.rebuilt.election
        lot = chain.open_lot(self._source, election, self.rebuilt.closing.hash)
        selections = {contest.id: self._opened(contest) for contest in self.contests}
        self._report.step("The count, by each contest's rule")
        return count_again(election, selections, lot)

    def _opened(self, contest: Contest) -> list[Vector | None]:
        """The opened ballots of a contest, written to selections.csv."""
        column = self._mixed(contest)
        elements = chain.open_column(
            self._source, self.rebuilt.election, contest, column, self._executor, self._report
        )
        selections = read_selections(contest, elements)
        self._write(names.selections_file(contest.id), selections_csv(contest, selections))
        return selections

    def publish(self, commission: Signer) -> list[Counted]:
        """Count, and sign results.note over every file of the bundle (section 12).

        Nothing is published because of what was `proved` before: then the whole bundle is verified
        from scratch, with the note, before the note is written.
        """
        if commission.verify_key != self._commission:
            raise VerificationError("this isn't the commission's key", where=commission.name)
        self.merge()
        counted = self.count()
        check_layout(self._source, self.rebuilt)
        files = {n: self._source.sha256(n) for n in self._source.names() if n != names.RESULTS}
        results = Results(
            election=self.rebuilt.election.id,
            closing=self.rebuilt.closing.hash,
            contests=[c.result for c in counted],
            files=files,
        )
        self._report.step("Results: signed by the commission")
        note = sign_note(encode(results).decode("utf-8") + "\n", [commission])
        if self._proved is not nothing_proved:
            self._check_anew(note)
        self._write(names.RESULTS, note)
        return counted

    def _check_anew(self, note: bytes) -> None:
        bundle = Over(self._source, {names.RESULTS: note})
        try:
            verify(bundle, self._commission, executor=self._executor, report=self._report)
        except VerificationError as error:
            if error.where != names.MERGE:
                raise
            raise VerificationError(
                "a ballot was counted as checked ahead, but its proof doesn't hold",
                where=names.MERGE,
                hint="Nothing was signed. Ask who wrote in the folder `ahead`",
            ) from None

    def take(self, brought: Bundle) -> list[str]:
        """Take the mixes and openings that a trustee brings, once they are checked here.

        Their files' names; none for what is here already. Nothing is taken if a proof or signature
        doesn't hold; RefusedError for what comes out of order, or beside another of the trustee's.
        """
        self._sweep()
        held = Held({n: brought.read(n) for n in brought.names() if PART.fullmatch(n)})
        own = set(self._source.names())
        new = Held({name: held.read(name) for name in held.names() if name not in own})
        if new.names():
            self._check_places(new)
            for contest in self.contests:
                self._check_brought(contest, new)
            lot = threshold.lot_element(self.rebuilt.election.id, self.rebuilt.closing.hash)
            chain.verify_openings(
                new, self.rebuilt.election, "", [lot], self._executor, self._report
            )
        return _take_parts(self._out, held)

    def _check_places(self, brought: Bundle) -> None:
        """Only contests that have ballots are mixed and opened, and the lot."""
        column = self.rebuilt.merge.column
        places = ("lot/", *(f"contests/{c.id}/" for c in self.contests if column(c.id)))
        for name in brought.names():
            if not name.startswith(places):
                raise VerificationError("it has no place in a bundle", where=name)

    def _check_brought(self, contest: Contest, brought: Bundle) -> None:
        election, column = self.rebuilt.election, self._mixed(contest)
        done = chain.mixers(self._source, contest.id)
        mixed, opened = chain.mixers(brought, contest.id), chain.openers(brought, contest.id)
        if mixed and done and done[-1] > mixed[0]:
            raise _too_late(done[-1], contest.id)
        if mixed and self._is_opening(contest):
            raise _is_opened(contest.id)
        if mixed:
            column = chain.verify_mixes(
                brought, election, contest, column, self._executor, self._report
            )
        if opened and not set(opened) <= {*done, *mixed}:
            raise RefusedError(
                f"an opening of {contest.id} by a trustee that didn't mix it",
                hint="Only those who mixed it open it",
            )
        if opened and len({*done, *mixed}) < election.manifest.threshold:
            raise RefusedError(
                f"an opening of {contest.id}, which too few trustees have mixed", hint=_ORDER
            )
        elements = first_elements(column)
        chain.verify_openings(brought, election, contest.id, elements, self._executor, self._report)

    @property
    def _is_at_home(self) -> bool:
        """Whether files are written where they are read: at the town hall."""
        return isinstance(self._source, FolderBundle) and self._source.folder == self._out

    def _sweep(self) -> None:
        """Remove what a kill left half written here; its trustee gives it again, bit by bit."""
        if not self._is_at_home:
            return
        for left in self._out.rglob(f"{TEMPORARY}*"):
            remove(left)
        parts: dict[str, list[str]] = defaultdict(list)
        for name in filter(PART.fullmatch, self._source.names()):
            parts[name.rpartition("/")[0]].append(name)
        for folder, present in parts.items():
            if len(present) < (3 if "/mix-" in folder else 2):
                for name in present:
                    remove(self._out / name)

    def run(self, trustees: Sequence[Trustee], commission: Signer) -> list[Counted]:
        """Every step, with these trustees in the order of their numbers."""
        self.merge()
        for trustee in trustees:
            self.mix(trustee)
        for trustee in trustees:
            self.open(trustee)
        return self.publish(commission)

    def _mixed(self, contest: Contest) -> bytes:
        """The last column; a mix that this process has checked isn't checked again."""
        column = self.rebuilt.merge.column(contest.id)
        for number in chain.mixers(self._source, contest.id) if column else []:
            place = (contest.id, number)
            if place not in self._checked:
                self._report.step(
                    "{contest}: the mix of trustee {number} is checked",
                    contest=contest.id,
                    number=number,
                )
                self._checked[place] = chain.verify_mix(
                    self._source, self.rebuilt.election, contest, number, column, self._executor
                )
            column = self._checked[place]
        return column

    def _write(self, name: str, data: bytes) -> None:
        write_bytes(self._out / name, data)


def _too_late(after: int, contest: str) -> RefusedError:
    return RefusedError(
        f"trustee {after} has mixed {contest} already",
        hint="Trustees mix in the order of their numbers; the count goes on without",
    )


def _is_opened(contest: str) -> RefusedError:
    return RefusedError(f"{contest} is being opened", hint="It can't be mixed again")


def _take_parts(folder: Path, brought: Bundle) -> list[str]:
    """Put mixes and openings that were checked into the bundle's folder; the names of new ones.

    Files that are there already stay; RefusedError if one differs.
    """
    own = FolderBundle(folder)
    present = set(own.names())
    parts = [name for name in brought.names() if PART.fullmatch(name)]
    for name in parts:
        if name in present and own.read(name) != brought.read(name):
            raise RefusedError(
                "another one is here already",
                where=name,
                hint="A trustee mixes and opens once; ask which of the two is right",
            )
    taken = [name for name in parts if name not in present]
    for name in taken:
        write_bytes(folder / name, brought.read(name))
    return taken
