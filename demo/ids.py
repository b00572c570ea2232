"""Ids as Navidrome makes them: 22 characters of base62."""

from __future__ import annotations

from hashlib import md5, sha512
from typing import Final

ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Characters of an id.
LENGTH: Final = 22


def _base62(number: int) -> str:
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def hashed_id(*parts: object) -> str:
    """Return the id of a named thing (album, artist, folder, tag): 128 bits, the MD5 of the parts."""
    return _base62(int.from_bytes(md5(_joined(parts), usedforsecurity=False).digest(), "big"))


def row_id(*parts: object) -> str:
    """Return the id of a track, user or playlist.

    Navidrome draws these at random from all of base62^22. Here a hash replaces chance, so most are beyond 2^128, as in
    Navidrome.
    """
    return _base62(int.from_bytes(sha512(_joined(parts)).digest(), "big") % len(ALPHABET) ** LENGTH)


def _joined(parts: tuple[object, ...]) -> bytes:
    return "\0".join(str(part) for part in parts).encode("utf-8")
