"""Reads the tags of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import mutagen
from mutagen.apev2 import APETextValue
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3, TextFrame
from mutagen.mp4 import MP4, MP4Cover

#: Maximum length of a tag value, in characters; the rest is cut off.
MAX_VALUE: Final = 1000
#: Largest picture to keep, in bytes: a FLAC block holds no more.
MAX_PICTURE: Final = 16 * 1024 * 1024 - 1024
#: Maximum number of pictures to keep from one file.
MAX_PICTURES: Final = 8
_COVER_TYPES: Final = {MP4Cover.FORMAT_JPEG: "image/jpeg", MP4Cover.FORMAT_PNG: "image/png"}
#: Our names for tags that other formats name differently: ID3 (in wav and aiff), APE, ASF.
_NAMES: Final = {
    "tit2": "title",
    "tpe1": "artist",
    "tpe2": "albumartist",
    "talb": "album",
    "trck": "tracknumber",
    "tpos": "discnumber",
    "tdrc": "date",
    "tcon": "genre",
    "tcom": "composer",
    "album artist": "albumartist",
    "track": "tracknumber",
    "disc": "discnumber",
    "year": "date",
    "author": "artist",
    "wm/albumtitle": "album",
    "wm/albumartist": "albumartist",
    "wm/tracknumber": "tracknumber",
    "wm/year": "date",
    "wm/genre": "genre",
    "wm/composer": "composer",
}
#: What mutagen's readers raise for broken files.
_BROKEN: Final = (mutagen.MutagenError, OSError, ValueError, KeyError, IndexError, TypeError, EOFError)


@dataclass(frozen=True, slots=True)
class FileTags:
    """Tag values by lower-case name (`title`, `artist`, `albumartist`, ...), duration in seconds or 0, pictures."""

    values: Mapping[str, list[str]] = field(default_factory=dict)
    duration: float = 0.0
    pictures: tuple[Picture, ...] = ()

    def first(self, name: str) -> str:
        """Return the first value of a tag, or ""."""
        return next(iter(self.values.get(name, ())), "")


def read_tags(path: str, *, pictures: bool = False) -> FileTags:
    """Read the tags of a file. Returns none if mutagen cannot read them: tags are never worth an error."""
    try:
        plain = mutagen.File(path) if pictures else None
        easy = mutagen.File(path, easy=True)
    except _BROKEN:
        return FileTags()
    if easy is None:
        return FileTags()
    return FileTags(_values(easy), float(getattr(easy.info, "length", 0) or 0), tuple(_pictures(plain)))


def _values(file: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, values in (file.tags or {}).items():
        if isinstance(name, str):
            texts = [text for text in map(_text, _listed(values)) if text]
            key = _NAMES.get(name.lower(), name.lower())
            if texts and key not in found:
                found[key] = texts
    return found


def _listed(values: Any) -> Iterable[Any]:
    """Return the values of a tag in any format: ID3 text frames, APE items, ASF attributes, plain lists."""
    if isinstance(values, TextFrame):
        return [str(text) for text in vars(values).get("text", ())]
    if isinstance(values, APETextValue):
        return list(values)
    several = values if isinstance(values, list) else [values]
    return [value if isinstance(value, str) else getattr(value, "value", None) for value in several]


def _text(value: object) -> str:
    return value.replace("\0", "").strip()[:MAX_VALUE] if isinstance(value, str) else ""


def _pictures(file: Any) -> list[Picture]:
    pictures: list[Picture] = []
    if isinstance(file, FLAC):
        pictures = list(file.pictures)
    elif file is not None and isinstance(file.tags, ID3):
        frames: Any = file.tags
        pictures = [_picture(frame.data, frame.mime, frame.type) for frame in frames.getall("APIC")]
    elif isinstance(file, MP4):
        tags: Any = file.tags or {}
        covers = tags.get("covr", [])
        pictures = [_picture(bytes(cover), _COVER_TYPES.get(cover.imageformat, "image/jpeg"), 3) for cover in covers]
    return [picture for picture in pictures if len(picture.data) <= MAX_PICTURE][:MAX_PICTURES]


def _picture(data: bytes, mime: str, kind: int) -> Picture:
    make: Any = Picture  # mutagen's constructors are untyped
    picture: Picture = make()
    picture.data, picture.mime, picture.type = data, mime, kind
    return picture
