"""`spectral` behind the contract of the embedding service, on real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from contract.errors import DecodeFailed, ModelFailed, SilentAudio
from contract.settings import load_settings
from tests.harness.audio_files import write
from tests.harness.sounds import CALM, LIVELY, piece
from workers.models.adapter import adapter_class
from workers.models.registry import spec
from workers.models.spectral import DIMENSION, VERSION
from workers.models.spectral.adapter import SpectralAdapter
from workers.models.spectral.frames import RATE
from workers.runtime.settings import WorkerSettings


@pytest.fixture
def adapter() -> SpectralAdapter:
    made = SpectralAdapter(spec("spectral"), load_settings(WorkerSettings))
    made.load()
    return made


def embed(adapter: SpectralAdapter, *paths: Path) -> np.ndarray:
    return adapter.embed_audio([adapter.open_audio(path, None) for path in paths])


def test_the_registry_knows_it() -> None:
    assert spec("spectral").dimension == DIMENSION
    assert DIMENSION not in (512, 576, 1536, 25600, 76800)
    assert adapter_class(spec("spectral")) is SpectralAdapter


def test_the_id_names_the_version(adapter: SpectralAdapter) -> None:
    assert str(VERSION) in adapter.model_id


def test_every_encoding_of_a_piece_is_nearer_than_another_piece(adapter: SpectralAdapter, tmp_path: Path) -> None:
    # Given one piece in six encodings, rates and channel counts, and another piece
    calm = piece(CALM)
    kinds = ("wav", "flac", "ogg", "mp3", "opus", "m4a")
    same = [
        write(tmp_path / f"a.{kind}", np.stack([calm, calm], axis=1) if n % 2 else calm, RATE)
        for n, kind in enumerate(kinds)
    ]
    other = write(tmp_path / "b.wav", piece(LIVELY), RATE)
    # When
    vectors = embed(adapter, *same, other)
    # Then
    assert vectors.shape == (7, DIMENSION)
    assert vectors.dtype == np.float32
    cosines = vectors[:6] @ vectors[0]
    assert cosines.min() > 0.9
    assert cosines.min() > float(vectors[6] @ vectors[0]) + 0.3


def test_sample_rate_does_not_count(adapter: SpectralAdapter, tmp_path: Path) -> None:
    calm = piece(CALM)
    paths = []
    for rate in (24000, 32000, 44100, 96000):
        paths.append(tmp_path / f"{rate}.wav")
        soundfile.write(paths[-1], soxr.resample(calm, RATE, rate), rate, subtype="FLOAT")
    vectors = embed(adapter, *paths)
    assert (vectors @ vectors[0]).min() > 0.99


def test_what_a_track_has_to_say_is_on_its_recording(adapter: SpectralAdapter, tmp_path: Path) -> None:
    # Given a file that holds less than the database says
    path = write(tmp_path / "a.flac", piece(CALM, seconds=5.0), RATE)
    # When
    recording = adapter.open_audio(path, 30.0)
    # Then
    assert recording.warning == "truncated_audio"
    assert recording.duration == pytest.approx(5.0)
    assert recording.expected == 30.0


def test_silent_and_broken_files_are_told_apart(adapter: SpectralAdapter, tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros(RATE, np.float32), RATE)
    ultrasonic = tmp_path / "high.wav"
    soundfile.write(ultrasonic, np.hanning(96000) * np.sin(np.arange(96000) * 2.5), 96000)
    (tmp_path / "text.mp3").write_text("no music")
    for path in (silent, ultrasonic):
        with pytest.raises(SilentAudio):
            adapter.open_audio(path, None)
    with pytest.raises(DecodeFailed):
        adapter.open_audio(tmp_path / "text.mp3", None)


def test_a_row_that_is_no_vector_costs_only_its_own_track(adapter: SpectralAdapter, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", piece(CALM), RATE)
    good, bad = adapter.open_audio(path, None), adapter.open_audio(path, None)
    bad.audio["mfcc"] = bad.audio["mfcc"] * np.nan
    vectors = adapter.embed_audio([bad, good])
    assert isinstance(bad.error, ModelFailed)
    assert good.error is None
    assert np.isfinite(vectors[1]).all()
