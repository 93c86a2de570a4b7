"""What was painted stays in caches of the terminal libraries; here they are emptied.

Rich and Textual remember how wide each text was, and how it was cut. Left alone, the line of a
review ("[X] 12 · Swings") and a tracker would lie there together until others push them out.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache

from textual.cache import FIFOCache, LRUCache

_CACHED = type(lru_cache(lambda: None))
_PAINTERS = ("rich", "textual")


def forget_painted() -> None:
    """Empty every cache that the modules and classes of Rich and Textual hold.

    They fill again with the next paint. Caches of a screen go with the screen: its cycles are
    broken up here and now.
    """
    gc.collect()
    for empty in _caches():
        empty()


def _caches() -> Iterator[Callable[[], object]]:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _PAINTERS:
            for thing in list(vars(module).values()):
                yield from _emptied_by(thing)
                if isinstance(thing, type) and thing.__module__ == name:
                    for part in list(vars(thing).values()):
                        yield from _emptied_by(getattr(part, "__func__", part))


def _emptied_by(thing: object) -> Iterator[Callable[[], object]]:
    if isinstance(thing, LRUCache | FIFOCache):
        yield thing.clear
    elif isinstance(thing, _CACHED):
        yield thing.cache_clear
