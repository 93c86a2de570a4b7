"""What a trustee at its own machine needs, on a stick; and what a stick brings back.

On the stick lies `<slug>/`, an election's folder with only what is public. `pbvote trustee sign`,
`pbvote-tally mix` and `pbvote-tally open` take it as DIR.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pbvote.core.errors import PbvoteError, RefusedError, StorageError
from pbvote.files import (
    ADDENDA,
    COMMISSION,
    MANIFEST,
    ROLL,
    TEMPORARY,
    paths_below,
    read_bytes,
    remove,
    write_bytes,
)
from pbvote_tally.bundle import CLOSING, Bundle, FolderBundle, open_bundle
from pbvote_tally.report import SILENT, Report
from pbvote_tally.tally import PART

_BUNDLE = "bundle"
_DEPTH = 3


def export_request(folder: Path, slug: str, stick: Path, report: Report = SILENT) -> Path:
    """Copy the signed documents and the bundle so far to a stick, read back; its folder there.

    StorageError if the stick fails, or gives back something else; RefusedError for a link on it,
    which would lead into this machine.
    """
    target = stick / slug
    _refuse_links(target)
    names = sorted(_public(folder))
    report.step("The bundle so far, copied to the stick", len(names))
    for name in names:
        data = read_bytes(folder / name)
        copy = target / name
        if not (copy.is_file() and read_bytes(copy) == data):
            write_bytes(copy, data)
        if read_bytes(copy) != data:
            raise StorageError(
                "the stick doesn't give back what was written",
                where=str(copy),
                hint="Take another stick",
            )
        report.advance(1)
    for path in paths_below(target / _BUNDLE):
        if path.is_file() and path.relative_to(target).as_posix() not in names:
            remove(path)  # a part of a log that has grown since
    return target


def _refuse_links(target: Path) -> None:
    for path in (target, *paths_below(target)):
        if path.is_symlink():
            raise RefusedError(
                "a link, not a file or folder", where=str(path), hint="Take another stick"
            )


def _public(folder: Path) -> Iterator[str]:
    yield from (name for name in (MANIFEST, ROLL, COMMISSION) if (folder / name).exists())
    for path in (folder / ADDENDA).glob("*.note"):
        yield f"{ADDENDA}/{path.name}"
    for path in (folder / _BUNDLE).rglob("*"):
        if path.is_file() and not path.name.startswith(TEMPORARY):
            yield path.relative_to(folder).as_posix()


def closings_in(source: Path) -> Iterator[bytes]:
    """Every closing.note at or below `source`."""
    for path in paths_below(source, CLOSING):
        if path.is_file():
            yield read_bytes(path)


def brought_in(source: Path) -> Iterator[Bundle]:
    """Every folder at or below `source`, and zip in it, that holds mixes or openings.

    A zip of something else may lie beside them; if there is nothing else, its error is raised.
    """
    deepest = len(source.parts) + _DEPTH
    places = [source, *(path for path in paths_below(source) if len(path.parts) <= deepest)]
    number, wrong = 0, None
    for place in places:
        found: Bundle
        if place.is_dir() and any((place / part).is_dir() for part in ("contests", "lot")):
            found = FolderBundle(place)
        elif place.suffix == ".zip" and place.is_file():
            try:
                found = open_bundle(place)
            except PbvoteError as error:
                wrong = error
                continue
        else:
            continue
        if any(map(PART.fullmatch, found.names())):
            number += 1
            yield found
    if wrong is not None and not number:
        raise wrong
