"""What a file of ours says, as values that can be printed or given as JSON.

Each kind of file is told by its content, then by its name. Nothing here judges an election: a
record that breaks its form is shown with what is wrong with it.
"""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from pbvote.at_hand import DATABASES, Snapshot
from pbvote.cli.inspect_record import HIDDEN, Found, entry_line, read_record
from pbvote.cli.qr_photo import is_photo, read_photo
from pbvote.core.card import CARD_PREFIX, PREFIX, read_card_text, typed_code
from pbvote.core.encoding import decode, from_base64, time_text
from pbvote.core.errors import EncodingError, InputError, PbvoteError
from pbvote.core.manifest import Manifest
from pbvote.core.note import VerifyKey, parse_checkpoint, parse_note
from pbvote.core.receipt import RECEIPT_PREFIX, read_receipt_text
from pbvote.core.tiles import CHECKPOINT, WIDTH, decode_bundle, parse_path
from pbvote.files import read_bytes
from pbvote.registry.roll import APPLICATION as ROLL_APPLICATION
from pbvote.words import plural
from pbvote_tally.bundle import CLOSING, MANIFEST, ROLL, Bundle, open_bundle
from pbvote_tally.records import Results

KINDS = (
    "signed notes (manifest, addenda, closing, statements, results, checkpoints), records (.json),"
    " tiles and databases of logs, key files and vkeys, cards' and receipts' texts and photos,"
    " election.toml, roll.csv, selections.csv, .bin of a bundle, bundles (folder or .zip), .pb"
)
_BINARIES = {
    "input.bin": (64, "ciphertexts c1 ‖ c2, a row of w for each ballot"),
    "output.bin": (64, "ciphertexts c1 ‖ c2, a row of w for each ballot"),
    "proof.bin": (32, "elements and scalars of a proof"),
    "shares.bin": (32, "a trustee's shares D, one a ciphertext"),
}
_APPLICATION = slice(68, 72)  # of an SQLite file's header: whose file it is
_LONG = 72  # characters of a text that is shown whole
_MANY = 40  # items of a list that are shown


def look(what: str, *, secret: bool = False) -> Found:
    """What this file, folder or text is and says; InputError if it is nothing of ours."""
    if PREFIX in what:
        return _text(what, secret)
    path = Path(what)
    if not _exists(path):
        return _text(what, secret)
    if path.is_dir():
        return _folder(path)
    return _file(path, read_bytes(path), secret)


def shortened(value: Any) -> Any:
    """The same with long texts and lists cut, for people."""
    if isinstance(value, dict):
        return {str(name): shortened(part) for name, part in value.items()}
    if isinstance(value, list):
        cut = [shortened(part) for part in value[:_MANY]]
        return cut if len(value) <= _MANY else [*cut, f"… and {len(value) - _MANY} more"]
    if isinstance(value, str) and len(value) > _LONG and " " not in value:
        return f"{value[:24]}… ({len(value)} characters)"
    return value


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a text that no file can be called
        return False


def _file(path: Path, data: bytes, secret: bool) -> Found:
    """Each kind in turn; the first that it is."""
    if data.startswith(b"SQLite format 3\0"):
        return _database(path)
    if data.startswith(b"PK"):
        return _zip(path)
    if is_photo(data[:16]):
        return {"kind": "photo", "codes": [_text(text, secret) for text in read_photo(path)]}
    if data.startswith(b"pbvote-mark/1 "):
        return {"kind": "a log's mark (how far it was when a receipt was handed out)"}
    readers: tuple[Callable[[Path, bytes], Found | None], ...] = (
        _note,
        _tile,
        _binary,
        _toml,
        _table,
        _pb,
    )
    for read in readers:
        found = read(path, data)
        if found is not None:
            return found
    record = read_record(data)
    if record is not None:
        return record
    try:
        return _text(data.decode("utf-8").strip(), secret)
    except (InputError, UnicodeDecodeError) as error:
        if PREFIX.encode() in data:
            raise
        raise InputError(
            "not a file of pbvote", where=str(path), hint=f"It knows: {KINDS}"
        ) from error


