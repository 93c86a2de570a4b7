"""The site of a small election, made once, and Debian's Chromium without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from pbvote_tally.site.publish import read_source, write_site
from site_folder import SiteFolder, make_site_folder

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def election(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """The election's folder."""
    return make_site_folder(tmp_path_factory.mktemp("election"))


@pytest.fixture(scope="session")
def site(election: SiteFolder) -> Path:
    """Its site."""
    source = read_source(election.folder, election.built.commission.verify_key)
    write_site(source, election.folder / "site")
    return election.folder / "site"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Chromium with a profile of its own."""
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")),
            executable_path=CHROMIUM,
            headless=True,
            args=ARGUMENTS,
            locale="en-GB",
        )
        yield context
        context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A page on which no script fails and nothing is asked from anywhere but the disk."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if asked.url.startswith("file:") else wrong.append(asked.url),
    )
    page.set_default_timeout(10_000)
    yield page
    page.close()
    assert wrong == []


@pytest.fixture
def browser_page(browser: BrowserContext) -> Iterator[Page]:
    """A page on which files may be missing."""
    page = browser.new_page()
    page.set_default_timeout(10_000)
    yield page
    page.close()
