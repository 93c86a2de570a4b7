"""A project's page: its votes, why it is funded or not, and what would have been enough."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from msgspec import UNSET

from pbvote.core.encoding import Texts
from pbvote.core.manifest import Contest
from pbvote_tally.explain.report import ContestReport, Enough, ProjectReport
from pbvote_tally.language import Words
from pbvote_tally.site import charts
from pbvote_tally.site.results import View, in_order, number_text
from pbvote_tally.site.source import Source, hrefs, projects_of


class ProjectViews:
    """What the templates of a contest's project pages need, in one language."""

    def __init__(
        self, source: Source, number: int, contest: Contest, reported: ContestReport, words: Words
    ) -> None:
        self._source, self._contest, self._reported, self._ = source, contest, reported, words
        self._number = number
        self._pages = hrefs(number, contest)
        self._order = in_order(reported)

    def views(self) -> list[tuple[str, View]]:
        """Each page's file name and what it shows."""
        last = len(self._order) - 1
        views = []
        for at, project in enumerate(self._order):
            view = self._view(project)
            view["before"] = self._link(self._order[at - 1]) if at > 0 else None
            view["after"] = self._link(self._order[at + 1]) if at < last else None
            views.append((self._pages[project.id], {"p": view}))
        return views

    def _link(self, project: ProjectReport) -> View:
        return {"href": self._pages[project.id], "title": self._.text(project.title)}

    def _money(self, amount: int) -> str:
        return self._.amount(amount, self._source.report.currency)

    def _view(self, project: ProjectReport) -> View:
        _, manifest = self._, projects_of(self._contest)[project.id]
        valid = self._reported.ballots - self._reported.invalid
        return {
            "title": _.text(project.title),
            "contest": _.text(self._reported.title),
            "contest_number": self._number,
            "number": project.number,
            "status": project.status,
            "verdict": self._verdict(project),
            "votes": project.votes,
            "votes_share": _("{share} of the ballots", share=_.percent(project.votes, valid)),
            "cost": project.cost,
            "facts": self._facts(project),
            "explanation": (project.explanation.get(_.language) or "").split("\n"),
            "enough": self._enough(project.enough) if project.enough else [],
            **self._payments(project),
            **self._effective(project),
            "description": self._description(project, manifest.description),
            "proposer": "" if manifest.proposer is UNSET else _.text(manifest.proposer),
            "url": web_address(manifest.url),
            "corrections": self._corrections(project),
        }

    def _verdict(self, project: ProjectReport) -> str:
        _ = self._
        if project.position is not None:
            return _("Funded: number {position} of those chosen", position=project.position)
        if project.status == "withdrawn":
            return _("This project was withdrawn")
        return _("This project is not funded")

    def _facts(self, project: ProjectReport) -> list[tuple[str, str]]:
        _ = self._
        facts = []
        if project.score != str(project.votes):
            facts.append((_("Score"), number_text(_, project.score)))
        named = (
            (_("Category"), project.category),
            (_("Place"), project.place),
            (_("District"), project.district),
        )
        return facts + [(name, _.text(value)) for name, value in named if value]

    def _enough(self, enough: Enough) -> list[tuple[str, str, str]]:
        """What, how much, and what that means."""
        _, facts = self._, []
        if enough.votes is not None:
            means = _("on ballots that mark this project alone")
            facts.append((_("Votes more"), _.number(enough.votes), means))
        elif enough.no_votes == "impossible":
            facts.append((_("Votes more"), "–", _("no number would have been enough")))
        if enough.price is not None:
            means = _("or less, with the votes it has")
            facts.append((_("A cost of"), self._money(enough.price), means))
        elif enough.no_price == "impossible":
            facts.append((_("A cost of"), "–", _("none would have been low enough")))
        return facts

    def _payments(self, project: ProjectReport) -> View:
        _ = self._
        most = max((pay.voters for pay in project.payments), default=0)
        views = [
            {
                "amount": self._share(pay.amount),
                "bar": charts.bar(pay.voters, most, "winner"),
                "voters": _.many("{n} voter", "{n} voters", pay.voters),
            }
            for pay in project.payments
        ]
        rows = [(self._share(pay.amount), _.number(pay.voters)) for pay in project.payments]
        return {"payments": views, "payment_rows": rows}

    def _effective(self, project: ProjectReport) -> View:
        """Equal Shares: what its votes were worth each time a project was bought."""
        _, values = self._, project.effective_votes
        bought = [p.title for p in self._order if p.position is not None][: len(values)]
        rows = [
            (_.number(at), _.text(title), _.number(value))
            for at, (title, value) in enumerate(zip(bought, values, strict=False), 1)
        ]
        kinds = [
            "winner" if project.position == at else "plain" for at in range(1, len(values) + 1)
        ]
        return {
            "effective": charts.series(values, kinds) if values else "",
            "effective_rows": rows,
        }

    def _share(self, amount: str) -> str:
        """A voter's part of a cost, which may be no whole cent."""
        exact = Fraction(amount)
        about = "" if exact.denominator == 1 else "≈ "
        return about + self._money(int(exact + Fraction(1, 2)))

    def _description(self, project: ProjectReport, printed: Any) -> list[str]:
        text: str | Texts | None = None if printed is UNSET else printed
        for correction in self._source.election.corrections:
            if (correction.contest, correction.project, correction.field) == (
                self._contest.id,
                project.id,
                "description",
            ) and isinstance(correction.value, dict):
                text = correction.value
        return [line for line in self._.text(text).split("\n") if line.strip()] if text else []

    def _corrections(self, project: ProjectReport) -> list[str]:
        """The addenda's, and those of corrected results."""
        _ = self._
        later = self._source.corrected[-1].record.corrections if self._source.corrected else []
        lines = []
        for one in [*self._source.election.corrections, *later]:
            if (one.contest, one.project) != (self._contest.id, project.id):
                continue
            reason = _.text(one.reason)
            if one.field == "withdrawn":
                lines.append(_("It was withdrawn: {reason}", reason=reason))
            elif isinstance(one.value, int):
                cost = self._money(one.value)
                lines.append(_("Its cost is {cost}: {reason}", cost=cost, reason=reason))
            elif one.field == "title":
                lines.append(_("Its title was changed: {reason}", reason=reason))
            else:
                lines.append(_("Its description was changed: {reason}", reason=reason))
        return lines


def web_address(url: Any) -> str:
    """An address that a page may link to; nothing else that a manifest may hold is one."""
    if url is UNSET or not str(url).startswith(("https://", "http://")):
        return ""
    return str(url)
