"""Every command explains itself, is in docs/commands.md, and starts without store and curve."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pbvote.cli.main import app as pbvote
from pbvote_kiosk.cli import app as kiosk
from pbvote_tally.cli import app as tally

PROGRAMS = {"pbvote": pbvote, "pbvote-kiosk": kiosk, "pbvote-tally": tally}
PROJECT = Path(__file__).resolve().parents[2]
HEAVY = (
    "textual",
    "rbcl",
    "numpy",
    "sqlite3",
    "pbvote.store",
    "pbvote.core.group",
    "cryptography",
    "rich",
)
COMMAND = re.compile(r"(?:\.venv/bin/|`|^)(pbvote(?:-tally|-kiosk)?(?: [a-z]+(?:-[a-z]+)?)+)", re.M)


def commands(program: str) -> Iterator[tuple[str, Any]]:
    """`box open` → its command, for every command of a program; groups left out."""
    pending = [("", typer.main.get_command(PROGRAMS[program]))]
    while pending:
        name, command = pending.pop()
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name.strip(), command
        else:
            pending += [(f"{name} {word}", part) for word, part in inner.items()]


ALL = [(program, name) for program in PROGRAMS for name, _ in commands(program)]


def test_there_are_all_commands() -> None:
    names = {f"{program} {name}" for program, name in ALL}
    asked = "new check import sign addendum vote inspect demo"
    assert {f"pbvote {name}" for name in asked.split()} <= names
    steps = "close merge mix open count publish verify run"
    assert {f"pbvote-tally {name}" for name in steps.split()} <= names
    assert {
        f"pbvote box {name}" for name in ["create", "open", "status", "close", "export"]
    } <= names


@pytest.mark.parametrize(("program", "name"), ALL)
def test_help_has_an_example(program: str, name: str) -> None:
    result = CliRunner().invoke(PROGRAMS[program], [*name.split(), "--help"])
    assert result.exit_code == 0
    examples = re.findall(rf"^ *Example: {program} {name}\b", result.stdout, re.MULTILINE)
    assert examples, f"no example of {program} {name} in its help"
    text = " ".join(result.stdout.split("Options:")[0].split())
    assert len(text) > 80


@pytest.mark.parametrize(("program", "name"), ALL)
def test_every_option_has_help(program: str, name: str) -> None:
    command = dict(commands(program))[name]
    silent = [p.name for p in command.params if not getattr(p, "help", None)]
    assert not silent


@pytest.mark.parametrize(("program", "name"), ALL)
def test_docs_have_a_heading_and_an_example(program: str, name: str) -> None:
    text = (PROJECT / "docs" / "commands.md").read_text("utf-8")
    heading = f"### {program} {name}\n"
    assert text.count(heading) == 1
    section = text.split(heading)[1].split("\n#")[0]
    assert f"\n{program} {name}" in section, "no example"


def test_docs_name_no_command_that_isnt_there() -> None:
    names = {f"{program} {name}" for program, name in ALL}
    for path in [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]:
        text = path.read_text("utf-8")
        headings = re.findall(r"^### (pbvote\S*(?: [a-z-]+)+)$", text, re.MULTILINE)
        assert set(headings) <= names, path.name
        for words in COMMAND.findall(text):
            assert any(f"{words} ".startswith(f"{name} ") for name in names) or any(
                name.startswith(f"{words} ") for name in names
            ), f"{path.name}: {words}"


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after this code."""
    script = f"""
import sys
try:
    {code}
except SystemExit as end:
    assert not end.code, end.code
print("\\nMODULES", *sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=PROJECT
    )
    return set(done.stdout.rpartition("\nMODULES ")[2].split())


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("pbvote.cli.main", ["--help"]),
        ("pbvote.cli.main", ["box", "--help"]),
        ("pbvote.cli.main", ["vote", "--help"]),
        ("pbvote.cli.main", ["receipt", "check", "--help"]),
        ("pbvote.cli.main", ["trustee", "--help"]),
        ("pbvote_kiosk.cli", ["--help"]),
        ("pbvote_kiosk.cli", ["vote", "--help"]),
        ("pbvote_tally.cli", ["--help"]),
        ("pbvote_tally.cli", ["verify", "--help"]),
    ],
)
def test_help_loads_neither_store_nor_curve(module: str, words: list[str]) -> None:
    loaded = loaded_by(f"from {module} import app; app({words!r}, standalone_mode=True)")
    assert "typer" in loaded
    assert not loaded.intersection(HEAVY)


def test_tally_loads_no_screen_and_no_web() -> None:
    loaded = loaded_by("import pbvote_tally.verify, pbvote_tally.tally, pbvote_tally.receipts")
    assert "pbvote_tally.verify" in loaded
    tops = {name.partition(".")[0] for name in loaded}
    assert not tops & {"textual", "litestar", "starlette", "uvicorn", "fastapi", "flask", "jinja2"}
    assert not tops & {"babel", "reportlab", "PIL"}
    assert not {name for name in loaded if name.startswith(("pbvote.cli", "pbvote_kiosk"))}


def test_the_help_of_count_names_every_rule() -> None:
    from pbvote_tally.rules import RULES

    shown = "".join(CliRunner().invoke(tally, ["count", "--help"]).output.split())
    assert [name for name in RULES if name not in shown] == []
