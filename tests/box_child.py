"""A box in a process of its own, for the tests that kill it or fill its disk.

``box_child.py MODE FOLDER SEED [SECOND]`` opens the box `web` of the election in FOLDER, says
"ready", and takes the ballots of FOLDER/ballots in random order in eight threads. Each receipt is
printed once it is handed out: "<line of the ballot> <receipt's text>".
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from pbvote.box import KEY, LOG, Box
from pbvote.core.encoding import unix_time
from pbvote.core.errors import RefusedError, StorageError
from pbvote.core.receipt import SignedReceipt, receipt_text
from pbvote.files import load_election
from pbvote.keyfile import load_signer
from pbvote.store import LogStore
from pbvote.store.log import SignedLog
from pbvote.store.mark import Mark, mark_path
from pbvote.store.sqlite import SqliteStore

NAME = "web"
THREADS = 8


def say(text: str) -> None:
    """One write, so that a kill leaves whole lines."""
    os.write(1, f"{text}\n".encode())


def open_box(folder: Path, second: Path | None) -> Box:
    """The box; unlike `Box.in_folder` with a second copy on the same disk."""
    election, home = load_election(folder), folder / "boxes" / NAME
    if second is None:
        return Box.in_folder(home, election, NAME, now=lambda: int(time.time()))

    def copy() -> LogStore:
        return SqliteStore.open(second)

    signer, path = load_signer(home / KEY), home / LOG
    log = SignedLog(SqliteStore.open(path, create=False), signer, Mark(mark_path(path)), copy)
    return Box(log, signer, election, NAME, now=lambda: unix_time("2026-11-22T10:00:00Z"))


def send(box: Box, data: bytes) -> SignedReceipt:
    """As a voter's device does."""
    is_cast = data.endswith(b'"type":"pbvote/cast/1"}')
    return box.cast(data) if is_cast else box.challenge(data)


def take(box: Box, ballots: list[tuple[int, bytes]]) -> None:
    """Take all, each thread until its first failure."""
    position = box.election.box_position(NAME)

    def voter(part: list[tuple[int, bytes]]) -> None:
        for number, data in part:
            try:
                signed = send(box, data)
            except StorageError as error:
                say(f"failed {error}")
                return
            say(f"{number} {receipt_text(signed, position)}")

    threads = [Thread(target=voter, args=(ballots[n::THREADS],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fill_disk(folder: Path, room: int) -> tuple[int, int]:
    """Let no file grow beyond the write-ahead log's size and `room`; the limits before."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (folder / "boxes" / NAME / f"{LOG}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, limits[1]))
    return limits


def main() -> None:
    """Modes: `run`, `hold` (open and wait), `full:ROOM` (disk full, then room again),
    `full-end:ROOM` (disk full, then the end)."""
    mode, folder, seed = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    box = open_box(folder, Path(sys.argv[4]) if len(sys.argv) > 4 else None)
    with suppress(RefusedError):  # after a restart
        box.open_poll()
    ballots = list(enumerate((folder / "ballots").read_bytes().splitlines()))
    random.Random(seed).shuffle(ballots)
    say("ready")
    if mode == "hold":
        sys.stdin.read()
        return
    mode, _, room = mode.partition(":")
    if room:
        limits = fill_disk(folder, int(room))
        take(box, ballots)
        if mode == "full-end":
            os._exit(0)
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        say("room again")
    take(box, ballots)
    box.stop()


if __name__ == "__main__":
    main()
