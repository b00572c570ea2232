"""Tags of any format, under the same names, and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import mutagen
import numpy as np
import pytest
import soundfile
from mutagen import id3
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4Cover

from tests.harness.cues import noise, save
from workers.library.uploads.cue.sheet import parse_sheet
from workers.library.uploads.cue.tagging import tags_of, write_tags
from workers.library.uploads.tags import FileTags, read_tags

SAID = {"title": "Één", "artist": "Nordlys Trio", "album": "Winter Rooms", "albumartist": "Various", "genre": "Folk"}
FRAMES = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "albumartist": "TPE2", "genre": "TCON"}
ATOMS = {"title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb", "albumartist": "aART", "genre": "\xa9gen"}
ITEMS = {"albumartist": "Album Artist"}
PICTURE = b"\x89PNG\r\n\x1a\n" + b"p" * 100
ANY: Any = mutagen  # mutagen is untyped


def encode(path: Path, codec: str) -> None:
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=44100, layout="stereo", format="s16p")
        samples = np.ascontiguousarray((noise(0.5) >> 16).astype(np.int16).T)
        frame = av.AudioFrame.from_ndarray(samples, format="s16p", layout="stereo")
        frame.sample_rate = 44100
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)


def make(path: Path) -> None:
    """A file with `SAID` and a picture in the way of its format."""
    kind = path.suffix
    if kind in {".m4a", ".wv"}:
        encode(path, {".m4a": "alac", ".wv": "wavpack"}[kind])
    elif kind == ".mp3":
        soundfile.write(path, noise(0.5).astype(np.float64) / 2**32, 44100, format="MP3")
    else:
        save(path, noise(0.5))
    if kind == ".wv":
        make_items: Any = APEv2
        items = make_items()
        items.update({ITEMS.get(name, name): value for name, value in SAID.items()})
        items.save(path)
        return
    file: Any = ANY.File(path)
    if file.tags is None:
        file.add_tags()
    if kind == ".flac":
        file.tags.update(SAID)
        picture: Any = Picture
        cover = picture()
        cover.data, cover.mime, cover.type = PICTURE, "image/png", 3
        file.add_picture(cover)
    elif kind == ".m4a":
        file.tags.update({ATOMS[name]: [value] for name, value in SAID.items()})
        cover_of: Any = MP4Cover
        file.tags["covr"] = [cover_of(PICTURE, MP4Cover.FORMAT_PNG)]
    else:
        for name, value in SAID.items():
            file.tags.add(getattr(id3, FRAMES[name])(encoding=3, text=[value]))
        picture_frame: Any = id3.APIC
        file.tags.add(picture_frame(encoding=3, mime="image/png", type=3, desc="", data=PICTURE))
    file.save()


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.wav", "a.aiff", "a.m4a", "a.wv"])
def test_tags_have_the_same_names_in_every_format(tmp_path: Path, name: str) -> None:
    # Given
    make(tmp_path / name)
    # When
    tags = read_tags(str(tmp_path / name), pictures=True)
    # Then
    assert {key: tags.first(key) for key in SAID} == SAID
    assert tags.duration == pytest.approx(0.5, abs=0.1)
    assert [(p.data, p.mime, p.type) for p in tags.pictures] == [(PICTURE, "image/png", 3)] * (name != "a.wv")


def test_files_without_tags(tmp_path: Path) -> None:
    (tmp_path / "broken.flac").write_bytes(b"fLaC" + b"\xff" * 500)
    (tmp_path / "text.txt").write_text("text")
    for name in ("broken.flac", "text.txt", "gone.flac"):
        assert read_tags(str(tmp_path / name), pictures=True) == FileTags()


def test_a_part_says_what_the_sheet_says_first(tmp_path: Path) -> None:
    # Given
    make(tmp_path / "whole.flac")
    whole = read_tags(str(tmp_path / "whole.flac"), pictures=True)
    sheet = parse_sheet('FILE "x" WAVE\nTRACK 07 AUDIO\nPERFORMER "Guest"\nINDEX 01 00:00:00')
    part = save(tmp_path / "part.flac", noise(0.2))
    # When
    write_tags(part, tags_of(sheet, sheet.tracks[0], whole, 9), whole)
    # Then
    tags: Mapping[str, list[str]] = read_tags(str(part)).values
    assert (tags["title"], tags["artist"], tags["album"]) == (["Track 07"], ["Guest"], ["Winter Rooms"])
    assert (tags["tracknumber"], tags["tracktotal"], tags["genre"]) == (["7"], ["9"], ["Folk"])
    flac: Any = FLAC
    assert [picture.data for picture in flac(part).pictures] == [PICTURE]
