"""Trying a model out: it is loaded, listens to a track, and is unloaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from contract.errors import ModelUnavailable
from tests.integration.workers.models.conftest import Settings
from workers.models.trial import try_model
from workers.runtime.settings import WorkerSettings


def test_a_model_tells_what_it_takes(checkpoints: Path, settings: Settings, tmp_path: Path) -> None:
    trial = try_model("muq", settings(checkpoints), tmp_path)

    assert (trial.model, trial.dimension, trial.device) == ("muq", 1536, "cpu")
    assert trial.memory_bytes > (checkpoints / "MuQ-MuLan-large/model.safetensors").stat().st_size
    assert trial.seconds_per_track > 0 and trial.load_seconds > 0
    assert trial.text.status == "available"


def test_missing_weights_are_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="models download latent"):
        try_model("latent", settings(tmp_path), tmp_path)


def test_a_gpu_that_is_asked_for_and_not_there_is_an_error(checkpoints: Path, tmp_path: Path) -> None:
    beyond = f"cuda:{torch.cuda.device_count()}"
    asked = WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=checkpoints, TEXT_EMBEDDING_DEVICE=beyond)

    with pytest.raises(ModelUnavailable, match="TEXT_EMBEDDING_DEVICE"):
        try_model("muq", asked, tmp_path)
