"""The files of a published log: where each tile lies and what is in it. Pure: bytes, no disk.

docs/protocol.md, sections 7 and 12; c2sp.org/tlog-tiles. A tile is 256 hashes of one level of the
tree, or the 256 entries below one tile of level 0; at the right edge there may be fewer, and the
path says how many. Paths are relative to the log's folder, in which `checkpoint` lies too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from pbvote.core.encoding import MAX_ENTRY
from pbvote.core.errors import EncodingError, VerificationError
from pbvote.core.merkle import join_peaks, leaf_hash, node_hash
from pbvote.core.note import Checkpoint

WIDTH = 256
MAX_LEVEL = 63
MAX_INDEX = 10**18 - 1  # six groups of three digits
CHECKPOINT = "checkpoint"

_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)


class Tile(Struct, frozen=True):
    """A tile's place. `level` is None for the entries themselves; `width` is 1…256."""

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if (
            not 0 <= (self.level or 0) <= MAX_LEVEL
            or not 0 <= self.index <= MAX_INDEX
            or not 0 < self.width <= WIDTH
        ):
            raise EncodingError(f"no tile {self.level}, {self.index}, {self.width}")

    @property
    def path(self) -> str:
        """Its path in the log's folder.

        >>> Tile(None, 1234067, 8).path
        'tile/entries/x001/x234/067.p/8'
        """
        level = "entries" if self.level is None else str(self.level)
        groups = [f"{self.index % 1000:03}"]
        high = self.index // 1000
        while high:
            groups.insert(0, f"x{high % 1000:03}")
            high //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{partial}"


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """The path of a tile of hashes."""
    return Tile(level, index, width).path


def entries_path(index: int, width: int = WIDTH) -> str:
    """The path of a tile of entries (an entry bundle)."""
    return Tile(None, index, width).path


def parse_path(path: str) -> Tile:
    """The tile of a path; EncodingError unless it is the path's one spelling."""
    match = _PATH.fullmatch(path)
    if match is not None:
        level = None if match[1] == "entries" else int(match[1])
        index = int(match[2].replace("/", "").replace("x", ""))
        width = int(match[3] or WIDTH)
        if (level or 0) <= MAX_LEVEL and width <= WIDTH:
            tile = Tile(level, index, width)
            if tile.path == path:
                return tile
    raise EncodingError("not the path of a tile", where=path[:120])


def layout(size: int) -> Iterator[Tile]:
    """Exactly the tiles of a log of this size: entries first, then hashes level by level."""
    yield from _row(None, size)
    level = 0
    while size:
        yield from _row(level, size)
        level, size = level + 1, size // WIDTH


def _row(level: int | None, count: int) -> Iterator[Tile]:
    for index in range(count // WIDTH):
        yield Tile(level, index)
    if count % WIDTH:
        yield Tile(level, count // WIDTH, count % WIDTH)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as a tile holds them: each after its length, u16 big endian."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise EncodingError(f"an entry of {len(entry)} bytes; a log takes {MAX_ENTRY}")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def decode_bundle(data: bytes, where: str = "") -> list[bytes]:
    """The entries of a tile; EncodingError if it is cut or something is left over."""
    entries, start = [], 0
    while start < len(data):
        end = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if start + 2 > len(data) or end > len(data):
            raise EncodingError("a tile of entries that is cut", where=where)
        entries.append(data[start + 2 : end])
        start = end
    return entries


class HashTiles:
    """Computes every tile of hashes while leaf hashes come in; keeps less than a tile a level."""

    def __init__(self) -> None:
        self._rows: list[list[bytes]] = []
        self._done: list[int] = []

    def append(self, leaf: bytes) -> list[tuple[Tile, bytes]]:
        """Add a leaf hash; the tiles that are full by it, mostly none."""
        full: list[tuple[Tile, bytes]] = []
        level, hash_ = 0, leaf
        while True:
            if level == len(self._rows):
                self._rows.append([])
                self._done.append(0)
            row = self._rows[level]
            row.append(hash_)
            if len(row) < WIDTH:
                return full
            full.append((Tile(level, self._done[level]), b"".join(row)))
            self._done[level] += 1
            level, hash_ = level + 1, _complete(row)
            row.clear()

    def partial(self) -> list[tuple[Tile, bytes]]:
        """The tiles at the right edge as they are now."""
        return [
            (Tile(level, self._done[level], len(row)), b"".join(row))
            for level, row in enumerate(self._rows)
            if row
        ]

    def root(self) -> bytes:
        """The root over all leaves so far."""
        peaks = []
        for row in reversed(self._rows):
            start = 0
            for bit in (128, 64, 32, 16, 8, 4, 2, 1):
                if len(row) & bit:
                    peaks.append(_complete(row[start : start + bit]))
                    start += bit
        return join_peaks(peaks)


def _complete(hashes: Sequence[bytes]) -> bytes:
    """The root of a complete subtree (a power of two of hashes)."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


def iter_entries(read: Callable[[str], bytes], checkpoint: Checkpoint) -> Iterator[bytes]:
    """All entries of a published log in order, every tile checked; `read` gives a path's bytes.

    Holds one tile of entries at a time. What was yielded is proven only when the iterator has
    ended: the root is compared last (section 8). EncodingError or VerificationError naming the
    tile, or the checkpoint. That nothing lies beside `layout(size)` is for the caller to check.
    """
    hashes = HashTiles()
    for tile in _row(None, checkpoint.size):
        entries = decode_bundle(read(tile.path), tile.path)
        if len(entries) != tile.width:
            raise VerificationError(
                f"{len(entries)} entries where its path says {tile.width}", where=tile.path
            )
        for entry in entries:
            for full, data in hashes.append(leaf_hash(entry)):
                _same(read, full, data)
        yield from entries
    for edge, data in hashes.partial():
        _same(read, edge, data)
    if hashes.root() != checkpoint.root:
        raise VerificationError("the entries don't have the checkpoint's root", where=CHECKPOINT)


def _same(read: Callable[[str], bytes], tile: Tile, data: bytes) -> None:
    if read(tile.path) != data:
        raise VerificationError("hashes that aren't those of the entries", where=tile.path)
