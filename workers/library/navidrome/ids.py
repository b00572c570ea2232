"""Rewrites ids as Navidrome 0.64 does once, when it first starts with an older database."""

from __future__ import annotations

import re
from hashlib import md5
from typing import Final

ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Characters in an id: 62^22 is just above 2^128.
LENGTH: Final = 22
LARGEST: Final = 2**128
_HEX: Final = re.compile(r"[0-9a-fA-F]{32}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS: Final = {letter: value for value, letter in enumerate(ALPHABET)}


def rewritten(old: str) -> str:
    """Return the id that 0.64 replaces `old` with, or `old` if 0.64 keeps it."""
    if _HEX.fullmatch(old) or _UUID.fullmatch(old):
        return base62(bytes.fromhex(old.replace("-", "")))
    if len(old) == LENGTH and all(letter in _DIGITS for letter in old):
        value = 0
        for letter in old:
            value = value * 62 + _DIGITS[letter]
        if value > LARGEST:
            return base62(md5(old.encode(), usedforsecurity=False).digest())
    return old


def base62(data: bytes) -> str:
    """Encode sixteen bytes as 22 characters, padded with zeros on the left."""
    value = int.from_bytes(data, "big")
    letters = []
    while value:
        value, digit = divmod(value, 62)
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters)).rjust(LENGTH, "0")
