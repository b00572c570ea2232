"""Small checkpoints of the real architectures; skips the tests if the models' packages are not installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.harness.gpus import gpus
from workers.runtime.settings import WorkerSettings

__all__ = ["gpus"]

os.environ["HF_HUB_OFFLINE"] = "1"

NEEDED = ("torch", "transformers", "music2latent")
#: Whether the packages of all three models are installed.
PRESENT = all(find_spec(name) for name in NEEDED)
NEURAL = ("adding", "download", "trial", "workers")
collect_ignore_glob = [] if PRESENT else ["latent", "mert", "muq", "neural", "text", *(f"test_{n}.py" for n in NEURAL)]

Settings = Callable[..., WorkerSettings]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all three models. Not to be changed: see `own_checkpoints`."""
    from bench.checkpoints import write_all

    folder = tmp_path_factory.mktemp("checkpoints")
    write_all(folder)
    return folder


@pytest.fixture
def settings() -> Settings:
    """Makes settings of a CPU worker whose weights are in a folder."""

    def make(folder: Path, **more: Any) -> WorkerSettings:
        return WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=folder, TEXT_EMBEDDING_DEVICE="cpu", **more)

    return make
