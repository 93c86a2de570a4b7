"""selections.csv: opened elements as vectors, in the last mix's order (sections 4, 12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pbvote.core.errors import SelectionError, VerificationError
from pbvote.core.group import Element
from pbvote.core.manifest import Contest
from pbvote.core.selection import Vector, from_elements

INVALID = "invalid"


def read_selections(contest: Contest, elements: Sequence[Element]) -> list[Vector | None]:
    """A vector for each row of w elements; None where none is in them or it breaks its format."""
    width = contest.width
    starts = range(0, len(elements), width)
    return [_selection(contest, elements[i : i + width]) for i in starts]


def _selection(contest: Contest, elements: Sequence[Element]) -> Vector | None:
    try:
        vector = from_elements(elements, contest.vmax, len(contest.projects))
        contest.check_selection(vector)
    except SelectionError:
        return None
    return vector


def selections_csv(contest: Contest, selections: Iterable[Vector | None]) -> bytes:
    """The project ids, then a line a ballot: its integers, or the word `invalid`."""
    lines = [",".join(project.id for project in contest.projects)]
    lines += [INVALID if v is None else ",".join(map(str, v)) for v in selections]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def parse_selections(contest: Contest, data: bytes, where: str = "") -> list[Vector | None]:
    """The ballots in a selections.csv; VerificationError unless it is written exactly so."""
    try:
        lines = data.decode("ascii").splitlines()[1:]
        read = [None if line == INVALID else tuple(map(int, line.split(","))) for line in lines]
        for vector in read:
            if vector is not None:
                contest.check_selection(vector)
    except (ValueError, SelectionError):
        read = []
    if selections_csv(contest, read) != data:
        raise VerificationError("it isn't a list of this contest's ballots", where=where)
    return read
