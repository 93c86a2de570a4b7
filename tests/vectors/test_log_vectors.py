"""Logs, notes and tiles against vectors that others made."""

from __future__ import annotations

import json
from base64 import b64decode
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conftest import Vectors
from pbvote.core import merkle, note, tiles
from pbvote.core.encoding import MAX_ENTRY
from pbvote.core.errors import EncodingError, PbvoteError, VerificationError

KINDS = (note.ED25519, note.COSIGNATURE, note.ML_DSA_44)
ENTRIES = [bytes.fromhex(e) for e in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip


@pytest.fixture(scope="module")
def c2sp(shared: Path) -> Any:
    return json.loads((shared / "vectors/transparency/c2sp.json").read_text("utf-8"))


def test_roots_of_the_classic_eight_leaves(vectors: Vectors) -> None:
    roots = [bytes.fromhex(root) for root in vectors.json("log.json")["roots"]]
    assert [merkle.root_of(ENTRIES[:n]) for n in range(len(roots))] == roots


def test_signed_note(vectors: Vectors) -> None:
    case = vectors.json("records.json")["note"]
    signer = note.Signer(case["name"], bytes.fromhex(case["seed"]))
    assert signer.verify_key.text == case["vkey"]
    assert note.sign_note(case["text"], [signer]) == case["note"].encode()
    key = note.VerifyKey.parse(case["vkey"])
    assert note.open_note(case["note"].encode(), [key]) == case["text"]


def read(log: Path, path: str) -> bytes:
    return (log / path).read_bytes()


def test_logs_of_the_bundle(vectors: Vectors) -> None:
    folder = vectors.folder / "bundle"
    if not folder.is_dir():
        pytest.skip("the vectors have no bundle")
    manifest = json.loads(note.parse_note((folder / "manifest.note").read_bytes()).text)
    keys = {}
    for kind, folder_name in (("boxes", "box"), ("registrars", "registry")):
        for entry in manifest[kind]:
            keys[f"logs/{folder_name}/{entry['name']}"] = note.VerifyKey.parse(entry["vkey"])
    logs = [p.parent for p in folder.glob("logs/*/*/checkpoint")]
    assert logs
    for log in logs:
        key = keys[log.relative_to(folder).as_posix()]
        checkpoint = note.open_checkpoint((log / "checkpoint").read_bytes(), key)
        entries = list(tiles.iter_entries(partial(read, log), checkpoint))
        assert merkle.root_of(entries) == checkpoint.root
        there = {p.relative_to(log).as_posix() for p in log.rglob("*") if p.is_file()}
        assert there == {tile.path for tile in tiles.layout(checkpoint.size)} | {"checkpoint"}


def test_public_vkeys(c2sp: Any) -> None:
    for case in c2sp["vkeys"]:
        if case["ok"]:
            key = note.VerifyKey.parse(case["vkey"], algorithms=KINDS)
            assert (key.algorithm, key.text) == (case["alg"], case["vkey"])
            if key.algorithm != note.ED25519:
                with pytest.raises(EncodingError, match="kind not used here"):
                    note.VerifyKey.parse(case["vkey"])
        else:
            with pytest.raises(EncodingError):
                note.VerifyKey.parse(case["vkey"], algorithms=KINDS)


def test_public_notes(c2sp: Any) -> None:
    opened = 0
    for case in c2sp["notes"]:
        data = case["note"].encode()
        parsed = note.parse_note(data)
        keys = [note.VerifyKey.parse(k, algorithms=KINDS) for k in case["verifies"]]
        for key in keys:
            parsed.verify(key)
            changed = note.Note(parsed.text.replace("\n", " \n", 1), parsed.signatures)
            with pytest.raises(VerificationError, match="is wrong"):
                changed.verify(key)
        if all(s.is_of(k) for s, k in zip(parsed.signatures, keys, strict=False)) and len(
            keys
        ) == len(parsed.signatures):
            assert note.open_note(data, keys) == parsed.text
            opened += 1
        if case["checkpoint"]:
            assert note.parse_checkpoint(parsed.text).text == parsed.text
    assert opened > 20


def test_public_notes_signed_again(c2sp: Any) -> None:
    """Ed25519 is deterministic: the same seed gives the same note."""
    seeds = [c for c in c2sp["notes"] if "ed25519_seed_hex" in c or "skeys" in c]
    assert len(seeds) >= 2
    for case in seeds:
        text = note.parse_note(case["note"].encode()).text
        if "ed25519_seed_hex" in case:
            key = note.VerifyKey.parse(case["verifies"][0])
            signers = [note.Signer(key.name, bytes.fromhex(case["ed25519_seed_hex"]))]
        else:
            signers = [
                note.Signer(key.split("+")[2], b64decode(key.split("+", 4)[4])[1:])
                for key in case["skeys"]
            ]
        assert note.sign_note(text, signers).decode() == case["note"]


def test_bad_notes(c2sp: Any) -> None:
    for case in c2sp["bad_notes"]:
        keys = [note.VerifyKey.parse(k) for k in case["keys"]]
        with pytest.raises(PbvoteError):
            note.open_note(case["note"].encode(), keys)


def test_origin_is_the_keys_name(c2sp: Any) -> None:
    """Go's checksum database signs under another name: right as a note, not as our log."""
    case = next(c for c in c2sp["notes"] if "origin != key name" in c["source"])
    with pytest.raises(VerificationError, match=r"not of sum\.golang\.org"):
        note.open_checkpoint(case["note"].encode(), note.VerifyKey.parse(case["verifies"][0]))


def test_public_hashes(c2sp: Any) -> None:
    case = c2sp["merkle"]
    leaves = [bytes.fromhex(leaf) for leaf in case["leaves"]]
    row = [merkle.leaf_hash(leaf) for leaf in leaves]
    for level in case["node_hashes"]:
        assert [hash_.hex() for hash_ in row] == level
        row = [merkle.node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
    assert [merkle.root_of(leaves[:n]).hex() for n in range(9)] == case["roots"]
    for entry, hash_ in case["leaf_hash"].items():
        assert merkle.leaf_hash(bytes.fromhex(entry)).hex() == hash_
    for left, right, hash_ in case["node_hash"]:
        assert merkle.node_hash(bytes.fromhex(left), bytes.fromhex(right)).hex() == hash_


def test_tree_of_300_records(c2sp: Any) -> None:
    case = c2sp["tree_record300"]
    entries = [b"record %d" % n for n in range(case["size"])]
    assert merkle.root_of(entries).hex() == case["root"]
    hashes = tiles.HashTiles()
    for entry in entries:
        hashes.append(merkle.leaf_hash(entry))
    assert hashes.root().hex() == case["root"]


def test_proofs_of_public_logs(c2sp: Any) -> None:
    for case in c2sp["inclusion"]:
        leaf = merkle.leaf_hash(b64decode(case["entry_b64"]))
        proof = [bytes.fromhex(hash_) for hash_ in case["proof"]]
        root = bytes.fromhex(case["root"])
        merkle.verify_inclusion(leaf, case["index"], case["size"], proof, root)
        with pytest.raises(VerificationError):
            merkle.verify_inclusion(leaf, case["index"] ^ 1, case["size"], proof, root)


def _cases(shared: Path, name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(
        (shared / "vectors/transparency" / name).read_text("utf-8")
    )["cases"]
    return cases


def _bytes(text: str | None) -> bytes:
    return b64decode(text or "")


def test_public_inclusion_proofs(shared: Path) -> None:
    for case in _cases(shared, "inclusion.json"):
        arguments = (
            _bytes(case["leafHash"]), case["leafIdx"], case["treeSize"],
            [_bytes(hash_) for hash_ in case["proof"] or ()], _bytes(case["root"]),
        )  # fmt: skip
        if case["wantErr"]:
            with pytest.raises(VerificationError):
                merkle.verify_inclusion(*arguments)
        else:
            merkle.verify_inclusion(*arguments)


def test_public_consistency_proofs(shared: Path) -> None:
    for case in _cases(shared, "consistency.json"):
        arguments = (
            case["size1"], case["size2"], [_bytes(hash_) for hash_ in case["proof"] or ()],
            _bytes(case["root1"]), _bytes(case["root2"]),
        )  # fmt: skip
        if case["wantErr"]:
            with pytest.raises(VerificationError):
                merkle.verify_consistency(*arguments)
        else:
            merkle.verify_consistency(*arguments)


def test_public_tile_paths(c2sp: Any) -> None:
    for case in c2sp["tile_paths"]:
        level = None if case["level"] == "entries" else case["level"]
        tile = tiles.Tile(level, case["index"], case["width"])
        assert tile.path == case["path"]
        assert tiles.parse_path(case["path"]) == tile
    for case in c2sp["entries_path_for_index"]:
        index = case["index"] // tiles.WIDTH
        width = min(tiles.WIDTH, case["size"] - index * tiles.WIDTH)
        assert tiles.entries_path(index, width) == case["path"]


def test_public_tile_paths_to_parse(c2sp: Any) -> None:
    for case in c2sp["tile_path_parse"]:
        path = f"tile/{case['level']}/{case['index']}"
        if case["ok"]:
            tile = tiles.parse_path(path)
            got = [tile.level, tile.index, tile.width % tiles.WIDTH]
            assert [str(number) for number in got] == case["want"]
        else:
            with pytest.raises(EncodingError):
                tiles.parse_path(path)


def test_public_tile_layouts(c2sp: Any) -> None:
    for case in c2sp["tile_layout"]:
        got: dict[str, list[int]] = {}
        for tile in tiles.layout(case["size"]):
            if tile.level is not None:
                row = got.setdefault(str(tile.level), [0, 0])
                row[0] += tile.width == tiles.WIDTH
                row[1] += tile.width % tiles.WIDTH
        assert got == case["tiles"]
    assert MAX_ENTRY == 65535
