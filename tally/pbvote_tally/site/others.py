"""The other pages: comparison, turnout, how it was counted, the receipt check, data and audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pbvote.core.closing import Status
from pbvote.core.encoding import Texts, unix_time
from pbvote.language import N_
from pbvote_tally import chain
from pbvote_tally.explain.report import By, Group
from pbvote_tally.explain.turnout import LEAST
from pbvote_tally.fingerprint import in_hex
from pbvote_tally.language import Words
from pbvote_tally.minutes.said import FINDING
from pbvote_tally.site import charts
from pbvote_tally.site.folder import Made
from pbvote_tally.site.open_data import FOLDER, Download
from pbvote_tally.site.results import View, in_order
from pbvote_tally.site.source import AGES, AgeGroup, Source, hrefs
from pbvote_tally.site.wording import ASIDE, rule_means, rule_title

TABLES: Mapping[By, str] = {
    "channel": N_("By the way of voting"),
    "box": N_("By ballot box"),
    "district": N_("By district"),
}
STATUS: Mapping[Status, str] = {
    "closed": N_("closed"),
    "cut": N_("cut off: counted up to its last signed state"),
    "lost": N_("lost: nothing of it could be counted"),
}
MEGA, KILO = 1_000_000, 1_000


def comparison_view(source: Source, _: Words) -> View:
    """The same ballots under the other rules."""
    views = []
    for (number, contest), reported in zip(source.contests, source.report.contests, strict=True):
        official = {p.id for p in reported.projects if p.status == "winner"}
        # rule, its winners, what they cost, whether it is the official one
        counts = [(reported.rule, official, reported.spent, True)] + [
            (other.rule, set(other.winners), other.spent, False) for other in reported.comparison
        ]
        most = max(reported.budget + reported.received, *(spent for _r, _w, spent, _o in counts))
        pages = hrefs(number, contest)
        views.append(
            {
                "number": number,
                "title": _.text(reported.title),
                "rules": [
                    {
                        "title": rule_title(_, rule),
                        "means": rule_means(_, rule),
                        "official": is_official,
                        "number": len(won),
                        "spent": spent,
                        "same": len(won & official),
                        "bar": charts.bar(spent, most, "winner" if is_official else "plain"),
                    }
                    for rule, won, spent, is_official in counts
                ],
                "rows": [
                    {
                        "title": _.text(project.title),
                        "href": pages[project.id],
                        "votes": project.votes,
                        "cells": [project.id in won for _rule, won, _spent, _official in counts],
                    }
                    for project in in_order(reported)
                    if any(project.id in won for _rule, won, _spent, _official in counts)
                ],
                "others": sum(
                    not any(project.id in won for _rule, won, _spent, _official in counts)
                    for project in reported.projects
                ),
            }
        )
    return {"contests": views}


def turnout_view(source: Source, _: Words) -> View:
    """Who voted, by groups of ten people or more, each table with its source."""
    turnout = source.report.turnout
    tables = [
        _table(_, _(TABLES[table.by]), _.text(table.source), table.groups)
        for table in turnout.tables
    ]
    if source.ages:
        text = _("The registrar, from the private roll ({file})", file=AGES)
        tables.append(_table(_, _("By age group"), text, age_groups(source.ages)))
    return {"turnout": turnout, "tables": tables}


def age_groups(ages: Sequence[AgeGroup]) -> list[Group]:
    """Neighbours are put together until at least ten people of each group voted."""
    joined: list[AgeGroup] = []
    for group in ages:
        if joined and joined[-1].ballots < LEAST:
            joined[-1] = _both(joined[-1], group)
        else:
            joined.append(group)
    if len(joined) > 1 and joined[-1].ballots < LEAST:
        last = joined.pop()
        joined[-1] = _both(joined[-1], last)
    return [
        Group(names=[g.name], title={"": g.name}, ballots=g.ballots, roll=g.people) for g in joined
    ]


def _both(one: AgeGroup, other: AgeGroup) -> AgeGroup:
    name = f"{one.name} + {other.name}"
    return AgeGroup(name, one.people + other.people, one.ballots + other.ballots)


def _table(_: Words, title: str, source: str, groups: Sequence[Group]) -> View:
    shares = all(group.roll for group in groups)
    most = 1 if shares else max((group.ballots for group in groups), default=0)
    heads = [_("Group"), _("Ballots that count")]
    if shares:
        heads += [_("People"), _("Turnout")]
    views, rows = [], []
    for group in groups:
        ballots, roll = group.ballots, group.roll or 0
        name, share = _.text(group.title), _.percent(ballots, roll)
        bar = charts.bar(ballots, roll if shares else most, "winner")
        number = _.number(ballots)
        value = f"{share} ({number})" if shares else number
        views.append({"title": name, "bar": bar, "value": value})
        rows.append([name, number, *([_.number(roll), share] if shares else [])])
    return {"title": title, "source": source, "groups": views, "heads": heads, "rows": rows}


def process_view(source: Source, _: Words) -> View:
    """The stages from the first signature to the result, and what was checked in each."""
    merge, election = source.published.merge, source.election
    reasons = Counter(entry.reason for entry in merge.set_aside)
    logs = {log.origin: log for log in source.published.closing.closing.logs}
    boxes = []
    for box, counted in zip(election.boxes, merge.boxes, strict=True):
        log = logs[election.box_keys[box.name].name]
        status = _(STATUS[log.status])
        boxes.append(
            {
                "title": box_title(_, box.name, box.place),
                "status": f"{status} ({log.reason})" if log.status != "closed" else status,
                "cast": counted.cast,
                "challenged": counted.challenged,
                "accepted": counted.accepted,
            }
        )
    return {
        "stages": _stages(source, _),
        "boxes": boxes,
        "aside": [
            {"why": _(ASIDE[reason]), "reason": reason, "number": number}
            for reason, number in reasons.items()
        ],
        "evidence": [
            {"file": found.file, "finding": _(FINDING[found.finding]), "detail": found.detail}
            for found in source.evidence
        ],
        "conflicts": [
            _(
                "Two desks gave one person a card of the same number ({places}); one ballot"
                " counts.",
                places=", ".join(f"{p.box} {p.index}" for p in conflict.entries),
            )
            for conflict in merge.conflicts
        ],
    }


def _stages(source: Source, _: Words) -> list[View]:
    manifest, closing = source.election.manifest, source.published.closing.closing
    trustees = [trustee.name for trustee in manifest.trustees]
    mixed, opened = _who(source, chain.mixers), _who(source, chain.openers)
    at = _.moment(unix_time(closing.at), manifest.time_zone)
    rules = dict.fromkeys(rule_title(_, c.rule) for c in source.report.contests)
    return [
        _stage(
            _("Before the vote"),
            _(
                "The commission and all trustees ({trustees}) signed what is voted on: projects,"
                " money, rule, dates. Together the trustees made the key that ballots are sealed"
                " to; {threshold} of them are needed to open anything.",
                trustees=", ".join(trustees),
                threshold=manifest.threshold,
            ),
            _("every signature, and each trustee's proof that it knows its part of the key"),
        ),
        _stage(
            _("The vote"),
            _(
                "Each ballot was sealed on the machine on which it was filled in, put into a"
                " ballot box and answered with a receipt. A box's log only ever grows."
            ),
            _("each sealed ballot's proof, and that a registrar handed out its card"),
        ),
        _stage(
            _("The closing"),
            _(
                "At {at} the commission and the trustees signed what every box and registry held."
                " Nothing was added after that.",
                at=at,
            ),
            _("each log, entry by entry, against the signed state"),
        ),
        _stage(
            _("The merge"),
            _.many(
                "Of several ballots of one person one stays. {n} ballot counts.",
                "Of several ballots of one person one stays. {n} ballots count.",
                source.published.merge.accepted,
            ),
            _("that the same logs give the same ballots again"),
        ),
        _stage(
            _("The mix"),
            _(
                "{trustees} each shuffled and sealed all ballots again, so that nobody can tell"
                " whose is whose, and proved that none was changed, lost or added.",
                trustees=mixed or _("Nobody"),
            ),
            _("the proof of every mix"),
        ),
        _stage(
            _("The opening"),
            _(
                "{trustees} opened the mixed ballots together, and drew the lot that breaks ties.",
                trustees=opened or _("Nobody"),
            ),
            _("the proof of every opening, and the lot's"),
        ),
        _stage(
            _("The count"),
            _(
                "The open ballots were counted by the rule that was signed before the vote"
                " ({rules}), with exact numbers.",
                rules="; ".join(rules),
            ),
            _("the count, by doing it again"),
        ),
    ]


def _stage(title: str, line: str, check: str) -> View:
    return {"title": title, "line": line, "check": check}


def _who(source: Source, numbers: Callable[[Any, str], list[int]]) -> str:
    """The trustees who did it in any contest, by name."""
    trustees = source.election.manifest.trustees
    found = {n for _at, contest in source.contests for n in numbers(source.bundle, contest.id)}
    return ", ".join(trustees[n - 1].name for n in sorted(found))


def box_title(_: Words, name: str, place: str | Texts) -> str:
    """A box by its place and name."""
    where = _.text(place)
    return name if where == name else f"{where} ({name})"


def receipt_view(source: Source, _: Words) -> View:
    """The words that the receipt check says in the browser."""
    boxes = [box_title(_, box.name, box.place) for box in source.election.boxes]
    reasons = {reason: _(text) for reason, text in ASIDE.items()}
    texts = {
        "busy": _("Checking …"),
        "absent": _(
            "A file of these pages is missing, so nothing can be said. Is the folder whole?"
        ),
        "contradiction": _("What is published contradicts itself. Tell the commission:"),
        "given-partial": _("This receipt was read only in part. Scan or copy it again."),
        "given-other": _(
            "This is neither a receipt nor a tracker. A receipt's text begins with PBVOTE1/R/;"
            " a tracker has 12 digits and letters from a to f, or more."
        ),
        "no-code": _("No receipt was found in the picture. Try again closer, or paste the text."),
        "no-receipt-other-election": _("This receipt is of another election."),
        "no-receipt-no-box": _("This receipt is of a ballot box that this election doesn't have."),
        "no-receipt-forged": _(
            "This is not a receipt of this ballot box: its signature is wrong. Was all of it read?"
        ),
        "counted": _("Your ballot counted."),
        "counted-means": _(
            "It is in the ballot box as you left it, and it was counted. What it says, only you"
            " know."
        ),
        "superseded": _("Your ballot was replaced by a later one: {by}."),
        "superseded-means": _(
            "The same person voted again, and only one ballot of a person counts. If that wasn't"
            " you, tell the commission."
        ),
        "set-aside": _("Your ballot is in the box, but it was set aside."),
        "set-aside-means": _("It doesn't count. If you don't know why, ask the commission."),
        "missing": _("Your ballot is missing."),
        "missing-lost": _("The log of its box was lost; nothing of it could be counted."),
        "missing-beyond": _("The published log ends before its place ({place})."),
        "missing-another": _("In its place ({place}) stands another ballot."),
        "missing-unknown": _("No ballot with this tracker is in any published log."),
        "missing-evidence": _(
            "Keep this receipt: it is evidence against the ballot box. Bring it to the commission."
        ),
        "missing-tracker": _(
            "Compare it digit by digit. If it is right, bring the whole receipt to the commission:"
            " it is evidence."
        ),
        "place": _("{box}, entry {index}"),
        "fact-place": _("Place"),
        "fact-tracker": _("Tracker"),
        "fact-at": _("Taken at"),
        "checked": _("Checked here, in your browser"),
        "check-signature": _("The ballot box signed this receipt."),
        "check-documents": _(
            "The commission and the trustees signed the election and its closing."
        ),
        "check-checkpoint": _("The box signed the state of its log that the closing names."),
        "check-inclusion": _("The ballot stands in that log, in its place."),
        "check-merge": _("The merge, which the signed results name, says whether it counts."),
        "check-successor": _("The ballot that counts instead is of the same person."),
        "unsigned": _(
            "A tracker alone doesn't prove that a box took the ballot: only the receipt's text"
            " does."
        ),
    }
    return {"words": {"boxes": boxes, "reasons": reasons, "texts": texts}}


def data_view(
    source: Source, made: Mapping[str, Made], downloads: Sequence[Download], _: Words
) -> View:
    """The downloads, with what is in them, and how to verify the bundle."""
    zipped = made[f"{FOLDER}bundle.zip"]
    return {
        "bundle": {"size": size_text(_, zipped.size), "sha256": zipped.sha256},
        "fingerprint_hex": in_hex(source.published.fingerprint),
        "vkey": source.election.commission.text,
        "downloads": [
            {
                "name": download.name,
                "what": _(download.what, contest=_.text(download.contest)),
                "size": size_text(_, made[FOLDER + download.name].size),
            }
            for download in downloads
        ],
    }


def size_text(_: Words, size: int) -> str:
    """A file's size as people say it."""
    if size >= MEGA:
        return _("{n} MB", n=_.number(-(-size // MEGA)))
    return _("{n} kB", n=_.number(-(-size // KILO)))
