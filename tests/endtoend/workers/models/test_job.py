"""A batch job of all three models on the demo library, through a whole mesh, with memory for one model at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.building import build_small
from tests.harness.supervised import SupervisedMesh
from tests.integration.workers.models.test_workers import DIMENSIONS, needed

TRACKS = 6


@pytest.fixture
def tight(checkpoints: Path, tmp_path: Path) -> Iterator[SupervisedMesh]:
    """A mesh on a small library, with memory for the largest of its three models and no other."""
    budget = max(needed(model, checkpoints) for model in DIMENSIONS)
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    made = SupervisedMesh(
        folder,
        NAVIDROME_DB_PATH=build_small(tmp_path / "library", TRACKS).database,
        SONICMESH_MODELS=",".join(DIMENSIONS),
        TEXT_EMBEDDING_CHECKPOINT_DIR=checkpoints,
        TEXT_EMBEDDING_DEVICE="cpu",
        SONICMESH_CPU_MODEL_MEMORY=str(budget),
    )
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_models_of_a_job_take_turns_where_they_do_not_fit_together(tight: SupervisedMesh) -> None:
    # When
    answer = tight.json("run")

    # Then every model has embedded every track, and room was made for the one that needs it all
    job = answer["job"]
    assert job["status"] == "completed", tight.logs()
    assert {name: model["done"] for name, model in job["models"].items()} == dict.fromkeys(DIMENSIONS, TRACKS)
    assert job["processed_operations"] == TRACKS * len(DIMENSIONS)
    logs = tight.logs()
    assert "to unload" in logs and "unloaded from cpu: memory" in logs
    assert len(answer["example"]["tracks"]) > 0
