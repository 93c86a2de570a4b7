"""The event log: append-only, noticed if changed, and with no voter in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from box_builder import Clock
from pbvote.core.encoding import decode, encode
from pbvote.core.errors import EncodingError, StorageError
from pbvote.core.note import open_checkpoint
from pbvote.keyfile import load_signer
from pbvote_kiosk.officials.events import KEY, LOG, WHATS, Event, Events, events_origin


def opened(folder: Path) -> Events:
    return Events.open_in(folder, "demo", "kiosk-1", now=Clock())


def test_events_are_read_back_in_order(tmp_path: Path) -> None:
    events = opened(tmp_path)
    events.note("opened", ["mayor", "clerk"], {"cast": "0"})
    for _ in range(3):
        events.note("paper", ["clerk"])
    events.close()
    again = opened(tmp_path)
    assert [event.what for event in again.all()] == ["opened", "paper", "paper", "paper"]
    assert again.last(1)[0].by == ["clerk"]
    assert again.count("paper") == 3
    first = again.latest("opened")
    assert first is not None
    assert encode(first) == (
        b'{"at":"2026-11-22T10:00:00Z","by":["mayor","clerk"],"detail":{"cast":"0"},'
        b'"type":"pbvote/event/1","what":"opened"}'
    )
    assert again.up_to(first).size == 1
    again.close()


def test_what_happened_and_details_are_words_of_a_fixed_list(tmp_path: Path) -> None:
    """So nobody notes a voter by accident; and none of the words is about one."""
    events = opened(tmp_path)
    events.note("opened")
    events.close()
    with pytest.raises(EncodingError):
        decode(
            b'{"at":"2026-11-22T10:00:00Z","by":[],"detail":{"tracker":"x"},'
            b'"type":"pbvote/event/1","what":"opened"}',
            Event,
        )
    assert not {"cast", "voted", "card", "challenge", "tracker"} & set(WHATS)


def test_an_event_that_nobody_could_read_back_is_not_written(tmp_path: Path) -> None:
    events = opened(tmp_path)
    with pytest.raises(EncodingError):
        events.note("takeover", ["mayor", "x" * 41])
    with pytest.raises(EncodingError):
        events.note("takeover", ["mayor", "clerk"], {"reason": "x" * 201})
    assert list(events.all()) == []
    events.close()


def test_the_log_has_an_origin_and_key_of_its_own(tmp_path: Path) -> None:
    events = opened(tmp_path)
    events.note("opened")
    events.export(tmp_path / "out")
    note = (tmp_path / "out" / "checkpoint").read_bytes()
    key = load_signer(tmp_path / KEY).verify_key
    assert key.name == events_origin("demo", "kiosk-1") == "pbvote/demo/events/kiosk-1"
    checkpoint = open_checkpoint(note, key)
    assert (checkpoint.size, checkpoint.root.hex()) == (events.size, events.root)
    events.close()
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600


def filled(folder: Path) -> None:
    events = opened(folder)
    for what in WHATS[:6]:
        events.note(what, ["mayor"])
    events.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET data = CAST(replace(CAST(data AS TEXT), 'opened', 'closed') AS BLOB)"
        " WHERE position = 2",
        "DELETE FROM entry WHERE position = 5",
        "UPDATE entry SET position = 77 WHERE position = 1",
        "DELETE FROM checkpoint",
    ],
)
def test_a_changed_event_is_noticed(tmp_path: Path, change: str) -> None:
    filled(tmp_path)
    with sqlite3.connect(tmp_path / LOG) as db:
        assert db.execute(change).rowcount == 1
    db.close()
    with pytest.raises(StorageError):
        opened(tmp_path)


def test_an_older_log_put_back_is_noticed(tmp_path: Path) -> None:
    filled(tmp_path)
    older = (tmp_path / LOG).read_bytes()
    events = opened(tmp_path)
    events.note("menu", ["mayor"])
    events.close()
    (tmp_path / LOG).write_bytes(older)
    with pytest.raises(StorageError, match="missing"):
        opened(tmp_path)


def test_a_log_taken_away_does_not_begin_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / LOG).unlink()
    with pytest.raises(StorageError):
        opened(tmp_path)


def test_a_key_taken_away_is_noticed(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / KEY).unlink()
    with pytest.raises(StorageError, match="lost its key"):
        opened(tmp_path)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    events = opened(tmp_path)
    with pytest.raises(StorageError, match="in use"):
        opened(tmp_path)
    events.close()
