"""The three models as worker processes of a real mesh, on small checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from bench.checkpoints import write_projection
from bench.signals import RATE, signal
from broker.events import EventSubscriber
from broker.vectors import Vectors, unpack_vectors
from contract.errors import ModelUnavailable, TextUnavailable
from tests.harness.audio_files import stereo, write
from tests.harness.processes import kill
from tests.harness.worker_mesh import WorkerMesh
from workers.models.adapter import adapter_class
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

#: Seconds that a call may take which loads a model on a busy machine.
PATIENCE = 120.0
#: API dimensions of the small checkpoints.
DIMENSIONS = {"muq": 1536, "mert": 144, "latent": 576}


@contextmanager
def three(folder: Path, **environment: str) -> Iterator[WorkerMesh]:
    """A mesh with one worker of each model."""
    variables = {"TEXT_EMBEDDING_CHECKPOINT_DIR": str(folder), "TEXT_EMBEDDING_DEVICE": "cpu", "HF_HUB_OFFLINE": "1"}
    with WorkerMesh(**variables | environment) as mesh:
        for model in DIMENSIONS:
            mesh.embed(model, f"{model}_01")
        yield mesh


def embed(mesh: WorkerMesh, model: str, path: Path) -> Vectors:
    reply = mesh.client.call(f"embed.{model}", "embed.audio", {"path": str(path)}, timeout=PATIENCE)
    vector: Vectors = unpack_vectors(reply.blobs[0], reply.result["dim"])[0]
    return vector


def needed(model: str, folder: Path) -> int:
    """Bytes that the ledger gives a model."""
    settings = WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=folder, TEXT_EMBEDDING_DEVICE="cpu")
    adapter = adapter_class(spec(model))(spec(model), settings)
    return adapter.needs_bytes


def test_side_by_side(checkpoints: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "track.flac", stereo(2.0, 44100), 44100)

    with three(checkpoints) as mesh:
        vectors = {model: embed(mesh, model, path) for model in DIMENSIONS}
        described = {m: mesh.client.call(f"embed.{m}", "model.describe").result for m in DIMENSIONS}
        text = mesh.client.call("embed.muq", "embed.text", {"texts": ["calm piano"]}, timeout=PATIENCE)
        with pytest.raises(TextUnavailable, match=r"mert_best_r1\.pt"):
            mesh.client.call("embed.mert", "embed.text", {"texts": ["calm piano"]}, timeout=PATIENCE)

    assert {model: len(vector) for model, vector in vectors.items()} == DIMENSIONS
    assert all(np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-4) for vector in vectors.values())
    assert (text.result["dim"], text.result["is_stub"]) == (1536, False)
    assert all(one["loaded"] and one["device"] == "cpu" for one in described.values())
    assert {model: one["text"] for model, one in described.items()} == {"muq": True, "mert": False, "latent": False}
    assert all("CC-BY-NC" in one["license"] for one in described.values())


def test_one_after_the_other_where_they_do_not_fit_together(checkpoints: Path, tmp_path: Path) -> None:
    # Given memory for the largest of them and no other
    path = write(tmp_path / "track.flac", stereo(2.0, 44100), 44100)
    budget = max(needed(model, checkpoints) for model in DIMENSIONS)

    # When all three are used
    with three(checkpoints, SONICMESH_CPU_MODEL_MEMORY=str(budget)) as mesh:
        events = EventSubscriber(mesh.settings.events_endpoint, ["model."])
        used = [embed(mesh, model, path) for model in ("latent", "muq", "latent")]
        seen = []
        while (received := events.receive(1.0)) is not None:
            seen.append((received[0], received[1]["model"], received[1]["reason"]))
        events.close()

    # Then each made room for the next
    np.testing.assert_allclose(used[0], used[2], atol=1e-5)
    assert ("model.unloaded", "latent", "memory") in seen
    assert ("model.unloaded", "muq", "memory") in seen
    assert seen[-1] == ("model.loaded", "latent", "request")


def test_a_worker_that_is_killed_at_work_costs_nothing(checkpoints: Path, tmp_path: Path) -> None:
    # Given two workers of one model, and tracks that keep both busy
    paths = [write(tmp_path / f"{n}.flac", signal(n, 100 * RATE), RATE) for n in range(6)]
    with three(checkpoints) as mesh:
        second = mesh.embed("muq", "muq_02")
        calls = [
            mesh.client.submit("embed.muq", "embed.audio", {"path": str(path)}, timeout=PATIENCE, lane="batch")
            for path in paths
        ]

        # When one of them is killed after the first answer
        calls[0].result(PATIENCE)
        kill(second)

        # Then every track has its vector
        replies = [call.result(PATIENCE) for call in calls]

    assert [reply.result["dim"] for reply in replies] == [1536] * len(paths)
    assert [round(reply.result["duration"]) for reply in replies] == [100] * len(paths)


def test_a_projection_gives_a_model_a_text_side(tmp_path: Path, checkpoints: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "music2latent").symlink_to(checkpoints / "music2latent")
    write_projection(folder, "latent", 192)

    with WorkerMesh(TEXT_EMBEDDING_CHECKPOINT_DIR=str(folder), TEXT_EMBEDDING_DEVICE="cpu") as mesh:
        mesh.embed("latent", "latent_01")
        reply = mesh.client.call("embed.latent", "embed.text", {"texts": ["calm piano"]}, timeout=PATIENCE)

    vector = unpack_vectors(reply.blobs[0], 576)[0]
    assert not reply.result["is_stub"]
    assert vector[:192].any() and not vector[192:].any()


def test_without_weights_a_worker_serves_and_says_what_to_do(tmp_path: Path) -> None:
    with WorkerMesh(TEXT_EMBEDDING_CHECKPOINT_DIR=str(tmp_path), HF_HUB_OFFLINE="1") as mesh:
        mesh.embed("mert", "mert_01")
        described = mesh.client.call("embed.mert", "model.describe").result
        with pytest.raises(ModelUnavailable, match="sonicmesh models download mert"):
            embed(mesh, "mert", write(tmp_path / "track.wav", signal(1, RATE), RATE))

    assert described["status"] == "unavailable"
    assert "m-a-p/MERT-v1-330M" in described["reason"]
