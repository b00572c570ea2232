"""`fusion` understands the words that `spectral` has learned until it has learned its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.errors import TextUnavailable
from workers.models.fusion.projection import Fusion
from workers.models.fusion.words import FusionText
from workers.models.registry import spec
from workers.models.text.trained import TrainedText
from workers.runtime.settings import WorkerSettings

DIMENSION = spec("fusion").dimension


def settings(folder: Path) -> WorkerSettings:
    return WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=folder)


def test_without_any_words_it_is_said_how_to_teach_them(tmp_path: Path) -> None:
    words = FusionText("fusion", settings(tmp_path))

    assert "sonicmesh train-text fusion" in words.side().reason
    with pytest.raises(TextUnavailable, match="train-text fusion"):
        words.embed(["jazz"], DIMENSION, "fusion-v1", "cpu")


def test_lent_words_order_tracks_as_spectral_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given words of spectral, five tracks, and what both models make of them
    draws = np.random.default_rng(0)
    tracks = draws.standard_normal((5, 96)).astype(np.float32)
    tracks /= np.linalg.norm(tracks, axis=1, keepdims=True)
    text = tracks.mean(axis=0, keepdims=True) / np.linalg.norm(tracks.mean(axis=0))
    fusion = Fusion(draws.standard_normal((400, DIMENSION - 96)).astype(np.float32))
    joined = np.stack([fusion.joined(one, draws.standard_normal(400).astype(np.float32)) for one in tracks])
    (tmp_path / "spectral_best_r1.pt").touch()
    asked: list[tuple[int, str]] = []

    def embed(self: TrainedText, texts: list[str], dim: int, model_id: str, device: str) -> np.ndarray:
        asked.append((dim, model_id))
        return np.repeat(text, len(texts), axis=0)

    monkeypatch.setattr(TrainedText, "embed", embed)
    # When
    vector = FusionText("fusion", settings(tmp_path)).embed(["jazz"], DIMENSION, "fusion-v1", "cpu")[0]
    # Then
    assert asked == [(96, "spectral-v1")]
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert list(np.argsort(joined @ vector)) == list(np.argsort(tracks @ text[0]))


def test_words_of_its_own_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for model in ("fusion", "spectral"):
        (tmp_path / f"{model}_best_r1.pt").touch()
    asked: list[str] = []

    def embed(_self: TrainedText, _texts: list[str], dim: int, model_id: str, _device: str) -> np.ndarray:
        asked.append(model_id)
        return np.zeros((1, dim), np.float32)

    monkeypatch.setattr(TrainedText, "embed", embed)

    FusionText("fusion", settings(tmp_path)).embed(["jazz"], DIMENSION, "fusion-v1", "cpu")

    assert asked == ["fusion-v1"]
