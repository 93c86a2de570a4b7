"""Who shares the work: this process alone, or several."""

from __future__ import annotations

from concurrent.futures import Executor


def executor(workers: int) -> Executor | None:
    """None for one worker: the work is done here."""
    if workers == 1:
        return None
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers)
