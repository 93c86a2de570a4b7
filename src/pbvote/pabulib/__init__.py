"""Pabulib's `.pb` files, in and out (format: pabulib.org/format).

A `.pb` is CSV with `;`: META (key;value), PROJECTS and VOTES. Read as found in the wild: a BOM,
CRLF, spaces around cells, quoted cells, unknown columns, `4000.0` for 4000, a decimal comma,
`target` for `beneficiaries`. What can't be read is an InputError with the file and the line.

Money is integers in one unit for the whole file. `unit` says how many of it make one of the
file's amounts: 1 if every amount is whole, else 100 (or the power of ten that the longest
decimals need). So 1794579.57 is 179457957 with unit 100, and 4000.0 stays 4000.
"""

from __future__ import annotations

from pbvote.pabulib.ballots import ballot_format
from pbvote.pabulib.export import Published, export, write_pb
from pbvote.pabulib.grouping import Grouped, Vector
from pbvote.pabulib.model import (
    VOTE_TYPES,
    WITH_POINTS,
    Election,
    PbProject,
    PbVote,
    VoteType,
    amount_text,
)
from pbvote.pabulib.reading import parse, parse_bytes, read
from pbvote.pabulib.writing import from_vectors, to_text, write

__all__ = [
    "VOTE_TYPES",
    "WITH_POINTS",
    "Election",
    "Grouped",
    "PbProject",
    "PbVote",
    "Published",
    "Vector",
    "VoteType",
    "amount_text",
    "ballot_format",
    "export",
    "from_vectors",
    "parse",
    "parse_bytes",
    "read",
    "to_text",
    "write",
    "write_pb",
]
