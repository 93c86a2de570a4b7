"""Columns of text, as wide as they need."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.cells import cell_len

GAP = "  "


def table(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """The rows as lines; `right` are the columns that end at the right.

    >>> print(table([("kiosk-1", "12"), ("online", "1,240")], right=[1]))
    kiosk-1     12
    online   1,240
    """
    if not rows:
        return ""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        GAP.join(
            " " * (width - cell_len(cell)) + cell
            if number in right
            else cell + " " * (width - cell_len(cell))
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
