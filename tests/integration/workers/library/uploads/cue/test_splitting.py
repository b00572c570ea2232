"""Cutting by a CUE sheet: the parts are the whole, sample by sample."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from mutagen.flac import FLAC

from contract.errors import DeadlineExceeded, DecodeFailed, FileUnreadable, InvalidRequest
from contract.uploads import UploadPart
from tests.harness.cues import RATE, noise, save, sheet
from workers.audio import ffmpeg
from workers.audio.identity import audio_id
from workers.library.uploads.cue.folders import KEEP_SECONDS, PartFolders
from workers.library.uploads.cue.reading import whole_numbers
from workers.library.uploads.cue.splitting import Splitter
from workers.library.uploads.timing import UploadLimit

OPEN_FLAC: Any = FLAC  # mutagen is untyped
LATER = UploadLimit(time.time() + 3600)


def split(
    tmp_path: Path, music: Path, text: str | bytes, name: str = "album.flac", limit: UploadLimit = LATER
) -> list[UploadPart]:
    cue = tmp_path / "upload.cue"
    cue.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Splitter(PartFolders(tmp_path / "parts")).split(str(music), str(cue), name, limit)


def read(path: str | Path) -> npt.NDArray[Any]:
    samples: npt.NDArray[Any] = soundfile.read(path, dtype="int32", always_2d=True)[0]
    return samples


@pytest.mark.parametrize(
    ("name", "subtype", "bits", "rate"),
    [
        ("a.flac", "PCM_16", 16, 44100),
        ("a.wav", "PCM_24", 24, 48000),
        ("a.flac", "PCM_24", 24, 96000),
        ("a.wav", "PCM_U8", 8, 8000),
        ("a.aiff", "PCM_16", 16, 22050),
    ],
)
def test_the_parts_are_the_whole(tmp_path: Path, name: str, subtype: str, bits: int, rate: int) -> None:
    # Given a lossless file, and a sheet whose first track begins late and whose second has a pregap
    samples = noise(3.3, bits, rate)
    music = save(tmp_path / name, samples, subtype, rate)
    text = sheet("00:00:30", "00:01:07", "00:02:74").replace(
        "INDEX 01 00:01:07", "INDEX 00 00:01:00\r\n INDEX 01 00:01:07"
    )
    # When
    parts = split(tmp_path, music, text)
    # Then
    pieces = [read(part.path) for part in parts]
    assert np.array_equal(np.concatenate(pieces), samples)
    assert [len(piece) for piece in pieces[:2]] == [82 * rate // 75, 224 * rate // 75 - 82 * rate // 75]
    assert [part.duration for part in parts] == [len(piece) / rate for piece in pieces]
    for part in parts:
        info = soundfile.info(part.path)
        assert (info.format, info.samplerate) == ("FLAC", rate)
        assert info.subtype == {8: "PCM_S8", 16: "PCM_16", 24: "PCM_24"}[bits]


@pytest.mark.parametrize(("name", "subtype", "kept"), [("a.wav", "FLOAT", "PCM_24"), ("a.ogg", "VORBIS", "PCM_16")])
def test_the_bits_of_floats_and_lossy_files(tmp_path: Path, name: str, subtype: str, kept: str) -> None:
    # Given
    music = save(tmp_path / name, noise(1.5).astype(np.float64) / 2**32, subtype)
    floats = soundfile.read(music, dtype="float32", always_2d=True)[0]
    # When
    parts = split(tmp_path, music, sheet("00:00:00", "00:00:50"))
    # Then
    assert {soundfile.info(part.path).subtype for part in parts} == {kept}
    assert np.array_equal(np.concatenate([read(part.path) for part in parts]), whole_numbers(floats, int(kept[-2:])))


TWO_FILES = """PERFORMER "Band"
FILE "CDImage 1.wav" WAVE
  TRACK 01 AUDIO
    TITLE "First"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Second"
    INDEX 00 00:00:60
FILE "CDImage 2.wav" WAVE
    INDEX 01 00:00:20
  TRACK 03 AUDIO
    TITLE "Third"
    INDEX 01 00:01:00
