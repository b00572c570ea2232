"""Find where a file's audio ends and the tags after it begin."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

#: Reads a number of bytes at a position: (position, count); fewer at the end of the file.
ReadAt = Callable[[int, int], bytes]

#: Sizes in bytes: ID3v1, the extension before it, footers of APEv2 and ID3v2.4, ends of Lyrics3.
ID3V1: Final = 128
ID3V1_EXTENSION: Final = 227
APE_FOOTER: Final = 32
ID3V2_FOOTER: Final = 10
LYRICS_END: Final = 9
LYRICS2_TAIL: Final = 15
#: Longest Lyrics3v1 block.
LYRICS1_BYTES: Final = 5100
#: Flag of an APE tag with a header, whose bytes the tag's size does not include.
APE_HAS_HEADER: Final = 1 << 31
#: Most consecutive tags to look for.
MOST_TAGS: Final = 8


def end_of_audio(read_at: ReadAt, size: int) -> int:
    """Return a file's `size` in bytes less the tags at its end: ID3v1, APEv1 and APEv2, Lyrics3, ID3v2.4."""
    end = size
    for _ in range(MOST_TAGS):
        length = max((tag(read_at, end) for tag in _TAGS), default=0)
        if not 0 < length < end:
            break
        end -= length
    return end


def _id3v1(read_at: ReadAt, end: int) -> int:
    if end < ID3V1 or read_at(end - ID3V1, 3) != b"TAG":
        return 0
    whole = ID3V1 + ID3V1_EXTENSION
    return whole if end >= whole and read_at(end - whole, 4) == b"TAG+" else ID3V1


def _ape(read_at: ReadAt, end: int) -> int:
    footer = read_at(end - APE_FOOTER, APE_FOOTER) if end >= APE_FOOTER else b""
    if len(footer) < APE_FOOTER or not footer.startswith(b"APETAGEX"):
        return 0
    size, _, flags = struct.unpack("<III", footer[12:24])
    return int(size) + (APE_FOOTER if flags & APE_HAS_HEADER else 0)


def _lyrics(read_at: ReadAt, end: int) -> int:
    tail = read_at(end - LYRICS2_TAIL, LYRICS2_TAIL) if end >= LYRICS2_TAIL else b""
    if tail.endswith(b"LYRICS200") and tail[:6].isdigit():
        return int(tail[:6]) + LYRICS2_TAIL
    if not tail.endswith(b"LYRICSEND"):
        return 0
    start = max(end - LYRICS1_BYTES - LYRICS_END, 0)
    position = read_at(start, end - start).rfind(b"LYRICSBEGIN")
    return 0 if position < 0 else end - start - position


def _id3v2(read_at: ReadAt, end: int) -> int:
    footer = read_at(end - ID3V2_FOOTER, ID3V2_FOOTER) if end >= ID3V2_FOOTER else b""
    if len(footer) < ID3V2_FOOTER or not footer.startswith(b"3DI") or max(footer[6:]) > 127:
        return 0
    size = footer[6] << 21 | footer[7] << 14 | footer[8] << 7 | footer[9]
    return size + 2 * ID3V2_FOOTER


_TAGS: Final = (_id3v1, _ape, _lyrics, _id3v2)
