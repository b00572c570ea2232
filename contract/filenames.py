"""File names that are safe to join to a folder, wherever the text comes from: tags, models, other programs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

#: Most bytes of a name: file systems allow 255, which leaves a few for other programs to append.
MAX_BYTES: Final = 240
#: Most bytes of a suffix with its dot; a longer one counts as part of the name.
MAX_SUFFIX_BYTES: Final = 12
#: Replaces a name of which no character is safe.
UNNAMED: Final = "untitled"
#: Path separators of any system, and characters that some file systems refuse.
_REFUSED: Final = re.compile(r'[/\\:*?"<>|]')
#: Device names on Windows, reserved with any suffix.
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)


def safe_name(text: str, suffix: str = "") -> str:
    """Returns a plain file name made of `text` and `suffix` (".flac").

    It has no separators, control or direction characters, no device name, no leading dot, no dot or space at either
    end, and at most `MAX_BYTES` bytes of UTF-8. Safe names stay as they are.
    """
    ending = _plain(suffix).replace(" ", "")
    if len(ending.encode()) > MAX_SUFFIX_BYTES or not ending.startswith("."):
        ending = ""
    ending = ending.rstrip(".")
    stem = _cut(_plain(text).lstrip(". ").rstrip(". "), MAX_BYTES - len(ending.encode()) - 1).rstrip(". ")
    stem = stem or UNNAMED
    if _RESERVED.fullmatch(stem.partition(".")[0].rstrip(" ")):
        stem = f"_{stem}"
    return stem + ending


def split_name(name: str) -> tuple[str, str]:
    """Splits the last part of a path of any system into stem and suffix (from the last dot, or "")."""
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, suffix = last.rpartition(".")
    if not dot or not stem.strip(". ") or not suffix or len(suffix.encode()) >= MAX_SUFFIX_BYTES or " " in suffix:
        return last, ""
    return stem, f".{suffix}"


def unique_name(name: str, taken: Collection[str]) -> str:
    """Returns `name`, numbered if it is in `taken` (case-folded names); a safe name stays safe."""
    stem, suffix = split_name(name)
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        mark = f" ({number})"
        candidate = _cut(stem, MAX_BYTES - len((mark + suffix).encode())).rstrip(". ") + mark + suffix
    return candidate


def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if c in "\t\n\r\v\f\u0085\u2028\u2029\xa0" else c for c in composed)
    # Other: control, format (direction marks), surrogate, private use, unassigned
    printable = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    return _REFUSED.sub("_", printable).strip(" ")


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
