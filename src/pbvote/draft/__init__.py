"""Before anybody signs: election.toml and its spreadsheets, checked, and made into a manifest."""

from pbvote.draft.draft import (
    DRAFT,
    Draft,
    Examined,
    build_manifest,
    examine,
    read_draft,
    read_slug,
    trial_manifest,
    warnings,
)

__all__ = [
    "DRAFT",
    "Draft",
    "Examined",
    "build_manifest",
    "examine",
    "read_draft",
    "read_slug",
    "trial_manifest",
    "warnings",
]
