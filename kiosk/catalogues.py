"""Gather the messages of each package into its catalogues, and compile them.

``python kiosk/catalogues.py [--check] [DOMAIN …]``. A domain is a folder of a package. What isn't
in the code any more is dropped; what is new stands empty in each `.po`, to be translated.
`--check` writes nothing and leaves with 1 if anything is missing, left over or not compiled.
"""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pbvote.language import LANGUAGES, SHARED, Catalogues
from pbvote_kiosk.language import OWN as KIOSK
from pbvote_tally.language import OWN as TALLY

PACKAGES = (SHARED, KIOSK, TALLY)
KEYWORDS = {"_": None, "N_": None, "words": None, "many": (1, 2)}
SOURCES = [("**.py", "python"), ("**.html", "jinja2")]
HEADER = "# Translations of {package}. `make words` gathers and compiles them."
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # a .mo holds a date: it would differ by the minute
TRANSLATED = [language for language in LANGUAGES if language != "en"]


@cache
def gathered(package: Catalogues, domain: str) -> Catalog:
    """The messages that the code of a domain has."""
    template = Catalog(domain=domain)
    folder = package.locale.parent / domain
    if folder.is_dir():
        found = extract_from_dir(folder, SOURCES, keywords=KEYWORDS)
        for name, _, message, _, _ in sorted(found, key=lambda part: (part[0], part[1])):
            template.add(message, None, [(f"{domain}/{name}", 0)])
    return template


def merged(package: Catalogues, domain: str, language: str) -> Catalog:
    """A catalogue as it stands on disk, with what the code has now.

    What is new takes the translation that another domain of the package has, if one has.
    """
    there = _on_disk(package, domain, language)
    there.header_comment = HEADER.format(package=package.locale.parent.name)
    there.update(deepcopy(gathered(package, domain)), no_fuzzy_matching=True)
    there.obsolete.clear()
    there.creation_date = there.revision_date = _NEVER
    others = [_on_disk(package, other, language) for other in package.domains if other != domain]
    for message in there:
        found = (other.get(message.id) for other in others if message.id and not _is_set(message))
        message.string = next((m.string for m in found if m and _is_set(m)), message.string)
    return there


def _on_disk(package: Catalogues, domain: str, language: str) -> Catalog:
    path = po_path(package, domain, language)
    if not path.exists():
        return Catalog(locale=language, domain=domain)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def _is_set(message: Message) -> bool:
    strings = [message.string] if isinstance(message.string, str) else message.string
    return all(strings or [""])


def po_path(package: Catalogues, domain: str, language: str) -> Path:
    """Where a domain's catalogue of a language lies."""
    return package.locale / language / "LC_MESSAGES" / f"{domain}.po"


def written(catalogue: Catalog) -> tuple[bytes, bytes]:
    """Its .po and its .mo, the same bytes on every machine."""
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalogue, width=100, no_location=True, omit_header=True, sort_output=False)
    write_mo(mo, _set(catalogue))
    head = (
        f'{catalogue.header_comment}\nmsgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return head.encode() + po.getvalue(), mo.getvalue()


def _set(catalogue: Catalog) -> Catalog:
    """As it is compiled: French signs held to their words, which nobody has to type in a .po."""
    if str(catalogue.locale) != "fr":
        return catalogue
    held = deepcopy(catalogue)
    for message in held:
        if isinstance(message.string, str):
            message.string = _held(message.string)
        else:
            message.string = tuple(_held(text) for text in message.string or ())
    return held


def _held(text: str) -> str:
    return re.sub(r"(?<=«) | (?=[:;!?»])", "\u00a0", text)


def faults(catalogue: Catalog) -> list[str]:
    """What isn't translated, or lost or gained a {value}."""
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        string = message.string or ""
        strings = [string] if isinstance(string, str) else list(string)
        if not all(strings):
            wrong.append(f"not translated: {ids[0]!r}")
        elif message.fuzzy:
            wrong.append(f"marked fuzzy, so that it isn't compiled: {ids[0]!r}")
        elif any(_values(text) != _values(ids[-1]) for text in strings[-1:]):
            wrong.append(f"other {{values}} than its message: {ids[0]!r}")
    return wrong


def _values(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)", text))


def renewed(package: Catalogues, domain: str, language: str, *, check: bool) -> list[str]:
    """Write a catalogue, or compare it; what is wrong with it."""
    catalogue = merged(package, domain, language)
    if not any(message.id for message in catalogue):
        return []
    wrong = []
    po = po_path(package, domain, language)
    for path, data in zip((po, po.with_suffix(".mo")), written(catalogue), strict=True):
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            wrong.append(f"{path.name} ({language}) isn't what the code has: make words")
    return wrong + [f"{domain}.po ({language}): {fault}" for fault in faults(catalogue)]


def disagreements(package: Catalogues, language: str) -> list[str]:
    """Messages that two domains translate differently: the last's would be shown in all."""
    wrong = []
    said: dict[str, object] = {}
    for one in dict.fromkeys((SHARED, package)):
        for domain in one.domains:
            for message in merged(one, domain, language):
                if not _is_set(message):
                    continue
                if said.setdefault(str(message.id), message.string) != message.string:
                    wrong.append(f"{domain}.po ({language}): otherwise elsewhere: {message.id!r}")
    return wrong


def main(words: list[str]) -> int:
    """Write, or with --check only compare."""
    check = "--check" in words
    asked = [word for word in words if word != "--check"]
    wrong = []
    for package in PACKAGES:
        for language in TRANSLATED:
            for domain in package.domains:
                if not asked or domain in asked:
                    wrong += renewed(package, domain, language, check=check)
            if package.locale.exists():
                wrong += disagreements(package, language)
    for line in wrong:
        print(line)  # noqa: T201 - a command
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
