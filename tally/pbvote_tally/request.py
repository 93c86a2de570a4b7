"""What a trustee at its own machine needs, on a stick; and what a stick brings back.

On the stick lies `<slug>/`, an election's folder with only what is public. `pbvote trustee sign`,
`pbvote-tally mix` and `pbvote-tally open` take it as DIR.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pbvote.core.errors import StorageError
from pbvote.files import ADDENDA, COMMISSION, MANIFEST, ROLL, TEMPORARY, read_bytes, write_bytes
from pbvote_tally.bundle import CLOSING, Bundle, FolderBundle, open_bundle
from pbvote_tally.report import SILENT, Report
from pbvote_tally.tally import PART

_BUNDLE = "bundle"
_DEPTH = ("*", "*/*", "*/*/*")


def export_request(folder: Path, slug: str, stick: Path, report: Report = SILENT) -> Path:
    """Copy the signed documents and the bundle so far to a stick, read back; its folder there.

    StorageError if the stick fails, or gives back something else.
    """
    target = stick / slug
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
    for path in (target / _BUNDLE).rglob("*"):
        if path.is_file() and path.relative_to(target).as_posix() not in names:
            path.unlink()  # a part of a log that has grown since
    return target


def _public(folder: Path) -> Iterator[str]:
    yield from (name for name in (MANIFEST, ROLL, COMMISSION) if (folder / name).exists())
    for path in (folder / ADDENDA).glob("*.note"):
        yield f"{ADDENDA}/{path.name}"
    for path in (folder / _BUNDLE).rglob("*"):
        if path.is_file() and not path.name.startswith(TEMPORARY):
            yield path.relative_to(folder).as_posix()


def closings_in(source: Path) -> Iterator[bytes]:
    """Every closing.note at or below `source`."""
    for path in sorted(source.rglob(CLOSING)):
        if path.is_file():
            yield read_bytes(path)


def brought_in(source: Path) -> Iterator[Bundle]:
    """Every folder at or below `source`, and zip in it, that holds mixes or openings."""
    places = [source, *(path for depth in _DEPTH for path in sorted(source.glob(depth)))]
    for place in places:
        found: Bundle
        if place.is_dir() and any((place / part).is_dir() for part in ("contests", "lot")):
            found = FolderBundle(place)
        elif place.suffix == ".zip" and place.is_file():
            found = open_bundle(place)
        else:
            continue
        if any(map(PART.fullmatch, found.names())):
            yield found
