"""What was painted stays in caches of the terminal libraries; here they are emptied.

Rich and Textual remember how wide each text was, and how it was cut. Left alone, the line of a
review ("[X] 12 · Swings") and a tracker would lie there together until others push them out.
"""

from __future__ import annotations

import gc
from functools import lru_cache

from textual.cache import FIFOCache, LRUCache

_Cached = type(lru_cache(lambda: None))
_PAINTERS = ("rich", "textual")


def forget_painted() -> None:
    """Empty every cache of Rich and Textual; they fill again with the next paint."""
    gc.collect()
    for thing in gc.get_objects():
        if isinstance(thing, LRUCache | FIFOCache):
            thing.clear()
        elif isinstance(thing, _Cached) and _is_painter(thing):
            thing.cache_clear()


def _is_painter(cached: object) -> bool:
    return str(getattr(cached, "__module__", "")).partition(".")[0] in _PAINTERS
