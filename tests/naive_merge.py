"""The merge a second time, read off docs/protocol.md, sections 6 to 8: no speed, no records.

Of our code it uses the curve alone. It keeps everything in lists and looks through them again
and again, so that it can be compared with the text rule by rule.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import rfc8785

from pbvote.core import group

Log = tuple[str, list[bytes]]
"""Status and entries."""


class Refused(Exception):
    """These logs refuse the bundle."""


# --- rule 1: the field table ----------------------------------------------------------------------


def _bytes(size: int | None = None, block: int = 1, least: int = 0) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            data = base64.b64decode(value, validate=True)
        except ValueError:
            return False
        fits = size is None or len(data) == size
        canonical = base64.b64encode(data).decode() == value
        return canonical and fits and len(data) % block == 0 and len(data) >= least

    return check


def _name(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value))


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


def _count(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _time(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9TZ:-]{20}", value):
        return False
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").isoformat() + "Z" == value
    except ValueError:
        return False


def _list_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _officials(value: Any) -> bool:
    two = isinstance(value, list) and len(value) == 2
    return two and all(isinstance(v, str) and v for v in value)


def _record(
    fields: Mapping[str, Callable[[Any], bool]], kind: str = "", optional: Sequence[str] = ()
) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        given = dict(value)
        if kind and given.pop("type", None) != kind:
            return False
        missing = set(fields) - set(given) - set(optional)
        return not missing and all(f in fields and fields[f](v) for f, v in given.items())

    return check


SEALED = _record({"contest": _name, "ciphertext": _bytes(block=64, least=64)})
CERTIFICATE = _record(
    {
        "election": _bytes(32),
        "pseudonym": _bytes(16),
        "serial": _count(1, 65535),
        "channel": _one_of("online", "in-person"),
        "district": _name,
        "key": _bytes(32),
        "registrar": _name,
        "signature": _bytes(64),
    },
    "pbvote/certificate/1",
    optional=["district"],
)
BALLOT = _record(
    {
        "election": _bytes(32),
        "box": _name,
        "certificate": CERTIFICATE,
        "sealed": _list_of(SEALED),
    },
    "pbvote/ballot/1",
)
PROOF = _record({"commitment": _bytes(), "response": _bytes()})
OPENED = _record({"contest": _name, "randomness": _bytes()})
NUMBER = _count(0, 2**53 - 1)
BOX_RECORDS = {
    "open": _record({"election": _bytes(32), "box": _name, "at": _time}, "pbvote/open/1"),
    "cast": _record({"ballot": BALLOT, "proof": PROOF}, "pbvote/cast/1"),
    "challenge": _record(
        {"ballot": BALLOT, "proof": PROOF, "opening": _list_of(OPENED)}, "pbvote/challenge/1"
    ),
    "close": _record({"at": _time, "cast": NUMBER, "challenged": NUMBER}, "pbvote/close/1"),
}
REGISTRY_RECORDS = {
    "certificate": CERTIFICATE,
    "enrol": _record(
        {"election": _bytes(32), "pseudonym": _bytes(16), "district": _name},
        "pbvote/enrol/1",
        optional=["district"],
    ),
    "revocation": _record(
        {
            "election": _bytes(32),
            "key": _bytes(32),
            "reason": _one_of("lost", "stolen", "returned", "error", "ineligible"),
            "officials": _officials,
        },
        "pbvote/revocation/1",
    ),
    "registry-close": _record({"at": _time}, "pbvote/registry-close/1"),
}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _read(data: bytes, records: Mapping[str, Callable[[Any], bool]]) -> tuple[str, Any]:
    """The kind of record and its value; "malformed" and None."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
        if rfc8785.dumps(value) != data:
            return "malformed", None
    except (ValueError, RecursionError):
        return "malformed", None
    for kind, check in records.items():
        if check(value) and (kind not in ("cast", "challenge") or _proof_fits(value)):
            return kind, value
    return "malformed", None


