"""results.json from a published result: everything the pages, the wall and the minutes show."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pbvote_tally.bundle import Bundle
from pbvote_tally.correction import Corrected
from pbvote_tally.count import lot_order
from pbvote_tally.explain.contest import contest_report, sources_of
from pbvote_tally.explain.report import ContestReport, ResultsReport
from pbvote_tally.explain.turnout import turnout
from pbvote_tally.published import Published
from pbvote_tally.report import SILENT, Report


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
    return ResultsReport(
        election=published.election.id.hex(),
        slug=published.election.slug,
        title=manifest.title,
        currency=manifest.currency,
        languages=list(manifest.languages),
        closing=published.closing.hash.hex(),
        number=corrected.record.number if corrected else 1,
        turnout=turnout(bundle, published.election, published.closing, published.merge),
        contests=contest_reports(published, corrected, manifest.languages, report),
    )


def contest_reports(
    published: Published,
    corrected: Corrected | None,
    languages: Sequence[str],
    report: Report = SILENT,
    asked: Collection[str] | None = None,
) -> list[ContestReport]:
    """Every contest's part, its sentences in these languages; `asked` as for `contest_report`."""
    added = corrected.record.corrections if corrected else []
    corrections = [*published.election.corrections, *added]
    counted = corrected.counted if corrected else published.counted
    currency = published.election.manifest.currency
    report.step("What would have been enough, and the other rules", len(counted))
    contests = []
    for one in counted:
        lot = lot_order(published.lot, one.contest.id)
        given = sources_of(one, corrections, lot, languages, currency)
        contests.append(contest_report(given, asked))
        report.advance(1)
    return contests
