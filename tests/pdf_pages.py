"""A PDF as a reader or a printer has it, through poppler's tools: its texts, places and pixels."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from io import BytesIO
from typing import NamedTuple

import pytest
import zxingcpp
from PIL import Image


class Word(NamedTuple):
    """A word and its place on the page, in points from the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def run(tool: str, pdf: bytes, *options: str) -> bytes:
    """What a tool of poppler makes of a PDF."""
    if shutil.which(tool) is None:
        pytest.skip(f"needs {tool} to read PDFs (Debian's poppler-utils), which isn't here")
    files = ["-", "-"] if tool == "pdftotext" else ["-"]
    done = subprocess.run([tool, *options, *files], input=pdf, check=True, capture_output=True)
    return done.stdout


def pages(pdf: bytes) -> list[str]:
    """The text of each page, laid out."""
    return run("pdftotext", pdf, "-layout").decode().removesuffix("\f").split("\f")


def words(pdf: bytes, page: int = 1) -> list[Word]:
    """The words of a page and where they stand."""
    html = run("pdftotext", pdf, "-bbox", "-f", str(page), "-l", str(page)).decode()
    found = re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)<', html)
    return [Word(unescape(text), *map(float, place)) for *place, text in found]


def facts(pdf: bytes) -> dict[str, str]:
    """What `pdfinfo` says: Title, Pages, Page size, …"""
    lines = run("pdfinfo", pdf).decode().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def picture(pdf: bytes, page: int = 1, dpi: int = 150) -> Image.Image:
    """A page as a printer sees it."""
    png = run("pdftoppm", pdf, "-png", "-r", str(dpi), "-f", str(page), "-l", str(page))
    return Image.open(BytesIO(png)).convert("L")


def codes(pdf: bytes, page: int = 1, dpi: int = 110) -> list[str]:
    """The texts of a page's QR codes, read from its picture."""
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in zxingcpp.read_barcodes(picture(pdf, page, dpi), formats=formats)]


def pale(pdf: bytes, page: int = 1) -> int:
    """How many pixels of a page's middle are as pale as a rehearsal's TEST (at 50 dpi)."""
    return sum(picture(pdf, page, 50).crop((120, 150, 290, 430)).histogram()[200:230])
