"""Take the picture of docs/results.png: the results page of the demo's election, in a browser.

``python tally/picture.py [DEMO]``: DEMO is a folder that `pbvote demo` made, else one is made.
Needs Debian's chromium.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from pbvote.files import COMMISSION, read_vkey
from pbvote_tally.site.publish import read_source, write_site

PROJECT = Path(__file__).resolve().parents[1]
PICTURE = PROJECT / "docs" / "results.png"
LARGE, SMALL = (1180, 1010), (360, 1010)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def shots(page: Path) -> list[Image.Image]:
    """The page on a desk and on a telephone."""
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for width, height in (LARGE, SMALL):
            tab = browser.new_page(viewport={"width": width, "height": height})
            tab.goto(page.as_uri())
            taken.append(Image.open(io.BytesIO(tab.screenshot())).convert("RGB"))
        browser.close()
    return taken


def beside(images: list[Image.Image], gap: int = 24) -> Image.Image:
    """The images side by side."""
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    whole = Image.new("RGB", (width, max(image.height for image in images)), "white")
    left = 0
    for image in images:
        whole.paste(image, (left, 0))
        left += image.width + gap
    return whole


def main(demo: Path, out: Path) -> None:
    """Write the picture, in 64 colours."""
    source = read_source(demo, read_vkey(demo / COMMISSION))
    write_site(source, out / "site")
    picture = beside(shots(out / "site" / "en" / "index.html"))
    picture.quantize(64).save(PICTURE, optimize=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if len(sys.argv) > 1:
            main(Path(sys.argv[1]), folder)
        else:
            pbvote = Path(sys.executable).with_name("pbvote")
            subprocess.run([pbvote, "demo", "--out", folder / "demo"], check=True)  # noqa: S603 - ours
            main(folder / "demo", folder)
