"""Writes tags in the native form of each format: ID3, Vorbis comments, MP4 atoms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mutagen import File, id3, mp4
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

from demo.catalogue import Entry


def write_tags(path: Path, entry: Entry) -> None:
    """Tag the encoded file `path` with the metadata of `entry`."""
    file: Any = File(path)
    if isinstance(file, (MP3, WAVE)):
        _id3(file, entry)
    elif isinstance(file, mp4.MP4):
        _atoms(file, entry)
    else:
        file.update(_comments(entry))
        file.save()


def artists(entry: Entry) -> list[str]:
    """Return the artist and the guest, if any."""
    return [entry.artist] if entry.guest is None else [entry.artist, entry.guest]


def _id3(file: Any, entry: Entry) -> None:
    if file.tags is None:
        file.add_tags()
    frames: Any = id3  # mutagen has no types
    texts = {"TIT2": [entry.title], "TPE1": artists(entry), "TALB": [entry.album], "TPE2": [entry.artist]}
    texts |= {"TCON": [entry.genre], "TMOO": [entry.mood], "TDRC": [str(entry.year)], "TRCK": [str(entry.number)]}
    for name, text in texts.items():
        file.tags.add(getattr(frames, name)(encoding=id3.Encoding.UTF8, text=text))
    file.tags.add(frames.COMM(encoding=id3.Encoding.UTF8, lang="eng", desc="", text=[entry.comment]))
    file.save()


def _comments(entry: Entry) -> dict[str, list[str]]:
    return {
        "title": [entry.title],
        "artist": artists(entry),
        "album": [entry.album],
        "albumartist": [entry.artist],
        "genre": [entry.genre],
        "mood": [entry.mood],
        "date": [str(entry.year)],
        "tracknumber": [str(entry.number)],
        "comment": [entry.comment],
    }


def _atoms(file: Any, entry: Entry) -> None:
    file["\xa9nam"] = [entry.title]
    file["\xa9ART"] = artists(entry)
    file["\xa9alb"] = [entry.album]
    file["aART"] = [entry.artist]
    file["\xa9gen"] = [entry.genre]
    file["\xa9day"] = [str(entry.year)]
    file["\xa9cmt"] = [entry.comment]
    file["trkn"] = [(entry.number, 0)]
    file["----:com.apple.iTunes:MOOD"] = [entry.mood.encode()]
    file.save()
