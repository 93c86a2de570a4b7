"""No line breaks at a no-break space: an amount stays whole, a French sign with its word.

Textual breaks lines with Rich's `divide_line`, for which any white space parts two words. It has
no setting for that, so its pattern of a word is replaced, for the whole program.
"""

from __future__ import annotations

import re

import rich._wrap

_WORD = re.compile(r"[^\S\xa0]*[\S\xa0]+[^\S\xa0]*")


def hold_together() -> None:
    """From now on, whatever Textual wraps."""
    rich._wrap.re_word = _WORD