"""


def test_a_sheet_of_several_files_cuts_the_one_that_is_uploaded(tmp_path: Path) -> None:
    # Given the second of two, under Navidrome's temporary name and another suffix
    samples = noise(1.6)
    music = save(tmp_path / "navidrome-upload-2.flac", samples)
    # When
    parts = split(tmp_path, music, TWO_FILES, name="cdimage 2.flac")
    # Then only its tracks exist, and audio before the first belongs to the first
    assert [part.dest_name for part in parts] == ["02 - Second.flac", "03 - Third.flac"]
    assert [len(read(part.path)) for part in parts] == [RATE, len(samples) - RATE]
    assert np.array_equal(np.concatenate([read(part.path) for part in parts]), samples)
    # And the first file keeps the pregap of the second track at its end
    (first,) = split(tmp_path, music, TWO_FILES, name="CDImage 1.wav")
    assert (first.title, len(read(first.path))) == ("First", len(samples))
    # When neither is meant
    with pytest.raises(InvalidRequest, match="names 2 files"):
        split(tmp_path, music, TWO_FILES, name="CDImage.flac")


def encode(path: Path, codec: str, sample: str, samples: npt.NDArray[Any], layout: str = "stereo") -> Path:
    """A file of FFmpeg's making."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=RATE, layout=layout, format=sample)
        stream.codec_context.options = {"strict": "experimental"}
        rows = samples.T if sample.endswith("p") else samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(rows), format=sample, layout=layout)
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path


def joined(parts: list[UploadPart]) -> npt.NDArray[Any]:
    """The samples of all parts, read by FFmpeg."""
    return np.concatenate([block for part in parts for block, _ in ffmpeg.read_whole(part.path)])


def test_a_file_that_only_ffmpeg_reads(tmp_path: Path) -> None:
    # Given Apple Lossless of 16 bits
    samples = noise(1.2) >> 16
    music = encode(tmp_path / "a.m4a", "alac", "s16p", samples.astype(np.int16))
    # When
    parts = split(tmp_path, music, sheet("00:00:00", "00:00:40"))
    # Then
    assert soundfile.info(parts[0].path).subtype == "PCM_16"
    assert np.array_equal(np.concatenate([read(part.path) for part in parts]), samples << 16)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", ""), ("a.aiff", ""), ("a.flac", "flac"), ("a.wv", "wavpack")])
