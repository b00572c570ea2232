"""Every format decodes to the same music, whatever the caller asks for."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from contract.embedding import TRUNCATED
from contract.errors import DecodeFailed, EmptyAudio, FileMissing, FileUnreadable, SilentAudio
from tests.harness.audio_files import KINDS, RATE, stereo, tone, write
from workers.audio import sndfile
from workers.audio.decode import load, open_stream

#: Lossy coders keep at least so much of a plain tone (correlation over the best small shift).
SAME_MUSIC = 0.98


def likeness(a: np.ndarray, b: np.ndarray, reach: int = 3000) -> float:
    """The largest normalised correlation over shifts up to `reach` samples: coders delay and pad."""
    n = 1 << int(np.ceil(np.log2(len(a) + len(b))))
    cross = np.fft.irfft(np.fft.rfft(a, n) * np.conj(np.fft.rfft(b, n)), n)
    near = np.concatenate([cross[:reach], cross[-reach:]])
    return float(near.max() / (np.linalg.norm(a) * np.linalg.norm(b)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_the_mean_of_its_channels_at_the_asked_rate(tmp_path: Path, kind: str) -> None:
    # Given
    path = write(tmp_path / f"a.{kind}", stereo())
    wanted = (tone(2.0, 24000) + tone(2.0, 24000, 660.0, 0.15)) / 2
    # When
    audio = load(path, 24000, expected_duration=2.0)
    # Then
    assert audio.samples.dtype == np.float32
    assert audio.samples.shape[0] == 1
    assert abs(audio.duration - 2.0) < 0.1
    assert audio.warning is None
    assert likeness(audio.samples[0], wanted) > SAME_MUSIC


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
def test_any_rate_becomes_the_asked_one(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "a.wav", tone(1.0, rate), rate)
    audio = load(path, 24000)
    assert abs(audio.samples.shape[1] - 24000) <= 1
    assert likeness(audio.samples[0], tone(1.0, 24000)) > 0.999


def test_averaging_is_not_three_decibels_louder(tmp_path: Path) -> None:
    one = tone(1.0)
    path = write(tmp_path / "a.m4a", np.stack([one, one], axis=1))
    assert np.abs(load(path, RATE).samples).max() == pytest.approx(np.abs(one).max(), rel=0.1)


def test_stereo_of_a_mono_file_has_a_second_channel_of_zeros(tmp_path: Path) -> None:
    audio = load(write(tmp_path / "a.flac", tone()), RATE, channels=2)
    assert audio.samples.shape[0] == 2
    assert np.abs(audio.samples[0]).max() > 0.1
    assert not audio.samples[1].any()


def test_six_channels_fold_to_two_without_clipping(tmp_path: Path) -> None:
    # Given a file with the left front and its surround on one side, silence on the other
    six = np.zeros((RATE, 6), np.float32)
    six[:, 0] = six[:, 4] = 1.0
    # When
    left, right = load(write(tmp_path / "a.wav", six), RATE, channels=2).samples
    # Then
    assert 0.5 < left.max() <= 1.0
    assert not right.any()


def test_a_stream_equals_the_whole_and_comes_in_bounded_blocks(tmp_path: Path) -> None:
    # Given
    path = write(tmp_path / "a.ogg", tone(30.0))
    whole = load(path, 24000).samples
    # When
    with open_stream(path, 24000) as stream:
        blocks = list(stream)
        ending = stream.finish()
    # Then
    assert len(blocks) > 10
    assert max(block.shape[1] for block in blocks) <= 1 << 16
    assert np.array_equal(np.concatenate(blocks, axis=1), whole)
    assert ending.duration == pytest.approx(30.0, abs=0.01)


@pytest.mark.parametrize("kind", ["mp3", "flac", "ogg", "wav", "opus", "aac"])
def test_a_file_that_breaks_off_keeps_what_was_decoded_and_says_so(tmp_path: Path, kind: str) -> None:
    # Given
    whole = write(tmp_path / f"whole.{kind}", stereo(10.0))
    cut = tmp_path / f"cut.{kind}"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    # When
    audio = load(cut, 24000, expected_duration=10.0)
    # Then
    assert 2.5 < audio.duration < 7.0
    assert audio.samples.shape[1] == pytest.approx(audio.duration * 24000, abs=50)
    assert audio.warning == TRUNCATED
    assert "of 10.0 s" in (audio.warning_message or "")


def test_the_other_decoder_gets_what_the_first_refuses(tmp_path: Path) -> None:
    # Given files whose names send them to the wrong decoder first
    aac_named_mp3 = write(tmp_path / "a.m4a", stereo()).rename(tmp_path / "a.mp3")
    flac_named_m4a = write(tmp_path / "b.flac", stereo()).rename(tmp_path / "b.m4a")
    # Then
    assert load(aac_named_mp3, 24000).duration > 1.9
    assert load(flac_named_m4a, 24000).duration == 2.0


def test_bad_samples_count_as_zero(tmp_path: Path) -> None:
    samples = tone(1.0)
    samples[100:200], samples[300], samples[400] = np.nan, np.inf, 1e20
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    decoded = load(tmp_path / "a.wav", RATE).samples[0]
    assert not decoded[100:200].any()
    assert decoded[300] == decoded[400] == 0
    assert np.array_equal(decoded[401:], samples[401:])


def test_quiet_is_not_silent(tmp_path: Path) -> None:
    quiet = write(tmp_path / "quiet.wav", tone(1.0, level=0.01))
    silent = write(tmp_path / "silent.wav", tone(1.0, level=0.0005))
    assert load(quiet, 24000).duration == 1.0
    with pytest.raises(SilentAudio, match="-60 dBFS"):
        load(silent, 24000)


def test_what_is_in_no_channel_of_the_mix_is_not_heard(tmp_path: Path) -> None:
    bass = np.zeros((RATE, 6), np.float32)
    bass[:, 3] = tone(1.0)
    path = write(tmp_path / "a.wav", bass)
    assert load(path, 24000).duration == 1.0
    with pytest.raises(SilentAudio, match="cancel each other out when mixed"):
        load(path, 24000, channels=2)


def chained(path: Path, *lengths: float) -> Path:
    """Ogg Vorbis of several links, as a radio recording or `cat` makes it; each a tone of its own."""
    links = [
        write(path.with_name("link.ogg"), tone(s, pitch=220.0 * (n + 1))).read_bytes() for n, s in enumerate(lengths)
    ]
    path.write_bytes(b"".join(links))
    return path


def test_a_chained_file_is_read_to_its_end(tmp_path: Path) -> None:
    # Given a jingle and a song in one file, of which the first decoder reads the jingle
    path = chained(tmp_path / "radio.ogg", 1.0, 6.0, 3.0)
    # When
    audio = load(path, 24000, expected_duration=10.0)
    # Then
    assert audio.warning is None
    assert audio.duration == pytest.approx(10.0, abs=0.1)
    for second, pitch in ((0.5, 220), (4.0, 440), (8.5, 660)):
        piece = audio.samples[0, int(second * 24000) :][:12000]
        assert np.argmax(np.abs(np.fft.rfft(piece))) * 2 == pytest.approx(pitch, abs=4)


def test_a_file_that_really_is_short_is_asked_of_both_decoders_and_truncated(tmp_path: Path) -> None:
    audio = load(chained(tmp_path / "radio.ogg", 1.0, 2.0), 24000, expected_duration=10.0)
    assert audio.duration == pytest.approx(3.0, abs=0.1)
    assert (audio.warning, "3.0 of 10.0 s" in (audio.warning_message or "")) == (TRUNCATED, True)


def test_names_are_taken_byte_for_byte(tmp_path: Path) -> None:
    # Given names that are no UTF-8, decomposed, and look like addresses or options
    for name in (b"caf\xe9 \xff", "e\u0301".encode(), b"http:x", b"concat:a|b", b"-i", b"50%20off#?"):
        for kind in ("ogg", "m4a"):
            path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name + b"." + kind.encode()))
            write(tmp_path / f"plain.{kind}", tone(0.5)).rename(path)
            # Then
            assert load(path, 24000).duration > 0.4


def test_a_missing_file_is_told_apart_from_a_forbidden_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.wav", tone(0.1))
    with pytest.raises(FileMissing):
        load(tmp_path / "b.wav", 24000)
    with pytest.raises(FileMissing):
        load(path / "below a file.wav", 24000)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may read everything, so the refusal is simulated
    with pytest.raises(FileUnreadable, match="Permission denied"):
        load(path, 24000)


@pytest.mark.timeout(60)
def test_what_is_no_audio_file_never_hangs(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("this is no music\n" * 1000)
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\n/etc/hostname\n")
    (tmp_path / "list.mp3").write_text("ffconcat version 1.0\nfile a.wav\n")
    (tmp_path / "folder.mp3").mkdir()
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "zeros.flac").write_bytes(bytes(100_000))
    for name in ("text.mp3", "list.m3u8", "list.mp3", "zeros.flac"):
        with pytest.raises(DecodeFailed, match="no decoder knows the format"):
            load(tmp_path / name, 24000)
    for name in ("folder.mp3", "pipe.mp3"):
        with pytest.raises(DecodeFailed, match="not an audio file"):
            load(tmp_path / name, 24000)


def test_no_samples_is_empty_not_broken(tmp_path: Path) -> None:
    (tmp_path / "nothing.mp3").touch()
    soundfile.write(tmp_path / "header.wav", np.zeros(0, np.float32), RATE)
    for name in ("nothing.mp3", "header.wav"):
        with pytest.raises(EmptyAudio):
            load(tmp_path / name, 24000)


@pytest.mark.parametrize("samples", [1, 2, 5, 100])
def test_a_few_samples_are_decoded_or_empty_but_never_a_crash(tmp_path: Path, samples: int) -> None:
    soundfile.write(tmp_path / "short.wav", np.full(samples, 0.5, np.float32), 192000)
    try:
        audio = load(tmp_path / "short.wav", 24000)
    except EmptyAudio:
        assert samples < 8
    else:
        assert 0 < audio.samples.shape[1] <= samples // 8 + 1
        assert audio.duration == samples / 192000


def test_a_stream_that_is_left_early_still_knows_its_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", tone(10.0))
    with open_stream(path, 24000, expected_duration=20.0) as stream:
        next(iter(stream))
        ending = stream.finish()
    assert ending.duration == pytest.approx(10.0)
    assert ending.warning == TRUNCATED


def test_frames_that_change_rate_on_the_way_keep_their_length(tmp_path: Path) -> None:
    # Given two MPEG streams of unlike rates and channels, one after the other in one file
    first = write(tmp_path / "a.mp3", tone(2.0, 44100), 44100).read_bytes()
    second = write(tmp_path / "b.mp3", stereo(2.0, 48000), 48000).read_bytes()
    (tmp_path / "both.mp3").write_bytes(first + second)
    # When
    audio = load(tmp_path / "both.mp3", 24000)
    # Then
    assert audio.duration == pytest.approx(4.0, abs=0.2)
    assert audio.samples.shape[1] == pytest.approx(4.0 * 24000, abs=0.2 * 24000)


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    for kind in ("mp3", "ogg", "aac"):
        path = write(tmp_path / f"a.{kind}", stereo(10.0))
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 2000] = bytes(2000)
        path.write_bytes(data)
        assert load(path, 24000).duration > 8.0


def test_what_a_decoder_prints_is_told_with_the_track(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    # Given an mp3 with something else in the middle
    path = tmp_path / "a song\n.mp3"
    soundfile.write(path, np.random.default_rng(0).standard_normal(3 * 44100) * 0.1, 44100)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"junk" * 100 + data[len(data) // 2 :])
    # When libsndfile reads it
    with caplog.at_level(logging.INFO):
        assert sum(len(block) for block, _ in sndfile.read(str(path))) > 44100
    # Then its notes are in the log, with the name, and nowhere else
    assert capfd.readouterr().err == ""
    assert any("a song" in line and "Illegal Audio-MPEG-Header" in line for line in caplog.messages)
    assert all("\n" not in line or "a song" in line for line in caplog.messages)
