"""The pages in a browser, from a disk: accessible, by keyboard, on a small phone, on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from site_folder import HOSTILE, SiteFolder

KINDS = [
    "index.html",
    "result-1.html",
    "project-1-1.html",  # withdrawn by the correction
    "project-1-2.html",  # hostile texts
    "project-2-1.html",  # paid for by Equal Shares
    "comparison.html",
    "turnout.html",
    "process.html",
    "receipt.html",
    "data.html",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check(page: Page) -> None:
    """No findings of axe-core."""
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("name", KINDS)
def test_no_findings_of_axe(name: str, browser_page: Page, site: Path) -> None:
    page = browser_page
    page.set_viewport_size({"width": 1100, "height": 900})
    page.goto((site / "en" / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((part) => part.open = true)")
    check(page)


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
def test_no_findings_in_other_languages(language: str, browser_page: Page, site: Path) -> None:
    page = browser_page
    page.goto((site / language / "index.html").as_uri())
    assert page.get_attribute("html", "lang") == language
    check(page)


@pytest.mark.parametrize("given", ["counted", "set aside", "superseded", "lost"])
def test_no_findings_in_an_answer(
    given: str, browser_page: Page, site: Path, election: SiteFolder
) -> None:
    page = browser_page
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto((site / "en" / "receipt.html").as_uri())
    page.fill("#receipt-text", election.receipts[given])
    page.click("button[type=submit]")
    page.wait_for_selector("#receipt-answer:not(.busy)")
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", KINDS)
def test_a_phone_of_320_pixels(name: str, page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    for language in ("en", "de"):
        page.goto((site / language / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_folder_opens_on_the_first_language(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/fr/index.html")
    page.click("nav.languages a[lang=nl]")
    page.wait_for_url("**/nl/index.html")


def test_the_receipt_check_by_keyboard_alone(page: Page, site: Path, election: SiteFolder) -> None:
    page.goto((site / "en" / "receipt.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "receipt-text"
    page.keyboard.insert_text(election.receipts["counted"])
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.id") == "receipt-photo":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#receipt-answer.good")
    assert page.evaluate("document.activeElement.id") == "receipt-answer"


def test_the_count_by_keyboard_alone(page: Page, site: Path) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto((site / "en" / "index.html").as_uri())
    player = page.locator("[data-count]").first
    steps = player.locator("li[data-step]")
    total = steps.count()
    assert player.locator("li[data-step]:visible").count() == total

    player.locator("button[data-do=first]").focus()
    page.keyboard.press("Enter")
    assert player.locator("li[data-step]:visible").count() == 0
    assert player.locator("button[data-do=back]").is_disabled()
    player.locator("button[data-do=next]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert player.locator("li[data-step]:visible").count() == 2
    assert player.locator("li[aria-current=step]").count() == 1
    assert player.locator("[data-said]").inner_text().startswith(f"2 / {total}. ")
    player.locator("button[data-do=back]").focus()
    page.keyboard.press("Enter")
    assert player.locator("li[data-step]:visible").count() == 1
    player.locator("button[data-do=play]").focus()
    page.keyboard.press("Enter")
    assert player.locator("button[data-do=play]").inner_text() == "Pause"
    player.locator("li[data-step='2']").wait_for(state="visible")
    page.keyboard.press("Enter")
    assert player.locator("button[data-do=play]").inner_text() == "Play"
    player.locator("button[data-do=last]").focus()
    page.keyboard.press("Enter")
    assert player.locator("li[data-step]:visible").count() == total
    assert player.evaluate("e => e.getAnimations({subtree: true}).length") == 0


def test_without_scripts_all_but_the_check_is_there(browser_page: Page, site: Path) -> None:
    page = browser_page
    page.route("**/site.js", lambda route: route.abort())
    page.goto((site / "en" / "index.html").as_uri())
    assert page.locator("[data-count] li[data-step]:visible").count() > 6
    assert page.locator("[data-player]:visible").count() == 0
    page.goto((site / "en" / "receipt.html").as_uri())
    assert page.locator("#receipt-form:visible").count() == 0
    assert "pbvote receipt check" in page.inner_text("main")


def test_paper_has_the_tables_and_no_buttons(page: Page, site: Path) -> None:
    page.goto((site / "en" / "index.html").as_uri())
    page.emulate_media(media="print")
    assert page.locator("button:visible").count() == 0
    assert page.locator("details.behind table").first.is_visible()
    assert page.locator("nav.pages:visible").count() == 0


def test_titles_are_text_wherever_they_stand(page: Page, site: Path) -> None:
    for name in ("index.html", "project-1-2.html", "comparison.html", "data.html"):
        page.goto((site / "en" / name).as_uri())
        assert page.locator("img").count() == 0
        assert page.evaluate("document.querySelectorAll('script').length") == 1
    page.goto((site / "en" / "project-1-2.html").as_uri())
    assert page.inner_text("h1") == HOSTILE
    assert page.locator("main a[rel~=external]").get_attribute("href") == (
        "https://example.org/?a=1&b=2"
    )
    page.goto((site / "en" / "project-1-3.html").as_uri())
    assert page.locator("a[href^=javascript]").count() == 0


def test_the_map_names_its_projects(page: Page, site: Path) -> None:
    page.goto((site / "en" / "index.html").as_uri())
    dots = page.locator("svg.map a")
    assert dots.count() == 3  # the fourth place is no number
    dots.first.click()
    page.wait_for_url("**/project-1-*.html")


def test_no_policy_is_broken_and_inline_scripts_do_not_run(browser_page: Page, site: Path) -> None:
    page = browser_page
    page.goto((site / "en" / "index.html").as_uri())
    blocked = page.evaluate(
        """() => new Promise((done) => {
             addEventListener("securitypolicyviolation", (e) => done(e.violatedDirective));
             const script = document.createElement("script");
             script.textContent = "window.ran = true";
             document.head.append(script);
           })"""
    )
    assert blocked == "script-src-elem"
    assert page.evaluate("window.ran") is None
