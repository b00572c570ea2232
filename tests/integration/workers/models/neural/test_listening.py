"""Tracks are decoded ahead up to a limit, and the rest while they are embedded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.errors import SilentAudio
from tests.harness.audio_files import stereo, tone, write
from workers.audio.decode import load, open_stream
from workers.models.neural.streamed_track import StreamedTrack, open_recording

RATE = 24000


def test_a_short_track_is_all_there_before_it_is_embedded(tmp_path: Path) -> None:
    path = write(tmp_path / "short.flac", stereo(1.0))

    recording = open_recording(path, 2.0, RATE, 1)

    assert recording.duration == pytest.approx(1.0, abs=0.01)
    assert recording.warning == "truncated_audio"
    np.testing.assert_array_equal(np.concatenate(list(recording.audio), axis=1), load(path, RATE).samples)


def test_a_long_track_waits_with_what_is_beyond_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "long.wav", tone(20.0))
    listening = StreamedTrack(open_stream(path, RATE, 2))

    listening.read_ahead(limit=400_000)
    ahead = sum(block.nbytes for block in listening._ahead)
    known_ahead = listening.ending
    samples = np.concatenate(list(listening), axis=1)

    assert 400_000 <= ahead < 1_500_000
    assert known_ahead is None
    assert listening.ending is not None and listening.ending.duration == pytest.approx(20.0)
    np.testing.assert_array_equal(samples, load(path, RATE, 2).samples)


def test_silence_shows_at_once_in_a_short_track_and_at_the_end_of_a_long_one(tmp_path: Path) -> None:
    path = write(tmp_path / "silent.wav", np.zeros(200_000, np.float32))

    with pytest.raises(SilentAudio):
        open_recording(path, None, RATE, 1)

    listening = StreamedTrack(open_stream(path, RATE))
    listening.read_ahead(limit=1)
    with pytest.raises(SilentAudio):
        list(listening)


def test_closing_lets_go_of_the_samples(tmp_path: Path) -> None:
    listening = StreamedTrack(open_stream(write(tmp_path / "t.wav", tone(1.0)), RATE))
    listening.read_ahead(limit=1)

    listening.close()

    assert not listening._ahead