def test_whole_numbers_of_32_bits_are_kept(tmp_path: Path, name: str, codec: str) -> None:
    # Given a file whose last bits count
    samples = noise(1.5, bits=32)
    sample = {"flac": "s32", "wavpack": "s32p"}.get(codec, "")
    music = encode(tmp_path / name, codec, sample, samples) if codec else save(tmp_path / name, samples, "PCM_32")
    # When
    parts = split(tmp_path, music, sheet("00:00:00", "00:00:50"))
    # Then
    assert np.array_equal(joined(parts), samples)
    tags: list[Any] = [OPEN_FLAC(part.path) for part in parts]
    assert [(file.info.bits_per_sample, file["title"]) for file in tags] == [(32, ["Room 1"]), (32, ["Room 2"])]
    assert [file.info.total_samples for file in tags] == [50 * RATE // 75, len(samples) - 50 * RATE // 75]
    assert len({audio_id(part.path) for part in parts}) == 2


@pytest.mark.parametrize(("channels", "bits"), [(1, 32), (6, 32), (8, 24)])
def test_the_channels_of_32_bits(tmp_path: Path, channels: int, bits: int) -> None:
    samples = np.tile(noise(0.5, bits=32), 4)[:, :channels]
    parts = split(tmp_path, save(tmp_path / "a.wav", samples, "PCM_32"), sheet("00:00:00", "00:00:20"))
    assert [OPEN_FLAC(part.path).info.bits_per_sample for part in parts] == [bits, bits]
    assert np.abs(joined(parts).astype(np.int64) - samples).max() < 2 ** (32 - bits)


def test_24_bits_that_ffmpeg_decodes_into_32_stay_24(tmp_path: Path) -> None:
    samples = noise(1, bits=24)
    music = encode(tmp_path / "a.m4a", "alac", "s32p", samples)
    parts = split(tmp_path, music, sheet("00:00:00", "00:00:50"))
    assert {soundfile.info(part.path).subtype for part in parts} == {"PCM_24"}
    assert np.array_equal(np.concatenate([read(part.path) for part in parts]), samples)


def test_tags_pictures_and_names(tmp_path: Path) -> None:
    # Given a tagged file, and titles that are no file names
    music = save(tmp_path / "navidrome-upload-2.flac", noise(1))
    whole: Any = OPEN_FLAC(music)
    whole.update({"GENRE": "Folk", "LABEL": "Ours", "CUESHEET": "x", "REPLAYGAIN_TRACK_GAIN": "1 dB", "TITLE": "All"})
    whole.save()
    titles = ("../../Ágætis", "CON", "")
    text = sheet("00:00:00", "00:00:20", "00:00:40", head="REM DATE 1999", titles=titles)
    # When
    parts = split(tmp_path, music, text.encode("cp1252"))
    # Then
    assert [part.dest_name for part in parts] == ["01 - .._.._Ágætis.flac", "02 - CON.flac", "03 - Track 03.flac"]
    assert (parts[0].index, parts[0].title, parts[0].artist) == (1, "../../Ágætis", "Nordlys Trio")
    assert (parts[0].album, parts[0].album_artist) == ("Winter Rooms", "Nordlys Trio")
    tags: Any = OPEN_FLAC(parts[0].path)
    assert tags["title"] == ["../../Ágætis"]
    assert (tags["tracknumber"], tags["tracktotal"], tags["date"]) == (["1"], ["3"], ["1999"])
    assert (tags["genre"], tags["label"] if "label" in tags else tags["organization"]) == (["Folk"], ["Ours"])
    assert "cuesheet" not in tags
    assert "replaygain_track_gain" not in tags
    assert {Path(part.path).parent.parent for part in parts} == {tmp_path / "parts"}
    assert {Path(part.path).parent.stat().st_mode & 0o777 for part in parts} == {0o700}


def test_the_same_upload_gives_the_same_audio_ids(tmp_path: Path) -> None:
    music = save(tmp_path / "a.flac", noise(1))
    ids = [[audio_id(p.path) for p in split(tmp_path, music, sheet("00:00:00", "00:00:40"))] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


@pytest.mark.parametrize("start", ["00:02:00", "00:01:00"])
def test_a_sheet_of_another_file(tmp_path: Path, start: str) -> None:
    music = save(tmp_path / "a.flac", noise(1))
    with pytest.raises(InvalidRequest, match="ends before track 2"):
        split(tmp_path, music, sheet("00:00:00", start))
    assert list((tmp_path / "parts").iterdir()) == []


def test_what_cannot_be_split_leaves_nothing(tmp_path: Path) -> None:
    text = tmp_path / "a.flac"
    text.write_text("no audio " * 100)
    with pytest.raises(DecodeFailed):
        split(tmp_path, text, sheet("00:00:00"))
    with pytest.raises(DeadlineExceeded):
        split(tmp_path, save(tmp_path / "b.flac", noise(4)), sheet("00:00:00"), limit=UploadLimit(0))
    assert list((tmp_path / "parts").iterdir()) == []
    (tmp_path / "parts").rmdir()
    (tmp_path / "parts").write_text("in the way")
    with pytest.raises(FileUnreadable, match="SONICMESH_UPLOAD_SPLITS"):
        split(tmp_path, save(tmp_path / "c.flac", noise(1)), sheet("00:00:00"))


def test_old_parts_are_removed(tmp_path: Path) -> None:
    folders = PartFolders(tmp_path / "parts")
    old = folders.make()
    (old / "01.flac").write_bytes(b"x")
    assert folders.clean(time.time() + KEEP_SECONDS / 2) == 0
    assert folders.clean(time.time() + KEEP_SECONDS + 60) == 1
    assert not old.exists()


def test_an_mp3_is_cut_as_it_is_decoded(tmp_path: Path) -> None:
    # Given, under a temporary name that does not say what it is
    music = tmp_path / "upload.tmp"
    soundfile.write(music, noise(2).astype(np.float64) / 2**32, RATE, format="MP3")
    decoded = np.concatenate([block for block, _ in ffmpeg.read(str(music))])
    # When
    parts = split(tmp_path, music, sheet("00:00:00", "00:01:00"))
    # Then
    assert np.array_equal(np.concatenate([read(part.path) for part in parts]), whole_numbers(decoded, 16))
    assert [soundfile.info(part.path).subtype for part in parts] == ["PCM_16", "PCM_16"]
