"""Closing and logs: each check of `verify` broken alone, all around it signed again.

docs/protocol.md, sections 7 and 8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from bundle_builder import (
    AT,
    Files,
    Tallying,
    log_files,
    make_closing,
    sign_closing,
    signer_of,
    text_hash,
)
from bundle_changes import (
    OTHER,
    Change,
    Signers,
    Town,
    check_row,
    commission_and,
    copied,
    false_signature,
    note_of,
    setting,
    signed_by,
    stranger,
    tampered,
    trustees,
    without,
)
from pbvote.core.closing import Closing
from pbvote.core.encoding import to_base64
from pbvote.core.note import Checkpoint, Signer, parse_note, sign_note


def closing_with(change: Callable[[Closing], Closing], quorum: int | None = None) -> Change:
    """Another closing, signed; lot and results made for it."""

    def make(own: Town) -> Files:
        closing = change(make_closing(own.built, own.logs, own.statuses))
        note = sign_closing(own.built, closing, quorum)
        lot = Tallying(own.built, text_hash(note)).lot_files((1, 3))
        return {**own.files, "closing.note": note, **lot}

    return make


def closed_log(number: int, **fields: Any) -> Change:
    """Another line about a log: 0 mairie, 1 desk-1, 2 online, 3 kiosk-1, 4 kiosk-2, 5 late."""

    def change(closing: Closing) -> Closing:
        logs = list(closing.logs)
        logs[number] = structs.replace(logs[number], **fields)
        return structs.replace(closing, logs=logs)

    return closing_with(change)


def logs_of_closing(change: Callable[[list[Any]], list[Any]]) -> Change:
    return closing_with(lambda c: structs.replace(c, logs=change(list(c.logs))))


def closing_fields(**fields: Any) -> Change:
    return closing_with(lambda closing: structs.replace(closing, **fields))


def checkpoint(log: str, signer: Signers | None = None, **fields: Any) -> Change:
    """Another checkpoint of a log, signed."""

    def make(own: Town) -> bytes:
        key = signer_of(own.built, log)
        files = log_files(key, own.logs[log])
        _, size, _ = parse_note(files["checkpoint"]).text.splitlines()
        real = make_closing(own.built, own.logs, own.statuses)
        root = next(entry.root for entry in real.logs if entry.origin == key.name)
        said = structs.replace(Checkpoint(key.name, int(size), root), **fields)
        return sign_note(said.text, signer(own) if signer else [key])

    return setting(f"logs/{log}/checkpoint", make)


def relogged(log: str, change: Callable[[list[bytes]], list[bytes]], status: Any = None) -> Change:
    """Another log, exported, with its checkpoint and the closing signed for it."""
    return lambda own: own.with_log(log, change(list(own.logs[log])), status)


def again(entries: list[bytes]) -> list[bytes]:
    """The open a second time, before the close."""
    return [*entries[:-1], entries[0], entries[-1]]


def late_entry(entries: list[bytes]) -> list[bytes]:
    return [*entries, entries[1]]


def other_close(entry: bytes) -> bytes:
    return entry.replace(b'"cast":', b'"cast":1', 1)


def other_challenged(entry: bytes) -> bytes:
    return entry.replace(b'"challenged":', b'"challenged":1', 1)


def smuggled(own: Town) -> Files:
    """A folder of the lost box, its entries and all."""
    files = log_files(signer_of(own.built, "box/kiosk-2"), own.logs["box/kiosk-2"])
    return {**own.files, **{f"logs/box/kiosk-2/{name}": data for name, data in files.items()}}


def entries_tile(log: str, own: Town) -> str:
    (name,) = (n for n in own.files if n.startswith(f"logs/{log}/tile/entries/"))
    return name


def in_entries(log: str, change: Callable[[bytes], bytes]) -> Change:
    def make(own: Town) -> Files:
        name = entries_tile(log, own)
        return {**own.files, name: change(own.files[name])}

    return make


def other_letter(data: bytes) -> bytes:
    """Another letter in an entry that isn't the first: every length stays."""
    assert b"pbvote/cast/1" in data
    return data.replace(b"pbvote/cast/1", b"pbvote/cost/1", 1)


