"""Whether one more model fits beside others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.embedding import Fits
from contract.errors import InvalidRequest, ModelUnavailable
from tests.harness.gpus import GB, Gpus
from tests.harness.services.toy_model import TOY, ToyAdapter, install
from tests.harness.worker_mesh import WorkerMesh
from workers.models.fitting import fit_beside
from workers.models.memory import MemoryUse
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings


def adapter(needs: int, device: str = "cpu") -> ToyAdapter:
    """A model of the registry that needs so many bytes, with a budget of 8 GB on the CPU."""
    made = ToyAdapter(spec("muq"), WorkerSettings(SONICMESH_CPU_MODEL_MEMORY=8 * GB, TEXT_EMBEDDING_DEVICE=device))
    made.__class__ = type("Needing", (ToyAdapter,), {"needs_bytes": needs})
    return made


def held(model: str, size: int, device: str = "cpu", *, loaded: bool = True) -> MemoryUse:
    return MemoryUse(f"{model}_01", model, device, size, 0.0, loaded=loaded)


@pytest.mark.parametrize(
    ("needs", "beside", "workers", "fits"),
    [
        (5 * GB, ["mert"], 1, True),
        (6 * GB, ["mert"], 1, False),
        (6 * GB, [], 1, True),  # mert may be unloaded
        (9 * GB, [], 1, False),
        (2 * GB, ["mert"], 2, True),
        (3 * GB, ["mert"], 2, False),
        (0, ["mert", "latent"], 9, True),
    ],
)
def test_the_budget_of_the_cpu_decides(needs: int, beside: list[str], workers: int, fits: bool) -> None:
    one = adapter(needs)
    uses = [held("mert", 3 * GB)]
    assert fit_beside(one, one.settings, uses, beside, workers) == Fits(
        fits=fits, needs_bytes=needs, seen=["mert"] if "mert" in beside else []
    )


def test_what_is_loaded_already_fits() -> None:
    one = adapter(4 * GB)
    assert fit_beside(one, one.settings, [held("mert", 4 * GB), held("muq", 4 * GB)], ["mert"], 1).fits
    assert not fit_beside(one, one.settings, [held("mert", 4 * GB), held("muq", 4 * GB)], ["mert"], 2).fits


def test_gpus_are_filled_one_by_one(gpus: Gpus) -> None:
    # Given two GPUs with 10 GB free each; what is loaded has taken its memory, what is being loaded has not
    gpus(2)
    one = adapter(7 * GB, "auto")
    settings = one.settings
    assert fit_beside(one, settings, [], [], 2).fits
    assert not fit_beside(one, settings, [], [], 3).fits
    loading = [held("mert", 4 * GB, "cuda:0", loaded=False)]
    assert fit_beside(one, settings, loading, ["mert"], 1).fits
    assert not fit_beside(one, settings, loading, ["mert"], 2).fits
    # When a model that may go is loaded where too little is free, its memory counts as free; one that stays does not
    uses = [held("latent", 2 * GB, "cuda:0"), held("mert", 2 * GB, "cuda:1")]
    large = adapter(12 * GB, "auto")
    assert fit_beside(large, settings, uses, ["mert"], 1).fits
    assert not fit_beside(large, settings, uses, ["latent"], 1).fits


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[WorkerMesh]:
    install(
        tmp_path / "site", toy="tests.harness.services.toy_model:TOY", toy2="tests.harness.services.toy_model:TOY_TWO"
    )
    (tmp_path / "checkpoints").mkdir()
    environment = {
        "PYTHONPATH": str(tmp_path / "site"),
        "TEXT_EMBEDDING_CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
        "SONICMESH_CPU_MODEL_MEMORY": "1G",
    }
    with WorkerMesh(**environment) as made:
        yield made


def test_a_worker_says_whether_its_model_fits(mesh: WorkerMesh, tmp_path: Path) -> None:
    # Given two models of 600 MB each in memory for one
    mesh.embed("toy", "toy_01")
    mesh.embed("toy2", "toy2_01")
    track = tmp_path / "track"
    track.write_bytes(b"music")

    def fits(**params: object) -> dict[str, object]:
        return mesh.client.call("embed.toy2", "model.fits", params).result

    # Then nothing is known of one that has no memory
    assert fits(beside=["toy"]) == {"fits": True, "needs_bytes": 600_000_000, "seen": []}
    # When it has
    mesh.client.call("embed.toy", "embed.audio", {"path": str(track)})
    # Then
    assert fits(beside=["toy"]) == {"fits": False, "needs_bytes": 600_000_000, "seen": ["toy"]}
    assert fits() == {"fits": True, "needs_bytes": 600_000_000, "seen": []}
    with pytest.raises(InvalidRequest, match="beside"):
        fits(beside="toy")
    (tmp_path / "checkpoints" / f"{TOY.name}2.missing").touch()
    with pytest.raises(ModelUnavailable, match="no weights"):
        fits(beside=["toy"])
