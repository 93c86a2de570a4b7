"""A kiosk in a process of its own whose second copy may lie on the same disk, unlike in life."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from kiosk_child import serve
from pbvote.box import box
from pbvote.store.second import SecondCopy


def allow_same_disk() -> None:
    """In this process only."""
    box._open_copy = lambda path, second: SecondCopy.open(second)


def serve_with_copy(folder: Path, seed: int, line: Connection) -> None:
    """As `kiosk_child.serve`."""
    allow_same_disk()
    serve(folder, seed, line)
