"""What several test files use."""

from __future__ import annotations

import hashlib
from itertools import count

from pbvote.core.group import Random


def seeded(seed: int) -> Random:
    """Randomness that is the same in every run: SHAKE256 over the seed and a counter."""
    counter = count()

    def random(size: int) -> bytes:
        return hashlib.shake_256(b"%d,%d" % (seed, next(counter))).digest(size)

    return random
