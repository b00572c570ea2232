"""`fusion` behind the contract of the embedding service, on real files: two models, one decoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.altered import VARIANTS, write_altered
from contract.errors import DecodeFailed, ModelFailed, ModelUnavailable, SilentAudio
from tests.harness.audio_files import write
from tests.harness.sounds import CALM, LIVELY, piece
from workers.audio.files import check_file
from workers.models.adapter import Adapter, adapter_class
from workers.models.fusion import VERSION
from workers.models.fusion.adapter import FusionAdapter
from workers.models.fusion.projection import SHARE
from workers.models.musicnn import locations
from workers.models.registry import DEFAULT, models, spec
from workers.models.spectral.frames import RATE
from workers.runtime.settings import WorkerSettings


def loaded(model: str, checkpoints: Path) -> Adapter:
    adapter = adapter_class(spec(model))(spec(model), WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=checkpoints))
    adapter.load()
    return adapter


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    return loaded(DEFAULT, tmp_path_factory.mktemp("checkpoints"))


def embed(adapter: Adapter, *paths: Path) -> np.ndarray:
    return adapter.embed_audio([adapter.open_audio(path, None) for path in paths])


def test_no_two_models_share_a_dimension() -> None:
    known = [model.dimension for model in models().values()] + [m.base_dimension for m in models().values()]
    taken = [dimension for dimension in known if dimension]

    assert len(taken) == len(set(taken))


def test_the_id_names_the_version(adapter: Adapter) -> None:
    assert isinstance(adapter, FusionAdapter)
    assert adapter.model_id == f"fusion-v{VERSION}"


def test_each_block_has_its_fixed_energy(adapter: Adapter, tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.wav", piece(pitches), RATE) for n, pitches in enumerate((CALM, LIVELY))]

    vectors = embed(adapter, *paths)

    assert vectors.shape == (2, spec(DEFAULT).dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors[:, :96], axis=1) ** 2, 1 - SHARE, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors[:, 96:], axis=1) ** 2, SHARE, atol=1e-5)


def test_both_ears_hear_what_they_hear_alone(adapter: Adapter, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", piece(CALM), RATE)
    spectral, musicnn = loaded("spectral", tmp_path), loaded("musicnn", tmp_path)

    recording = adapter.open_audio(path, None)

    for name, values in spectral.open_audio(path, None).audio.items():
        np.testing.assert_array_equal(recording.audio.features[name], values)
    np.testing.assert_array_equal(recording.audio.patches, musicnn.open_audio(path, None).audio)


def test_a_track_is_decoded_once(adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.flac", piece(CALM), RATE)
    opened: list[Path] = []

    def check(asked: Path) -> str:
        opened.append(asked)
        return check_file(asked)

    monkeypatch.setattr("workers.audio.decode.check_file", check)

    adapter.open_audio(path, None)

    assert opened == [path]


def test_altered_copies_are_nearer_than_another_piece(adapter: Adapter, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.stack([piece(CALM, seconds=20.0)] * 2, axis=1), RATE)
    other = write(tmp_path / "b.wav", piece(LIVELY, seconds=20.0), RATE)
    copies = [write_altered(path, variant, tmp_path) for variant in VARIANTS]

    vectors = embed(adapter, path, other, *copies)

    cosines = vectors[2:] @ vectors[0]
    assert cosines.min() > 0.85 > vectors[1] @ vectors[0]


@pytest.mark.parametrize("model", ["musicnn", "fusion"])
@pytest.mark.parametrize("seconds", [0.02, 1.0, 2.9])
def test_short_tracks_have_a_vector(model: str, seconds: float, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", piece(CALM, seconds=3.0)[RATE : RATE + round(seconds * RATE)], RATE)

    vector = embed(loaded(model, tmp_path), path)[0]

    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("model", ["musicnn", "fusion"])
def test_what_cannot_be_heard_is_said(model: str, tmp_path: Path) -> None:
    adapter = loaded(model, tmp_path)
    silent = write(tmp_path / "silent.wav", np.zeros(2 * RATE, np.float32), RATE)
    (tmp_path / "text.flac").write_text("no music")

    with pytest.raises(SilentAudio):
        adapter.open_audio(silent, None)
    with pytest.raises(DecodeFailed):
        adapter.open_audio(tmp_path / "text.flac", None)


@pytest.mark.parametrize("model", ["musicnn", "fusion"])
def test_a_row_that_is_no_vector_costs_only_its_own_track(model: str, tmp_path: Path) -> None:
    adapter = loaded(model, tmp_path)
    path = write(tmp_path / "a.wav", piece(CALM), RATE)
    good, bad = adapter.open_audio(path, None), adapter.open_audio(path, None)
    patches = bad.audio if model == "musicnn" else bad.audio.patches
    patches *= np.nan

    vectors = adapter.embed_audio([bad, good])

    assert isinstance(bad.error, ModelFailed)
    assert good.error is None
    assert np.isfinite(vectors[1]).all()


@pytest.mark.parametrize("model", ["musicnn", "fusion"])
def test_without_weights_the_model_says_where_to_get_them(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locations, "installed", lambda: None)
    adapter = adapter_class(spec(model))(spec(model), WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=tmp_path))

    for call in (adapter.check, adapter.load):
        with pytest.raises(ModelUnavailable, match="sonicmesh models download musicnn"):
            call()


def test_unloaded_it_is_loaded_again(adapter: Adapter, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", piece(CALM), RATE)
    before = embed(adapter, path)

    adapter.unload()
    with pytest.raises(ModelUnavailable):
        embed(adapter, path)
    adapter.load()

    np.testing.assert_array_equal(embed(adapter, path), before)
