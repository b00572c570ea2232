"""The same audio has the same id, whatever its tags."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mutagen.apev2
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest

from contract.errors import DecodeFailed, EmptyAudio, FileMissing
from tests.harness.audio_files import KINDS, stereo, tone, write
from workers.audio.decode import load
from workers.audio.identity import audio_id

#: mutagen says that it is typed and is not.
apev2: Any = mutagen.apev2
flac: Any = mutagen.flac
id3: Any = mutagen.id3
mp4: Any = mutagen.mp4

#: More than a page of any container, so that everything behind the tags moves.
LONG_TITLE = "A title that is much longer than it was. " * 400
COVER = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400


def retag(path: Path) -> None:
    """Write a long title and a picture the way taggers do."""
    file: Any = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if isinstance(file, mp4.MP4):
        file["\xa9nam"] = LONG_TITLE
        file["covr"] = [mp4.MP4Cover(COVER, mp4.MP4Cover.FORMAT_PNG)]
    elif path.suffix in (".mp3", ".wav"):
        file.tags.add(id3.TIT2(encoding=3, text=LONG_TITLE))
        file.tags.add(id3.APIC(encoding=3, mime="image/png", type=3, desc="", data=COVER))
    else:
        file["title"] = LONG_TITLE
    if isinstance(file, flac.FLAC):
        picture = flac.Picture()
        picture.data, picture.mime = COVER, "image/png"
        file.add_picture(picture)
    file.save()


@pytest.mark.parametrize("kind", ["mp3", "flac", "ogg", "opus", "m4a", "wav", "wma"])
def test_retagging_keeps_the_id(tmp_path: Path, kind: str) -> None:
    # Given
    path = write(tmp_path / f"a.{kind}", stereo(3.0))
    before, bytes_before = audio_id(path), path.read_bytes()
    # When
    retag(path)
    # Then
    assert path.read_bytes() != bytes_before
    assert audio_id(path) == before
    # When the tags grow and vanish again
    file: Any = mutagen.File(path)
    file.delete()
    # Then
    assert audio_id(path) == before


def test_tags_at_the_end_of_an_mp3_keep_the_id(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", stereo(3.0))
    before = audio_id(path)
    tags = apev2.APEv2()
    tags["Title"] = "Some title"
    tags.save(path)
    assert audio_id(path) == before
    with path.open("ab") as file:
        file.write(b"TAG" + b"An old ID3v1 title".ljust(125, b"\0"))
    assert audio_id(path) == before


def test_copies_agree_and_other_audio_does_not(tmp_path: Path) -> None:
    first = write(tmp_path / "a.flac", tone(1.0))
    copy = Path(shutil.copy(first, tmp_path / "copy.flac"))
    other = write(tmp_path / "b.flac", tone(1.0, pitch=441.0))
    assert audio_id(first) == audio_id(copy)
    assert audio_id(first) != audio_id(other)


def test_what_ffmpeg_refuses_is_known_by_its_samples(tmp_path: Path) -> None:
    # Given a format that only libsndfile reads
    first, second = (write(tmp_path / f"{name}.paf", stereo()) for name in "ab")
    other = write(tmp_path / "c.paf", tone())
    # Then
    assert len(audio_id(first)) == 32
    assert audio_id(first) == audio_id(second) != audio_id(other)


ID3V1 = b"TAG" + "Título".encode("latin-1").ljust(124, b"\0") + b"\1"
LYRICS = b"LYRICSBEGININD0000200LYR00005words"
#: What taggers leave behind the audio.
TAILS = {
    "ID3v1": ID3V1,
    "enhanced ID3v1": b"TAG+".ljust(227, b"\0") + ID3V1,
    "Lyrics3v1": b"LYRICSBEGIN" + b"la la la " * 50 + b"LYRICSEND" + ID3V1,
    "Lyrics3v2": LYRICS + f"{len(LYRICS):06d}LYRICS200".encode() + ID3V1,
    "ID3v2.4 at the end": b"ID3\4\0\x10\0\0\1\0" + bytes(128) + b"3DI\4\0\x10\0\0\1\0",
}


def ape_tag(path: Path) -> bytes:
    """APEv2 as mutagen writes it."""
    path.write_bytes(b"")
    tag = apev2.APEv2()
    tag["Title"] = LONG_TITLE
    tag.save(path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_tags_behind_the_audio_do_not_count(tmp_path: Path, kind: str) -> None:
    # Given
    path = write(tmp_path / f"a.{kind}", stereo(1.0))
    plain, before = path.read_bytes(), audio_id(path)
    heard = load(path, 24000).samples
    ape = ape_tag(tmp_path / "tag.ape")
    tails = {**TAILS, "APEv2": ape}
    footer = bytearray(ape[32:])
    footer[-9] &= 0x7F  # the flag of a header
    tails["APEv2 without header"] = bytes(footer)
    tails |= {f"{name}, ID3v1": tails[name] + ID3V1 for name in ("APEv2", "APEv2 without header")}
    for name, tail in tails.items():
        # When
        path.write_bytes(plain + tail)
        # Then
        assert audio_id(path) == before, name
        assert np.array_equal(load(path, 24000).samples, heard), name


def test_what_is_no_audio_has_no_id(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("no music\n" * 100)
    (tmp_path / "nothing.mp3").touch()
    with pytest.raises(DecodeFailed, match="no decoder knows the format"):
        audio_id(tmp_path / "text.mp3")
    with pytest.raises(EmptyAudio):
        audio_id(tmp_path / "nothing.mp3")
    with pytest.raises(FileMissing):
        audio_id(tmp_path / "absent.mp3")
