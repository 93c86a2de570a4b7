"""The handbooks of docs/: every command they write exists, with its options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from pbvote.cli.main import app as pbvote
from pbvote_kiosk.cli import app as kiosk
from pbvote_tally.cli import app as tally

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("officials.md", "operating.md", "kiosk.md")
PROGRAMS = {
    "pbvote": typer.main.get_command(pbvote),
    "pbvote-kiosk": typer.main.get_command(kiosk),
    "pbvote-tally": typer.main.get_command(tally),
}


def lines_of(page: str) -> Iterator[list[str]]:
    """The words of each line of ours in the page's console blocks."""
    text = (DOCS / page).read_text("utf-8")
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for command in line.removeprefix("$ ").split(" && "):
                words = shlex.split(command)
                if words[0] in PROGRAMS:
                    yield words


def check(words: list[str]) -> None:
    """Let the program read the line without doing it; raises what it would say."""
    command: Any = PROGRAMS[words[0]]
    context, rest = None, words[1:]
    while hasattr(command, "get_command"):
        context = command.make_context(words[0], [], parent=context, resilient_parsing=True)
        name, *rest = rest
        command = command.get_command(context, name)
        assert command is not None, f"{' '.join(words)}: No command {name}"
    command.make_context(command.name, rest, parent=context)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_exists_with_its_options(page: str) -> None:
    lines = list(lines_of(page))
    assert len(lines) > 5
    for words in lines:
        check(words)


@pytest.mark.parametrize(
    "line",
    [
        "pbvote trustee sing trustees/anne DIR",
        "pbvote box open DIR kiosk-1 --twice",
        "pbvote-tally mix DIR",
        "pbvote trustee enrol CEREMONY anne",
    ],
)
def test_a_line_that_does_not_exist_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"No |Missing"):
        check(shlex.split(line))
