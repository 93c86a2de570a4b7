"""Options and fixtures that every test folder shares."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("pbvote", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("pbvote")

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"
OWN_VECTORS = PROJECT / "tests" / "vectors" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vectors", type=Path, default=OWN_VECTORS, help="the folder with the test vectors"
    )
    parser.addoption("--soak", action="store_true", help="run the large counts (make soak)")
    parser.addoption("--seed", type=int, default=1, help="what random tests start from")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"seed: {terminalreporter.config.getoption('--seed')}")


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether the large counts are asked for."""
    return bool(request.config.getoption("--soak"))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random choices of a test, the same again with the same --seed."""
    return random.Random(f"{request.config.getoption('--seed')} {request.node.nodeid}")


class Vectors:
    """The folder given with --vectors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def json(self, name: str) -> Any:
        path = self.folder / name
        if not path.exists():
            pytest.skip(f"the vectors have no {name}")
        return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="session")
def vectors(request: pytest.FixtureRequest) -> Vectors:
    """Vectors made by an independent implementation."""
    return Vectors(request.config.getoption("--vectors"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the project with real elections and public vectors."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (real elections and public vectors), which isn't here")
    return SHARED


@pytest.fixture(scope="session")
def pabulib(shared: Path) -> Path:
    """Real elections with their official winners."""
    return shared / "data" / "pabulib"
