"""`pbvote-tally explain`: why a project won or not, and what would have been enough."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, say, say_json

if TYPE_CHECKING:
    from pbvote_tally.explain.report import ContestReport
    from pbvote_tally.explain.sentences import Money


def explain(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DIR|FILE.pb", help="A published election's folder, or a Pabulib file."
        ),
    ],
    project: Annotated[
        str | None, typer.Argument(help="A project's id, or CONTEST/ID; all without it.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="fr, nl, de or en; else the election's first.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="For a .pb file: the rule to count by; else the file's.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value of that rule; repeat.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As in results.json, for programs.")] = False,
) -> None:
    """Say why each project won or not, in plain words, and what would have been enough.

    Without PROJECT, a table of all. Votes missing and the price at which it would have won are
    found by counting again; docs/rules.md says what exactly they mean.

    \b
    Example: pbvote-tally explain DIR p07 --language fr
    Example: pbvote-tally explain FILE.pb --rule equal-shares --set completion=none
    """
    import msgspec

    from pbvote_tally.explain.terminal import find, project_lines, table_lines
    from pbvote_tally.language import LANGUAGES, Words

    if language is not None and language not in LANGUAGES:
        from pbvote.core.errors import InputError

        there = ", ".join(LANGUAGES)
        raise InputError(f"no words in {language!r}", hint=f"There are: {there}")
    asked = None if json and project is None else {(project or "").rpartition("/")[2]}
    if source.is_dir():
        contests, spoken, money = _of_folder(source, language, asked, quiet=json)
    else:
        contests, spoken, money = _of_file(source, language, rule, settings or [], asked)
    words = Words(spoken, spoken)
    if project is not None:
        one = find(contests, project)
        if json:
            say_json(msgspec.to_builtins(one))
            return
        for line in project_lines(words, one, money):
            say(line)
    elif json:
        say_json(msgspec.to_builtins(contests))
    else:
        for contest in contests:
            say(words.text(contest.title))
            for line in table_lines(words, contest, money):
                say(line)


def _of_folder(
    folder: Path, language: str | None, asked: set[str] | None, *, quiet: bool
) -> tuple[list[ContestReport], str, Money]:
    """The result that holds, the last correction's if there are any."""
    from pbvote.files import COMMISSION, read_vkey
    from pbvote_tally.bundle import FolderBundle
    from pbvote_tally.correction import corrected, notes_in
    from pbvote_tally.explain.results import contest_reports
    from pbvote_tally.explain.wording import spoken
    from pbvote_tally.published import read_published

    with Steps(quiet=quiet) as steps:
        published = read_published(
            FolderBundle(folder / "bundle"), read_vkey(folder / COMMISSION), steps
        )
        done = corrected(published, notes_in(folder))
        manifest = published.election.manifest
        own = language or spoken(manifest.languages)[0]
        reports = contest_reports(published, done[-1] if done else None, [own], steps, asked)
    return reports, own, lambda _, amount: _.amount(amount, manifest.currency)


def _of_file(
    path: Path,
    language: str | None,
    rule: str | None,
    settings: list[str],
    asked: set[str] | None,
) -> tuple[list[ContestReport], str, Money]:
    from pbvote import pabulib
    from pbvote_tally.explain.contest import contest_report
    from pbvote_tally.explain.plain_file import sources_of_file
    from pbvote_tally.explain.wording import spoken
    from pbvote_tally.plain import read_settings

    given = sources_of_file(pabulib.read(path), language, rule, read_settings(settings))
    return [contest_report(given, asked)], spoken(given.languages)[0], given.money
