"""Decodes the text of a CUE sheet, whatever program wrote it."""

from __future__ import annotations

import codecs
from typing import Final

#: Byte-order marks and their encodings.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(raw: bytes) -> str:
    """Decode by byte-order mark, else as UTF-8 if valid, else as cp1252, which old Windows programs wrote."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace").replace("\0", "")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return text.replace("\0", "")