LOGS: dict[str, tuple[Change, str, str]] = {
    "closing: a registry left out": (
        logs_of_closing(lambda logs: logs[1:]),
        "closing.note",
        "every registry, then every box",
    ),
    "closing: a box left out": (
        logs_of_closing(lambda logs: logs[:-1]),
        "closing.note",
        "every registry, then every box",
    ),
    "closing: another order": (
        logs_of_closing(lambda logs: [*logs[:2], *logs[:1:-1]]),
        "closing.note",
        "in order",
    ),
    "closing: boxes first": (
        logs_of_closing(lambda logs: [*logs[2:], *logs[:2]]),
        "closing.note",
        "in order",
    ),
    "closing: a log twice": (
        logs_of_closing(lambda logs: [*logs, logs[-1]]),
        "closing.note",
        "in order",
    ),
    "closing: a log of nobody": (
        closed_log(2, origin="pbvote/demo/box/cellar"),
        "closing.note",
        "in order",
    ),
    "closing: another root": (
        closed_log(2, root=OTHER),
        "logs/box/online/checkpoint",
        "closing",
    ),
    "closing: a smaller size": (closed_log(2, size=3), "logs/box/online/checkpoint", "closing"),
    "closing: a larger size": (
        closed_log(0, size=99),
        "logs/registry/mairie/checkpoint",
        "closing",
    ),
    "closing: a lost log that isn't empty": (
        closed_log(4, size=1),
        "closing.note",
        "lost",
    ),
    "closing: a lost log with another root": (
        closed_log(4, root=OTHER),
        "closing.note",
        "lost",
    ),
    "closing: no such status": (closed_log(4, status="gone"), "closing.note", "gone"),
    "closing: of another election": (closing_fields(election=OTHER), "closing.note", "election"),
    "closing: no addenda": (closing_fields(addenda=[]), "closing.note", "addenda"),
    "closing: another addendum": (closing_fields(addenda=[OTHER]), "closing.note", "addenda"),
    "closing: an addendum too many": (
        closing_with(lambda c: structs.replace(c, addenda=[*c.addenda, OTHER])),
        "closing.note",
        "addenda",
    ),
    "closing: too few trustees": (
        closing_with(lambda closing: closing, quorum=2),
        "closing.note",
        " signed, 3 must",
    ),
    "closing: one trustee three times": (
        signed_by("closing.note", commission_and(1, 1, 1)),
        "closing.note",
        " signed, 3 must",
    ),
    "closing: not by the commission": (
        signed_by("closing.note", trustees(1, 2, 3)),
        "closing.note",
        "signature 1",
    ),
    "closing: a stranger too": (
        signed_by("closing.note", lambda own: [*commission_and(1, 2, 3)(own), stranger(own)]),
        "closing.note",
        "too many",
    ),
    "closing: trustees in another order": (
        signed_by("closing.note", commission_and(2, 1, 3)),
        "closing.note",
        "signature 2",
    ),
    "closing: a false signature": (
        false_signature("closing.note", 3),
        "closing.note",
        "is wrong",
    ),
    "closing: missing": (without("closing.note"), "closing.note", "missing"),
    "closing: no such time": (
        setting(
            "closing.note",
            lambda own: sign_note(
                note_of(own, "closing.note").replace(AT, "2026-02-30T18:00:00Z"),
                [own.built.commission, *own.built.trustees],
            ),
        ),
        "closing.note",
        "time",
    ),
    "checkpoint: by another key": (
        checkpoint("box/online", lambda own: [Signer("pbvote/demo/box/online", OTHER)]),
        "logs/box/online/checkpoint",
        "signature 1",
    ),
    "checkpoint: by another box": (
        checkpoint("box/online", lambda own: [own.built.boxes["kiosk-1"]]),
        "logs/box/online/checkpoint",
        "signature 1",
    ),
    "checkpoint: of another log": (
        copied("logs/box/online/checkpoint", "logs/box/kiosk-1/checkpoint"),
        "logs/box/online/checkpoint",
        "signature 1",
    ),
    "checkpoint: another origin under the right key": (
        checkpoint("box/online", origin="pbvote/demo/box/kiosk-1"),
        "logs/box/online/checkpoint",
        "not of pbvote/demo/box/online",
    ),
    "checkpoint: another size": (
        checkpoint("registry/mairie", size=2),
        "logs/registry/mairie/checkpoint",
        "closing",
    ),
    "checkpoint: another root": (
        checkpoint("registry/desk-1", root=OTHER),
        "logs/registry/desk-1/checkpoint",
        "closing",
    ),
    "checkpoint: two signatures": (
        checkpoint("box/kiosk-1", lambda own: [own.built.boxes["kiosk-1"], own.built.commission]),
        "logs/box/kiosk-1/checkpoint",
        "too many",
    ),
    "checkpoint: a fourth line": (
        setting(
            "logs/box/online/checkpoint",
            lambda own: sign_note(
                note_of(own, "logs/box/online/checkpoint") + "more\n",
                [own.built.boxes["online"]],
            ),
        ),
        "logs/box/online/checkpoint",
        "three lines",
    ),
    "tile: a hash": (
        tampered("logs/box/online/tile/0/000.p/7"),
        "logs/box/online/tile/0/",
        "hashes",
    ),
    "tile: cut": (
        setting(
            "logs/box/online/tile/0/000.p/7",
            lambda own: own.files["logs/box/online/tile/0/000.p/7"][:-32],
        ),
        "logs/box/online/tile/0/",
        "hashes",
    ),
    "tile: an entry": (
        in_entries("box/kiosk-1", other_letter),
        "logs/box/kiosk-1/tile/",
        "hashes",
    ),
    "tile: an entry cut": (
        in_entries("box/kiosk-1", lambda data: data[:-1]),
        "logs/box/kiosk-1/tile/entries/",
        "cut",
    ),
    "tile: an entry more": (
        in_entries("registry/mairie", lambda data: data + b"\0\2{}"),
        "logs/registry/mairie/tile/entries/",
        "entries where",
    ),
    "tile: entries and hashes alike, not the checkpoint": (
        lambda own: {
            **own.files,
            **{
                f"logs/box/kiosk-1/{name}": data
                for name, data in log_files(
                    signer_of(own.built, "box/kiosk-1"),
                    [own.logs["box/kiosk-1"][0], b"{}", own.logs["box/kiosk-1"][2]],
                ).items()
                if name != "checkpoint"
            },
        },
        "logs/box/kiosk-1/checkpoint",
        "root",
    ),
    "tile: missing": (without("logs/box/online/tile/0/"), "logs/box/online/tile/0/", "missing"),
    "tile: entries missing": (
        without("logs/registry/mairie/tile/entries/"),
        "logs/registry/mairie/tile/entries/",
        "missing",
    ),
    "tile: of an earlier size": (
        copied("logs/box/online/tile/0/000.p/6", "logs/box/online/tile/0/000.p/7"),
        "logs/box/online/tile/0/000.p/6",
        "place",
    ),
    "log: missing": (without("logs/box/online/"), "logs/box/online/checkpoint", "missing"),
    "log: of a lost box": (smuggled, "logs/box/kiosk-2/", "place"),
    "log: a checkpoint of a lost box": (
        setting(
            "logs/box/kiosk-2/checkpoint",
            lambda own: log_files(signer_of(own.built, "box/kiosk-2"), [])["checkpoint"],
        ),
        "logs/box/kiosk-2/checkpoint",
        "place",
    ),
    "log: of nobody": (
        copied("logs/box/cellar/checkpoint", "logs/box/online/checkpoint"),
        "logs/box/cellar/checkpoint",
        "place",
    ),
    "closed box: no close": (
        relogged("box/online", lambda entries: entries[:-1]),
        "logs/box/online",
        "no close",
    ),
    "closed box: empty": (
        relogged("box/online", lambda entries: []),
        "logs/box/online",
        "no close",
    ),
    "closed box: other counts of casts": (
        relogged("box/online", lambda entries: [*entries[:-1], other_close(entries[-1])]),
        "logs/box/online",
        "count",
    ),
    "closed box: other counts of challenges": (
        relogged("box/online", lambda entries: [*entries[:-1], other_challenged(entries[-1])]),
        "logs/box/online",
        "count",
    ),
    "closed box: an entry after the close": (
        relogged("box/online", late_entry),
        "logs/box/online",
        "after the close",
    ),
    "closed box: closed twice": (
        relogged("box/kiosk-1", lambda entries: [*entries, entries[-1]]),
        "logs/box/kiosk-1",
        "after the close",
    ),
    "closed box: opened twice": (relogged("box/online", again), "logs/box/online", "again"),
    "closed box: another box's open": (
        relogged("box/kiosk-1", lambda e: [e[0].replace(b"kiosk-1", b"kiosk-2"), *e[1:]]),
        "logs/box/kiosk-1",
        "open",
    ),
    "closed box: another election's open": (
        lambda own: own.with_log(
            "box/kiosk-1",
            [
                own.logs["box/kiosk-1"][0].replace(
                    to_base64(own.built.election.id).encode(), to_base64(OTHER).encode()
                ),
                *own.logs["box/kiosk-1"][1:],
            ],
        ),
        "logs/box/kiosk-1",
        "open",
    ),
    "closed box: no open": (
        relogged("box/kiosk-1", lambda entries: [b"{}", *entries[1:]]),
        "logs/box/kiosk-1",
        "open",
    ),
    "cut box: no open": (
        relogged("box/late", lambda entries: [b"{}"]),
        "logs/box/late",
        "open",
    ),
    "closed registry: no close": (
        relogged("registry/mairie", lambda entries: entries[:-1]),
        "logs/registry/mairie",
        "once and last",
    ),
    "closed registry: closed twice": (
        relogged("registry/desk-1", lambda entries: [*entries, entries[-1]]),
        "logs/registry/desk-1",
        "once and last",
    ),
    "closed registry: an entry after the close": (
        relogged("registry/mairie", lambda entries: [*entries, entries[0]]),
        "logs/registry/mairie",
        "once and last",
    ),
    "closed registry: empty": (
        relogged("registry/desk-1", lambda entries: []),
        "logs/registry/desk-1",
        "once and last",
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_each_check(name: str) -> None:
    check_row(LOGS[name])
