"""Every page of a site in one language, and the folder's first page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pbvote.language import LANGUAGES
from pbvote_tally.explain.wording import spoken
from pbvote_tally.fingerprint import in_words
from pbvote_tally.language import Words
from pbvote_tally.site.folder import Made
from pbvote_tally.site.open_data import Download
from pbvote_tally.site.others import (
    comparison_view,
    data_view,
    process_view,
    receipt_view,
    turnout_view,
)
from pbvote_tally.site.project import ProjectViews
from pbvote_tally.site.results import ResultsView, View
from pbvote_tally.site.source import Source

File = tuple[str, bytes]

# `file:` is for a page opened from a disk: Firefox doesn't hold its own folder to be 'self'.
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file:;"
    " base-uri 'none'; form-action 'none'"
)


def languages_of(source: Source) -> list[tuple[str, str]]:
    """The languages of the pages, with their own names."""
    return [(code, LANGUAGES[code]) for code in spoken(source.election.manifest.languages)]


def root_page(source: Source) -> File:
    """index.html: on to the first language's results."""
    languages = languages_of(source)
    code = languages[0][0]
    words = Words(code, source.election.manifest.languages[0])
    template = _environment().get_template("root.html")
    title = words.text(source.report.title)
    page = template.render(title=title, languages=languages, language=code, policy=POLICY)
    return "index.html", _bytes(page)


class Pages:
    """The pages of one language."""

    def __init__(self, source: Source, language: str) -> None:
        self._source, self._language = source, language
        self._ = Words(language, source.election.manifest.languages[0])
        self._said = _said(self._, source.report.currency)
        self._frame = {
            "language": language,
            "languages": languages_of(source),
            "election": self._.text(source.report.title),
            "is_test": source.election.is_test,
            "fingerprint": in_words(source.published.fingerprint),
            "menu": _menu(self._),
        }

    def files(self, made: Mapping[str, Made], downloads: Sequence[Download]) -> Iterator[File]:
        """Each page's name in the site, and its bytes. `made` has the downloads' sizes."""
        source, _ = self._source, self._
        for report in source.reports:
            name = "index.html" if report is source.report else f"result-{report.number}.html"
            yield self._page(name, "index.html", ResultsView(source, report, _).view())
        for (number, contest), reported in zip(
            source.contests, source.report.contests, strict=True
        ):
            views = ProjectViews(source, number, contest, reported, _)
            for name, view in views.views():
                yield self._page(name, "project.html", view)
        yield self._page("comparison.html", "comparison.html", comparison_view(source, _))
        yield self._page("turnout.html", "turnout.html", turnout_view(source, _))
        yield self._page("process.html", "process.html", process_view(source, _))
        yield self._page("receipt.html", "receipt.html", receipt_view(source, _))
        yield self._page("data.html", "data.html", data_view(source, made, downloads, _))

    def _page(self, name: str, template: str, view: View) -> File:
        frame = {**self._frame, "file": name}
        made = _environment().get_template(template)
        page = made.render(page=frame, policy=POLICY, **self._said, **view)
        return f"{self._language}/{name}", _bytes(page)


def _menu(_: Words) -> list[tuple[str, str]]:
    return [
        ("index.html", _("Results")),
        ("comparison.html", _("Other rules")),
        ("turnout.html", _("Turnout")),
        ("process.html", _("How it was counted")),
        ("receipt.html", _("Check your receipt")),
        ("data.html", _("Data and audit")),
    ]


@cache
def _environment() -> Environment:
    """Every value is escaped; only our own SVG is markup. A missing value is an error."""
    return Environment(
        loader=PackageLoader("pbvote_tally.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _said(words: Words, currency: str) -> View:
    """What templates say words and numbers with."""
    return {
        "_": words,
        "many": words.many,
        "money": lambda amount: words.amount(amount, currency),
        "share": words.percent,
    }


def _bytes(page: str) -> bytes:
    return page.encode("utf-8")
