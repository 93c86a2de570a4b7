"""Processes that share the work of a program with screens: they end with it, however it ends."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Executor

_LOOK = 1.0
"""Seconds between two looks whether the program still runs."""


def executor(workers: int) -> Executor | None:
    """None for one worker: the work is done here.

    The processes are started anew, not forked: a fork would hold the terminal, the locks of other
    threads, and the lock on the election's folder when the program was killed.
    """
    if workers == 1:
        return None
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(workers, get_context("spawn"), _end_with, (os.getpid(),))


def _end_with(parent: int) -> None:
    """Leave once the parent is gone: a killed one tells nobody."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
