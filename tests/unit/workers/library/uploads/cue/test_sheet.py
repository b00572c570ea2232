"""CUE sheets: text, times, tracks, and which FILE is meant."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import InvalidRequest
from tests.harness.cues import sheet
from workers.library.uploads.cue.choice import choose_file
from workers.library.uploads.cue.sheet import frames_of, parse_sheet, sample_of
from workers.library.uploads.cue.text import decode

TWO_FILES = """PERFORMER "Band"
FILE "Disc\\01 First.wav" WAVE
  TRACK 01 AUDIO
    TITLE "First"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Second"
    INDEX 00 03:00:00
FILE "02 Second.wav" WAVE
    INDEX 01 00:00:00
"""


@pytest.mark.parametrize(
    "raw",
    [
        'TITLE "Ágætis – Byrjun"'.encode(),
        codecs.BOM_UTF8 + 'TITLE "Ágætis – Byrjun"'.encode(),
        'TITLE "Ágætis – Byrjun"'.encode("cp1252"),
        codecs.BOM_UTF16_LE + 'TITLE "Ágætis – Byrjun"'.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + 'TITLE "Ágætis – Byrjun"'.encode("utf-16-be"),
    ],
)
def test_the_text_of_any_program(raw: bytes) -> None:
    assert decode(raw) == 'TITLE "Ágætis – Byrjun"'


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sheet_or_an_error(raw: bytes) -> None:
    try:
        parsed = parse_sheet(decode(raw))
    except InvalidRequest as error:
        assert error.message
    else:
        assert parsed.tracks


@given(st.integers(0, 9999), st.integers(0, 59), st.integers(0, 74))
def test_a_second_has_75_frames(minutes: int, seconds: int, frames: int) -> None:
    count = frames_of(f"{minutes:02d}:{seconds:02d}:{frames:02d}")
    assert count == 75 * (60 * minutes + seconds) + frames
    assert sample_of(count, 44100) == 588 * count
    assert sample_of(count, 48000) == 640 * count
    assert 0 <= count * 8000 - 75 * sample_of(count, 8000) < 75  # 75 does not divide 8000: the sample before


@pytest.mark.parametrize("time", ["00:60:00", "00:00:75", "1:2", "", "-1:00:00", "00:00:00.5", "٠٠:00:00"])
def test_what_is_no_time(time: str) -> None:
    if time.startswith("٠"):
        assert frames_of(time) == 0  # digits of any script
        return
    with pytest.raises(ValueError, match=r"MM:SS:FF|59"):
        frames_of(time)


def test_tags_and_a_pregap() -> None:
    # Given
    text = sheet("00:00:00", "00:02:10", head="REM DATE 1999\r\nREM GENRE Folk").replace(
        "    INDEX 01 00:02:10",
        "    PERFORMER Guest\r\n    ISRC NOABC9900001\r\n    INDEX 00 00:01:00\r\n    INDEX 01 00:02:10",
    )
    # When
    parsed = parse_sheet(text)
    # Then the pregap does not move the start
    assert (parsed.title, parsed.performer) == ("Winter Rooms", "Nordlys Trio")
    assert parsed.remarks == {"date": "1999", "genre": "Folk"}
    first, second = parsed.tracks
    assert (first.number, first.title, first.performer, first.start) == (1, "Room 1", "", 0)
    assert (second.performer, second.isrc, second.start) == ("Guest", "NOABC9900001", 160)


def test_a_track_belongs_to_the_file_of_its_index_01() -> None:
    parsed = parse_sheet(TWO_FILES)
    assert [[t.title for t in parsed.of_file(n)] for n in (0, 1)] == [["First"], ["Second"]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no file"),
        ('FILE "a" WAVE\nTRACK 01 AUDIO\n', "no INDEX 01"),
        ('FILE "a" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:99:00', "line 3"),
        ("TRACK 01 AUDIO\nINDEX 01 00:00:00", "before any FILE"),
        (sheet("00:02:00", "00:01:00"), "does not begin after"),
        (sheet("00:01:00", "00:01:00"), "does not begin after"),
        (sheet(*(f"00:00:{n:02d}" for n in range(75))) + "TRACK 76 AUDIO\n" * 30, "more than 99"),
    ],
)
def test_sheets_that_make_no_sense(text: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        parse_sheet(text)


@pytest.mark.parametrize(
    ("files", "name", "expected"),
    [
        (["CDImage.wav"], "navidrome-upload-2.flac", 0),
        (["01 First.wav", "02 Second.wav"], "02 second.FLAC", 1),
        (["D:\\rip\\a.wav", "D:\\rip\\b.wav"], "a.wav", 0),
        (["a.wav", "a.flac"], "a.flac", 1),
        (["Cafe\u0301.wav", "b.wav"], "Café.flac", 0),
    ],
)
def test_the_file_that_is_meant(files: list[str], name: str, expected: int) -> None:
    assert choose_file(files, name) == expected


@pytest.mark.parametrize(("files", "name"), [(["a.wav", "b.wav"], "c.flac"), (["a.wav", "a.flac"], "a.mp3")])
def test_none_or_several_may_be_meant(files: list[str], name: str) -> None:
    with pytest.raises(InvalidRequest, match="names 2 files"):
        choose_file(files, name)
