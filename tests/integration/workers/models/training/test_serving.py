"""What was learned, saved, and served by `spectral`, whose worker has no torch until a text is asked for."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from broker.vectors import Vectors
from contract.errors import ModelUnavailable, TextUnavailable
from tests.harness.text_encoders import write_encoder
from workers.models.registry import spec
from workers.models.spectral.adapter import SpectralAdapter
from workers.models.text.encoder import TextEncoder
from workers.models.training.checkpoint import save
from workers.models.training.encoding import encode, find_source, load
from workers.models.training.ridge import Linear
from workers.runtime.settings import WorkerSettings

DIMENSION = spec("spectral").dimension


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=tmp_path / "checkpoints")


@pytest.fixture
def adapter(settings: WorkerSettings) -> SpectralAdapter:
    return SpectralAdapter(spec("spectral"), settings)


@pytest.fixture
def encoder(tmp_path: Path, settings: WorkerSettings) -> tuple[str, TextEncoder]:
    """Its name in a checkpoint, and itself."""
    source = find_source(str(write_encoder(tmp_path / "model")), settings.checkpoints)
    return source.name, load(source, settings.checkpoints, "cpu")


def a_head(seed: int = 3, width: int = DIMENSION) -> Linear:
    rng = np.random.default_rng(seed)
    return Linear(rng.standard_normal((width, 64), np.float32), rng.standard_normal(width, np.float32))


def unit(rows: Vectors) -> Vectors:
    found: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def keep(adapter: SpectralAdapter, encoder: tuple[str, TextEncoder], head: Linear, model_id: str = "") -> Path:
    path = adapter.settings.checkpoints / "spectral_best_r1.pt"
    save(path, head, encoder[1], encoder[0], model_id or adapter.model_id)
    return path


def test_texts_are_answered_as_they_were_learned(adapter: SpectralAdapter, encoder: tuple[str, TextEncoder]) -> None:
    # Given a map, saved; then the folder that the encoder came from is not needed any more
    head = a_head()
    path = keep(adapter, encoder, head)
    assert [file.name for file in path.parent.iterdir() if file.name.endswith(".part")] == []

    # When texts are embedded one by one
    texts = ["calm piano", "x", "driving techno, 1990s, a rather long title that shares no batch"]
    found = adapter.embed_text(texts)

    # Then they are what the map says of the same texts read in one batch
    expected = unit(head(encode(encoder[1], texts, lambda *_: None)))
    assert adapter.text_side().status == "available"
    assert found.shape == (3, DIMENSION) and found.dtype == np.float32
    assert np.allclose(found, expected, atol=1e-4)


def test_the_file_holds_only_tensors_and_plain_values(
    adapter: SpectralAdapter, encoder: tuple[str, TextEncoder]
) -> None:
    state = torch.load(keep(adapter, encoder, a_head()), weights_only=True)

    assert state["config"]["head"] == "linear" and state["config"]["pooling"] == "mean"
    assert state["config"]["audio_dim"] == DIMENSION
    assert state["config"]["model_id"] == adapter.model_id
    assert set(state["projection_state_dict"]) == {"weight", "bias"}


def test_a_new_file_is_read_after_unload(adapter: SpectralAdapter, encoder: tuple[str, TextEncoder]) -> None:
    keep(adapter, encoder, a_head(1))
    before = adapter.embed_text(["calm"])

    keep(adapter, encoder, a_head(2))
    adapter.unload()

    assert not np.allclose(adapter.embed_text(["calm"]), before, atol=0.1)


def test_without_a_file_the_way_to_one_is_told(adapter: SpectralAdapter) -> None:
    assert adapter.text_side().status == "unavailable"
    with pytest.raises(TextUnavailable, match="sonicmesh train-text spectral"):
        adapter.embed_text(["calm"])


def test_without_torch_the_way_to_it_is_told(
    adapter: SpectralAdapter, encoder: tuple[str, TextEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(adapter, encoder, a_head())
    monkeypatch.setitem(sys.modules, "torch", None)

    assert adapter.text_side().status == "unavailable"
    with pytest.raises(TextUnavailable, match=r"torch.*make models"):
        adapter.embed_text(["calm"])


def test_words_of_an_older_version_are_refused(adapter: SpectralAdapter, encoder: tuple[str, TextEncoder]) -> None:
    keep(adapter, encoder, a_head(), model_id="spectral-v0")

    with pytest.raises(TextUnavailable, match=r"spectral-v0.*train-text"):
        adapter.embed_text(["calm"])


def test_words_of_another_model_are_refused(adapter: SpectralAdapter, encoder: tuple[str, TextEncoder]) -> None:
    keep(adapter, encoder, a_head(width=7))

    with pytest.raises(ModelUnavailable, match="7 dimensions"):
        adapter.embed_text(["calm"])


@pytest.mark.parametrize("field", ["head", "pooling"])
def test_an_unknown_shape_is_refused(adapter: SpectralAdapter, encoder: tuple[str, TextEncoder], field: str) -> None:
    path = keep(adapter, encoder, a_head())
    state = torch.load(path, weights_only=True)
    state["config"][field] = "transformer"
    torch.save(state, path)

    with pytest.raises(ModelUnavailable, match="transformer"):
        adapter.embed_text(["calm"])


def test_a_head_without_a_direction_does_not_serve_nan(
    adapter: SpectralAdapter, encoder: tuple[str, TextEncoder]
) -> None:
    head = a_head()
    keep(adapter, encoder, replace(head, weight=0 * head.weight, bias=0 * head.bias))

    assert np.isfinite(adapter.embed_text(["calm"])).all()
