"""Tiles: paths, bundles of entries, and a log read back from its files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pbvote.core.errors import EncodingError, VerificationError
from pbvote.core.merkle import leaf_hash, root_of
from pbvote.core.note import Checkpoint
from pbvote.core.tiles import (
    HashTiles,
    Tile,
    decode_bundle,
    encode_bundle,
    iter_entries,
    layout,
    parse_path,
    tile_path,
)

Files = dict[str, bytes]


def publish(entries: list[bytes]) -> tuple[Files, Checkpoint]:
    hashes, files = HashTiles(), {}
    for entry in entries:
        for tile, data in hashes.append(leaf_hash(entry)):
            files[tile.path] = data
    files |= {tile.path: data for tile, data in hashes.partial()}
    for tile in layout(len(entries)):
        if tile.level is None:
            start = tile.index * 256
            files[tile.path] = encode_bundle(entries[start : start + tile.width])
    return files, Checkpoint("town/a", len(entries), root_of(entries))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 700, 65536, 65537 + 256])
def test_a_published_log_is_exactly_its_layout_and_reads_back(size: int) -> None:
    entries = [b"entry %d" % n for n in range(size)]
    files, checkpoint = publish(entries)
    assert set(files) == {tile.path for tile in layout(size)}
    assert list(iter_entries(files.__getitem__, checkpoint)) == entries


def _flip(path: str, at: int) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        data = bytearray(files[path])
        data[at] ^= 1
        files[path] = bytes(data)

    return change


def _set(path: str, data: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[path] = data

    return change


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("tile/0/000", _flip("tile/entries/000", 5)),
        ("tile/0/000", _flip("tile/0/000", 0)),
        ("tile/0/001.p/44", _flip("tile/0/001.p/44", -1)),
        ("tile/1/000.p/1", _flip("tile/1/000.p/1", 7)),
        ("tile/0/001.p/44", _flip("tile/entries/001.p/44", -1)),
        ("tile/entries/001.p/44", _set("tile/entries/001.p/44", b"")),
        ("tile/entries/000", _set("tile/entries/000", b"\x00\x01")),
        ("tile/entries/000", _set("tile/entries/000", b"\x00")),
    ],
)
def test_a_changed_tile_is_named(where: str, change: Callable[[Files], None]) -> None:
    files, checkpoint = publish([b"entry %d" % n for n in range(300)])
    change(files)
    with pytest.raises((VerificationError, EncodingError)) as caught:
        list(iter_entries(files.__getitem__, checkpoint))
    assert caught.value.where == where


def test_another_log_behind_the_checkpoint_is_found() -> None:
    files, _ = publish([b"other %d" % n for n in range(300)])
    _, checkpoint = publish([b"entry %d" % n for n in range(300)])
    with pytest.raises(VerificationError, match="checkpoint's root"):
        list(iter_entries(files.__getitem__, checkpoint))


def test_bundles_take_64_kib_less_one() -> None:
    assert decode_bundle(encode_bundle([b"x" * 65535, b""])) == [b"x" * 65535, b""]
    with pytest.raises(EncodingError, match="65536"):
        encode_bundle([b"x" * 65536])


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/x000/001", "tile/00/001", "tile/0/001.p/256", "tile/0/001.p/0", "tile/0/001.p/01",
        "tile/entries/../000", "/tile/0/000", "tile/0/000\n", "tile/0/٠٠٠", "tile/data/000",
    ],
)  # fmt: skip
def test_other_spellings_of_a_path_are_refused(path: str) -> None:
    with pytest.raises(EncodingError):
        parse_path(path)


@pytest.mark.parametrize("parts", [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 10**18, 1), (0, 0, 257)])
def test_tiles_that_cannot_be(parts: tuple[int, int, int]) -> None:
    with pytest.raises(EncodingError):
        tile_path(*parts)
    with pytest.raises(EncodingError):
        Tile(0, 0, 0)
