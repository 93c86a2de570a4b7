"""The texts in a photo's QR codes (zxing-cpp, through Pillow)."""

from __future__ import annotations

import warnings
from pathlib import Path

from pbvote.core.errors import InputError

MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def is_photo(head: bytes) -> bool:
    """Whether a file that begins like this is a PNG or JPEG."""
    return head.startswith(MAGIC)


def read_photo(path: Path) -> list[str]:
    """The texts of all QR codes in a PNG or JPEG; InputError if there is none."""
    import zxingcpp
    from PIL import Image

    where = str(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as file:
                photo = file.convert("L")
    except (  # what Pillow raises on damaged files
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise InputError(
            f"not a photo that can be read ({error})", where=where, hint="Save it as PNG or JPEG"
        ) from None
    codes = zxingcpp.read_barcodes(
        photo, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    texts = [code.text for code in codes if code.text]
    if not texts:
        raise InputError(
            "no QR code is to be seen in this photo",
            where=where,
            hint="Take it again from straight above, in good light, the whole code in it",
        )
    return texts
