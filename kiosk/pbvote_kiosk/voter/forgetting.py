"""What was painted stays in caches of the terminal libraries; here they are emptied.

Rich and Textual remember how wide each text was, and how it was cut. Left alone, the line of a
review ("[X] 12 · Swings") and a tracker would lie there together until others push them out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from functools import lru_cache

from textual.cache import FIFOCache, LRUCache

_Cached = type(lru_cache(lambda: None))
_PAINTERS = ("rich", "textual")
Cache = Callable[[], object]
"""What empties one."""


def painted_caches() -> list[Cache]:
    """All that there are now, but those that were frozen (`gc.freeze`) before."""
    caches: list[Cache] = []
    for thing in gc.get_objects():
        if isinstance(thing, LRUCache | FIFOCache):
            caches.append(thing.clear)
        elif isinstance(thing, _Cached) and _is_painter(thing):
            caches.append(thing.cache_clear)
    return caches


def forget_painted(known: Iterable[Cache]) -> None:
    """Empty every cache of Rich and Textual, those `known` from before and those made since.

    They fill again with the next paint.
    """
    gc.collect()
    for empty in (*known, *painted_caches()):
        empty()


def _is_painter(cached: object) -> bool:
    return str(getattr(cached, "__module__", "")).partition(".")[0] in _PAINTERS
