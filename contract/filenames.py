"""File names that are safe to join to a folder, whatever they were made from: tags, models, other programs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

#: Most bytes of a name: file systems take 255, and a few are left for others to add to.
MAX_BYTES: Final = 240
#: Most bytes of a suffix, its dot included; a longer one is a part of the name.
MAX_SUFFIX_BYTES: Final = 12
#: What stands for a name of which nothing is left.
UNNAMED: Final = "untitled"
#: Separators of any system, and what some file systems refuse.
_REFUSED: Final = re.compile(r'[/\\:*?"<>|]')
#: Names of devices on Windows, with any suffix.
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)


def safe_name(text: str, suffix: str = "") -> str:
    """A plain file name of `text` and `suffix` (".flac"): no separators, control or direction characters, no device
    name, no leading dot, no dot or space at an end, at most `MAX_BYTES` bytes of UTF-8. Safe names stay as they are.
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
    """Stem and suffix ("" or from the last dot on) of the last part of a path of any system."""
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, suffix = last.rpartition(".")
    if not dot or not stem.strip(". ") or not suffix or len(suffix.encode()) >= MAX_SUFFIX_BYTES or " " in suffix:
        return last, ""
    return stem, f".{suffix}"


def unique_name(name: str, taken: Collection[str]) -> str:
    """`name`, with a number where it is in `taken` (case-folded names); a safe name stays safe."""
    stem, suffix = split_name(name)
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        mark = f" ({number})"
        found = _cut(stem, MAX_BYTES - len((mark + suffix).encode())).rstrip(". ") + mark + suffix
    return found


def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if c in "\t\n\r\v\f\u0085\u2028\u2029\xa0" else c for c in composed)
    # Other: control, format (direction marks), surrogate, private use, unassigned
    kept = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    return _REFUSED.sub("_", kept).strip(" ")


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
