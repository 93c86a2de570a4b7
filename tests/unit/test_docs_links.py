"""What README and docs/ point to is there."""

from __future__ import annotations

import re

import pytest

from conftest import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "SECURITY.md", *sorted((PROJECT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: object) -> None:
    path = PROJECT / str(page)
    named = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    assert [name for name in named if not (path.parent / name).exists()] == []
