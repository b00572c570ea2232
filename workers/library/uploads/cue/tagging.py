"""Tags the parts: with the tags of the sheet, and with those that only the whole file has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mutagen.flac import FLAC

from workers.library.uploads.cue.sheet import CueTrack, Sheet
from workers.library.uploads.tags import FileTags

#: Tags of the whole file that do not apply to a part.
_OF_THE_WHOLE: Final = frozenset(
    {
        "title",
        "artist",
        "tracknumber",
        "track",
        "tracktotal",
        "totaltracks",
        "isrc",
        "length",
        "cuesheet",
        "log",
        "lyrics",
        "unsyncedlyrics",
        "encoder",
        "encodedby",
        "fingerprint",
        "acoustid_id",
        "acoustid_fingerprint",
        "musicbrainz_trackid",
        "musicbrainz_releasetrackid",
    }
)
_PREFIX_OF_THE_WHOLE: Final = "replaygain_"
#: Characters allowed in the name of a Vorbis comment: printable ASCII except "=".
_NAME: Final = frozenset(map(chr, range(0x20, 0x7E))) - {"="}


def title_of(track: CueTrack) -> str:
    """Return the title, or a name with the number if the track has no title."""
    return track.title or f"Track {track.number:02d}"


def tags_of(sheet: Sheet, track: CueTrack, whole: FileTags, total: int) -> dict[str, list[str]]:
    """Return the Vorbis comments of one of `total` parts."""
    kept = {name: list(values) for name, values in whole.values.items() if _is_kept(name)}
    album_artist = sheet.performer or whole.first("albumartist") or whole.first("artist")
    said = {
        "title": title_of(track),
        "artist": track.performer or album_artist,
        "album": sheet.title or whole.first("album"),
        "albumartist": album_artist,
        "tracknumber": str(track.number),
        "tracktotal": str(total),
        "composer": track.songwriter or sheet.songwriter or whole.first("composer"),
        "isrc": track.isrc,
        "date": sheet.remarks.get("date", "") or whole.first("date"),
        "genre": sheet.remarks.get("genre", "") or whole.first("genre"),
        "discnumber": sheet.remarks.get("discnumber", "") or whole.first("discnumber"),
    }
    return kept | {name: [value] for name, value in said.items() if value}


def write_tags(path: Path, tags: Mapping[str, list[str]], whole: FileTags) -> None:
    """Write the tags, and the pictures of the whole file, to a FLAC file."""
    open_flac: Any = FLAC  # mutagen's constructors are untyped
    file = open_flac(path)
    for name, values in tags.items():
        file[name] = values
    for picture in whole.pictures:
        file.add_picture(picture)
    file.save()


def _is_kept(name: str) -> bool:
    usable = name and set(name) <= _NAME
    return bool(usable) and name not in _OF_THE_WHOLE and not name.startswith(_PREFIX_OF_THE_WHOLE)