def _text(text: str, secret: bool) -> Found:
    """A card, a receipt or a vkey."""
    if CARD_PREFIX in text:
        return _card(text, secret)
    if RECEIPT_PREFIX in text:
        receipt = read_receipt_text(text)
        return {
            "kind": "receipt",
            "election": f"{receipt.election.hex()}…",
            "box": f"number {receipt.box + 1}",
            "entry": receipt.index,
            "at": time_text(receipt.at),
            "tracker": receipt.tracker.hex(),
            "signature": "not checked; use `pbvote receipt check`",
        }
    try:
        key = VerifyKey.parse(text.strip(), "", (1, 4, 6))
    except EncodingError:
        raise InputError(
            "neither a file nor a text of pbvote", where=text[:80], hint=f"It knows: {KINDS}"
        ) from None
    return {
        "kind": "vkey (public key to check signatures)",
        "name": key.name,
        "key id": key.key_id.hex(),
        "key": key.public.hex(),
    }


def _card(text: str, secret: bool) -> Found:
    card = read_card_text(text)
    return {
        "kind": "card",
        "code": typed_code(card.code) if secret else f"{HIDDEN}: whoever has it can vote",
        "pseudonym": card.pseudonym.hex(),
        "serial": card.serial,
        "channel": card.channel,
        "district": "none" if card.district is None else f"number {card.district + 1}",
        "registrar": f"number {card.registrar + 1}",
    }


def _note(path: Path, data: bytes) -> Found | None:
    try:
        note = parse_note(data, unsigned=path.suffix == ".note")
    except EncodingError:
        return None
    signed = {"signed by": [s.name for s in note.signatures], "signatures": "not checked"}
    text = note.text
    if not text.startswith("{"):
        try:
            checkpoint = parse_checkpoint(text)
        except EncodingError:
            return {"kind": "signed note", "text": text.splitlines(), **signed}
        return {
            "kind": "checkpoint of a log",
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            **signed,
        }
    found = read_record(text.encode().removesuffix(b"\n"))
    if found is None:
        return {"kind": "signed note", "text": text.splitlines(), **signed}
    return {**found, "kind": f"signed note: {found['kind']}", **signed}


def _tile(path: Path, data: bytes) -> Found | None:
    parts = path.resolve().parts
    if "tile" not in parts:
        return None
    place = len(parts) - 1 - parts[::-1].index("tile")
    try:
        tile = parse_path("/".join(parts[place:]))
    except EncodingError:
        return None
    if tile.level is not None:
        hashes = [data[i : i + 32].hex() for i in range(0, len(data), 32)]
        return {"kind": f"tile of hashes, level {tile.level}", "hashes": hashes}
    entries = decode_bundle(data, str(path))
    start = tile.index * WIDTH
    return {
        "kind": "tile of entries",
        "entries": [f"{start + i}: {entry_line(entry)}" for i, entry in enumerate(entries)],
    }


def _binary(path: Path, data: bytes) -> Found | None:
    known = _BINARIES.get(path.name)
    if known is None:
        return None
    size, what = known
    found: Found = {"kind": f"{path.name}: {what}", "bytes": len(data)}
    whole, rest = divmod(len(data), size)
    found["parts"] = f"{whole} of {size} bytes"
    if rest:
        found["wrong"] = f"{plural(rest, 'byte')} left over: it is cut or not such a file"
    return found


def _toml(path: Path, data: bytes) -> Found | None:
    if path.suffix != ".toml":
        return None
    try:
        return {
            "kind": "election.toml, a draft",
            **_jsonable(tomllib.loads(data.decode("utf-8-sig"))),
        }
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"not TOML ({error})", where=str(path), hint="Correct it") from None


def _jsonable(value: Any) -> Any:
    """TOML has dates and times, which JSON hasn't."""
    if isinstance(value, dict):
        return {name: _jsonable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_jsonable(part) for part in value]
    return value if isinstance(value, str | int | float | bool) else str(value)


_ROLL = re.compile(rb"[A-Za-z0-9+/]{22}==,[A-Za-z0-9._-]*")


def _table(path: Path, data: bytes) -> Found | None:
    """roll.csv, selections.csv, and other tables: never whose they are."""
    if path.suffix != ".csv":
        return None
    lines = data.splitlines()
    if lines and _ROLL.fullmatch(lines[0]) and all(map(_is_roll_line, lines)):
        districts = Counter(line.split(b",")[1].decode() or "no district" for line in lines)
        return {"kind": "public roll", "people": len(lines), "districts": dict(districts)}
    try:
        header = (data.decode("utf-8-sig").splitlines() or [""])[0]
    except UnicodeDecodeError:
        return None
    if path.name == "selections.csv":
        return {
            "kind": "selections of a contest, as opened",
            "projects": header.split(","),
            "ballots": len(lines) - 1,
            "invalid": lines[1:].count(b"invalid"),
            "blank": sum(not set(line) - set(b"0,") for line in lines[1:]),
        }
    if "," in header or ";" in header:
        columns = [name.strip() for name in re.split("[,;]", header)]
        kind = "cards, secret" if "card" in columns and "code" in columns else "a table"
        return {"kind": kind, "columns": columns, "lines": len(lines) - 1}
    return None


