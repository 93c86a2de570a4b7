"""What atheris runs, in a process of its own: bytes read as a `.pb` file, or refused by our error.

`python tests/fuzz/pabulib_target.py [libFuzzer options] [FOLDER of files to start from]`
"""

from __future__ import annotations

import sys
from collections import Counter

import atheris

with atheris.instrument_imports(include=["pbvote.pabulib"], enable_loader_override=False):
    from pbvote.core.errors import InputError
    from pbvote.pabulib import ballot_format, parse_bytes, to_text
    from pbvote.pabulib.reading import parse


def one(data: bytes) -> None:
    """The quick way and the slow one agree; what is written is read."""
    try:
        election = parse_bytes(data)
        ballot_format(election)
    except InputError:
        return
    matrix, weights = election.grouped
    found = dict(zip(map(tuple, matrix.tolist()), weights.tolist(), strict=True))
    assert found == Counter(election.vectors)
    again = parse(to_text(election))
    assert (again.vectors, again.budget) == (election.vectors, election.budget)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
