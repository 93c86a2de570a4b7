"""The results page: winners first, then the money, the votes, the map and the count."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from msgspec import UNSET

from pbvote.core.encoding import unix_time
from pbvote.core.manifest import Contest
from pbvote_tally.explain.report import ContestReport, ProjectReport, ResultsReport, StepReport
from pbvote_tally.language import Words
from pbvote_tally.records import ContestResult
from pbvote_tally.site import charts
from pbvote_tally.site.source import Source, hrefs, projects_of
from pbvote_tally.site.wording import rule_means, rule_title, tie_text, why

View = dict[str, Any]


class ResultsView:
    """What the template of a results page needs, in one language."""

    def __init__(self, source: Source, report: ResultsReport, words: Words) -> None:
        self._source, self._report, self._ = source, report, words
        self._zone = source.election.manifest.time_zone

    def view(self) -> View:
        """The page of this result, with its corrections if it is the one that holds."""
        _, report = self._, self._report
        holds = report is self._source.report
        won = sum(p.status == "winner" for c in report.contests for p in c.projects)
        return {
            "heading": _("Results") if holds else _("First result"),
            "first": not holds,
            "lead": self._lead(won),
            "report": report,
            "won": won,
            "projects": sum(len(c.projects) for c in report.contests),
            "spent": sum(c.spent for c in report.contests),
            "budget": sum(c.budget for c in report.contests),
            "corrections": self._corrections() if holds else [],
            "contests": [
                self._contest(number, contest, reported)
                for (number, contest), reported in zip(
                    self._source.contests, report.contests, strict=True
                )
            ],
        }

    def _money(self, amount: int) -> str:
        return self._.amount(amount, self._report.currency)

    def _lead(self, won: int) -> str:
        ballots = self._report.turnout.ballots
        return (
            self._.many("{n} person decided.", "{n} people decided together.", ballots)
            + " "
            + self._.many("{n} project is funded.", "{n} projects are funded.", won)
        )

    def _corrections(self) -> list[View]:
        """Each correction beside the result before it, the last one first."""
        first = [one.result for one in self._source.published.counted]
        before, views = first, []
        for corrected in self._source.corrected:
            record = corrected.record
            views.append(
                {
                    "number": record.number,
                    "at": self._.date(unix_time(record.at), self._zone),
                    "reason": record.reason,
                    "changes": [self._change(c) for c in record.corrections],
                    "contests": self._beside(before, record.contests),
                }
            )
            before = record.contests
        return views[::-1]

    def _change(self, correction: Any) -> str:
        _, contest = self._, self._source.election.contest(correction.contest)
        title = _.text(projects_of(contest)[correction.project].title)
        reason = _.text(correction.reason)
        if correction.field == "withdrawn":
            return _("{title} is withdrawn: {reason}", title=title, reason=reason)
        cost = self._money(correction.value)
        return _("{title} costs {cost}: {reason}", title=title, cost=cost, reason=reason)

    def _beside(self, before: list[ContestResult], after: list[ContestResult]) -> list[View]:
        views = []
        for (_number, contest), old, new in zip(self._source.contests, before, after, strict=True):
            titles = {p.id: self._.text(p.title) for p in contest.projects}
            views.append(
                {
                    "title": self._.text(contest.title),
                    "before": [titles[name] for name in old.winners],
                    "after": [titles[name] for name in new.winners],
                    "gone": {titles[name] for name in set(old.winners) - set(new.winners)},
                    "new": {titles[name] for name in set(new.winners) - set(old.winners)},
                }
            )
        return views

    def _contest(self, number: int, contest: Contest, reported: ContestReport) -> View:
        pages = hrefs(number, contest)
        order = in_order(reported)
        winners = [p for p in order if p.status == "winner"]
        return {
            "number": number,
            "title": self._.text(reported.title),
            "winners": [self._winner(p, pages) for p in winners],
            **self._money_view(reported, winners),
            **self._votes_view(reported, order, pages),
            **self._map_view(contest, reported, pages),
            **self._count_view(reported),
            **self._voters_view(reported),
        }

    def _winner(self, project: ProjectReport, pages: Mapping[str, str]) -> View:
        return {
            "title": self._.text(project.title),
            "href": pages[project.id],
            "where": " · ".join(whereabouts(self._, project)),
            "cost": project.cost,
            "votes_text": self._.many("{n} vote", "{n} votes", project.votes),
        }

    def _money_view(self, reported: ContestReport, winners: list[ProjectReport]) -> View:
        _, whole = self._, reported.budget + reported.received
        parts = [charts.Part(p.cost, f"won-{i % 2}") for i, p in enumerate(winners)]
        text = _(
            "Given: {spent} of {budget}.",
            spent=self._money(reported.spent),
            budget=self._money(whole),
        )
        if reported.left > 0:
            text += " " + _("Left: {left}.", left=self._money(reported.left))
        if reported.left < 0:
            over = self._money(-reported.left)
            text += " " + _("That is {over} more, as the town's rule allows.", over=over)
        if reported.received:
            received = self._money(reported.received)
            text += " " + _("{received} came from other envelopes.", received=received)
        rows = [(_.text(p.title), self._money(p.cost)) for p in winners]
        rows.append((_("Left"), self._money(reported.left)))
        return {
            "money_bar": charts.stacked(parts, whole),
            "money_text": text,
            "money_rows": rows,
        }

    def _votes_view(
        self, reported: ContestReport, order: list[ProjectReport], pages: Mapping[str, str]
    ) -> View:
        _ = self._
        most = max((p.votes for p in order), default=0)
        scored = any(p.score != str(p.votes) for p in order)
        heads = [_("Project"), _("Number"), _("Votes"), _("Cost"), _("Result")]
        rows = [
            [
                _.text(p.title),
                p.number,
                _.number(p.votes),
                self._money(p.cost),
                status_text(_, p),
            ]
            for p in order
        ]
        if scored:
            heads.insert(3, _("Score"))
            for row, project in zip(rows, order, strict=True):
                row.insert(3, number_text(_, project.score))
        return {
            "ballots_text": _.many("{n} ballot.", "{n} ballots.", reported.ballots)
            + " "
            + _(
                "Blank: {blank}; invalid: {invalid}.",
                blank=_.number(reported.blank),
                invalid=_.number(reported.invalid),
            ),
            "bars": [
                {
                    "title": _.text(p.title),
                    "href": pages[p.id],
                    "won": p.status == "winner",
                    "votes": p.votes,
                    "bar": charts.bar(p.votes, most, "winner" if p.status == "winner" else "plain"),
                }
                for p in order
            ],
            "project_heads": heads,
            "project_rows": rows,
            "project_numeric": (2, 3, 4) if scored else (2, 3),
        }

    def _map_view(
        self, contest: Contest, reported: ContestReport, pages: Mapping[str, str]
    ) -> View:
        _, dots, rows = self._, [], []
        known = projects_of(contest)
        for project in reported.projects:
            place = coordinates(known[project.id].latitude, known[project.id].longitude)
            if place is None:
                continue
            title, won = _.text(project.title), project.status == "winner"
            dots.append(charts.Dot(*place, project.number, title, pages[project.id], won))
            where = _.text(project.place) if project.place else ""
            rows.append((title, project.number, where, f"{place[0]:g}", f"{place[1]:g}"))
        label = _("Map of the projects: {contest}", contest=_.text(reported.title))
        return {"map": charts.plan(dots, label) if dots else None, "map_rows": rows}

    def _count_view(self, reported: ContestReport) -> View:
        _ = self._
        whole = left = reported.budget + reported.received
        known = {p.id: p for p in reported.projects}
        steps: list[View] = []
        parts: list[charts.Part] = []
        for number, step in enumerate(reported.steps, 1):
            project = known[step.project]
            won = step.reason == "chosen"
            if won:
                left -= project.cost
                parts.append(charts.Part(project.cost, f"won-{len(parts) % 2}", number))
            text = self._step_text(project, left) if won else self._why(step, reported)
            steps.append({"title": _.text(project.title), "won": won, "text": text})
        return {
            "rule": rule_title(_, reported.rule),
            "rule_means": rule_means(_, reported.rule),
            "steps": steps,
            "count_bar": charts.stacked(parts, whole),
            "ties": [
                {"text": tie_text(_, tie, reported), "decided": tie.decided}
                for tie in sorted(reported.ties, key=lambda tie: not tie.decided)
            ],
        }

    def _step_text(self, project: ProjectReport, left: int) -> str:
        _ = self._
        votes = _.many("{n} vote", "{n} votes", project.votes)
        return _(
            "funded with {cost} ({votes}). Left: {left}.",
            cost=self._money(project.cost),
            votes=votes,
            left=self._money(left),
        )

    def _why(self, step: StepReport, reported: ContestReport) -> str:
        text = why(self._, step, reported)
        if step.reason == "too-dear" and step.numbers.get("left", "").isdigit():
            cost = next(p.cost for p in reported.projects if p.id == step.project)
            left = self._money(int(step.numbers["left"]))
            text = self._("it costs {cost}, {left} is left.", cost=self._money(cost), left=left)
        return text

    def _voters_view(self, reported: ContestReport) -> View:
        _, voters = self._, reported.voters
        text = _(
            "{share} of the voters have a funded project among those they voted for;"
            " on average a voter has {average}.",
            share=_.percent(voters.with_a_winner, voters.ballots),
            average=number_text(_, voters.average_winners),
        )
        districts = [d for d in voters.districts if d.district]
        if not districts:
            return {"voters_text": text, "district_rows": []}
        named = [(d.district or _("Without a district"), d) for d in voters.districts]
        money = sum(d.money for _title, d in named)
        votes = sum(d.votes for _title, d in named)
        return {
            "voters_text": text,
            "district_rows": [(t, self._money(d.money), _.number(d.votes)) for t, d in named],
            "district_bars": [
                {
                    "title": title,
                    "money_bar": charts.bar(d.money, money, "winner"),
                    "money": _.percent(d.money, money),
                    "votes_bar": charts.bar(d.votes, votes, "second"),
                    "votes": _.percent(d.votes, votes),
                }
                for title, d in named
            ],
        }


def in_order(reported: ContestReport) -> list[ProjectReport]:
    """Winners in the order chosen, then the others by votes, those withdrawn last."""

    def place(project: ProjectReport) -> tuple[int, int]:
        if project.position is not None:
            return (0, project.position)
        return (2 if project.status == "withdrawn" else 1, -project.votes)

    return sorted(reported.projects, key=place)


def status_text(_: Words, project: ProjectReport) -> str:
    """What became of it, in two words."""
    if project.status == "winner":
        return _("funded")
    return _("withdrawn") if project.status == "withdrawn" else _("not funded")


def whereabouts(_: Words, project: ProjectReport) -> list[str]:
    """Its category, place and district, as far as it has them, none said twice."""
    texts = [project.category, project.place, project.district]
    return list(dict.fromkeys(_.text(text) for text in texts if text))


def number_text(_: Words, fraction: str) -> str:
    """A fraction, to two digits unless it is whole."""
    number = Fraction(fraction)
    return _.number(int(number)) if number.denominator == 1 else _.decimal(number, 2)


def coordinates(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """Degrees of a project's texts; None if it has none, or they are nowhere on earth."""
    if latitude is UNSET or longitude is UNSET:
        return None
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return None
    return (north, east) if abs(north) <= 85 and abs(east) <= 180 else None
