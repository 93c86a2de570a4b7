"""A contest's way from input column to opened elements: mixes, then openings (sections 9, 10)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from pbvote.core import shuffle, threshold
from pbvote.core.election import Election
from pbvote.core.encoding import decode
from pbvote.core.errors import PbvoteError, VerificationError
from pbvote.core.group import Element
from pbvote.core.manifest import Contest
from pbvote.core.note import open_note
from pbvote.core.sealing import Context, first_elements
from pbvote_tally import bundle as names
from pbvote_tally.bundle import Bundle
from pbvote_tally.records import MixRecord
from pbvote_tally.report import SILENT, Report


def trustees_in(bundle: Bundle, folder: str) -> list[int]:
    """The numbers i of a contest's `mix-<i>/` or of `opening-<i>/`, ascending."""
    pattern = re.compile(re.escape(folder) + r"-([1-9][0-9]{0,2})/")
    return sorted({int(m[1]) for name in bundle.names() if (m := pattern.match(name))})


def mixers(bundle: Bundle, contest: str) -> list[int]:
    """The trustees whose mixes of a contest the bundle holds."""
    return trustees_in(bundle, f"contests/{contest}/mix")


def openers(bundle: Bundle, contest: str) -> list[int]:
    """The trustees whose openings it holds; of the lot if `contest` is empty."""
    return trustees_in(bundle, f"contests/{contest}/opening" if contest else "lot/opening")


def verify_mixes(
    bundle: Bundle,
    election: Election,
    contest: Contest,
    column: bytes,
    executor: Executor | None = None,
    report: Report = SILENT,
) -> bytes:
    """The last column, every mix up to it checked against the one before (section 9)."""
    for number in mixers(bundle, contest.id) if column else []:
        report.step("{contest}: the mix of trustee {number}", contest=contest.id, number=number)
        column = verify_mix(bundle, election, contest, number, column, executor)
    return column


def verify_mix(
    bundle: Bundle,
    election: Election,
    contest: Contest,
    number: int,
    column: bytes,
    executor: Executor | None = None,
) -> bytes:
    """The column that trustee `number` made of `column`, its statement and proof checked."""
    where = names.mix_file(contest.id, number, "statement.note")
    _check_number(election, number, where)
    text = open_note(bundle.read(where), [election.trustee_keys[number - 1]], where)
    statement = decode(text.encode("utf-8").removesuffix(b"\n"), MixRecord, where)
    output = bundle.read(names.mix_file(contest.id, number, "output.bin"))
    proof = bundle.read(names.mix_file(contest.id, number, "proof.bin"))
    expected = MixRecord(
        election=election.id,
        contest=contest.id,
        trustee=number,
        input=hashlib.sha256(column).digest(),
        output=hashlib.sha256(output).digest(),
        proof=hashlib.sha256(proof).digest(),
    )
    if statement != expected:
        raise VerificationError(
            "the trustee signed another election, contest, number, input, output or proof",
            where=where,
        )
    context = Context(election.id, contest.id, number)
    _placed(
        names.mix_file(contest.id, number, "proof.bin"),
        lambda: shuffle.verify(
            context, election.key, column, output, proof, contest.width, executor
        ),
    )
    return output


def verify_openings(
    bundle: Bundle,
    election: Election,
    contest: str,
    elements: Sequence[Element],
    executor: Executor | None = None,
    report: Report = SILENT,
) -> dict[int, bytes]:
    """Trustee's number → shares, each proof checked (section 10). The lot is the contest ""."""
    openings = {}
    for number in openers(bundle, contest):
        where = names.opening_file(contest, number, "proof.bin")
        _check_number(election, number, where)
        if contest:
            report.step(
                "{contest}: the opening of trustee {number}", contest=contest, number=number
            )
        else:
            report.step("The lot: the opening of trustee {number}", number=number)
        shares = bundle.read(names.opening_file(contest, number, "shares.bin"))
        _verify_opening(election, contest, number, elements, shares, bundle.read(where), executor)
        openings[number] = shares
    return openings


def _verify_opening(
    election: Election,
    contest: str,
    number: int,
    elements: Sequence[Element],
    shares: bytes,
    proof: bytes,
    executor: Executor | None,
) -> None:
    context = Context(election.id, contest, number)
    public = election.public_shares[number - 1]
    _placed(
        names.opening_file(contest, number, "proof.bin"),
        lambda: threshold.verify_opening(context, public, elements, shares, proof, executor),
    )


def open_column(
    bundle: Bundle,
    election: Election,
    contest: Contest,
    column: bytes,
    executor: Executor | None = None,
    report: Report = SILENT,
) -> list[Element]:
    """The last column's elements M, opened by at least t trustees that all mixed."""
    mixed, opened = mixers(bundle, contest.id), openers(bundle, contest.id)
    where = f"contests/{contest.id}"
    if not column:
        if mixed or opened:
            raise VerificationError("mixes or openings of no ballots", where=where)
        return []
    need = election.manifest.threshold
    if len(mixed) < need or len(opened) < need:
        raise VerificationError(
            f"{len(mixed)} of the trustees mixed and {len(opened)} opened, at least {need} must",
            where=where,
            hint="Let more trustees take part",
        )
    if not set(opened) <= set(mixed):
        raise VerificationError("a trustee opened that didn't mix", where=where)
    elements = first_elements(column)
    openings = verify_openings(bundle, election, contest.id, elements, executor, report)
    return threshold.recover(column, openings, need, executor)


def open_lot(bundle: Bundle, election: Election, closing_hash: bytes) -> Element:
    """V, from the lot's openings by at least t trustees (section 10)."""
    element = threshold.lot_element(election.id, closing_hash)
    openings = verify_openings(bundle, election, "", [element])
    need = election.manifest.threshold
    if len(openings) < need:
        raise VerificationError(
            f"{len(openings)} of the trustees opened the lot, at least {need} must",
            where="lot",
            hint="Let more trustees take part",
        )
    return threshold.lot_value(openings, election.manifest.threshold)


def _check_number(election: Election, number: int, where: str) -> None:
    if number > len(election.manifest.trustees):
        raise VerificationError(f"there is no trustee {number}", where=where)


def _placed(where: str, check: Callable[[], None]) -> None:
    """Run a check of the core, which knows no files, and say which file failed it."""
    try:
        check()
    except PbvoteError as error:
        raise error.at(where) from None
