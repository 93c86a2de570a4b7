"""results.json from a published result: everything the pages, the wall and the minutes show."""

from __future__ import annotations

from collections.abc import Sequence

from pbvote.core.manifest import Correction
from pbvote_tally.bundle import Bundle
from pbvote_tally.correction import Corrected
from pbvote_tally.count import lot_order
from pbvote_tally.explain.contest import contest_report, sources_of
from pbvote_tally.explain.report import ContestReport, ResultsReport
from pbvote_tally.explain.turnout import turnout
from pbvote_tally.published import Published
from pbvote_tally.report import SILENT, Report
from pbvote_tally.verify import Counted


def results_report(
    bundle: Bundle,
    published: Published,
    corrected: Corrected | None = None,
    report: Report = SILENT,
) -> ResultsReport:
    """All of results.json; `corrected` is the correction that holds, if there is one.

    `bundle` is the one that `published` was read from. Some seconds for Equal Shares: it is counted
    many times to find what would have been enough.
    """
    manifest = published.election.manifest
    added = corrected.record.corrections if corrected else []
    corrections = [*published.election.corrections, *added]
    counted = corrected.counted if corrected else published.counted
    report.step("What would have been enough, and the other rules", len(counted))
    contests = []
    for one in counted:
        contests.append(_contest(published, one, corrections))
        report.advance(1)
    return ResultsReport(
        election=published.election.id.hex(),
        slug=published.election.slug,
        title=manifest.title,
        currency=manifest.currency,
        languages=list(manifest.languages),
        closing=published.closing.hash.hex(),
        number=corrected.record.number if corrected else 1,
        turnout=turnout(bundle, published.election, published.closing, published.merge),
        contests=contests,
    )


def _contest(
    published: Published, counted: Counted, corrections: Sequence[Correction]
) -> ContestReport:
    manifest = published.election.manifest
    lot = lot_order(published.lot, counted.contest.id)
    given = sources_of(counted, corrections, lot, manifest.languages, manifest.currency)
    return contest_report(given)
