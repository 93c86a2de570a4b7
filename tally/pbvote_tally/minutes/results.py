"""The minutes' parts about money: each envelope's result, its ties, and corrected results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pbvote.core.manifest import Correction
from pbvote.core.selection import Approval, Grades, Knapsack
from pbvote.paper.report import Table
from pbvote_tally.language import Words
from pbvote_tally.minutes.facts import ContestMinutes, Fallen, Minutes, ProjectResult
from pbvote_tally.minutes.said import NOT_CHOSEN, NOT_FUNDED, RULE, TIE
from pbvote_tally.minutes.section import Section, moment_of

LOT_DIGITS = 12


def results(minutes: Minutes, words: Words) -> list[Section]:
    """A part for each envelope."""
    _, corrected = words, bool(minutes.corrections)
    notes = (_("This first result was corrected; see below."),) if corrected else ()
    return [
        _result(minutes, one, _("Result: {title}", title=_.text(one.contest.title)), notes, _)
        for one in minutes.contests
    ]


def corrections(minutes: Minutes, words: Words) -> Iterator[Section]:
    """For each corrected result what was corrected, and its envelopes."""
    _ = words
    for place, one in enumerate(minutes.corrections):
        record = one.corrected.record
        last = place == len(minutes.corrections) - 1
        stands = (
            _("It takes the place of every result before.")
            if last
            else _("It was corrected again; see below.")
        )
        lines = tuple((line,) for line in correction_lines(minutes, record.corrections, _))
        yield Section(
            _("Corrected result {n}", n=record.number),
            before=(
                _(
                    "The ballots that were opened were counted again, as follows. {stands}",
                    stands=stands,
                ),
            ),
            rows=(
                (_("Signed at"), moment_of(minutes, _)(record.at)),
                (_("Reason"), record.reason),
            ),
            tables=(Table(_("Corrections"), ("",), lines),) if lines else (),
            after=() if lines else (_("All corrections before it were taken back."),),
        )
        for contest in one.contests:
            title = _(
                "Corrected result {n}: {title}",
                n=record.number,
                title=_.text(contest.contest.title),
            )
            yield _result(minutes, contest, title, (), _)


def correction_lines(minutes: Minutes, found: Sequence[Correction], words: Words) -> Iterator[str]:
    """A sentence for each correction of a project, with its reason."""
    _, election = words, minutes.published.election
    currency = election.manifest.currency
    for one in found:
        projects = {p.id: p for p in election.contest(one.contest).projects}
        project = projects[one.project]
        name = f"{project.number}, {_.text(project.title)}"
        if one.field == "withdrawn":
            what = _("{project}: withdrawn", project=name)
        elif isinstance(one.value, int):
            cost = _.amount(one.value, currency)
            what = _("{project}: costs {cost}", project=name, cost=cost)
        elif one.field == "title":
            what = _("{project}: another title", project=name)
        else:
            what = _("{project}: another description", project=name)
        yield _("{what}. Reason: {reason}", what=what, reason=_.text(one.reason))


def _result(
    minutes: Minutes, one: ContestMinutes, title: str, notes: tuple[str, ...], words: Words
) -> Section:
    _, currency = words, minutes.published.election.manifest.currency

    def money(amount: int) -> str:
        return _.amount(amount, currency)

    received = ((_("Received from other envelopes"), money(one.received)),) if one.received else ()
    rows = (
        (_("Rule"), _rule(one, _)),
        (_("Money in the envelope"), money(one.contest.budget)),
        *received,
        (_("Ballots"), _.number(one.ballots)),
        (_("of them blank"), _.number(one.blank)),
        (_("of them invalid"), _.number(one.invalid)),
        (_("Money given"), money(one.spent)),
        (_("Money left"), money(one.left)),
    )
    winners = tuple(
        (str(place), *_project(one, project, _), money(project.cost))
        for place, project in enumerate(one.winners, 1)
    )
    others = tuple(
        (*_project(one, project, _), money(project.cost), _(_why(project)))
        for project in one.others
    )
    head = (_("No."), _("Project"), _("Votes"), *_score_head(one, _))
    won = (_("Order"), *head, _("Cost"))
    lost = (*head, _("Cost"), _("Why not"))
    tables = (
        *((Table(_("Funded, in the order chosen"), won, winners),) if winners else ()),
        *((Table(_("Not funded"), lost, others),) if others else ()),
        *_ties(one, _),
    )
    before = notes if winners else (*notes, _("No project is funded."))
    return Section(title, before=before, rows=rows, tables=tables)


def _rule(one: ContestMinutes, words: Words) -> str:
    """The rule's name, and the parameters that the manifest gives it."""
    given = dict(one.contest.rule)
    name = given.pop("name")
    said = f"{words(RULE[name])} [{name}]" if name in RULE else name
    settings = ", ".join(f"{key} = {given[key]}" for key in sorted(given))
    return f"{said} ({settings})" if settings else said


def _score_head(one: ContestMinutes, words: Words) -> tuple[str, ...]:
    """Formats of ticks have no score but the votes."""
    if isinstance(one.contest.ballot, Approval | Knapsack):
        return ()
    if isinstance(one.contest.ballot, Grades):
        return (words("Average grade"),)
    return (words("Points"),)


def _project(one: ContestMinutes, project: ProjectResult, words: Words) -> tuple[str, ...]:
    cells = (project.number, words.text(project.title), words.number(project.votes))
    if isinstance(one.contest.ballot, Approval | Knapsack):
        return cells
    if isinstance(one.contest.ballot, Grades):
        return (*cells, words.decimal(project.score, 2))
    return (*cells, words.number(int(project.score)))


def _why(project: ProjectResult) -> str:
    return NOT_FUNDED.get(project.reason, NOT_CHOSEN)


def _ties(one: ContestMinutes, words: Words) -> tuple[Table, ...]:
    """Where the rule left several equal, and how their order was found."""
    _, names = words, {p.id: _named(p, words) for p in (*one.winners, *one.others)}
    won = {project.id for project in one.winners}
    rows = tuple(
        (
            _tied(tie, names, _),
            ", ".join(_(TIE.get(by, by)) for by in tie.by),
            _("yes") if 0 < len(won & set(tie.projects)) < len(tie.projects) else _("no"),
        )
        for tie in one.ties
    )
    if not rows:
        return ()
    title = _("Ties; where a lot decided, the lowest number comes first")
    return (Table(title, (_("Projects in order"), _("Decided by"), _("Some won, some not")), rows),)


def _named(project: ProjectResult, words: Words) -> str:
    return f"{project.number} {words.text(project.title)}"


def _tied(tie: Fallen, names: Mapping[str, str], words: Words) -> str:
    _, tied = words, [names[project] for project in tie.projects]
    if not tie.lots:
        return "; ".join(tied)
    lots = [lot.hex()[:LOT_DIGITS] for lot in tie.lots]
    pairs = zip(tied, lots, strict=True)
    return "; ".join(_("{project} (lot {lot}…)", project=one, lot=lot) for one, lot in pairs)