def _proof_fits(entry: Any) -> bool:
    blocks = sum(len(raw(s["ciphertext"])) // 64 for s in entry["ballot"]["sealed"])
    proof = entry["proof"]
    return {len(raw(proof["commitment"])), len(raw(proof["response"]))} == {32 * (1 + blocks)}


def raw(text: str) -> bytes:
    """The bytes of base64."""
    return base64.b64decode(text)


# --- section 6: the proof -------------------------------------------------------------------------


@cache
def _holds(data: bytes, use: str) -> bool:
    """The proof of an encoded cast or challenge; of a challenge the opening too."""
    entry = json.loads(data)
    ballot = entry["ballot"]
    parts = [p for s in ballot["sealed"] for p in group.rows(raw(s["ciphertext"]))]
    key, c1s = raw(ballot["certificate"]["key"]), parts[0::2]
    A = group.rows(raw(entry["proof"]["commitment"]))
    z = group.rows(raw(entry["proof"]["response"]))
    if not all(map(group.is_element, [key, *parts, *A])) or not all(map(group.is_scalar, z)):
        return False
    if group.IDENTITY in (key, *c1s):
        return False
    commitment = b"".join(A)
    e = group.hash_to_scalar("pbvote/v1/ballot", use.encode(), rfc8785.dumps(ballot), commitment)
    for z_b, A_b, base in zip(z, A, [key, *c1s], strict=True):
        if group.multiply_base(z_b) != group.add(A_b, group.multiply(e, base)):
            return False
    return use == "cast" or _opens(entry)


def _opens(entry: Any) -> bool:
    """Rule 3: the same contests in order, each r < L and r·G = c1."""
    sealed, opening = entry["ballot"]["sealed"], entry["opening"]
    if [o["contest"] for o in opening] != [s["contest"] for s in sealed]:
        return False
    for opened, part in zip(opening, sealed, strict=True):
        c1s, randomness = group.rows(raw(part["ciphertext"]))[0::2], raw(opened["randomness"])
        rs = group.rows(randomness)
        if len(randomness) != 32 * len(c1s) or not all(map(group.is_scalar, rs)):
            return False
        if [group.multiply_base(r) for r in rs] != c1s:
            return False
    return True


# --- rules 1 to 6 ---------------------------------------------------------------------------------


class NaiveMerge:
    """`manifest` as JSON, `roll` pseudonym (base64) → district or None, `logs` by their origin's
    end: `registry/<name>`, `box/<name>`."""

    def __init__(
        self,
        election: bytes,
        manifest: Mapping[str, Any],
        roll: Mapping[str, str | None],
        logs: Mapping[str, Log],
    ) -> None:
        self.id, self.manifest, self.roll = base64.b64encode(election).decode(), manifest, roll
        self.registry: dict[str, list[tuple[str, Any]]] = {
            r["name"]: self._registry_log(*logs[f"registry/{r['name']}"])
            for r in manifest["registrars"]
        }
        self.set_aside: dict[tuple[int, int], str] = {}
        self.standing: list[tuple[int, int, Any, bytes]] = []
        self.counts: list[dict[str, int]] = []
        self.sizes = {name: len(entries) for name, (_, entries) in logs.items()}
        for position, box in enumerate(manifest["boxes"]):
            self._judge(position, box, *logs[f"box/{box['name']}"])
        self.conflicts: list[dict[str, Any]] = []
        self.accepted: list[tuple[int, int, Any, bytes]] = []
        for pseudonym in sorted({raw(b["certificate"]["pseudonym"]) for *_, b, _ in self.standing}):
            self._settle(pseudonym)

    def _registry_log(self, status: str, entries: list[bytes]) -> list[tuple[str, Any]]:
        read = [_read(data, REGISTRY_RECORDS) for data in entries]
        kinds = [kind for kind, _ in read]
        if status == "closed" and kinds.count("registry-close") != 1:
            raise Refused
        if status == "closed" and kinds[-1] != "registry-close":
            raise Refused
        own = [(kind, v) for kind, v in read if kind in ("certificate", "enrol", "revocation")]
        return [(kind, v) for kind, v in own if v["election"] == self.id]

    def _certificates(self, registrar: str) -> list[Any]:
        log = self.registry[registrar]
        return [v for kind, v in log if kind == "certificate" and v["registrar"] == registrar]

    def _district_on_roll(self, pseudonym: str) -> tuple[bool, str | None]:
        if pseudonym in self.roll:
            return True, self.roll[pseudonym]
        for log in self.registry.values():
            for kind, value in log:
                if kind == "enrol" and value["pseudonym"] == pseudonym:
                    return True, value.get("district")
        return False, None

    def _shape(self, district: str | None) -> list[tuple[str, int]]:
        shape = []
        for contest in self.manifest["contests"]:
            if "districts" not in contest or district in contest["districts"]:
                form = contest["ballot"]
                largest = {
                    "points": form.get("max_each"),
                    "ranking": form.get("max"),
                    "grades": form.get("levels"),
                }.get(form["format"], 1)
                assert isinstance(largest, int)
                bits = ((largest + 1) ** len(contest["projects"]) - 1).bit_length()
                shape.append((contest["id"], 64 * max(1, -(-bits // 240))))
        return shape

    def _reason_before_proof(self, box: Any, ballot: Any) -> str | None:
        certificate = ballot["certificate"]
        registrar = certificate["registrar"]
        if ballot["election"] != self.id or certificate["election"] != self.id:
            return "wrong-election"
        if ballot["box"] != box["name"]:
            return "wrong-box"
        if registrar not in self.registry:
            return "unknown-registrar"
        if certificate not in self._certificates(registrar):
            return "certificate-not-logged"
        revoked = [v["key"] for kind, v in self.registry[registrar] if kind == "revocation"]
        if certificate["key"] in revoked:
            return "revoked"
        if self._district_on_roll(certificate["pseudonym"]) != (True, certificate.get("district")):
            return "not-on-roll"
        if certificate["channel"] != box["channel"]:
            return "wrong-channel"
        sealed = [(s["contest"], len(raw(s["ciphertext"]))) for s in ballot["sealed"]]
        if sealed != self._shape(certificate.get("district")):
            return "wrong-contests"
        return None

    def _judge(self, position: int, box: Any, status: str, entries: list[bytes]) -> None:
        read = [_read(data, BOX_RECORDS) for data in entries]
        self._check_ends(box, status, read)
        if status == "cut":
            ends = ("open", "close")
            read = [
                ("malformed", None) if i and kind in ends else (kind, v)
                for i, (kind, v) in enumerate(read)
            ]
        self.counts.append(
            {kind: [k for k, _ in read].count(kind) for kind in ("cast", "challenge")}
        )
        good: list[tuple[str, bytes]] = []  # kind and digest of what has no reason
        for index, (data, (kind, value)) in enumerate(zip(entries, read, strict=True)):
            if kind in ("cast", "challenge"):
                ballot = value["ballot"]
                digest = hashlib.sha256(rfc8785.dumps(ballot)).digest()
                reason = self._reason_before_proof(box, ballot)
                if reason is None and not _holds(data, kind):
                    reason = "bad-proof"
                if kind == "challenge":
                    if reason or ("cast", digest) in good:
                        reason = "bad-challenge"
                elif reason is None and ("challenge", digest) in good:
                    reason = "challenged"
                elif reason is None and ("cast", digest) in good:
                    reason = "duplicate"
                if reason:
                    self.set_aside[position, index] = reason
                    continue
                good.append((kind, digest))
                if kind == "cast":
                    self.standing.append((position, index, ballot, digest))
            elif kind == "malformed":
                self.set_aside[position, index] = "malformed"

    def _check_ends(self, box: Any, status: str, read: list[tuple[str, Any]]) -> None:
        kinds = [kind for kind, _ in read]
        if status == "lost" or (status == "cut" and not read):
            return
        own = kinds[:1] == ["open"]
        if not own or (read[0][1]["election"], read[0][1]["box"]) != (self.id, box["name"]):
            raise Refused
        if status == "closed":
            if kinds.count("open") != 1 or kinds.count("close") != 1 or kinds[-1] != "close":
                raise Refused
            close = read[-1][1]
            true = (kinds.count("cast"), kinds.count("challenge"))
            if (close["cast"], close["challenged"]) != true:
                raise Refused

    def _settle(self, pseudonym: bytes) -> None:
        mine = [s for s in self.standing if raw(s[2]["certificate"]["pseudonym"]) == pseudonym]
        rule = self.manifest.get("supersede", "in-person")
        per_serial: list[tuple[int, int, Any, bytes]] = []
        for entry in mine:
            place = (entry[0], entry[2]["certificate"]["serial"])
            same = [s for s in mine if (s[0], s[2]["certificate"]["serial"]) == place]
            if entry is (same[0] if rule == "first" else same[-1]):
                per_serial.append(entry)

        def rank(entry: tuple[int, int, Any, bytes]) -> tuple[bool, int]:
            certificate = entry[2]["certificate"]
            if rule == "in-person":
                return certificate["channel"] == "in-person", certificate["serial"]
            return False, certificate["serial"]

        ranks = sorted(map(rank, per_serial))
        best = ranks[0] if rule == "first" else ranks[-1]
        equal = sorted((s for s in per_serial if rank(s) == best), key=lambda s: s[0])
        chosen = sorted(equal, key=lambda s: s[3])[0]
        self.accepted.append(chosen)
        for position, index, *_ in mine:
            if (position, index) != chosen[:2]:
                self.set_aside[position, index] = "superseded"
        if len(equal) > 1:
            boxes = self.manifest["boxes"]
            entries = [{"box": boxes[s[0]]["name"], "index": s[1]} for s in equal]
            key = base64.b64encode(pseudonym).decode()
            self.conflicts.append({"pseudonym": key, "entries": entries})

    def json(self) -> bytes:
        """merge.json."""
        boxes = self.manifest["boxes"]
        leaves = [raw(self.id), *(digest for *_, digest in self.accepted)]
        return rfc8785.dumps(
            {
                "type": "pbvote/merge/1",
                "election": self.id,
                "boxes": [
                    {
                        "name": box["name"],
                        "size": self.sizes[f"box/{box['name']}"],
                        "cast": self.counts[i]["cast"],
                        "challenged": self.counts[i]["challenge"],
                        "accepted": sum(position == i for position, *_ in self.accepted),
                    }
                    for i, box in enumerate(boxes)
                ],
                "registries": [
                    {
                        "name": name,
                        "size": self.sizes[f"registry/{name}"],
                        "certificates": len(self._certificates(name)),
                        "enrolled": [kind for kind, _ in log].count("enrol"),
                        "revoked": [kind for kind, _ in log].count("revocation"),
                    }
                    for name, log in self.registry.items()
                ],
                "set_aside": [
                    {"box": boxes[i]["name"], "index": index, "reason": reason}
                    for (i, index), reason in sorted(self.set_aside.items())
                ],
                "conflicts": self.conflicts,
                "accepted": len(self.accepted),
                "root": base64.b64encode(_root(leaves)).decode(),
            }
        )

    def column(self, contest: str) -> bytes:
        """A contest's input."""
        sealed = [s for *_, ballot, _ in self.accepted for s in ballot["sealed"]]
        return b"".join(raw(s["ciphertext"]) for s in sealed if s["contest"] == contest)


def _root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + _root(leaves[:k]) + _root(leaves[k:])).digest()
