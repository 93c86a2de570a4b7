"""Counting the plain ballots of a Pabulib file: no cryptography, for researchers and checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pbvote import pabulib
from pbvote.core.errors import InputError
from pbvote.core.manifest import Tie
from pbvote_tally.count import count_pb, outcome_json


def count_file(path: Path, rule: str | None, settings: list[str], ties: str) -> dict[str, Any]:
    """The outcome as JSON; `settings` are name=value, `ties` names separated by commas.

    `unit` says how many of its amounts make one of the file's; `notes` what was odd in the file.
    """
    order = [_tie(name.strip()) for name in ties.split(",")]
    election = pabulib.read(path)
    outcome = outcome_json(count_pb(election, rule, read_settings(settings), order))
    return outcome | {"unit": election.unit, "notes": list(election.notes)}


def read_settings(settings: Sequence[str]) -> dict[str, str]:
    """Parameters as after `--set`; InputError for one without a value."""
    given = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set {text!r} has no value", hint="Write --set name=value")
        given[name] = value
    return given


def _tie(name: str) -> Tie:
    for known in get_args(Tie):
        if known == name:
            return known  # type: ignore[no-any-return]  # get_args has no types
    raise InputError(f"{name!r} breaks no tie", hint=f"There are: {', '.join(get_args(Tie))}")
