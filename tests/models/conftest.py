"""Small checkpoints of the real architectures; skips the tests if the models' packages are not installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from workers.runtime.settings import WorkerSettings

os.environ["HF_HUB_OFFLINE"] = "1"

NEEDED = ("torch", "transformers", "music2latent")
collect_ignore_glob = [] if all(find_spec(name) for name in NEEDED) else ["test_*.py"]

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
