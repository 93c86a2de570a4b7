"""A contest's projects as a table, and one project's sentences, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from pbvote.core.errors import InputError
from pbvote_tally.explain.report import ContestReport, ProjectReport, Status
from pbvote_tally.explain.sentences import Money
from pbvote_tally.language import N_, Words

STATUS: dict[Status, str] = {
    "winner": N_("won"),
    "not-funded": N_("not funded"),
    "withdrawn": N_("withdrawn"),
}


def table_lines(_: Words, contest: ContestReport, money: Money) -> Iterator[str]:
    """A line a project: winners in the order chosen, then the others by their votes."""
    rows = [
        (
            _.number(project.position) if project.position else "",
            project.id,
            _.number(project.votes),
            money(_, project.cost),
            _(STATUS[project.status]),
            _.text(project.title),
        )
        for project in ordered(contest.projects)
    ]
    head = ("", _("Project"), _("Votes"), _("Cost"), "", "")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(5)]
    for row in [head, *rows]:
        cells = [
            cell.rjust(width) if column in (0, 2, 3) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        yield "  ".join([*cells, row[5]]).rstrip()


def project_lines(_: Words, project: ProjectReport, money: Money) -> Iterator[str]:
    """A project's sentences, and in Equal Shares its effective votes and who paid what."""
    yield f"{project.id}  {_.text(project.title)}"
    yield project.explanation[_.language]
    if project.effective_votes:
        votes = ", ".join(map(_.number, project.effective_votes))
        yield _("Effective votes at each purchase: {votes}", votes=votes)
    for line in project.payments:
        amount, voters = money(_, round(Fraction(line.amount))), line.voters
        yield _.many("{n} voter paid {amount}", "{n} voters paid {amount}", voters, amount=amount)


def ordered(projects: Sequence[ProjectReport]) -> list[ProjectReport]:
    """Winners in the order chosen, then the others, most votes first."""
    return sorted(
        projects, key=lambda project: (project.position or len(projects) + 1, -project.votes)
    )


def find(contests: Sequence[ContestReport], name: str) -> ProjectReport:
    """The project called so: `ID`, or `CONTEST/ID` where several contests have one of that id."""
    asked, _, project = name.rpartition("/")
    found = [
        (contest, one)
        for contest in contests
        for one in contest.projects
        if one.id == project and asked in ("", contest.id)
    ]
    if not found:
        raise InputError(f"there is no project {name!r}", hint="Leave it out to see them all")
    if len(found) > 1:
        choice = ", ".join(f"{contest.id}/{one.id}" for contest, one in found)
        raise InputError(f"several contests have a project {name!r}", hint=f"Name one: {choice}")
    return found[0][1]
