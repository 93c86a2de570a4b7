"""The election's short name, before and after its manifest is signed."""

from __future__ import annotations

from pathlib import Path

from pbvote.at_hand import check_name
from pbvote.core.errors import InputError
from pbvote.draft import DRAFT
from pbvote.draft.tables import read_toml
from pbvote.files import MANIFEST, load_election


def slug_of(folder: Path) -> str:
    """The election's short name, of the signed manifest or else of the draft."""
    if (folder / MANIFEST).exists():
        return load_election(folder).slug
    where = folder / DRAFT
    slug = read_toml(where).get("slug")
    if not isinstance(slug, str):
        raise InputError("it has no slug", where=str(where), hint='Write slug = "our-town-2026"')
    return check_name(slug)
