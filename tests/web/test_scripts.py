"""The browser's scripts beside the library: same sources, same bytes, and the same answers."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nacl.bindings import crypto_core_ed25519_add, crypto_core_ed25519_scalar_reduce

from bundle_builder import log_files
from pbvote.core.encoding import from_base64
from pbvote.core.errors import PbvoteError, VerificationError
from pbvote.core.note import (
    Signer,
    VerifyKey,
    ed25519_verify,
    open_checkpoint,
    open_note,
    sign_note,
)
from pbvote.receipts import tracker_of
from site_folder import SiteFolder

WEB = Path(__file__).resolve().parents[2] / "tally" / "web"
ASSETS = WEB.parent / "pbvote_tally" / "site" / "assets"
ORDER = 2**252 + 27742317777372353535851937790883648493
# of order 8, 4, 2 and 1, and others that aren't canonical
SMALL = [
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def run(folder: Path, *command: str, given: str = "") -> str:
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with the packages that the lock file names."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("needs node and npm: apt-get install nodejs npm")
    copy = tmp_path_factory.mktemp("web") / "web"
    shutil.copytree(WEB, copy, ignore=shutil.ignore_patterns("node_modules"))
    run(copy, "npm", "ci", "--prefer-offline")
    return copy


def test_the_committed_script_is_what_the_sources_give(web: Path) -> None:
    out = web.parent / "built"
    out.mkdir()
    run(web, "npm", "run", "types")
    run(web, "node", "build.mjs", str(out))
    for name in ("site.js", "site.js.sha256"):
        assert (out / name).read_bytes() == (ASSETS / name).read_bytes(), "run: make web"


def test_the_hash_beside_it() -> None:
    digest = hashlib.sha256((ASSETS / "site.js").read_bytes()).hexdigest()
    assert (ASSETS / "site.js.sha256").read_text() == f"{digest}  site.js\n"
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: part for name, part in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in part and "resolved" not in part for part in packages.values())


def accepted(key: bytes, signature: bytes, message: bytes) -> bool:
    """What libsodium says."""
    try:
        ed25519_verify(key, signature, message)
    except VerificationError:
        return False
    return True


def signatures(rng: random.Random) -> list[tuple[bytes, bytes, bytes]]:
    """Right ones, and everything that laxer libraries accept."""
    cases = []
    for _ in range(8):
        signer = Signer("x", rng.randbytes(32))
        message = rng.randbytes(rng.randrange(80))
        signature = signer.sign(message)
        key = signer.verify_key.public
        s = int.from_bytes(signature[32:], "little")
        cases += [(key, signature, message), (key, signature, message + b"x")]
        cases.append((key, signature[:32] + (s + ORDER).to_bytes(32, "little"), message))
        at = rng.randrange(64)
        flipped = bytes([*signature[:at], signature[at] ^ 1, *signature[at + 1 :]])
        cases.append((key, flipped, message))
        for small in map(bytes.fromhex, SMALL):
            cases += [(small, signature, message), (key, small + signature[32:], message)]
            cases.append((small, small + bytes(32), message))
        torsion = bytes.fromhex(SMALL[0])
        cases.append((crypto_core_ed25519_add(key, torsion), signature, message))
        cases.append(
            (key, crypto_core_ed25519_add(signature[:32], torsion) + signature[32:], message)
        )
    return [*cases, *mixed_order(rng)]


def mixed_order(rng: random.Random) -> list[tuple[bytes, bytes, bytes]]:
    """Keys with a small part: the equation holds with the cofactor, mostly not without."""
    from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp as times_base

    torsion, cases = bytes.fromhex(SMALL[0]), []
    for _ in range(16):
        a, r = (crypto_core_ed25519_scalar_reduce(rng.randbytes(64)) for _ in range(2))
        key = crypto_core_ed25519_add(times_base(a), torsion)
        commitment, message = times_base(r), rng.randbytes(8)
        k = int.from_bytes(hashlib.sha512(commitment + key + message).digest(), "little") % ORDER
        s = (int.from_bytes(r, "little") + k * int.from_bytes(a, "little")) % ORDER
        cases.append((key, commitment + s.to_bytes(32, "little"), message))
    return cases


def changed(rng: random.Random, data: bytes) -> bytes:
    """The bytes with a small change somewhere."""
    at = rng.randrange(len(data))
    kind = rng.randrange(4)
    if kind == 0:
        return data[:at] + data[at + 1 :]
    if kind == 1:
        return data[:at] + bytes([rng.choice(b'{}[]",:0aA= \n\\-')]) + data[at:]
    if kind == 2:
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(7))]) + data[at + 1 :]
    return data[:at] + data[at : at + 12] + data[at:]


JSON = [
    b'{"a":1}', b'{"a":1.0}', b'{"a":1e3}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b"[]", b"[ ]",
    b"null", b'{"a":null}', b"9007199254740991", b"9007199254740992", b"-0", b"01", b'"\\u00e9"',
    '"é"'.encode(), b'"\\ud800"', b'"\\ud83d\\ude00"', b'"\\/"', b'"\\u001f"', b'"\\u001F"',
    b'"\\n"', b'"\\u000a"', b'"\xff"', b"\xef\xbb\xbf[]", b"", b"[1,]", b"true", b'"\x7f"',
    '"\u2028"'.encode(), '{"é":1}'.encode(),
]  # fmt: skip
CANONICAL = {0, 5, 9, 14, 18, 20, 26, 27, 28, 29}


def logs(rng: random.Random) -> list[dict[str, Any]]:
    cases = []
    for size in (1, 2, 3, 255, 256, 257, 511, 513, 700):
        entries = [rng.randbytes(rng.randrange(1, 9)) for _ in range(size)]
        files = log_files(Signer("log", bytes(32)), entries)
        root = from_base64(files["checkpoint"].decode().split("\n")[2])
        indices = sorted({0, size - 1, *(rng.randrange(size) for _ in range(4))})
        cases.append(
            {
                "size": size,
                "root": root.hex(),
                "tiles": {name: data.hex() for name, data in files.items()},
                "indices": indices,
                "entries": [entries[i].hex() for i in indices],
            }
        )
    return cases


def opened(note: bytes, keys: list[VerifyKey]) -> str | None:
    try:
        return open_note(note, keys).encode().hex()
    except PbvoteError:
        return None


def size_of(note: bytes, key: VerifyKey) -> int | None:
    try:
        return open_checkpoint(note, key).size
    except PbvoteError:
        return None


def test_the_same_answers_as_the_library(
    web: Path, election: SiteFolder, rng: random.Random
) -> None:
    signed = signatures(rng)
    entries = [entry for log in election.poll.logs.values() for entry in log[:1] + log[-9:]]
    entries += [changed(rng, entry) for entry in entries for _ in range(40)]
    one, two = (Signer(name, rng.randbytes(32)) for name in ("town/one", "town/two"))
    keys = [one.verify_key, two.verify_key]
    right = sign_note("a text\n\nof two parts\n", [one, two])
    notes = [right, sign_note("a text\n", [two, one]), sign_note("a text\n", [one])]
    notes += [n for n in (changed(rng, right) for _ in range(300)) if is_utf8(n)]
    state = sign_note("town/one\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", [one])
    states = [state, sign_note("town/two\n3\nAAAA\n", [one]), sign_note("town/one\n03\n\n", [one])]
    tried = logs(rng)
    cases = {
        "signatures": [[part.hex() for part in case] for case in signed],
        "json": [data.hex() for data in JSON],
        "entries": [entry.hex() for entry in entries],
        "notes": [{"note": n.decode(), "keys": [k.text for k in keys]} for n in notes],
        "checkpoints": [{"note": n.decode(), "key": keys[0].text} for n in states],
        "given": ["PBVOTE1/R/AA", "1a2b-3c4d-5e6f", "1A2B 3C4D 5E6F", "1a2b", ""],
        "logs": tried,
    }
    run(web, "npm", "run", "answers")
    said = json.loads(run(web, "node", "answers.mjs", given=json.dumps(cases)))

    assert said["signatures"] == [accepted(*case) for case in signed]
    assert True in said["signatures"] and False in said["signatures"]
    assert said["json"] == [i in CANONICAL for i, _ in enumerate(JSON)]
    trackers = [tracker_of(entry) for entry in entries]
    assert said["entries"] == [t.hex() if t is not None else None for t in trackers]
    assert said["notes"] == [opened(n, keys) for n in notes]
    assert said["notes"][0] is not None
    assert said["checkpoints"] == [size_of(n, keys[0]) for n in states] == [3, None, None]
    assert said["given"] == ["partial", "tracker", "tracker", "other", "other"]
    assert said["logs"] == [case["entries"] for case in tried]


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
