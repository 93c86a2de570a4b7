"""What the tally found, in plain words: the same on the command line, the screens and the wall."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pbvote.core.admission import Reason
from pbvote.words import harmless, plural
from pbvote_tally.records import MergeRecord

if TYPE_CHECKING:
    from pbvote_tally.verify import Counted

REASONS: dict[Reason, str] = {
    "malformed": "not in the form of an entry",
    "bad-challenge": "a challenge that doesn't hold",
    "wrong-election": "made for another election",
    "wrong-box": "made for another box",
    "unknown-registrar": "a card of a registrar that this election doesn't have",
    "certificate-not-logged": "a card that no registrar handed out",
    "revoked": "a card that was revoked, as it was lost or replaced",
    "not-on-roll": "a person who isn't on the roll",
    "wrong-channel": "a card of the other channel",
    "wrong-contests": "contests that this card doesn't vote in",
    "bad-proof": "not sealed by the card's holder: copied, changed or forged",
    "challenged": "opened before to check the machine, so it can't count",
    "duplicate": "the same ballot a second time",
    "superseded": "the same person voted again, and the later ballot counts",
}
"""Why an entry doesn't count (docs/protocol.md, section 8)."""


def merge_lines(record: MergeRecord) -> list[str]:
    """A line a box, then why ballots were set aside, then how many count."""
    lines = [
        f"{box.name}: {box.cast} cast, {box.challenged} challenged, {box.accepted} counted"
        for box in record.boxes
    ]
    reasons = Counter(entry.reason for entry in record.set_aside)
    lines += [f"  {n:>4} set aside: {REASONS[reason]} ({reason})" for reason, n in reasons.items()]
    for conflict in record.conflicts:
        places = ", ".join(f"{place.box} entry {place.index}" for place in conflict.entries)
        lines.append(f"       one person, equal cards from two desks: {places}; one counts")
    count = "counts" if record.accepted == 1 else "count"
    return [*lines, f"{plural(record.accepted, 'ballot')} {count}"]


def result_lines(counted: Counted, language: str) -> list[str]:
    """A contest's numbers and its winners in the order chosen, with their titles."""
    result, contest = counted.result, counted.contest
    projects = {project.id: project for project in contest.projects}
    lines = [
        f"{contest.id}: {plural(result.ballots, 'ballot')}, {result.blank} blank,"
        f" {result.invalid} invalid"
    ]
    for number, winner in enumerate(result.winners, 1):
        titles = projects[winner].title
        title = titles.get(language) or next(iter(titles.values()), winner)
        lines.append(f"{number:>4}. {winner}  {harmless(title)}")
    won = set(result.winners)
    for tie in counted.outcome.ties:
        if won & set(tie.projects) and not won >= set(tie.projects):
            lines.append(f"      a tie of {', '.join(tie.projects)}, broken by {', '.join(tie.by)}")
    return lines
