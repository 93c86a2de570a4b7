"""rbcl, without the copy of libsodium that it leaves in the temporary folder at every import.

rbcl writes its library to a file there, loads it, and leaves the file: 2.8 MB a process, which
fills a kiosk's disk. Where a loaded file can be removed (not on Windows), it is removed here.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from pbvote.core.errors import StorageError

try:
    import rbcl
except OSError as error:
    raise StorageError(
        f"libsodium can't be loaded from the temporary folder ({error})",
        hint="Make room there, or set TMPDIR to a folder from which programs may run",
    ) from None

if sys.platform != "win32":
    with contextlib.suppress(OSError):
        Path(sys.modules["rbcl._sodium"].lib_path).unlink()

__all__ = ["rbcl"]
