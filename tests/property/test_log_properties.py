"""The tree, its proofs, tiles and notes, on anything."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.errors import PbvoteError, VerificationError
from pbvote.core.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from pbvote.core.note import Signer, VerifyKey, open_note, sign_note
from pbvote.core.tiles import HashTiles, Tile, decode_bundle, encode_bundle, parse_path

LEAVES = [leaf_hash(b"%d" % n) for n in range(600)]


@cache
def naive_root(start: int, end: int) -> bytes:
    """MTH as RFC 6962, section 2.1, defines it."""
    if end - start < 2:
        return LEAVES[start] if end > start else EMPTY_ROOT
    k = 1
    while 2 * k < end - start:
        k *= 2
    return node_hash(naive_root(start, start + k), naive_root(start + k, end))


def test_every_size_has_the_naive_root() -> None:
    tree, tiles = Tree(), HashTiles()
    for size, leaf in enumerate(LEAVES):
        assert tree.root() == tiles.root() == naive_root(0, size)
        tree.append_hash(leaf)
        tiles.append(leaf)


def test_a_copy_grows_on_its_own() -> None:
    tree = Tree()
    tree.append(b"a")
    other = tree.copy()
    other.append(b"b")
    assert (tree.root(), other.root()) == (root_of([b"a"]), root_of([b"a", b"b"]))


@given(st.data())
def test_inclusion_proofs(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(LEAVES, index, size)
    root = naive_root(0, size)
    verify_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, size).filter(lambda n: n != index))
    wrong = [
        (LEAVES[other], index, size, proof, root),
        (LEAVES[index], other, size, proof, root),
        (LEAVES[index], index, size, [*proof, root], root),
        (LEAVES[index], index, size, proof, naive_root(0, size + 1)),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong += [
            (LEAVES[index], index, size, proof[:at] + proof[at + 1 :], root),
            (LEAVES[index], index, size, [*proof[:at], root, *proof[at + 1 :]], root),
            (LEAVES[index], index, size, [*proof[:at], b"", *proof[at + 1 :]], root),
        ]
    for arguments in wrong:
        with pytest.raises(VerificationError):
            verify_inclusion(*arguments)


@given(st.data())
def test_consistency_proofs(data: st.DataObject) -> None:
    size2 = data.draw(st.integers(1, 300))
    size1 = data.draw(st.integers(1, size2))
    proof = consistency_proof(LEAVES, size1, size2)
    root1, root2 = naive_root(0, size1), naive_root(0, size2)
    verify_consistency(size1, size2, proof, root1, root2)
    wrong = [
        (size1, size2, [*proof, root1], root1, root2),
        (size1, size2, proof, LEAVES[599], root2),
        (size1, size2, proof, root1, LEAVES[599]),
        (0, size2, [], EMPTY_ROOT, root2),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong += [
            (size1, size2, proof[:at] + proof[at + 1 :], root1, root2),
            (size1, size2, [*proof[:at], LEAVES[599], *proof[at + 1 :]], root1, root2),
        ]
    for arguments in wrong:
        with pytest.raises(VerificationError):
            verify_consistency(*arguments)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (0, 601)])
def test_proofs_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(VerificationError):
        inclusion_proof(LEAVES, index, size)
    with pytest.raises(VerificationError):
        consistency_proof(LEAVES, 602 if index == 0 else 0, size)


@given(st.lists(st.binary(max_size=400), max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@given(st.binary(max_size=200))
def test_a_bundle_has_one_spelling(data: bytes) -> None:
    try:
        entries = decode_bundle(data)
    except PbvoteError:
        return
    assert encode_bundle(entries) == data


@given(st.none() | st.integers(0, 63), st.integers(0, 10**18 - 1), st.integers(1, 256))
def test_paths_round_trip(level: int | None, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path) == tile


_names = st.text(min_size=1, max_size=20).filter(
    lambda t: (
        "+" not in t and not any(c.isspace() or c < " " or 0xD800 <= ord(c) < 0xE000 for c in t)
    )
)
_texts = st.text(
    st.characters(exclude_categories=["Cs"]).filter(lambda c: c >= " " or c == "\n"), max_size=60
).map(lambda t: t + "\n")


@given(
    _texts, st.lists(st.tuples(_names, st.binary(min_size=32, max_size=32)), min_size=1, max_size=3)
)
def test_notes_round_trip(text: str, makers: list[tuple[str, bytes]]) -> None:
    signers = [Signer(name, seed) for name, seed in makers]
    keys = [VerifyKey.parse(signer.verify_key.text) for signer in signers]
    assert open_note(sign_note(text, signers), keys) == text


SIGNERS = [Signer("town/a", bytes(32)), Signer("town/b", b"\x01" * 32)]
NOTE = sign_note("town/a\n12\nmairie, 1er étage\n\nun budget\n", SIGNERS)


@settings(max_examples=400)
@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_refused(at: int, change: int) -> None:
    data = NOTE[:at] + bytes([NOTE[at] ^ change]) + NOTE[at + 1 :]
    with pytest.raises(PbvoteError):
        open_note(data, [signer.verify_key for signer in SIGNERS])
