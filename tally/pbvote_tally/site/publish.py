"""`pbvote-tally publish`, its second half: from a published result to the site in a folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pbvote.core.errors import RefusedError
from pbvote.core.note import VerifyKey
from pbvote_tally import bundle as names
from pbvote_tally.bundle import FolderBundle
from pbvote_tally.correction import corrected, notes_in
from pbvote_tally.evidence import NAME as EVIDENCE
from pbvote_tally.evidence import findings
from pbvote_tally.explain.results import results_report
from pbvote_tally.published import read_published
from pbvote_tally.report import SILENT, Report
from pbvote_tally.site.ballots import Ballots
from pbvote_tally.site.folder import Folder, whole_folder
from pbvote_tally.site.open_data import write_downloads
from pbvote_tally.site.pages import Pages, languages_of, root_page
from pbvote_tally.site.receipts import receipt_files
from pbvote_tally.site.source import Source, read_ages
from pbvote_tally.verify import read_results

ASSETS = ("site.css", "site.js", "site.js.sha256", "icon.svg")


def must_be_signed(folder: Path, commission: VerifyKey) -> bool:
    """Whether results.note isn't there, or evidence was added since, which it must name.

    RefusedError if a correction follows that note: with another one before it, it would not hold.
    """
    bundle = FolderBundle(folder / "bundle")
    present = set(bundle.names())
    if names.RESULTS not in present:
        return True
    added = present - set(read_results(bundle, commission).files) - {names.RESULTS}
    if not any(map(EVIDENCE.fullmatch, added)):
        return False
    if notes_in(folder):
        raise RefusedError(
            "evidence was added to a result that was corrected since",
            where=", ".join(sorted(added)),
            hint="Take it out of the bundle, and publish it beside",
        )
    return True


def read_source(folder: Path, commission: VerifyKey, report: Report = SILENT) -> Source:
    """What an election's folder holds of its published result; errors as `read_published`."""
    bundle = FolderBundle(folder / "bundle")
    published = read_published(bundle, commission, report)
    notes = notes_in(folder)
    corrections = corrected(published, notes)
    return Source(
        bundle=bundle,
        published=published,
        corrected=corrections,
        notes=[note for _name, note in notes],
        reports=[results_report(bundle, published, one, report) for one in (None, *corrections)],
        ages=read_ages(folder),
        evidence=list(findings(bundle, published)),
    )


def write_site(source: Source, place: Path, report: Report = SILENT) -> int:
    """Write the whole site to `place`, or nothing; how many files it has.

    The same result gives the same bytes. RefusedError if something else lies there.
    """
    with whole_folder(place) as out:
        report.step("The site: downloads")
        downloads = write_downloads(source, out)
        report.step("The site: what checking a receipt reads")
        for name, data in receipt_files(
            source.bundle, source.published, Ballots(source.bundle, source.published)
        ):
            out.write(name, data)
        _write_assets(out)
        out.write(*root_page(source))
        for code, language in languages_of(source):
            report.step(f"The site: pages, {language}")
            for name, data in Pages(source, code).files(out.made, downloads):
                out.write(name, data)
        return len(out.made) + 1


def _write_assets(out: Folder) -> None:
    folder = files("pbvote_tally.site") / "assets"
    for name in ASSETS:
        out.write(f"assets/{name}", (folder / name).read_bytes())
