"""Ties (docs/protocol.md, section 11): one fixed order of all projects, and how it was found.

Each criterion depends on the project alone, so the contest's `ties` give one order of all
projects; where a rule leaves several equal, the first in that order is taken.
"""

from __future__ import annotations

from collections.abc import Iterable

from pbvote_tally.rules.profile import Profile, TieBreak

WITHOUT_LOT = "without-lot"
Key = tuple[int | bytes, ...]


class Ties:
    """The order of the projects among equals, and a record of where it decided."""

    def __init__(self, profile: Profile) -> None:
        self.ids = [project.id for project in profile.projects]
        self.criteria = _criteria(profile)
        self.keys = [_key(profile, self.criteria, p) for p in range(len(self.ids))]
        ordered = sorted(range(len(self.ids)), key=self.keys.__getitem__)
        self.rank = [0] * len(ordered)
        for place, p in enumerate(ordered):
            self.rank[p] = place
        self.broken: list[TieBreak] = []

    def order(self, tied: Iterable[int], phase: str, record: bool = True) -> list[int]:
        """Equal projects (positions) in the order in which the ties put them."""
        ordered = sorted(tied, key=self.rank.__getitem__)
        if record and len(ordered) > 1:
            names = tuple(self.ids[p] for p in ordered)
            self.broken.append(TieBreak(phase, names, self._by(ordered)))
        return ordered

    def _by(self, ordered: list[int]) -> tuple[str, ...]:
        """The criteria up to the last one that was needed."""
        for needed in range(1, len(self.criteria)):
            if len({self.keys[p][:needed] for p in ordered}) == len(ordered):
                return tuple(self.criteria[:needed])
        return tuple(self.criteria)


def _criteria(profile: Profile) -> list[str]:
    """The contest's ties, then the lot; without a drawn lot: more votes, then the id's text."""
    named = [name for name in dict.fromkeys(profile.ties) if name != "lot"]
    if profile.lot is None:
        return [*dict.fromkeys([*named, "more-votes"]), WITHOUT_LOT]
    if "lot" in profile.ties:
        return list(profile.ties[: profile.ties.index("lot") + 1])
    return [*named, "lot"]


def _key(profile: Profile, criteria: list[str], p: int) -> Key:
    entry = profile.projects[p]
    values: dict[str, int | bytes] = {
        "lower-cost": entry.cost,
        "higher-cost": -entry.cost,
        "more-votes": -profile.votes[p],
        WITHOUT_LOT: entry.id.encode(),
    }
    if profile.lot is not None:
        values["lot"] = profile.lot(entry.id)
    return tuple(values[name] for name in criteria)
