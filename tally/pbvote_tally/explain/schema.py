"""The JSON Schema of results.json, made from its Structs: `docs/results.schema.json` is this."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pbvote_tally.explain.report import ResultsReport

TITLE = "results.json of a participatory budget, as pbvote-tally publish writes it"


def results_schema() -> bytes:
    """The schema's file (JSON Schema 2020-12), the same bytes every time."""
    made = msgspec.json.schema(ResultsReport)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        **_portable(made),
    }
    return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _portable(part: Any) -> Any:
    """Patterns as JSON Schema has them (ECMA 262): Python's end of a text is `$` there."""
    if isinstance(part, dict):
        return {
            name.replace(r"\Z", "$"): (
                value.replace(r"\Z", "$") if name == "pattern" else _portable(value)
            )
            for name, value in part.items()
        }
    if isinstance(part, list):
        return [_portable(item) for item in part]
    return part