def _is_roll_line(line: bytes) -> bool:
    try:
        from_base64(line[:24].decode("ascii"), 16)
    except (EncodingError, UnicodeDecodeError):
        return False
    return _ROLL.fullmatch(line) is not None


def _pb(path: Path, data: bytes) -> Found | None:
    if path.suffix != ".pb":
        return None
    from pbvote import pabulib

    election = pabulib.read(path)
    return {
        "kind": "Pabulib election",
        "name": election.name,
        "projects": len(election.projects),
        "votes": len(election.ballots),
        "vote type": str(election.vote_type),
        "budget": f"{election.budget} (units of 1/{election.unit})",
        "rule": election.rule,
        "notes": list(election.notes),
    }


def _database(path: Path) -> Found:
    with path.open("rb") as file:
        head = file.read(_APPLICATION.stop)
    if head[_APPLICATION] == ROLL_APPLICATION.to_bytes(4, "big"):
        return {"kind": "a registrar's private roll (not shown)"}
    with closing(Snapshot(path)) as log:
        note = log.checkpoint
        entries = Counter(_kind_of(entry) for entry in log.entries())
        found: Found = {"kind": "a log's database (its private part isn't shown)"}
        if note is not None:
            found["checkpoint"] = parse_note(note).text.splitlines()
        return {**found, "entries": dict(entries)}


def _kind_of(entry: bytes) -> str:
    found = read_record(entry)
    return "malformed" if found is None or "wrong" in found else str(found["kind"])


def _folder(path: Path) -> Found:
    if (path / CHECKPOINT).is_file():
        return {
            **_file(path / CHECKPOINT, read_bytes(path / CHECKPOINT), False),
            "tiles in": str(path),
        }
    if (path / MANIFEST).is_file() and ((path / CLOSING).is_file() or (path / "logs").is_dir()):
        return _bundle(open_bundle(path))
    for name in DATABASES:
        if (path / name).is_file():
            return _database(path / name)
    here = sorted(p.name + "/" * p.is_dir() for p in path.iterdir())
    if (path / MANIFEST).is_file() or (path / "election.toml").is_file():
        return {"kind": "an election's folder", "files": here}
    if "trustee.key" in here:
        return {"kind": "a trustee's folder (its secrets aren't shown)", "files": here}
    raise InputError("not a folder of pbvote", where=str(path), hint=f"It knows: {KINDS}")


def _zip(path: Path) -> Found:
    try:
        bundle = open_bundle(path)
    except (NotImplementedError, ValueError, zipfile.LargeZipFile) as error:
        raise InputError(f"not a readable zip ({error})", where=str(path)) from None
    if MANIFEST not in bundle.names():
        raise InputError("a zip, but not of a bundle", where=str(path), hint=f"It knows: {KINDS}")
    return _bundle(bundle)


def _bundle(bundle: Bundle) -> Found:
    names = bundle.names()
    found: Found = {"kind": "audit bundle", "files": len(names)}
    manifest = _inner(bundle, MANIFEST, Manifest)
    if manifest is not None:
        found["slug"], found["title"] = manifest.slug, manifest.title
        found["contests"] = {c.id: plural(len(c.projects), "project") for c in manifest.contests}
    results = _inner(bundle, "results.note", Results) if "results.note" in names else None
    if results is not None:
        found["winners"] = {c.id: list(c.winners) for c in results.contests}
    found["people on the roll"] = bundle.read(ROLL).count(b"\n") if ROLL in names else 0
    found["folders"] = _counted(name.rpartition("/")[0] or "." for name in names)
    found["signatures"] = "not checked; use `pbvote-tally verify`"
    return found


def _inner(bundle: Bundle, name: str, kind: type[Any]) -> Any:
    """The record in a note, or None if it is none."""
    try:
        return decode(parse_note(bundle.read(name)).text.encode().removesuffix(b"\n"), kind)
    except PbvoteError:
        return None


def _counted(names: Iterable[str]) -> dict[str, int]:
    """How many files in each folder, tiles of a log taken together."""
    return dict(Counter(name.split("/tile")[0] for name in names))
