"""The sticks that are in the machine now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

MEDIA = "/media"
"""Where Debian mounts them."""


def sticks(place: Path, is_mounted: Callable[[Path], bool] = Path.is_mount) -> list[Path]:
    """The sticks mounted at or below `place`, as `/media` or `/media/<user>` has them."""
    try:
        below = sorted(path for path in (place, *place.glob("*"), *place.glob("*/*")))
        return [path for path in below if path.is_dir() and is_mounted(path)]
    except OSError:  # pulled out meanwhile
        return []
